//! Somebody on the wire who has every key of the run: opens each sealed frame and says which SA, which number, and what is in it.

use crate::config;
use holdfast_model::gcm::Gcm;
use holdfast_model::wire::control::Message;
use holdfast_model::wire::esp::{self, Carried, Esp, Trailer, UDP_HEADER};
use holdfast_model::wire::frame::Frame;
use holdfast_model::wire::parse::{Content, Family, Fragment, Packet, Ports};
use holdfast_model::Key;
use holdfast_registers::sa::{self, flags};
use holdfast_registers::wire::{protocol, ETHERTYPE_IPV4, ETHERTYPE_IPV6, NAT_T_PORT};

/// An SA of the run, by its index in [`Wiretap::sas`].
pub type SaId = usize;

/// One SA: who sends under it, and who receives.
pub struct Sa {
    /// Name in the sender's configuration.
    pub name: String,
    /// Index of the sending station.
    pub sender: usize,
    /// Index of the SA in the sender's outbound table.
    pub index: usize,
    /// Receiving station, and the SA's index in its inbound table, where one has it.
    pub receiver: Option<(usize, usize)>,
    /// SAs with the same keying material share their numbers: the first of them.
    pub material: SaId,
    /// It is a spare one: see [`super::plan::Station::spare`].
    pub spare: bool,
    /// It is recorded at its sender.
    pub recorded: bool,
    spi: u32,
    remote: u128,
    family: Family,
    udp: bool,
    tunnel: bool,
    esn: bool,
    salt: [u8; 4],
    port: u16,
    gcm: Gcm,
}

/// What is in a sealed packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inside {
    /// What a host sent: the part of it that the SA protects.
    Data(Vec<u8>),
    /// A control message.
    Control(Message),
    /// The ICV is wrong: it was altered, or cut short.
    Broken,
}

/// A sealed packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Under which SA.
    pub sa: SaId,
    /// The 64-bit number, which also is the IV.
    pub number: u64,
    /// What is in it.
    pub inside: Inside,
}

/// All SAs of a run.
pub struct Wiretap {
    /// In the order of the stations.
    pub sas: Vec<Sa>,
    nat_t_port: u16,
}

impl Wiretap {
    /// Knows the SAs of these configurations, and the spare ones.
    pub fn new<'a>(stations: impl IntoIterator<Item = &'a config::Station>, spares: &'a [config::Station]) -> Self {
        let mut sas: Vec<Sa> = Vec::new();
        let mut materials: Vec<Vec<u32>> = Vec::new();
        let mut nat_t_port = NAT_T_PORT;
        let all: Vec<(bool, usize, &config::Station)> = stations
            .into_iter()
            .enumerate()
            .map(|(at, station)| (false, at, station))
            .chain(spares.iter().enumerate().map(|(at, station)| (true, at, station)))
            .collect();
        for (spare, sender, station) in all.iter().copied() {
            nat_t_port = station.nat_t_port.unwrap_or(nat_t_port);
            for (index, named) in station.outbound.iter().enumerate() {
                let words = named.sa.words();
                let material = words[sa::SALT..=sa::SALT].iter().chain(&words[sa::KEY..sa::KEY + 8]).copied().collect::<Vec<_>>();
                let first = materials.iter().position(|other| *other == material).unwrap_or(materials.len());
                materials.push(material);
                let port = station.pairs.get(index).copied().flatten().map_or(0, |pair| pair.port);
                let same = all.iter().filter(|other| other.0 == spare).map(|other| other.2);
                let (name, receiver) = (named.name.clone(), receiver(same, &words[..]));
                let sa = Sa::new(name, sender, index, receiver, first, port, &words);
                sas.push(Sa { spare, ..sa });
            }
        }
        Wiretap { sas, nat_t_port }
    }

    /// What a frame is; `None`: not sealed under an SA of the run.
    pub fn look(&self, frame: &[u8]) -> Option<Sealed> {
        let Ok(Content::Packet(packet)) = Frame::new(frame).and_then(Content::parse) else { return None };
        let Ok(Carried::Esp { esp, udp }) = esp::find(&packet, self.nat_t_port) else { return None };
        let (family, destination) = (packet.selectors().family, packet.selectors().destination);
        let here = |sa: &Sa| (sa.spi, sa.udp, sa.family) == (esp.spi, udp, family) && (sa.remote == destination || !sa.tunnel);
        let at = self.sas.iter().position(here)?;
        Some(Sealed { sa: at, number: u64::from_be_bytes(esp.iv), inside: self.sas[at].open(&esp) })
    }

    /// As [`Wiretap::look`], for the first bytes of a frame whose end never came: enough of them to see SA and IV.
    pub fn look_at_part(&self, part: &[u8]) -> Option<Sealed> {
        let ethertype = |at: usize| part.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let l3 = if ethertype(12)? == 0x8100 { 18 } else { 14 };
        let length = |at: usize| part.get(l3 + at..l3 + at + 2).map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
        let end = l3
            + match ethertype(l3 - 2)? {
                ETHERTYPE_IPV4 => length(2)?,
                ETHERTYPE_IPV6 => 40 + length(4)?,
                _ => return None,
            };
        let mut whole = part.to_vec();
        whole.resize(end.max(part.len()), 0);
        let sealed = self.look(&whole)?;
        // Numbers that are zero because the bytes are missing are nobody's.
        (sealed.number != 0).then_some(sealed)
    }

    /// The parts of a delivered frame by which [`Inside::Data`] knows it: as tunnel mode and as transport mode protect it.
    pub fn protected(frame: &[u8]) -> Option<[Vec<u8>; 2]> {
        let Ok(Content::Packet(packet)) = Frame::new(frame).and_then(Content::parse) else { return None };
        Some([packet.l3(), packet.insertion()].map(|from| frame[from..packet.end()].to_vec()))
    }
}

impl Sa {
    fn new(
        name: String,
        sender: usize,
        index: usize,
        receiver: Option<(usize, usize)>,
        material: SaId,
        port: u16,
        words: &[u32; sa::WORDS],
    ) -> Self {
        let set = |flag| words[sa::FLAGS] & flag != 0;
        let mut key = [0; 32];
        for (bytes, word) in key.chunks_exact_mut(4).zip(&words[sa::KEY..]) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        let key = match key.first_chunk() {
            Some(short) if !set(flags::AES256) => Key::Aes128(*short),
            _ => Key::Aes256(key),
        };
        let family = if set(flags::IPV6) { Family::V6 } else { Family::V4 };
        Sa {
            name,
            sender,
            index,
            receiver,
            material,
            spare: false,
            recorded: set(flags::RECORDED),
            spi: words[sa::SPI],
            remote: address(&words[sa::REMOTE..sa::REMOTE + 4]),
            family,
            udp: set(flags::UDP),
            tunnel: set(flags::TUNNEL),
            esn: set(flags::ESN),
            salt: words[sa::SALT].to_be_bytes(),
            port,
            gcm: Gcm::new(&key),
        }
    }

    fn open(&self, esp: &Esp) -> Inside {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&self.salt);
        nonce[4..].copy_from_slice(&esp.iv);
        // RFC 4106 section 5: with ESN the additional data holds all 64 bits. The IV is the number.
        let (high, low) = esp.iv.split_at(4);
        let mut aad = self.spi.to_be_bytes().to_vec();
        if self.esn {
            aad.extend(high);
        }
        aad.extend(low);
        let mut text = esp.ciphertext.to_vec();
        if low != esp.low.to_be_bytes() || self.gcm.open(&nonce, &aad, &mut text, &esp.icv).is_err() {
            return Inside::Broken;
        }
        let Ok(trailer) = Trailer::parse(&text) else { return Inside::Broken };
        text.truncate(trailer.payload);
        match self.control(&text, trailer.next_header) {
            Some(message) => Inside::Control(message),
            None => Inside::Data(text),
        }
    }

    /// The control message in a payload.
    fn control(&self, payload: &[u8], next_header: u8) -> Option<Message> {
        if !self.tunnel {
            let port = payload.get(2..4)?;
            return (next_header == protocol::UDP && port == self.port.to_be_bytes())
                .then(|| Message::parse(payload.get(UDP_HEADER..)?).ok())
                .flatten();
        }
        let ethertype = match next_header {
            protocol::IPV4 => ETHERTYPE_IPV4,
            protocol::IPV6 => ETHERTYPE_IPV6,
            _ => return None,
        };
        let mut frame = vec![0; 12];
        frame.extend(ethertype.to_be_bytes());
        frame.extend(payload);
        let Ok(Content::Packet(packet)) = Frame::new(&frame).and_then(Content::parse) else { return None };
        control_payload(&packet, self.port).and_then(|payload| Message::parse(payload).ok())
    }
}

fn control_payload<'a>(packet: &Packet<'a>, port: u16) -> Option<&'a [u8]> {
    let selectors = packet.selectors();
    let Ports::Pair(_, destination) = selectors.ports else { return None };
    let whole = packet.fragment() == Fragment::Whole && selectors.protocol == protocol::UDP;
    packet.upper().get(UDP_HEADER..).filter(|_| whole && destination == port && port != 0)
}

/// Who receives what is sealed under these words.
fn receiver<'a>(stations: impl IntoIterator<Item = &'a config::Station>, sealed: &[u32]) -> Option<(usize, usize)> {
    let same = |opened: &[u32; sa::WORDS]| {
        let bits = flags::IPV6 | flags::UDP;
        // The remote end of the one is the local end of the other.
        opened[sa::SPI] == sealed[sa::SPI]
            && opened[sa::FLAGS] & bits == sealed[sa::FLAGS] & bits
            && opened[sa::LOCAL..sa::LOCAL + 4] == sealed[sa::REMOTE..sa::REMOTE + 4]
    };
    let find = |(at, station): (usize, &config::Station)| Some((at, station.inbound.iter().position(|named| same(&named.sa.words()))?));
    stations.into_iter().enumerate().find_map(find)
}

/// An address as selectors have it.
fn address(words: &[u32]) -> u128 {
    words.iter().fold(0, |bits, word| bits << 32 | u128::from(*word))
}
