//! One step on a room's file: everything in it happens, or nothing does.

use std::{cell::Cell, ops::Deref};

use rusqlite::{CachedStatement, Connection, Params};

use super::reader::RoomReader;
use crate::StoreError;

/// A write transaction on a room: everything in it happens, or nothing does. It reads as a [`RoomReader`] does, and
/// sees what it has written.
pub struct RoomTx<'a> {
    reader: RoomReader<'a>,
    connection: &'a Connection,
    /// Message ids that were remembered since they were counted.
    pub(super) remembered: &'a Cell<usize>,
}

impl<'a> RoomTx<'a> {
    /// `connection` is inside a transaction, which the caller commits.
    pub(super) fn new(connection: &'a Connection, remembered: &'a Cell<usize>) -> Self {
        Self { reader: RoomReader::new(connection), connection, remembered }
    }

    /// Runs a statement and returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }

    /// Prepares a statement that changes rows and returns them (`RETURNING`).
    pub(super) fn change(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// The id of the row that was inserted last.
    pub(super) fn inserted(&self) -> i64 {
        self.connection.last_insert_rowid()
    }
}

impl<'a> Deref for RoomTx<'a> {
    type Target = RoomReader<'a>;

    fn deref(&self) -> &RoomReader<'a> {
        &self.reader
    }
}

impl std::fmt::Debug for RoomTx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomTx(..)")
    }
}
