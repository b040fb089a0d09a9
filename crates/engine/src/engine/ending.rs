//! Rooms that have ended for everybody: what is destroyed here, and what is left.

use std::sync::Arc;

use conclave_store::{EndedRoom, Ending};
use tokio::sync::oneshot;

use super::{
    Engine, EntryState,
    registry::{Entry, Open},
};
use crate::{
    error::ErrorCode,
    event::Event,
    room::actor::Ended,
    snapshot::{self, RoomHandle, RoomPhase, RoomSummary},
    tasks::heavy,
};

impl Engine {
    /// Destroys what is here of a room once it has ended for everybody.
    pub(super) fn await_end(&self, name: RoomHandle, ends: oneshot::Receiver<Ended>) {
        let inner = Arc::downgrade(&self.inner);
        self.tasks().spawn(async move {
            // A room that is closed without having ended says nothing.
            if let Ok(ended) = ends.await
                && let Some(inner) = inner.upgrade()
            {
                // A vault that was locked meanwhile finds the end in the room's file when it is opened next.
                let _ = Self { inner }.end_room(name, ended).await;
            }
        });
    }

    /// Destroys the key of a room that has ended, then tells the others so, then deletes its files.
    async fn end_room(&self, name: RoomHandle, ended: Ended) -> Result<(), ErrorCode> {
        let left = EndedRoom { title: ended.over.title.clone(), ending: ended.over.ending };
        let own = ended.over.own;
        // Whoever has the turn may wait for something; keys do not.
        let forget = |open: &mut Open| {
            let entry = open.entry(&name)?;
            let (handle, in_memory) = (entry.handle, entry.in_memory);
            match (in_memory, own) {
                (true, _) => Ok(()),
                (false, true) => Ok(heavy(|| open.vault.remove_room(handle))?),
                (false, false) => Ok(heavy(|| open.vault.end_room(handle, &left))?),
            }
        };
        let forgotten = self.inner.registry.look(forget).await;
        if forgotten.is_ok() {
            ended.say_burned();
        }
        let turn = self.inner.registry.turn().await;
        let host = turn.with(|open| Ok(open.entry(&name)?.state.running().ok().and_then(|(_, host)| host.take())))?;
        if let Some(host) = host {
            host.stop().await;
        }
        let summary = turn.with(|open| {
            let Entry { handle, in_memory, .. } = *open.entry(&name)?;
            match forgotten {
                Err(error) => {
                    // The entry stays, and asking for it goes on.
                    open.entry(&name)?.state = EntryState::Unopened(error);
                    return Ok(None);
                }
                Ok(()) if own => {
                    open.rooms.remove(&name);
                    return Ok(None);
                }
                Ok(()) => {}
            }
            let summary = ended_summary(&name, &left);
            let entry = Entry::new(handle, in_memory, EntryState::Ended(left));
            open.rooms.insert(name.clone(), entry);
            Ok(Some(summary))
        })?;
        self.tell(match summary {
            Some(summary) => Event::RoomChanged { summary },
            None => Event::RoomRemoved { room: name },
        });
        Ok(())
    }
}

/// A room that others have ended, in the list.
pub(super) fn ended_summary(room: &RoomHandle, left: &EndedRoom) -> RoomSummary {
    let ended = match left.ending {
        Ending::ClosedByOwner => snapshot::Ended::ClosedByOwner,
        Ending::ErasedByOwner => snapshot::Ended::ErasedByOwner,
        Ending::ErasedByMember => snapshot::Ended::ErasedByMember,
        Ending::Idle => snapshot::Ended::Idle,
    };
    RoomSummary { title: left.title.clone(), ended: Some(ended), ..RoomSummary::without_file(room, RoomPhase::Ended) }
}
