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
        ProcessMessageError::LibraryError(_) | ProcessMessageError::StorageError(_) => unjudged(Unjudged::Library),
        ProcessMessageError::GroupStateError(_) => unjudged(Unjudged::Removed),
        ProcessMessageError::ValidationError(error) => match error {
            ValidationError::LibraryError(_) => unjudged(Unjudged::Library),
            ValidationError::WrongGroupId | ValidationError::WrongEpoch => ProcessError::Invalid(Invalid::Misplaced),
            _ => ProcessError::Invalid(Invalid::NotAuthentic),
        },
        ProcessMessageError::InvalidCommit(error) => of_commit(error),
        _ => ProcessError::Invalid(Invalid::NotAuthentic),
    }
}

fn of_commit(error: &StageCommitError) -> ProcessError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever is not named depends on common input only")]
    match error {
        StageCommitError::LibraryError(_) => unjudged(Unjudged::Library),
        StageCommitError::MissingProposal => ProcessError::Invalid(Invalid::MissingProposal),
        StageCommitError::OwnCommitMismatch => ProcessError::Invalid(Invalid::Own),
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
    use super::*;

    #[test]
    fn a_panic_of_the_library_ends_here() {
        assert_eq!(contained(|| 1), Some(1));
        assert_eq!(contained(|| -> u8 { panic!("a contained panic, printed by the default hook") }), None);
    }
}
