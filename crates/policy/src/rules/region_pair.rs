use drstack_plan::{AttrPath, Resource};
use foldhash::HashMap;

use crate::arguments::is_state;
use crate::tables::global;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "region-pair",
    severity: Severity::Error,
    summary: "both regions of the stack hold resources, and no regional resource is anywhere else",
    protects: "a resource in a third region is in nobody's recovery plan, and an empty recovery region recovers nothing",
    fix: "pass each regional module the provider of its region: providers = { aws = aws.us_east_2 }",
    requirements: &["C6", "N4", "D2"],
    explanation: include_str!("region_pair.md"),
    check,
};

/// Where Route 53 and CloudFront look for what belongs to them.
const HOME_OF_GLOBAL_SERVICES: &str = "us-east-1";
/// What belongs to global services and is regional all the same: alarms on health checks, the topic of these and
/// its key, certificates of distributions.
const AT_HOME: [&str; 7] = [
    "aws_acm_certificate",
    "aws_cloudwatch_metric_alarm",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_sns_topic",
    "aws_sns_topic_policy",
    "aws_sns_topic_subscription",
];

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let Some(pair) = checked.parameters().regions() else { return };
    let mut regions =
        Regions { by_provider: HashMap::default(), region: AttrPath::root().key("region") };
    let mut held = [false; 2];
    let mut unknown: HashMap<Option<&str>, Resource<'_>> = HashMap::default();
    let expected = pair.join(" or ");
    for (kind, resources) in checked.types() {
        if !kind.starts_with("aws_") || global::home(kind).is_some() {
            continue;
        }
        for &resource in resources {
            let Some(region) = regions.of(resource) else {
                // Of many resources a state does not show the region; a provider stands for all of its resources.
                if !is_state(checked) {
                    let known = unknown.entry(resource.provider_key()).or_insert(resource);
                    if resource.index() < known.index() {
                        *known = resource;
                    }
                }
                continue;
            };
            sink.judged();
            if let Some(side) = pair.iter().position(|one| *one == region) {
                held[side] = true;
            } else if region != HOME_OF_GLOBAL_SERVICES || !AT_HOME.contains(&kind) {
                let finding = Finding::violated(
                    resource,
                    "region",
                    "the resource is outside of the two regions",
                );
                sink.report(finding.found(region).expected(&expected));
            }
        }
    }
    for resource in unknown.values() {
        sink.judged();
        let message = "the region of the resource's provider is not known";
        sink.report(Finding::undetermined(*resource, "region", message).expected(&expected));
    }
    for (region, held) in pair.iter().zip(held) {
        if !held && unknown.is_empty() && checked.plan().resources().next().is_some() {
            sink.judged();
            sink.report(Finding::absent(format!("no resource is in {region}")));
        }
    }
}

/// The regions of resources, remembered for each provider.
struct Regions<'plan> {
    by_provider: HashMap<&'plan str, Option<String>>,
    region: AttrPath,
}

impl<'plan> Regions<'plan> {
    fn of(&mut self, resource: Resource<'plan>) -> Option<String> {
        let region = || resource.region().map(Into::into);
        match resource.provider_key() {
            // Nothing but the provider says where the resource is.
            Some(provider) if resource.is_configured(&self.region) == Some(false) => {
                let known = self.by_provider.get(provider);
                if let Some(Some(known)) = known {
                    return Some(known.clone());
                }
                let found: Option<String> = region();
                self.by_provider.insert(provider, found.clone());
                found
            }
            _ => region(),
        }
    }
}
