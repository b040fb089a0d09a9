//! Keeps the relays of hosted rooms running: one that died of a fault is started again, and one that could not start, because its
//! port was taken for one, is tried again until it does or a person stops it.

use std::{sync::Arc, time::Duration};

use conclave_store::Note;
use tokio_util::sync::CancellationToken;

use super::{
    Engine,
    registry::{Open, Turn},
};
use crate::{
    error::ErrorCode,
    room::actor::Request,
    snapshot::{Hosting, HostingState, RoomHandle},
};

impl Engine {
    /// Begins to look after the relays of an open vault, once it has any.
    pub(super) fn keep_hosting(&self, open: &mut Open) {
        if open.keeper.is_some() {
            return;
        }
        let (inner, stop) = (Arc::downgrade(&self.inner), CancellationToken::new());
        open.keeper = Some(stop.clone().drop_guard());
        let timer = Arc::clone(&self.inner.environment.timer);
        self.tasks().spawn(async move {
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = timer.sleep(LOOK) => {}
                }
                let Some(inner) = inner.upgrade() else { return };
                Self { inner }.look_after_relays(&stop).await;
            }
        });
    }

    /// `stop` is cancelled when the vault is closed whose relays these are; another may be open by now.
    async fn look_after_relays(&self, stop: &CancellationToken) {
        let turn = self.inner.registry.turn().await;
        if stop.is_cancelled() {
            return;
        }
        let Ok(rooms) = turn.with(|open| Ok(open.rooms.keys().cloned().collect::<Vec<_>>())) else { return };
        for room in rooms {
            // What a room is not served for stands in the room; a vault that was closed has no relays.
            let _ = self.look_after_relay(&turn, &room).await;
        }
    }

    async fn look_after_relay(&self, turn: &Turn<'_>, name: &RoomHandle) -> Result<(), ErrorCode> {
        let now = self.inner.environment.clock.now().steady;
        let (room, dead) = turn.with(|open| {
            let entry = open.entry(name)?;
            let (room, host) = entry.state.running()?;
            let (room, dead) = (Arc::clone(room), host.take_if(|host| host.has_died()));
            if dead.is_some() {
                entry.retry.died(now);
            }
            Ok((room, dead))
        })?;
        if let Some(dead) = dead {
            let starting = Hosting::new(HostingState::Starting, dead.address_texts(), 0);
            dead.stop().await;
            room.tell(Request::Hosting(Some(starting))).await;
        }
        if !turn.with(|open| Ok(open.entry(name)?.retry.is_due_by(now)))? {
            return Ok(());
        }
        self.serve(turn, name, None).await?;
        if turn.with(|open| Ok(open.entry(name)?.retry.take_death()))? {
            room.tell(Request::Note(Note::RelayRestarted)).await;
        }
        Ok(())
    }
}

/// How often relays are looked at.
const LOOK: Duration = Duration::from_secs(1);

#[cfg(test)]
#[path = "keeper/tests.rs"]
mod tests;
