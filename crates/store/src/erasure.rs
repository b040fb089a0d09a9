//! What burned is in no byte of a room's files: the pages of database and write-ahead log are decrypted with the room's
//! key and searched, before (found) and after (gone), for every way in which a line ends.

use std::{
    fs,
    path::{Path, PathBuf},
};

use conclave_pages::Pages;
use conclave_seal::{expand, rng};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    Draft, ItemKind, ItemState, NewItem, NewNote, NewOutgoing, Note, Persistence, RoomStore, RoomTx, Sealed,
    StoreError, Unlock, Vault,
    database::{self, Durability, FileKey, Location},
    migrations::ROOM,
    testing::Counting,
    vault::INDEX_LABEL,
};

const NOW: u64 = 1_800_000_000;
const MARKER: &str = "The papers are under the third stone.";

/// A room's file whose key is known, and a look into it.
struct Desk {
    folder: TempDir,
    key: FileKey,
}

impl Desk {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), key: FileKey::new([0x42; 32]) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("room.db")
    }

    fn open(&self) -> RoomStore {
        let opened = if self.path().exists() {
            RoomStore::open(&self.path(), &self.key, Durability::Full)
        } else {
            RoomStore::create(&Location::File(self.path()), &self.key, Durability::Full)
        };
        opened.unwrap()
    }

    /// Whether the marker is in the database, and whether it is in its write-ahead log.
    fn finds(&self, marker: &[u8]) -> (bool, bool) {
        let database = fs::read(self.path()).unwrap();
        let log = fs::read(self.path().with_extension("db-wal")).unwrap();
        let pages = Pages::decrypt(&self.key, &database, &log).unwrap();
        let holds = |page: &Vec<u8>| page.windows(marker.len()).any(|window| window == marker);
        (pages.file.iter().any(holds), pages.log.iter().any(holds))
    }

    fn log(&self) -> Vec<u8> {
        fs::read(self.path().with_extension("db-wal")).unwrap()
    }

    /// What a power cut would find.
    fn copy(&self) -> Self {
        let copy = Self::new();
        for file in ["room.db", "room.db-wal"] {
            fs::copy(self.folder.path().join(file), copy.folder.path().join(file)).unwrap();
        }
        copy
    }
}

const PAGE: usize = 4096;

fn line(position: i64, mid: u8, body: &str) -> NewItem<'_> {
    NewItem {
        position,
        n: 0,
        mid: Some([mid; 16]),
        message_id: None,
        kind: ItemKind::Text,
        sender: Some([9; 16]),
        nick: "Wren",
        own: false,
        body,
        at: NOW,
        claimed_at: None,
        expires_at: Some(NOW + 60),
        state: ItemState::Stored,
    }
}

/// The marker stands in the database and in the log before `end`, and in neither after it and a checkpoint.
fn goes(desk: &Desk, room: &mut RoomStore, marker: &str, end: impl FnOnce(&mut RoomStore)) {
    assert_eq!(desk.finds(marker.as_bytes()), (false, true), "what was just written is in the log");
    let copy = desk.copy();
    drop(copy.open());
    assert_eq!(copy.finds(marker.as_bytes()), (true, false), "and after a checkpoint in the file");
    end(room);
    room.checkpoint().unwrap();
    assert_eq!(desk.finds(marker.as_bytes()), (false, false));
    assert!(desk.log().is_empty(), "the log was emptied");
}

#[test]
fn a_line_that_burned_by_age_is_in_no_byte() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    goes(&desk, &mut room, MARKER, |room| {
        assert_eq!(room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap().len(), 1);
    });
}

#[test]
fn a_line_that_a_person_withdrew_is_in_no_byte() {
    let desk = Desk::new();
    let mut room = desk.open();
    let item = room.write(|tx| tx.add_unsent_item(&line(0, 1, MARKER))).unwrap();
    let outgoing =
        NewOutgoing { item: Some(item), mid: [1; 16], draft: Draft::new(MARKER.as_bytes().to_vec()), fuse: None };
    room.write(|tx| tx.add_outgoing(&outgoing)).unwrap();
    goes(&desk, &mut room, MARKER, |room| room.write(|tx| tx.delete_item(item)).unwrap());
}

/// However the line ends, what it said is in the outbox no longer, neither as it was composed nor as it was frozen.
#[test]
fn a_text_that_waits_in_the_outbox_goes_with_its_line() {
    let withdrawn: fn(&RoomTx<'_>, i64) -> Result<(), StoreError> = |tx, item| tx.delete_item(item);
    let burned: fn(&RoomTx<'_>, i64) -> Result<(), StoreError> =
        |tx, _| tx.purge_items(NOW + 60, NOW + 100).map(|gone| assert_eq!(gone.len(), 1));
    let trimmed: fn(&RoomTx<'_>, i64) -> Result<(), StoreError> = |tx, item| {
        tx.settle_item(item, 1, NOW, None)?;
        tx.add_item(&line(2, 2, "a newer one"))?;
        tx.trim_items(1, NOW + 100).map(|gone| assert_eq!(gone.len(), 1))
    };
    for end in [withdrawn, burned, trimmed] {
        for frozen in [None, Some(MARKER.as_bytes())] {
            let desk = Desk::new();
            let mut room = desk.open();
            let row = room.write::<_, StoreError>(|tx| {
                let item = tx.add_unsent_item(&line(0, 1, "The line says something else."))?;
                let draft = Draft::new(if frozen.is_some() { Vec::new() } else { MARKER.as_bytes().to_vec() });
                let id = tx.add_outgoing(&NewOutgoing { item: Some(item), mid: [1; 16], draft, fuse: None })?;
                let sealed = Sealed { cid: [2; 16], envelope: vec![3; 585], digest: [4; 32], base: [5; 16] };
                frozen.map_or(Ok(()), |message| tx.seal_outgoing(id, message, NOW, &sealed, &[]))?;
                Ok(item)
            });
            goes(&desk, &mut room, MARKER, |room| room.write(|tx| end(tx, row.unwrap())).unwrap());
        }
    }
}

#[test]
fn a_name_in_a_line_about_what_happened_is_in_no_byte() {
    let desk = Desk::new();
    let mut room = desk.open();
    let note = Note::Joined { nick: "Zaunkoenig".to_owned() };
    let line = NewNote { position: 1, note: &note, at: NOW, expires_at: Some(NOW + 60) };
    room.write(|tx| tx.add_note(&line)).unwrap();
    goes(&desk, &mut room, "Zaunkoenig", |room| {
        assert_eq!(room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap().len(), 1);
    });
}

#[test]
fn a_line_beyond_the_bound_is_in_no_byte() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    room.write(|tx| tx.add_item(&line(2, 2, "a newer one"))).unwrap();
    goes(&desk, &mut room, MARKER, |room| {
        assert_eq!(room.write(|tx| tx.trim_items(1, NOW + 100)).unwrap().len(), 1);
    });
}

#[test]
fn a_name_that_burned_is_in_no_byte() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.keep_former_name(&[1; 16], "Zaunkoenig", NOW + 60)).unwrap();
    goes(&desk, &mut room, "Zaunkoenig", |room| room.write(|tx| tx.purge_former_names(NOW + 60)).unwrap());
}

#[test]
fn what_fell_due_while_the_vault_was_locked_is_in_no_byte_after_the_next_start() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    drop(room);
    assert_eq!(desk.finds(MARKER.as_bytes()), (true, false), "closing empties the log");
    let mut room = desk.open();
    room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap();
    drop(room);
    assert_eq!(desk.finds(MARKER.as_bytes()), (false, false));
}

#[test]
fn what_burned_before_a_power_cut_is_in_no_byte_after_it() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap();
    let copy = desk.copy();
    assert_eq!(copy.finds(MARKER.as_bytes()), (false, true), "the log of a process that died holds what it deleted");
    let _room = copy.open();
    assert_eq!(copy.finds(MARKER.as_bytes()), (false, false));
}

#[test]
fn the_log_is_overwritten_before_it_is_cut_and_a_power_cut_in_between_loses_nothing() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    let written = desk.log().len();
    assert!(written > PAGE, "there is something to overwrite");
    let mut looked = false;
    database::checkpoint_observed(room.connection(), |log| {
        let bytes = fs::read(log).unwrap();
        assert_eq!(bytes, vec![0; written], "no block of it goes back to the disk as it was");
        let mut copy = desk.copy().open();
        assert_eq!(copy.read(|tx| tx.items_before((i64::MAX, 0, 0), 9)).unwrap()[0].body, MARKER);
        looked = true;
    })
    .unwrap();
    assert!(looked);
    assert!(desk.log().is_empty());
}

#[test]
fn half_an_overwritten_log_is_not_taken_for_news() {
    let desk = Desk::new();
    let mut room = desk.open();
    for n in 1..=9 {
        room.write(|tx| tx.add_item(&line(n, n.try_into().unwrap(), MARKER))).unwrap();
    }
    room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap();
    let log = desk.log();
    room.checkpoint().unwrap();
    // The header goes first, and is on the disk before anything else goes.
    let mut copy = desk.copy();
    let half: Vec<u8> = [&[0; 32][..], &log[32..]].concat();
    fs::write(copy.path().with_extension("db-wal"), half).unwrap();
    let lines = |desk: &mut Desk| desk.open().read(|tx| tx.items_before((i64::MAX, 0, 0), 99)).unwrap().len();
    assert_eq!(lines(&mut copy), 0, "the frames are older than the file");
}

#[test]
fn many_lines_of_many_lengths_leave_no_copy_when_pages_are_rebuilt() {
    let desk = Desk::new();
    let mut room = desk.open();
    let body = |n: i64| format!("{MARKER} {n:04} {}", "x".repeat(usize::try_from(n * 37 % 900).unwrap()));
    for n in 0..600_i64 {
        // Every third one stays.
        let expires_at = if n % 3 == 0 { None } else { Some(NOW + 60) };
        let mut mid = [7; 16];
        mid[..8].copy_from_slice(&n.wrapping_mul(0x5851_F42D_4C95_7F2D).to_be_bytes());
        let text = body(n);
        let item = NewItem { mid: Some(mid), message_id: None, expires_at, ..line((n * 7919) % 600, 0, &text) };
        room.write(|tx| tx.add_item(&item)).unwrap();
    }
    room.checkpoint().unwrap();
    let found = |n: i64| desk.finds(format!("{MARKER} {n:04} ").as_bytes());
    assert_eq!(found(1), (true, false));
    room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap();
    let before = room.size().unwrap();
    room.rebuild().unwrap();
    assert!(room.size().unwrap() < before, "what was freed is given back");
    assert_eq!(found(0), (true, false), "what does not burn stays");
    let left: Vec<i64> = (0..600).filter(|n| n % 3 != 0 && found(*n) != (false, false)).collect();
    assert_eq!(left, [0_i64; 0]);
}

#[test]
fn kept_entries_of_an_earlier_version_are_in_no_byte_after_the_migration() {
    let desk = Desk::new();
    let file = Location::File(desk.path());
    let drops = ROOM.steps.iter().position(|step| step.says("DROP TABLE raw_entry")).unwrap();
    let old = database::create_older(&file, &desk.key, Durability::Full, &ROOM.steps[..drops]).unwrap();
    let marker = MARKER.repeat(300);
    let insert = "INSERT INTO raw_entry (seq, lane, blob, expires_at) VALUES (?1, ?2, ?3, 0)";
    for (seq, lane) in [(3, 2), (5, 1), (7, 3), (9, 1)] {
        old.execute(insert, (seq, lane, marker.as_bytes())).unwrap();
    }
    let record = "INSERT INTO record (only, room_id, authority, addresses, nick, phase, cursor, head, own_n, own_prev, owner_counter,
                      params_rev, locked, committed_at, sent_since, next_position, read_position, unopened, joined_seq, updated_at)
                  VALUES (1, x'', '', '', '', 4, 9, x'', 0, x'', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)";
    old.execute(record, ()).unwrap();
    database::checkpoint(&old).unwrap();
    drop(old);
    assert_eq!(desk.finds(MARKER.as_bytes()), (true, false));

    let room = desk.open();
    assert_eq!(desk.finds(MARKER.as_bytes()), (false, false));
    let newest: u64 = room.connection().query_row("SELECT commit_seq FROM record", (), |row| row.get(0)).unwrap();
    assert_eq!(newest, 7, "the newest commit is still known");
}

fn asks<T: rusqlite::types::FromSql>(connection: &Connection, pragma: &str) -> T {
    connection.query_row(&format!("PRAGMA {pragma}"), (), |row| row.get(0)).unwrap()
}

#[test]
fn every_file_is_opened_with_what_keeps_and_what_erases() {
    let desk = Desk::new();
    let room = desk.open();
    let connection = room.connection();
    assert_eq!(asks::<String>(connection, "journal_mode"), "wal");
    assert_eq!(asks::<String>(connection, "locking_mode"), "exclusive");
    assert_eq!(asks::<String>(connection, "cipher_memory_security"), "1", "freed memory is wiped");
    for (pragma, wanted) in [
        ("secure_delete", 1), // deleted bytes are overwritten; FAST would leave free pages
        ("synchronous", 2),   // FULL: an acknowledged step survives a power cut
        ("temp_store", 2),    // memory: no spilled text in a temporary file
        ("foreign_keys", 1),
        ("trusted_schema", 0),
    ] {
        assert_eq!(asks::<i64>(connection, pragma), wanted, "{pragma}");
    }
}

#[test]
fn a_checkpoint_that_somebody_keeps_from_ending_is_an_error() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    let mut statement = room.connection().prepare("SELECT body FROM item").unwrap();
    let mut rows = statement.query(()).unwrap();
    rows.next().unwrap().unwrap();
    assert!(matches!(room.checkpoint(), Err(StoreError::Busy | StoreError::Database(_))));
    drop(rows);
    drop(statement);
    room.checkpoint().unwrap();
    assert_eq!(desk.finds(MARKER.as_bytes()), (true, false));
}

#[test]
fn the_key_of_a_removed_room_is_in_no_byte_of_the_index() {
    let home = TempDir::new().unwrap();
    let passphrase = Unlock::Passphrase("correct horse battery");
    let mut vault = Vault::create(home.path(), passphrase, Durability::Full, &mut Counting(0)).unwrap();
    let vault_key: [u8; 32] = rng::array(&mut Counting(0));
    let desk = Desk { key: FileKey::new(*expand::expand::<32>(&vault_key, INDEX_LABEL, &[])), ..Desk::new() };
    let new = vault.begin_room(Persistence::Kept, NOW, &mut Counting(100)).unwrap();
    let (handle, room) = vault.keep_room(new, None).unwrap();
    drop(room);
    let drawn: [u8; 64] = rng::array(&mut Counting(100));
    let key = &drawn[handle.0.len()..][..32];
    let finds = || {
        for (from, to) in [("index.db", "room.db"), ("index.db-wal", "room.db-wal")] {
            fs::copy(home.path().join(from), desk.folder.path().join(to)).unwrap();
        }
        desk.finds(key)
    };
    assert_eq!(finds(), (false, true), "the key stands in the index");
    vault.remove_room(handle).unwrap();
    assert_eq!(finds(), (false, false));
}

/// Beside a file there is nothing but its log.
#[test]
fn no_other_file_is_made() {
    let desk = Desk::new();
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    let mut names: Vec<_> =
        fs::read_dir::<&Path>(desk.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["room.db", "room.db-wal"]);
}

/// A home whose name is in an old encoding, or a stick of another system.
#[cfg(target_os = "linux")]
#[test]
fn a_line_that_burned_is_in_no_byte_where_the_path_is_no_utf_8() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let folder = tempfile::Builder::new().prefix(OsStr::from_bytes(b"d\xff")).tempdir().unwrap();
    let desk = Desk { folder, key: FileKey::new([0x42; 32]) };
    let mut room = desk.open();
    room.write(|tx| tx.add_item(&line(1, 1, MARKER))).unwrap();
    assert_eq!(room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap().len(), 1);
    room.checkpoint().unwrap();
    drop(room);
    assert_eq!(desk.finds(MARKER.as_bytes()), (false, false));
}
