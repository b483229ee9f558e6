//! Answers REQUESTs of resynchronisation behind somebody else's ESP: a UDP server that needs to know nothing of the SA, because what it has to echo
//! is in the message, and the number that counts is the one the kernel or gateway puts into the ESP header of the answer.
//!
//! ```text
//! cargo run --release -p holdfast-model --example responder -- 10.90.0.1:51847
//! ```
//!
//! It trusts whoever reaches it: the policy of the ESP stack must let nothing to this port but what came out of the SA, and send
//! the answers back into it.

use holdfast_model::wire::control::{Message, NoMessage, LENGTH};
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Answers per second at most, to all peers together; a burst may be as many.
const RATE: u32 = 100;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let listen = match (arguments.next().map(|text| (text.parse::<SocketAddr>(), text)), arguments.next()) {
        (Some((Ok(listen), _)), None) => listen,
        (Some((Err(_), text)), None) if text != "--help" && text != "-h" => {
            eprintln!(
                "responder: LISTEN: \"{text}\" was found; accepted is ADDRESS:PORT, for example 10.90.0.1:51847 or [2001:db8::1]:51847"
            );
            return ExitCode::from(2);
        }
        _ => {
            eprintln!("usage: responder LISTEN\nAnswers resynchronisation requests that arrive at LISTEN (ADDRESS:PORT, the address inside the tunnel).");
            return ExitCode::from(2);
        }
    };
    match serve(listen) {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("responder: {listen}: {error}");
            ExitCode::from(1)
        }
    }
}

fn serve(listen: SocketAddr) -> std::io::Result<std::convert::Infallible> {
    let socket = UdpSocket::bind(listen)?;
    eprintln!("responder: waiting at {}", socket.local_addr()?);
    let mut bucket = Bucket::new(Instant::now());
    // One byte more than a message, so that a longer datagram shows.
    let mut buffer = [0; LENGTH + 1];
    loop {
        let (length, peer) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            // Some systems report that an earlier answer did not arrive.
            Err(error) if matches!(error.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::ConnectionRefused) => continue,
            Err(error) => return Err(error),
        };
        let number = match Message::parse(&buffer[..length]) {
            Ok(Message::Request { number }) => number,
            Ok(Message::Ack { .. }) => {
                eprintln!("{peer}: an ACK; this end asks nobody");
                continue;
            }
            Err(NoMessage::Unknown) => {
                eprintln!("{peer}: a message of another version, type or length");
                continue;
            }
            Err(NoMessage::Ordinary) => {
                eprintln!("{peer}: {length} bytes that are no message");
                continue;
            }
        };
        if !bucket.take(Instant::now()) {
            eprintln!("{peer}: REQUEST {number}: not answered, more than {RATE} a second");
            continue;
        }
        match socket.send_to(&Message::Ack { echo: number, number: None }.to_bytes(), peer) {
            Ok(_) => eprintln!("{peer}: REQUEST {number}: answered"),
            Err(error) => eprintln!("{peer}: REQUEST {number}: the answer cannot be sent: {error}"),
        }
    }
}

/// Lets through [`RATE`] a second.
struct Bucket {
    left: u32,
    since: Instant,
}

impl Bucket {
    fn new(now: Instant) -> Self {
        Bucket { left: RATE, since: now }
    }
    fn take(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            *self = Bucket::new(now);
        }
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return false,
        };
        true
    }
}
