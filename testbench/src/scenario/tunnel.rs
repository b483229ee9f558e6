//! Many SAs at once: a `[[tunnel]]` of a scenario becomes the text of a STATION.toml for each of its ends.

use super::raw::Tunnel;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write;
use toml::Spanned;

/// SPIs of the way back are this much above those of the way there.
const BACK: i64 = 0x1_0000;
/// SPIs of spare SAs are this much above those of the first.
const SPARE: i64 = 0x100;
/// UDP port of the first tunnel's rule; there are 16 rules, and tunnels beyond carry control messages only.
const FIRST_PORT: i64 = 9000;
const RULES: usize = 16;

/// The text for the station with an index; empty where no tunnel ends there. Keys follow from the scenario's seed. `spare`: the same
/// tunnels with other keys and SPIs.
pub fn configuration(tunnels: &[Spanned<Tunnel>], names: &[String], station: usize, seed: u64, spare: bool) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(if spare { !seed } else { seed });
    let above = if spare { SPARE } else { 0 };
    let (mut sas, mut rules) = (String::new(), String::new());
    for spanned in tunnels {
        let tunnel = spanned.get_ref();
        let end = tunnel.between.get_ref().iter().position(|name| names.get(station) == Some(name));
        for number in 0..tunnel.count.as_ref().map_or(1, |count| (*count.get_ref()).clamp(1, 32)) {
            let keys = [hex(&mut random, 16), hex(&mut random, 16)];
            let salts = [hex(&mut random, 4), hex(&mut random, 4)];
            let Some(end) = end else { continue };
            one(&mut sas, tunnel, (number, above), end, &keys, &salts);
            if (number as usize) < RULES {
                rule(&mut rules, tunnel, number);
            }
        }
    }
    if sas.is_empty() {
        return sas;
    }
    let key = hex(&mut ChaCha8Rng::seed_from_u64(seed ^ (station as u64 + 1) << 32), 32);
    format!("device_key = \"{key}\"\n{sas}{rules}")
}

fn hex(random: &mut ChaCha8Rng, bytes: usize) -> String {
    (0..bytes).fold(String::new(), |text, _| text + &format!("{:02x}", random.next_u32() as u8))
}

fn one(text: &mut String, tunnel: &Tunnel, (number, above): (i64, i64), end: usize, keys: &[String; 2], salts: &[String; 2]) {
    let [local, remote] = [end, 1 - end].map(|end| &tunnel.addresses.get_ref()[end]);
    for (direction, way) in [("outbound", end), ("inbound", 1 - end)] {
        let spi = tunnel.spi.get_ref() + number + above + if way == 1 { BACK } else { 0 };
        let (key, salt) = (&keys[way], &salts[way]);
        let _ = write!(
            text,
            "[[sa]]\nname = \"{direction}-{number}\"\ndirection = \"{direction}\"\nspi = {spi}\nalgorithm = \"aes-gcm-16\"\nkey = \"{key}\"\n\
             salt = \"{salt}\"\nmode = \"tunnel\"\nlocal = \"{local}\"\nremote = \"{remote}\"\nrecord = true\n"
        );
        if direction == "inbound" {
            continue;
        }
        if let Some(interval) = tunnel.interval {
            let _ = writeln!(text, "interval = {interval}");
        }
        let _ = writeln!(text, "[sa.control]\nsource = \"02:00:00:00:00:0{}\"\ndestination = \"02:00:00:00:00:0{}\"", end + 1, 2 - end);
        for (name, field) in [("spread", &tunnel.spread), ("timeout", &tunnel.timeout), ("ceiling", &tunnel.ceiling)] {
            if let Some(word) = field {
                let _ = writeln!(text, "{name} = \"{}\"", word.text());
            }
        }
    }
}

fn rule(text: &mut String, tunnel: &Tunnel, number: i64) {
    let port = tunnel.first_port.as_ref().map_or(FIRST_PORT, |port| *port.get_ref()) + number;
    for direction in ["outbound", "inbound"] {
        let _ = write!(
            text,
            "[[policy]]\ndirection = \"{direction}\"\nprotocol = \"udp\"\ndestination_ports = {port}\naction = \"protect\"\nsa = \"{direction}-{number}\"\n"
        );
    }
}
