//! AES-GCM against the Wycheproof vectors and against the crate `aes-gcm`.

mod common;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use holdfast_model::gcm::{Gcm, WrongIcv};
use holdfast_model::Key;
use proptest::prelude::*;
use wycheproof::{aead, TestResult};

fn key(bytes: &[u8]) -> Option<Key> {
    match bytes.len() {
        16 => Some(Key::Aes128(bytes.try_into().unwrap())),
        32 => Some(Key::Aes256(bytes.try_into().unwrap())),
        _ => None,
    }
}

#[test]
fn wycheproof() {
    let (mut valid, mut invalid) = (0, 0);
    for group in aead::TestSet::load(aead::TestName::AesGcm).unwrap().test_groups {
        if group.nonce_size != 96 || group.tag_size != 128 {
            continue;
        }
        for test in group.tests {
            let Some(key) = key(&test.key) else { continue };
            let gcm = Gcm::new(&key);
            let nonce: [u8; 12] = test.nonce[..].try_into().unwrap();
            let icv: [u8; 16] = test.tag[..].try_into().unwrap();
            let mut text = test.ct.to_vec();
            let opened = gcm.open(&nonce, &test.aad, &mut text, &icv);
            match test.result {
                TestResult::Valid | TestResult::Acceptable => {
                    assert_eq!(opened, Ok(()), "test {}", test.tc_id);
                    assert_eq!(text, *test.pt, "test {}", test.tc_id);
                    assert_eq!(gcm.seal(&nonce, &test.aad, &mut text), icv, "test {}", test.tc_id);
                    assert_eq!(text, *test.ct, "test {}", test.tc_id);
                    valid += 1;
                }
                TestResult::Invalid => {
                    assert_eq!(opened, Err(WrongIcv), "test {}", test.tc_id);
                    assert_eq!(text, *test.ct, "test {}", test.tc_id);
                    invalid += 1;
                }
            }
        }
    }
    // Guards against a set that was skipped instead of run.
    assert!(valid >= 70 && invalid >= 50, "{valid} valid, {invalid} invalid");
}

fn other(key: &Key, nonce: [u8; 12], aad: &[u8], text: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: text, aad };
    match key {
        Key::Aes128(key) => aes_gcm::Aes128Gcm::new(key.into()).encrypt(&nonce.into(), payload),
        Key::Aes256(key) => aes_gcm::Aes256Gcm::new(key.into()).encrypt(&nonce.into(), payload),
    }
    .unwrap()
}

#[test]
fn every_length_of_text_and_aad_agrees_with_another_implementation() {
    for key in [Key::Aes128([0x3c; 16]), Key::Aes256([0xa5; 32])] {
        let gcm = Gcm::new(&key);
        for length in (0..300).chain([1408, 1500, 9000]) {
            for aad in [0, 1, 8, 12, 15, 16, 17, 20, 33] {
                let aad: Vec<u8> = (0..aad).map(|i| i as u8 ^ 0x55).collect();
                let mut text: Vec<u8> = (0..length).map(|i| i as u8).collect();
                let wanted = other(&key, [9; 12], &aad, &text);
                let icv = gcm.seal(&[9; 12], &aad, &mut text);
                assert_eq!([&text[..], &icv].concat(), wanted, "{length} bytes, {} bytes of AAD", aad.len());
            }
        }
    }
}

proptest! {
    #![proptest_config(common::cases(300))]
    #[test]
    fn random_inputs_agree_with_another_implementation(
        long in any::<bool>(),
        bytes in any::<[u8; 32]>(),
        nonce in any::<[u8; 12]>(),
        aad in prop::collection::vec(any::<u8>(), 0..64),
        text in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let key = key(&bytes[..if long { 32 } else { 16 }]).unwrap();
        let gcm = Gcm::new(&key);
        let mut sealed = text.clone();
        let icv = gcm.seal(&nonce, &aad, &mut sealed);
        prop_assert_eq!([&sealed[..], &icv].concat(), other(&key, nonce, &aad, &text));
        gcm.open(&nonce, &aad, &mut sealed, &icv).unwrap();
        prop_assert_eq!(sealed, text);
    }
}
