//! The encrypted databases of a Conclave client.
//!
//! A data folder holds a slot file (the vault's one random key, wrapped by a passphrase and/or the system's keyring),
//! an index with the key of every room, and one SQLCipher file per room. Each room has a key of its own, so destroying
//! a room is destroying 32 bytes, then the file. The MLS state, the log and the outbox of a room share one file, so one
//! transaction covers a whole step: what was acknowledged and what was decrypted can never disagree after a crash.
//!
//! ```
//! use conclave_seal::rng::OsRng;
//! use conclave_store::{Persistence, Vault};
//!
//! let mut vault = Vault::in_memory()?;
//! let new = vault.begin_room(Persistence::InMemory, 1_800_000_000, &mut OsRng)?;
//! let (_handle, mut room) = vault.keep_room(new, None)?;
//! room.write(|tx| tx.set_secret("access", &[7; 32]))?;
//! let access = room.read(|reader| reader.secret("access"))?.expect("kept a line above");
//! assert_eq!(access.as_slice(), [7; 32]);
//! # Ok::<(), conclave_store::StoreError>(())
//! ```

mod database;
#[cfg(test)]
mod erasure;
mod error;
mod folder;
mod handle;
mod migrations;
mod new_room;
mod number;
mod private_file;
mod room;
mod slot;
#[cfg(test)]
mod testing;
mod vault;
mod wipe;

pub use database::Durability;
pub use error::{FolderError, KeyringError, StoreError};
pub use folder::{FolderLock, Presence, check_folder, set_aside, survey, ways};
pub use handle::Handle;
pub use new_room::NewRoom;
pub use room::{
    ParamsChange, Place, RoomReader, RoomStore, RoomTx,
    branch::{BaseRow, BranchRow},
    card::{CardRow, CardState, UploadPart},
    clock::{ClockRow, Move, NewestRows},
    former_name::FORMER_NAMES,
    intent::{Intent, IntentRow},
    item::{ItemKind, ItemRow, ItemState, LINES, NewItem, NewNote},
    knock::{KnockCommit, KnockRow, OwnKnock, OwnKnockState},
    member::{KnownFrom, MemberRow, Missed, SEEN, SEEN_LOOK},
    moving::{MoveLine, MoveRow},
    note::{GapRange, Note},
    order::{Order, OrderRow, SignedOrder},
    outbox::{Draft, NewOutgoing, OutgoingRow, Sealed},
    pending::{PendingKind, PendingRow},
    recipient::{Confirmations, Confirmed},
    record::{Ending, Phase, RecordRow},
    retraction::{Deleted, Deletion},
};
pub use slot::{Keyring, Unlock, Ways};
pub use vault::{
    ClosedRoom, EndedRoom, Generation, HostedRoom, Kept, Mark, NewVault, Opening, Persistence, RoomEntry, Suspicion,
    Vault, VaultKey,
};
pub use wipe::{KeyringEntries, Remnant, destroy_keys, wipe};
