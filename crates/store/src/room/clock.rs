//! Table `clock`: what the room believed of the date, and the moving of lines when the clock was set.

use rusqlite::{OptionalExtension as _, params};

use crate::{RoomReader, RoomTx, StoreError};

/// What a room believed of the date when something was last written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClockRow {
    /// The wall clock, unix seconds.
    pub seen_at: u64,
    /// Seconds that lines were moved back by, as long as the clock may be put right again.
    pub owed: u64,
    /// The newest rows from before that: what is behind them is dated by the clock that may be put right.
    pub owed_since: NewestRows,
}

/// How times move when the clock is set.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Move {
    /// Seconds for what was there when the room was opened.
    pub earlier: i64,
    /// Seconds for what came since.
    pub since: i64,
    /// The newest rows when the room was opened.
    pub newest_at_open: NewestRows,
    /// The newest rows whose dates are not the work of a clock that was wrong.
    pub dated_right: NewestRows,
    /// The wall clock when the room was opened, by the clock as it was before it was set; unix seconds.
    pub opened_at: u64,
    /// The wall clock before it was set, unix seconds.
    pub clock_before: u64,
}

impl RoomReader<'_> {
    /// What the room believed of the date; none before anything was written.
    ///
    /// # Errors
    /// What the database says.
    pub fn clock(&self) -> Result<Option<ClockRow>, StoreError> {
        let mut statement = self.query("SELECT seen_at, owed, owed_since_item, owed_since_outgoing FROM clock")?;
        let row = statement.query_row([], |row| {
            let owed_since = NewestRows { item: row.get(2)?, outgoing: row.get(3)? };
            Ok(ClockRow { seen_at: row.get(0)?, owed: row.get(1)?, owed_since })
        });
        Ok(row.optional()?)
    }

    /// The newest rows, from which [`RoomTx::move_times`] tells what came since.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_rows(&self) -> Result<NewestRows, StoreError> {
        let mut statement =
            self.query("SELECT coalesce((SELECT max(id) FROM item), 0), coalesce((SELECT max(id) FROM outbox), 0)")?;
        Ok(statement.query_row([], |row| Ok(NewestRows { item: row.get(0)?, outgoing: row.get(1)? }))?)
    }
}

impl RoomTx<'_> {
    /// Keeps what the room believes of the date.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_clock(&self, clock: &ClockRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO clock (only, seen_at, owed, owed_since_item, owed_since_outgoing)
             VALUES (1, ?1, ?2, ?3, ?4)",
            params![clock.seen_at, clock.owed, clock.owed_since.item, clock.owed_since.outgoing],
        )?;
        Ok(())
    }

    /// Moves times with the clock. Rows that came since the room was opened, and older ones that a wrong clock has
    /// dated, move with all their times: when they came, were written, burn, and are kept until. Of those that were
    /// dated right only when lines and former names burn moves; what of them may be published again stays as it is.
    ///
    /// Ids that are known, and bases that were named, are told apart by their time alone. What was there before the
    /// room was opened only moves forward, so that nothing is forgotten too soon; some of it is remembered for longer
    /// than it has to be.
    ///
    /// # Errors
    /// What the database says.
    pub fn move_times(&self, by: Move) -> Result<(), StoreError> {
        let Move { earlier, since, newest_at_open, dated_right, opened_at, clock_before } = by;
        let (forward, all) = (earlier.max(0), i64::MAX);
        let (opened_after, before) = (signed(opened_at.saturating_sub(1)), signed(clock_before));
        let old = dated_right.item.min(newest_at_open.item);
        for (update, seconds, after, up_to) in [
            (ITEMS, since, newest_at_open.item, all),
            (ITEMS, earlier, dated_right.item, newest_at_open.item),
            (FUSES, earlier, 0, old),
            (CARDS, since, newest_at_open.item, all),
            (CARDS, earlier, 0, newest_at_open.item),
            (FUSES_OF_NAMES, earlier, 0, all),
            (OUTGOING, since, newest_at_open.outgoing, all),
            (OUTGOING, earlier, dated_right.outgoing, newest_at_open.outgoing),
            (KNOWN, since, opened_after, before),
            (KNOWN, forward, 0, opened_after.min(before)),
            (OWN_KNOCK, since, opened_after, all),
            (OWN_KNOCK, forward, 0, opened_after),
            (KNOCKS, since, opened_after, all),
            (KNOCKS, forward, 0, opened_after),
            (TOKENS, since, opened_after, all),
            (TOKENS, forward, 0, opened_after),
            (NAMED, since, opened_after, before),
            (NAMED, forward, 0, opened_after.min(before)),
        ] {
            if seconds != 0 && after < up_to {
                self.execute(update, params![seconds, after, up_to])?;
            }
        }
        Ok(())
    }
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

const ITEMS: &str = "UPDATE item SET at = max(0, at + ?1), expires_at = max(0, expires_at + ?1)
     WHERE id > ?2 AND id <= ?3";
const FUSES: &str = "UPDATE item SET expires_at = max(0, expires_at + ?1)
     WHERE id > ?2 AND id <= ?3 AND expires_at IS NOT NULL";
/// The key of a card that was shown is gone by any clock.
const CARDS: &str = "UPDATE card SET closes_at = max(0, closes_at + ?1)
     WHERE item > ?2 AND item <= ?3 AND closes_at IS NOT NULL";
const FUSES_OF_NAMES: &str = "UPDATE former_name SET expires_at = max(0, expires_at + ?1)
     WHERE expires_at > ?2 AND expires_at <= ?3";
const OUTGOING: &str = "UPDATE outbox SET written_at = max(0, written_at + ?1), kept_until = max(0, kept_until + ?1)
     WHERE id > ?2 AND id <= ?3";
const KNOWN: &str = "UPDATE seen SET known_at = max(0, known_at + ?1), expires_at = max(0, expires_at + ?1)
     WHERE known_at > ?2 AND known_at <= ?3";
const OWN_KNOCK: &str = "UPDATE own_knock SET ends_at = max(0, ends_at + ?1) WHERE ends_at > ?2 AND ends_at <= ?3";
const KNOCKS: &str = "UPDATE knock SET ends_at = max(0, ends_at + ?1) WHERE ends_at > ?2 AND ends_at <= ?3";
const TOKENS: &str = "UPDATE knock_token SET ends_at = max(0, ends_at + ?1) WHERE ends_at > ?2 AND ends_at <= ?3";
/// A base that was not named has 0.
const NAMED: &str = "UPDATE base SET named_at = max(1, named_at + ?1) WHERE named_at > ?2 AND named_at <= ?3";

/// The newest rows of a room at some time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct NewestRows {
    /// Of the timeline.
    pub item: i64,
    /// Of the outbox.
    pub outgoing: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        RoomStore,
        database::{Durability, FileKey, Location},
    };

    /// A time that stays behind when the clock is set burns too early, or never, or puts off what is to be done by it.
    #[test]
    fn every_time_that_is_kept_moves_with_the_clock_or_need_not() {
        let need_not = [
            ("clock.seen_at", "it is the clock"),
            ("heard.hour", "a person reads it, as the clock was then"),
            ("intent.due_at", "what is too far ahead is due"),
            ("intent.since", "nothing is done by it"),
            ("item.claimed_at", "by somebody else's clock"),
            ("record.active_at", "the engine moves it"),
            ("record.committed_at", "keys of a time to come count as old"),
            ("record.cursor_at", "the engine moves it"),
            ("record.moved_until", "by the relay's clock"),
            (
                "retracted.expires_at",
                "it is longer than anything comes again, and forgotten by a date that is believed",
            ),
        ];
        let room = RoomStore::create(&Location::Memory, &FileKey::new([1; 32]), Durability::Process).unwrap();
        let columns = "SELECT tables.name || '.' || columns.name
             FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
             WHERE tables.type = 'table' AND columns.type = 'INTEGER' ORDER BY 1";
        let mut statement = room.connection().prepare(columns).unwrap();
        let columns: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let is_time = |column: &str| {
            let (_, name) = column.split_once('.').unwrap();
            ["at", "hour", "since"].contains(&name) || name.ends_with("_at") || name.ends_with("_until")
        };
        let is_moved = |column: &str| {
            let (table, name) = column.split_once('.').unwrap();
            let updates = [ITEMS, FUSES, CARDS, FUSES_OF_NAMES, OUTGOING, KNOWN, OWN_KNOCK, KNOCKS, TOKENS, NAMED];
            let moves = |update: &str| {
                update.starts_with(&format!("UPDATE {table} SET")) && update.contains(&format!(" {name} = max("))
            };
            updates.iter().any(|update| moves(update))
        };
        let left: Vec<&str> =
            columns.iter().map(String::as_str).filter(|column| is_time(column) && !is_moved(column)).collect();
        assert_eq!(left, need_not.map(|(column, _)| column));
    }
}
