use std::collections::BTreeMap;

use drstack_plan::Resource;

use crate::demand::{given, path};
use crate::links::{Directory, Link};
use crate::{Checked, Finding, Profile, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "single-nat",
    severity: Severity::Warning,
    summary: "a test environment has a single NAT gateway in each region",
    protects: "every NAT gateway is billed by the hour, whether or not a test runs",
    fix: "route all private subnets of the region through one NAT gateway",
    requirements: &["N5"],
    explanation: include_str!("single_nat.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    if checked.parameters().profile != Some(Profile::Destroyable) {
        return;
    }
    let subnets = Directory::of(checked, &["aws_subnet"], &["arn", "id"]);
    let mut by_region: BTreeMap<Option<String>, Vec<Resource<'_>>> = BTreeMap::new();
    for &gateway in checked.of_type("aws_nat_gateway") {
        sink.judged();
        // One without a way to the internet joins private networks: that is another thing.
        if given(gateway, &path("connectivity_type")).as_str().as_deref() == Some("private") {
            continue;
        }
        let region = gateway.region().or_else(|| match subnets.find(gateway, &path("subnet_id")) {
            Link::To(subnet) => subnet.region(),
            _ => None,
        });
        by_region.entry(region.map(Into::into)).or_default().push(gateway);
    }
    let known = by_region.values().map(Vec::len).sum::<usize>();
    for (region, gateways) in &by_region {
        let Some((first, others)) = gateways.split_first() else { continue };
        match region {
            Some(region) => {
                for &other in others {
                    let message = format!("{region} has more than one NAT gateway");
                    let finding = Finding::violated(other, "", message).found(gateways.len());
                    sink.report(finding.expected("1").evidence(*first));
                }
            }
            None if known == 1 => {}
            None => {
                for &gateway in gateways {
                    sink.report(Finding::undetermined(
                        gateway,
                        "",
                        "the NAT gateway's region is not known",
                    ));
                }
            }
        }
    }
}
