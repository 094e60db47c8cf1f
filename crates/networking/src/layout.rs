//! What everything in a network goes by: its place, its choices, and what its parts are called.

use std::net::Ipv4Addr;

use drstack_terraform::limit::Limit;
use drstack_terraform::{ModuleName, NameError, Names, Ref, Tags, Template, Zone, kind, limit};
use ipnet::Ipv4Net;

use crate::{Site, ZoneSubnets};

/// How many NAT gateways a region has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NatGateways {
    /// One, in the first zone: the cheapest, and outbound traffic stops when that zone fails.
    #[default]
    Single,
    /// One in each zone.
    PerZone,
}

/// Where the functions may open connections to, beside the databases of both regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outbound {
    /// The VPC's endpoints and nothing else.
    #[default]
    Endpoints,
    /// The VPC's endpoints, and HTTPS anywhere through the NAT gateways.
    Internet,
}

/// A service that is reached through an entry in the route tables.
#[derive(Clone, Copy)]
pub(crate) enum Gateway {
    S3,
    DynamoDb,
}

/// What the VPC is called in the module.
pub(crate) const VPC: &str = "main";

/// Every IPv4 address.
pub(crate) const ANYWHERE: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0);

/// What a subnet is for.
#[derive(Clone, Copy)]
pub(crate) enum Tier {
    Public,
    Compute,
    Database,
}

/// Everything about a network but its side of the peering.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(crate) names: Names,
    pub(crate) site: Site,
    pub(crate) peer: Site,
    pub(crate) nat: NatGateways,
    pub(crate) outbound: Outbound,
    pub(crate) log_retention: u16,
    pub(crate) database_port: u16,
    pub(crate) listener_ports: Vec<u16>,
}

impl Gateway {
    pub(crate) const ALL: [Self; 2] = [Self::S3, Self::DynamoDb];

    /// The last part of the service's name, also the endpoint's name in the module.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::DynamoDb => "dynamodb",
        }
    }
}

impl Tier {
    pub(crate) const ALL: [Self; 3] = [Self::Public, Self::Compute, Self::Database];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Compute => "compute",
            Self::Database => "database",
        }
    }

    pub(crate) const fn range(self, subnets: &ZoneSubnets) -> Ipv4Net {
        match self {
            Self::Public => subnets.public,
            Self::Compute => subnets.compute,
            Self::Database => subnets.database,
        }
    }
}

impl Layout {
    pub(crate) fn module(&self) -> ModuleName {
        ModuleName::regional("networking", self.site.region)
    }

    pub(crate) fn vpc(&self) -> Ref<kind::Vpc> {
        self.module().get(VPC)
    }

    pub(crate) fn zones(&self) -> impl Iterator<Item = Zone> {
        self.site.zones.iter().map(|subnets| subnets.zone)
    }

    pub(crate) fn subnet(&self, tier: Tier, zone: Zone) -> Ref<kind::Subnet> {
        self.module().get(in_zone(tier.name(), zone))
    }

    pub(crate) fn subnets(&self, tier: Tier) -> impl Iterator<Item = Ref<kind::Subnet>> {
        self.zones().map(move |zone| self.subnet(tier, zone))
    }

    /// The route table of a tier in a zone: compute has one a zone, so that each can have a NAT gateway of its own.
    pub(crate) fn route_table(&self, tier: Tier, zone: Zone) -> Ref<kind::RouteTable> {
        match tier {
            Tier::Compute => self.module().get(in_zone(tier.name(), zone)),
            Tier::Public | Tier::Database => self.module().get(tier.name()),
        }
    }

    pub(crate) fn public_table(&self) -> Ref<kind::RouteTable> {
        self.module().get(Tier::Public.name())
    }

    pub(crate) fn private_tables(&self) -> impl Iterator<Item = Ref<kind::RouteTable>> {
        let compute = self.zones().map(|zone| self.route_table(Tier::Compute, zone));
        compute.chain([self.module().get(Tier::Database.name())])
    }

    pub(crate) fn name(&self, part: &str, limit: &Limit) -> Result<Template, NameError> {
        self.names.regional(part).within(limit)
    }

    /// The `Name` tag, for what has no name of its own.
    pub(crate) fn tags(&self, part: &str) -> Result<Tags, NameError> {
        Ok([("Name".to_owned(), self.name(part, &limit::TAG_VALUE)?)].into())
    }
}

/// What a thing of a zone is called in the module, such as `compute_a`.
pub(crate) fn in_zone(part: &str, zone: Zone) -> String {
    format!("{part}_{}", zone.letter())
}
