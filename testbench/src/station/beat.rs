//! Frames as beats of the 128-bit stream.

/// Bytes of a full beat.
pub const BEAT: usize = 16;

/// One beat: the first byte on the wire is in bits 7:0 of `data`, its `keep` bit is bit 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beat {
    /// Sixteen bytes.
    pub data: u128,
    /// One bit per byte.
    pub keep: u16,
    /// Last beat of its frame.
    pub last: bool,
}

impl Beat {
    /// The bytes that `keep` marks; `None` where `keep` has a hole, is empty, or is partial before the last beat.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let count = self.keep.trailing_ones() as usize;
        let contiguous = self.keep != 0 && u32::from(self.keep) == (1u32 << count) - 1;
        let complete = self.last || count == BEAT;
        (contiguous && complete).then(|| self.data.to_le_bytes()[..count].to_vec())
    }
}

/// The beats of a frame.
pub fn beats(frame: &[u8]) -> Vec<Beat> {
    let count = frame.len().div_ceil(BEAT);
    frame
        .chunks(BEAT)
        .enumerate()
        .map(|(i, chunk)| {
            let mut data = [0; BEAT];
            data[..chunk.len()].copy_from_slice(chunk);
            Beat { data: u128::from_le_bytes(data), keep: ((1u32 << chunk.len()) - 1) as u16, last: i + 1 == count }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_way_through_beats() {
        for length in 1..70 {
            let frame: Vec<u8> = (0..length).collect();
            let beats = beats(&frame);
            assert_eq!(beats.iter().filter(|beat| beat.last).count(), 1);
            assert_eq!(beats.iter().flat_map(|beat| beat.bytes().unwrap()).collect::<Vec<_>>(), frame);
        }
    }

    #[test]
    fn bad_keeps_are_seen() {
        for (keep, last) in [(0, true), (0b101, true), (0x7fff, false), (0b10, true)] {
            assert_eq!(Beat { data: 0, keep, last }.bytes(), None, "{keep:#x} {last}");
        }
    }
}
