//! The command as a script sees it: exit codes, and errors that name place, found and accepted.

use std::path::PathBuf;
use std::process::{Command, Output};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("holdfast-cli-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("temporary folder");
    folder
}

fn holdfast(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_holdfast")).args(arguments).output().expect("the command runs")
}

fn refused(arguments: &[&str], words: &[&str]) {
    let out = holdfast(arguments);
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{arguments:?}: {text}");
    for word in words {
        assert!(text.contains(word), "{arguments:?} does not say `{word}`: {text}");
    }
}

const STATION: &str = "[[sa]]\nname = \"a\"\ndirection = \"outbound\"\nspi = 0x1000\nalgorithm = \"aes-gcm-16\"\n\
    key = \"000102030405060708090a0b0c0d0e0f\"\nsalt = \"deadbeef\"\nmode = \"tunnel\"\nlocal = \"10.90.0.2\"\nremote = \"10.90.0.1\"\n\
    [[policy]]\ndirection = \"outbound\"\naction = \"protect\"\nsa = \"a\"\n";

/// A pcap file with these frames.
fn pcap(link: u32, frames: &[&[u8]]) -> Vec<u8> {
    let mut file = vec![];
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65535, link] {
        file.extend(word.to_le_bytes());
    }
    for frame in frames {
        for word in [1, 2, frame.len() as u32, frame.len() as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(*frame);
    }
    file
}

#[test]
fn good_input_ends_with_zero_and_a_report() {
    let folder = folder("good");
    let path = |name: &str| folder.join(name).to_str().expect("a readable path").to_string();
    std::fs::write(path("s.toml"), STATION).expect("a file");
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 90, 0, 2, 10, 90, 0, 1];
    frame.extend([0, 1, 0, 2, 0, 8, 0, 0]);
    std::fs::write(path("in.pcap"), pcap(1, &[&frame, &frame[..10]])).expect("a file");
    let out = holdfast(&["seal", "--config", &path("s.toml"), "--report", &path("r.json"), &path("in.pcap"), &path("out.pcap")]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(out.stderr.is_empty(), "no progress in a pipe");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(path("r.json")).expect("a report")).expect("JSON");
    assert_eq!((&report["frames_in"], &report["frames_out"]), (&2.into(), &1.into()));
    assert_eq!(report["dropped"]["runt"], 1);
    let sealed = std::fs::read(path("out.pcap")).expect("a capture");
    // Link header, outer header, SPI: the frame is ESP under 0x1000 with number 1.
    assert_eq!(sealed[24 + 16 + 14 + 9], 50);
    assert_eq!(sealed[24 + 16 + 34..24 + 16 + 42], [0, 0, 0x10, 0, 0, 0, 0, 1]);
    let _ = std::fs::remove_dir_all(&folder);
}

#[test]
fn bad_input_ends_with_two_and_says_where() {
    let folder = folder("bad");
    let path = |name: &str| folder.join(name).to_str().expect("a readable path").to_string();
    std::fs::write(path("s.toml"), STATION).expect("a file");
    std::fs::write(path("in.pcap"), pcap(1, &[&[0; 60]])).expect("a file");
    let seal =
        |config: &str, input: &str, words: &[&str]| refused(&["seal", "--config", &path(config), &path(input), &path("out.pcap")], words);

    let whole = pcap(1, &[&[0; 60]]);
    std::fs::write(path("cut.pcap"), &whole[..whole.len() - 7]).expect("a file");
    seal("s.toml", "cut.pcap", &["cut.pcap"]);
    std::fs::write(path("raw.pcap"), pcap(101, &[&[0x45; 60]])).expect("a file");
    seal("s.toml", "raw.pcap", &["raw.pcap", "ETHERNET"]);
    std::fs::write(path("text.pcap"), "this is no capture").expect("a file");
    seal("s.toml", "text.pcap", &["text.pcap"]);
    seal("s.toml", "absent.pcap", &["absent.pcap"]);
    seal("absent.toml", "in.pcap", &["absent.toml"]);

    for (name, from, to, words) in [
        ("key.toml", "000102030405060708090a0b0c0d0e0f", "0001", &["key.toml", "key", "16"][..]),
        ("policy.toml", "sa = \"a\"\n", "sa = \"b\"\n", &["policy.toml", "b"][..]),
        ("algorithm.toml", "aes-gcm-16", "aes-gmac", &["algorithm.toml", "aes-gmac"][..]),
        ("unknown.toml", "salt =", "sugar =", &["unknown.toml", "sugar"][..]),
    ] {
        std::fs::write(path(name), STATION.replacen(from, to, 1)).expect("a file");
        seal(name, "in.pcap", words);
        let out = holdfast(&["seal", "--config", &path(name), &path("in.pcap"), &path("out.pcap")]);
        assert!(!String::from_utf8_lossy(&out.stderr).contains("0405060708"), "a key was printed");
    }
    refused(&["seal"], &["--config"]);
    refused(
        &["seal", "--profile", "pipelied", "--config", &path("s.toml"), &path("in.pcap"), &path("out.pcap")],
        &["pipelied", "compact", "pipelined"],
    );
    refused(&["vectors", &path("s.toml")], &["s.toml"]);
    let _ = std::fs::remove_dir_all(&folder);
}
