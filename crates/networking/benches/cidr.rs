//! Allocating subnets: the time for each must not depend on how many there are.
#![expect(clippy::expect_used, reason = "a benchmark that cannot allocate has nothing to measure")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use drstack_networking::cidr::{AddressPlan, AddressPlanBuilder, Pool, RegionSpec, TierSpec};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A million, in powers of two so that the largest size fills its parent to the last address.
const SIZES: [u32; 4] = [1 << 5, 1 << 10, 1 << 15, 1 << 20];

fn supernets() -> [(&'static str, IpNet, u8); 2] {
    let v4 = Ipv4Net::new_assert([10, 0, 0, 0].into(), 8);
    let v6 = Ipv6Net::new_assert([0xfd00, 0, 0, 0, 0, 0, 0, 0].into(), 44);
    [("ipv4", v4.into(), 28), ("ipv6", v6.into(), 64)]
}

fn pool(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pool");
    group.sample_size(10);
    for (family, parent, prefix_len) in supernets() {
        for subnets in SIZES {
            group.throughput(Throughput::Elements(subnets.into()));
            group.bench_with_input(
                BenchmarkId::new(family, subnets),
                &subnets,
                |bencher, &subnets| {
                    bencher.iter(|| {
                        let mut pool = Pool::new(parent).expect("no host bits");
                        for _ in 0..subnets {
                            black_box(pool.allocate(prefix_len).expect("room for all"));
                        }
                    });
                },
            );
        }
    }
    group.finish();
}

/// Every other network is pinned in advance, so that each free block is a single subnet.
fn fragmented_pool(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fragmented pool");
    group.sample_size(10);
    for (family, parent, prefix_len) in supernets() {
        for subnets in SIZES {
            group.throughput(Throughput::Elements(subnets.into()));
            group.bench_with_input(
                BenchmarkId::new(family, subnets),
                &subnets,
                |bencher, &subnets| {
                    bencher.iter(|| {
                        let mut pool = Pool::new(parent).expect("no host bits");
                        let all = parent.subnets(prefix_len).expect("within the parent");
                        for pin in all.step_by(2).take(subnets as usize / 2) {
                            pool.reserve(pin).expect("free");
                        }
                        for _ in 0..subnets / 2 {
                            black_box(pool.allocate(prefix_len).expect("room for all"));
                        }
                    });
                },
            );
        }
    }
    group.finish();
}

/// 1024 tiers of 4 zones fill a region, and 256 regions fill the supernet.
fn plan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    for regions in [1_u32, 16, 256] {
        let subnets = regions * 1024 * 4;
        let builder = filled(regions);
        group.throughput(Throughput::Elements(subnets.into()));
        group.bench_with_input(BenchmarkId::new("ipv4", subnets), &builder, |bencher, builder| {
            bencher.iter(|| builder.build().expect("room for all"));
        });
    }
    group.finish();
}

fn filled(regions: u32) -> AddressPlanBuilder {
    let supernet = Ipv4Net::new_assert([10, 0, 0, 0].into(), 8);
    (0..regions).fold(AddressPlan::builder(supernet.into()), |builder, region| {
        let spec = RegionSpec::new(format!("region-{region}"), 16).zones(4);
        builder.region(
            (0..1024).fold(spec, |spec, tier| spec.tier(TierSpec::new(format!("tier-{tier}"), 28))),
        )
    })
}

criterion_group!(benches, pool, fragmented_pool, plan);
criterion_main!(benches);
