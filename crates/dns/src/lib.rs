//! Weighted Route 53 failover.
//!
//! # Names
//!
//! The service answers at `<stack>-<suffix>.<domain>`: one label that carries the environment suffix, so that a
//! certificate for `*.<domain>` fits every environment. A new zone is the zone of exactly that name, to be delegated from `<domain>`; in
//! an existing zone of `<domain>` the same name is a record. Each region answers at `<region>.<stack>-<suffix>.<domain>` too.
//!
//! # Failover
//!
//! With the weights 100 and 0 the primary region gets everything, and the zero record serves when every other one is unhealthy:
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html>.
//! Health checks and DNS answers come from Route 53's data plane on every continent, so this failover needs nothing of us-east-1,
//! where only the control plane (changing records,
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/route-53-concepts.html#route-53-concepts-control-and-data-plane>)
//! and the metrics of health checks live. The signal that reaches people when
//! us-east-1 is lost is therefore not built here: it is the lag alarm of the recovery region in the monitoring crate, for
//! which missing data is an alarm. It does not steer DNS, since lag alone is no reason to leave a region that serves.
//!
//! The health checks ask the load balancers' own names, not the records: a zone that is not delegated yet would
//! otherwise make both regions unhealthy. Route 53 sends the name it asks for in TLS (SNI,
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html>) and doesn't check the certificate:
//! <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html>.

mod domain;
mod resources;
#[cfg(test)]
mod tests;

use drstack_terraform::kind::{self, DnsName, LoadBalancer, NameServers, ZoneId};
use drstack_terraform::{
    Component, Module, ModuleError, ModuleName, Names, Profile, Ref, Region, Serves, Tags,
    Template, limit,
};

pub use domain::{Domain, DomainError};

use resources::{Alias, CalculatedCheck, EndpointCheck, HostedZone, Record, WeightedRoutingPolicy};

const ZONE: &str = "main";
const SERVICE: &str = "service";
const HEALTH_PATH: &str = "/health";

/// The zone, the health checks and the records of both regions.
#[derive(Clone, Debug)]
pub struct Dns {
    names: Names,
    regions: Both<Region>,
    domain: Domain,
    zone: Zone,
    weights: Weights,
    protocol: Protocol,
    interval: Interval,
    threshold: u8,
    profile: Profile,
}

/// Something of each region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Both<T> {
    /// The primary region's.
    pub primary: T,
    /// The recovery region's.
    pub recovery: T,
}

/// Where the records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// A new zone for the service's name. Someone must delegate it from the domain's zone before the name resolves.
    New,
    /// The zone of the domain that has this id.
    Existing(String),
}

/// The shares of traffic, 0 to 255 each: a region gets its weight divided by the sum of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// The primary region's.
    pub primary: u8,
    /// The recovery region's.
    pub recovery: u8,
}

/// How the health checks ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Port 80.
    Http,
    /// Port 443 with SNI.
    Https,
}

/// How often each checker asks; Route 53 knows these two intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Every 10 seconds.
    Fast,
    /// Every 30 seconds, at a lower price.
    Standard,
}

/// What others may refer to.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The id of the zone.
    pub zone_id: Template,
    /// The name servers to delegate to, when the zone is new.
    pub name_servers: Option<Ref<NameServers<kind::HostedZone>>>,
    /// The service's name.
    pub endpoint: Template,
    /// Each region's name.
    pub region_endpoints: Both<Template>,
    /// Each region's health check.
    pub health_checks: Both<Ref<kind::HealthCheck>>,
    /// The check that fails when both regions do.
    pub service_check: Ref<kind::HealthCheck>,
}

/// The load balancers of both regions.
pub type Wiring = Both<Target>;

/// A region's load balancer.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its DNS name.
    pub load_balancer_dns: Ref<DnsName<LoadBalancer>>,
    /// The hosted zone of that name.
    pub load_balancer_zone: Ref<ZoneId<LoadBalancer>>,
}

impl Weights {
    /// Everything to the primary region as long as it is healthy.
    pub const ACTIVE_PASSIVE: Self = Self { primary: 100, recovery: 0 };
}

impl Interval {
    /// The interval in seconds.
    #[must_use]
    pub const fn seconds(self) -> u8 {
        match self {
            Self::Fast => 10,
            Self::Standard => 30,
        }
    }
}

impl Dns {
    /// The names of a stack under `domain`: active-passive, plain HTTP checks every 10 s, unhealthy after three failures.
    #[must_use]
    pub fn new(
        names: Names,
        primary: Region,
        recovery: Region,
        domain: Domain,
        zone: Zone,
    ) -> Self {
        Self {
            names,
            regions: Both { primary, recovery },
            domain,
            zone,
            weights: Weights::ACTIVE_PASSIVE,
            protocol: Protocol::Http,
            interval: Interval::Fast,
            threshold: 3,
            profile: Profile::default(),
        }
    }

    /// The shares of traffic.
    #[must_use]
    pub fn weights(self, weights: Weights) -> Self {
        Self { weights, ..self }
    }

    /// How the health checks ask.
    #[must_use]
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// How often each checker asks, and after how many answers in a row (1 to 10) it changes its mind.
    #[must_use]
    pub fn health_check(self, interval: Interval, threshold: u8) -> Self {
        Self { interval, threshold, ..self }
    }

    /// Whether a new zone may be destroyed with records in it that Terraform doesn't know.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    fn module_name(&self) -> ModuleName {
        ModuleName::global("dns", self.regions.primary)
    }

    fn endpoint(&self) -> Template {
        Template::from(self.names.shortest()) + "." + self.domain.as_str()
    }

    fn region_endpoint(&self, region: Region) -> Template {
        Template::from(region) + "." + self.endpoint()
    }

    fn zone_id(&self) -> Template {
        match &self.zone {
            Zone::New => self.module_name().get::<ZoneId<kind::HostedZone>>(ZONE).into(),
            Zone::Existing(id) => id.as_str().into(),
        }
    }

    fn check(&self) -> Result<(), ModuleError> {
        // Zero everywhere would not stop the traffic: Route 53 then shares it equally.
        if self.weights.primary == 0 && self.weights.recovery == 0 {
            return Err(ModuleError::Inputs(
                "both weights are 0, which Route 53 reads as equal shares: give the primary region one above 0"
                    .to_owned(),
            ));
        }
        if !(1..=10).contains(&self.threshold) {
            return Err(ModuleError::Inputs(format!(
                "the health checks' threshold is {}, expected 1 to 10: set it inside that range",
                self.threshold
            )));
        }
        Ok(())
    }

    fn add_zone(&self, module: &mut Module) -> Result<(), ModuleError> {
        if self.zone == Zone::New {
            self.names.shortest().within(&limit::DNS_LABEL)?;
            let zone = HostedZone {
                name: self.endpoint(),
                comment: "Failover between two regions",
                force_destroy: self.profile.choose(true, false),
            };
            module.add(ZONE, &zone)?;
        }
        Ok(())
    }

    fn add_region(
        &self,
        module: &mut Module,
        region: Region,
        weight: u8,
        target: &Target,
    ) -> Result<(), ModuleError> {
        let (r#type, port, enable_sni) = match self.protocol {
            Protocol::Http => ("HTTP", 80, None),
            Protocol::Https => ("HTTPS", 443, Some(true)),
        };
        let check = EndpointCheck {
            r#type,
            fqdn: target.load_balancer_dns.clone(),
            port,
            resource_path: HEALTH_PATH,
            request_interval: self.interval.seconds(),
            failure_threshold: self.threshold,
            enable_sni,
            tags: name_tag(self.names.global("health", region).into()),
        };
        module.add(region.identifier(), &check)?;
        let weighted = Record {
            set_identifier: Some(region.as_str()),
            weighted_routing_policy: Some(WeightedRoutingPolicy { weight }),
            health_check_id: Some(module.get(region.identifier())),
            ..self.alias(self.endpoint(), target, true)
        };
        module.add(format!("{SERVICE}_{}", region.identifier()), &weighted)?;
        let own = self.alias(self.region_endpoint(region), target, false);
        module.add(region.identifier(), &own)?;
        Ok(())
    }

    fn alias(&self, name: Template, target: &Target, evaluate_target_health: bool) -> Record {
        Record {
            zone_id: self.zone_id(),
            name,
            r#type: "A",
            alias: Alias {
                name: target.load_balancer_dns.clone(),
                zone_id: target.load_balancer_zone.clone(),
                evaluate_target_health,
            },
            set_identifier: None,
            weighted_routing_policy: None,
            health_check_id: None,
        }
    }

    /// Healthy while one region is: what an alarm on the whole service watches.
    fn add_service_check(&self, module: &mut Module) -> Result<(), ModuleError> {
        let check = CalculatedCheck {
            r#type: "CALCULATED",
            child_healthchecks: [self.regions.primary, self.regions.recovery]
                .map(|region| module.get(region.identifier())),
            child_health_threshold: 1,
            tags: name_tag(self.names.regional("service").into()),
        };
        module.add(SERVICE, &check).map(drop)
    }
}

fn name_tag(name: Template) -> Tags {
    Tags::from([("Name".to_owned(), name)])
}

impl Component for Dns {
    type Outputs = Outputs;
    type Wiring = Wiring;
    const SERVES: &'static [Serves] = &[
        Serves::new("R5", "a hosted zone, weighted records and health checks"),
        Serves::new("C7", "a health check of each region on the record that it takes out"),
        Serves::new("N1", "zone, records and health checks whose names carry the suffix"),
        Serves::new("N2", "a zone that is destroyed with its records"),
        Serves::new("N4", "health checks of both regions' load balancers"),
        Serves::new("D3", "zone id, name servers and endpoint names"),
        Serves::new("T3", "health checks of the health path every 10 s"),
    ];

    fn outputs(&self) -> Outputs {
        let module = self.module_name();
        let Both { primary, recovery } = self.regions;
        Outputs {
            zone_id: self.zone_id(),
            name_servers: (self.zone == Zone::New).then(|| module.get(ZONE)),
            endpoint: self.endpoint(),
            region_endpoints: Both {
                primary: self.region_endpoint(primary),
                recovery: self.region_endpoint(recovery),
            },
            health_checks: Both {
                primary: module.get(primary.identifier()),
                recovery: module.get(recovery.identifier()),
            },
            service_check: module.get(SERVICE),
        }
    }

    fn build(&self, wiring: &Wiring) -> Result<Module, ModuleError> {
        self.check()?;
        let mut module = Module::new(self.module_name());
        self.add_zone(&mut module)?;
        let Both { primary, recovery } = self.regions;
        self.add_region(&mut module, primary, self.weights.primary, &wiring.primary)?;
        self.add_region(&mut module, recovery, self.weights.recovery, &wiring.recovery)?;
        self.add_service_check(&mut module)?;
        Ok(module)
    }
}
