//! One consistent view of a room's file, which cannot be written through.

use rusqlite::{CachedStatement, Connection};

use crate::StoreError;

/// A read transaction on a room. It has the methods that read, of all tables; those that write are methods of
/// [`RoomTx`](crate::RoomTx), so a write in a read, which would be rolled back in silence, does not compile:
///
/// ```compile_fail,E0599
/// # use conclave_seal::rng::OsRng;
/// # use conclave_store::{Persistence, StoreError, Vault};
/// # let mut room = Vault::in_memory()?.begin_room(Persistence::InMemory, 0, &mut OsRng)?.store;
/// room.read(|reader| reader.set_secret("access", &[7; 32]))?;
/// # Ok::<(), StoreError>(())
/// ```
///
/// The same in [`RoomStore::write`](crate::RoomStore::write) does, and reads what it wrote:
///
/// ```
/// # use conclave_seal::rng::OsRng;
/// # use conclave_store::{Persistence, StoreError, Vault};
/// # let mut room = Vault::in_memory()?.begin_room(Persistence::InMemory, 0, &mut OsRng)?.store;
/// room.write(|tx| tx.set_secret("access", &[7; 32]))?;
/// assert!(room.read(|reader| reader.secret("access"))?.is_some());
/// # Ok::<(), StoreError>(())
/// ```
pub struct RoomReader<'a> {
    connection: &'a Connection,
}

impl<'a> RoomReader<'a> {
    /// `connection` is inside a transaction.
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }

    /// Prepares a statement that changes nothing.
    pub(super) fn query(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        let statement = self.connection.prepare_cached(sql)?;
        debug_assert!(statement.readonly(), "a reader was to write: {sql}");
        Ok(statement)
    }
}

impl std::fmt::Debug for RoomReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomReader(..)")
    }
}
