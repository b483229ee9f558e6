//! CAVP `.rsp` files: `name = value` lines, a vector per `Count`, and the word FAIL where opening must fail.

use super::{hex, Expect, Vector, VectorError};
use zeroize::Zeroizing;

pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Vector>, VectorError> {
    let mut vectors = Vec::new();
    let mut current: Option<Partial> = None;
    for (i, line) in text.lines().map(str::trim).enumerate() {
        let fail = |text: String| VectorError { file: file.to_owned(), line: Some(i + 1), text };
        if line.is_empty() || line.starts_with('#') || line.starts_with('[') {
            continue;
        }
        if line == "FAIL" {
            let partial = current.as_mut().ok_or_else(|| fail("FAIL was found before the first Count".to_owned()))?;
            partial.fails = true;
            continue;
        }
        let (name, value) = line.split_once('=').map(|(name, value)| (name.trim(), value.trim())).ok_or_else(|| {
            fail("a line without \"=\" was found; accepted are \"name = value\", FAIL, comments and [sections]".to_owned())
        })?;
        if name == "Count" {
            vectors.extend(current.take().map(|partial| partial.finish(file)).transpose()?);
            current = Some(Partial { line: i + 1, ..Partial::default() });
            continue;
        }
        let partial = current.as_mut().ok_or_else(|| fail(format!("{name} was found before the first Count")))?;
        let bytes = hex(value).ok_or_else(|| fail(format!("{name} is not hexadecimal bytes")))?;
        let field = match name {
            "Key" => {
                partial.key = Zeroizing::new(bytes);
                continue;
            }
            "IV" => &mut partial.iv,
            "AAD" => &mut partial.aad,
            "Tag" => &mut partial.tag,
            "CT" => &mut partial.ciphertext,
            "PT" => {
                // A decryption file shows the plaintext last, an encryption file before the ciphertext.
                partial.seals = partial.ciphertext.is_none();
                &mut partial.plaintext
            }
            other => {
                let accepted = "accepted are Count, Key, IV, AAD, PT, CT and Tag";
                return Err(fail(format!("field \"{other}\" was found; {accepted}")));
            }
        };
        *field = Some(bytes);
    }
    vectors.extend(current.take().map(|partial| partial.finish(file)).transpose()?);
    if vectors.is_empty() {
        let text = "no vectors were found; accepted are CAVP .rsp files of AES-GCM and Wycheproof's aes_gcm JSON";
        return Err(VectorError { file: file.to_owned(), line: None, text: text.to_owned() });
    }
    Ok(vectors)
}

#[derive(Default)]
struct Partial {
    line: usize,
    key: Zeroizing<Vec<u8>>,
    iv: Option<Vec<u8>>,
    aad: Option<Vec<u8>>,
    tag: Option<Vec<u8>>,
    ciphertext: Option<Vec<u8>>,
    plaintext: Option<Vec<u8>>,
    seals: bool,
    fails: bool,
}

impl Partial {
    fn finish(self, file: &str) -> Result<Vector, VectorError> {
        let line = self.line;
        let need = |name: &str, field: Option<Vec<u8>>| {
            field.ok_or_else(|| VectorError { file: file.to_owned(), line: Some(line), text: format!("this vector has no {name}") })
        };
        if !self.fails && self.plaintext.is_none() {
            return need("PT, and is not marked FAIL", None).map(|_| unreachable!("there is none"));
        }
        Ok(Vector {
            place: format!("{file}:{line}"),
            key: self.key,
            iv: need("IV", self.iv)?,
            aad: need("AAD", self.aad)?,
            ciphertext: need("CT", self.ciphertext)?,
            tag: need("Tag", self.tag)?,
            plaintext: self.plaintext.unwrap_or_default(),
            expect: match (self.fails, self.seals) {
                (true, _) => Expect::Fails,
                (false, true) => Expect::Both,
                (false, false) => Expect::Opens,
            },
        })
    }
}
