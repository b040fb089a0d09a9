//! What goes: what has expired, and the oldest of a kind where there is no space for one more.

use conclave_proto::id::RoomId;
use rusqlite::{OptionalExtension as _, params};

use super::{
    db::Db,
    entry,
    error::StoreError,
    number::{from_sql, to_sql},
    room, share,
};
use crate::log::{
    Expiry, Quota,
    bounds::{Lack, Share},
    subscribers::OwnedNotice,
};

/// Lets the oldest of a kind go until one more fits. Of a commit the envelope goes first: whoever stands on it can
/// prove its key still. `head_seq` is the commit that stays.
pub(super) fn make_room(
    db: &mut Db<'_>,
    id: RoomId,
    (number, head_seq): (i64, u64),
    share: Share,
    size: usize,
    quota: Quota,
) -> Result<(), StoreError> {
    while let Some(lack) = share::usage(db, number, share)?.lacks(size, quota) {
        let by_envelopes = share == Share::Commits && lack == Lack::Bytes;
        let emptied = by_envelopes && empty_oldest_commit(db, number, head_seq)?;
        if !emptied && !forget_oldest(db, id, number, head_seq, share)? {
            return Ok(());
        }
    }
    Ok(())
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
        room::remove(db, RoomId(*room))?;
        db.notices.push((RoomId(*room), OwnedNotice::Gone(None)));
    }
    let many = |count: usize| i64::try_from(count).is_ok_and(|count| count >= MOST_AT_ONCE);
    Ok(Expiry {
        entries: u64::try_from(due.len()).unwrap_or(u64::MAX),
        rooms: u64::try_from(idle.len()).unwrap_or(u64::MAX),
        more: many(due.len()) || many(idle.len()) || more_cids,
    })
}

/// Drops the envelope of the oldest commit that has one, unless it is the head. `false` if there is none.
fn empty_oldest_commit(db: &mut Db<'_>, number: i64, head_seq: u64) -> Result<bool, StoreError> {
    // Those up to the floor have none any more.
    let select = "
        SELECT seq, size FROM entry
        WHERE room = ?1 AND tag IS NOT NULL AND seq > (SELECT floor FROM room WHERE number = ?1) AND seq <> ?2
        ORDER BY seq LIMIT 1";
    let found = db
        .sql
        .prepare_cached(select)?
        .query_row(params![number, to_sql(head_seq)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    let Some((seq, size)) = found.optional()? else { return Ok(false) };
    let update = "UPDATE entry SET blob = x'', size = 0 WHERE room = ?1 AND seq = ?2";
    db.sql.prepare_cached(update)?.execute([number, seq])?;
    db.sql.prepare_cached("UPDATE room SET floor = ?2 WHERE number = ?1")?.execute([number, seq])?;
    share::count(db, number, Share::Commits, 0, size.saturating_neg())?;
    db.destroyed = true;
    Ok(true)
}

/// Forgets the oldest write of a kind, with the entry if it is still there, but never the head. `false` if there is
/// none.
fn forget_oldest(db: &mut Db<'_>, id: RoomId, number: i64, head_seq: u64, share: Share) -> Result<bool, StoreError> {
    let select = match share {
        Share::Messages => {
            "SELECT seq, cid FROM cid WHERE room = ?1 AND tag IS NULL AND seq <> ?2 ORDER BY seq LIMIT 1"
        }
        Share::Commits => {
            "SELECT seq, cid FROM cid WHERE room = ?1 AND tag IS NOT NULL AND seq <> ?2 ORDER BY seq LIMIT 1"
        }
    };
    let found = db
        .sql
        .prepare_cached(select)?
        .query_row(params![number, to_sql(head_seq)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 16]>(1)?)));
    let Some((seq, cid)) = found.optional()? else { return Ok(false) };
    if entry::remove(db, id, from_sql(seq))? && share == Share::Messages {
        db.sql.prepare_cached("UPDATE room SET pushed_out = ?2 WHERE number = ?1")?.execute([number, seq])?;
    }
    db.sql.prepare_cached("DELETE FROM cid WHERE room = ?1 AND cid = ?2")?.execute(params![number, cid])?;
    share::count(db, number, share, 0, to_sql(Quota::CID).saturating_neg())?;
    Ok(true)
}

const MOST_AT_ONCE: i64 = 500;
