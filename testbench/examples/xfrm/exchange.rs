//! Traffic of all kinds through one pair of SAs, from both ends.

use crate::case::Case;
use crate::checks::Checks;
use crate::guest::Console;
use crate::inline::Inline;
use crate::link::Link;
use crate::Failure;
use std::net::IpAddr;

/// Bytes of echo requests: every length of ESP padding, and lengths up to the MTU.
pub const SIZES: [usize; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 56, 500, 1000, 1350];
/// Bytes through a TCP connection, there and back.
const STREAM: usize = 40_000;
/// The kernel's TCP echo service.
pub const ECHO_PORT: u16 = 7;
/// A UDP port where nobody listens.
const CLOSED_PORT: u16 = 9;

/// All of it.
pub fn traffic(link: &mut Link<impl Inline>, console: &mut Console, case: &Case, checks: &mut Checks) -> Result<(), Failure> {
    let answers = pings(link, case.kernel())?;
    checks.equal(&format!("the host pings the kernel, 0 to {} bytes", SIZES[SIZES.len() - 1]), answers, SIZES.len());

    let text = console.run(&format!("ping -c 4 -i 0.2 -s 1200 {}", case.host()), || link.carry())?;
    checks.that("the kernel pings the host", text.contains(" 4 packets received"));

    link.host.send_datagram(case.kernel(), CLOSED_PORT, b"anybody there?");
    link.until("an ICMP error for UDP to a closed port", |link| link.opened.iter().find(|frame| is_port_unreachable(frame)).map(|_| ()))?;
    checks.that("UDP to a closed port: the kernel's ICMP error arrives", true);

    let equal = stream(link, case.kernel())?;
    checks.that(&format!("TCP: {STREAM} bytes to the kernel and back"), equal);
    Ok(())
}

/// One echo request after the other; counts the replies that hold what they must.
pub fn pings(link: &mut Link<impl Inline>, to: IpAddr) -> Result<usize, Failure> {
    let mut good = 0;
    for (number, size) in SIZES.into_iter().enumerate() {
        link.host.ping(to, number as u16, size);
        let reply = link.until(&format!("an echo reply with {size} bytes"), |link| link.host.pong())?;
        good += usize::from(reply == (number as u16, true));
    }
    Ok(good)
}

/// Sends bytes to the kernel's echo service; answers whether they came back.
fn stream(link: &mut Link<impl Inline>, to: IpAddr) -> Result<bool, Failure> {
    let sent: Vec<u8> = (0..STREAM).map(|i| (i ^ (i >> 8)) as u8).collect();
    let mut received = Vec::new();
    let mut at = 0;
    link.host.connect(to, ECHO_PORT);
    link.until("the TCP connection's bytes", |link| {
        let socket = link.host.stream();
        if socket.can_send() && at < STREAM {
            at += socket.send_slice(&sent[at..]).unwrap_or(0);
        }
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = socket.recv_slice(&mut buffer) {
            received.extend_from_slice(&buffer[..length]);
        }
        (received.len() >= STREAM).then_some(())
    })?;
    link.host.stream().close();
    link.until("the end of the TCP connection", |link| (!link.host.stream().may_recv()).then_some(()))?;
    Ok(received == sent)
}

/// An ICMP or ICMPv6 error "port unreachable" (RFC 792, RFC 4443).
fn is_port_unreachable(frame: &[u8]) -> bool {
    let starts = |at: usize, with: [u8; 2]| frame.get(at..at + 2) == Some(&with);
    match frame.get(12..15) {
        Some([0x08, 0x00, head]) => frame.get(23) == Some(&1) && starts(14 + 4 * usize::from(head & 15), [3, 3]),
        Some([0x86, 0xdd, _]) => frame.get(20) == Some(&58) && starts(54, [1, 4]),
        _ => false,
    }
}
