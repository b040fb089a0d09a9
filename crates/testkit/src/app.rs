//! The app as it runs on a real computer: the system's environment, a folder on a disk, sockets and time that passes. A
//! lab has [`crate::person::Person`] instead, whose app can die at any point.

use std::{sync::Arc, time::Duration};

use conclave_engine::{
    DataFolder, Engine, Environment, ErrorCode,
    api::{
        CreateVault, HostRoom, JoinRoom, NewRules, OfRoom, PageMessages, Protection, SecretText, SendMessage,
        UnlockVault,
    },
    clock::{Clock, SystemClock},
    snapshot::{Connection, Item, ItemBody, MessageState, RoomHandle, RoomPhase},
};
use conclave_store::Keyring;
use tempfile::TempDir;

use crate::keyring::MemoryKeyring;

/// What opens the vaults that open with a passphrase.
pub const PASSPHRASE: &str = "correct horse battery";

/// An engine with a folder of its own.
#[derive(Debug)]
pub struct App {
    /// The engine.
    pub engine: Engine,
    /// Where it keeps its data.
    pub folder: TempDir,
    /// What opens the vault; none where a passphrase does.
    keyring: Option<Arc<MemoryKeyring>>,
}

impl App {
    /// One with a folder of its own.
    pub async fn new() -> Self {
        Self::in_folder(TempDir::new().unwrap()).await
    }

    /// One that keeps its data here.
    pub async fn in_folder(folder: TempDir) -> Self {
        Self::with_clock(folder, Arc::new(SystemClock::new())).await
    }

    /// One that reads this clock, until it is closed.
    pub async fn with_clock(folder: TempDir, clock: Arc<dyn Clock>) -> Self {
        Self::with(folder, |system| Environment { clock, ..system }).await
    }

    /// One whose environment is another than the system's, until it is closed.
    pub async fn with(folder: TempDir, change: impl FnOnce(Environment) -> Environment) -> Self {
        let system = Environment::system(DataFolder::At(folder.path().to_owned()), None);
        let engine = Engine::new(change(system));
        let passphrase = Some(SecretText::new(PASSPHRASE.to_owned()));
        engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase }).await.unwrap();
        Self { engine, folder, keyring: None }
    }

    /// One that is open already, with a passphrase.
    pub fn opened(engine: Engine, folder: TempDir) -> Self {
        Self { engine, folder, keyring: None }
    }

    /// One whose vault opens with a keyring.
    pub async fn with_keyring() -> Self {
        let (folder, keyring) = (TempDir::new().unwrap(), Arc::new(MemoryKeyring::default()));
        let asked: Arc<dyn Keyring> = Arc::<MemoryKeyring>::clone(&keyring);
        let engine = Engine::new(Environment::system(DataFolder::At(folder.path().to_owned()), Some(asked)));
        engine.create_vault(CreateVault { protection: Protection::Keyring, passphrase: None }).await.unwrap();
        Self { engine, folder, keyring: Some(keyring) }
    }

    /// What closing the app and opening it again does.
    pub async fn restart(&mut self) {
        self.engine.lock_vault().await;
        let (folder, keyring) = (DataFolder::At(self.folder.path().to_owned()), self.keyring.clone());
        let keyring = keyring.map(|keyring| -> Arc<dyn Keyring> { keyring });
        self.engine = Engine::new(Environment::system(folder, keyring));
        let passphrase = self.keyring.is_none().then(|| SecretText::new(PASSPHRASE.to_owned()));
        self.engine.unlock_vault(UnlockVault { passphrase }).await.unwrap();
    }

    /// Hosts a room.
    pub async fn host(&self) -> RoomHandle {
        self.try_host(false).await.unwrap()
    }

    /// Hosts a room that is nowhere but in memory.
    pub async fn host_in_memory(&self) -> RoomHandle {
        self.try_host(true).await.unwrap()
    }

    /// Hosts a room, or says why not.
    pub async fn try_host(&self, in_memory: bool) -> Result<RoomHandle, ErrorCode> {
        let request = HostRoom {
            title: "Press desk".to_owned(),
            note: "Be kind.".to_owned(),
            nick: "Alice".to_owned(),
            rules: NewRules::default(),
            passphrase: None,
            in_memory,
        };
        self.engine.host_room(request).await
    }

    /// The invitation to a room.
    pub async fn link(&self, room: &RoomHandle) -> String {
        self.engine.view_invitation(OfRoom { room: room.clone() }).await.unwrap().link
    }

    /// Joins a room.
    pub async fn join(&self, link: &str, nick: &str) -> RoomHandle {
        let request = JoinRoom {
            invitation: SecretText::new(link.to_owned()),
            address: None,
            passphrase: None,
            nick: nick.to_owned(),
            in_memory: false,
        };
        self.engine.join_room(request).await.unwrap()
    }

    /// Writes a message.
    pub async fn say(&self, room: &RoomHandle, text: &str) {
        let request = SendMessage { room: room.clone(), text: SecretText::new(text.to_owned()), fuse: None };
        self.engine.send_message(request).await.unwrap();
    }

    /// The lines of a room.
    pub async fn items(&self, room: &RoomHandle) -> Vec<Item> {
        let request = PageMessages { room: room.clone(), before: None, limit: 200 };
        self.engine.page_messages(request).await.unwrap().items
    }

    /// The messages of a room: who wrote it, what, and how far it got.
    pub async fn texts(&self, room: &RoomHandle) -> Vec<(String, String, MessageState)> {
        let texts = self.items(room).await.into_iter().filter_map(|item| {
            let ItemBody::Text { nick, text, state, .. } = item.body else { return None };
            Some((nick, text, state))
        });
        texts.collect()
    }

    /// Waits until something holds, looking again after every event.
    pub async fn until(&self, room: &RoomHandle, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        let mut events = self.engine.events();
        let waiting = async {
            while !holds(self).await {
                let _ = tokio::time::timeout(Duration::from_millis(200), events.next()).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(60), waiting).await.is_err() {
            let view = self.engine.view_room(OfRoom { room: room.clone() }).await;
            panic!("{what} never happened: {view:#?} {:#?}", self.items(room).await);
        }
    }

    /// Whether a message is there and the relay has it.
    pub async fn has_stored(&self, room: &RoomHandle, text: &str) -> bool {
        self.texts(room).await.iter().any(|(_, found, state)| found == text && *state == MessageState::Stored)
    }

    /// Whether a room is open and its relay answers.
    pub async fn is_online(&self, room: &RoomHandle) -> bool {
        let view = self.engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
        view.summary.connection == Connection::Online && view.summary.phase == RoomPhase::Open
    }
}
