use crate::cell::{row, Reg};
use crate::prelude::*;
use holdfast_registers::sa;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum LookupJobPhase {
    Idle,
    /// The first four words of the key are read.
    Fetch,
    /// Words go to the cipher, and the last four are read meanwhile.
    Write,
    Begin,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct LookupJobState {
    pub step: Bits<4>,
    pub sa: SaIndex,
    pub aes256: Bit,
    /// A row is asked for.
    pub reads: Bit,
}

/// Gives key and nonce of a packet to the cipher, see `CipherService` for the job.
///
/// `load`, only while `free`, takes SA, key size and nonce. The first half of the key is there three clocks later; from the first clock with `job_ready` after that the words go out, four or eight of them, and in the clock after the last `job_start`, in which the next may be
/// loaded: 8 clocks with AES-128, 12 with AES-256, of which three pass before `job_ready` is needed. `read` asks for row `read_row` of the SA, for one clock each; `row` has it two clocks later. What is left of the key is forgotten at the start.
#[derive(LogicBlock, Ports)]
pub struct LookupJob {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub load: Signal<In, Bit>,
    pub sa: Signal<In, SaIndex>,
    pub aes256: Signal<In, Bit>,
    /// Salt, IV high, IV low (RFC 4106, section 4).
    pub nonce: [Signal<In, Bits<32>>; 3],
    pub free: Signal<Out, Bit>,
    pub idle: Signal<Out, Bit>,
    pub read: Signal<Out, Bit>,
    pub read_row: Signal<Out, Bits<3>>,
    pub row: [Signal<In, Bits<32>>; 4],
    pub key_write: Signal<Out, Bit>,
    pub key_index: Signal<Out, Bits<3>>,
    pub key_word: Signal<Out, Bits<32>>,
    pub job_aes256: Signal<Out, Bit>,
    pub job_nonce: [Signal<Out, Bits<32>>; 3],
    pub job_sa: Signal<Out, SaIndex>,
    pub job_start: Signal<Out, Bit>,
    pub job_ready: Signal<In, Bit>,
    s: Reg<LookupJobState>,
    state: Reg<LookupJobPhase>,
    key: [Reg<Bits<32>>; 4],
    kept: [Reg<Bits<32>>; 3],
    came: Signal<Local, Bit>,
    lane: Signal<Local, Bits<2>>,
    key_row: Constant<Bits<3>>,
    second_row: Constant<Bits<3>>,
}

impl Default for LookupJob {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            load: Default::default(),
            sa: Default::default(),
            aes256: Default::default(),
            nonce: row(),
            free: Default::default(),
            idle: Default::default(),
            read: Default::default(),
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
            s: Default::default(),
            state: Default::default(),
            key: row(),
            kept: row(),
            came: Default::default(),
            lane: Default::default(),
            key_row: Constant::new((sa::KEY as u64 / 4).into()),
            second_row: Constant::new((sa::KEY as u64 / 4 + 1).into()),
        }
    }
}

impl Logic for LookupJob {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();

        self.free.next = (self.state.q.val() == LookupJobPhase::Idle) | (self.state.q.val() == LookupJobPhase::Begin);
        self.idle.next = self.state.q.val() == LookupJobPhase::Idle;
        self.read.next = self.s.q.val().reads;
        self.s.d.next.reads = false;
        self.read_row.next = self.key_row.val();
        if self.state.q.val() == LookupJobPhase::Write {
            self.read_row.next = self.second_row.val();
        }
        self.key_write.next = false;
        self.key_index.next = bit_cast::<3, 4>(self.s.q.val().step);
        self.lane.next = bit_cast::<2, 4>(self.s.q.val().step);
        self.key_word.next = self.key[0].q.val();
        if self.lane.val() == 1 {
            self.key_word.next = self.key[1].q.val();
        }
        if self.lane.val() == 2 {
            self.key_word.next = self.key[2].q.val();
        }
        if self.lane.val() == 3 {
            self.key_word.next = self.key[3].q.val();
        }
        self.job_aes256.next = self.s.q.val().aes256;
        self.job_sa.next = self.s.q.val().sa;
        self.job_start.next = self.state.q.val() == LookupJobPhase::Begin;

        self.came.next = false;
        self.s.d.next.step = self.s.q.val().step + 1;
        match self.state.q.val() {
            LookupJobPhase::Fetch => {
                if self.s.q.val().step == 2 {
                    self.came.next = true;
                    self.s.d.next.step = 0.into();
                    self.state.d.next = LookupJobPhase::Write;
                }
            }
            LookupJobPhase::Write => {
                self.key_write.next = self.job_ready.val();
                self.s.d.next.reads = (self.s.q.val().step == 0) & self.job_ready.val();
                if self.s.q.val().step == 3 {
                    self.came.next = true;
                    if !self.s.q.val().aes256 {
                        self.state.d.next = LookupJobPhase::Begin;
                    }
                }
                if self.s.q.val().step == 7 {
                    self.state.d.next = LookupJobPhase::Begin;
                }
                if !self.job_ready.val() {
                    // Not yet; or, while all is being wiped, not any more.
                    self.s.d.next.step = 0.into();
                    self.state.d.next = LookupJobPhase::Write;
                    if self.s.q.val().step != 0 {
                        self.s.d.next.reads = true;
                        self.state.d.next = LookupJobPhase::Fetch;
                    }
                }
            }
            LookupJobPhase::Begin => {
                self.state.d.next = LookupJobPhase::Idle;
            }
            _ => {}
        }
        if self.load.val() {
            self.state.d.next = LookupJobPhase::Fetch;
            self.s.d.next.reads = true;
            self.s.d.next.step = 0.into();
            self.s.d.next.sa = self.sa.val();
            self.s.d.next.aes256 = self.aes256.val();
        }
        for i in 0..3 {
            self.kept[i].clock.next = self.clock.val();
            self.kept[i].reset.next = self.reset.val();
            self.kept[i].d.next = self.kept[i].q.val();
            if self.load.val() {
                self.kept[i].d.next = self.nonce[i].val();
            }
            self.job_nonce[i].next = self.kept[i].q.val();
        }
        for i in 0..4 {
            self.key[i].clock.next = self.clock.val();
            self.key[i].reset.next = self.reset.val();
            self.key[i].d.next = self.key[i].q.val();
            if self.came.val() {
                self.key[i].d.next = self.row[i].val();
            }
            if self.state.q.val() == LookupJobPhase::Begin {
                self.key[i].d.next = 0.into();
            }
        }
    }
}
