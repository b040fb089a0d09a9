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
    DataFolder, Engine, Environment, ErrorCode, SystemListen,
    api::{CreateVault, Protection, UnlockVault},
    clock::TokioTimer,
    snapshot::VaultState,
};
use conclave_store::{Durability, Keyring};
use tokio::time::sleep;

use crate::{
    Lab, clock::PersonClock, folder::copy, keyring::MemoryKeyring, network::LabDialer, power::PowerSupply,
    process::Process, remains::Drawn, rng::SeededRng,
};

mod commands;

pub(crate) use commands::MONTH;

/// Somebody with a computer.
#[derive(Debug)]
pub struct Person {
    name: String,
    lab: Lab,
    rng: SeededRng,
    drawn: Drawn,
    keyring: Arc<MemoryKeyring>,
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

/// People come into a lab.
impl Lab {
    /// Somebody with a computer, on which the app runs.
    pub async fn person(&self, name: &str) -> Person {
        let mut person = Person::new(self.clone(), name);
        person.start().await;
        person
    }

    /// Somebody whose app dies once, at this point of its life.
    pub async fn mortal(&self, name: &str, point: u64) -> Person {
        let mut person = Person::new(self.clone(), name);
        person.crash_after(point);
        person.start().await;
        person
    }

    /// Somebody whose computer loses its power whenever the app dies.
    pub async fn unplugged(&self, name: &str) -> Person {
        let mut person = Person::new(self.clone(), name);
        person.lose_power();
        person.start().await;
        person
    }
}

#[derive(Debug)]
struct Running {
    engine: Engine,
    process: Process,
}

impl Person {
    fn new(lab: Lab, name: &str) -> Self {
        let rng = lab.rng().fork();
        Self {
            name: name.to_owned(),
            lab,
            rng,
            drawn: Drawn::default(),
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

    /// The lab that the person lives in.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        &self.lab
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
        self.keyring.forget_newer();
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

    /// Every key and salt that the app drew.
    #[must_use]
    pub fn drawn(&self) -> &Drawn {
        &self.drawn
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
            let (rng, drawn) = (self.rng.clone(), self.drawn.clone());
            let keyring: Arc<dyn Keyring> = Arc::<MemoryKeyring>::clone(&self.keyring);
            let scheme = self.lab.crafter().scheme(&self.name, self.lab.scheme());
            let engine = Engine::new(Environment {
                folder: DataFolder::At(self.folder()),
                beside: Vec::new(),
                durability: if fails { Durability::Synced } else { Durability::Process },
                keyring: Some(keyring),
                clock: Arc::new(PersonClock { lab: self.lab.clock(), set_by: Arc::clone(&self.set_by) }),
                rng: Arc::new(move || drawn.of(rng.fork())),
                timer: Arc::new(TokioTimer),
                listen: Arc::new(SystemListen),
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
                    VaultState::Erased => Err(ErrorCode::VaultErased),
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
        other.keyring = Arc::new(self.keyring.copy());
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
        let mut power = self.power.lock().unwrap();
        if power.fails() {
            // What lies on the disk from now on.
            *power = PowerSupply::new(&self.folder(), true);
        }
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

    /// A process that dies leaves what it had written, no more, and a power cut what it had synced: the folder is
    /// copied before anything is closed.
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
