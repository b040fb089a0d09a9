//! What OpenMLS asks of its surroundings: primitives, randomness, storage and a signature.

use std::cell::RefCell;

use conclave_seal::{rng::Rng, sign::SigningKey};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    OpenMlsProvider,
    random::OpenMlsRand,
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};

use super::storage::Storage;
use crate::{
    group::GroupError,
    state::{GroupState, GroupStateReader, StateError},
};

/// One call's surroundings.
pub(super) struct Provider<'a> {
    crypto: RustCrypto,
    rand: Rand<'a>,
    storage: Storage<'a>,
}

impl<'a> Provider<'a> {
    /// Surroundings for a call that makes keys.
    pub(super) fn new(state: &'a dyn GroupState, rng: &'a mut dyn Rng) -> Self {
        Self { rand: Rand(Some(RefCell::new(rng))), ..Self::reading(state) }
    }

    /// Surroundings for a call that makes none.
    pub(super) fn reading(state: &'a dyn GroupState) -> Self {
        Self::with(Storage::new(state))
    }

    /// Surroundings for a call that changes nothing.
    pub(super) fn loading(state: &'a dyn GroupStateReader) -> Self {
        Self::with(Storage::loading(state))
    }

    fn with(storage: Storage<'a>) -> Self {
        Self { crypto: RustCrypto::default(), rand: Rand(None), storage }
    }

    /// Why a call of OpenMLS failed: the storage if that failed, else the given explanation.
    pub(super) fn error(&self, otherwise: &'static str) -> GroupError {
        self.storage.take_failure().map_or(GroupError::Damaged(otherwise), GroupError::State)
    }

    pub(super) fn take_failure(&self) -> Option<StateError> {
        self.storage.take_failure()
    }
}

impl<'a> OpenMlsProvider for Provider<'a> {
    type CryptoProvider = RustCrypto;
    type RandProvider = Rand<'a>;
    type StorageProvider = Storage<'a>;

    fn storage(&self) -> &Storage<'a> {
        &self.storage
    }

    fn crypto(&self) -> &RustCrypto {
        &self.crypto
    }

    fn rand(&self) -> &Rand<'a> {
        &self.rand
    }
}

/// The injected randomness. HPKE encapsulation draws its own, from the provider's generator seeded by the system.
pub(super) struct Rand<'a>(Option<RefCell<&'a mut dyn Rng>>);

impl OpenMlsRand for Rand<'_> {
    type Error = NoRandomness;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, NoRandomness> {
        let mut bytes = vec![0; len];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

impl Rand<'_> {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        let mut rng = self.0.as_ref().ok_or(NoRandomness)?.try_borrow_mut().map_err(|_| NoRandomness)?;
        rng.fill(bytes);
        Ok(())
    }
}

/// A call that reads was asked to make a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this call makes no keys")]
pub(super) struct NoRandomness;

/// The own leaf key as OpenMLS's signer. MLS brings its own labels (RFC 9420, section 5.1.2).
pub(super) struct LeafSigner<'a>(pub(super) &'a SigningKey);

impl Signer for LeafSigner<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign_unlabelled(payload).to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

#[cfg(test)]
mod tests {
    use conclave_seal::sign::verify_unlabelled;
    use openmls::group::{GroupId, MlsGroup};
    use openmls_traits::storage::StorageProvider as _;
    use zeroize::Zeroizing;

    use super::*;
    use crate::state::MemoryState;

    /// 1, 2, 3 and so on.
    struct Counting(u8);

    impl Rng for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
        }
    }

    /// OpenMLS makes path secrets and leaf keys of these bytes, and takes whatever it is given.
    #[test]
    fn the_randomness_of_a_call_is_the_callers_and_a_call_that_reads_has_none() {
        let (state, mut rng) = (MemoryState::new(), Counting(0));
        let provider = Provider::new(&state, &mut rng);
        assert_eq!(provider.rand().random_array(), Ok([1, 2, 3, 4]));
        assert_eq!(provider.rand().random_vec(3), Ok(vec![5, 6, 7]));
        let provider = Provider::reading(&state);
        assert_eq!(provider.rand().random_array::<4>(), Err(NoRandomness));
        assert_eq!(provider.rand().random_vec(3), Err(NoRandomness));
    }

    #[test]
    fn the_leaf_key_signs_what_it_is_given() {
        let key = SigningKey::from_seed(&[1; 32]);
        let signature = LeafSigner(&key).sign(b"tea").unwrap();
        assert!(verify_unlabelled(&key.public(), b"tea", &signature.try_into().unwrap()).is_ok());
    }

    /// A disk that is gone.
    struct Gone;

    impl GroupStateReader for Gone {
        fn get(&self, _: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
            Err(StateError::storage("gone"))
        }
    }

    impl GroupState for Gone {
        fn put(&self, _: &[u8], _: &[u8]) -> Result<(), StateError> {
            Err(StateError::storage("gone"))
        }

        fn delete(&self, _: &[u8]) -> Result<(), StateError> {
            Err(StateError::storage("gone"))
        }
    }

    #[test]
    fn a_group_that_is_loaded_changes_nothing() {
        let state = MemoryState::new();
        let provider = Provider::loading(&state);
        let deleted = provider.storage().delete_group_state(&GroupId::from_slice(b"tea"));
        assert!(deleted.is_err() && provider.take_failure().is_some());
    }

    #[test]
    fn the_disk_is_blamed_once_for_what_it_did_and_for_nothing_else() {
        let provider = Provider::reading(&Gone);
        let fails = || MlsGroup::load(provider.storage(), &GroupId::from_slice(b"tea")).is_err();
        assert!(provider.take_failure().is_none());
        assert!(fails() && provider.take_failure().is_some());
        assert!(fails() && matches!(provider.error("other"), GroupError::State(_)));
        assert!(matches!(provider.error("other"), GroupError::Damaged("other")));
    }
}
