use super::*;

const ENCRYPT: &str = "# comment\n[Keylen = 128]\n\nCount = 0\nKey = 00000000000000000000000000000000\nIV = 000000000000000000000000\nPT = 00000000000000000000000000000000\nAAD =\nCT = 0388dace60b6a392f328c2b971b2fe78\nTag = ab6e47d42cec13bdf53a67b21257bddf\n";

#[test]
fn both_kinds_of_cavp_files_are_read() {
    let vector = &parse("e.rsp", ENCRYPT).unwrap()[0];
    assert_eq!((vector.expect, vector.place.as_str(), vector.plaintext.len()), (Expect::Both, "e.rsp:4", 16));
    let decrypt = ENCRYPT.replace("PT = 00000000000000000000000000000000\n", "");
    assert_eq!(parse("d.rsp", &(decrypt.clone() + "PT = 00000000000000000000000000000000\n")).unwrap()[0].expect, Expect::Opens);
    assert_eq!(parse("d.rsp", &(decrypt.clone() + "FAIL\n")).unwrap()[0].expect, Expect::Fails);
    assert!(parse("d.rsp", &decrypt).is_err_and(|error| error.to_string().contains("d.rsp:4: this vector has no PT")));
}

#[test]
fn mistakes_are_named() {
    for (text, message) in [
        ("", "no vectors"),
        ("hello\n", "x:1: a line without"),
        ("Key = 00\n", "x:1: Key was found before"),
        ("Count = 0\nKey = 0g\n", "x:2: Key is not hexadecimal"),
        ("Count = 0\nNonce = 00\n", "x:2: field \"Nonce\""),
        ("{\"algorithm\": \"AES-CCM\", \"testGroups\": []}", "accepted is \"AES-GCM\""),
        ("{", "x:1:"),
    ] {
        let error = parse("x", text).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(message), "{text:?}: {error}");
    }
}
