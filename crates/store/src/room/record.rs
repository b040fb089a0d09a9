//! Table `record`: where this client stands in the room.
//!
//! Its columns are listed once, each with its type and what it means, in three files by what they tell. Each file hands
//! its list on to the next macro, and the last one makes [`RecordRow`] of all of them, and the SQL.

use membership::membership;
use place::place;
use rusqlite::{OptionalExtension as _, Row, ToSql};
use timeline::timeline;

use crate::{RoomReader, RoomTx, StoreError};

mod membership;
mod place;
mod timeline;

macro_rules! record_row {
    (@get $row:ident, $column:expr) => { $row.get($column)? };
    (@get $row:ident, $column:expr, lines) => { from_lines(&$row.get::<_, String>($column)?) };
    (@set $value:expr) => { $value };
    (@set $value:expr, lines) => { to_lines(&$value) };
    ($($(#[$doc:meta])* $column:ident: $type:ty $(as $form:ident)?,)*) => {
        /// Where this client stands in the room (protocol 4.14).
        #[derive(Clone, Eq, PartialEq)]
        pub struct RecordRow {
            $($(#[$doc])* pub $column: $type,)*
        }

        const SELECT: &str = concat!("SELECT only", $(", ", stringify!($column),)* " FROM record");
        const REPLACE: &str = concat!(
            "INSERT OR REPLACE INTO record (only", $(", ", stringify!($column),)*
            ") VALUES (1", $(", :", stringify!($column),)* ")"
        );

        fn read(row: &Row<'_>) -> rusqlite::Result<RecordRow> {
            Ok(RecordRow {
                $($column: record_row!(@get row, stringify!($column) $(, $form)?),)*
            })
        }

        fn write(tx: &RoomTx<'_>, record: &RecordRow) -> Result<usize, StoreError> {
            let values: &[(&str, &dyn ToSql)] = &[
                $((concat!(":", stringify!($column)), &record_row!(@set record.$column $(, $form)?)),)*
            ];
            tx.execute(REPLACE, values)
        }
    };
}

place! { membership! timeline! record_row! }

impl RoomReader<'_> {
    /// The record; none in a file that was made but never filled.
    ///
    /// # Errors
    /// What the database says.
    pub fn record(&self) -> Result<Option<RecordRow>, StoreError> {
        Ok(self.query(SELECT)?.query_row([], read).optional()?)
    }
}

impl RoomTx<'_> {
    /// Writes the record.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_record(&self, record: &RecordRow) -> Result<(), StoreError> {
        write(self, record).map(drop)
    }
}

/// A column of lines, as the list that it is.
fn from_lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn to_lines(list: &[String]) -> String {
    list.join("\n")
}

/// Where a client is in a room's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// The relay has not confirmed the creation.
    Creating,
    /// The relay has not confirmed the join.
    Joining,
    /// Joined; no other member has been heard yet.
    AwaitingConfirmation,
    /// A member.
    Member,
    /// The own removal was proposed.
    Leaving,
    /// Removed, or the own leave was carried out: the room goes on without this client.
    Gone,
    /// The room ended for everybody ([`Ending`]); its file is about to be deleted.
    Ended,
    /// The owner's, after a member has erased the room: nothing is left here but what closing it at the relay needs.
    Erased,
    /// Outside of a locked room, whose owner is asked to let this client in.
    Knocking,
}

/// How a room ended: for everybody, unless it says otherwise (protocol 4.6.8).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// Its owner closed it.
    ClosedByOwner,
    /// Its owner erased it.
    ErasedByOwner,
    /// A member erased it, as its rules allow.
    ErasedByMember,
    /// Nothing was written in it for as long as its rules say.
    Idle,
    /// This person erased it, and the others were not reached before its owner had taken that right away: only what was here is gone.
    ErasedHere,
}

impl std::fmt::Debug for RecordRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordRow")
            .field("phase", &self.phase)
            .field("cursor", &self.cursor)
            .field("own_n", &self.own_n)
            .field("unopened", &self.unopened)
            .finish_non_exhaustive()
    }
}
