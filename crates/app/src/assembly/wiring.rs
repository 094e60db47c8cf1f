//! What the components give to one another, and the modules that they become.

use drstack_backup::{self as backup, Backup};
use drstack_compute::{self as compute, Compute};
use drstack_database as database;
use drstack_dns as dns;
use drstack_monitoring as monitoring;
use drstack_networking as networking;
use drstack_security::{Purpose, Security};
use drstack_storage::{self as storage, Storage};
use drstack_terraform::{Component, Module, ModuleError, Ref, Region, Stack, Template, kind};
use rayon::prelude::*;

use super::AssemblyError;
use super::both::Both;
use super::components::Assembly;

/// What one region's components give to the others, known before any of them is built.
struct RegionOutputs {
    security: drstack_security::Outputs,
    storage: storage::Outputs,
    compute: compute::Outputs,
    monitoring: monitoring::Outputs,
    backup: backup::Outputs,
    cluster: DatabaseSide,
    network: NetworkSide,
}

/// What both sides of the database have.
struct DatabaseSide {
    cluster_name: Ref<kind::Named<kind::Cluster>>,
    cluster_arn: Ref<kind::Arn<kind::Cluster>>,
    secret_arn: Template,
    table_arn: Template,
}

/// What both sides of the peering have.
struct NetworkSide {
    public_subnets: Vec<Ref<kind::Subnet>>,
    compute_subnets: Vec<Ref<kind::Subnet>>,
    database_subnets: Vec<Ref<kind::Subnet>>,
    load_balancer_group: Ref<kind::SecurityGroup>,
    function_group: Ref<kind::SecurityGroup>,
    database_group: Ref<kind::SecurityGroup>,
    flow_log_group: Ref<kind::Arn<kind::LogGroup>>,
}

impl<S: networking::Side> From<networking::Outputs<S>> for NetworkSide {
    fn from(outputs: networking::Outputs<S>) -> Self {
        Self {
            public_subnets: outputs.public_subnets,
            compute_subnets: outputs.compute_subnets,
            database_subnets: outputs.database_subnets,
            load_balancer_group: outputs.load_balancer_group,
            function_group: outputs.function_group,
            database_group: outputs.database_group,
            flow_log_group: outputs.flow_log_group,
        }
    }
}

impl Assembly<'_> {
    fn primary_outputs(&self) -> RegionOutputs {
        let database = self.database_primary.outputs();
        RegionOutputs {
            security: self.security.primary.outputs(),
            storage: self.storage.primary.outputs(),
            compute: self.compute.primary.outputs(),
            monitoring: self.monitoring.primary.outputs(),
            backup: self.backup.primary.outputs(),
            cluster: DatabaseSide {
                cluster_name: database.cluster_name,
                cluster_arn: database.cluster_arn,
                secret_arn: database.secret_arn,
                table_arn: database.table_arn,
            },
            network: self.network_primary.outputs().into(),
        }
    }

    fn recovery_outputs(&self) -> RegionOutputs {
        let database = self.database_recovery.outputs();
        let global = self.database_primary.outputs();
        RegionOutputs {
            security: self.security.recovery.outputs(),
            storage: self.storage.recovery.outputs(),
            compute: self.compute.recovery.outputs(),
            monitoring: self.monitoring.recovery.outputs(),
            backup: self.backup.recovery.outputs(),
            cluster: DatabaseSide {
                cluster_name: database.cluster_name,
                cluster_arn: database.cluster_arn,
                secret_arn: global.replica_secret_arn,
                table_arn: global.replica_table_arn,
            },
            network: self.network_recovery.outputs().into(),
        }
    }

    pub(super) fn add_modules(&self, stack: &mut Stack) -> Result<(), AssemblyError> {
        let (primary, recovery) = (self.primary_outputs(), self.recovery_outputs());
        let health = self.health_alarms(&primary, &recovery);
        let health_topic = match &health.delivery {
            HealthDelivery::OwnTopic => Some(health.component.outputs().topic),
            HealthDelivery::Regional => None,
        };

        let target = |outputs: &RegionOutputs| dns::Target {
            load_balancer_dns: outputs.compute.load_balancer_dns.clone(),
            load_balancer_zone: outputs.compute.load_balancer_zone.clone(),
        };
        let targets = dns::Both { primary: target(&primary), recovery: target(&recovery) };

        // Modules know each other by name only, so they can be built in any order, and at once. Each comes with the table of the
        // configuration that a mistake in its inputs stands in.
        let mut builds: Vec<(&str, Build<'_>)> = vec![
            (
                "network",
                Box::new(|| {
                    self.network_primary.build(&networking::Wiring {
                        logs_key: primary.security.key(Purpose::Logs),
                        flow_logs_role: primary.security.flow_logs_role.clone(),
                        peer: networking::AcceptingPeer {
                            vpc: self.network_recovery.outputs().vpc,
                            accepted: self.network_recovery.outputs().peering,
                        },
                    })
                }),
            ),
            (
                "network",
                Box::new(|| {
                    self.network_recovery.build(&networking::Wiring {
                        logs_key: recovery.security.key(Purpose::Logs),
                        flow_logs_role: recovery.security.flow_logs_role.clone(),
                        peer: self.network_primary.outputs().peering,
                    })
                }),
            ),
            (
                "database",
                Box::new(|| {
                    self.database_primary.build(&database::primary::Wiring {
                        key: primary.security.key(Purpose::Database),
                        peer_key: recovery.security.key(Purpose::Database),
                        logs_key: primary.security.key(Purpose::Logs),
                        subnets: primary.network.database_subnets.clone(),
                        security_group: primary.network.database_group.clone(),
                        topic: primary.monitoring.topic.clone(),
                    })
                }),
            ),
            (
                "database",
                Box::new(|| {
                    self.database_recovery.build(&database::secondary::Wiring {
                        key: recovery.security.key(Purpose::Database),
                        logs_key: recovery.security.key(Purpose::Logs),
                        subnets: recovery.network.database_subnets.clone(),
                        security_group: recovery.network.database_group.clone(),
                        topic: recovery.monitoring.topic.clone(),
                        global_cluster: self.database_primary.outputs().global_cluster,
                    })
                }),
            ),
            ("dns", Box::new(|| self.dns.build(&targets))),
            (
                "dns",
                Box::new(|| {
                    let checks = self.dns.outputs();
                    health.component.build(&monitoring::HealthWiring {
                        primary: checks.health_checks.primary,
                        recovery: checks.health_checks.recovery,
                        service: checks.service_check,
                    })
                }),
            ),
        ];
        for (side, own, peer) in
            [(Side::Primary, &primary, &recovery), (Side::Recovery, &recovery, &primary)]
        {
            let components = self.region_components(side);
            let topic = health_topic.clone();
            builds.extend([
                (
                    "name",
                    Box::new(move || components.security.build(&security_wiring(own, peer)))
                        as Build<'_>,
                ),
                ("name", Box::new(move || components.storage.build(&storage_wiring(own, peer)))),
                ("compute", Box::new(move || components.compute.build(&self.compute_wiring(own)))),
                (
                    "monitoring",
                    Box::new(move || {
                        components.monitoring.build(&self.monitoring_wiring(own, peer, topic))
                    }),
                ),
                (
                    "backup",
                    Box::new(move || {
                        components.backup.build(&backup::Wiring {
                            key: own.security.key(Purpose::Backup),
                            role: own.security.backup_role.clone(),
                            cluster_arn: own.cluster.cluster_arn.clone(),
                        })
                    }),
                ),
            ]);
        }
        let modules: Vec<Result<Module, AssemblyError>> = builds
            .into_par_iter()
            .map(|(table, build)| {
                build().map_err(|error| AssemblyError::Component { table, error })
            })
            .collect();
        for module in modules {
            stack.module(module?)?;
        }
        Ok(())
    }

    fn region_components(&self, side: Side) -> RegionComponents<'_> {
        fn pick<T>(both: &Both<T>, side: Side) -> &T {
            match side {
                Side::Primary => &both.primary,
                Side::Recovery => &both.recovery,
            }
        }
        RegionComponents {
            security: pick(&self.security, side),
            storage: pick(&self.storage, side),
            compute: pick(&self.compute, side),
            monitoring: pick(&self.monitoring, side),
            backup: pick(&self.backup, side),
        }
    }

    fn compute_wiring(&self, own: &RegionOutputs) -> compute::Wiring {
        let database = self.database_primary.outputs();
        compute::Wiring {
            public_subnets: own.network.public_subnets.clone(),
            compute_subnets: own.network.compute_subnets.clone(),
            load_balancer_group: own.network.load_balancer_group.clone(),
            function_group: own.network.function_group.clone(),
            role: own.security.function_role.clone(),
            compute_key: own.security.key(Purpose::Compute),
            logs_key: own.security.key(Purpose::Logs),
            database_key: own.security.key(Purpose::Database),
            transaction_logs_bucket: own.storage.transaction_logs.name.clone(),
            documents_bucket: own.storage.documents.name.clone(),
            table_name: database.table_name.into(),
            cluster_arn: own.cluster.cluster_arn.clone(),
            secret_arn: own.cluster.secret_arn.clone(),
            database_name: database.database_name,
        }
    }

    fn monitoring_wiring(
        &self,
        own: &RegionOutputs,
        peer: &RegionOutputs,
        health_topic: Option<Ref<kind::Arn<kind::Topic>>>,
    ) -> monitoring::Wiring {
        let replication = |label, bucket: &storage::Bucket, peer_bucket: &storage::Bucket| {
            monitoring::Replication {
                label,
                bucket: bucket.name.clone(),
                peer_bucket: peer_bucket.name.clone(),
                rule_id: storage::RULE_ID.into(),
                peer_rule_id: storage::RULE_ID.into(),
            }
        };
        monitoring::Wiring {
            key: own.security.key(Purpose::Monitoring),
            peer_topic: peer.monitoring.topic.clone(),
            peer_queue: peer.monitoring.alarm_queue.clone(),
            health_topic,
            cluster: own.cluster.cluster_name.clone(),
            function: own.compute.function_name.clone(),
            queue: own.compute.queue_name.clone(),
            dead_letter_queue: own.compute.dead_letter_queue_name.clone(),
            table_name: self.database_primary.outputs().table_name.into(),
            load_balancer: own.compute.load_balancer_suffix.clone(),
            target_group: own.compute.target_group_suffix.clone(),
            replications: vec![
                replication(
                    "transaction_logs",
                    &own.storage.transaction_logs,
                    &peer.storage.transaction_logs,
                ),
                replication("documents", &own.storage.documents, &peer.storage.documents),
            ],
        }
    }

    /// The alarms on health checks tell us-east-1's topic where that is one of the two regions, else one of their own.
    fn health_alarms(&self, primary: &RegionOutputs, recovery: &RegionOutputs) -> Health {
        let regions =
            [(self.config.regions.primary, primary), (self.config.regions.recovery, recovery)];
        let here = regions.into_iter().find(|(region, _)| *region == Region::US_EAST_1);
        let (kind, delivery) = match here {
            Some((_, outputs)) => (
                HealthDelivery::Regional,
                monitoring::Delivery::Topic(outputs.monitoring.topic.clone()),
            ),
            None => {
                let queues = regions.map(|(_, outputs)| outputs.monitoring.alarm_queue.clone());
                (HealthDelivery::OwnTopic, monitoring::Delivery::OwnTopic(queues.to_vec()))
            }
        };
        let names = self.names.clone();
        let emails = self.config.monitoring.emails.iter().map(ToString::to_string).collect();
        let component = monitoring::HealthAlarms::new(names, delivery)
            .emails(emails)
            .profile(self.config.profile());
        Health { delivery: kind, component }
    }
}

/// A component with its wiring, ready to become a module.
type Build<'a> = Box<dyn FnOnce() -> Result<Module, ModuleError> + Send + 'a>;

#[derive(Clone, Copy)]
struct RegionComponents<'a> {
    security: &'a Security,
    storage: &'a Storage,
    compute: &'a Compute,
    monitoring: &'a monitoring::Monitoring,
    backup: &'a Backup,
}

#[derive(Clone, Copy)]
enum Side {
    Primary,
    Recovery,
}

/// The alarms on health checks, and whose topic they tell.
struct Health {
    delivery: HealthDelivery,
    component: monitoring::HealthAlarms,
}

enum HealthDelivery {
    Regional,
    OwnTopic,
}

fn buckets(outputs: &storage::Outputs) -> drstack_security::Buckets {
    drstack_security::Buckets {
        transaction_logs: outputs.transaction_logs.arn.clone(),
        documents: outputs.documents.arn.clone(),
    }
}

fn security_wiring(own: &RegionOutputs, peer: &RegionOutputs) -> drstack_security::Wiring {
    drstack_security::Wiring {
        queue: own.compute.queue_arn.clone(),
        buckets: buckets(&own.storage),
        peer_buckets: buckets(&peer.storage),
        peer_storage_key: peer.security.key(Purpose::Storage),
        table_arn: own.cluster.table_arn.clone(),
        cluster_arn: own.cluster.cluster_arn.clone(),
        secret_arn: own.cluster.secret_arn.clone(),
        function_log_group: own.compute.log_group.clone(),
        flow_log_group: own.network.flow_log_group.clone(),
        vault: own.backup.vault.attribute(),
    }
}

fn storage_wiring(own: &RegionOutputs, peer: &RegionOutputs) -> storage::Wiring {
    storage::Wiring {
        key: own.security.key(Purpose::Storage),
        peer_key: peer.security.key(Purpose::Storage),
        peer_buckets: peer.storage.clone(),
        replication_role: own.security.replication_role.clone(),
    }
}
