//! The register map: one table, [`REGISTERS`], from which the hardware's decoder, the driver and the reference are made.

/// Who may do what with a register or field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads answer the value; writes answer SLVERR.
    ReadOnly,
    /// Reads answer what was written.
    ReadWrite,
    /// Reads answer zero: keys pass here.
    WriteOnly,
}

/// A field: bits `msb:lsb` of its register.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub msb: u8,
    pub lsb: u8,
    pub doc: &'static str,
}

/// A register, or a row of `count` equal ones in consecutive words.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    pub name: &'static str,
    pub offset: u32,
    pub count: u32,
    pub access: Access,
    pub reset: u32,
    pub doc: &'static str,
    pub fields: &'static [Field],
}

const fn field(name: &'static str, msb: u8, lsb: u8, doc: &'static str) -> Field {
    Field { name, msb, lsb, doc }
}
const fn register(name: &'static str, offset: u32, access: Access, reset: u32, doc: &'static str, fields: &'static [Field]) -> Register {
    Register { name, offset, count: 1, access, reset, doc, fields }
}
const fn row(name: &'static str, offset: u32, count: u32, access: Access, doc: &'static str) -> Register {
    Register { name, offset, count, access, reset: 0, doc, fields: &[] }
}

/// Bits of the register bus address (byte addresses).
pub const ADDRESS_BITS: usize = 12;

pub const ID: u32 = 0x000;
pub const VERSION: u32 = 0x004;
pub const CAP_SAS: u32 = 0x008;
pub const CAP_LIMITS: u32 = 0x00c;
pub const CAP_FEATURES: u32 = 0x010;
pub const CAP_RULES: u32 = 0x014;
pub const COUNTER_GROUP: u32 = 0x018;
pub const CONTROL: u32 = 0x020;
pub const STATUS: u32 = 0x024;
pub const IRQ_ENABLE: u32 = 0x028;
pub const POLICY: u32 = 0x02c;
pub const NAT_T_PORT: u32 = 0x030;
pub const MAX_FRAME: u32 = 0x034;
pub const TIME_LOW: u32 = 0x038;
pub const TIME_HIGH: u32 = 0x03c;
pub const COMMIT: u32 = 0x040;
pub const RESULT: u32 = 0x044;
pub const RESYNC: u32 = 0x050;
pub const DETECT: u32 = 0x054;
pub const RESYNC_COMMAND: u32 = 0x058;
pub const RESYNC_STATUS: u32 = 0x05c;
pub const QUARANTINE: u32 = 0x060;
pub const EVENT: u32 = 0x080;
pub const EVENT_POP: u32 = 0x0a0;
pub const STAGE: u32 = 0x100;
pub const COUNTERS_OUTBOUND: u32 = 0x400;
pub const COUNTERS_INBOUND: u32 = 0x800;

/// Value of `ID`: the letters HOLD.
pub const ID_VALUE: u32 = 0x484f_4c44;
/// Value of `VERSION`: 0.2.0.
pub const VERSION_VALUE: u32 = 0x0000_0200;

/// Fields of `CAP_FEATURES`.
pub mod features {
    pub const AES128_GCM16: u32 = 1 << 0;
    pub const AES256_GCM16: u32 = 1 << 1;
    pub const ESN: u32 = 1 << 2;
    pub const UDP_ENCAPSULATION: u32 = 1 << 3;
    pub const TUNNEL: u32 = 1 << 4;
    pub const TRANSPORT: u32 = 1 << 5;
    pub const IPV4: u32 = 1 << 6;
    pub const IPV6: u32 = 1 << 7;
    pub const RESYNC: u32 = 1 << 8;
    pub const COMPACT: u32 = 0x1ff;
}

/// Fields of `CONTROL`.
pub mod control {
    /// Frames are processed; otherwise each is dropped as `disabled`.
    pub const ENABLE: u32 = 1 << 0;
    /// Write 1: wipe all keys, SAs and rules. Reads zero. `STATUS.busy` until done.
    pub const ZEROIZE: u32 = 1 << 1;
}

/// Fields of `STATUS`.
pub mod status {
    pub const BUSY: u32 = 1 << 0;
    pub const EVENT: u32 = 1 << 1;
    /// An event was lost because the FIFO was full. Cleared by writing 1 to `EVENT_POP` bit 1.
    pub const OVERFLOW: u32 = 1 << 2;
}

/// Fields of `POLICY`.
pub mod policy {
    pub const BYPASS_ARP: u32 = 1 << 0;
    pub const BYPASS_NEIGHBOUR_DISCOVERY: u32 = 1 << 1;
    pub const BYPASS_NON_IP: u32 = 1 << 2;
    pub const RESET: u32 = BYPASS_ARP | BYPASS_NEIGHBOUR_DISCOVERY;
}

/// Fields of `COMMIT`.
pub mod commit {
    /// Bits 9:0: index into the table.
    pub const INDEX_SHIFT: u32 = 0;
    /// Bit 15: inbound table (1) or outbound table (0).
    pub const INBOUND: u32 = 1 << 15;
    /// Bits 18:16: operation.
    pub const OPERATION_SHIFT: u32 = 16;
    /// Install or replace an SA from the staged words.
    pub const INSTALL_SA: u32 = 1;
    /// Delete an SA; its words are wiped.
    pub const DELETE_SA: u32 = 2;
    /// Write a rule from the staged words (a rule without VALID removes it).
    pub const WRITE_RULE: u32 = 3;
    /// Write the resync parameters of a pair from the staged words ([`crate::pair`]).
    pub const WRITE_RESYNC: u32 = 4;
}

/// Fields of `RESYNC_COMMAND`.
pub mod resync_command {
    /// Bits 4:0: SA index of the pair.
    pub const INDEX_SHIFT: u32 = 0;
    /// Bits 18:16: operation.
    pub const OPERATION_SHIFT: u32 = 16;
    /// The inbound SA of the pair goes into quarantine.
    pub const DESYNCHRONISE: u32 = 1;
    /// Both directions stop; exact values are recorded.
    pub const SUSPEND: u32 = 2;
    pub const RESUME: u32 = 3;
    /// Clears the NVRAM: a new part or a new device key only.
    pub const FORMAT: u32 = 4;
}

/// Fields of `RESYNC_STATUS`.
pub mod resync_status {
    pub const BUSY: u32 = 1 << 0;
    pub const FAULT: u32 = 1 << 1;
    pub const SUSPENDED: u32 = 1 << 2;
    pub const UNFORMATTED: u32 = 1 << 3;
    pub const NO_KEY: u32 = 1 << 4;
}

/// Words of an event, at `EVENT + 4 * n`.
pub mod event {
    /// Code 7:0, SA index 17:8, direction bit 18 (1 = inbound), SA index valid bit 19, address is IPv6 bit 20. Zero: no event.
    pub const HEAD: u32 = 0;
    pub const DETAIL: u32 = 1;
    pub const TIME_LOW: u32 = 2;
    pub const TIME_HIGH: u32 = 3;
    /// Four words: the peer's address (IPv4 in the first).
    pub const ADDRESS: u32 = 4;
    pub const WORDS: u32 = 8;
    pub const INBOUND: u32 = 1 << 18;
    pub const SA_VALID: u32 = 1 << 19;
    pub const IPV6: u32 = 1 << 20;
}

/// Words of the staging area.
pub const STAGE_WORDS: u32 = 24;

/// Every register. Anything else in the 4 KiB is reserved: reads answer zero with SLVERR, writes answer SLVERR.
pub const REGISTERS: &[Register] = &[
    register("ID", ID, Access::ReadOnly, ID_VALUE, "Identifies the device: the letters HOLD.", &[]),
    register(
        "VERSION",
        VERSION,
        Access::ReadOnly,
        VERSION_VALUE,
        "Version of the hardware.",
        &[field("major", 31, 16, "major"), field("minor", 15, 8, "minor"), field("patch", 7, 0, "patch")],
    ),
    register(
        "CAP_SAS",
        CAP_SAS,
        Access::ReadOnly,
        0x0020_0020,
        "SAs that there are room for, of which those of index 0 to 31 can be recorded; the reset value shown is that of profile compact.",
        &[field("outbound", 15, 0, "outbound SAs"), field("inbound", 31, 16, "inbound SAs")],
    ),
    register(
        "CAP_LIMITS",
        CAP_LIMITS,
        Access::ReadOnly,
        0x05f2_0400,
        "Largest window and frame; the reset value shown is that of profile compact.",
        &[
            field("window", 15, 0, "largest anti-replay window in packets"),
            field("frame", 31, 16, "longest host frame in bytes, without FCS"),
        ],
    ),
    register(
        "CAP_FEATURES",
        CAP_FEATURES,
        Access::ReadOnly,
        features::COMPACT,
        "What the device can do.",
        &[
            field("aes128_gcm16", 0, 0, "AES-128-GCM, 16-byte ICV"),
            field("aes256_gcm16", 1, 1, "AES-256-GCM, 16-byte ICV"),
            field("esn", 2, 2, "extended sequence numbers"),
            field("udp", 3, 3, "UDP encapsulation"),
            field("tunnel", 4, 4, "tunnel mode"),
            field("transport", 5, 5, "transport mode"),
            field("ipv4", 6, 6, "IPv4"),
            field("ipv6", 7, 7, "IPv6"),
            field("resync", 8, 8, "recorded SAs and resynchronisation"),
        ],
    ),
    register(
        "CAP_RULES",
        CAP_RULES,
        Access::ReadOnly,
        0x0010_0010,
        "Rules that there are room for; the reset value shown is that of profile compact.",
        &[field("outbound", 15, 0, "outbound rules"), field("inbound", 31, 16, "inbound rules")],
    ),
    register(
        "COUNTER_GROUP",
        COUNTER_GROUP,
        Access::ReadWrite,
        0,
        "Whose counters the entries 64 to 127 of both directions are: those of the 32 SAs from index 32 × group on. A group beyond the tables counts from the first again.",
        &[field("group", 4, 0, "group of 32 SAs")],
    ),
    register(
        "CONTROL",
        CONTROL,
        Access::ReadWrite,
        0,
        "Enables the engine and wipes it.",
        &[
            field("enable", 0, 0, "process frames; 0: drop each as disabled"),
            field("zeroize", 1, 1, "write 1: wipe all keys, SAs and rules; reads zero"),
        ],
    ),
    register(
        "STATUS",
        STATUS,
        Access::ReadOnly,
        0,
        "State of the device. Busy for the first cycles after reset, while memories are cleared.",
        &[
            field("busy", 0, 0, "a commit, a wipe or the clearing after reset is under way"),
            field("event", 1, 1, "an event waits"),
            field("overflow", 2, 2, "an event was lost"),
        ],
    ),
    register(
        "IRQ_ENABLE",
        IRQ_ENABLE,
        Access::ReadWrite,
        0,
        "Which states raise the interrupt line (level).",
        &[field("event", 0, 0, "an event waits"), field("overflow", 1, 1, "an event was lost")],
    ),
    register(
        "POLICY",
        POLICY,
        Access::ReadWrite,
        policy::RESET,
        "Default rules, looked at before the policy rules.",
        &[
            field("bypass_arp", 0, 0, "ARP passes"),
            field("bypass_nd", 1, 1, "IPv6 neighbour discovery passes in the clear"),
            field("bypass_non_ip", 2, 2, "frames that are neither IP nor ARP pass"),
        ],
    ),
    register(
        "NAT_T_PORT",
        NAT_T_PORT,
        Access::ReadWrite,
        crate::wire::NAT_T_PORT as u32,
        "UDP destination port at which inbound ESP in UDP is recognised.",
        &[field("port", 15, 0, "UDP port")],
    ),
    register(
        "MAX_FRAME",
        MAX_FRAME,
        Access::ReadWrite,
        1522,
        "Longest frame at the host port, in bytes without FCS; at the network port 96 more are accepted. 64 to CAP_LIMITS.frame; anything else answers SLVERR.",
        &[field("bytes", 15, 0, "bytes")],
    ),
    register("TIME_LOW", TIME_LOW, Access::ReadOnly, 0, "Cycles since reset, low word; reading it latches TIME_HIGH.", &[]),
    register("TIME_HIGH", TIME_HIGH, Access::ReadOnly, 0, "Cycles since reset, high word, as of the last read of TIME_LOW.", &[]),
    register(
        "COMMIT",
        COMMIT,
        Access::WriteOnly,
        0,
        "Doorbell: applies the staged words as a whole. SLVERR while STATUS.busy.",
        &[
            field("index", 9, 0, "index into the table"),
            field("inbound", 15, 15, "inbound (1) or outbound (0) table"),
            field("operation", 18, 16, "1 install SA, 2 delete SA, 3 write rule, 4 write resync parameters"),
        ],
    ),
    register(
        "RESULT",
        RESULT,
        Access::ReadOnly,
        0,
        "Refusal code of the last commit; 0: it took effect.",
        &[field("refusal", 7, 0, "code")],
    ),
    register(
        "RESYNC",
        RESYNC,
        Access::ReadWrite,
        crate::control::PORT as u32,
        "Control port; writing resync parameters, and restoring them, set it too.",
        &[field("port", 15, 0, "UDP port of control datagrams")],
    ),
    register(
        "DETECT",
        DETECT,
        Access::ReadWrite,
        0,
        "Runs of failures that put a recorded inbound SA into quarantine; 0: never.",
        &[field("authentication", 7, 0, "authentication failures in a row"), field("replay", 15, 8, "replays in a row")],
    ),
    register(
        "RESYNC_COMMAND",
        RESYNC_COMMAND,
        Access::WriteOnly,
        0,
        "Commands to the recorder. SLVERR while RESYNC_STATUS.busy, or while STATUS.busy.",
        &[
            field("index", 4, 0, "SA index of the pair (operation 1)"),
            field("operation", 18, 16, "1 desynchronise, 2 suspend, 3 resume, 4 format the NVRAM"),
        ],
    ),
    register(
        "RESYNC_STATUS",
        RESYNC_STATUS,
        Access::ReadOnly,
        0,
        "State of the recorder. Busy after reset until every recorded SA is back.",
        &[
            field("busy", 0, 0, "restoring, or executing a command"),
            field("fault", 1, 1, "the NVRAM does not answer"),
            field("suspended", 2, 2, "suspended in an orderly manner"),
            field("unformatted", 3, 3, "the NVRAM has no valid epoch"),
            field("no_key", 4, 4, "no device key"),
        ],
    ),
    register("QUARANTINE", QUARANTINE, Access::ReadOnly, 0, "Inbound SAs that wait for resynchronisation, one bit each.", &[]),
    row(
        "EVENT",
        EVENT,
        event::WORDS,
        Access::ReadOnly,
        "The oldest event: head, detail, time low, time high, four address words. All zero: none.",
    ),
    register(
        "EVENT_POP",
        EVENT_POP,
        Access::WriteOnly,
        0,
        "Removes the oldest event, clears the overflow flag.",
        &[field("pop", 0, 0, "remove the oldest event"), field("clear_overflow", 1, 1, "clear STATUS.overflow")],
    ),
    row("STAGE", STAGE, STAGE_WORDS, Access::WriteOnly, "Words of the SA or rule to commit. Wiped by every commit."),
    row(
        "COUNTERS_OUTBOUND",
        COUNTERS_OUTBOUND,
        2 * crate::counter::COUNT as u32,
        Access::ReadOnly,
        "Outbound counters, 64 bits each, low word first; reading a low word latches the high word.",
    ),
    row(
        "COUNTERS_INBOUND",
        COUNTERS_INBOUND,
        2 * crate::counter::COUNT as u32,
        Access::ReadOnly,
        "Inbound counters, as COUNTERS_OUTBOUND.",
    ),
];

/// The register at a byte address, where there is one.
pub fn at(address: u32) -> Option<&'static Register> {
    REGISTERS.iter().find(|r| address % 4 == 0 && address >= r.offset && address < r.offset + 4 * r.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_and_fields_do_not_overlap() {
        for (i, a) in REGISTERS.iter().enumerate() {
            assert!(a.offset % 4 == 0 && a.offset + 4 * a.count <= 1 << ADDRESS_BITS, "{}", a.name);
            for b in &REGISTERS[i + 1..] {
                assert!(a.offset + 4 * a.count <= b.offset, "{} and {}", a.name, b.name);
            }
            let mut used = 0u32;
            for f in a.fields {
                let mask = (u32::MAX >> (31 - (f.msb - f.lsb))) << f.lsb;
                assert_eq!(used & mask, 0, "{}.{}", a.name, f.name);
                used |= mask;
            }
        }
    }

    #[test]
    fn addresses_resolve() {
        assert_eq!(at(STAGE + 4 * 23).unwrap().name, "STAGE");
        assert!(at(STAGE + 4 * 24).is_none());
        assert!(at(0x001).is_none());
    }
}
