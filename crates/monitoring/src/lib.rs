//! Alarms, topics and dashboards in both regions.
//!
//! # From an alarm to someone who reads it
//!
//! An alarm tells the topic of its own region, which is the only one it can tell. Each topic is subscribed by the queue of the
//! **other** region, so that an alarm survives its region, and by the queue of its own: when a region is lost, the other one's
//! alarms (about the loss) still arrive in a queue that exists. People are subscribed by mail, by choice.
//!
//! # When us-east-1 is lost
//!
//! Metrics of health checks, and so [`HealthAlarms`], exist in us-east-1 only. The signal outside it is the recovery region's alarm on
//! Aurora's RPO lag: the metric is emitted there as long as the primary region replicates, and its absence is an alarm.
//! After a switchover it rings in the region that is now the primary until the configuration names that region as the primary.
//!
//! # Thresholds
//!
//! They follow from the RPO and the RTO ([`Objectives`]), but for [`Backlog`], which no objective determines.

mod alarm;
mod dashboard;
mod delivery;
mod health_alarms;
mod objectives;
mod resources;
#[cfg(test)]
mod tests;
mod watch;

use drstack_terraform::kind::{
    self, Alarm, Arn, ArnSuffix, Bucket, Cluster, Dashboard, Function, KmsKey, LoadBalancer, Named,
    Queue, TargetGroup, Topic,
};
use drstack_terraform::{
    Component, Module, ModuleError, ModuleName, Names, Ref, Region, Serves, Template, limit,
};

pub use health_alarms::{Delivery, HealthAlarms, HealthOutputs, HealthWiring};
pub use objectives::{Objectives, ObjectivesError};

use alarm::Watch;

/// The alarms, the topic, the queue and the dashboard of one region.
#[derive(Clone, Debug)]
pub struct Monitoring {
    names: Names,
    region: Region,
    peer: Region,
    role: Role,
    objectives: Objectives,
    backlog: Backlog,
    function_timeout: u32,
    emails: Vec<String>,
}

/// What a region is for as long as nothing has failed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Holds Aurora's writer.
    Primary,
    /// Holds the secondary cluster, which emits the lag.
    Recovery,
}

/// How much may wait for replication between buckets. No objective determines it, as it depends on the traffic: the default is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Objects, delete markers and changes of metadata.
    pub operations: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The topic, ready when AWS services may publish to it.
    pub topic: Ref<Arn<Topic>>,
    /// The queue of alarms, ready when the topics may send to it.
    pub alarm_queue: Ref<Arn<Queue>>,
    /// The name of the queue of alarms.
    pub alarm_queue_name: Ref<Named<Queue>>,
    /// The alarm on Aurora's RPO lag; in the recovery region, the signal that does not depend on the primary region.
    pub lag_alarm: Ref<Named<Alarm>>,
    /// The dashboard.
    pub dashboard: Ref<Named<Dashboard>>,
}

/// What is watched, and where alarms go.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Encrypts the topic and the queue.
    pub key: Ref<Arn<KmsKey>>,
    /// The other region's topic.
    pub peer_topic: Ref<Arn<Topic>>,
    /// The other region's queue of alarms.
    pub peer_queue: Ref<Arn<Queue>>,
    /// The health alarms' topic, when it is neither region's.
    pub health_topic: Option<Ref<Arn<Topic>>>,
    /// This region's Aurora cluster.
    pub cluster: Ref<Named<Cluster>>,
    /// This region's function.
    pub function: Ref<Named<Function>>,
    /// This region's transactions queue.
    pub queue: Ref<Named<Queue>>,
    /// This region's dead-letter queue.
    pub dead_letter_queue: Ref<Named<Queue>>,
    /// The global table.
    pub table_name: Template,
    /// This region's load balancer.
    pub load_balancer: Ref<ArnSuffix<LoadBalancer>>,
    /// This region's target group.
    pub target_group: Ref<ArnSuffix<TargetGroup>>,
    /// This region's buckets and their partners.
    pub replications: Vec<Replication>,
}

/// A bucket of this region and its partner in the other one.
#[derive(Clone, Debug)]
pub struct Replication {
    /// What the pair is called in the names of its alarms, such as `documents`.
    pub label: &'static str,
    /// This region's bucket.
    pub bucket: Ref<Named<Bucket>>,
    /// The other region's bucket.
    pub peer_bucket: Ref<Named<Bucket>>,
    /// The id of the replication rule of this region's bucket.
    pub rule_id: Template,
    /// The id of the replication rule of the other region's bucket.
    pub peer_rule_id: Template,
}

impl Default for Backlog {
    /// A thousand operations and a GiB.
    fn default() -> Self {
        Self { operations: 1_000, bytes: 1 << 30 }
    }
}

impl Monitoring {
    /// The monitoring of `region`, whose alarms the region `peer` collects too: an RPO of 5 and an RTO of 15 minutes, no mail.
    #[must_use]
    pub fn new(names: Names, region: Region, peer: Region, role: Role) -> Self {
        Self {
            names,
            region,
            peer,
            role,
            objectives: Objectives::default(),
            backlog: Backlog::default(),
            function_timeout: 30,
            emails: Vec::new(),
        }
    }

    /// What may be lost and how long it may take.
    #[must_use]
    pub fn objectives(self, objectives: Objectives) -> Self {
        Self { objectives, ..self }
    }

    /// How much may wait for replication between buckets.
    #[must_use]
    pub fn backlog(self, backlog: Backlog) -> Self {
        Self { backlog, ..self }
    }

    /// The function's timeout in seconds; 30 by default.
    #[must_use]
    pub fn function_timeout(self, seconds: u32) -> Self {
        Self { function_timeout: seconds, ..self }
    }

    /// Who gets mail.
    #[must_use]
    pub fn emails(self, emails: Vec<String>) -> Self {
        Self { emails, ..self }
    }

    const fn module_name(&self) -> ModuleName {
        ModuleName::regional("monitoring", self.region)
    }

    fn add_delivery(&self, module: &mut Module, wiring: &Wiring) -> Result<(), ModuleError> {
        let name = self.names.regional("alarms").within(&limit::TOPIC)?;
        delivery::add_topic(module, &self.names, name, self.region, wiring.key.clone())?;
        let topics = [module.get::<Arn<kind::Topic>>(delivery::ALARMS), wiring.peer_topic.clone()]
            .into_iter()
            .chain(wiring.health_topic.clone());
        delivery::add_queue(module, &self.names, wiring.key.clone(), topics.collect())?;
        let own_queue = module.get(delivery::ALARMS);
        delivery::subscribe_queue(module, self.peer.identifier(), &wiring.peer_queue)?;
        delivery::subscribe_queue(module, self.region.identifier(), &own_queue)?;
        delivery::subscribe_emails(module, &self.emails)
    }

    fn watches(&self, wiring: &Wiring) -> Vec<Watch> {
        let objectives = self.objectives;
        let mut watches = watch::aurora::watches(&wiring.cluster, self.role, objectives);
        watches.extend(watch::function::watches(&wiring.function, self.function_timeout));
        watches.extend(watch::queue::watches(&wiring.queue, &wiring.dead_letter_queue, objectives));
        watches.extend(watch::load_balancer::watches(&wiring.load_balancer, &wiring.target_group));
        watches.extend(watch::dynamodb::watches(&wiring.table_name, self.peer, objectives));
        for replication in &wiring.replications {
            watches.extend(watch::replication::watches(replication, self.backlog, objectives));
        }
        watches
    }
}

impl Component for Monitoring {
    type Outputs = Outputs;
    type Wiring = Wiring;
    const SERVES: &'static [Serves] = &[
        Serves::new(
            "R6",
            "alarms on Aurora's lag, Lambda's errors and S3's replication in both regions",
        ),
        Serves::new("R7", "a topic in each region with the other region's queue subscribed"),
        Serves::new("R8", "topic and queue under the region's own key"),
        Serves::new("C9", "alarms that tell a topic, which failover events may tell too"),
        Serves::new("N1", "suffixed topic, queue, alarms and dashboard"),
        Serves::new("T5", "every alarm on a topic with subscriptions"),
    ];

    fn outputs(&self) -> Outputs {
        let module = self.module_name();
        Outputs {
            topic: delivery::topic(module),
            alarm_queue: delivery::queue(module),
            alarm_queue_name: module.get(delivery::ALARMS),
            lag_alarm: module.get(watch::aurora::RPO_LAG),
            dashboard: module.get(dashboard::OVERVIEW),
        }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        let mut module = Module::new(self.module_name());
        self.add_delivery(&mut module, wiring)?;
        let topic = module.get(delivery::ALARMS);
        let watches = self.watches(wiring);
        for watch in &watches {
            watch.add(&mut module, &self.names, &topic)?;
        }
        dashboard::add(&mut module, &self.names, self.region, &watches)?;
        Ok(module)
    }
}
