//! The table `group_info`.

use conclave_proto::id::{RoomId, Tag};
use rusqlite::{OptionalExtension as _, params};

use super::{
    db::Db,
    error::StoreError,
    key::{self, row_name},
    number::{from_sql, to_sql},
    place::{self, PLACE},
    room,
};
use crate::log::{
    StoredGroupInfo,
    bounds::{GroupInfoSize, group_infos_to_drop},
};

/// Keeps the newest ones, and always the newest one that a member uploaded: a joiner's may be garbage.
pub(super) fn insert(
    db: &Db<'_>,
    id: RoomId,
    number: i64,
    seq: u64,
    tag: Tag,
    by_member: bool,
    blob: &[u8],
) -> Result<(), StoreError> {
    let key = room::key(db, id)?;
    let sealed = db.keys.seal(&key, id, &row_name(GROUP_INFO, seq), blob);
    let insert = "INSERT INTO group_info (room, seq, tag, by_member, blob) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.sql.prepare_cached(insert)?.execute(params![number, to_sql(seq), tag.0, by_member, sealed])?;
    prune(db, number)
}

/// The newest GroupInfo, or the newest one older than the one of `before`.
pub(super) fn find(db: &Db<'_>, id: RoomId, before: Option<Tag>) -> Result<Option<StoredGroupInfo>, StoreError> {
    let Some(number) = room::number(db, id)? else { return Ok(None) };
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
    let room_key = room::key(db, id)?;
    let blob = key::open(&room_key, id, &row_name(GROUP_INFO, seq), &sealed)?;
    let place = place::find(db, number, seq)?
        .map(|sealed| key::open(&room_key, id, &row_name(PLACE, seq), &sealed))
        .transpose()?;
    Ok(Some(StoredGroupInfo { tag: Tag(tag), seq, blob, place }))
}

fn prune(db: &Db<'_>, number: i64) -> Result<(), StoreError> {
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

/// The table's initial in the name of a sealed row.
const GROUP_INFO: u8 = b'g';
