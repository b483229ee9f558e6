//! The host before the device: a TCP/IP stack (smoltcp) that knows nothing of ESP.

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{self, DeviceCapabilities, Medium};
use smoltcp::socket::{icmp, tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, Icmpv4Packet, Icmpv4Repr, Icmpv6Packet, Icmpv6Repr, IpAddress, IpCidr, IpEndpoint};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ethernet address of the host.
pub const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x02];
/// Identifier of its echo requests.
const IDENT: u16 = 0x4846;
/// Bytes of a packet it sends: with the largest overhead of ESP in a tunnel they fill an Ethernet frame.
const MTU: usize = 1400;

/// A host with sockets for what the exchange needs.
pub struct Host {
    interface: Interface,
    port: Port,
    sockets: SocketSet<'static>,
    echo: SocketHandle,
    datagrams: SocketHandle,
    stream: SocketHandle,
    own: IpAddr,
}

impl Host {
    /// `own` is the address it speaks from, `link` are addresses in the network of the device's other side, with their prefix
    /// lengths; everything else goes by the gateways.
    pub fn new(own: (IpAddr, u8), link: &[(IpAddr, u8)], gateways: (Ipv4Addr, Ipv6Addr)) -> Self {
        let mut port = Port::default();
        let mut config = Config::new(EthernetAddress(MAC).into());
        config.random_seed = 1;
        let mut interface = Interface::new(config, &mut port, Instant::now());
        interface.update_ip_addrs(|addresses| {
            // The first address of a family is the one that smoltcp speaks from.
            for (address, length) in std::iter::once(&own).chain(link) {
                addresses.push(IpCidr::new((*address).into(), *length)).expect("smoltcp has room for four addresses");
            }
        });
        let routes = interface.routes_mut();
        routes.add_default_ipv4_route(gateways.0).expect("smoltcp has room for two routes");
        routes.add_default_ipv6_route(gateways.1).expect("smoltcp has room for two routes");

        let mut sockets = SocketSet::new(Vec::new());
        let packets = || icmp::PacketBuffer::new(vec![icmp::PacketMetadata::EMPTY; 16], vec![0; 1 << 14]);
        let mut echo = icmp::Socket::new(packets(), packets());
        echo.bind(icmp::Endpoint::Ident(IDENT)).expect("the socket is new");
        let packets = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 16], vec![0; 1 << 14]);
        let mut datagrams = udp::Socket::new(packets(), packets());
        datagrams.bind(IpEndpoint::new(own.0.into(), 40000)).expect("the socket is new");
        let bytes = || tcp::SocketBuffer::new(vec![0; 1 << 14]);
        let stream = tcp::Socket::new(bytes(), bytes());
        let (echo, datagrams, stream) = (sockets.add(echo), sockets.add(datagrams), sockets.add(stream));
        Self { interface, port, sockets, echo, datagrams, stream, own: own.0 }
    }

    /// A frame from the device's host port.
    pub fn receive(&mut self, frame: Vec<u8>) {
        self.port.received.push_back(frame);
    }

    /// Does what is due; answers the frames for the device's host port.
    pub fn poll(&mut self) -> Vec<Vec<u8>> {
        self.interface.poll(Instant::now(), &mut self.port, &mut self.sockets);
        std::mem::take(&mut self.port.sent)
    }

    /// Sends an echo request with `size` bytes that depend on `number`.
    pub fn ping(&mut self, to: IpAddr, number: u16, size: usize) {
        let data = contents(number, size);
        let socket = self.sockets.get_mut::<icmp::Socket>(self.echo);
        let checksum = phy::ChecksumCapabilities::default();
        match (to, self.own) {
            (IpAddr::V6(to), IpAddr::V6(own)) => {
                let request = Icmpv6Repr::EchoRequest { ident: IDENT, seq_no: number, data: &data };
                let buffer = socket.send(request.buffer_len(), to.into()).expect("the socket has room");
                request.emit(&own, &to, &mut Icmpv6Packet::new_unchecked(buffer), &checksum);
            }
            (to, _) => {
                let request = Icmpv4Repr::EchoRequest { ident: IDENT, seq_no: number, data: &data };
                let buffer = socket.send(request.buffer_len(), to.into()).expect("the socket has room");
                request.emit(&mut Icmpv4Packet::new_unchecked(buffer), &checksum);
            }
        }
    }

    /// Takes an echo reply, if one has come: its number, and whether it holds what the request held.
    pub fn pong(&mut self) -> Option<(u16, bool)> {
        let socket = self.sockets.get_mut::<icmp::Socket>(self.echo);
        let (payload, from) = socket.recv().ok()?;
        let checksum = phy::ChecksumCapabilities::default();
        match (from, self.own) {
            (IpAddress::Ipv6(from), IpAddr::V6(own)) => {
                let packet = Icmpv6Packet::new_checked(payload).ok()?;
                match Icmpv6Repr::parse(&from, &own, &packet, &checksum).ok()? {
                    Icmpv6Repr::EchoReply { seq_no, data, .. } => Some((seq_no, data == contents(seq_no, data.len()))),
                    _ => None,
                }
            }
            _ => match Icmpv4Repr::parse(&Icmpv4Packet::new_checked(payload).ok()?, &checksum).ok()? {
                Icmpv4Repr::EchoReply { seq_no, data, .. } => Some((seq_no, data == contents(seq_no, data.len()))),
                _ => None,
            },
        }
    }

    /// Sends a UDP datagram.
    pub fn send_datagram(&mut self, to: IpAddr, port: u16, data: &[u8]) {
        let socket = self.sockets.get_mut::<udp::Socket>(self.datagrams);
        socket.send_slice(data, IpEndpoint::new(to.into(), port)).expect("the socket has room");
    }

    /// Opens a TCP connection.
    pub fn connect(&mut self, to: IpAddr, port: u16) {
        let socket = self.sockets.get_mut::<tcp::Socket>(self.stream);
        socket.abort();
        socket
            .connect(self.interface.context(), IpEndpoint::new(to.into(), port), IpEndpoint::new(self.own.into(), 40001))
            .expect("the socket is closed, the addresses are of one family");
    }

    /// The TCP connection.
    pub fn stream(&mut self) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut::<tcp::Socket>(self.stream)
    }
}

fn contents(number: u16, size: usize) -> Vec<u8> {
    (0..size).map(|i| (i as u8).wrapping_mul(3) ^ (number as u8)).collect()
}

/// The cable between the host and the device's host port.
#[derive(Default)]
struct Port {
    received: VecDeque<Vec<u8>>,
    sent: Vec<Vec<u8>>,
}

impl phy::Device for Port {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sent<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Sent<'_>)> {
        Some((Received(self.received.pop_front()?), Sent(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sent<'_>> {
        Some(Sent(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MTU + 14;
        capabilities
    }
}

struct Received(Vec<u8>);

impl phy::RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

struct Sent<'a>(&'a mut Vec<Vec<u8>>);

impl phy::TxToken for Sent<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut frame = vec![0; length];
        let result = f(&mut frame);
        // An Ethernet adapter pads what is too short.
        frame.resize(length.max(60), 0);
        self.0.push(frame);
        result
    }
}
