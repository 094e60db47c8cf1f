//! Every component of the stack, from the configuration's values.

use drstack_backup::Backup;
use drstack_compute::{self as compute, Certificate, Compute, Listener, Validation};
use drstack_database::{PasswordMode, Primary, Secondary};
use drstack_dns::{self as dns, Dns, Protocol, Weights};
use drstack_monitoring as monitoring;
use drstack_networking::{self as networking, NatGateways, Network, Site};
use drstack_security::Security;
use drstack_storage::Storage;
use drstack_terraform::{Component, Names};

use super::addresses::sites;
use super::both::Both;
use super::{AssemblyError, PACKAGE_PATH};
use crate::config::{self, Config, Nat, Password};
use crate::package::Package;

/// Every component of the stack.
pub(super) struct Assembly<'a> {
    pub(super) config: &'a Config,
    pub(super) names: Names,
    pub(super) security: Both<Security>,
    pub(super) network_primary: Network<networking::Requester>,
    pub(super) network_recovery: Network<networking::Accepter>,
    pub(super) storage: Both<Storage>,
    pub(super) database_primary: Primary,
    pub(super) database_recovery: Secondary,
    pub(super) compute: Both<Compute>,
    pub(super) dns: Dns,
    pub(super) monitoring: Both<monitoring::Monitoring>,
    pub(super) backup: Both<Backup>,
}

impl<'a> Assembly<'a> {
    pub(super) fn new(config: &'a Config, package: &Package) -> Result<Self, AssemblyError> {
        let names = Names::new(config.name.as_str())?;
        let profile = config.profile();
        let days = config.logs.retention_days.days();
        let (primary, recovery) = (config.regions.primary, config.regions.recovery);
        let Both { primary: site_primary, recovery: site_recovery } = sites(config)?;
        let zones = |site: &Site| site.zones.iter().map(|subnets| subnets.zone).collect::<Vec<_>>();
        let (zones_primary, zones_recovery) = (zones(&site_primary), zones(&site_recovery));

        let database_primary = Primary::new(names.clone(), primary, recovery)
            .capacity(config.database.min_capacity..=config.database.max_capacity)
            .instances(config.database.instances.get())
            .engine_version(config.database.engine_version)
            .database_name(config.database.name.as_str())
            .password(match config.database.password {
                Password::WriteOnly => PasswordMode::WriteOnly,
                Password::Stored => PasswordMode::Stored,
            })
            .log_retention(days)
            .profile(profile)
            .zones(zones_primary);
        let database_recovery = database_primary.secondary().zones(zones_recovery);

        let zone = match &config.dns.zone_id {
            Some(id) => dns::Zone::Existing(id.as_str().to_owned()),
            None => dns::Zone::New,
        };
        let dns = Dns::new(names.clone(), primary, recovery, config.dns.domain.clone(), zone)
            .weights(Weights {
                primary: config.dns.primary_weight.get(),
                recovery: config.dns.recovery_weight.get(),
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

fn compute_pair(config: &Config, names: &Names, package: &Package, dns: &Dns) -> Both<Compute> {
    let package = compute::Package { path: PACKAGE_PATH.to_owned(), hash: package.hash.clone() };
    let build = |region, listener| {
        Compute::new(names.clone(), region, listener, package.clone())
            .runtime(config.compute.runtime.as_str())
            .handler(config.compute.handler.as_str())
            .memory(config.compute.memory_mib.get())
            .timeout(config.compute.timeout_seconds.get())
            .max_receive_count(receive_count(config))
            .log_retention(config.logs.retention_days.days().into())
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
pub(super) fn receive_count(config: &Config) -> u32 {
    let recovery = config.objectives.rto_minutes.get() * 60;
    (recovery / (6 * config.compute.timeout_seconds.get()) + 1).clamp(5, 1_000)
}
