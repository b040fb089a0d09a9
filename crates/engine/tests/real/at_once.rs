//! Alice's app is busy with one thing, and everything else goes on; her keys leave memory at once, whatever it is busy with.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use conclave_crypto::{
    group::{Group, GroupError},
    state::GroupState,
};
use conclave_engine::{
    DataFolder, Engine, Environment, ErrorCode, Listen, SystemListen,
    api::{CreateVault, OfRoom, Protection, SecretText, SendMessage, UnlockVault},
    event::Event,
    snapshot::{HostingState, MessageState, RoomHandle, VaultState},
    tasks::BoxFuture,
};
use conclave_relay::{BindError, Certificates, Listener};
use conclave_seal::rng::{OsRng, Rng};
use conclave_store::{Keyring, KeyringError};
use conclave_testkit::{
    keyring::MemoryKeyring,
    layer::{AllLayered, Layer},
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    runtime::Handle,
    sync::{oneshot, watch},
    time::{sleep, timeout},
};
use zeroize::Zeroizing;

use conclave_testkit::app::{App, PASSPHRASE};

/// More than enough for what waits for nothing.
pub(crate) const SOON: Duration = Duration::from_secs(10);
/// More than enough to stretch a passphrase, which takes seconds without optimisation.
const STRETCHED: Duration = Duration::from_secs(60);
/// Long enough to see that something waits.
const A_WHILE: Duration = Duration::from_millis(500);

/// Listens in the system's network, but while it is shut nobody comes to it.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) is_shut: watch::Sender<bool>,
    /// The port that somebody waits to listen on.
    asked: watch::Sender<Option<u16>>,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { is_shut: watch::Sender::new(false), asked: watch::Sender::new(None) })
    }

    pub(crate) async fn asked(&self) -> u16 {
        let mut asked = self.asked.subscribe();
        let port = timeout(SOON, asked.wait_for(Option::is_some)).await.unwrap().unwrap();
        port.unwrap()
    }
}

impl Listen for Gate {
    fn open(&self, address: SocketAddr, certificates: Certificates) -> BoxFuture<'_, Result<Listener, BindError>> {
        Box::pin(async move {
            let mut is_shut = self.is_shut.subscribe();
            if *is_shut.borrow_and_update() {
                self.asked.send_replace(Some(address.port()));
            }
            is_shut.wait_for(|is_shut| !is_shut).await.unwrap();
            SystemListen.open(address, certificates).await
        })
    }
}

pub(crate) async fn alice_behind(gate: &Arc<Gate>) -> App {
    let listen = Arc::<Gate>::clone(gate);
    App::with(TempDir::new().unwrap(), |system| Environment { listen, ..system }).await
}

/// Another app that tries the same folder.
async fn opened_anew(folder: &Path) -> Result<Engine, ErrorCode> {
    let engine = Engine::new(Environment::system(DataFolder::At(folder.to_owned()), None));
    let passphrase = Some(SecretText::new(PASSPHRASE.to_owned()));
    engine.unlock_vault(UnlockVault { passphrase }).await.map(|()| engine)
}

pub(crate) fn of(room: &RoomHandle) -> OfRoom {
    OfRoom { room: room.clone() }
}

/// Everything that a person does in a room is answered.
async fn is_alive(alice: &App, room: &RoomHandle, text: &str) {
    let answers = async {
        alice.say(room, text).await;
        alice.engine.view_room(of(room)).await.unwrap();
        assert!(alice.texts(room).await.iter().any(|(_, found, _)| found == text));
        alice.engine.mark_read(of(room)).await.unwrap();
    };
    timeout(SOON, answers).await.unwrap_or_else(|_| panic!("nobody answers for the room"));
}

async fn is_anybody_at(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

fn rooms_in(folder: &Path) -> usize {
    fs::read_dir(folder.join("rooms")).unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_dropped_at_once_while_a_room_is_about_to_be_served() {
    let gate = Gate::new();
    let alice = alice_behind(&gate).await;
    let (room, other) = (alice.host().await, alice.host().await);
    alice.engine.stop_hosting(of(&other)).await.unwrap();
    let mut events = alice.engine.events();

    gate.is_shut.send_replace(true);
    let start = alice.engine.start_hosting(of(&other));
    let meanwhile = async {
        let port = gate.asked().await;
        is_alive(&alice, &room, "Meanwhile.").await;
        is_alive(&alice, &other, "Here as well.").await;
        let snapshot = timeout(SOON, alice.engine.snapshot()).await.expect("a picture of all of it").unwrap();
        assert_eq!((snapshot.vault, snapshot.rooms.len()), (VaultState::Open, 2));
        assert_eq!(timeout(SOON, alice.engine.hosting_others()).await, Ok(0));
        assert_eq!(opened_anew(alice.folder.path()).await.unwrap_err(), ErrorCode::VaultBusy);

        let before = tokio::time::Instant::now();
        let closing = alice.engine.drop_keys();
        assert!(before.elapsed() < Duration::from_secs(1), "it took {:?}", before.elapsed());
        let locked =
            async { while !matches!(events.next().await, Some(Event::VaultChanged { vault: VaultState::Locked })) {} };
        timeout(SOON, locked).await.expect("the window is told");
        assert_eq!(alice.engine.view_room(of(&room)).await.unwrap_err(), ErrorCode::VaultLocked);
        assert_eq!(alice.engine.snapshot().await.unwrap().vault, VaultState::Locked);
        timeout(SOON, closing.wait()).await.expect("every file is closed");

        let anew = opened_anew(alice.folder.path()).await.unwrap();
        let hosting = anew.view_room(of(&room)).await.unwrap().summary.hosting.unwrap();
        assert_eq!(hosting.state, HostingState::Running, "its port and its relay's file are free");
        gate.is_shut.send_replace(false);
        (anew, port)
    };
    let (started, (anew, port)) = tokio::join!(start, meanwhile);
    assert_eq!(started, Err(ErrorCode::VaultLocked));
    assert!(!is_anybody_at(port).await, "nobody serves it");
    assert_eq!(alice.engine.start_hosting(of(&other)).await, Err(ErrorCode::VaultLocked), "the turn goes on");
    anew.lock_vault().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_is_being_hosted_when_keys_are_dropped_was_never_there() {
    let gate = Gate::new();
    let alice = alice_behind(&gate).await;
    let room = alice.host().await;
    let files = rooms_in(alice.folder.path());

    gate.is_shut.send_replace(true);
    let host = alice.try_host(false);
    let meanwhile = async {
        let port = gate.asked().await;
        timeout(SOON, alice.engine.drop_keys().wait()).await.expect("every file is closed");
        gate.is_shut.send_replace(false);
        port
    };
    let (hosted, port) = tokio::join!(host, meanwhile);
    assert_eq!(hosted.unwrap_err(), ErrorCode::VaultLocked);
    assert!(!is_anybody_at(port).await, "nobody serves it");
    assert!(rooms_in(alice.folder.path()) <= files, "nothing of it is left");

    let passphrase = Some(SecretText::new(PASSPHRASE.to_owned()));
    alice.engine.unlock_vault(UnlockVault { passphrase }).await.unwrap();
    let rooms = alice.engine.snapshot().await.unwrap().rooms;
    assert_eq!(rooms.iter().map(|found| &found.room).collect::<Vec<_>>(), [&room]);
    alice.engine.lock_vault().await;
}

/// Seals what says "Wait." only when it may.
#[derive(Clone, Default)]
struct Slow(Arc<Pace>);

#[derive(Default)]
pub(crate) struct Pace {
    may_go_on: (Mutex<bool>, Condvar),
    waits: watch::Sender<bool>,
}

impl Pace {
    pub(crate) fn wait(&self) {
        self.waits.send_replace(true);
        let (may_go_on, changed) = &self.may_go_on;
        drop(changed.wait_while(may_go_on.lock().unwrap(), |may| !*may).unwrap());
    }

    pub(crate) async fn somebody_waits(&self) {
        timeout(SOON, self.waits.subscribe().wait_for(|waits| *waits)).await.unwrap().unwrap();
    }

    pub(crate) fn go_on(&self) {
        *self.may_go_on.0.lock().unwrap() = true;
        self.may_go_on.1.notify_all();
    }
}

/// Lets whoever waits go on when the story ends, also where it fails: a runtime does not end before its actors.
pub(crate) struct Ends<'a>(pub(crate) &'a Pace);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.go_on();
    }
}

impl Layer for Slow {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        if message.windows(5).any(|text| text == b"Wait.") {
            self.0.wait();
        }
        group.encrypt(state, rng, message)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_room_keeps_no_other_waiting_and_closes_when_it_is_done() {
    let slow = Slow::default();
    let _ends = Ends(&slow.0);
    let crypto = Arc::new(AllLayered(slow.clone()));
    let alice = App::with(TempDir::new().unwrap(), |system| Environment { crypto, ..system }).await;
    let (busy, other) = (alice.host().await, alice.host().await);
    let bob = App::new().await;
    let bobs = bob.join(&alice.link(&busy).await, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;
    alice.say(&busy, "Hello.").await;
    bob.until(&bobs, "her first words", async |bob| bob.has_stored(&bobs, "Hello.").await).await;

    let said = alice.engine.send_message(SendMessage {
        room: busy.clone(),
        text: SecretText::new("Wait.".to_owned()),
        fuse: None,
    });
    let meanwhile = async {
        slow.0.somebody_waits().await;
        assert!(timeout(A_WHILE, alice.engine.view_room(of(&busy))).await.is_err(), "the room is busy");
        is_alive(&alice, &other, "Meanwhile.").await;
        let third = timeout(SOON, alice.host()).await.expect("rooms are made");
        is_alive(&alice, &third, "A new one.").await;

        let closing = alice.engine.drop_keys();
        assert!(timeout(A_WHILE, closing.wait()).await.is_err(), "the room's file is open");
        let busy = opened_anew(alice.folder.path()).await.unwrap_err();
        assert_eq!(busy, ErrorCode::VaultBusy, "two that write into one file would corrupt the keys");
        slow.0.go_on();
        timeout(SOON, closing.wait()).await.expect("the room is done");
    };
    let (said, ()) = tokio::join!(said, meanwhile);
    // It is on the disk, whether or not somebody heard of it.
    assert!(matches!(said, Ok(_) | Err(ErrorCode::VaultLocked)), "{said:?}");
    let anew = opened_anew(alice.folder.path()).await.unwrap();
    let anew = App::opened(anew, alice.folder);
    let texts = anew.texts(&busy).await;
    assert!(texts.iter().any(|(_, text, _)| text == "Wait."), "{texts:?}");
    bob.engine.retry_room(of(&bobs)).await.unwrap();
    bob.until(&bobs, "the rest", async |bob| bob.has_stored(&bobs, "Wait.").await).await;
    let states: Vec<MessageState> = bob.texts(&bobs).await.into_iter().map(|(_, _, state)| state).collect();
    assert_eq!(states.len(), 2, "each once");
    anew.engine.lock_vault().await;
}

/// Opens the vault on a thread of its own, which may wait in the middle of it.
pub(crate) fn opens(engine: &Engine, passphrase: Option<&str>) -> thread::JoinHandle<Result<(), ErrorCode>> {
    let passphrase = passphrase.map(|text| SecretText::new(text.to_owned()));
    let (engine, runtime) = (engine.clone(), Handle::current());
    thread::spawn(move || runtime.block_on(engine.unlock_vault(UnlockVault { passphrase })))
}

/// What came of it: a thread that waits for ever fails the story and does not hang it.
pub(crate) async fn outcome<T: Send + 'static>(of: thread::JoinHandle<T>) -> T {
    let (ended, joined) = oneshot::channel();
    thread::spawn(move || drop(ended.send(of.join())));
    timeout(SOON, joined).await.unwrap().unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_dropped_while_the_vault_is_being_opened_do_not_come_back() {
    let pace: Arc<(AtomicBool, Pace)> = Arc::default();
    let _ends = Ends(&pace.1);
    let slow = Arc::clone(&pace);
    let rng: Arc<dyn Fn() -> Box<dyn Rng> + Send + Sync> = Arc::new(move || {
        if slow.0.load(Ordering::Relaxed) {
            slow.1.wait();
        }
        Box::new(OsRng)
    });
    let alice = App::with(TempDir::new().unwrap(), |system| Environment { rng, ..system }).await;
    alice.engine.lock_vault().await;

    pace.0.store(true, Ordering::Relaxed);
    let opening = opens(&alice.engine, Some(PASSPHRASE));
    pace.1.somebody_waits().await;
    alice.engine.drop_keys();
    pace.1.go_on();
    assert_eq!(outcome(opening).await, Err(ErrorCode::VaultLocked));
    assert_eq!(alice.engine.snapshot().await.unwrap().vault, VaultState::Locked);

    assert_eq!(outcome(opens(&alice.engine, Some(PASSPHRASE))).await, Ok(()));
    alice.engine.lock_vault().await;
}

/// A keyring that asks its person back, once it has answered by itself as often as it may.
pub(crate) struct AskingKeyring {
    pub(crate) kept: MemoryKeyring,
    pub(crate) answers: AtomicUsize,
    pub(crate) person: Pace,
}

impl AskingKeyring {
    pub(crate) fn new(answers: usize) -> Arc<Self> {
        Arc::new(Self { kept: MemoryKeyring::default(), answers: answers.into(), person: Pace::default() })
    }

    fn ask(&self) {
        let (now, then) = (Ordering::Relaxed, Ordering::Relaxed);
        if self.answers.fetch_update(now, then, |left| left.checked_sub(1)).is_err() {
            self.person.wait();
        }
    }

    /// An engine that asks it.
    pub(crate) fn engine(self: &Arc<Self>, folder: &Path) -> Engine {
        let asked: Arc<dyn Keyring> = Arc::<Self>::clone(self);
        Engine::new(Environment::system(DataFolder::At(folder.to_owned()), Some(asked)))
    }

    /// Lets its person answer, and waits until what asked has heard of it.
    async fn answers_late(self: &Arc<Self>) {
        self.person.go_on();
        let heard = async {
            // This story and its engine.
            while Arc::strong_count(self) > 2 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(SOON, heard).await.unwrap();
    }
}

impl Keyring for AskingKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.ask();
        self.kept.store(name, secret)
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        self.ask();
        self.kept.load(name)
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        self.kept.delete(name)
    }
}

pub(crate) const BY_KEYRING: CreateVault = CreateVault { protection: Protection::Keyring, passphrase: None };

/// It is asked for the key of the vault, for the mark of the newest copy, and to keep the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyring_that_does_not_answer_keeps_no_end_waiting_and_opens_nothing_later() {
    for (answered, drops) in (0..3).flat_map(|answered| [(answered, false), (answered, true)]) {
        let (folder, keyring) = (TempDir::new().unwrap(), AskingKeyring::new(usize::MAX));
        let _ends = Ends(&keyring.person);
        let engine = keyring.engine(folder.path());
        engine.create_vault(BY_KEYRING).await.unwrap();
        engine.lock_vault().await;

        keyring.answers.store(answered, Ordering::Relaxed);
        let opening = opens(&engine, None);
        keyring.person.somebody_waits().await;
        let seen = timeout(SOON, engine.snapshot()).await.expect("a picture of all of it").unwrap();
        assert_eq!(seen.vault, VaultState::Locked);
        if drops {
            timeout(SOON, engine.drop_keys().wait()).await.expect("nothing is open");
        } else {
            timeout(SOON, engine.lock_vault()).await.expect("the app can end");
        }
        assert_eq!(outcome(opening).await, Err(ErrorCode::VaultLocked));

        let kept: Arc<dyn Keyring> = Arc::new(keyring.kept.copy());
        let other = Engine::new(Environment::system(DataFolder::At(folder.path().to_owned()), Some(kept)));
        other.unlock_vault(UnlockVault { passphrase: None }).await.expect("nothing holds the folder");
        other.lock_vault().await;

        keyring.answers_late().await;
        assert_eq!(engine.snapshot().await.unwrap().vault, VaultState::Locked, "that opens nothing");
        engine.unlock_vault(UnlockVault { passphrase: None }).await.unwrap();
        engine.lock_vault().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gives_a_keyring_up_makes_a_vault_with_a_passphrase() {
    let (folder, keyring) = (TempDir::new().unwrap(), AskingKeyring::new(0));
    let _ends = Ends(&keyring.person);
    let engine = keyring.engine(folder.path());
    let (making, runtime) = (engine.clone(), Handle::current());
    let making = thread::spawn(move || runtime.block_on(making.create_vault(BY_KEYRING)));
    keyring.person.somebody_waits().await;

    let passphrase = Some(SecretText::new(PASSPHRASE.to_owned()));
    let by_passphrase = engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase });
    timeout(STRETCHED, by_passphrase).await.expect("another way is open").unwrap();
    assert_eq!(outcome(making).await, Err(ErrorCode::VaultLocked));
    keyring.answers_late().await;
    assert_eq!(engine.snapshot().await.unwrap().vault, VaultState::Open);
    engine.lock_vault().await;
    opened_anew(folder.path()).await.expect("this vault, and no other").lock_vault().await;
}

/// As by a second press on the button: a person is not asked twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_needs_the_keyring_waits_for_the_one_who_asks_it() {
    let (folder, keyring) = (TempDir::new().unwrap(), AskingKeyring::new(usize::MAX));
    let _ends = Ends(&keyring.person);
    let engine = keyring.engine(folder.path());
    engine.create_vault(BY_KEYRING).await.unwrap();
    engine.lock_vault().await;

    keyring.answers.store(0, Ordering::Relaxed);
    let first = opens(&engine, None);
    keyring.person.somebody_waits().await;
    let second = opens(&engine, None);
    sleep(A_WHILE).await;
    assert!(!first.is_finished() && !second.is_finished());
    keyring.person.go_on();
    assert_eq!((outcome(first).await, outcome(second).await), (Ok(()), Ok(())));
    engine.lock_vault().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_is_felt_where_a_room_is_in_memory_only() {
    let alice = alice_behind(&Gate::new()).await;
    alice.host().await;
    assert!(!alice.engine.is_end_felt().await, "her room is kept, and nobody is connected");
    alice.try_host(true).await.unwrap();
    assert!(alice.engine.is_end_felt().await);
}

/// As a window looks at everything after it has missed events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_at_all_rooms_is_answered_while_some_are_being_left() {
    let alice = alice_behind(&Gate::new()).await;
    let mut rooms = Vec::new();
    for _ in 0..8 {
        rooms.push(alice.host_in_memory().await);
    }
    let leaving = async {
        for room in &rooms {
            alice.engine.leave_room(of(room)).await.unwrap();
        }
    };
    tokio::pin!(leaving);
    loop {
        tokio::select! {
            () = &mut leaving => break,
            seen = alice.engine.snapshot() => assert_eq!(seen.unwrap().vault, VaultState::Open),
        }
    }
    assert!(alice.engine.snapshot().await.unwrap().rooms.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_missed_the_unlocking_hears_of_it_when_it_unlocks_again() {
    let alice = alice_behind(&Gate::new()).await;
    let mut events = alice.engine.events();
    let passphrase = Some(SecretText::new(PASSPHRASE.to_owned()));
    alice.engine.unlock_vault(UnlockVault { passphrase }).await.unwrap();
    let told = async { while !matches!(events.next().await, Some(Event::VaultChanged { vault: VaultState::Open })) {} };
    timeout(SOON, told).await.expect("it is open, and says so");
}
