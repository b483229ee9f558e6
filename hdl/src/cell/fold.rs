use std::ops::RangeInclusive;

/// The address bits of a memory that count. Words whose addresses differ in other bits only are one word, so that a smaller table needs no other address: where
/// an address is made of fields, each may be narrower than its place.
#[derive(Clone, Debug)]
pub(super) struct Fold {
    kept: usize,
    /// Runs of bits that count, the least significant first.
    runs: Vec<RangeInclusive<usize>>,
}

impl Fold {
    /// The bits of `kept` count, of an address of `bits` bits.
    pub fn new(bits: usize, kept: usize) -> Self {
        assert!(kept != 0 && kept >> bits == 0, "address bits {kept:#x} of {bits}");
        let mut runs: Vec<RangeInclusive<usize>> = vec![];
        for bit in (0..bits).filter(|bit| kept >> bit & 1 == 1) {
            match runs.last_mut() {
                Some(run) if *run.end() + 1 == bit => *run = *run.start()..=bit,
                _ => runs.push(bit..=bit),
            }
        }
        Self { kept, runs }
    }

    /// Words there are.
    pub fn words(&self) -> usize {
        1 << self.kept.count_ones()
    }

    /// The word that an address names.
    pub fn word(&self, address: usize) -> usize {
        let (mut word, mut below) = (0, 0);
        for run in &self.runs {
            let width = run.end() + 1 - run.start();
            word |= (address >> run.start() & ((1 << width) - 1)) << below;
            below += width;
        }
        word
    }

    /// The same of the signal `name` of `bits` bits, in Verilog.
    pub fn verilog(&self, bits: usize, name: &str) -> String {
        if self.kept.count_ones() as usize == bits {
            return name.into();
        }
        let slices: Vec<_> = self.runs.iter().rev().map(|run| format!("{name}[{}:{}]", run.end(), run.start())).collect();
        format!("{{{}}}", slices.join(", "))
    }
}
