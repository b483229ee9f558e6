//! A serial FRAM of 64 KiB at pin level, for simulation: SPI mode 0, opcodes WREN, WRDI, READ, WRITE and RDSR as the 512-Kbit
//! parts have them (Infineon FM25V05, Fujitsu MB85RS512T). It can lose power between any two bits, have bits flipped, and not answer.
//!
//! What such parts do, and software that assumes otherwise finds out: a write is ignored unless WEL is set; WEL is cleared by every
//! completed WRITE, by WRDI and by power-up; a byte is in the memory as soon as its eighth bit is clocked in, with no busy time; addresses wrap.

/// Bytes of the memory.
pub const BYTES: usize = 1 << 16;

/// Opcodes.
pub mod opcode {
    /// Sets WEL when the part is deselected after exactly these eight bits.
    pub const WREN: u8 = 0x06;
    /// Clears WEL, likewise.
    pub const WRDI: u8 = 0x04;
    /// 16 bits of address, then data out for as long as it is clocked.
    pub const READ: u8 = 0x03;
    /// 16 bits of address, then data in. Needs WEL, clears it when the part is deselected.
    pub const WRITE: u8 = 0x02;
    /// The status register, over and over.
    pub const RDSR: u8 = 0x05;
}

/// Status register: write enable latch; all other bits read as zero here.
pub const STATUS_WEL: u8 = 1 << 1;

/// What becomes of a byte of which some bits, not all, were clocked in when the power failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// It keeps its old value, as the data sheets promise.
    Old,
    /// The bits that arrived are in, the others are old.
    New,
    /// Each bit is old, or new where it arrived and anything where it did not, as this seed has it: worse than any data sheet.
    Mixed(u64),
}

/// A part that does not answer: what its output shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// Always 0.
    Low,
    /// Always 1, as if there were a pull-up and no part.
    High,
}

/// What the part does with the next bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Deselected, or selected and waiting for the eighth bit of an opcode.
    Opcode,
    /// WREN or WRDI received; takes effect at deselection.
    Latch { enable: bool },
    /// 16 bits of address.
    Address { write: bool },
    /// Data out.
    Read { address: u16 },
    /// Data in.
    Write { address: u16 },
    /// Status out.
    Status,
    /// An unknown opcode, a write without WEL, or too many bits: nothing until deselection.
    Ignore,
}

/// The part. A clone is another part with the same contents in the same state.
#[derive(Clone)]
pub struct Fram {
    memory: Box<[u8; BYTES]>,
    powered: bool,
    stuck: Option<Stuck>,
    write_enabled: bool,
    state: State,
    /// Bits received since the last whole unit, the last one lowest.
    shift: u16,
    count: u8,
    /// Byte on its way out, most significant bit next.
    out: u8,
    miso: bool,
    selected: bool,
    sck: bool,
    written: u64,
}

impl Default for Fram {
    fn default() -> Self {
        Self::new()
    }
}

impl Fram {
    /// A powered, deselected part full of zeros.
    pub fn new() -> Self {
        Fram {
            memory: Box::new([0; BYTES]),
            powered: true,
            stuck: None,
            write_enabled: false,
            state: State::Opcode,
            shift: 0,
            count: 0,
            out: 0,
            miso: true,
            selected: false,
            sck: false,
            written: 0,
        }
    }

    /// One clock of whoever drives the pins: their levels, and the level of MISO, which is 1 (a pull-up) where the part does not drive it.
    /// Input is sampled where SCK rose since the last call, output changes where it fell.
    pub fn step(&mut self, cs_n: bool, sck: bool, mosi: bool) -> bool {
        if let Some(stuck) = self.stuck {
            return stuck == Stuck::High;
        }
        if !self.powered {
            return true;
        }
        match (self.selected, !cs_n) {
            (true, false) => self.deselect(),
            (false, true) => (self.state, self.shift, self.count) = (State::Opcode, 0, 0),
            _ => {}
        }
        if !cs_n && self.selected {
            match (self.sck, sck) {
                (false, true) => self.sample(mosi),
                (true, false) => self.shift_out(),
                _ => {}
            }
        }
        (self.selected, self.sck) = (!cs_n, sck);
        cs_n || self.miso
    }

    /// The power fails now, that is between two calls of [`Fram::step`]. A byte that was being clocked in is torn.
    pub fn power_cut(&mut self, tear: Tear) {
        if let (true, State::Write { address }) = (self.powered && self.count != 0, self.state) {
            let arrived = (0xff00u16 >> self.count) as u8;
            let new = (self.shift << (8 - self.count)) as u8;
            let byte = &mut self.memory[usize::from(address)];
            match tear {
                Tear::Old => {}
                Tear::New => *byte = *byte & !arrived | new & arrived,
                Tear::Mixed(seed) => {
                    let noise = mix(seed ^ u64::from(address));
                    let (choice, rest) = (noise as u8, (noise >> 8) as u8);
                    *byte = *byte & !choice | (new & arrived | rest & !arrived) & choice;
                }
            }
        }
        self.powered = false;
        self.forget();
    }

    /// The power is back: WEL is clear, the memory as it was.
    pub fn power_up(&mut self) {
        self.powered = true;
        self.forget();
    }

    /// Whether the part has power.
    pub fn powered(&self) -> bool {
        self.powered
    }

    /// Inverts a bit: bit 8·*a* + *i* is bit *i* (0 the least significant) of byte *a*; it wraps.
    pub fn flip(&mut self, bit: u32) {
        self.memory[bit as usize / 8 % BYTES] ^= 1 << (bit % 8);
    }

    /// The part stops answering, or answers again. It does nothing meanwhile, and is deselected afterwards.
    pub fn set_stuck(&mut self, stuck: Option<Stuck>) {
        self.stuck = stuck;
        self.forget();
    }

    /// The contents.
    pub fn contents(&self) -> &[u8; BYTES] {
        &self.memory
    }
    /// The contents, to change them behind the pins.
    pub fn contents_mut(&mut self) -> &mut [u8; BYTES] {
        &mut self.memory
    }
    /// The big-endian word *a*, at byte 4·*a*; it wraps.
    pub fn word(&self, a: u16) -> u32 {
        let at = 4 * usize::from(a) % BYTES;
        self.memory[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
    }
    /// Writes the big-endian word *a*, behind the pins.
    pub fn set_word(&mut self, a: u16, value: u32) {
        let at = 4 * usize::from(a) % BYTES;
        self.memory[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    /// Whether it has power and is not stuck.
    pub fn answers(&self) -> bool {
        self.powered && self.stuck.is_none()
    }
    /// Bytes written through the pins so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn forget(&mut self) {
        (self.write_enabled, self.state, self.shift, self.count) = (false, State::Opcode, 0, 0);
        (self.miso, self.selected, self.sck) = (true, false, false);
    }

    fn deselect(&mut self) {
        match self.state {
            State::Latch { enable } => self.write_enabled = enable,
            State::Write { .. } => self.write_enabled = false,
            _ => {}
        }
        (self.state, self.count, self.miso) = (State::Opcode, 0, true);
    }

    fn sample(&mut self, mosi: bool) {
        self.shift = self.shift << 1 | u16::from(mosi);
        self.count += 1;
        let (byte, whole) = (self.shift as u8, self.count == 8);
        self.state = match self.state {
            State::Opcode if whole => self.opcode(byte),
            State::Latch { .. } => State::Ignore,
            State::Address { write } if self.count == 16 => {
                self.count = 0;
                match write {
                    true => State::Write { address: self.shift },
                    false => {
                        self.out = self.memory[usize::from(self.shift)];
                        State::Read { address: self.shift }
                    }
                }
            }
            State::Read { address } if whole => {
                let next = address.wrapping_add(1);
                (self.count, self.out) = (0, self.memory[usize::from(next)]);
                State::Read { address: next }
            }
            State::Write { address } if whole => {
                self.memory[usize::from(address)] = byte;
                (self.count, self.written) = (0, self.written + 1);
                State::Write { address: address.wrapping_add(1) }
            }
            State::Status if whole => {
                (self.count, self.out) = (0, self.status());
                State::Status
            }
            State::Ignore => {
                self.count = 0;
                State::Ignore
            }
            waiting => waiting,
        };
    }

    fn opcode(&mut self, opcode: u8) -> State {
        self.count = 0;
        match opcode {
            opcode::WREN => State::Latch { enable: true },
            opcode::WRDI => State::Latch { enable: false },
            opcode::READ => State::Address { write: false },
            opcode::WRITE if self.write_enabled => State::Address { write: true },
            opcode::RDSR => {
                self.out = self.status();
                State::Status
            }
            _ => State::Ignore,
        }
    }

    fn shift_out(&mut self) {
        if matches!(self.state, State::Read { .. } | State::Status) {
            self.miso = self.out & 0x80 != 0;
            self.out <<= 1;
        }
    }

    fn status(&self) -> u8 {
        if self.write_enabled {
            STATUS_WEL
        } else {
            0
        }
    }
}

/// Scrambles a seed (splitmix64's finalizer, Steele, Lea, Flood 2014).
fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clocks one bit in mode 0 and answers what was on MISO when SCK rose.
    fn bit(part: &mut Fram, mosi: bool) -> bool {
        let miso = part.step(false, false, mosi);
        part.step(false, true, mosi);
        miso
    }
    fn byte(part: &mut Fram, out: u8) -> u8 {
        (0..8).rev().fold(0, |byte, i| byte << 1 | u8::from(bit(part, out >> i & 1 != 0)))
    }
    fn begin(part: &mut Fram) {
        part.step(true, false, false);
        part.step(false, false, false);
    }
    fn end(part: &mut Fram) {
        part.step(false, false, false);
        part.step(true, false, false);
    }
    fn transfer(part: &mut Fram, out: &[u8]) -> Vec<u8> {
        begin(part);
        let answer = out.iter().map(|b| byte(part, *b)).collect();
        end(part);
        answer
    }
    fn write(part: &mut Fram, address: u16, data: &[u8]) {
        transfer(part, &[opcode::WREN]);
        let [high, low] = address.to_be_bytes();
        transfer(part, &[&[opcode::WRITE, high, low], data].concat());
    }
    fn read(part: &mut Fram, address: u16, length: usize) -> Vec<u8> {
        let [high, low] = address.to_be_bytes();
        transfer(part, &[&[opcode::READ, high, low], &vec![0; length][..]].concat()).split_off(3)
    }
    fn status(part: &mut Fram) -> Vec<u8> {
        transfer(part, &[opcode::RDSR, 0, 0]).split_off(1)
    }

    #[test]
    fn what_is_written_is_read() {
        let mut part = Fram::new();
        write(&mut part, 0x1234, &[0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(read(&mut part, 0x1233, 6), [0, 0xde, 0xad, 0xbe, 0xef, 0]);
        assert_eq!(part.word(0x1234 / 4), 0xdead_beef);
        assert_eq!(part.written(), 4);
    }

    #[test]
    fn addresses_wrap() {
        let mut part = Fram::new();
        write(&mut part, 0xffff, &[1, 2]);
        assert_eq!((part.contents()[0xffff], part.contents()[0]), (1, 2));
        assert_eq!(read(&mut part, 0xfffe, 4), [0, 1, 2, 0]);
    }

    #[test]
    fn a_write_needs_wel_and_clears_it() {
        let mut part = Fram::new();
        transfer(&mut part, &[opcode::WRITE, 0, 0, 0x55]);
        assert_eq!(part.contents()[0], 0, "no WREN");
        transfer(&mut part, &[opcode::WREN]);
        assert_eq!(status(&mut part), [STATUS_WEL, STATUS_WEL]);
        transfer(&mut part, &[opcode::WRITE, 0, 0, 0x55]);
        assert_eq!((part.contents()[0], status(&mut part)), (0x55, vec![0, 0]));
        transfer(&mut part, &[opcode::WRITE, 0, 0, 0xaa]);
        assert_eq!(part.contents()[0], 0x55, "WEL is gone");
        transfer(&mut part, &[opcode::WREN]);
        transfer(&mut part, &[opcode::WRDI]);
        assert_eq!(status(&mut part), [0, 0]);
    }

    #[test]
    fn wel_is_latched_by_deselecting_after_eight_bits() {
        let mut part = Fram::new();
        begin(&mut part);
        byte(&mut part, opcode::WREN);
        bit(&mut part, false);
        end(&mut part);
        assert_eq!(status(&mut part), [0, 0], "nine bits are no WREN");
        begin(&mut part);
        byte(&mut part, opcode::WREN);
        byte(&mut part, opcode::WRITE);
        end(&mut part);
        assert_eq!(status(&mut part), [0, 0], "nor are sixteen");
        transfer(&mut part, &[0x9f, 0, 0]);
        assert_eq!(status(&mut part), [0, 0], "unknown opcodes do nothing");
    }

    #[test]
    fn a_byte_that_is_not_whole_is_not_written() {
        let mut part = Fram::new();
        transfer(&mut part, &[opcode::WREN]);
        begin(&mut part);
        [opcode::WRITE, 0, 8, 0x77].into_iter().for_each(|b| {
            byte(&mut part, b);
        });
        for _ in 0..7 {
            bit(&mut part, true);
        }
        end(&mut part);
        assert_eq!(part.contents()[8..10], [0x77, 0]);
        assert_eq!(status(&mut part), [0, 0]);
    }

    /// A write of `new` over `old`, cut after `bits` bits of data.
    fn cut(old: u8, new: u8, bits: usize, tear: Tear) -> Fram {
        let mut part = Fram::new();
        part.contents_mut()[5] = old;
        transfer(&mut part, &[opcode::WREN]);
        begin(&mut part);
        [opcode::WRITE, 0, 5].into_iter().for_each(|b| {
            byte(&mut part, b);
        });
        for i in 0..bits {
            bit(&mut part, new >> (7 - i % 8) & 1 != 0);
        }
        part.power_cut(tear);
        part
    }

    #[test]
    fn power_fails_between_any_two_bits() {
        for bits in 0..=16 {
            let old = cut(0x0f, 0xf0, bits, Tear::Old).contents()[5];
            assert_eq!(old, if bits < 8 { 0x0f } else { 0xf0 }, "{bits} bits");
        }
        let torn: Vec<u8> = (0..8).map(|bits| cut(0x0f, 0xf0, bits, Tear::New).contents()[5]).collect();
        assert_eq!(torn, [0x0f, 0x8f, 0xcf, 0xef, 0xff, 0xf7, 0xf3, 0xf1]);
        let mixed: std::collections::BTreeSet<u8> = (0..64).map(|seed| cut(0x0f, 0xf0, 4, Tear::Mixed(seed)).contents()[5]).collect();
        assert!(mixed.len() > 16, "{mixed:x?}");
        let twice = [(); 2].map(|()| cut(0x0f, 0xf0, 3, Tear::Mixed(99)).contents()[5]);
        assert_eq!(twice[0], twice[1], "a seed is a seed");
    }

    #[test]
    fn without_power_there_is_nothing() {
        let mut part = cut(0, 0xff, 3, Tear::Old);
        assert!(!part.powered());
        assert_eq!(status(&mut part), [0xff, 0xff], "nobody drives the line");
        part.power_up();
        assert_eq!(status(&mut part), [0, 0], "WEL does not survive");
        transfer(&mut part, &[opcode::WRITE, 0, 5, 0x11]);
        assert_eq!(part.contents()[5], 0);
    }

    #[test]
    fn stuck_parts_do_not_answer_and_flipped_bits_are_flipped() {
        let mut part = Fram::new();
        for (stuck, shown) in [(Stuck::Low, 0), (Stuck::High, 0xff)] {
            part.set_stuck(Some(stuck));
            write(&mut part, 0, &[1]);
            assert_eq!(status(&mut part), [shown, shown]);
        }
        part.set_stuck(None);
        assert_eq!(read(&mut part, 0, 1), [0]);
        part.flip(8 * 7 + 3);
        assert_eq!(read(&mut part, 7, 1), [1 << 3]);
    }
}
