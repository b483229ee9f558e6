use crate::cell::{row, Ram, Reg};
use crate::prelude::*;
use crate::Sizes;

/// Bits of the number of a chain at most: eight chains for each of 1024 SAs.
const HASH_BITS: usize = 13;

/// Bits of the number of a chain: eight chains for each SA, 256 at least.
fn hash_bits(sizes: Sizes) -> usize {
    (8 * sizes.sas).ilog2().max(8) as usize
}

/// Irreducible polynomials of degrees 8 to 13, the coefficient of x^n in bit n.
const POLYNOMIALS: [u32; 6] = [0x11b, 0x211, 0x409, 0x805, 0x1053, 0x201b];

/// Which bits of a mixed word make bit `bit` of the number of its chain, which has `bits` of them. The word is a polynomial, the number its remainder by an irreducible one of degree `bits`: the numbers of neighbouring SPIs
/// differ, and so do those of SPIs of four equal bytes.
fn mask(bits: usize, bit: usize) -> u32 {
    let mut power = 1u32;
    (0..32).fold(0, |mask, at| {
        let mask = mask | (power >> bit & 1) << at;
        power <<= 1;
        if power >> bits & 1 == 1 {
            power ^= POLYNOMIALS[bits - 8];
        }
        mask
    })
}

/// The number of the chain of an SPI and an address, as the block counts it.
#[cfg(test)]
pub(super) fn chain(sizes: Sizes, spi: u32, address: [u32; 4]) -> usize {
    let mixed = address.iter().fold(spi, |mixed, word| mixed ^ word);
    let bits = hash_bits(sizes);
    (0..bits).fold(0, |number, bit| number | ((mixed & mask(bits, bit)).count_ones() as usize & 1) << bit)
}

/// Which SA is next, if one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SaLink {
    pub there: Bit,
    pub sa: SaIndex,
}

/// The chain in which an SA is, if it is in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SaHome {
    pub linked: Bit,
    pub chain: Bits<13>,
}

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum ChainPhase {
    /// All chains become empty.
    Clear,
    Idle,
    /// Is the SA in a chain?
    Look,
    /// Is it the first there?
    Head,
    /// Is it the one after `at`?
    Walk,
    /// It is in no chain any more.
    Out,
    /// Its SPI and address are read.
    Key,
    /// It points to what is the first of its chain, and then becomes the first.
    Push,
    Publish,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ChainState {
    /// Clocks within the phase.
    pub step: Bits<2>,
    pub count: Bits<13>,
    /// A valid bit was written: of which SA, to what.
    pub pending: Bit,
    pub rises: Bit,
    pub written: SaIndex,
    /// What is being done.
    pub links: Bit,
    pub sa: SaIndex,
    pub at: SaIndex,
    pub home: Bits<13>,
    pub after_there: Bit,
    pub after_sa: SaIndex,
}

/// The valid inbound SAs, sorted into chains by SPI and local address: a packet needs only look at those of one chain, which is seldom more than one.
///
/// There are eight chains per SA, 256 at least. `heads` has the first SA of each, `nexts` what follows each SA, `homes` where each SA is. They follow the valid bits alone: when one is written, whatever its SA was in is left; when it rises, SPI and address are read from the table
/// and the SA becomes the first of its chain. So an SA is in a chain if and only if it is valid, and in the one of its words, whatever was written over it before; an SA whose words
/// change while it is valid would be in the wrong one, but the control plane takes the valid bit away first.
///
/// **Keeping.** `valid_write` as at the table; `busy` from the next clock until the chains are right again: 8 clocks and 3 for each SA in front of it to leave, 12 to enter. It waits for `quiet` before it touches anything. The next valid bit
/// comes when `idle` says that nothing is to be done for the one before. It reads words by `read`, whose answer is in `row` two clocks later, and must have the port. `clear`, and reset, empty all chains, one of them in a clock when `clear` has ended: `busy`, but `idle`.
///
/// **Asking,** not while `busy`: three clocks after `start` with SPI and address `head` is the first SA of their chain, until the next `start`; one clock after `at` `follower` is the SA after that one.
///
/// With more SAs only the memories grow, and the clocks of clearing: for 1024 heads of 8192 × 11 bits, nexts of 1024 × 11, homes of 1024 × 14.
#[derive(LogicBlock, Ports)]
pub struct SaChains {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub valid_write: Signal<In, Bit>,
    pub valid_value: Signal<In, Bit>,
    pub valid_index: Signal<In, SaIndex>,
    pub clear: Signal<In, Bit>,
    pub quiet: Signal<In, Bit>,
    pub busy: Signal<Out, Bit>,
    pub idle: Signal<Out, Bit>,
    pub read: Signal<Out, Bit>,
    pub read_index: Signal<Out, SaIndex>,
    pub read_row: Signal<Out, Bits<3>>,
    pub row: [Signal<In, Bits<32>>; 4],
    pub start: Signal<In, Bit>,
    pub spi: Signal<In, Bits<32>>,
    pub address: [Signal<In, Bits<32>>; 4],
    pub head: Signal<Out, SaLink>,
    pub at: Signal<In, SaIndex>,
    pub follower: Signal<Out, SaLink>,
    heads: Ram<SaLink, 13>,
    nexts: Ram<SaLink, 10>,
    homes: Ram<SaHome, 10>,
    s: Reg<ChainState>,
    state: Reg<ChainPhase>,
    /// SPI and address in one word.
    mixed: Reg<Bits<32>>,
    first: Reg<SaLink>,
    part: [Signal<Local, Bits<32>>; HASH_BITS],
    number: Signal<Local, Bits<13>>,
    answered: Signal<Local, Bit>,
    mask: [Constant<Bits<32>>; HASH_BITS],
    place: [Constant<Bits<13>>; HASH_BITS],
    last_chain: Constant<Bits<13>>,
    address_row: Constant<Bits<3>>,
}

impl SaChains {
    /// For tables of these sizes.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            valid_index: Default::default(),
            clear: Default::default(),
            quiet: Default::default(),
            busy: Default::default(),
            idle: Default::default(),
            read: Default::default(),
            read_index: Default::default(),
            read_row: Default::default(),
            row: row(),
            start: Default::default(),
            spi: Default::default(),
            address: row(),
            head: Default::default(),
            at: Default::default(),
            follower: Default::default(),
            heads: Ram::in_block_of((1 << hash_bits(sizes)) - 1),
            nexts: Ram::of(sizes.sa_bits(0)),
            homes: Ram::of(sizes.sa_bits(0)),
            s: Default::default(),
            state: Default::default(),
            mixed: Default::default(),
            first: Default::default(),
            part: row(),
            number: Default::default(),
            answered: Default::default(),
            // The upper bits of a number that has fewer are zero.
            mask: std::array::from_fn(|bit| Constant::new((mask(hash_bits(sizes), bit) as u64).into())),
            last_chain: Constant::new(((1u64 << hash_bits(sizes)) - 1).into()),
            place: std::array::from_fn(|bit| Constant::new((1u64 << bit).into())),
            address_row: Constant::new((holdfast_registers::sa::LOCAL as u64 / 4).into()),
        }
    }
}

impl Logic for SaChains {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, mixed, first);
        clock!(self, clock, heads, nexts, homes);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.mixed.reset.next = self.reset.val();
        self.first.reset.next = self.reset.val();

        // The chain of what is in `mixed`.
        self.number.next = 0.into();
        for i in 0..13 {
            self.part[i].next = self.mixed.q.val() & self.mask[i].val();
            if self.part[i].val().xor() {
                self.number.next = self.number.val() | self.place[i].val();
            }
        }
        if self.start.val() {
            self.mixed.d.next =
                self.spi.val() ^ self.address[0].val() ^ self.address[1].val() ^ self.address[2].val() ^ self.address[3].val();
        }

        // The memories.
        self.heads.read_address.next = self.number.val();
        if self.state.q.val() == ChainPhase::Head {
            self.heads.read_address.next = self.s.q.val().home;
        }
        self.first.d.next = self.heads.read_data.val();
        self.head.next = self.first.q.val();
        self.nexts.read_address.next = self.at.val();
        if self.state.q.val() == ChainPhase::Look {
            self.nexts.read_address.next = self.s.q.val().sa;
        }
        if self.state.q.val() == ChainPhase::Walk {
            self.nexts.read_address.next = self.s.q.val().at;
        }
        self.follower.next = self.nexts.read_data.val();
        self.homes.read_address.next = self.s.q.val().sa;
        self.heads.write.next = false;
        self.heads.write_address.next = self.s.q.val().home;
        self.heads.write_data.next.there = self.s.q.val().after_there;
        self.heads.write_data.next.sa = self.s.q.val().after_sa;
        self.nexts.write.next = false;
        self.nexts.write_address.next = self.s.q.val().at;
        self.nexts.write_data.next.there = self.s.q.val().after_there;
        self.nexts.write_data.next.sa = self.s.q.val().after_sa;
        self.homes.write.next = false;
        self.homes.write_address.next = self.s.q.val().sa;
        self.homes.write_data.next.linked = false;
        self.homes.write_data.next.chain = self.number.val();

        self.busy.next = self.s.q.val().pending | (self.state.q.val() != ChainPhase::Idle);
        self.idle.next = !self.s.q.val().pending & ((self.state.q.val() == ChainPhase::Idle) | (self.state.q.val() == ChainPhase::Clear));
        self.read.next = (self.state.q.val() == ChainPhase::Key) & (self.s.q.val().step < 2);
        self.read_index.next = self.s.q.val().sa;
        self.read_row.next = 0.into();
        if self.s.q.val().step != 0 {
            self.read_row.next = self.address_row.val();
        }

        // A question is answered in the third clock of a phase.
        self.answered.next = self.s.q.val().step == 2;
        self.s.d.next.step = self.s.q.val().step + 1;
        match self.state.q.val() {
            ChainPhase::Clear => {
                self.heads.write.next = true;
                self.heads.write_address.next = self.s.q.val().count;
                self.heads.write_data.next.there = false;
                self.homes.write.next = true;
                self.homes.write_address.next = bit_cast::<10, 13>(self.s.q.val().count);
                self.s.d.next.count = self.s.q.val().count + 1;
                if self.s.q.val().count == self.last_chain.val() {
                    self.state.d.next = ChainPhase::Idle;
                }
            }
            ChainPhase::Idle => {
                self.s.d.next.count = 0.into();
                self.s.d.next.step = 0.into();
                if self.s.q.val().pending & self.quiet.val() {
                    self.s.d.next.pending = false;
                    self.s.d.next.sa = self.s.q.val().written;
                    self.s.d.next.links = self.s.q.val().rises;
                    self.state.d.next = ChainPhase::Look;
                }
            }
            ChainPhase::Look => {
                if self.answered.val() {
                    self.s.d.next.step = 0.into();
                    self.s.d.next.home = self.homes.read_data.val().chain;
                    self.s.d.next.after_there = self.nexts.read_data.val().there;
                    self.s.d.next.after_sa = self.nexts.read_data.val().sa;
                    self.state.d.next = ChainPhase::Idle;
                    if self.s.q.val().links {
                        self.state.d.next = ChainPhase::Key;
                    }
                    if self.homes.read_data.val().linked {
                        self.state.d.next = ChainPhase::Head;
                    }
                }
            }
            ChainPhase::Head => {
                if self.answered.val() {
                    self.s.d.next.step = 0.into();
                    self.s.d.next.at = self.first.q.val().sa;
                    self.state.d.next = ChainPhase::Walk;
                    if self.first.q.val().sa == self.s.q.val().sa {
                        self.heads.write.next = true;
                        self.state.d.next = ChainPhase::Out;
                    }
                }
            }
            ChainPhase::Walk => {
                if self.answered.val() {
                    self.s.d.next.step = 0.into();
                    self.s.d.next.at = self.nexts.read_data.val().sa;
                    if self.nexts.read_data.val().sa == self.s.q.val().sa {
                        self.nexts.write.next = true;
                        self.state.d.next = ChainPhase::Out;
                    }
                    if !self.nexts.read_data.val().there {
                        // Cannot be; but a chain that is not whole must not hold us up.
                        self.nexts.write.next = false;
                        self.state.d.next = ChainPhase::Out;
                    }
                }
            }
            ChainPhase::Out => {
                self.homes.write.next = true;
                self.s.d.next.step = 0.into();
                self.state.d.next = ChainPhase::Idle;
                if self.s.q.val().links {
                    self.state.d.next = ChainPhase::Key;
                }
            }
            ChainPhase::Key => {
                if self.answered.val() {
                    self.mixed.d.next = self.row[1].val();
                }
                if self.s.q.val().step == 3 {
                    self.mixed.d.next = self.mixed.q.val() ^ self.row[0].val() ^ self.row[1].val() ^ self.row[2].val() ^ self.row[3].val();
                    self.state.d.next = ChainPhase::Push;
                }
            }
            ChainPhase::Push => {
                if self.answered.val() {
                    self.nexts.write.next = true;
                    self.nexts.write_address.next = self.s.q.val().sa;
                    self.nexts.write_data.next.there = self.first.q.val().there;
                    self.nexts.write_data.next.sa = self.first.q.val().sa;
                    self.state.d.next = ChainPhase::Publish;
                }
            }
            ChainPhase::Publish => {
                self.heads.write.next = true;
                self.heads.write_address.next = self.number.val();
                self.heads.write_data.next.there = true;
                self.heads.write_data.next.sa = self.s.q.val().sa;
                self.homes.write.next = true;
                self.homes.write_data.next.linked = true;
                self.state.d.next = ChainPhase::Idle;
            }
            _ => {}
        }
        if self.valid_write.val() {
            self.s.d.next.pending = true;
            self.s.d.next.rises = self.valid_value.val();
            self.s.d.next.written = self.valid_index.val();
        }
        if self.clear.val() {
            self.s.d.next.pending = false;
            self.state.d.next = ChainPhase::Clear;
            self.s.d.next.count = 0.into();
        }
    }
}
