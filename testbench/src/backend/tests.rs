//! Both simulators, the same random stimuli, all outputs compared in every cycle.

use super::*;
use crate::device::Inputs;
use crate::loopback::LoopbackDesign;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn random_inputs(random: &mut ChaCha8Rng) -> Inputs {
    Inputs {
        reset: random.gen_ratio(1, 50),
        s_axis_host_tdata: random.gen(),
        s_axis_host_tkeep: random.gen(),
        s_axis_host_tlast: random.gen(),
        s_axis_host_tvalid: random.gen(),
        s_axis_net_tdata: random.gen(),
        s_axis_net_tkeep: random.gen(),
        s_axis_net_tlast: random.gen(),
        s_axis_net_tvalid: random.gen(),
        m_axis_net_tready: random.gen(),
        m_axis_host_tready: random.gen(),
        s_axi_awaddr: if random.gen() { 0x30 } else { random.gen_range(0..0x1000) },
        s_axi_awvalid: random.gen(),
        s_axi_wdata: random.gen(),
        s_axi_wstrb: if random.gen() { 15 } else { random.gen_range(0..16) },
        s_axi_wvalid: random.gen(),
        s_axi_bready: random.gen(),
        s_axi_araddr: if random.gen() { 0x30 } else { random.gen_range(0..0x1000) },
        s_axi_arvalid: random.gen(),
        s_axi_rready: random.gen(),
        host_up: random.gen(),
        device_key: Key256(random.gen()),
        device_key_valid: random.gen(),
        nvram_miso: random.gen(),
        counter_present: random.gen(),
        counter_done: random.gen(),
        counter_value: random.gen(),
    }
}

#[test]
fn both_backends_agree_cycle_by_cycle() {
    let seed = 1;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut a = RustHdl::new(&LoopbackDesign(()), None).unwrap();
    let mut b = Verilated::new(&LoopbackDesign(()), None).unwrap();
    assert_eq!(b.warnings(), [] as [&str; 0]);
    let mut transfers = 0;
    for cycle in 0..2000 {
        let inputs = random_inputs(&mut random);
        let (from_a, from_b) = (a.step(&inputs), b.step(&inputs));
        assert_eq!(from_a, from_b, "seed {seed}, cycle {cycle}");
        transfers += (from_a.m_axis_net_tvalid && inputs.m_axis_net_tready) as usize;
    }
    assert!(transfers > 300, "only {transfers} beats crossed");
}

#[test]
fn waveforms_are_written_by_both() {
    let folder = std::env::temp_dir().join(format!("holdfast-vcd-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for kind in [Kind::RustHdl, Kind::Verilator] {
        let path = folder.join(format!("{}.vcd", kind.name()));
        let mut backend = create(&LoopbackDesign(()), kind, Some(&path)).unwrap();
        for cycle in 0..20 {
            backend.step(&Inputs { s_axis_host_tdata: cycle, s_axis_host_tvalid: true, ..Inputs::default() });
        }
        drop(backend);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("s_axis_host_tdata") && text.contains("#8000"), "{}", kind.name());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn kinds_are_named() {
    assert_eq!("verilator".parse(), Ok(Kind::Verilator));
    assert!("iverilog".parse::<Kind>().unwrap_err().contains("rust-hdl"));
}

#[test]
fn speed_is_printed() {
    for kind in [Kind::RustHdl, Kind::Verilator] {
        let mut backend = create(&LoopbackDesign(()), kind, None).unwrap();
        let cycles = if kind == Kind::RustHdl { 2000 } else { 400_000 };
        let start = std::time::Instant::now();
        for cycle in 0..cycles {
            backend.step(&Inputs { s_axis_host_tdata: cycle, s_axis_host_tvalid: true, m_axis_net_tready: true, ..Inputs::default() });
        }
        println!("{}: {:.0} cycles/s", kind.name(), cycles as f64 / start.elapsed().as_secs_f64());
    }
}
