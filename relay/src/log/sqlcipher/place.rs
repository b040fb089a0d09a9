//! The table `place`.

use bytes::Bytes;
use conclave_proto::{id::RoomId, limits};
use rusqlite::{OptionalExtension as _, params};

use super::{db::Db, error::StoreError, key::row_name, number::to_sql, room, share};
use crate::log::bounds::Share;

/// Stores the place of a commit, and counts it.
pub(super) fn insert(db: &Db<'_>, id: RoomId, number: i64, seq: u64, place: &Bytes) -> Result<(), StoreError> {
    let key = room::key(db, id)?;
    let sealed = db.keys.seal(&key, id, &row_name(PLACE, seq), place);
    let size = to_sql(u64::try_from(place.len()).unwrap_or(u64::MAX));
    let insert = "INSERT INTO place (room, seq, size, blob) VALUES (?1, ?2, ?3, ?4)";
    db.sql.prepare_cached(insert)?.execute(params![number, to_sql(seq), size, sealed])?;
    share::count(db, number, Share::Commits, 0, size)
}

/// The place of a commit, sealed.
pub(super) fn find(db: &Db<'_>, number: i64, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let select = "SELECT blob FROM place WHERE room = ?1 AND seq = ?2";
    Ok(db.sql.prepare_cached(select)?.query_row(params![number, to_sql(seq)], |row| row.get(0)).optional()?)
}

/// Keeps the places that can still be handed out: those of the newest commits, and of each GroupInfo that is kept.
pub(super) fn prune(db: &Db<'_>, number: i64) -> Result<(), StoreError> {
    // Each place is looked up by its number: a full room has many commits, but few places.
    let delete = "
        DELETE FROM place
        WHERE room = ?1
          AND NOT EXISTS (SELECT 1 FROM group_info WHERE group_info.room = ?1 AND group_info.seq = place.seq)
          AND (seq < (SELECT seq FROM place WHERE room = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)
               OR NOT EXISTS (SELECT 1 FROM entry WHERE entry.room = ?1 AND entry.seq = place.seq AND tag IS NOT NULL))
        RETURNING size";
    let newer = i64::try_from(limits::PLACES).unwrap_or(i64::MAX).saturating_sub(1);
    let mut freed = 0_i64;
    {
        let mut statement = db.sql.prepare_cached(delete)?;
        let mut rows = statement.query(params![number, newer])?;
        while let Some(row) = rows.next()? {
            freed = freed.saturating_add(row.get(0)?);
        }
    }
    share::count(db, number, Share::Commits, 0, freed.saturating_neg())
}

/// The table's initial in the name of a sealed row.
pub(super) const PLACE: u8 = b'p';
