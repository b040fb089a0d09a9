//! Rooms that have ended for everybody: what is destroyed here, what is left, and what is still said of them.

use std::{pin::pin, sync::Arc, time::Duration};

use conclave_proto::{
    frame::{RelayFrame, Reply},
    limits,
};
use conclave_store::{EndedRoom, Ending, Handle};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{
    Engine, EntryState,
    registry::{Entry, Open, Turn},
    remains::{Parting, Remains},
    without_file,
};
use crate::{
    clock::within,
    error::ErrorCode,
    event::Event,
    host::Host,
    link::Link,
    room::{actor::Ended, ending::Witnesses, view},
    snapshot::{BurnReceipts, RoomHandle},
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

    /// Destroys the key of a room that has ended, then tells the others so, then deletes its files. Its relay goes on for a while, so that
    /// they hear of the end.
    async fn end_room(&self, name: RoomHandle, ended: Ended) -> Result<(), ErrorCode> {
        let ending = ended.over.ending;
        let left = EndedRoom { title: ended.over.title.clone(), ending };
        let left = Some(left).filter(|_| !ended.over.own);
        // Whoever has the turn may wait for something; keys do not.
        let forget = |open: &mut Open| {
            let entry = open.entry(&name)?;
            let (handle, in_memory) = (entry.handle, entry.in_memory);
            if in_memory { Ok(()) } else { Ok(heavy(|| open.vault.forget_room(handle, left.as_ref()))?) }
        };
        let forgotten = self.inner.registry.look(forget).await;
        let (witnesses, link) = if forgotten.is_ok() { ended.say_burned() } else { (None, None) };
        let turn = self.inner.registry.turn().await;
        let host = turn.with(|open| Ok(open.entry(&name)?.state.running().ok().and_then(|(_, host)| host.take())))?;
        let host = match host {
            // Nobody is told of the end of a room in which nobody was.
            Some(host) if ending == Ending::Idle || forgotten.is_err() => {
                host.stop().await;
                None
            }
            host => host,
        };
        let (listener, listens) = (CancellationToken::new(), witnesses.is_some());
        let summary = turn.with(|open| {
            let Entry { handle, in_memory, .. } = *open.entry(&name)?;
            let is_served = host.is_some();
            let deleted = forgotten.and_then(|()| match in_memory {
                true => Ok(()),
                false if is_served => Ok(heavy(|| open.vault.delete_room_file(handle))?),
                false => Ok(heavy(|| open.vault.delete_files(handle))?),
            });
            if let Some(host) = host {
                self.serve_end(open, handle, in_memory, host);
            }
            if let Err(error) = deleted {
                // The entry stays, and removing it goes on.
                open.entry(&name)?.state = EntryState::Unopened(error);
                return Ok(Some(without_file::unopened(&open.vault, &name, handle, error)));
            }
            let Some(left) = left else {
                open.rooms.remove(&name);
                return Ok(None);
            };
            let burned = witnesses.as_ref().map(|witnesses| view::receipts(witnesses, link.is_some()));
            let remains = Remains::new(left, burned, listens.then(|| listener.clone().drop_guard()));
            let summary = without_file::ended(&name, &remains);
            open.rooms.insert(name.clone(), Entry::new(handle, in_memory, EntryState::Ended(remains)));
            Ok(Some(summary))
        })?;
        drop(turn);
        self.tell(match summary {
            Some(summary) => Event::RoomChanged { summary },
            None => Event::RoomRemoved { room: name.clone() },
        });
        match (witnesses, link) {
            (Some(witnesses), Some(link)) => self.hear_receipts(name, witnesses, link, listener),
            (None, Some(link)) => self.let_go(link),
            (_, None) => {}
        }
        Ok(())
    }

    /// Holds a connection for a moment. A relay that writes to one that is closed may not read what came over it last.
    fn let_go(&self, link: Link) {
        let timer = Arc::clone(&self.inner.environment.timer);
        self.tasks().spawn(async move {
            let mut link = link;
            let drained = async { while let Some(Ok(_)) = link.incoming.recv().await {} };
            let _ = within(timer.as_ref(), LET_GO, drained).await;
        });
    }

    /// Hears for a minute who else has destroyed the keys of a room that this person erased.
    fn hear_receipts(&self, name: RoomHandle, mut witnesses: Witnesses, link: Link, stop: CancellationToken) {
        let (inner, timer) = (Arc::downgrade(&self.inner), Arc::clone(&self.inner.environment.timer));
        self.tasks().spawn(async move {
            // All of it: without its other half the connection ends.
            let mut link = link;
            let mut time = pin!(timer.sleep(LISTENS));
            while !witnesses.are_complete() {
                let frame = tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = &mut time => break,
                    frame = link.incoming.recv() => frame,
                };
                let Some(Ok(frame)) = frame else { break };
                let burned = match RelayFrame::decode(&frame) {
                    Ok(RelayFrame { body: Reply::Burned(burned), .. }) => burned,
                    Ok(RelayFrame { body: Reply::Tombstone(tombstone), .. }) => {
                        witnesses.is_closed_by(&tombstone);
                        continue;
                    }
                    _ => continue,
                };
                if witnesses.confirm(&burned.sig)
                    && let Some(inner) = inner.upgrade()
                {
                    Self { inner }.has_heard(&name, view::receipts(&witnesses, !witnesses.are_complete())).await;
                }
            }
            if let Some(inner) = inner.upgrade().filter(|_| !stop.is_cancelled()) {
                Self { inner }.has_heard(&name, view::receipts(&witnesses, false)).await;
            }
        });
    }

    async fn has_heard(&self, name: &RoomHandle, burned: BurnReceipts) {
        let heard = self.inner.registry.look(|open| match &mut open.entry(name)?.state {
            EntryState::Ended(remains) if remains.burned.as_ref() != Some(&burned) => {
                remains.burned = Some(burned);
                Ok(Some(without_file::ended(name, remains)))
            }
            EntryState::Running { .. } | EntryState::Unopened(_) | EntryState::Ended(_) => Ok(None),
        });
        // A line that was dismissed, or a vault that was locked, is told nothing.
        if let Ok(Some(summary)) = heard.await {
            self.tell(Event::RoomChanged { summary });
        }
    }

    /// Has the relay of a room that has ended go on, which says so to whoever comes; at most for as long as the vault is open.
    fn serve_end(&self, open: &mut Open, handle: Handle, in_memory: bool, host: Host) {
        let (inner, stop, stopped) = (Arc::downgrade(&self.inner), CancellationToken::new(), CancellationToken::new());
        open.parting.insert(handle, Parting::new(stop.clone(), stopped.clone()));
        let stopped = stopped.drop_guard();
        let timer = Arc::clone(&self.inner.environment.timer);
        self.tasks().spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = timer.sleep(SERVED) => {}
            }
            host.stop().await;
            drop(stopped);
            let Some(inner) = inner.upgrade().filter(|_| !stop.is_cancelled()) else { return };
            let turn = inner.registry.turn().await;
            // What is not deleted now is swept when the vault is opened next.
            let _ = turn.with(|open| {
                if open.parting.remove(&handle).is_some() && !in_memory {
                    heavy(|| open.vault.delete_files(handle))?;
                }
                Ok(())
            });
        });
    }

    /// Ends the relays of rooms that have ended, because the vault is closed.
    pub(super) async fn end_parting(turn: &Turn<'_>) {
        let parting = turn.with(|open| Ok(std::mem::take(&mut open.parting))).unwrap_or_default();
        for (handle, parting) in parting {
            parting.end().await;
            // What is not deleted now is swept when the vault is opened next.
            let _ = turn.with(|open| Ok(heavy(|| open.vault.delete_files(handle))?));
        }
    }

    /// Removes the line of a room that has ended, or what is left of one that did not open.
    pub(super) fn forget(turn: &Turn<'_>, name: &RoomHandle) -> Result<(), ErrorCode> {
        turn.with(|open| {
            let entry = open.entry(name)?;
            let (handle, in_memory) = (entry.handle, entry.in_memory);
            let removed = match in_memory {
                true => Ok(()),
                // Its relay's file is open, and goes with it.
                false if open.parting.contains_key(&handle) => heavy(|| open.vault.forget_room(handle, None)),
                false => heavy(|| open.vault.remove_room(handle)),
            };
            if let Err(error) = removed.map_err(ErrorCode::from) {
                // The entry stays, and asking again goes on.
                open.entry(name)?.state = EntryState::Unopened(error);
                return Err(error);
            }
            open.rooms.remove(name);
            Ok(())
        })
    }
}

/// How long the relay lets those hear each other who were in a room at its end (SPEC 4.8).
const LISTENS: Duration = limits::PARTING;
/// How long the relay has to read a receipt.
const LET_GO: Duration = Duration::from_secs(5);
/// How long a relay of our own says that its room has ended.
const SERVED: Duration = Duration::from_secs(3600);
