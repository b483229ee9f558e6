//! Frames for the tests of the blocks: mostly sound packets of every kind, and sound ones with something broken.
use rand::{rngs::StdRng, Rng};

/// A frame as words, first word shifted by two bytes, as the blocks behind the ingress see it.
pub fn words(frame: &[u8]) -> Vec<u32> {
    let shifted: Vec<u8> = [0, 0].iter().chain(frame).copied().collect();
    shifted.chunks(4).map(|c| c.iter().chain([0; 4].iter()).take(4).fold(0, |w, b| (w << 8) | *b as u32)).collect()
}

/// Link header: addresses, sometimes a VLAN tag.
pub fn link(random: &mut StdRng, ethertype: u16) -> Vec<u8> {
    let mut frame: Vec<u8> = (0..12).map(|_| random.gen()).collect();
    if random.gen_bool(0.2) {
        frame.extend([0x81, 0, 0, 7]);
    }
    frame.extend(ethertype.to_be_bytes());
    frame
}

fn upper(random: &mut StdRng, protocol: u8, longest: usize) -> Vec<u8> {
    let shortest = if matches!(protocol, 1 | 6 | 17 | 58 | 132 | 136) && random.gen_bool(0.95) { 4 } else { 0 };
    let mut bytes: Vec<u8> = (0..random.gen_range(shortest..=longest.max(shortest))).map(|_| random.gen()).collect();
    if protocol == 58 && !bytes.is_empty() && random.gen() {
        bytes[0] = random.gen_range(130..140);
    }
    if protocol == 17 && bytes.len() >= 8 {
        let length = bytes.len() as u16;
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
    }
    bytes
}

fn protocol(random: &mut StdRng) -> u8 {
    *[1, 6, 6, 17, 17, 50, 58, 59, 4, 41, 132, 136, 89, 51, 255].get(random.gen_range(0..15)).unwrap_or(&6)
}

/// An IPv4 packet.
pub fn ipv4(random: &mut StdRng, longest: usize) -> Vec<u8> {
    let protocol = protocol(random);
    let payload = upper(random, protocol, longest);
    let options = if random.gen_bool(0.2) { random.gen_range(0..=10) } else { 0 };
    let length = 20 + 4 * options + payload.len();
    let flags: u16 = match random.gen_range(0..10) {
        0 => 0x2000,
        1 => 0x2000 | random.gen_range(1..0x1fff),
        2 => random.gen_range(1..0x1fff),
        3..=5 => 0x4000,
        _ => 0,
    };
    let mut packet = vec![
        0x45 + options as u8,
        random.gen(),
        (length >> 8) as u8,
        length as u8,
        1,
        2,
        (flags >> 8) as u8,
        flags as u8,
        64,
        protocol,
        random.gen(),
        random.gen(),
    ];
    packet.extend([10, 90, 0, random.gen_range(0..4), 10, 90, 0, random.gen_range(0..4)]);
    packet.extend((0..4 * options).map(|_| random.gen::<u8>()));
    packet.extend(payload);
    packet
}

/// An IPv6 packet, often with extension headers.
pub fn ipv6(random: &mut StdRng, longest: usize) -> Vec<u8> {
    let protocol = protocol(random);
    let payload = upper(random, protocol, longest);
    let mut headers: Vec<u8> = vec![];
    if random.gen_bool(0.5) {
        if random.gen_bool(0.3) {
            headers.push(0);
        }
        let most = if random.gen_bool(0.1) { 9 } else { 3 };
        for _ in 0..random.gen_range(0..most) {
            let kind = if random.gen_bool(0.05) { 4 } else { random.gen_range(0..4) };
            headers.push(*[43, 60, 60, 44, 0].get(kind).unwrap_or(&60));
        }
    }
    let mut body = vec![];
    for (i, kind) in headers.iter().enumerate() {
        let next = headers.get(i + 1).copied().unwrap_or(protocol);
        if *kind == 44 {
            let offset: u16 = if random.gen_bool(0.3) { random.gen::<u16>() & 0xfff9 } else { random.gen_range(0..2) & 1 };
            body.extend([next, random.gen(), (offset >> 8) as u8, offset as u8, 1, 2, 3, 4]);
        } else {
            let units: u8 = if random.gen_bool(0.8) { 0 } else { random.gen_range(0..4) };
            body.extend([next, units]);
            body.extend((0..6 + 8 * units as usize).map(|_| random.gen::<u8>()));
        }
    }
    body.extend(payload);
    let first = headers.first().copied().unwrap_or(protocol);
    let class: u8 = random.gen();
    let mut packet = vec![0x60 | class >> 4, class << 4 | 5, 0, 0, (body.len() >> 8) as u8, body.len() as u8, first, 64];
    for end in 0..2 {
        packet.extend([0xfd, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, end, random.gen_range(0..4)]);
    }
    packet.extend(body);
    packet
}

/// Any frame: sound four times out of five.
pub fn frame(random: &mut StdRng, longest: usize) -> Vec<u8> {
    let mut frame = match random.gen_range(0..20) {
        0 => {
            let kind = *[0x0806, 0x0805, 0x8100, 0x88a8].get(random.gen_range(0..4)).unwrap_or(&0);
            let mut frame = link(random, kind);
            frame.extend((0..random.gen_range(0..60)).map(|_| random.gen::<u8>()));
            frame
        }
        1..=10 => {
            let mut frame = link(random, 0x0800);
            frame.extend(ipv4(random, longest));
            frame
        }
        _ => {
            let mut frame = link(random, 0x86dd);
            frame.extend(ipv6(random, longest));
            frame
        }
    };
    match random.gen_range(0..10) {
        0 => frame.truncate(random.gen_range(1..=frame.len())),
        1 => {
            let at = random.gen_range(12..frame.len().clamp(13, 60));
            if let Some(byte) = frame.get_mut(at) {
                *byte = random.gen();
            }
        }
        2..=4 => frame.extend((0..random.gen_range(0..30)).map(|_| random.gen::<u8>())),
        _ => {}
    }
    frame
}
