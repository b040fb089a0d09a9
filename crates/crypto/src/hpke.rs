//! HPKE base mode (RFC 9180) with X25519, HKDF-SHA-256 and AES-256-GCM, for what one person alone is to open.

use conclave_proto::id::PublicKey;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    crypto::OpenMlsCrypto as _,
    types::{HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType, HpkeKemType},
};
use zeroize::Zeroizing;

/// Seals to a key: the encapsulated key, and the message with its tag. `None` if that is no usable X25519 key.
pub(crate) fn seal(key: &PublicKey, info: &[u8], message: &[u8]) -> Option<([u8; ENC], Vec<u8>)> {
    let sealed = RustCrypto::default().hpke_seal(CONFIG, &key.0, info, &[], message).ok()?;
    Some((sealed.kem_output.as_slice().try_into().ok()?, sealed.ciphertext.as_slice().to_vec()))
}

/// Opens with the own key; `None` for every reason alike.
pub(crate) fn open(key: &[u8; 32], info: &[u8], enc: &[u8; ENC], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let input = HpkeCiphertext { kem_output: enc.to_vec().into(), ciphertext: ciphertext.to_vec().into() };
    RustCrypto::default().hpke_open(CONFIG, &input, key, info, &[]).map(Zeroizing::new).ok()
}

/// A key pair out of 32 random bytes.
pub(crate) fn derive_key_pair(ikm: &[u8; 32]) -> Option<(Zeroizing<[u8; 32]>, PublicKey)> {
    let pair = RustCrypto::default().derive_hpke_keypair(CONFIG, ikm).ok()?;
    let key = Zeroizing::new(pair.private[..].try_into().ok()?);
    Some((key, PublicKey::try_from(pair.public.as_slice()).ok()?))
}

/// Bytes of an encapsulated key.
pub(crate) const ENC: usize = 32;

const CONFIG: HpkeConfig = HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm256);
