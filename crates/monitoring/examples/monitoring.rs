//! Prints the monitoring of the recovery region as one Terraform document, with a variable for everything that comes from outside.

use std::error::Error;

use drstack_monitoring::{Monitoring, Replication, Role, Wiring};
use drstack_terraform::{Component, ModuleName, Names, Region};

fn main() -> Result<(), Box<dyn Error>> {
    let (region, peer) = (Region::US_EAST_2, Region::US_EAST_1);
    let names = Names::new("payments")?;
    let other = Monitoring::new(names.clone(), peer, region, Role::Primary).outputs();
    let domain = |name| ModuleName::regional(name, region);
    let replication = |label| Replication {
        label,
        bucket: domain("storage").get(label),
        peer_bucket: ModuleName::regional("storage", peer).get(label),
        rule_id: "everything".into(),
        peer_rule_id: "everything".into(),
    };
    let wiring = Wiring {
        key: domain("security").get("monitoring"),
        peer_topic: other.topic,
        peer_queue: other.alarm_queue,
        health_topic: None,
        cluster: domain("database").get("main"),
        function: domain("compute").get("processor"),
        queue: domain("compute").get("transactions"),
        dead_letter_queue: domain("compute").get("dead_letters"),
        table_name: "payments-sessions".into(),
        load_balancer: domain("compute").get("main"),
        target_group: domain("compute").get("processor"),
        replications: vec![replication("documents")],
    };
    let monitoring = Monitoring::new(names, region, peer, Role::Recovery);
    println!("{:#}", monitoring.build(&wiring)?.document()?);
    Ok(())
}
