//! Prints the backup module of one region as Terraform JSON.

use drstack_backup::{Backup, Wiring};
use drstack_terraform::{Component, ModuleName, Names, Region};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let region = Region::US_EAST_1;
    let security = ModuleName::regional("security", region);
    let wiring = Wiring {
        key: security.get("backup"),
        role: security.get("backup"),
        cluster_arn: ModuleName::regional("database", region).get("main"),
    };
    let module = Backup::new(Names::new("payments")?, region).build(&wiring)?;
    println!("{:#}", module.document()?);
    Ok(())
}
