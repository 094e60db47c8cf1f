//! Prints the failover between two regions as one Terraform document, with a variable for everything that comes from outside.

use std::error::Error;

use drstack_dns::{Dns, Target, Wiring, Zone};
use drstack_terraform::{Component, ModuleName, Names, Region};

fn main() -> Result<(), Box<dyn Error>> {
    let target = |region| {
        let compute = ModuleName::regional("compute", region);
        Target { load_balancer_dns: compute.get("main"), load_balancer_zone: compute.get("main") }
    };
    let (primary, recovery) = (Region::US_EAST_1, Region::US_EAST_2);
    let wiring = Wiring { primary: target(primary), recovery: target(recovery) };
    let domain = "example.org".parse()?;
    let dns = Dns::new(Names::new("payments")?, primary, recovery, domain, Zone::New);
    println!("{:#}", dns.build(&wiring)?.document()?);
    Ok(())
}
