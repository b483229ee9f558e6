//! The block format.

use super::error::Cause;
use super::read::{whole, Stop};
use super::{is_ethernet, Frame};
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::pcapng::{Block, PcapNgParser};
use pcap_file::PcapError;
use std::time::Duration;

pub(super) fn read(bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), Stop> {
    let cause = |error| match error {
        PcapError::IncompleteBuffer => Cause::Truncated,
        other => Cause::Field(other.to_string()),
    };
    let (mut rest, mut parser) =
        PcapNgParser::new(bytes).map_err(|error| Stop { rest: bytes.len(), packet: false, cause: cause(error) })?;
    while !rest.is_empty() {
        let stop = |cause| Stop { rest: rest.len(), packet: true, cause };
        let (next, block) = parser.next_block(rest).map_err(|error| stop(cause(error)))?;
        match block {
            Block::EnhancedPacket(packet) => {
                let interface = interface(&parser, packet.interface_id).map_err(stop)?;
                // The library takes every count for nanoseconds.
                let time = time(packet.timestamp.as_nanos() as u64, interface).map_err(stop)?;
                frames.push(Frame { time, bytes: whole(&packet.data, packet.original_len).map_err(stop)? });
            }
            Block::SimplePacket(packet) => {
                interface(&parser, 0).map_err(stop)?;
                // No time, and no captured length: the data is padded to a multiple of four.
                let length = (packet.original_len as usize).min(packet.data.len());
                frames.push(Frame { time: Duration::ZERO, bytes: whole(&packet.data[..length], packet.original_len).map_err(stop)? });
            }
            Block::Packet(_) => {
                let text = "a packet block was found, which is obsolete; accepted are enhanced and simple packet blocks";
                return Err(stop(Cause::Field(text.to_owned())));
            }
            _ => {}
        }
        rest = next;
    }
    Ok(())
}

fn interface(parser: &PcapNgParser, id: u32) -> Result<&InterfaceDescriptionBlock<'static>, Cause> {
    let interface = parser.interfaces().get(id as usize);
    let interface = interface.ok_or_else(|| Cause::Field(format!("interface {id} is not described before its packet")))?;
    if !is_ethernet(interface.linktype) {
        return Err(Cause::LinkType { name: format!("{:?}", interface.linktype), number: interface.linktype.into() });
    }
    Ok(interface)
}

/// The time of a count: microseconds unless the interface says otherwise.
fn time(count: u64, interface: &InterfaceDescriptionBlock) -> Result<Duration, Cause> {
    let mut resolution = 6;
    let mut offset = 0;
    for option in &interface.options {
        match option {
            InterfaceDescriptionOption::IfTsResol(value) => resolution = *value,
            InterfaceDescriptionOption::IfTsOffset(seconds) => offset = *seconds,
            _ => {}
        }
    }
    let exponent = u32::from(resolution & 0x7f);
    let base: u128 = if resolution & 0x80 != 0 { 2 } else { 10 };
    let units = base.checked_pow(exponent).filter(|units| *units <= 1 << 64);
    let units = units.ok_or_else(|| Cause::Field(format!("time resolution {base}^-{exponent} is finer than 2^-64")))?;
    let nanoseconds = u128::from(count) * 1_000_000_000 / units;
    let seconds = u64::try_from(nanoseconds / 1_000_000_000).ok().and_then(|seconds| seconds.checked_add(offset));
    let seconds = seconds.ok_or_else(|| Cause::Field("a time beyond 2^64 seconds".to_owned()))?;
    Ok(Duration::new(seconds, (nanoseconds % 1_000_000_000) as u32))
}
