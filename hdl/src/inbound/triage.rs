use crate::cell::{row, Reg};
use crate::parse::Facts;
use crate::prelude::*;
use holdfast_registers::Reason;

/// What a frame from the network is.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Arrival {
    /// Reason to drop it, or zero.
    pub reason: Bits<5>,
    /// ESP; otherwise it goes on as it is.
    pub esp: Bit,
    /// A fragment of ESP, for the host.
    pub to_host: Bit,
    pub udp: Bit,
    pub spi: Bits<32>,
    pub low: Bits<32>,
    pub iv_high: Bits<32>,
    pub iv_low: Bits<32>,
    /// Where ESP begins, and its bytes.
    pub esp_word: Bits<10>,
    pub esp_bytes: Bits<16>,
}

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum TriageState {
    Idle,
    Measure,
    Judge,
    Done,
}

/// Tells ESP, ESP in UDP (RFC 3948), their fragments and everything else apart: three clocks after `go`, which with its inputs is held until `take`.
/// `ready` and `arrival` stay until then.
#[derive(LogicBlock, Ports)]
pub struct Triage {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub nat_t_port: Signal<In, Bits<16>>,
    pub go: Signal<In, Bit>,
    pub facts: Signal<In, Facts>,
    pub upper: [Signal<In, Bits<32>>; 6],
    pub ready: Signal<Out, Bit>,
    pub take: Signal<In, Bit>,
    pub arrival: Signal<Out, Arrival>,
    state: Reg<TriageState>,
    made: Reg<Arrival>,
    /// Bytes from the upper protocol's header to the end of the packet.
    span: Reg<Bits<16>>,
    bad: Reg<Bit>,
    malformed: Constant<Bits<5>>,
    keep_alive: Constant<Bits<5>>,
    esp_length: Constant<Bits<5>>,
    ports: Signal<Local, Bits<32>>,
    lengths: Signal<Local, Bits<32>>,
    udp_bytes: Signal<Local, Bits<16>>,
    marker: Signal<Local, Bits<32>>,
    is_nat_t: Signal<Local, Bit>,
    esp_bytes: Signal<Local, Bits<16>>,
    enough: Signal<Local, Bit>,
}

impl Default for Triage {
    fn default() -> Self {
        let reason = |r: Reason| Constant::new((r.code() as u64).into());
        Self {
            clock: Default::default(),
            reset: Default::default(),
            nat_t_port: Default::default(),
            go: Default::default(),
            facts: Default::default(),
            upper: row(),
            ready: Default::default(),
            take: Default::default(),
            arrival: Default::default(),
            state: Reg::new(TriageState::Idle),
            made: Default::default(),
            span: Default::default(),
            bad: Default::default(),
            malformed: reason(Reason::Malformed),
            keep_alive: reason(Reason::KeepAlive),
            esp_length: reason(Reason::EspLength),
            ports: Default::default(),
            lengths: Default::default(),
            udp_bytes: Default::default(),
            marker: Default::default(),
            is_nat_t: Default::default(),
            esp_bytes: Default::default(),
            enough: Default::default(),
        }
    }
}

impl Logic for Triage {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, made, span, bad);
        self.state.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();
        self.span.reset.next = self.reset.val();
        self.bad.reset.next = self.reset.val();

        self.ready.next = self.state.q.val() == TriageState::Done;
        self.arrival.next = self.made.q.val();
        // The parser has put ESP's words where they stand behind UDP.
        self.arrival.next.spi = self.upper[2].val();
        self.arrival.next.low = self.upper[3].val();
        self.arrival.next.iv_high = self.upper[4].val();
        self.arrival.next.iv_low = self.upper[5].val();
        self.ports.next = self.upper[0].val();
        self.lengths.next = self.upper[1].val();
        self.udp_bytes.next = self.lengths.val().get_bits::<16>(16);
        self.marker.next = self.upper[2].val();
        self.is_nat_t.next = (self.facts.val().protocol == 17)
            & !self.facts.val().fragment
            & self.facts.val().destination_port_known
            & (self.ports.val().get_bits::<16>(0) == self.nat_t_port.val());
        self.esp_bytes.next = self.made.q.val().esp_bytes;
        // At least 36.
        self.enough.next =
            self.esp_bytes.val().get_bits::<10>(6).any() | (self.esp_bytes.val().get_bit(5) & self.esp_bytes.val().get_bits::<3>(2).any());

        match self.state.q.val() {
            TriageState::Idle => {
                self.made.d.next.reason = self.facts.val().reason;
                self.made.d.next.esp = false;
                self.made.d.next.to_host = false;
                self.made.d.next.udp = false;
                self.made.d.next.esp_word = self.facts.val().upper_word;
                self.span.d.next = self.facts.val().finish - (bit_cast::<16, 10>(self.facts.val().upper_word) << 2);
                if self.go.val() {
                    self.state.d.next = TriageState::Done;
                    if self.facts.val().ip & (self.facts.val().reason == 0) {
                        if self.facts.val().protocol == 50 {
                            self.made.d.next.to_host = self.facts.val().fragment;
                            self.made.d.next.esp = !self.facts.val().fragment;
                            if !self.facts.val().fragment {
                                self.state.d.next = TriageState::Measure;
                            }
                        }
                        if self.is_nat_t.val() {
                            self.made.d.next.esp = true;
                            self.made.d.next.udp = true;
                            self.made.d.next.esp_word = self.facts.val().upper_word + 2;
                            self.state.d.next = TriageState::Measure;
                        }
                    }
                }
            }
            TriageState::Measure => {
                self.made.d.next.esp_bytes = self.span.q.val();
                self.bad.d.next = false;
                if self.made.q.val().udp {
                    self.made.d.next.esp_bytes = self.udp_bytes.val() - 8;
                    self.bad.d.next = !self.udp_bytes.val().get_bits::<13>(3).any() | (self.udp_bytes.val() > self.span.q.val());
                }
                self.state.d.next = TriageState::Judge;
            }
            TriageState::Judge => {
                self.state.d.next = TriageState::Done;
                if !self.enough.val() | (self.esp_bytes.val().get_bits::<2>(0) != 0) {
                    self.made.d.next.reason = self.esp_length.val();
                }
                if self.made.q.val().udp {
                    // Four zero bytes where the SPI would be: not ESP, but whatever else uses the port.
                    if self.esp_bytes.val().get_bits::<14>(2).any() & (self.marker.val() == 0) {
                        self.made.d.next.reason = 0.into();
                        self.made.d.next.esp = false;
                    }
                    if (self.esp_bytes.val() == 1) & (self.marker.val().get_bits::<8>(24) == 0xff) {
                        self.made.d.next.reason = self.keep_alive.val();
                    }
                    if self.bad.q.val() {
                        self.made.d.next.reason = self.malformed.val();
                    }
                }
            }
            TriageState::Done => {
                if self.take.val() {
                    self.state.d.next = TriageState::Idle;
                }
            }
            _ => {}
        }
    }
}
