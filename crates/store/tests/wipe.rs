//! Alice's folder is erased: what goes first, what stays, and what a power cut in between leaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use std::{collections::BTreeMap, fs, path::Path, sync::Mutex};

use conclave_seal::rng::OsRng;
use conclave_store::{
    Durability, KeyringEntries, KeyringError, Presence, Remnant, StoreError, Unlock, Vault, destroy_keys, survey, wipe,
};
use lab::*;
use tempfile::TempDir;

/// All that a vault may have in its folder, and a letter of somebody else's.
fn crowded() -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    drop(vault);
    let at = |name: &str| folder.path().join(name);
    for folder in ["lost-files", "set-aside-1/rooms", "program/cache"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    for name in [
        format!("rooms/{handle}.relay.db"),
        format!("rooms/{handle}.db-wal.foreign"),
        format!("lost-files/{handle}.db.1"),
        "lost-files/index.db-wal.1".to_owned(),
        "set-aside-1/index.db".to_owned(),
        format!("set-aside-1/rooms/{handle}.db"),
        "vault.new".to_owned(),
        "program/cache/page".to_owned(),
        "letter".to_owned(),
    ] {
        fs::write(at(&name), name).unwrap();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_keys_go_while_the_vault_is_open_and_nothing_opens_it_again() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    destroy_keys(folder.path()).unwrap();
    assert_eq!(secret(&vault, handle), b"marker of the access key", "it waits for no lock, and takes none away");
    let slots = fs::read(folder.path().join("vault")).unwrap();
    assert!(slots.len() > 100 && slots.iter().all(|byte| *byte == 0), "overwritten as long as it was");
    drop(vault);
    assert!(matches!(open(folder.path()), Err(StoreError::Erased)));
}

#[test]
fn an_erased_folder_is_as_before_the_first_run_and_files_of_others_stay() {
    let folder = crowded();
    assert_eq!(wipe(folder.path(), &[folder.path().join("program")]), []);
    assert_eq!(names(folder.path()), ["letter"]);
    assert_eq!(survey(folder.path()).unwrap(), Presence::Nothing);
    drop(create(folder.path()));
}

#[test]
fn an_erasure_that_was_cut_off_is_known_and_goes_on() {
    let folder = crowded();
    destroy_keys(folder.path()).unwrap();
    assert_eq!(survey(folder.path()).unwrap(), Presence::Erased);
    let made = Vault::create(folder.path(), KEY, Durability::Process, &mut OsRng);
    assert!(
        matches!(made, Err(StoreError::Erased)),
        "a new vault does not begin beside what is left of another: {made:?}"
    );
    assert_eq!(wipe(folder.path(), &[]), []);
    assert_eq!(survey(folder.path()).unwrap(), Presence::Nothing);
}

/// A folder with the name of a file stands for any that the disk does not let go.
#[test]
fn what_cannot_be_deleted_is_named_and_keeps_nothing_else() {
    let folder = crowded();
    let handle = names(&folder.path().join("rooms")).first().unwrap().split('.').next().unwrap().to_owned();
    let stuck = folder.path().join("rooms").join(format!("{handle}.db-shm"));
    fs::create_dir_all(stuck.join("inside")).unwrap();
    assert_eq!(wipe(folder.path(), &[]), [Remnant::Rooms]);
    assert_eq!(names(&folder.path().join("rooms")), [format!("{handle}.db-shm")]);
    assert_eq!(names(folder.path()), ["letter", "lock", "program", "rooms", "vault"]);
    assert_eq!(survey(folder.path()).unwrap(), Presence::Erased, "so the next one goes on with it");
    fs::remove_dir_all(stuck).unwrap();
    assert_eq!(wipe(folder.path(), &[]), []);
    assert_eq!(survey(folder.path()).unwrap(), Presence::Nothing);
}

/// A deleted file keeps its blocks until others need them. Another name for each shows what is in them.
#[test]
fn files_are_overwritten_before_they_are_deleted() {
    let (folder, beside) = (crowded(), TempDir::new().unwrap());
    let room = names(&folder.path().join("rooms")).into_iter().find(|name| !name.contains("relay")).unwrap();
    for (name, link) in [("vault".to_owned(), "0"), ("index.db".to_owned(), "1"), (format!("rooms/{room}"), "2")] {
        fs::hard_link(folder.path().join(name), beside.path().join(link)).unwrap();
    }
    assert_eq!(wipe(folder.path(), &[]), []);
    for link in names(beside.path()) {
        let bytes = fs::read(beside.path().join(&link)).unwrap();
        assert!(!bytes.is_empty() && bytes.iter().all(|byte| *byte == 0), "{link}");
    }
}

#[test]
fn the_keyring_keeps_neither_the_secret_nor_the_mark_of_a_vault_that_was_never_opened_here() {
    let (folder, ring) = (TempDir::new().unwrap(), TestKeyring(Mutex::new(BTreeMap::new())));
    let vault = Vault::create(folder.path(), Unlock::Keyring(&ring), Durability::Process, &mut OsRng).unwrap();
    vault.begin_mark(&Err(KeyringError::NoEntry), &mut OsRng).unwrap().store(&ring).unwrap();
    drop(vault);
    assert_eq!(ring.0.lock().unwrap().len(), 2);
    let entries = KeyringEntries::of(folder.path());
    destroy_keys(folder.path()).unwrap();
    assert!(KeyringEntries::of(folder.path()).is_empty(), "so they are read before");
    entries.delete(&ring).unwrap();
    assert!(ring.0.lock().unwrap().is_empty());
}

#[test]
fn a_folder_that_is_not_there_has_nothing_to_erase() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing");
    destroy_keys(&missing).unwrap();
    assert_eq!(wipe(&missing, &[missing.join("program")]), []);
    assert!(names(folder.path()).is_empty());
}
