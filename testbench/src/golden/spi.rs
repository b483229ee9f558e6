//! The golden model's way to the NVRAM and to the counter: what it writes at once leaves bit by bit, through the pins of the part, and between the
//! words that it writes the counter counts.

use crate::station::{nvram, Counter, Nvram};
use holdfast_model::fram::opcode;
use holdfast_model::resync::counter::Silent;
use holdfast_model::resync::nvram::Fault;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Levels of `cs_n`, `sck` and `mosi` for a clock.
pub type Pins = (bool, bool, bool);
const DESELECTED: Pins = (true, false, false);

/// What the model has done and the parts have not.
#[derive(Clone, Copy)]
enum Deed {
    Write(u16, u32),
    /// The counter counts.
    Raise,
}

/// Words that the model has written and the part does not hold yet, and raises of the counter between them.
#[derive(Default)]
struct Pending {
    deeds: VecDeque<Deed>,
    /// What a read finds meanwhile.
    shadow: BTreeMap<u16, u32>,
    pins: VecDeque<Pins>,
    /// The counter has just answered: it is not asked for a clock.
    answered: bool,
    /// What the last raise was said to give.
    promised: u32,
}

/// A write-behind between the model, which knows no time, and the part. A clone is the same one.
#[derive(Clone)]
pub struct Spi {
    part: Nvram,
    counter: Option<Counter>,
    pending: Arc<Mutex<Pending>>,
}

impl Spi {
    /// To a part, and to a counter where there is one.
    pub fn new(part: Nvram, counter: Option<Counter>) -> Self {
        Spi { part, counter, pending: Arc::default() }
    }

    /// Something is on its way. What depends on it must wait.
    pub fn busy(&self) -> bool {
        let pending = self.pending();
        !(pending.deeds.is_empty() && pending.pins.is_empty())
    }

    /// The device lost its power, or was reset: what was on its way is gone.
    pub fn clear(&self) {
        *self.pending() = Pending::default();
    }

    /// The counter is asked (pin `counter_raise`), for as long as it takes: what was done before is in the NVRAM by then.
    pub fn raises(&self) -> bool {
        let pending = self.pending();
        pending.pins.is_empty() && !pending.answered && matches!(pending.deeds.front(), Some(Deed::Raise))
    }

    /// The pins of a clock: `cs_n`, `sck`, `mosi`; and whether the counter has counted (pin `counter_done`).
    pub fn cycle(&self, counted: bool) -> Pins {
        let counted = self.raises() && counted;
        let mut pending = self.pending();
        pending.answered = counted;
        let Some(pins) = pending.pins.pop_front() else {
            match pending.deeds.front() {
                Some(Deed::Write(address, word)) => {
                    pending.pins = transfer(*address, *word);
                    pending.deeds.pop_front();
                }
                Some(Deed::Raise) if counted => {
                    pending.deeds.pop_front();
                }
                Some(Deed::Raise) => {}
                None => pending.shadow.clear(),
            }
            return DESELECTED;
        };
        pins
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl holdfast_model::Nvram for Spi {
    fn read(&mut self, address: u16) -> Result<u32, Fault> {
        let stored = holdfast_model::Nvram::read(&mut *nvram(&self.part), address)?;
        Ok(self.pending().shadow.get(&address).copied().unwrap_or(stored))
    }

    fn write(&mut self, address: u16, word: u32) -> Result<(), Fault> {
        holdfast_model::Nvram::read(&mut *nvram(&self.part), address)?;
        let mut pending = self.pending();
        pending.deeds.push_back(Deed::Write(address, word));
        pending.shadow.insert(address, word);
        Ok(())
    }
}

/// It counts by one, so that what it will say is known before it does.
impl holdfast_model::Counter for Spi {
    fn raise(&mut self) -> Result<u32, Silent> {
        let value = self.counter.as_ref().ok_or(Silent)?.value();
        let mut pending = self.pending();
        pending.promised = pending.promised.max(value).checked_add(1).ok_or(Silent)?;
        pending.deeds.push_back(Deed::Raise);
        Ok(pending.promised)
    }
}

/// Write enable, then the word, two clocks per bit.
fn transfer(address: u16, word: u32) -> VecDeque<Pins> {
    let mut pins = VecDeque::from([DESELECTED]);
    let [high, low] = (4 * address).to_be_bytes();
    let [a, b, c, d] = word.to_be_bytes();
    for bytes in [&[opcode::WREN][..], &[opcode::WRITE, high, low, a, b, c, d]] {
        pins.push_back((false, false, false));
        for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1 != 0)) {
            pins.extend([(false, false, bit), (false, true, bit)]);
        }
        pins.push_back(DESELECTED);
    }
    pins
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::fram::Tear;
    use holdfast_model::Nvram as _;

    #[test]
    fn words_are_read_back_at_once_and_stored_in_time() {
        let part = crate::station::Nvram::default();
        let mut spi = Spi::new(part.clone(), None);
        spi.write(0x2000, 0x0102_0304).unwrap();
        spi.write(0x2000, 0x0506_0708).unwrap();
        spi.write(3, 9).unwrap();
        assert_eq!((spi.read(0x2000), spi.read(3)), (Ok(0x0506_0708), Ok(9)));
        assert_eq!(nvram(&part).word(0x2000), 0);
        let mut cycles = 0;
        while spi.busy() {
            let (cs_n, sck, mosi) = spi.cycle(false);
            nvram(&part).step(cs_n, sck, mosi);
            cycles += 1;
            assert_eq!((spi.read(0x2000), spi.read(3)), (Ok(0x0506_0708), Ok(9)), "cycle {cycles}");
        }
        let stored = |address| nvram(&part).word(address);
        assert_eq!((stored(0x2000), stored(3)), (0x0506_0708, 9));
        assert!((300..450).contains(&cycles), "{cycles}");
    }

    #[test]
    fn the_counter_counts_between_the_words() {
        let (part, counter) = (crate::station::Nvram::default(), Counter::new(50));
        let mut spi = Spi::new(part.clone(), Some(counter.clone()));
        let raise = |spi: &mut Spi| holdfast_model::Counter::raise(spi);
        spi.write(1, 1).unwrap();
        assert_eq!((raise(&mut spi), raise(&mut spi)), (Ok(1), Ok(2)));
        spi.write(2, 2).unwrap();
        let (mut states, mut answer) = (Vec::new(), crate::station::CounterAnswer::default());
        while spi.busy() {
            let raise = spi.raises();
            let (cs_n, sck, mosi) = spi.cycle(answer.done);
            nvram(&part).step(cs_n, sck, mosi);
            answer = counter.step(raise);
            let words = [1, 2].map(|address| nvram(&part).word(address));
            states.push((words[0], counter.value(), words[1]));
        }
        states.dedup();
        assert_eq!(states, [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 2, 0), (1, 2, 2)]);
        assert_eq!(raise(&mut Spi::new(part, None)), Err(Silent));
    }

    #[test]
    fn a_power_cut_leaves_the_beginning() {
        let part = crate::station::Nvram::default();
        let mut spi = Spi::new(part.clone(), None);
        spi.write(5, 0xaaaa_aaaa).unwrap();
        spi.write(6, 0xbbbb_bbbb).unwrap();
        for _ in 0..110 {
            let (cs_n, sck, mosi) = spi.cycle(false);
            nvram(&part).step(cs_n, sck, mosi);
        }
        nvram(&part).power_cut(Tear::Old);
        spi.clear();
        assert!(spi.read(5).is_err() && spi.write(5, 1).is_err());
        nvram(&part).power_up();
        assert!(!spi.busy());
        let word = nvram(&part).word(5);
        assert!(word != 0 && word != 0xaaaa_aaaa && nvram(&part).word(6) == 0, "{word:#x}");
    }
}
