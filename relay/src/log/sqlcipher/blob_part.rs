//! The table `blob_part`: the bytes of blobs, each part sealed under the key of its room.

use bytes::{Bytes, BytesMut};
use conclave_proto::{
    id::{BlobId, RoomId},
    limits,
};
use rusqlite::{OptionalExtension as _, params};

use super::{
    db::Db,
    error::StoreError,
    key::{self, RoomKey},
    number::{from_sql, to_sql},
    room,
};

pub(super) fn insert(
    db: &Db<'_>,
    id: RoomId,
    blob: BlobId,
    number: i64,
    start: u64,
    bytes: &Bytes,
) -> Result<(), StoreError> {
    let key = room::key(db, id)?;
    let sealed = db.keys.seal(&key, id, &part_name(blob, start), bytes);
    let insert = "INSERT INTO blob_part (blob, start, bytes) VALUES (?1, ?2, ?3)";
    db.sql.prepare_cached(insert)?.execute(params![number, to_sql(start), sealed])?;
    Ok(())
}

/// Bytes that are there, out of one part or several.
pub(super) fn read(
    db: &Db<'_>,
    key: &RoomKey,
    id: RoomId,
    blob: BlobId,
    number: i64,
    offset: u64,
    len: u64,
) -> Result<Bytes, StoreError> {
    // No part is longer, so one that reaches behind the offset begins less than that before it.
    let longest = u64::try_from(limits::BLOB_PART).unwrap_or(u64::MAX);
    let (from, until) = (to_sql(offset.saturating_sub(longest)), to_sql(offset.saturating_add(len)));
    let select = "SELECT start, bytes FROM blob_part WHERE blob = ?1 AND start >= ?2 AND start < ?3 ORDER BY start";
    let mut statement = db.sql.prepare_cached(select)?;
    let mut rows = statement.query(params![number, from, until])?;
    let size = usize::try_from(len).map_err(|_| DAMAGED)?;
    let mut wanted = BytesMut::with_capacity(size);
    while let Some(row) = rows.next()? {
        let start = from_sql(row.get(0)?);
        let sealed = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        let part = key::open(key, id, &part_name(blob, start), sealed)?;
        let skipped = usize::try_from(offset.saturating_sub(start)).map_err(|_| DAMAGED)?;
        let rest = part.get(skipped..).unwrap_or_default();
        let missing = size.saturating_sub(wanted.len());
        wanted.extend_from_slice(rest.get(..missing).unwrap_or(rest));
    }
    if wanted.len() == size { Ok(wanted.freeze()) } else { Err(DAMAGED) }
}

/// Removes parts of a blob that is gone, of about one part's size. True if there may be more.
pub(super) fn clear_some(db: &mut Db<'_>) -> Result<bool, StoreError> {
    let next = "SELECT blob FROM blob_garbage ORDER BY blob LIMIT 1";
    let Some(blob) = db.sql.prepare_cached(next)?.query_row([], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(false);
    };
    let delete = "
        DELETE FROM blob_part WHERE blob = ?1 AND start = (SELECT min(start) FROM blob_part WHERE blob = ?1)
        RETURNING length(bytes)";
    let mut cleared = 0_usize;
    while cleared < limits::BLOB_PART {
        let size: Option<i64> = db.sql.prepare_cached(delete)?.query_row([blob], |row| row.get(0)).optional()?;
        let Some(size) = size else {
            db.sql.prepare_cached("DELETE FROM blob_garbage WHERE blob = ?1")?.execute([blob])?;
            // Once for a blob: until then the log holds what was overwritten, as it does until any checkpoint.
            db.destroyed = true;
            break;
        };
        cleared = cleared.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
    }
    Ok(true)
}

/// The table's initial, the blob and where the part begins: so no part opens in another place.
fn part_name(blob: BlobId, start: u64) -> [u8; 25] {
    let mut name = [b'b'; 25];
    for (to, from) in name.iter_mut().skip(1).zip(blob.0.into_iter().chain(start.to_be_bytes())) {
        *to = from;
    }
    name
}

const DAMAGED: StoreError = StoreError::Damaged("parts of a blob are missing");
