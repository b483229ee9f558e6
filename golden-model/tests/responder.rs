//! The example `responder` as a process: it answers what a device asks.

use holdfast_model::wire::control::Message;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Examples are built beside the folder of the test binaries.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join("examples").join(format!("responder{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is not there: cargo test builds it unless told which tests to run; then: cargo build -p holdfast-model --examples",
        program.display()
    );
    program
}

#[test]
fn answers_requests_and_nothing_else() {
    let mut child = Running(Command::new(program()).arg("127.0.0.1:0").stderr(Stdio::piped()).spawn().unwrap());
    let mut log = BufReader::new(child.0.stderr.take().unwrap()).lines();
    let first = log.next().unwrap().unwrap();
    let address: SocketAddr = first.rsplit(' ').next().unwrap().parse().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut other_version = Message::Request { number: 1 }.to_bytes();
    other_version[4] = 2;
    // Only the last of these is answered, and datagrams on loopback keep their order.
    for bytes in
        [&b"hello"[..], &other_version, &Message::Ack { echo: 1, number: None }.to_bytes(), &Message::Request { number: 77 }.to_bytes()]
    {
        socket.send_to(bytes, address).unwrap();
    }
    let mut buffer = [0; 100];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..length], from), (&Message::Ack { echo: 77, number: None }.to_bytes()[..], address));
    let words = ["no message", "another version", "asks nobody", "REQUEST 77: answered"];
    for word in words {
        let line = log.next().unwrap().unwrap();
        assert!(line.contains(word), "{line}");
    }
}

#[test]
fn bad_usage() {
    for arguments in [&[][..], &["nowhere"], &["127.0.0.1:0", "more"], &["--help"]] {
        let output = Command::new(program()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
