//! A client loses its power after every sync of a scripted run, and has everything that was acknowledged until then.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use std::{path::Path, sync::Mutex};

use conclave_powercut::{Disk, Image};
use conclave_seal::rng::OsRng;
use conclave_store::{
    Durability, Handle, ItemKind, ItemState, Keyring, KeyringError, NewItem, Persistence, StoreError, Unlock, Vault,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

const NOW: u64 = 1_800_000_000;
const LINES: u64 = 24;

/// A keyring that remembers all that it was ever given, as its own disk is another.
#[derive(Default)]
struct TestKeyring(Mutex<Vec<[u8; 32]>>);

impl Keyring for TestKeyring {
    fn store(&self, _name: &str, secret: &[u8; 32]) -> Result<(), KeyringError> {
        self.0.lock().unwrap().push(*secret);
        Ok(())
    }

    fn load(&self, _name: &str) -> Result<Zeroizing<[u8; 32]>, KeyringError> {
        self.0.lock().unwrap().last().copied().map(Zeroizing::new).ok_or(KeyringError::NoEntry)
    }

    fn delete(&self, _name: &str) -> Result<(), KeyringError> {
        self.0.lock().unwrap().clear();
        Ok(())
    }
}

fn text(n: u64) -> String {
    format!("line {n} {}", "x".repeat(usize::try_from(n).unwrap() * 97 % 900))
}

fn line(n: u64, body: &str) -> NewItem<'_> {
    NewItem {
        position: i64::try_from(n).unwrap(),
        n: 0,
        mid: Some([u8::try_from(n).unwrap(); 16]),
        message_id: None,
        kind: ItemKind::Text,
        sender: Some([9; 16]),
        nick: "Wren",
        own: false,
        body,
        at: NOW,
        claimed_at: None,
        // Every fourth one burns in the middle of the run.
        expires_at: n.is_multiple_of(4).then_some(NOW + 60),
        state: ItemState::Stored,
    }
}

/// What was acknowledged: 1 the vault, 2 a room that goes again, 3 the room, 4.. its lines, then the end of the other room.
fn run(disk: &Disk, folder: &Path, keyring: &TestKeyring) -> (Handle, Handle) {
    let unlock = Unlock::Keyring(keyring);
    let mut vault = Vault::create(folder, unlock, Durability::Full, &mut OsRng).unwrap();
    disk.acknowledge(1);
    let new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    let (gone, store) = vault.keep_room(new, None).unwrap();
    drop(store);
    disk.acknowledge(2);
    let new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    let (kept, mut room) = vault.keep_room(new, None).unwrap();
    disk.acknowledge(3);
    for n in 0..LINES {
        room.write(|tx| tx.add_item(&line(n, &text(n)))).unwrap();
        disk.acknowledge(4 + n);
        if n == LINES / 2 {
            room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap();
            room.checkpoint().unwrap();
        }
    }
    vault.remove_room(gone).unwrap();
    disk.acknowledge(4 + LINES);
    (gone, kept)
}

/// What the app finds after a cut; an error is what would be shown.
fn check(image: &Image, keyring: &TestKeyring, (gone, kept): (Handle, Handle)) -> Result<(), String> {
    let folder = TempDir::new().unwrap();
    image.restore(folder.path());
    let acknowledged = image.acknowledged;
    let vault = match Vault::open(folder.path(), Unlock::Keyring(keyring), Durability::Process) {
        Ok(vault) => vault,
        Err(StoreError::Missing) if acknowledged < 1 => return Ok(()),
        Err(error) => return Err(format!("the vault: {error}")),
    };
    let rooms: Vec<_> = vault.rooms().unwrap().into_iter().map(|room| room.handle).collect();
    if (2..3 + LINES).contains(&acknowledged) && !rooms.contains(&gone) {
        return Err("a room is missing".to_owned());
    }
    if acknowledged >= 4 + LINES && rooms.contains(&gone) {
        return Err("a room that was removed is back".to_owned());
    }
    if !rooms.contains(&kept) {
        return if acknowledged < 3 { Ok(()) } else { Err("the room is missing".to_owned()) };
    }
    let mut room = vault.open_room(kept).map_err(|error| format!("the room: {error}"))?;
    let read = room.read(|tx| tx.items_before((i64::MAX, 0, 0), 99)).map_err(|error: StoreError| error.to_string())?;
    for n in (0..LINES).filter(|n| *n < acknowledged.saturating_sub(3)) {
        // What was due may have burned.
        let is_there = read.iter().any(|item| item.body == text(n));
        if !is_there && !n.is_multiple_of(4) {
            return Err(format!("line {n} is missing"));
        }
    }
    let burned = acknowledged > 4 + LINES / 2 && read.iter().any(|item| item.body == text(4));
    if burned { Err("a burned line is back".to_owned()) } else { Ok(()) }
}

#[test]
fn a_client_loses_nothing_acknowledged_wherever_the_power_goes() {
    let (folder, keyring) = (TempDir::new().unwrap(), TestKeyring::default());
    let disk = Disk::watch(folder.path());
    let rooms = run(&disk, folder.path(), &keyring);
    let images = disk.images();
    assert!(images.len() > 40, "a sync for each step at least: {}", images.len());
    for (cut, image) in images.iter().enumerate() {
        if let Err(loss) = check(image, &keyring, rooms) {
            panic!("cut {cut} of {}, {} acknowledged: {loss}", images.len(), image.acknowledged);
        }
    }
}

/// The same run at a lower durability loses what it acknowledged: the test sees what it looks for.
#[test]
fn without_syncs_the_room_is_lost() {
    let (folder, keyring) = (TempDir::new().unwrap(), TestKeyring::default());
    let disk = Disk::watch(folder.path());
    let vault = Vault::create(folder.path(), Unlock::Keyring(&keyring), Durability::Process, &mut OsRng).unwrap();
    vault.set_setting("language", "en").unwrap();
    disk.acknowledge(1);
    let last = disk.images().pop().unwrap();
    let left = TempDir::new().unwrap();
    last.restore(left.path());
    let setting =
        Vault::open(left.path(), Unlock::Keyring(&keyring), Durability::Process).map(|vault| vault.setting("language"));
    assert!(!matches!(setting, Ok(Ok(Some(_)))), "{setting:?}");
}
