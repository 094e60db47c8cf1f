//! The primary cluster and everything that there is one of.

use std::num::NonZeroU8;
use std::ops::RangeInclusive;

use drstack_terraform::{
    Component, Expression, Input, Module, ModuleError, Names, Profile, Ref, Region, Serves,
    Template, Zone, kind, limit,
};

use crate::cluster::{ENGINE, Settings, Side, Surroundings};
use crate::password::{self, MASTER};
use crate::resources::GlobalCluster;
use crate::table::{self, SESSIONS};
use crate::{Acu, EngineVersion, MAIN, PasswordMode, Secondary, events};

/// The primary side: global database, primary cluster, master user's secret, global table.
#[derive(Clone, Debug)]
pub struct Primary {
    settings: Settings,
    peer_region: Region,
    password: PasswordMode,
    database_name: String,
    global_rpo: Option<u32>,
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The cluster.
    pub cluster: Ref<kind::Cluster>,
    /// The cluster's identifier, CloudWatch's dimension.
    pub cluster_name: Ref<kind::Named<kind::Cluster>>,
    /// The cluster's ARN.
    pub cluster_arn: Ref<kind::Arn<kind::Cluster>>,
    /// Where the writer answers while this side is the primary one.
    pub endpoint: Ref<kind::Endpoint<kind::Cluster>>,
    /// Where readers answer.
    pub reader_endpoint: Ref<kind::ReaderEndpoint<kind::Cluster>>,
    /// The id that IAM database authentication puts into ARNs.
    pub resource_id: Ref<kind::ResourceId<kind::Cluster>>,
    /// The global cluster, once the primary has an instance: only then may a secondary join it.
    pub global_cluster: Ref<kind::GlobalCluster>,
    /// Where the writer answers, whichever region it is in.
    pub global_endpoint: Ref<kind::Endpoint<kind::GlobalCluster>>,
    /// The ARN of the master user's secret.
    pub secret_arn: Template,
    /// The ARN of the secret's copy in the other region.
    pub replica_secret_arn: Template,
    /// The global table's name, the same in both regions.
    pub table_name: Ref<kind::Named<kind::Table>>,
    /// The ARN of the table in this region.
    pub table_arn: Template,
    /// The ARN of the table in the other region.
    pub replica_table_arn: Template,
    /// The name of the database in the cluster.
    pub database_name: String,
}

/// What the primary side needs of other components.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// This region's key for cluster, secret, table and Performance Insights.
    pub key: Ref<kind::Arn<kind::KmsKey>>,
    /// The other region's key, for the copies of secret and table.
    pub peer_key: Ref<kind::Arn<kind::KmsKey>>,
    /// This region's key for log groups.
    pub logs_key: Ref<kind::Arn<kind::KmsKey>>,
    /// Private subnets in at least two zones.
    pub subnets: Vec<Ref<kind::Subnet>>,
    /// The cluster's security group.
    pub security_group: Ref<kind::SecurityGroup>,
    /// Where failover events go. Its policy and its key must admit `events.rds.amazonaws.com` and `events.amazonaws.com`.
    pub topic: Ref<kind::Arn<kind::Topic>>,
}

impl Primary {
    /// The primary side in `region`, with copies of secret and table in `peer_region`: one instance of 0.5 to 4
    /// capacity units, automated backups of 7 days, logs of 14 days, a database named `transactions`.
    #[must_use]
    pub fn new(names: Names, region: Region, peer_region: Region) -> Self {
        let settings = Settings {
            names,
            region,
            capacity: Acu::MIN..=Acu::halves(8),
            instances: NonZeroU8::MIN,
            zones: Vec::new(),
            engine_version: EngineVersion::LONG_TERM_SUPPORT,
            profile: Profile::default(),
            backup_retention: 7,
            log_retention: 14,
        };
        Self {
            settings,
            peer_region,
            password: PasswordMode::default(),
            database_name: "transactions".to_owned(),
            global_rpo: None,
        }
    }

    /// The secondary side in the other region, set up like this one.
    #[must_use]
    pub fn secondary(&self) -> Secondary {
        Secondary::of(&self.settings, self.peer_region)
    }

    /// Between which capacities each instance scales.
    #[must_use]
    pub fn capacity(mut self, capacity: RangeInclusive<Acu>) -> Self {
        self.settings.capacity = capacity;
        self
    }

    /// How many instances the cluster has: one, or a writer and readers that take over when it fails. At most 16.
    #[must_use]
    pub const fn instances(mut self, instances: NonZeroU8) -> Self {
        self.settings.instances = instances;
        self
    }

    /// The zones that the instances are placed in, in turn. Without them Aurora chooses.
    #[must_use]
    pub fn zones(mut self, zones: impl IntoIterator<Item = Zone>) -> Self {
        self.settings.zones = zones.into_iter().collect();
        self
    }

    /// The exact version of both clusters when they are created. Later upgrades go through the global cluster.
    #[must_use]
    pub const fn engine_version(mut self, version: EngineVersion) -> Self {
        self.settings.engine_version = version;
        self
    }

    /// What the environment is for: deletion protection, final snapshots, how long a deleted secret can be restored.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.settings.profile = profile;
        self
    }

    /// For how many days automated backups are kept, 1 to 35.
    #[must_use]
    pub const fn backup_retention(mut self, days: u8) -> Self {
        self.settings.backup_retention = days;
        self
    }

    /// For how many days logs are kept, one of the values that
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html> lists.
    #[must_use]
    pub const fn log_retention(mut self, days: u16) -> Self {
        self.settings.log_retention = days;
        self
    }

    /// How the master user's password travels.
    #[must_use]
    pub const fn password(mut self, mode: PasswordMode) -> Self {
        self.password = mode;
        self
    }

    /// The name of the database: a letter, then letters, digits and underscores, at most 63.
    #[must_use]
    pub fn database_name(mut self, name: impl Into<String>) -> Self {
        self.database_name = name.into();
        self
    }

    /// Makes the primary refuse commits while the secondary lags by more than so many seconds, at least 20 (`rds.global_db_rpo`,
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html#aurora-global-database-manage-recovery>).
    ///
    /// Off unless asked for: with one secondary, a lost recovery region then stops the primary.
    #[must_use]
    pub const fn global_rpo(mut self, seconds: u32) -> Self {
        self.global_rpo = Some(seconds);
        self
    }

    fn check(&self) -> Result<(), ModuleError> {
        self.settings.check()?;
        let refused = |reason: String| Err(ModuleError::Inputs(reason));
        if self.peer_region == self.settings.region {
            return refused(format!(
                "both sides of the global database are in {}: give two regions",
                self.peer_region
            ));
        }
        if let Some(seconds @ ..20) = self.global_rpo {
            return refused(format!(
                "the global database's RPO is {seconds} s, expected at least 20 s"
            ));
        }
        let name = &self.database_name;
        let is_name = (1..=63).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !is_name {
            return refused(format!(
                "`{name}` can't name a database: expected a letter, then letters, digits and underscores, at most 63"
            ));
        }
        Ok(())
    }

    /// No `force_destroy`: each cluster leaves the global one when it is destroyed itself, and the provider would then ask AWS to
    /// remove members that are gone.
    fn add_global_cluster(&self, module: &mut Module) -> Result<(), ModuleError> {
        let global_cluster = GlobalCluster {
            global_cluster_identifier: self
                .settings
                .names
                .regional("global")
                .within(&limit::CLUSTER)?,
            engine: ENGINE,
            engine_version: self.settings.engine_version,
            database_name: self.database_name.clone(),
            storage_encrypted: true,
            deletion_protection: self.settings.profile.choose(false, true),
        };
        module.add(MAIN, &global_cluster)?;
        Ok(())
    }

    fn add_secret(&self, module: &mut Module, wiring: &Wiring) -> Result<(), ModuleError> {
        let name = self.settings.names.regional("database").within(&limit::SECRET)?;
        let replica = password::Replica { region: self.peer_region, key: &wiring.peer_key };
        password::add_secret(module, name, &wiring.key, &replica, self.settings.profile)
    }

    fn add_table(&self, module: &mut Module, wiring: &Wiring) -> Result<(), ModuleError> {
        let name = self.settings.names.regional(SESSIONS).within(&limit::TABLE)?;
        let replica = table::Replica { region: self.peer_region, key: &wiring.peer_key };
        table::add(module, name, &wiring.key, &replica, self.settings.profile)
    }

    /// An ARN of this region as one of the other region. The provider has no attribute for the ARN of a secret's copy.
    fn in_peer_region(&self, arn: Expression) -> Template {
        let from = format!(":{}:", self.settings.region);
        let to = format!(":{}:", self.peer_region);
        Expression::call("replace", [arn, from.as_str().into(), to.as_str().into()]).into()
    }
}

impl Component for Primary {
    type Outputs = Outputs;
    type Wiring = Wiring;
    const SERVES: &'static [Serves] = &[
        Serves::new("R1", "an Aurora PostgreSQL 15 global database with its primary cluster"),
        Serves::new("R4", "an on-demand DynamoDB global table for session state"),
        Serves::new(
            "R8",
            "cluster, secret and table that are encrypted with each region's own key",
        ),
        Serves::new("C5", "a DynamoDB global table with a replica in the other region"),
        Serves::new("C8", "a global cluster that both clusters are members of"),
        Serves::new("C9", "failover events of the primary cluster sent to the region's topic"),
        Serves::new("N1", "clusters, secret and table with the environment suffix in their names"),
        Serves::new(
            "N2",
            "no deletion protection, no final snapshot, a secret that is deleted at once",
        ),
        Serves::new("N4", "a primary cluster of its own, replica regions that are named"),
        Serves::new("N5", "Serverless v2 instances and a table that is billed on demand"),
        Serves::new("D1", "the database module"),
        Serves::new("T2", "replication of Aurora and DynamoDB"),
    ];

    fn outputs(&self) -> Outputs {
        let module = self.settings.module_name();
        let secret: Ref<kind::Arn<kind::Secret>> = module.get(MASTER);
        let table: Ref<kind::Arn<kind::Table>> = module.get(SESSIONS);
        Outputs {
            cluster: module.get(MAIN),
            cluster_name: module.get(MAIN),
            cluster_arn: module.get(MAIN),
            endpoint: module.get(MAIN),
            reader_endpoint: module.get(MAIN),
            resource_id: module.get(MAIN),
            global_cluster: module
                .get::<kind::GlobalCluster>(MAIN)
                .when_ready(self.settings.instances()),
            global_endpoint: module.get(MAIN),
            replica_secret_arn: self.in_peer_region((&secret).into()),
            secret_arn: secret.into(),
            table_name: module.get(SESSIONS),
            table_arn: table.into(),
            replica_table_arn: Template::from("arn:aws:dynamodb:")
                + self.peer_region
                + ":"
                + Input::ACCOUNT_ID
                + ":table/"
                + self.settings.names.regional(SESSIONS),
            database_name: self.database_name.clone(),
        }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        self.check()?;
        let mut module = Module::new(self.settings.module_name());
        self.add_global_cluster(&mut module)?;
        self.add_secret(&mut module, wiring)?;
        let side = Side::Primary {
            database_name: self.database_name.clone(),
            credentials: password::add_password(&mut module, self.password)?,
            global_rpo: self.global_rpo,
        };
        let around = Surroundings {
            key: &wiring.key,
            logs_key: &wiring.logs_key,
            subnets: &wiring.subnets,
            security_group: &wiring.security_group,
            global_cluster: module.get(MAIN),
        };
        self.settings.add(&mut module, around, side)?;
        self.add_table(&mut module, wiring)?;
        events::add(&mut module, &self.settings.names, &wiring.topic)?;
        Ok(module)
    }
}
