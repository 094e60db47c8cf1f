//! The built-in rules, one file each. The file's name is the rule's id with underscores, and its long explanation stands
//! beside it as Markdown. A rule is registered here, once; packs say which rules run.

use crate::Rule;

macro_rules! register {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+

        /// Every rule, in the order of the ids.
        pub const ALL: &[Rule] = &[$($module::RULE),+];
    };
}

register! {
    alarm_actions,
    alarm_coverage,
    alarm_dimensions,
    alb_lambda,
    aurora_engine_version,
    aurora_global,
    aurora_secret,
    aurora_serverless,
    backup_plan,
    cidr_overlap,
    cross_region_subscription,
    dns_failover,
    dynamodb_global,
    failover_events,
    health_check,
    iam_wildcard,
    kms_both_regions,
    kms_encryption,
    lambda_package,
    lambda_parity,
    listener_tls,
    log_retention,
    name_length,
    name_suffix,
    open_security_group,
    peering_routes,
    plaintext_secret,
    region_pair,
    region_survival,
    retained_resource,
    rpo_budget,
    rto_budget,
    s3_replication,
    single_nat,
    sqs_redrive,
    subnet_isolation,
    terraform_version,
    three_zones,
}

/// The rule of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id == id)
}

/// The rules about waivers and baselines. They are in no pack: they run where these are given.
pub const UPKEEP: &[Rule] = &[crate::WAIVER, crate::STALE_BASELINE];

/// Every rule that a finding may name, in the order of the packs' rules and then those of the upkeep.
pub fn every() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().chain(UPKEEP)
}
