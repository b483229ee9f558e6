use super::{Capabilities, Validate};
use crate::cell::{Ram, Reg, Settle};
use crate::sad::Scan;
use holdfast_registers::{map, rule, sa, Refusal};
use rust_hdl::prelude::*;

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
    Lock,
    StartSearch,
    Search,
    /// The SA that was there goes.
    Retire,
    /// The words are overwritten: from the stage, or with zero.
    Fill,
    /// The words are there: now the valid bit.
    Publish,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct CommitState {
    pub phase: CommitPhase,
    pub operation: Bits<3>,
    pub index: Bits<8>,
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
}

/// Staging memory, doorbell and wiping: the only writer of the tables apart from the engine's own sequence numbers.
///
/// **Commit.** `doorbell` (a pulse, not while `busy`) takes `data` as the word written to `COMMIT`. The staged record is judged word by word (30 cycles), then the datapath of the
/// one direction it concerns is asked to hold (`lock`, until `locked`: nothing in flight uses the tables; `locked` must fall within 16 cycles after `lock`). Under the lock: the search for a
/// duplicate (inbound installation, up to 50 cycles), the valid bit off, the 32 words of the SA (12 of a rule) written in 35 cycles, the valid bit on. Word 0 is zero from the
/// first write to the last, so that a rule is never seen half written. Whatever the outcome, the staged words are overwritten with zero afterwards. `refusal` is that of the last commit, 0 = it took effect.
///
/// **Wipe.** `zeroize` (a pulse at any time, a commit under way is given up) and reset: from the next cycle on `table_clear` says that no SA and no rule is valid, until all words are zero. Both
/// locks are requested; packets in flight get up to 65,536 cycles to end with the key they began with; then, locked or not, `wipe_datapath` rises (crypto cores forget their keys, whatever is still in flight
/// must not leave) and all 32 × 32 words of both SADs, 32 × 12 words of both rule tables and the stage are overwritten, 2,800 cycles.
///
/// **Table bus.** `table_write` puts `table_data` to word `table_word` of entry `table_index` of table `table_select`: 0 outbound SAD, 1 inbound SAD, 2 outbound rules, 3 inbound rules.
/// `valid_write` sets the valid bit of an SA to `valid_value`. `window_clear` (a pulse; inbound SAs) has the anti-replay window of `table_index` forgotten, `window_busy` may hold from the next cycle until that is
/// done; the SA becomes valid after it. While `check` is set the read port of the inbound SAD is ours: `check_index`, `check_word`, answered a cycle later by `check_data`, `check_valid`.
#[derive(LogicBlock)]
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
    pub table_index: Signal<Out, Bits<5>>,
    pub table_word: Signal<Out, Bits<5>>,
    pub table_data: Signal<Out, Bits<32>>,
    pub table_clear: Signal<Out, Bit>,
    pub valid_write: Signal<Out, Bit>,
    pub valid_value: Signal<Out, Bit>,
    pub window_clear: Signal<Out, Bit>,
    pub window_busy: Signal<In, Bit>,
    pub wipe_datapath: Signal<Out, Bit>,
    pub check: Signal<Out, Bit>,
    pub check_index: Signal<Out, Bits<5>>,
    pub check_word: Signal<Out, Bits<5>>,
    pub check_data: Signal<In, Bits<32>>,
    pub check_valid: Signal<In, Bit>,
    s: Reg<CommitState>,
    word: Reg<Bits<32>>,
    stage: Ram<Bits<32>, 5>,
    validate: Settle<Validate>,
    scan: Settle<Scan>,
    index: Signal<Local, Bits<8>>,
    last: Signal<Local, Bits<5>>,
    wiping: Signal<Local, Bit>,
    holding: Signal<Local, Bit>,
    installs: Signal<Local, Bit>,
    locked_here: Signal<Local, Bit>,
    install_sa: Constant<Bits<3>>,
    delete_sa: Constant<Bits<3>>,
    write_rule: Constant<Bits<3>>,
    last_staged: Constant<Bits<5>>,
    last_of_rule: Constant<Bits<5>>,
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
            s: Default::default(),
            word: Default::default(),
            stage: Default::default(),
            validate: Settle::new(Validate::new(capabilities)),
            scan: Settle::new(Scan::new(capabilities.sas[1] as usize)),
            index: Default::default(),
            last: Default::default(),
            wiping: Default::default(),
            holding: Default::default(),
            installs: Default::default(),
            locked_here: Default::default(),
            install_sa: Constant::new((map::commit::INSTALL_SA as u64).into()),
            delete_sa: Constant::new((map::commit::DELETE_SA as u64).into()),
            write_rule: Constant::new((map::commit::WRITE_RULE as u64).into()),
            last_staged: Constant::new((sa::WORDS as u64 - 1).into()),
            last_of_rule: Constant::new((rule::WORDS as u64 - 1).into()),
            duplicate: Constant::new((Refusal::Duplicate.code() as u64).into()),
        }
    }
}

impl Logic for Commit {
    // Kernels have no match guards.
    #[allow(clippy::collapsible_match)]
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, s, word);
        clock!(self, clock, stage, validate, scan);
        self.s.reset.next = self.reset.val();
        self.word.reset.next = self.reset.val();
        self.validate.reset.next = self.reset.val();
        self.scan.reset.next = self.reset.val();

        self.index.next = self.s.q.val().index;
        self.wiping.next = (self.s.q.val().phase == CommitPhase::Clear) | (self.s.q.val().phase == CommitPhase::Erase);
        self.holding.next = (self.s.q.val().phase == CommitPhase::Lock)
            | (self.s.q.val().phase == CommitPhase::StartSearch)
            | (self.s.q.val().phase == CommitPhase::Search)
            | (self.s.q.val().phase == CommitPhase::Retire)
            | (self.s.q.val().phase == CommitPhase::Fill)
            | (self.s.q.val().phase == CommitPhase::Publish);
        self.installs.next = self.s.q.val().operation == self.install_sa.val();
        self.locked_here.next = self.locked[0].val();
        if self.s.q.val().inbound {
            self.locked_here.next = self.locked[1].val();
        }
        self.last.next = 31.into();
        if self.s.q.val().rules {
            self.last.next = self.last_of_rule.val();
        }

        // A staged word that is asked for now is in `word` two cycles later.
        self.stage.write.next = self.stage_write.val();
        self.stage.write_address.next = self.stage_word.val();
        self.stage.write_data.next = self.data.val();
        self.stage.read_address.next = self.s.q.val().position;
        self.word.d.next = self.stage.read_data.val();
        self.s.d.next.a_active = self.s.q.val().asking;
        self.s.d.next.a_position = self.s.q.val().position;
        self.s.d.next.a_blank =
            (self.s.q.val().operation == self.delete_sa.val()) | ((self.s.q.val().position == 0) & !self.s.q.val().closing);
        self.s.d.next.b_active = self.s.q.val().a_active;
        self.s.d.next.b_position = self.s.q.val().a_position;
        self.s.d.next.b_blank = self.s.q.val().a_blank;

        self.validate.start.next = self.s.q.val().phase == CommitPhase::Idle;
        self.validate.operation.next = self.s.q.val().operation;
        self.validate.index.next = self.s.q.val().index;
        self.validate.inbound.next = self.s.q.val().inbound;
        self.validate.valid.next = self.s.q.val().b_active & (self.s.q.val().phase == CommitPhase::Inspect);
        self.validate.position.next = self.s.q.val().b_position;
        self.validate.word.next = self.word.q.val();

        self.scan.start.next = self.s.q.val().phase == CommitPhase::StartSearch;
        self.scan.skip.next = true;
        self.scan.skip_index.next = self.index.val().get_bits::<5>(0);
        self.scan.table_data.next = self.check_data.val();
        self.scan.table_valid.next = self.check_valid.val();
        self.scan.record_data.next = self.stage.read_data.val();
        self.check.next = self.s.q.val().phase == CommitPhase::Search;
        self.check_index.next = self.scan.read_index.val();
        self.check_word.next = self.scan.read_word.val();

        self.table_write.next =
            (self.s.q.val().phase == CommitPhase::Erase) | (self.s.q.val().b_active & (self.s.q.val().phase == CommitPhase::Fill));
        self.table_index.next = self.index.val().get_bits::<5>(0);
        self.table_word.next = self.s.q.val().b_position;
        self.table_data.next = self.word.q.val();
        if self.s.q.val().b_blank | !self.s.q.val().b_active {
            self.table_data.next = 0.into();
        }
        if self.s.q.val().phase == CommitPhase::Erase {
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
        self.wipe_datapath.next = self.s.q.val().phase == CommitPhase::Erase;
        self.valid_write.next = false;
        self.valid_value.next = self.s.q.val().phase == CommitPhase::Publish;
        self.window_clear.next = false;
        self.lock[0].next = self.wiping.val() | (self.holding.val() & !self.s.q.val().inbound);
        self.lock[1].next = self.wiping.val() | (self.holding.val() & self.s.q.val().inbound);
        self.busy.next = self.s.q.val().phase != CommitPhase::Idle;
        self.refusal.next = self.s.q.val().refusal;

        match self.s.q.val().phase {
            CommitPhase::Clear => {
                self.s.d.next.patience = self.s.q.val().patience + 1;
                self.s.d.next.inbound = false;
                self.s.d.next.rules = false;
                self.s.d.next.index = 0.into();
                self.s.d.next.position = 0.into();
                self.s.d.next.asking = false;
                if (self.locked[0].val() & self.locked[1].val()) | (self.s.q.val().patience == 65535) {
                    self.s.d.next.phase = CommitPhase::Erase;
                }
            }
            CommitPhase::Erase => {
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.last.val() {
                    self.s.d.next.position = 0.into();
                    self.s.d.next.index = self.index.val() + 1;
                    if self.s.q.val().index == 31 {
                        self.s.d.next.index = 0.into();
                        self.s.d.next.inbound = !self.s.q.val().inbound;
                        if self.s.q.val().inbound {
                            self.s.d.next.rules = true;
                            if self.s.q.val().rules {
                                self.s.d.next.phase = CommitPhase::Scrub;
                            }
                        }
                    }
                }
            }
            CommitPhase::Scrub => {
                self.stage.write.next = true;
                self.stage.write_address.next = self.s.q.val().position;
                self.stage.write_data.next = 0.into();
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == 31 {
                    self.s.d.next.phase = CommitPhase::Idle;
                }
            }
            CommitPhase::Idle => {
                self.s.d.next.position = 0.into();
                self.s.d.next.closing = false;
                self.s.d.next.index = self.data.val().get_bits::<8>(0);
                self.s.d.next.inbound = self.data.val().get_bit(8);
                self.s.d.next.operation = self.data.val().get_bits::<3>(16);
                self.s.d.next.rules = self.data.val().get_bits::<3>(16) == self.write_rule.val();
                if self.doorbell.val() {
                    self.s.d.next.phase = CommitPhase::Inspect;
                    self.s.d.next.asking = true;
                }
            }
            CommitPhase::Inspect => {
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.last_staged.val() {
                    self.s.d.next.asking = false;
                }
                if self.s.q.val().b_active & (self.s.q.val().b_position == self.last_staged.val()) {
                    self.s.d.next.phase = CommitPhase::Judge;
                }
            }
            CommitPhase::Judge => {
                self.s.d.next.refusal = self.validate.refusal.val();
                self.s.d.next.position = 0.into();
                self.s.d.next.phase = CommitPhase::Lock;
                if self.validate.refusal.val() != 0 {
                    self.s.d.next.phase = CommitPhase::Scrub;
                }
            }
            CommitPhase::Lock => {
                if self.locked_here.val() {
                    self.s.d.next.phase = CommitPhase::Retire;
                    if self.s.q.val().inbound & self.installs.val() {
                        self.s.d.next.phase = CommitPhase::StartSearch;
                    }
                }
            }
            CommitPhase::StartSearch => {
                self.s.d.next.phase = CommitPhase::Search;
            }
            CommitPhase::Search => {
                self.stage.read_address.next = self.scan.read_word.val();
                if self.scan.done.val() {
                    self.s.d.next.phase = CommitPhase::Retire;
                    if self.scan.found.val() {
                        self.s.d.next.refusal = self.duplicate.val();
                        self.s.d.next.phase = CommitPhase::Scrub;
                    }
                }
            }
            CommitPhase::Retire => {
                self.valid_write.next = !self.s.q.val().rules;
                self.window_clear.next = self.s.q.val().inbound & !self.s.q.val().rules;
                self.s.d.next.asking = true;
                self.s.d.next.phase = CommitPhase::Fill;
            }
            CommitPhase::Fill => {
                // Word 0 first, as zero; then the others; then word 0 again, as it shall be.
                self.s.d.next.position = self.s.q.val().position + 1;
                if self.s.q.val().position == self.last.val() {
                    self.s.d.next.position = 0.into();
                    self.s.d.next.closing = true;
                }
                if self.s.q.val().closing {
                    self.s.d.next.position = 0.into();
                    self.s.d.next.asking = false;
                    if !self.s.q.val().a_active & !self.s.q.val().asking {
                        self.s.d.next.phase = CommitPhase::Publish;
                    }
                }
            }
            CommitPhase::Publish => {
                if !self.window_busy.val() {
                    self.valid_write.next = self.installs.val();
                    self.s.d.next.phase = CommitPhase::Scrub;
                }
            }
            _ => {}
        }
        if self.zeroize.val() & !self.wiping.val() {
            self.s.d.next.phase = CommitPhase::Clear;
            self.s.d.next.patience = 0.into();
        }
    }
}
