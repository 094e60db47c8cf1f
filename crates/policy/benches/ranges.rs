//! Overlapping address ranges: the time for each must not depend on how many there are, or how many overlap.

use std::net::Ipv4Addr;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drstack_policy::ranges::{Range, overlaps};
use ipnet::Ipv4Net;

/// Ranges of /28, each shifted by a step, in an order that is not theirs.
fn ranges(count: u32, step: u32) -> Vec<Range> {
    let shuffled = (0..count).map(|at| at.wrapping_mul(2_654_435_761) % count);
    shuffled
        .map(|at| Range {
            space: 0,
            net: Ipv4Net::new_assert(Ipv4Addr::from_bits(at.wrapping_mul(step)), 28).trunc().into(),
        })
        .collect()
}

fn sweep(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("overlaps");
    group.sample_size(10);
    for count in [1_000, 30_000, 1_000_000] {
        group.throughput(Throughput::Elements(count.into()));
        for (name, step) in [("apart", 16), ("overlapping", 1), ("equal", 0)] {
            let ranges = ranges(count, step);
            group.bench_with_input(BenchmarkId::new(name, count), &ranges, |bencher, ranges| {
                bencher.iter(|| overlaps(ranges).len());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, sweep);
criterion_main!(benches);
