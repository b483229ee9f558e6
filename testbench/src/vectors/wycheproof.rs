//! Wycheproof's JSON for AES-GCM.

use super::{hex, Expect, Vector, VectorError};
use serde::Deserialize;
use zeroize::Zeroizing;

#[derive(Deserialize)]
struct File {
    algorithm: String,
    #[serde(rename = "testGroups")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    #[serde(rename = "tcId")]
    id: u64,
    key: String,
    iv: String,
    aad: String,
    msg: String,
    ct: String,
    tag: String,
    result: String,
}

pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Vector>, VectorError> {
    let fail = |line: Option<usize>, text: String| VectorError { file: file.to_owned(), line, text };
    // The message of a JSON error may quote a value, and keys of test vectors are no secret.
    let parsed: File = serde_json::from_str(text).map_err(|error| fail(Some(error.line()), error.to_string()))?;
    if parsed.algorithm != "AES-GCM" {
        return Err(fail(None, format!("algorithm \"{}\" was found; accepted is \"AES-GCM\"", parsed.algorithm)));
    }
    let mut vectors = Vec::new();
    for test in parsed.groups.iter().flat_map(|group| &group.tests) {
        let field =
            |name: &str, value: &str| hex(value).ok_or_else(|| fail(None, format!("tcId {}: {name} is not hexadecimal bytes", test.id)));
        vectors.push(Vector {
            place: format!("{file} tcId {}", test.id),
            key: Zeroizing::new(field("key", &test.key)?),
            iv: field("iv", &test.iv)?,
            aad: field("aad", &test.aad)?,
            plaintext: field("msg", &test.msg)?,
            ciphertext: field("ct", &test.ct)?,
            tag: field("tag", &test.tag)?,
            expect: match test.result.as_str() {
                "valid" | "acceptable" => Expect::Both,
                "invalid" => Expect::Fails,
                other => {
                    let accepted = "accepted are \"valid\", \"acceptable\" and \"invalid\"";
                    return Err(fail(None, format!("tcId {}: result \"{other}\" was found; {accepted}", test.id)));
                }
            },
        });
    }
    Ok(vectors)
}
