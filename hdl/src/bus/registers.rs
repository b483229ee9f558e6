use super::decode::position;
use super::Decode;
use crate::cell::{Reg, Settle};
use crate::prelude::*;
use crate::{Sizes, RECORDABLE_SAS};
use holdfast_registers::map;

/// Sizes and features the capability registers show, and that commits are checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// SAs per direction (outbound, inbound).
    pub sas: [u16; 2],
    /// Rules per direction.
    pub rules: [u16; 2],
    /// Largest anti-replay window in packets.
    pub window: u16,
    /// Longest host frame in bytes, without FCS.
    pub frame: u16,
    /// Bits of `registers::map::features`.
    pub features: u32,
}

impl Default for Capabilities {
    /// Profile compact, as the register map has it.
    fn default() -> Self {
        let reset = |offset| map::at(offset).expect("a capability register").reset;
        let halves = |word: u32| [word as u16, (word >> 16) as u16];
        let limits = reset(map::CAP_LIMITS);
        Self {
            sas: halves(reset(map::CAP_SAS)),
            rules: halves(reset(map::CAP_RULES)),
            window: limits as u16,
            frame: (limits >> 16) as u16,
            features: reset(map::CAP_FEATURES),
        }
    }
}

impl Capabilities {
    /// Profile compact with tables of these sizes.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            sas: [sizes.sas as u16; 2],
            rules: [sizes.rules as u16; 2],
            window: sizes.window as u16,
            frame: sizes.frame as u16,
            ..Self::default()
        }
    }
    /// Pairs of SAs that can be recorded.
    pub fn pairs(&self) -> u16 {
        self.sas[0].min(self.sas[1]).min(RECORDABLE_SAS as u16)
    }
    /// `CAP_SAS`.
    pub fn sas_word(&self) -> u32 {
        (self.sas[1] as u32) << 16 | self.sas[0] as u32
    }
    /// `CAP_RULES`.
    pub fn rules_word(&self) -> u32 {
        (self.rules[1] as u32) << 16 | self.rules[0] as u32
    }
    /// `CAP_LIMITS`.
    pub fn limits_word(&self) -> u32 {
        (self.frame as u32) << 16 | self.window as u32
    }
}

/// Shortest `MAX_FRAME` that is accepted: the shortest Ethernet frame with its FCS.
const LEAST_MAX_FRAME: u64 = 64;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum RegistersPhase {
    Idle,
    /// The event memory takes two cycles.
    Look,
    Act,
    /// A counter is under way.
    Count,
    Answer,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct RegistersState {
    pub writing: Bit,
    pub address: Bits<12>,
    pub known: Bit,
    pub readable: Bit,
    pub writable: Bit,
    pub which: Bits<5>,
    pub error: Bit,
    pub value: Bits<32>,
    pub interrupt: Bit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Settings {
    pub enable: Bit,
    pub irq_event: Bit,
    pub irq_overflow: Bit,
    pub policy: Bits<3>,
    pub nat_t_port: Bits<16>,
    pub max_frame: Bits<16>,
    pub control_port: Bits<16>,
    pub detect: Bits<16>,
    pub counter_group: Bits<5>,
}

/// The device's clock: cycles since reset, in two words of which the upper follows the lower in the same cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct TimeBase {
    pub low: Bits<32>,
    pub high: Bits<32>,
    pub carry: Bit,
    pub latched: Bits<32>,
}

/// The register file behind [`super::AxiLite`]: settings, capabilities, time, and the doors to commits, events and counters.
///
/// An access is answered 3 cycles after its pulse, a counter when its tally answers. The rules are those of `registers::map`: reserved addresses and writes to read-only
/// registers answer SLVERR, write-only ones read as zero, reserved bits of a write are ignored. Further refused, with nothing changed: `MAX_FRAME` below 64 or above
/// `CAP_LIMITS.frame`; `COMMIT` *and `STAGE`* while busy, because a record must not change between check and copy.
///
/// * To the commit block: `doorbell`, `zeroize` and `stage_write` are pulses, their operands are the bus's `write_data` and `address`. `zeroize` works at any time.
/// * To the recorder: `resync_command` is a pulse, its operands are the bus's `write_data`; not while `resync_status` bit 0 or `busy`.
/// * To the tallies: `counter_read` holds until `counter_ack`; the counter's word is the bus's `address`.
/// * To the events: `pop`, `clear_overflow` are pulses; the word is `address`; `event_data` is expected two cycles after the address.
#[derive(LogicBlock, Ports)]
pub struct Registers {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub read: Signal<In, Bit>,
    pub address: Signal<In, Bits<12>>,
    pub write_data: Signal<In, Bits<32>>,
    pub ack: Signal<Out, Bit>,
    pub error: Signal<Out, Bit>,
    pub read_data: Signal<Out, Bits<32>>,
    pub enable: Signal<Out, Bit>,
    pub policy: Signal<Out, Bits<3>>,
    pub nat_t_port: Signal<Out, Bits<16>>,
    pub max_frame: Signal<Out, Bits<16>>,
    pub control_port: Signal<Out, Bits<16>>,
    pub authentication_limit: Signal<Out, Bits<8>>,
    pub replay_limit: Signal<Out, Bits<8>>,
    /// A pulse: the recorder brought SAs back, and sets `CONTROL.enable` by itself.
    pub enable_set: Signal<In, Bit>,
    /// A pulse: resync parameters set the control port.
    pub port_set: Signal<In, Bit>,
    pub port: Signal<In, Bits<16>>,
    pub resync_status: Signal<In, Bits<5>>,
    pub quarantine: Signal<In, Bits<32>>,
    pub counter_group: Signal<Out, Bits<5>>,
    pub resync_command: Signal<Out, Bit>,
    pub irq: Signal<Out, Bit>,
    pub time_low: Signal<Out, Bits<32>>,
    pub time_high: Signal<Out, Bits<32>>,
    pub doorbell: Signal<Out, Bit>,
    pub zeroize: Signal<Out, Bit>,
    pub stage_write: Signal<Out, Bit>,
    pub busy: Signal<In, Bit>,
    pub refusal: Signal<In, Bits<4>>,
    pub pop: Signal<Out, Bit>,
    pub clear_overflow: Signal<Out, Bit>,
    pub event_data: Signal<In, Bits<32>>,
    pub waiting: Signal<In, Bit>,
    pub overflow: Signal<In, Bit>,
    pub counter_read: [Signal<Out, Bit>; 2],
    pub counter_ack: [Signal<In, Bit>; 2],
    pub counter_data: [Signal<In, Bits<32>>; 2],
    decode: Settle<Decode>,
    s: Reg<RegistersState>,
    state: Reg<RegistersPhase>,
    set: Reg<Settings>,
    clock_base: Reg<TimeBase>,
    writes: Signal<Local, Bit>,
    reads: Signal<Local, Bit>,
    refused: Signal<Local, Bit>,
    recorder_busy: Signal<Local, Bit>,
    runs: Signal<Local, Bits<16>>,
    status: Signal<Local, Bits<32>>,
    irq_word: Signal<Local, Bits<32>>,
    value: Signal<Local, Bits<32>>,
    before_wrap: Constant<Bits<32>>,
    id: Constant<Bits<32>>,
    version: Constant<Bits<32>>,
    cap_sas: Constant<Bits<32>>,
    cap_rules: Constant<Bits<32>>,
    cap_limits: Constant<Bits<32>>,
    cap_features: Constant<Bits<32>>,
    most: Constant<Bits<16>>,
    least: Constant<Bits<16>>,
    status_busy: Constant<Bits<32>>,
    status_event: Constant<Bits<32>>,
    status_overflow: Constant<Bits<32>>,
    at_id: Constant<Bits<5>>,
    at_version: Constant<Bits<5>>,
    at_cap_sas: Constant<Bits<5>>,
    at_cap_rules: Constant<Bits<5>>,
    at_counter_group: Constant<Bits<5>>,
    at_cap_limits: Constant<Bits<5>>,
    at_cap_features: Constant<Bits<5>>,
    at_control: Constant<Bits<5>>,
    at_status: Constant<Bits<5>>,
    at_irq_enable: Constant<Bits<5>>,
    at_policy: Constant<Bits<5>>,
    at_nat_t_port: Constant<Bits<5>>,
    at_max_frame: Constant<Bits<5>>,
    at_resync: Constant<Bits<5>>,
    at_detect: Constant<Bits<5>>,
    at_resync_command: Constant<Bits<5>>,
    at_resync_status: Constant<Bits<5>>,
    at_quarantine: Constant<Bits<5>>,
    at_time_low: Constant<Bits<5>>,
    at_time_high: Constant<Bits<5>>,
    at_commit: Constant<Bits<5>>,
    at_result: Constant<Bits<5>>,
    at_event: Constant<Bits<5>>,
    at_event_pop: Constant<Bits<5>>,
    at_stage: Constant<Bits<5>>,
    at_counters: [Constant<Bits<5>>; 2],
}

impl Registers {
    pub fn new(capabilities: Capabilities) -> Self {
        let word = |value: u32| Constant::new((value as u64).into());
        let reset = |offset| map::at(offset).expect("a register of the map").reset as u64;
        Self {
            clock: Default::default(),
            reset: Default::default(),
            write: Default::default(),
            read: Default::default(),
            address: Default::default(),
            write_data: Default::default(),
            ack: Default::default(),
            error: Default::default(),
            read_data: Default::default(),
            enable: Default::default(),
            policy: Default::default(),
            nat_t_port: Default::default(),
            max_frame: Default::default(),
            control_port: Default::default(),
            authentication_limit: Default::default(),
            replay_limit: Default::default(),
            enable_set: Default::default(),
            port_set: Default::default(),
            port: Default::default(),
            resync_status: Default::default(),
            quarantine: Default::default(),
            counter_group: Default::default(),
            resync_command: Default::default(),
            irq: Default::default(),
            time_low: Default::default(),
            time_high: Default::default(),
            doorbell: Default::default(),
            zeroize: Default::default(),
            stage_write: Default::default(),
            busy: Default::default(),
            refusal: Default::default(),
            pop: Default::default(),
            clear_overflow: Default::default(),
            event_data: Default::default(),
            waiting: Default::default(),
            overflow: Default::default(),
            counter_read: Default::default(),
            counter_ack: Default::default(),
            counter_data: Default::default(),
            decode: Default::default(),
            s: Default::default(),
            state: Default::default(),
            set: Reg::new(Settings {
                enable: false,
                irq_event: reset(map::IRQ_ENABLE) & 1 != 0,
                irq_overflow: reset(map::IRQ_ENABLE) & 2 != 0,
                policy: reset(map::POLICY).into(),
                nat_t_port: reset(map::NAT_T_PORT).into(),
                max_frame: reset(map::MAX_FRAME).min(capabilities.frame as u64).into(),
                control_port: reset(map::RESYNC).into(),
                detect: reset(map::DETECT).into(),
                counter_group: reset(map::COUNTER_GROUP).into(),
            }),
            clock_base: Default::default(),
            writes: Default::default(),
            reads: Default::default(),
            refused: Default::default(),
            recorder_busy: Default::default(),
            runs: Default::default(),
            status: Default::default(),
            irq_word: Default::default(),
            value: Default::default(),
            before_wrap: word(u32::MAX - 1),
            id: word(map::ID_VALUE),
            version: word(map::VERSION_VALUE),
            cap_sas: word(capabilities.sas_word()),
            cap_rules: word(capabilities.rules_word()),
            cap_limits: word(capabilities.limits_word()),
            cap_features: word(capabilities.features),
            most: Constant::new((capabilities.frame as u64).into()),
            least: Constant::new(LEAST_MAX_FRAME.into()),
            status_busy: word(map::status::BUSY),
            status_event: word(map::status::EVENT),
            status_overflow: word(map::status::OVERFLOW),
            at_id: position(map::ID),
            at_version: position(map::VERSION),
            at_cap_sas: position(map::CAP_SAS),
            at_cap_rules: position(map::CAP_RULES),
            at_counter_group: position(map::COUNTER_GROUP),
            at_cap_limits: position(map::CAP_LIMITS),
            at_cap_features: position(map::CAP_FEATURES),
            at_control: position(map::CONTROL),
            at_status: position(map::STATUS),
            at_irq_enable: position(map::IRQ_ENABLE),
            at_policy: position(map::POLICY),
            at_nat_t_port: position(map::NAT_T_PORT),
            at_max_frame: position(map::MAX_FRAME),
            at_resync: position(map::RESYNC),
            at_detect: position(map::DETECT),
            at_resync_command: position(map::RESYNC_COMMAND),
            at_resync_status: position(map::RESYNC_STATUS),
            at_quarantine: position(map::QUARANTINE),
            at_time_low: position(map::TIME_LOW),
            at_time_high: position(map::TIME_HIGH),
            at_commit: position(map::COMMIT),
            at_result: position(map::RESULT),
            at_event: position(map::EVENT),
            at_event_pop: position(map::EVENT_POP),
            at_stage: position(map::STAGE),
            at_counters: [position(map::COUNTERS_OUTBOUND), position(map::COUNTERS_INBOUND)],
        }
    }
}

impl Logic for Registers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, set, clock_base);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.set.reset.next = self.reset.val();
        self.clock_base.reset.next = self.reset.val();
        self.decode.address.next = self.s.q.val().address;

        self.clock_base.d.next.low = self.clock_base.q.val().low + 1;
        self.clock_base.d.next.carry = self.clock_base.q.val().low == self.before_wrap.val();
        if self.clock_base.q.val().carry {
            self.clock_base.d.next.high = self.clock_base.q.val().high + 1;
        }

        self.doorbell.next = false;
        self.zeroize.next = false;
        self.stage_write.next = false;
        self.pop.next = false;
        self.clear_overflow.next = false;
        self.resync_command.next = false;
        self.counter_read[0].next = false;
        self.counter_read[1].next = false;

        self.status.next = 0.into();
        if self.busy.val() {
            self.status.next = self.status.val() | self.status_busy.val();
        }
        if self.waiting.val() {
            self.status.next = self.status.val() | self.status_event.val();
        }
        if self.overflow.val() {
            self.status.next = self.status.val() | self.status_overflow.val();
        }

        self.irq_word.next = 0.into();
        if self.set.q.val().irq_event {
            self.irq_word.next = 1.into();
        }
        if self.set.q.val().irq_overflow {
            self.irq_word.next = self.irq_word.val() | 2;
        }

        self.value.next = 0.into();
        if self.s.q.val().which == self.at_id.val() {
            self.value.next = self.id.val();
        } else if self.s.q.val().which == self.at_version.val() {
            self.value.next = self.version.val();
        } else if self.s.q.val().which == self.at_cap_sas.val() {
            self.value.next = self.cap_sas.val();
        } else if self.s.q.val().which == self.at_cap_rules.val() {
            self.value.next = self.cap_rules.val();
        } else if self.s.q.val().which == self.at_counter_group.val() {
            self.value.next = bit_cast::<32, 5>(self.set.q.val().counter_group);
        } else if self.s.q.val().which == self.at_cap_limits.val() {
            self.value.next = self.cap_limits.val();
        } else if self.s.q.val().which == self.at_cap_features.val() {
            self.value.next = self.cap_features.val();
        } else if self.s.q.val().which == self.at_control.val() {
            if self.set.q.val().enable {
                self.value.next = 1.into();
            }
        } else if self.s.q.val().which == self.at_status.val() {
            self.value.next = self.status.val();
        } else if self.s.q.val().which == self.at_irq_enable.val() {
            self.value.next = self.irq_word.val();
        } else if self.s.q.val().which == self.at_policy.val() {
            self.value.next = bit_cast::<32, 3>(self.set.q.val().policy);
        } else if self.s.q.val().which == self.at_nat_t_port.val() {
            self.value.next = bit_cast::<32, 16>(self.set.q.val().nat_t_port);
        } else if self.s.q.val().which == self.at_max_frame.val() {
            self.value.next = bit_cast::<32, 16>(self.set.q.val().max_frame);
        } else if self.s.q.val().which == self.at_time_low.val() {
            self.value.next = self.clock_base.q.val().low;
        } else if self.s.q.val().which == self.at_time_high.val() {
            self.value.next = self.clock_base.q.val().latched;
        } else if self.s.q.val().which == self.at_result.val() {
            self.value.next = bit_cast::<32, 4>(self.refusal.val());
        } else if self.s.q.val().which == self.at_resync.val() {
            self.value.next = bit_cast::<32, 16>(self.set.q.val().control_port);
        } else if self.s.q.val().which == self.at_detect.val() {
            self.value.next = bit_cast::<32, 16>(self.set.q.val().detect);
        } else if self.s.q.val().which == self.at_resync_status.val() {
            self.value.next = bit_cast::<32, 5>(self.resync_status.val());
        } else if self.s.q.val().which == self.at_quarantine.val() {
            self.value.next = self.quarantine.val();
        } else if self.s.q.val().which == self.at_event.val() {
            self.value.next = self.event_data.val();
        }

        self.writes.next = self.s.q.val().writing & self.s.q.val().writable;
        self.reads.next = !self.s.q.val().writing & self.s.q.val().readable;
        self.refused.next = !self.s.q.val().known | (self.s.q.val().writing & !self.s.q.val().writable);
        self.recorder_busy.next = self.busy.val() | self.resync_status.val().get_bit(0);
        if self.port_set.val() {
            self.set.d.next.control_port = self.port.val();
        }
        match self.state.q.val() {
            RegistersPhase::Idle => {
                self.s.d.next.writing = self.write.val();
                self.s.d.next.address = self.address.val();
                if self.write.val() | self.read.val() {
                    self.state.d.next = RegistersPhase::Look;
                }
            }
            RegistersPhase::Look => {
                self.s.d.next.known = self.decode.known.val();
                self.s.d.next.readable = self.decode.readable.val();
                self.s.d.next.writable = self.decode.writable.val();
                self.s.d.next.which = self.decode.which.val();
                self.state.d.next = RegistersPhase::Act;
            }
            RegistersPhase::Act => {
                self.state.d.next = RegistersPhase::Answer;
                self.s.d.next.value = 0.into();
                if self.reads.val() {
                    self.s.d.next.value = self.value.val();
                    if self.s.q.val().which == self.at_time_low.val() {
                        self.clock_base.d.next.latched = self.clock_base.q.val().high;
                    }
                    if (self.s.q.val().which == self.at_counters[0].val()) | (self.s.q.val().which == self.at_counters[1].val()) {
                        self.state.d.next = RegistersPhase::Count;
                    }
                }
                if self.writes.val() {
                    if self.s.q.val().which == self.at_control.val() {
                        self.set.d.next.enable = self.write_data.val().get_bit(0);
                        self.zeroize.next = self.write_data.val().get_bit(1);
                    } else if self.s.q.val().which == self.at_irq_enable.val() {
                        self.set.d.next.irq_event = self.write_data.val().get_bit(0);
                        self.set.d.next.irq_overflow = self.write_data.val().get_bit(1);
                    } else if self.s.q.val().which == self.at_policy.val() {
                        self.set.d.next.policy = self.write_data.val().get_bits::<3>(0);
                    } else if self.s.q.val().which == self.at_nat_t_port.val() {
                        self.set.d.next.nat_t_port = self.write_data.val().get_bits::<16>(0);
                    } else if self.s.q.val().which == self.at_max_frame.val() {
                        if (self.write_data.val().get_bits::<16>(16) != 0)
                            | (self.write_data.val().get_bits::<16>(0) > self.most.val())
                            | (self.write_data.val().get_bits::<16>(0) < self.least.val())
                        {
                            self.refused.next = true;
                        } else {
                            self.set.d.next.max_frame = self.write_data.val().get_bits::<16>(0);
                        }
                    } else if self.s.q.val().which == self.at_commit.val() {
                        self.doorbell.next = !self.busy.val();
                        self.refused.next = self.busy.val();
                    } else if self.s.q.val().which == self.at_stage.val() {
                        self.stage_write.next = !self.busy.val();
                        self.refused.next = self.busy.val();
                    } else if self.s.q.val().which == self.at_resync.val() {
                        self.set.d.next.control_port = self.write_data.val().get_bits::<16>(0);
                    } else if self.s.q.val().which == self.at_detect.val() {
                        self.set.d.next.detect = self.write_data.val().get_bits::<16>(0);
                    } else if self.s.q.val().which == self.at_counter_group.val() {
                        self.set.d.next.counter_group = self.write_data.val().get_bits::<5>(0);
                    } else if self.s.q.val().which == self.at_resync_command.val() {
                        self.resync_command.next = !self.recorder_busy.val();
                        self.refused.next = self.recorder_busy.val();
                    } else if self.s.q.val().which == self.at_event_pop.val() {
                        self.pop.next = self.write_data.val().get_bit(0);
                        self.clear_overflow.next = self.write_data.val().get_bit(1);
                    }
                }
                self.s.d.next.error = self.refused.val();
            }
            RegistersPhase::Count => {
                for i in 0..2 {
                    if self.s.q.val().which == self.at_counters[i].val() {
                        self.counter_read[i].next = true;
                        if self.counter_ack[i].val() {
                            self.s.d.next.value = self.counter_data[i].val();
                            self.state.d.next = RegistersPhase::Answer;
                        }
                    }
                }
            }
            RegistersPhase::Answer => {
                self.state.d.next = RegistersPhase::Idle;
            }
            _ => {}
        }

        if self.enable_set.val() {
            self.set.d.next.enable = true;
        }

        self.ack.next = self.state.q.val() == RegistersPhase::Answer;
        self.error.next = self.s.q.val().error;
        self.read_data.next = self.s.q.val().value;
        self.s.d.next.interrupt = (self.set.q.val().irq_event & self.waiting.val()) | (self.set.q.val().irq_overflow & self.overflow.val());
        self.irq.next = self.s.q.val().interrupt;
        self.enable.next = self.set.q.val().enable;
        self.policy.next = self.set.q.val().policy;
        self.nat_t_port.next = self.set.q.val().nat_t_port;
        self.max_frame.next = self.set.q.val().max_frame;
        self.control_port.next = self.set.q.val().control_port;
        self.counter_group.next = self.set.q.val().counter_group;
        self.runs.next = self.set.q.val().detect;
        self.authentication_limit.next = self.runs.val().get_bits::<8>(0);
        self.replay_limit.next = self.runs.val().get_bits::<8>(8);
        self.time_low.next = self.clock_base.q.val().low;
        self.time_high.next = self.clock_base.q.val().high;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use holdfast_registers::map::{Access, REGISTERS};

    /// One access over the simple bus: answer and error.
    fn access(bench: &mut Bench<Registers>, address: u32, write: Option<u32>) -> (u32, bool) {
        bench.dut.address.next = (address as u64).into();
        bench.dut.write_data.next = (write.unwrap_or(0) as u64).into();
        bench.dut.write.next = write.is_some();
        bench.dut.read.next = write.is_none();
        for _ in 0..40 {
            bench.cycle();
            bench.dut.write.next = false;
            bench.dut.read.next = false;
            if bench.dut.ack.val() {
                let answer = (bench.dut.read_data.val().index() as u32, bench.dut.error.val());
                bench.cycle();
                return answer;
            }
        }
        panic!("{address:#x}: no answer");
    }

    #[test]
    fn the_map_is_the_file() {
        let mut bench = Bench::new("registers", Registers::new(Capabilities::default()), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        bench.dut.event_data.next = 0xe0e0_0001u64.into();
        for d in 0..2 {
            bench.dut.counter_ack[d].next = true;
            bench.dut.counter_data[d].next = (0xc0 + d as u64).into();
        }
        let (first, _) = access(&mut bench, map::TIME_LOW, None);
        for address in (0..0x1000).step_by(4) {
            // Of the long rows and the wide reserved ranges a sample is enough for the slow simulation.
            if address > 0x180 && address % 0x3c != 0 && address % 0x400 > 8 {
                continue;
            }
            let register = map::at(address);
            let (value, error) = access(&mut bench, address, None);
            assert_eq!(error, register.is_none(), "reading {address:#x}");
            let expected = match register {
                None => Some(0),
                Some(r) if r.access == Access::WriteOnly => Some(0),
                Some(r) => match r.name {
                    "TIME_LOW" => None,
                    "EVENT" => Some(0xe0e0_0001),
                    "COUNTERS_OUTBOUND" => Some(0xc0),
                    "COUNTERS_INBOUND" => Some(0xc1),
                    _ => Some(r.reset),
                },
            };
            assert!(expected.is_none_or(|e| e == value), "{address:#x}: {value:#x}, expected {expected:x?}");
            let writable = register.is_some_and(|r| r.access != Access::ReadOnly);
            if !writable {
                assert_eq!(access(&mut bench, address, Some(0xffff_ffff)), (0, true), "writing {address:#x}");
            }
        }
        let (second, _) = access(&mut bench, map::TIME_LOW, None);
        assert!(second > first + 500, "time runs: {first}, {second}");
        assert_eq!(REGISTERS.iter().filter(|r| r.access == Access::ReadWrite).count(), 8, "a new setting needs a line below");
        for (address, written, read, error) in [
            (map::CONTROL, 0xffff_fffdu32, 1u32, false),
            (map::IRQ_ENABLE, 0xffff_ffff, 3, false),
            (map::POLICY, 0xffff_fffe, 6, false),
            (map::NAT_T_PORT, 0xabcd_1194, 0x1194, false),
            (map::RESYNC, 0x1_beef, 0xbeef, false),
            (map::DETECT, 0x5_0a0b, 0x0a0b, false),
            (map::COUNTER_GROUP, 0xffff_fff2, 0x12, false),
            (map::MAX_FRAME, 1000, 1000, false),
            (map::MAX_FRAME, 63, 1000, true),
            (map::MAX_FRAME, 1523, 1000, true),
            (map::MAX_FRAME, 0x1_0040, 1000, true),
            (map::MAX_FRAME, 64, 64, false),
            (map::MAX_FRAME, 1522, 1522, false),
        ] {
            assert_eq!(access(&mut bench, address, Some(written)), (0, error), "{address:#x}");
            assert_eq!(access(&mut bench, address, None), (read, false), "{address:#x}");
        }
        let dut = &bench.dut;
        assert_eq!(
            (dut.enable.val(), dut.policy.val().index(), dut.nat_t_port.val().index(), dut.max_frame.val().index()),
            (true, 6, 0x1194, 1522)
        );
        bench.finish();
    }

    #[test]
    fn doors_open_once_and_not_while_busy() {
        let mut bench = Bench::new("registers_doors", Registers::new(Capabilities::default()), |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        for (busy, address, data, expected, error) in [
            (false, map::COMMIT, 0x1_0000u32, [1, 0, 0, 0, 0, 0], false),
            (false, map::STAGE + 92, 0, [0, 1, 0, 0, 0, 0], false),
            (false, map::CONTROL, map::control::ZEROIZE, [0, 0, 1, 0, 0, 0], false),
            (false, map::EVENT_POP, 1, [0, 0, 0, 1, 0, 0], false),
            (false, map::EVENT_POP, 2, [0, 0, 0, 0, 1, 0], false),
            (false, map::RESYNC_COMMAND, 0x1_0003, [0, 0, 0, 0, 0, 1], false),
            (true, map::RESYNC_COMMAND, 0x1_0003, [0; 6], true),
            (true, map::COMMIT, 0x1_0000, [0; 6], true),
            (true, map::STAGE, 5, [0; 6], true),
            (true, map::CONTROL, map::control::ZEROIZE, [0, 0, 1, 0, 0, 0], false),
            (true, map::STAGE + 96, 0, [0; 6], true),
        ] {
            let dut = &mut bench.dut;
            dut.busy.next = busy;
            dut.address.next = (address as u64).into();
            dut.write_data.next = (data as u64).into();
            dut.write.next = true;
            let mut pulses = [0; 6];
            let mut answered = false;
            while !answered {
                bench.settle();
                let dut = &bench.dut;
                for (n, pulse) in
                    [&dut.doorbell, &dut.stage_write, &dut.zeroize, &dut.pop, &dut.clear_overflow, &dut.resync_command].iter().enumerate()
                {
                    pulses[n] += pulse.val() as u32;
                }
                answered = dut.ack.val();
                if answered {
                    assert_eq!((pulses, dut.error.val()), (expected, error), "{address:#x}");
                }
                bench.cycle();
                bench.dut.write.next = false;
            }
        }
        bench.dut.busy.next = false;
        bench.dut.waiting.next = true;
        assert_eq!(access(&mut bench, map::STATUS, None), (map::status::EVENT, false));
        assert!(!bench.dut.irq.val(), "not enabled");
        access(&mut bench, map::IRQ_ENABLE, Some(1));
        assert!(bench.dut.irq.val());
        bench.dut.waiting.next = false;
        bench.dut.overflow.next = true;
        bench.dut.busy.next = true;
        assert_eq!(access(&mut bench, map::STATUS, None), (map::status::OVERFLOW | map::status::BUSY, false));
        assert!(!bench.dut.irq.val());
        access(&mut bench, map::IRQ_ENABLE, Some(2));
        assert!(bench.dut.irq.val());
        bench.finish();
    }

    #[test]
    fn time_is_read_in_one_piece() {
        let mut dut = Registers::new(Capabilities::default());
        dut.clock_base = Reg::new(TimeBase { low: (u32::MAX as u64 - 15).into(), high: 6.into(), ..Default::default() });
        let mut bench = Bench::new("registers_time", dut, |d| &mut d.clock);
        bench.dut.reset.next = true;
        bench.cycle();
        bench.dut.reset.next = false;
        let (mut before, mut times) = (0, vec![]);
        for n in 0..6 {
            let (low, _) = access(&mut bench, map::TIME_LOW, None);
            // The upper word has moved on by now, or not: what is read belongs to the lower one.
            let (high, _) = access(&mut bench, map::TIME_HIGH, None);
            let time = (high as u64) << 32 | low as u64;
            assert!(n == 0 || time == before + 8, "{time:#x} after {before:#x}");
            before = time;
            times.push(high);
        }
        assert_eq!((times[0], times[5]), (6, 7), "the carry was not met");
        bench.finish();
    }
}
