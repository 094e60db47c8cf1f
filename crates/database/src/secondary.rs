//! The secondary cluster.

use std::num::NonZeroU8;
use std::ops::RangeInclusive;

use drstack_terraform::{Component, Module, ModuleError, Ref, Region, Serves, Zone, kind};

use crate::cluster::{Settings, Side, Surroundings};
use crate::{Acu, MAIN, events};

/// The secondary side of a global database: a cluster that follows the primary one until it is promoted.
/// [`Primary::secondary`](crate::Primary::secondary) makes it, with the version and the profile of the primary side.
#[derive(Clone, Debug)]
pub struct Secondary {
    settings: Settings,
    primary_region: Region,
    primary_minimum: Acu,
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
    /// Where the writer answers once this side is promoted.
    pub endpoint: Ref<kind::Endpoint<kind::Cluster>>,
    /// Where readers answer.
    pub reader_endpoint: Ref<kind::ReaderEndpoint<kind::Cluster>>,
    /// The id that IAM database authentication puts into ARNs.
    pub resource_id: Ref<kind::ResourceId<kind::Cluster>>,
}

/// What the secondary side needs of other components.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// This region's key for the cluster and Performance Insights.
    pub key: Ref<kind::Arn<kind::KmsKey>>,
    /// This region's key for log groups.
    pub logs_key: Ref<kind::Arn<kind::KmsKey>>,
    /// Private subnets in at least two zones.
    pub subnets: Vec<Ref<kind::Subnet>>,
    /// The cluster's security group.
    pub security_group: Ref<kind::SecurityGroup>,
    /// Where failover events go. Its policy and its key must admit `events.rds.amazonaws.com` and `events.amazonaws.com`.
    pub topic: Ref<kind::Arn<kind::Topic>>,
    /// The global cluster, from the primary's [`Outputs`](crate::primary::Outputs::global_cluster).
    pub global_cluster: Ref<kind::GlobalCluster>,
}

impl Secondary {
    pub(crate) fn of(primary: &Settings, region: Region) -> Self {
        Self {
            primary_region: primary.region,
            primary_minimum: *primary.capacity.start(),
            settings: Settings { region, zones: Vec::new(), ..primary.clone() },
        }
    }

    /// Between which capacities each instance scales. The minimum must not be below the primary's: a promoted cluster
    /// takes the whole load at once.
    #[must_use]
    pub fn capacity(mut self, capacity: RangeInclusive<Acu>) -> Self {
        self.settings.capacity = capacity;
        self
    }

    /// How many instances the cluster has, at most 16.
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

    fn check(&self) -> Result<(), ModuleError> {
        self.settings.check()?;
        let minimum = *self.settings.capacity.start();
        if minimum < self.primary_minimum {
            return Err(ModuleError::Inputs(format!(
                "the secondary cluster in {} has a minimum of {minimum}, below the primary's {}: raise it to that",
                self.settings.region, self.primary_minimum
            )));
        }
        Ok(())
    }
}

impl Component for Secondary {
    type Outputs = Outputs;
    type Wiring = Wiring;
    const SERVES: &'static [Serves] = &[
        Serves::new("R1", "the secondary cluster of the Aurora global database"),
        Serves::new("R8", "a secondary cluster that is encrypted with its region's own key"),
        Serves::new("C8", "a secondary cluster that is a member of the global cluster"),
        Serves::new("C9", "failover events of the secondary cluster sent to the region's topic"),
        Serves::new("N2", "a secondary cluster without deletion protection or final snapshot"),
        Serves::new("N4", "a secondary cluster of its own"),
        Serves::new("N5", "Serverless v2 instances"),
    ];

    fn outputs(&self) -> Outputs {
        let module = self.settings.module_name();
        Outputs {
            cluster: module.get(MAIN),
            cluster_name: module.get(MAIN),
            cluster_arn: module.get(MAIN),
            endpoint: module.get(MAIN),
            reader_endpoint: module.get(MAIN),
            resource_id: module.get(MAIN),
        }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        self.check()?;
        let mut module = Module::new(self.settings.module_name());
        let around = Surroundings {
            key: &wiring.key,
            logs_key: &wiring.logs_key,
            subnets: &wiring.subnets,
            security_group: &wiring.security_group,
            global_cluster: wiring.global_cluster.clone(),
        };
        self.settings.add(&mut module, around, Side::Secondary { source: self.primary_region })?;
        events::add(&mut module, &self.settings.names, &wiring.topic)?;
        Ok(module)
    }
}
