//! What a room holds of messages and of commits: columns of the table `room`.

use rusqlite::params;

use super::{db::Db, error::StoreError, number::from_sql};
use crate::log::bounds::{Share, Usage};

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

/// What a room holds of one kind.
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
