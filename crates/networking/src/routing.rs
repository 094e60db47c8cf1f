//! Internet gateway, NAT gateways and route tables.
//!
//! Only the public table has a route to the internet gateway; the compute tables lead out through NAT, the
//! database's leads nowhere but to the peer and to gateway endpoints.

use drstack_terraform::{Module, ModuleError, Ref, Zone, kind};
use ipnet::Ipv4Net;

use crate::layout::{ANYWHERE, Layout, NatGateways, Tier, in_zone};
use crate::resources::{
    ElasticIp, InternetGateway, NatGateway, Route, RouteTable, RouteTableAssociation,
};

const INTERNET: &str = "main";
const PUBLIC_INTERNET: &str = "public_internet";

pub(crate) fn add(layout: &Layout, module: &mut Module) -> Result<(), ModuleError> {
    add_internet_gateway(layout, module)?;
    add_table(layout, module, &layout.public_table())?;
    for table in layout.private_tables() {
        add_table(layout, module, &table)?;
    }
    for zone in layout.zones() {
        for tier in Tier::ALL {
            let association = RouteTableAssociation {
                route_table_id: layout.route_table(tier, zone),
                subnet_id: layout.subnet(tier, zone),
            };
            module.add(in_zone(tier.name(), zone), &association)?;
        }
        if nat_zone(layout, zone) == zone {
            add_nat_gateway(layout, module, zone)?;
        }
        add_way_out(layout, module, zone)?;
    }
    Ok(())
}

/// The public subnets, for use once they can be reached from the internet.
pub(crate) fn reachable(layout: &Layout) -> impl Iterator<Item = Ref<kind::Subnet>> {
    let route: Ref<kind::Route> = layout.module().get(PUBLIC_INTERNET);
    layout.subnets(Tier::Public).map(move |subnet| subnet.when_ready([route.address().clone()]))
}

fn add_internet_gateway(layout: &Layout, module: &mut Module) -> Result<(), ModuleError> {
    let gateway = InternetGateway { vpc_id: layout.vpc(), tags: layout.tags("internet")? };
    module.add(INTERNET, &gateway)?;
    let route = Route {
        gateway_id: Some(module.get(INTERNET)),
        ..Route::new(layout.public_table(), ANYWHERE)
    };
    module.add(PUBLIC_INTERNET, &route)?;
    Ok(())
}

fn add_table(
    layout: &Layout,
    module: &mut Module,
    table: &Ref<kind::RouteTable>,
) -> Result<(), ModuleError> {
    let name = table.address().name.clone();
    let tags = layout.tags(&name.replace('_', "-"))?;
    module.add(name, &RouteTable { vpc_id: layout.vpc(), tags })?;
    Ok(())
}

/// The zone whose NAT gateway serves `zone`.
fn nat_zone(layout: &Layout, zone: Zone) -> Zone {
    match layout.nat {
        NatGateways::Single => layout.zones().next().unwrap_or(zone),
        NatGateways::PerZone => zone,
    }
}

/// A NAT gateway works only when the VPC has an internet gateway, which no reference says.
fn add_nat_gateway(layout: &Layout, module: &mut Module, zone: Zone) -> Result<(), ModuleError> {
    let name = in_zone("nat", zone);
    let internet: Ref<kind::InternetGateway> = module.get(INTERNET);
    let tags = layout.tags(&name.replace('_', "-"))?;
    let address = ElasticIp { domain: "vpc", tags: tags.clone() };
    module.add(name.clone(), &address)?.depends_on(&internet);
    let gateway = NatGateway {
        allocation_id: module.get(name.clone()),
        subnet_id: layout.subnet(Tier::Public, zone),
        tags,
    };
    module.add(name, &gateway)?.depends_on(&internet);
    Ok(())
}

fn add_way_out(layout: &Layout, module: &mut Module, zone: Zone) -> Result<(), ModuleError> {
    let route = Route {
        nat_gateway_id: Some(module.get(in_zone("nat", nat_zone(layout, zone)))),
        ..Route::new(layout.route_table(Tier::Compute, zone), ANYWHERE)
    };
    module.add(in_zone("compute", zone) + "_internet", &route)?;
    Ok(())
}

impl Route {
    /// A route that still lacks its next hop.
    pub(crate) const fn new(table: Ref<kind::RouteTable>, destination: Ipv4Net) -> Self {
        Self {
            route_table_id: table,
            destination_cidr_block: destination,
            gateway_id: None,
            nat_gateway_id: None,
            vpc_peering_connection_id: None,
        }
    }
}
