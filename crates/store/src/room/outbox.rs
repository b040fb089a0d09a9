//! Table `outbox`: own messages that the relay has not confirmed, in the order of writing.
//!
//! The bytes of a message are frozen at the first attempt; only the encryption around them changes. A sealed envelope is
//! stored before it is sent and resent as it is, so no key is ever used for two texts (protocol 4.7).

use rusqlite::{OptionalExtension as _, Row, params};
use zeroize::Zeroizing;

use crate::{RoomTx, StoreError};

/// A message to be sent.
#[derive(Clone, Copy, Debug)]
pub struct NewOutgoing {
    /// The line that shows it; none for messages that nobody sees.
    pub item: Option<i64>,
    /// Message id.
    pub mid: [u8; 16],
    /// Kind of the application message.
    pub kind: u32,
}

/// A message on its way.
#[derive(Clone, Eq, PartialEq)]
pub struct OutgoingRow {
    /// Order of writing.
    pub id: i64,
    /// The line that shows it.
    pub item: Option<i64>,
    /// Message id.
    pub mid: [u8; 16],
    /// Kind of the application message; a text is in its line.
    pub kind: u32,
    /// The frozen message; none before the first attempt.
    pub message: Option<Zeroizing<Vec<u8>>>,
    /// The newest attempt.
    pub sealed: Option<Sealed>,
}

/// A sealed attempt to send a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sealed {
    /// Names the message at the relay, the same for every attempt.
    pub cid: [u8; 16],
    /// The sealed bytes.
    pub envelope: Vec<u8>,
    /// SHA-256 of them.
    pub digest: [u8; 32],
    /// The epoch that they belong to.
    pub base: [u8; 16],
}

impl std::fmt::Debug for OutgoingRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingRow").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl OutgoingRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let cid: Option<[u8; 16]> = row.get("cid")?;
        let sealed = match cid {
            None => None,
            Some(cid) => {
                Some(Sealed { cid, envelope: row.get("envelope")?, digest: row.get("digest")?, base: row.get("base")? })
            }
        };
        Ok(Self {
            id: row.get("id")?,
            item: row.get("item")?,
            mid: row.get("mid")?,
            kind: row.get("kind")?,
            message: row.get::<_, Option<Vec<u8>>>("message")?.map(Zeroizing::new),
            sealed,
        })
    }
}

const COLUMNS: &str = "id, item, mid, kind, message, cid, envelope, digest, base";

impl RoomTx<'_> {
    /// Adds a message at the end.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_outgoing(&self, outgoing: &NewOutgoing) -> Result<i64, StoreError> {
        self.transaction
            .prepare_cached("INSERT INTO outbox (item, mid, kind) VALUES (?1, ?2, ?3)")?
            .execute(params![outgoing.item, outgoing.mid, outgoing.kind])?;
        Ok(self.transaction.last_insert_rowid())
    }

    /// Everything on its way, in the order of writing, starting behind `after`.
    ///
    /// # Errors
    /// What the database says.
    pub fn outgoing_after(&self, after: i64, limit: u32) -> Result<Vec<OutgoingRow>, StoreError> {
        let mut statement = self
            .transaction
            .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2"))?;
        let rows = statement.query_map(params![after, limit], OutgoingRow::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest row; 0 if there is none.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_outgoing(&self) -> Result<i64, StoreError> {
        let mut statement = self.transaction.prepare_cached("SELECT coalesce(max(id), 0) FROM outbox")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The message that was sealed into these bytes, if it is ours.
    ///
    /// # Errors
    /// What the database says.
    pub fn outgoing_by_digest(&self, digest: &[u8; 32]) -> Result<Option<OutgoingRow>, StoreError> {
        let mut statement =
            self.transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE digest = ?1"))?;
        Ok(statement.query_row(params![digest], OutgoingRow::from_row).optional()?)
    }

    /// The message behind a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn outgoing_of_item(&self, item: i64) -> Result<Option<OutgoingRow>, StoreError> {
        let mut statement =
            self.transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE item = ?1"))?;
        Ok(statement.query_row(params![item], OutgoingRow::from_row).optional()?)
    }

    /// Keeps the frozen message and its sealed bytes before they are sent.
    ///
    /// # Errors
    /// What the database says.
    pub fn seal_outgoing(&self, id: i64, message: &[u8], sealed: &Sealed) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "UPDATE outbox SET message = ?2, cid = ?3, envelope = ?4, digest = ?5, base = ?6 WHERE id = ?1",
            )?
            .execute(params![id, message, sealed.cid, sealed.envelope, sealed.digest, sealed.base])?;
        Ok(())
    }

    /// The message is stored at the relay, or was withdrawn.
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_outgoing(&self, id: i64) -> Result<(), StoreError> {
        self.transaction.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute(params![id])?;
        Ok(())
    }
}
