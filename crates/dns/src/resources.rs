//! The arguments in use of each resource type, named as in the
//! [provider's reference](https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs).

use drstack_terraform::kind::{self, DnsName, LoadBalancer, ZoneId};
use drstack_terraform::{Ref, Resource, Tags, Template};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct HostedZone {
    pub(crate) name: Template,
    pub(crate) comment: &'static str,
    pub(crate) force_destroy: bool,
}

impl Resource for HostedZone {
    type Kind = kind::HostedZone;
}

/// A check of an endpoint.
#[derive(Serialize)]
pub(crate) struct EndpointCheck {
    pub(crate) r#type: &'static str,
    pub(crate) fqdn: Ref<DnsName<LoadBalancer>>,
    pub(crate) port: u16,
    pub(crate) resource_path: &'static str,
    pub(crate) request_interval: u8,
    pub(crate) failure_threshold: u8,
    pub(crate) enable_sni: Option<bool>,
    pub(crate) tags: Tags,
}

impl Resource for EndpointCheck {
    type Kind = kind::HealthCheck;
}

/// A check of other checks.
#[derive(Serialize)]
pub(crate) struct CalculatedCheck {
    pub(crate) r#type: &'static str,
    pub(crate) child_healthchecks: [Ref<kind::HealthCheck>; 2],
    pub(crate) child_health_threshold: u8,
    pub(crate) tags: Tags,
}

impl Resource for CalculatedCheck {
    type Kind = kind::HealthCheck;
}

#[derive(Serialize)]
pub(crate) struct Record {
    pub(crate) zone_id: Template,
    pub(crate) name: Template,
    pub(crate) r#type: &'static str,
    pub(crate) alias: Alias,
    pub(crate) set_identifier: Option<&'static str>,
    pub(crate) weighted_routing_policy: Option<WeightedRoutingPolicy>,
    pub(crate) health_check_id: Option<Ref<kind::HealthCheck>>,
}

impl Resource for Record {
    type Kind = kind::Record;
}

#[derive(Serialize)]
pub(crate) struct Alias {
    pub(crate) name: Ref<DnsName<LoadBalancer>>,
    pub(crate) zone_id: Ref<ZoneId<LoadBalancer>>,
    pub(crate) evaluate_target_health: bool,
}

#[derive(Serialize)]
pub(crate) struct WeightedRoutingPolicy {
    pub(crate) weight: u8,
}
