//! Table `clock`: what the room believed of the date, and the moving of lines when the clock was set.

use rusqlite::{OptionalExtension as _, params};

use crate::{RoomTx, StoreError};

/// What a room believed of the date when something was last written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockRow {
    /// The wall clock, unix seconds.
    pub seen_at: u64,
    /// Seconds that lines were moved back by, as long as the clock may be put right again.
    pub owed: u64,
}

/// How many seconds lines move.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Move {
    /// Lines from before the room was opened.
    pub earlier: i64,
    /// Lines that came since.
    pub since: i64,
}

impl RoomTx<'_> {
    /// What the room believed of the date; none before anything was written.
    ///
    /// # Errors
    /// What the database says.
    pub fn clock(&self) -> Result<Option<ClockRow>, StoreError> {
        let mut statement = self.transaction.prepare_cached("SELECT seen_at, owed FROM clock")?;
        let row = statement.query_row([], |row| Ok(ClockRow { seen_at: row.get(0)?, owed: row.get(1)? }));
        Ok(row.optional()?)
    }

    /// Keeps what the room believes of the date.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_clock(&self, clock: &ClockRow) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("INSERT OR REPLACE INTO clock (only, seen_at, owed) VALUES (1, ?1, ?2)")?
            .execute(params![clock.seen_at, clock.owed])?;
        Ok(())
    }

    /// The newest rows, from which [`RoomTx::move_times`] tells what came since.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_rows(&self) -> Result<NewestRows, StoreError> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT coalesce((SELECT max(id) FROM item), 0), coalesce((SELECT max(id) FROM outbox), 0)",
        )?;
        Ok(statement.query_row([], |row| Ok(NewestRows { item: row.get(0)?, outgoing: row.get(1)? }))?)
    }

    /// Moves the times of what came behind `newest` by `by.since`: when it came, was written, burns, and is kept until. Of older lines
    /// and of former names only when they burn moves, by `by.earlier`; what is older and may be published again stays as it is.
    ///
    /// # Errors
    /// What the database says.
    pub fn move_times(&self, by: Move, newest: NewestRows) -> Result<(), StoreError> {
        for (update, seconds, behind) in [
            (
                "UPDATE item SET at = max(0, at + ?1), expires_at = max(0, expires_at + ?1) WHERE id > ?2",
                by.since,
                newest.item,
            ),
            (
                "UPDATE item SET expires_at = max(0, expires_at + ?1) WHERE id <= ?2 AND expires_at IS NOT NULL",
                by.earlier,
                newest.item,
            ),
            (
                "UPDATE outbox SET written_at = max(0, written_at + ?1), kept_until = max(0, kept_until + ?1) WHERE id > ?2",
                by.since,
                newest.outgoing,
            ),
            ("UPDATE former_name SET expires_at = max(0, expires_at + ?1) WHERE ?2 >= 0", by.earlier, 0),
        ] {
            if seconds != 0 {
                self.transaction.prepare_cached(update)?.execute(params![seconds, behind])?;
            }
        }
        Ok(())
    }
}

/// The newest rows of a room at some time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NewestRows {
    /// Of the timeline.
    pub item: i64,
    /// Of the outbox.
    pub outgoing: i64,
}
