//! What the primary and the secondary cluster have in common.

use std::num::NonZeroU8;
use std::ops::RangeInclusive;

use drstack_terraform::{
    Address, Module, ModuleError, ModuleName, Names, Profile, Ref, Region, Template, Zone, kind,
    limit,
};

use crate::password::{Credentials, USERNAME};
use crate::resources::{
    Cluster, ClusterInstance, ClusterParameterGroup, DbParameterGroup, DbSubnetGroup, LogGroup,
    Parameter, Scaling,
};
use crate::{Acu, EngineVersion, MAIN};

pub(crate) const ENGINE: &str = "aurora-postgresql";

/// A writer and 15 readers: <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Replication.html>.
const MAX_INSTANCES: u8 = 16;

/// How both clusters are set up; what must be equal on both sides is set once.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) names: Names,
    pub(crate) region: Region,
    pub(crate) capacity: RangeInclusive<Acu>,
    pub(crate) instances: NonZeroU8,
    pub(crate) zones: Vec<Zone>,
    pub(crate) engine_version: EngineVersion,
    pub(crate) profile: Profile,
    pub(crate) backup_retention: u8,
    pub(crate) log_retention: u16,
}

/// What a cluster needs of other components.
pub(crate) struct Surroundings<'a> {
    pub(crate) key: &'a Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) logs_key: &'a Ref<kind::Arn<kind::KmsKey>>,
    pub(crate) subnets: &'a [Ref<kind::Subnet>],
    pub(crate) security_group: &'a Ref<kind::SecurityGroup>,
    pub(crate) global_cluster: Ref<kind::GlobalCluster>,
}

/// What makes a cluster the one or the other.
pub(crate) enum Side {
    /// The writer: it has the database and its master user.
    Primary { database_name: String, credentials: Credentials, global_rpo: Option<u32> },
    /// The reader: everything in it comes from the other region.
    Secondary { source: Region },
}

impl Settings {
    pub(crate) fn module_name(&self) -> ModuleName {
        ModuleName::regional("database", self.region)
    }

    /// The addresses of the instances.
    pub(crate) fn instances(&self) -> impl Iterator<Item = Address> {
        let module = self.module_name();
        (1..=self.instances.get()).map(move |number| {
            module.get::<kind::ClusterInstance>(instance_name(number)).address().clone()
        })
    }

    pub(crate) fn check(&self) -> Result<(), ModuleError> {
        let refused = |reason: String| Err(ModuleError::Inputs(reason));
        let (min, max) = (self.capacity.start(), self.capacity.end());
        if min > max {
            return refused(format!(
                "the capacity of {} begins at {min} and ends at {max}: give the smaller one first",
                self.region
            ));
        }
        if self.instances.get() > MAX_INSTANCES {
            return refused(format!(
                "{} instances in {}, an Aurora cluster has at most {MAX_INSTANCES}",
                self.instances, self.region
            ));
        }
        if let Some(zone) = self.zones.iter().find(|zone| zone.region() != self.region) {
            return refused(format!(
                "the zone {zone} is not in {}: give zones of the cluster's own region",
                self.region
            ));
        }
        if !(1..=35).contains(&self.backup_retention) {
            return refused(format!(
                "automated backups are kept for {} days, expected 1 to 35",
                self.backup_retention
            ));
        }
        Ok(())
    }

    /// Adds the cluster with its instances, groups and logs.
    pub(crate) fn add(
        &self,
        module: &mut Module,
        around: Surroundings<'_>,
        side: Side,
    ) -> Result<(), ModuleError> {
        self.add_groups(module, around.subnets, &side)?;
        let name = self.names.regional("aurora");
        let log_group = LogGroup {
            name: name
                .clone()
                .prefixed("/aws/rds/cluster/")
                .followed_by("/postgresql")
                .within(&limit::LOG_GROUP)?,
            kms_key_id: around.logs_key.clone(),
            retention_in_days: self.log_retention,
        };
        module.add(MAIN, &log_group)?;
        let log_group: Ref<kind::LogGroup> = module.get(MAIN);
        let key = around.key.clone();
        let cluster = self.cluster(module, name.within(&limit::CLUSTER)?, around, side)?;
        module
            .add(MAIN, &cluster)?
            // RDS makes a log group without a key where there is none.
            .depends_on(&log_group)
            .ignore_changes(FOREIGN_CHANGES);
        for number in 1..=self.instances.get() {
            let instance = self.instance(module, number, &key)?;
            module.add(instance_name(number), &instance)?;
        }
        Ok(())
    }

    fn add_groups(
        &self,
        module: &mut Module,
        subnets: &[Ref<kind::Subnet>],
        side: &Side,
    ) -> Result<(), ModuleError> {
        let subnet_group = DbSubnetGroup {
            name: self.names.regional("aurora").within(&limit::DB_SUBNET_GROUP)?,
            description: "Private subnets of the Aurora cluster.",
            subnet_ids: subnets.to_vec(),
        };
        module.add(MAIN, &subnet_group)?;
        let cluster_parameters = ClusterParameterGroup {
            name: self.names.regional("aurora").within(&limit::PARAMETER_GROUP)?,
            description: "Parameters of the Aurora cluster.",
            family: EngineVersion::FAMILY,
            parameter: side.parameters(),
        };
        module.add(MAIN, &cluster_parameters)?;
        let instance_parameters = DbParameterGroup {
            name: self.names.regional("aurora-instance").within(&limit::PARAMETER_GROUP)?,
            description: "Parameters of the Aurora instances.",
            family: EngineVersion::FAMILY,
            // Who was connected and when, but no statements: they would put payment data into the log.
            // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_LogAccess.Concepts.PostgreSQL.Query_Logging.html
            parameter: vec![
                Parameter::immediate("log_connections", 1),
                Parameter::immediate("log_disconnections", 1),
            ],
        };
        module.add(MAIN, &instance_parameters)?;
        Ok(())
    }

    fn cluster(
        &self,
        module: &Module,
        name: Template,
        around: Surroundings<'_>,
        side: Side,
    ) -> Result<Cluster, ModuleError> {
        let mut cluster = Cluster {
            cluster_identifier: name,
            global_cluster_identifier: around.global_cluster,
            engine: ENGINE,
            engine_version: self.engine_version,
            source_region: None,
            database_name: None,
            master_username: None,
            master_password: None,
            master_password_wo: None,
            master_password_wo_version: None,
            db_subnet_group_name: module.get(MAIN),
            db_cluster_parameter_group_name: module.get(MAIN),
            vpc_security_group_ids: vec![around.security_group.clone()],
            storage_encrypted: true,
            kms_key_id: around.key.clone(),
            iam_database_authentication_enabled: true,
            enable_http_endpoint: true,
            enabled_cloudwatch_logs_exports: ["postgresql"],
            serverlessv2_scaling_configuration: Scaling {
                min_capacity: *self.capacity.start(),
                max_capacity: *self.capacity.end(),
            },
            backup_retention_period: self.backup_retention,
            copy_tags_to_snapshot: true,
            deletion_protection: self.profile.choose(false, true),
            skip_final_snapshot: self.profile.choose(true, false),
            delete_automated_backups: self.profile.choose(true, false),
            final_snapshot_identifier: match self.profile {
                Profile::Destroyable => None,
                Profile::Protected => {
                    Some(self.names.regional("aurora-final").within(&limit::CLUSTER)?)
                }
            },
            apply_immediately: true,
        };
        match side {
            Side::Primary { database_name, credentials, .. } => {
                cluster.database_name = Some(database_name);
                cluster.master_username = Some(USERNAME);
                cluster.master_password = credentials.stored;
                cluster.master_password_wo = credentials.write_only;
                cluster.master_password_wo_version = credentials.version;
            }
            Side::Secondary { source } => cluster.source_region = Some(source),
        }
        Ok(cluster)
    }

    fn instance(
        &self,
        module: &Module,
        number: u8,
        key: &Ref<kind::Arn<kind::KmsKey>>,
    ) -> Result<ClusterInstance, ModuleError> {
        let name = self.names.regional(&format!("aurora-{number}"));
        Ok(ClusterInstance {
            identifier: name.within(&limit::DB_INSTANCE)?,
            cluster_identifier: module.get(MAIN),
            engine: ENGINE,
            instance_class: "db.serverless",
            availability_zone: self.zones.iter().copied().cycle().nth(usize::from(number - 1)),
            db_parameter_group_name: module.get(MAIN),
            publicly_accessible: false,
            // Upgrades go through the global cluster, both sides at once.
            auto_minor_version_upgrade: false,
            copy_tags_to_snapshot: true,
            performance_insights_enabled: true,
            performance_insights_kms_key_id: key.clone(),
            // The days that cost nothing:
            // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_PerfInsights.Overview.cost.html
            performance_insights_retention_period: 7,
            apply_immediately: true,
        })
    }
}

/// What changes without Terraform on both sides: the version by an upgrade of the global cluster, the
/// source by a switchover, after which the old primary has one.
const FOREIGN_CHANGES: [&str; 2] = ["engine_version", "replication_source_identifier"];

fn instance_name(number: u8) -> String {
    format!("instance_{number}")
}

impl Side {
    fn parameters(&self) -> Vec<Parameter> {
        let rpo = match self {
            Self::Primary { global_rpo, .. } => *global_rpo,
            Self::Secondary { .. } => None,
        };
        let force_ssl = Parameter::immediate("rds.force_ssl", 1);
        let rpo = rpo.map(|seconds| Parameter::immediate("rds.global_db_rpo", seconds));
        [force_ssl].into_iter().chain(rpo).collect()
    }
}

impl Parameter {
    /// A parameter that takes effect without a restart.
    fn immediate(name: &'static str, value: u32) -> Self {
        Self { name, value: value.to_string(), apply_method: "immediate" }
    }
}
