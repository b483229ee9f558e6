use super::Arrival;
use crate::cell::{row, Reg};
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::Reason;

/// What is to be done with a frame from the network: all that [`super::Open`] needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct Intake {
    /// Drop it for this reason, if not zero.
    pub reason: Bits<5>,
    /// Open it; else, without a reason, it goes on unchanged.
    pub esp: Bit,
    pub to_host: Bit,
    pub sa: SaIndex,
    pub start: Bits<10>,
    pub words: Bits<10>,
    pub length: Bits<16>,
    pub ip_word: Bits<3>,
    pub tunnel: Bit,
    pub esn: Bit,
    pub window: Bits<16>,
    /// Family and traffic class of the outer packet.
    pub ipv6: Bit,
    pub service: Bits<8>,
    pub spi: Bits<32>,
    pub low: Bits<32>,
    /// First word and bytes of the ciphertext.
    pub text_word: Bits<10>,
    pub cipher_bytes: Bits<16>,
    /// End of the outer IP header, and where it names what follows.
    pub upper_word: Bits<10>,
    pub name_word: Bits<10>,
    pub name_lane: Bits<2>,
    /// Total length of the outer packet.
    pub old_total: Bits<16>,
}

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum LookupState {
    Idle,
    Search,
    Wait,
    Read,
    Keys,
    Begin,
    Offer,
}

/// Finds the SA of an ESP packet, fetches it, and gives key and nonce to the cipher. Other frames pass in two clocks.
///
/// The search takes up to 45 clocks, the rest 20. A frame is begun only when the store behind has `room` for it and for one still under way, so a frame
/// begun is a frame finished; and not while `hold`; `idle` says that none is under way. `intake` and `source` stay while `ready`, until `accept`.
#[derive(LogicBlock, Ports)]
pub struct Lookup {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub hold: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    pub room: Signal<In, Bit>,
    pub go: Signal<In, Bit>,
    pub facts: Signal<In, Facts>,
    pub frame: Signal<In, Frame>,
    pub arrival: Signal<In, Arrival>,
    pub source: [Signal<In, Bits<32>>; 4],
    pub destination: [Signal<In, Bits<32>>; 4],
    pub take: Signal<Out, Bit>,
    pub search_start: Signal<Out, Bit>,
    pub search_spi: Signal<Out, Bits<32>>,
    pub search_ipv6: Signal<Out, Bit>,
    pub search_udp: Signal<Out, Bit>,
    pub search_address: [Signal<Out, Bits<32>>; 4],
    pub search_done: Signal<In, Bit>,
    pub search_found: Signal<In, Bit>,
    pub search_index: Signal<In, Bits<5>>,
    pub sad_index: Signal<Out, Bits<5>>,
    pub sad_word: Signal<Out, Bits<5>>,
    pub sad_data: Signal<In, Bits<32>>,
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_aes256: Signal<Out, Bit>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_blocks: Signal<Out, Bits<8>>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub intake: Signal<Out, Intake>,
    pub peer: [Signal<Out, Bits<32>>; 4],
    pub accept: Signal<In, Bit>,
    state: Reg<LookupState>,
    made: Reg<Intake>,
    kept: Reg<Arrival>,
    step: Reg<Bits<4>>,
    data: Reg<Bits<32>>,
    salt: Reg<Bits<32>>,
    aes256: Reg<Bit>,
    from: [Reg<Bits<32>>; 4],
    to: [Reg<Bits<32>>; 4],
    unknown_spi: Constant<Bits<5>>,
    key_step: Signal<Local, Bits<4>>,
    blocks: Signal<Local, Bits<16>>,
    answer: Signal<Local, Bits<32>>,
}

impl Default for Lookup {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            hold: Default::default(),
            idle: Default::default(),
            room: Default::default(),
            go: Default::default(),
            facts: Default::default(),
            frame: Default::default(),
            arrival: Default::default(),
            source: row(),
            destination: row(),
            take: Default::default(),
            search_start: Default::default(),
            search_spi: Default::default(),
            search_ipv6: Default::default(),
            search_udp: Default::default(),
            search_address: row(),
            search_done: Default::default(),
            search_found: Default::default(),
            search_index: Default::default(),
            sad_index: Default::default(),
            sad_word: Default::default(),
            sad_data: Default::default(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_aes256: Default::default(),
            job_nonce: row(),
            job_blocks: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            ready: Default::default(),
            intake: Default::default(),
            peer: row(),
            accept: Default::default(),
            state: Reg::new(LookupState::Idle),
            made: Default::default(),
            kept: Default::default(),
            step: Default::default(),
            data: Default::default(),
            salt: Default::default(),
            aes256: Default::default(),
            from: row(),
            to: row(),
            unknown_spi: Constant::new((Reason::UnknownSpi.code() as u64).into()),
            key_step: Default::default(),
            blocks: Default::default(),
            answer: Default::default(),
        }
    }
}

impl Logic for Lookup {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, made, kept, step, data, salt, aes256);
        self.state.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();
        self.kept.reset.next = self.reset.val();
        self.step.reset.next = self.reset.val();
        self.data.reset.next = self.reset.val();
        self.salt.reset.next = self.reset.val();
        self.aes256.reset.next = self.reset.val();
        for i in 0..4 {
            self.from[i].clock.next = self.clock.val();
            self.from[i].reset.next = self.reset.val();
            self.from[i].d.next = self.from[i].q.val();
            self.to[i].clock.next = self.clock.val();
            self.to[i].reset.next = self.reset.val();
            self.to[i].d.next = self.to[i].q.val();
            self.search_address[i].next = self.to[i].q.val();
            self.peer[i].next = self.from[i].q.val();
        }

        self.idle.next = self.state.q.val() == LookupState::Idle;
        self.take.next = false;
        self.search_start.next = false;
        self.search_spi.next = self.kept.q.val().spi;
        self.search_ipv6.next = self.made.q.val().ipv6;
        self.search_udp.next = self.kept.q.val().udp;
        self.sad_index.next = bit_cast::<5, 10>(self.made.q.val().sa);
        self.sad_word.next = 0.into();
        self.data.d.next = self.sad_data.val();
        self.answer.next = self.data.q.val();
        self.key_write.next = false;
        self.key_step.next = self.step.q.val() - 2;
        self.key_index.next = self.key_step.val().get_bits::<3>(0);
        self.key_word.next = self.answer.val();
        self.blocks.next = self.made.q.val().cipher_bytes + 15;
        self.job_aes256.next = self.aes256.q.val();
        self.job_nonce[0].next = self.salt.q.val();
        self.job_nonce[1].next = self.kept.q.val().iv_high;
        self.job_nonce[2].next = self.kept.q.val().iv_low;
        self.job_blocks.next = self.blocks.val().get_bits::<8>(4);
        self.job_start.next = false;
        self.ready.next = self.state.q.val() == LookupState::Offer;
        self.intake.next = self.made.q.val();

        self.step.d.next = self.step.q.val() + 1;
        match self.state.q.val() {
            LookupState::Idle => {
                if self.go.val() & (self.room.val() | (self.arrival.val().reason != 0)) & !self.hold.val() {
                    self.take.next = true;
                    self.kept.d.next = self.arrival.val();
                    for i in 0..4 {
                        self.from[i].d.next = self.source[i].val();
                        self.to[i].d.next = self.destination[i].val();
                    }
                    self.made.d.next.reason = self.arrival.val().reason;
                    self.made.d.next.esp = self.arrival.val().esp;
                    self.made.d.next.to_host = self.arrival.val().to_host;
                    self.made.d.next.start = self.frame.val().start;
                    self.made.d.next.words = self.frame.val().words;
                    self.made.d.next.length = self.frame.val().length;
                    self.made.d.next.ip_word = self.facts.val().ip_word;
                    self.made.d.next.ipv6 = self.facts.val().ipv6;
                    self.made.d.next.service = self.facts.val().service;
                    self.made.d.next.spi = self.arrival.val().spi;
                    self.made.d.next.low = self.arrival.val().low;
                    self.made.d.next.text_word = self.arrival.val().esp_word + 4;
                    self.made.d.next.cipher_bytes = self.arrival.val().esp_bytes - 32;
                    self.made.d.next.upper_word = self.facts.val().upper_word;
                    self.made.d.next.name_word = self.facts.val().name_word;
                    self.made.d.next.name_lane = self.facts.val().name_lane;
                    self.made.d.next.old_total = self.facts.val().finish - (bit_cast::<16, 3>(self.facts.val().ip_word) << 2);
                    self.state.d.next = LookupState::Offer;
                    if self.arrival.val().esp & (self.arrival.val().reason == 0) {
                        self.state.d.next = LookupState::Search;
                    }
                }
            }
            LookupState::Search => {
                self.search_start.next = true;
                self.state.d.next = LookupState::Wait;
            }
            LookupState::Wait => {
                self.step.d.next = 0.into();
                if self.search_done.val() {
                    self.made.d.next.sa = bit_cast::<10, 5>(self.search_index.val());
                    self.state.d.next = LookupState::Read;
                    if !self.search_found.val() {
                        self.made.d.next.reason = self.unknown_spi.val();
                        self.state.d.next = LookupState::Offer;
                    }
                }
            }
            LookupState::Read => {
                if self.step.q.val() == 1 {
                    self.sad_word.next = 2.into();
                }
                if self.step.q.val() == 2 {
                    self.made.d.next.tunnel = self.answer.val().get_bit(0);
                    self.aes256.d.next = self.answer.val().get_bit(1);
                    self.made.d.next.esn = self.answer.val().get_bit(2);
                    self.made.d.next.window = self.answer.val().get_bits::<16>(16);
                }
                if self.step.q.val() == 3 {
                    self.salt.d.next = self.answer.val();
                    self.step.d.next = 0.into();
                    self.state.d.next = LookupState::Keys;
                }
            }
            LookupState::Keys => {
                self.sad_word.next = bit_cast::<5, 4>(self.step.q.val()) + 4;
                self.key_write.next = self.step.q.val() >= 2;
                if self.step.q.val() == 9 {
                    self.state.d.next = LookupState::Begin;
                }
                if !self.job_ready.val() {
                    self.key_write.next = false;
                    self.step.d.next = 0.into();
                    self.state.d.next = LookupState::Keys;
                }
            }
            LookupState::Begin => {
                self.job_start.next = true;
                self.state.d.next = LookupState::Offer;
            }
            LookupState::Offer => {
                if self.accept.val() {
                    self.state.d.next = LookupState::Idle;
                }
            }
            _ => {}
        }
    }
}
