//! The lock-step harness itself, with the golden model in the place of the device: it must find no difference there, and it must
//! find every one that is put in.

use super::*;
use crate::backend::{Backend, Kind};
use crate::device::{Inputs, Outputs};
use crate::engine::{self, Sizes};
use crate::golden::GoldenPins;
use crate::station::Nvram;
use holdfast_registers::Refusal;
use std::collections::BTreeSet;

fn plan(seed: u64) -> Plan {
    Plan { seed, sizes: Sizes::default(), phases: 4, frames: 150, stress: true }
}

#[test]
fn the_model_agrees_with_itself_and_the_traffic_covers_everything() {
    let (mut reasons, mut events, mut commits) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut protected = 0;
    for seed in 0..80 {
        let summary = run(Box::new(GoldenPins::new()), plan(seed)).unwrap_or_else(|mismatch| panic!("{mismatch}"));
        reasons.extend(summary.dropped.keys().copied());
        events.extend(summary.events.keys().copied());
        commits.extend(summary.commits.keys().copied());
        protected += summary.protected;
    }
    let missing: Vec<_> =
        Reason::ALL.iter().filter(|reason| !REASONS_OF_SCENARIOS.contains(reason) && !reasons.contains(reason.name())).collect();
    assert!(missing.is_empty(), "reasons that no frame met: {missing:?}");
    assert_eq!(events.len(), EventCode::ALL.len() - EVENTS_OF_SCENARIOS.len(), "{events:?}");
    // Without a device key recorded SAs are refused, by their pair or by the NVRAM, but not always met.
    let missing: Vec<_> = Refusal::ALL.iter().filter(|r| **r != Refusal::Nvram && !commits.contains(&u32::from(r.code()))).collect();
    assert!(missing.is_empty() && commits.contains(&0), "refusals that no commit met: {missing:?}");
    assert!(protected > 3000, "only {protected} packets were sealed or opened");
}

#[test]
fn other_sizes_agree_as_well() {
    for (sas, rules, window) in [(2, 2, 64), (4, 4, 64), (8, 64, 256), (32, 128, 512)] {
        let sizes = Sizes { sas, rules, window, ..Default::default() };
        for seed in 0..4 {
            let pins = GoldenPins::with_sizes(engine::golden(sizes), Nvram::default(), None, 0);
            run(Box::new(pins), Plan { sizes, ..plan(seed) }).unwrap_or_else(|mismatch| panic!("{sizes:?}: {mismatch}"));
        }
    }
}

type Fault = fn(&mut Outputs);

/// The golden model with one output pin that lies once in a while.
struct Faulty {
    pins: GoldenPins,
    fault: Fault,
    count: u64,
}

impl Backend<Inputs, Outputs> for Faulty {
    fn step(&mut self, inputs: &Inputs) -> Outputs {
        let mut outputs = self.pins.step(inputs);
        self.count += 1;
        if self.count % 997 == 0 {
            (self.fault)(&mut outputs);
        }
        outputs
    }
    fn kind(&self) -> Kind {
        Kind::RustHdl
    }
}

#[test]
fn faults_are_found() {
    let faults: [(&str, Fault); 6] = [
        ("a byte to the network", |o| o.m_axis_net_tdata ^= 1),
        ("a byte to the host", |o| o.m_axis_host_tdata ^= 1 << 127),
        ("the end of a frame", |o| o.m_axis_host_tlast = !o.m_axis_host_tlast),
        ("tkeep", |o| o.m_axis_net_tkeep ^= 1),
        ("a register", |o| o.s_axi_rdata ^= 4),
        ("a beat lost", |o| o.m_axis_net_tvalid = false),
    ];
    for (name, fault) in faults {
        let found = (0..3).any(|seed| run(Box::new(Faulty { pins: GoldenPins::new(), fault, count: 0 }), plan(seed)).is_err());
        assert!(found, "{name} was changed and nobody noticed");
    }
}
