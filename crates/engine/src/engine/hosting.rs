//! Serving rooms to others.

use std::sync::Arc;

use conclave_proto::authority::Authority;
use conclave_store::HostedRoom;

use super::{Engine, Entry, EntryState, Open};
use crate::{
    api::OfRoom,
    error::ErrorCode,
    host::{self, Host, Log},
    room::actor::Request,
    snapshot::{Hosting, HostingState, RoomHandle},
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
        let (room, host) = entry.state.running()?;
        let stopped = host.take().ok_or(ErrorCode::NotHosted)?;
        let hosting = Hosting::new(HostingState::Stopped, stopped.address_texts(), 0);
        stopped.stop().await;
        room.tell(Request::Hosting(Some(hosting))).await;
        heavy(|| {
            if let Some(hosted) = open.vault.hosted(handle)? {
                open.vault.save_hosted(handle, &HostedRoom { running: false, ..hosted })?;
            }
            Ok(())
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
        let mut open = self.opened().await?;
        let open = Self::get(&mut open)?;
        if let Some(Entry { state: EntryState::Running { host, .. }, .. }) = open.rooms.get_mut(&request.room)
            && let Some(host) = host.take()
        {
            host.stop().await;
        }
        self.serve(open, &request.room, Some(0)).await
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

    /// Starts the relay of a hosted room, at the port that it had or at another one, and tells the room how it went.
    pub(super) async fn serve(&self, open: &mut Open, name: &RoomHandle, port: Option<u16>) -> Result<(), ErrorCode> {
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
        let started = match Host::start(identity, port.unwrap_or(known), log).await {
            Ok(started) => started,
            Err(error) => {
                let state = if error == ErrorCode::PortTaken { HostingState::PortTaken } else { HostingState::Failed };
                let addresses = host::addresses(known).iter().map(Authority::to_string).collect();
                room.tell(Request::Hosting(Some(Hosting::new(state, addresses, 0)))).await;
                return Err(error);
            }
        };
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
        started.watch(room, &Tasks(Arc::clone(&self.inner.surroundings.spawn)));
        *host = Some(started);
        Ok(())
    }
}
