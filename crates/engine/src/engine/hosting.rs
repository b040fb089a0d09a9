//! Serving rooms to others.

use std::sync::Arc;

use conclave_proto::{authority::Authority, id::RoomId};
use conclave_relay::log::MemoryLog;
use conclave_store::{Handle, HostedRoom};

use super::{
    Begun, Engine, EntryState,
    entrance::persistence,
    registry::{Open, Turn},
    retry::Retry,
};
use crate::{
    api::{HostRoom, OfRoom, SecretText},
    error::ErrorCode,
    host::{self, Host, InMemory, Log, not_running},
    room::{
        self, Draft, RelayPlace,
        actor::{Request, Room},
    },
    snapshot::{Hosting, HostingReach, HostingState, RoomHandle},
    tasks::heavy,
};

impl Engine {
    /// Hosts a room on this computer: starts a relay of its own and opens the room there.
    ///
    /// # Errors
    /// What was typed wrongly, [`ErrorCode::InvalidRequest`] for a room that is to go on without its owner, or
    /// [`ErrorCode::HostingFailed`].
    ///
    /// # Cancel safety
    /// The room may exist afterwards; [`Engine::snapshot`] tells.
    pub async fn host_room(&self, request: HostRoom) -> Result<RoomHandle, ErrorCode> {
        self.host(request, None).await
    }

    /// As [`Engine::host_room`]; the room may take the place of another one.
    pub(super) async fn host(&self, request: HostRoom, predecessor: Option<Handle>) -> Result<RoomHandle, ErrorCode> {
        let turn = self.inner.registry.turn().await;
        turn.with(|open| open.takes_no_place_of(predecessor))?;
        let persistence = persistence(request.in_memory);
        let mut rng = (self.inner.environment.rng)();
        let identity = heavy(|| host::Identity::generate(rng.as_mut()))?;
        let pin = identity.pin();
        let authority = Authority::Pin(pin);
        // Nothing is made for a room whose rules or names are not acceptable.
        let draft = Draft {
            title: &request.title,
            note: &request.note,
            nick: &request.nick,
            rules: request.rules,
            passphrase: request.passphrase.as_ref().map(SecretText::expose_secret),
            relay: RelayPlace { authority: &authority, addresses: &[], pin: Some(pin) },
            predecessor,
        };
        draft.check()?;
        // Without its owner's computer nobody would serve it.
        if !request.rules.owner_leave_closes {
            return Err(ErrorCode::InvalidRequest);
        }
        let now = self.inner.environment.clock.now();
        let mut new = turn.with(|open| Ok(heavy(|| open.vault.begin_room(persistence, now.unix, rng.as_mut()))?))?;
        let memory = Arc::new(MemoryLog::new());
        let log = match new.relay_log() {
            Some(path) => Log::NewFile(path.to_owned()),
            None => Log::Memory(Arc::clone(&memory)),
        };
        let in_memory = matches!(log, Log::Memory(_));
        let host = Host::start(&self.inner.environment.listen, &identity, 0, log).await?;
        let addresses = host.addresses();
        let draft =
            Draft { relay: RelayPlace { authority: &authority, addresses: &addresses, pin: Some(pin) }, ..draft };
        let crypto = &self.inner.environment.crypto;
        let founded = heavy(|| room::found(&mut new.store, crypto, rng.as_mut(), now, &draft));
        // What is not kept is removed, once its relay has closed its log.
        let mut new = Some(new);
        let made = founded.and_then(|()| {
            let hosted = identity.to_stored(host.port(), true);
            turn.with(|open| {
                let new = new.take().ok_or(ErrorCode::Internal)?;
                Ok(heavy(|| open.vault.keep_room(new, Some(&hosted)))?)
            })
        });
        let (handle, store) = match made {
            Ok(made) => made,
            Err(error) => {
                host.stop().await;
                return Err(error);
            }
        };
        let hosted = in_memory.then(|| InMemory { identity: Arc::new(identity), log: memory, port: host.port() });
        self.run(&turn, Begun { host: Some(host), hosted, ..Begun::new(handle, store, in_memory) }).await
    }

    /// Serves a hosted room again, at the same address and with the same key.
    ///
    /// # Errors
    /// [`ErrorCode::NotHosted`], [`ErrorCode::PortTaken`], [`ErrorCode::HostingFailed`], or what is wrong with the room's files:
    /// [`ErrorCode::RoomDamaged`], [`ErrorCode::HostedFileDamaged`], [`ErrorCode::VaultNewer`], [`ErrorCode::DiskFull`], [`ErrorCode::StorageFailed`].
    ///
    /// # Cancel safety
    /// Hosting may have started.
    pub async fn start_hosting(&self, request: OfRoom) -> Result<(), ErrorCode> {
        let turn = self.inner.registry.turn().await;
        turn.with(|open| {
            open.entry(&request.room)?.retry = Retry::default();
            Ok(())
        })?;
        self.serve(&turn, &request.room, None).await
    }

    /// Stops serving a hosted room. Its members' messages wait.
    ///
    /// # Errors
    /// [`ErrorCode::NotHosted`].
    ///
    /// # Cancel safety
    /// Hosting may have stopped.
    pub async fn stop_hosting(&self, request: OfRoom) -> Result<(), ErrorCode> {
        let turn = self.inner.registry.turn().await;
        let (room, host, hosted, port) = turn.with(|open| {
            let Open { vault, rooms, .. } = open;
            let entry = rooms.get_mut(&request.room).ok_or(ErrorCode::UnknownRoom)?;
            let was_due = std::mem::take(&mut entry.retry).is_due();
            let hosted = heavy(|| vault.hosted(entry.handle))?;
            let known = entry.hosted.as_ref().map(|hosted| hosted.port).or(hosted.as_ref().map(|hosted| hosted.port));
            let (room, host) = entry.state.running()?;
            let host = host.take();
            if host.is_none() && !was_due {
                return Err(ErrorCode::NotHosted);
            }
            Ok((Arc::clone(room), host, hosted, known.unwrap_or_default()))
        })?;
        if let Some(host) = host {
            host.stop().await;
        }
        room.tell(Request::Hosting(Some(not_running(HostingState::Stopped, port)))).await;
        turn.with(|open| {
            let handle = open.entry(&request.room)?.handle;
            match hosted {
                Some(hosted) => Ok(heavy(|| open.vault.save_hosted(handle, &HostedRoom { running: false, ..hosted }))?),
                None => Ok(()),
            }
        })
    }

    /// Serves a hosted room on another port. The address in older invitations ends; code and key stay.
    ///
    /// # Errors
    /// As [`Engine::start_hosting`].
    ///
    /// # Cancel safety
    /// The address may have changed.
    pub async fn renew_address(&self, request: OfRoom) -> Result<(), ErrorCode> {
        let turn = self.inner.registry.turn().await;
        let host = turn.with(|open| {
            let entry = open.entry(&request.room)?;
            entry.retry = Retry::default();
            Ok(entry.state.running().ok().and_then(|(_, host)| host.take()))
        })?;
        if let Some(host) = host {
            host.stop().await;
        }
        self.serve(&turn, &request.room, Some(0)).await
    }

    /// Who could come into a room that this computer served now.
    ///
    /// # Cancel safety
    /// Changes nothing.
    #[expect(clippy::unused_async, reason = "all commands are awaited, so that one table forwards them")]
    pub async fn hosting_reach(&self) -> HostingReach {
        not_running(HostingState::Stopped, 0).reach
    }

    /// How many other people are connected to rooms that this computer serves.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn hosting_others(&self) -> u32 {
        let others = self.inner.registry.look(|open| {
            let hosts = open.rooms.values().filter_map(|entry| match &entry.state {
                EntryState::Running { host, .. } => host.as_ref(),
                EntryState::Unopened(_) | EntryState::Ended(_) => None,
            });
            Ok(hosts.map(Host::others).fold(0, u32::saturating_add))
        });
        others.await.unwrap_or_default()
    }

    /// Starts the relay of a hosted room, at the port that it had or at another one, and tells the room how it went. What can clear
    /// by itself is tried again later.
    pub(super) async fn serve(&self, turn: &Turn<'_>, name: &RoomHandle, port: Option<u16>) -> Result<(), ErrorCode> {
        let outcome = self.try_serve(turn, name, port).await;
        let now = self.inner.environment.clock.now().steady;
        let failed = turn.with(|open| {
            open.entry(name)?.retry.started(now, outcome);
            self.keep_hosting(open);
            Ok(outcome.err().and_then(|reason| why_not_served(open, name, reason)))
        })?;
        if let Some((room, failed)) = failed {
            room.tell(Request::Hosting(Some(failed))).await;
        }
        outcome
    }

    async fn try_serve(&self, turn: &Turn<'_>, name: &RoomHandle, port: Option<u16>) -> Result<(), ErrorCode> {
        let environment = &self.inner.environment;
        let Some(place) = turn.with(|open| Place::of(open, name))? else { return Ok(()) };
        let Place { room, room_id, identity, log, port: known } = place;
        let started = Host::start(&environment.listen, &identity, port.unwrap_or(known), log).await?;
        started.dedicate(room_id);
        let stored = identity.to_stored(started.port(), true);
        let (local, hosting, addresses) = (started.local_address(), started.hosting(), started.address_texts());
        let mut started = Some(started);
        let kept = turn.with(|open| {
            let Open { vault, rooms, hold, .. } = open;
            let entry = rooms.get_mut(name).ok_or(ErrorCode::UnknownRoom)?;
            match &mut entry.hosted {
                Some(hosted) => hosted.port = stored.port,
                None => heavy(|| vault.save_hosted(entry.handle, &stored))?,
            }
            let hold = hold.of_room(entry.in_memory);
            let (room, host) = entry.state.running()?;
            *host = started.take();
            host.iter().for_each(|host| host.watch(room, hold.clone(), &self.network()));
            Ok(())
        });
        if let (Err(error), Some(host)) = (kept, started) {
            host.stop().await;
            return Err(error);
        }
        room.tell(Request::LocalAddress(Some(local))).await;
        room.tell(Request::Hosting(Some(hosting))).await;
        room.tell(Request::Relocate { addresses }).await;
        kept
    }
}

/// What the relay of a room is started with.
pub(super) struct Place {
    room: Arc<Room>,
    room_id: RoomId,
    pub(super) identity: Arc<host::Identity>,
    pub(super) log: Log,
    /// The port that it had.
    pub(super) port: u16,
}

impl Place {
    /// None if it runs.
    pub(super) fn of(open: &mut Open, name: &RoomHandle) -> Result<Option<Self>, ErrorCode> {
        let Open { vault, rooms, .. } = open;
        let entry = rooms.get_mut(name).ok_or(ErrorCode::UnknownRoom)?;
        let room_id = match &entry.state {
            EntryState::Running { room_id, .. } => RoomId(*room_id),
            EntryState::Unopened(reason) => return Err(*reason),
            EntryState::Ended(_) => return Err(ErrorCode::RoomEnded),
        };
        let (room, host) = entry.state.running()?;
        if host.is_some() {
            return Ok(None);
        }
        let room = Arc::clone(room);
        let (identity, log, port) = match &entry.hosted {
            Some(InMemory { identity, log, port }) => (Arc::clone(identity), Log::Memory(Arc::clone(log)), *port),
            None => {
                let hosted = heavy(|| vault.hosted(entry.handle))?.ok_or(ErrorCode::NotHosted)?;
                let file = vault.relay_log(entry.handle).ok_or(ErrorCode::NotHosted)?;
                (Arc::new(host::Identity::from_stored(&hosted)?), Log::File(file), hosted.port)
            }
        };
        Ok(Some(Self { room, room_id, identity, log, port }))
    }
}

/// What is kept with the room until it is served: why it is not. None for a room that is not hosted here, which has nothing to fail.
fn why_not_served(open: &mut Open, name: &RoomHandle, reason: ErrorCode) -> Option<(Arc<Room>, Hosting)> {
    let room = open.room(name).ok()?;
    let Open { vault, rooms, .. } = open;
    let entry = rooms.get(name)?;
    let state = if reason == ErrorCode::PortTaken { HostingState::PortTaken } else { HostingState::Failed };
    let port = match &entry.hosted {
        Some(hosted) => hosted.port,
        // Where the vault cannot be read, its addresses are not known.
        None => match heavy(|| vault.hosted(entry.handle)) {
            Ok(hosted) => hosted?.port,
            Err(_) => 0,
        },
    };
    let file = vault.relay_log(entry.handle).filter(|_| reason == ErrorCode::HostedFileDamaged);
    Some((room, not_running(state, port).because(reason, file.map(|file| file.display().to_string()))))
}
