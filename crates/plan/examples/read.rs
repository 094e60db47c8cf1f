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
        println!("  {:?}, {} resources, read in {:.1?}", plan.kind(), plan.len(), start.elapsed());
    }
    Ok(())
}
