//! One room's file: its transactions, and one module per table.

use std::{cell::Cell, path::Path};

use rusqlite::{Connection, TransactionBehavior};

use crate::{
    StoreError,
    database::{self, Durability, FileKey, Location},
    migrations::ROOM,
};

pub(crate) mod branch;
pub(crate) mod card;
pub(crate) mod clock;
mod erase;
pub(crate) mod former_name;
mod group_state;
mod heard;
pub(crate) mod intent;
pub(crate) mod item;
pub(crate) mod knock;
mod leaf_link;
pub(crate) mod member;
pub(crate) mod moving;
pub(crate) mod note;
pub(crate) mod order;
pub(crate) mod outbox;
mod params_change;
pub(crate) mod pending;
mod reader;
pub(crate) mod recipient;
pub(crate) mod record;
pub(crate) mod retraction;
mod secret;
mod tx;

pub use group_state::Place;
pub use params_change::ParamsChange;
pub use reader::RoomReader;
pub use tx::RoomTx;

/// The database of one room, open.
///
/// Dropping it empties the write-ahead log.
pub struct RoomStore {
    connection: Connection,
    /// Message ids that were remembered since they were counted.
    remembered: Cell<usize>,
}

impl RoomStore {
    pub(crate) fn create(location: &Location, key: &FileKey, durability: Durability) -> Result<Self, StoreError> {
        let connection = database::create(location, key, durability, &ROOM)?;
        Ok(Self { connection, remembered: Cell::default() })
    }

    pub(crate) fn open(path: &Path, key: &FileKey, durability: Durability) -> Result<Self, StoreError> {
        let connection = database::open(path, key, durability, &ROOM)?;
        Ok(Self { connection, remembered: Cell::default() })
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs one step. It is committed if the closure returns `Ok` and rolled back otherwise; when this returns `Ok`,
    /// the step is on disk.
    ///
    /// # Errors
    /// What the closure or the database says.
    pub fn write<T, E: From<StoreError>>(&mut self, step: impl FnOnce(&RoomTx<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let value = step(&RoomTx::new(&transaction, &self.remembered))?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// Reads in one consistent view.
    ///
    /// # Errors
    /// What the closure or the database says.
    pub fn read<T, E: From<StoreError>>(&mut self, look: impl FnOnce(&RoomReader<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(StoreError::from)?;
        look(&RoomReader::new(&transaction))
    }

    /// Overwrites and empties the write-ahead log, so that deleted text is in no file.
    ///
    /// # Errors
    /// What the database says.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        database::checkpoint(&self.connection)
    }

    /// Writes the file anew (`VACUUM`), which takes time and memory by its size. `secure_delete` overwrites the place
    /// of a deleted row, but when SQLite merges half-empty pages it leaves a copy of what it moves in the gap behind,
    /// and the row that is deleted next may have moved. Nothing of it stays in the memory of the connection either.
    ///
    /// # Errors
    /// What the database says, above all [`StoreError::DiskFull`]; the file stays as it was then.
    pub fn rebuild(&self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        database::blank(&self.connection)?;
        self.checkpoint()
    }

    /// The size of the file in bytes.
    ///
    /// # Errors
    /// What the database says.
    pub fn size(&self) -> Result<u64, StoreError> {
        let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        Ok(self.connection.query_row(size, [], |row| row.get(0))?)
    }
}

impl Drop for RoomStore {
    fn drop(&mut self) {
        // What stays in the log if the disk refuses is overwritten when the file is opened next.
        drop(self.checkpoint());
    }
}

impl std::fmt::Debug for RoomStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomStore(..)")
    }
}
