//! The vault: made, opened, locked.

use std::{sync::Arc, time::Duration};

use conclave_seal::rng::Rng;
use conclave_store::{
    Generation, Handle, HostedRoom, Keyring, KeyringError, NewVault, Note, Opening, Presence, RoomStore, StoreError,
    Suspicion, Unlock, Vault, VaultKey,
};
use futures_util::future::join_all;

use super::{
    Begun, Engine, LAST_ADDRESS,
    registry::{Entry, EntryState, Open, Turn},
    without_file,
};
use crate::{
    api::{CreateVault, OfRoom, Protection, SecretText, UnlockVault},
    clock::within,
    environment::DataFolder,
    error::ErrorCode,
    event::Event,
    host::not_running,
    room::{
        actor::{Request, Room},
        membership,
    },
    snapshot::{HostingState, RoomHandle, RoomSummary, Snapshot, Theme, VaultState, Ways},
    tasks::{apart, heavy},
};

impl Engine {
    /// Everything outside a room.
    ///
    /// # Errors
    /// [`ErrorCode::StorageFailed`] if the data folder cannot be looked at.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn snapshot(&self) -> Result<Snapshot, ErrorCode> {
        loop {
            let seen = match self.inner.registry.look(Seen::of).await {
                Err(ErrorCode::VaultLocked) => {
                    let vault = self.closed_state()?;
                    return Ok(Snapshot {
                        vault,
                        rooms: Vec::new(),
                        last_address: None,
                        theme: Theme::System,
                        ways: self.ways(),
                    });
                }
                seen => seen?,
            };
            let mut rooms = seen.without_file.clone();
            for room in &seen.running {
                // One that has ended is being removed, and its event comes.
                rooms.extend(room.ask(Request::Summary).await.ok());
            }
            // A room that came meanwhile has told its event already, which a UI may have heard before this answer.
            let is_present = self.inner.registry.look(|open| Ok(seen.is_present(open)));
            if !is_present.await.unwrap_or_default() {
                continue;
            }
            rooms.sort_by_key(|room| std::cmp::Reverse(room.last_line.as_ref().map_or(0, |line| line.at)));
            return Ok(Snapshot {
                vault: seen.vault,
                rooms,
                last_address: seen.last_address,
                theme: seen.theme,
                ways: None,
            });
        }
    }

    /// Makes the vault on the first run and opens it.
    ///
    /// # Errors
    /// [`ErrorCode::PassphraseTooShort`], [`ErrorCode::VaultExists`], [`ErrorCode::VaultIncomplete`], [`ErrorCode::VaultErased`],
    /// [`ErrorCode::VaultBusy`], [`ErrorCode::KeyringUnavailable`], [`ErrorCode::VaultLocked`] if the keyring did not answer and
    /// somebody did not wait for that, or what the disk says.
    ///
    /// # Cancel safety
    /// The vault may exist afterwards; [`Engine::snapshot`] tells.
    pub async fn create_vault(&self, request: CreateVault) -> Result<(), ErrorCode> {
        let by_keyring = request.protection == Protection::Keyring;
        let mut turn = self.turn_to_open(by_keyring).await;
        if turn.is_open() {
            return Err(ErrorCode::VaultExists);
        }
        turn.closed().await;
        let durability = self.inner.environment.durability;
        let vault = match request.protection {
            Protection::MemoryOnly => heavy(Vault::in_memory)?,
            Protection::Passphrase => {
                let passphrase = request.passphrase.as_ref().map_or("", SecretText::expose_secret);
                if passphrase.chars().count() < PASSPHRASE_MIN {
                    return Err(ErrorCode::PassphraseTooShort);
                }
                let (folder, unlock) = (self.folder()?, Unlock::Passphrase(passphrase));
                heavy(|| Vault::create(folder, unlock, durability, (self.inner.environment.rng)().as_mut()))?
            }
            Protection::Keyring => {
                let (folder, rng) = (self.folder()?.to_owned(), Arc::clone(&self.inner.environment.rng));
                let wrap =
                    move |keyring: &dyn Keyring| NewVault::wrap(&folder, Unlock::Keyring(keyring), rng().as_mut());
                let new = self.ask_keyring(&turn, wrap).await??;
                heavy(|| new.create(durability))?
            }
        };
        self.start(&mut turn, vault, by_keyring).await
    }

    /// Opens the vault.
    ///
    /// # Errors
    /// [`ErrorCode::WrongPassphrase`], [`ErrorCode::VaultBusy`], [`ErrorCode::VaultDamaged`], [`ErrorCode::VaultIncomplete`],
    /// [`ErrorCode::VaultNewer`], [`ErrorCode::KeyringUnavailable`], [`ErrorCode::VaultLocked`] if it was locked or opened in another
    /// way while the keyring did not answer, or what the disk says.
    ///
    /// # Cancel safety
    /// The vault may be open afterwards; [`Engine::snapshot`] tells.
    pub async fn unlock_vault(&self, request: UnlockVault) -> Result<(), ErrorCode> {
        let by_keyring = request.passphrase.is_none();
        let mut turn = self.turn_to_open(by_keyring).await;
        if turn.is_open() {
            // Whoever asks has missed that.
            let vault = turn.with(|open| Ok(open_state(&open.vault)))?;
            self.tell(Event::VaultChanged { vault });
            return Ok(());
        }
        turn.closed().await;
        let folder = self.folder()?.to_owned();
        let key = match &request.passphrase {
            Some(passphrase) => heavy(|| VaultKey::unwrap(&folder, Unlock::Passphrase(passphrase.expose_secret())))?,
            None => {
                let unwrap = move |keyring: &dyn Keyring| VaultKey::unwrap(&folder, Unlock::Keyring(keyring));
                self.ask_keyring(&turn, unwrap).await??
            }
        };
        let vault = heavy(|| {
            let mut vault = key.open(self.inner.environment.durability)?;
            // A file that cannot be moved is keyless; it must not keep the others locked.
            drop(vault.sweep(self.inner.environment.clock.now().unix));
            Ok::<_, ErrorCode>(vault)
        })?;
        self.start(&mut turn, vault, by_keyring).await
    }

    /// Moves what is left of a vault into a folder of its own, so that a new one can be made. Nothing is deleted.
    ///
    /// # Errors
    /// [`ErrorCode::VaultExists`] for a vault that is whole or only damaged, [`ErrorCode::VaultBusy`], or what the disk says.
    ///
    /// # Cancel safety
    /// May have happened; [`Engine::snapshot`] tells.
    pub async fn set_vault_aside(&self) -> Result<(), ErrorCode> {
        let turn = self.inner.registry.turn_at_once().await;
        if turn.is_open() {
            return Err(ErrorCode::VaultExists);
        }
        turn.closed().await;
        heavy(|| conclave_store::set_aside(self.folder()?).map_err(ErrorCode::from))?;
        self.tell(Event::VaultChanged { vault: VaultState::New });
        Ok(())
    }

    /// Closes every room and the vault; keys leave memory. Rooms in memory only end here, and those of other hosts are left: nobody
    /// would come back to the place that they hold. That takes at most [`FAREWELL`], once everything else is closed.
    ///
    /// # Cancel safety
    /// Everything is closed all the same, at once and not in order, as by [`Engine::drop_keys`].
    pub async fn lock_vault(&self) {
        let mut turn = self.inner.registry.turn_at_once().await;
        let kept = turn.with(|open| {
            open.is_settled = false;
            Ok(open
                .rooms
                .iter()
                .filter(|(_, entry)| !entry.in_memory)
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>())
        });
        let Ok(kept) = kept else { return };
        let mut running = Vec::new();
        for name in kept {
            // One after the other, so that the keys can be dropped meanwhile.
            let Ok(Some(entry)) = turn.with(|open| Ok(open.rooms.remove(&name))) else { return };
            running.extend(matches!(entry.state, EntryState::Running { .. }).then_some(entry.handle));
            entry.state.close().await;
        }
        Self::end_parting(&turn).await;
        let Some(mut open) = turn.end() else { return };
        let open_for = self.inner.environment.clock.now().steady.saturating_sub(open.since);
        // If the disk refuses, files that were set aside stay longer.
        drop(heavy(|| open.vault.has_been_open(open_for)));
        // And a copy that was made since the vault was opened may go unnoticed.
        drop(heavy(|| open.vault.mark_closing(&running, (self.inner.environment.rng)().as_mut())));
        heavy(|| drop(open));
        self.tell(Event::VaultChanged { vault: self.closed_vault() });
        let departing = turn.departing();
        // A room that has ended needs no farewell.
        let farewells = departing.iter().map(|room| room.ask(Request::Farewell));
        let _ = within(self.inner.environment.timer.as_ref(), FAREWELL, join_all(farewells)).await;
        for entry in turn.departed() {
            entry.state.close().await;
        }
    }

    /// Whether a person is to be asked before the app ends: rooms in memory only would be lost, or others disconnected.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn is_end_felt(&self) -> bool {
        let is_felt = |open: &mut Open| Ok(open.rooms.values().any(Entry::is_end_felt));
        self.inner.registry.look(is_felt).await.unwrap_or_default()
    }

    fn folder(&self) -> Result<&std::path::Path, ErrorCode> {
        match &self.inner.environment.folder {
            DataFolder::At(folder) => Ok(folder),
            DataFolder::None => Err(ErrorCode::VaultLocked),
        }
    }

    /// The turn to make or open a vault. Whoever needs the keyring waits behind whoever waits for it: it would only ask twice.
    async fn turn_to_open(&self, by_keyring: bool) -> Turn<'_> {
        let registry = &self.inner.registry;
        if by_keyring { registry.turn().await } else { registry.turn_at_once().await }
    }

    /// Asks the system's keyring, which may ask its person back, or never answer. Whatever it answers once nobody waits for it opens
    /// nothing.
    ///
    /// # Errors
    /// [`ErrorCode::KeyringUnavailable`] without one, and as [`Turn::outside`].
    async fn ask_keyring<T: Send + 'static>(
        &self,
        turn: &Turn<'_>,
        ask: impl FnOnce(&dyn Keyring) -> T + Send + 'static,
    ) -> Result<T, ErrorCode> {
        let keyring = self.inner.environment.keyring.clone().ok_or(ErrorCode::KeyringUnavailable)?;
        let answer = turn.outside(apart(move || ask(keyring.as_ref()))).await?;
        answer.ok_or(ErrorCode::KeyringUnavailable)
    }

    fn closed_state(&self) -> Result<VaultState, ErrorCode> {
        let DataFolder::At(folder) = &self.inner.environment.folder else { return Ok(VaultState::New) };
        Ok(match conclave_store::survey(folder)? {
            Presence::Nothing => VaultState::New,
            Presence::Vault => VaultState::Locked,
            Presence::Incomplete => VaultState::Incomplete,
            Presence::Erased => VaultState::Erased,
        })
    }

    pub(super) fn closed_vault(&self) -> VaultState {
        self.closed_state().unwrap_or(VaultState::Locked)
    }

    /// What opens the vault of the folder; none where its slot file does not say, and opening it says why.
    fn ways(&self) -> Option<Ways> {
        let ways = conclave_store::ways(self.folder().ok()?).ok()?;
        Some(Ways { passphrase: ways.passphrase, keyring: ways.keyring })
    }

    /// Opens every room of a vault and serves those that are hosted. The keyring that opened the vault notices an older copy; one that
    /// no person chose is not asked, as it may ask back and keeps a trace outside of the folder.
    async fn start(&self, turn: &mut Turn<'_>, vault: Vault, by_keyring: bool) -> Result<(), ErrorCode> {
        let entries = heavy(|| vault.rooms())?;
        let since = self.inner.environment.clock.now().steady;
        let kept = match heavy(|| vault.mark_entry())?.filter(|_| by_keyring) {
            Some(entry) => Some(self.ask_keyring(turn, move |keyring| keyring.load(&entry)).await?),
            None => by_keyring.then_some(Err(KeyringError::NoEntry)),
        };
        let generation = heavy(|| kept.as_ref().map(|kept| vault.generation(kept)).transpose())?;
        let opening = heavy(|| begin_opening(&vault, generation, (self.inner.environment.rng)().as_mut())).ok();
        // The keyring may ask back, so it comes before others wait for what is open. What is suspected stands in the index by now;
        // without an opening no room that did not open would be suspected the next time.
        if let Some(kept) = kept.filter(|_| opening.is_some())
            // If the keyring or the disk refuses, an older copy may go unnoticed.
            && let Ok(mark) = heavy(|| vault.begin_mark(&kept, (self.inner.environment.rng)().as_mut()))
        {
            let store = move |keyring: &dyn Keyring| mark.store(keyring).map(|()| mark);
            if let Ok(mark) = self.ask_keyring(turn, store).await? {
                drop(heavy(|| vault.end_mark(&mark)));
            }
        }
        turn.begin(vault, since, opening)?;
        let mut served = Vec::new();
        for entry in entries {
            let is_served = self.open_room(turn, entry.handle).await?;
            served.extend(is_served.then(|| RoomHandle(entry.handle.to_string())));
        }
        turn.with(|open| {
            for (handle, left) in heavy(|| open.vault.ended())? {
                let name = RoomHandle(handle.to_string());
                open.rooms.insert(name, Entry::new(handle, false, EntryState::Ended(left.into())));
            }
            Ok(())
        })?;
        let state = turn.with(|open| {
            open.end_opening();
            open.is_settled = true;
            Ok(open_state(&open.vault))
        })?;
        for name in served {
            // A port that is taken shows in the room, which opens all the same.
            let _ = self.serve(turn, &name, None).await;
        }
        let leaving = turn.with(leaving)?;
        self.tell(Event::VaultChanged { vault: state });
        for room in leaving {
            // A leave that a crash or a lock cut off goes on.
            let engine = self.clone();
            self.tasks().spawn(async move {
                // If the vault is locked meanwhile, the next time it is opened goes on.
                let _ = engine.leave_room(OfRoom { room }).await;
            });
        }
        Ok(())
    }

    /// Opens a room of the vault, and says whether it was served when the vault was closed. A room that does not open is kept
    /// with the reason; it must not keep the others closed.
    ///
    /// # Errors
    /// [`ErrorCode::VaultLocked`] if the vault was closed meanwhile.
    pub(super) async fn open_room(&self, turn: &Turn<'_>, handle: Handle) -> Result<bool, ErrorCode> {
        let reason = match self.try_open_room(turn, handle).await {
            Ok(is_served) => return Ok(is_served),
            Err(reason) => reason,
        };
        let news = turn.with(|open| {
            let room = RoomHandle(handle.to_string());
            let state = EntryState::Unopened(reason);
            let before = open.rooms.insert(room.clone(), Entry::new(handle, false, state));
            // A UI that asks again on every change would go round in circles.
            let is_known = before.is_some_and(|it| matches!(it.state, EntryState::Unopened(known) if known == reason));
            Ok((!is_known).then(|| without_file::unopened(&open.vault, &room, handle, reason)))
        })?;
        if let Some(summary) = news {
            self.tell(Event::RoomChanged { summary });
        }
        Ok(false)
    }

    async fn try_open_room(&self, turn: &Turn<'_>, handle: Handle) -> Result<bool, ErrorCode> {
        let (hosted, room, _hold) = turn.with(|open| {
            let hosted = heavy(|| open.vault.hosted(handle))?;
            let room = heavy(|| open.vault.closed_room(handle)).map_err(ErrorCode::of_room_file)?;
            Ok((hosted, room, open.hold.of_room(false)))
        })?;
        // Others need not wait while it is checked and brought up to date.
        let mut store = heavy(|| room.open()).map_err(ErrorCode::of_room_file)?;
        let is_old_copy = turn.with(|open| match heavy(|| open.take_note(handle, &mut store)) {
            // A full disk keeps nobody from reading, and nothing is sent from it.
            Err(StoreError::DiskFull) => Ok(false),
            noted => noted.map_err(ErrorCode::of_room_file),
        })?;
        let name = self.run(turn, Begun::new(handle, store, false)).await?;
        let room = turn.with(|open| open.room(&name))?;
        if is_old_copy {
            room.tell(Request::Note(Note::OldCopy)).await;
        }
        match hosted {
            Some(HostedRoom { running: true, .. }) if cfg!(feature = "host") => Ok(true),
            Some(hosted) => {
                room.tell(Request::Hosting(Some(not_running(HostingState::Stopped, hosted.port)))).await;
                Ok(false)
            }
            None => Ok(false),
        }
    }
}

/// Rooms whose leave has begun. One that does not open stays until somebody sees that.
fn leaving(open: &mut Open) -> Result<Vec<RoomHandle>, ErrorCode> {
    let begun = heavy(|| open.vault.leaving())?;
    let is_leaving = |name: &RoomHandle| open.rooms.get(name).is_some_and(|entry| begun.contains(&entry.handle));
    Ok(open.running().map(|(name, _)| name.clone()).filter(is_leaving).collect())
}

/// What is open, as a snapshot begins with it.
struct Seen {
    vault: VaultState,
    running: Vec<Arc<Room>>,
    without_file: Vec<RoomSummary>,
    last_address: Option<String>,
    theme: Theme,
}

impl Seen {
    fn of(open: &mut Open) -> Result<Self, ErrorCode> {
        let without_file = open.rooms.iter().filter_map(|(handle, entry)| match &entry.state {
            EntryState::Running { .. } => None,
            EntryState::Unopened(reason) => Some(without_file::unopened(&open.vault, handle, entry.handle, *reason)),
            EntryState::Ended(remains) => Some(without_file::ended(handle, remains)),
        });
        Ok(Self {
            vault: open_state(&open.vault),
            running: open.running().map(|(_, room)| Arc::clone(room)).collect(),
            without_file: without_file.collect(),
            last_address: heavy(|| open.vault.setting(LAST_ADDRESS))?,
            theme: open.theme()?,
        })
    }

    /// Whether the same rooms are open.
    fn is_present(&self, open: &Open) -> bool {
        let now: Vec<_> = open.running().map(|(_, room)| Arc::as_ptr(room)).collect();
        now == self.running.iter().map(Arc::as_ptr).collect::<Vec<_>>()
    }
}

/// Begins an opening of a vault of which the keyring says this, and suspects the files that may be older copies: those of a vault that
/// was not closed in order, which may have been copied while it was open; and those of hosted rooms, beside which their relays lie and
/// would be as old, where no keyring vouches for both.
fn begin_opening(vault: &Vault, generation: Option<Generation>, rng: &mut dyn Rng) -> Result<Opening, StoreError> {
    let opening = vault.begin_opening(rng)?;
    match generation {
        Some(Generation::Older) => vault.suspect_all(Suspicion::IsOlder)?,
        _ if !opening.follows_closing() => vault.suspect_all(Suspicion::MayBeOlder)?,
        Some(Generation::Newest) => {}
        Some(Generation::Unknown) | None => vault.suspect_hosted(Suspicion::MayBeOlder)?,
    }
    Ok(opening)
}

impl Open {
    /// Writes into a room's file that it is a rolled back copy, or may be one, and then the mark of this opening. `true` if it is now
    /// known to be one, and was not before. A file that could not be told keeps the mark of before, which the index takes as well, and
    /// is suspected again the next time.
    fn take_note(&mut self, handle: Handle, store: &mut RoomStore) -> Result<bool, StoreError> {
        let suspicion = match &self.opening {
            _ if self.vault.is_older_file(handle, store)? => Some(Suspicion::IsOlder),
            Some(_) => self.vault.suspicion(handle)?,
            None => Some(Suspicion::MayBeOlder),
        };
        let is_news = suspicion.map(|suspicion| membership::mark(store, suspicion)).transpose()?;
        if let Some(opening) = &mut self.opening {
            match self.vault.mark_file(handle, store, opening) {
                Ok(()) | Err(StoreError::DiskFull) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(is_news.unwrap_or_default())
    }

    /// The index knows which files have the mark of this opening. Where the disk refuses it takes more than one for each.
    pub(super) fn end_opening(&mut self) {
        if let Some(opening) = &self.opening {
            drop(heavy(|| self.vault.end_opening(opening)));
        }
    }
}

/// How long others are told that this person leaves rooms that end with the app.
pub(super) const FAREWELL: Duration = Duration::from_secs(3);

fn open_state(vault: &Vault) -> VaultState {
    if vault.is_in_memory() { VaultState::OpenInMemory } else { VaultState::Open }
}

const PASSPHRASE_MIN: usize = 8;
