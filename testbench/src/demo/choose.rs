//! A few frames of every kind, for the simulator that is slow.

use crate::capture::Frame;
use std::collections::HashMap;

/// At most `each` frames of every kind, in order.
pub(super) fn choose(frames: &[Frame], each: usize) -> Vec<Frame> {
    let mut seen: HashMap<Kind, usize> = HashMap::new();
    let take = |frame: &&Frame| {
        let count = seen.entry(kind(&frame.bytes)).or_default();
        *count += 1;
        *count <= each
    };
    frames.iter().filter(take).cloned().collect()
}

/// What makes a frame different from another: type, protocol, fragment, and size.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    ethertype: [u8; 2],
    protocol: u8,
    fragment: u8,
    size: usize,
}

fn kind(frame: &[u8]) -> Kind {
    let byte = |at: usize| frame.get(at).copied().unwrap_or(0);
    let ethertype = [byte(12), byte(13)];
    let (protocol, fragment) = match ethertype {
        [0x08, 0x00] => {
            let place = u16::from_be_bytes([byte(20), byte(21)]);
            (byte(23), if place & 0x1fff != 0 { 2 } else { (place & 0x2000 != 0) as u8 })
        }
        [0x86, 0xdd] if byte(20) == 44 => (byte(54), if byte(56) != 0 || byte(57) >> 3 != 0 { 2 } else { 1 }),
        [0x86, 0xdd] => (byte(20), 0),
        _ => (0, 0),
    };
    let size = [61, 128, 512, 1400].iter().filter(|limit| frame.len() > **limit).count();
    Kind { ethertype, protocol, fragment, size }
}
