//! Keys and salts: hexadecimal text that no message ever quotes.

use super::error::Problems;
use super::raw;
use holdfast_model::DeviceKey;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// The bytes of a key or salt, or why there are none. Wiped on drop.
pub struct Secret(Result<Zeroizing<Vec<u8>>, &'static str>);

impl Secret {
    /// The bytes; the error says what is accepted, not what was found.
    pub fn bytes(&self) -> Result<&[u8], &'static str> {
        self.0.as_ref().map(|bytes| bytes.as_slice()).map_err(|text| *text)
    }

    pub(super) fn from_text(text: &str) -> Self {
        let digits: Option<Zeroizing<Vec<u8>>> =
            text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<Vec<_>>>().map(Zeroizing::new);
        Secret(match digits {
            None => Err("something that is not a hexadecimal digit was found; accepted are the digits 0-9 and a-f"),
            Some(digits) if digits.len() % 2 == 1 => Err("an odd number of digits was found; accepted are two per byte"),
            Some(digits) => Ok(Zeroizing::new(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())),
        })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Takes every scalar, because the message of a type that is not accepted would quote it.
struct SecretVisitor;

const NOT_TEXT: &str = "something that is not text was found; accepted are hexadecimal digits in quotes";

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hexadecimal digits in quotes")
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::from_text(text))
    }
    fn visit_bool<E: Error>(self, _: bool) -> Result<Secret, E> {
        Ok(Secret(Err(NOT_TEXT)))
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
        Ok(Secret(Err(NOT_TEXT)))
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<Secret, E> {
        Ok(Secret(Err(NOT_TEXT)))
    }
    fn visit_i128<E: Error>(self, _: i128) -> Result<Secret, E> {
        Ok(Secret(Err(NOT_TEXT)))
    }
    fn visit_u128<E: Error>(self, _: u128) -> Result<Secret, E> {
        Ok(Secret(Err(NOT_TEXT)))
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
        Ok(Secret(Err(NOT_TEXT)))
    }
}

/// Bytes of the device key: AES-256.
const DEVICE_KEY: usize = 32;

/// The device key of a file: in it, or in a file beside it. SAs that are recorded need one.
pub(super) fn device_key(file: &str, raw: &raw::Station, problems: &mut Problems) -> Option<DeviceKey> {
    let (secret, name, span) = match (&raw.device_key, &raw.device_key_file) {
        (Some(_), Some(field)) => {
            problems.at(field.span(), "device_key_file: found together with device_key; accepted is one of them");
            return None;
        }
        (Some(field), None) => (None, "device_key", field.span()),
        (None, Some(field)) => {
            let path = Path::new(file).parent().unwrap_or(Path::new("")).join(field.get_ref());
            match std::fs::read_to_string(&path).map(Zeroizing::new) {
                Ok(text) => (Some(Secret::from_text(text.trim())), "device_key_file", field.span()),
                Err(error) => {
                    problems.at(field.span(), format!("device_key_file: {}: {error}", path.display()));
                    return None;
                }
            }
        }
        (None, None) => {
            if let Some(record) = raw.sa.iter().filter_map(|sa| sa.record.as_ref()).find(|record| *record.get_ref()) {
                let text = "record: true was found in a file without a device key; accepted with device_key or device_key_file";
                problems.at(record.span(), text);
            }
            return None;
        }
    };
    let secret = secret.as_ref().or(raw.device_key.as_ref().map(|field| field.get_ref()))?;
    match secret.bytes().map(<[u8; DEVICE_KEY]>::try_from) {
        Ok(Ok(bytes)) => return Some(DeviceKey(bytes)),
        Ok(Err(_)) => {
            let found = secret.bytes().map_or(0, <[u8]>::len);
            problems.at(span, format!("{name}: {found} bytes were found; accepted are {DEVICE_KEY}"));
        }
        Err(text) => problems.at(span, format!("{name}: {text}")),
    }
    None
}
