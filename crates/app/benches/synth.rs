//! How long the stack takes: from the configuration's text to the files, and with the gate.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]

use criterion::{Criterion, criterion_group, criterion_main};
use drstack::assembly;
use drstack::config::{Config, DEFAULT_TOML};
use drstack::gate;
use drstack::package::{self, Package};
use drstack_policy::{Pack, Severity};
use drstack_report::{Gate, Unknown};
use drstack_terraform::Documents;

fn package() -> Package {
    package::built_in().unwrap()
}

fn files(text: &str) -> Documents {
    let config = Config::read("bench.toml", text).unwrap();
    let package = package();
    assembly::files(&assembly::assemble(&config, &package).unwrap(), &package).unwrap()
}

fn synth(criterion: &mut Criterion) {
    criterion.bench_function("pack the function", |bencher| bencher.iter(package));
    criterion
        .bench_function("configuration to files", |bencher| bencher.iter(|| files(DEFAULT_TOML)));
    // Three more zones a region: more subnets, endpoints' interfaces and route tables.
    let larger =
        DEFAULT_TOML.replace("[\"a\", \"b\", \"c\"]", "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]");
    criterion.bench_function("configuration to files, six zones", |bencher| {
        bencher.iter(|| files(&larger));
    });
    let documents = files(DEFAULT_TOML);
    let mut pack = Pack::named("recovery").unwrap();
    gate::parametrize(&mut pack, &Config::read("bench.toml", DEFAULT_TOML).unwrap());
    criterion.bench_function("gate", |bencher| {
        bencher.iter(|| {
            let sources = [("bench".to_owned(), Ok(gate::stack("bench", &documents)))];
            gate::report(
                &sources,
                &pack,
                None,
                Gate { fail_on: Severity::Error, unknown: Unknown::Fail },
            )
        });
    });
}

criterion_group!(benches, synth);
criterion_main!(benches);
