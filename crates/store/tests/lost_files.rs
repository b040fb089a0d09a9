//! Files that were emptied, cut short, moved away, or belong to another vault.

#[path = "lab/lab.rs"]
mod lab;

use std::{fs, path::Path, sync::mpsc, thread, time::Duration};

use conclave_seal::rng::OsRng;
use conclave_store::{Durability, Presence, StoreError, Unlock, Vault, set_aside, survey};
use lab::*;
use tempfile::TempDir;

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

/// Alice keeps her rooms on another disk, to which `rooms` is a link.
#[cfg(target_os = "linux")]
#[test]
fn what_no_index_owns_is_set_aside_from_another_disk_and_comes_back() {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    let (folder, other) = (TempDir::new().unwrap(), TempDir::new_in("/dev/shm").unwrap());
    let are_two = other.path().metadata().unwrap().dev() != folder.path().metadata().unwrap().dev();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    let (rooms, file) = (folder.path().join("rooms"), vault.room_file(handle).unwrap());
    drop(vault);
    fs::copy(&file, other.path().join(file.file_name().unwrap())).unwrap();
    fs::write(other.path().join(format!("{}.db", "0".repeat(32))), b"of nobody here").unwrap();
    fs::remove_dir_all(&rooms).unwrap();
    symlink(other.path(), &rooms).unwrap();

    let mut vault = open(folder.path()).unwrap();
    vault.sweep(NOW).unwrap();
    assert_eq!(lost(folder.path()), [format!("{}.db", "0".repeat(32))], "two disks: {are_two}");
    drop(vault);
    // The room's own file was set aside by another index, and comes back.
    fs::rename(folder.path().join("lost-files"), folder.path().join("lost")).unwrap();
    fs::create_dir(folder.path().join("lost-files")).unwrap();
    fs::copy(&file, folder.path().join("lost-files").join(file.file_name().unwrap())).unwrap();
    fs::remove_file(&file).unwrap();
    let mut vault = open(folder.path()).unwrap();
    vault.sweep(NOW).unwrap();
    assert_eq!(secret(&vault, handle), b"marker of the access key");
    assert!(lost(folder.path()).is_empty());
}

/// The app has died, so that each file has a log; copies are put in the place of two files.
#[test]
fn a_copy_opens_beside_the_log_of_the_file_that_was_lost_and_that_log_is_kept_for_a_month() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    let (index, room) = (folder.path().join("index.db"), vault.room_file(handle).unwrap());
    drop(vault);
    let copies = listing(folder.path());
    let vault = open(folder.path()).unwrap();
    let mut store = vault.open_room(handle).unwrap();
    for number in 0..30 {
        store.write(|tx| tx.set_secret(&format!("{number}"), &[number; 3000])).unwrap();
    }
    store.checkpoint().unwrap();
    store.write(|tx| tx.set_secret("7", b"small")).unwrap();
    // The index that was lost was another vault's.
    let other = TempDir::new().unwrap();
    let others = create(other.path());
    others.set_setting("language", "en").unwrap();
    let log = |file: &Path| fs::read(beside(file, "-wal")).unwrap();
    let logs = [(beside(&index, "-wal"), log(&other.path().join("index.db"))), (beside(&room, "-wal"), log(&room))];
    drop((vault, store, others));
    restore(folder.path(), &copies);
    for (path, bytes) in &logs {
        fs::write(path, bytes).unwrap();
    }

    let mut vault = open(folder.path()).unwrap();
    assert_eq!(secret(&vault, handle), b"marker of the access key");
    assert!(fs::read(beside(&index, "-wal.foreign-1")).unwrap() == logs[0].1);
    assert!(fs::read(beside(&room, "-wal.foreign-1")).unwrap() == logs[1].1);
    vault.sweep(NOW).unwrap();
    assert!(!beside(&index, "-wal.foreign-1").exists() && !beside(&room, "-wal.foreign-1").exists());
    let aside = |folder: &Path| lost(folder).into_iter().filter(|name| name.contains("-wal.foreign-1")).count();
    assert_eq!(aside(folder.path()), 2);
    fs::remove_file(&room).unwrap();
    assert!(matches!(vault.open_room(handle), Err(StoreError::Damaged)), "such a log is no room");
    vault.has_been_open(Duration::from_secs(DAY)).unwrap();
    vault.sweep(NOW + 30 * DAY).unwrap();
    assert_eq!(aside(folder.path()), 0, "what burned since is in no file for longer");

    // What a person removes goes at once, wherever it lies.
    restore(folder.path(), &copies);
    fs::write(beside(&room, "-wal.foreign-1"), b"of the room's file").unwrap();
    let log = vault.relay_log(handle).unwrap();
    fs::write(beside(&log, "-wal.foreign-1"), b"of its relay").unwrap();
    vault.remove_room(handle).unwrap();
    let of_room = |name: &Path| name.to_str().unwrap().contains(&handle.to_string());
    assert!(!listing(folder.path()).keys().any(|name| of_room(name)), "nothing of it is left");
}

/// A stick with ext4 as the data folder: its `lost+found` belongs to the system, which lets nobody look into it.
#[test]
fn a_disks_own_folder_is_not_the_vaults() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("lost+found"), b"what nobody can use as a folder").unwrap();
    let mut vault = create(folder.path());
    let [left, kept] = [room_with_secret(&mut vault), room_with_secret(&mut vault)];
    vault.remove_room(left).unwrap();
    let room = vault.room_file(kept).unwrap();
    let whole = fs::read(&room).unwrap();
    fs::remove_file(&room).unwrap();
    assert!(matches!(vault.open_room(kept), Err(StoreError::Damaged)), "it is missing, and the disk is well");
    fs::write(&room, whole).unwrap();
    fs::write(folder.path().join("rooms").join(format!("{}.db", "0".repeat(32))), b"of nobody here").unwrap();
    vault.sweep(NOW).unwrap();
    assert_eq!(lost(folder.path()).len(), 1);
    drop(vault);
    assert!(conclave_store::check_folder(folder.path()).is_ok());
    fs::remove_file(folder.path().join("vault")).unwrap();
    let aside = set_aside(folder.path()).unwrap();
    assert_eq!(lost(&aside).len(), 1, "it goes with the rest");
    assert_eq!(survey(folder.path()).unwrap(), Presence::Nothing);
}

#[test]
fn what_an_earlier_version_set_aside_comes_back() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    let room = vault.room_file(handle).unwrap();
    drop(vault);
    let before = folder.path().join("lost+found");
    fs::create_dir(&before).unwrap();
    fs::rename(&room, before.join(room.file_name().unwrap())).unwrap();
    fs::write(before.join("#12"), b"what the system found").unwrap();
    assert_eq!(secret(&open(folder.path()).unwrap(), handle), b"marker of the access key");
    assert_eq!(fs::read(before.join("#12")).unwrap(), b"what the system found");
}

/// One of the moves fails: something in it is held by the system or by somebody else.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_set_aside_whole_stays_where_it_is() {
    use rustix::fs::IFlags;

    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    room_with_secret(&mut vault);
    drop(vault);
    fs::remove_file(folder.path().join("vault")).unwrap();
    let before = listing(folder.path());
    let lost = folder.path().join("lost-files");
    fs::create_dir(&lost).unwrap();
    // No program is asked for that: as long as one starts, it holds the locks of all vaults that other stories have
    // open.
    let opened = fs::File::open(&lost).unwrap();
    let set = |flags| rustix::fs::ioctl_setflags(&opened, flags);
    let Ok(flags) = rustix::fs::ioctl_getflags(&opened) else {
        eprintln!("left out: this disk makes nothing immovable");
        return;
    };
    if set(flags | IFlags::IMMUTABLE).is_err() {
        eprintln!("left out: this system lets nobody make something immovable");
        return;
    }
    let refused = set_aside(folder.path());
    set(flags).unwrap();
    assert!(matches!(refused, Err(StoreError::Io(_))), "{refused:?}");
    assert_eq!(changed(&before, folder.path()), []);
    assert!(!folder.path().join("set-aside-1").exists(), "no half of it lies elsewhere");
    set_aside(folder.path()).unwrap();
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
    let flag = begun.len() - 33;
    assert_eq!(begun[flag], 0xf4, "CBOR's false, of a vault that is made, before the sum");
    begun[flag] = 0xf5;
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

/// One bit of the slot file turned over, or a copy of it was put back from the second in which the vault was made.
#[test]
fn a_vault_that_holds_rooms_was_made_whatever_its_slot_file_says() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    drop(vault);
    let slots = folder.path().join("vault");
    let made = fs::read(&slots).unwrap();
    let mut begun = made.clone();
    let flag = begun.len() - 33;
    begun[flag] = 0xf5;
    fs::write(&slots, begun).unwrap();
    assert_eq!(survey(folder.path()).unwrap(), Presence::Vault);
    let again = Vault::create(folder.path(), PASSPHRASE, Durability::Process, &mut OsRng);
    assert!(matches!(again, Err(StoreError::Exists)), "no other one is made in its place");
    assert_eq!(secret(&open(folder.path()).unwrap(), handle), b"marker of the access key");
    assert_eq!(fs::read(&slots).unwrap(), made, "and it says so again");
}

/// Alice is not sent to look for another passphrase when it is the file that has lost a bit.
#[test]
fn a_damaged_slot_file_is_called_that_and_no_wrong_passphrase() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    room_with_secret(&mut vault);
    drop(vault);
    let slots = folder.path().join("vault");
    let whole = fs::read(&slots).unwrap();
    let version = b"conclave.v1 vault\0".len();
    let flipped = |at: usize, bit: u8| {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << bit;
        fs::write(&slots, damaged).unwrap();
    };
    for at in 0..whole.len() {
        for bit in 0..8 {
            flipped(at, bit);
            match open(folder.path()) {
                Err(StoreError::Damaged) => {}
                Err(StoreError::Newer) => assert_eq!(at, version),
                Err(error) => panic!("bit {bit} of byte {at}: {error:?}"),
                // Nothing that it needs.
                Ok(_) => {}
            }
        }
    }

    let folder = TempDir::new().unwrap();
    drop(Vault::create(folder.path(), PASSPHRASE, Durability::Process, &mut OsRng).unwrap());
    let slots = folder.path().join("vault");
    let mut bytes = fs::read(&slots).unwrap();
    let wrong = || Vault::open(folder.path(), Unlock::Passphrase("another passphrase"), Durability::Process).map(drop);
    assert!(matches!(wrong(), Err(StoreError::WrongSecret)));
    let salt = version + 10;
    bytes[salt] ^= 1;
    fs::write(&slots, bytes).unwrap();
    let right = Vault::open(folder.path(), PASSPHRASE, Durability::Process).map(drop);
    assert!(matches!(right, Err(StoreError::Damaged)), "{right:?}");
}

#[test]
fn a_slot_file_of_an_earlier_version_has_no_sum_and_gets_one() {
    let folder = TempDir::new().unwrap();
    let mut vault = create(folder.path());
    let handle = room_with_secret(&mut vault);
    drop(vault);
    let slots = folder.path().join("vault");
    let whole = fs::read(&slots).unwrap();
    cut_to(&slots, u64::try_from(whole.len() - 32).unwrap());
    assert_eq!(secret(&open(folder.path()).unwrap(), handle), b"marker of the access key");
    assert!(fs::read(&slots).unwrap() == whole);
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
    for name in ["", "rooms", "lost-files"] {
        assert_eq!(mode(&folder.join(name)), 0o700, "{name}");
    }
    for (path, _) in listing(&folder).into_iter().filter(|(path, _)| !path.starts_with("lost-files")) {
        assert_eq!(mode(&folder.join(&path)), 0o600, "{}", path.display());
    }
}

/// Whoever opened it would wait until somebody opens its other end.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_in_the_place_of_a_file_is_refused() {
    for name in ["lock", "vault"] {
        let folder = TempDir::new().unwrap();
        drop(create(folder.path()));
        let path = folder.path().join(name);
        fs::remove_file(&path).unwrap();
        let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
        let (answer, answered) = mpsc::channel();
        let here = folder.path().to_owned();
        // It ends with the test, also if it waits.
        thread::spawn(move || answer.send(open(&here).map(drop)));
        let opened = answered.recv_timeout(Duration::from_secs(30)).expect("nobody opens the other end");
        assert!(matches!(opened, Err(StoreError::Io(_))), "{name}: {opened:?}");
        assert!(conclave_store::check_folder(folder.path()).unwrap_err().to_string().contains("a pipe"));
    }
}
