//! ESP as a peer would send it, with every mistake on demand. Written anew, since what it checks includes the golden model's own sealing.

use super::configuration::{address_of, SaWords};
use super::packet::Ip;
use holdfast_model::gcm::Gcm;
use holdfast_model::Key;
use holdfast_registers::sa;
use holdfast_registers::wire::protocol;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What a packet is to carry.
#[derive(Clone, Debug)]
pub struct Contents {
    pub sequence: u64,
    pub next_header: u8,
    /// The payload, with traffic-flow-confidentiality padding where wanted.
    pub payload: Vec<u8>,
    /// The padding bytes; with the two bytes after them they should fill up to a multiple of four.
    pub padding: Vec<u8>,
    pub pad_length: u8,
}

impl Contents {
    /// With the shortest right padding.
    pub fn new(sequence: u64, next_header: u8, payload: Vec<u8>) -> Self {
        let mut this = Self { sequence, next_header, payload, padding: Vec::new(), pad_length: 0 };
        this.pad(0);
        this
    }

    /// Right padding, `more` times four bytes longer than needed.
    pub fn pad(&mut self, more: usize) {
        let count = (2usize.wrapping_sub(self.payload.len())) % 4 + 4 * more;
        self.padding = (1..=count).map(|i| i as u8).collect();
        self.pad_length = count as u8;
    }
}

/// The ESP packet: header, IV, ciphertext, ICV. `spi` may differ from the SA's.
pub fn seal(words: &SaWords, spi: u32, contents: &Contents) -> Vec<u8> {
    let key: Vec<u8> = words[sa::KEY..sa::KEY + 8].iter().flat_map(|word| word.to_be_bytes()).collect();
    let key = if words[sa::FLAGS] & sa::flags::AES256 != 0 {
        Key::Aes256(key.try_into().expect("eight words"))
    } else {
        Key::Aes128(key[..16].try_into().expect("four words"))
    };
    let esn = words[sa::FLAGS] & sa::flags::ESN != 0;
    let (high, low) = ((contents.sequence >> 32) as u32, contents.sequence as u32);
    let iv = if esn { contents.sequence } else { u64::from(low) };
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&words[sa::SALT].to_be_bytes());
    nonce[4..].copy_from_slice(&iv.to_be_bytes());
    let mut aad = spi.to_be_bytes().to_vec();
    if esn {
        aad.extend(high.to_be_bytes());
    }
    aad.extend(low.to_be_bytes());
    let mut text = contents.payload.clone();
    text.extend(&contents.padding);
    text.extend([contents.pad_length, contents.next_header]);
    let icv = Gcm::new(&key).seal(&nonce, &aad, &mut text);
    let mut esp = spi.to_be_bytes().to_vec();
    esp.extend(low.to_be_bytes());
    esp.extend(iv.to_be_bytes());
    esp.extend(text);
    esp.extend(icv);
    esp
}

/// The outer packet around ESP: from the SA's remote address to its local one, in UDP if the SA says so.
pub fn outer(random: &mut ChaCha8Rng, words: &SaWords, esp: Vec<u8>) -> Ip {
    let udp = words[sa::FLAGS] & sa::flags::UDP != 0;
    let (source, destination) = (address_of(words, sa::REMOTE), address_of(words, sa::LOCAL));
    let (number, payload) = if udp { (protocol::UDP, udp_datagram(random, &esp)) } else { (protocol::ESP, esp) };
    let mut packet = Ip::new(source, destination, number, payload);
    packet.class = random.gen();
    packet
}

/// A UDP datagram to port 4500.
pub fn udp_datagram(random: &mut ChaCha8Rng, payload: &[u8]) -> Vec<u8> {
    let mut datagram = random.gen::<u16>().to_be_bytes().to_vec();
    datagram.extend(4500u16.to_be_bytes());
    datagram.extend(((payload.len() + 8) as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}
