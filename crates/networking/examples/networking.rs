//! Prints the two peered networks of a stack as Terraform JSON.

use std::error::Error;
use std::io::{self, Write};

use drstack_networking::{AcceptingPeer, Network, Side, Site, Wiring, ZoneSubnets};
use drstack_terraform::{Component, ModuleName, Names, Region};
use ipnet::Ipv4Net;

fn main() -> Result<(), Box<dyn Error>> {
    let names = Names::new("payments")?;
    let (virginia, ohio) = (site(Region::US_EAST_1, 0)?, site(Region::US_EAST_2, 1)?);
    let requester = Network::requester(names.clone(), virginia.clone(), ohio.clone());
    let accepter = Network::accepter(names, ohio, virginia);

    let (asking, accepting) = (requester.outputs(), accepter.outputs());
    let peer = AcceptingPeer { vpc: accepting.vpc, accepted: accepting.peering };
    let modules = [
        requester.build(&wiring(Region::US_EAST_1, peer))?,
        accepter.build(&wiring(Region::US_EAST_2, asking.peering))?,
    ];
    let mut out = io::stdout().lock();
    for module in modules {
        writeln!(out, "{:#}", module.document()?)?;
    }
    Ok(())
}

/// Three zones in `10.<block>.0.0/16`.
fn site(region: Region, block: u8) -> Result<Site, Box<dyn Error>> {
    let network = |third: u8, prefix: u8| Ipv4Net::new([10, block, third, 0].into(), prefix);
    let mut zones = Vec::new();
    for (index, letter) in (0..).zip(['a', 'b', 'c']) {
        zones.push(ZoneSubnets {
            zone: region.zone(letter),
            public: network(index, 24)?,
            compute: network(64 + 16 * index, 20)?,
            database: network(128 + index, 24)?,
        });
    }
    Ok(Site { region, vpc: network(0, 16)?, zones })
}

/// The key and the role of a security module, which is not built here.
fn wiring<S: Side>(region: Region, peer: S::Peer) -> Wiring<S> {
    let security = ModuleName::regional("security", region);
    Wiring { logs_key: security.get("logs"), flow_logs_role: security.get("flow_logs"), peer }
}
