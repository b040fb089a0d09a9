//! The engine: one vault, its rooms, and the relays that serve hosted ones.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use conclave_proto::id::RoomId;
use conclave_relay::log::MemoryLog;
use conclave_store::{Handle, Opening, RoomStore, Vault};
use tokio::sync::{Mutex, MutexGuard, broadcast};

use crate::{
    environment::Environment,
    error::ErrorCode,
    event::Event,
    host::{self, Host},
    room::{
        self,
        actor::{Request, Room, World},
        machine::Machine,
    },
    snapshot::{RoomHandle, RoomPhase},
    tasks::{Tasks, heavy},
};

mod appearance;
mod entrance;
mod hosting;
mod inside;
mod keeper;
mod vault;

/// The application without a UI. Cheap to clone; all clones are one engine.
///
/// Every method that takes a request of [`crate::api`] is one command of a UI.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment,
    events: broadcast::Sender<Event>,
    open: Mutex<Option<Open>>,
}

/// What is there while the vault is open.
struct Open {
    vault: Vault,
    /// When it was opened, by the steady clock.
    since: Duration,
    rooms: BTreeMap<RoomHandle, Entry>,
    /// What tells a room's file that is older than the index; none if the disk refused it.
    opening: Option<Opening>,
    /// Restarts relays; there once a room is hosted.
    keeper: Option<keeper::Keeper>,
}

struct Entry {
    handle: Handle,
    in_memory: bool,
    /// What hosting a room in memory needs, so that it can go on after a pause. The vault keeps it for all others.
    hosted: Option<(host::Identity, Arc<MemoryLog>, u16)>,
    retry: keeper::Retry,
    state: EntryState,
}

enum EntryState {
    Running {
        room: Arc<Room>,
        room_id: [u8; 32],
        host: Option<Host>,
    },
    /// The file did not open. It stays as it is, and whatever is asked of the room tries it again.
    Unopened(ErrorCode),
}

impl EntryState {
    fn running(&mut self) -> Result<(&Arc<Room>, &mut Option<Host>), ErrorCode> {
        match self {
            Self::Running { room, host, .. } => Ok((room, host)),
            Self::Unopened(reason) => Err(*reason),
        }
    }

    fn room_id(&self) -> Result<RoomId, ErrorCode> {
        match self {
            Self::Running { room_id, .. } => Ok(RoomId(*room_id)),
            Self::Unopened(reason) => Err(*reason),
        }
    }
}

impl Engine {
    /// An engine that has opened nothing yet.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        let (events, _) = broadcast::channel(EVENTS);
        Self { inner: Arc::new(Inner { environment, events, open: Mutex::new(None) }) }
    }

    /// Everything that happens from now on. Take a [`Engine::snapshot`] afterwards.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.inner.events.subscribe())
    }

    fn tell(&self, event: Event) {
        // Nobody listens before the first UI is attached; the snapshot tells it everything.
        drop(self.inner.events.send(event));
    }

    /// Starts a room's actor.
    async fn run(
        &self,
        open: &mut Open,
        handle: Handle,
        mut store: RoomStore,
        in_memory: bool,
        host: Option<Host>,
    ) -> Result<RoomHandle, ErrorCode> {
        let environment = &self.inner.environment;
        let name = RoomHandle(handle.to_string());
        let in_memory = in_memory || open.vault.is_in_memory();
        let (crypto, rng, now) = (Arc::clone(&environment.crypto), (environment.rng)(), environment.clock.now());
        let (room_id, mut machine) = heavy(|| {
            let room_id = room::room_id_of(&mut store)?;
            Ok((room_id, Machine::open(name.clone(), store, crypto, rng, in_memory, now)?))
        })
        .map_err(ErrorCode::of_room_file)?;
        if let Some(host) = &host {
            host.dedicate(RoomId(room_id));
            machine.set_local_address(now, Some(host.local_address()));
            machine.set_hosting(Some(host.hosting()));
        }
        let world = World {
            clock: Arc::clone(&environment.clock),
            dialer: Arc::clone(&environment.dialer),
            tasks: Tasks(Arc::clone(&environment.spawn)),
            events: self.inner.events.clone(),
        };
        let room = Arc::new(Room::start(machine, world));
        if let Some(host) = &host {
            host.watch(&room, &Tasks(Arc::clone(&environment.spawn)));
            self.keep_hosting(open);
        }
        let summary = room.ask(Request::Summary).await?;
        let state = EntryState::Running { room, room_id, host };
        open.rooms
            .insert(name.clone(), Entry { handle, in_memory, hosted: None, retry: keeper::Retry::default(), state });
        self.tell(Event::RoomChanged { summary });
        Ok(name)
    }

    async fn opened(&self) -> Result<MutexGuard<'_, Option<Open>>, ErrorCode> {
        Ok(self.inner.open.lock().await)
    }

    fn get<'a>(open: &'a mut MutexGuard<'_, Option<Open>>) -> Result<&'a mut Open, ErrorCode> {
        open.as_mut().ok_or(ErrorCode::VaultLocked)
    }

    async fn room(&self, name: &RoomHandle) -> Result<Arc<Room>, ErrorCode> {
        let mut open = self.opened().await?;
        let open = Self::get(&mut open)?;
        let entry = open.rooms.get(name).ok_or(ErrorCode::UnknownRoom)?;
        if let EntryState::Unopened(_) = entry.state {
            let handle = entry.handle;
            self.open_room(open, handle).await;
            open.end_opening();
        }
        match &open.rooms.get(name).ok_or(ErrorCode::UnknownRoom)?.state {
            EntryState::Running { room, .. } => Ok(Arc::clone(room)),
            EntryState::Unopened(reason) => Err(*reason),
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine(..)")
    }
}

impl Open {
    /// Rooms whose leave is under way.
    async fn leaving(&mut self) -> Vec<RoomHandle> {
        let mut leaving = Vec::new();
        for (handle, entry) in &mut self.rooms {
            if let EntryState::Running { room, .. } = &entry.state
                && let Ok(summary) = room.ask(Request::Summary).await
                && summary.phase == RoomPhase::Leaving
            {
                leaving.push(handle.clone());
            }
        }
        leaving
    }

    fn known(&self, room_id: &[u8; 32]) -> Option<RoomHandle> {
        let same = |entry: &Entry| match &entry.state {
            EntryState::Running { room_id: known, .. } => known == room_id,
            EntryState::Unopened(_) => false,
        };
        self.rooms.iter().find(|(_, entry)| same(entry)).map(|(handle, _)| handle.clone())
    }

    fn handle(&self, name: &RoomHandle) -> Result<Handle, ErrorCode> {
        self.rooms.get(name).map(|entry| entry.handle).ok_or(ErrorCode::UnknownRoom)
    }
}

/// What happens, as it happens.
#[derive(Debug)]
pub struct Events(broadcast::Receiver<Event>);

impl Events {
    /// The next event. [`Event::Lagged`] if some were lost; `None` once the engine is gone.
    ///
    /// # Cancel safety
    /// No event is lost.
    pub async fn next(&mut self) -> Option<Event> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Event::Lagged),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// Events that a UI may be behind.
const EVENTS: usize = 1024;
const LAST_ADDRESS: &str = "last-address";
