//! Table `item`: the timeline.

use rusqlite::{OptionalExtension as _, Row, params};

use super::note::Note;
use crate::{RoomReader, RoomTx, StoreError};

/// A line of the timeline.
#[derive(Clone, Eq, PartialEq)]
pub struct ItemRow {
    /// Names the line.
    pub id: i64,
    /// Order in the timeline.
    pub position: i64,
    /// Order within a position: the number among its sender's messages; 0 for system lines, and for own ones that have none under the
    /// own leaf.
    pub n: u64,
    /// Names the message by its id and its words, once for each sender; none for system lines.
    pub mid: Option<[u8; 16]>,
    /// The message's own id, as its author chose it; none for system lines, and for what came before it was kept.
    pub message_id: Option<[u8; 16]>,
    /// What the body is.
    pub kind: ItemKind,
    /// Member id of the sender.
    pub sender: Option<[u8; 16]>,
    /// The sender's name at that time.
    pub nick: String,
    /// Written here.
    pub own: bool,
    /// The text; empty for all that is none.
    pub body: String,
    /// What happened, for a system line; none if a newer version wrote it.
    pub note: Option<Note>,
    /// Arrival, unix seconds.
    pub at: u64,
    /// The sender's clock where it disagrees, unix seconds.
    pub claimed_at: Option<u64>,
    /// When it burns, unix seconds.
    pub expires_at: Option<u64>,
    /// How far an own message got.
    pub state: ItemState,
}

/// A line to be added that a member wrote.
#[derive(Clone)]
pub struct NewItem<'a> {
    /// See [`ItemRow`].
    pub position: i64,
    /// See [`ItemRow`].
    pub n: u64,
    /// See [`ItemRow`].
    pub mid: Option<[u8; 16]>,
    /// See [`ItemRow`].
    pub message_id: Option<[u8; 16]>,
    /// See [`ItemRow`].
    pub kind: ItemKind,
    /// See [`ItemRow`].
    pub sender: Option<[u8; 16]>,
    /// See [`ItemRow`].
    pub nick: &'a str,
    /// See [`ItemRow`].
    pub own: bool,
    /// See [`ItemRow`].
    pub body: &'a str,
    /// See [`ItemRow`].
    pub at: u64,
    /// See [`ItemRow`].
    pub claimed_at: Option<u64>,
    /// See [`ItemRow`].
    pub expires_at: Option<u64>,
    /// See [`ItemRow`].
    pub state: ItemState,
}

/// A line to be added that tells what happened.
#[derive(Clone, Debug)]
pub struct NewNote<'a> {
    /// See [`ItemRow`].
    pub position: i64,
    /// See [`ItemRow`].
    pub note: &'a Note,
    /// See [`ItemRow`].
    pub at: u64,
    /// See [`ItemRow`].
    pub expires_at: Option<u64>,
}

/// What the body of a line is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ItemKind {
    /// Text that a member wrote.
    Text,
    /// A message of a kind that this version does not know.
    Unsupported,
    /// Something that happened: a [`Note`].
    System,
    /// A message that can be read once: a [`CardRow`](crate::CardRow).
    ViewOnce,
    /// A message that its author has taken back.
    Retracted,
    /// Where the room goes on: a [`MoveRow`](crate::MoveRow).
    Move,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ItemState {
    /// The relay has it; every line of others, too.
    Stored,
    /// It waits for the relay.
    Waiting,
    /// It waits for somebody else to join.
    AwaitingMembers,
    /// The relay has no space for what belongs to it, which is tried again.
    NoSpace,
}

/// Positions from here on belong to messages that the relay does not have yet; they stand behind everything.
const UNSENT: i64 = 1 << 62;

impl std::fmt::Debug for ItemRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ItemRow").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewItem<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewItem").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl ItemRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            position: row.get("position")?,
            n: row.get("n")?,
            mid: row.get("mid")?,
            message_id: row.get("message_id")?,
            kind: row.get("kind")?,
            sender: row.get("sender")?,
            nick: row.get("nick")?,
            own: row.get("own")?,
            body: row.get("body")?,
            note: row.get::<_, Option<Vec<u8>>>("note")?.and_then(|note| Note::decode(&note)),
            at: row.get("at")?,
            claimed_at: row.get("claimed_at")?,
            expires_at: row.get("expires_at")?,
            state: row.get("state")?,
        })
    }
}

/// Lines that a timeline keeps; the oldest go first. Half a gigabyte of short messages.
pub const LINES: u32 = 1_000_000;
/// UIs say "more than 99" from here on.
const UNREAD_MAX: u32 = 100;

const COLUMNS: &str =
    "id, position, n, mid, message_id, kind, sender, nick, own, body, note, at, claimed_at, expires_at, state";

impl RoomReader<'_> {
    /// One line.
    ///
    /// # Errors
    /// What the database says.
    pub fn item(&self, id: i64) -> Result<Option<ItemRow>, StoreError> {
        let mut statement = self.query(&format!("SELECT {COLUMNS} FROM item WHERE id = ?1"))?;
        Ok(statement.query_row(params![id], ItemRow::from_row).optional()?)
    }

    /// At most `limit` lines before a place, the newest first. `(i64::MAX, 0, 0)` reads the newest.
    ///
    /// # Errors
    /// What the database says.
    pub fn items_before(&self, before: (i64, u64, i64), limit: u32) -> Result<Vec<ItemRow>, StoreError> {
        let mut statement = self.query(&format!(
            "SELECT {COLUMNS} FROM item WHERE (position, n, id) < (?1, ?2, ?3)
             ORDER BY position DESC, n DESC, id DESC LIMIT ?4"
        ))?;
        let rows = statement.query_map(params![before.0, before.1, before.2, limit], ItemRow::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The position of the next message of a sender after this number that is there, and when that arrived, unix
    /// seconds.
    ///
    /// # Errors
    /// What the database says.
    pub fn position_of_later(&self, sender: &[u8; 16], n: u64) -> Result<Option<(i64, u64)>, StoreError> {
        let mut statement = self.query(
            "SELECT position, at FROM item WHERE sender = ?1 AND n > ?2 AND n > 0 ORDER BY n, position LIMIT 1",
        )?;
        Ok(statement.query_row(params![sender, n], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// The id of the line that came last, 0 if there is none. Ids rise as lines come, also those of late messages, and
    /// none comes a second time.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_item(&self) -> Result<i64, StoreError> {
        let mut statement = self.query("SELECT coalesce(max(id), 0) FROM item")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// How many messages of others came after a line, at most a hundred: this is asked at every message, however long
    /// the room is.
    ///
    /// # Errors
    /// What the database says.
    pub fn unread_after(&self, item: i64) -> Result<u32, StoreError> {
        // The literals are those of the index.
        let mut statement =
            self.query("SELECT count(*) FROM (SELECT 1 FROM item WHERE id > ?1 AND own = 0 AND kind <> 3 LIMIT ?2)")?;
        Ok(statement.query_row(params![item, UNREAD_MAX], |row| row.get(0))?)
    }

    /// When the newest line arrived that is in its place, unix seconds.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_stored_at(&self) -> Result<Option<u64>, StoreError> {
        let mut statement =
            self.query("SELECT at FROM item WHERE position < ?1 ORDER BY position DESC, n DESC, id DESC LIMIT 1")?;
        Ok(statement.query_row(params![UNSENT], |row| row.get(0)).optional()?)
    }

    /// Own messages that the relay does not have.
    ///
    /// # Errors
    /// What the database says.
    pub fn unsent_count(&self) -> Result<u32, StoreError> {
        let mut statement = self.query("SELECT count(*) FROM item WHERE position >= ?1")?;
        Ok(statement.query_row(params![UNSENT], |row| row.get(0))?)
    }

    /// Whether a line is an own message that the relay does not have.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_unsent(&self, id: i64) -> Result<bool, StoreError> {
        let mut statement = self.query("SELECT 1 FROM item WHERE id = ?1 AND position >= ?2")?;
        Ok(statement.exists(params![id, UNSENT])?)
    }

    /// Own messages that wait for somebody else to join.
    ///
    /// # Errors
    /// What the database says.
    pub fn awaiting_members(&self) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.query("SELECT id FROM item WHERE position >= ?1 AND state = ?2")?;
        let rows = statement.query_map(params![UNSENT, ItemState::AwaitingMembers], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next line burns, unix seconds.
    ///
    /// # Errors
    /// What the database says.
    pub fn next_expiry(&self) -> Result<Option<u64>, StoreError> {
        let mut statement = self.query("SELECT min(expires_at) FROM item WHERE expires_at IS NOT NULL")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }
}

impl RoomTx<'_> {
    /// Adds a line and returns its id.
    ///
    /// # Errors
    /// What the database says; a message id that this sender has already is an error.
    pub fn add_item(&self, item: &NewItem<'_>) -> Result<i64, StoreError> {
        self.execute(
            "INSERT INTO item (position, n, mid, message_id, kind, sender, nick, own, body, at, claimed_at, expires_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                item.position,
                item.n,
                item.mid,
                item.message_id,
                item.kind,
                item.sender,
                item.nick,
                item.own,
                item.body,
                item.at,
                item.claimed_at,
                item.expires_at,
                item.state,
            ],
        )?;
        Ok(self.inserted())
    }

    /// Adds a line about what happened and returns its id.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_note(&self, line: &NewNote<'_>) -> Result<i64, StoreError> {
        self.execute(
            "INSERT INTO item (position, kind, nick, own, body, note, at, expires_at, state)
             VALUES (?1, ?2, '', 0, '', ?3, ?4, ?5, ?6)",
            params![line.position, ItemKind::System, line.note, line.at, line.expires_at, ItemState::Stored],
        )?;
        Ok(self.inserted())
    }

    /// Adds an own message that the relay does not have yet: it stands behind everything, in the order of writing.
    ///
    /// # Errors
    /// As [`RoomTx::add_item`].
    pub fn add_unsent_item(&self, item: &NewItem<'_>) -> Result<i64, StoreError> {
        let id = self.add_item(item)?;
        let position = UNSENT.saturating_add(id);
        self.execute("UPDATE item SET position = ?2 WHERE id = ?1", params![id, position])?;
        Ok(id)
    }

    /// Gives an own message the place that the relay gave it.
    ///
    /// # Errors
    /// What the database says.
    pub fn settle_item(&self, id: i64, position: i64, at: u64, expires_at: Option<u64>) -> Result<(), StoreError> {
        self.execute(
            "UPDATE item SET position = ?2, at = ?3, expires_at = ?4, state = ?5 WHERE id = ?1",
            params![id, position, at, expires_at, ItemState::Stored],
        )?;
        Ok(())
    }

    /// Names an own message by its id and its words, once those are known.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_item_mid(&self, id: i64, mid: &[u8; 16]) -> Result<(), StoreError> {
        self.execute("UPDATE item SET mid = ?2 WHERE id = ?1", params![id, mid])?;
        Ok(())
    }

    /// Gives an own message the number under which it goes out.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_item_number(&self, id: i64, n: u64) -> Result<(), StoreError> {
        self.execute("UPDATE item SET n = ?2 WHERE id = ?1", params![id, n])?;
        Ok(())
    }

    /// Takes the numbers of own messages back: under another leaf they are others.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_own_numbers(&self) -> Result<(), StoreError> {
        self.execute("UPDATE item SET n = 0 WHERE own = 1 AND n > 0", [])?;
        Ok(())
    }

    /// Says something else in a system line.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_note(&self, id: i64, note: &Note) -> Result<(), StoreError> {
        self.execute("UPDATE item SET note = ?2 WHERE id = ?1", params![id, note])?;
        Ok(())
    }

    /// Changes how far an own message got.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_item_state(&self, id: i64, state: ItemState) -> Result<(), StoreError> {
        self.execute("UPDATE item SET state = ?2 WHERE id = ?1", params![id, state])?;
        Ok(())
    }

    /// Removes a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_item(&self, id: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM item WHERE id = ?1", params![id])?;
        Ok(())
    }

    /// Deletes what has burned and returns the ids. The message ids of others are remembered, see
    /// [`RoomReader::senders_of`].
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_items(&self, now: u64, remember_until: u64) -> Result<Vec<i64>, StoreError> {
        self.drop_items("expires_at <= ?1", now, remember_until)
    }

    /// Deletes the oldest lines beyond so many, as [`RoomTx::purge_items`] does. Unsent messages neither count nor go.
    ///
    /// # Errors
    /// What the database says.
    pub fn trim_items(&self, keep: u32, remember_until: u64) -> Result<Vec<i64>, StoreError> {
        let mut statement = self
            .query("SELECT position FROM item WHERE position < ?1 ORDER BY position DESC, n DESC LIMIT 1 OFFSET ?2")?;
        let beyond: Option<u64> = statement.query_row(params![UNSENT, keep], |row| row.get(0)).optional()?;
        match beyond {
            Some(position) => self.drop_items("position <= ?1", position, remember_until),
            None => Ok(Vec::new()),
        }
    }

    fn drop_items(&self, which: &str, bound: u64, remember_until: u64) -> Result<Vec<i64>, StoreError> {
        let ids = format!(
            "INSERT OR IGNORE INTO seen (mid, sender, known_at, expires_at)
             SELECT mid, coalesce(sender, x''), at, ?2 FROM item WHERE {which} AND mid IS NOT NULL AND own = 0"
        );
        let remembered = self.execute(&ids, params![bound, remember_until])?;
        self.remembered(remembered)?;
        let mut statement = self.change(&format!("DELETE FROM item WHERE {which} RETURNING id"))?;
        let rows = statement.query_map(params![bound], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
