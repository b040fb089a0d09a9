//! The engine: one vault, its rooms, and the relays that serve hosted ones.

use std::{fmt, sync::Arc};

use conclave_proto::id::RoomId;
use conclave_store::{Handle, RoomStore};
use tokio::sync::{broadcast, oneshot};
use tokio_util::sync::CancellationToken;

#[cfg(feature = "host")]
use crate::host::InMemory;
use crate::{
    environment::Environment,
    error::ErrorCode,
    event::Event,
    hold::Hold,
    host::Host,
    link::Network,
    room::{
        self,
        actor::{Request, Room, World},
        machine::Machine,
    },
    snapshot::RoomHandle,
    spoken::list::SpokenList,
    tasks::{Tasks, heavy},
};

mod appearance;
mod ending;
mod entrance;
mod erase;
mod hearing;
#[cfg(feature = "host")]
mod hosting;
#[cfg(not(feature = "host"))]
#[path = "engine/absent.rs"]
mod hosting;
mod inside;
#[cfg(feature = "host")]
mod keeper;
mod owner;
mod registry;
mod remains;
#[cfg(feature = "host")]
mod retry;
mod spoken;
mod succession;
mod vault;
mod without_file;

use registry::{Entry, EntryState, Registry, Turn};

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
    registry: Registry,
}

/// A room that is about to run.
struct Begun {
    handle: Handle,
    store: RoomStore,
    in_memory: bool,
    host: Option<Host>,
    #[cfg(feature = "host")]
    hosted: Option<InMemory>,
}

impl Begun {
    /// One that is not hosted here.
    fn new(handle: Handle, store: RoomStore, in_memory: bool) -> Self {
        Self {
            handle,
            store,
            in_memory,
            host: None,
            #[cfg(feature = "host")]
            hosted: None,
        }
    }
}

impl Engine {
    /// An engine that has opened nothing yet.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        let (events, _) = broadcast::channel(EVENTS);
        Self { inner: Arc::new(Inner { environment, events, registry: Registry::default() }) }
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

    /// Drops every key at once, whatever is under way: what a panic needs. When this returns, the vault is closed and its keys are
    /// gone from memory; every room and relay is told to end, and closes its files as soon as it is done with what it is at.
    /// Nothing is said to anybody and no file is marked as closed in order, so the next opening takes the files for copies that
    /// may be older. What hosts, joins or opens at this moment ends with [`ErrorCode::VaultLocked`] and leaves nothing running. A vault
    /// that is only just being opened, or whose closing is only just being marked, has its keys in memory until that work is done.
    ///
    /// Waits for no task, so it may be called from outside of a runtime; but not by a panic hook in its own thread, which may be in
    /// the middle of a work on what is open. [`Engine::lock_vault`] is the end in order.
    pub fn drop_keys(&self) -> Closing {
        let (was_open, closed) = self.inner.registry.take_all();
        if was_open {
            self.tell(Event::VaultChanged { vault: self.closed_vault() });
        }
        Closing(closed)
    }

    /// Starts a room's actor.
    async fn run(&self, turn: &Turn<'_>, begun: Begun) -> Result<RoomHandle, ErrorCode> {
        let environment = &self.inner.environment;
        let Begun { handle, mut store, in_memory, host, .. } = begun;
        let name = RoomHandle(handle.to_string());
        let (crypto, rng, now) = (Arc::clone(&environment.crypto), (environment.rng)(), environment.clock.now());
        let opened = heavy(|| {
            let (room_id, predecessor) = room::named_in(&mut store)?;
            Ok((room_id, predecessor, Machine::open(name.clone(), store, crypto, rng, in_memory, now)?))
        });
        let (room_id, predecessor, mut machine) = match opened.map_err(ErrorCode::of_room_file) {
            Ok(opened) => opened,
            Err(error) => return Err(stopping(host, error).await),
        };
        if let Some(host) = &host {
            host.dedicate(RoomId(room_id));
            machine.set_local_address(now, Some(host.local_address()));
            machine.set_hosting(Some(host.hosting()));
        }
        // Put in and started in one: there is no moment at which a room runs whose end nobody can call for.
        let mut parts = Some((machine, host));
        let started = turn.with(|open| {
            let (machine, host) = parts.take().ok_or(ErrorCode::Internal)?;
            let hold = open.hold.of_room(in_memory);
            let (room, fate) = Room::start(machine, self.world(hold.clone()));
            let room = Arc::new(room);
            self.await_end(name.clone(), fate.ends);
            self.await_arrival(name.clone(), fate.arrival);
            if let Some(host) = &host {
                host.watch(&room, hold, &self.network());
                self.keep_hosting(open);
            }
            let spoken = SpokenList::new(room.stopping());
            let state = EntryState::Running { room: Arc::clone(&room), room_id, host, spoken };
            let entry = Entry { predecessor, ..Entry::new(handle, in_memory, state) };
            #[cfg(feature = "host")]
            let entry = Entry { hosted: begun.hosted, ..entry };
            open.rooms.insert(name.clone(), entry);
            Ok(room)
        });
        let room = match (started, parts) {
            (Ok(room), _) => room,
            (Err(error), Some((machine, host))) => {
                drop(machine);
                return Err(stopping(host, error).await);
            }
            (Err(error), None) => return Err(error),
        };
        let summary = self.asked(room.ask(Request::Summary).await)?;
        self.tell(Event::RoomChanged { summary });
        Ok(name)
    }

    fn world(&self, hold: Hold) -> World {
        let environment = &self.inner.environment;
        World {
            clock: Arc::clone(&environment.clock),
            network: self.network(),
            events: self.inner.events.clone(),
            hold,
        }
    }

    fn network(&self) -> Network {
        let environment = &self.inner.environment;
        Network { dialer: Arc::clone(&environment.dialer), tasks: self.tasks(), timer: Arc::clone(&environment.timer) }
    }

    fn tasks(&self) -> Tasks {
        Tasks(Arc::clone(&self.inner.environment.spawn))
    }

    /// The room's actor. A room whose file did not open before is tried again.
    async fn room(&self, name: &RoomHandle) -> Result<Arc<Room>, ErrorCode> {
        let registry = &self.inner.registry;
        let running = registry.look(|open| match &open.entry(name)?.state {
            EntryState::Running { room, .. } => Ok(Some(Arc::clone(room))),
            EntryState::Unopened(_) => Ok(None),
            EntryState::Ended(_) => Err(ErrorCode::RoomEnded),
        });
        if let Some(room) = running.await? {
            return Ok(room);
        }
        let turn = registry.turn().await;
        let unopened = turn.with(|open| {
            let entry = open.entry(name)?;
            Ok(matches!(entry.state, EntryState::Unopened(_)).then_some(entry.handle))
        })?;
        if let Some(handle) = unopened {
            let is_served = self.open_room(&turn, handle).await?;
            turn.with(|open| {
                open.end_opening();
                Ok(())
            })?;
            if is_served {
                // A port that is taken shows in the room, which opens all the same.
                let _ = self.serve(&turn, name, None).await;
            }
        }
        turn.with(|open| open.room(name))
    }

    /// Asks a room something. It answers when it has done what it was asked before; other rooms do not wait for it.
    async fn ask<T>(
        &self,
        name: &RoomHandle,
        request: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, ErrorCode> {
        let room = self.room(name).await?;
        self.asked(room.ask(request).await)
    }

    /// A room that has ended because the vault was closed is not unknown.
    fn asked<T>(&self, answer: Result<T, ErrorCode>) -> Result<T, ErrorCode> {
        answer.map_err(|ended| if self.inner.registry.is_settled() { ended } else { ErrorCode::VaultLocked })
    }
}

/// Stops a relay that no room needs, for a reason.
async fn stopping(host: Option<Host>, reason: ErrorCode) -> ErrorCode {
    if let Some(host) = host {
        host.stop().await;
    }
    reason
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine(..)")
    }
}

/// What is still to be closed after [`Engine::drop_keys`].
#[derive(Debug)]
pub struct Closing(Option<CancellationToken>);

impl Closing {
    /// Waits until every room, every relay and the index have closed their files. Another process can open the vault then.
    ///
    /// # Cancel safety
    /// Everything is closed all the same.
    pub async fn wait(&self) {
        if let Some(closed) = &self.0 {
            closed.cancelled().await;
        }
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
