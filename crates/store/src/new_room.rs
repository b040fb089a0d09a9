//! A room that is being made.

use std::path::{Path, PathBuf};

use crate::{
    Handle, RoomStore,
    database::{self, FileKey},
};

/// A room whose file is there and whose key is in no index yet: it begins to exist with
/// [`Vault::keep_room`](crate::Vault::keep_room). Dropped before, nothing of it is left; what a crash leaves is a file
/// whose key is lost, and [`Vault::sweep`](crate::Vault::sweep) sets it aside.
pub struct NewRoom {
    /// What the room begins with goes in here. Declared first: it is closed before its file is removed.
    pub store: RoomStore,
    pub(crate) handle: Handle,
    pub(crate) created_at: u64,
    pub(crate) unkept: Unkept,
}

/// What a new room has on the disk; it goes when this is dropped. None for a room in memory, and once it is kept.
pub(crate) struct Unkept(pub(crate) Option<Files>);

pub(crate) struct Files {
    /// On the heap: what holds it is moved, and each move would leave a copy.
    pub(crate) key: Box<FileKey>,
    pub(crate) room: PathBuf,
    pub(crate) relay_log: PathBuf,
}

impl NewRoom {
    /// Where the log of an embedded relay for this room goes; none for a room in memory.
    #[must_use]
    pub fn relay_log(&self) -> Option<&Path> {
        self.unkept.0.as_ref().map(|files| files.relay_log.as_path())
    }
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if let Some(Files { room, relay_log, .. }) = &self.0 {
            for file in [room, relay_log] {
                // What does not go now is keyless, and is set aside when the vault is opened next.
                let _ = database::remove_files(file);
            }
        }
    }
}

impl std::fmt::Debug for NewRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewRoom(..)")
    }
}
