//! Alice's computer: making, opening, losing and destroying the vault.

#![expect(clippy::unwrap_used, reason = "a keyring whose lock is poisoned has failed with its test")]

#[path = "lab/lab.rs"]
mod lab;

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use conclave_seal::rng::OsRng;
use conclave_store::{
    Durability, EndedRoom, Ending, Generation, Handle, HostedRoom, Kept, Keyring, KeyringError, Persistence,
    StoreError, Suspicion, Unlock, Vault,
};
use lab::*;
use tempfile::TempDir;
use zeroize::Zeroizing;

#[test]
fn what_was_kept_is_there_after_closing_and_opening() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    vault.set_setting("last-address", "relay.example.org").unwrap();
    assert!(!vault.is_in_memory());
    drop(vault);

    let vault = open(folder.path()).unwrap();
    let rooms: Vec<_> = vault.rooms().unwrap().iter().map(|room| (room.handle, room.created_at)).collect();
    assert_eq!(rooms, [(handle, NOW)]);
    assert_eq!(vault.setting("last-address").unwrap().as_deref(), Some("relay.example.org"));
    assert_eq!(vault.setting("never-set").unwrap(), None);
    let mut room = vault.open_room(handle).unwrap();
    let secret = room.read(|tx| tx.secret("access")).unwrap().unwrap();
    assert_eq!(secret.as_slice(), b"marker of the access key");
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    drop(Vault::create(folder.path(), PASSPHRASE, Durability::Process, &mut OsRng).unwrap());
    let before = fs::read(folder.path().join("vault")).unwrap();
    let wrong = Vault::open(folder.path(), Unlock::Passphrase("wrong horse battery"), Durability::Process);
    assert!(matches!(wrong, Err(StoreError::WrongSecret)), "{wrong:?}");
    assert_eq!(fs::read(folder.path().join("vault")).unwrap(), before);
    let right = Vault::open(folder.path(), PASSPHRASE, Durability::Process);
    assert!(right.is_ok(), "the right one still opens it");
}

#[test]
fn two_keyboards_give_the_same_passphrase() {
    let folder = TempDir::new().unwrap();
    let composed = Unlock::Passphrase("caf\u{e9} au lait");
    let decomposed = Unlock::Passphrase("cafe\u{301} au lait");
    drop(Vault::create(folder.path(), composed, Durability::Process, &mut OsRng).unwrap());
    assert!(Vault::open(folder.path(), decomposed, Durability::Process).is_ok());
}

#[test]
fn a_second_instance_is_told_to_wait() {
    let folder = TempDir::new().unwrap();
    let vault = create(folder.path());
    assert!(matches!(open(folder.path()), Err(StoreError::Busy)), "two writers would corrupt the group state");
    drop(vault);
    assert!(open(folder.path()).is_ok(), "the lock ends with its holder");
}

#[test]
fn an_existing_vault_is_never_overwritten() {
    let folder = TempDir::new().unwrap();
    drop(create(folder.path()));
    let again = Vault::create(folder.path(), KEY, Durability::Process, &mut OsRng);
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
}

#[test]
fn a_new_keyring_never_locks_people_out() {
    let folder = TempDir::new().unwrap();
    let keyring = TestKeyring::default();
    let vault = Vault::create(folder.path(), PASSPHRASE, Durability::Process, &mut OsRng).unwrap();
    for _ in 0..2 {
        vault.add_slot(PASSPHRASE, Unlock::Keyring(&keyring), &mut OsRng).unwrap();
    }
    assert_eq!(keyring.0.lock().unwrap().len(), 1, "what was replaced is deleted");
    drop(vault);
    drop(Vault::open(folder.path(), Unlock::Keyring(&keyring), Durability::Process).unwrap());

    keyring.0.lock().unwrap().clear();
    let lost = Vault::open(folder.path(), Unlock::Keyring(&keyring), Durability::Process);
    assert!(matches!(lost, Err(StoreError::Keyring(KeyringError::NoEntry))), "not a first run: {lost:?}");
    let typed = Vault::open(folder.path(), PASSPHRASE, Durability::Process);
    assert!(typed.is_ok(), "the passphrase is a slot of its own");
}

#[test]
fn damaged_and_foreign_files_are_named_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    let other = room_with_secret(&mut vault);
    let path = |handle: Handle| folder.path().join("rooms").join(format!("{handle}.db"));
    // The room that is swapped in has another key: a stick with somebody else's file.
    fs::copy(path(other), path(handle)).unwrap();
    let _ = fs::remove_file(path(handle).with_extension("db-wal"));
    assert!(matches!(vault.open_room(handle), Err(StoreError::Damaged)), "foreign");
    assert_eq!(fs::read(path(handle)).unwrap(), fs::read(path(other)).unwrap(), "left as it was");

    let mut bytes = fs::read(path(other)).unwrap();
    bytes[100] ^= 1;
    fs::write(path(other), &bytes).unwrap();
    assert!(matches!(vault.open_room(other), Err(StoreError::Damaged)), "one flipped bit");

    fs::remove_file(path(other)).unwrap();
    assert!(matches!(vault.open_room(other), Err(StoreError::Damaged)), "missing is not an empty room");
    drop(vault);

    let slots = folder.path().join("vault");
    let mut bytes = fs::read(&slots).unwrap();
    bytes[0] ^= 1;
    fs::write(&slots, &bytes).unwrap();
    assert!(matches!(open(folder.path()), Err(StoreError::Damaged)));
    bytes[0] ^= 1;
    bytes[b"conclave.v1 vault\0".len()] = 2;
    fs::write(&slots, &bytes).unwrap();
    assert!(matches!(open(folder.path()), Err(StoreError::Newer)));
}

#[test]
fn a_room_that_was_not_kept_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let vault = create(folder.path());
    let files = || fs::read_dir(folder.path().join("rooms")).unwrap().count();
    let mut new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    fs::write(new.relay_log().unwrap(), b"the log of its relay").unwrap();
    new.store.write(|tx| tx.set_secret("access", &[7; 32])).unwrap();
    assert_ne!(files(), 0);
    drop(new);
    assert_eq!(files(), 0, "it was given up");

    // The process dies before the room is kept: no room that cannot be opened is found later.
    std::mem::forget(vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap());
    assert_ne!(files(), 0);
    drop(vault);
    let mut vault = open(folder.path()).unwrap();
    assert!(vault.rooms().unwrap().is_empty());
    vault.sweep(NOW).unwrap();
    assert_eq!(files(), 0);
}

#[test]
fn a_removed_room_loses_its_key_before_its_file() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    let path = folder.path().join("rooms").join(format!("{handle}.db"));
    let copy = fs::read(&path).unwrap();

    vault.remove_room(handle).unwrap();
    assert!(!path.exists());
    assert!(vault.rooms().unwrap().is_empty());
    // Somebody kept the file: without the key row nobody opens it, not even with the passphrase.
    fs::write(&path, copy).unwrap();
    drop(vault);
    let vault = open(folder.path()).unwrap();
    assert!(matches!(vault.open_room(handle), Err(StoreError::UnknownRoom)));
}

#[test]
fn the_key_of_a_removed_room_is_gone_before_its_file_is_touched() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    let path = folder.path().join("rooms").join(format!("{handle}.db"));
    // A file that the system does not give up, as an open one on Windows.
    let kept = path.with_extension("kept");
    fs::rename(&path, &kept).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(vault.remove_room(handle), Err(StoreError::Io(_))), "the person is told");
    assert!(vault.rooms().unwrap().is_empty(), "the key went first");
    fs::remove_dir(&path).unwrap();
    fs::rename(&kept, &path).unwrap();
    assert!(matches!(vault.open_room(handle), Err(StoreError::UnknownRoom)), "nobody opens what is left");
    drop(vault);
    open(folder.path()).unwrap().sweep(NOW).unwrap();
    assert!(!path.exists());
    assert!(lost(folder.path()).is_empty(), "what a person removed is not set aside");
}

#[test]
fn of_a_room_that_ended_only_its_title_stays_until_it_is_dismissed() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    let path = folder.path().join("rooms").join(format!("{handle}.db"));
    let copy = fs::read(&path).unwrap();
    let ended = EndedRoom { title: "Press desk".to_owned(), ending: Ending::ErasedByOwner };

    vault.forget_room(handle, Some(&ended)).unwrap();
    assert!(path.exists(), "its relay may have files open");
    vault.delete_files(handle).unwrap();
    assert!(!path.exists());
    fs::write(&path, copy).unwrap();
    drop(vault);
    let mut vault = open(folder.path()).unwrap();
    assert!(matches!(vault.open_room(handle), Err(StoreError::UnknownRoom)), "its key went");
    assert_eq!(vault.ended().unwrap(), [(handle, ended)]);
    vault.remove_room(handle).unwrap();
    assert!(vault.ended().unwrap().is_empty());
}

#[test]
fn what_hosting_a_room_needs_comes_and_goes_with_the_room() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let hosted = |port, running| HostedRoom {
        port,
        tls_key: Zeroizing::new(vec![7; 40]),
        relay_key: Zeroizing::new([8; 32]),
        running,
    };
    let new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    let (handle, room) = vault.keep_room(new, Some(&hosted(4433, false))).unwrap();
    drop(room);
    let found = vault.hosted(handle).unwrap().unwrap();
    assert_eq!((found.port, found.running), (4433, false), "in one step with the room");
    vault.save_hosted(handle, &hosted(4434, true)).unwrap();
    let log = vault.relay_log(handle).unwrap();
    fs::write(&log, b"the log of its relay").unwrap();
    drop(vault);

    let mut vault = open(folder.path()).unwrap();
    let found = vault.hosted(handle).unwrap().unwrap();
    assert_eq!((found.port, found.running), (4434, true));
    assert_eq!((&found.tls_key[..], &found.relay_key[..]), (&[7; 40][..], &[8; 32][..]));
    let alone = room_with_secret(&mut vault);
    assert!(vault.hosted(alone).unwrap().is_none(), "that room is served elsewhere");
    assert_ne!(vault.relay_log(alone), Some(log.clone()), "each has a log of its own");
    vault.remove_room(handle).unwrap();
    assert!(!log.exists() && vault.hosted(handle).unwrap().is_none(), "the keys of its relay are gone with it");
    let late = vault.save_hosted(handle, &hosted(4435, true));
    assert!(matches!(late, Err(StoreError::UnknownRoom)), "{late:?}");
}

#[test]
fn closing_a_vault_empties_its_log() {
    let folder = TempDir::new().unwrap();
    let vault = create(folder.path());
    vault.set_setting("last-address", "relay.example.org").unwrap();
    let len = || fs::metadata(folder.path().join("index.db-wal")).map_or(0, |log| log.len());
    assert_ne!(len(), 0, "there is something to overwrite");
    drop(vault);
    assert_eq!(len(), 0);
}

#[test]
fn a_vault_in_memory_writes_no_file() {
    let mut vault = Vault::in_memory().unwrap();
    let new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    let (handle, mut room) = vault.keep_room(new, None).unwrap();
    room.write(|tx| tx.set_secret("access", &[1])).unwrap();
    assert!(vault.is_in_memory());
    assert!(vault.relay_log(handle).is_none());
}

#[test]
fn no_text_of_a_room_is_in_any_file() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    room_with_secret(&mut vault);
    vault.set_setting("last-address", "marker of the access key").unwrap();
    let mut looked_at = 0;
    for root in [folder.path().to_owned(), folder.path().join("rooms")] {
        for file in fs::read_dir(root).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                let bytes = fs::read(&path).unwrap();
                let found = bytes.windows(24).any(|window| window == b"marker of the access key");
                assert!(!found, "plaintext in {}", path.display());
                looked_at += bytes.len();
            }
        }
    }
    assert!(looked_at > 8192, "there was something to look at");
}

#[test]
fn rooms_are_made_although_their_empty_folder_was_lost() {
    let home = TempDir::new().unwrap();
    drop(create(home.path()));
    fs::remove_dir(home.path().join("rooms")).unwrap();
    let mut vault = open(home.path()).unwrap();
    vault.sweep(NOW).unwrap();
    let room = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    vault.keep_room(room, None).unwrap();
    assert_eq!(vault.rooms().unwrap().len(), 1);
}

/// A keyring that may refuse.
#[derive(Default)]
struct Ring {
    entries: Mutex<BTreeMap<String, [u8; 32]>>,
    refuses: AtomicBool,
}

impl Keyring for Ring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(KeyringError::Unavailable);
        }
        self.entries.lock().unwrap().insert(name.to_owned(), *secret);
        Ok(())
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        self.entries.lock().unwrap().get(name).copied().map(Zeroizing::new).ok_or(KeyringError::NoEntry)
    }

    fn delete(&self, _: &str) -> Result<(), KeyringError> {
        unreachable!("marks are replaced")
    }
}

fn kept(vault: &Vault, ring: &Ring) -> Kept {
    vault.mark_entry().unwrap().map_or(Err(KeyringError::NoEntry), |entry| ring.load(&entry))
}

fn ring_says(vault: &Vault, ring: &Ring) -> Generation {
    vault.generation(&kept(vault, ring)).unwrap()
}

fn mark(vault: &Vault, ring: &Ring) -> Result<(), KeyringError> {
    let mark = vault.begin_mark(&kept(vault, ring), &mut OsRng).unwrap();
    mark.store(ring)?;
    vault.end_mark(&mark).unwrap();
    Ok(())
}

#[test]
fn a_copy_of_the_index_is_older_from_the_next_mark_on() {
    let (folder, copy, ring) = (TempDir::new().unwrap(), TempDir::new().unwrap(), Ring::default());
    let vault = create(folder.path());
    assert_eq!(ring_says(&vault, &ring), Generation::Unknown, "nobody has marked it");
    mark(&vault, &ring).unwrap();
    assert_eq!(ring_says(&vault, &ring), Generation::Newest);
    drop(vault);
    for file in ["index.db", "vault"] {
        fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }

    let vault = open(folder.path()).unwrap();
    assert_eq!(ring_says(&vault, &ring), Generation::Newest);
    // A process that ends between keyring and index, and a keyring that refuses, make no older copy of the newest
    // files.
    ring.refuses.store(true, Ordering::Relaxed);
    assert_eq!(mark(&vault, &ring), Err(KeyringError::Unavailable));
    assert_eq!(ring_says(&vault, &ring), Generation::Newest);
    // Nor does one that ended before the last step, and the next time after the first.
    ring.refuses.store(false, Ordering::Relaxed);
    let before = vault.setting("generation").unwrap().unwrap();
    mark(&vault, &ring).unwrap();
    vault.set_setting("generation", &before).unwrap();
    ring.refuses.store(true, Ordering::Relaxed);
    assert!(mark(&vault, &ring).is_err());
    assert_eq!(ring_says(&vault, &ring), Generation::Newest);
    ring.refuses.store(false, Ordering::Relaxed);
    mark(&vault, &ring).unwrap();
    assert_eq!(ring_says(&vault, &ring), Generation::Newest);
    let next = vault.setting("generation-next").unwrap().unwrap();
    drop(vault);

    let older = open(copy.path()).unwrap();
    assert_eq!(ring_says(&older, &ring), Generation::Older);
    older.set_setting("generation-next", &next).unwrap();
    assert_eq!(ring_says(&older, &ring), Generation::Newest, "the one that was on its way into the keyring");
    assert_eq!(ring_says(&older, &Ring::default()), Generation::Unknown, "another computer's keyring");
}

/// Alice's room opens under one mark after another; the process may end anywhere between the steps.
#[test]
fn a_rooms_file_from_an_earlier_opening_is_known_for_an_older_one() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    drop(vault);
    let file = folder.path().join("rooms").join(format!("{handle}.db"));
    // How far an opening comes: begun, the file marked, ended.
    let opens = |steps: u8| {
        let mut vault = open(folder.path()).unwrap();
        let mut opening = vault.begin_opening(&mut OsRng).unwrap();
        let mut room = vault.open_room(handle).unwrap();
        let is_older = vault.is_older_file(handle, &mut room).unwrap();
        if steps > 1 {
            vault.mark_file(handle, &mut room, &mut opening).unwrap();
        }
        if steps > 2 {
            vault.end_opening(&opening).unwrap();
        }
        is_older
    };
    let never_marked = fs::read(&file).unwrap();
    for steps in [1, 2, 1, 3, 1, 1, 2, 2, 1, 3, 3] {
        assert!(!opens(steps), "it is the newest");
    }
    let newest = fs::read(&file).unwrap();
    assert!(!opens(3));
    for copy in [newest, never_marked] {
        let right = fs::read(&file).unwrap();
        fs::write(&file, copy).unwrap();
        assert!(opens(1), "an older one");
        fs::write(&file, &right).unwrap();
        assert!(!opens(3), "the right one again");
    }
}

/// A backup program copies the folder while the app is open, and one file of that is put back later, or all of them.
#[test]
fn a_copy_that_was_made_while_the_vault_was_open_is_an_older_one() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    drop(vault);
    let file = folder.path().join("rooms").join(format!("{handle}.db"));
    let index = ["index.db", "index.db-wal"].map(|name| folder.path().join(name));
    let opens = |closes: bool| {
        let mut vault = open(folder.path()).unwrap();
        let mut opening = vault.begin_opening(&mut OsRng).unwrap();
        let mut room = vault.open_room(handle).unwrap();
        let is_older = vault.is_older_file(handle, &mut room).unwrap();
        vault.mark_file(handle, &mut room, &mut opening).unwrap();
        vault.end_opening(&opening).unwrap();
        drop(room);
        let copy = (fs::read(&file).unwrap(), index.each_ref().map(|file| fs::read(file).unwrap_or_default()));
        if closes {
            vault.mark_closing(&[handle], &mut OsRng).unwrap();
        }
        (is_older, opening.follows_closing(), copy)
    };
    assert!(!opens(true).1, "the first time there is nothing to follow");
    let (is_older, follows_closing, (room, copied)) = opens(true);
    assert_eq!((is_older, follows_closing), (false, true));
    let right = fs::read(&file).unwrap();
    fs::write(&file, &room).unwrap();
    assert!(opens(false).0, "the file was copied while it was open");
    fs::write(&file, right).unwrap();
    assert!(!opens(true).1, "the app was killed");
    fs::write(&file, room).unwrap();
    for (file, copied) in index.iter().zip(copied) {
        fs::write(file, copied).unwrap();
    }
    let (is_older, follows_closing, _) = opens(true);
    assert_eq!((is_older, follows_closing), (false, false), "all are from one copy, which was never closed");
}

/// Of two suspected rooms one opens; the other one is suspected until it does, whatever is thought of all rooms
/// meanwhile.
#[test]
fn a_rooms_file_is_suspected_until_it_has_taken_note() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let (opens, late) = (room_with_secret(&mut vault), room_with_secret(&mut vault));
    let mut opening = vault.begin_opening(&mut OsRng).unwrap();
    assert_eq!(vault.suspicion(opens).unwrap(), None);
    vault.suspect_hosted(Suspicion::IsOlder).unwrap();
    assert_eq!(vault.suspicion(opens).unwrap(), None, "it is hosted by somebody else");
    vault.suspect_all(Suspicion::IsOlder).unwrap();
    vault.suspect_all(Suspicion::MayBeOlder).unwrap();
    assert_eq!([opens, late].map(|room| vault.suspicion(room).unwrap()), [Some(Suspicion::IsOlder); 2]);
    let mut room = vault.open_room(opens).unwrap();
    vault.mark_file(opens, &mut room, &mut opening).unwrap();
    drop(room);
    vault.end_opening(&opening).unwrap();
    vault.mark_closing(&[opens], &mut OsRng).unwrap();
    drop(vault);
    let mut vault = open(folder.path()).unwrap();
    assert!(vault.begin_opening(&mut OsRng).unwrap().follows_closing());
    assert_eq!([opens, late].map(|room| vault.suspicion(room).unwrap()), [None, Some(Suspicion::IsOlder)]);
    vault.remove_room(late).unwrap();
    assert_eq!(vault.suspicion(late).unwrap(), None);
}

#[test]
fn a_file_that_did_not_open_for_a_while_is_no_older_one() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let (lost, other) = (room_with_secret(&mut vault), room_with_secret(&mut vault));
    let opens = |vault: &mut Vault, handles: &[Handle]| {
        let mut opening = vault.begin_opening(&mut OsRng).unwrap();
        for handle in handles {
            let mut room = vault.open_room(*handle).unwrap();
            assert!(!vault.is_older_file(*handle, &mut room).unwrap());
            vault.mark_file(*handle, &mut room, &mut opening).unwrap();
        }
        vault.end_opening(&opening).unwrap();
        opening
    };
    opens(&mut vault, &[lost, other]);
    for _ in 0..3 {
        opens(&mut vault, &[other]);
    }
    // It is put back while the vault is open.
    let mut opening = opens(&mut vault, &[other]);
    let mut room = vault.open_room(lost).unwrap();
    assert!(!vault.is_older_file(lost, &mut room).unwrap());
    vault.mark_file(lost, &mut room, &mut opening).unwrap();
    vault.end_opening(&opening).unwrap();
    drop(room);
    opens(&mut vault, &[lost, other]);
}

/// Alice moves her folder away while the app is open, and puts a copy of it in its place; then the old one is closed.
#[cfg(unix)]
#[test]
fn a_vault_that_was_moved_while_it_was_open_leaves_what_lies_in_its_place_alone() {
    let home = TempDir::new().unwrap();
    let (folder, copy, before) = (home.path().join("data"), home.path().join("copy"), home.path().join("before"));
    let mut vault = create(&folder);
    let handle = room_with_secret(&mut vault);
    let mut opening = vault.begin_opening(&mut OsRng).unwrap();
    let mut room = vault.open_room(handle).unwrap();
    vault.mark_file(handle, &mut room, &mut opening).unwrap();
    vault.end_opening(&opening).unwrap();
    let files = ["index.db", "index.db-wal", "vault", &format!("rooms/{handle}.db"), &format!("rooms/{handle}.db-wal")];
    fs::create_dir_all(copy.join("rooms")).unwrap();
    for file in files {
        fs::copy(folder.join(file), copy.join(file)).unwrap();
    }
    let read = || files.map(|file| fs::read(folder.join(file)).unwrap());
    let copied = read();
    assert!(!copied[1].is_empty() && !copied[4].is_empty(), "a program that is open has something in its logs");
    fs::rename(&folder, &before).unwrap();
    fs::rename(&copy, &folder).unwrap();

    room.write(|tx| tx.set_secret("late", b"ZZZZ")).unwrap();
    room.checkpoint().unwrap();
    drop(room);
    vault.mark_closing(&[handle], &mut OsRng).unwrap();
    drop(vault);
    assert!(read() == copied, "nothing of the copy was touched");
    assert_eq!(fs::metadata(before.join(files[4])).unwrap().len(), 0, "the own log is emptied");

    for (folder, late) in [(&folder, false), (&before, true)] {
        let vault = open(folder).unwrap();
        let mut room = vault.open_room(handle).unwrap();
        assert_eq!(room.read(|tx| tx.secret("late")).unwrap().is_some(), late, "{folder:?}");
    }
}
