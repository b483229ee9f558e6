//! Addresses and prefixes.

use holdfast_driver::Prefix;
use std::net::IpAddr;

/// An address alone.
pub fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("\"{text}\" was found; accepted is an IPv4 or IPv6 address"))
}

/// `address/length`, or an address alone (all its bits). `any` is no prefix.
pub fn prefix(text: &str) -> Result<Option<Prefix<IpAddr>>, String> {
    if text == "any" {
        return Ok(None);
    }
    let accepted = "accepted are \"any\", an address, or a prefix like \"192.0.2.0/24\" or \"2001:db8::/32\"";
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| format!("\"{text}\" was found; {accepted}"))?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => most,
        Some(digits) => digits
            .parse::<u8>()
            .ok()
            .filter(|length| *length <= most)
            .ok_or(format!("prefix length \"{digits}\" was found; accepted are 0 to {most} for this family"))?,
    };
    let masked = mask(address, length);
    if masked != address {
        return Err(format!("\"{text}\" has bits set beyond its length; accepted is \"{masked}/{length}\""));
    }
    Ok(Some(Prefix { address, length }))
}

fn mask(address: IpAddr, length: u8) -> IpAddr {
    let host_bits = |all: u32| all - u32::from(length);
    match address {
        IpAddr::V4(a) => IpAddr::V4((u32::from(a) & u32::MAX.checked_shl(host_bits(32)).unwrap_or(0)).into()),
        IpAddr::V6(a) => IpAddr::V6((u128::from(a) & u128::MAX.checked_shl(host_bits(128)).unwrap_or(0)).into()),
    }
}
