use super::Capabilities;
use crate::cell::Reg;
use crate::prelude::*;
use holdfast_registers::{map, pair, rule, sa, Refusal};

/// Operations of the resync blocks, beside those of the register map: a new window edge for an inbound SA, a new limit for an outbound one.
pub const SET_SEQUENCE: u64 = 5;
pub const SET_LIMIT: u64 = 6;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct ValidateState {
    pub aes256: Bit,
    pub esn: Bit,
    pub udp: Bit,
    pub ipv6: Bit,
    pub before: Bits<32>,
    pub before_nonzero: Bit,
    pub earlier: Bits<32>,
    pub low_above: Bit,
    pub bad_flags: Bit,
    pub bad_spi: Bit,
    pub bad_window: Bit,
    pub bad_numbers: Bit,
    pub rule_present: Bit,
    pub rule_ipv4_only: Bit,
    pub rule_both: Bit,
    pub bad_rule: Bit,
    pub recorded: Bit,
    pub pair_ipv6: Bit,
    pub bad_pair: Bit,
}

/// Judges a staged record while its words go by in order, word 0 first, one per `valid` cycle; `start` (before them) forgets the record before.
/// `operation`, `index` and `inbound` are those of the doorbell and hold throughout. `refusal` is right from the cycle after the last word: a code of
/// [`Refusal`] (the first check that fails, in the order of the contract), 0 = accepted as far as the record itself goes; the duplicate is found elsewhere.
#[derive(LogicBlock, Ports)]
pub struct Validate {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub start: Signal<In, Bit>,
    pub operation: Signal<In, Bits<3>>,
    pub index: Signal<In, SaIndex>,
    pub inbound: Signal<In, Bit>,
    pub valid: Signal<In, Bit>,
    pub position: Signal<In, Bits<5>>,
    pub word: Signal<In, Bits<32>>,
    /// The record comes from the recorder, which gives recorded SAs their limit.
    pub restored: Signal<In, Bit>,
    /// The pair that `index` names has resync parameters.
    pub has_pair: Signal<In, Bit>,
    /// The staged SA is a recorded one.
    pub recorded: Signal<Out, Bit>,
    pub refusal: Signal<Out, Bits<4>>,
    s: Reg<ValidateState>,
    nonzero: Signal<Local, Bit>,
    above_32_bits: Signal<Local, Bit>,
    esn_here: Signal<Local, Bit>,
    zero_window: Signal<Local, Bit>,
    recorded_here: Signal<Local, Bit>,
    ceiling: Signal<Local, Bits<5>>,
    timeout: Signal<Local, Bits<5>>,
    interval: Signal<Local, Bits<5>>,
    /// How many there are.
    sas_here: Signal<Local, Bits<11>>,
    rules_here: Signal<Local, Bits<11>>,
    ipv4_here: Signal<Local, Bit>,
    ipv6_here: Signal<Local, Bit>,
    too_long: Signal<Local, Bit>,
    named: Signal<Local, Bits<11>>,
    wanted: Signal<Local, Bits<11>>,
    sas: [Constant<Bits<11>>; 2],
    rules: [Constant<Bits<11>>; 2],
    pairs: Constant<Bits<11>>,
    most_window: Constant<Bits<16>>,
    install_sa: Constant<Bits<3>>,
    delete_sa: Constant<Bits<3>>,
    write_rule: Constant<Bits<3>>,
    write_resync: Constant<Bits<3>>,
    set_sequence: Constant<Bits<3>>,
    set_limit: Constant<Bits<3>>,
    flag_recorded: Constant<Bits<32>>,
    at_control: Constant<Bits<5>>,
    at_retry: Constant<Bits<5>>,
    at_blank: [Constant<Bits<5>>; 2],
    at_ethernet: Constant<Bits<5>>,
    at_long_pair: [Constant<Bits<5>>; 6],
    control_reserved: Constant<Bits<32>>,
    retry_reserved: Constant<Bits<32>>,
    least_interval: Constant<Bits<5>>,
    most_interval: Constant<Bits<5>>,
    at_flags: Constant<Bits<5>>,
    at_spi: Constant<Bits<5>>,
    at_ports: Constant<Bits<5>>,
    at_long_key: [Constant<Bits<5>>; 4],
    at_long_address: [Constant<Bits<5>>; 6],
    at_sequence_high: Constant<Bits<5>>,
    at_limit_low: Constant<Bits<5>>,
    at_limit_high: Constant<Bits<5>>,
    flag_aes256: Constant<Bits<32>>,
    flag_esn: Constant<Bits<32>>,
    flag_udp: Constant<Bits<32>>,
    flag_ipv6: Constant<Bits<32>>,
    flags_reserved: Constant<Bits<32>>,
    at_rule_flags: Constant<Bits<5>>,
    at_prefixes: Constant<Bits<5>>,
    at_source_ports: Constant<Bits<5>>,
    at_destination_ports: Constant<Bits<5>>,
    rule_valid: Constant<Bits<32>>,
    rule_ipv4: Constant<Bits<32>>,
    rule_ipv6: Constant<Bits<32>>,
    rule_reserved: Constant<Bits<32>>,
    protect: Constant<Bits<2>>,
    no_action: Constant<Bits<2>>,
    most_ipv4_prefix: Constant<Bits<8>>,
    most_ipv6_prefix: Constant<Bits<8>>,
    refuse_index: Constant<Bits<4>>,
    refuse_operation: Constant<Bits<4>>,
    refuse_spi: Constant<Bits<4>>,
    refuse_flags: Constant<Bits<4>>,
    refuse_window: Constant<Bits<4>>,
    refuse_numbers: Constant<Bits<4>>,
    refuse_rule: Constant<Bits<4>>,
    refuse_pair: Constant<Bits<4>>,
}

impl Validate {
    /// Judges by the sizes of `capabilities`.
    pub fn new(capabilities: Capabilities) -> Self {
        let word = |value: u32| Constant::new((value as u64).into());
        let place = |value: usize| Constant::new((value as u64).into());
        let code = |refusal: Refusal| Constant::new((refusal.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            start: Default::default(),
            operation: Default::default(),
            index: Default::default(),
            inbound: Default::default(),
            valid: Default::default(),
            position: Default::default(),
            word: Default::default(),
            restored: Default::default(),
            has_pair: Default::default(),
            recorded: Default::default(),
            refusal: Default::default(),
            s: Default::default(),
            nonzero: Default::default(),
            above_32_bits: Default::default(),
            esn_here: Default::default(),
            zero_window: Default::default(),
            recorded_here: Default::default(),
            ceiling: Default::default(),
            timeout: Default::default(),
            interval: Default::default(),
            sas_here: Default::default(),
            rules_here: Default::default(),
            named: Default::default(),
            wanted: Default::default(),
            ipv4_here: Default::default(),
            ipv6_here: Default::default(),
            too_long: Default::default(),
            sas: capabilities.sas.map(|n| Constant::new((n as u64).into())),
            rules: capabilities.rules.map(|n| Constant::new((n as u64).into())),
            pairs: Constant::new((capabilities.pairs() as u64).into()),
            most_window: Constant::new((capabilities.window as u64).into()),
            install_sa: Constant::new((map::commit::INSTALL_SA as u64).into()),
            delete_sa: Constant::new((map::commit::DELETE_SA as u64).into()),
            write_rule: Constant::new((map::commit::WRITE_RULE as u64).into()),
            write_resync: Constant::new((map::commit::WRITE_RESYNC as u64).into()),
            set_sequence: Constant::new(SET_SEQUENCE.into()),
            set_limit: Constant::new(SET_LIMIT.into()),
            flag_recorded: word(sa::flags::RECORDED),
            at_control: place(pair::CONTROL),
            at_retry: place(pair::RETRY),
            at_blank: [6, 7].map(place),
            at_ethernet: place(pair::ETHERNET),
            at_long_pair: [pair::LOCAL + 1, pair::LOCAL + 2, pair::LOCAL + 3, pair::REMOTE + 1, pair::REMOTE + 2, pair::REMOTE + 3]
                .map(place),
            control_reserved: word(pair::CONTROL_RESERVED),
            retry_reserved: word(pair::RETRY_RESERVED),
            least_interval: Constant::new((*pair::INTERVAL.start() as u64).into()),
            most_interval: Constant::new((*pair::INTERVAL.end() as u64).into()),
            at_flags: place(sa::FLAGS),
            at_spi: place(sa::SPI),
            at_ports: place(sa::PORTS),
            at_long_key: [4, 5, 6, 7].map(|n| place(sa::KEY + n)),
            at_long_address: [sa::LOCAL + 1, sa::LOCAL + 2, sa::LOCAL + 3, sa::REMOTE + 1, sa::REMOTE + 2, sa::REMOTE + 3].map(place),
            at_sequence_high: place(sa::SEQUENCE + 1),
            at_limit_low: place(sa::LIMIT),
            at_limit_high: place(sa::LIMIT + 1),
            flag_aes256: word(sa::flags::AES256),
            flag_esn: word(sa::flags::ESN),
            flag_udp: word(sa::flags::UDP),
            flag_ipv6: word(sa::flags::IPV6),
            flags_reserved: word(sa::flags::RESERVED),
            at_rule_flags: place(rule::FLAGS),
            at_prefixes: place(rule::PREFIXES),
            at_source_ports: place(rule::SOURCE_PORTS),
            at_destination_ports: place(rule::DESTINATION_PORTS),
            rule_valid: word(rule::flags::VALID),
            rule_ipv4: word(rule::flags::IPV4),
            rule_ipv6: word(rule::flags::IPV6),
            rule_reserved: word(rule::flags::RESERVED),
            protect: Constant::new((rule::action::PROTECT as u64).into()),
            no_action: Constant::new(3.into()),
            most_ipv4_prefix: Constant::new(32.into()),
            most_ipv6_prefix: Constant::new(128.into()),
            refuse_index: code(Refusal::Index),
            refuse_operation: code(Refusal::Operation),
            refuse_spi: code(Refusal::Spi),
            refuse_flags: code(Refusal::Flags),
            refuse_window: code(Refusal::Window),
            refuse_numbers: code(Refusal::Sequence),
            refuse_rule: code(Refusal::Rule),
            refuse_pair: code(Refusal::Pair),
        }
    }
}

impl Logic for Validate {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s);
        self.s.reset.next = self.reset.val() | self.start.val();

        self.sas_here.next = self.sas[0].val();
        self.rules_here.next = self.rules[0].val();
        if self.inbound.val() {
            self.sas_here.next = self.sas[1].val();
            self.rules_here.next = self.rules[1].val();
        }
        self.named.next = bit_cast::<11, 10>(self.index.val());
        self.wanted.next = bit_cast::<11, 10>(self.word.val().get_bits::<10>(16));
        self.nonzero.next = self.word.val() != 0;
        // Of the high word of a 64-bit number: is the number above 2^32?
        self.above_32_bits.next = (self.word.val().get_bits::<31>(1) != 0) | (self.word.val().get_bit(0) & self.s.q.val().before_nonzero);
        self.esn_here.next = (self.word.val() & self.flag_esn.val()) != 0;
        self.recorded_here.next = (self.word.val() & self.flag_recorded.val()) != 0;
        self.interval.next = self.word.val().get_bits::<5>(16);
        self.timeout.next = self.word.val().get_bits::<5>(5);
        self.ceiling.next = self.word.val().get_bits::<5>(10);
        self.recorded.next = self.s.q.val().recorded;
        self.zero_window.next = self.word.val().get_bits::<16>(16) == 0;
        self.ipv4_here.next = (self.word.val() & self.rule_ipv4.val()) != 0;
        self.ipv6_here.next = (self.word.val() & self.rule_ipv6.val()) != 0;
        self.too_long.next = (self.word.val().get_bits::<8>(0) > self.most_ipv6_prefix.val())
            | (self.word.val().get_bits::<8>(8) > self.most_ipv6_prefix.val());
        if self.s.q.val().rule_ipv4_only {
            self.too_long.next = (self.word.val().get_bits::<8>(0) > self.most_ipv4_prefix.val())
                | (self.word.val().get_bits::<8>(8) > self.most_ipv4_prefix.val());
        }

        if self.valid.val() {
            self.s.d.next.before = self.word.val();
            self.s.d.next.before_nonzero = self.nonzero.val();
            self.s.d.next.earlier = self.s.q.val().before;

            // As an SA.
            if self.position.val() == self.at_flags.val() {
                self.s.d.next.aes256 = (self.word.val() & self.flag_aes256.val()) != 0;
                self.s.d.next.esn = self.esn_here.val();
                self.s.d.next.udp = (self.word.val() & self.flag_udp.val()) != 0;
                self.s.d.next.ipv6 = (self.word.val() & self.flag_ipv6.val()) != 0;
                self.s.d.next.bad_flags = (self.word.val() & self.flags_reserved.val()) != 0;
                self.s.d.next.bad_window = self.inbound.val()
                    & ((self.word.val().get_bits::<16>(16) > self.most_window.val())
                        | ((self.esn_here.val() | self.recorded_here.val()) & self.zero_window.val()));
                self.s.d.next.recorded = self.recorded_here.val();
            }
            if self.position.val() == self.at_spi.val() {
                self.s.d.next.bad_spi = self.word.val().get_bits::<24>(8) == 0;
            }
            if (self.position.val() == self.at_ports.val()) & (self.nonzero.val() & !self.s.q.val().udp) {
                self.s.d.next.bad_flags = true;
            }
            for i in 0..4 {
                if (self.position.val() == self.at_long_key[i].val()) & (self.nonzero.val() & !self.s.q.val().aes256) {
                    self.s.d.next.bad_flags = true;
                }
            }
            for i in 0..6 {
                if (self.position.val() == self.at_long_address[i].val()) & (self.nonzero.val() & !self.s.q.val().ipv6) {
                    self.s.d.next.bad_flags = true;
                }
            }
            if self.position.val() == self.at_sequence_high.val() {
                if !self.nonzero.val() & !self.s.q.val().before_nonzero {
                    self.s.d.next.bad_numbers = true;
                }
                // Of an outbound SA the limit says the same, but not of a recorded one, which has none yet.
                if self.above_32_bits.val() & !self.s.q.val().esn {
                    self.s.d.next.bad_numbers = true;
                }
            }
            if self.position.val() == self.at_limit_low.val() {
                self.s.d.next.low_above = self.s.q.val().earlier > self.word.val();
                if self.inbound.val() & self.nonzero.val() {
                    self.s.d.next.bad_flags = true;
                }
            }
            if self.position.val() == self.at_limit_high.val() {
                if self.inbound.val() {
                    if self.nonzero.val() {
                        self.s.d.next.bad_flags = true;
                    }
                } else if self.s.q.val().recorded & !self.restored.val() {
                    // The device chooses the limit of a recorded SA.
                    if self.nonzero.val() | self.s.q.val().before_nonzero {
                        self.s.d.next.bad_numbers = true;
                    }
                } else {
                    if (self.s.q.val().earlier > self.word.val()) | ((self.s.q.val().earlier == self.word.val()) & self.s.q.val().low_above)
                    {
                        self.s.d.next.bad_numbers = true;
                    }
                    if self.above_32_bits.val() & !self.s.q.val().esn {
                        self.s.d.next.bad_numbers = true;
                    }
                }
            }

            // As resync parameters.
            if self.position.val() == self.at_control.val() {
                self.s.d.next.pair_ipv6 = self.word.val().get_bit(31);
                self.s.d.next.bad_pair = ((self.word.val() & self.control_reserved.val()) != 0)
                    | (self.word.val().get_bits::<16>(0) == 0)
                    | (self.interval.val() < self.least_interval.val())
                    | (self.interval.val() > self.most_interval.val());
            }
            if (self.position.val() == self.at_retry.val())
                & (((self.word.val() & self.retry_reserved.val()) != 0) | (self.ceiling.val() < self.timeout.val()))
            {
                self.s.d.next.bad_pair = true;
            }
            if (self.position.val() == self.at_ethernet.val()) & (self.word.val().get_bits::<16>(16) != 0) {
                self.s.d.next.bad_pair = true;
            }
            for i in 0..2 {
                if (self.position.val() == self.at_blank[i].val()) & self.nonzero.val() {
                    self.s.d.next.bad_pair = true;
                }
            }
            for i in 0..6 {
                if (self.position.val() == self.at_long_pair[i].val()) & (self.nonzero.val() & !self.s.q.val().pair_ipv6) {
                    self.s.d.next.bad_pair = true;
                }
            }

            // As a rule.
            if self.position.val() == self.at_rule_flags.val() {
                self.s.d.next.rule_present = (self.word.val() & self.rule_valid.val()) != 0;
                self.s.d.next.rule_ipv4_only = self.ipv4_here.val() & !self.ipv6_here.val();
                self.s.d.next.rule_both = self.ipv4_here.val() & self.ipv6_here.val();
                self.s.d.next.bad_rule = ((self.word.val() & self.rule_reserved.val()) != 0)
                    | (!self.ipv4_here.val() & !self.ipv6_here.val())
                    | (self.word.val().get_bits::<2>(4) == self.no_action.val())
                    | ((self.word.val().get_bits::<2>(4) == self.protect.val()) & (self.wanted.val() >= self.sas_here.val()));
            }
            if (self.position.val() == self.at_prefixes.val())
                & ((self.word.val().get_bits::<16>(16) != 0) | (self.too_long.val() | (self.s.q.val().rule_both & self.nonzero.val())))
            {
                self.s.d.next.bad_rule = true;
            }
            if ((self.position.val() == self.at_source_ports.val()) | (self.position.val() == self.at_destination_ports.val()))
                & (self.word.val().get_bits::<16>(0) > self.word.val().get_bits::<16>(16))
            {
                self.s.d.next.bad_rule = true;
            }
        }

        self.refusal.next = 0.into();
        if self.operation.val() == self.write_rule.val() {
            if self.named.val() >= self.rules_here.val() {
                self.refusal.next = self.refuse_index.val();
            } else if self.s.q.val().rule_present & self.s.q.val().bad_rule {
                self.refusal.next = self.refuse_rule.val();
            }
        } else if (self.operation.val() == self.install_sa.val()) | (self.operation.val() == self.delete_sa.val()) {
            if self.named.val() >= self.sas_here.val() {
                self.refusal.next = self.refuse_index.val();
            } else if self.operation.val() == self.install_sa.val() {
                if self.s.q.val().bad_flags {
                    self.refusal.next = self.refuse_flags.val();
                } else if self.s.q.val().bad_spi {
                    self.refusal.next = self.refuse_spi.val();
                } else if self.s.q.val().bad_window {
                    self.refusal.next = self.refuse_window.val();
                } else if self.s.q.val().bad_numbers {
                    self.refusal.next = self.refuse_numbers.val();
                } else if self.s.q.val().recorded & !self.has_pair.val() {
                    self.refusal.next = self.refuse_pair.val();
                }
            }
        } else if self.operation.val() == self.write_resync.val() {
            if self.named.val() >= self.pairs.val() {
                self.refusal.next = self.refuse_index.val();
            } else if self.s.q.val().bad_pair {
                self.refusal.next = self.refuse_pair.val();
            }
        } else if self.restored.val() & ((self.operation.val() == self.set_sequence.val()) | (self.operation.val() == self.set_limit.val()))
        {
            self.refusal.next = 0.into();
        } else {
            self.refusal.next = self.refuse_operation.val();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::check::Bench;

    /// A correct record of an SA, the start of every mutation.
    pub(crate) fn good_sa(inbound: bool, ipv6: bool, udp: bool, esn: bool, aes256: bool) -> [u32; 24] {
        let mut words = [0u32; 24];
        let flag = |on: bool, flag: u32| if on { flag } else { 0 };
        words[sa::FLAGS] =
            flag(ipv6, sa::flags::IPV6) | flag(udp, sa::flags::UDP) | flag(esn, sa::flags::ESN) | flag(aes256, sa::flags::AES256);
        words[sa::FLAGS] |= sa::flags::TUNNEL | 64 << sa::flags::HOP_LIMIT_SHIFT | 1024 << sa::flags::WINDOW_SHIFT;
        words[sa::SPI] = 0x100;
        words[sa::SALT] = 0x5a17_5a17;
        words[sa::PORTS] = flag(udp, 4500 << 16 | 4500);
        for n in 0..if aes256 { 8 } else { 4 } {
            words[sa::KEY + n] = 0xa0a0_a0a0 + n as u32;
        }
        for n in 0..if ipv6 { 4 } else { 1 } {
            words[sa::LOCAL + n] = 0x0a00_0001 + n as u32;
            words[sa::REMOTE + n] = 0x0a00_0101 + n as u32;
        }
        words[sa::SEQUENCE] = 1;
        words[sa::LIMIT + 1] = flag(!inbound, 1);
        words
    }

    /// Correct resync parameters.
    pub(crate) fn good_pair() -> [u32; 24] {
        let mut words = [0u32; 24];
        words[pair::CONTROL] = 10 << pair::INTERVAL_SHIFT | 51847;
        words[pair::RETRY] = 2 << pair::SPREAD_SHIFT | 6 << pair::TIMEOUT_SHIFT | 10 << pair::CEILING_SHIFT | 3 << pair::FAILURES_SHIFT;
        words[pair::ETHERNET..pair::ETHERNET + 4].copy_from_slice(&[0x0200, 0x0000_0002, 0x0200_0000, 0x0001_0000]);
        words[pair::LOCAL] = 0x0a5a_0002;
        words[pair::REMOTE] = 0x0a5a_0001;
        words
    }

    /// A correct record of a rule.
    pub(crate) fn good_rule() -> [u32; 24] {
        let mut words = [0u32; 24];
        words[rule::FLAGS] = rule::flags::VALID
            | rule::flags::IPV4
            | rule::action::PROTECT << rule::flags::ACTION_SHIFT
            | 6 << 8
            | 31 << rule::flags::SA_SHIFT;
        words[rule::PREFIXES] = 32 << 8 | 24;
        words[rule::SOURCE_PORTS] = 0xffff_0000;
        words[rule::DESTINATION_PORTS] = 443 << 16 | 443;
        words[rule::SOURCE] = 0x0a00_0000;
        words[rule::DESTINATION] = 0x0a00_0101;
        words
    }

    fn judge(bench: &mut Bench<Validate>, operation: u32, inbound: bool, index: u32, words: &[u32; 24]) -> Option<Refusal> {
        bench.dut.operation.next = (operation as u64).into();
        bench.dut.inbound.next = inbound;
        bench.dut.index.next = (index as u64).into();
        bench.dut.valid.next = false;
        bench.dut.start.next = true;
        bench.cycle();
        bench.dut.start.next = false;
        bench.dut.valid.next = true;
        for (position, word) in words.iter().enumerate() {
            bench.dut.position.next = (position as u64).into();
            bench.dut.word.next = (*word as u64).into();
            bench.cycle();
        }
        bench.dut.valid.next = false;
        bench.settle();
        Refusal::from_code(bench.dut.refusal.val().index() as u8)
    }

    #[test]
    fn every_check_of_the_contract_names_its_refusal() {
        use Refusal::*;
        let mut bench = Bench::new("validate", Validate::new(Capabilities::default()), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let (install, delete, write_rule) = (map::commit::INSTALL_SA, map::commit::DELETE_SA, map::commit::WRITE_RULE);
        for shape in 0..32 {
            let words = good_sa(shape & 1 != 0, shape & 2 != 0, shape & 4 != 0, shape & 8 != 0, shape & 16 != 0);
            assert_eq!(judge(&mut bench, install, shape & 1 != 0, 31, &words), None, "shape {shape}");
        }
        // What is changed in a good record: word and value; then what becomes of it.
        let window = |n: u32| 0x4000 | n << 16;
        type Case<'a> = (bool, bool, &'a [(usize, u32)], Option<Refusal>);
        let cases: &[Case] = &[
            (false, false, &[(0, 0x80)], Some(Flags)),
            (false, false, &[(0, 0x40)], Some(Flags)),
            (true, false, &[(0, 0x4000_0080)], Some(Flags)),
            (false, false, &[(8, 1)], Some(Flags)),
            (false, false, &[(11, 1 << 31)], Some(Flags)),
            (false, false, &[(13, 1)], Some(Flags)),
            (false, false, &[(15, 1)], Some(Flags)),
            (false, false, &[(17, 1)], Some(Flags)),
            (false, false, &[(19, 1)], Some(Flags)),
            (false, false, &[(3, 1)], Some(Flags)),
            (true, false, &[(22, 1)], Some(Flags)),
            (true, false, &[(23, 1)], Some(Flags)),
            (true, false, &[(1, 255)], Some(Spi)),
            (false, false, &[(1, 0)], Some(Spi)),
            (false, false, &[(1, 0xffff_ffff)], None),
            (true, false, &[(0, window(1024))], None),
            (true, false, &[(0, window(1025))], Some(Window)),
            (true, false, &[(0, window(0))], None),
            (true, true, &[(0, window(0) | sa::flags::ESN)], Some(Window)),
            (false, true, &[(0, window(0) | sa::flags::ESN)], None),
            (false, false, &[(0, window(9000))], None),
            (false, false, &[(20, 0)], Some(Sequence)),
            (true, false, &[(20, 0)], Some(Sequence)),
            (false, false, &[(20, 9), (22, 9), (23, 0)], None),
            (false, false, &[(20, 10), (22, 9), (23, 0)], Some(Sequence)),
            (false, false, &[(22, 1)], Some(Sequence)),
            (false, false, &[(23, 2)], Some(Sequence)),
            (false, true, &[(22, 1), (23, 2)], None),
            (false, true, &[(20, 5), (21, 7), (22, 4), (23, 7)], Some(Sequence)),
            (false, true, &[(20, 5), (21, 7), (22, 5), (23, 7)], None),
            (false, true, &[(20, 5), (21, 7), (22, 6), (23, 6)], Some(Sequence)),
            (false, true, &[(20, 6), (21, 6), (22, 5), (23, 7)], None),
            (false, true, &[(20, 6), (21, 0x8000_0000), (22, 5), (23, 0x7fff_ffff)], Some(Sequence)),
            (true, false, &[(20, 0), (21, 1)], None),
            (true, false, &[(20, 1), (21, 1)], Some(Sequence)),
            (true, false, &[(20, 0), (21, 2)], Some(Sequence)),
            (true, true, &[(20, 1), (21, 2)], None),
            // The first that fails is named.
            (true, true, &[(0, 0x40), (1, 0), (20, 0)], Some(Flags)),
            (true, true, &[(0, window(1025)), (1, 0), (20, 0)], Some(Spi)),
            (true, true, &[(0, window(1025)), (20, 0)], Some(Window)),
        ];
        for (inbound, esn, changes, expected) in cases {
            let mut words = good_sa(*inbound, false, false, *esn, false);
            for (place, value) in *changes {
                words[*place] = *value;
            }
            assert_eq!(judge(&mut bench, install, *inbound, 0, &words), *expected, "inbound {inbound}, ESN {esn}, {changes:x?}");
        }
        // Recorded SAs: the device chooses the limit, there is a window, and the pair has parameters.
        let recorded = sa::flags::RECORDED;
        let cases: &[Case] = &[
            (false, true, &[(0, recorded), (23, 0)], None),
            (false, true, &[(0, recorded), (22, 9), (23, 0)], Some(Sequence)),
            (false, true, &[(0, recorded), (23, 1)], Some(Sequence)),
            (false, false, &[(0, recorded), (20, 0), (21, 1), (23, 0)], None),
            (false, false, &[(0, recorded), (20, 1), (21, 1), (23, 0)], Some(Sequence)),
            (true, true, &[(0, recorded | window(64))], None),
            (true, false, &[(0, recorded | window(0))], Some(Window)),
        ];
        for has_pair in [true, false] {
            bench.dut.has_pair.next = has_pair;
            for (inbound, esn, changes, expected) in cases {
                let mut words = good_sa(*inbound, false, false, *esn, false);
                for (place, value) in *changes {
                    words[*place] = *value;
                }
                let expected = expected.or((!has_pair).then_some(Pair));
                assert_eq!(judge(&mut bench, install, *inbound, 0, &words), expected, "inbound {inbound}, ESN {esn}, {changes:x?}");
                assert!(bench.dut.recorded.val());
            }
        }
        let write_resync = map::commit::WRITE_RESYNC;
        let cases: &[(&[(usize, u32)], bool)] = &[
            (&[], true),
            (&[(0, 0)], false),
            (&[(0, 3 << 16 | 5)], false),
            (&[(0, 4 << 16 | 5)], true),
            (&[(0, 24 << 16 | 0xffff)], true),
            (&[(0, 25 << 16 | 5)], false),
            (&[(0, 1 << 21 | 10 << 16 | 5)], false),
            (&[(0, 1 << 30 | 10 << 16 | 5)], false),
            (&[(1, 5 << 10 | 6 << 5)], false),
            (&[(1, 6 << 10 | 6 << 5 | 31)], true),
            (&[(1, 1 << 15)], false),
            (&[(1, 1 << 24)], false),
            (&[(2, 1 << 16)], false),
            (&[(6, 1)], false),
            (&[(7, 1 << 31)], false),
            (&[(9, 1)], false),
            (&[(15, 1)], false),
            (&[(0, 1 << 31 | 10 << 16 | 5), (9, 1), (15, 1)], true),
        ];
        for (changes, accepted) in cases {
            let mut words = good_pair();
            for (place, value) in *changes {
                words[*place] = *value;
            }
            assert_eq!(judge(&mut bench, write_resync, false, 0, &words), (!accepted).then_some(Pair), "{changes:x?}");
        }
        assert_eq!(judge(&mut bench, write_resync, false, 32, &good_pair()), Some(Index));
        // What the recorder commits: an SA with the limit it chose, and parts of an SA.
        bench.dut.restored.next = true;
        bench.dut.has_pair.next = true;
        let mut words = good_sa(false, false, false, true, true);
        words[sa::FLAGS] |= recorded;
        assert_eq!(judge(&mut bench, install, false, 3, &words), None);
        for operation in [SET_SEQUENCE, SET_LIMIT] {
            assert_eq!(judge(&mut bench, operation as u32, false, 3, &[0; 24]), None);
        }
        bench.dut.restored.next = false;

        let bad = [u32::MAX; 24];
        assert_eq!(judge(&mut bench, install, false, 32, &bad), Some(Index));
        assert_eq!(judge(&mut bench, delete, true, 32, &bad), Some(Index));
        assert_eq!(judge(&mut bench, delete, true, 31, &bad), None);
        assert_eq!(judge(&mut bench, write_rule, true, 16, &bad), Some(Index));
        for operation in [0, 5, 6, 7] {
            assert_eq!(judge(&mut bench, operation, false, 0, &good_rule()), Some(Operation));
        }
        assert_eq!(judge(&mut bench, write_rule, false, 15, &good_rule()), None);
        let mut removed = bad;
        removed[0] &= !rule::flags::VALID;
        assert_eq!(judge(&mut bench, write_rule, false, 15, &removed), None, "a rule that is not there is not judged");
        let cases: &[(&[(usize, u32)], bool)] = &[
            (&[(0, 0x43)], false),
            (&[(0, 0x83)], false),
            (&[(0, 0x400_0003)], false),
            (&[(0, 0x8000_0003)], false),
            (&[(0, 0x01)], false),
            (&[(0, 0x33)], false),
            (&[(0, 0x20_0023)], false),
            (&[(0, 0x3ff_0013)], true),
            (&[(0, 0x03), (1, 33)], false),
            (&[(0, 0x03), (1, 33 << 8)], false),
            (&[(0, 0x05), (1, 128 | 128 << 8)], true),
            (&[(0, 0x05), (1, 129)], false),
            (&[(0, 0x05), (1, 129 << 8)], false),
            (&[(0, 0x07), (1, 0)], true),
            (&[(0, 0x07), (1, 1)], false),
            (&[(0, 0x07), (1, 1 << 8)], false),
            (&[(1, 1 << 16)], false),
            (&[(2, 5 << 16 | 6)], false),
            (&[(3, 5 << 16 | 6)], false),
            (&[(3, 0xffff_fffe)], true),
        ];
        for (changes, accepted) in cases {
            let mut words = good_rule();
            for (place, value) in *changes {
                words[*place] = *value;
            }
            assert_eq!(judge(&mut bench, write_rule, true, 0, &words), (!accepted).then_some(Rule), "{changes:x?}");
        }
        bench.finish();
    }

    /// However many SAs there are, those of 32 pairs can be recorded.
    #[test]
    fn a_large_table_is_named_to_its_end() {
        let sizes = crate::Sizes { sas: crate::MOST_SAS, ..Default::default() };
        let mut bench = Bench::new("validate_large", Validate::new(Capabilities::new(sizes)), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let (install, delete, write_rule, write_resync) =
            (map::commit::INSTALL_SA, map::commit::DELETE_SA, map::commit::WRITE_RULE, map::commit::WRITE_RESYNC);
        for inbound in [false, true] {
            assert_eq!(judge(&mut bench, install, inbound, 1023, &good_sa(inbound, false, false, false, false)), None);
            assert_eq!(judge(&mut bench, delete, inbound, 1023, &[0; 24]), None);
        }
        let mut rule = good_rule();
        rule[rule::FLAGS] |= 1023 << rule::flags::SA_SHIFT;
        assert_eq!(judge(&mut bench, write_rule, false, 15, &rule), None);
        assert_eq!(judge(&mut bench, write_rule, false, 16, &rule), Some(Refusal::Index));
        assert_eq!(judge(&mut bench, write_resync, false, 31, &good_pair()), None);
        assert_eq!(judge(&mut bench, write_resync, false, 32, &good_pair()), Some(Refusal::Index));
        bench.finish();
    }
}
