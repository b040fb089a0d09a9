//! One room's file: its transactions, and one module per table.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::{
    StoreError,
    database::{self, Durability, FileKey, Location},
};

pub(crate) mod former_name;
mod group_state;
pub(crate) mod item;
pub(crate) mod member;
pub(crate) mod outbox;
pub(crate) mod pending;
pub(crate) mod raw_entry;
pub(crate) mod record;
mod secret;

pub use group_state::Place;

/// The database of one room, open.
pub struct RoomStore {
    connection: Connection,
}

/// One transaction on a room: everything in it happens, or nothing does.
pub struct RoomTx<'a> {
    transaction: Transaction<'a>,
}

impl RoomStore {
    pub(crate) fn open(location: &Location, key: &FileKey, durability: Durability) -> Result<Self, StoreError> {
        Ok(Self { connection: database::open(location, key, durability, ROOM_MIGRATIONS)? })
    }

    /// Runs one step. It is committed if the closure returns `Ok` and rolled back otherwise; when this returns `Ok`,
    /// the step is on disk.
    ///
    /// # Errors
    /// What the closure or the database says.
    pub fn write<T, E: From<StoreError>>(&mut self, step: impl FnOnce(&RoomTx<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let tx = RoomTx { transaction };
        let value = step(&tx)?;
        tx.transaction.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// Reads in one consistent view.
    ///
    /// # Errors
    /// What the closure or the database says.
    pub fn read<T, E: From<StoreError>>(&mut self, step: impl FnOnce(&RoomTx<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(StoreError::from)?;
        step(&RoomTx { transaction })
    }

    /// Presses deletions out of the write-ahead log, so that deleted text is in no file.
    ///
    /// # Errors
    /// What the database says.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        database::checkpoint(&self.connection)
    }
}

impl std::fmt::Debug for RoomStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomStore(..)")
    }
}

impl std::fmt::Debug for RoomTx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomTx(..)")
    }
}

const ROOM_MIGRATIONS: &[&str] = &[
    include_str!("../migrations/room/0001_init.sql"),
    include_str!("../migrations/room/0002_title.sql"),
    include_str!("../migrations/room/0003_former_name.sql"),
];
