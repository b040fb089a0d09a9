//! Tables `card` and `upload_part`: messages that can be read once (protocol 4.10).
//!
//! A card belongs to a line of the timeline and goes with it. One of somebody else holds the key to its blob until it is opened,
//! taken back or closes; an own one holds it until the relay has the blob, and the message that goes out then has it.

use std::fmt;

use rusqlite::{OptionalExtension as _, Row, params};
use zeroize::Zeroizing;

use crate::{RoomReader, RoomTx, StoreError};

/// What is left of a card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CardState {
    /// It can be opened; an own one has not been seen by everybody.
    Sealed,
    /// It was opened here; an own one was, by everybody.
    Opened,
    /// Its time ended before that.
    Unread,
    /// The relay no longer has what is in it.
    Gone,
}

/// A message that can be read once.
#[derive(Clone, Eq, PartialEq)]
pub struct CardRow {
    /// Its line.
    pub item: i64,
    /// Seconds for which it can be read.
    pub seconds: u32,
    /// Seconds after which an own one burns, if that is sooner than the room's rules say.
    pub fuse: Option<u32>,
    /// What is left of it.
    pub state: CardState,
    /// Bytes of its content.
    pub size: u64,
    /// SHA-256 of the blob.
    pub digest: [u8; 32],
    /// Names the blob at the relay; none before there is one.
    pub blob_id: Option<[u8; 16]>,
    /// Deletes the blob there.
    pub del_token: [u8; 16],
    /// Opens the blob; none once it was destroyed.
    pub key: Option<Zeroizing<[u8; 32]>>,
    /// When it can be opened no more, unix seconds; none while an own one is on its way.
    pub closes_at: Option<u64>,
}

impl fmt::Debug for CardRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardRow").field("item", &self.item).field("state", &self.state).finish_non_exhaustive()
    }
}

impl CardRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            item: row.get("item")?,
            seconds: row.get("seconds")?,
            fuse: row.get("fuse")?,
            state: row.get("state")?,
            size: row.get("size")?,
            digest: row.get("digest")?,
            blob_id: row.get("blob_id")?,
            del_token: row.get("del_token")?,
            key: row.get::<_, Option<[u8; 32]>>("key")?.map(Zeroizing::new),
            closes_at: row.get("closes_at")?,
        })
    }
}

/// A part of a blob that waits to be uploaded.
#[derive(Clone, Eq, PartialEq)]
pub struct UploadPart {
    /// The number of its first byte.
    pub start: u64,
    /// What the relay is to get, at most.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for UploadPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UploadPart({} bytes at {})", self.bytes.len(), self.start)
    }
}

const COLUMNS: &str = "item, seconds, fuse, state, size, digest, blob_id, del_token, key, closes_at";

impl RoomReader<'_> {
    /// The card of a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn card(&self, item: i64) -> Result<Option<CardRow>, StoreError> {
        let mut statement = self.query(&format!("SELECT {COLUMNS} FROM card WHERE item = ?1"))?;
        Ok(statement.query_row([item], CardRow::from_row).optional()?)
    }

    /// The first own card behind that line of which the relay does not have everything.
    ///
    /// # Errors
    /// What the database says.
    pub fn next_upload(&self, after: i64) -> Result<Option<CardRow>, StoreError> {
        let mut statement = self.query(&format!(
            "SELECT {COLUMNS} FROM card
             WHERE item = (SELECT min(item) FROM upload_part WHERE item > ?1)"
        ))?;
        Ok(statement.query_row([after], CardRow::from_row).optional()?)
    }

    /// The part of a card's blob that holds a byte; none behind the end, where the whole has so many bytes as the number says.
    ///
    /// # Errors
    /// What the database says.
    pub fn upload_part(&self, item: i64, byte: u64) -> Result<Option<UploadPart>, StoreError> {
        let mut statement = self.query(
            "SELECT start, bytes FROM upload_part
             WHERE item = ?1 AND start <= ?2 AND start + length(bytes) > ?2",
        )?;
        let part =
            statement.query_row(params![item, byte], |row| Ok(UploadPart { start: row.get(0)?, bytes: row.get(1)? }));
        Ok(part.optional()?)
    }

    /// The size of a blob that waits to be uploaded.
    ///
    /// # Errors
    /// What the database says.
    pub fn upload_size(&self, item: i64) -> Result<u64, StoreError> {
        let mut statement = self.query("SELECT coalesce(sum(length(bytes)), 0) FROM upload_part WHERE item = ?1")?;
        Ok(statement.query_row([item], |row| row.get(0))?)
    }

    /// When the next card closes, unix seconds.
    ///
    /// # Errors
    /// What the database says.
    pub fn next_closing(&self) -> Result<Option<u64>, StoreError> {
        // The literal is the one of the index.
        let mut statement = self.query("SELECT min(closes_at) FROM card WHERE state = 1")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }
}

impl RoomTx<'_> {
    /// Adds a card to a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_card(&self, card: &CardRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO card (item, seconds, fuse, state, size, digest, blob_id, del_token, key, closes_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                card.item,
                card.seconds,
                card.fuse,
                card.state,
                card.size,
                card.digest,
                card.blob_id,
                card.del_token,
                card.key.as_deref(),
                card.closes_at,
            ],
        )?;
        Ok(())
    }

    /// Adds a part of what is to be uploaded.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_upload_part(&self, item: i64, start: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.execute("INSERT INTO upload_part (item, start, bytes) VALUES (?1, ?2, ?3)", params![item, start, bytes])?;
        Ok(())
    }

    /// Keeps what the relay calls the blob, or that it has none.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_card_blob(&self, item: i64, blob_id: Option<&[u8; 16]>) -> Result<(), StoreError> {
        self.execute("UPDATE card SET blob_id = ?2 WHERE item = ?1", params![item, blob_id])?;
        Ok(())
    }

    /// The relay has all of an own card's blob: parts and key go.
    ///
    /// # Errors
    /// What the database says.
    pub fn finish_upload(&self, item: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM upload_part WHERE item = ?1", [item])?;
        self.execute("UPDATE card SET key = NULL WHERE item = ?1", [item])?;
        Ok(())
    }

    /// An own card is at the relay, and closes at `closes_at`, unix seconds.
    ///
    /// # Errors
    /// What the database says.
    pub fn arm_card(&self, item: i64, closes_at: u64) -> Result<(), StoreError> {
        self.execute("UPDATE card SET closes_at = ?2 WHERE item = ?1", params![item, closes_at])?;
        Ok(())
    }

    /// Closes a card: its key goes. An own one is published again no more.
    ///
    /// # Errors
    /// What the database says.
    pub fn close_card(&self, item: i64, state: CardState) -> Result<(), StoreError> {
        self.execute("UPDATE card SET state = ?2, key = NULL WHERE item = ?1", params![item, state])?;
        self.execute("DELETE FROM outbox WHERE item = ?1 AND stored_seq IS NOT NULL", [item])?;
        Ok(())
    }

    /// Puts the key back into a card that was opened, and of which nothing was shown.
    ///
    /// # Errors
    /// What the database says.
    pub fn seal_card_again(&self, item: i64, key: &[u8; 32]) -> Result<(), StoreError> {
        self.execute("UPDATE card SET state = ?2, key = ?3 WHERE item = ?1", params![item, CardState::Sealed, key])?;
        Ok(())
    }

    /// Closes the cards whose time has ended by now, unix seconds. Returns their lines.
    ///
    /// # Errors
    /// What the database says.
    pub fn close_cards(&self, now: u64) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.query("SELECT item FROM card WHERE state = 1 AND closes_at <= ?1")?;
        let rows = statement.query_map([now], |row| row.get(0))?;
        let closed: Vec<i64> = rows.collect::<Result<_, _>>()?;
        for item in &closed {
            self.close_card(*item, CardState::Unread)?;
        }
        Ok(closed)
    }
}
