//! Pairs of SAs in several shapes, each as our device has it and as the kernel has it.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses on the Ethernet between device and kernel.
pub const LINK: [Side; 2] = [
    Side { v4: Ipv4Addr::new(192, 0, 2, 2), v6: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2) },
    Side { v4: Ipv4Addr::new(192, 0, 2, 1), v6: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1) },
];
/// Addresses behind the ends of a tunnel.
const BEHIND: [Side; 2] = [
    Side { v4: Ipv4Addr::new(10, 1, 0, 7), v6: Ipv6Addr::new(0xfd00, 1, 0, 0, 0, 0, 0, 7) },
    Side { v4: Ipv4Addr::new(10, 2, 0, 7), v6: Ipv6Addr::new(0xfd00, 2, 0, 0, 0, 0, 0, 7) },
];
/// Prefix lengths of all of them.
pub const PREFIX: (u8, u8) = (24, 64);

/// Addresses of one end.
#[derive(Clone, Copy)]
pub struct Side {
    pub v4: Ipv4Addr,
    pub v6: Ipv6Addr,
}

impl Side {
    fn of(self, family: Family) -> IpAddr {
        match family {
            Family::V4 => self.v4.into(),
            Family::V6 => self.v6.into(),
        }
    }
}

/// IP version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}
use Family::{V4, V6};

/// One pair of SAs.
#[derive(Clone, Copy)]
pub struct Case {
    index: u32,
    tunnel: bool,
    inner: Family,
    outer: Family,
    key_bytes: usize,
    esn: bool,
    /// Number of the first packet, in both directions.
    first: u64,
    /// Replay window of both ends.
    window: u16,
    /// The device records both SAs in its NVRAM.
    recorded: bool,
}

/// Packets between two records.
pub const INTERVAL: u32 = 16;
/// Spread, timeout and ceiling of requests by the time on the wall.
pub const WALL: [&str; 3] = ["1 ms", "2 s", "8 s"];
/// And by the clock of a simulated device, which takes a second for what would be a millisecond.
pub const SIMULATED: [&str; 3] = ["10 us", "4 ms", "16 ms"];

/// The cases in the order they run.
pub fn cases() -> Vec<Case> {
    let wrap = 1 << 32;
    #[rustfmt::skip]
    let rows = [
        // Mode, inner and outer family, key, extended numbers, first number, window.
        (true,  V4, V4, 16, true,  1,                 64),
        (true,  V4, V4, 32, true,  wrap - 20,         1024),
        (true,  V6, V4, 32, true,  0x12_0000_0001,    64),
        (true,  V4, V6, 16, false, 1,                 32),
        (true,  V6, V6, 16, true,  wrap - 3,          128),
        (false, V4, V4, 16, true,  3 * wrap - 20,     64),
        (false, V6, V6, 32, false, 0xffff_0000,       32),
    ];
    numbered(0, false, &rows)
}

/// Pairs that have to survive outages.
pub fn recorded_cases() -> Vec<Case> {
    let wrap = 1 << 32;
    #[rustfmt::skip]
    let rows = [
        // The first outage is where the numbers pass 2^32.
        (true,  V4, V4, 32, true,  wrap - 20,         64),
        (true,  V6, V6, 16, true,  1,                 128),
        (false, V4, V4, 16, false, 1,                 32),
        (false, V6, V6, 32, true,  0x12_0000_0001,    1024),
    ];
    numbered(16, true, &rows)
}

/// Mode, inner and outer family, bytes of the key, extended numbers, first number, window.
type Row = (bool, Family, Family, usize, bool, u64, u16);

fn numbered(from: u32, recorded: bool, rows: &[Row]) -> Vec<Case> {
    let case = |(index, &(tunnel, inner, outer, key_bytes, esn, first, window))| Case {
        index,
        tunnel,
        inner,
        outer,
        key_bytes,
        esn,
        first,
        window,
        recorded,
    };
    (from..).zip(rows).map(case).collect()
}

impl Case {
    /// What it is, for people.
    pub fn name(&self) -> String {
        let version = |family| if family == V4 { 4 } else { 6 };
        let mode = if self.tunnel {
            format!("tunnel {}in{}", version(self.inner), version(self.outer))
        } else {
            format!("transport {}", version(self.inner))
        };
        let numbers = if self.esn { "ESN" } else { "32-bit numbers" };
        format!("{mode}, AES-GCM-{}, {numbers} from {:#x}, window {}", 8 * self.key_bytes, self.first, self.window)
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.index
    }

    /// Short, for file names.
    pub fn file(&self) -> String {
        format!("case{}", self.index)
    }

    /// The host's own address: behind the tunnel, or in transport mode on the link.
    pub fn host(&self) -> IpAddr {
        self.end(0)
    }

    /// The kernel's.
    pub fn kernel(&self) -> IpAddr {
        self.end(1)
    }

    /// Prefix length of both.
    pub fn prefix(&self) -> u8 {
        if self.inner == V4 {
            PREFIX.0
        } else {
            PREFIX.1
        }
    }

    /// SPI of what the kernel receives.
    pub fn spi_to_kernel(&self) -> u32 {
        0x1000 + self.index
    }

    /// SPI of what the device receives.
    pub fn spi_to_device(&self) -> u32 {
        0x2000 + self.index
    }

    /// SAs and rules of our device, as STATION.toml has them. `waits` are spread, timeout and ceiling of its requests.
    pub fn station(&self, waits: [&str; 3]) -> String {
        let (local, remote) = (LINK[0].of(self.outer), LINK[1].of(self.outer));
        let mode = if self.tunnel { "tunnel" } else { "transport" };
        let sa = |name: &str, direction: &str, spi: u32, more: &str| {
            let (key, salt) = self.material(spi);
            format!(
                "[[sa]]\nname = \"{name}\"\ndirection = \"{direction}\"\nspi = {spi:#x}\nalgorithm = \"aes-gcm-16\"\nkey = \"{key}\"\nsalt = \"{salt}\"\n\
                 mode = \"{mode}\"\nlocal = \"{local}\"\nremote = \"{remote}\"\nesn = {}\nsequence = {}\n{more}\n",
                self.esn, self.first
            )
        };
        let rule = |direction: &str, from: usize, to: usize, name: &str| {
            format!(
                "[[policy]]\ndirection = \"{direction}\"\nsource = \"{}\"\ndestination = \"{}\"\naction = \"protect\"\nsa = \"{name}\"\n\n",
                self.end(from),
                self.end(to)
            )
        };
        let window = format!("window = {}\n", self.window);
        let (key, record, control) = if self.recorded { self.recording(waits) } else { Default::default() };
        [
            key,
            sa("to-kernel", "outbound", self.spi_to_kernel(), &control),
            sa("from-kernel", "inbound", self.spi_to_device(), &(window + &record)),
            rule("outbound", 0, 1, "to-kernel"),
            rule("inbound", 1, 0, "from-kernel"),
            // The kernel tells the link which groups it listens to.
            "[[policy]]\ndirection = \"both\"\ndestination = \"ff02::/16\"\naction = \"bypass\"\n".to_owned(),
        ]
        .concat()
    }

    /// Device key, the line that says an SA is recorded, and that line with the table of the pair's control datagrams.
    fn recording(&self, [spread, timeout, ceiling]: [&str; 3]) -> (String, String, String) {
        let (key, _) = Case { key_bytes: 32, ..*self }.material(self.index);
        let record = "record = true\n";
        let mac = |bytes: [u8; 6]| bytes.map(|byte| format!("{byte:02x}")).join(":");
        let control = format!(
            "{record}interval = {INTERVAL}\n[sa.control]\nlocal = \"{}\"\nremote = \"{}\"\nsource = \"{}\"\ndestination = \"{}\"\n\
             spread = \"{spread}\"\ntimeout = \"{timeout}\"\nceiling = \"{ceiling}\"\n",
            self.host(),
            self.kernel(),
            mac(crate::host::MAC),
            mac(crate::guest::MAC)
        );
        (format!("device_key = \"{key}\"\n\n"), record.to_owned(), control)
    }

    /// The same for the kernel: commands of iproute2.
    pub fn commands(&self) -> Vec<String> {
        let (host, kernel) = (LINK[0].of(self.outer), LINK[1].of(self.outer));
        let mode = if self.tunnel { "tunnel" } else { "transport" };
        let reqid = self.index + 1;
        let before = self.first - 1;
        let flags =
            [(self.tunnel, "af-unspec"), (self.esn, "esn")].iter().filter(|flag| flag.0).map(|flag| flag.1).collect::<Vec<_>>().join(" ");
        let flags = if flags.is_empty() { flags } else { format!("flag {flags}") };
        let state = |from, to, spi: u32, numbers: &str| {
            let (key, salt) = self.material(spi);
            let (low, high) = (before as u32, before >> 32);
            let high = if self.esn { format!("replay-{numbers}-hi {high}") } else { String::new() };
            format!(
                "ip xfrm state add src {from} dst {to} proto esp spi {spi:#x} reqid {reqid} mode {mode} replay-window {} {flags} \
                 replay-{numbers} {low} {high} aead 'rfc4106(gcm(aes))' 0x{key}{salt} 128",
                self.window
            )
        };
        let policy = |direction: &str, from: IpAddr, to: IpAddr, outer_from: IpAddr, outer_to: IpAddr| {
            format!("ip xfrm policy add src {from} dst {to} dir {direction} priority 100 tmpl src {outer_from} dst {outer_to} proto esp reqid {reqid} mode {mode}")
        };
        vec![
            "ip xfrm state flush".to_owned(),
            "ip xfrm policy flush".to_owned(),
            state(host, kernel, self.spi_to_kernel(), "seq"),
            state(kernel, host, self.spi_to_device(), "oseq"),
            policy("in", self.host(), self.kernel(), host, kernel),
            policy("out", self.kernel(), self.host(), kernel, host),
        ]
        .into_iter()
        .chain(neighbour_discovery())
        .collect()
    }

    fn end(&self, side: usize) -> IpAddr {
        if self.tunnel { BEHIND[side] } else { LINK[side] }.of(self.inner)
    }

    /// Key and salt in hexadecimal digits: they look random, are the same every time and protect nothing.
    fn material(&self, spi: u32) -> (String, String) {
        let mut bytes = vec![0; self.key_bytes + 4];
        ChaCha8Rng::seed_from_u64(spi.into()).fill_bytes(&mut bytes);
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (key, salt) = digits.split_at(2 * self.key_bytes);
        (key.to_owned(), salt.to_owned())
    }
}

/// Addresses and routes of the kernel, the same for all cases.
pub fn kernel_addresses() -> Vec<String> {
    let [host, kernel] = LINK;
    vec![
        format!("ip addr add {}/{} dev eth0", kernel.v4, PREFIX.0),
        format!("ip addr add {}/{} dev eth0 nodad", kernel.v6, PREFIX.1),
        format!("ip addr add {}/32 dev lo", BEHIND[1].v4),
        format!("ip addr add {}/128 dev lo nodad", BEHIND[1].v6),
        format!("ip route add {}/32 via {} src {}", BEHIND[0].v4, host.v4, BEHIND[1].v4),
        format!("ip route add {}/128 via {} src {}", BEHIND[0].v6, host.v6, BEHIND[1].v6),
    ]
}

/// The neighbours' Ethernet addresses for good: when power and host are away together nobody answers the kernel's questions for them.
pub fn lasting_neighbours() -> Vec<String> {
    let mac = crate::host::MAC.map(|byte| format!("{byte:02x}")).join(":");
    let addresses: [IpAddr; 2] = [LINK[0].v4.into(), LINK[0].v6.into()];
    addresses.map(|address| format!("ip neigh replace {address} lladdr {mac} dev eth0 nud permanent")).into()
}

/// Solicitations and advertisements of neighbours pass in the clear, as they do by default in our device: in transport mode the SA's
/// own addresses are those that have to be resolved.
fn neighbour_discovery() -> Vec<String> {
    let mut commands = Vec::new();
    for kind in [135, 136] {
        for direction in ["in", "out"] {
            commands.push(format!("ip xfrm policy add src ::/0 dst ::/0 proto 58 type {kind} dir {direction} priority 1 action allow"));
        }
    }
    commands
}
