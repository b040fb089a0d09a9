//! Rooms in the list of which no file is open.

use conclave_store::{Ending, Handle, Vault};

use super::remains::Remains;
use crate::{
    error::ErrorCode,
    snapshot::{Ended, RoomHandle, RoomPhase, RoomSummary, Unopened},
    tasks::heavy,
};

/// A room whose file did not open, in the list.
pub(super) fn unopened(vault: &Vault, room: &RoomHandle, handle: Handle, reason: ErrorCode) -> RoomSummary {
    let entries = heavy(|| vault.rooms()).unwrap_or_default();
    let made_at = entries.iter().find(|entry| entry.handle == handle).map_or(0, |entry| entry.created_at);
    let file = vault.room_file(handle).map(|file| file.display().to_string()).unwrap_or_default();
    let phase = if reason == ErrorCode::RoomDamaged { RoomPhase::Damaged } else { RoomPhase::Unreadable };
    RoomSummary {
        unopened: Some(Box::new(Unopened { reason, file, made_at })),
        ..RoomSummary::without_file(room, phase)
    }
}

/// A room that others have ended, in the list.
pub(super) fn ended(room: &RoomHandle, remains: &Remains) -> RoomSummary {
    let Remains { left, burned, .. } = remains;
    let how = match left.ending {
        Ending::ClosedByOwner => Ended::ClosedByOwner,
        Ending::ErasedByOwner => Ended::ErasedByOwner,
        Ending::ErasedByMember => Ended::ErasedByMember,
        Ending::Idle => Ended::Idle,
        Ending::ErasedHere => Ended::ErasedHere,
    };
    RoomSummary {
        title: left.title.clone(),
        ended: Some(how),
        burned: burned.clone().map(Box::new),
        ..RoomSummary::without_file(room, RoomPhase::Ended)
    }
}
