//! Prints the processing of us-east-1 as one Terraform document, with a variable for everything that comes from outside.

use std::error::Error;

use drstack_compute::{Compute, Listener, Package, Wiring};
use drstack_terraform::{Component, ModuleName, Names, Region};

fn main() -> Result<(), Box<dyn Error>> {
    let region = Region::US_EAST_1;
    let domain = |name| ModuleName::regional(name, region);
    let (network, security) = (domain("networking"), domain("security"));
    let wiring = Wiring {
        public_subnets: vec![network.get("public_a"), network.get("public_b")],
        compute_subnets: vec![network.get("compute_a"), network.get("compute_b")],
        load_balancer_group: network.get("load_balancer"),
        function_group: network.get("function"),
        role: security.get("function"),
        compute_key: security.get("compute"),
        logs_key: security.get("logs"),
        database_key: security.get("database"),
        transaction_logs_bucket: domain("storage").get("transaction_logs"),
        documents_bucket: domain("storage").get("documents"),
        table_name: "payments-sessions".into(),
        cluster_arn: domain("database").get("main"),
        secret_arn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:database".into(),
        database_name: "payments".to_owned(),
    };
    let package = Package {
        path: "lambda/transaction-processor.zip".to_owned(),
        // The SHA-256 of nothing.
        hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
    };
    let compute = Compute::new(Names::new("payments")?, region, Listener::Http, package);
    println!("{:#}", compute.build(&wiring)?.document()?);
    Ok(())
}
