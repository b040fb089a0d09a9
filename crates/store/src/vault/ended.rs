//! Rooms that others ended. Nothing is left of one but its title, until its person has seen how it ended.

use rusqlite::{Connection, params};

use super::Vault;
use crate::{Ending, Handle, StoreError};

/// What is left of a room that has ended.
#[derive(Clone, Eq, PartialEq)]
pub struct EndedRoom {
    /// As its owner signed it last.
    pub title: String,
    /// How it ended.
    pub ending: Ending,
}

impl Vault {
    /// What is left of rooms that have ended.
    ///
    /// # Errors
    /// What the database says.
    pub fn ended(&self) -> Result<Vec<(Handle, EndedRoom)>, StoreError> {
        let mut statement = self.index.prepare_cached("SELECT handle, title, ending FROM ended ORDER BY handle")?;
        let rows = statement
            .query_map([], |row| Ok((Handle(row.get(0)?), EndedRoom { title: row.get(1)?, ending: row.get(2)? })))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Keeps what is left of a room, or forgets it.
pub(super) fn put(index: &Connection, handle: Handle, ended: Option<&EndedRoom>) -> Result<(), StoreError> {
    match ended {
        Some(EndedRoom { title, ending }) => index.execute(
            "INSERT OR REPLACE INTO ended (handle, title, ending) VALUES (?1, ?2, ?3)",
            params![handle.0, title, ending],
        )?,
        None => index.execute("DELETE FROM ended WHERE handle = ?1", params![handle.0])?,
    };
    Ok(())
}

impl std::fmt::Debug for EndedRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EndedRoom").field("ending", &self.ending).finish_non_exhaustive()
    }
}
