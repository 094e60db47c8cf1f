//! Prints the address plan of two regions, with three tiers in three zones each, and what stays
//! free.
//!
//! `cargo run -p drstack-networking --example address_plan`

use std::error::Error;

use drstack_networking::cidr::{AddressPlan, RegionSpec, TierSpec};
use ipnet::IpNet;

fn main() -> Result<(), Box<dyn Error>> {
    let region = |name| {
        RegionSpec::new(name, 16)
            .zones(3)
            .tier(TierSpec::new("public", 24))
            .tier(TierSpec::new("compute", 20))
            .tier(TierSpec::new("database", 24))
    };
    let plan = AddressPlan::builder("10.0.0.0/12".parse()?)
        .region(region("us-east-1"))
        .region(region("us-east-2"))
        .build()?;

    println!("{}", plan.supernet());
    for region in plan.regions() {
        println!("  {:<18} {}", region.network(), region.name());
        for tier in region.tiers() {
            println!("    {:<18} {}", tier.network(), tier.name());
            for (zone, subnet) in tier.zones().iter().enumerate() {
                println!("      {subnet:<18} zone {zone}");
            }
            println!("      free: {}", list(&tier.free()));
        }
        println!("    free: {}", list(&region.free()));
    }
    println!("  free: {}", list(&plan.free()));
    Ok(())
}

fn list(networks: &[IpNet]) -> String {
    networks.iter().map(IpNet::to_string).collect::<Vec<_>>().join(", ")
}
