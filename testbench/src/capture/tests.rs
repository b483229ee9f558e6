use super::*;
use std::path::Path;

fn frames() -> Vec<Frame> {
    (1..6).map(|i| Frame { time: Duration::new(1_700_000_000 + i, i as u32 * 1000), bytes: vec![i as u8; 10 * i as usize] }).collect()
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("holdfast-capture-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn all_formats_come_back_as_they_were() {
    let folder = folder("round");
    for fine in [false, true] {
        let mut frames = frames();
        frames[0].time += Duration::from_nanos(fine as u64 * 7);
        for name in ["a.pcap", "a.pcapng", "a.pcap.gz", "a.PCAPNG.gz"] {
            write(&folder.join(name), &frames).unwrap();
            assert_eq!(read(&folder.join(name)).unwrap(), frames, "{name}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_shipped_captures_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    assert_eq!(read(&folder.join("mixed.pcap")).unwrap().len(), 2534);
    assert!(read(&folder.join("management.pcap")).unwrap().len() > 10);
}

#[test]
fn every_truncation_is_an_error_or_a_shorter_capture() {
    for format in [Format::Pcap, Format::PcapNg] {
        let whole = serialise(format, &frames());
        for length in 0..whole.len() {
            match parse("f", &whole[..length]) {
                Ok(shorter) => assert!(shorter.len() < 5 && frames().starts_with(&shorter)),
                Err(error) => assert!(error.to_string().contains("at byte"), "{error}"),
            }
        }
    }
    let whole = serialise(Format::Pcap, &frames());
    let error = parse("cut.pcap", &whole[..whole.len() - 1]).unwrap_err();
    let offset = whole.len() - 16 - 50;
    assert_eq!(error.to_string(), format!("cut.pcap: packet 5 at byte {offset}: the file ends in the middle of it"));
}

#[test]
fn what_is_not_accepted_is_named() {
    let mut file = serialise(Format::Pcap, &frames());
    file[20] = 105;
    assert!(parse("f", &file).unwrap_err().to_string().contains("link type IEEE802_11 (105) was found; accepted is ETHERNET (1)"));
    let mut file = serialise(Format::Pcap, &frames());
    file[24 + 12] = 200;
    assert!(parse("f", &file).unwrap_err().to_string().contains("packet 1 at byte 24: 10 of 200 bytes were captured"));
    assert!(parse("f", b"not a capture at all........").unwrap_err().to_string().contains("neither a pcap nor a pcapng"));
    assert!(read(Path::new("/nonexistent/x.pcap")).unwrap_err().to_string().contains("/nonexistent/x.pcap"));
    let folder = folder("gzip");
    write(&folder.join("a.pcap.gz"), &frames()).unwrap();
    let bytes = std::fs::read(folder.join("a.pcap.gz")).unwrap();
    std::fs::write(folder.join("cut.pcap.gz"), &bytes[..bytes.len() - 12]).unwrap();
    let error = read(&folder.join("cut.pcap.gz")).unwrap_err();
    assert!(error.to_string().contains("ends in the middle"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn random_damage_never_panics() {
    use rand::{Rng, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    for format in [Format::Pcap, Format::PcapNg] {
        let whole = serialise(format, &frames());
        for _ in 0..2000 {
            let mut damaged = whole.clone();
            for _ in 0..random.gen_range(1..4) {
                let at = random.gen_range(0..damaged.len());
                damaged[at] = random.gen();
            }
            let _ = parse("f", &damaged);
        }
    }
}
