//! Moves beats of the old frame: its headers into the new frame, its ciphertext to the cipher.
//!
//! A packet is taken in the first clock, which may be that of the last beat of the one before; then the headers that stay are read, four words per clock, the words that will change, the ICV, and the text. The port of the
//! store answers three clocks later and has no back-pressure: what comes back is told apart by what went with the question. Header words wait in a queue until the new frame's
//! write port has nothing better to do; no more are asked for than the queue holds.
//!
//! Which number the packet has is asked in the clock after it was taken; its text waits until that is known.
//!
//! Besides the text and the words of the headers a packet takes nine clocks, from taking it to its last beat.
use crate::cell::{Block128, JoinWords, Reg};
use crate::inbound::Intake;
use crate::pipelined::{Backlog, WideReader};
use crate::prelude::*;
use crate::stream::Queue;

#[derive(Clone, Copy, Debug, PartialEq, LogicState)]
pub enum MoverState {
    Idle,
    /// Asks for the words that are copied.
    Heads,
    /// Asks for the words that will change: the last of the link header and the first three of the packet; where an extension header names ESP, that word.
    Fixed,
    Name,
    /// Asks for the ICV, and has the text read.
    Icv,
    /// The additional data, then the text.
    First,
    Body,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct MoverWork {
    /// Where the next words come from and go to, and how many are left.
    pub at: Bits<12>,
    pub to: Bits<12>,
    pub left: Bits<12>,
    /// Not more than four are.
    pub last: Bit,
    pub fixed_at: Bits<12>,
    pub name_at: Bits<12>,
    pub text_at: Bits<12>,
    pub icv_at: Bits<12>,
    /// Header beats in the queue or on their way to it.
    pub owed: Bits<3>,
    /// Packets whose headers are written and who have not been told so.
    pub copied: Bits<4>,
    pub icv_there: Bit,
    /// The packet's number was asked for; is known.
    pub infers: Bit,
    pub known: Bit,
}

/// What was asked of the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct MoverAsked {
    pub head: Bit,
    pub fixed: Bit,
    pub name: Bit,
    pub icv: Bit,
    pub to: Bits<12>,
    pub mask: Bits<4>,
    pub last: Bit,
}

/// Words for the new frame: `mask` bit i for lane i of `data`, which is word `at` + i of the ring. `last`: with it the headers of a packet are complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct OpenWrite {
    pub mask: Bits<4>,
    pub at: Bits<12>,
    pub last: Bit,
    pub data: Block128,
}

/// The words of the old frame that will change: the last of its link header, the first three of its packet; the word of the extension header that names ESP.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct OpenSaved {
    pub fixed: Block128,
    pub name: Bits<32>,
}

/// The mover; its contract stands at the head of the file.
#[derive(LogicBlock, Ports, Default)]
pub struct OpenMover {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub idle: Signal<Out, Bit>,
    /// A packet may be taken, and is, where it stands, with `accept`; the new frame begins at word `tail` of the ring.
    pub go: Signal<In, Bit>,
    pub intake: Signal<In, Intake>,
    pub tail: Signal<In, Bits<12>>,
    pub accept: Signal<Out, Bit>,
    /// A block of the old frame is read for the last time; nothing more of it is.
    pub reads: Signal<Out, Bit>,
    pub ends: Signal<Out, Bit>,
    /// Port B of the store in front.
    pub address: Signal<Out, Bits<12>>,
    pub data: Signal<In, Block128>,
    /// The packet in hand; asks for the high half of its number. `inferred` answers, with the next clock at the earliest; `high` is held until the next question.
    pub packet: Signal<Out, Intake>,
    pub infer: Signal<Out, Bit>,
    pub inferred: Signal<In, Bit>,
    pub high: Signal<In, Bits<32>>,
    /// To the cipher.
    pub text_valid: Signal<Out, Bit>,
    pub text_first: Signal<Out, Bit>,
    pub text_last: Signal<Out, Bit>,
    pub text_block: Signal<Out, Block128>,
    pub text_bytes: Signal<Out, Bits<5>>,
    pub text_ready: Signal<In, Bit>,
    pub icv: Signal<Out, Block128>,
    /// Pulses with the additional data: where the text goes, and how its first words are to be read.
    pub place_push: Signal<Out, Bit>,
    pub place_at: Signal<Out, Bits<12>>,
    pub place_tunnel: Signal<Out, Bit>,
    pub place_ecn: Signal<Out, Bits<2>>,
    /// Header words for the new frame.
    pub head_valid: Signal<Out, Bit>,
    pub head: Signal<Out, OpenWrite>,
    pub head_ready: Signal<In, Bit>,
    /// The headers of the oldest packet that has any and was not told of yet are written.
    pub copied: Signal<Out, Bit>,
    pub copied_take: Signal<In, Bit>,
    pub saved_valid: Signal<Out, Bit>,
    pub saved: Signal<Out, OpenSaved>,
    pub saved_take: Signal<In, Bit>,
    state: Reg<MoverState>,
    work: Reg<MoverWork>,
    kept: Reg<Intake>,
    /// A packet was taken that is only dropped.
    refused: Reg<Bit>,
    asked: Reg<MoverAsked>,
    under_way: Reg<MoverAsked>,
    came: Reg<MoverAsked>,
    fixed: Reg<Block128>,
    name: Reg<Bits<32>>,
    claimed: Reg<Block128>,
    heads: Queue<OpenWrite>,
    saves: Backlog<OpenSaved, 3>,
    reader: WideReader,
    additional: JoinWords,
    left: Signal<Local, Bits<12>>,
    is_last: Signal<Local, Bit>,
    mask: Signal<Local, Bits<4>>,
    origin: Signal<Local, Bits<12>>,
    cipher: Signal<Local, Bits<16>>,
    cipher_words: Signal<Local, Bits<12>>,
    base: Signal<Local, Bits<12>>,
    service: Signal<Local, Bits<8>>,
    answer: Signal<Local, Block128>,
    written: Signal<Local, Bit>,
    completed: Signal<Local, Bit>,
    asks: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
}

impl Logic for OpenMover {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, state, work, kept, refused, asked, under_way, came, fixed, name, claimed);
        clock!(self, clock, heads, saves, reader);
        self.state.reset.next = self.reset.val();
        self.work.reset.next = self.reset.val();
        self.kept.reset.next = self.reset.val();
        self.refused.reset.next = self.reset.val();
        self.asked.reset.next = self.reset.val();
        self.under_way.reset.next = self.reset.val();
        self.came.reset.next = self.reset.val();
        self.fixed.reset.next = self.reset.val();
        self.name.reset.next = self.reset.val();
        self.claimed.reset.next = self.reset.val();
        self.heads.reset.next = self.reset.val();
        self.saves.reset.next = self.reset.val();
        self.reader.reset.next = self.reset.val();

        self.idle.next = self.state.q.val() == MoverState::Idle;
        self.accept.next = false;
        self.address.next = self.reader.address.val();
        self.answer.next = self.data.val();
        self.reader.data.next = self.data.val();
        self.reader.start.next = false;
        self.reader.first.next = self.work.q.val().text_at;
        self.reader.ready.next = false;

        // Where things are: known two clocks after the packet was taken.
        self.cipher.next = self.kept.q.val().cipher_bytes;
        self.cipher_words.next = self.cipher.val().get_bits::<12>(2);
        self.origin.next = bit_cast::<12, 10>(self.kept.q.val().start) << 2;
        self.work.d.next.text_at = self.origin.val() + bit_cast::<12, 10>(self.kept.q.val().text_word);
        self.work.d.next.icv_at = self.work.q.val().text_at + self.cipher_words.val();
        self.work.d.next.name_at = self.origin.val() + bit_cast::<12, 10>(self.kept.q.val().name_word);
        // Three or four words in: the link header has four words, or five with a VLAN tag.
        self.work.d.next.fixed_at = self.origin.val() + 3;
        if self.kept.q.val().ip_word == 5 {
            self.work.d.next.fixed_at = self.origin.val() + 4;
        }

        // The last beat of a header or of the text, and which of its words count.
        self.left.next = self.work.q.val().left;
        self.is_last.next = self.work.q.val().last;
        self.mask.next = 15.into();
        if self.is_last.val() {
            if self.left.val().get_bits::<2>(0) == 1 {
                self.mask.next = 1.into();
            }
            if self.left.val().get_bits::<2>(0) == 2 {
                self.mask.next = 3.into();
            }
            if self.left.val().get_bits::<2>(0) == 3 {
                self.mask.next = 7.into();
            }
        }

        // What comes back.
        self.asked.d.next.head = false;
        self.asked.d.next.fixed = false;
        self.asked.d.next.name = false;
        self.asked.d.next.icv = false;
        self.asked.d.next.to = self.work.q.val().to;
        self.asked.d.next.mask = self.mask.val();
        self.asked.d.next.last = self.is_last.val();
        self.under_way.d.next = self.asked.q.val();
        self.came.d.next = self.under_way.q.val();
        if self.came.q.val().fixed {
            self.fixed.d.next = self.data.val();
        }
        if self.came.q.val().name {
            self.name.d.next = self.answer.val().get_bits::<32>(0);
        }
        if self.came.q.val().icv {
            self.claimed.d.next = self.data.val();
            self.work.d.next.icv_there = true;
        }
        self.icv.next = self.claimed.q.val();
        self.saves.push.next = self.came.q.val().icv;
        self.saves.item.next.fixed = self.fixed.q.val();
        self.saves.item.next.name = self.name.q.val();
        self.saves.pop.next = self.saved_take.val();
        self.saved_valid.next = self.saves.valid.val();
        self.saved.next = self.saves.head.val();
        self.heads.push.next = self.came.q.val().head;
        self.heads.item.next.mask = self.came.q.val().mask;
        self.heads.item.next.at = self.came.q.val().to;
        self.heads.item.next.last = self.came.q.val().last;
        self.heads.item.next.data = self.data.val();
        self.heads.pop.next = self.head_ready.val();
        self.head_valid.next = self.heads.valid.val();
        self.head.next = self.heads.head.val();
        self.written.next = self.heads.valid.val() & self.head_ready.val();
        self.completed.next = self.written.val() & self.heads.head.val().last;
        self.copied.next = self.work.q.val().copied != 0;
        if self.completed.val() & !self.copied_take.val() {
            self.work.d.next.copied = self.work.q.val().copied + 1;
        }
        if self.copied_take.val() & !self.completed.val() {
            self.work.d.next.copied = self.work.q.val().copied - 1;
        }

        self.packet.next = self.kept.q.val();
        self.infer.next = false;
        if self.inferred.val() {
            self.work.d.next.known = true;
        }

        // Additional data: SPI, number (RFC 4106, section 5), and for the cipher the length of the text.
        self.additional.word[0].next = self.kept.q.val().spi;
        self.additional.word[1].next = self.kept.q.val().low;
        self.additional.word[2].next = 0.into();
        if self.kept.q.val().esn {
            self.additional.word[1].next = self.high.val();
            self.additional.word[2].next = self.kept.q.val().low;
        }
        self.additional.word[3].next = bit_cast::<32, 16>(self.kept.q.val().cipher_bytes);
        self.text_valid.next = false;
        self.text_first.next = false;
        self.text_last.next = false;
        self.text_block.next = self.reader.block.val();
        self.text_bytes.next = 16.into();
        self.place_push.next = false;
        self.place_at.next = self.work.q.val().to;
        self.place_tunnel.next = self.kept.q.val().tunnel;
        self.service.next = self.kept.q.val().service;
        self.place_ecn.next = self.service.val().get_bits::<2>(0);

        self.base.next = bit_cast::<12, 10>(self.intake.val().words) << 2;
        if self.intake.val().esp {
            self.base.next = bit_cast::<12, 10>(self.intake.val().upper_word);
            if self.intake.val().tunnel {
                self.base.next = bit_cast::<12, 3>(self.intake.val().ip_word);
            }
        }
        self.asks.next = false;
        self.takes.next = false;
        self.reads.next = false;
        self.ends.next = self.refused.q.val();
        self.refused.d.next = false;

        match self.state.q.val() {
            MoverState::Idle => {
                self.takes.next = true;
            }
            MoverState::Heads => {
                self.address.next = self.work.q.val().at;
                self.asks.next = self.work.q.val().owed != 4;
                self.infer.next = self.kept.q.val().esp & !self.work.q.val().infers;
                self.work.d.next.infers = true;
                if self.asks.val() {
                    self.asked.d.next.head = true;
                    self.reads.next = !self.kept.q.val().esp;
                    self.work.d.next.at = self.work.q.val().at + 4;
                    // The text begins where the headers end.
                    self.work.d.next.to = self.work.q.val().to + 4;
                    self.work.d.next.left = self.work.q.val().left - 4;
                    self.work.d.next.last = self.left.val() <= 8;
                    if self.is_last.val() {
                        self.work.d.next.to = self.work.q.val().to + self.work.q.val().left;
                        self.state.d.next = MoverState::Fixed;
                        if !self.kept.q.val().esp {
                            self.ends.next = true;
                            self.state.d.next = MoverState::Idle;
                        }
                    }
                }
            }
            MoverState::Fixed => {
                self.address.next = self.work.q.val().fixed_at;
                self.asked.d.next.fixed = true;
                self.state.d.next = MoverState::Icv;
                if !self.kept.q.val().tunnel & self.kept.q.val().ipv6 & (self.kept.q.val().name_lane != 2) {
                    self.state.d.next = MoverState::Name;
                }
            }
            MoverState::Name => {
                self.address.next = self.work.q.val().name_at;
                self.asked.d.next.name = true;
                self.state.d.next = MoverState::Icv;
            }
            MoverState::Icv => {
                self.address.next = self.work.q.val().icv_at;
                self.asked.d.next.icv = true;
                self.reader.start.next = true;
                self.work.d.next.left = self.cipher_words.val();
                self.work.d.next.last = self.cipher_words.val() <= 4;
                self.state.d.next = MoverState::First;
            }
            MoverState::First => {
                // There must be no gap after it.
                self.text_valid.next = self.reader.valid.val() & self.work.q.val().icv_there & self.work.q.val().known;
                self.text_first.next = true;
                self.text_block.next = self.additional.block.val();
                self.text_bytes.next = 8.into();
                if self.kept.q.val().esn {
                    self.text_bytes.next = 12.into();
                }
                if self.text_valid.val() & self.text_ready.val() {
                    self.place_push.next = true;
                    self.state.d.next = MoverState::Body;
                }
            }
            MoverState::Body => {
                self.text_valid.next = self.reader.valid.val();
                self.text_last.next = self.is_last.val();
                if self.is_last.val() {
                    self.text_bytes.next = bit_cast::<5, 3>(self.left.val().get_bits::<3>(0)) << 2;
                }
                // No gap on either side: a beat is taken in every clock, and nothing needs to be asked.
                self.reader.ready.next = true;
                self.reads.next = true;
                self.work.d.next.left = self.work.q.val().left - 4;
                self.work.d.next.last = self.left.val() <= 8;
                if self.is_last.val() {
                    self.ends.next = true;
                    self.state.d.next = MoverState::Idle;
                    self.takes.next = true;
                }
            }
            _ => {}
        }
        // The next packet, with the last beat of the one before.
        if self.takes.val() {
            self.work.d.next.icv_there = false;
            self.work.d.next.infers = false;
            self.work.d.next.known = false;
            self.work.d.next.at = bit_cast::<12, 10>(self.intake.val().start) << 2;
            self.work.d.next.to = self.tail.val();
            self.work.d.next.left = self.base.val();
            self.work.d.next.last = self.base.val() <= 4;
            if self.go.val() {
                self.accept.next = true;
                self.kept.d.next = self.intake.val();
                self.refused.d.next = self.intake.val().reason != 0;
                if self.intake.val().reason == 0 {
                    self.state.d.next = MoverState::Heads;
                }
            }
        }
        if self.asks.val() & !self.written.val() {
            self.work.d.next.owed = self.work.q.val().owed + 1;
        }
        if self.written.val() & !self.asks.val() {
            self.work.d.next.owed = self.work.q.val().owed - 1;
        }
    }
}
