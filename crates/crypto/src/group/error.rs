//! Why a group could not do something, and whose fault it is.

use super::NickError;
use crate::{state::StateError, validator::Violation};

/// A group could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// The storage failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// A commit is prepared and must be merged or dropped first.
    #[error("a commit of this device is waiting for the relay")]
    PendingCommit,
    /// There is no prepared commit.
    #[error("no commit of this device is waiting for the relay")]
    NoPendingCommit,
    /// This member was removed or has left.
    #[error("this device is not in the room any more")]
    Removed,
    /// A removal names a leaf that is free or the own one.
    #[error("this person is not in the room any more")]
    NoSuchMember,
    /// The other members would refuse the commit, so it was not made.
    #[error("the room's rules do not allow this: {0}")]
    NotAllowed(Violation),
    /// The parameters do not belong to the room's keys or are not signed by its owner.
    #[error("the room's parameters do not belong to its keys")]
    Params,
    /// Whoever asks to be added has a KeyPackage that cannot be added, whatever else it looks like.
    #[error("this key package cannot be added")]
    KeyPackage,
    /// The nick cannot be shown.
    #[error(transparent)]
    Nick(#[from] NickError),
    /// The stored group does not fit together, or the MLS library failed. The text names no secret.
    #[error("the room's keys are damaged: {0}")]
    Damaged(&'static str),
}

/// A join could not be built.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Not a GroupInfo, its signature, tree or group id is wrong (J1 to J3), or its place is not its own (J7).
    #[error("the relay's description of the room is damaged")]
    GroupInfo,
    /// The room belongs to another owner than the code, or its parameters are not signed by the owner (J4, J5).
    #[error("this is not the room that the code was made for")]
    NotThisRoom,
    /// Parameters older than those seen before: the relay shows an old state.
    #[error("the relay shows an old state of the room")]
    Stale,
    /// The room asks for a passphrase.
    #[error("this room needs a passphrase")]
    PassphraseNeeded,
    /// The room has no passphrase, and one was given.
    #[error("this room has no passphrase")]
    NoPassphrase,
    /// As many members as the room may have.
    #[error("the room is full")]
    Full,
    /// The room's parameters are of another version.
    #[error("this room needs another version of the app")]
    Version,
    /// The leaf to be replaced is not in the room.
    #[error("this device is not in the room any more")]
    Removed,
    /// The own side failed.
    #[error(transparent)]
    Group(#[from] GroupError),
}

impl JoinError {
    /// Whether anybody with the code can have made the GroupInfo for it to fail like this, so that an older one may be better. What
    /// the owner has signed is not among it, nor a full room: an older state with one member less would still be full.
    #[must_use]
    pub const fn may_be_crafted(&self) -> bool {
        match self {
            Self::GroupInfo | Self::NotThisRoom | Self::Stale | Self::Version | Self::Removed => true,
            Self::PassphraseNeeded | Self::NoPassphrase | Self::Full | Self::Group(_) => false,
        }
    }
}

/// An entry was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// Something in the entry. It is skipped, and the group is as it was. Others may have applied it, so after a commit the
    /// newest one is not the own base any more (protocol 4.7).
    #[error("the entry is not valid: {0}")]
    Invalid(Invalid),
    /// The call did not come to its end. The caller rolls back and loads the group again; unless the own storage failed, the
    /// entry is then skipped.
    #[error("the entry could not be judged: {0}")]
    Unjudged(Unjudged),
}

/// Why this device skips an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not one MLS message of the right kind and no more.
    #[error("it cannot be decoded")]
    Undecodable,
    /// Of another room, another epoch, or bound to another base.
    #[error("it belongs elsewhere")]
    Misplaced,
    /// A signature, tag, proposal or tree is wrong, or a message was seen before.
    #[error("it is not authentic")]
    NotAuthentic,
    /// The rules of the room refuse it.
    #[error("rule {0}")]
    Rule(#[from] Violation),
    /// The commit refers to a proposal that never arrived here.
    #[error("a proposal is missing")]
    MissingProposal,
    /// The commit's path cannot be opened here; others may be able to (RFC 9420, section 16.12).
    #[error("its keys cannot be opened here")]
    Path,
    /// The commit is this device's own and it does not remember having made it.
    #[error("it is this device's own and was forgotten")]
    Own,
}

/// Why an entry could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum Unjudged {
    /// The own storage failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The MLS library panicked or failed inside; contained, the group is to be loaded again.
    #[error("the cryptographic library failed")]
    Library,
    /// This member is not in the group any more.
    #[error("this device is not in the room any more")]
    Removed,
}
