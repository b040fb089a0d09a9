//! What is left of rooms that have ended, while the vault is open.

use conclave_store::EndedRoom;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::snapshot::BurnReceipts;

/// What is left of a room that has ended.
pub(super) struct Remains {
    pub(super) left: EndedRoom,
    /// Who has confirmed the end of one that this person erased.
    pub(super) burned: Option<BurnReceipts>,
    /// Ends the task that hears of it.
    _listener: Option<DropGuard>,
}

impl Remains {
    pub(super) fn new(left: EndedRoom, burned: Option<BurnReceipts>, listener: Option<DropGuard>) -> Self {
        Self { left, burned, _listener: listener }
    }
}

/// The relay of a room that has ended, which goes on for a while. It is told to end when this is dropped.
pub(super) struct Parting {
    stop: DropGuard,
    stopped: CancellationToken,
}

impl Parting {
    /// `stop` is what its task waits for, and `stopped` what that cancels once the relay's file is closed.
    pub(super) fn new(stop: CancellationToken, stopped: CancellationToken) -> Self {
        Self { stop: stop.drop_guard(), stopped }
    }

    /// Ends it and waits until its file is closed.
    pub(super) async fn end(self) {
        drop(self.stop);
        self.stopped.cancelled().await;
    }
}

impl From<EndedRoom> for Remains {
    fn from(left: EndedRoom) -> Self {
        Self::new(left, None, None)
    }
}
