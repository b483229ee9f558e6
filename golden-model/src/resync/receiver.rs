//! The receiver: whether a packet that came out of a recorded SA is for the device itself.

use crate::wire::control::{Datagram, Message, NoMessage, Path};
use crate::wire::parse::Packet;

/// What a packet is to resynchronisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Received {
    /// Traffic.
    Ordinary,
    /// A control message that says nothing to this device.
    Unknown,
    /// A peer asks.
    Request {
        /// V, the number of the packet.
        number: u64,
        /// How the request came.
        path: Path,
    },
    /// A peer answers.
    Ack {
        /// The V it answers.
        echo: u64,
        /// S, the number of the packet.
        number: u64,
    },
}

/// Looks at a packet that came under `number`. `port` is the control port.
pub fn receive(packet: &Packet, port: u16, number: u64) -> Received {
    match Datagram::parse(packet, port) {
        Ok(datagram) => classify(datagram, number),
        Err(NoMessage::Ordinary) => Received::Ordinary,
        Err(NoMessage::Unknown) => Received::Unknown,
    }
}

/// What a control datagram says that came under `number`, which is the number that counts: it is authenticated, and in a request it must be repeated.
pub fn classify(datagram: Datagram, number: u64) -> Received {
    match datagram.message {
        Message::Request { number: v } if v == number => Received::Request { number, path: datagram.path },
        Message::Request { .. } => Received::Unknown,
        Message::Ack { echo, .. } => Received::Ack { echo, number },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sad::Endpoints;

    #[test]
    fn the_number_of_the_packet_counts() {
        let path = Path { endpoints: Endpoints::V4 { local: [1; 4].into(), remote: [2; 4].into() }, source_port: 9, destination_port: 9 };
        let request = Datagram { path, message: Message::Request { number: 7 } };
        assert_eq!(classify(request, 7), Received::Request { number: 7, path });
        assert_eq!(classify(request, 8), Received::Unknown);
        let ack = Datagram { path, message: Message::Ack { echo: 7, number: Some(100) } };
        assert_eq!(classify(ack, 8), Received::Ack { echo: 7, number: 8 });
    }
}
