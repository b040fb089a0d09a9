//! Somebody with a computer: the app runs on it, is closed, dies, and is opened again over the same folder.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use conclave_engine::{
    DataFolder, Engine, Environment, ErrorCode,
    api::{
        CreateRoom, CreateVault, JoinRoom, OfRoom, PageMessages, Protection, RejoinRoom, SecretText, SendMessage,
        StayInRoom, UnlockVault,
    },
    snapshot::{Connection, Creation, Item, RoomHandle, RoomPhase, Snapshot, VaultState},
};
use conclave_seal::rng::Rng;
use conclave_store::{Durability, Keyring, KeyringError};
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::{
    Lab, clock::PersonClock, folder::copy, power::PowerSupply, process::Process, rng::SeededRng, server,
    wire::LabDialer,
};

/// Somebody with a computer.
#[derive(Debug)]
pub struct Person {
    name: String,
    lab: Lab,
    rng: SeededRng,
    keyring: Arc<LabKeyring>,
    /// Seconds by which the clock of this computer is set.
    set_by: Arc<AtomicI64>,
    /// Counts the copies of the data folder: a crash leaves a copy of what was on the disk.
    copies: Arc<Mutex<u64>>,
    power: Arc<Mutex<PowerSupply>>,
    running: Option<Running>,
    crashes: u64,
    crash_after: Option<u64>,
    points: u64,
}

#[derive(Debug)]
struct Running {
    engine: Engine,
    process: Process,
}

impl Person {
    pub(crate) fn new(lab: Lab, name: &str) -> Self {
        let rng = lab.rng().fork();
        Self {
            name: name.to_owned(),
            lab,
            rng,
            keyring: Arc::default(),
            set_by: Arc::default(),
            copies: Arc::default(),
            power: Arc::default(),
            running: None,
            crashes: 0,
            crash_after: None,
            points: 0,
        }
    }

    /// The person's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What opens the vault in [`Person::folder`].
    #[must_use]
    pub fn keyring(&self) -> &dyn Keyring {
        self.keyring.as_ref()
    }

    /// The keyring has only what opens the vault, as on another computer to which somebody carried that.
    ///
    /// # Panics
    /// If a panic has poisoned the keyring.
    pub fn forget_newer_secrets(&self) {
        self.keyring.0.lock().unwrap().truncate(1);
    }

    /// Sets the clock of this computer so many seconds ahead of the lab's; below zero, behind it.
    pub fn set_clock(&self, by: i64) {
        self.lab.trace().note(format_args!("{}'s clock is set {by} seconds ahead", self.name));
        self.set_by.store(by, Ordering::Relaxed);
    }

    /// The generator that the decisions of this person are drawn from.
    #[must_use]
    pub fn rng(&self) -> &SeededRng {
        &self.rng
    }

    /// How often the app died.
    #[must_use]
    pub fn crashes(&self) -> u64 {
        self.crashes
    }

    /// The running app.
    #[must_use]
    pub fn process(&self) -> Option<&Process> {
        self.running.as_ref().map(|running| &running.process)
    }

    /// Panics inside the app, which the app should have none of.
    #[must_use]
    pub fn panics(&self) -> Vec<String> {
        self.process().map(Process::panics).unwrap_or_default()
    }

    /// All points that passed, over restarts.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.points + self.process().map_or(0, Process::points)
    }

    /// The app dies once, after so many points from now on.
    pub fn crash_after(&mut self, points: u64) {
        match &self.running {
            Some(running) => running.process.crash_at(running.process.points() + points),
            None => self.crash_after = Some(points),
        }
    }

    /// From now on the power is cut whenever the app dies: what was not synced is lost. Before the app is opened first.
    pub fn lose_power(&mut self) {
        *self.power.lock().unwrap() = PowerSupply::new(&self.folder(), true);
    }

    /// Where the data is.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.lab.folder(&format!("{}.{}", self.name, self.copies.lock().unwrap()))
    }

    /// Opens the app.
    pub async fn start(&mut self) {
        self.try_start().await.unwrap_or_else(|error| panic!("{} cannot open the vault: {error}", self.name));
    }

    /// Opens the app, whose files may be damaged.
    ///
    /// # Errors
    /// What it says to them. It is open then, but not the vault.
    pub async fn try_start(&mut self) -> Result<(), ErrorCode> {
        while self.running.is_none() {
            self.lab.trace().note(format_args!("{} opens the app", self.name));
            if self.is_host() {
                self.lab.host_starts().await;
            }
            let fails = self.power.lock().unwrap().fails();
            let process = Process::new(&self.name);
            process.crash_at(self.crash_after.take().unwrap_or(u64::MAX));
            self.look_at_death(&process);
            let rng = self.rng.clone();
            let keyring: Arc<dyn Keyring> = Arc::<LabKeyring>::clone(&self.keyring);
            let scheme = self.lab.crafter().scheme(&self.name, self.lab.scheme());
            let engine = Engine::new(Environment {
                folder: DataFolder::At(self.folder()),
                durability: if fails { Durability::Full } else { Durability::Process },
                keyring: Some(keyring),
                clock: Arc::new(PersonClock { lab: self.lab.clock(), set_by: Arc::clone(&self.set_by) }),
                rng: Arc::new(move || -> Box<dyn Rng> { Box::new(rng.fork()) }),
                dialer: Arc::new(LabDialer::new(&self.name, self.lab.network())),
                crypto: self.lab.recorder().scheme(&self.name, &process, &scheme),
                spawn: Arc::new(process.clone()),
            });
            self.running = Some(Running { engine, process });
            let opened = self.ask(|engine: Engine| async move {
                match engine.snapshot().await?.vault {
                    VaultState::New => {
                        engine.create_vault(CreateVault { protection: Protection::Keyring, passphrase: None }).await
                    }
                    VaultState::Incomplete => Err(ErrorCode::VaultIncomplete),
                    VaultState::Locked | VaultState::Open | VaultState::OpenInMemory => {
                        engine.unlock_vault(UnlockVault { passphrase: None }).await
                    }
                }
            });
            if let Some(opened) = opened.await {
                return opened;
            }
        }
        Ok(())
    }

    /// Closes the app.
    pub async fn close(&mut self) {
        self.lab.trace().note(format_args!("{} closes the app", self.name));
        if self.ask(|engine: Engine| async move { engine.lock_vault().await }).await.is_some()
            && let Some(running) = self.running.take()
        {
            self.points += running.process.points();
            drop(running.engine);
            running.process.ended().await;
            if self.is_host() {
                self.lab.stop_relay(false).await;
            }
        }
    }

    fn is_host(&self) -> bool {
        self.lab.host().is_some_and(|host| host == self.name)
    }

    /// Copies the data, as a backup program does. Close the app first.
    ///
    /// # Panics
    /// If the app is open.
    #[must_use]
    pub fn back_up(&self) -> PathBuf {
        assert!(self.running.is_none(), "a copy of an open database is no backup");
        let mut backups = (0..).map(|n: u64| self.lab.folder(&format!("{}.backup{n}", self.name)));
        let backup = backups.find(|backup| !backup.exists()).unwrap();
        copy(&self.folder(), &backup).unwrap();
        backup
    }

    /// Another computer with such a copy of the data, and with what opens it in its keyring.
    ///
    /// # Panics
    /// If a panic has poisoned the keyring.
    #[must_use]
    pub fn on_another_computer(&self, name: &str, backup: &Path) -> Self {
        let mut other = Self::new(self.lab.clone(), name);
        other.keyring = Arc::new(LabKeyring(Mutex::new(self.keyring.0.lock().unwrap().clone())));
        other.restore(backup);
        other
    }

    /// Puts an old copy in the place of the data. Close the app first.
    ///
    /// # Panics
    /// If the app is open.
    pub fn restore(&mut self, backup: &Path) {
        assert!(self.running.is_none(), "the app holds its files");
        *self.copies.lock().unwrap() += 1;
        copy(backup, &self.folder()).unwrap();
    }

    /// Kills the app.
    pub async fn crash(&mut self) {
        if let Some(running) = &self.running {
            running.process.crash();
        }
        self.bury().await;
    }

    /// Waits, and opens the app again some time after it died.
    pub async fn pause(&mut self, time: Duration) {
        let Some(running) = &self.running else { return sleep(time).await };
        let process = running.process.clone();
        tokio::select! {
            () = sleep(time) => {}
            () = process.death() => self.recover().await,
        }
    }

    /// Asks something of the app. `None` if the app died over it; then it is gone.
    pub async fn ask<T: Send + 'static>(&mut self, work: impl AsyncWork<T>) -> Option<T> {
        let running = self.running.as_ref()?;
        let engine = running.engine.clone();
        let answer = running.process.run(work.start(engine)).await;
        if running.process.is_dead() {
            self.bury().await;
            return None;
        }
        let panics = running.process.panics();
        assert!(answer.is_some(), "the app gave no answer and did not die: {panics:?}");
        answer
    }

    /// Asks until there is an answer, opening the app again whenever it died.
    pub async fn insist<T: Send + 'static, W: AsyncWork<T> + Clone>(&mut self, work: W) -> T {
        loop {
            match self.ask(work.clone()).await {
                Some(answer) => return answer,
                None => self.recover().await,
            }
        }
    }

    /// Opens the app again, some time after it died.
    pub async fn recover(&mut self) {
        self.bury().await;
        let wait = self.rng.millis(100..15_000);
        sleep(wait).await;
        self.start().await;
    }

    async fn bury(&mut self) {
        let Some(running) = self.running.take_if(|running| running.process.is_dead()) else { return };
        self.points += running.process.points();
        self.crashes += 1;
        drop(running.engine);
        running.process.ended().await;
    }

    /// A process that dies leaves what it had written, no more, and a power cut what it had synced: the folder is copied before
    /// anything is closed.
    fn look_at_death(&self, process: &Process) {
        let (lab, name, is_host) = (self.lab.clone(), self.name.clone(), self.is_host());
        let (copies, power) = (Arc::clone(&self.copies), Arc::clone(&self.power));
        process.at_death(move || {
            lab.trace().note(format_args!("{name}'s app dies"));
            let mut copies = copies.lock().unwrap();
            let before = lab.folder(&format!("{name}.{copies}"));
            *copies += 1;
            let after = lab.folder(&format!("{name}.{copies}"));
            if power.lock().unwrap().cut(&after) {
                lab.count_power_cut();
            } else {
                copy(&before, &after).unwrap();
            }
            if is_host {
                lab.host_dies();
            }
        });
    }

    // What a person does

    /// Opens a room on the relay, in which messages live for a month.
    pub async fn create(&mut self) -> RoomHandle {
        self.create_for(MONTH).await
    }

    /// Opens a room on the relay, in which messages live for so many seconds.
    pub async fn create_for(&mut self, message_ttl: u32) -> RoomHandle {
        let (nick, recorder) = (self.name.clone(), self.lab.recorder().clone());
        self.enter(move |engine: Engine| async move {
            // What died with the app before it was stored is not what a hosted relay serves.
            recorder.forget_room();
            let request = |relay| CreateRoom {
                relay,
                title: "Press desk".to_owned(),
                note: String::new(),
                nick: nick.clone(),
                max_members: 64,
                message_ttl,
                in_memory: false,
            };
            match engine.create_room(request(server::ADDRESS.to_owned())).await? {
                Creation::Made { room } => Ok(room),
                // The person has compared the pin.
                Creation::Unvouched { relay, .. } => match engine.create_room(request(relay)).await? {
                    Creation::Made { room } => Ok(room),
                    Creation::Unvouched { .. } => Err(ErrorCode::Internal),
                },
            }
        })
        .await
    }

    /// Joins with an invitation.
    pub async fn join(&mut self, link: &str) -> RoomHandle {
        let (link, nick) = (link.to_owned(), self.name.clone());
        self.enter(move |engine: Engine| {
            let request =
                JoinRoom { invitation: SecretText::new(link), address: None, passphrase: None, nick, in_memory: false };
            async move { engine.join_room(request).await }
        })
        .await
    }

    async fn enter<W: AsyncWork<Result<RoomHandle, ErrorCode>> + Clone>(&mut self, work: W) -> RoomHandle {
        loop {
            match self.ask(work.clone()).await {
                // The relay may be down at this very moment.
                Some(Err(ErrorCode::RelayUnreachable)) => self.pause(Duration::from_secs(1)).await,
                Some(entered) => return entered.unwrap_or_else(|error| panic!("{} cannot enter: {error}", self.name)),
                None => self.recover().await,
            }
            // The app died; the room is there as a whole, or nothing of it is.
            if let Some(room) = self.snapshot().await.rooms.pop() {
                assert_ne!(room.phase, RoomPhase::Damaged, "{} finds half a room", self.name);
                return room.room;
            }
        }
    }

    /// The list of rooms.
    pub async fn snapshot(&mut self) -> Snapshot {
        self.insist(|engine: Engine| async move { engine.snapshot().await.unwrap() }).await
    }

    /// Whether the room's relay answers.
    pub async fn is_online(&mut self, room: &RoomHandle) -> bool {
        let rooms = self.snapshot().await.rooms;
        rooms.iter().any(|summary| summary.room == *room && summary.connection == Connection::Online)
    }

    /// The invitation to a room.
    pub async fn invitation(&mut self, room: &RoomHandle) -> String {
        let request = OfRoom { room: room.clone() };
        self.insist(move |engine: Engine| async move { engine.view_invitation(request).await.unwrap().link }).await
    }

    /// Writes a message. `None` if the app died over it: it may be written or not.
    pub async fn say(&mut self, room: &RoomHandle, text: &str) -> Option<Result<(), ErrorCode>> {
        let request = SendMessage { room: room.clone(), text: SecretText::new(text.to_owned()) };
        self.ask(move |engine: Engine| async move { engine.send_message(request).await.map(drop) }).await
    }

    /// Rejoins where the room asks whether to.
    pub async fn rejoin(&mut self, room: &RoomHandle, branch: &str) -> Option<Result<(), ErrorCode>> {
        let request = RejoinRoom { room: room.clone(), branch: branch.to_owned() };
        self.ask(move |engine: Engine| async move { engine.rejoin_room(request).await }).await
    }

    /// Refuses that, and stays.
    pub async fn stay(&mut self, room: &RoomHandle, branch: &str) -> Option<Result<(), ErrorCode>> {
        let request = StayInRoom { room: room.clone(), branch: branch.to_owned() };
        self.ask(move |engine: Engine| async move { engine.stay_in_room(request).await }).await
    }

    /// Leaves for good.
    pub async fn leave(&mut self, room: &RoomHandle) {
        let request = OfRoom { room: room.clone() };
        let gone = self.insist(move |engine: Engine| async move { engine.leave_room(request).await }).await;
        assert!(matches!(gone, Ok(_) | Err(ErrorCode::UnknownRoom)), "{} cannot leave: {gone:?}", self.name);
    }

    /// Forgets a room.
    pub async fn remove(&mut self, room: &RoomHandle) {
        let request = OfRoom { room: room.clone() };
        let gone = self.insist(move |engine: Engine| async move { engine.remove_room(request).await }).await;
        assert!(matches!(gone, Ok(_) | Err(ErrorCode::UnknownRoom)), "{} cannot forget: {gone:?}", self.name);
    }

    /// Everything that the room shows.
    pub async fn timeline(&mut self, room: &RoomHandle) -> Vec<Item> {
        let (mut pages, mut before) = (Vec::new(), None);
        loop {
            let request = PageMessages { room: room.clone(), before, limit: 200 };
            let page =
                self.insist(move |engine: Engine| async move { engine.page_messages(request).await.unwrap() }).await;
            pages.push(page.items);
            before = page.earlier;
            if before.is_none() {
                return pages.into_iter().rev().flatten().collect();
            }
        }
    }
}

/// Something to be asked of an engine.
pub trait AsyncWork<T> {
    /// Begins it.
    fn start(self, engine: Engine) -> impl Future<Output = T> + Send + 'static;
}

impl<T, F, R> AsyncWork<T> for F
where
    F: FnOnce(Engine) -> R,
    R: Future<Output = T> + Send + 'static,
{
    fn start(self, engine: Engine) -> impl Future<Output = T> + Send + 'static {
        self(engine)
    }
}

/// A keyring that asks nobody: opening a vault with it costs nothing.
#[derive(Debug, Default)]
struct LabKeyring(Mutex<Vec<(String, [u8; 32])>>);

impl Keyring for LabKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.delete(name)?;
        self.0.lock().unwrap().push((name.to_owned(), *secret));
        Ok(())
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        let entries = self.0.lock().unwrap();
        let found = entries.iter().find(|(known, _)| known == name).map(|(_, secret)| Zeroizing::new(*secret));
        found.ok_or(KeyringError::NoEntry)
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        self.0.lock().unwrap().retain(|(known, _)| known != name);
        Ok(())
    }
}

/// How long messages live in most rooms, in seconds.
pub(crate) const MONTH: u32 = 30 * 24 * 3600;
