//! `cargo run -p drstack-diagram --example draw -- plan.json svg > plan.svg`

use std::process::ExitCode;

use drstack_diagram::{Detail, Diagram};
use drstack_plan::Plan;
use drstack_recovery::{Regions, drill};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(format)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: draw PLAN.json mermaid|dot|svg [detail]");
        return ExitCode::FAILURE;
    };
    let input = match std::fs::read(&path) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let plan = match Plan::read(&input) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("{path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let regions = Regions::pair(&plan).into_iter().flatten();
    let drills: Vec<_> = regions.map(|region| drill(&plan, &region)).collect();
    let detail = if arguments.next().is_some() { Detail::Resources } else { Detail::Boxes };
    let diagram = Diagram::of(&plan, &drills, detail);
    print!(
        "{}",
        match format.as_str() {
            "mermaid" => diagram.mermaid(),
            "dot" => diagram.dot(),
            _ => diagram.svg(),
        }
    );
    ExitCode::SUCCESS
}
