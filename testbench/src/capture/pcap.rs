//! The classic format.

use super::error::Cause;
use super::read::{whole, Stop};
use super::{is_ethernet, Frame};
use pcap_file::pcap::PcapParser;
use pcap_file::{PcapError, TsResolution};
use std::time::Duration;

pub(super) fn read(bytes: &[u8], frames: &mut Vec<Frame>) -> Result<(), Stop> {
    let at_header = |cause| Stop { rest: bytes.len(), packet: false, cause };
    let (mut rest, parser) = PcapParser::new(bytes).map_err(|_| at_header(Cause::Format))?;
    let header = parser.header();
    if !is_ethernet(header.datalink) {
        let (name, number) = (format!("{:?}", header.datalink), u32::from(header.datalink));
        return Err(at_header(Cause::LinkType { name, number }));
    }
    let unit = match header.ts_resolution {
        TsResolution::MicroSecond => 1000,
        TsResolution::NanoSecond => 1,
    };
    while !rest.is_empty() {
        let at_packet = |cause| Stop { rest: rest.len(), packet: true, cause };
        let (next, packet) = parser.next_raw_packet(rest).map_err(|error| {
            at_packet(match error {
                PcapError::IncompleteBuffer => Cause::Truncated,
                other => Cause::Field(other.to_string()),
            })
        })?;
        let time = Duration::from_secs(packet.ts_sec.into()) + Duration::from_nanos(u64::from(packet.ts_frac) * unit);
        frames.push(Frame { time, bytes: whole(&packet.data, packet.orig_len).map_err(at_packet)? });
        rest = next;
    }
    Ok(())
}
