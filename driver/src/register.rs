//! The registers that have fields, as types. Their bits are those of `holdfast_registers::map::REGISTERS`; a test compares
//! them field by field.

use bitfield::bitfield;

bitfield! {
    /// `VERSION`: version of the hardware.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Version(pub u32);
    impl Debug;
    /// Changes when old drivers no longer fit.
    pub u16, major, set_major: 31, 16;
    /// Before 1.0 as `major`; then: changes when something is added.
    pub u8, minor, set_minor: 15, 8;
    /// Changes otherwise.
    pub u8, patch, set_patch: 7, 0;
}

bitfield! {
    /// `CAP_SAS` or `CAP_RULES`: how many entries the tables of a kind have.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Tables(pub u32);
    impl Debug;
    /// Of the outbound table.
    pub u16, outbound, set_outbound: 15, 0;
    /// Of the inbound table.
    pub u16, inbound, set_inbound: 31, 16;
}

bitfield! {
    /// `CAP_LIMITS`: largest window and frame.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Limits(pub u32);
    impl Debug;
    /// Largest anti-replay window in packets.
    pub u16, window, set_window: 15, 0;
    /// Longest frame at the host port in bytes, without FCS.
    pub u16, frame, set_frame: 31, 16;
}

bitfield! {
    /// `CAP_FEATURES`: what the device can do.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Features(pub u32);
    impl Debug;
    /// AES-128-GCM with 16-byte ICV (RFC 4106).
    pub aes128_gcm16, set_aes128_gcm16: 0;
    /// AES-256-GCM with 16-byte ICV (RFC 4106).
    pub aes256_gcm16, set_aes256_gcm16: 1;
    /// Extended sequence numbers (RFC 4303 section 2.2.1).
    pub esn, set_esn: 2;
    /// UDP encapsulation (RFC 3948).
    pub udp, set_udp: 3;
    /// Tunnel mode.
    pub tunnel, set_tunnel: 4;
    /// Transport mode.
    pub transport, set_transport: 5;
    /// IPv4.
    pub ipv4, set_ipv4: 6;
    /// IPv6.
    pub ipv6, set_ipv6: 7;
    /// Recorded SAs and resynchronisation.
    pub resync, set_resync: 8;
}

bitfield! {
    /// `CONTROL`.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct Control(pub u32);
    impl Debug;
    /// Frames are processed; otherwise each is dropped as `disabled`.
    pub enable, set_enable: 0;
    /// Written 1: wipe all keys, SAs and rules. Reads zero.
    pub zeroize, set_zeroize: 1;
}

bitfield! {
    /// `STATUS`.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct Status(pub u32);
    impl Debug;
    /// A commit, a wipe or the clearing after reset is under way.
    pub busy, set_busy: 0;
    /// An event waits.
    pub event, set_event: 1;
    /// An event was lost because the FIFO was full.
    pub overflow, set_overflow: 2;
}

bitfield! {
    /// `IRQ_ENABLE`: which states raise the interrupt line (level).
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct Interrupts(pub u32);
    impl Debug;
    /// An event waits; falls when the last one has been taken.
    pub event, set_event: 0;
    /// An event was lost; falls with [`crate::Driver::take_overflow`].
    pub overflow, set_overflow: 1;
}

bitfield! {
    /// `POLICY`: default rules, looked at before the policy rules.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct Policy(pub u32);
    impl Debug;
    /// ARP passes.
    pub bypass_arp, set_bypass_arp: 0;
    /// IPv6 neighbour discovery passes in the clear.
    pub bypass_nd, set_bypass_nd: 1;
    /// Frames that are neither IP nor ARP pass.
    pub bypass_non_ip, set_bypass_non_ip: 2;
}

impl Default for Policy {
    /// As after reset: ARP and neighbour discovery pass, other non-IP frames do not.
    fn default() -> Self {
        Policy(holdfast_registers::map::policy::RESET)
    }
}

bitfield! {
    /// `COMMIT`: applies the staged words as a whole.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct Commit(pub u32);
    impl Debug;
    /// Index into the table.
    pub u16, index, set_index: 9, 0;
    /// Inbound (1) or outbound (0) table.
    pub inbound, set_inbound: 15;
    /// Operation, see `holdfast_registers::map::commit`.
    pub u8, operation, set_operation: 18, 16;
}

bitfield! {
    /// `DETECT`: runs of failures that put a recorded inbound SA into quarantine; 0: never.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct Detect(pub u32);
    impl Debug;
    /// Authentication failures in a row.
    pub u8, authentication, set_authentication: 7, 0;
    /// Replays in a row.
    pub u8, replay, set_replay: 15, 8;
}

bitfield! {
    /// `RESYNC_COMMAND`.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct ResyncCommand(pub u32);
    impl Debug;
    /// SA index of the pair.
    pub u16, index, set_index: 4, 0;
    /// Operation, see `holdfast_registers::map::resync_command`.
    pub u8, operation, set_operation: 18, 16;
}

bitfield! {
    /// `RESYNC_STATUS`: state of the recorder.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct ResyncStatus(pub u32);
    impl Debug;
    /// Restoring recorded SAs, or executing a command.
    pub busy, set_busy: 0;
    /// The NVRAM does not answer.
    pub fault, set_fault: 1;
    /// Suspended in an orderly manner.
    pub suspended, set_suspended: 2;
    /// The NVRAM has no valid epoch: it has never been formatted.
    pub unformatted, set_unformatted: 3;
    /// No device key.
    pub no_key, set_no_key: 4;
}

bitfield! {
    /// `EVENT[0]`: head of the oldest event; zero: none.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct EventHead(pub u32);
    impl Debug;
    /// Code, see `holdfast_registers::EventCode`.
    pub u8, code, set_code: 7, 0;
    /// SA index, if `sa_valid`.
    pub u16, sa, set_sa: 17, 8;
    /// Inbound (1) or outbound (0).
    pub inbound, set_inbound: 18;
    /// The event belongs to an SA.
    pub sa_valid, set_sa_valid: 19;
    /// The address words are an IPv6 address.
    pub ipv6, set_ipv6: 20;
}

bitfield! {
    /// `EVENT_POP`.
    #[derive(Clone, Copy, Default, PartialEq, Eq)]
    pub struct EventPop(pub u32);
    impl Debug;
    /// Remove the oldest event.
    pub pop, set_pop: 0;
    /// Clear `STATUS.overflow`.
    pub clear_overflow, set_clear_overflow: 1;
}
