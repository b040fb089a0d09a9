//! One room's file that was put back from an older copy, beside the newest index. Each opening of the vault has a
//! random mark: a room's file keeps the one under which it was opened last, and the index which ones that can be. When
//! the vault is closed in order, files get another one, so that a copy that was made while it was open is an older one,
//! too.

use std::collections::BTreeSet;

use conclave_seal::rng;
use rusqlite::{OptionalExtension as _, params};

use super::Vault;
use crate::{Handle, RoomStore, StoreError, database};

/// One opening of a vault, and the rooms whose files have its mark.
#[derive(Debug)]
pub struct Opening {
    mark: [u8; 16],
    marked: Vec<Handle>,
    follows_closing: bool,
}

/// Whether a room's file was rolled back to an older copy, until that stands in the file itself.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Suspicion {
    /// It may be an older copy.
    MayBeOlder,
    /// It is one.
    IsOlder,
}

impl Opening {
    /// Whether the vault was closed in order before. If not, its folder may be a copy that was made while it was open:
    /// nothing that is marked with each opening tells that from the folder that went on.
    #[must_use]
    pub const fn follows_closing(&self) -> bool {
        self.follows_closing
    }
}

impl Vault {
    /// Begins an opening. From here on each room's file may have its mark, also if the process ends at once. A file
    /// that never had one has its first before the index knows of any.
    ///
    /// # Errors
    /// What the database says; a room's older copy may go unnoticed then.
    pub fn begin_opening(&self, rng: &mut dyn rng::Rng) -> Result<Opening, StoreError> {
        let follows_closing = self.setting(CLOSED)?.as_deref() == Some(YES);
        self.set_setting(CLOSED, NO)?;
        self.begin_marks(rng, follows_closing)
    }

    fn begin_marks(&self, rng: &mut dyn rng::Rng, follows_closing: bool) -> Result<Opening, StoreError> {
        let mark = rng::array(rng);
        self.index
            .execute("INSERT INTO opening (handle, mark) SELECT DISTINCT handle, ?1 FROM opening", params![mark])?;
        Ok(Opening { mark, marked: Vec::new(), follows_closing })
    }

    /// Closes the vault in order: the files of these rooms, which are closed, get a mark that no copy has. A vault
    /// whose folder was moved while it was open is not: by their paths there are other files, a copy of them perhaps.
    ///
    /// # Errors
    /// What a database says; a copy that was made while the vault was open may go unnoticed then.
    pub fn mark_closing(&mut self, rooms: &[Handle], rng: &mut dyn rng::Rng) -> Result<(), StoreError> {
        if database::has_moved(&self.index)? {
            return Ok(());
        }
        let mut closing = self.begin_marks(rng, false)?;
        let marked = rooms.iter().try_for_each(|handle| {
            let mut store = self.open_room(*handle)?;
            self.mark_file(*handle, &mut store, &mut closing)
        });
        // Also of those that were marked before one was not.
        self.end_opening(&closing)?;
        marked?;
        self.set_setting(CLOSED, YES)
    }

    /// Suspects the files of all rooms. One that is known to be older stays that.
    ///
    /// # Errors
    /// What the database says.
    pub fn suspect_all(&self, suspicion: Suspicion) -> Result<(), StoreError> {
        self.suspect("SELECT handle, ?1 FROM room WHERE true", suspicion)
    }

    /// Suspects the files of the rooms that this computer hosts.
    ///
    /// # Errors
    /// What the database says.
    pub fn suspect_hosted(&self, suspicion: Suspicion) -> Result<(), StoreError> {
        self.suspect("SELECT handle, ?1 FROM hosted_room WHERE true", suspicion)
    }

    fn suspect(&self, rooms: &str, suspicion: Suspicion) -> Result<(), StoreError> {
        let update = "ON CONFLICT (handle) DO UPDATE SET known = max(known, excluded.known)";
        self.index.execute(&format!("INSERT INTO suspect (handle, known) {rooms} {update}"), params![suspicion])?;
        Ok(())
    }

    /// Whether a room's file was suspected and has not been marked since ([`Vault::mark_file`]).
    /// [`Vault::is_older_file`] is not asked.
    ///
    /// # Errors
    /// What the database says.
    pub fn suspicion(&self, handle: Handle) -> Result<Option<Suspicion>, StoreError> {
        let mut statement = self.index.prepare_cached("SELECT known FROM suspect WHERE handle = ?1")?;
        Ok(statement.query_row(params![handle.0], |row| row.get(0)).optional()?)
    }

    /// Whether a room's file is an older one than the index has known. Of a room that was never opened under a mark
    /// nothing is known.
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

    /// Gives a room's file the mark of this opening, and suspects it no more. Call it once the file has taken note of
    /// what it is.
    ///
    /// # Errors
    /// What a database says.
    pub fn mark_file(&self, handle: Handle, store: &mut RoomStore, opening: &mut Opening) -> Result<(), StoreError> {
        self.index.execute(
            "INSERT OR IGNORE INTO opening (handle, mark) SELECT DISTINCT handle, ?2 FROM opening WHERE handle = ?1",
            params![handle.0, opening.mark],
        )?;
        store.write(|tx| tx.set_secret(MARK, &opening.mark))?;
        self.index.execute("DELETE FROM suspect WHERE handle = ?1", params![handle.0])?;
        opening.marked.push(handle);
        Ok(())
    }

    /// Ends an opening, or ends it again after another file was marked: those that were have this mark and no other,
    /// and no other file has it.
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
/// Whether the vault was closed in order.
const CLOSED: &str = "closed";
const YES: &str = "yes";
const NO: &str = "no";
