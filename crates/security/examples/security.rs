//! Prints the keys and roles of a region as Terraform JSON.

use std::error::Error;
use std::io::{self, Write};

use drstack_security::{Buckets, Security, Wiring};
use drstack_terraform::{Component, Input, ModuleName, Names, Region, Template};

const REGION: Region = Region::US_EAST_1;
const PEER: Region = Region::US_EAST_2;

fn main() -> Result<(), Box<dyn Error>> {
    let module = Security::new(Names::new("payments")?, REGION, PEER).build(&wiring())?;
    writeln!(io::stdout(), "{:#}", module.document()?)?;
    Ok(())
}

/// What other modules would build.
fn wiring() -> Wiring {
    let regional = |domain| ModuleName::regional(domain, REGION);
    let arn = |service: &str, resource: &str| {
        Template::from(format!("arn:aws:{service}:{REGION}:"))
            + Input::ACCOUNT_ID
            + format!(":{resource}-")
            + Input::ENVIRONMENT_SUFFIX
    };
    Wiring {
        queue: regional("compute").get("transactions"),
        buckets: buckets(REGION),
        peer_buckets: buckets(PEER),
        peer_storage_key: ModuleName::regional("security", PEER).get("storage"),
        table_arn: arn("dynamodb", "table/payments-sessions"),
        cluster_arn: regional("database").get("main"),
        secret_arn: arn("secretsmanager", "secret:payments-database"),
        function_log_group: regional("compute").get("processor"),
        flow_log_group: regional("networking").get("flow_logs"),
        vault: regional("backup").get("main"),
    }
}

fn buckets(region: Region) -> Buckets {
    let storage = ModuleName::regional("storage", region);
    Buckets {
        transaction_logs: storage.get("transaction_logs"),
        documents: storage.get("documents"),
    }
}
