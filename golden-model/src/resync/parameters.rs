//! Resync parameters of a pair: how it finds its peer again, and how often it is recorded.

use crate::sad::Endpoints;
use crate::spd::{join, split};
use crate::wire::parse::left_aligned;
use holdfast_registers::{pair, wire, Refusal};

/// Link header of control frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// Of the next hop towards the peer.
    pub destination: [u8; 6],
    /// Of this end.
    pub source: [u8; 6],
    /// Tag control information, where frames carry a VLAN tag.
    pub vlan: Option<u16>,
}

impl Link {
    /// Appends the header, EtherType included.
    pub fn append(&self, out: &mut Vec<u8>, ethertype: u16) {
        out.extend_from_slice(&self.destination);
        out.extend_from_slice(&self.source);
        if let Some(vlan) = self.vlan {
            out.extend_from_slice(&wire::ETHERTYPE_VLAN.to_be_bytes());
            out.extend_from_slice(&vlan.to_be_bytes());
        }
        out.extend_from_slice(&ethertype.to_be_bytes());
    }
}

/// Resync parameters. Exponents are of two; times are in ticks of 256 clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// Control port, not zero.
    pub port: u16,
    /// Exponent of the interval in packets, 4 to 24.
    pub interval: u8,
    /// Exponent of the spread: the first request waits less than so many ticks. Up to 31, as all exponents of times.
    pub spread: u8,
    /// Exponent of the wait before the first repetition.
    pub timeout: u8,
    /// Exponent of the longest wait, not below `timeout`.
    pub ceiling: u8,
    /// Unanswered requests before the event `resync_failed`; 0: never.
    pub failures: u8,
    /// Link header of control frames.
    pub link: Link,
    /// Addresses of control datagrams.
    pub endpoints: Endpoints,
}

impl Parameters {
    /// Interval in packets.
    pub fn interval(&self) -> u64 {
        1 << self.interval
    }

    /// The wait after the `sent`-th request (1 is the first), in ticks.
    pub fn wait(&self, sent: u32) -> u64 {
        let exponent = u32::from(self.timeout).saturating_add(sent.saturating_sub(1)).min(u32::from(self.ceiling));
        1 << exponent
    }

    /// Reads and checks staged words (`registers::pair`).
    ///
    /// # Errors
    /// [`Refusal::Pair`].
    pub fn from_words(words: &[u32; pair::WORDS]) -> Result<Self, Refusal> {
        let parameters = Self::decode(words);
        let range =
            parameters.port != 0 && pair::INTERVAL.contains(&u32::from(parameters.interval)) && parameters.timeout <= parameters.ceiling;
        // What the fields do not say must be zero: reserved bits, a tag without its flag, words of an IPv4 address beyond the first.
        if range && parameters.to_words() == *words {
            Ok(parameters)
        } else {
            Err(Refusal::Pair)
        }
    }

    /// Reads words that were checked before.
    pub(crate) fn decode(words: &[u32; pair::WORDS]) -> Self {
        let [control, retry, ethernet @ ..] = words;
        let exponent = |shift: u32| (retry >> shift) as u8 & 31;
        let mut link = [0; 16];
        for (bytes, word) in link.chunks_exact_mut(4).zip(ethernet) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        let [_, _, d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, v0, v1] = link;
        let vlan = (retry & pair::VLAN != 0).then_some(u16::from_be_bytes([v0, v1]));
        let address = |at: usize| [0, 1, 2, 3].map(|i| words[at + i]);
        Parameters {
            port: *control as u16,
            interval: (control >> pair::INTERVAL_SHIFT) as u8 & 31,
            spread: exponent(pair::SPREAD_SHIFT),
            timeout: exponent(pair::TIMEOUT_SHIFT),
            ceiling: exponent(pair::CEILING_SHIFT),
            failures: (retry >> pair::FAILURES_SHIFT) as u8,
            link: Link { destination: [d0, d1, d2, d3, d4, d5], source: [s0, s1, s2, s3, s4, s5], vlan },
            endpoints: if control & pair::IPV6 != 0 {
                Endpoints::V6 { local: join(address(pair::LOCAL)).into(), remote: join(address(pair::REMOTE)).into() }
            } else {
                Endpoints::V4 { local: words[pair::LOCAL].into(), remote: words[pair::REMOTE].into() }
            },
        }
    }

    /// The words to stage.
    pub fn to_words(&self) -> [u32; pair::WORDS] {
        let mut words = [0; pair::WORDS];
        let flag = |condition: bool, flag: u32| if condition { flag } else { 0 };
        words[pair::CONTROL] = u32::from(self.port)
            | u32::from(self.interval) << pair::INTERVAL_SHIFT
            | flag(matches!(self.endpoints, Endpoints::V6 { .. }), pair::IPV6);
        words[pair::RETRY] = u32::from(self.spread) << pair::SPREAD_SHIFT
            | u32::from(self.timeout) << pair::TIMEOUT_SHIFT
            | u32::from(self.ceiling) << pair::CEILING_SHIFT
            | u32::from(self.failures) << pair::FAILURES_SHIFT
            | flag(self.link.vlan.is_some(), pair::VLAN);
        let link = [&[0; 2], &self.link.destination[..], &self.link.source, &self.link.vlan.unwrap_or(0).to_be_bytes()].concat();
        for (word, bytes) in words[pair::ETHERNET..].iter_mut().zip(link.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        words[pair::LOCAL..pair::LOCAL + 4].copy_from_slice(&split(left_aligned(self.endpoints.local())));
        words[pair::REMOTE..pair::REMOTE + 4].copy_from_slice(&split(left_aligned(self.endpoints.remote())));
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Parameters {
        Parameters {
            port: 51847,
            interval: 10,
            spread: 9,
            timeout: 12,
            ceiling: 19,
            failures: 8,
            link: Link { destination: [1, 2, 3, 4, 5, 6], source: [7, 8, 9, 10, 11, 12], vlan: Some(0x2abc) },
            endpoints: Endpoints::V4 { local: [10, 0, 0, 1].into(), remote: [10, 0, 0, 2].into() },
        }
    }

    #[test]
    fn words_as_the_contract_has_them() {
        let words = parameters().to_words();
        assert_eq!(words[..6], [0x000a_ca87, 0x8008_4d89, 0x0000_0102, 0x0304_0506, 0x0708_090a, 0x0b0c_2abc]);
        assert_eq!((words[8], words[12]), (0x0a00_0001, 0x0a00_0002));
        assert_eq!(Parameters::from_words(&words), Ok(parameters()));
        let v6 = Endpoints::V6 { local: "2001:db8::1".parse().unwrap(), remote: "2001:db8::2".parse().unwrap() };
        let plain = Parameters { endpoints: v6, link: Link { vlan: None, ..parameters().link }, ..parameters() };
        assert_eq!(Parameters::from_words(&plain.to_words()), Ok(plain));
    }

    #[test]
    fn what_is_refused() {
        let refused = |change: &dyn Fn(&mut [u32; 16])| {
            let mut words = parameters().to_words();
            change(&mut words);
            Parameters::from_words(&words) == Err(Refusal::Pair)
        };
        for bit in 21..31 {
            assert!(refused(&|w| w[0] |= 1 << bit), "word 0 bit {bit}");
        }
        for bit in (24..31).chain([15]) {
            assert!(refused(&|w| w[1] |= 1 << bit), "word 1 bit {bit}");
        }
        assert!(refused(&|w| w[2] |= 1 << 16));
        assert!(refused(&|w| w[6] = 1));
        assert!(refused(&|w| w[7] = 1));
        assert!(refused(&|w| w[1] &= !pair::VLAN), "a tag without its flag");
        assert!(refused(&|w| w[0] &= !0xffff), "port zero");
        for interval in [0, 3, 25, 31] {
            assert!(refused(&|w| w[0] = w[0] & !(31 << 16) | interval << 16), "interval {interval}");
        }
        assert!(refused(&|w| w[1] = w[1] & !(31 << 10) | 11 << 10), "ceiling below timeout");
        for at in [9, 10, 11, 13, 14, 15] {
            assert!(refused(&|w| w[at] = 1), "IPv4, word {at}");
        }
        assert!(!refused(&|_| ()));
    }

    #[test]
    fn waits_double_up_to_the_ceiling() {
        let p = Parameters { timeout: 3, ceiling: 5, ..parameters() };
        assert_eq!([1, 2, 3, 4, u32::MAX].map(|sent| p.wait(sent)), [8, 16, 32, 32, 32]);
        assert_eq!(Parameters { timeout: 31, ceiling: 31, ..p }.wait(9), 1 << 31);
    }
}
