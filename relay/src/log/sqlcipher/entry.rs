//! The tables `entry` and `cid`.

use conclave_proto::id::{Cid, DelHash, Lane, PublicKey, RoomId, Tag};
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
    Append, Page, Quota, Range, StoredEntry,
    bounds::Share,
    retention::{cid_until, hour_after, keeps_room},
    subscribers::OwnedNotice,
};

/// The number of a commit that is known, or that is forgotten but for its GroupInfo: of those no two have the same tag,
/// either.
pub(super) fn find_commit(db: &Db<'_>, number: i64, tag: Tag) -> Result<Option<u64>, StoreError> {
    // By itself SQLite would take the primary key and walk over every cid of the room.
    let select = "
        SELECT seq FROM cid INDEXED BY cid_tags WHERE room = ?1 AND tag = ?2
        UNION ALL SELECT seq FROM group_info WHERE room = ?1 AND tag = ?2 LIMIT 1";
    let found = db.sql.prepare_cached(select)?.query_row(params![number, tag.0], |row| row.get(0)).optional()?;
    Ok(found.map(from_sql))
}

/// The number and the tag of what was stored under a `cid`.
pub(super) fn known(db: &Db<'_>, number: i64, cid: Cid) -> Result<Option<(u64, Option<Tag>)>, StoreError> {
    let select = "SELECT seq, tag FROM cid WHERE room = ?1 AND cid = ?2";
    let known = db.sql.prepare_cached(select)?.query_row(params![number, cid.0], |found| {
        Ok((from_sql(found.get(0)?), found.get::<_, Option<[u8; 16]>>(1)?.map(Tag)))
    });
    Ok(known.optional()?)
}

/// Stores an entry, its cid and the count of both.
#[expect(clippy::too_many_arguments, reason = "a row's columns")]
pub(super) fn insert(
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
    let key = room::key(db, id)?;
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
    let active_hour = if keeps_room(entry.lane) { hour_after(now) } else { 0 };
    db.sql.prepare_cached(update)?.execute(params![row.number, to_sql(seq), to_sql(active_hour)])?;
    let share = if entry.tag.is_some() { Share::Commits } else { Share::Messages };
    share::count(db, row.number, share, 1, size.saturating_add(to_sql(Quota::CID)))?;
    db.notices.push((id, OwnedNotice::Entry { entry, prev: row.room.last_seq }));
    Ok(Append::Stored { seq, messages: share::usage(db, row.number, Share::Messages)? })
}

pub(super) fn read(db: &Db<'_>, id: RoomId, range: Range) -> Result<Page, StoreError> {
    let mut page = Page::default();
    let Some(number) = room::number(db, id)? else { return Ok(page) };
    let room_key = room::key(db, id)?;
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
            blob: key::open(
                &room_key,
                id,
                &row_name(ENTRY, seq),
                row.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?,
            )?,
            place: place.map(|sealed| key::open(&room_key, id, &row_name(PLACE, seq), sealed)).transpose()?,
        });
    }
    Ok(page)
}

pub(super) fn first_commit_after(db: &Db<'_>, id: RoomId, seq: u64) -> Result<Option<u64>, StoreError> {
    let select = "
        SELECT seq FROM entry
        WHERE room = (SELECT number FROM room WHERE room_id = ?1) AND tag IS NOT NULL AND seq > ?2
        ORDER BY seq LIMIT 1";
    let found = db.sql.prepare_cached(select)?.query_row(params![id.0, to_sql(seq)], |row| row.get(0)).optional()?;
    Ok(found.map(from_sql))
}

/// Removes an entry and, with a commit, the key that it registered; cursors before it cannot go on. `false` if it is
/// not there.
pub(super) fn remove(db: &mut Db<'_>, id: RoomId, seq: u64) -> Result<bool, StoreError> {
    let Some(number) = room::number(db, id)? else { return Ok(false) };
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

const SELECT_ENTRIES: &str = "
    SELECT entry.seq, lane, key, tag, entry.size + coalesce(place.size, 0), entry.blob, place.blob
    FROM entry LEFT JOIN place ON tag IS NOT NULL AND place.room = entry.room AND place.seq = entry.seq
    WHERE entry.room = ?1 AND entry.seq > ?2 AND entry.seq <= ?3 AND (tag IS NULL OR entry.seq > ?4)
    ORDER BY entry.seq";
const SELECT_COMMITS: &str = "
    SELECT entry.seq, lane, key, tag, entry.size + coalesce(place.size, 0), entry.blob, place.blob
    FROM entry LEFT JOIN place ON place.room = entry.room AND place.seq = entry.seq
    WHERE entry.room = ?1 AND entry.seq > max(?2, ?4) AND entry.seq <= ?3 AND tag IS NOT NULL ORDER BY entry.seq";
/// The table's initial in the name of a sealed row.
const ENTRY: u8 = b'e';
