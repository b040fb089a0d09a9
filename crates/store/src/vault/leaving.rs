//! Rooms that are being left. To leave takes as long as the others need to carry it out, and the room is deleted here after that:
//! the index keeps that this is to come, so that neither a crash nor a lock in between leaves a room that nobody wants any more.

use rusqlite::params;

use super::Vault;
use crate::{Handle, StoreError};

impl Vault {
    /// Keeps that a room is being left, until [`Vault::remove_room`].
    ///
    /// # Errors
    /// What the database says, also that there is no such room.
    pub fn begin_leave(&self, handle: Handle) -> Result<(), StoreError> {
        self.index.execute("INSERT OR IGNORE INTO leaving (handle) VALUES (?1)", params![handle.0])?;
        Ok(())
    }

    /// The rooms whose leave has begun.
    ///
    /// # Errors
    /// What the database says.
    pub fn leaving(&self) -> Result<Vec<Handle>, StoreError> {
        let mut statement = self.index.prepare_cached("SELECT handle FROM leaving ORDER BY handle")?;
        let handles = statement.query_map([], |row| row.get(0).map(Handle))?;
        Ok(handles.collect::<Result<_, _>>()?)
    }
}
