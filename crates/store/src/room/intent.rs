//! Table `intent`: commits that this client is to make, from the reason until the log has settled them.
//!
//! | state | where it stands |
//! |---|---|
//! | stored | a row here, with the time at which its turn comes: others may have the same reason at the same time |
//! | made | the row, and in `pending` the commit that carries it out, with the group that belongs to it |
//! | sent | as made: that the relay has got it is known for one connection only, so it is sent again on the next one |
//! | settled | no row: a commit in the log has carried it out, or made it unnecessary |
//!
//! Each change of state is in the transaction of what causes it. So a crash at any point is followed by the same commit,
//! once: before it was made, by the row; after that, by the bytes in `pending`, which the log takes once. A commit that
//! lost a race is given up, and the row is what it is made again from, on the new epoch.

use rusqlite::params;

use crate::{RoomReader, RoomTx, StoreError};

/// What a commit is for. Orders of an owner are kept apart ([`Order`](crate::Order)): they travel with a statement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Intent {
    /// New keys of the own leaf. Every own commit brings them.
    Update,
}

/// A commit that is to be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IntentRow {
    /// What it is for.
    pub intent: Intent,
    /// When it was stored, unix seconds: what was wanted first is done first.
    pub since: u64,
    /// When its turn comes, unix seconds. By a clock that was set meanwhile it may be far off.
    pub due_at: u64,
}

impl RoomReader<'_> {
    /// All commits that are to be made, the first one first.
    ///
    /// # Errors
    /// What the database says.
    pub fn intents(&self) -> Result<Vec<IntentRow>, StoreError> {
        let mut statement = self.query("SELECT kind, since, due_at FROM intent ORDER BY since, kind")?;
        let rows = statement
            .query_map([], |row| Ok(IntentRow { intent: row.get(0)?, since: row.get(1)?, due_at: row.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// Keeps that a commit is to be made, or that its turn comes at another time. There is one of each kind.
    ///
    /// # Errors
    /// What the database says.
    pub fn store_intent(&self, row: &IntentRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO intent (kind, since, due_at) VALUES (?1, ?2, ?3)",
            params![row.intent, row.since, row.due_at],
        )?;
        Ok(())
    }

    /// A commit has carried it out, or made it unnecessary.
    ///
    /// # Errors
    /// What the database says.
    pub fn settle_intent(&self, intent: Intent) -> Result<(), StoreError> {
        self.execute("DELETE FROM intent WHERE kind = ?1", params![intent])?;
        Ok(())
    }
}
