//! `drstack.toml`: what it may say, and what is wrong with it.
//!
//! The types are the schema. A value checks itself while it is read; what must hold between values is
//! checked afterwards. Both kinds of trouble come as one [`ConfigError`] with
//! a place in the file.

mod default;
mod error;
mod rules;
mod value;
mod words;

use std::collections::BTreeMap;
use std::num::NonZeroU8;

use drstack_database::{Acu, EngineVersion};
use drstack_dns::Domain;
use drstack_terraform::{Profile, Region};
use serde::Deserialize;

pub use error::ConfigError;
pub use rules::{Problem, ZONE_LETTERS};
pub use value::{
    AccountId, Between, BucketName, CertificateArn, Cidr, DatabaseName, Email, Runtime, StackName,
    StateKey, Suffix, TagKey, TagValue, Whole, ZoneId,
};

/// The file that `drstack init` writes and that `drstack synth` takes when there is none. It holds every key.
pub const DEFAULT_TOML: &str = include_str!("../default.toml");

/// A stack's configuration, as `drstack.toml` has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Config {
    /// The stack's name, at the front of every name.
    pub name: StackName,
    /// The default of the Terraform variable `environment_suffix`, at the end of every name.
    pub environment_suffix: Suffix,
    /// The account that is deployed to. Without it Terraform asks AWS when it runs.
    pub account_id: Option<AccountId>,
    /// What the environment is for, which decides what `terraform destroy` takes with it.
    #[serde(default)]
    pub profile: ProfileName,
    /// Recovery time and recovery point objectives.
    #[serde(default)]
    pub objectives: Objectives,
    /// Where the stack lives.
    #[serde(default)]
    pub regions: Regions,
    /// Addresses and NAT.
    #[serde(default)]
    pub network: Network,
    /// The Aurora global database.
    #[serde(default)]
    pub database: Database,
    /// The Lambda function and its load balancer.
    #[serde(default)]
    pub compute: Compute,
    /// The hosted zone and the weights of the failover.
    #[serde(default)]
    pub dns: Dns,
    /// Who hears of alarms.
    #[serde(default)]
    pub monitoring: Monitoring,
    /// Log groups.
    #[serde(default)]
    pub logs: Logs,
    /// AWS Backup.
    #[serde(default)]
    pub backup: Backup,
    /// Tags of every resource that takes tags.
    #[serde(default)]
    pub tags: BTreeMap<TagKey, TagValue>,
    /// The S3 bucket that keeps the state. Without it the state is a file beside the output directory.
    pub backend: Option<Backend>,
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ProfileName {
    /// Nothing is retained.
    #[default]
    Destroyable,
    /// Deletion protection, final snapshots, a NAT gateway in each zone.
    Protected,
}

/// How long recovery may take and how much may be lost.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Objectives {
    /// Recovery time objective in minutes.
    pub rto_minutes: Between<10, 1440>,
    /// Recovery point objective in minutes.
    pub rpo_minutes: Between<3, 1440>,
}

/// The two regions and the zones that are used in them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Regions {
    /// The region that serves.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub primary: Region,
    /// The region that takes over.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub recovery: Region,
    /// The letters of the primary region's zones.
    pub primary_zones: Vec<char>,
    /// The letters of the recovery region's zones.
    pub recovery_zones: Vec<char>,
}

/// Addresses and NAT.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Network {
    /// The range that everything is allocated from.
    pub supernet: Cidr,
    /// Prefix length of a VPC.
    pub vpc_prefix: Between<16, 28, u8>,
    /// Prefix length of a public subnet.
    pub public_prefix: Between<16, 28, u8>,
    /// Prefix length of a compute subnet.
    pub compute_prefix: Between<16, 28, u8>,
    /// Prefix length of a database subnet.
    pub database_prefix: Between<16, 28, u8>,
    /// Ranges that are never allocated.
    pub reserved: Vec<Cidr>,
    /// The primary VPC's range, when it is fixed.
    pub primary_cidr: Option<Cidr>,
    /// The recovery VPC's range, when it is fixed.
    pub recovery_cidr: Option<Cidr>,
    /// NAT gateways of a region. The default follows the profile.
    pub nat: Option<Nat>,
}

/// How many NAT gateways a region has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Nat {
    /// One for all zones.
    Single,
    /// One in each zone.
    PerZone,
}

/// The Aurora global database.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Database {
    /// The version of Aurora PostgreSQL, the same in both regions.
    #[serde(deserialize_with = "value::parsed")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub engine_version: EngineVersion,
    /// The name of the database.
    pub name: DatabaseName,
    /// Least Aurora capacity units of an instance.
    #[serde(deserialize_with = "value::converted")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub min_capacity: Acu,
    /// Most Aurora capacity units of an instance.
    #[serde(deserialize_with = "value::converted")]
    #[cfg_attr(feature = "schema", schemars(with = "f64"))]
    pub max_capacity: Acu,
    /// Instances of a cluster.
    pub instances: Between<1, 15, NonZeroU8>,
    /// How the master password is kept.
    pub password: Password,
}

/// How the master password is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Password {
    /// In the secret alone; needs Terraform 1.11.
    #[default]
    WriteOnly,
    /// In the secret and, as plaintext, in the state.
    Stored,
}

impl Password {
    /// The first version of Terraform, major and minor, that can do it. Write-only arguments came with 1.11:
    /// <https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only>.
    #[must_use]
    pub const fn required_terraform(self) -> (u64, u64) {
        match self {
            Self::WriteOnly => (1, 11),
            Self::Stored => (1, 5),
        }
    }
}

/// The Lambda function and its load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compute {
    /// A folder with the function's code, relative to `drstack.toml`. Without it, the built-in transaction processor.
    pub source: Option<String>,
    /// The function's entry point, `<module>.<function>`.
    pub handler: String,
    /// The Lambda runtime.
    pub runtime: Runtime,
    /// Memory in MiB.
    pub memory_mib: Between<128, 10240>,
    /// Timeout in seconds.
    pub timeout_seconds: Between<3, 900>,
    /// What the load balancers listen for.
    pub listener: Listener,
    /// Certificates for `listener = "https"`.
    pub certificates: Option<Certificates>,
}

/// What the load balancers listen for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Listener {
    /// Plain HTTP, for environments without a domain.
    #[default]
    Http,
    /// TLS, with a redirect from HTTP.
    Https,
}

/// A certificate for each region's load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Certificates {
    /// In the primary region.
    pub primary: CertificateArn,
    /// In the recovery region.
    pub recovery: CertificateArn,
}

/// The hosted zone and the weights of the failover.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dns {
    /// The domain that the service's name is in.
    #[serde(deserialize_with = "value::parsed")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub domain: Domain,
    /// An existing zone of that domain.
    pub zone_id: Option<ZoneId>,
    /// The primary record's weight.
    pub primary_weight: Between<0, 255, u8>,
    /// The recovery record's weight; 0 is active-passive.
    pub recovery_weight: Between<0, 255, u8>,
}

/// Who hears of alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Monitoring {
    /// Addresses that get every alarm of both regions.
    pub emails: Vec<Email>,
}

/// Log groups.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Logs {
    /// How many days logs are kept.
    pub retention_days: LogRetention,
}

/// Days that CloudWatch Logs can keep logs, of those between a week and two:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("enum" = [7, 14])))]
pub struct LogRetention(u16);

/// AWS Backup.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Backup {
    /// How many days a recovery point is kept.
    pub retention_days: Between<1, 35>,
}

/// The S3 bucket that keeps the state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Backend {
    /// The bucket; it must exist.
    pub bucket: BucketName,
    /// The state's key in the bucket.
    pub key: StateKey,
    /// The bucket's region. A third region survives the loss of either.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub region: Region,
    /// The KMS key that encrypts the state, by its ARN.
    pub kms_key_id: Option<String>,
}

impl Config {
    /// Reads a configuration. `name` is the file's name, for the messages.
    ///
    /// # Errors
    /// When it is not TOML, has a key that isn't ours, or holds values that can't be or don't go together.
    pub fn read(name: &str, text: &str) -> Result<Self, Box<ConfigError>> {
        let config: Self =
            toml::from_str(text).map_err(|error| ConfigError::from_toml(name, text, &error))?;
        match rules::problems(&config) {
            problems if problems.is_empty() => Ok(config),
            problems => Err(ConfigError::from_problems(name, text, problems)),
        }
    }

    /// The profile as the builders take it.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        match self.profile {
            ProfileName::Destroyable => Profile::Destroyable,
            ProfileName::Protected => Profile::Protected,
        }
    }

    /// NAT gateways of a region: as configured, else as the profile has it.
    #[must_use]
    pub fn nat(&self) -> Nat {
        self.network.nat.unwrap_or_else(|| self.profile().choose(Nat::Single, Nat::PerZone))
    }
}

impl LogRetention {
    /// The days.
    #[must_use]
    pub const fn days(self) -> u16 {
        self.0
    }
}

impl TryFrom<u32> for LogRetention {
    type Error = String;

    fn try_from(days: u32) -> Result<Self, String> {
        match days {
            7 => Ok(Self(7)),
            14 => Ok(Self(14)),
            _ => Err(format!(
                "found {days}, expected 7 or 14: CloudWatch Logs keeps logs for certain numbers of days"
            )),
        }
    }
}
