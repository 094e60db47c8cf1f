//! `cargo run -p drstack-runbook --example runbook -- plan.json us-east-1 us-east-2`

use std::process::ExitCode;

use drstack_plan::Plan;
use drstack_recovery::{Objectives, Regions, budget};
use drstack_runbook::Runbook;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(primary), Some(recovery)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        eprintln!("usage: runbook PLAN.json LOST_REGION RECOVERY_REGION");
        return ExitCode::FAILURE;
    };
    match std::fs::read(&path).map_err(|error| error.to_string()).and_then(|input| {
        let plan = Plan::read(&input).map_err(|error| error.to_string())?;
        let objectives = Objectives { rto_seconds: 900, rpo_seconds: 300 };
        let budget = budget(&plan, &Regions { primary, recovery }, objectives);
        Runbook::of(&plan, &budget).map_err(|error| error.to_string())
    }) {
        Ok(runbook) => {
            print!("{runbook}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}
