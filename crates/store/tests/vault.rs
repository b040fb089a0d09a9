//! Alice's computer: making, opening, losing and destroying the vault.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use conclave_seal::rng::OsRng;
use conclave_store::{
    Durability, Handle, HostedRoom, Keyring, KeyringError, Persistence, Presence, StoreError, Unlock, Vault, set_aside,
    survey,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

const PASSPHRASE: Unlock<'static> = Unlock::Passphrase("correct horse battery");
const NOW: u64 = 1_800_000_000;

#[derive(Default)]
struct TestKeyring(Mutex<BTreeMap<String, [u8; 32]>>);

impl Keyring for TestKeyring {
    fn store(&self, name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.0.lock().unwrap().insert(name.to_owned(), *secret);
        Ok(())
    }

    fn load(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        self.0.lock().unwrap().get(name).copied().map(Zeroizing::new).ok_or(KeyringError::NoEntry)
    }

    fn delete(&self, name: &str) -> Result<(), KeyringError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// Opens without the half second that a passphrase takes.
const KEY: Unlock<'static> = Unlock::Keyring(&KEYRING);
static KEYRING: TestKeyring = TestKeyring(Mutex::new(BTreeMap::new()));

fn create(folder: &Path) -> Vault {
    Vault::create(folder, KEY, Durability::Process, &mut OsRng).unwrap()
}

fn open(folder: &Path) -> Result<Vault, StoreError> {
    Vault::open(folder, KEY, Durability::Process)
}

fn room_with_secret(vault: &mut Vault) -> Handle {
    let new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    let (handle, mut room) = vault.keep_room(new, None).unwrap();
    room.write(|tx| tx.set_secret("access", b"marker of the access key")).unwrap();
    handle
}

fn secret(vault: &Vault, handle: Handle) -> Vec<u8> {
    let mut room = vault.open_room(handle).unwrap();
    room.read(|tx| tx.secret("access")).unwrap().unwrap().to_vec()
}

/// Every file below a folder with its bytes.
fn listing(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for sub in ["", "rooms", "lost+found"] {
        for file in fs::read_dir(folder.join(sub)).into_iter().flatten().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                let name = PathBuf::from(sub).join(file.file_name());
                found.insert(name, fs::read(file.path()).unwrap());
            }
        }
    }
    found
}

/// The files that differ; their bytes are not printed.
fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) -> Vec<(PathBuf, Option<usize>)> {
    let now = listing(folder);
    let names = before.keys().chain(now.keys()).filter(|name| before.get(*name) != now.get(*name));
    names.map(|name| (name.clone(), now.get(name).map(Vec::len))).collect()
}

fn restore(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

fn cut_to(path: &Path, len: u64) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(len).unwrap();
}

/// What happens to a file.
const DAMAGES: [fn(&Path); 5] = [
    |path| cut_to(path, 0),
    |path| cut_to(path, 100),
    |path| cut_to(path, 4096),
    |path| cut_to(path, fs::metadata(path).unwrap().len() - 4096),
    |path| fs::remove_file(path).unwrap(),
];

const DAY: u64 = 24 * 3600;

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

/// The names in `lost+found`.
fn lost(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder.join("lost+found")).into_iter().flatten();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_no_index_owns_is_set_aside_for_a_month() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let rooms = [room_with_secret(&mut vault), room_with_secret(&mut vault)];
    let name = |kind: &str| format!("{}.{kind}", "0".repeat(32));
    let file = |name: &str| folder.path().join("rooms").join(name);
    for name in [&name("db"), &name("relay.db"), "notes.txt"] {
        fs::write(file(name), b"of nobody here").unwrap();
    }
    vault.sweep(NOW).unwrap();
    assert!(!file(&name("db")).exists() && !file(&name("relay.db")).exists());
    assert!(file("notes.txt").exists(), "no name that a vault gives");
    assert_eq!(lost(folder.path()).len(), 2);
    // The same name once more: neither takes the place of the other.
    fs::write(file(&name("db")), b"another one").unwrap();
    vault.sweep(NOW + DAY).unwrap();
    assert_eq!(lost(folder.path()).len(), 3);

    vault.sweep(NOW + 30 * DAY).unwrap();
    assert_eq!(lost(folder.path()).len(), 3, "the clock may be wrong: the vault was not open for a day since");
    vault.has_been_open(Duration::from_secs(DAY)).unwrap();
    vault.sweep(NOW + 30 * DAY - 1).unwrap();
    assert_eq!(lost(folder.path()).len(), 3);
    vault.sweep(NOW + 30 * DAY).unwrap();
    assert_eq!(lost(folder.path()), [name("db.1")], "the one that was found a day later");
    vault.sweep(NOW + 31 * DAY).unwrap();
    assert!(lost(folder.path()).is_empty());
    for handle in rooms {
        assert_eq!(secret(&vault, handle), b"marker of the access key", "a room is not swept");
    }
}

/// A stick on which two vaults were copied into one folder, one after the other.
#[test]
fn two_vaults_in_one_folder_take_nothing_from_each_other() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let aside = TempDir::new().unwrap();
    let swap = || {
        for name in ["vault", "index.db", "index.db-wal"] {
            let [here, there, between] = [path.join(name), aside.path().join(name), aside.path().join("between")];
            for (from, to) in [(&here, &between), (&there, &here), (&between, &there)] {
                let _ = fs::rename(from, to);
            }
        }
    };
    let mut vault = create(path);
    let first = room_with_secret(&mut vault);
    let log = vault.relay_log(first).unwrap();
    fs::write(&log, b"the log of its relay").unwrap();
    drop(vault);
    swap();
    fs::rename(path.join("rooms"), aside.path().join("rooms")).unwrap();
    let mut vault = create(path);
    let second = room_with_secret(&mut vault);
    for file in fs::read_dir(aside.path().join("rooms")).unwrap().map(Result::unwrap) {
        fs::rename(file.path(), path.join("rooms").join(file.file_name())).unwrap();
    }
    vault.sweep(NOW).unwrap();
    assert!(!lost(path).is_empty(), "the first vault's");
    drop(vault);

    swap();
    let mut vault = open(path).unwrap();
    assert_eq!(secret(&vault, first), b"marker of the access key", "it comes back when it is opened");
    vault.sweep(NOW).unwrap();
    assert_eq!(secret(&vault, first), b"marker of the access key");
    assert_eq!(fs::read(&log).unwrap(), b"the log of its relay", "with all that belongs to it");
    vault.has_been_open(Duration::from_secs(100 * DAY)).unwrap();
    drop(vault);

    swap();
    let mut vault = open(path).unwrap();
    vault.has_been_open(Duration::from_secs(100 * DAY)).unwrap();
    vault.sweep(NOW + 100 * DAY).unwrap();
    assert_eq!(secret(&vault, second), b"marker of the access key", "although it noted it as lost long ago");
}

#[test]
fn an_emptied_short_or_missing_file_is_damaged_and_nothing_is_touched() {
    for damage in DAMAGES {
        let folder = TempDir::new().unwrap();
        let mut vault = create(folder.path());
        let handle = room_with_secret(&mut vault);
        drop(vault);
        let rooms = listing(folder.path());

        damage(&folder.path().join("index.db"));
        let damaged = listing(folder.path());
        assert!(matches!(open(folder.path()), Err(StoreError::Damaged)));
        let again = Vault::create(folder.path(), KEY, Durability::Process, &mut OsRng);
        assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
        assert_eq!(changed(&damaged, folder.path()), [], "nothing was made and nothing was swept");

        restore(folder.path(), &rooms);
        let mut vault = open(folder.path()).unwrap();
        vault.sweep(NOW).unwrap();
        let room = folder.path().join("rooms").join(format!("{handle}.db"));
        damage(&room);
        let damaged = listing(folder.path());
        assert!(matches!(vault.open_room(handle), Err(StoreError::Damaged)));
        vault.sweep(NOW + 100 * DAY).unwrap();
        assert_eq!(changed(&damaged, folder.path()), [], "nothing was made in its place");
        restore(folder.path(), &rooms);
        assert_eq!(secret(&vault, handle), b"marker of the access key", "a copy puts it right");
    }
}

#[test]
fn an_emptied_slot_file_is_no_first_run() {
    let folder = TempDir::new().unwrap();
    drop(create(folder.path()));
    fs::write(folder.path().join("vault"), b"").unwrap();
    assert_eq!(survey(folder.path()).unwrap(), Presence::Vault);
    assert!(matches!(open(folder.path()), Err(StoreError::Damaged)));
    let again = Vault::create(folder.path(), KEY, Durability::Process, &mut OsRng);
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
}

#[test]
fn a_first_run_is_where_nothing_of_ours_is() {
    let folder = TempDir::new().unwrap();
    assert_eq!(survey(folder.path()).unwrap(), Presence::Nothing);
    assert_eq!(survey(&folder.path().join("not there")).unwrap(), Presence::Nothing);
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    assert_eq!(survey(folder.path()).unwrap(), Presence::Vault);
    drop(vault);

    let [slots, aside] = ["vault", "elsewhere"].map(|name| folder.path().join(name));
    fs::rename(&slots, &aside).unwrap();
    let before = listing(folder.path());
    assert_eq!(survey(folder.path()).unwrap(), Presence::Incomplete);
    let made = Vault::create(folder.path(), KEY, Durability::Process, &mut OsRng);
    assert!(matches!(made, Err(StoreError::Incomplete)), "{made:?}");
    assert!(matches!(open(folder.path()), Err(StoreError::Incomplete)));
    fs::remove_file(folder.path().join("index.db")).unwrap();
    let _ = fs::remove_file(folder.path().join("index.db-wal"));
    assert_eq!(survey(folder.path()).unwrap(), Presence::Incomplete, "room files are enough");
    restore(folder.path(), &before);
    fs::rename(&aside, &slots).unwrap();
    assert_eq!(secret(&open(folder.path()).unwrap(), handle), b"marker of the access key");
}

#[test]
fn a_person_may_set_aside_what_is_left_and_begin_anew() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    drop(vault);
    assert!(matches!(set_aside(folder.path()), Err(StoreError::Exists)), "not a vault that can be opened");
    let slots = fs::read(folder.path().join("vault")).unwrap();
    fs::remove_file(folder.path().join("vault")).unwrap();
    let aside = set_aside(folder.path()).unwrap();
    assert_eq!(survey(folder.path()).unwrap(), Presence::Nothing);
    drop(create(folder.path()));

    fs::write(aside.join("vault"), slots).unwrap();
    assert_eq!(secret(&open(&aside).unwrap(), handle), b"marker of the access key", "it is whole where it is now");
}

#[test]
fn a_vault_whose_making_was_cut_off_is_made_again() {
    let folder = TempDir::new().unwrap();
    // Where the slot file says that it is begun, the index is not there, empty, or of another key.
    let other = TempDir::new().unwrap();
    drop(create(other.path()));
    let mut begun = fs::read(other.path().join("vault")).unwrap();
    assert_eq!(begun.pop(), Some(0xf4), "CBOR's false, of a vault that is made");
    begun.push(0xf5);
    for index in [None, Some(Vec::new()), Some(fs::read(other.path().join("index.db")).unwrap())] {
        let _ = fs::remove_file(folder.path().join("index.db"));
        fs::write(folder.path().join("vault"), &begun).unwrap();
        if let Some(bytes) = index {
            fs::write(folder.path().join("index.db"), bytes).unwrap();
        }
        assert_eq!(survey(folder.path()).unwrap(), Presence::Nothing);
        assert!(matches!(open(folder.path()), Err(StoreError::Missing)));
        drop(create(folder.path()));
        assert!(open(folder.path()).is_ok());
    }
}

#[test]
fn a_vault_out_of_sight_keeps_its_secret_in_the_keyring() {
    let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let keyring = TestKeyring::default();
    let folder = home.path().join("data");
    drop(Vault::create(&folder, Unlock::Keyring(&keyring), Durability::Process, &mut OsRng).unwrap());
    // The disk is not mounted, and the app takes the empty place for a first run.
    fs::rename(&folder, away.path().join("data")).unwrap();
    drop(Vault::create(&folder, Unlock::Keyring(&keyring), Durability::Process, &mut OsRng).unwrap());
    for folder in [folder, away.path().join("data")] {
        assert!(Vault::open(&folder, Unlock::Keyring(&keyring), Durability::Process).is_ok());
    }
}

#[cfg(unix)]
#[test]
fn folders_and_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = TempDir::new().unwrap();
    let folder = home.path().join("data");
    let mut vault = create(&folder);
    let handle = room_with_secret(&mut vault);
    let _room = vault.open_room(handle).unwrap();
    vault.set_setting("language", "en").unwrap();
    fs::write(folder.join("rooms").join(format!("{}.db", "0".repeat(32))), b"of nobody here").unwrap();
    vault.sweep(NOW).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for name in ["", "rooms", "lost+found"] {
        assert_eq!(mode(&folder.join(name)), 0o700, "{name}");
    }
    for (path, _) in listing(&folder).into_iter().filter(|(path, _)| !path.starts_with("lost+found")) {
        assert_eq!(mode(&folder.join(&path)), 0o600, "{}", path.display());
    }
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
