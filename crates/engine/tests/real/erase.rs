//! Alice erases her computer, whatever it is busy with: her keys go at once, and then everything else.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use conclave_engine::{
    DataFolder, Engine, Environment, ErrorCode,
    api::{EraseDevice, UnlockVault},
    event::Event,
    snapshot::{Erasure, ItemBody, Remnant, RoomHandle, SystemLine, VaultState},
};
use conclave_seal::rng::{OsRng, Rng};
use conclave_store::{Keyring, KeyringError, Presence, survey};
use conclave_testkit::{
    app::{App, PASSPHRASE},
    keyring::MemoryKeyring,
};
use tempfile::TempDir;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};
use zeroize::Zeroizing;

use crate::at_once::{AskingKeyring, BY_KEYRING, Ends, Gate, Pace, SOON, alice_behind, of, opens, outcome};

const SILENTLY: EraseDevice = EraseDevice { tell_rooms: false };
/// A person has pressed, and the keys are gone. Far more than it takes, for a machine that is busy with other tests.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Erases on a thread of its own, as a window does.
fn erases(engine: &Engine) -> thread::JoinHandle<Erasure> {
    let (engine, runtime) = (engine.clone(), Handle::current());
    thread::spawn(move || runtime.block_on(engine.erase_device(SILENTLY)))
}

/// What opens the vault is overwritten, or deleted by now.
async fn keys_are_destroyed(folder: &Path) {
    let begun = Instant::now();
    while fs::read(folder.join("vault")).is_ok_and(|slots| slots.iter().any(|byte| *byte != 0)) {
        assert!(begun.elapsed() < AT_ONCE, "what opens the vault is still there");
        sleep(Duration::from_millis(1)).await;
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// Bob is in a room of Alice's, and has read her.
async fn bob_with(alice: &App) -> (App, RoomHandle) {
    let room = alice.host().await;
    let bob = App::new().await;
    let bobs = bob.join(&alice.link(&room).await, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;
    alice.say(&room, "Hello.").await;
    bob.until(&bobs, "her words", async |bob| bob.has_stored(&bobs, "Hello.").await).await;
    (bob, bobs)
}

async fn hears_that_she_left(bob: &App, room: &RoomHandle) -> bool {
    let left = |body: &ItemBody| matches!(body, ItemBody::System { event: SystemLine::Left { .. }, .. });
    bob.items(room).await.iter().any(|item| left(&item.body))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_computer_is_as_before_its_first_run_and_nobody_hears_of_it() {
    let program = TempDir::new().unwrap();
    let beside = vec![program.path().join("webview")];
    fs::create_dir(&beside[0]).unwrap();
    let alice = App::with(TempDir::new().unwrap(), |system| Environment { beside, ..system }).await;
    let (bob, bobs) = bob_with(&alice).await;
    alice.host_in_memory().await;
    fs::write(alice.folder.path().join("letter"), "of somebody else's").unwrap();
    let mut events = alice.engine.events();

    let erasure = timeout(SOON, alice.engine.erase_device(SILENTLY)).await.unwrap();
    assert_eq!(erasure, Erasure::default());
    let told = async { while !matches!(events.next().await, Some(Event::DeviceErased { .. })) {} };
    timeout(SOON, told).await.expect("the window is told");
    fs::remove_file(alice.folder.path().join("letter")).expect("files of others stay");
    assert!(is_empty(alice.folder.path()) && is_empty(program.path()));
    let snapshot = alice.engine.snapshot().await.unwrap();
    assert_eq!((snapshot.vault, snapshot.rooms.len()), (VaultState::New, 0));
    assert!(!hears_that_she_left(&bob, &bobs).await);

    let anew = App::in_folder(alice.folder).await;
    assert!(anew.engine.snapshot().await.unwrap().rooms.is_empty(), "what begins anew has nothing of before");
    anew.engine.lock_vault().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_it_takes_leave_first() {
    let (alice, carol) = (App::new().await, App::new().await);
    let (bob, bobs) = bob_with(&alice).await;
    let carols = carol.join(&bob.link(&bobs).await, "Carol").await;
    carol.until(&carols, "confirmed", async |carol| carol.is_online(&carols).await).await;
    let erasure = timeout(SOON, carol.engine.erase_device(EraseDevice { tell_rooms: true })).await.unwrap();
    assert_eq!(erasure, Erasure::default());
    assert!(is_empty(carol.folder.path()));
    bob.until(&bobs, "that Carol left", async |bob| hears_that_she_left(bob, &bobs).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_at_once_while_a_room_is_about_to_be_served() {
    let gate = Gate::new();
    let alice = alice_behind(&gate).await;
    let room = alice.host().await;
    alice.engine.stop_hosting(of(&room)).await.unwrap();
    gate.is_shut.send_replace(true);
    let meanwhile = async {
        gate.asked().await;
        let erasing = erases(&alice.engine);
        keys_are_destroyed(alice.folder.path()).await;
        assert_eq!(alice.engine.view_room(of(&room)).await.unwrap_err(), ErrorCode::VaultLocked);
        gate.is_shut.send_replace(false);
        outcome(erasing).await
    };
    let (started, erasure) = tokio::join!(alice.engine.start_hosting(of(&room)), meanwhile);
    assert_eq!((started, erasure), (Err(ErrorCode::VaultLocked), Erasure::default()));
    assert!(is_empty(alice.folder.path()), "what was being started left nothing behind");
}

/// Draws when it may: whoever begins a room draws its key while all that is open is locked.
#[derive(Clone, Default)]
struct SlowRng(Arc<(AtomicBool, Pace)>);

impl Rng for SlowRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        if self.0.0.load(Ordering::Relaxed) {
            self.0.1.wait();
        }
        OsRng.fill(bytes);
    }
}

async fn alice_with(slow: &SlowRng) -> App {
    let slow = slow.clone();
    let rng: Arc<dyn Fn() -> Box<dyn Rng> + Send + Sync> = Arc::new(move || Box::new(slow.clone()));
    App::with(TempDir::new().unwrap(), |system| Environment { rng, ..system }).await
}

/// As where the disk hangs in the middle of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_at_once_while_all_that_is_open_is_locked_by_somebody_who_waits() {
    let slow = SlowRng::default();
    let _ends = Ends(&slow.0.1);
    let alice = alice_with(&slow).await;
    alice.host().await;
    slow.0.0.store(true, Ordering::Relaxed);
    let (alice, runtime) = (Arc::new(alice), Handle::current());
    let hosts = Arc::clone(&alice);
    let hosting = thread::spawn(move || runtime.block_on(hosts.try_host(false)));
    slow.0.1.somebody_waits().await;
    let erasing = erases(&alice.engine);
    keys_are_destroyed(alice.folder.path()).await;
    slow.0.1.go_on();
    assert_eq!(outcome(hosting).await.unwrap_err(), ErrorCode::VaultLocked);
    assert_eq!(outcome(erasing).await, Erasure::default());
    assert!(is_empty(alice.folder.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_at_once_while_the_vault_is_being_opened_which_then_opens_nothing() {
    let slow = SlowRng::default();
    let _ends = Ends(&slow.0.1);
    let alice = alice_with(&slow).await;
    alice.host().await;
    alice.engine.lock_vault().await;
    slow.0.0.store(true, Ordering::Relaxed);
    let opening = opens(&alice.engine, Some(PASSPHRASE));
    slow.0.1.somebody_waits().await;
    let erasing = erases(&alice.engine);
    keys_are_destroyed(alice.folder.path()).await;
    slow.0.1.go_on();
    assert_eq!(outcome(opening).await, Err(ErrorCode::VaultLocked));
    assert_eq!(outcome(erasing).await, Erasure::default());
    assert!(is_empty(alice.folder.path()));
}

/// Its person was asked, and looks elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_at_once_while_a_keyring_is_waited_for() {
    let (folder, keyring) = (TempDir::new().unwrap(), AskingKeyring::new(usize::MAX));
    let _ends = Ends(&keyring.person);
    let engine = keyring.engine(folder.path());
    engine.create_vault(BY_KEYRING).await.unwrap();
    engine.lock_vault().await;
    keyring.answers.store(0, Ordering::Relaxed);
    let opening = opens(&engine, None);
    keyring.person.somebody_waits().await;
    let erasing = erases(&engine);
    keys_are_destroyed(folder.path()).await;
    assert_eq!(outcome(opening).await, Err(ErrorCode::VaultLocked));
    assert_eq!(outcome(erasing).await, Erasure::default());
    assert!(is_empty(folder.path()));
}

/// It keeps what it has.
#[derive(Default)]
struct StubbornKeyring(MemoryKeyring);

impl Keyring for StubbornKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.0.store(name, secret)
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        self.0.load(name)
    }

    fn delete(&self, _: &str) -> Result<(), KeyringError> {
        Err(KeyringError::Unavailable)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyring_that_keeps_its_part_is_named_and_everything_else_goes() {
    let (folder, keyring) = (TempDir::new().unwrap(), Arc::new(StubbornKeyring::default()));
    let engine = Engine::new(Environment::system(DataFolder::At(folder.path().to_owned()), Some(keyring)));
    engine.create_vault(BY_KEYRING).await.unwrap();
    assert_eq!(engine.erase_device(SILENTLY).await.left, [Remnant::Keyring]);
    assert!(is_empty(folder.path()));
}

/// As after a power cut, or with a file that another program holds on Windows. A folder stands in its place here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_left_something_says_what_and_goes_on_after_a_restart() {
    let alice = App::new().await;
    let room = alice.host().await;
    let stuck = alice.folder.path().join("rooms").join(format!("{}.db-held", room.0));
    fs::create_dir_all(stuck.join("inside")).unwrap();
    assert_eq!(alice.engine.erase_device(SILENTLY).await.left, [Remnant::Rooms]);
    assert_eq!(alice.engine.snapshot().await.unwrap().vault, VaultState::Erased);

    let anew = Engine::new(Environment::system(DataFolder::At(alice.folder.path().to_owned()), None));
    assert_eq!(anew.snapshot().await.unwrap().vault, VaultState::Erased);
    let passphrase = Some(conclave_engine::api::SecretText::new(PASSPHRASE.to_owned()));
    assert_eq!(anew.unlock_vault(UnlockVault { passphrase }).await, Err(ErrorCode::VaultErased));
    fs::remove_dir_all(stuck).unwrap();
    assert_eq!(anew.erase_device(SILENTLY).await, Erasure::default());
    assert_eq!(survey(alice.folder.path()).unwrap(), Presence::Nothing);
    assert!(is_empty(alice.folder.path()));
}
