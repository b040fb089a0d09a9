//! Rooms that have ended for everybody: what is destroyed here, and what is left.

use std::sync::Arc;

use conclave_store::EndedRoom;
use tokio::sync::oneshot;

use super::{
    Engine, EntryState,
    registry::{Entry, Open},
    without_file,
};
use crate::{error::ErrorCode, event::Event, room::actor::Ended, snapshot::RoomHandle, tasks::heavy};

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

    /// Destroys the key of a room that has ended, then tells the others so, then stops its relay and deletes its files.
    async fn end_room(&self, name: RoomHandle, ended: Ended) -> Result<(), ErrorCode> {
        let left = EndedRoom { title: ended.over.title.clone(), ending: ended.over.ending };
        let left = Some(left).filter(|_| !ended.over.own);
        // Whoever has the turn may wait for something; keys do not.
        let forget = |open: &mut Open| {
            let entry = open.entry(&name)?;
            let (handle, in_memory) = (entry.handle, entry.in_memory);
            if in_memory { Ok(()) } else { Ok(heavy(|| open.vault.forget_room(handle, left.as_ref()))?) }
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
            let deleted = forgotten
                .and_then(|()| if in_memory { Ok(()) } else { Ok(heavy(|| open.vault.delete_files(handle))?) });
            if let Err(error) = deleted {
                // The entry stays, and removing it goes on.
                open.entry(&name)?.state = EntryState::Unopened(error);
                return Ok(Some(without_file::unopened(&open.vault, &name, handle, error)));
            }
            let Some(left) = left else {
                open.rooms.remove(&name);
                return Ok(None);
            };
            let summary = without_file::ended(&name, &left);
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
