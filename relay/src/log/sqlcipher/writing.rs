//! What clients write: rooms, messages, commits, the owner's orders, deletions. Each is one transaction over several
//! tables.

use conclave_proto::{
    Lane,
    id::{Cid, DelHash, PublicKey, RoomId, RoomState, Tag},
    owner::SignedStatement,
};
use rusqlite::{OptionalExtension as _, named_params, params};

use super::{
    db::Db,
    entry,
    error::StoreError,
    expiry, group_info,
    number::{from_sql, to_sql},
    place,
    room::{self, RoomRow},
};
use crate::log::{
    Append, Creation, Deletion, Founding, NewCommit, NewEntry, Ordered, OwnerChange, Quota, Standing, StoredEntry,
    bounds::Share,
    retention::{hour_after, hour_of},
    subscribers::OwnedNotice,
};

pub(super) fn create(db: &mut Db<'_>, founding: Founding) -> Result<Creation, StoreError> {
    match room::standing(db, founding.room)? {
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
        INSERT INTO room (room_id, deed, seat, state, genesis, genesis_key, head, head_seq, head_key, locked_at,
                          last_seq, floor, owner_counter, messages, message_bytes, idle_ttl, active_hour, created_hour)
        VALUES (:room_id, :deed, :seat, 0, :genesis, :key, :genesis, 0, :key, 0, 0, 0, 0, 0, 0, :idle_ttl, :active_hour,
                :created_hour)";
    db.sql.prepare_cached(insert)?.execute(named_params! {
        ":room_id": founding.room.0,
        ":deed": founding.deed.as_bytes(),
        ":seat": founding.seat.0,
        ":genesis": founding.genesis.0,
        ":key": founding.key.0,
        ":idle_ttl": room::idle_ttl(&founding.deed),
        ":active_hour": to_sql(hour_after(founding.now)),
        ":created_hour": to_sql(hour_of(founding.now)),
    })?;
    let number = db.sql.last_insert_rowid();
    let wrapped = db.keys.found(founding.room);
    db.sql.prepare_cached("INSERT INTO room_key (room, wrapped) VALUES (?1, ?2)")?.execute(params![number, wrapped])?;
    room::register(db, number, founding.key, 0)?;
    group_info::insert(db, founding.room, number, 0, founding.genesis, true, &founding.group_info)?;
    place::insert(db, founding.room, number, 0, &founding.place)?;
    Ok(Creation::Created)
}

pub(super) fn append(db: &mut Db<'_>, id: RoomId, new: NewEntry) -> Result<Append, StoreError> {
    let Some(row) = room::find(db, id)?.filter(|row| row.room.seat == new.seat) else { return Ok(Append::Missing) };
    if let Some(refusal) = refuse(db, &row, new.cid, new.head, Some(new.author), new.blob.len(), new.quota)? {
        return Ok(refusal);
    }
    let head = (row.number, row.room.head_seq);
    expiry::make_room(db, id, head, Share::Messages, new.blob.len(), new.quota)?;
    let seq = row.room.last_seq.saturating_add(1);
    let entry = StoredEntry { seq, lane: Lane::Application, blob: new.blob, key: None, tag: None, place: None };
    entry::insert(db, id, &row, entry, new.cid, new.del_hash, new.expires, new.now)
}

pub(super) fn commit(db: &mut Db<'_>, id: RoomId, new: NewCommit) -> Result<Append, StoreError> {
    let Some(row) = room::find(db, id)?.filter(|row| row.room.seat == new.seat) else { return Ok(Append::Missing) };
    let size = new.blob.len().saturating_add(new.place.len());
    let author = if new.owner { Some(row.room.head_key) } else { new.author };
    let refusal = refuse(db, &row, new.cid, new.head, author, size, new.quota)?;
    // Under whatever name it comes again: a commit is in the log once.
    match (entry::find_commit(db, row.number, new.tag)?, refusal) {
        (_, Some(known @ Append::Duplicate { .. })) => Ok(known),
        (Some(seq), _) => Ok(Append::Duplicate { seq, tag: Some(new.tag) }),
        (None, Some(refusal)) => Ok(refusal),
        (None, None) => store_commit(db, id, &row, new),
    }
}

pub(super) fn owner(
    db: &mut Db<'_>,
    id: RoomId,
    counter: u64,
    change: OwnerChange,
    signed: SignedStatement,
) -> Result<Ordered, StoreError> {
    let Some(mut row) = room::find(db, id)? else { return Ok(Ordered::Missing) };
    if let OwnerChange::Head { commit: Some(commit), .. } = &change {
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
        OwnerChange::Policy(deed) => {
            row.room.deed = deed;
            None
        }
        OwnerChange::Head { head, .. } if head != row.room.head => {
            return Ok(Ordered::Stale { head: row.room.head, seq: row.room.head_seq });
        }
        OwnerChange::Head { state, base, commit, .. } => {
            let Some((seq, key)) = key_of_commit(db, &row, base)? else { return Ok(Ordered::NoSuchEntry) };
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
        UPDATE room
        SET state = :state, head = :head, head_seq = :head_seq, head_key = :head_key, locked_at = :locked_at,
            deed = :deed, idle_ttl = :idle_ttl, owner_counter = :counter, owner_statement = :statement,
            owner_sig = :sig
        WHERE number = :number";
    db.sql.prepare_cached(update)?.execute(named_params! {
        ":state": room.state.number(),
        ":head": room.head.0,
        ":head_seq": to_sql(room.head_seq),
        ":head_key": room.head_key.0,
        ":locked_at": to_sql(room.locked_at),
        ":deed": room.deed.as_bytes(),
        ":idle_ttl": room::idle_ttl(&room.deed),
        ":counter": to_sql(counter),
        ":statement": signed.statement,
        ":sig": signed.sig.0,
        ":number": row.number,
    })?;
    db.notices.push((id, OwnedNotice::Changed { state: room.state, head: room.head, head_key: room.head_key }));
    let Some(new) = commit else { return Ok(Ordered::Done(None)) };
    match store_commit(db, id, &row, *new)? {
        Append::Stored { seq, .. } => Ok(Ordered::Done(Some(seq))),
        Append::Duplicate { .. } | Append::Stale { .. } | Append::Locked | Append::Full | Append::Missing => {
            Err(StoreError::Damaged("a commit that was checked was not stored"))
        }
    }
}

pub(super) fn delete(db: &mut Db<'_>, id: RoomId, seq: u64, hash: DelHash) -> Result<Deletion, StoreError> {
    let Some(row) = room::find(db, id)? else { return Ok(Deletion::NoSuchEntry) };
    let select = "SELECT del_hash FROM entry WHERE room = ?1 AND seq = ?2";
    let found: Option<Option<[u8; 32]>> =
        db.sql.prepare_cached(select)?.query_row(params![row.number, to_sql(seq)], |row| row.get(0)).optional()?;
    match found {
        Some(Some(expected)) if expected == hash.0 => {
            entry::remove(db, id, seq)?;
            Ok(Deletion::Deleted)
        }
        Some(_) => Ok(Deletion::BadToken),
        None if seq != 0 && seq <= row.room.last_seq => Ok(Deletion::Deleted),
        None => Ok(Deletion::NoSuchEntry),
    }
}

fn store_commit(db: &mut Db<'_>, id: RoomId, row: &RoomRow, new: NewCommit) -> Result<Append, StoreError> {
    let size = new.blob.len().saturating_add(new.place.len());
    expiry::make_room(db, id, (row.number, row.room.head_seq), Share::Commits, size, new.quota)?;
    let seq = row.room.last_seq.saturating_add(1);
    room::register(db, row.number, new.key, seq)?;
    group_info::insert(db, id, row.number, seq, new.tag, new.author.is_some() || new.owner, &new.group_info)?;
    let update = "UPDATE room SET head = ?2, head_seq = ?3, head_key = ?4 WHERE number = ?1";
    db.sql.prepare_cached(update)?.execute(params![row.number, new.tag.0, to_sql(seq), new.key.0])?;
    place::insert(db, id, row.number, seq, &new.place)?;
    let (key, tag) = (Some(new.key), Some(new.tag));
    let entry = StoredEntry { seq, lane: new.lane, blob: new.blob, key, tag, place: Some(new.place) };
    let stored = entry::insert(db, id, row, entry, new.cid, None, new.expires, new.now)?;
    place::prune(db, row.number)?;
    Ok(stored)
}

/// The checks before a write, `cid` first: a repeated request is answered as the first was, wherever the head is now.
fn refuse(
    db: &Db<'_>,
    row: &RoomRow,
    cid: Cid,
    head: Tag,
    author: Option<PublicKey>,
    size: usize,
    quota: Quota,
) -> Result<Option<Append>, StoreError> {
    if let Some((seq, tag)) = entry::known(db, row.number, cid)? {
        return Ok(Some(Append::Duplicate { seq, tag }));
    }
    if row.room.state == RoomState::Locked && author != Some(row.room.head_key) {
        return Ok(Some(Append::Locked));
    }
    if head != row.room.head {
        return Ok(Some(Append::Stale { head: row.room.head, seq: row.room.head_seq }));
    }
    Ok((!quota.takes(size)).then_some(Append::Full))
}

/// The number of a commit that is stored, and the key that it registered.
fn key_of_commit(db: &Db<'_>, row: &RoomRow, tag: Tag) -> Result<Option<(u64, PublicKey)>, StoreError> {
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
