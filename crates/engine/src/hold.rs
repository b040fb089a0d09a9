//! What the parts of an open vault hold together: its folder stays locked until the last file in it is closed.

use std::sync::Arc;

use conclave_store::FolderLock;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Held by whatever has files or keys of one opening of the vault: the index, a room's actor, a relay.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    folder: Option<FolderLock>,
    /// Declared last: it says that everything is closed.
    closed: Arc<DropGuard>,
}

impl Hold {
    /// What an opening holds, and what is cancelled once nobody holds it any more.
    pub(crate) fn new(folder: Option<FolderLock>) -> (Self, CancellationToken) {
        let closed = CancellationToken::new();
        (Self { folder, closed: Arc::new(closed.clone().drop_guard()) }, closed)
    }

    /// What a room or its relay holds. One in memory has nothing in the folder.
    pub(crate) fn of_room(&self, in_memory: bool) -> Self {
        Self { folder: self.folder.clone().filter(|_| !in_memory), closed: Arc::clone(&self.closed) }
    }
}
