//! Control messages of resynchronisation and the UDP datagram around them. Two levels: [`Fields`] reads what is there and never judges;
//! [`Message`] and [`Datagram`] cannot be illegal.

use super::bytes::{put, Bytes};
use super::parse::{Family, Fragment, Packet, Ports};
use super::{checksum, esp, ip};
use crate::sad::Endpoints;
use holdfast_registers::control;
use holdfast_registers::wire::protocol;

/// Bytes of a message as UDP payload.
pub const LENGTH: usize = control::LENGTH;
/// Bytes of the UDP datagram around it, header included.
pub const UDP_LENGTH: usize = esp::UDP_HEADER + LENGTH;
/// Shortest UDP datagram that is looked at: up to the echo. A shorter one is ordinary traffic.
pub const UDP_MINIMUM: usize = esp::UDP_HEADER + control::AT_FLAGS;

/// The fields of a UDP payload by their place, whatever it is. `None` where the payload ends before.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl Fields<'_> {
    /// Bytes 0 to 3: "HFST" in a message.
    pub fn magic(&self) -> Option<u32> {
        self.0.u32_at(0)
    }
    /// Byte 4.
    pub fn version(&self) -> Option<u8> {
        self.0.u8_at(control::AT_VERSION)
    }
    /// Byte 5: type.
    pub fn kind(&self) -> Option<u8> {
        self.0.u8_at(control::AT_TYPE)
    }
    /// Bytes 6 and 7: bytes of the message.
    pub fn length(&self) -> Option<u16> {
        self.0.u16_at(control::AT_LENGTH)
    }
    /// Bytes 8 to 15.
    pub fn echo(&self) -> Option<u64> {
        self.0.array_at(control::AT_ECHO).map(u64::from_be_bytes)
    }
    /// Bytes 16 to 19.
    pub fn flags(&self) -> Option<u32> {
        self.0.u32_at(control::AT_FLAGS)
    }
    /// Bytes 20 to 27.
    pub fn number(&self) -> Option<u64> {
        self.0.array_at(control::AT_NUMBER).map(u64::from_be_bytes)
    }
}

/// A control message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// "Where are you?"
    Request {
        /// V: the sender's number in the ESP packet that carries this message.
        number: u64,
    },
    /// The answer.
    Ack {
        /// V of the request.
        echo: u64,
        /// S, the sender's number in this packet, where it knows it. The receiver goes by the ESP header instead.
        number: Option<u64>,
    },
}

/// Why a UDP payload is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoMessage {
    /// Too short or without the magic: somebody else's.
    Ordinary,
    /// It has the magic, but this version, type or length says nothing to us.
    Unknown,
}

impl Message {
    /// Reads the payload of a UDP datagram.
    ///
    /// # Errors
    /// [`NoMessage`].
    pub fn parse(payload: &[u8]) -> Result<Self, NoMessage> {
        let fields = Fields(payload);
        let (Some(control::MAGIC), Some(echo)) = (fields.magic(), fields.echo()) else { return Err(NoMessage::Ordinary) };
        let whole = payload.len() == LENGTH && fields.length() == Some(LENGTH as u16);
        let given = fields.flags().is_some_and(|flags| flags & control::NUMBER_GIVEN != 0);
        match (fields.version(), fields.kind()) {
            (Some(control::VERSION), Some(control::REQUEST)) if whole => Ok(Message::Request { number: echo }),
            (Some(control::VERSION), Some(control::ACK)) if whole => Ok(Message::Ack { echo, number: fields.number().filter(|_| given) }),
            _ => Err(NoMessage::Unknown),
        }
    }

    /// The bytes of the message.
    pub fn to_bytes(self) -> [u8; LENGTH] {
        let (kind, echo, given) = match self {
            Message::Request { number } => (control::REQUEST, number, None),
            Message::Ack { echo, number } => (control::ACK, echo, number),
        };
        let mut bytes = [0; LENGTH];
        put(&mut bytes, 0, control::MAGIC.to_be_bytes());
        put(&mut bytes, control::AT_VERSION, [control::VERSION, kind]);
        put(&mut bytes, control::AT_LENGTH, (LENGTH as u16).to_be_bytes());
        put(&mut bytes, control::AT_ECHO, echo.to_be_bytes());
        put(&mut bytes, control::AT_FLAGS, given.map_or(0, |_| control::NUMBER_GIVEN).to_be_bytes());
        put(&mut bytes, control::AT_NUMBER, given.unwrap_or(0).to_be_bytes());
        bytes
    }
}

/// Where a control datagram comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// `local` sends, `remote` receives.
    pub endpoints: Endpoints,
    /// UDP source port.
    pub source_port: u16,
    /// UDP destination port.
    pub destination_port: u16,
}

impl Path {
    /// The way back.
    pub fn reversed(self) -> Self {
        Path { endpoints: self.endpoints.reversed(), source_port: self.destination_port, destination_port: self.source_port }
    }
}

/// A message with its addresses: an IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Datagram {
    /// Addresses and ports.
    pub path: Path,
    /// What it says.
    pub message: Message,
}

impl Datagram {
    /// Reads a packet that came out of an SA. `port` is the control port.
    ///
    /// # Errors
    /// [`NoMessage`]; a fragment, another protocol or port, or a UDP length outside the packet is [`NoMessage::Ordinary`].
    pub fn parse(packet: &Packet, port: u16) -> Result<Self, NoMessage> {
        let selectors = packet.selectors();
        let (Fragment::Whole, protocol::UDP, Ports::Pair(source_port, destination_port)) =
            (packet.fragment(), selectors.protocol, selectors.ports)
        else {
            return Err(NoMessage::Ordinary);
        };
        let length = packet.upper().u16_at(4).map_or(0, usize::from);
        let datagram = packet.upper().get(..length).filter(|bytes| bytes.len() >= UDP_MINIMUM).ok_or(NoMessage::Ordinary)?;
        if destination_port != port {
            return Err(NoMessage::Ordinary);
        }
        let message = Message::parse(&datagram[esp::UDP_HEADER..])?;
        Ok(Datagram { path: Path { endpoints: packet.endpoints(), source_port, destination_port }, message })
    }

    /// Appends the IP packet: UDP checksum zero over IPv4, computed over IPv6 (RFC 8200 section 8.1).
    pub fn append(&self, out: &mut Vec<u8>) {
        let outer = ip::Outer { traffic_class: 0, protocol: protocol::UDP, hop_limit: control::HOP_LIMIT, payload: UDP_LENGTH as u16 };
        match self.path.endpoints {
            Endpoints::V4 { local, remote } => ip::append_ipv4(out, outer, 0, true, local, remote),
            Endpoints::V6 { local, remote } => ip::append_ipv6(out, outer, local, remote),
        }
        let udp = out.len();
        ip::append_udp(out, self.path.source_port, self.path.destination_port, UDP_LENGTH as u16);
        out.extend_from_slice(&self.message.to_bytes());
        if let Endpoints::V6 { local, remote } = self.path.endpoints {
            let sum = checksum::udp_ipv6(local, remote, &out[udp..]);
            put(out, udp + 6, sum.to_be_bytes());
        }
    }

    /// The IP packet.
    pub fn to_packet(&self) -> Vec<u8> {
        let mut packet = Vec::with_capacity(Family::V6.header() + UDP_LENGTH);
        self.append(&mut packet);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame::Frame;
    use crate::wire::parse::Content;

    const V4: Endpoints = Endpoints::V4 { local: std::net::Ipv4Addr::new(10, 90, 0, 2), remote: std::net::Ipv4Addr::new(10, 90, 0, 1) };

    fn v6() -> Endpoints {
        Endpoints::V6 { local: "2001:db8::2".parse().unwrap(), remote: "2001:db8::1".parse().unwrap() }
    }

    fn parse(packet: &[u8], port: u16) -> Result<Datagram, NoMessage> {
        let kind: [u8; 2] = if packet[0] >> 4 == 6 { [0x86, 0xdd] } else { [8, 0] };
        let frame = [&[0; 12][..], &kind, packet].concat();
        match Content::parse(Frame::new(&frame).unwrap()).unwrap() {
            Content::Packet(packet) => Datagram::parse(&packet, port),
            _ => panic!("no packet"),
        }
    }

    fn datagrams() -> impl Iterator<Item = Datagram> {
        let messages = [
            Message::Request { number: 0x0102_0304_0506_0708 },
            Message::Ack { echo: 9, number: Some(u64::MAX) },
            Message::Ack { echo: u64::MAX, number: None },
        ];
        let path = |endpoints| Path { endpoints, source_port: 7, destination_port: control::PORT };
        [V4, v6()].into_iter().flat_map(move |endpoints| messages.map(|message| Datagram { path: path(endpoints), message }))
    }

    #[test]
    fn what_is_written_is_read() {
        for datagram in datagrams() {
            let packet = datagram.to_packet();
            assert_eq!(parse(&packet, control::PORT), Ok(datagram));
            assert_eq!(parse(&packet, control::PORT - 1), Err(NoMessage::Ordinary), "another port");
            assert_eq!(datagram.path.reversed().reversed(), datagram.path);
        }
    }

    #[test]
    fn bytes_of_a_message() {
        let ack = Message::Ack { echo: 0x0102_0304_0506_0708, number: Some(0x1112_1314_1516_1718) };
        let wanted = b"HFST\x01\x02\x00\x1c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x01\x11\x12\x13\x14\x15\x16\x17\x18";
        assert_eq!(&ack.to_bytes(), wanted);
        assert_eq!(Message::Request { number: 5 }.to_bytes()[16..], [0; 12]);
    }

    #[test]
    fn flags_that_nobody_knows_are_not_looked_at() {
        let mut bytes = Message::Ack { echo: 1, number: Some(2) }.to_bytes();
        bytes[16] = 0xff;
        assert_eq!(Message::parse(&bytes), Ok(Message::Ack { echo: 1, number: Some(2) }));
    }

    #[test]
    fn what_is_no_message_is_ordinary_or_unknown() {
        let good = Message::Request { number: 5 }.to_bytes();
        for length in 0..16 {
            assert_eq!(Message::parse(&good[..length]), Err(NoMessage::Ordinary), "{length} bytes");
        }
        for length in 16..28 {
            assert_eq!(Message::parse(&good[..length]), Err(NoMessage::Unknown), "{length} bytes");
        }
        assert_eq!(Message::parse(&[&good[..], &[0]].concat()), Err(NoMessage::Unknown), "29 bytes");
        for (at, wanted) in
            [(0, NoMessage::Ordinary), (3, NoMessage::Ordinary), (4, NoMessage::Unknown), (5, NoMessage::Unknown), (7, NoMessage::Unknown)]
        {
            let mut other = good;
            other[at] ^= 0x80;
            assert_eq!(Message::parse(&other), Err(wanted), "byte {at}");
        }
    }

    #[test]
    fn a_udp_length_outside_the_packet_is_ordinary() {
        let packet = datagrams().next().unwrap().to_packet();
        for (length, wanted) in [
            (23, NoMessage::Ordinary),
            (24, NoMessage::Unknown),
            (35, NoMessage::Unknown),
            (37, NoMessage::Ordinary),
            (0, NoMessage::Ordinary),
        ] {
            let mut other = packet.clone();
            put(&mut other, 24, u16::to_be_bytes(length));
            assert_eq!(parse(&other, control::PORT), Err(wanted), "UDP length {length}");
        }
    }

    #[test]
    fn fragments_are_ordinary() {
        let mut packet = datagrams().next().unwrap().to_packet();
        packet[6] = 0x20;
        assert_eq!(parse(&packet, control::PORT), Err(NoMessage::Ordinary));
    }
}
