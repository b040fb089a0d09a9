//! Table `group_state`: what the group layer keeps, inside the room's transaction.

use conclave_crypto::state::{GroupState, StateError};
use rusqlite::{OptionalExtension as _, params};
use zeroize::Zeroizing;

use crate::{RoomTx, StoreError};

/// Which of a room's two groups.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// The group that this client is in.
    Current,
    /// The group of a join that the relay has not accepted: thrown away whole if another commit comes first.
    Pending,
}

/// A group's key/value space inside a transaction.
struct InTransaction<'a, 'b> {
    tx: &'a RoomTx<'b>,
    place: Place,
}

impl RoomTx<'_> {
    /// The state of a group, to be handed to the group layer.
    #[must_use]
    pub fn group_state(&self, place: Place) -> impl GroupState {
        InTransaction { tx: self, place }
    }

    /// Throws a group away.
    ///
    /// # Errors
    /// What the database says.
    pub fn clear_group_state(&self, place: Place) -> Result<(), StoreError> {
        self.transaction.prepare_cached("DELETE FROM group_state WHERE place = ?1")?.execute([place.number()])?;
        Ok(())
    }

    /// The relay accepted the join: the pending group takes the place of the current one.
    ///
    /// # Errors
    /// What the database says.
    pub fn adopt_group_state(&self) -> Result<(), StoreError> {
        self.clear_group_state(Place::Current)?;
        self.transaction
            .prepare_cached("UPDATE group_state SET place = ?1 WHERE place = ?2")?
            .execute([Place::Current.number(), Place::Pending.number()])?;
        Ok(())
    }
}

impl Place {
    fn number(self) -> u8 {
        match self {
            Self::Current => 1,
            Self::Pending => 2,
        }
    }
}

impl GroupState for InTransaction<'_, '_> {
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        let read = || {
            self.tx
                .transaction
                .prepare_cached("SELECT value FROM group_state WHERE place = ?1 AND key = ?2")?
                .query_row(params![self.place.number(), key], |row| row.get(0))
                .optional()
        };
        Ok(read().map_err(failed)?.map(Zeroizing::new))
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        let write = || {
            self.tx
                .transaction
                .prepare_cached(
                    "INSERT INTO group_state (place, key, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (place, key) DO UPDATE SET value = ?3",
                )?
                .execute(params![self.place.number(), key, value])
        };
        write().map(drop).map_err(failed)
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateError> {
        let delete = || {
            self.tx
                .transaction
                .prepare_cached("DELETE FROM group_state WHERE place = ?1 AND key = ?2")?
                .execute(params![self.place.number(), key])
        };
        delete().map(drop).map_err(failed)
    }
}

fn failed(error: rusqlite::Error) -> StateError {
    StateError::storage(StoreError::from(error))
}
