//! `cargo run -p drstack-recovery --example drill -- plan.json us-east-1`

use std::process::ExitCode;

use drstack_plan::Plan;
use drstack_recovery::drill;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(lost)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: drill PLAN.json REGION");
        return ExitCode::FAILURE;
    };
    let input = match std::fs::read(&path) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match Plan::read(&input) {
        Ok(plan) => {
            for crossing in drill(&plan, &lost).crossings {
                println!(
                    "{}: {} {}\n  {}",
                    crossing.class,
                    crossing.path,
                    crossing.reason,
                    crossing.trail.join(" -> ")
                );
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}
