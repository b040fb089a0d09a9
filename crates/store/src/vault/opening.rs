//! One room's file that was put back from an older copy, beside the newest index. Each opening of the vault has a random mark: a room's
//! file keeps the one under which it was opened last, and the index which ones that can be.

use std::collections::BTreeSet;

use conclave_seal::rng;
use rusqlite::params;

use super::Vault;
use crate::{Handle, RoomStore, StoreError};

/// One opening of a vault, and the rooms whose files have its mark.
#[derive(Debug)]
pub struct Opening {
    mark: [u8; 16],
    marked: Vec<Handle>,
}

impl Vault {
    /// Begins an opening. From here on each room's file may have its mark, also if the process ends at once. A file that never had one
    /// has its first before the index knows of any.
    ///
    /// # Errors
    /// What the database says; a room's older copy may go unnoticed then.
    pub fn begin_opening(&self, rng: &mut dyn rng::Rng) -> Result<Opening, StoreError> {
        let mark = rng::array(rng);
        self.index
            .execute("INSERT INTO opening (handle, mark) SELECT DISTINCT handle, ?1 FROM opening", params![mark])?;
        Ok(Opening { mark, marked: Vec::new() })
    }

    /// Whether a room's file is an older one than the index has known. Of a room that was never opened under a mark nothing is known.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_older_file(&self, handle: Handle, store: &mut RoomStore) -> Result<bool, StoreError> {
        let mut statement = self.index.prepare_cached("SELECT mark FROM opening WHERE handle = ?1")?;
        let marks = statement.query_map(params![handle.0], |row| row.get(0))?;
        let known: BTreeSet<[u8; 16]> = marks.collect::<Result<_, _>>()?;
        let found = store.read(|tx| tx.secret(MARK))?;
        let found: Option<[u8; 16]> = found.and_then(|found| found.as_slice().try_into().ok());
        Ok(!known.is_empty() && found.is_none_or(|found| !known.contains(&found)))
    }

    /// Gives a room's file the mark of this opening. Call it once it is known whether the file is an older one.
    ///
    /// # Errors
    /// What a database says.
    pub fn mark_file(&self, handle: Handle, store: &mut RoomStore, opening: &mut Opening) -> Result<(), StoreError> {
        self.index.execute(
            "INSERT OR IGNORE INTO opening (handle, mark) SELECT DISTINCT handle, ?2 FROM opening WHERE handle = ?1",
            params![handle.0, opening.mark],
        )?;
        store.write(|tx| tx.set_secret(MARK, &opening.mark))?;
        opening.marked.push(handle);
        Ok(())
    }

    /// Ends an opening, or ends it again after another file was marked: those that were have this mark and no other, and no other
    /// file has it.
    ///
    /// # Errors
    /// What the database says; nothing is taken for an older copy for that.
    pub fn end_opening(&mut self, opening: &Opening) -> Result<(), StoreError> {
        let transaction = self.index.transaction()?;
        transaction.execute(
            "DELETE FROM opening WHERE mark = ?1 AND handle IN
                 (SELECT handle FROM opening GROUP BY handle HAVING count(*) > 1)",
            params![opening.mark],
        )?;
        for handle in &opening.marked {
            transaction.execute("DELETE FROM opening WHERE handle = ?1", params![handle.0])?;
            transaction.execute(
                "INSERT INTO opening (handle, mark) SELECT handle, ?2 FROM room WHERE handle = ?1",
                params![handle.0, opening.mark],
            )?;
        }
        Ok(transaction.commit()?)
    }
}

/// The name of the mark in a room's file.
const MARK: &str = "opening";
