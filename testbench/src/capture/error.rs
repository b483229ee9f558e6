//! What is wrong with a capture, and where.

use std::fmt;

/// A capture that cannot be used.
#[derive(Debug)]
pub struct CaptureError {
    /// The file's name.
    pub file: String,
    /// Packet number, from 1 as Wireshark counts, where there is one.
    pub packet: Option<usize>,
    /// Byte offset in the file (after decompression).
    pub offset: Option<usize>,
    /// What was found there.
    pub cause: Cause,
}

/// Why.
#[derive(Debug)]
pub enum Cause {
    /// The file cannot be read or written.
    Io(std::io::Error),
    /// Neither pcap nor pcapng.
    Format,
    /// A link type other than Ethernet.
    LinkType { name: String, number: u32 },
    /// The file ends within a packet.
    Truncated,
    /// The capture was made with a length limit: bytes of this frame are missing.
    Snapped { captured: usize, original: usize },
    /// An empty frame.
    Empty,
    /// Fields that contradict each other.
    Field(String),
    /// More bytes than the limit after decompression.
    TooLarge { limit: u64 },
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(packet) = self.packet {
            write!(f, ": packet {packet}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        f.write_str(": ")?;
        match &self.cause {
            Cause::Io(error) => error.fmt(f),
            Cause::Format => f.write_str("neither a pcap nor a pcapng file; accepted are these two, also compressed with gzip"),
            Cause::LinkType { name, number } => write!(f, "link type {name} ({number}) was found; accepted is ETHERNET (1)"),
            Cause::Truncated => f.write_str("the file ends in the middle of it"),
            Cause::Snapped { captured, original } => {
                write!(f, "{captured} of {original} bytes were captured; accepted are whole frames (capture without a length limit)")
            }
            Cause::Empty => f.write_str("a frame of no bytes; accepted are 1 and more"),
            Cause::Field(text) => f.write_str(text),
            Cause::TooLarge { limit } => write!(f, "more than {limit} bytes"),
        }
    }
}

impl std::error::Error for CaptureError {}
