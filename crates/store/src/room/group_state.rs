//! Table `group_state`: what the group layer keeps, inside the room's transaction.

use conclave_crypto::state::{GroupState, GroupStateReader, StateError};
use rusqlite::{OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{RoomReader, RoomTx, StoreError};

/// Which of a room's two groups.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The group that this client is in.
    Current,
    /// The group of a join that the relay has not accepted: thrown away whole if another commit comes first.
    Pending,
}

/// A group's key/value space inside a transaction: `T` is the [`RoomReader`] or the [`RoomTx`].
struct InTransaction<'a, T> {
    tx: &'a T,
    place: Place,
}

impl RoomReader<'_> {
    /// The state of a group, from which the group layer can load it.
    #[must_use]
    pub fn group_state(&self, place: Place) -> impl GroupStateReader {
        InTransaction { tx: self, place }
    }

    fn group_value(&self, place: Place, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let mut statement = self.query("SELECT value FROM group_state WHERE place = ?1 AND key = ?2")?;
        Ok(statement.query_row(params![place, key], |row| row.get(0)).optional()?.map(Zeroizing::new))
    }
}

impl RoomTx<'_> {
    /// The state of a group, in which the group layer can go on.
    #[must_use]
    pub fn group_state(&self, place: Place) -> impl GroupState {
        InTransaction { tx: self, place }
    }

    /// Throws a group away.
    ///
    /// # Errors
    /// What the database says.
    pub fn clear_group_state(&self, place: Place) -> Result<(), StoreError> {
        self.execute("DELETE FROM group_state WHERE place = ?1", [place])?;
        Ok(())
    }

    /// The relay accepted the join: the pending group takes the place of the current one.
    ///
    /// # Errors
    /// What the database says.
    pub fn adopt_group_state(&self) -> Result<(), StoreError> {
        self.clear_group_state(Place::Current)?;
        self.execute("UPDATE group_state SET place = ?1 WHERE place = ?2", [Place::Current, Place::Pending])?;
        Ok(())
    }
}

impl GroupStateReader for InTransaction<'_, RoomReader<'_>> {
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        self.tx.group_value(self.place, key).map_err(StateError::storage)
    }
}

impl GroupStateReader for InTransaction<'_, RoomTx<'_>> {
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        self.tx.group_value(self.place, key).map_err(StateError::storage)
    }
}

impl GroupState for InTransaction<'_, RoomTx<'_>> {
    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        let upsert = "INSERT INTO group_state (place, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (place, key) DO UPDATE SET value = ?3";
        self.tx.execute(upsert, params![self.place, key, value]).map(drop).map_err(StateError::storage)
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateError> {
        let delete = "DELETE FROM group_state WHERE place = ?1 AND key = ?2";
        self.tx.execute(delete, params![self.place, key]).map(drop).map_err(StateError::storage)
    }
}
