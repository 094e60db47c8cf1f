//! Prints the storage module of one region as Terraform JSON.

use drstack_storage::{Storage, Wiring};
use drstack_terraform::{Component, ModuleName, Names, Region};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (region, peer) = (Region::US_EAST_1, Region::US_EAST_2);
    let names = Names::new("payments")?;
    let wiring = Wiring {
        key: ModuleName::regional("security", region).get("storage"),
        peer_key: ModuleName::regional("security", peer).get("storage"),
        peer_buckets: Storage::new(names.clone(), peer).outputs(),
        replication_role: ModuleName::regional("security", region).get("replication"),
    };
    let module = Storage::new(names, region).build(&wiring)?;
    println!("{:#}", module.document()?);
    Ok(())
}
