use crate::cell::Reg;
use crate::prelude::*;

/// What is known after each clock, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, LogicStruct)]
pub struct SealLengthsWork {
    /// Bytes of the packet that came, and of its part from where transport mode puts ESP; what stands before that.
    pub whole: Bits<16>,
    pub rest: Bits<16>,
    pub kept: Bits<16>,
    /// Bytes of the payload; of the packet that leaves, but for the ciphertext; of the packet that came, but for its payload, less the trailer's two.
    pub payload: Bits<16>,
    pub fixed: Bits<16>,
    pub more: Bits<16>,
    pub cipher: Bits<16>,
    /// Bytes of the MTU left for the ciphertext: fewer than none.
    pub left: Bits<16>,
    pub short: Bit,
    pub total: Bits<16>,
    pub datagram: Bits<16>,
    pub over: Bit,
    pub largest: Bits<16>,
    pub named: Bits<16>,
}

/// The lengths of a packet that is to be sealed: one addition a clock, each in a register. Nothing starts it: what it says is right when its inputs have stood for so many clocks: those of the packet for four,
/// those of the SA for three; `new_total` one clock more.
///
/// RFC 4303: 8 bytes of ESP header, 8 of IV (RFC 4106), 16 of ICV; payload, 2 bytes of trailer and padding in whole words; 8 of UDP (RFC 3948).
#[derive(LogicBlock, Ports, Default)]
pub struct SealLengths {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// The end of the packet in bytes, its begin and the place of ESP in transport mode in words, all from the start of the frame.
    pub finish: Signal<In, Bits<16>>,
    pub ip_word: Signal<In, Bits<3>>,
    pub insert_word: Signal<In, Bits<10>>,
    pub tunnel: Signal<In, Bit>,
    /// Family of the header in front of ESP.
    pub ipv6: Signal<In, Bit>,
    pub udp: Signal<In, Bit>,
    /// Zero: none.
    pub mtu: Signal<In, Bits<16>>,
    pub old_total: Signal<Out, Bits<16>>,
    pub payload: Signal<Out, Bits<16>>,
    /// Payload, padding and trailer.
    pub cipher: Signal<Out, Bits<16>>,
    /// As the header in front of ESP has it: IPv4 the packet, IPv6 what follows the header.
    pub new_total: Signal<Out, Bits<16>>,
    /// With UDP: its length.
    pub datagram: Signal<Out, Bits<16>>,
    /// The packet that leaves is longer than the MTU. The largest one that could come instead; 0: not even an empty one would fit.
    pub over: Signal<Out, Bit>,
    pub largest: Signal<Out, Bits<16>>,
    w: Reg<SealLengthsWork>,
    origin: Signal<Local, Bits<16>>,
    place: Signal<Local, Bits<16>>,
    head: Signal<Local, Bits<16>>,
    around: Signal<Local, Bits<16>>,
    kept: Signal<Local, Bits<16>>,
    padded: Signal<Local, Bits<16>>,
    left: Signal<Local, Bits<17>>,
    in_words: Signal<Local, Bits<16>>,
    beyond: Signal<Local, Bit>,
}

impl Logic for SealLengths {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w);
        self.w.reset.next = self.reset.val();

        self.origin.next = bit_cast::<16, 3>(self.ip_word.val()) << 2;
        self.place.next = bit_cast::<16, 10>(self.insert_word.val()) << 2;
        self.w.d.next.whole = self.finish.val() - self.origin.val();
        self.w.d.next.rest = self.finish.val() - self.place.val();
        self.w.d.next.kept = self.place.val() - self.origin.val();

        self.head.next = self.w.q.val().kept;
        self.kept.next = self.w.q.val().kept;
        self.w.d.next.payload = self.w.q.val().rest;
        if self.tunnel.val() {
            self.head.next = 20.into();
            if self.ipv6.val() {
                self.head.next = 40.into();
            }
            self.kept.next = 0.into();
            self.w.d.next.payload = self.w.q.val().whole;
        }
        self.around.next = 32.into();
        if self.udp.val() {
            self.around.next = 40.into();
        }
        self.w.d.next.fixed = self.head.val() + self.around.val();
        self.w.d.next.more = self.kept.val() - 2;

        self.padded.next = self.w.q.val().payload + 5;
        self.w.d.next.cipher = self.padded.val() & 0xfffc;
        self.left.next = bit_cast::<17, 16>(self.mtu.val()) - bit_cast::<17, 16>(self.w.q.val().fixed);
        self.w.d.next.left = self.left.val().get_bits::<16>(0);
        self.w.d.next.short = self.left.val().get_bit(16);

        self.w.d.next.total = self.w.q.val().cipher + self.w.q.val().fixed;
        self.w.d.next.datagram = self.w.q.val().cipher + 40;
        self.beyond.next = self.w.q.val().left < self.w.q.val().cipher;
        self.w.d.next.over = (self.mtu.val() != 0) & (self.w.q.val().short | self.beyond.val());
        self.in_words.next = self.w.q.val().left & 0xfffc;
        self.w.d.next.largest = self.in_words.val() + self.w.q.val().more;
        if self.w.q.val().short | (self.in_words.val() == 0) {
            self.w.d.next.largest = 0.into();
        }

        self.w.d.next.named = self.w.q.val().total;
        if self.ipv6.val() {
            self.w.d.next.named = self.w.q.val().total - 40;
        }

        self.old_total.next = self.w.q.val().whole;
        self.payload.next = self.w.q.val().payload;
        self.cipher.next = self.w.q.val().cipher;
        self.new_total.next = self.w.q.val().named;
        self.datagram.next = self.w.q.val().datagram;
        self.over.next = self.w.q.val().over;
        self.largest.next = self.w.q.val().largest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Bench;
    use rand::{rngs::StdRng, Rng, SeedableRng};

    /// Packets of all lengths up to 9 KB in every form of the SA, with MTUs that are none, nearly what the packet takes, or anything; against the lengths as the RFCs add them up.
    #[test]
    fn lengths_are_those_of_the_rfcs() {
        println!("seed 61");
        let mut dice = StdRng::seed_from_u64(61);
        let mut bench = Bench::new("seal_lengths", SealLengths::default(), |d| &mut d.clock);
        bench.dut.reset.next = true;
        (0..4).for_each(|_| bench.cycle());
        bench.dut.reset.next = false;
        let (mut fits, mut none) = ([0; 2], 0);
        for _ in 0..600 {
            let ip = dice.gen_range(4..6i64);
            let insert = ip + dice.gen_range(5..60i64);
            let most = if dice.gen() { 100 } else { 8900 };
            let finish = 4 * insert + dice.gen_range(0..most);
            let (tunnel, ipv6, udp): (bool, bool, bool) = dice.gen();
            let before = 4 * (insert - ip);
            let payload = if tunnel { finish - 4 * ip } else { finish - 4 * insert };
            let fixed = if !tunnel {
                before
            } else if ipv6 {
                40
            } else {
                20
            } + 8
                + 8
                + 16
                + 8 * i64::from(udp);
            let cipher = (payload + 2 + 3) / 4 * 4;
            let total = fixed + cipher;
            let mtu = match dice.gen_range(0..4) {
                0 => 0,
                1 => total + dice.gen_range(-8..8),
                2 => fixed + dice.gen_range(-3..9),
                _ => dice.gen_range(1..9000),
            };
            let room = (mtu - fixed).max(0) / 4 * 4;
            let largest = if room == 0 { 0 } else { room - 2 + if tunnel { 0 } else { before } };

            let d = &mut bench.dut;
            (d.finish.next, d.ip_word.next, d.insert_word.next) = ((finish as u64).into(), (ip as u64).into(), (insert as u64).into());
            (d.tunnel.next, d.ipv6.next, d.udp.next, d.mtu.next) = (tunnel, ipv6, udp, (mtu as u64).into());
            (0..5).for_each(|_| bench.cycle());
            let d = &bench.dut;
            let said = [&d.payload, &d.cipher, &d.new_total].map(|port| u64::from(port.val()) as i64);
            assert_eq!(said, [payload, cipher, total - if ipv6 { 40 } else { 0 }], "tunnel {tunnel}, ipv6 {ipv6}, udp {udp}");
            assert_eq!(u64::from(d.old_total.val()) as i64, finish - 4 * ip);
            assert_eq!(u64::from(d.datagram.val()) as i64, cipher + 8 + 16 + 16);
            let over = mtu != 0 && total > mtu;
            assert_eq!(d.over.val(), over, "{total} bytes, MTU {mtu}");
            if over {
                assert_eq!(u64::from(d.largest.val()) as i64, largest, "MTU {mtu}, {fixed} bytes around");
                none += i32::from(largest == 0);
            }
            fits[usize::from(over)] += 1;
        }
        assert!(fits.iter().all(|n| *n > 100) && none > 20, "{fits:?} {none}");
        bench.finish();
    }
}
