//! Captures: pcap and pcapng, plain or gzip, Ethernet frames only.

mod error;
mod pcap;
mod pcapng;
mod read;
mod write;

pub use error::{CaptureError, Cause};
pub use read::{parse, read};
pub use write::{serialise, write, Format};

use std::time::Duration;

/// A frame of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Since 1970-01-01 00:00 UTC.
    pub time: Duration,
    /// Ethernet frame without preamble and FCS.
    pub bytes: Vec<u8>,
}

/// The only link type that is accepted.
fn is_ethernet(link: ::pcap_file::DataLink) -> bool {
    link == ::pcap_file::DataLink::ETHERNET
}

#[cfg(test)]
mod tests;
