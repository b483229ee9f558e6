//! Reading: finds out the format and hands the bytes to its reader.

use super::error::{CaptureError, Cause};
use super::{pcap, pcapng, Frame};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Most bytes after decompression: a capture is held in memory.
const LIMIT: u64 = 4 << 30;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const PCAPNG: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Reads all frames of a file.
pub fn read(path: &Path) -> Result<Vec<Frame>, CaptureError> {
    let name = path.display().to_string();
    let fail = |cause| CaptureError { file: name.clone(), packet: None, offset: None, cause };
    let mut bytes = Vec::new();
    let mut file = File::open(path).map_err(|error| fail(Cause::Io(error)))?;
    file.read_to_end(&mut bytes).map_err(|error| fail(Cause::Io(error)))?;
    if bytes.starts_with(&GZIP) {
        let mut plain = Vec::new();
        // What a cut-off file still holds is read, so that the message can name the packet.
        let result = MultiGzDecoder::new(bytes.as_slice()).take(LIMIT + 1).read_to_end(&mut plain);
        if let Err(error) = result.as_ref() {
            if error.kind() != std::io::ErrorKind::UnexpectedEof {
                return Err(fail(Cause::Field(format!("the gzip compression is damaged: {error}"))));
            }
        }
        if plain.len() as u64 > LIMIT {
            return Err(fail(Cause::TooLarge { limit: LIMIT }));
        }
        let frames = parse(&name, &plain)?;
        return match result {
            Ok(_) => Ok(frames),
            Err(_) => Err(CaptureError { offset: Some(plain.len()), packet: Some(frames.len() + 1), file: name, cause: Cause::Truncated }),
        };
    }
    parse(&name, &bytes)
}

/// Reads all frames of a file's uncompressed content.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Frame>, CaptureError> {
    let mut frames = Vec::new();
    let result = if bytes.starts_with(&PCAPNG) { pcapng::read(bytes, &mut frames) } else { pcap::read(bytes, &mut frames) };
    match result {
        Ok(()) => Ok(frames),
        Err(Stop { rest, packet, cause }) => {
            Err(CaptureError { file: file.to_owned(), packet: packet.then_some(frames.len() + 1), offset: Some(bytes.len() - rest), cause })
        }
    }
}

/// Where a reader stopped.
pub(super) struct Stop {
    /// Bytes of the file that were left.
    pub rest: usize,
    /// In a packet, not in a header.
    pub packet: bool,
    /// Why.
    pub cause: Cause,
}

/// Checks the lengths of a frame.
pub(super) fn whole(bytes: &[u8], original: u32) -> Result<Vec<u8>, Cause> {
    match (bytes.len(), original as usize) {
        (captured, original) if captured < original => Err(Cause::Snapped { captured, original }),
        (0, _) => Err(Cause::Empty),
        _ => Ok(bytes.to_vec()),
    }
}
