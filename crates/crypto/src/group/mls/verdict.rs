//! Which verdict an error of OpenMLS stands for (protocol 4.5): something in the entry, or a failure of this side.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use openmls::{
    group::{ProcessMessageError, StageCommitError, ValidationError},
    prelude::ApplyUpdatePathError,
};

use super::provider::Provider;
use crate::{
    group::{Invalid, ProcessError, Unjudged},
    validator::Violation,
};

/// Runs code that works on bytes of strangers. `None` after a panic: earlier versions of the library had such, and the
/// group in memory is dropped then like after any error.
pub(super) fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    let outer = CONTAINED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run)).ok();
    CONTAINED.set(outer);
    result
}

/// Whether a panic of this thread, right now, would be caught and cost no more than the entry at hand. A panic hook that
/// ends the application must let it pass, or a stranger's bytes could end it.
#[must_use]
pub fn panics_are_contained() -> bool {
    CONTAINED.get()
}

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// The verdict on a message that OpenMLS did not take.
pub(super) fn of<E>(provider: &Provider<'_>, error: &ProcessMessageError<E>) -> ProcessError {
    if let Some(failure) = provider.take_failure() {
        return ProcessError::Unjudged(Unjudged::State(failure));
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not named depends on common input only")]
    match error {
        ProcessMessageError::LibraryError(_)
        | ProcessMessageError::StorageError(_)
        | ProcessMessageError::ValidationError(ValidationError::LibraryError(_)) => unjudged(Unjudged::Library),
        ProcessMessageError::GroupStateError(_) => unjudged(Unjudged::Removed),
        ProcessMessageError::InvalidCommit(error) => of_commit(error),
        _ => ProcessError::Invalid(Invalid::NotAuthentic),
    }
}

fn of_commit(error: &StageCommitError) -> ProcessError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not named depends on common input only")]
    match error {
        StageCommitError::LibraryError(_) => unjudged(Unjudged::Library),
        StageCommitError::MissingProposal => ProcessError::Invalid(Invalid::MissingProposal),
        // Each member opens another part of the path, so one may fail where others do not.
        StageCommitError::OwnKeyNotFound | StageCommitError::MissingDecryptionKey => {
            ProcessError::Invalid(Invalid::Path)
        }
        StageCommitError::UpdatePathError(error) => match error {
            ApplyUpdatePathError::LibraryError(_) => unjudged(Unjudged::Library),
            ApplyUpdatePathError::UnableToDecrypt
            | ApplyUpdatePathError::PathMismatch
            | ApplyUpdatePathError::MissingCiphertext
            | ApplyUpdatePathError::MissingOwnLeaf => ProcessError::Invalid(Invalid::Path),
            _ => ProcessError::Invalid(Invalid::NotAuthentic),
        },
        // A key that no member of this room has: the newcomer proves something else than the room's keys.
        StageCommitError::PskError(_) | StageCommitError::DuplicatePskId(_) => {
            ProcessError::Invalid(Invalid::Rule(Violation::V1))
        }
        StageCommitError::ExternalCommitValidation(_) => ProcessError::Invalid(Invalid::Rule(Violation::V1)),
        _ => ProcessError::Invalid(Invalid::NotAuthentic),
    }
}

const fn unjudged(reason: Unjudged) -> ProcessError {
    ProcessError::Unjudged(reason)
}

#[cfg(test)]
mod tests {
    use openmls::{
        credentials::{BasicCredential, CredentialWithKey},
        error::LibraryError,
        group::{
            ExportGroupInfoError, ExternalCommitValidationError, MlsGroup, MlsGroupCreateConfig, MlsGroupStateError,
        },
        schedule::errors::PskError,
    };
    use openmls_basic_credential::SignatureKeyPair;
    use openmls_rust_crypto::OpenMlsRustCrypto;
    use openmls_traits::{
        OpenMlsProvider as _,
        signatures::{Signer, SignerError},
        types::SignatureScheme,
    };

    use super::*;
    use crate::state::MemoryState;

    #[test]
    fn a_panic_of_the_library_ends_here() {
        assert_eq!(contained(|| 1), Some(1));
        assert_eq!(contained(|| -> u8 { panic!("a contained panic, printed by the default hook") }), None);
    }

    /// The hook of the application asks for it, in the thread that panics.
    #[test]
    fn a_hook_is_told_which_panics_end_here() {
        assert!(!panics_are_contained());
        assert_eq!(contained(panics_are_contained), Some(true));
        contained(|| -> u8 { panic!("a contained panic, printed by the default hook") });
        assert!(!panics_are_contained(), "the next one is of somebody else");
    }

    /// A key that does not sign.
    struct Broken;

    impl Signer for Broken {
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerError> {
            Err(SignerError::SigningError)
        }

        fn signature_scheme(&self) -> SignatureScheme {
            SignatureScheme::ED25519
        }
    }

    /// Only OpenMLS makes such an error.
    fn library_error() -> LibraryError {
        let (provider, signer) =
            (OpenMlsRustCrypto::default(), SignatureKeyPair::new(SignatureScheme::ED25519).unwrap());
        let credential = BasicCredential::new(b"Alice".to_vec()).into();
        let credential = CredentialWithKey { credential, signature_key: signer.to_public_vec().into() };
        let group = MlsGroup::new(&provider, &signer, &MlsGroupCreateConfig::default(), credential).unwrap();
        let Err(ExportGroupInfoError::LibraryError(error)) = group.export_group_info(provider.crypto(), &Broken, true)
        else {
            unreachable!("nothing was signed")
        };
        error
    }

    #[test]
    fn a_failure_inside_of_the_library_is_not_the_entrys_fault() {
        let (state, error) = (MemoryState::new(), library_error());
        let of_path = ApplyUpdatePathError::LibraryError(error.clone());
        let errors = [
            ProcessMessageError::LibraryError(error.clone()),
            ProcessMessageError::StorageError(()),
            ProcessMessageError::ValidationError(ValidationError::LibraryError(error.clone())),
            ProcessMessageError::InvalidCommit(StageCommitError::LibraryError(error)),
            ProcessMessageError::InvalidCommit(StageCommitError::UpdatePathError(of_path)),
        ];
        for error in errors {
            let verdict = of(&Provider::reading(&state), &error);
            assert!(matches!(verdict, ProcessError::Unjudged(Unjudged::Library)), "{error:?}: {verdict:?}");
        }
        let evicted = ProcessMessageError::<()>::GroupStateError(MlsGroupStateError::UseAfterEviction);
        let verdict = of(&Provider::reading(&state), &evicted);
        assert!(matches!(verdict, ProcessError::Unjudged(Unjudged::Removed)), "{verdict:?}");
    }

    /// Alice, Bob and Carol judge the same bytes alike, but each opens another part of a path.
    #[test]
    fn a_refused_commit_says_whether_others_may_have_taken_it() {
        let (path, own, authentic, rule) =
            (StageCommitError::UpdatePathError, Invalid::Path, Invalid::NotAuthentic, Invalid::Rule(Violation::V1));
        let cases = [
            (StageCommitError::OwnKeyNotFound, own),
            (StageCommitError::MissingDecryptionKey, own),
            (path(ApplyUpdatePathError::UnableToDecrypt), own),
            (path(ApplyUpdatePathError::PathMismatch), own),
            (path(ApplyUpdatePathError::MissingCiphertext), own),
            (path(ApplyUpdatePathError::MissingOwnLeaf), own),
            (path(ApplyUpdatePathError::ParentHashMismatch), authentic),
            (StageCommitError::ConfirmationTagMismatch, authentic),
            (StageCommitError::MissingProposal, Invalid::MissingProposal),
            (StageCommitError::PskError(PskError::KeyNotFound), rule),
            (StageCommitError::ExternalCommitValidation(ExternalCommitValidationError::NoPath), rule),
        ];
        for (error, wanted) in cases {
            let verdict = of_commit(&error);
            assert!(matches!(&verdict, ProcessError::Invalid(is) if *is == wanted), "{error:?}: {verdict:?}");
        }
    }
}
