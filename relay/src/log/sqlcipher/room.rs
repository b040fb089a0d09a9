//! The tables `room`, `room_key`, `member_key` and `tombstone`.

use std::sync::Arc;

use conclave_proto::{
    codec,
    deed::Deed,
    id::{PublicKey, RoomId, RoomState, Seat, Signature, Tag},
    limits,
    owner::{SignedStatement, Tombstone},
};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{
    db::Db,
    error::StoreError,
    key::RoomKey,
    number::{from_sql, to_sql},
};
use crate::log::{Standing, StoredRoom, Usage, retention::tombstone_until, subscribers::OwnedNotice};

/// A room's row and what only this backend needs of it.
pub(super) struct RoomRow {
    pub(super) number: i64,
    pub(super) room: StoredRoom,
    pub(super) genesis: Tag,
    pub(super) genesis_key: PublicKey,
    pub(super) owner_counter: u64,
}

pub(super) fn standing(db: &Db<'_>, room: RoomId) -> Result<Standing, StoreError> {
    if let Some(row) = find(db, room)? {
        return Ok(Standing::Here(Box::new(row.room)));
    }
    let select = "SELECT tombstone FROM tombstone WHERE room_id = ?1";
    let found: Option<Vec<u8>> = db.sql.prepare_cached(select)?.query_row([room.0], |row| row.get(0)).optional()?;
    Ok(match found {
        Some(bytes) => Standing::Gone(Box::new(codec::decode(&bytes)?)),
        None => Standing::Unknown,
    })
}

pub(super) fn find(db: &Db<'_>, room: RoomId) -> Result<Option<RoomRow>, StoreError> {
    let select = "
        SELECT number, deed, state, head, head_seq, head_key, locked_at, last_seq, floor, owner_statement, owner_sig,
               seat, genesis, genesis_key, owner_counter, pushed_out, messages, message_bytes
        FROM room WHERE room_id = ?1";
    let mut statement = db.sql.prepare_cached(select)?;
    let mut rows = statement.query([room.0])?;
    rows.next()?.map(room_row).transpose()
}

/// The number under which a room stands in the other tables.
pub(super) fn number(db: &Db<'_>, id: RoomId) -> Result<Option<i64>, StoreError> {
    let select = "SELECT number FROM room WHERE room_id = ?1";
    Ok(db.sql.prepare_cached(select)?.query_row([id.0], |row| row.get(0)).optional()?)
}

/// The key of a room's envelopes.
pub(super) fn key(db: &Db<'_>, id: RoomId) -> Result<Arc<RoomKey>, StoreError> {
    db.keys.room(id, || {
        let select = "SELECT wrapped FROM room_key WHERE room = (SELECT number FROM room WHERE room_id = ?1)";
        Ok(db.sql.prepare_cached(select)?.query_row([id.0], |row| row.get(0))?)
    })
}

pub(super) fn member_key(db: &Db<'_>, room: RoomId, key: PublicKey) -> Result<Option<u64>, StoreError> {
    let select = "SELECT seq FROM member_key WHERE room = (SELECT number FROM room WHERE room_id = ?1) AND key = ?2";
    let found = db.sql.prepare_cached(select)?.query_row(params![room.0, key.0], |row| row.get(0)).optional()?;
    Ok(found.map(from_sql))
}

/// A key that was registered before keeps its first number.
pub(super) fn register(db: &Db<'_>, number: i64, key: PublicKey, seq: u64) -> Result<(), StoreError> {
    let insert = "INSERT OR IGNORE INTO member_key (room, key, seq) VALUES (?1, ?2, ?3)";
    db.sql.prepare_cached(insert)?.execute(params![number, key.0, to_sql(seq)])?;
    Ok(())
}

pub(super) fn wipe(db: &mut Db<'_>, room: RoomId, tombstone: Tombstone, now: u64) -> Result<bool, StoreError> {
    let select = "SELECT created_hour FROM room WHERE room_id = ?1";
    let created: Option<i64> = db.sql.prepare_cached(select)?.query_row([room.0], |row| row.get(0)).optional()?;
    let until = tombstone_until(now, created.map_or(now, from_sql));
    if !remove(db, room)? {
        return Ok(false);
    }
    let insert = "INSERT OR REPLACE INTO tombstone (room_id, tombstone, until) VALUES (?1, ?2, ?3)";
    db.sql.prepare_cached(insert)?.execute(params![room.0, codec::encode(&tombstone), to_sql(until)])?;
    db.notices.push((room, OwnedNotice::Gone(Some(Box::new(tombstone)))));
    Ok(true)
}

/// The room's key goes first: if anything after it fails, what is left opens no more.
pub(super) fn remove(db: &mut Db<'_>, room: RoomId) -> Result<bool, StoreError> {
    db.keys.forget(room);
    let delete = "DELETE FROM room_key WHERE room = (SELECT number FROM room WHERE room_id = ?1)";
    db.sql.prepare_cached(delete)?.execute([room.0])?;
    let removed = db.sql.prepare_cached("DELETE FROM room WHERE room_id = ?1")?.execute([room.0])?;
    db.destroyed = true;
    Ok(removed > 0)
}

fn room_row(row: &Row<'_>) -> Result<RoomRow, StoreError> {
    let number = |index: usize| row.get::<_, i64>(index).map(from_sql);
    let statement: Option<Vec<u8>> = row.get(9)?;
    let sig: Option<[u8; 64]> = row.get(10)?;
    let room = StoredRoom {
        deed: Deed::parse(&row.get::<_, Vec<u8>>(1)?)?,
        state: RoomState::from_number(row.get(2)?).ok_or(StoreError::Damaged("a room has an unknown state"))?,
        head: Tag(row.get(3)?),
        head_seq: number(4)?,
        head_key: PublicKey(row.get(5)?),
        locked_at: number(6)?,
        last_seq: number(7)?,
        floor: number(8)?,
        pushed_out: number(15)?,
        messages: Usage { entries: number(16)?, bytes: number(17)? },
        owner: statement.zip(sig).map(|(statement, sig)| SignedStatement { statement, sig: Signature(sig) }),
        seat: Seat(row.get(11)?),
    };
    Ok(RoomRow {
        number: row.get(0)?,
        room,
        genesis: Tag(row.get(12)?),
        genesis_key: PublicKey(row.get(13)?),
        owner_counter: number(14)?,
    })
}

/// For how long a room may be idle, in seconds.
pub(super) fn idle_ttl(deed: &Deed) -> i64 {
    to_sql(u64::from(deed.policy().idle_ttl).min(limits::RETENTION.as_secs()))
}
