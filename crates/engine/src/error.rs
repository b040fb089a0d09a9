//! What can go wrong, sorted by what a person can do about it.

use conclave_store::StoreError;
use serde::{Deserialize, Serialize};

use crate::silent::silent;

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// What the UI branches on. Each has one sentence in `ui/locales` that says what to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorCode {
    // The vault
    /// The passphrase does not open the vault.
    #[error("the passphrase does not open the vault")]
    WrongPassphrase,
    /// A new passphrase needs at least eight characters.
    #[error("the passphrase is too short")]
    PassphraseTooShort,
    /// Another instance of the app uses the same data.
    #[error("another instance uses the same data")]
    VaultBusy,
    /// There is a vault already.
    #[error("there is a vault already")]
    VaultExists,
    /// The vault's file is damaged or is not a vault; it was left as it is.
    #[error("the vault is damaged or foreign")]
    VaultDamaged,
    /// Files of a vault are there, but not the slot file that opens it; they were left as they are.
    #[error("the vault is incomplete")]
    VaultIncomplete,
    /// The vault's keys were destroyed on purpose, and not all of its files are gone.
    #[error("the vault was erased")]
    VaultErased,
    /// A newer version of the app wrote the vault.
    #[error("a newer version wrote the vault")]
    VaultNewer,
    /// The vault must be opened first.
    #[error("the vault is locked")]
    VaultLocked,
    /// The system's keyring is not there, is locked, or has no entry for this vault.
    #[error("the keyring cannot be used")]
    KeyringUnavailable,
    /// The disk takes no more: it is full, or a quota or the limit of a file's size is reached.
    #[error("the disk is full or a limit is reached")]
    DiskFull,
    /// The disk takes no locks, which keep a second instance of the app from the data.
    #[error("the disk takes no locks")]
    DiskWithoutLocks,
    /// The disk refused to read or write.
    #[error("the storage failed")]
    StorageFailed,

    // An invitation
    /// The text holds nothing that resembles an invitation.
    #[error("there is no invitation in the text")]
    InvitationMissing,
    /// The text holds invitations to different rooms.
    #[error("there are several invitations in the text")]
    InvitationSeveral,
    /// The text is no invitation: a link was cut or changed on the way.
    #[error("the invitation is mangled")]
    InvitationMangled,
    /// A link without the part behind its `#`, which is the code: a program on the way dropped it.
    #[error("the link lost its end")]
    InvitationCut,
    /// The line behind a link may be the rest of its last address, or something else.
    #[error("the link may go on in the next line or not")]
    InvitationBroken,
    /// A code has 30 symbols.
    #[error("the code has the wrong length")]
    CodeLength,
    /// A symbol that no code contains.
    #[error("the code has a foreign symbol")]
    CodeSymbol,
    /// One symbol or word is wrong.
    #[error("the code has a typing error")]
    CodeTypo,
    /// A newer version of the app made the code.
    #[error("the code is of another version")]
    CodeVersion,
    /// A word that is not in the list.
    #[error("a word is not in the list")]
    WordUnknown,
    /// There must be thirteen words.
    #[error("there must be thirteen words")]
    WordCount,
    /// The invitation names no address and none was given.
    #[error("the address is missing")]
    AddressMissing,
    /// Not an address.
    #[error("the address is not valid")]
    AddressInvalid,

    // The relay
    /// No address answered.
    #[error("the relay cannot be reached")]
    RelayUnreachable,
    /// Only an onion address is named, which this version cannot reach.
    #[error("onion addresses cannot be reached")]
    OnionOnly,
    /// The relay's TLS key is not the one in the invitation.
    #[error("the relay shows another key than the invitation names")]
    WrongPin,
    /// The relay speaks another version of the protocol.
    #[error("the relay speaks another version")]
    OtherVersion,
    /// The relay sent something that is not the protocol.
    #[error("the relay broke the protocol")]
    RelayMisbehaved,
    /// The relay is full or slows this client down.
    #[error("the relay is busy")]
    RelayBusy,
    /// The relay knows no room for this code.
    #[error("no such room on this relay")]
    NoSuchRoom,
    /// The room is locked.
    #[error("the room is locked")]
    RoomLocked,
    /// The room was closed or erased.
    #[error("the room is gone")]
    RoomGone,
    /// What the relay keeps of the room does not verify; a member must repair it.
    #[error("the room's state is damaged")]
    RoomStateDamaged,
    /// The room asks for a passphrase.
    #[error("the room needs a passphrase")]
    PassphraseNeeded,
    /// The room is full.
    #[error("the room is full")]
    RoomFull,

    // What was typed
    /// A name has 1 to 32 bytes and no invisible characters.
    #[error("the name is not valid")]
    NickInvalid,
    /// A title has at most 64 bytes.
    #[error("the title is too long")]
    TitleTooLong,
    /// A note has at most 512 bytes.
    #[error("the note is too long")]
    NoteTooLong,
    /// A message has at most 8 KiB.
    #[error("the message is too long")]
    MessageTooLong,
    /// A message needs text.
    #[error("the message is empty")]
    MessageEmpty,
    /// Not one of the lifetimes that a room can have.
    #[error("the lifetime is not valid")]
    LifetimeInvalid,
    /// Not one of the sizes that a room can have.
    #[error("the size is not valid")]
    SizeInvalid,

    // Rooms on this computer
    /// No such room here.
    #[error("the room is not on this computer")]
    UnknownRoom,
    /// The room's file is damaged or foreign; it was left as it is.
    #[error("the room's file is damaged")]
    RoomDamaged,
    /// The room has ended, and nothing is left of it.
    #[error("the room has ended")]
    RoomEnded,
    /// Only the room's owner can do that.
    #[error("only the owner can do that")]
    NotOwner,
    /// Somebody was removed, so the room can never be open again.
    #[error("the room stays locked because somebody was removed")]
    LockedForGood,
    /// This person is in the room already.
    #[error("already in this room")]
    AlreadyJoined,
    /// The relay has the message already.
    #[error("the message was sent already")]
    AlreadySent,
    /// A message that can be read once was opened already.
    #[error("the message was opened already")]
    CardOpened,
    /// What was in a message that can be read once is gone: its time is over, or it was deleted.
    #[error("the message can be opened no more")]
    CardGone,
    /// The relay gave something else than its author sent.
    #[error("the message is not the one that was sent")]
    CardAltered,
    /// By the room's rules every message can be read once.
    #[error("only messages that can be read once are sent here")]
    OnlyViewOnce,
    /// Somebody asks to erase the room: that is answered first.
    #[error("the question whether to erase the room comes first")]
    ErasureAsked,
    /// This computer does not serve the room.
    #[error("this computer does not host the room")]
    NotHosted,
    /// Another program uses the port.
    #[error("the port is taken")]
    PortTaken,
    /// The relay's file of a hosted room is damaged or foreign; the member's own file is whole. It was left as it is.
    #[error("the relay's file of the room is damaged or foreign")]
    HostedFileDamaged,
    /// The embedded relay could not start.
    #[error("hosting failed")]
    HostingFailed,
    /// A page's cursor or a limit is out of range.
    #[error("the request is not valid")]
    InvalidRequest,
    /// A mistake of ours.
    #[error("internal error")]
    Internal,
}

/// Why an invitation cannot be read, and where it is wrong.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{code}")]
pub struct InvitationError {
    /// What is wrong.
    pub code: ErrorCode,
    /// Where, if that can be said.
    pub slip: Option<Slip>,
}

impl From<ErrorCode> for InvitationError {
    fn from(code: ErrorCode) -> Self {
        Self { code, slip: None }
    }
}

impl From<InvitationError> for ErrorCode {
    fn from(error: InvitationError) -> Self {
        error.code
    }
}

/// The place of a mistake in an invitation, for the screen alone. Each has one sentence in `ui/locales`.
#[derive(Clone, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Slip {
    /// A symbol that no code contains.
    Symbol {
        /// Its place in the code, counted from 1.
        position: u32,
        /// The symbol.
        symbol: String,
    },
    /// The symbol that is wrong if only one is.
    Place {
        /// Its place in the code, counted from 1.
        position: u32,
    },
    /// A word beside the list, and the one that was probably meant.
    Word {
        /// Its place among the words, counted from 1.
        position: u32,
        /// The word as it was written.
        word: String,
        /// The word of the list.
        nearest: String,
    },
    /// A word that resembles none of the list.
    UnknownWord {
        /// Its place among the words, counted from 1.
        position: u32,
        /// The word as it was written.
        word: String,
    },
}

silent! { Slip {} }

impl ErrorCode {
    /// Maps an error of a room's file: "damaged" is said of the room, not of the vault.
    pub(crate) fn of_room_file(error: StoreError) -> Self {
        match error {
            StoreError::Damaged => Self::RoomDamaged,
            other => other.into(),
        }
    }
}

impl From<StoreError> for ErrorCode {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::VaultBusy,
            StoreError::Exists => Self::VaultExists,
            StoreError::Missing => Self::VaultLocked,
            StoreError::Incomplete => Self::VaultIncomplete,
            StoreError::Erased => Self::VaultErased,
            StoreError::WrongSecret => Self::WrongPassphrase,
            StoreError::Keyring(_) => Self::KeyringUnavailable,
            StoreError::Damaged => Self::VaultDamaged,
            StoreError::Newer => Self::VaultNewer,
            StoreError::DiskFull => Self::DiskFull,
            StoreError::NoLocks(_) => Self::DiskWithoutLocks,
            StoreError::UnknownRoom => Self::UnknownRoom,
            _ => Self::StorageFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Freeing space or plugging it in again would not help.
    #[test]
    fn a_disk_without_locks_is_no_failing_one() {
        let error = StoreError::NoLocks(io::ErrorKind::Unsupported.into());
        assert_eq!(ErrorCode::from(error), ErrorCode::DiskWithoutLocks);
    }
}
