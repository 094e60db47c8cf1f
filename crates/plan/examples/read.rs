//! Reads plans or states and prints how long that took: `cargo run --release --example read -- plan.json`.

use std::time::Instant;

use drstack_plan::Plan;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let start = Instant::now();
        let input = std::fs::read(&path)?;
        println!("{path}: {} bytes, loaded in {:.1?}", input.len(), start.elapsed());
        let start = Instant::now();
        let plan = Plan::read(&input)?;
        println!("  {:?} of {} resources read in {:.1?}", plan.kind(), plan.len(), start.elapsed());
        let start = Instant::now();
        let unknown = plan.resources().filter(|resource| resource.get("arn").is_unknown()).count();
        println!("  {unknown} unknown ARNs found in {:.1?}", start.elapsed());
        let start = Instant::now();
        let placed = plan.resources().filter(|resource| resource.region().is_some()).count();
        println!("  {placed} regions worked out in {:.1?}", start.elapsed());
        let start = Instant::now();
        let graph = plan.graph();
        println!("  {graph:?} built in {:.1?}", start.elapsed());
    }
    Ok(())
}
