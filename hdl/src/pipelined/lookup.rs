//! Finds the SA of an ESP packet, fetches it, and gives key and nonce to the cipher: `inbound::Lookup` for packets that follow each other closely. Three packets are in it at once:
//!
//! ```text
//!  triage ─► search ──┬─► intake, waits for `accept`
//!                     └─► job: key and nonce to the cipher
//! ```
//!
//! A packet whose SA is the first of its chain (see `WideSearch`) is searched for in 10 clocks, one with an unknown SPI in 6 to 9, other frames pass in two. Then the intake stands at `ready`, with `peer`, until `accept`, while
//! the job is written as soon as the cipher takes it; the intake does not wait for that, because the cipher takes no text before. Jobs and intakes keep the order of the frames. In steady state the search gives the pace: 11 clocks per
//! packet, one for each row of a key that is read meanwhile, and two for each SA in front of the right one in its chain; or the job does, with 12 clocks for AES-256.
//!
//! A frame is begun only when the store behind has `room` for it (`Room` counts what was promised), so a frame begun is a frame finished. None is begun while `hold`. `idle` says that no
//! frame is under way and the search is up to date: the tables may change.
mod job;
#[cfg(test)]
mod tests;

pub use job::{LookupJob, LookupJobPhase, LookupJobState};

use crate::cell::{row, Reg};
use crate::inbound::{Arrival, Intake};
use crate::parse::Facts;
use crate::prelude::*;
use crate::stream::Frame;
use holdfast_registers::Reason;

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct WideLookupState {
    /// A frame is in front; an SA is to be found for it, the search has begun, has ended.
    pub full: Bit,
    pub asks: Bit,
    pub started: Bit,
    pub answered: Bit,
    pub udp: Bit,
    pub iv_high: Bits<32>,
    pub iv_low: Bits<32>,
    /// A frame waits for `accept`.
    pub offers: Bit,
}

/// The block; its contract stands at the head of the file.
#[derive(LogicBlock, Ports)]
pub struct WideLookup {
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
    /// See `WideSearch`.
    pub search_start: Signal<Out, Bit>,
    pub search_ready: Signal<In, Bit>,
    pub search_spi: Signal<Out, Bits<32>>,
    pub search_ipv6: Signal<Out, Bit>,
    pub search_udp: Signal<Out, Bit>,
    pub search_address: [Signal<Out, Bits<32>>; 4],
    pub search_done: Signal<In, Bit>,
    pub search_found: Signal<In, Bit>,
    pub search_index: Signal<In, SaIndex>,
    pub search_flags: Signal<In, Bits<32>>,
    pub search_salt: Signal<In, Bits<32>>,
    pub search_idle: Signal<In, Bit>,
    pub read: Signal<Out, Bit>,
    pub read_index: Signal<Out, SaIndex>,
    pub read_row: Signal<Out, Bits<3>>,
    pub row: [Signal<In, Bits<32>>; 4],
    /// See `CipherService`.
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_aes256: Signal<Out, Bit>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_sa: Signal<Out, SaIndex>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    pub ready: Signal<Out, Bit>,
    pub intake: Signal<Out, Intake>,
    pub peer: [Signal<Out, Bits<32>>; 4],
    pub accept: Signal<In, Bit>,
    s: Reg<WideLookupState>,
    made: Reg<Intake>,
    from: [Reg<Bits<32>>; 4],
    to: [Reg<Bits<32>>; 4],
    out: Reg<Intake>,
    out_from: [Reg<Bits<32>>; 4],
    job: LookupJob,
    answered: Signal<Local, Bit>,
    known: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
    starts: Signal<Local, Bit>,
    unknown_spi: Constant<Bits<5>>,
}

impl Default for WideLookup {
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
            search_ready: Default::default(),
            search_spi: Default::default(),
            search_ipv6: Default::default(),
            search_udp: Default::default(),
            search_address: row(),
            search_done: Default::default(),
            search_found: Default::default(),
            search_index: Default::default(),
            search_flags: Default::default(),
            search_salt: Default::default(),
            search_idle: Default::default(),
            read: Default::default(),
            read_index: Default::default(),
            read_row: Default::default(),
            row: row(),
            key_write: Default::default(),
            key_index: Default::default(),
            key_word: Default::default(),
            job_aes256: Default::default(),
            job_nonce: row(),
            job_sa: Default::default(),
            job_start: Default::default(),
            job_ready: Default::default(),
            ready: Default::default(),
            intake: Default::default(),
            peer: row(),
            accept: Default::default(),
            s: Default::default(),
            made: Default::default(),
            from: row(),
            to: row(),
            out: Default::default(),
            out_from: row(),
            job: Default::default(),
            answered: Default::default(),
            known: Default::default(),
            moves: Default::default(),
            takes: Default::default(),
            starts: Default::default(),
            unknown_spi: Constant::new((Reason::UnknownSpi.code() as u64).into()),
        }
    }
}

impl Logic for WideLookup {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, made, out);
        clock!(self, clock, job);
        self.s.reset.next = self.reset.val();
        self.made.reset.next = self.reset.val();
        self.out.reset.next = self.reset.val();
        self.job.reset.next = self.reset.val();

        // The search.
        self.starts.next = self.s.q.val().full & self.s.q.val().asks & !self.s.q.val().started & self.search_ready.val();
        self.search_start.next = self.starts.val();
        self.search_spi.next = self.made.q.val().spi;
        self.search_ipv6.next = self.made.q.val().ipv6;
        self.search_udp.next = self.s.q.val().udp;
        if self.starts.val() {
            self.s.d.next.started = true;
        }
        if self.search_done.val() {
            self.s.d.next.answered = true;
        }

        // On from the search.
        self.answered.next = !self.s.q.val().asks | self.s.q.val().answered | self.search_done.val();
        self.known.next = self.s.q.val().asks & self.search_found.val();
        self.moves.next = self.s.q.val().full & self.answered.val() & !self.s.q.val().offers & (self.job.free.val() | !self.known.val());
        if self.accept.val() {
            self.s.d.next.offers = false;
        }
        if self.moves.val() {
            self.s.d.next.full = false;
            self.s.d.next.offers = true;
            self.out.d.next = self.made.q.val();
            if self.known.val() {
                self.out.d.next.sa = self.search_index.val();
                self.out.d.next.tunnel = self.search_flags.val().get_bit(0);
                self.out.d.next.esn = self.search_flags.val().get_bit(2);
                self.out.d.next.window = self.search_flags.val().get_bits::<16>(16);
            } else if self.s.q.val().asks {
                self.out.d.next.reason = self.unknown_spi.val();
            }
        }
        self.job.load.next = self.moves.val() & self.known.val();
        self.job.sa.next = self.search_index.val();
        self.job.aes256.next = self.search_flags.val().get_bit(1);
        self.job.nonce[0].next = self.search_salt.val();
        self.job.nonce[1].next = self.s.q.val().iv_high;
        self.job.nonce[2].next = self.s.q.val().iv_low;
        self.ready.next = self.s.q.val().offers;
        self.intake.next = self.out.q.val();

        // The next frame.
        self.takes.next = self.go.val() & (self.room.val() | (self.arrival.val().reason != 0)) & !self.hold.val() & !self.s.q.val().full;
        self.take.next = self.takes.val();
        if self.takes.val() {
            self.s.d.next.full = true;
            self.s.d.next.asks = self.arrival.val().esp & (self.arrival.val().reason == 0);
            self.s.d.next.started = false;
            self.s.d.next.answered = false;
            self.s.d.next.udp = self.arrival.val().udp;
            self.s.d.next.iv_high = self.arrival.val().iv_high;
            self.s.d.next.iv_low = self.arrival.val().iv_low;
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
        }
        for i in 0..4 {
            self.from[i].clock.next = self.clock.val();
            self.from[i].reset.next = self.reset.val();
            self.from[i].d.next = self.from[i].q.val();
            self.to[i].clock.next = self.clock.val();
            self.to[i].reset.next = self.reset.val();
            self.to[i].d.next = self.to[i].q.val();
            self.out_from[i].clock.next = self.clock.val();
            self.out_from[i].reset.next = self.reset.val();
            self.out_from[i].d.next = self.out_from[i].q.val();
            if self.takes.val() {
                self.from[i].d.next = self.source[i].val();
                self.to[i].d.next = self.destination[i].val();
            }
            if self.moves.val() {
                self.out_from[i].d.next = self.from[i].q.val();
            }
            self.search_address[i].next = self.to[i].q.val();
            self.peer[i].next = self.out_from[i].q.val();
            self.job.row[i].next = self.row[i].val();
        }

        self.idle.next = !self.s.q.val().full & !self.s.q.val().offers & self.job.idle.val() & self.search_idle.val();

        // The cipher, and its key from the table.
        self.read.next = self.job.read.val();
        self.read_index.next = self.job.job_sa.val();
        self.read_row.next = self.job.read_row.val();
        self.key_write.next = self.job.key_write.val();
        self.key_index.next = self.job.key_index.val();
        self.key_word.next = self.job.key_word.val();
        self.job_aes256.next = self.job.job_aes256.val();
        self.job_sa.next = self.job.job_sa.val();
        self.job_start.next = self.job.job_start.val();
        self.job.job_ready.next = self.job_ready.val();
        for i in 0..3 {
            self.job_nonce[i].next = self.job.job_nonce[i].val();
        }
    }
}
