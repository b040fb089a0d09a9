//! Table `secret`: keys that are not part of the group state.

use rusqlite::{OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{RoomTx, StoreError};

impl RoomTx<'_> {
    /// Keeps a key under a name.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_secret(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO secret (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            )?
            .execute(params![name, value])?;
        Ok(())
    }

    /// Reads a key.
    ///
    /// # Errors
    /// What the database says.
    pub fn secret(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let mut statement = self.transaction.prepare_cached("SELECT value FROM secret WHERE name = ?1")?;
        Ok(statement.query_row(params![name], |row| row.get(0)).optional()?.map(Zeroizing::new))
    }

    /// Destroys a key; a missing one is no error.
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_secret(&self, name: &str) -> Result<(), StoreError> {
        self.transaction.prepare_cached("DELETE FROM secret WHERE name = ?1")?.execute(params![name])?;
        Ok(())
    }
}
