//! The resources of the module, with the arguments in use.
//!
//! Each is named as its kind; what an argument means is in the
//! [provider's reference](https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs).

use drstack_terraform::iam::PolicyText;
use drstack_terraform::{Ref, Region, Resource, Tags, Template, Zone, kind};
use ipnet::Ipv4Net;
use serde::Serialize;

macro_rules! resources {
    ($($name:ident),+ $(,)?) => {
        $(impl Resource for $name {
            type Kind = kind::$name;
        })+
    };
}

resources!(
    Vpc,
    DefaultSecurityGroup,
    Subnet,
    InternetGateway,
    ElasticIp,
    NatGateway,
    RouteTable,
    Route,
    RouteTableAssociation,
    SecurityGroup,
    IngressRule,
    EgressRule,
    VpcEndpoint,
    LogGroup,
    FlowLog,
    Peering,
    PeeringAccepter,
    PeeringOptions,
);

#[derive(Serialize)]
pub(crate) struct Vpc {
    pub(crate) cidr_block: Ipv4Net,
    pub(crate) enable_dns_support: bool,
    pub(crate) enable_dns_hostnames: bool,
    pub(crate) tags: Tags,
}

/// Without rules: an empty list, unlike an absent one, also removes what someone adds later.
#[derive(Serialize)]
pub(crate) struct DefaultSecurityGroup {
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) ingress: [(); 0],
    pub(crate) egress: [(); 0],
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct Subnet {
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) availability_zone: Zone,
    pub(crate) cidr_block: Ipv4Net,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct InternetGateway {
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct ElasticIp {
    pub(crate) domain: &'static str,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct NatGateway {
    pub(crate) allocation_id: Ref<kind::ElasticIp>,
    pub(crate) subnet_id: Ref<kind::Subnet>,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct RouteTable {
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct Route {
    pub(crate) route_table_id: Ref<kind::RouteTable>,
    pub(crate) destination_cidr_block: Ipv4Net,
    pub(crate) gateway_id: Option<Ref<kind::InternetGateway>>,
    pub(crate) nat_gateway_id: Option<Ref<kind::NatGateway>>,
    pub(crate) vpc_peering_connection_id: Option<Ref<kind::PeeringAccepter>>,
}

#[derive(Serialize)]
pub(crate) struct RouteTableAssociation {
    pub(crate) route_table_id: Ref<kind::RouteTable>,
    pub(crate) subnet_id: Ref<kind::Subnet>,
}

#[derive(Serialize)]
pub(crate) struct SecurityGroup {
    pub(crate) name: Template,
    pub(crate) description: &'static str,
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) tags: Tags,
}

/// What rules in both directions have in common; one of the last three says who is at the other end.
#[derive(Serialize)]
pub(crate) struct Rule {
    pub(crate) security_group_id: Ref<kind::SecurityGroup>,
    pub(crate) description: &'static str,
    pub(crate) ip_protocol: &'static str,
    pub(crate) from_port: u16,
    pub(crate) to_port: u16,
    pub(crate) cidr_ipv4: Option<Ipv4Net>,
    pub(crate) referenced_security_group_id: Option<Ref<kind::SecurityGroup>>,
    pub(crate) prefix_list_id: Option<Ref<kind::PrefixListId<kind::VpcEndpoint>>>,
}

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct IngressRule(pub(crate) Rule);

#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct EgressRule(pub(crate) Rule);

#[derive(Serialize)]
pub(crate) struct VpcEndpoint {
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) service_name: String,
    pub(crate) vpc_endpoint_type: &'static str,
    pub(crate) policy: PolicyText,
    pub(crate) route_table_ids: Option<Vec<Ref<kind::RouteTable>>>,
    pub(crate) subnet_ids: Option<Vec<Ref<kind::Subnet>>>,
    pub(crate) security_group_ids: Option<Vec<Ref<kind::SecurityGroup>>>,
    pub(crate) private_dns_enabled: Option<bool>,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct LogGroup {
    pub(crate) name: Template,
    pub(crate) retention_in_days: u16,
    pub(crate) kms_key_id: Ref<kind::Arn<kind::KmsKey>>,
}

#[derive(Serialize)]
pub(crate) struct FlowLog {
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) traffic_type: &'static str,
    pub(crate) max_aggregation_interval: u16,
    pub(crate) log_destination_type: &'static str,
    pub(crate) log_destination: Ref<kind::Arn<kind::LogGroup>>,
    pub(crate) iam_role_arn: Ref<kind::Arn<kind::Role>>,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct Peering {
    pub(crate) vpc_id: Ref<kind::Vpc>,
    pub(crate) peer_vpc_id: Ref<kind::Vpc>,
    pub(crate) peer_region: Region,
    pub(crate) auto_accept: bool,
    pub(crate) tags: Tags,
}

#[derive(Serialize)]
pub(crate) struct PeeringAccepter {
    pub(crate) vpc_peering_connection_id: Ref<kind::Peering>,
    pub(crate) auto_accept: bool,
    pub(crate) tags: Tags,
}

/// One side's options: the other block stays absent.
#[derive(Serialize)]
pub(crate) struct PeeringOptions {
    pub(crate) vpc_peering_connection_id: Ref<kind::PeeringAccepter>,
    pub(crate) requester: Option<DnsResolution>,
    pub(crate) accepter: Option<DnsResolution>,
}

#[derive(Serialize)]
pub(crate) struct DnsResolution {
    pub(crate) allow_remote_vpc_dns_resolution: bool,
}
