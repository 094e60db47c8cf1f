//! Prints the database modules of both regions as Terraform JSON.

use drstack_database::{Primary, primary, secondary};
use drstack_terraform::{Component, ModuleName, Names, Ref, Region, kind};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (region, peer) = (Region::US_EAST_1, Region::US_EAST_2);
    let key = |region, name: &'static str| ModuleName::regional("security", region).get(name);
    let group = |region| ModuleName::regional("networking", region).get("database");
    let topic = |region| ModuleName::regional("monitoring", region).get("alarms");

    let primary = Primary::new(Names::new("payments")?, region, peer);
    let module = primary.build(&primary::Wiring {
        key: key(region, "database"),
        peer_key: key(peer, "database"),
        logs_key: key(region, "logs"),
        subnets: subnets(region),
        security_group: group(region),
        topic: topic(region),
    })?;
    println!("{:#}", module.document()?);

    let module = primary.secondary().build(&secondary::Wiring {
        key: key(peer, "database"),
        logs_key: key(peer, "logs"),
        subnets: subnets(peer),
        security_group: group(peer),
        topic: topic(peer),
        global_cluster: primary.outputs().global_cluster,
    })?;
    println!("{:#}", module.document()?);
    Ok(())
}

fn subnets(region: Region) -> Vec<Ref<kind::Subnet>> {
    let networking = ModuleName::regional("networking", region);
    ["a", "b", "c"].map(|zone| networking.get(format!("database_{zone}"))).into()
}
