//! Serving rooms to others.

use std::sync::Arc;

use conclave_proto::authority::Authority;
use conclave_store::HostedRoom;

use super::{Engine, Entry, EntryState, Open, keeper::Retry};
use crate::{
    api::OfRoom,
    error::ErrorCode,
    host::{self, Host, Log},
    room::actor::Request,
    snapshot::{Hosting, HostingReach, HostingState, RoomHandle},
    tasks::{Tasks, heavy},
};

impl Engine {
    /// Serves a hosted room again, at the same address and with the same key.
    ///
    /// # Errors
    /// [`ErrorCode::NotHosted`], [`ErrorCode::PortTaken`], [`ErrorCode::HostingFailed`], or what is wrong with the room's files:
    /// [`ErrorCode::RoomDamaged`], [`ErrorCode::HostedFileDamaged`], [`ErrorCode::VaultNewer`], [`ErrorCode::DiskFull`], [`ErrorCode::StorageFailed`].
    ///
    /// # Cancel safety
    /// Hosting may have started.
    pub async fn start_hosting(&self, request: OfRoom) -> Result<(), ErrorCode> {
        let mut open = self.opened().await?;
        let open = Self::get(&mut open)?;
        open.rooms.get_mut(&request.room).ok_or(ErrorCode::UnknownRoom)?.retry = Retry::default();
        self.serve(open, &request.room, None).await
    }

    /// Stops serving a hosted room. Its members' messages wait.
    ///
    /// # Errors
    /// [`ErrorCode::NotHosted`].
    ///
    /// # Cancel safety
    /// Hosting may have stopped.
    pub async fn stop_hosting(&self, request: OfRoom) -> Result<(), ErrorCode> {
        let mut open = self.opened().await?;
        let open = Self::get(&mut open)?;
        let handle = open.handle(&request.room)?;
        let entry = open.rooms.get_mut(&request.room).ok_or(ErrorCode::UnknownRoom)?;
        let was_due = std::mem::take(&mut entry.retry).is_due();
        let hosted = heavy(|| open.vault.hosted(handle))?;
        let known = entry.hosted.as_ref().map(|(_, _, port)| *port).or(hosted.as_ref().map(|hosted| hosted.port));
        let (room, host) = entry.state.running()?;
        match host.take() {
            Some(stopped) => stopped.stop().await,
            None if was_due => {}
            None => return Err(ErrorCode::NotHosted),
        }
        room.tell(Request::Hosting(Some(not_running(HostingState::Stopped, known.unwrap_or_default())))).await;
        match hosted {
            Some(hosted) => Ok(heavy(|| open.vault.save_hosted(handle, &HostedRoom { running: false, ..hosted }))?),
            None => Ok(()),
        }
    }

    /// Serves a hosted room on another port. The address in older invitations ends; code and key stay.
    ///
    /// # Errors
    /// As [`Engine::start_hosting`].
    ///
    /// # Cancel safety
    /// The address may have changed.
    pub async fn renew_address(&self, request: OfRoom) -> Result<(), ErrorCode> {
        let mut open = self.opened().await?;
        let open = Self::get(&mut open)?;
        if let Some(Entry { state: EntryState::Running { host, .. }, .. }) = open.rooms.get_mut(&request.room)
            && let Some(host) = host.take()
        {
            host.stop().await;
        }
        open.rooms.get_mut(&request.room).ok_or(ErrorCode::UnknownRoom)?.retry = Retry::default();
        self.serve(open, &request.room, Some(0)).await
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
        let open = self.inner.open.lock().await;
        let hosts = open.iter().flat_map(|open| open.rooms.values()).filter_map(|entry| match &entry.state {
            EntryState::Running { host, .. } => host.as_ref(),
            EntryState::Unopened(_) => None,
        });
        hosts.map(Host::others).fold(0, u32::saturating_add)
    }

    /// Starts the relay of a hosted room, at the port that it had or at another one, and tells the room how it went. What can clear
    /// by itself is tried again later.
    pub(super) async fn serve(&self, open: &mut Open, name: &RoomHandle, port: Option<u16>) -> Result<(), ErrorCode> {
        let outcome = self.try_serve(open, name, port).await;
        let now = self.inner.environment.clock.now().steady;
        if let Some(entry) = open.rooms.get_mut(name) {
            entry.retry.started(now, outcome);
        }
        if let Err(reason) = outcome {
            tell_failure(open, name, reason).await;
        }
        self.keep_hosting(open);
        outcome
    }

    async fn try_serve(&self, open: &mut Open, name: &RoomHandle, port: Option<u16>) -> Result<(), ErrorCode> {
        let Open { vault, rooms, .. } = open;
        let entry = rooms.get_mut(name).ok_or(ErrorCode::UnknownRoom)?;
        let handle = entry.handle;
        let room_id = entry.state.room_id()?;
        let (room, host) = entry.state.running()?;
        if host.is_some() {
            return Ok(());
        }
        let kept;
        let (identity, log, known) = match &entry.hosted {
            Some((identity, log, port)) => (identity, Log::Memory(Arc::clone(log)), *port),
            None => {
                let hosted = heavy(|| vault.hosted(handle))?.ok_or(ErrorCode::NotHosted)?;
                kept = host::Identity::from_stored(&hosted)?;
                (&kept, Log::File(vault.relay_log(handle).ok_or(ErrorCode::NotHosted)?), hosted.port)
            }
        };
        let started = Host::start(identity, port.unwrap_or(known), log).await?;
        started.dedicate(room_id);
        let stored = identity.to_stored(started.port(), true);
        match &mut entry.hosted {
            Some((_, _, port)) => *port = started.port(),
            None => {
                if let Err(error) = heavy(|| vault.save_hosted(handle, &stored)) {
                    started.stop().await;
                    return Err(error.into());
                }
            }
        }
        room.tell(Request::LocalAddress(Some(started.local_address()))).await;
        room.tell(Request::Hosting(Some(started.hosting()))).await;
        room.tell(Request::Relocate { addresses: started.address_texts() }).await;
        started.watch(room, &Tasks(Arc::clone(&self.inner.environment.spawn)));
        *host = Some(started);
        Ok(())
    }
}

/// Keeps with the room why it is not served, until it is.
async fn tell_failure(open: &mut Open, name: &RoomHandle, reason: ErrorCode) {
    let Open { vault, rooms, .. } = open;
    let Some(Entry { handle, hosted, state: EntryState::Running { room, .. }, .. }) = rooms.get(name) else { return };
    let state = if reason == ErrorCode::PortTaken { HostingState::PortTaken } else { HostingState::Failed };
    let port = match hosted {
        Some((_, _, port)) => *port,
        // A room that is not hosted here has nothing to fail; where the vault cannot be read, its addresses are not known.
        None => match heavy(|| vault.hosted(*handle)) {
            Ok(None) => return,
            Ok(Some(hosted)) => hosted.port,
            Err(_) => 0,
        },
    };
    let file = vault.relay_log(*handle).filter(|_| reason == ErrorCode::HostedFileDamaged);
    let failed = not_running(state, port).because(reason, file.map(|file| file.display().to_string()));
    room.tell(Request::Hosting(Some(failed))).await;
}

/// How a room stands that is not served, with the addresses at which it would be.
pub(super) fn not_running(state: HostingState, port: u16) -> Hosting {
    Hosting::new(state, host::addresses(port).iter().map(Authority::to_string).collect(), 0)
}
