//! A file is emptied, cut short or gone: nothing is made or removed in its place, and a copy of it puts everything right.

use std::{collections::BTreeMap, fs, path::Path};

use conclave_engine::{
    DataFolder, Engine, Environment, ErrorCode,
    api::{CreateVault, OfRoom, PageMessages, Protection, SecretText, UnlockVault},
    snapshot::{HostingState, RoomPhase, VaultState},
};

use conclave_testkit::app::{App, PASSPHRASE};

type Files = BTreeMap<String, Vec<u8>>;

/// Every file below the data folder, but for the write-ahead logs, which are empty.
fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    for sub in ["", "rooms", "lost-files"] {
        for file in fs::read_dir(folder.join(sub)).into_iter().flatten().map(Result::unwrap) {
            let name = format!("{sub}/{}", file.file_name().to_str().unwrap());
            if file.file_type().unwrap().is_file() && !name.ends_with("-wal") && !name.ends_with("-shm") {
                found.insert(name, fs::read(file.path()).unwrap());
            }
        }
    }
    found
}

fn put_back(folder: &Path, files: &Files) {
    for (name, bytes) in files {
        fs::write(folder.join(name.trim_start_matches('/')), bytes).unwrap();
    }
}

fn passphrase() -> Option<SecretText> {
    Some(SecretText::new(PASSPHRASE.to_owned()))
}

fn another_run(app: &App) -> Engine {
    Engine::new(Environment::system(DataFolder::At(app.folder.path().to_owned()), None))
}

/// Alice hosts a room in which she has written something, and has closed the app.
async fn alice() -> (App, String) {
    let alice = App::new().await;
    let room = alice.host().await;
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
    alice.say(&room, "Is anybody here?").await;
    alice.engine.lock_vault().await;
    (alice, room.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_that_lost_its_bytes_is_taken_for_a_new_one() {
    let (mut alice, room) = alice().await;
    let whole = files(alice.folder.path());
    let room_files = [format!("rooms/{room}.db"), format!("rooms/{room}.relay.db")];
    for file in ["index.db", "vault", &room_files[0], &room_files[1]] {
        for is_there in [true, false] {
            let path = alice.folder.path().join(file);
            if is_there {
                fs::write(&path, b"").unwrap()
            } else {
                fs::remove_file(&path).unwrap()
            }
            let damaged = files(alice.folder.path());
            let later = another_run(&alice);
            let state = later.snapshot().await.unwrap().vault;
            let is_new = file == "vault" && !is_there;
            assert_eq!(state, if is_new { VaultState::Incomplete } else { VaultState::Locked }, "{file}");
            let create = CreateVault { protection: Protection::Passphrase, passphrase: passphrase() };
            let refused = if is_new { ErrorCode::VaultIncomplete } else { ErrorCode::VaultExists };
            assert_eq!(later.create_vault(create).await.unwrap_err(), refused, "{file}");
            let unlocked = later.unlock_vault(UnlockVault { passphrase: passphrase() }).await;
            match file {
                "index.db" => assert_eq!(unlocked.unwrap_err(), ErrorCode::VaultDamaged),
                "vault" if is_there => assert_eq!(unlocked.unwrap_err(), ErrorCode::VaultDamaged),
                "vault" => assert_eq!(unlocked.unwrap_err(), ErrorCode::VaultIncomplete),
                _ => {
                    unlocked.unwrap();
                    let [summary] = later.snapshot().await.unwrap().rooms.try_into().unwrap();
                    let hosting = summary.hosting.map(|hosting| hosting.state);
                    let unopened = summary.unopened.map(|unopened| (unopened.reason, unopened.file));
                    let lost = path.to_str().unwrap().to_owned();
                    let expected = (file == room_files[0]).then_some((ErrorCode::RoomDamaged, lost));
                    assert_eq!(unopened, expected, "which file to put back");
                    let told = (summary.phase, hosting);
                    let own = file == room_files[0];
                    let expected =
                        if own { (RoomPhase::Damaged, None) } else { (RoomPhase::Open, Some(HostingState::Failed)) };
                    assert_eq!(told, expected, "{file}");
                }
            }
            later.lock_vault().await;
            let mut left = files(alice.folder.path());
            let mut expected = damaged;
            if file != "vault" {
                // What opens says what it found.
                left.remove("/index.db");
                expected.remove("/index.db");
            }
            if file == room_files[1] {
                left.remove(&format!("/{}", room_files[0]));
                expected.remove(&format!("/{}", room_files[0]));
                left.remove(&room_files[0]);
                expected.remove(&room_files[0]);
            }
            assert!(left == expected, "{file}: {:?} became {:?}", expected.keys(), left.keys());
            put_back(alice.folder.path(), &whole);
        }
    }
    alice.restart().await;
    let room = conclave_engine::snapshot::RoomHandle(room);
    assert_eq!(alice.texts(&room).await.len(), 1, "a copy puts it right");
    alice.until(&room, "online again", async |alice| alice.is_online(&room).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_that_was_moved_away_is_not_replaced_and_may_be_set_aside() {
    let (alice, room) = alice().await;
    let folder = alice.folder.path();
    let slots = fs::read(folder.join("vault")).unwrap();
    fs::remove_file(folder.join("vault")).unwrap();
    let later = another_run(&alice);
    later.set_vault_aside().await.unwrap();
    assert_eq!(later.snapshot().await.unwrap().vault, VaultState::New);
    let create = CreateVault { protection: Protection::Passphrase, passphrase: passphrase() };
    later.create_vault(create).await.unwrap();
    assert!(later.snapshot().await.unwrap().rooms.is_empty());
    assert_eq!(later.set_vault_aside().await.unwrap_err(), ErrorCode::VaultExists, "only what cannot be opened");
    later.lock_vault().await;

    let aside = folder.join("set-aside-1");
    fs::write(aside.join("vault"), slots).unwrap();
    let before = Engine::new(Environment::system(DataFolder::At(aside), None));
    before.unlock_vault(UnlockVault { passphrase: passphrase() }).await.unwrap();
    let of_room = OfRoom { room: conclave_engine::snapshot::RoomHandle(room) };
    assert_eq!(before.view_room(of_room).await.unwrap().summary.phase, RoomPhase::Open, "it is whole where it is");
    before.lock_vault().await;
}

/// The pages that nobody reads at the opening are zeros.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_of_a_room_is_not_blamed_on_the_vault() {
    let (alice, room) = alice().await;
    let path = alice.folder.path().join(format!("rooms/{room}.db"));
    let whole = fs::read(&path).unwrap();
    let of_room = || OfRoom { room: conclave_engine::snapshot::RoomHandle(room.clone()) };
    let mut told = Vec::new();
    let pages = whole.len() / 4096;
    for page in (1..pages).step_by(pages / 6) {
        let mut damaged = whole.clone();
        damaged[page * 4096..(page + 1) * 4096].fill(0);
        fs::write(&path, damaged).unwrap();
        let later = another_run(&alice);
        later.unlock_vault(UnlockVault { passphrase: passphrase() }).await.unwrap();
        let page = PageMessages { room: of_room().room, before: None, limit: 200 };
        told.extend(later.page_messages(page).await.err());
        told.extend(later.view_room(of_room()).await.err());
        later.lock_vault().await;
        fs::write(&path, &whole).unwrap();
    }
    assert!(told.len() > 1 && told.iter().all(|error| *error == ErrorCode::RoomDamaged), "{told:?}");
}
