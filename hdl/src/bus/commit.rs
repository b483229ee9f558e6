use super::{Capabilities, Validate, SET_LIMIT, SET_SEQUENCE};
use crate::cell::{Ram, Reg, Settle};
use crate::prelude::*;
use crate::sad::Scan;
use holdfast_registers::{map, pair, rule, sa, Refusal};

/// In the order in which a commit goes through them; after reset, and for a wipe, `Clear` and `Erase` come first.
#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum CommitPhase {
    /// No SA and no rule is valid any more; the packets in flight may end.
    Clear,
    /// Every word of every table becomes zero.
    Erase,
    /// The staged words become zero.
    Scrub,
    Idle,
    /// The staged words go by `Validate`.
    Inspect,
    Judge,
    /// The recorder writes the records of the SA, or erases those of the one that was there; the tables are not locked meanwhile.
    Record,
    Lock,
    StartSearch,
    Search,
    /// The SA that was there goes.
    Retire,
    /// The words are overwritten: from the stage, or with zero.
    Fill,
    /// The words are there: now the valid bit.
    Publish,
    /// The recorder erases the records of every place, after a wipe that was asked for.
    ForgetAll,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct CommitState {
    pub operation: Bits<3>,
    pub index: SaIndex,
    pub inbound: Bit,
    pub rules: Bit,
    pub refusal: Bits<4>,
    pub position: Bits<5>,
    pub asking: Bit,
    pub closing: Bit,
    pub a_active: Bit,
    pub a_blank: Bit,
    pub a_position: Bits<5>,
    pub b_active: Bit,
    pub b_blank: Bit,
    pub b_position: Bits<5>,
    pub patience: Bits<16>,
    /// The operation under way is the client's.
    pub inner: Bit,
    pub granted: Bit,
    /// A doorbell that came while the client had its turn.
    pub waiting: Bit,
    pub waiting_index: SaIndex,
    pub waiting_inbound: Bit,
    pub waiting_operation: Bits<3>,
    /// The words in question are some of an SA, or resync parameters.
    pub partial: Bit,
    pub pairs: Bit,
    /// The recorder is at work for us; the records are written.
    pub recording: Bit,
    pub kept: Bit,
    /// A wipe was asked for, and the records are still there.
    pub forget: Bit,
    /// Of the SA in question: it is recorded; and of the pair: its parameters are in use. Both a clock old.
    pub is_recorded: Bit,
    pub in_use: Bit,
    pub was_recorded: Bit,
    pub erasing: Bit,
}

/// Staging memory, doorbell and wiping: the only writer of the tables apart from the engine's own sequence numbers.
///
/// **Commit.** `doorbell` (a pulse, not while `busy`) takes `data` as the word written to `COMMIT`. The staged record is judged word by word (30 cycles), then the datapath of the
/// one direction it concerns is asked to hold (`lock`, until `locked`: nothing in flight uses the tables; `locked` must fall within 16 cycles after `lock`). Under the lock, for an inbound SA when it has stood for 16 cycles: the search for a
/// duplicate (inbound installation: a cycle for each SA that there is room for, and up to 20), the valid bit off, the 32 words of the SA (12 of a rule) written in 35 cycles, the valid bit on. Word 0 is zero from the
/// first write to the last, so that a rule is never seen half written. Whatever the outcome, the staged words are overwritten with zero afterwards. `refusal` is that of the last commit, 0 = it took effect.
///
/// **Wipe.** `zeroize` (a pulse at any time, a commit under way is given up) and reset: from the next cycle on `table_clear` says that no SA and no rule is valid, until all words are zero. Both
/// locks are requested; packets in flight get up to 65,536 cycles to end with the key they began with; then, locked or not, `wipe_datapath` rises (crypto cores forget their keys, whatever is still in flight
/// must not leave) and all words of both SADs, both rule tables and the stage are overwritten, 32 and 12 words for as many entries as the longest table has: with 32, 2,800 cycles, with 1024, 90,000.
///
/// **Recorded SAs.** Before anything of a recorded SA takes effect, `r_install` (with `r_inbound`, `r_index`; a level until `r_done`) has the recorder write its records; it reads the staged words
/// by `r_word`, answered in `r_data` two cycles later. Without `r_ok` the SA is refused. Before an SA whose place is in `recorded` goes, `r_delete` has its records erased, and so for every place after a
/// wipe that was asked for; such a wipe waits for `restoring` to end, and then wipes again what was restored meanwhile.
///
/// **The client** (recorder and exchange) commits like the host, from a stage of its own: `c_want` until `c_done`, words and `c_start` only while `c_grant`. It has two operations more, which write
/// two words of an SA that is there: a new window edge (inbound), a new limit (outbound). A doorbell that comes meanwhile waits. When the recorder itself wants to commit (`r_want`) while the host's operation
/// waits for it, the host's operation begins anew after that; nothing of it has taken effect by then, and nothing of its stage has been read: who wants to commit is not serving. The exchange waits until
/// the recorder has served: it may be reading the stage.
///
/// **Table bus.** `table_write` puts `table_data` to word `table_word` of entry `table_index` of table `table_select`: 0 outbound SAD, 1 inbound SAD, 2 outbound rules, 3 inbound rules.
/// `valid_write` sets the valid bit of an SA to `valid_value`. `window_clear` (a pulse; inbound SAs) has the anti-replay window of `table_index` forgotten, `window_busy` may hold from the next cycle until that is
/// done; the SA becomes valid after it. While `check` is set the read port of the inbound SAD is ours: `check_index`, `check_word`, answered a cycle later by `check_data`, `check_valid`.
#[derive(LogicBlock, Ports)]
pub struct Commit {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub doorbell: Signal<In, Bit>,
    pub zeroize: Signal<In, Bit>,
    pub stage_write: Signal<In, Bit>,
    pub stage_word: Signal<In, Bits<5>>,
    pub data: Signal<In, Bits<32>>,
    pub busy: Signal<Out, Bit>,
    pub refusal: Signal<Out, Bits<4>>,
    pub lock: [Signal<Out, Bit>; 2],
    pub locked: [Signal<In, Bit>; 2],
    pub table_write: Signal<Out, Bit>,
    pub table_select: Signal<Out, Bits<2>>,
    pub table_index: Signal<Out, SaIndex>,
    pub table_word: Signal<Out, Bits<5>>,
    pub table_data: Signal<Out, Bits<32>>,
    pub table_clear: Signal<Out, Bit>,
    pub valid_write: Signal<Out, Bit>,
    pub valid_value: Signal<Out, Bit>,
    pub window_clear: Signal<Out, Bit>,
    pub window_busy: Signal<In, Bit>,
    pub wipe_datapath: Signal<Out, Bit>,
    pub check: Signal<Out, Bit>,
    pub check_index: Signal<Out, SaIndex>,
    pub check_word: Signal<Out, Bits<5>>,
    pub check_data: Signal<In, Bits<32>>,
    pub check_valid: Signal<In, Bit>,
    pub pair_write: Signal<Out, Bit>,
    pub c_want: Signal<In, Bit>,
    pub c_grant: Signal<Out, Bit>,
    pub c_write: Signal<In, Bit>,
    pub c_word: Signal<In, Bits<5>>,
    pub c_data: Signal<In, Bits<32>>,
    pub c_start: Signal<In, Bit>,
    pub c_operation: Signal<In, Bits<3>>,
    pub c_inbound: Signal<In, Bit>,
    pub c_index: Signal<In, Bits<5>>,
    pub c_done: Signal<Out, Bit>,
    pub c_refused: Signal<Out, Bit>,
    pub recorded: [Signal<In, Bits<32>>; 2],
    pub restoring: Signal<In, Bit>,
    pub r_install: Signal<Out, Bit>,
    pub r_delete: Signal<Out, Bit>,
    pub r_want: Signal<In, Bit>,
    pub r_inbound: Signal<Out, Bit>,
    pub r_index: Signal<Out, Bits<5>>,
    pub r_done: Signal<In, Bit>,
    pub r_ok: Signal<In, Bit>,
    pub r_word: Signal<In, Bits<5>>,
    pub r_data: Signal<Out, Bits<32>>,
    s: Reg<CommitState>,
    state: Reg<CommitPhase>,
    word: Reg<Bits<32>>,
    /// Pairs that have parameters.
    pairs: Ram<Bit, 5>,
    inner_refused: Reg<Bit>,
    stage: Ram<Bits<32>, 5>,
    inner_stage: Ram<Bits<32>, 5>,
    validate: Settle<Validate>,
    scan: Settle<Scan>,
    index: Signal<Local, SaIndex>,
    last: Signal<Local, Bits<5>>,
    wiping: Signal<Local, Bit>,
    holding: Signal<Local, Bit>,
    installs: Signal<Local, Bit>,
    locked_here: Signal<Local, Bit>,
    first: Signal<Local, Bits<5>>,
    staged: Signal<Local, Bits<32>>,
    recorded_here: Signal<Local, Bits<32>>,
    erases: Signal<Local, Bit>,
    records: Signal<Local, Bit>,
    /// What the doorbell asks for now, and what is begun next.
    rung: Signal<Local, Bits<3>>,
    next_operation: Signal<Local, Bits<3>>,
    install_sa: Constant<Bits<3>>,
    delete_sa: Constant<Bits<3>>,
    write_rule: Constant<Bits<3>>,
    write_resync: Constant<Bits<3>>,
    set_sequence: Constant<Bits<3>>,
    set_limit: Constant<Bits<3>>,
    last_of_pair: Constant<Bits<5>>,
    at_sequence: Constant<Bits<5>>,
    at_limit: Constant<Bits<5>>,
    nvram: Constant<Bits<4>>,
    pair: Constant<Bits<4>>,
    either: Signal<Local, Bits<32>>,
    last_staged: Constant<Bits<5>>,
    last_of_rule: Constant<Bits<5>>,
    /// Of the longest table, and of the SAs that can be recorded: all ones in the bits that an index has.
    last_entry: Constant<SaIndex>,
    last_pair: Constant<SaIndex>,
    /// The SA in question can be recorded.
    recordable: Signal<Local, Bit>,
    duplicate: Constant<Bits<4>>,
}

impl Commit {
    pub fn new(capabilities: Capabilities) -> Self {
        assert!(map::STAGE_WORDS as usize == sa::WORDS && sa::WORDS >= rule::WORDS);
        Self {
            clock: Default::default(),
            reset: Default::default(),
            doorbell: Default::default(),
            zeroize: Default::default(),
            stage_write: Default::default(),
            stage_word: Default::default(),
            data: Default::default(),
            busy: Default::default(),
            refusal: Default::default(),
            lock: Default::default(),
            locked: Default::default(),
            table_write: Default::default(),
            table_select: Default::default(),
            table_index: Default::default(),
            table_word: Default::default(),
            table_data: Default::default(),
            table_clear: Default::default(),
            valid_write: Default::default(),
            valid_value: Default::default(),
            window_clear: Default::default(),
            window_busy: Default::default(),
            wipe_datapath: Default::default(),
            check: Default::default(),
            check_index: Default::default(),
            check_word: Default::default(),
            check_data: Default::default(),
            check_valid: Default::default(),
            pair_write: Default::default(),
            c_want: Default::default(),
            c_grant: Default::default(),
            c_write: Default::default(),
            c_word: Default::default(),
            c_data: Default::default(),
            c_start: Default::default(),
            c_operation: Default::default(),
            c_inbound: Default::default(),
            c_index: Default::default(),
            c_done: Default::default(),
            c_refused: Default::default(),
            recorded: Default::default(),
            restoring: Default::default(),
            r_install: Default::default(),
            r_delete: Default::default(),
            r_want: Default::default(),
            r_inbound: Default::default(),
            r_index: Default::default(),
            r_done: Default::default(),
            r_ok: Default::default(),
            r_word: Default::default(),
            r_data: Default::default(),
            s: Default::default(),
            state: Default::default(),
            word: Default::default(),
            pairs: Ram::of(capabilities.pairs() as usize - 1),
            inner_refused: Default::default(),
            stage: Default::default(),
            inner_stage: Default::default(),
            validate: Settle::new(Validate::new(capabilities)),
            scan: Settle::new(Scan::new(capabilities.sas[1] as usize)),
            index: Default::default(),
            last: Default::default(),
            wiping: Default::default(),
            holding: Default::default(),
            installs: Default::default(),
            locked_here: Default::default(),
            first: Default::default(),
            staged: Default::default(),
            recorded_here: Default::default(),
            erases: Default::default(),
            records: Default::default(),
            rung: Default::default(),
            next_operation: Default::default(),
            install_sa: Constant::new((map::commit::INSTALL_SA as u64).into()),
            delete_sa: Constant::new((map::commit::DELETE_SA as u64).into()),
            write_rule: Constant::new((map::commit::WRITE_RULE as u64).into()),
            write_resync: Constant::new((map::commit::WRITE_RESYNC as u64).into()),
            set_sequence: Constant::new(SET_SEQUENCE.into()),
            set_limit: Constant::new(SET_LIMIT.into()),
            last_of_pair: Constant::new((pair::WORDS as u64 - 1).into()),
            at_sequence: Constant::new((sa::SEQUENCE as u64).into()),
            at_limit: Constant::new((sa::LIMIT as u64).into()),
            nvram: Constant::new((Refusal::Nvram.code() as u64).into()),
            pair: Constant::new((Refusal::Pair.code() as u64).into()),
            either: Default::default(),
            last_staged: Constant::new((sa::WORDS as u64 - 1).into()),
            last_of_rule: Constant::new((rule::WORDS as u64 - 1).into()),
            last_entry: Constant::new((capabilities.sas[0].max(capabilities.rules[0]) as u64 - 1).into()),
            last_pair: Constant::new((capabilities.pairs() as u64 - 1).into()),
            recordable: Default::default(),
            duplicate: Constant::new((Refusal::Duplicate.code() as u64).into()),
        }
    }
}

impl Logic for Commit {
    // Kernels have no match guards.
    #[allow(clippy::collapsible_match)]
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, state, word, inner_refused);
        clock!(self, clock, stage, inner_stage, pairs, validate, scan);
        self.s.reset.next = self.reset.val();
        self.state.reset.next = self.reset.val();
        self.inner_refused.reset.next = self.reset.val();
        self.word.reset.next = self.reset.val();
        self.validate.reset.next = self.reset.val();
        self.scan.reset.next = self.reset.val();

        // What is out of range has been refused before anything is asked of it.
        self.index.next = self.s.q.val().index & self.last_entry.val();
        self.wiping.next = (self.state.q.val() == CommitPhase::Clear) | (self.state.q.val() == CommitPhase::Erase);
        self.holding.next = (self.state.q.val() == CommitPhase::Lock)
            | (self.state.q.val() == CommitPhase::StartSearch)
            | (self.state.q.val() == CommitPhase::Search)
            | (self.state.q.val() == CommitPhase::Retire)
            | (self.state.q.val() == CommitPhase::Fill)
            | (self.state.q.val() == CommitPhase::Publish);
        self.installs.next = self.s.q.val().operation == self.install_sa.val();
        self.locked_here.next = self.locked[0].val();
        if self.s.q.val().inbound {
            self.locked_here.next = self.locked[1].val();
        }
        self.first.next = 0.into();
        self.last.next = 31.into();
        if self.s.q.val().rules {
            self.last.next = self.last_of_rule.val();
        }
        if self.s.q.val().pairs {
            self.last.next = self.last_of_pair.val();
        }
        if self.s.q.val().partial {
            self.first.next = self.at_limit.val();
            self.last.next = self.last_staged.val();
            if self.s.q.val().inbound {
                self.first.next = self.at_sequence.val();
                self.last.next = self.at_sequence.val() + 1;
            }
        }
        self.recorded_here.next = self.recorded[0].val();
        if self.s.q.val().inbound {
            self.recorded_here.next = self.recorded[1].val();
        }
        // Written when a pair's parameters are published, and for every pair while all is erased.
        self.pairs.read_address.next = self.index.val().get_bits::<5>(0);
        self.pairs.write.next = self.state.q.val() == CommitPhase::Erase;
        self.pairs.write_address.next = self.index.val().get_bits::<5>(0);
        self.pairs.write_data.next = self.state.q.val() == CommitPhase::Publish;
        // Parameters that a recorded SA was recorded with stay; those that the recorder brings back with its other half are the same.
        self.either.next = self.recorded[0].val() | self.recorded[1].val();
        self.recordable.next = self.index.val().get_bits::<5>(5) == 0;
        self.s.d.next.is_recorded = self.recordable.val() & self.recorded_here.val().get_bit(self.index.val().get_bits::<5>(0).index());
        self.s.d.next.in_use =
            self.s.q.val().pairs & !self.s.q.val().inner & self.either.val().get_bit(self.index.val().get_bits::<5>(0).index());
        self.erases.next = self.s.q.val().was_recorded
            & ((self.s.q.val().operation == self.delete_sa.val()) | (self.installs.val() & !self.validate.recorded.val()));
        self.records.next =
            ((self.validate.recorded.val() & self.installs.val()) | self.erases.val()) & !self.s.q.val().inner & !self.s.q.val().kept;

        // A staged word that is asked for now is in `word` two cycles later.
        self.stage.write.next = self.stage_write.val();
        self.stage.write_address.next = self.stage_word.val();
        self.stage.write_data.next = self.data.val();
        self.stage.read_address.next = self.s.q.val().position;
        self.inner_stage.write.next = self.c_write.val();
        self.inner_stage.write_address.next = self.c_word.val();
        self.inner_stage.write_data.next = self.c_data.val();
        self.inner_stage.read_address.next = self.s.q.val().position;
        self.staged.next = self.stage.read_data.val();
        if self.s.q.val().inner {
            self.staged.next = self.inner_stage.read_data.val();
        }
        self.word.d.next = self.staged.val();
        self.r_data.next = self.word.q.val();
        self.s.d.next.a_active = self.s.q.val().asking;
        self.s.d.next.a_position = self.s.q.val().position;
        self.s.d.next.a_blank = (self.s.q.val().operation == self.delete_sa.val())
            | ((self.s.q.val().position == 0) & !self.s.q.val().closing & !self.s.q.val().pairs);
        self.s.d.next.b_active = self.s.q.val().a_active;
        self.s.d.next.b_position = self.s.q.val().a_position;
        self.s.d.next.b_blank = self.s.q.val().a_blank;

        self.validate.start.next = self.state.q.val() == CommitPhase::Idle;
        self.validate.operation.next = self.s.q.val().operation;
        self.validate.index.next = self.s.q.val().index;
        self.validate.inbound.next = self.s.q.val().inbound;
        self.validate.valid.next = self.s.q.val().b_active & (self.state.q.val() == CommitPhase::Inspect);
        self.validate.position.next = self.s.q.val().b_position;
        self.validate.word.next = self.word.q.val();
        self.validate.restored.next = self.s.q.val().inner;
        self.validate.has_pair.next = self.pairs.read_data.val() & self.recordable.val();

        self.scan.start.next = self.state.q.val() == CommitPhase::StartSearch;
        self.scan.skip.next = true;
        self.scan.skip_index.next = self.index.val();
        self.scan.table_data.next = self.check_data.val();
        self.scan.table_valid.next = self.check_valid.val();
        self.scan.record_data.next = self.staged.val();
        self.check.next = self.state.q.val() == CommitPhase::Search;
        self.check_index.next = self.scan.read_index.val();
        self.check_word.next = self.scan.read_word.val();

        self.table_write.next = (self.state.q.val() == CommitPhase::Erase)
            | (self.s.q.val().b_active & (self.state.q.val() == CommitPhase::Fill) & !self.s.q.val().pairs);
        self.pair_write.next = self.s.q.val().b_active & (self.state.q.val() == CommitPhase::Fill) & self.s.q.val().pairs;
        self.table_index.next = self.index.val();
        self.table_word.next = self.s.q.val().b_position;
        self.table_data.next = self.word.q.val();
        if self.s.q.val().b_blank | !self.s.q.val().b_active {
            self.table_data.next = 0.into();
        }
        if self.state.q.val() == CommitPhase::Erase {
            self.table_word.next = self.s.q.val().position;
            self.table_data.next = 0.into();
        }
        self.table_select.next = 0.into();
        if self.s.q.val().inbound & !self.s.q.val().rules {
            self.table_select.next = 1.into();
        }
        if !self.s.q.val().inbound & self.s.q.val().rules {
            self.table_select.next = 2.into();
        }
        if self.s.q.val().inbound & self.s.q.val().rules {
            self.table_select.next = 3.into();
        }
        self.table_clear.next = self.wiping.val();
        self.wipe_datapath.next = self.state.q.val() == CommitPhase::Erase;
        self.valid_write.next = false;
        self.valid_value.next = self.state.q.val() == CommitPhase::Publish;
        self.window_clear.next = false;
        self.lock[0].next = self.wiping.val() | (self.holding.val() & !self.s.q.val().inbound);
        self.lock[1].next = self.wiping.val() | (self.holding.val() & self.s.q.val().inbound);
        self.busy.next = self.s.q.val().waiting
            | self.s.q.val().recording
            | self.s.q.val().forget
            | ((self.state.q.val() != CommitPhase::Idle) & !self.s.q.val().inner);
        self.c_grant.next = self.s.q.val().granted;
        self.c_done.next = false;
        self.c_refused.next = self.inner_refused.q.val();
        self.r_install.next = self.s.q.val().recording & !self.s.q.val().erasing;
        self.r_delete.next = self.s.q.val().recording & self.s.q.val().erasing;
        self.r_inbound.next = self.s.q.val().inbound;
        self.r_index.next = self.index.val().get_bits::<5>(0);
        self.refusal.next = self.s.q.val().refusal;

        if self.r_done.val() {
            self.s.d.next.recording = false;
        }
        self.rung.next = self.data.val().get_bits::<3>(16);
        self.next_operation.next = self.rung.val();
        if self.doorbell.val() & (self.s.q.val().inner | self.s.q.val().granted | self.c_want.val()) {
            self.s.d.next.waiting = true;
            self.s.d.next.waiting_index = self.data.val().get_bits::<10>(0);
            self.s.d.next.waiting_inbound = self.data.val().get_bit(15);
            self.s.d.next.waiting_operation = self.rung.val();
        }
        match self.state.q.val() {
            CommitPhase::Clear => {
                self.s.d.next.patience = self.s.q.val().patience + 1;
                self.s.d.next.inbound = false;
                self.s.d.next.rules = false;
                self.s.d.next.index = 0.into();
                self.s.d.next.position = 0.into();
                self.s.d.next.asking = false;
                if (self.locked[0].val() & self.locked[1].val()) | (self.s.q.val().patience == 65535) {
                    self.state.d.next = CommitPhase::Erase;
                }
            }
            CommitPhase::Erase => {
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.last.val() {
                    self.s.d.next.position = 0.into();
                    self.s.d.next.index = self.index.val() + 1;
                    if self.index.val() == self.last_entry.val() {
                        self.s.d.next.index = 0.into();
                        self.s.d.next.inbound = !self.s.q.val().inbound;
                        if self.s.q.val().inbound {
                            self.s.d.next.rules = true;
                            if self.s.q.val().rules {
                                self.state.d.next = CommitPhase::Scrub;
                            }
                        }
                    }
                }
            }
            CommitPhase::Scrub => {
                self.stage.write.next = !self.s.q.val().inner;
                self.stage.write_address.next = self.s.q.val().position;
                self.stage.write_data.next = 0.into();
                self.inner_stage.write.next = true;
                self.inner_stage.write_address.next = self.s.q.val().position;
                self.inner_stage.write_data.next = 0.into();
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().inner {
                    self.stage.write.next = self.stage_write.val();
                    self.stage.write_address.next = self.stage_word.val();
                    self.stage.write_data.next = self.data.val();
                }
                if self.s.q.val().position == 31 {
                    self.state.d.next = CommitPhase::Idle;
                    self.s.d.next.inner = false;
                    self.c_done.next = self.s.q.val().inner;
                }
            }
            CommitPhase::Idle => {
                self.s.d.next.position = 0.into();
                self.s.d.next.closing = false;
                self.s.d.next.kept = false;
                self.s.d.next.granted = self.c_want.val();
                self.s.d.next.index = self.data.val().get_bits::<10>(0);
                self.s.d.next.inbound = self.data.val().get_bit(15);
                if self.s.q.val().waiting {
                    self.next_operation.next = self.s.q.val().waiting_operation;
                    self.s.d.next.index = self.s.q.val().waiting_index;
                    self.s.d.next.inbound = self.s.q.val().waiting_inbound;
                }
                if self.s.q.val().granted {
                    self.next_operation.next = self.c_operation.val();
                    self.s.d.next.index = bit_cast::<10, 5>(self.c_index.val());
                    self.s.d.next.inbound = self.c_inbound.val();
                }
                self.s.d.next.operation = self.next_operation.val();
                self.s.d.next.rules = self.next_operation.val() == self.write_rule.val();
                self.s.d.next.pairs = self.next_operation.val() == self.write_resync.val();
                self.s.d.next.partial = self.s.q.val().granted
                    & ((self.next_operation.val() == self.set_sequence.val()) | (self.next_operation.val() == self.set_limit.val()));
                if self.s.q.val().granted {
                    if self.c_start.val() {
                        self.s.d.next.inner = true;
                        self.state.d.next = CommitPhase::Inspect;
                        self.s.d.next.asking = true;
                    }
                } else if self.c_want.val() {
                    // The client first: it may be what the recorder needs to serve the host.
                    self.state.d.next = CommitPhase::Idle;
                } else if self.doorbell.val() | self.s.q.val().waiting {
                    self.s.d.next.waiting = false;
                    self.state.d.next = CommitPhase::Inspect;
                    self.s.d.next.asking = true;
                } else if self.s.q.val().forget & !self.restoring.val() & !self.s.q.val().recording {
                    self.s.d.next.index = 0.into();
                    self.s.d.next.inbound = false;
                    self.state.d.next = CommitPhase::ForgetAll;
                }
            }
            CommitPhase::Inspect => {
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.last_staged.val() {
                    self.s.d.next.asking = false;
                }
                if self.s.q.val().b_active & (self.s.q.val().b_position == self.last_staged.val()) {
                    self.state.d.next = CommitPhase::Judge;
                }
            }
            CommitPhase::Judge => {
                self.s.d.next.position = 0.into();
                self.s.d.next.was_recorded = self.s.q.val().is_recorded;
                self.state.d.next = CommitPhase::Lock;
                self.inner_refused.d.next = self.validate.refusal.val() != 0;
                if !self.s.q.val().inner {
                    self.s.d.next.refusal = self.validate.refusal.val();
                }
                if self.validate.refusal.val() != 0 {
                    self.state.d.next = CommitPhase::Scrub;
                } else if self.s.q.val().in_use {
                    self.s.d.next.refusal = self.pair.val();
                    self.state.d.next = CommitPhase::Scrub;
                }
            }
            CommitPhase::Record => {
                self.stage.read_address.next = self.r_word.val();
                if self.r_done.val() {
                    self.s.d.next.kept = true;
                    self.state.d.next = CommitPhase::Lock;
                    if !self.r_ok.val() & !self.s.q.val().erasing {
                        self.s.d.next.refusal = self.nvram.val();
                        self.state.d.next = CommitPhase::Scrub;
                    }
                } else if self.r_want.val() {
                    // The recorder is at something that it must commit first: the host's operation begins anew after that.
                    self.s.d.next.recording = false;
                    self.s.d.next.waiting = true;
                    self.s.d.next.waiting_index = self.s.q.val().index;
                    self.s.d.next.waiting_inbound = self.s.q.val().inbound;
                    self.s.d.next.waiting_operation = self.s.q.val().operation;
                    self.state.d.next = CommitPhase::Idle;
                }
            }
            CommitPhase::Lock => {
                // A number that the inbound direction reported in its last clocks is booked by the recorder within sixteen; the tables must not tell of another before.
                if self.locked_here.val() {
                    self.s.d.next.position = self.s.q.val().position + 1;
                }
                if self.locked_here.val()
                    & ((self.s.q.val().position == 16) | !self.s.q.val().inbound | self.s.q.val().rules | self.s.q.val().pairs)
                {
                    self.s.d.next.position = 0.into();
                    self.state.d.next = CommitPhase::Retire;
                    if self.records.val() {
                        self.s.d.next.recording = true;
                        self.s.d.next.erasing = self.erases.val();
                        self.state.d.next = CommitPhase::Record;
                    }
                    if self.s.q.val().inbound & self.installs.val() & !self.s.q.val().kept {
                        self.s.d.next.recording = false;
                        self.state.d.next = CommitPhase::StartSearch;
                    }
                }
            }
            CommitPhase::StartSearch => {
                self.state.d.next = CommitPhase::Search;
            }
            CommitPhase::Search => {
                self.stage.read_address.next = self.scan.read_word.val();
                self.inner_stage.read_address.next = self.scan.read_word.val();
                if self.scan.done.val() {
                    self.state.d.next = CommitPhase::Retire;
                    if self.records.val() {
                        self.s.d.next.recording = true;
                        self.s.d.next.erasing = self.erases.val();
                        self.state.d.next = CommitPhase::Record;
                    }
                    if self.scan.found.val() {
                        self.s.d.next.recording = false;
                        self.inner_refused.d.next = true;
                        if !self.s.q.val().inner {
                            self.s.d.next.refusal = self.duplicate.val();
                        }
                        self.state.d.next = CommitPhase::Scrub;
                    }
                }
            }
            CommitPhase::Retire => {
                self.valid_write.next = !self.s.q.val().rules & !self.s.q.val().pairs & !self.s.q.val().partial;
                self.window_clear.next = self.s.q.val().inbound & !self.s.q.val().rules & !self.s.q.val().pairs;
                self.s.d.next.position = self.first.val();
                self.s.d.next.asking = true;
                self.state.d.next = CommitPhase::Fill;
            }
            CommitPhase::Fill => {
                // Word 0 first, as zero; then the others; then word 0 again, as it shall be. Parameters and parts of an SA: their words, once.
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.last.val() {
                    self.s.d.next.position = 0.into();
                    self.s.d.next.closing = true;
                    self.s.d.next.asking = !self.s.q.val().partial & !self.s.q.val().pairs;
                }
                if self.s.q.val().closing {
                    self.s.d.next.position = 0.into();
                    self.s.d.next.asking = false;
                    if !self.s.q.val().a_active & !self.s.q.val().asking {
                        self.state.d.next = CommitPhase::Publish;
                    }
                }
            }
            CommitPhase::Publish => {
                if !self.window_busy.val() {
                    self.valid_write.next = self.installs.val();
                    if self.s.q.val().pairs {
                        self.pairs.write.next = true;
                    }
                    self.state.d.next = CommitPhase::Scrub;
                }
            }
            CommitPhase::ForgetAll => {
                self.s.d.next.recording = true;
                self.s.d.next.erasing = true;
                if self.r_want.val() & !self.r_done.val() {
                    self.s.d.next.recording = false;
                    self.state.d.next = CommitPhase::Idle;
                }
                if self.r_done.val() {
                    self.s.d.next.recording = false;
                    self.s.d.next.index = self.index.val() + 1;
                    if self.index.val() == self.last_pair.val() {
                        self.s.d.next.index = 0.into();
                        self.s.d.next.inbound = true;
                        if self.s.q.val().inbound {
                            // What came back from the records while they were still there goes too.
                            self.s.d.next.forget = false;
                            self.s.d.next.patience = 0.into();
                            self.state.d.next = CommitPhase::Clear;
                        }
                    }
                }
            }
            _ => {}
        }
        if self.zeroize.val() {
            self.s.d.next.forget = true;
            if !self.wiping.val() {
                self.state.d.next = CommitPhase::Clear;
                self.s.d.next.patience = 0.into();
                self.s.d.next.inner = false;
                self.s.d.next.granted = false;
                self.c_done.next = self.s.q.val().inner;
                self.inner_refused.d.next = true;
            }
        }
    }
}
