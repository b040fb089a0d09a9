//! Erasing this computer: keys first and at once, whatever the engine is busy with, and then the files.

use std::{path::PathBuf, time::Duration};

use conclave_store::{KeyringEntries, Remnant, destroy_keys, wipe};
use futures_util::future::join_all;
use tokio::join;

use super::{Engine, registry::Turn, vault::FAREWELL};
use crate::{
    api::EraseDevice,
    clock::within,
    environment::DataFolder,
    event::Event,
    room::actor::Request,
    snapshot::Erasure,
    tasks::{apart, heavy},
};

impl Engine {
    /// Erases this computer. What opens the vault is overwritten before anything else, on a thread of its own and without any lock;
    /// keys leave memory beside that, as by [`Engine::drop_keys`]; then every file is deleted. Nobody is told, unless the request says
    /// so: then the keys in memory stay until the rooms were left, for three seconds at most.
    ///
    /// Called again it goes on with what is left.
    ///
    /// # Cancel safety
    /// The keys are destroyed all the same, once this was polled; files may be left, and calling it again deletes them.
    pub async fn erase_device(&self, request: EraseDevice) -> Erasure {
        let environment = &self.inner.environment;
        let folder = match &environment.folder {
            DataFolder::At(folder) => Some(folder.clone()),
            DataFolder::None => None,
        };
        let timer = environment.timer.as_ref();
        let keyless = on_a_thread(destroy(folder.clone()));
        // Whoever makes or opens a vault meanwhile is done, or gives up, before its files go.
        let keys_dropped = within(timer, PATIENCE, self.end_without_order(request.tell_rooms));
        let (entries, turn) = join!(keyless, keys_dropped);
        let (is_forgotten, beside) = (self.forget_in_keyring(entries), environment.beside.clone());
        let wiped = on_a_thread(move || folder.map(|folder| wipe(&folder, &beside)).unwrap_or_default());
        let (is_forgotten, mut left) = join!(is_forgotten, wiped);
        left.extend((!is_forgotten).then_some(Remnant::Keyring));
        let erasure = Erasure { left: left.into_iter().map(Into::into).collect() };
        drop(turn);
        self.tell(Event::VaultChanged { vault: self.closed_vault() });
        self.tell(Event::DeviceErased { erasure: erasure.clone() });
        erasure
    }

    /// Drops all keys, and waits until every file is closed and nobody is at work on a vault.
    async fn end_without_order(&self, tell_rooms: bool) -> Turn<'_> {
        if tell_rooms {
            let timer = self.inner.environment.timer.as_ref();
            let _ = within(timer, FAREWELL, self.leave_every_room()).await;
        }
        let engine = self.clone();
        // What is open may be locked by somebody who waits for the disk.
        on_a_thread(move || engine.drop_keys()).await.wait().await;
        self.inner.registry.turn_at_once().await
    }

    async fn leave_every_room(&self) {
        let engine = self.clone();
        let rooms = on_a_thread(move || engine.inner.registry.running()).await;
        join_all(rooms.iter().map(|room| room.ask(Request::Farewell))).await;
    }

    /// Deletes what the system's keyring keeps, and says whether it did. One that does not answer is not waited for.
    async fn forget_in_keyring(&self, entries: KeyringEntries) -> bool {
        let environment = &self.inner.environment;
        let Some(keyring) = environment.keyring.clone().filter(|_| !entries.is_empty()) else {
            return entries.is_empty();
        };
        let deleted = apart(move || entries.delete(keyring.as_ref()).is_ok());
        within(environment.timer.as_ref(), PATIENCE, deleted).await.flatten().unwrap_or_default()
    }
}

/// Overwrites what opens the vault, and returns what its keyring keeps beside that.
fn destroy(folder: Option<PathBuf>) -> impl FnOnce() -> KeyringEntries + Clone + Send + 'static {
    move || {
        let Some(folder) = folder else { return KeyringEntries::default() };
        let entries = KeyringEntries::of(&folder);
        // Tried again with the files, and told there.
        drop(destroy_keys(&folder));
        entries
    }
}

/// Runs work that waits for the disk beside everything else; where the system gives no thread, here.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Clone + Send + 'static) -> T {
    let here = work.clone();
    match apart(work).await {
        Some(done) => done,
        None => heavy(here),
    }
}

/// How long files are left where somebody is still at work on them, or a keyring is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
