//! From a configuration to a stack: every component, wired to the others.

use drstack_backup::{self as backup, Backup};
use drstack_compute::{self as compute, Certificate, Compute, Listener, Validation};
use drstack_database::{self as database, PasswordMode, Primary, Secondary};
use drstack_dns::{self as dns, Dns, Protocol, Weights};
use drstack_monitoring as monitoring;
use drstack_networking::cidr::{AddressPlan, CidrError, Member, RegionPlan, RegionSpec, TierSpec};
use drstack_networking::{self as networking, NatGateways, Network, Site, ZoneSubnets};
use drstack_security::{Purpose, Security};
use drstack_storage::{self as storage, Storage};
use drstack_terraform::{
    Account, Backend, Component, Documents, Input, Module, ModuleError, NameError, Names, Ref,
    Region, SUFFIX_MAX, SUFFIX_PATTERN, Settings, Stack, StackError, Template, kind,
};
use ipnet::{IpNet, Ipv4Net};
use rayon::prelude::*;
use serde_json::json;

use crate::config::{self, Config, Nat, Password, Problem};
use crate::package::Package;

/// Where the deployment package lies in the output directory.
pub const PACKAGE_PATH: &str = "lambda/transaction-processor.zip";

/// Why a configuration can't become a stack.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// The addresses don't fit.
    #[error(transparent)]
    Addresses(#[from] CidrError),
    /// The addresses are not of the family that the stack uses.
    #[error("{0} is not an IPv4 network")]
    Family(IpNet),
    /// A name breaks a service's limit.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The objectives can't be watched or met.
    #[error(transparent)]
    Objectives(#[from] monitoring::ObjectivesError),
    /// A component refused its inputs.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The components don't go together.
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl AssemblyError {
    /// The problem as one of the configuration, at the key that leads to it.
    #[must_use]
    pub fn problem(&self) -> Problem {
        use monitoring::ObjectivesError;
        let (key, fix) = match self {
            Self::Addresses(error) => {
                (address_key(error), "change the ranges or the prefix lengths in [network]")
            }
            Self::Family(_) => ("network.supernet", "give an IPv4 network"),
            Self::Name(_) | Self::Module(ModuleError::Name(_)) => {
                ("name", "choose a shorter `name`")
            }
            Self::Objectives(ObjectivesError::Rpo { .. }) => {
                ("objectives.rpo_minutes", "allow more time")
            }
            Self::Objectives(ObjectivesError::Rto { .. }) => {
                ("objectives.rto_minutes", "allow more time")
            }
            Self::Module(_) | Self::Stack(_) => {
                ("name", "change the configuration as the message says")
            }
        };
        Problem { key, found: self.to_string(), fix: fix.to_owned() }
    }
}

/// The key of the network that an address plan's error is about.
fn address_key(error: &CidrError) -> &'static str {
    let member = match error {
        CidrError::PrefixLength { member, .. } | CidrError::Unplaceable { member, .. } => member,
        CidrError::Overlap(overlap) => &overlap.member,
        _ => return "network",
    };
    match member {
        Member::Supernet => "network.supernet",
        Member::Reserved => "network.reserved",
        Member::Region { .. } => "network.vpc_prefix",
        Member::Tier { tier, .. } | Member::Zone { tier, .. } => match tier.as_str() {
            PUBLIC => "network.public_prefix",
            COMPUTE => "network.compute_prefix",
            _ => "network.database_prefix",
        },
    }
}

/// The address plan of a configuration.
///
/// # Errors
/// When something does not fit.
pub fn addresses(config: &Config) -> Result<AddressPlan, CidrError> {
    let network = &config.network;
    let region = |region: Region, pinned: Option<Ipv4Net>, zones: &[char]| {
        let spec = match pinned {
            Some(pinned) => RegionSpec::new(region.as_str(), IpNet::V4(pinned)),
            None => RegionSpec::new(region.as_str(), prefix(network.vpc_prefix.get())),
        };
        let tier = |name: &str, length: u32| {
            TierSpec::new(name, prefix(length)).zone_slots(zone_slots(zones))
        };
        spec.zones(zones.len())
            .tier(tier(PUBLIC, network.public_prefix.get()))
            .tier(tier(COMPUTE, network.compute_prefix.get()))
            .tier(tier(DATABASE, network.database_prefix.get()))
    };
    let regions = &config.regions;
    let plan = AddressPlan::builder(IpNet::V4(network.supernet));
    let plan = network.reserved.iter().fold(plan, |plan, range| plan.reserve(IpNet::V4(*range)));
    plan.region(region(regions.primary, network.primary_cidr, &regions.primary_zones))
        .region(region(regions.recovery, network.recovery_cidr, &regions.recovery_zones))
        .build()
}

const PUBLIC: &str = "public";
const COMPUTE: &str = "compute";
const DATABASE: &str = "database";

/// A prefix length that the configuration has checked.
fn prefix(length: u32) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

/// Room for one more zone than most stacks use, and for as many as us-east-1 has where more are in use from the start.
fn zone_slots(zones: &[char]) -> u8 {
    if zones.len() <= 4 { 4 } else { 8 }
}

/// Builds the stack of a configuration.
///
/// # Errors
/// When the configuration's values can't be built; nothing is written here.
pub fn assemble(config: &Config, package: &Package) -> Result<Stack, AssemblyError> {
    let assembly = Assembly::new(config, package)?;
    let mut stack = Stack::new(settings(config));
    let [primary, recovery] = [config.regions.primary, config.regions.recovery];
    stack.provider(primary).provider(recovery).provider(Region::US_EAST_1);
    inputs(&mut stack, config);
    assembly.add_modules(&mut stack)?;
    assembly.add_outputs(&mut stack)?;
    Ok(stack)
}

/// The files of a stack: its configuration and the deployment package.
///
/// # Errors
/// When the stack refers to what isn't there.
pub fn files(stack: &Stack, package: &Package) -> Result<Documents, StackError> {
    let mut documents = stack.documents()?;
    documents.insert(PACKAGE_PATH, package.archive.clone());
    Ok(documents)
}

fn settings(config: &Config) -> Settings {
    let (major, minor) = config.database.password.required_terraform();
    let provider = match config.database.password {
        // `secret_string_wo` came with it.
        Password::WriteOnly => "~> 5.88",
        Password::Stored => "~> 5.78",
    };
    let mut tags: drstack_terraform::Tags =
        config.tags.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    tags.insert("Environment".to_owned(), Input::ENVIRONMENT_SUFFIX.into());
    tags.insert("Stack".to_owned(), config.name.as_str().into());
    Settings {
        terraform: format!(">= {major}.{minor}"),
        provider: provider.to_owned(),
        backend: Some(backend(config)),
        tags,
        provenance: concat!(
            "written by drstack ",
            env!("CARGO_PKG_VERSION"),
            "; change drstack.toml instead"
        )
        .to_owned(),
    }
}

fn backend(config: &Config) -> Backend {
    let (kind, arguments) = match &config.backend {
        Some(backend) => (
            "s3",
            json!({
                "bucket": backend.bucket,
                "key": backend.key,
                "region": backend.region,
                "encrypt": true,
                "kms_key_id": backend.kms_key_id,
                // A lock file beside the state, without a table: Terraform 1.10 and newer.
                "use_lockfile": matches!(config.database.password, Password::WriteOnly).then_some(true),
            }),
        ),
        // Outside the output directory, which is replaced as a whole. A workspace has a state of its own.
        None => (
            "local",
            json!({
                "path": format!("../{}.tfstate", config.name),
                "workspace_dir": format!("../{}.tfstate.d", config.name),
            }),
        ),
    };
    let set = arguments.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    Backend { kind, arguments: set.map(|(key, value)| (key.clone(), value.clone())).collect() }
}

fn inputs(stack: &mut Stack, config: &Config) {
    stack.input(
        Input::ENVIRONMENT_SUFFIX,
        json!({
            "type": "string",
            "description": "The environment's suffix, part of every name. Choose another one for another environment of the same stack.",
            "default": config.environment_suffix.as_str(),
            "nullable": false,
            "validation": [{
                "condition": format!(
                    "${{can(regex(\"{SUFFIX_PATTERN}\", var.environment_suffix)) && length(var.environment_suffix) <= {SUFFIX_MAX}}}"
                ),
                "error_message": format!(
                    "environment_suffix must be 1 to {SUFFIX_MAX} lower-case letters, digits and single hyphens, beginning and ending with a letter or digit."
                ),
            }],
        }),
    );
    match &config.account_id {
        Some(account) => {
            stack.input(
                Input::ACCOUNT_ID,
                json!({
                    "type": "string",
                    "description": "The account that is deployed to.",
                    "default": account.as_str(),
                    "nullable": false,
                    "validation": [{
                        "condition": "${can(regex(\"^[0-9]{12}$\", var.account_id))}",
                        "error_message": "account_id must be twelve digits.",
                    }],
                }),
            );
        }
        None => {
            stack.account(Account::Caller);
        }
    }
}

/// What both regions have of a kind.
struct Both<T> {
    primary: T,
    recovery: T,
}

/// Every component of the stack.
struct Assembly<'a> {
    config: &'a Config,
    names: Names,
    security: Both<Security>,
    network_primary: Network<networking::Requester>,
    network_recovery: Network<networking::Accepter>,
    storage: Both<Storage>,
    database_primary: Primary,
    database_recovery: Secondary,
    compute: Both<Compute>,
    dns: Dns,
    monitoring: Both<monitoring::Monitoring>,
    backup: Both<Backup>,
}

impl<'a> Assembly<'a> {
    fn new(config: &'a Config, package: &Package) -> Result<Self, AssemblyError> {
        let names = Names::new(config.name.as_str())?;
        let profile = config.profile();
        let (primary, recovery) = (config.regions.primary, config.regions.recovery);
        let plan = addresses(config)?;
        let site = |region: Region, letters: &[char]| site(&plan, region, letters);
        let site_primary = site(primary, &config.regions.primary_zones)?;
        let site_recovery = site(recovery, &config.regions.recovery_zones)?;
        let zones = |site: &Site| site.zones.iter().map(|subnets| subnets.zone).collect::<Vec<_>>();
        let (zones_primary, zones_recovery) = (zones(&site_primary), zones(&site_recovery));

        let database_primary = Primary::new(names.clone(), primary, recovery)
            .capacity(config.database.min_capacity..=config.database.max_capacity)
            .instances(instances(config))
            .engine_version(config.database.engine_version)
            .database_name(config.database.name.as_str())
            .password(match config.database.password {
                Password::WriteOnly => PasswordMode::WriteOnly,
                Password::Stored => PasswordMode::Stored,
            })
            .log_retention(log_days(config))
            .profile(profile)
            .zones(zones_primary);
        let database_recovery = database_primary.secondary().zones(zones_recovery);

        let zone = match &config.dns.zone_id {
            Some(id) => dns::Zone::Existing(id.as_str().to_owned()),
            None => dns::Zone::New,
        };
        let dns = Dns::new(names.clone(), primary, recovery, config.dns.domain.clone(), zone)
            .weights(Weights {
                primary: weight(config.dns.primary_weight),
                recovery: weight(config.dns.recovery_weight),
            })
            .protocol(match config.compute.listener {
                config::Listener::Http => Protocol::Http,
                config::Listener::Https => Protocol::Https,
            })
            .profile(profile);

        let nat = match config.nat() {
            Nat::Single => NatGateways::Single,
            Nat::PerZone => NatGateways::PerZone,
        };
        let days = log_days(config);
        let network_primary =
            Network::requester(names.clone(), site_primary.clone(), site_recovery.clone())
                .nat(nat)
                .log_retention(days);
        let network_recovery = Network::accepter(names.clone(), site_recovery, site_primary)
            .nat(nat)
            .log_retention(days);

        let compute = compute_pair(config, &names, package, &dns);
        let objectives = monitoring::Objectives::new(
            config.objectives.rpo_minutes.get() * 60,
            config.objectives.rto_minutes.get() * 60,
        )?;
        let emails: Vec<String> =
            config.monitoring.emails.iter().map(ToString::to_string).collect();
        let monitoring = |region, peer, role| {
            monitoring::Monitoring::new(names.clone(), region, peer, role)
                .objectives(objectives)
                .function_timeout(config.compute.timeout_seconds.get())
                .emails(emails.clone())
        };
        let backup = |region| {
            Backup::new(names.clone(), region)
                .retention(config.backup.retention_days.get())
                .profile(profile)
        };
        Ok(Self {
            config,
            names: names.clone(),
            security: Both {
                primary: Security::new(names.clone(), primary, recovery).profile(profile),
                recovery: Security::new(names.clone(), recovery, primary).profile(profile),
            },
            network_primary,
            network_recovery,
            storage: Both {
                primary: Storage::new(names.clone(), primary).profile(profile),
                recovery: Storage::new(names.clone(), recovery).profile(profile),
            },
            database_primary,
            database_recovery,
            compute,
            dns,
            monitoring: Both {
                primary: monitoring(primary, recovery, monitoring::Role::Primary),
                recovery: monitoring(recovery, primary, monitoring::Role::Recovery),
            },
            backup: Both { primary: backup(primary), recovery: backup(recovery) },
        })
    }
}

/// The site of a region: its VPC, and a subnet of each tier in each zone.
fn site(plan: &AddressPlan, region: Region, letters: &[char]) -> Result<Site, AssemblyError> {
    let addresses = plan.region(region.as_str());
    let network = |found: Option<IpNet>| match found {
        Some(IpNet::V4(network)) => Ok(network),
        Some(network @ IpNet::V6(_)) => Err(AssemblyError::Family(network)),
        None => Err(AssemblyError::Module(ModuleError::Inputs(format!(
            "the address plan has no room for {region}"
        )))),
    };
    let subnet = |tier: &str, index: usize| {
        network(addresses.and_then(|region| region.tier(tier)).and_then(|tier| tier.zone(index)))
    };
    let zones = letters.iter().enumerate().map(|(index, letter)| {
        Ok(ZoneSubnets {
            zone: region.zone(*letter),
            public: subnet(PUBLIC, index)?,
            compute: subnet(COMPUTE, index)?,
            database: subnet(DATABASE, index)?,
        })
    });
    let zones = zones.collect::<Result<Vec<_>, AssemblyError>>()?;
    Ok(Site { region, vpc: network(addresses.map(RegionPlan::network))?, zones })
}

fn compute_pair(config: &Config, names: &Names, package: &Package, dns: &Dns) -> Both<Compute> {
    let package = compute::Package { path: PACKAGE_PATH.to_owned(), hash: package.hash.clone() };
    let build = |region, listener| {
        Compute::new(names.clone(), region, listener, package.clone())
            .runtime(config.compute.runtime.as_str())
            .handler(config.compute.handler.as_str())
            .memory(config.compute.memory_mib.get())
            .timeout(config.compute.timeout_seconds.get())
            .max_receive_count(receive_count(config))
            .log_retention(config.logs.retention_days.days())
            .profile(config.profile())
    };
    let (primary, recovery) = (config.regions.primary, config.regions.recovery);
    let https = Listener::Https;
    match (config.compute.listener, &config.compute.certificates) {
        (config::Listener::Http, _) => Both {
            primary: build(primary, Listener::Http),
            recovery: build(recovery, Listener::Http),
        },
        (config::Listener::Https, Some(given_arns)) => {
            let given =
                |arn: &config::CertificateArn| https(Certificate::Given(arn.as_str().to_owned()));
            Both {
                primary: build(primary, given(&given_arns.primary)),
                recovery: build(recovery, given(&given_arns.recovery)),
            }
        }
        (config::Listener::Https, None) => {
            let dns = dns.outputs();
            let requested =
                |validation| Certificate::Requested { domain: dns.endpoint.clone(), validation };
            let one = build(primary, https(requested(Validation::InZone(dns.zone_id.clone()))));
            // The two certificates are validated by one and the same record, which the primary side makes.
            let validation = match one.outputs().validation_record {
                Some(record) => Validation::Shared(record),
                None => Validation::InZone(dns.zone_id.clone()),
            };
            Both { primary: one, recovery: build(recovery, https(requested(validation))) }
        }
    }
}

/// How often a message is tried before it is a dead letter: until longer than the recovery may take, so that what a
/// fenced or unpromoted region refuses is still in the queue afterwards. A try takes the visibility timeout, which is six times
/// the function's: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>.
fn receive_count(config: &Config) -> u32 {
    let recovery = config.objectives.rto_minutes.get() * 60;
    (recovery / (6 * config.compute.timeout_seconds.get()) + 1).clamp(5, 1_000)
}

fn instances(config: &Config) -> std::num::NonZeroU8 {
    let instances = u8::try_from(config.database.instances.get()).ok();
    instances.and_then(std::num::NonZeroU8::new).unwrap_or(std::num::NonZeroU8::MIN)
}

fn log_days(config: &Config) -> u16 {
    u16::try_from(config.logs.retention_days.days()).unwrap_or(u16::MAX)
}

fn weight(weight: config::Between<0, 255>) -> u8 {
    u8::try_from(weight.get()).unwrap_or(u8::MAX)
}

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

    fn add_modules(&self, stack: &mut Stack) -> Result<(), AssemblyError> {
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

        // Modules know each other by name only, so they can be built in any order, and at once.
        let mut builds: Vec<Build<'_>> = vec![
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
            Box::new(|| {
                self.network_recovery.build(&networking::Wiring {
                    logs_key: recovery.security.key(Purpose::Logs),
                    flow_logs_role: recovery.security.flow_logs_role.clone(),
                    peer: self.network_primary.outputs().peering,
                })
            }),
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
            Box::new(|| self.dns.build(&targets)),
            Box::new(|| {
                let checks = self.dns.outputs();
                health.component.build(&monitoring::HealthWiring {
                    primary: checks.health_checks.primary,
                    recovery: checks.health_checks.recovery,
                    service: checks.service_check,
                })
            }),
        ];
        for (side, own, peer) in
            [(Side::Primary, &primary, &recovery), (Side::Recovery, &recovery, &primary)]
        {
            let components = self.region_components(side);
            let topic = health_topic.clone();
            builds.extend([
                Box::new(move || components.security.build(&security_wiring(own, peer)))
                    as Build<'_>,
                Box::new(move || components.storage.build(&storage_wiring(own, peer))),
                Box::new(move || components.compute.build(&self.compute_wiring(own))),
                Box::new(move || {
                    components.monitoring.build(&self.monitoring_wiring(own, peer, topic))
                }),
                Box::new(move || {
                    components.backup.build(&backup::Wiring {
                        key: own.security.key(Purpose::Backup),
                        role: own.security.backup_role.clone(),
                        cluster_arn: own.cluster.cluster_arn.clone(),
                    })
                }),
            ]);
        }
        let modules: Vec<Result<Module, ModuleError>> =
            builds.into_par_iter().map(|build| build()).collect();
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

impl Assembly<'_> {
    /// What a person or the next tool needs after an apply.
    fn add_outputs(&self, stack: &mut Stack) -> Result<(), StackError> {
        let dns = self.dns.outputs();
        let scheme = match self.config.compute.listener {
            config::Listener::Http => "http://",
            config::Listener::Https => "https://",
        };
        let url = |host: &Template| Template::from(scheme) + host.clone();
        stack.output(
            "endpoint_url",
            "Where the service answers, from whichever region serves.",
            url(&dns.endpoint),
        )?;
        stack.output(
            "primary_endpoint_url",
            "Where the primary region answers.",
            url(&dns.region_endpoints.primary),
        )?;
        stack.output(
            "recovery_endpoint_url",
            "Where the recovery region answers.",
            url(&dns.region_endpoints.recovery),
        )?;
        stack.output("zone_id", "The hosted zone.", dns.zone_id)?;
        if let Some(name_servers) = dns.name_servers {
            stack.output("name_servers", "What the zone is delegated to.", name_servers)?;
        }

        let database = self.database_primary.outputs();
        let recovery = self.database_recovery.outputs();
        stack.output(
            "global_cluster_endpoint",
            "The writer of the global database.",
            database.global_endpoint,
        )?;
        stack.output("primary_cluster_endpoint", "The primary cluster.", database.endpoint)?;
        stack.output("recovery_cluster_endpoint", "The recovery cluster.", recovery.endpoint)?;
        stack.output(
            "session_table_name",
            "The global table of session state.",
            database.table_name,
        )?;

        let (primary, recovery) = (self.storage.primary.outputs(), self.storage.recovery.outputs());
        stack.output(
            "primary_transaction_logs_bucket",
            "Transaction logs in the primary region.",
            primary.transaction_logs.name,
        )?;
        stack.output(
            "primary_documents_bucket",
            "Documents in the primary region.",
            primary.documents.name,
        )?;
        stack.output(
            "recovery_transaction_logs_bucket",
            "Transaction logs in the recovery region.",
            recovery.transaction_logs.name,
        )?;
        stack.output(
            "recovery_documents_bucket",
            "Documents in the recovery region.",
            recovery.documents.name,
        )?;

        let (primary, recovery) = (self.compute.primary.outputs(), self.compute.recovery.outputs());
        stack.output(
            "primary_load_balancer_name",
            "The load balancer of the primary region.",
            primary.load_balancer_name,
        )?;
        stack.output(
            "recovery_load_balancer_name",
            "The load balancer of the recovery region.",
            recovery.load_balancer_name,
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use drstack_testing::ProviderSchema;

    use super::*;
    use crate::config::DEFAULT_TOML;
    use crate::package;

    fn documents(changes: &[(&str, &str)]) -> Documents {
        let text = changes.iter().fold(DEFAULT_TOML.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replace(old, new)
        });
        let config = Config::read("test.toml", &text).unwrap();
        let package = package::built_in().unwrap();
        assemble(&config, &package).unwrap().documents().unwrap()
    }

    const PROTECTED: (&str, &str) = ("profile = \"destroyable\"", "profile = \"protected\"");
    const STORED: (&str, &str) = ("password = \"write-only\"", "password = \"stored\"");
    const FRANKFURT: (&str, &str) = ("primary = \"us-east-1\"", "primary = \"eu-central-1\"");
    const IRELAND: (&str, &str) = ("recovery = \"us-east-2\"", "recovery = \"eu-west-1\"");
    const HTTPS: (&str, &str) = ("listener = \"http\"", "listener = \"https\"");
    const ZONE: (&str, &str) = ("# zone_id = ", "zone_id = ");

    // requirement: T1
    /// Every resource of every variant is one that the provider's schema knows: no unknown argument, none missing,
    /// none of another type, none that only the provider may set.
    #[test]
    fn every_resource_is_valid_for_the_provider() {
        let schema = ProviderSchema::load();
        for changes in [&[][..], &[PROTECTED, STORED], &[FRANKFURT, IRELAND], &[HTTPS, ZONE]] {
            let documents = documents(changes);
            assert!(documents.len() > 40);
            for (path, bytes) in documents.iter() {
                let document = serde_json::from_slice(bytes).unwrap();
                assert_eq!(schema.validate_document(&document), [], "{path}");
            }
        }
    }

    #[test]
    fn where_neither_region_is_us_east_1_a_third_provider_carries_the_health_alarms() {
        let documents = documents(&[FRANKFURT, IRELAND]);
        let root = documents.text("main.tf.json").unwrap();
        assert!(root.contains("\"alias\": \"us_east_1\""));
        let alarms = documents.text("modules/global/health_alarms/main.tf.json").unwrap();
        assert!(alarms.contains("aws_sns_topic") && alarms.contains("aws_kms_key"));
    }

    #[test]
    fn an_account_that_is_not_known_is_looked_up() {
        assert!(documents(&[]).text("main.tf.json").unwrap().contains("aws_caller_identity"));
        let known = documents(&[("# account_id = ", "account_id = ")]);
        assert!(!known.text("main.tf.json").unwrap().contains("aws_caller_identity"));
    }

    #[test]
    fn a_message_outlives_a_recovery() {
        let config = Config::read("test.toml", DEFAULT_TOML).unwrap();
        let visibility = 6 * config.compute.timeout_seconds.get();
        assert!(receive_count(&config) * visibility > config.objectives.rto_minutes.get() * 60);
    }

    #[test]
    fn the_backend_is_s3_where_it_is_configured() {
        let backend = ("# [backend]\n# bucket", "[backend]\nbucket");
        let documents = documents(&[backend, ("# key = ", "key = "), ("# region = ", "region = ")]);
        let root: serde_json::Value =
            serde_json::from_slice(documents.get("main.tf.json").unwrap()).unwrap();
        assert_eq!(root["terraform"][0]["backend"]["s3"][0]["region"], "us-west-2");
    }
}
