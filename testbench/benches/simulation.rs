//! How fast the two simulators run the whole device under traffic in both directions: time per 1,000 device cycles.

use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use holdfast_testbench::backend::Kind;
use holdfast_testbench::engine::{create, Profile};
use holdfast_testbench::measure::Loaded;

fn simulation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("device cycles");
    group.sample_size(10);
    for (kind, cycles) in [(Kind::RustHdl, 1_000u64), (Kind::Verilator, 20_000)] {
        group.throughput(Throughput::Elements(cycles));
        let mut device = Loaded::new(create(Profile::Compact, kind, None).expect("a simulator")).expect("a sound configuration");
        group.bench_function(kind.name(), |bencher| bencher.iter(|| device.run(cycles)));
    }
}

criterion_group!(benches, simulation);
criterion_main!(benches);
