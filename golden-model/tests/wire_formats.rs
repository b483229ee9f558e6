//! The vectors in the book (docs/src/wire-formats.md, "Control messages") are what the model makes.

use holdfast_model::wire::control::{Datagram, Message, Path};
use holdfast_model::{Action, Device, Direction, Endpoints, Key, Mode, Role, RuleConfig, SaConfig, Settings, Sizes};
use holdfast_registers::control;

const BOOK: &str = include_str!("../../docs/src/wire-formats.md");
const BEGIN: &str = "<!-- vectors of control messages -->\n```text\n";
const V: u64 = 0x1_0000_0400;
const S: u64 = 0x0000_2a00;

fn request(endpoints: Endpoints) -> Datagram {
    let path = Path { endpoints, source_port: control::PORT, destination_port: control::PORT };
    Datagram { path, message: Message::Request { number: V } }
}

fn ack(request: Datagram) -> Datagram {
    Datagram { path: request.path.reversed(), message: Message::Ack { echo: V, number: Some(S) } }
}

/// The request sealed under the SA of the book's worked example, whose next number is V: SPI to ICV.
fn sealed(packet: &[u8]) -> Vec<u8> {
    let mut device = Device::new(Sizes::COMPACT);
    device.set_settings(Settings { enable: true, ..Settings::RESET });
    let sa = SaConfig {
        spi: 0x1000,
        mode: Mode::Tunnel,
        key: Key::Aes128(core::array::from_fn(|i| i as u8)),
        salt: [0xde, 0xad, 0xbe, 0xef],
        esn: true,
        udp: None,
        endpoints: Endpoints::V4 { local: [192, 0, 2, 1].into(), remote: [192, 0, 2, 2].into() },
        hop_limit: 64,
        role: Role::Outbound { mtu: 0, next: V, limit: u64::MAX },
        recorded: false,
    };
    device.install(0, &sa).unwrap();
    device.set_rule(Direction::Outbound, 0, &RuleConfig::any(Action::Protect { sa: 0 })).unwrap();
    let frame = [&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0], packet].concat();
    device.outbound(&frame).frame().unwrap()[34..].to_vec()
}

/// Rows of sixteen bytes.
fn dump(name: &str, bytes: &[u8]) -> String {
    let rows = bytes.chunks(16).map(|row| format!(" {}\n", row.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")));
    format!("{name}, {} bytes\n{}", bytes.len(), rows.collect::<String>())
}

#[test]
fn vectors_of_control_messages() {
    let v4 = request(Endpoints::V4 { local: [10, 0, 0, 5].into(), remote: [10, 0, 1, 9].into() });
    let v6 = request(Endpoints::V6 { local: "2001:db8::5".parse().unwrap(), remote: "2001:db8:1::9".parse().unwrap() });
    let wanted = [
        dump("REQUEST over IPv4", &v4.to_packet()),
        dump("ACK over IPv4", &ack(v4).to_packet()),
        dump("REQUEST over IPv6", &v6.to_packet()),
        dump("ACK over IPv6", &ack(v6).to_packet()),
        dump(
            "ACK over IPv4 of a responder that does not know its number",
            &Datagram { path: v4.path.reversed(), message: Message::Ack { echo: V, number: None } }.to_packet(),
        ),
        dump("REQUEST over IPv4, sealed, ESP from SPI to ICV", &sealed(&v4.to_packet())),
    ]
    .join("\n");
    let at = BOOK.find(BEGIN).expect("the book has the vectors") + BEGIN.len();
    let found = &BOOK[at..at + BOOK[at..].find("```").expect("the vectors end")];
    assert!(found == wanted, "docs/src/wire-formats.md has other vectors than the model makes, which are:\n{wanted}");
}
