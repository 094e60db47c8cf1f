//! What must hold between the values of a configuration.

use std::collections::{BTreeMap, BTreeSet};

use drstack_database::Acu;
use drstack_terraform::Region;

use super::value::quoted;
use super::{Certificates, Config, Listener, TagKey};

/// The letters of the zones that a region can have. The most that any has is six
/// (<https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>).
pub const ZONE_LETTERS: [char; 8] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/// What is wrong with a configuration, and where: two values that don't go together, or one that turns out not to
/// work when the stack is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The dotted key that the message is about. Where it is left out, the nearest table around it is shown.
    pub key: &'static str,
    /// What was found and what was expected.
    pub found: String,
    /// What to do.
    pub fix: String,
}

/// The tags that every resource has from the stack.
const OWN_TAGS: [&str; 2] = ["Environment", "Stack"];

/// Of the 50 that a resource takes (<https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>),
/// those that are left beside the stack's own and the `Name` that some resources have.
const MOST_TAGS: usize = 50 - OWN_TAGS.len() - 1;

pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add =
        |key, found: String, fix: &str| problems.push(Problem { key, found, fix: fix.to_owned() });

    let regions = &config.regions;
    if regions.primary == regions.recovery {
        add(
            "regions.recovery",
            format!("both regions are {}", regions.primary),
            "choose another region for recovery: a stack in one region survives no regional outage",
        );
    }
    for (key, zones) in [
        ("regions.primary_zones", &regions.primary_zones),
        ("regions.recovery_zones", &regions.recovery_zones),
    ] {
        let different: BTreeSet<&char> = zones.iter().collect();
        let known = zones.iter().all(|letter| ZONE_LETTERS.contains(letter));
        if !known || different.len() != zones.len() || !(3..=6).contains(&zones.len()) {
            add(
                key,
                format!(
                    "found {}, expected three to six different letters from `a` to `h`",
                    quoted(zones)
                ),
                "name the zones by their letters, such as [\"a\", \"b\", \"c\"]",
            );
        }
    }

    let network = &config.network;
    let least = network.vpc_prefix.get() + 4;
    for (key, prefix) in [
        ("network.public_prefix", network.public_prefix.get()),
        ("network.compute_prefix", network.compute_prefix.get()),
        ("network.database_prefix", network.database_prefix.get()),
    ] {
        if prefix < least {
            add(
                key,
                format!(
                    "subnets of /{prefix} do not fit into a VPC of /{}, where each of three tiers has room for eight zones",
                    network.vpc_prefix.get()
                ),
                &format!("give subnets a prefix of {least} or more, or the VPC a shorter one"),
            );
        }
    }

    let database = &config.database;
    if database.min_capacity > database.max_capacity || database.max_capacity < Acu::halves(2) {
        add(
            "database.max_capacity",
            format!("the range {} to {} is not one", database.min_capacity, database.max_capacity),
            "set max_capacity to at least 1 and not below min_capacity",
        );
    }

    if config.dns.primary_weight.get() == 0 {
        add(
            "dns.primary_weight",
            "the primary record has weight 0".to_owned(),
            "give the primary a weight above 0; recovery_weight = 0 makes the other region stand by",
        );
    }

    let mut emails = BTreeSet::new();
    for email in config.monitoring.emails.iter().filter(|email| !emails.insert(*email)) {
        add("monitoring.emails", format!("`{email}` is there twice"), "name each address once");
    }
    tags(config, &mut add);

    match (config.compute.listener, &config.compute.certificates, &config.dns.zone_id) {
        (Listener::Https, None, None) => add(
            "compute.listener",
            "`https` needs certificates".to_owned(),
            "give [compute.certificates] an ARN a region, or dns.zone_id of a zone that is delegated to you (a zone \
             created in the same apply can't validate a certificate)",
        ),
        (Listener::Http, Some(_), _) => add(
            "compute.certificates",
            "certificates are given and the listener is `http`".to_owned(),
            "set compute.listener to \"https\", or remove the certificates",
        ),
        (_, Some(certificates), _) => certificate_regions(config, certificates, &mut add),
        _ => {}
    }

    if config.compute.source.is_none() && config.compute.timeout_seconds.get() < 30 {
        add(
            "compute.timeout_seconds",
            format!(
                "the built-in function needs 30 s, found {}",
                config.compute.timeout_seconds.get()
            ),
            "allow 30 s or more: a paused or promoting database takes its time to answer",
        );
    }
    let (module, function) = config.compute.handler.rsplit_once('.').unwrap_or_default();
    if module.is_empty() || function.is_empty() {
        add(
            "compute.handler",
            format!("found `{}`, expected `<module>.<function>`", config.compute.handler),
            "name the Python module and the function in it, such as \"handler.handler\"",
        );
    }
    problems
}

/// Keys that are equal but for case are two in most services and one in IAM, which refuses them:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>.
fn tags(config: &Config, add: &mut impl FnMut(&'static str, String, &str)) {
    let mut seen: BTreeMap<String, &str> =
        OWN_TAGS.iter().map(|key| (key.to_lowercase(), *key)).collect();
    for key in config.tags.keys().map(TagKey::as_str) {
        match seen.insert(key.to_lowercase(), key) {
            Some(own) if OWN_TAGS.contains(&own) => add(
                "tags",
                format!("the tag `{key}` is the stack's own `{own}`"),
                "choose another key",
            ),
            Some(other) => add(
                "tags",
                format!("the tags `{other}` and `{key}` differ in case alone, which IAM refuses"),
                "keep one of them",
            ),
            None => {}
        }
    }
    if config.tags.len() > MOST_TAGS {
        add(
            "tags",
            format!("found {} tags, expected {MOST_TAGS} at most", config.tags.len()),
            "a resource of AWS takes 50, and some have three of the stack's own",
        );
    }
}

fn certificate_regions(
    config: &Config,
    certificates: &Certificates,
    add: &mut impl FnMut(&'static str, String, &str),
) {
    let expected: [(&str, &str, Region); 2] = [
        ("compute.certificates.primary", certificates.primary.as_str(), config.regions.primary),
        ("compute.certificates.recovery", certificates.recovery.as_str(), config.regions.recovery),
    ];
    for (key, arn, region) in expected {
        if arn.split(':').nth(3) != Some(region.as_str()) {
            add(
                key,
                format!("`{arn}` is not a certificate in {region}"),
                "a load balancer takes a certificate of its own region only",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages for the default file with one more piece of text, or with a line replaced.
    fn found(old: &str, new: &str) -> Vec<&'static str> {
        assert!(super::super::DEFAULT_TOML.contains(old), "{old}");
        let text = super::super::DEFAULT_TOML.replace(old, new);
        let config: Config = toml::from_str(&text).unwrap();
        problems(&config).iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn each_pair_that_does_not_go_together_is_named() {
        assert_eq!(
            found("recovery = \"us-east-2\"", "recovery = \"us-east-1\""),
            ["regions.recovery"]
        );
        assert_eq!(
            found("primary_zones = [\"a\"", "primary_zones = [\"b\""),
            ["regions.primary_zones"]
        );
        assert_eq!(found("public_prefix = 24", "public_prefix = 16"), ["network.public_prefix"]);
        assert_eq!(found("min_capacity = 0.5", "min_capacity = 8.0"), ["database.max_capacity"]);
        assert_eq!(found("primary_weight = 100", "primary_weight = 0"), ["dns.primary_weight"]);
        assert_eq!(found("listener = \"http\"", "listener = \"https\""), ["compute.listener"]);
        assert_eq!(
            found("timeout_seconds = 30", "timeout_seconds = 10"),
            ["compute.timeout_seconds"]
        );
        assert_eq!(found("\"handler.handler\"", "\"handler\""), ["compute.handler"]);
        assert_eq!(found("name = \"drstack\"", "name = \"other\""), [""; 0]);
    }
}
