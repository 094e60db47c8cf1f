use std::borrow::Cow;

use drstack_plan::Resource;

use crate::demand::{Demand, given, path};
use crate::keys::Keys;
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "backup-plan",
    severity: Severity::Error,
    summary: "each region has a backup plan that keeps recovery points of its Aurora clusters for the days that are asked for",
    protects: "replication copies a mistake within a second: only a backup leads back to before it",
    fix: "give each region an aws_backup_plan with delete_after, an aws_backup_vault with a key, and an aws_backup_selection that names the cluster",
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
        sink.demand(plan, &after, demand, |value| value.as_u64().is_some_and(|kept| kept >= days));
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

/// Every Aurora cluster must be named by a selection of its region.
fn selections(checked: &Checked<'_>, sink: &mut Sink) {
    let plans = Directory::of(checked, &[PLAN], &["id"]);
    let clusters = Directory::of(checked, &["aws_rds_cluster"], &["arn"]);
    let mut named = Vec::new();
    let mut patterns = Vec::new();
    let mut is_open = false;
    for &selection in checked.of_type(SELECTION) {
        sink.judged();
        match plans.find(selection, &path("plan_id")) {
            Link::To(_) => {}
            Link::Absent => sink.report(Finding::violated(
                selection,
                "plan_id",
                "the selection belongs to no plan",
            )),
            Link::Outside(_) => {
                sink.report(Finding::undetermined(
                    selection,
                    "plan_id",
                    "the plan is not in this input",
                ));
            }
            Link::Unresolved => sink.unresolved(selection, &path("plan_id"), "backup plan"),
        }
        // What tags and conditions select depends on all resources of the account.
        let chosen = ["selection_tag", "condition"].map(|name| given(selection, &path(name)));
        is_open |= chosen.iter().any(|value| !value.is_empty());
        for link in clusters.find_each(selection, &path("resources")) {
            match link {
                Link::To(cluster) => named.push(cluster),
                Link::Outside(pattern) => patterns.push(pattern),
                Link::Unresolved => is_open = true,
                Link::Absent => {}
            }
        }
    }
    for &cluster in checked.of_type("aws_rds_cluster") {
        sink.judged();
        let covered = patterns.iter().any(|pattern| covers(pattern, cluster.region().as_deref()));
        if named.contains(&cluster) || covered {
            continue;
        }
        let wanted = "an aws_backup_selection with its ARN";
        let finding = if is_open {
            Finding::undetermined(
                cluster,
                "arn",
                "it is not known whether a backup selection names the cluster",
            )
        } else {
            Finding::violated(cluster, "arn", "no backup selection names the cluster")
        };
        sink.report(finding.expected(wanted));
    }
}

/// Whether a pattern of ARNs covers every cluster of a region.
fn covers(pattern: &str, region: Option<&str>) -> bool {
    if pattern == "*" {
        return true;
    }
    let fields: Vec<&str> = pattern.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", _, "rds", place, _, name] => {
            (*place == "*" || Some(*place) == region) && ["*", "cluster:*"].contains(name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_the_clusters_of_their_region() {
        let covers = |pattern| covers(pattern, Some("us-east-1"));
        for pattern in
            ["*", "arn:aws:rds:*:*:cluster:*", "arn:aws:rds:us-east-1:123456789012:cluster:*"]
        {
            assert!(covers(pattern), "{pattern}");
        }
        for pattern in [
            "arn:aws:rds:us-east-2:*:cluster:*",
            "arn:aws:rds:*:*:db:*",
            "arn:aws:dynamodb:*:*:*",
            "cluster",
        ] {
            assert!(!covers(pattern), "{pattern}");
        }
    }
}
