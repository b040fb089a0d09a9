//! What is open: the vault, its rooms, and the relays that serve hosted ones.
//!
//! A `std` mutex guards it and is held for short synchronous work only, so that a command about one room takes a handle
//! and goes, and all keys can be dropped at any time ([`Registry::take_all`]). What must not interleave, because it waits
//! in between (opening, hosting, joining, removing, locking), takes the [`Turn`] first, and after each wait it finds out
//! whether the vault is still the one that it began with: its number is compared with each access. Whoever waits for a
//! keyring meanwhile gives the turn up to who needs none ([`Turn::outside`]).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use conclave_store::{Handle, Opening, Vault};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
#[cfg(feature = "host")]
use tokio_util::sync::DropGuard;

#[cfg(feature = "host")]
use super::retry::Retry;
use super::{
    hearing::Hearing,
    remains::{Parting, Remains},
};
#[cfg(feature = "host")]
use crate::host::InMemory;
use crate::{
    error::ErrorCode, hold::Hold, host::Host, room::actor::Room, snapshot::RoomHandle, spoken::list::SpokenList,
    tasks::heavy,
};

#[derive(Default)]
pub(super) struct Registry {
    state: Mutex<State>,
    turn: tokio::sync::Mutex<()>,
    /// How many wait for the turn who need not wait for what is outside; whoever waits for that gives way.
    urgent: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    /// Counts openings and ends: whoever knows the present number knows what is open.
    number: u64,
    open: Option<Open>,
    /// Rooms in memory that take leave of their members, after the vault was closed.
    departing: Vec<Entry>,
    /// Cancelled once nothing holds what the newest opening opened.
    closed: Option<CancellationToken>,
}

/// What is there while the vault is open.
pub(super) struct Open {
    pub(super) vault: Vault,
    /// When it was opened, by the steady clock.
    pub(super) since: Duration,
    pub(super) rooms: BTreeMap<RoomHandle, Entry>,
    /// What tells a room's file that is older than the index; none if the disk refused it.
    pub(super) opening: Option<Opening>,
    /// Ends the task that restarts relays, which is there once a room is hosted.
    #[cfg(feature = "host")]
    pub(super) keeper: Option<DropGuard>,
    /// Whether somebody is told an invitation now.
    pub(super) hearing: Hearing,
    /// Rooms that have ended and whose relays still say so.
    pub(super) parting: BTreeMap<Handle, Parting>,
    /// All its rooms are here. Not while it is being opened or closed: whoever asks then waits for the turn.
    pub(super) is_settled: bool,
    /// Declared last: the folder is released once the index is closed.
    pub(super) hold: Hold,
}

pub(super) struct Entry {
    pub(super) handle: Handle,
    pub(super) in_memory: bool,
    /// The room whose place this one takes, until that is settled.
    pub(super) predecessor: Option<Handle>,
    /// There for a room in memory that is hosted here.
    #[cfg(feature = "host")]
    pub(super) hosted: Option<InMemory>,
    #[cfg(feature = "host")]
    pub(super) retry: Retry,
    pub(super) state: EntryState,
}

pub(super) enum EntryState {
    Running {
        room: Arc<Room>,
        room_id: [u8; 32],
        host: Option<Host>,
        spoken: SpokenList,
    },
    /// The file did not open. It stays as it is, and whatever is asked of the room tries it again.
    Unopened(ErrorCode),
    /// Others have ended it. This is all that is left, until its person has seen that.
    Ended(Remains),
}

impl Registry {
    /// The next turn to change what is open.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let waited = self.turn.lock().await;
        let number = self.state().number;
        Turn { registry: self, number, _waited: waited }
    }

    /// The next turn, for which whoever has it and waits outside ([`Turn::outside`]) gives way.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue.
    pub(super) async fn turn_at_once(&self) -> Turn<'_> {
        let _urgent = Urgent::new(&self.urgent);
        self.turn().await
    }

    /// Looks at what is open, once it is neither being opened nor being closed.
    ///
    /// # Errors
    /// [`ErrorCode::VaultLocked`] if nothing is, or what `look` says.
    ///
    /// # Cancel safety
    /// `look` has run or has not.
    pub(super) async fn look<T>(&self, look: impl FnOnce(&mut Open) -> Result<T, ErrorCode>) -> Result<T, ErrorCode> {
        loop {
            if let Some(open) = self.state().open.as_mut().filter(|open| open.is_settled) {
                return look(open);
            }
            if self.state().open.is_none() {
                return Err(ErrorCode::VaultLocked);
            }
            drop(self.turn.lock().await);
        }
    }

    /// Whether a vault is open, with all its rooms, and nobody is closing it.
    pub(super) fn is_settled(&self) -> bool {
        self.state().open.as_ref().is_some_and(|open| open.is_settled)
    }

    /// Waits until nothing holds what was opened before.
    async fn closed(&self) {
        let closed = self.state().closed.clone();
        if let Some(closed) = closed {
            closed.cancelled().await;
        }
    }

    /// Ends everything that is open, whoever has the turn, which finds nothing afterwards: keys of the vault are gone
    /// when this returns, those of a room once its actor is done with its present input. Says whether a vault was open,
    /// and returns what is cancelled when all is closed; none if nothing ever was open.
    pub(super) fn take_all(&self) -> (bool, Option<CancellationToken>) {
        let (open, departing, closed) = {
            let mut state = self.state();
            state.number = state.number.wrapping_add(1);
            (state.open.take(), std::mem::take(&mut state.departing), state.closed.clone())
        };
        // Whoever waits outside looks at the number.
        self.urgent.send_modify(|_| ());
        let was_open = open.is_some();
        let rooms = open.iter().flat_map(|open| open.rooms.values()).chain(&departing);
        // Rooms and relays are told first: closing the index may wait for the disk.
        for entry in rooms {
            if let EntryState::Running { room, host, .. } = &entry.state {
                room.begin_stop();
                host.iter().for_each(Host::begin_stop);
            }
        }
        heavy(|| drop((departing, open)));
        (was_open, closed)
    }

    /// Every room that runs, those that depart among them.
    pub(super) fn running(&self) -> Vec<Arc<Room>> {
        let state = self.state();
        let open = state.open.iter().flat_map(|open| open.rooms.values());
        open.chain(&state.departing).filter_map(Entry::room).cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for the turn and for nothing else.
struct Urgent<'a>(&'a watch::Sender<usize>);

impl<'a> Urgent<'a> {
    fn new(urgent: &'a watch::Sender<usize>) -> Self {
        urgent.send_modify(|waiting| *waiting = waiting.saturating_add(1));
        Self(urgent)
    }
}

impl Drop for Urgent<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting = waiting.saturating_sub(1));
    }
}

/// The right to change what is open, one after the other. Dropped while the vault is being opened or closed, it closes
/// everything at once.
pub(super) struct Turn<'a> {
    registry: &'a Registry,
    number: u64,
    _waited: tokio::sync::MutexGuard<'a, ()>,
}

impl Turn<'_> {
    /// Whether a vault is open.
    pub(super) fn is_open(&self) -> bool {
        self.registry.state().open.is_some()
    }

    /// Waits until nothing holds what was opened before.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub(super) async fn closed(&self) {
        self.registry.closed().await;
    }

    /// Waits for something outside of the engine that may never come, as a keyring's answer.
    ///
    /// # Errors
    /// [`ErrorCode::VaultLocked`] if the keys were dropped since the turn began, or somebody wants the turn at once.
    ///
    /// # Cancel safety
    /// That of `outside`.
    pub(super) async fn outside<T>(&self, outside: impl Future<Output = T>) -> Result<T, ErrorCode> {
        let mut urgent = self.registry.urgent.subscribe();
        let gives_way = |waiting: &usize| *waiting > 0 || self.registry.state().number != self.number;
        tokio::select! {
            biased;
            _ = urgent.wait_for(gives_way) => Err(ErrorCode::VaultLocked),
            outcome = outside => Ok(outcome),
        }
    }

    /// Puts in what was opened. It is not settled yet.
    ///
    /// # Errors
    /// [`ErrorCode::VaultLocked`] if the keys were dropped since the turn began; the vault is closed then.
    pub(super) fn begin(&mut self, vault: Vault, since: Duration, opening: Option<Opening>) -> Result<(), ErrorCode> {
        let (hold, closed) = Hold::new(vault.folder_lock());
        let open = Open {
            vault,
            since,
            rooms: BTreeMap::new(),
            parting: BTreeMap::new(),
            opening,
            #[cfg(feature = "host")]
            keeper: None,
            hearing: Hearing::default(),
            is_settled: false,
            hold,
        };
        let mut state = self.registry.state();
        if state.number != self.number || state.open.is_some() {
            // Not under the lock: closing the index may wait for the disk.
            drop(state);
            heavy(|| drop(open));
            return Err(ErrorCode::VaultLocked);
        }
        self.number = self.number.wrapping_add(1);
        state.number = self.number;
        (state.open, state.closed) = (Some(open), Some(closed));
        Ok(())
    }

    /// Works with what is open, for milliseconds at most: everybody else waits.
    ///
    /// # Errors
    /// [`ErrorCode::VaultLocked`] if it is not what was open when the turn began, or what `work` says.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Open) -> Result<T, ErrorCode>) -> Result<T, ErrorCode> {
        let mut state = self.registry.state();
        let State { number, open: Some(open), .. } = &mut *state else { return Err(ErrorCode::VaultLocked) };
        if *number == self.number { work(open) } else { Err(ErrorCode::VaultLocked) }
    }

    /// Takes out the vault to close it. The rooms that are left depart: see [`Turn::departed`].
    pub(super) fn end(&mut self) -> Option<Open> {
        let mut state = self.registry.state();
        if state.number != self.number {
            return None;
        }
        let mut open = state.open.take()?;
        self.number = self.number.wrapping_add(1);
        state.number = self.number;
        state.departing = std::mem::take(&mut open.rooms).into_values().collect();
        Some(open)
    }

    /// The rooms that depart: those in memory. One that is hosted here ends for everybody, as its relay does.
    pub(super) fn departing(&self) -> Vec<Arc<Room>> {
        let state = self.registry.state();
        state.departing.iter().filter_map(Entry::room).cloned().collect()
    }

    /// Takes out the rooms that departed.
    pub(super) fn departed(&self) -> Vec<Entry> {
        std::mem::take(&mut self.registry.state().departing)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let state = self.registry.state();
        let is_whole = state.departing.is_empty() && state.open.as_ref().is_none_or(|open| open.is_settled);
        drop(state);
        if !is_whole {
            self.registry.take_all();
        }
    }
}

impl Open {
    pub(super) fn entry(&mut self, name: &RoomHandle) -> Result<&mut Entry, ErrorCode> {
        self.rooms.get_mut(name).ok_or(ErrorCode::UnknownRoom)
    }

    pub(super) fn room(&mut self, name: &RoomHandle) -> Result<Arc<Room>, ErrorCode> {
        let (room, _) = self.entry(name)?.state.running()?;
        Ok(Arc::clone(room))
    }

    pub(super) fn running(&self) -> impl Iterator<Item = (&RoomHandle, &Arc<Room>)> {
        self.rooms.iter().filter_map(|(handle, entry)| Some((handle, entry.room()?)))
    }

    /// Refuses a second room that takes the place of the same one.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`].
    pub(super) fn takes_no_place_of(&self, predecessor: Option<Handle>) -> Result<(), ErrorCode> {
        let is_taken = predecessor.is_some() && self.rooms.values().any(|entry| entry.predecessor == predecessor);
        if is_taken { Err(ErrorCode::InvalidRequest) } else { Ok(()) }
    }

    /// The room of this computer with an id, if there is one.
    pub(super) fn known(&self, room_id: &[u8; 32]) -> Option<RoomHandle> {
        let same = |entry: &Entry| match &entry.state {
            EntryState::Running { room_id: known, .. } => known == room_id,
            EntryState::Unopened(_) | EntryState::Ended(_) => false,
        };
        self.rooms.iter().find(|(_, entry)| same(entry)).map(|(handle, _)| handle.clone())
    }
}

impl Entry {
    pub(super) fn new(handle: Handle, in_memory: bool, state: EntryState) -> Self {
        Self {
            handle,
            in_memory,
            predecessor: None,
            #[cfg(feature = "host")]
            hosted: None,
            #[cfg(feature = "host")]
            retry: Retry::default(),
            state,
        }
    }

    /// The room's actor, if it runs.
    fn room(&self) -> Option<&Arc<Room>> {
        match &self.state {
            EntryState::Running { room, .. } => Some(room),
            EntryState::Unopened(_) | EntryState::Ended(_) => None,
        }
    }

    /// The invitations that are read aloud.
    pub(super) fn spoken(&self) -> Option<&SpokenList> {
        match &self.state {
            EntryState::Running { spoken, .. } => Some(spoken),
            EntryState::Unopened(_) | EntryState::Ended(_) => None,
        }
    }

    /// Nobody is let in any more by what was read aloud.
    pub(super) fn end_spoken(&self) {
        if let Some(spoken) = self.spoken() {
            spoken.end();
        }
    }

    /// Whether more ends with it than what this person sees: it is in memory only, or others are connected to it here.
    pub(super) fn is_end_felt(&self) -> bool {
        match &self.state {
            EntryState::Running { host, .. } => self.in_memory || host.as_ref().is_some_and(|host| host.others() > 0),
            EntryState::Unopened(_) | EntryState::Ended(_) => false,
        }
    }
}

impl EntryState {
    pub(super) fn running(&mut self) -> Result<(&Arc<Room>, &mut Option<Host>), ErrorCode> {
        match self {
            Self::Running { room, host, .. } => Ok((room, host)),
            Self::Unopened(reason) => Err(*reason),
            Self::Ended(_) => Err(ErrorCode::RoomEnded),
        }
    }

    /// Ends the room and its relay, and waits until their files are closed.
    pub(super) async fn close(self) {
        if let Self::Running { room, host, spoken, .. } = self {
            room.begin_stop();
            spoken.closed().await;
            if let Some(host) = host {
                host.stop().await;
            }
            room.stop().await;
        }
    }
}
