//! The tables `blob`, `blob_garbage`, `blob_total` and `blob_deleted`. The bytes are in `blob_part`.

use std::sync::Arc;

use bytes::Bytes;
use conclave_proto::{
    id::{BlobId, DelHash, RoomId},
    limits,
};
use rusqlite::{OptionalExtension as _, ToSql, Transaction, named_params, params};

use super::{
    blob_part,
    db::Db,
    error::StoreError,
    key::RoomKey,
    number::{from_sql, to_sql},
    room,
};
use crate::{
    blob::{
        BlobExpiry, BlobUsage, Completion, MOST_GIVING_WAY, NewBlob, NewPart, Part, Place, Put, Reservation, Span,
        abandoned_at, counts, giving_way, place, stale_until,
    },
    log::Deletion,
};

/// A blob's row, without what only its end or its deletion needs.
pub(super) struct BlobRow {
    pub(super) number: i64,
    pub(super) size: u64,
    pub(super) received: u64,
    expires: i64,
    del_hash: [u8; 32],
    pub(super) sha256: Option<[u8; 32]>,
}

pub(super) fn reserve(db: &Db<'_>, id: RoomId, new: NewBlob) -> Result<Reservation, StoreError> {
    let Some(row) = room::find(db, id)?.filter(|row| row.room.seat == new.seat) else {
        return Ok(Reservation::Missing);
    };
    let Some(going) = make_room(db, row.number, &new)? else { return Ok(Reservation::Full) };
    for number in going {
        remove(db, number)?;
    }
    let insert = "
        INSERT INTO blob (room, blob_id, size, counts, received, ttl, expires, del_hash)
        VALUES (:room, :blob_id, :size, :counts, 0, :ttl, :expires, :del_hash)";
    db.sql.prepare_cached(insert)?.execute(named_params! {
        ":room": row.number,
        ":blob_id": new.id.0,
        ":size": to_sql(new.size),
        ":counts": to_sql(counts(new.size)),
        ":ttl": to_sql(new.ttl),
        ":expires": to_sql(abandoned_at(new.now)),
        ":del_hash": new.del_hash.0,
    })?;
    Ok(Reservation::Reserved)
}

/// The numbers of the unfinished blobs that give way to a new one. None if there is no place even so.
fn make_room(db: &Db<'_>, room: i64, new: &NewBlob) -> Result<Option<Vec<i64>>, StoreError> {
    let (size, until) = (counts(new.size), to_sql(stale_until(new.now)));
    let stale = {
        let select = "
            SELECT number, counts FROM blob WHERE room = ?1 AND sha256 IS NULL AND expires <= ?2
            ORDER BY expires, number";
        numbers_and_counts(db, select, &[&room, &until])?
    };
    let held = usage(db, room)?;
    let mut freed = 0;
    let sizes: Vec<u64> = stale.iter().map(|(_, counts)| *counts).collect();
    let Some(of_room) = giving_way(&sizes, |gone, freed| held.takes(size, new.quota, gone, freed)) else {
        return Ok(None);
    };
    let mut going: Vec<i64> = Vec::new();
    for (number, counts) in stale.into_iter().take(of_room) {
        going.push(number);
        freed = counts.saturating_add(freed);
    }
    let total: i64 = db.sql.prepare_cached("SELECT counts FROM blob_total")?.query_row([], |row| row.get(0))?;
    let total = from_sql(total).saturating_sub(freed).saturating_add(size);
    if total <= new.quota.relay_bytes {
        return Ok(Some(going));
    }
    let select = "
        SELECT number, counts FROM blob WHERE sha256 IS NULL AND expires <= ?1 ORDER BY expires, number LIMIT ?2";
    let most = i64::try_from(MOST_GIVING_WAY).unwrap_or(i64::MAX);
    let mut others = numbers_and_counts(db, select, &[&until, &most])?;
    others.retain(|(number, _)| !going.contains(number));
    let sizes: Vec<u64> = others.iter().map(|(_, counts)| *counts).collect();
    let Some(of_others) = giving_way(&sizes, |_, freed| total.saturating_sub(freed) <= new.quota.relay_bytes) else {
        return Ok(None);
    };
    going.extend(others.into_iter().take(of_others).map(|(number, _)| number));
    Ok(Some(going))
}

/// Numbers of blobs and what each counts.
fn numbers_and_counts(db: &Db<'_>, select: &str, bound: &[&dyn ToSql]) -> Result<Vec<(i64, u64)>, StoreError> {
    let mut statement = db.sql.prepare_cached(select)?;
    let found = statement.query_map(bound, |row| Ok((row.get(0)?, from_sql(row.get(1)?))))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn usage(db: &Db<'_>, room: i64) -> Result<BlobUsage, StoreError> {
    let select = "
        SELECT count(*), coalesce(sum(counts), 0), (SELECT count(*) FROM blob WHERE room = ?1 AND sha256 IS NULL)
        FROM blob WHERE room = ?1";
    Ok(db.sql.prepare_cached(select)?.query_row([room], |row| {
        let number = |index: usize| row.get::<_, i64>(index).map(from_sql);
        Ok(BlobUsage { blobs: number(0)?, bytes: number(1)?, unfinished: number(2)? })
    })?)
}

pub(super) fn find(db: &Db<'_>, id: RoomId, blob: BlobId) -> Result<Option<BlobRow>, StoreError> {
    let select = "
        SELECT number, size, received, expires, del_hash, sha256 FROM blob
        WHERE room = (SELECT number FROM room WHERE room_id = ?1) AND blob_id = ?2";
    let found = db.sql.prepare_cached(select)?.query_row(params![id.0, blob.0], |row| {
        Ok(BlobRow {
            number: row.get(0)?,
            size: from_sql(row.get(1)?),
            received: from_sql(row.get(2)?),
            expires: row.get(3)?,
            del_hash: row.get(4)?,
            sha256: row.get(5)?,
        })
    });
    Ok(found.optional()?)
}

pub(super) fn put(db: &Db<'_>, id: RoomId, part: &NewPart) -> Result<Put, StoreError> {
    let Some(blob) = find(db, id, part.id)? else { return Ok(Put::NoSuchBlob) };
    let end = match place(blob.size, blob.received, part.offset, part.bytes.len()) {
        Place::Next(end) => end,
        Place::Known => {
            let key = room::key(db, id)?;
            let known = blob_part::read(db, &key, id, part.id, blob.number, part.offset, len(&part.bytes))?;
            return Ok(if known == part.bytes { Put::Stored } else { Put::Differs });
        }
        Place::Not(refused) => return Ok(refused),
    };
    blob_part::insert(db, id, part.id, blob.number, part.offset, &part.bytes)?;
    let update = "UPDATE blob SET received = ?2, expires = ?3 WHERE number = ?1";
    db.sql.prepare_cached(update)?.execute(params![blob.number, to_sql(end), to_sql(abandoned_at(part.now))])?;
    Ok(Put::Stored)
}

/// Completes a blob whose parts had this hash when they were read. They cannot have changed, but they can be gone.
pub(super) fn finish(
    db: &Db<'_>,
    id: RoomId,
    blob: BlobId,
    sha256: [u8; 32],
    now: u64,
) -> Result<Completion, StoreError> {
    let update = "
        UPDATE blob SET sha256 = ?2, expires = ?3 + ttl
        WHERE number = ?1 AND sha256 IS NULL";
    match find(db, id, blob)? {
        Some(BlobRow { sha256: Some(known), .. }) if known == sha256 => Ok(Completion::Complete),
        Some(BlobRow { sha256: Some(_), .. }) => Ok(Completion::Differs),
        Some(BlobRow { number, size, received, sha256: None, .. }) if received == size => {
            db.sql.prepare_cached(update)?.execute(params![number, sha256, to_sql(now)])?;
            Ok(Completion::Complete)
        }
        Some(BlobRow { received, .. }) => Ok(Completion::Incomplete { received }),
        None => Ok(Completion::NoSuchBlob),
    }
}

/// Reads bytes of a complete blob.
pub(super) fn part(db: &Db<'_>, id: RoomId, span: Span) -> Result<Part, StoreError> {
    let Some(blob) = Snapshot::of(db, id, span.id)?.filter(|blob| blob.row.sha256.is_some()) else {
        return Ok(Part::NoSuchBlob);
    };
    let size = blob.row.size;
    if span.offset >= size {
        return Ok(Part::Beyond { size });
    }
    blob.read(db, span.offset, span.len).map(Part::Bytes)
}

/// The next piece of a blob for its hash. None if it is gone.
pub(super) fn piece(db: &Db<'_>, id: RoomId, blob: BlobId, offset: u64) -> Result<Option<Bytes>, StoreError> {
    let Some(blob) = Snapshot::of(db, id, blob)? else { return Ok(None) };
    blob.read(db, offset, u64::try_from(limits::BLOB_PART).unwrap_or(u64::MAX)).map(Some)
}

/// A blob's row and bytes as they were at one moment: a deletion in between would leave bytes out.
struct Snapshot<'a> {
    room: RoomId,
    id: BlobId,
    /// Read before the moment: within it the key of a room that is destroyed meanwhile would still be found, and kept.
    key: Arc<RoomKey>,
    row: BlobRow,
    _moment: Transaction<'a>,
}

impl<'a> Snapshot<'a> {
    fn of(db: &Db<'a>, room: RoomId, id: BlobId) -> Result<Option<Self>, StoreError> {
        if room::number(db, room)?.is_none() {
            return Ok(None);
        }
        let key = room::key(db, room)?;
        let _moment = db.sql.unchecked_transaction()?;
        let Some(row) = find(db, room, id)? else { return Ok(None) };
        Ok(Some(Self { room, id, key, row, _moment }))
    }

    /// At most so many bytes; fewer at the end.
    fn read(&self, db: &Db<'_>, offset: u64, most: u64) -> Result<Bytes, StoreError> {
        let len = most.min(self.row.size.saturating_sub(offset));
        blob_part::read(db, &self.key, self.room, self.id, self.row.number, offset, len)
    }
}

pub(super) fn discard(db: &Db<'_>, id: RoomId, blob: BlobId, hash: DelHash) -> Result<Deletion, StoreError> {
    let Some(room) = room::number(db, id)? else { return Ok(Deletion::NoSuchEntry) };
    match find(db, id, blob)? {
        Some(row) if row.del_hash != hash.0 => return Ok(Deletion::BadToken),
        Some(row) => {
            remove(db, row.number)?;
            let insert = "INSERT INTO blob_deleted (room, blob_id, until) VALUES (?1, ?2, ?3)";
            db.sql.prepare_cached(insert)?.execute(params![room, blob.0, row.expires])?;
            let forget = "
                DELETE FROM blob_deleted WHERE (room, blob_id) IN (
                    SELECT room, blob_id FROM blob_deleted WHERE room = ?1
                    ORDER BY until DESC, blob_id DESC LIMIT -1 OFFSET ?2)";
            let most = i64::try_from(limits::BLOBS_DELETED).unwrap_or(i64::MAX);
            db.sql.prepare_cached(forget)?.execute([room, most])?;
            return Ok(Deletion::Deleted);
        }
        None => {}
    }
    let select = "SELECT 1 FROM blob_deleted WHERE room = ?1 AND blob_id = ?2";
    let deleted = db.sql.prepare_cached(select)?.exists(params![room, blob.0])?;
    Ok(if deleted { Deletion::Deleted } else { Deletion::NoSuchEntry })
}

/// One piece of what is to go: some blobs whose time is over, some names of deleted ones, and a part of one that is
/// gone.
pub(super) fn expire(db: &mut Db<'_>, now: u64) -> Result<BlobExpiry, StoreError> {
    let now = to_sql(now);
    let select = "SELECT number FROM blob WHERE expires <= ?1 ORDER BY expires, number LIMIT ?2";
    let due: Vec<i64> =
        db.sql.prepare_cached(select)?.query_map([now, MOST_AT_ONCE], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for number in &due {
        remove(db, *number)?;
    }
    let forget = "
        DELETE FROM blob_deleted WHERE (room, blob_id) IN (
            SELECT room, blob_id FROM blob_deleted WHERE until <= ?1 LIMIT ?2)";
    let forgotten = db.sql.prepare_cached(forget)?.execute([now, MOST_AT_ONCE])?;
    let garbage = blob_part::clear_some(db)?;
    let many = |count: usize| i64::try_from(count).is_ok_and(|count| count >= MOST_AT_ONCE);
    Ok(BlobExpiry {
        blobs: u64::try_from(due.len()).unwrap_or(u64::MAX),
        more: garbage || many(due.len()) || many(forgotten),
    })
}

/// Removes a blob; its parts are garbage from now on.
fn remove(db: &Db<'_>, number: i64) -> Result<(), StoreError> {
    db.sql.prepare_cached("DELETE FROM blob WHERE number = ?1")?.execute([number])?;
    Ok(())
}

fn len(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

const MOST_AT_ONCE: i64 = 500;

#[cfg(test)]
mod tests {
    use conclave_proto::{
        deed::{Deed, PanicBy, Policy},
        id::{PublicKey, Seat, Signature, Tag},
    };
    use conclave_seal::{hash::sha256, rng::OsRng};

    use super::{super::SqlcipherLog, *};
    use crate::{
        blob::{BlobQuota, BlobStore as _},
        log::{Founding, LogError, RoomLog as _, StorageKey},
    };

    const ROOM: RoomId = RoomId([1; 32]);
    const BLOB: BlobId = BlobId([2; 16]);

    /// A storage with a room, and a place for a file in it.
    async fn with_a_place(folder: &tempfile::TempDir, size: u64) -> SqlcipherLog {
        let key = StorageKey::from_bytes(&[1; 32]);
        let log = SqlcipherLog::create(&folder.path().join("relay.db"), &key, Box::new(OsRng)).unwrap();
        let policy = Policy { msg_ttl: 3600, idle_ttl: 3600, panic_by: PanicBy::Owner, max_members: 16 };
        let seat = Seat([7; 16]);
        let founding = Founding {
            room: ROOM,
            deed: Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, 1, Signature([6; 64])),
            key: PublicKey([3; 32]),
            genesis: Tag([8; 16]),
            group_info: Bytes::new(),
            place: Bytes::new(),
            seat,
            now: 0,
            max_rooms: 1,
        };
        log.create(founding).await.unwrap();
        let quota = BlobQuota { room_blobs: 9, room_bytes: 1 << 30, relay_bytes: 1 << 30 };
        let new = NewBlob { seat, id: BLOB, size, del_hash: DelHash([0; 32]), ttl: 60, now: 0, quota };
        assert_eq!(log.reserve(ROOM, new).await.unwrap(), Reservation::Reserved);
        log
    }

    #[tokio::test]
    async fn a_part_that_finds_a_full_disk_is_not_there_and_may_come_again() {
        let (folder, part) = (tempfile::tempdir().unwrap(), Bytes::from(vec![1; limits::BLOB_PART]));
        let log = with_a_place(&folder, 2 * len(&part)).await;
        let put = |offset| NewPart { id: BLOB, offset, bytes: part.clone(), now: 0 };
        assert_eq!(log.put(ROOM, put(0)).await.unwrap(), Put::Stored);
        let limit = |pages: u32| {
            log.writer.ask(move |db| {
                Ok(db.sql.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, u32>(0))?)
            })
        };
        let pages = limit(1).await.unwrap();
        assert!(pages < 200, "as many as there are");
        let full = log.put(ROOM, put(len(&part))).await;
        assert!(matches!(full, Err(LogError::Storage(_))), "{full:?}");
        let hash = sha256(&[&part[..], &part[..]].concat());
        let completion = log.complete(ROOM, BLOB, hash, 0).await.unwrap();
        assert_eq!(completion, Completion::Incomplete { received: len(&part) }, "nothing of it is there");
        limit(pages + 200).await.unwrap();
        assert_eq!(log.put(ROOM, put(len(&part))).await.unwrap(), Put::Stored);
        assert_eq!(log.complete(ROOM, BLOB, hash, 0).await.unwrap(), Completion::Complete);
    }
}
