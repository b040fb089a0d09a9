//! The tables `entry`, `cid` and `group_info`.

use bytes::Bytes;
use conclave_proto::id::{Cid, DelHash, Lane, PublicKey, RoomId, RoomState, Tag};
use conclave_seal::secret::Secret;
use rusqlite::{OptionalExtension as _, named_params, params};

use super::{
    db::Db,
    error::StoreError,
    key::{self, row_name},
    number::{from_sql, to_sql},
    place::{self, PLACE},
    room::{self, RoomRow},
    share,
};
use crate::log::{
    Append, Deletion, NewCommit, NewEntry, Page, Quota, Range, StoredEntry, StoredGroupInfo,
    bounds::{GroupInfoSize, Share, group_infos_to_drop},
    retention::{cid_until, hour_after},
    subscribers::OwnedNotice,
};

pub(super) fn append(db: &mut Db<'_>, id: RoomId, new: NewEntry) -> Result<Append, StoreError> {
    let Some(row) = room::find(db, id)?.filter(|row| row.room.seat == new.seat) else { return Ok(Append::Missing) };
    if let Some(refusal) = refuse(db, &row, new.cid, new.head, Some(new.author), new.blob.len(), new.quota)? {
        return Ok(refusal);
    }
    let head = (row.number, row.room.head_seq);
    share::make_room(db, id, head, Share::Messages, new.blob.len(), new.quota)?;
    let seq = row.room.last_seq.saturating_add(1);
    let entry = StoredEntry { seq, lane: Lane::Application, blob: new.blob, key: None, tag: None, place: None };
    store(db, id, &row, entry, new.cid, new.del_hash, new.expires, new.now)
}

pub(super) fn commit(db: &mut Db<'_>, id: RoomId, new: NewCommit) -> Result<Append, StoreError> {
    let Some(row) = room::find(db, id)?.filter(|row| row.room.seat == new.seat) else { return Ok(Append::Missing) };
    let size = new.blob.len().saturating_add(new.place.len());
    let author = if new.owner { Some(row.room.head_key) } else { new.author };
    let refusal = refuse(db, &row, new.cid, new.head, author, size, new.quota)?;
    // Under whatever name it comes again: a commit is in the log once.
    match (find_commit(db, row.number, new.tag)?, refusal) {
        (_, Some(known @ Append::Duplicate { .. })) => Ok(known),
        (Some(seq), _) => Ok(Append::Duplicate { seq, tag: Some(new.tag) }),
        (None, Some(refusal)) => Ok(refusal),
        (None, None) => store_commit(db, id, &row, new),
    }
}

/// The number of a commit that is known, or that is forgotten but for its GroupInfo: of those no two have the same tag, either.
pub(super) fn find_commit(db: &Db<'_>, number: i64, tag: Tag) -> Result<Option<u64>, StoreError> {
    // By itself SQLite would take the primary key and walk over every cid of the room.
    let select = "
        SELECT seq FROM cid INDEXED BY cid_tags WHERE room = ?1 AND tag = ?2
        UNION ALL SELECT seq FROM group_info WHERE room = ?1 AND tag = ?2 LIMIT 1";
    let found = db.sql.prepare_cached(select)?.query_row(params![number, tag.0], |row| row.get(0)).optional()?;
    Ok(found.map(from_sql))
}

pub(super) fn store_commit(db: &mut Db<'_>, id: RoomId, row: &RoomRow, new: NewCommit) -> Result<Append, StoreError> {
    let size = new.blob.len().saturating_add(new.place.len());
    share::make_room(db, id, (row.number, row.room.head_seq), Share::Commits, size, new.quota)?;
    let seq = row.room.last_seq.saturating_add(1);
    room::register(db, row.number, new.key, seq)?;
    insert_group_info(db, id, row.number, seq, new.tag, new.author.is_some() || new.owner, &new.group_info)?;
    let update = "UPDATE room SET head = ?2, head_seq = ?3, head_key = ?4 WHERE number = ?1";
    db.sql.prepare_cached(update)?.execute(params![row.number, new.tag.0, to_sql(seq), new.key.0])?;
    place::insert(db, id, row.number, seq, &new.place)?;
    let (key, tag) = (Some(new.key), Some(new.tag));
    let entry = StoredEntry { seq, lane: new.lane, blob: new.blob, key, tag, place: Some(new.place) };
    let stored = store(db, id, row, entry, new.cid, None, new.expires, new.now)?;
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
    if let Some((seq, tag)) = known(db, row.number, cid)? {
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

/// The number and the tag of what was stored under a `cid`.
pub(super) fn known(db: &Db<'_>, number: i64, cid: Cid) -> Result<Option<(u64, Option<Tag>)>, StoreError> {
    let select = "SELECT seq, tag FROM cid WHERE room = ?1 AND cid = ?2";
    let known = db.sql.prepare_cached(select)?.query_row(params![number, cid.0], |found| {
        Ok((from_sql(found.get(0)?), found.get::<_, Option<[u8; 16]>>(1)?.map(Tag)))
    });
    Ok(known.optional()?)
}

#[expect(clippy::too_many_arguments, reason = "a row's columns")]
fn store(
    db: &mut Db<'_>,
    id: RoomId,
    row: &RoomRow,
    entry: StoredEntry,
    cid: Cid,
    del_hash: Option<DelHash>,
    expires: u64,
    now: u64,
) -> Result<Append, StoreError> {
    let (seq, size) = (entry.seq, to_sql(u64::try_from(entry.blob.len()).unwrap_or(u64::MAX)));
    let key = room_key(db, id)?;
    let sealed = db.keys.seal(&key, id, &row_name(ENTRY, seq), &entry.blob);
    let insert = "
        INSERT INTO entry (room, seq, lane, key, tag, del_hash, expires, size, blob)
        VALUES (:room, :seq, :lane, :key, :tag, :del_hash, :expires, :size, :blob)";
    db.sql.prepare_cached(insert)?.execute(named_params! {
        ":room": row.number,
        ":seq": to_sql(seq),
        ":lane": entry.lane.number(),
        ":key": entry.key.map(|key| key.0),
        ":tag": entry.tag.map(|tag| tag.0),
        ":del_hash": del_hash.map(|hash| hash.0),
        ":expires": to_sql(expires),
        ":size": size,
        ":blob": sealed,
    })?;
    let insert = "INSERT INTO cid (room, cid, seq, tag, until) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (tag, until) = (entry.tag.map(|tag| tag.0), to_sql(cid_until(now, expires)));
    db.sql.prepare_cached(insert)?.execute(params![row.number, cid.0, to_sql(seq), tag, until])?;
    let update = "UPDATE room SET last_seq = ?2, active_hour = max(active_hour, ?3) WHERE number = ?1";
    db.sql.prepare_cached(update)?.execute(params![row.number, to_sql(seq), to_sql(hour_after(now))])?;
    let share = if entry.tag.is_some() { Share::Commits } else { Share::Messages };
    share::count(db, row.number, share, 1, size.saturating_add(to_sql(Quota::CID)))?;
    db.notices.push((id, OwnedNotice::Entry { entry, prev: row.room.last_seq }));
    Ok(Append::Stored { seq, messages: share::usage(db, row.number, Share::Messages)? })
}

pub(super) fn read(db: &Db<'_>, id: RoomId, range: Range) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let Some(number) = room_number(db, id)? else { return Ok(page) };
    let key = room_key(db, id)?;
    // Floor and entries as they were at one moment: a commit in between can raise the one and empty the others.
    let moment = db.sql.unchecked_transaction()?;
    let select = "SELECT floor FROM room WHERE number = ?1";
    let floor: Option<i64> = moment.prepare_cached(select)?.query_row([number], |row| row.get(0)).optional()?;
    page.floor = floor.map_or(0, from_sql);
    let select = if range.commits_only { SELECT_COMMITS } else { SELECT_ENTRIES };
    let mut statement = moment.prepare_cached(select)?;
    let (after, until) = (to_sql(range.after), to_sql(range.until));
    let mut rows = statement.query(params![number, after, until, floor])?;
    let mut bytes = 0_usize;
    while let Some(row) = rows.next()? {
        let size = usize::try_from(row.get::<_, i64>(4)?).unwrap_or(usize::MAX);
        let place = row.get_ref(6)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
        bytes = bytes.saturating_add(size);
        if !page.entries.is_empty() && (page.entries.len() >= range.max_n || bytes > range.max_bytes) {
            page.more = true;
            break;
        }
        let seq = from_sql(row.get(0)?);
        page.entries.push(StoredEntry {
            seq,
            lane: Lane::from_number(row.get(1)?).ok_or(StoreError::Damaged("an entry has an unknown lane"))?,
            key: row.get::<_, Option<[u8; 32]>>(2)?.map(PublicKey),
            tag: row.get::<_, Option<[u8; 16]>>(3)?.map(Tag),
            blob: opened(&key, id, ENTRY, seq, row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?)?,
            place: place.map(|sealed| opened(&key, id, PLACE, seq, sealed)).transpose()?,
        });
    }
    Ok(page)
}

pub(super) fn first_commit_after(db: &Db<'_>, id: RoomId, seq: u64) -> Result<Option<u64>, StoreError> {
    let select = "
        SELECT seq FROM entry
        WHERE room = (SELECT number FROM room WHERE room_id = ?1) AND tag IS NOT NULL AND seq > ?2 ORDER BY seq LIMIT 1";
    let found = db.sql.prepare_cached(select)?.query_row(params![id.0, to_sql(seq)], |row| row.get(0)).optional()?;
    Ok(found.map(from_sql))
}

pub(super) fn group_info(db: &Db<'_>, id: RoomId, before: Option<Tag>) -> Result<Option<StoredGroupInfo>, StoreError> {
    let Some(number) = room_number(db, id)? else { return Ok(None) };
    let below = match before {
        None => i64::MAX,
        Some(tag) => {
            let select = "SELECT seq FROM group_info WHERE room = ?1 AND tag = ?2";
            let found =
                db.sql.prepare_cached(select)?.query_row(params![number, tag.0], |row| row.get(0)).optional()?;
            let Some(seq) = found else { return Ok(None) };
            seq
        }
    };
    let select = "SELECT seq, tag, blob FROM group_info WHERE room = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1";
    let found = db.sql.prepare_cached(select)?.query_row(params![number, below], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?, row.get::<_, Vec<u8>>(2)?))
    });
    let Some((seq, tag, sealed)) = found.optional()? else { return Ok(None) };
    let seq = from_sql(seq);
    let key = room_key(db, id)?;
    let blob = opened(&key, id, GROUP_INFO, seq, &sealed)?;
    let place = place::find(db, number, seq)?.map(|sealed| opened(&key, id, PLACE, seq, &sealed)).transpose()?;
    Ok(Some(StoredGroupInfo { tag: Tag(tag), seq, blob, place }))
}

/// Keeps the newest ones, and always the newest one that a member uploaded: a joiner's may be garbage.
pub(super) fn insert_group_info(
    db: &Db<'_>,
    id: RoomId,
    number: i64,
    seq: u64,
    tag: Tag,
    by_member: bool,
    blob: &[u8],
) -> Result<(), StoreError> {
    let key = room_key(db, id)?;
    let sealed = db.keys.seal(&key, id, &row_name(GROUP_INFO, seq), blob);
    let insert = "INSERT INTO group_info (room, seq, tag, by_member, blob) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.sql.prepare_cached(insert)?.execute(params![number, to_sql(seq), tag.0, by_member, sealed])?;
    prune_group_infos(db, number)
}

fn prune_group_infos(db: &Db<'_>, number: i64) -> Result<(), StoreError> {
    let select = "SELECT seq, length(blob), by_member FROM group_info WHERE room = ?1 ORDER BY seq";
    let kept: Vec<GroupInfoSize> = db
        .sql
        .prepare_cached(select)?
        .query_map([number], |row| {
            let size = usize::try_from(row.get::<_, i64>(1)?).unwrap_or(usize::MAX);
            Ok(GroupInfoSize { seq: from_sql(row.get(0)?), size, by_member: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    for seq in group_infos_to_drop(&kept) {
        let delete = "DELETE FROM group_info WHERE room = ?1 AND seq = ?2";
        db.sql.prepare_cached(delete)?.execute(params![number, to_sql(seq)])?;
    }
    Ok(())
}

pub(super) fn delete(db: &mut Db<'_>, id: RoomId, seq: u64, hash: DelHash) -> Result<Deletion, StoreError> {
    let Some(row) = room::find(db, id)? else { return Ok(Deletion::NoSuchEntry) };
    let select = "SELECT del_hash FROM entry WHERE room = ?1 AND seq = ?2";
    let found: Option<Option<[u8; 32]>> =
        db.sql.prepare_cached(select)?.query_row(params![row.number, to_sql(seq)], |row| row.get(0)).optional()?;
    match found {
        Some(Some(expected)) if expected == hash.0 => {
            remove(db, id, seq)?;
            Ok(Deletion::Deleted)
        }
        Some(_) => Ok(Deletion::BadToken),
        None if seq != 0 && seq <= row.room.last_seq => Ok(Deletion::Deleted),
        None => Ok(Deletion::NoSuchEntry),
    }
}

/// Removes an entry and, with a commit, the key that it registered; cursors before it cannot go on. `false` if it is not there.
pub(super) fn remove(db: &mut Db<'_>, id: RoomId, seq: u64) -> Result<bool, StoreError> {
    let Some(number) = room_number(db, id)? else { return Ok(false) };
    let delete = "DELETE FROM entry WHERE room = ?1 AND seq = ?2 RETURNING size, key";
    let removed = db
        .sql
        .prepare_cached(delete)?
        .query_row(params![number, to_sql(seq)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<[u8; 32]>>(1)?)));
    let Some((size, key)) = removed.optional()? else { return Ok(false) };
    let share = if key.is_some() { Share::Commits } else { Share::Messages };
    share::count(db, number, share, -1, size.saturating_neg())?;
    if let Some(key) = key {
        let delete = "DELETE FROM member_key WHERE room = ?1 AND key = ?2 AND seq = ?3";
        db.sql.prepare_cached(delete)?.execute(params![number, key, to_sql(seq)])?;
        let update = "UPDATE room SET floor = max(floor, ?2) WHERE number = ?1";
        db.sql.prepare_cached(update)?.execute(params![number, to_sql(seq)])?;
        place::prune(db, number)?;
    }
    db.destroyed = true;
    Ok(true)
}

/// Forgets the cids of messages that are due, but for those whose entry is still there. True if there may be more.
pub(super) fn forget_cids(db: &Db<'_>, now: u64, most: i64) -> Result<bool, StoreError> {
    let delete = "
        DELETE FROM cid WHERE (room, cid) IN (
            SELECT room, cid FROM cid
            WHERE until <= ?1 AND tag IS NULL
              AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.room = cid.room AND entry.seq = cid.seq)
            ORDER BY until LIMIT ?2)
        RETURNING room";
    let rooms: Vec<i64> = db
        .sql
        .prepare_cached(delete)?
        .query_map(params![to_sql(now), most], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for room in &rooms {
        share::count(db, *room, Share::Messages, 0, to_sql(Quota::CID).saturating_neg())?;
    }
    Ok(i64::try_from(rooms.len()).is_ok_and(|count| count >= most))
}

fn room_number(db: &Db<'_>, id: RoomId) -> Result<Option<i64>, StoreError> {
    let select = "SELECT number FROM room WHERE room_id = ?1";
    Ok(db.sql.prepare_cached(select)?.query_row([id.0], |row| row.get(0)).optional()?)
}

pub(super) fn room_key(db: &Db<'_>, id: RoomId) -> Result<std::sync::Arc<Secret<key::Room>>, StoreError> {
    db.keys.room(id, || {
        let select = "SELECT wrapped FROM room_key WHERE room = (SELECT number FROM room WHERE room_id = ?1)";
        Ok(db.sql.prepare_cached(select)?.query_row([id.0], |row| row.get(0))?)
    })
}

fn opened(key: &Secret<key::Room>, id: RoomId, table: u8, seq: u64, sealed: &[u8]) -> Result<Bytes, StoreError> {
    // What is inside is the members' ciphertext: it needs no wiping.
    Ok(Bytes::copy_from_slice(&key::open(key, id, &row_name(table, seq), sealed)?))
}

const SELECT_ENTRIES: &str = "
    SELECT entry.seq, lane, key, tag, entry.size + coalesce(place.size, 0), entry.blob, place.blob
    FROM entry LEFT JOIN place ON tag IS NOT NULL AND place.room = entry.room AND place.seq = entry.seq
    WHERE entry.room = ?1 AND entry.seq > ?2 AND entry.seq <= ?3 AND (tag IS NULL OR entry.seq > ?4) ORDER BY entry.seq";
const SELECT_COMMITS: &str = "
    SELECT entry.seq, lane, key, tag, entry.size + coalesce(place.size, 0), entry.blob, place.blob
    FROM entry LEFT JOIN place ON place.room = entry.room AND place.seq = entry.seq
    WHERE entry.room = ?1 AND entry.seq > max(?2, ?4) AND entry.seq <= ?3 AND tag IS NOT NULL ORDER BY entry.seq";
const ENTRY: u8 = b'e';
const GROUP_INFO: u8 = b'g';
