//! ESP (RFC 4303 section 2, with the IV and ICV of RFC 4106): header, trailer, and where it is found in a packet.

use super::bytes::Bytes;
use super::parse::{Fragment, Packet, Ports};
use holdfast_registers::wire::{self, protocol};
use holdfast_registers::Reason;

/// Bytes of a UDP header (RFC 768).
pub const UDP_HEADER: usize = 8;

/// An ESP packet of legal length: at least 36 bytes, a multiple of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Esp<'a> {
    /// Security parameter index.
    pub spi: u32,
    /// Low half of the sequence number; the only one on the wire.
    pub low: u32,
    /// The IV, second part of the nonce.
    pub iv: [u8; wire::ESP_IV],
    /// Ciphertext: payload, padding, pad length, next header. At least four bytes.
    pub ciphertext: &'a [u8],
    /// Integrity check value.
    pub icv: [u8; wire::ESP_ICV],
}

impl<'a> Esp<'a> {
    /// Splits an ESP packet.
    ///
    /// # Errors
    /// [`Reason::EspLength`]: below 36 bytes or not a multiple of four.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Reason> {
        if bytes.len() < wire::ESP_MINIMUM || bytes.len() % 4 != 0 {
            return Err(Reason::EspLength);
        }
        let text = wire::ESP_HEADER + wire::ESP_IV;
        let icv = bytes.len() - wire::ESP_ICV;
        let found = (bytes.u32_at(0), bytes.u32_at(4), bytes.array_at(wire::ESP_HEADER), bytes.array_at(icv));
        match found {
            (Some(spi), Some(low), Some(iv), Some(tag)) => Ok(Esp { spi, low, iv, ciphertext: &bytes[text..icv], icv: tag }),
            _ => Err(Reason::EspLength),
        }
    }
}

/// What an inbound packet is to ESP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried<'a> {
    /// No ESP: the policy decides.
    Clear,
    /// A fragment of ESP; the host reassembles.
    Fragment,
    /// ESP, with or without UDP around it.
    Esp {
        /// The ESP packet.
        esp: Esp<'a>,
        /// It came in UDP (RFC 3948).
        udp: bool,
    },
}

/// Looks for ESP in an inbound packet, directly or in UDP to `nat_t_port`.
///
/// # Errors
/// [`Reason::Malformed`] (UDP length), [`Reason::KeepAlive`], [`Reason::EspLength`].
pub fn find<'a>(packet: &Packet<'a>, nat_t_port: u16) -> Result<Carried<'a>, Reason> {
    let selectors = packet.selectors();
    match (packet.fragment(), selectors.protocol, selectors.ports) {
        (Fragment::First | Fragment::Later, protocol::ESP, _) => Ok(Carried::Fragment),
        (Fragment::Whole, protocol::ESP, _) => Ok(Carried::Esp { esp: Esp::parse(packet.upper())?, udp: false }),
        (Fragment::Whole, protocol::UDP, Ports::Pair(_, destination)) if destination == nat_t_port => {
            let length = usize::from(packet.upper().u16_at(4).ok_or(Reason::Malformed)?);
            match packet.upper().get(UDP_HEADER..length).ok_or(Reason::Malformed)? {
                [0xff] => Err(Reason::KeepAlive),
                [] | [_] | [_, _] | [_, _, _] => Err(Reason::EspLength),
                // The non-ESP marker of RFC 3948 section 2.2.
                [0, 0, 0, 0, ..] => Ok(Carried::Clear),
                esp => Ok(Carried::Esp { esp: Esp::parse(esp)?, udp: true }),
            }
        }
        _ => Ok(Carried::Clear),
    }
}

/// Bytes of ciphertext for a payload: padded so that the trailer ends on four bytes (RFC 4303 section 2.4).
pub fn ciphertext_length(payload: usize) -> usize {
    (payload + 2).next_multiple_of(4)
}

/// Appends padding 1, 2, 3, …, its length and the next header to a payload of `payload` bytes.
pub fn append_trailer(out: &mut Vec<u8>, payload: usize, next_header: u8) {
    let pad = ciphertext_length(payload) - payload - 2;
    out.extend_from_slice(&[1, 2, 3][..pad]);
    out.extend_from_slice(&[pad as u8, next_header]);
}

/// What the trailer of a decrypted text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer {
    /// Bytes of payload in front of the padding.
    pub payload: usize,
    /// Protocol of the payload.
    pub next_header: u8,
}

impl Trailer {
    /// Reads and checks the trailer.
    ///
    /// # Errors
    /// [`Reason::Padding`]: longer than the text, or not 1, 2, 3, … (RFC 4303 section 2.4).
    pub fn parse(text: &[u8]) -> Result<Self, Reason> {
        let [before @ .., pad_length, next_header] = text else { return Err(Reason::Padding) };
        let payload = before.len().checked_sub(usize::from(*pad_length)).ok_or(Reason::Padding)?;
        if before[payload..].iter().zip(1..=u8::MAX).any(|(found, wanted)| *found != wanted) {
            return Err(Reason::Padding);
        }
        Ok(Trailer { payload, next_header: *next_header })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for length in 0..120 {
            assert_eq!(Esp::parse(&vec![1; length]).is_ok(), length >= 36 && length % 4 == 0, "{length} bytes");
        }
        assert_eq!(Esp::parse(&[1; 36]).unwrap().ciphertext.len(), 4);
    }

    #[test]
    fn trailers_read_as_written() {
        for payload in 0..300 {
            let mut text = vec![0xaa; payload];
            append_trailer(&mut text, payload, 41);
            assert_eq!(text.len() % 4, 0);
            assert!(text.len() - payload < 6);
            assert_eq!(text.len(), ciphertext_length(payload));
            assert_eq!(Trailer::parse(&text), Ok(Trailer { payload, next_header: 41 }));
        }
    }

    #[test]
    fn padding_up_to_255_bytes_is_read() {
        let mut text: Vec<u8> = (1..=255).collect();
        text.extend_from_slice(&[255, 4]);
        assert_eq!(Trailer::parse(&text), Ok(Trailer { payload: 0, next_header: 4 }));
        for at in 0..255 {
            let mut wrong = text.clone();
            wrong[at] ^= 1;
            assert_eq!(Trailer::parse(&wrong), Err(Reason::Padding), "byte {at}");
        }
        assert_eq!(Trailer::parse(&text[1..]), Err(Reason::Padding), "one byte longer than the text");
    }
}
