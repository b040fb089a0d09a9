//! What is left of a room that has ended, while the vault is open.

use conclave_store::EndedRoom;
use tokio_util::sync::DropGuard;

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

impl From<EndedRoom> for Remains {
    fn from(left: EndedRoom) -> Self {
        Self::new(left, None, None)
    }
}
