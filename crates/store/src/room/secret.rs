//! Table `secret`: keys that are not part of the group state.

use rusqlite::{OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{RoomReader, RoomTx, StoreError};

impl RoomReader<'_> {
    /// Reads a key.
    ///
    /// # Errors
    /// What the database says.
    pub fn secret(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let mut statement = self.query("SELECT value FROM secret WHERE name = ?1")?;
        Ok(statement.query_row(params![name], |row| row.get(0)).optional()?.map(Zeroizing::new))
    }
}

impl RoomTx<'_> {
    /// Keeps a key under a name.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_secret(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO secret (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            params![name, value],
        )?;
        Ok(())
    }

    /// Destroys a key; a missing one is no error.
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_secret(&self, name: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM secret WHERE name = ?1", params![name])?;
        Ok(())
    }
}
