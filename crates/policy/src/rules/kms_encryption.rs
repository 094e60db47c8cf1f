use std::borrow::Cow;
use std::sync::Arc;

use drstack_plan::{AttrPath, Mode, Resource, Step};
use foldhash::{HashMap, HashSet};

use crate::arguments::{Argument, Truth, all_hold, arguments, holds, is_read_back, is_state};
use crate::demand::{given, is_set, is_text};
use crate::keys::{CustomerKey, Key, Keys};
use crate::links::{Directory, Link};
use crate::regions::are_together;
use crate::tables::global;
use crate::tables::kms::{self, Demand, Unset};
use crate::{Checked, Finding, Rule, Severity, Sink};

pub(super) const RULE: Rule = Rule {
    id: "kms-encryption",
    severity: Severity::Error,
    summary: "whatever can be encrypted with a customer managed KMS key is, with a key of its own region",
    protects: "a key that AWS manages can't be limited, audited or revoked, and a key of another region can't be used when that region is lost",
    fix: "set the argument to the ARN of a customer managed key in the resource's region",
    requirements: &["R8", "T6", "V9"],
    explanation: include_str!("kms_encryption.md"),
    check,
};

const BUCKET: &str = "aws_s3_bucket";
const BUCKET_ENCRYPTION: &str = "aws_s3_bucket_server_side_encryption_configuration";

/// Keys that are used in another region than the resource's: the argument beside it that names the region.
const REGIONS: [(&str, &str, &str); 7] = [
    (
        "aws_dlm_lifecycle_policy",
        "policy_details.action.cross_region_copy.encryption_configuration.cmk_arn",
        "policy_details.action.cross_region_copy.target",
    ),
    (
        "aws_dlm_lifecycle_policy",
        "policy_details.schedule.cross_region_copy_rule.cmk_arn",
        "policy_details.schedule.cross_region_copy_rule.target",
    ),
    ("aws_dynamodb_table", "replica.kms_key_arn", "replica.region_name"),
    ("aws_efs_replication_configuration", "destination.kms_key_id", "destination.region"),
    (
        "aws_imagebuilder_distribution_configuration",
        "distribution.ami_distribution_configuration.kms_key_id",
        "distribution.region",
    ),
    ("aws_secretsmanager_secret", "replica.kms_key_id", "replica.region"),
    ("aws_ssmincidents_replication_set", "region.kms_key_arn", "region.name"),
];

/// Keys for what is written into a bucket, which may be in another region: the argument that names the bucket.
const BUCKETS: [(&str, &str, &str); 2] = [
    (
        "aws_s3_bucket",
        "replication_configuration.rules.destination.replica_kms_key_id",
        "replication_configuration.rules.destination.bucket",
    ),
    (
        "aws_s3_bucket_replication_configuration",
        "rule.destination.encryption_configuration.replica_kms_key_id",
        "rule.destination.bucket",
    ),
];

/// Keys whose region is not the resource's, and not told by an argument: those of a bucket that is known by name only.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
const REGION_ELSEWHERE: [(&str, &str); 3] = [
    ("aws_cloudtrail", "kms_key_id"),
    ("aws_config_delivery_channel", "s3_kms_key_arn"),
    ("aws_securitylake_data_lake", "configuration.encryption_configuration.kms_key_id"),
];

/// Where a key is used.
#[derive(Clone, Copy)]
enum Use {
    /// In the resource's own region.
    Own,
    /// In a region that another argument names.
    Named(&'static str),
    /// In the region of the bucket that another argument names.
    OfBucket(&'static str),
    /// In a region that nothing tells, or in all of them.
    Elsewhere,
}

impl Use {
    fn of(resource_type: &str, path: &str) -> Self {
        let row = (resource_type, path);
        let beside = |rows: &[(&str, &str, &'static str)]| {
            let (.., other) = rows.iter().find(|(ty, path, _)| (*ty, *path) == row)?;
            Some(*other)
        };
        if global::home(resource_type).is_some() || REGION_ELSEWHERE.contains(&row) {
            Self::Elsewhere
        } else if let Some(region) = beside(&REGIONS) {
            Self::Named(region)
        } else if let Some(bucket) = beside(&BUCKETS) {
            Self::OfBucket(bucket)
        } else {
            Self::Own
        }
    }
}

/// Arguments that name the database which another one is a replica of. In its source's region it has the source's key, in
/// another one it needs a key of its own:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html>.
const SOURCES: [&str; 2] = ["replicate_source_db", "replication_source_identifier"];
const DATABASES: &[&str] =
    &["aws_db_instance", "aws_docdb_cluster", "aws_neptune_cluster", "aws_rds_cluster"];

/// What decides about the encryption of a resource that names no key.
enum Origin {
    /// Its own arguments and AWS' defaults.
    New,
    /// A source in its own region, which is judged itself.
    Judged,
    /// A source in another region, whose key does not reach it.
    Far,
    /// A snapshot, or a source that can't be told.
    Elsewhere,
    /// The launch template, which may describe the volume.
    Template,
}

struct KmsEncryption<'rule, 'plan> {
    checked: &'rule Checked<'plan>,
    keys: &'rule Keys<'plan>,
    buckets: Arc<Directory<'plan>>,
    databases: Arc<Directory<'plan>>,
    /// The buckets that load balancers write their logs to.
    log_buckets: HashSet<usize>,
}

fn check(checked: &Checked<'_>, sink: &mut Sink) {
    let buckets = Directory::of(checked, &[BUCKET], &["id", "bucket", "arn"]);
    let rule = KmsEncryption {
        checked,
        keys: Keys::of(checked),
        log_buckets: log_buckets(checked, &buckets),
        buckets,
        databases: Directory::of(
            checked,
            DATABASES,
            &["id", "arn", "identifier", "cluster_identifier"],
        ),
    };
    for (resource_type, resources) in checked.types() {
        let keys = kms::of(resource_type).filter(|key| key.demand == Demand::CustomerManaged);
        let keys: Vec<_> = keys.map(|key| (key, Use::of(resource_type, key.path))).collect();
        for &resource in resources {
            if rule.is_for_logs(resource) {
                continue;
            }
            for (key, used) in &keys {
                for argument in arguments(resource, key.path) {
                    rule.argument(resource, (*key, *used), &argument, sink);
                }
            }
        }
    }
    rule.buckets(sink);
}

impl<'plan> KmsEncryption<'_, 'plan> {
    fn argument(
        &self,
        resource: Resource<'plan>,
        (key, used): (kms::Key, Use),
        argument: &Argument<'plan>,
        sink: &mut Sink,
    ) {
        let path = &argument.path;
        let matters = all_hold(resource, key.when, path);
        if matters == Truth::No || is_read_back(resource, path) {
            return;
        }
        sink.judged();
        let found = self.keys.find_in(resource, argument);
        let violated = |message: &str| match matters {
            Truth::Yes => Finding::violated(resource, path, message),
            _ => Finding::undetermined(
                resource,
                path,
                format!("{message}, and whether it is needed is not known before apply"),
            ),
        };
        let finding = match found {
            Key::Customer(keys) => self
                .region(resource, used, &argument.path, &keys)
                .or_else(|| self.switch(resource, key, path)),
            // The provider fills in the ARN of the key that AWS chose, and a state does not show that nobody asked for it.
            Key::Bare(_) if is_state(self.checked) && fills_in(key.unset) => {
                let message = "whose key this is can't be told: the state does not hold it";
                Some(Finding::undetermined(resource, path, message).found(argument.value))
            }
            Key::Bare(bare) => self
                .region(resource, used, &argument.path, &[bare])
                .or_else(|| self.switch(resource, key, path)),
            Key::Absent => self.without_key(resource, key, path, violated),
            Key::AwsManaged(shown) => {
                let finding = violated("the key is one that AWS manages").found(argument.value);
                Some(shown.into_iter().fold(finding, Finding::evidence))
            }
            Key::Unknown => {
                let message = "whose key this is can't be told before apply";
                Some(Finding::undetermined(resource, path, message).found(argument.value))
            }
        };
        if let Some(finding) = finding {
            sink.report(match finding.expected {
                Some(_) => finding,
                None => finding.expected("a customer managed key"),
            });
        }
    }

    /// A finding if the key may be in another region than what it encrypts.
    fn region(
        &self,
        resource: Resource<'plan>,
        used: Use,
        path: &AttrPath,
        keys: &[CustomerKey<'plan>],
    ) -> Option<Finding> {
        let region = match used {
            Use::Own => resource.region(),
            Use::Named(other) => named_region(resource, &beside(path, other)),
            Use::OfBucket(other) => match self.buckets.find(resource, &beside(path, other)) {
                Link::To(bucket) => bucket.region(),
                Link::Absent | Link::Outside(_) | Link::Unresolved => None,
            },
            Use::Elsewhere => return None,
        };
        let is_own = matches!(used, Use::Own);
        // A state does not show which provider a resource uses.
        if region.is_none() && is_state(self.checked) {
            return None;
        }
        let truths = keys.iter().map(|key| {
            let region = region.as_deref();
            if is_own { key.is_with(resource, region) } else { key.is_in(region) }
        });
        let all = truths.clone().fold(Truth::Yes, Truth::and);
        let any = truths.fold(Truth::No, Truth::or);
        let finding = match (all, any) {
            (Truth::Yes, _) => return None,
            (_, Truth::No) => Finding::violated(resource, path, "the key is in another region"),
            _ => {
                let message = "whether the key is in the right region can't be told";
                Finding::undetermined(resource, path, message)
            }
        };
        let regions: Vec<_> = keys.iter().filter_map(CustomerKey::region).collect();
        let finding = if regions.is_empty() { finding } else { finding.found(regions.join(", ")) };
        let finding = keys.iter().filter_map(|key| key.resource).fold(finding, Finding::evidence);
        Some(match region {
            Some(region) => finding.expected(format_args!("a key of {region}")),
            None => finding,
        })
    }

    /// A finding if the key is set but the encryption is not switched on.
    fn switch(&self, resource: Resource<'plan>, key: kms::Key, path: &AttrPath) -> Option<Finding> {
        // A member of a global datastore has the encryption of its primary, and can't set it:
        // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/at-rest-encryption.html
        let datastore = AttrPath::root().key("global_replication_group_id");
        if resource.resource_type() == "aws_elasticache_replication_group"
            && is_set(given(resource, &datastore))
        {
            return None;
        }
        let off = key.switch.iter().find_map(|condition| {
            let truth = holds(resource, condition, path);
            (truth != Truth::Yes).then_some((condition, truth))
        });
        let (condition, truth) = off?;
        let at = beside(path, condition.path);
        let value = resource.at(&at);
        let finding = if truth == Truth::No {
            let message = "the key encrypts nothing, because encryption with it is not switched on";
            Finding::violated(resource, at, message)
        } else {
            let message = "whether encryption is switched on is not known before apply";
            Finding::undetermined(resource, at, message)
        };
        Some(finding.found(value).expected(condition.test))
    }

    /// What is wrong where no key is set.
    fn without_key(
        &self,
        resource: Resource<'plan>,
        key: kms::Key,
        path: &AttrPath,
        violated: impl Fn(&str) -> Finding,
    ) -> Option<Finding> {
        let undetermined = |message| Some(Finding::undetermined(resource, path, message));
        if key.unset == Unset::AccountDefault {
            match self.default_key(resource, key, path) {
                Truth::Yes => return None,
                Truth::No => {}
                Truth::Unknown => {
                    let message = "no key is set, and whether the account's default key encrypts is not known before apply";
                    return undetermined(message);
                }
            }
        }
        match self.origin(resource, key) {
            Origin::New => {}
            Origin::Judged => return None,
            Origin::Far => {
                let message =
                    "no key is set, and a copy in another region can't use that of its source";
                return Some(violated(message));
            }
            Origin::Elsewhere => {
                return undetermined(
                    "no key is set: what this is made from decides which one encrypts",
                );
            }
            Origin::Template => {
                return undetermined("no key is set here: the launch template may set one");
            }
        }
        let mut is_off = false;
        for condition in key.switch.iter() {
            if holds(resource, condition, path) != Truth::No {
                continue;
            }
            is_off = true;
            let at = beside(path, condition.path);
            let value = resource.at(&at);
            // A switch that is set against the key says more than the key's absence.
            let is_written = value.as_text().is_some();
            let message = match key.off {
                Unset::Unencrypted => "nothing is encrypted: encryption is not switched on",
                _ if is_written => "encryption with a customer managed key is switched off",
                _ => continue,
            };
            let finding = violated(message).expected(condition.test);
            let finding = if is_written { finding.found(value) } else { finding };
            return Some(Finding { path: at.to_string().into(), ..finding });
        }
        Some(violated(absence(if is_off { key.off } else { key.unset })))
    }

    /// Whether the plan sets the key that the account encrypts volumes with, in the resource's region, and the resource is
    /// encrypted: by itself, or because all volumes there are.
    fn default_key(&self, resource: Resource<'plan>, key: kms::Key, path: &AttrPath) -> Truth {
        let here = |kind: &str, holds: fn(Resource<'plan>) -> Truth| {
            let others = self.checked.of_type(kind).iter();
            others
                .map(|other| are_together(resource, *other).and(holds(*other)))
                .fold(Truth::No, Truth::or)
        };
        let by_default = here("aws_ebs_encryption_by_default", |switch| {
            let enabled = given(switch, &AttrPath::root().key("enabled"));
            if enabled.is_unknown() {
                Truth::Unknown
            } else {
                Truth::of(!is_text("false")(enabled))
            }
        });
        let is_encrypted = all_hold(resource, key.switch, path).or(by_default);
        here("aws_ebs_default_kms_key", |_| Truth::Yes).and(is_encrypted)
    }

    /// What decides about the encryption of a resource that names no key.
    fn origin(&self, resource: Resource<'plan>, key: kms::Key) -> Origin {
        let is_set = |name: &str| {
            let value = given(resource, &AttrPath::root().key(name));
            is_set(value) && !value.is_empty()
        };
        let block = key.path.split_once('.').map(|(block, _)| block);
        if block == Some("root_block_device") && !is_set("root_block_device") {
            return if is_set("launch_template") { Origin::Template } else { Origin::New };
        }
        if key.switch.iter().all(|condition| condition.path != "storage_encrypted") {
            return Origin::New;
        }
        if let Some(name) = SOURCES.into_iter().find(|name| is_set(name)) {
            return match self.databases.find(resource, &AttrPath::root().key(name)) {
                Link::To(source) if source.mode() == Mode::Managed => {
                    match (source.region(), resource.region()) {
                        (Some(from), Some(to)) if from != to => Origin::Far,
                        (Some(_), Some(_)) => Origin::Judged,
                        _ => Origin::Elsewhere,
                    }
                }
                _ => Origin::Elsewhere,
            };
        }
        let is_restored =
            ["snapshot_identifier", "restore_to_point_in_time"].into_iter().any(is_set);
        if is_restored { Origin::Elsewhere } else { Origin::New }
    }

    /// Whether this encrypts a bucket for the logs of load balancers by Amazon S3's own keys, as it must.
    fn is_for_logs(&self, resource: Resource<'plan>) -> bool {
        if self.log_buckets.is_empty() || resource.resource_type() != BUCKET_ENCRYPTION {
            return false;
        }
        let bucket = self.buckets.find(resource, &AttrPath::root().key("bucket"));
        let rules = given(resource, &AttrPath::root().key("rule"));
        matches!(bucket, Link::To(bucket) if self.log_buckets.contains(&bucket.index()))
            && rules.elements().all(|rule| {
                let default = rule.get("apply_server_side_encryption_by_default");
                default.elements().all(|default| is_text("AES256")(default.get("sse_algorithm")))
            })
    }

    /// Buckets are encrypted by a resource of their own, or by a block that the provider deprecates.
    fn buckets(&self, sink: &mut Sink) {
        let buckets = self.checked.of_type(BUCKET);
        if buckets.is_empty() {
            return;
        }
        let mut encrypted = HashMap::default();
        let mut unresolved = Vec::new();
        for &configuration in self.checked.of_type(BUCKET_ENCRYPTION) {
            match self.buckets.find(configuration, &AttrPath::root().key("bucket")) {
                Link::To(bucket) => {
                    encrypted.insert(bucket.index(), configuration);
                }
                Link::Unresolved => unresolved.push(configuration),
                Link::Absent | Link::Outside(_) => {}
            }
        }
        for &bucket in buckets {
            if encrypted.contains_key(&bucket.index()) {
                continue;
            }
            let is_for_logs = self.log_buckets.contains(&bucket.index());
            let block = AttrPath::root().key("server_side_encryption_configuration");
            let inline = kms::of(BUCKET).find(|key| key.demand == Demand::Separate);
            let written =
                !bucket.at(&block).is_empty() && bucket.is_configured(&block) != Some(false);
            match inline {
                Some(key) if written => {
                    for argument in arguments(bucket, key.path) {
                        self.argument(bucket, (key, Use::of(BUCKET, key.path)), &argument, sink);
                    }
                }
                _ if is_for_logs => sink.judged(),
                _ => {
                    sink.judged();
                    sink.report(unencrypted(bucket, &block, &unresolved));
                }
            }
        }
    }
}

/// The buckets that application load balancers write their logs to, which they can't do under a KMS key:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>.
fn log_buckets<'plan>(checked: &Checked<'plan>, buckets: &Directory<'plan>) -> HashSet<usize> {
    let mut found = HashSet::default();
    for &balancer in checked.of_type("aws_lb").iter().chain(checked.of_type("aws_alb")) {
        let kind = given(balancer, &AttrPath::root().key("load_balancer_type"));
        if !kind.is_null() && !is_text("application")(kind) {
            continue;
        }
        for logs in ["access_logs", "connection_logs"] {
            let block = AttrPath::root().key(logs).index(0);
            if !is_text("true")(given(balancer, &block.clone().key("enabled"))) {
                continue;
            }
            if let Link::To(bucket) = buckets.find(balancer, &block.key("bucket")) {
                found.insert(bucket.index());
            }
        }
    }
    found
}

/// A bucket that nothing encrypts, unless one of the configurations whose bucket is not known does.
fn unencrypted(bucket: Resource<'_>, block: &AttrPath, unresolved: &[Resource<'_>]) -> Finding {
    let finding = if unresolved.is_empty() {
        let message = "nothing sets a customer managed key for the bucket: Amazon S3 encrypts with a key of its own";
        Finding::violated(bucket, block, message)
    } else {
        let message = "nothing sets a customer managed key for the bucket, unless a configuration does whose bucket can't be told";
        unresolved
            .iter()
            .take(3)
            .copied()
            .fold(Finding::undetermined(bucket, block, message), Finding::evidence)
    };
    finding.expected(format_args!("an {BUCKET_ENCRYPTION} of the bucket"))
}

/// The region that an argument names: its text, or that of the `aws_region` data source that it refers to.
fn named_region<'plan>(resource: Resource<'plan>, path: &AttrPath) -> Option<Cow<'plan, str>> {
    if let Some(region) = resource.at(path).as_str() {
        return Some(region);
    }
    let references = resource.references(path);
    match references.targets.as_slice() {
        [target] if target.resource.resource_type() == "aws_region" => target.resource.region(),
        _ => None,
    }
}

/// The path of another argument, in the blocks that the path leads through.
fn beside(path: &AttrPath, other: &str) -> AttrPath {
    let mut steps = path.steps();
    other.split('.').fold(AttrPath::root(), |at, key| match steps {
        [Step::Key(found), Step::Index(index), rest @ ..] if found == key => {
            steps = rest;
            at.key(key).index(*index)
        }
        _ => {
            steps = &[];
            at.key(key)
        }
    })
}

/// Whether the provider may show the key that AWS chose where none was asked for.
const fn fills_in(unset: Unset) -> bool {
    matches!(unset, Unset::AwsManaged | Unset::AccountDefault | Unset::Unspecified)
}

const fn absence(unset: Unset) -> &'static str {
    match unset {
        Unset::AwsManaged => "no key is set, so that one which AWS manages encrypts",
        Unset::AwsOwned => "no key is set, so that one which AWS owns encrypts",
        Unset::AccountDefault => "no key is set, so that the account's default encrypts",
        Unset::Unencrypted => "no key is set, so that nothing is encrypted",
        Unset::Unspecified => "no customer managed key is set",
        Unset::Required => "no key is set",
    }
}
