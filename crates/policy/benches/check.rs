//! How long the recovery pack takes, next to what it takes just to parse the same text into a value.
//!
//! `judge` should take less time than `parse` of the same size, and ten times as long for ten times the resources.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drstack_plan::Plan;
use drstack_policy::{Pack, Profile, judge};
use drstack_testing::plan::plan;

fn check(criterion: &mut Criterion) {
    let mut pack = Pack::named("recovery").unwrap();
    // Rules that need these to run.
    pack.parameters.environment_suffix = Some("pr-7".to_owned());
    pack.parameters.profile = Some(Profile::Destroyable);
    let mut group = criterion.benchmark_group("check");
    group.sample_size(10);
    for resources in [160, 10_000, 100_000] {
        let input = plan(resources);
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_with_input(BenchmarkId::new("judge", resources), &input, |bencher, input| {
            bencher.iter_with_large_drop(|| {
                judge(&Plan::read(input.as_bytes()).unwrap(), &pack).findings
            });
        });
        group.bench_with_input(BenchmarkId::new("parse", resources), &input, |bencher, input| {
            bencher.iter_with_large_drop(|| {
                sonic_rs::from_slice::<sonic_rs::Value>(input.as_bytes()).unwrap()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, check);
criterion_main!(benches);
