use std::borrow::Cow;

use drstack_plan::{AttrPath, Resource, Value};
use foldhash::HashSet;

use crate::arguments::Truth;
use crate::demand::{Demand, given, is_on, path};
use crate::iam::glob::{Case, matches};
use crate::keys::Keys;
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::schedule::is_daily;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "backup-plan",
    severity: Severity::Error,
    summary: "each region has a backup plan that makes recovery points of its Aurora clusters every day and keeps them for the days that are asked for",
    protects: "replication copies a mistake within a second: only a backup leads back to before it",
    fix: "give each region an aws_backup_plan with a daily schedule and delete_after, an aws_backup_vault with a key, and an aws_backup_selection that names the cluster",
    requirements: &["R12"],
    explanation: include_str!("backup_plan.md"),
    check,
};

const PLAN: &str = "aws_backup_plan";
const SELECTION: &str = "aws_backup_selection";

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let demanded = checked.parameters().regions().is_some();
    let plans = checked.of_type(PLAN);
    let vaults = Directory::of(checked, &["aws_backup_vault"], &["arn", "id", "name"]);
    let keys = Keys::of(checked);
    for &vault in checked.of_type("aws_backup_vault") {
        sink.judged();
        sink.demand_key(keys, vault, &path("kms_key_arn"), "the vault has no key of its own");
    }
    for &plan in plans {
        sink.judged();
        judge_plan(plan, checked.parameters().backup_retention_days, &vaults, sink);
    }
    if !demanded && plans.is_empty() {
        return;
    }
    if let Some(pair) = RegionPair::of(checked) {
        each_region(plans, pair, sink);
    }
    selections(checked, sink);
}

fn judge_plan<'plan>(plan: Resource<'plan>, days: u64, vaults: &Directory<'plan>, sink: &mut Sink) {
    let rules = given(plan, &path("rule"));
    if rules.is_unknown() || rules.is_empty() {
        let finding = if rules.is_unknown() {
            Finding::undetermined(plan, "rule", "the rules are not known before apply")
        } else {
            Finding::violated(plan, "rule", "the plan has no rule")
        };
        sink.report(finding);
    }
    let expected = format!("{days} days or more");
    let blocks = if rules.is_unknown() { 0 } else { rules.elements().count() };
    for rule in (0..blocks).map(|index| path("rule").index(index)) {
        let demand = Demand {
            message: "recovery points are not kept for the days that are asked for",
            expected: &expected,
        };
        let after = rule.clone().join(&path("lifecycle.0.delete_after"));
        let kept = given(plan, &after);
        // Zero is how a state says that none is set.
        if kept.is_null() || kept.as_u64() == Some(0) {
            let message = "recovery points are never deleted, because no retention is set";
            sink.report(Finding::violated(plan, &after, message).expected(&expected));
        } else {
            let is_long = |value: Value<'_>| value.as_u64().is_some_and(|kept| kept >= days);
            sink.demand(plan, &after, demand, is_long);
        }
        let vault = rule.key("target_vault_name");
        match vaults.find(plan, &vault) {
            Link::To(found)
                if found.region().is_some()
                    && plan.region().is_some()
                    && found.region() != plan.region() =>
            {
                let message = "the vault is in another region than the plan";
                sink.report(Finding::violated(plan, vault, message).evidence(found));
            }
            Link::To(_) => {}
            Link::Absent => sink.report(Finding::violated(plan, vault, "the rule names no vault")),
            Link::Outside(name) => {
                sink.report(
                    Finding::undetermined(plan, vault, "the vault is not in this input")
                        .found(name),
                );
            }
            Link::Unresolved => sink.unresolved(plan, &vault, "vault"),
        }
    }
}

fn each_region(plans: &[Resource<'_>], pair: &RegionPair, sink: &mut Sink) {
    let regions: Vec<Option<Cow<'_, str>>> = plans.iter().map(|plan| plan.region()).collect();
    for region in pair.both() {
        sink.judged();
        if regions.iter().flatten().any(|found| found == region) {
            continue;
        }
        match plans.iter().zip(&regions).find(|(_, region)| region.is_none()) {
            Some((plan, _)) => {
                sink.report(Finding::undetermined(
                    *plan,
                    "",
                    "the backup plan's region is not known",
                ));
            }
            None => sink.report(Finding::absent(format!("there is no backup plan in {region}"))),
        }
    }
}

/// What a selection chooses, and for which plan.
struct Selection<'plan> {
    resource: Resource<'plan>,
    /// The plan, if it is known.
    plan: Option<Resource<'plan>>,
    named: Names<'plan>,
    left_out: Names<'plan>,
}

/// The clusters that a list of ARNs names.
#[derive(Default)]
struct Names<'plan> {
    clusters: Vec<Resource<'plan>>,
    patterns: Vec<String>,
    is_open: bool,
}

/// Every Aurora cluster must be named by a selection of its region, for a plan that comes due every day.
fn selections(checked: &Checked<'_>, sink: &mut Sink) {
    let plans = Directory::of(checked, &[PLAN], &["id"]);
    let clusters = Directory::of(checked, &["aws_rds_cluster"], &["arn"]);
    let mut selections = Vec::new();
    for &selection in checked.of_type(SELECTION) {
        sink.judged();
        let plan = match plans.find(selection, &path("plan_id")) {
            Link::To(plan) => Some(plan),
            Link::Absent => {
                let message = "the selection belongs to no plan";
                sink.report(Finding::violated(selection, "plan_id", message));
                None
            }
            Link::Outside(_) => {
                let message = "the plan is not in this input";
                sink.report(Finding::undetermined(selection, "plan_id", message));
                None
            }
            Link::Unresolved => {
                sink.unresolved(selection, &path("plan_id"), "backup plan");
                None
            }
        };
        let mut named = Names::of(&clusters, selection, "resources");
        // What tags and conditions select depends on all resources of the account.
        let chosen = ["selection_tag", "condition"].map(|name| given(selection, &path(name)));
        named.is_open |= chosen.iter().any(|value| !value.is_empty());
        let left_out = Names::of(&clusters, selection, "not_resources");
        selections.push(Selection { resource: selection, plan, named, left_out });
    }
    let mut reported = HashSet::default();
    for &cluster in checked.of_type("aws_rds_cluster") {
        sink.judged();
        if let Some(finding) = unprotected(cluster, &selections) {
            // What is wrong with a plan or a selection is so for all of its clusters.
            if reported.insert((finding.address.clone(), finding.path.clone())) {
                sink.report(finding);
            }
        }
    }
}

/// Says that no selection has a cluster backed up every day, or that it can't be told.
fn unprotected<'plan>(
    cluster: Resource<'plan>,
    selections: &[Selection<'plan>],
) -> Option<Finding> {
    let (mut named, mut left_out, mut covered) = (Truth::No, None, Vec::new());
    let region = cluster.region();
    for selection in selections {
        // A selection is for resources of its own region.
        let own = selection.resource.region();
        if own.as_ref().zip(region.as_ref()).is_some_and(|(own, region)| own != region) {
            continue;
        }
        let (names, leaves) = (selection.named.name(cluster), selection.left_out.name(cluster));
        if names != Truth::No && leaves != Truth::No {
            left_out = Some((selection.resource, names.and(leaves)));
        }
        let chosen = match leaves {
            Truth::Yes => Truth::No,
            Truth::No => names,
            Truth::Unknown => names.and(Truth::Unknown),
        };
        named = named.or(chosen);
        if chosen == Truth::Yes {
            covered.push(selection);
        }
    }
    let wanted = "an aws_backup_selection with its ARN";
    let arn = AttrPath::root().key("arn");
    let finding = match (named, left_out) {
        (Truth::Yes, _) => return seldom(&covered).map(|finding| finding.evidence(cluster)),
        (Truth::No, Some((selection, Truth::Yes))) => {
            let message = "the selection leaves the cluster out";
            Finding::violated(selection, "not_resources", message).evidence(cluster)
        }
        (Truth::No, _) => Finding::violated(cluster, arn, "no backup selection names the cluster"),
        (Truth::Unknown, Some((selection, Truth::Unknown))) => {
            let message = "it is not known whether the selection leaves the cluster out";
            Finding::undetermined(selection, "not_resources", message).evidence(cluster)
        }
        (Truth::Unknown, _) => {
            let message = "it is not known whether a backup selection names the cluster";
            Finding::undetermined(cluster, arn, message)
        }
    };
    Some(finding.expected(wanted))
}

/// Says that the plans of selections come due less than once a day, which is what AWS asks of a plan by default, or that
/// it can't be told:
/// <https://docs.aws.amazon.com/config/latest/developerguide/backup-plan-min-frequency-and-min-retention-check.html>.
fn seldom(selections: &[&Selection<'_>]) -> Option<Finding> {
    let mut found = None;
    for selection in selections {
        // That the plan is not known is reported.
        let plan = selection.plan?;
        let (comes_daily, rule) = cadence(plan);
        let schedule = rule.key("schedule");
        let finding = match comes_daily {
            Truth::Yes => return None,
            Truth::No => {
                let message = "the plan backs up less than once a day";
                Finding::violated(plan, &schedule, message).found(plan.at(&schedule))
            }
            Truth::Unknown => {
                let message = "it is not known whether the plan backs up every day";
                Finding::undetermined(plan, &schedule, message)
            }
        };
        if comes_daily == Truth::Unknown || found.is_none() {
            found = Some(finding.expected("a backup every day"));
        }
    }
    found
}

/// Whether a rule of a plan comes due every day, and the rule that decides it.
fn cadence(plan: Resource<'_>) -> (Truth, AttrPath) {
    let rules = given(plan, &path("rule"));
    let first = path("rule").index(0);
    // A plan without rules is reported, as is one whose rules are not known.
    let Some(count) = rules.len().filter(|count| *count > 0) else { return (Truth::Yes, first) };
    let mut decides = (Truth::No, first);
    for rule in (0..count).map(|index| path("rule").index(index)) {
        let schedule = given(plan, &rule.clone().key("schedule"));
        let is_continuous = is_on(plan.at(&rule.clone().key("enable_continuous_backup")));
        // Without a schedule it is every day at 5:00:
        // https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html
        let comes_daily = if schedule.is_null() || is_continuous {
            Truth::Yes
        } else {
            schedule.as_str().and_then(|text| is_daily(&text)).map_or(Truth::Unknown, Truth::of)
        };
        match comes_daily {
            Truth::Yes => return (Truth::Yes, rule),
            Truth::Unknown => decides = (Truth::Unknown, rule),
            Truth::No => {}
        }
    }
    decides
}

impl<'plan> Names<'plan> {
    fn of(clusters: &Directory<'plan>, selection: Resource<'plan>, argument: &str) -> Self {
        let mut names = Self::default();
        for link in clusters.find_each(selection, &path(argument)) {
            match link {
                Link::To(cluster) => names.clusters.push(cluster),
                Link::Outside(pattern) => names.patterns.push(pattern),
                Link::Unresolved => names.is_open = true,
                Link::Absent => {}
            }
        }
        names
    }

    fn name(&self, cluster: Resource<'plan>) -> Truth {
        if self.clusters.contains(&cluster) {
            return Truth::Yes;
        }
        let open = if self.is_open { Truth::Unknown } else { Truth::No };
        let (region, name) = (cluster.region(), cluster.get("cluster_identifier").as_str());
        let covers = |pattern: &String| covers(pattern, region.as_deref(), name.as_deref());
        self.patterns.iter().map(covers).fold(open, Truth::or)
    }
}

/// Whether a pattern covers the ARN of a cluster, `arn:aws:rds:REGION:ACCOUNT:cluster:NAME`, as far as that is known. The
/// account is taken for the right one.
fn covers(pattern: &str, region: Option<&str>, name: Option<&str>) -> Truth {
    let arn = [Some("arn"), None, Some("rds"), region, None, Some("cluster"), name];
    let fields: Vec<&str> = pattern.splitn(arn.len(), ':').collect();
    // A wildcard at the end goes over what is left; one before that may go over several parts.
    if fields.len() < arn.len() && !pattern.ends_with('*') {
        let (Some(region), Some(name)) = (region, name) else {
            return if pattern.contains('*') { Truth::Unknown } else { Truth::No };
        };
        let is_account =
            |field: &&str| field.len() == 12 && field.bytes().all(|digit| digit.is_ascii_digit());
        let account = fields.iter().copied().find(is_account).unwrap_or("111122223333");
        let whole = format!("arn:aws:rds:{region}:{account}:cluster:{name}");
        return Truth::of(matches(pattern, &whole, Case::Sensitive));
    }
    let matches = fields.iter().zip(arn).enumerate().map(|(place, (field, part))| match part {
        Some(part) => Truth::of(matches(field, part, Case::Sensitive)),
        None if *field == "*" || matches!(place, 1 | 4) => Truth::Yes,
        None => Truth::Unknown,
    });
    matches.fold(Truth::Yes, Truth::and)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_the_clusters_of_their_region() {
        let covers = |pattern| covers(pattern, Some("us-east-1"), Some("app-main"));
        for pattern in [
            "*",
            "arn:aws:rds:*",
            "arn:aws:rds:*:*:*",
            "arn:aws:rds:*:*:cluster:*",
            "arn:aws:rds:us-east-1:123456789012:cluster:*",
            "arn:aws:rds:us-*:*:cluster:app-*",
            "arn:aws:rds:us-east-1:*:cluster:*a*p*p*-*m*a*i*n*",
        ] {
            assert_eq!(covers(pattern), Truth::Yes, "{pattern}");
        }
        for pattern in [
            "arn:aws:rds:us-east-2:*:cluster:*",
            "arn:aws:rds:*:*:db:*",
            "arn:aws:rds:*:*:cluster:other-*",
            "arn:aws:rds:*:*:cluster",
            "arn:aws:dynamodb:*:*:*",
            "cluster",
        ] {
            assert_eq!(covers(pattern), Truth::No, "{pattern}");
        }
    }

    #[test]
    fn many_wildcards_take_no_time() {
        let name = "a".repeat(63);
        let pattern = format!("arn:aws:rds:*:*:cluster:{}b", "*a".repeat(30));
        assert_eq!(covers(&pattern, Some("us-east-1"), Some(&name)), Truth::No);
    }

    #[test]
    fn a_wildcard_over_several_parts_may_fit() {
        let covers = |pattern, name| covers(pattern, Some("us-east-1"), name);
        assert_eq!(covers("arn:*:cluster:app-main", Some("app-main")), Truth::Yes);
        assert_eq!(covers("arn:*:123456789012:cluster:*n", Some("app-main")), Truth::Yes);
        assert_eq!(covers("arn:*:cluster:app-main", Some("other")), Truth::No);
        assert_eq!(covers("arn:*:cluster:app-main", None), Truth::Unknown);
    }

    #[test]
    fn a_name_that_is_not_known_may_fit() {
        let covers = |pattern| super::covers(pattern, Some("us-east-1"), None);
        assert_eq!(covers("arn:aws:rds:*:*:cluster:*"), Truth::Yes);
        assert_eq!(covers("arn:aws:rds:*:*:cluster:app-*"), Truth::Unknown);
        assert_eq!(covers("arn:aws:rds:*:*:db:app-*"), Truth::No);
    }
}
