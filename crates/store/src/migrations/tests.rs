//! What older versions kept, opened by this one.

use rusqlite::Connection;

use super::*;
use crate::{
    Durability, KnownFrom, Missed, RoomStore,
    database::{self, FileKey, Location},
};

#[test]
fn what_was_read_and_missed_before_late_messages_had_a_place_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
    let before = ROOM_MIGRATIONS.iter().position(|step| step.contains("ADD COLUMN missed BLOB")).unwrap();
    let old =
        database::create(&Location::File(file.clone()), &key, Durability::Full, &ROOM_MIGRATIONS[..before]).unwrap();
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
    let old =
        database::create(&Location::File(file.clone()), &key, Durability::Full, &ROOM_MIGRATIONS[..before]).unwrap();
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
    let [KnownFrom { sender: Some(_), at: Some(10), .. }] = senders(&mut room, 0)[..] else { panic!("it has a line") };
    let outgoing = crate::NewOutgoing { item: Some(7), mid: [3; 16], kind: 1 };
    assert_eq!(room.write(|tx| tx.add_outgoing(&outgoing)).unwrap(), 81, "no id comes a second time");
    room.write(|tx| tx.delete_item(7)).unwrap();
    assert_eq!(both(room.connection())[1].len(), 1, "what is on its way goes with its line");
    room.connection()
        .execute("INSERT INTO item (position, kind, nick, own, body, at, state) VALUES (9, 3, '', 0, '{}', 0, 1)", ())
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
