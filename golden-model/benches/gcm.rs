//! The golden model's AES-GCM against the crate `aes-gcm`, in one run: 64, 512 and 1,408 bytes, AES-128 and AES-256.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit};
use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use holdfast_model::gcm::{Gcm, Key};

fn gcm(criterion: &mut Criterion) {
    for bytes in [64usize, 512, 1408] {
        let mut group = criterion.benchmark_group(format!("seal {bytes} bytes"));
        group.throughput(Throughput::Bytes(bytes as u64));
        let (nonce, aad) = ([7; 12], [1; 12]);
        let mut text = vec![0u8; bytes];
        let ours =
            [("holdfast-model AES-128", Gcm::new(&Key::Aes128([3; 16]))), ("holdfast-model AES-256", Gcm::new(&Key::Aes256([3; 32])))];
        for (name, cipher) in &ours {
            group.bench_function(*name, |bencher| bencher.iter(|| cipher.seal(&nonce, &aad, &mut text)));
        }
        let small = Aes128Gcm::new(&[3; 16].into());
        let large = Aes256Gcm::new(&[3; 32].into());
        group.bench_function("aes-gcm AES-128", |b| {
            b.iter(|| small.encrypt_inout_detached(&nonce.into(), &aad, text.as_mut_slice().into()))
        });
        group.bench_function("aes-gcm AES-256", |b| {
            b.iter(|| large.encrypt_inout_detached(&nonce.into(), &aad, text.as_mut_slice().into()))
        });
    }
}

criterion_group!(benches, gcm);
criterion_main!(benches);
