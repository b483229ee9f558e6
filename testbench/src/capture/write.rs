//! Writing: the name's ending chooses the format, `.gz` compresses. Times are kept to the nanosecond.

use super::error::{CaptureError, Cause};
use super::Frame;
use flate2::write::GzEncoder;
use flate2::Compression;
use pcap_file::pcap::{PcapHeader, PcapWriter, RawPcapPacket};
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{InterfaceDescriptionBlock, InterfaceDescriptionOption};
use pcap_file::pcapng::{Block, PcapNgWriter};
use pcap_file::{DataLink, Endianness, PcapError, TsResolution};
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Longest frame that a reader must expect.
const SNAP_LENGTH: u32 = 262_144;

/// Format of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The classic one.
    Pcap,
    /// Blocks.
    PcapNg,
}

impl Format {
    /// The format that a file's name asks for, and whether it is to be compressed.
    pub fn of(path: &Path) -> (Self, bool) {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let (stem, compressed) = match name.strip_suffix(".gz") {
            Some(stem) => (stem.to_owned(), true),
            None => (name, false),
        };
        (if stem.ends_with(".pcapng") { Format::PcapNg } else { Format::Pcap }, compressed)
    }
}

/// Writes frames to a file.
pub fn write(path: &Path, frames: &[Frame]) -> Result<(), CaptureError> {
    let fail = |error| CaptureError { file: path.display().to_string(), packet: None, offset: None, cause: Cause::Io(error) };
    let (format, compressed) = Format::of(path);
    let bytes = serialise(format, frames);
    let mut file = BufWriter::new(File::create(path).map_err(fail)?);
    if compressed {
        let mut encoder = GzEncoder::new(&mut file, Compression::default());
        encoder.write_all(&bytes).map_err(fail)?;
        encoder.finish().map_err(fail)?;
    } else {
        file.write_all(&bytes).map_err(fail)?;
    }
    file.flush().map_err(fail)
}

/// The bytes of a capture.
pub fn serialise(format: Format, frames: &[Frame]) -> Vec<u8> {
    let result = match format {
        Format::Pcap => pcap(frames),
        Format::PcapNg => pcapng(frames),
    };
    result.expect("writing to memory does not fail")
}

fn pcap(frames: &[Frame]) -> Result<Vec<u8>, PcapError> {
    // Only where microseconds would lose something: some readers know no other.
    let fine = frames.iter().any(|frame| frame.time.subsec_nanos() % 1000 != 0);
    let (ts_resolution, unit) = if fine { (TsResolution::NanoSecond, 1) } else { (TsResolution::MicroSecond, 1000) };
    let datalink = DataLink::ETHERNET;
    let header = PcapHeader { snaplen: SNAP_LENGTH, datalink, ts_resolution, endianness: Endianness::Little, ..PcapHeader::default() };
    let mut writer = PcapWriter::with_header(Vec::new(), header)?;
    for frame in frames {
        writer.write_raw_packet(&RawPcapPacket {
            ts_sec: frame.time.as_secs() as u32,
            ts_frac: frame.time.subsec_nanos() / unit,
            incl_len: frame.bytes.len() as u32,
            orig_len: frame.bytes.len() as u32,
            data: Cow::Borrowed(&frame.bytes),
        })?;
    }
    Ok(writer.into_writer())
}

fn pcapng(frames: &[Frame]) -> Result<Vec<u8>, PcapError> {
    let mut writer = PcapNgWriter::with_endianness(Vec::new(), Endianness::Little)?;
    writer.write_block(&Block::InterfaceDescription(InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: SNAP_LENGTH,
        options: vec![InterfaceDescriptionOption::IfTsResol(9)],
    }))?;
    for frame in frames {
        writer.write_block(&Block::EnhancedPacket(EnhancedPacketBlock {
            interface_id: 0,
            timestamp: frame.time,
            original_len: frame.bytes.len() as u32,
            data: Cow::Borrowed(&frame.bytes),
            options: Vec::new(),
        }))?;
    }
    Ok(writer.into_inner())
}
