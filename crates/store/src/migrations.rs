//! The schema of the two kinds of files, as steps: one file each, never changed once a version was handed out. The
//! version of a file (`user_version`) is how many of them it has had. What SQL cannot say is a function in a file of
//! `migrations/`, in Rust; like the SQL it knows the names and formats of its own time, and changes with nothing.
//!
//! With a step comes a file in `recorded/`: what a client keeps in a file that has had it. The tests open such a file
//! of every version. What a new file gets, in `newest.sql`, is written anew with
//! `RECORD=1 cargo test -p conclave-store --lib the_newest_schema`.

use rusqlite::Connection;

use crate::StoreError;

mod drafts;
mod notes;

/// Translates rows, inside the transaction of a step.
type Translate = fn(&Connection) -> Result<(), StoreError>;

/// One step of a schema. It is one transaction, with the version that it leads to.
#[derive(Clone, Copy)]
pub(crate) struct Migration {
    sql: &'static str,
    /// Translates what the columns hold, once they are there.
    translate: Option<Translate>,
}

impl Migration {
    const fn sql(sql: &'static str) -> Self {
        Self { sql, translate: None }
    }

    const fn then(self, translate: Translate) -> Self {
        Self { translate: Some(translate), ..self }
    }

    /// Takes the step, inside a transaction.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) fn run(&self, connection: &Connection) -> Result<(), StoreError> {
        connection.execute_batch(self.sql)?;
        self.translate.map_or(Ok(()), |translate| translate(connection))
    }

    /// Whether its SQL says this.
    #[cfg(test)]
    pub(crate) fn says(&self, sql: &str) -> bool {
        self.sql.contains(sql)
    }
}

/// Of one kind of file.
#[derive(Clone, Copy)]
pub(crate) struct Schema {
    /// What all steps together make, for a file that is new: a step after the other costs as much as all else that
    /// making a room does. The tests compare both.
    pub(crate) newest: &'static str,
    pub(crate) steps: &'static [Migration],
}

/// Of a vault's index.
pub(crate) const VAULT: Schema =
    Schema { newest: include_str!("../migrations/vault/newest.sql"), steps: VAULT_MIGRATIONS };

/// Of a room's file.
pub(crate) const ROOM: Schema =
    Schema { newest: include_str!("../migrations/room/newest.sql"), steps: ROOM_MIGRATIONS };

const VAULT_MIGRATIONS: &[Migration] = &[
    Migration::sql(include_str!("../migrations/vault/0001_init.sql")),
    Migration::sql(include_str!("../migrations/vault/0002_sweep.sql")),
    Migration::sql(include_str!("../migrations/vault/0003_opening.sql")),
    Migration::sql(include_str!("../migrations/vault/0004_suspect.sql")),
    Migration::sql(include_str!("../migrations/vault/0005_leaving.sql")),
    Migration::sql(include_str!("../migrations/vault/0006_ended.sql")),
];

const ROOM_MIGRATIONS: &[Migration] = &[
    Migration::sql(include_str!("../migrations/room/0001_init.sql")),
    Migration::sql(include_str!("../migrations/room/0002_title.sql")),
    Migration::sql(include_str!("../migrations/room/0003_former_name.sql")),
    Migration::sql(include_str!("../migrations/room/0004_no_raw_entry.sql")),
    Migration::sql(include_str!("../migrations/room/0005_branches.sql")),
    Migration::sql(include_str!("../migrations/room/0006_late_messages.sql")),
    Migration::sql(include_str!("../migrations/room/0007_named_fork.sql")),
    Migration::sql(include_str!("../migrations/room/0008_audience.sql")),
    Migration::sql(include_str!("../migrations/room/0009_missed_hashes.sql")),
    Migration::sql(include_str!("../migrations/room/0010_mid_of_a_sender.sql")),
    Migration::sql(include_str!("../migrations/room/0011_known_since.sql")),
    Migration::sql(include_str!("../migrations/room/0012_known_in.sql")),
    Migration::sql(include_str!("../migrations/room/0013_leaf_links.sql")),
    Migration::sql(include_str!("../migrations/room/0014_clock.sql")),
    Migration::sql(include_str!("../migrations/room/0015_pin_first_used_at.sql")),
    Migration::sql(include_str!("../migrations/room/0016_old_copy.sql")),
    Migration::sql(include_str!("../migrations/room/0017_heard.sql")),
    Migration::sql(include_str!("../migrations/room/0018_cursor_mark.sql")),
    Migration::sql(include_str!("../migrations/room/0019_reads_again_to.sql")),
    Migration::sql(include_str!("../migrations/room/0020_dated_wrongly.sql")),
    Migration::sql(include_str!("../migrations/room/0021_cursor_at.sql")),
    Migration::sql(include_str!("../migrations/room/0022_given_up.sql")),
    Migration::sql(include_str!("../migrations/room/0023_known_copy.sql")),
    Migration::sql(include_str!("../migrations/room/0024_no_updated_at.sql")),
    Migration::sql(include_str!("../migrations/room/0025_note.sql")).then(notes::translate),
    Migration::sql(include_str!("../migrations/room/0026_draft.sql")).then(drafts::write),
    Migration::sql(include_str!("../migrations/room/0027_no_kind.sql")),
    Migration::sql(include_str!("../migrations/room/0028_intent.sql")),
    Migration::sql(include_str!("../migrations/room/0029_ending.sql")),
    Migration::sql(include_str!("../migrations/room/0030_owner_order.sql")),
    Migration::sql(include_str!("../migrations/room/0031_message_id.sql")),
    Migration::sql(include_str!("../migrations/room/0032_card.sql")),
    Migration::sql(include_str!("../migrations/room/0033_upload.sql")),
    Migration::sql(include_str!("../migrations/room/0034_erase.sql")),
    Migration::sql(include_str!("../migrations/room/0035_knock.sql")),
    Migration::sql(include_str!("../migrations/room/0036_move.sql")),
    Migration::sql(include_str!("../migrations/room/0037_door_counter.sql")),
    Migration::sql(include_str!("../migrations/room/0038_moved_until.sql")),
    Migration::sql(include_str!("../migrations/room/0039_move_reader.sql")),
    Migration::sql(include_str!("../migrations/room/0040_order_epoch.sql")),
];

#[cfg(test)]
mod tests;
