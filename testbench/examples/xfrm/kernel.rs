//! What the kernel tells about its ESP.

use crate::guest::Console;
use crate::inline::Inline;
use crate::link::Link;
use crate::Failure;
use std::collections::BTreeMap;

/// Counters of `/proc/net/xfrm_stat` by name: packets that the kernel dropped, by reason.
pub type Dropped = BTreeMap<String, u64>;

/// What `ip -s xfrm state` says of an SA.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Packets it protected or accepted.
    pub packets: u64,
    /// Packets before the replay window.
    pub before_window: u64,
    /// Packets seen before.
    pub replayed: u64,
    /// Packets whose ICV was wrong.
    pub failed: u64,
}

impl State {
    /// Nothing was dropped.
    pub fn is_clean(&self) -> bool {
        *self == State { packets: self.packets, ..State::default() }
    }
}

/// Reads the counters of the whole kernel.
pub fn dropped(console: &mut Console, link: &mut Link<impl Inline>) -> Result<Dropped, Failure> {
    let text = console.run("cat /proc/net/xfrm_stat", || link.carry())?;
    text.lines()
        .map(|line| {
            let (name, value) = line.split_once(char::is_whitespace).ok_or_else(|| format!("xfrm_stat: `{line}`"))?;
            Ok((name.to_owned(), value.trim().parse::<u64>().map_err(|error| format!("xfrm_stat: `{line}`: {error}"))?))
        })
        .collect()
}

/// The counters that have moved, and by how much.
pub fn moved(before: &Dropped, after: &Dropped) -> Dropped {
    after
        .iter()
        .map(|(name, value)| (name.clone(), value - before.get(name).copied().unwrap_or(0)))
        .filter(|(_, difference)| *difference != 0)
        .collect()
}

/// Reads the SAs by SPI; the second result is what the command wrote.
pub fn states(console: &mut Console, link: &mut Link<impl Inline>) -> Result<(BTreeMap<u32, State>, String), Failure> {
    let text = console.run("ip -s xfrm state list nokeys", || link.carry())?;
    parse(&text).map(|states| (states, text.clone())).ok_or_else(|| format!("`ip -s xfrm state` was not understood:\n{text}").into())
}

fn parse(text: &str) -> Option<BTreeMap<u32, State>> {
    let mut states = BTreeMap::new();
    let mut current: Option<u32> = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["proto", "esp", "spi", spi, ..] => {
                let spi = u32::from_str_radix(spi.split('(').next()?.strip_prefix("0x")?, 16).ok()?;
                states.insert(spi, State::default());
                current = Some(spi);
            }
            [_, packets] if packets.ends_with("(packets)") => {
                states.get_mut(&current?)?.packets = packets.strip_suffix("(packets)")?.parse().ok()?;
            }
            ["replay-window", before, "replay", replayed, "failed", failed] => {
                let state = states.get_mut(&current?)?;
                state.before_window = before.parse().ok()?;
                state.replayed = replayed.parse().ok()?;
                state.failed = failed.parse().ok()?;
            }
            _ => {}
        }
    }
    Some(states)
}
