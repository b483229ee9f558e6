//! The file's shape: every field with its place, nothing checked but the types. Unknown fields are refused.

use super::secret::Secret;
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    pub device_key: Option<Spanned<Secret>>,
    pub device_key_file: Option<Spanned<String>>,
    pub counter: Option<Spanned<bool>>,
    pub max_frame: Option<Spanned<i64>>,
    #[serde(default)]
    pub sa: Vec<Sa>,
    #[serde(default)]
    pub policy: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sa {
    pub name: Spanned<String>,
    pub direction: Spanned<String>,
    pub spi: Spanned<i64>,
    pub algorithm: Spanned<String>,
    pub key: Spanned<Secret>,
    pub salt: Spanned<Secret>,
    pub mode: Spanned<String>,
    pub local: Spanned<String>,
    pub remote: Spanned<String>,
    pub esn: Option<Spanned<bool>>,
    pub sequence: Option<Spanned<u64>>,
    pub limit: Option<Spanned<u64>>,
    pub window: Option<Spanned<i64>>,
    pub mtu: Option<Spanned<i64>>,
    pub hop_limit: Option<Spanned<i64>>,
    pub udp_encapsulation: Option<Spanned<i64>>,
    pub record: Option<Spanned<bool>>,
    pub interval: Option<Spanned<i64>>,
    pub control: Option<Spanned<Control>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    pub port: Option<Spanned<i64>>,
    pub local: Option<Spanned<String>>,
    pub remote: Option<Spanned<String>>,
    pub source: Spanned<String>,
    pub destination: Spanned<String>,
    pub vlan: Option<Spanned<i64>>,
    pub spread: Option<Spanned<Word>>,
    pub timeout: Option<Spanned<Word>>,
    pub ceiling: Option<Spanned<Word>>,
    pub failures: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub direction: Spanned<String>,
    pub source: Option<Spanned<String>>,
    pub destination: Option<Spanned<String>>,
    pub protocol: Option<Spanned<Word>>,
    pub source_ports: Option<Spanned<Word>>,
    pub destination_ports: Option<Spanned<Word>>,
    pub action: Spanned<String>,
    pub sa: Option<Spanned<String>>,
}

/// A word or a number: `"tcp"`, `"80-90"`, `80`.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a word in quotes or a number")]
pub enum Word {
    Number(i64),
    Fraction(f64),
    Text(String),
}

impl Word {
    pub fn text(&self) -> String {
        match self {
            Word::Number(number) => number.to_string(),
            Word::Fraction(number) => number.to_string(),
            Word::Text(text) => text.clone(),
        }
    }
}
