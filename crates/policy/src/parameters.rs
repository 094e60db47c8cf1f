use serde::Deserialize;

/// What the rules judge by. A pack sets some of it, the command line or `drstack.toml` the rest; what is not
/// set leaves the rules that need it without work, and the summary says so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parameters {
    /// The environment suffix that names must carry.
    pub environment_suffix: Option<String>,
    /// What the environment is for.
    pub profile: Option<Profile>,
    /// The region that serves.
    pub primary_region: Option<String>,
    /// The region that takes over.
    pub recovery_region: Option<String>,
    /// Recovery time objective in seconds.
    pub rto_seconds: u64,
    /// Recovery point objective in seconds.
    pub rpo_seconds: u64,
    /// Least days that logs are kept.
    pub log_retention_min_days: u64,
    /// Most days that logs are kept.
    pub log_retention_max_days: u64,
    /// Least days that recovery points are kept.
    pub backup_retention_days: u64,
    /// The major version of PostgreSQL.
    pub postgresql_major: u64,
    /// Availability zones of a region.
    pub zones: usize,
    /// The longest TTL of a record that takes part in the failover, in seconds.
    pub record_ttl_max_seconds: u64,
    /// The longest time that Route 53 may take to see a failure: interval times threshold, in seconds.
    pub detection_max_seconds: u64,
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Nothing may be left after `terraform destroy`.
    Destroyable,
    /// What holds data must be protected.
    Protected,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            environment_suffix: None,
            profile: None,
            primary_region: None,
            recovery_region: None,
            rto_seconds: 900,
            rpo_seconds: 300,
            log_retention_min_days: 7,
            log_retention_max_days: 14,
            backup_retention_days: 7,
            postgresql_major: 15,
            zones: 3,
            record_ttl_max_seconds: 60,
            detection_max_seconds: 30,
        }
    }
}

impl Parameters {
    /// The two regions, when both are set.
    #[must_use]
    pub fn regions(&self) -> Option<[&str; 2]> {
        Some([self.primary_region.as_deref()?, self.recovery_region.as_deref()?])
    }
}
