//! One room's file: its transactions, and one module per table.

use std::{cell::Cell, path::Path};

use rusqlite::{Connection, TransactionBehavior};

use crate::{
    StoreError,
    database::{self, Durability, FileKey, Location},
};

pub(crate) mod branch;
pub(crate) mod clock;
pub(crate) mod former_name;
mod group_state;
mod heard;
pub(crate) mod item;
mod leaf_link;
pub(crate) mod member;
pub(crate) mod outbox;
pub(crate) mod pending;
mod reader;
pub(crate) mod record;
mod secret;
mod tx;

pub use group_state::Place;
pub use reader::RoomReader;
pub use tx::RoomTx;

/// The database of one room, open.
///
/// Dropping it empties the write-ahead log.
pub struct RoomStore {
    connection: Connection,
    /// Message ids that were remembered since they were counted.
    remembered: Cell<usize>,
}

impl RoomStore {
    pub(crate) fn create(location: &Location, key: &FileKey, durability: Durability) -> Result<Self, StoreError> {
        let connection = database::create(location, key, durability, ROOM_MIGRATIONS)?;
        Ok(Self { connection, remembered: Cell::default() })
    }

    pub(crate) fn open(path: &Path, key: &FileKey, durability: Durability) -> Result<Self, StoreError> {
        let connection = database::open(path, key, durability, ROOM_MIGRATIONS)?;
        Ok(Self { connection, remembered: Cell::default() })
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs one step. It is committed if the closure returns `Ok` and rolled back otherwise; when this returns `Ok`,
    /// the step is on disk.
    ///
    /// # Errors
    /// What the closure or the database says.
    pub fn write<T, E: From<StoreError>>(&mut self, step: impl FnOnce(&RoomTx<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let value = step(&RoomTx::new(&transaction, &self.remembered))?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// Reads in one consistent view.
    ///
    /// # Errors
    /// What the closure or the database says.
    pub fn read<T, E: From<StoreError>>(&mut self, look: impl FnOnce(&RoomReader<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(StoreError::from)?;
        look(&RoomReader::new(&transaction))
    }

    /// Overwrites and empties the write-ahead log, so that deleted text is in no file.
    ///
    /// # Errors
    /// What the database says.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        database::checkpoint(&self.connection)
    }

    /// Writes the file anew (`VACUUM`), which takes time and memory by its size. `secure_delete` overwrites the place of a deleted
    /// row, but when SQLite merges half-empty pages it leaves a copy of what it moves in the gap behind, and the row that is deleted
    /// next may have moved.
    ///
    /// # Errors
    /// What the database says, above all [`StoreError::DiskFull`]; the file stays as it was then.
    pub fn rebuild(&self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        self.checkpoint()
    }

    /// The size of the file in bytes.
    ///
    /// # Errors
    /// What the database says.
    pub fn size(&self) -> Result<u64, StoreError> {
        let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        Ok(self.connection.query_row(size, [], |row| row.get(0))?)
    }
}

impl Drop for RoomStore {
    fn drop(&mut self) {
        // What stays in the log if the disk refuses is overwritten when the file is opened next.
        drop(self.checkpoint());
    }
}

impl std::fmt::Debug for RoomStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomStore(..)")
    }
}

pub(crate) const ROOM_MIGRATIONS: &[&str] = &[
    include_str!("../migrations/room/0001_init.sql"),
    include_str!("../migrations/room/0002_title.sql"),
    include_str!("../migrations/room/0003_former_name.sql"),
    include_str!("../migrations/room/0004_no_raw_entry.sql"),
    include_str!("../migrations/room/0005_branches.sql"),
    include_str!("../migrations/room/0006_late_messages.sql"),
    include_str!("../migrations/room/0007_named_fork.sql"),
    include_str!("../migrations/room/0008_audience.sql"),
    include_str!("../migrations/room/0009_missed_hashes.sql"),
    include_str!("../migrations/room/0010_mid_of_a_sender.sql"),
    include_str!("../migrations/room/0011_known_since.sql"),
    include_str!("../migrations/room/0012_known_in.sql"),
    include_str!("../migrations/room/0013_leaf_links.sql"),
    include_str!("../migrations/room/0014_clock.sql"),
    include_str!("../migrations/room/0015_pin_first_used_at.sql"),
    include_str!("../migrations/room/0016_old_copy.sql"),
    include_str!("../migrations/room/0017_heard.sql"),
    include_str!("../migrations/room/0018_cursor_mark.sql"),
    include_str!("../migrations/room/0019_reads_again_to.sql"),
    include_str!("../migrations/room/0020_dated_wrongly.sql"),
    include_str!("../migrations/room/0021_cursor_at.sql"),
    include_str!("../migrations/room/0022_given_up.sql"),
    include_str!("../migrations/room/0023_known_copy.sql"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KnownFrom, Missed};

    #[test]
    fn what_was_read_and_missed_before_late_messages_had_a_place_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
        let before = ROOM_MIGRATIONS.iter().position(|step| step.contains("ADD COLUMN missed BLOB")).unwrap();
        let old = database::create(&Location::File(file.clone()), &key, Durability::Full, &ROOM_MIGRATIONS[..before])
            .unwrap();
        old.execute_batch(
            "INSERT INTO item (id, position, kind, nick, own, body, at, state) VALUES
                 (7, 2, 1, 'Bob', 0, 'read', 0, 1), (9, 1, 1, 'Bob', 0, 'read', 0, 1), (12, 3, 1, 'Bob', 0, 'new', 0, 1);
             INSERT INTO record (only, room_id, authority, addresses, nick, phase, cursor, head, own_n, own_prev, owner_counter,
                 params_rev, locked, committed_at, sent_since, next_position, read_position, unopened, joined_seq, updated_at)
             VALUES (1, x'', '', '', '', 4, 9, x'', 0, x'', 0, 0, 0, 0, 0, 4, 2, 0, 0, 0);
             INSERT INTO member (member_id, leaf_key, n, prev, removed, missed_from, missed_to) VALUES
                 (zeroblob(16), zeroblob(32), 300, zeroblob(8), 0, 5, 258),
                 (randomblob(16), zeroblob(32), 2, zeroblob(8), 0, 0, 0);",
        )
        .unwrap();
        drop(old);

        let mut room = RoomStore::open(&file, &key, Durability::Full).unwrap();
        let mut row = room.read(|tx| tx.member(&[0; 16])).unwrap().unwrap();
        assert_eq!(row.missed, [Missed { from: 5, to: 258, before: None, last: None }]);
        row.missed.push(Missed { from: 260, to: 299, before: Some([7; 8]), last: None });
        room.write(|tx| tx.set_member(&row)).unwrap();
        assert_eq!(room.read(|tx| tx.member(&[0; 16])).unwrap().unwrap(), row);
        let read: i64 = room.connection().query_row("SELECT read_item FROM record", (), |row| row.get(0)).unwrap();
        assert_eq!((read, room.read(|tx| tx.unread_after(read)).unwrap()), (9, 1));
        room.connection().execute("UPDATE member SET missed = x'00'", ()).unwrap();
        assert!(room.read(|tx| tx.member(&[0; 16])).is_err(), "half a number is damage");
    }

    #[test]
    fn lines_outbox_and_known_messages_from_before_senders_counted_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
        let before = ROOM_MIGRATIONS.iter().position(|step| step.contains("new_seen")).unwrap();
        let old = database::create(&Location::File(file.clone()), &key, Durability::Full, &ROOM_MIGRATIONS[..before])
            .unwrap();
        old.execute_batch(
            "INSERT INTO item (id, position, n, mid, kind, sender, nick, own, body, at, claimed_at, expires_at, state) VALUES
                 (5, 2, 3, zeroblob(16), 1, randomblob(16), 'Bob', 0, 'said', 10, 11, 12, 1),
                 (7, 4, 0, randomblob(16), 1, NULL, 'Alice', 1, 'mine', 13, NULL, NULL, 2),
                 (8, 5, 0, NULL, 3, NULL, '', 0, '{}', 13, NULL, NULL, 1),
                 (90, 9, 0, NULL, 3, NULL, '', 0, '', 0, NULL, NULL, 1);
             DELETE FROM item WHERE id = 90;
             INSERT INTO outbox (id, item, mid, kind, message, cid, envelope, digest, base, stored_seq, kept_until, replaces,
                 published, audience)
             VALUES (3, 7, randomblob(16), 1, x'01', x'02', x'03', x'04', x'05', 6, 7, x'08', 9, x'0a'),
                 (4, NULL, randomblob(16), 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL),
                 (80, NULL, x'', 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL);
             DELETE FROM outbox WHERE id = 80;
             INSERT INTO seen (mid, expires_at) VALUES (x'02020202020202020202020202020202', 50);",
        )
        .unwrap();
        // As text, each value with its type.
        let dump = |connection: &Connection, table: &str, columns: &str| {
            let quoted =
                columns.split(' ').map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ' ' || ");
            let mut rows = connection.prepare(&format!("SELECT {quoted} FROM {table} ORDER BY id")).unwrap();
            let rows = rows.query_map((), |row| row.get::<_, String>(0)).unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap()
        };
        let both = |connection: &Connection| {
            let item = "id position n mid kind sender nick own body at claimed_at expires_at state";
            let outbox =
                "id item mid kind message cid envelope digest base stored_seq kept_until replaces published audience";
            [dump(connection, "item", item), dump(connection, "outbox", outbox)]
        };
        let rows = both(&old);
        assert_eq!(rows.each_ref().map(Vec::len), [3, 2]);
        drop(old);

        let mut room = RoomStore::open(&file, &key, Durability::Full).unwrap();
        assert_eq!(both(room.connection()), rows);
        let senders = |room: &mut RoomStore, mid: u8| room.read(|tx| tx.senders_of(&[mid; 16])).unwrap();
        assert_eq!(senders(&mut room, 2), [KnownFrom { sender: None, at: None }], "nobody knows from whom and when");
        let [KnownFrom { sender: Some(_), at: Some(10), .. }] = senders(&mut room, 0)[..] else {
            panic!("it has a line")
        };
        let outgoing = crate::NewOutgoing { item: Some(7), mid: [3; 16], kind: 1 };
        assert_eq!(room.write(|tx| tx.add_outgoing(&outgoing)).unwrap(), 81, "no id comes a second time");
        room.write(|tx| tx.delete_item(7)).unwrap();
        assert_eq!(both(room.connection())[1].len(), 1, "what is on its way goes with its line");
        room.connection()
            .execute(
                "INSERT INTO item (position, kind, nick, own, body, at, state) VALUES (9, 3, '', 0, '{}', 0, 1)",
                (),
            )
            .unwrap();
        assert_eq!(room.connection().last_insert_rowid(), 91);
        let left: i64 = room
            .connection()
            .query_row("SELECT count(*) FROM sqlite_sequence WHERE name NOT IN ('item', 'outbox', 'base')", (), |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(left, 0);
    }
}
