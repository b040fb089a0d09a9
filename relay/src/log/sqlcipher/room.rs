//! The tables `room`, `room_key`, `member_key` and `tombstone`.

use conclave_proto::{
    codec,
    deed::Deed,
    id::{PublicKey, RoomId, RoomState, Seat, Signature, Tag},
    limits,
    owner::{SignedStatement, Tombstone},
};
use rusqlite::{OptionalExtension as _, Row, named_params, params};

use super::{
    db::Db,
    entry,
    error::StoreError,
    number::{from_sql, to_sql},
    place,
};
use crate::log::{
    Append, Calendar, Change, Creation, Expiry, Founding, Ordered, Room, Standing, Usage,
    retention::{hour_after, hour_of, tombstone_until},
    subscribers::OwnedNotice,
};

/// A room's row and what only this backend needs of it.
pub(super) struct RoomRow {
    pub(super) number: i64,
    pub(super) room: Room,
    pub(super) genesis: Tag,
    pub(super) genesis_key: PublicKey,
    pub(super) owner_counter: u64,
}

pub(super) fn create(db: &mut Db<'_>, founding: Founding) -> Result<Creation, StoreError> {
    match standing(db, founding.room)? {
        Standing::Here(_) => return Ok(Creation::Exists),
        Standing::Gone(tombstone) => return Ok(Creation::Gone(tombstone)),
        Standing::Unknown => {}
    }
    let rooms: i64 = db
        .sql
        .prepare_cached("SELECT (SELECT count(*) FROM room) + (SELECT count(*) FROM tombstone)")?
        .query_row([], |row| row.get(0))?;
    if usize::try_from(rooms).is_ok_and(|rooms| rooms >= founding.max_rooms) {
        return Ok(Creation::Full);
    }
    let insert = "
        INSERT INTO room (room_id, deed, seat, state, genesis, genesis_key, head, head_seq, head_key, locked_at, last_seq,
                          floor, owner_counter, messages, message_bytes, idle_ttl, active_hour, created_hour)
        VALUES (:room_id, :deed, :seat, 0, :genesis, :key, :genesis, 0, :key, 0, 0, 0, 0, 0, 0, :idle_ttl, :active_hour,
                :created_hour)";
    db.sql.prepare_cached(insert)?.execute(named_params! {
        ":room_id": founding.room.0,
        ":deed": founding.deed.as_bytes(),
        ":seat": founding.seat.0,
        ":genesis": founding.genesis.0,
        ":key": founding.key.0,
        ":idle_ttl": idle_ttl(&founding.deed),
        ":active_hour": to_sql(hour_after(founding.now)),
        ":created_hour": to_sql(hour_of(founding.now)),
    })?;
    let number = db.sql.last_insert_rowid();
    let wrapped = db.keys.found(founding.room);
    db.sql.prepare_cached("INSERT INTO room_key (room, wrapped) VALUES (?1, ?2)")?.execute(params![number, wrapped])?;
    register(db, number, founding.key, 0)?;
    entry::insert_group_info(db, founding.room, number, 0, founding.genesis, true, &founding.group_info)?;
    place::insert(db, founding.room, number, 0, &founding.place)?;
    Ok(Creation::Created)
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
        SELECT number, deed, state, head, head_seq, head_key, locked_at, last_seq, floor, owner_statement, owner_sig, seat,
               genesis, genesis_key, owner_counter, pushed_out, messages, message_bytes
        FROM room WHERE room_id = ?1";
    let mut statement = db.sql.prepare_cached(select)?;
    let mut rows = statement.query([room.0])?;
    rows.next()?.map(room_row).transpose()
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

pub(super) fn owner(
    db: &mut Db<'_>,
    id: RoomId,
    counter: u64,
    change: Change,
    signed: SignedStatement,
) -> Result<Ordered, StoreError> {
    let Some(mut row) = find(db, id)? else { return Ok(Ordered::Missing) };
    if let Change::Head { commit: Some(commit), .. } = &change {
        if let Some((seq, tag)) = entry::known(db, row.number, commit.cid)? {
            return Ok(Ordered::Duplicate { seq, tag });
        }
        // Under whatever name it comes again: a commit is in the log once.
        if let Some(seq) = entry::find_commit(db, row.number, commit.tag)? {
            return Ok(Ordered::Duplicate { seq, tag: Some(commit.tag) });
        }
    }
    if counter <= row.owner_counter {
        return Ok(Ordered::Old);
    }
    let commit = match change {
        Change::Policy(deed) => {
            row.room.deed = deed;
            None
        }
        Change::Head { head, .. } if head != row.room.head => {
            return Ok(Ordered::Stale { head: row.room.head, seq: row.room.head_seq });
        }
        Change::Head { state, base, commit, .. } => {
            let Some((seq, key)) = find_commit(db, &row, base)? else { return Ok(Ordered::NoSuchEntry) };
            (row.room.head, row.room.head_seq, row.room.head_key) = (base, seq, key);
            row.room.set_state(state);
            commit
        }
    };
    let size = commit.as_ref().map_or(0, |new| new.blob.len().saturating_add(new.place.len()));
    if commit.as_ref().is_some_and(|new| !new.quota.takes(size)) {
        return Ok(Ordered::Full);
    }
    let room = &row.room;
    let update = "
        UPDATE room SET state = :state, head = :head, head_seq = :head_seq, head_key = :head_key, locked_at = :locked_at,
               deed = :deed, idle_ttl = :idle_ttl, owner_counter = :counter, owner_statement = :statement, owner_sig = :sig
        WHERE number = :number";
    db.sql.prepare_cached(update)?.execute(named_params! {
        ":state": room.state.number(),
        ":head": room.head.0,
        ":head_seq": to_sql(room.head_seq),
        ":head_key": room.head_key.0,
        ":locked_at": to_sql(room.locked_at),
        ":deed": room.deed.as_bytes(),
        ":idle_ttl": idle_ttl(&room.deed),
        ":counter": to_sql(counter),
        ":statement": signed.statement,
        ":sig": signed.sig.0,
        ":number": row.number,
    })?;
    db.notices.push((id, OwnedNotice::Changed { state: room.state, head: room.head, head_key: room.head_key }));
    let Some(new) = commit else { return Ok(Ordered::Done(None)) };
    match entry::store_commit(db, id, &row, *new)? {
        Append::Stored { seq, .. } => Ok(Ordered::Done(Some(seq))),
        Append::Duplicate { .. } | Append::Stale { .. } | Append::Locked | Append::Full | Append::Missing => {
            Err(StoreError::Damaged("a commit that was checked was not stored"))
        }
    }
}

/// The number of a commit that is stored, and the key that it registered.
fn find_commit(db: &Db<'_>, row: &RoomRow, tag: Tag) -> Result<Option<(u64, PublicKey)>, StoreError> {
    if tag == row.genesis {
        return Ok(Some((0, row.genesis_key)));
    }
    if tag == row.room.head {
        return Ok(Some((row.room.head_seq, row.room.head_key)));
    }
    let select = "SELECT seq, key FROM entry WHERE room = ?1 AND tag = ?2 AND key IS NOT NULL";
    let found = db
        .sql
        .prepare_cached(select)?
        .query_row(params![row.number, tag.0], |found| Ok((from_sql(found.get(0)?), PublicKey(found.get(1)?))));
    Ok(found.optional()?)
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

/// Removes what has expired. The commit at the head stays: without its key nobody could come in any more.
pub(super) fn expire(db: &mut Db<'_>, now: u64, settled: u64) -> Result<Expiry, StoreError> {
    db.sql.prepare_cached("DELETE FROM tombstone WHERE until <= ?1")?.execute([to_sql(settled)])?;
    let select = "
        SELECT room.room_id, entry.seq FROM entry JOIN room ON room.number = entry.room
        WHERE entry.expires <= ?1 AND (entry.tag IS NULL OR entry.expires <= ?3) AND entry.seq <> room.head_seq
        ORDER BY entry.expires LIMIT ?2";
    let due: Vec<([u8; 32], i64)> = db
        .sql
        .prepare_cached(select)?
        .query_map(params![to_sql(now), MOST_AT_ONCE, to_sql(settled)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (room, seq) in &due {
        entry::remove(db, RoomId(*room), from_sql(*seq))?;
    }
    let more_cids = entry::forget_cids(db, now, MOST_AT_ONCE)?;
    let select = "SELECT room_id FROM room WHERE active_hour + idle_ttl <= ?1 LIMIT ?2";
    let idle: Vec<[u8; 32]> = db
        .sql
        .prepare_cached(select)?
        .query_map(params![to_sql(settled), MOST_AT_ONCE], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for room in &idle {
        remove(db, RoomId(*room))?;
        db.notices.push((RoomId(*room), OwnedNotice::Gone(None)));
    }
    let many = |count: usize| i64::try_from(count).is_ok_and(|count| count >= MOST_AT_ONCE);
    Ok(Expiry {
        entries: u64::try_from(due.len()).unwrap_or(u64::MAX),
        rooms: u64::try_from(idle.len()).unwrap_or(u64::MAX),
        more: many(due.len()) || many(idle.len()) || more_cids,
    })
}

pub(super) fn remembered(db: &Db<'_>) -> Result<Option<Calendar>, StoreError> {
    let select = "SELECT settled, doubt FROM clock";
    let found = db.sql.prepare_cached(select)?.query_row([], |row| {
        Ok(Calendar { settled: from_sql(row.get(0)?), doubt: row.get::<_, Option<i64>>(1)?.map(from_sql) })
    });
    Ok(found.optional()?)
}

pub(super) fn remember(db: &Db<'_>, calendar: Calendar) -> Result<(), StoreError> {
    let insert = "INSERT OR REPLACE INTO clock (only, settled, doubt) VALUES (1, ?1, ?2)";
    let Calendar { settled, doubt } = calendar;
    db.sql.prepare_cached(insert)?.execute(params![to_sql(settled), doubt.map(to_sql)])?;
    Ok(())
}

/// The room's key goes first: if anything after it fails, what is left opens no more.
fn remove(db: &mut Db<'_>, room: RoomId) -> Result<bool, StoreError> {
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
    let room = Room {
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

fn idle_ttl(deed: &Deed) -> i64 {
    to_sql(u64::from(deed.policy().idle_ttl).min(limits::RETENTION.as_secs()))
}

const MOST_AT_ONCE: i64 = 500;
