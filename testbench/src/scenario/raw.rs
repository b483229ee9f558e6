//! The file's shape: every field with its place, nothing checked but the types. Unknown fields are refused.

use crate::config::Word;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: Spanned<String>,
    pub about: Option<Spanned<String>>,
    pub seed: Option<Spanned<u64>>,
    pub longest: Option<Spanned<Word>>,
    pub settle: Option<Spanned<i64>>,
    #[serde(default)]
    pub station: Vec<Station>,
    #[serde(default)]
    pub tunnel: Vec<Spanned<Tunnel>>,
    #[serde(default)]
    pub link: Vec<Link>,
    #[serde(default)]
    pub traffic: Vec<Spanned<Traffic>>,
    #[serde(default)]
    pub event: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    pub name: Spanned<String>,
    pub kind: Option<Spanned<String>>,
    pub config: Option<Spanned<String>>,
    pub boot: Option<Spanned<Word>>,
    pub pauses: Option<Spanned<i64>>,
    pub counter: Option<Spanned<bool>>,
    pub counter_delay: Option<Spanned<Word>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tunnel {
    pub between: Spanned<[String; 2]>,
    pub addresses: Spanned<[String; 2]>,
    pub count: Option<Spanned<i64>>,
    pub spi: Spanned<i64>,
    pub interval: Option<i64>,
    pub spread: Option<Word>,
    pub timeout: Option<Word>,
    pub ceiling: Option<Word>,
    pub first_port: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub between: Spanned<[String; 2]>,
    pub delay: Option<Spanned<Word>>,
    pub loss: Option<Spanned<Word>>,
    pub duplicate: Option<Spanned<Word>>,
    pub reorder: Option<Spanned<Word>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    pub from: Spanned<String>,
    pub capture: Option<Spanned<String>>,
    pub sender: Option<Spanned<String>>,
    pub frames: Option<Spanned<i64>>,
    pub packet: Option<Spanned<Packet>>,
    pub start: Option<Spanned<Word>>,
    pub gap: Option<Spanned<Word>>,
    pub stop: Option<Spanned<Word>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packet {
    pub source: Spanned<String>,
    pub destination: Spanned<String>,
    pub port: Option<Spanned<i64>>,
    pub ports: Option<Spanned<i64>>,
    pub size: Option<Spanned<i64>>,
}

/// One name or several.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a name or a list of names in quotes")]
pub enum Names {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    pub what: Spanned<String>,
    pub station: Spanned<String>,
    pub count: Option<Spanned<i64>>,
    pub plus: Option<Spanned<Word>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    #[serde(rename = "do")]
    pub action: Spanned<String>,
    pub at: Option<Spanned<Word>>,
    pub after: Option<Spanned<After>>,
    pub station: Option<Spanned<Names>>,
    #[serde(rename = "for")]
    pub lasts: Option<Spanned<Word>>,
    pub tear: Option<Spanned<String>>,
    pub power: Option<Spanned<bool>>,
    pub pair: Option<Spanned<i64>>,
    pub bit: Option<Spanned<i64>>,
    pub between: Option<Spanned<[String; 2]>>,
    pub down: Option<Spanned<bool>>,
    pub delay: Option<Spanned<Word>>,
    pub loss: Option<Spanned<Word>>,
    pub duplicate: Option<Spanned<Word>>,
    pub reorder: Option<Spanned<Word>>,
    pub frames: Option<Spanned<String>>,
    pub last: Option<Spanned<i64>>,
    pub gap: Option<Spanned<Word>>,
    pub to: Option<Spanned<Word>>,
    pub to_after: Option<Spanned<After>>,
    pub place: Option<Spanned<i64>>,
}
