//! The recorded traffic, by sender.

use crate::capture::{parse, CaptureError, Frame};

/// Ethernet address of the client in the recordings.
const CLIENT: [u8; 6] = [0x6e, 0x90, 0xb9, 0x28, 0xb6, 0xd6];

/// Frames by the side that sent them, in order.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// From 10.90.0.2 and fd90::2.
    pub client: Vec<Frame>,
    /// From 10.90.0.1 and fd90::1.
    pub server: Vec<Frame>,
}

/// The two captures of the repository.
pub fn load() -> Result<Traffic, CaptureError> {
    let mut traffic = Traffic::default();
    for (name, bytes) in [
        ("testbench/captures/mixed.pcap", include_bytes!("../../captures/mixed.pcap").as_slice()),
        ("testbench/captures/management.pcap", include_bytes!("../../captures/management.pcap")),
    ] {
        for frame in parse(name, bytes)? {
            let from_client = frame.bytes.get(6..12) == Some(&CLIENT);
            if from_client { &mut traffic.client } else { &mut traffic.server }.push(frame);
        }
    }
    Ok(traffic)
}
