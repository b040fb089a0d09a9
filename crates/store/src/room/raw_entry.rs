//! Table `raw_entry`: entries as the relay gave them (protocol 4.19).

use rusqlite::params;

use crate::{RoomTx, StoreError};

/// An entry as the relay gave it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RawEntryRow {
    /// Place in the relay's log.
    pub seq: u64,
    /// Lane number.
    pub lane: u8,
    /// The sealed bytes.
    pub blob: Vec<u8>,
    /// The member-auth key that a commit registered.
    pub member_key: Option<[u8; 32]>,
    /// Until when a relay would keep it, unix seconds.
    pub expires_at: u64,
}

impl RoomTx<'_> {
    /// Keeps an entry, in place of the one that an earlier life of the log had there.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep_raw_entry(
        &self,
        seq: u64,
        lane: u8,
        blob: &[u8],
        member_key: Option<&[u8; 32]>,
        expires_at: u64,
    ) -> Result<(), StoreError> {
        // Not `OR REPLACE`: for that, SQLite keeps a copy of every page that it is about to change.
        let kept = self
            .transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO raw_entry (seq, lane, blob, member_key, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![seq, lane, blob, member_key, expires_at])?;
        if kept == 0 {
            self.transaction
                .prepare_cached(
                    "UPDATE raw_entry SET lane = ?2, blob = ?3, member_key = ?4, expires_at = ?5 WHERE seq = ?1",
                )?
                .execute(params![seq, lane, blob, member_key, expires_at])?;
        }
        Ok(())
    }

    /// Kept entries behind a place, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn raw_entries_after(&self, seq: u64, limit: u32) -> Result<Vec<RawEntryRow>, StoreError> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT seq, lane, blob, member_key, expires_at FROM raw_entry WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        )?;
        let rows = statement.query_map(params![seq, limit], |row| {
            Ok(RawEntryRow {
                seq: row.get(0)?,
                lane: row.get(1)?,
                blob: row.get(2)?,
                member_key: row.get(3)?,
                expires_at: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Drops entries that a relay would have dropped.
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_raw_entries(&self, now: u64) -> Result<(), StoreError> {
        self.transaction.prepare_cached("DELETE FROM raw_entry WHERE expires_at <= ?1")?.execute(params![now])?;
        Ok(())
    }
}
