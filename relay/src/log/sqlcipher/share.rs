//! What a room holds of messages and of commits, and letting the oldest go.

use conclave_proto::id::RoomId;
use rusqlite::{OptionalExtension as _, params};

use super::{
    db::Db,
    entry,
    error::StoreError,
    number::{from_sql, to_sql},
};
use crate::log::bounds::{Lack, Quota, Share, Usage};

/// Counts entries and bytes that came, or went where they are negative.
pub(super) fn count(db: &Db<'_>, number: i64, share: Share, entries: i64, bytes: i64) -> Result<(), StoreError> {
    let update = match share {
        Share::Messages => {
            "UPDATE room SET messages = messages + ?2, message_bytes = message_bytes + ?3 WHERE number = ?1"
        }
        Share::Commits => "UPDATE room SET commits = commits + ?2, commit_bytes = commit_bytes + ?3 WHERE number = ?1",
    };
    db.sql.prepare_cached(update)?.execute(params![number, entries, bytes])?;
    Ok(())
}

/// Lets the oldest of a kind go until one more fits. Of a commit the envelope goes first: whoever stands on it can prove its key
/// still. `head_seq` is the commit that stays.
pub(super) fn make_room(
    db: &mut Db<'_>,
    id: RoomId,
    (number, head_seq): (i64, u64),
    share: Share,
    size: usize,
    quota: Quota,
) -> Result<(), StoreError> {
    while let Some(lack) = usage(db, number, share)?.lacks(size, quota) {
        let by_envelopes = share == Share::Commits && lack == Lack::Bytes;
        let emptied = by_envelopes && empty_oldest_commit(db, number, head_seq)?;
        if !emptied && !forget_oldest(db, id, number, head_seq, share)? {
            return Ok(());
        }
    }
    Ok(())
}

pub(super) fn usage(db: &Db<'_>, number: i64, share: Share) -> Result<Usage, StoreError> {
    let select = match share {
        Share::Messages => "SELECT messages, message_bytes FROM room WHERE number = ?1",
        Share::Commits => "SELECT commits, commit_bytes FROM room WHERE number = ?1",
    };
    Ok(db
        .sql
        .prepare_cached(select)?
        .query_row([number], |row| Ok(Usage { entries: from_sql(row.get(0)?), bytes: from_sql(row.get(1)?) }))?)
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
    count(db, number, Share::Commits, 0, size.saturating_neg())?;
    db.destroyed = true;
    Ok(true)
}

/// Forgets the oldest write of a kind, with the entry if it is still there, but never the head. `false` if there is none.
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
    count(db, number, share, 0, to_sql(Quota::CID).saturating_neg())?;
    Ok(true)
}
