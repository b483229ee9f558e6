//! AES-128 and AES-256 in counter mode, fourteen rounds in a row, three clocks each, the key schedule beside them: a block every clock, and every
//! packet under another key.
//!
//! `load` takes key, size and nonce: from the next clock on the counter blocks nonce ‖ 1, nonce ‖ 2, … enter the pipeline, one every clock, until the next
//! `load`. The `n`th of them (from 0) leaves as `block` 46 clocks after `load` plus `n`. With `zero` the first of them is the block of zeros,
//! whose cipher is the hash key H. Loads may follow each other clock by clock.
//!
//! `low` and `high` are the first and the second half of the key; for AES-128 both halves are the whole key. `reset` clears the key and the nonce;
//! what was in the pipeline has left it 46 clocks later.
//!
//! ```text
//!            load+1      +2        +3           3r+3 (end of round r)               +45        +46
//!   key ────► pair ────► round key ──────► 13 steps, round key r at 3r+2
//!   nonce ──► number ──► counter ──► start ══► round 1 ══► … ══► round 10 ══► … ══► round 14 ══► block
//!                                                                 └── AES-128: waits ──┘
//! ```
use super::KeyStep;
use crate::cell::{row, Block128, BoxKind, Delay, JoinWords, Reg, SubBlock, TowerMap, TowerRound};
use crate::prelude::*;

/// Clocks from `load` to the first block.
pub const LATENCY: usize = 46;

/// The generator; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct Cipher {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub load: Signal<In, Bit>,
    pub zero: Signal<In, Bit>,
    pub aes256: Signal<In, Bit>,
    pub low: Signal<In, Block128>,
    pub high: Signal<In, Block128>,
    /// Salt, IV high, IV low (RFC 4106, section 4).
    pub nonce: [Signal<In, Bits<32>>; 3],
    pub block: Signal<Out, Block128>,
    low_in: TowerMap,
    high_in: TowerMap,
    nonce_join: JoinWords,
    nonce_in: TowerMap,
    number_join: JoinWords,
    number_in: TowerMap,
    older: Delay<Block128, 1>,
    newer: Delay<Block128, 1>,
    wide: Delay<Bit, 1>,
    base: Delay<Block128, 1>,
    number: Delay<Bits<11>, 1>,
    counter: Delay<Block128, 1>,
    key: [KeyStep; 13],
    /// The last two round keys wait until they are used.
    key_13: Delay<Block128, 1>,
    key_14: Delay<Block128, 4>,
    state: [Delay<Block128, 1>; 14],
    boxes: [SubBlock; 14],
    round: [TowerRound; 14],
    /// What AES-128 has after ten rounds waits for the end of fourteen. The two ends are added: the one that does not count is zero.
    waiting: Delay<Block128, 12>,
    size: Delay<Bit, 4>,
    short: Reg<Block128>,
    long: Reg<Block128>,
    out_map: TowerMap,
    out: Delay<Block128, 1>,
    zeros: Constant<Block128>,
}

impl Cipher {
    /// `memory_rounds`: how many rounds have S-boxes of memory; from 14 on the key schedule has them as well.
    pub fn new(memory_rounds: usize) -> Self {
        let kind = |r: usize| if r < memory_rounds { BoxKind::Memory } else { BoxKind::Gates };
        Self {
            clock: Default::default(),
            reset: Default::default(),
            load: Default::default(),
            zero: Default::default(),
            aes256: Default::default(),
            low: Default::default(),
            high: Default::default(),
            nonce: row(),
            block: Default::default(),
            low_in: TowerMap::inward(),
            high_in: TowerMap::inward(),
            nonce_join: Default::default(),
            nonce_in: TowerMap::inward(),
            number_join: Default::default(),
            number_in: TowerMap::inward(),
            older: Default::default(),
            newer: Default::default(),
            wide: Default::default(),
            base: Default::default(),
            number: Default::default(),
            counter: Default::default(),
            key: array_init::array_init(|step| KeyStep::new(step, kind(14 + step))),
            key_13: Default::default(),
            key_14: Default::default(),
            state: row(),
            boxes: array_init::array_init(|r| SubBlock::new(kind(r))),
            round: row(),
            waiting: Default::default(),
            size: Default::default(),
            short: Default::default(),
            long: Default::default(),
            out_map: TowerMap::outward(),
            out: Default::default(),
            zeros: Constant::new(Block128::default()),
        }
    }
}

impl Default for Cipher {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Logic for Cipher {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, older, newer, wide, base, number, counter, key_13, key_14, waiting, size, short, long, out);
        // The packet's context: held until the next load.
        self.low_in.x.next = self.low.val();
        self.high_in.x.next = self.high.val();
        for i in 0..3 {
            self.nonce_join.word[i].next = self.nonce[i].val();
        }
        self.nonce_join.word[3].next = 0.into();
        self.nonce_in.x.next = self.nonce_join.block.val();
        self.older.d.next = self.older.q.val();
        self.newer.d.next = self.newer.q.val();
        self.wide.d.next = self.wide.q.val();
        self.base.d.next = self.base.q.val();
        self.number.d.next = self.number.q.val() + 1;
        if self.load.val() {
            self.older.d.next = self.low_in.y.val();
            self.newer.d.next = self.high_in.y.val();
            self.wide.d.next = self.aes256.val();
            self.base.d.next = self.nonce_in.y.val();
            self.number.d.next = 1.into();
            if self.zero.val() {
                self.base.d.next = self.zeros.val();
                self.number.d.next = 0.into();
            }
        }
        if self.reset.val() {
            self.older.d.next = self.zeros.val();
            self.newer.d.next = self.zeros.val();
            self.wide.d.next = false;
            self.base.d.next = self.zeros.val();
        }

        // The counter block.
        for i in 0..3 {
            self.number_join.word[i].next = 0.into();
        }
        self.number_join.word[3].next = bit_cast::<32, 11>(self.number.q.val());
        self.number_in.x.next = self.number_join.block.val();
        self.counter.d.next = self.base.q.val() ^ self.number_in.y.val();

        // Round keys.
        self.key[0].older.next = self.older.q.val();
        self.key[0].newer.next = self.newer.q.val();
        self.key[0].aes256.next = self.wide.q.val();
        for i in 0..12 {
            self.key[i + 1].older.next = self.key[i].older_out.val();
            self.key[i + 1].newer.next = self.key[i].newer_out.val();
            self.key[i + 1].aes256.next = self.key[i].aes256_out.val();
        }
        for i in 0..13 {
            self.key[i].clock.next = self.clock.val();
        }
        self.key_13.d.next = self.key[12].older_out.val();
        self.key_14.d.next = self.key[12].newer_out.val();

        // Rounds.
        for i in 0..14 {
            self.state[i].clock.next = self.clock.val();
            self.boxes[i].clock.next = self.clock.val();
            self.boxes[i].x.next = self.state[i].q.val();
            self.round[i].bytes.next = self.boxes[i].y.val();
        }
        self.state[0].d.next = self.counter.q.val() ^ self.key[0].key.val();
        for i in 0..13 {
            self.state[i + 1].d.next = self.round[i].mixed.val();
        }
        for i in 0..12 {
            self.round[i].key.next = self.key[i + 1].key.val();
        }
        self.round[12].key.next = self.key_13.q.val();
        self.round[13].key.next = self.key_14.q.val();

        // The end.
        self.waiting.d.next = self.round[9].last.val();
        self.short.d.next = self.waiting.q.val();
        self.long.d.next = self.round[13].last.val();
        self.size.d.next = self.key[12].aes256_out.val();
        self.short.reset.next = self.size.q.val();
        self.long.reset.next = !self.size.q.val();
        self.out_map.x.next = self.short.q.val() ^ self.long.q.val();
        self.out.d.next = self.out_map.y.val();
        self.block.next = self.out.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cell::Lanes, check::Bench};
    use aes::cipher::{BlockCipherEncrypt, KeyInit};

    fn words(bytes: &[u8]) -> [u32; 4] {
        std::array::from_fn(|i| u32::from_be_bytes(bytes[4 * i..4 * i + 4].try_into().unwrap()))
    }

    fn encrypted(key: &[u8], block: [u8; 16]) -> Block128 {
        let mut block = block.into();
        match key.len() {
            16 => aes::Aes128::new_from_slice(key).unwrap().encrypt_block(&mut block),
            _ => aes::Aes256::new_from_slice(key).unwrap().encrypt_block(&mut block),
        }
        Lanes(words(&block))
    }

    /// Packets of one to six blocks under keys of both sizes, without a gap.
    fn counter_blocks(memory_rounds: usize, packets: usize) {
        let mut state = 0x243f6a8885a308d3u64;
        let mut bytes = |n: usize| -> Vec<u8> {
            let mut next = || {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 33) as u8
            };
            (0..n).map(|_| next()).collect()
        };
        let mut bench = Bench::new(&format!("cipher_{memory_rounds}"), Cipher::new(memory_rounds), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let mut expected = vec![];
        let mut seen = vec![];
        for packet in 0..packets + LATENCY / 2 {
            let dice = bytes(3);
            let (key, nonce, zero) = (bytes([16, 32][dice[0] as usize & 1]), bytes(12), dice[1] % 5 == 0);
            bench.dut.load.next = true;
            bench.dut.zero.next = zero;
            bench.dut.aes256.next = key.len() == 32;
            bench.dut.low.next = Lanes(words(&key));
            bench.dut.high.next = Lanes(words(&key[key.len() - 16..]));
            bench
                .dut
                .nonce
                .iter_mut()
                .zip(nonce.chunks(4))
                .for_each(|(port, w)| port.next = (u32::from_be_bytes(w.try_into().unwrap()) as u64).into());
            for n in 0..if packet < packets { dice[2] as u32 % 6 + 1 } else { 2 } {
                let mut block = [0; 16];
                if !zero {
                    block[..12].copy_from_slice(&nonce);
                }
                block[12..].copy_from_slice(&(n + !zero as u32).to_be_bytes());
                expected.push(encrypted(&key, block));
                bench.cycle();
                bench.dut.load.next = false;
                seen.push(bench.dut.block.val());
            }
        }
        let compared = expected.len() - (LATENCY - 1);
        assert!(compared > packets);
        assert_eq!(seen[LATENCY - 1..], expected[..compared]);
        bench.finish();
    }

    #[test]
    fn counter_blocks_of_gates() {
        counter_blocks(0, 40);
    }

    #[test]
    fn counter_blocks_of_memory() {
        counter_blocks(27, 8);
        counter_blocks(5, 8);
    }
}
