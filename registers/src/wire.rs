//! Constants of the wire formats, with their source.

/// EtherType of IPv4 (RFC 894).
pub const ETHERTYPE_IPV4: u16 = 0x0800;
/// EtherType of ARP (RFC 826).
pub const ETHERTYPE_ARP: u16 = 0x0806;
/// EtherType of IPv6 (RFC 2464).
pub const ETHERTYPE_IPV6: u16 = 0x86dd;
/// Tag protocol identifier of a VLAN tag (IEEE 802.1Q).
pub const ETHERTYPE_VLAN: u16 = 0x8100;

/// IP protocol numbers (IANA).
pub mod protocol {
    pub const HOP_BY_HOP: u8 = 0;
    pub const ICMP: u8 = 1;
    pub const IPV4: u8 = 4;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const IPV6: u8 = 41;
    pub const ROUTING: u8 = 43;
    pub const FRAGMENT: u8 = 44;
    pub const ESP: u8 = 50;
    pub const AH: u8 = 51;
    pub const ICMPV6: u8 = 58;
    pub const NO_NEXT: u8 = 59;
    pub const DESTINATION_OPTIONS: u8 = 60;
    pub const SCTP: u8 = 132;
    pub const UDP_LITE: u8 = 136;
}

/// UDP port of ESP in UDP (RFC 3948 section 2), the reset value of `NAT_T_PORT`.
pub const NAT_T_PORT: u16 = 4500;
/// Bytes of SPI and sequence number (RFC 4303 section 2).
pub const ESP_HEADER: usize = 8;
/// Bytes of the explicit IV (RFC 4106 section 3.1).
pub const ESP_IV: usize = 8;
/// Bytes of the ICV (RFC 4106 section 6).
pub const ESP_ICV: usize = 16;
/// Shortest ESP: header, IV, one word of padding, pad length and next header, ICV.
pub const ESP_MINIMUM: usize = ESP_HEADER + ESP_IV + 4 + ESP_ICV;
/// Most IPv6 extension headers that are followed.
pub const EXTENSION_HEADERS: usize = 8;
/// A header that IPv6 extension headers lead to begins before this byte of the frame, or they count as bad: only frames of more than 4 KiB are long enough.
pub const DEEPEST: usize = 4030;
/// Bytes that sealing may add: outer IPv6 40, UDP 8, ESP header and IV 16, padding and trailer 5, ICV 16, rounded up.
pub const OVERHEAD: usize = 96;
/// First and last ICMPv6 type of neighbour discovery (RFC 4861).
pub const NEIGHBOUR_DISCOVERY: (u8, u8) = (133, 137);
