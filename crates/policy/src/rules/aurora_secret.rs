use std::borrow::Cow;

use drstack_plan::{Resource, Value};
use foldhash::{HashMap, HashSet};

use crate::arguments::Truth;
use crate::aurora::Databases;
use crate::demand::{Demand, given, is_on, path};
use crate::keys::{Key, Keys};
use crate::links::Link;
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "aurora-secret",
    severity: Severity::Error,
    summary: "the database's secret is replicated to the other region, under a key of that region",
    protects: "a secret that is only in the lost region locks the application out of the database that has just taken over",
    fix: "give the aws_secretsmanager_secret a replica block with the other region and a key of it, and set no manage_master_user_password",
    requirements: &["R1", "R8", "N3", "T2"],
    explanation: include_str!("aurora_secret.md"),
    check,
};

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let databases = Databases::of(checked);
    for cluster in databases.concerned() {
        sink.judged();
        let demand = Demand {
            message: "a member of a global database has its master password managed by RDS",
            expected: "not set",
        };
        sink.demand(cluster.resource, &path("manage_master_user_password"), demand, |value| {
            !is_on(value)
        });
    }
    let is_global = databases.clusters.iter().any(|cluster| cluster.global != Link::Absent);
    let Some(pair) = databases.pair.as_ref().filter(|_| databases.demanded || is_global) else {
        return;
    };
    let secrets = checked.of_type("aws_secretsmanager_secret");
    if secrets.is_empty() && databases.demanded && !databases.clusters.is_empty() {
        sink.report(Finding::absent("no secret holds the database's master password"));
    }
    let keys = Keys::of(checked);
    let counterparts = Counterparts::of(secrets, pair);
    for &secret in secrets {
        sink.judged();
        judge_replica(&counterparts, secret, pair, keys, sink);
    }
}

fn judge_replica<'plan>(
    counterparts: &Counterparts<'plan>,
    secret: Resource<'plan>,
    pair: &RegionPair,
    keys: &Keys<'plan>,
    sink: &mut Sink,
) {
    let replicas = given(secret, &path("replica"));
    let region = secret.region();
    let wanted: Vec<&str> = match &region {
        Some(region) => pair.other(region).into_iter().collect(),
        None => pair.both().to_vec(),
    };
    if wanted.is_empty() || counterparts.has_one_of(secret, pair) {
        return;
    }
    let regions: Vec<Value<'_>> =
        replicas.elements().map(|replica| replica.get("region")).collect();
    let found = regions
        .iter()
        .position(|value| value.as_str().is_some_and(|name| wanted.contains(&&*name)));
    let Some(at) = found else {
        let is_open = replicas.is_unknown() || regions.iter().any(|value| value.is_unknown());
        let finding = if is_open {
            Finding::undetermined(
                secret,
                "replica",
                "the regions of the replicas are not known before apply",
            )
        } else {
            Finding::violated(secret, "replica", "the secret has no replica in the other region")
        };
        sink.report(finding.expected(wanted.join(" or ")));
        return;
    };
    let at = path("replica").index(at).key("kms_key_id");
    let region = secret
        .at(&path("replica"))
        .elements()
        .zip(regions)
        .find_map(|(_, value)| value.as_str().filter(|name| wanted.contains(&&**name)));
    let expected = "a customer managed key of the replica's region";
    let finding = match keys.find(secret, &at) {
        Key::Customer(found) => {
            let truths = found.iter().map(|key| key.is_in(region.as_deref()));
            match truths.fold(Truth::Yes, Truth::and) {
                Truth::Yes => return,
                Truth::No => {
                    Finding::violated(secret, at, "the replica's key is in another region")
                }
                Truth::Unknown => Finding::undetermined(
                    secret,
                    at,
                    "the region of the replica's key is not known",
                ),
            }
        }
        Key::Bare(key) if key.is_in(region.as_deref()) == Truth::Yes => return,
        Key::Absent | Key::AwsManaged(_) => Finding::violated(
            secret,
            at,
            "the replica is not encrypted with a customer managed key",
        ),
        Key::Bare(_) | Key::Unknown => {
            Finding::undetermined(secret, at, "the replica's key is not known")
        }
    };
    sink.report(finding.expected(expected));
}

/// The regions of the secrets that differ in what tells regions apart, and in nothing else.
struct Counterparts<'plan> {
    regions: HashMap<String, HashSet<Option<Cow<'plan, str>>>>,
}

impl<'plan> Counterparts<'plan> {
    fn of(secrets: &[Resource<'plan>], pair: &RegionPair) -> Self {
        let mut regions: HashMap<_, HashSet<_>> = HashMap::default();
        for secret in secrets {
            let name = pair.neutral(secret.address());
            regions.entry(name).or_default().insert(secret.region());
        }
        Self { regions }
    }

    /// Whether another region has a secret of its own in the place of this one.
    fn has_one_of(&self, secret: Resource<'_>, pair: &RegionPair) -> bool {
        self.regions
            .get(&pair.neutral(secret.address()))
            .is_some_and(|regions| regions.iter().any(|region| *region != secret.region()))
    }
}
