use std::collections::BTreeMap;

use drstack_plan::{AttrPath, Resource};

use crate::database_events::{pattern, rule_of, takes, tells};
use crate::links::Link;
use crate::topics::Topics;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "failover-events",
    severity: Severity::Error,
    summary: "failovers of a global database are told to a subscribed topic in each of its regions",
    protects: "a failover that nobody hears of leaves the writer in another region than everybody believes",
    fix: "add an aws_db_event_subscription of the source type db-cluster with the categories failover and global-failover, or an EventBridge rule for aws.rds, to the region's topic",
    requirements: &["C9", "R7"],
    explanation: include_str!("failover_events.md"),
    check,
};

/// The categories that tell of failovers of clusters, within a region and between regions:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html>.
const CATEGORIES: [&str; 2] = ["failover", "global-failover"];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let members = checked.of_type("aws_rds_cluster").iter().copied();
    let mut regions: BTreeMap<Option<String>, Resource<'_>> = BTreeMap::new();
    for cluster in members.filter(|cluster| !cluster.get("global_cluster_identifier").is_null()) {
        let region = cluster.region().map(std::borrow::Cow::into_owned);
        regions.entry(region).or_insert(cluster);
    }
    if regions.is_empty() {
        return;
    }
    let topics = Topics::of(checked);
    let told = Told::of(checked, topics, sink);
    for (region, cluster) in regions {
        sink.judged();
        let Some(region) = region else {
            let message =
                "the cluster's region is not known, so who hears of its failover can't be told";
            sink.report(Finding::undetermined(cluster, "", message));
            continue;
        };
        if told.regions.iter().flatten().any(|told| *told == region) {
            continue;
        }
        let is_open = told.is_open || told.regions.iter().any(Option::is_none);
        let finding = if is_open {
            Finding::undetermined(
                cluster,
                "",
                "whether a topic hears of the cluster's failover is not known",
            )
        } else {
            Finding::violated(cluster, "", "no topic hears of the cluster's failover")
        };
        sink.report(finding.expected(format_args!("an event subscription or rule in {region}")));
    }
}

/// Where failovers are told.
#[derive(Default)]
struct Told {
    /// The regions of what tells them.
    regions: Vec<Option<String>>,
    /// Whether something tells events of which it is not known which.
    is_open: bool,
}

impl Told {
    fn of<'plan>(checked: &Checked<'plan>, topics: &Topics<'plan>, sink: &mut Sink) -> Self {
        let mut told = Self::default();
        for &subscription in checked.of_type("aws_db_event_subscription") {
            match tells_failovers(subscription) {
                Some(true) => told.add(topics, subscription, "sns_topic", sink),
                Some(false) => {}
                None => told.is_open = true,
            }
        }
        let targets = checked.of_type("aws_cloudwatch_event_target");
        for &target in targets {
            let path = AttrPath::root().key("arn");
            // Targets of other kinds are somebody else's.
            if !matches!(topics.find(target, &path), Link::To(_)) {
                continue;
            }
            match rule_of(checked, target).map(is_about_databases) {
                Some(Some(true)) => told.add(topics, target, "arn", sink),
                Some(Some(false)) => {}
                Some(None) | None => told.is_open = true,
            }
        }
        told
    }

    fn add<'plan>(
        &mut self,
        topics: &Topics<'plan>,
        from: Resource<'plan>,
        argument: &str,
        sink: &mut Sink,
    ) {
        let path = AttrPath::root().key(argument);
        sink.judged();
        sink.report_each(topics.obstacle(from, &path, &topics.find(from, &path)));
        // An obstacle is reported: that nobody hears need not be said twice.
        self.regions.push(from.region().map(std::borrow::Cow::into_owned));
    }
}

/// Whether an event subscription tells failovers; `None` if that is not known.
fn tells_failovers(subscription: Resource<'_>) -> Option<bool> {
    tells(subscription, "db-cluster", &CATEGORIES)
}

/// Whether a rule's pattern is for events of the database service; `None` if that is not known.
fn is_about_databases(rule: Resource<'_>) -> Option<bool> {
    let pattern = pattern(rule)?;
    Some(!pattern.is_null() && takes(&pattern, "source", "aws.rds"))
}
