use drstack_plan::{AttrPath, Resource};
use foldhash::HashSet;

use crate::buckets::{Companions, Guards};
use crate::demand::{Demand, given, is_set, is_text, path};
use crate::keys::Keys;
use crate::links::{Directory, Link};
use crate::regions::RegionPair;
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "s3-replication",
    severity: Severity::Error,
    summary: "buckets replicate to a bucket of the other region and back: everything, deletions too, within a known time; neither is open to the public or to requests without TLS",
    protects: "objects that were not replicated are lost with the region; one-way replication loses what the other region writes; an open copy gives away what the other one guards",
    fix: "version both buckets, block public access to them, refuse requests where aws:SecureTransport is false, and give each an aws_s3_bucket_replication_configuration to the other with delete markers, replica_kms_key_id, replica modifications, and 15 minutes of replication time and metrics",
    requirements: &["R3", "C1", "V6", "N3", "T2"],
    explanation: include_str!("s3_replication.md"),
    check,
};

const BUCKET: &str = "aws_s3_bucket";

/// Something that a replication rule must switch on, in a resource of its own and in a block of the bucket.
struct Switch {
    separate: &'static str,
    inline: &'static str,
    message: &'static str,
    expected: [&'static str; 2],
}

const SWITCHES: [Switch; 8] = [
    Switch {
        separate: "status",
        inline: "status",
        message: "the replication rule is not enabled",
        expected: ["Enabled", "Enabled"],
    },
    Switch {
        separate: "delete_marker_replication.0.status",
        inline: "delete_marker_replication_status",
        message: "delete markers are not replicated",
        expected: ["Enabled", "Enabled"],
    },
    Switch {
        separate: "source_selection_criteria.0.sse_kms_encrypted_objects.0.status",
        inline: "source_selection_criteria.0.sse_kms_encrypted_objects.0.enabled",
        message: "objects that are encrypted with a KMS key are not replicated",
        expected: ["Enabled", "true"],
    },
    Switch {
        separate: "source_selection_criteria.0.replica_modifications.0.status",
        // The block of the bucket has no such argument.
        inline: "source_selection_criteria.0.replica_modifications.0.status",
        message: "changes of replicas' metadata are not replicated",
        expected: ["Enabled", "Enabled"],
    },
    Switch {
        separate: "destination.0.replication_time.0.status",
        inline: "destination.0.replication_time.0.status",
        message: "replication time control is off",
        expected: ["Enabled", "Enabled"],
    },
    Switch {
        separate: "destination.0.replication_time.0.time.0.minutes",
        inline: "destination.0.replication_time.0.minutes",
        message: "replication time control has another time than AWS takes",
        expected: ["15", "15"],
    },
    Switch {
        separate: "destination.0.metrics.0.status",
        inline: "destination.0.metrics.0.status",
        message: "replication metrics are off",
        expected: ["Enabled", "Enabled"],
    },
    Switch {
        separate: "destination.0.metrics.0.event_threshold.0.minutes",
        inline: "destination.0.metrics.0.minutes",
        message: "replication metrics have another threshold than AWS takes",
        expected: ["15", "15"],
    },
];

/// Where a bucket's replication stands.
struct Replication<'plan> {
    bucket: Resource<'plan>,
    holder: Resource<'plan>,
    rules: AttrPath,
}

impl Replication<'_> {
    fn is_inline(&self) -> bool {
        self.holder == self.bucket
    }
}

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let buckets = Directory::of(checked, &[BUCKET], &["arn", "id", "bucket"]);
    let keys = Keys::of(checked);
    let pair = RegionPair::of(checked);
    let demanded = checked.parameters().regions().is_some();
    let mut stray = false;
    let mut replications = Vec::new();
    for &holder in checked.of_type("aws_s3_bucket_replication_configuration") {
        match buckets.find(holder, &path("bucket")) {
            Link::To(bucket) => {
                replications.push(Replication { bucket, holder, rules: path("rule") });
            }
            Link::Unresolved => {
                stray = true;
                sink.judged();
                sink.unresolved(holder, &path("bucket"), "bucket");
            }
            Link::Absent | Link::Outside(_) => {}
        }
    }
    let separate: HashSet<usize> = replications.iter().map(|found| found.bucket.index()).collect();
    for &bucket in checked.of_type(BUCKET) {
        // The provider copies the separate resource into the bucket's state.
        let inline = path("replication_configuration.0.rules");
        if !separate.contains(&bucket.index())
            && !given(bucket, &path("replication_configuration")).is_empty()
        {
            replications.push(Replication { bucket, holder: bucket, rules: inline });
        }
    }
    let versioning = Companions::of(checked, "aws_s3_bucket_versioning", &buckets);
    let guards = Guards::of(checked, &buckets);
    let mut edges = HashSet::default();
    let mut judged = HashSet::default();
    let mut destinations = Vec::new();
    for replication in &replications {
        sink.judged();
        if judged.insert(replication.bucket.index()) {
            judge_bucket(replication.bucket, &versioning, &guards, sink);
        }
        let (found, is_open) = judge_rules(replication, &buckets, keys, sink);
        stray |= is_open;
        for destination in found {
            edges.insert((replication.bucket.index(), destination.index()));
            destinations.push((replication, destination));
        }
    }
    for (replication, destination) in destinations {
        if judged.insert(destination.index()) {
            judge_bucket(destination, &versioning, &guards, sink);
        }
        if edges.contains(&(destination.index(), replication.bucket.index())) {
            continue;
        }
        let finding = if stray {
            Finding::undetermined(
                destination,
                "",
                "it is not known whether the bucket replicates back",
            )
        } else {
            Finding::violated(
                destination,
                "",
                "the bucket does not replicate back to the bucket that it receives from",
            )
        };
        sink.report(finding.evidence(replication.holder));
    }
    if !demanded {
        return;
    }
    let replicated: HashSet<usize> =
        replications.iter().map(|found| found.bucket.index()).collect();
    let receives: HashSet<usize> = edges.iter().map(|(_, to)| *to).collect();
    if checked.of_type(BUCKET).is_empty() {
        sink.judged();
        sink.report(Finding::absent("there is no bucket"));
    }
    for &bucket in checked.of_type(BUCKET) {
        let is_meant = bucket
            .region()
            .is_none_or(|region| pair.as_ref().is_some_and(|pair| pair.contains(&region)));
        if !is_meant || replicated.contains(&bucket.index()) || receives.contains(&bucket.index()) {
            continue;
        }
        sink.judged();
        sink.report(if stray {
            Finding::undetermined(bucket, "", "it is not known whether the bucket is replicated")
        } else {
            Finding::violated(bucket, "", "the bucket is not replicated to the other region")
        });
    }
}

/// Judges the rules of a replication, and gives the buckets that it leads to, and whether it may lead to others.
fn judge_rules<'plan>(
    replication: &Replication<'plan>,
    buckets: &Directory<'plan>,
    keys: &Keys<'plan>,
    sink: &mut Sink,
) -> (Vec<Resource<'plan>>, bool) {
    let holder = replication.holder;
    let rules = given(holder, &replication.rules);
    if rules.is_unknown() {
        let message = "the replication rules are not known before apply";
        sink.report(Finding::undetermined(holder, &replication.rules, message));
        return (Vec::new(), true);
    }
    if rules.is_empty() {
        sink.report(Finding::violated(holder, &replication.rules, "the replication has no rule"));
    }
    let mut found = Vec::new();
    let mut is_open = false;
    for index in 0..rules.elements().count() {
        let rule = replication.rules.clone().index(index);
        for switch in &SWITCHES {
            let (steps, expected) = if replication.is_inline() {
                (switch.inline, switch.expected[1])
            } else {
                (switch.separate, switch.expected[0])
            };
            let demand = Demand { message: switch.message, expected };
            sink.demand(holder, &rule.clone().join(&path(steps)), demand, is_text(expected));
        }
        let everything = Demand {
            message: "only a part of the bucket is replicated",
            expected: "a filter without prefix and tags",
        };
        for part in ["prefix", "filter.0.prefix", "filter.0.tag", "filter.0.tags", "filter.0.and"] {
            sink.demand(holder, &rule.clone().join(&path(part)), everything, |value| {
                value.is_empty() || !is_set(value)
            });
        }
        let key = if replication.is_inline() {
            "destination.0.replica_kms_key_id"
        } else {
            "destination.0.encryption_configuration.0.replica_kms_key_id"
        };
        sink.demand_key(
            keys,
            holder,
            &rule.clone().join(&path(key)),
            "replicas have no key of their region",
        );
        let at = rule.join(&path("destination.0.bucket"));
        match buckets.find(holder, &at) {
            Link::To(destination) => {
                judge_destination(replication, &at, destination, sink);
                found.push(destination);
            }
            Link::Absent => sink.report(Finding::violated(
                holder,
                at,
                "the replication rule has no destination",
            )),
            Link::Outside(name) => {
                let message =
                    "the destination is not in this input: whether it replicates back is not known";
                sink.report(Finding::undetermined(holder, at, message).found(name));
            }
            Link::Unresolved => {
                is_open = true;
                sink.unresolved(holder, &at, "bucket");
            }
        }
    }
    (found, is_open)
}

fn judge_destination(
    replication: &Replication<'_>,
    at: &AttrPath,
    destination: Resource<'_>,
    sink: &mut Sink,
) {
    let finding = match (replication.bucket.region(), destination.region()) {
        (Some(from), Some(to)) if from != to => return,
        (Some(_), Some(to)) => Finding::violated(
            replication.holder,
            at,
            "the destination is in the bucket's own region",
        )
        .found(to)
        .expected("the other region"),
        _ => Finding::undetermined(
            replication.holder,
            at,
            "the regions of the two buckets are not known",
        ),
    };
    sink.report(finding.evidence(destination));
}

/// Judges a bucket that takes part: replication needs versions, and what is replicated stays private.
fn judge_bucket<'plan>(
    bucket: Resource<'plan>,
    versioning: &Companions<'plan>,
    guards: &Guards<'plan>,
    sink: &mut Sink,
) {
    guards.judge(bucket, sink);
    let demand = |expected| Demand {
        message: "the bucket is not versioned, as replication needs",
        expected,
    };
    if let Some(versioning) = versioning.get(bucket) {
        let status = path("versioning_configuration.0.status");
        sink.demand(versioning, &status, demand("Enabled"), is_text("Enabled"));
    } else if versioning.stray {
        let message = "it is not known whether the bucket is versioned";
        sink.report(Finding::undetermined(bucket, "versioning", message));
    } else {
        sink.demand(bucket, &path("versioning.0.enabled"), demand("true"), is_text("true"));
    }
}
