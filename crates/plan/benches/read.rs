//! How fast plans are read, and what the questions that rules ask cost.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drstack_plan::Plan;
use drstack_testing::plan::plan;

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    for resources in [10_000, 100_000] {
        let input = plan(resources);
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_with_input(BenchmarkId::new("plan", resources), &input, |bencher, input| {
            bencher.iter(|| Plan::read(input.as_bytes()).map(|plan| plan.len()));
        });
        let Ok(plan) = Plan::read(input.as_bytes()) else { continue };
        group.bench_with_input(BenchmarkId::new("attribute", resources), &plan, |bencher, plan| {
            bencher.iter(|| {
                plan.resources().filter(|resource| resource.get("kms_key_id").is_unknown()).count()
            });
        });
        group.bench_with_input(BenchmarkId::new("region", resources), &plan, |bencher, plan| {
            bencher
                .iter(|| plan.resources().filter(|resource| resource.region().is_some()).count());
        });
        group.bench_with_input(BenchmarkId::new("graph", resources), &input, |bencher, input| {
            bencher.iter_with_large_drop(|| {
                Plan::read(input.as_bytes()).map(|plan| plan.graph().petgraph().edge_count())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
