//! A device in software: the register file with the rules of the register map and of the contract's "Commits", and
//! nothing behind it.
#![allow(dead_code)] // each test file uses its part

use holdfast_driver::{Access, Bus, Direction, Driver};
use holdfast_registers::{map, pair, rule, sa, Refusal};
use std::collections::{BTreeMap, VecDeque};

/// Address, access and value of a transaction that went through.
pub type Transaction = (Access, u32, u32);

/// AXI4-Lite error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlvErr;

impl std::fmt::Display for SlvErr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SLVERR")
    }
}

impl std::error::Error for SlvErr {}

pub struct Device {
    /// Contents of the registers without a function of their own.
    registers: BTreeMap<u32, u32>,
    pub stage: [u32; map::STAGE_WORDS as usize],
    pub sas: BTreeMap<(bool, u32), [u32; sa::WORDS]>,
    pub rules: BTreeMap<(bool, u32), [u32; rule::WORDS]>,
    pub events: VecDeque<[u32; map::event::WORDS as usize]>,
    pub overflow: bool,
    pub counters: BTreeMap<(bool, u32), u64>,
    /// Added to a counter between the reads of its halves, as traffic would.
    pub traffic: u64,
    latch: u32,
    time: u64,
    /// Reads of `STATUS` that still find the device busy, and how many follow a commit.
    pub busy: u32,
    pub busy_after_commit: u32,
    /// Likewise for `RESYNC_STATUS`.
    pub recording: u32,
    /// Resync parameters by pair.
    pub pairs: BTreeMap<u32, [u32; pair::WORDS]>,
    pub log: Vec<Transaction>,
    /// Fails the transactions that it picks.
    pub fault: Option<fn(Access, u32, u32) -> bool>,
    /// Answers commits with a code of its own.
    pub answer: Option<u32>,
}

impl Device {
    pub fn new() -> Self {
        let registers = map::REGISTERS.iter().filter(|r| r.count == 1).map(|r| (r.offset, r.reset)).collect();
        Device {
            registers,
            stage: [0; 24],
            sas: BTreeMap::new(),
            rules: BTreeMap::new(),
            events: VecDeque::new(),
            overflow: false,
            counters: BTreeMap::new(),
            traffic: 0,
            latch: 0,
            time: 0,
            busy: 5,
            busy_after_commit: 3,
            recording: 7,
            pairs: BTreeMap::new(),
            log: Vec::new(),
            fault: None,
            answer: None,
        }
    }

    /// With another value in a read-only register.
    pub fn with(mut self, address: u32, value: u32) -> Self {
        self.registers.insert(address, value);
        self
    }

    pub fn register(&self, address: u32) -> u32 {
        self.registers[&address]
    }

    /// A driver for it, with an empty log.
    pub fn probed(self) -> Driver<Device> {
        let mut driver = Driver::probe_with_polls(self, 20).map_err(|e| e.to_string()).expect("probe");
        driver.bus_mut().log.clear();
        driver
    }

    pub fn sa(&self, direction: Direction, index: u16) -> Option<&[u32; sa::WORDS]> {
        self.sas.get(&(direction == Direction::Inbound, u32::from(index)))
    }

    pub fn rule(&self, direction: Direction, index: u16) -> Option<&[u32; rule::WORDS]> {
        self.rules.get(&(direction == Direction::Inbound, u32::from(index)))
    }

    /// Values written to a register, in order.
    pub fn written(&self, address: u32) -> Vec<u32> {
        self.log.iter().filter(|t| t.0 == Access::Write && t.1 == address).map(|t| t.2).collect()
    }

    fn entries(&self, inbound: bool, rules: bool) -> u32 {
        self.register(if rules { map::CAP_RULES } else { map::CAP_SAS }) >> (16 * u32::from(inbound)) & 0xffff
    }

    fn commit(&mut self, value: u32) -> u32 {
        let (index, inbound, operation) = (value & 0x3ff, value & map::commit::INBOUND != 0, value >> 16 & 7);
        let refusal = match operation {
            map::commit::INSTALL_SA => self.check_sa(index, inbound),
            map::commit::DELETE_SA => (index >= self.entries(inbound, false)).then_some(Refusal::Index),
            map::commit::WRITE_RULE => self.check_rule(index, inbound),
            map::commit::WRITE_RESYNC => self.check_pair(index),
            _ => Some(Refusal::Operation),
        };
        let words = std::mem::take(&mut self.stage);
        if let Some(code) = self.answer {
            return code;
        }
        if let Some(refusal) = refusal {
            return u32::from(refusal.code());
        }
        match operation {
            map::commit::INSTALL_SA => drop(self.sas.insert((inbound, index), words)),
            map::commit::DELETE_SA => drop(self.sas.remove(&(inbound, index))),
            map::commit::WRITE_RESYNC => {
                self.pairs.insert(index, words[..pair::WORDS].try_into().unwrap());
                self.registers.insert(map::RESYNC, words[pair::CONTROL] & 0xffff);
            }
            _ if words[rule::FLAGS] & rule::flags::VALID == 0 => drop(self.rules.remove(&(inbound, index))),
            _ => drop(self.rules.insert((inbound, index), words[..rule::WORDS].try_into().unwrap())),
        }
        0
    }

    fn check_sa(&self, index: u32, inbound: bool) -> Option<Refusal> {
        use sa::flags;
        let w = &self.stage;
        let has = |flag| w[sa::FLAGS] & flag != 0;
        let zero = |range: std::ops::Range<usize>| w[range].iter().all(|&w| w == 0);
        let u64_at = |n: usize| u64::from(w[n + 1]) << 32 | u64::from(w[n]);
        let (sequence, limit, window) = (u64_at(sa::SEQUENCE), u64_at(sa::LIMIT), w[sa::FLAGS] >> flags::WINDOW_SHIFT);
        if index >= self.entries(inbound, false) {
            return Some(Refusal::Index);
        }
        if has(flags::RESERVED)
            || !has(flags::AES256) && !zero(8..12)
            || !(has(flags::IPV6) || zero(13..16) && zero(17..20))
            || !has(flags::UDP) && w[sa::PORTS] != 0
            || inbound && limit != 0
        {
            return Some(Refusal::Flags);
        }
        if w[sa::SPI] < 256 {
            return Some(Refusal::Spi);
        }
        if inbound && (window > self.register(map::CAP_LIMITS) & 0xffff || window == 0 && has(flags::ESN)) {
            return Some(Refusal::Window);
        }
        if has(flags::RECORDED) && !self.pairs.contains_key(&index) {
            return Some(Refusal::Pair);
        }
        if has(flags::RECORDED) {
            return (limit != 0 || inbound && window == 0).then_some(Refusal::Flags);
        }
        if sequence == 0 || !inbound && sequence > limit || !has(flags::ESN) && (if inbound { sequence } else { limit }) > 1 << 32 {
            return Some(Refusal::Sequence);
        }
        let same = |other: &[u32; 24]| {
            let bits = flags::IPV6 | flags::UDP;
            other[sa::SPI] == w[sa::SPI] && other[12..16] == w[12..16] && other[sa::FLAGS] & bits == w[sa::FLAGS] & bits
        };
        (inbound && self.sas.iter().any(|(&(dir, i), other)| dir && i != index && same(other))).then_some(Refusal::Duplicate)
    }

    fn check_pair(&self, index: u32) -> Option<Refusal> {
        let w = &self.stage;
        let five = |word: u32, shift: u32| word >> shift & 31;
        let (head, retry) = (w[pair::CONTROL], w[pair::RETRY]);
        let unused = |from: usize| head & pair::IPV6 == 0 && w[from + 1..from + 4].iter().any(|&w| w != 0);
        if index >= self.entries(false, false) {
            return Some(Refusal::Index);
        }
        let wrong = head & 0xffff == 0
            || head & pair::CONTROL_RESERVED != 0
            || retry & pair::RETRY_RESERVED != 0
            || !pair::INTERVAL.contains(&five(head, pair::INTERVAL_SHIFT))
            || five(retry, pair::CEILING_SHIFT) < five(retry, pair::TIMEOUT_SHIFT)
            || w[pair::ETHERNET] >> 16 != 0
            || retry & pair::VLAN == 0 && w[pair::ETHERNET + 3] & 0xffff != 0
            || w[6..8] != [0, 0]
            || unused(pair::LOCAL)
            || unused(pair::REMOTE);
        wrong.then_some(Refusal::Pair)
    }

    fn command(&mut self, value: u32) {
        let status = self.registers.entry(map::RESYNC_STATUS).or_default();
        match value >> map::resync_command::OPERATION_SHIFT {
            map::resync_command::DESYNCHRONISE => *self.registers.entry(map::QUARANTINE).or_default() |= 1 << (value & 31),
            map::resync_command::SUSPEND => *status |= map::resync_status::SUSPENDED,
            map::resync_command::RESUME => *status &= !map::resync_status::SUSPENDED,
            map::resync_command::FORMAT => *status &= !map::resync_status::UNFORMATTED,
            _ => {}
        }
    }

    fn check_rule(&self, index: u32, inbound: bool) -> Option<Refusal> {
        use rule::flags;
        let w = &self.stage;
        let head = w[rule::FLAGS];
        let action = head >> flags::ACTION_SHIFT & 3;
        let (v4, v6) = (head & flags::IPV4 != 0, head & flags::IPV6 != 0);
        let prefixes = [w[rule::PREFIXES] & 0xff, w[rule::PREFIXES] >> 8 & 0xff];
        let most = match (v4, v6) {
            (true, true) => 0,
            (true, false) => 32,
            _ => 128,
        };
        if index >= self.entries(inbound, true) {
            return Some(Refusal::Index);
        }
        if head & flags::VALID == 0 {
            return None;
        }
        let wrong = head & flags::RESERVED != 0
            || w[rule::PREFIXES] >> 16 != 0
            || !v4 && !v6
            || action == 3
            || prefixes.iter().any(|&p| p > most)
            || [rule::SOURCE_PORTS, rule::DESTINATION_PORTS].iter().any(|&n| w[n] & 0xffff > w[n] >> 16)
            || action == rule::action::PROTECT && head >> flags::SA_SHIFT & 0x3ff >= self.entries(inbound, false);
        wrong.then_some(Refusal::Rule)
    }
}

impl Bus for Device {
    type Error = SlvErr;

    fn read(&mut self, address: u32) -> Result<u32, SlvErr> {
        self.time += 3;
        let register = map::at(address).ok_or(SlvErr)?;
        if self.fault.is_some_and(|fault| fault(Access::Read, address, 0)) {
            return Err(SlvErr);
        }
        let n = (address - register.offset) / 4;
        let value = match (register.name, register.access) {
            (_, map::Access::WriteOnly) => 0,
            ("STATUS", _) => {
                let busy = self.busy > 0;
                self.busy = self.busy.saturating_sub(1);
                u32::from(busy) | u32::from(!self.events.is_empty()) << 1 | u32::from(self.overflow) << 2
            }
            ("RESYNC_STATUS", _) => {
                let busy = self.recording > 0;
                self.recording = self.recording.saturating_sub(1);
                self.registers[&address] | u32::from(busy)
            }
            ("EVENT", _) => self.events.front().map_or(0, |event| event[n as usize]),
            ("TIME_LOW", _) => {
                self.latch = (self.time >> 32) as u32;
                self.time as u32
            }
            ("TIME_HIGH", _) => self.latch,
            ("COUNTERS_OUTBOUND" | "COUNTERS_INBOUND", _) if n % 2 == 1 => self.latch,
            ("COUNTERS_OUTBOUND" | "COUNTERS_INBOUND", _) => {
                let counter = self.counters.entry((register.name == "COUNTERS_INBOUND", n / 2)).or_default();
                let value = *counter;
                *counter += self.traffic;
                self.latch = (value >> 32) as u32;
                value as u32
            }
            _ => self.registers[&address],
        };
        self.log.push((Access::Read, address, value));
        Ok(value)
    }

    fn write(&mut self, address: u32, value: u32) -> Result<(), SlvErr> {
        self.time += 3;
        let register = map::at(address).ok_or(SlvErr)?;
        if register.access == map::Access::ReadOnly || self.fault.is_some_and(|fault| fault(Access::Write, address, value)) {
            return Err(SlvErr);
        }
        match register.name {
            "STAGE" => {
                assert_eq!(self.busy, 0, "staging words were touched while the device was reading them");
                self.stage[((address - register.offset) / 4) as usize] = value;
            }
            "COMMIT" => {
                if self.busy > 0 {
                    return Err(SlvErr);
                }
                let result = self.commit(value);
                self.registers.insert(map::RESULT, result);
                self.busy = self.busy_after_commit;
            }
            "RESYNC_COMMAND" => {
                if self.busy > 0 || self.recording > 0 {
                    return Err(SlvErr);
                }
                self.command(value);
                self.recording = 40;
            }
            "CONTROL" => {
                self.registers.insert(address, value & map::control::ENABLE);
                if value & map::control::ZEROIZE != 0 {
                    self.sas.clear();
                    self.rules.clear();
                    self.busy = 10;
                }
            }
            "EVENT_POP" => {
                if value & 1 != 0 {
                    self.events.pop_front();
                }
                self.overflow &= value & 2 == 0;
            }
            _ => drop(self.registers.insert(address, value)),
        }
        self.log.push((Access::Write, address, value));
        Ok(())
    }
}
