//! Table `outbox`: own messages on their way, in the order of writing, and for a day those that arrived.
//!
//! What a message says is its draft, and nothing else is asked about it: whatever can be composed can be sent. The draft
//! goes with the row, and the row with the line that shows it (foreign key), so a text that burned is not in here either.
//!
//! The bytes of a message are frozen at the first attempt; only the encryption around them changes. A sealed envelope
//! is stored before it is sent and resent as it is, so no key is ever used for two texts (protocol 4.7). A message that
//! the relay has stored keeps its row, so that it can be published again, under a new name, for whoever comes over from
//! another branch (protocol 4.6.7).

use std::fmt;

use rusqlite::{OptionalExtension as _, Row, params};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{RoomReader, RoomTx, StoreError};

/// What a message says, encoded, from when it was composed: plaintext. Wiped when dropped, silent in `Debug`; the store
/// does not look into it.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Draft(Vec<u8>);

impl Draft {
    /// Takes the bytes over.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft(..)")
    }
}

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct NewOutgoing {
    /// The line that shows it; none for messages that are not shown.
    pub item: Option<i64>,
    /// Message id.
    pub mid: [u8; 16],
    /// What it says.
    pub draft: Draft,
    /// Seconds after which it burns, if that is sooner than the room's rules say.
    pub fuse: Option<u32>,
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
    /// What it says.
    pub draft: Draft,
    /// The frozen message; none before the first attempt.
    pub message: Option<Zeroizing<Vec<u8>>>,
    /// Its name at the relay, once it has one.
    pub cid: Option<[u8; 16]>,
    /// The newest attempt.
    pub sealed: Option<Sealed>,
    /// Its name at the relay before it was published again.
    pub replaces: Option<[u8; 16]>,
    /// When it got bytes for the first time, under whichever leaf, unix seconds: from then on the relay may have it.
    pub written_at: Option<u64>,
    /// It had bytes under another leaf.
    pub other_leaf: bool,
    /// Seconds after which it burns, if that is sooner than the room's rules say.
    pub fuse: Option<u32>,
    /// Deletes it at the relay, once it was sealed.
    pub del_token: Option<[u8; 16]>,
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

impl fmt::Debug for OutgoingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingRow").field("id", &self.id).finish_non_exhaustive()
    }
}

impl OutgoingRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (cid, envelope): (Option<[u8; 16]>, Option<Vec<u8>>) = (row.get("cid")?, row.get("envelope")?);
        let sealed = match (cid, envelope) {
            (Some(cid), Some(envelope)) => {
                Some(Sealed { cid, envelope, digest: row.get("digest")?, base: row.get("base")? })
            }
            _ => None,
        };
        Ok(Self {
            id: row.get("id")?,
            item: row.get("item")?,
            mid: row.get("mid")?,
            draft: Draft::new(row.get("draft")?),
            message: row.get::<_, Option<Vec<u8>>>("message")?.map(Zeroizing::new),
            cid,
            sealed,
            replaces: row.get("replaces")?,
            written_at: row.get("written_at")?,
            other_leaf: row.get("other_leaf")?,
            fuse: row.get("fuse")?,
            del_token: row.get("del_token")?,
        })
    }
}

const COLUMNS: &str =
    "id, item, mid, draft, message, cid, envelope, digest, base, replaces, written_at, other_leaf, fuse,
     del_token";

impl RoomReader<'_> {
    /// Everything on its way, in the order of writing, starting behind `after`.
    ///
    /// # Errors
    /// What the database says.
    pub fn outgoing_after(&self, after: i64, limit: u32) -> Result<Vec<OutgoingRow>, StoreError> {
        let mut statement = self.query(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE id > ?1 AND stored_seq IS NULL ORDER BY id LIMIT ?2"
        ))?;
        let rows = statement.query_map(params![after, limit], OutgoingRow::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The next row on its way behind that one of which no line tells.
    ///
    /// # Errors
    /// What the database says.
    pub fn unseen_after(&self, after: i64) -> Result<Option<OutgoingRow>, StoreError> {
        let mut statement = self.query(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE id > ?1 AND stored_seq IS NULL AND item IS NULL ORDER BY id LIMIT 1"
        ))?;
        Ok(statement.query_row([after], OutgoingRow::from_row).optional()?)
    }

    /// The newest row on its way; 0 if there is none.
    ///
    /// # Errors
    /// What the database says.
    pub fn newest_outgoing(&self) -> Result<i64, StoreError> {
        let mut statement = self.query("SELECT coalesce(max(id), 0) FROM outbox WHERE stored_seq IS NULL")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// Whether an own message is known to be at the relay in this envelope. Its number says nothing: a log that was put
    /// back gives numbers out again.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_stored_as(&self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        let mut statement = self.query("SELECT 1 FROM outbox WHERE stored_seq IS NOT NULL AND digest = ?1")?;
        Ok(statement.exists(params![digest])?)
    }

    /// The message that was sealed into these bytes, if it is ours.
    ///
    /// # Errors
    /// What the database says.
    pub fn outgoing_by_digest(&self, digest: &[u8; 32]) -> Result<Option<OutgoingRow>, StoreError> {
        let mut statement =
            self.query(&format!("SELECT {COLUMNS} FROM outbox WHERE digest = ?1 AND stored_seq IS NULL"))?;
        Ok(statement.query_row(params![digest], OutgoingRow::from_row).optional()?)
    }

    /// The message behind a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn outgoing_of_item(&self, item: i64) -> Result<Option<OutgoingRow>, StoreError> {
        let mut statement =
            self.query(&format!("SELECT {COLUMNS} FROM outbox WHERE item = ?1 AND stored_seq IS NULL"))?;
        Ok(statement.query_row(params![item], OutgoingRow::from_row).optional()?)
    }

    /// Whether a message that is published again may go out: `may_read` looks at those who could read it.
    ///
    /// # Errors
    /// What the database says.
    pub fn may_publish(&self, id: i64, may_read: impl Fn(&[[u8; 32]]) -> bool) -> Result<bool, StoreError> {
        Ok(!self.kept_for("id = ?1", params![id], may_read)?.is_empty())
    }

    /// Rows and lines of messages whose readers are known and of whom `holds` says yes.
    fn kept_for(
        &self,
        which: &str,
        params: impl rusqlite::Params,
        holds: impl Fn(&[[u8; 32]]) -> bool,
    ) -> Result<Vec<(i64, Option<i64>)>, StoreError> {
        let mut statement = self.query(&format!(
            "SELECT outbox.id, item, leaf_keys FROM outbox LEFT JOIN audience ON audience.base = outbox.audience
             WHERE {which} ORDER BY outbox.id"
        ))?;
        let rows = statement.query_map(params, |row| {
            // No readers are known of what was sealed before they were kept (step 8).
            let keys = row.get_ref(2)?.as_blob_or_null()?.unwrap_or_default();
            Ok(holds(keys.as_chunks().0).then_some((row.get(0)?, row.get(1)?)))
        })?;
        rows.filter_map(Result::transpose).collect::<Result<_, _>>().map_err(Into::into)
    }

    /// How many messages with a line the relay stored behind a number.
    ///
    /// # Errors
    /// What the database says.
    pub fn stored_after(&self, seq: u64) -> Result<u32, StoreError> {
        let mut statement = self.query("SELECT count(*) FROM outbox WHERE stored_seq > ?1 AND item IS NOT NULL")?;
        Ok(statement.query_row([seq], |row| row.get(0))?)
    }
}

impl RoomTx<'_> {
    /// Adds a message at the end.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_outgoing(&self, outgoing: &NewOutgoing) -> Result<i64, StoreError> {
        self.execute(
            "INSERT INTO outbox (item, mid, draft, fuse) VALUES (?1, ?2, ?3, ?4)",
            params![outgoing.item, outgoing.mid, outgoing.draft.expose(), outgoing.fuse],
        )?;
        Ok(self.inserted())
    }

    /// Keeps the frozen message, which has been written at `now`, unix seconds, unless it was before, and its sealed
    /// bytes before they are sent. `leaf_keys` are those of who can read it; what is published again keeps the readers
    /// that it had.
    ///
    /// # Errors
    /// What the database says.
    pub fn seal_outgoing(
        &self,
        id: i64,
        message: &[u8],
        now: u64,
        sealed: &Sealed,
        leaf_keys: &[[u8; 32]],
    ) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET message = ?2, cid = ?3, envelope = ?4, digest = ?5, base = ?6,
                               written_at = coalesce(written_at, ?7),
                               audience = iif(replaces IS NULL, ?6, audience)
             WHERE id = ?1",
            params![id, message, sealed.cid, sealed.envelope, sealed.digest, sealed.base, now],
        )?;
        self.execute(
            "INSERT OR IGNORE INTO audience (base, leaf_keys) VALUES (?1, ?2)",
            params![sealed.base, leaf_keys.as_flattened()],
        )?;
        Ok(())
    }

    /// Keeps what deletes a message at the relay.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_del_token(&self, id: i64, del_token: &[u8; 16]) -> Result<(), StoreError> {
        self.execute("UPDATE outbox SET del_token = ?2 WHERE id = ?1", params![id, del_token])?;
        Ok(())
    }

    /// The relay has stored the message under this number. Its row stays until `kept_until`, unix seconds, or until its
    /// line burns. What is stored a second time stays as long as it was to stay the first time.
    ///
    /// # Errors
    /// What the database says.
    pub fn outgoing_stored(&self, id: i64, seq: u64, kept_until: u64) -> Result<(), StoreError> {
        self.execute(
            "UPDATE outbox SET stored_seq = ?2, kept_until = coalesce(kept_until, ?3), envelope = NULL,
                               base = NULL
             WHERE id = ?1",
            params![id, seq, kept_until],
        )?;
        Ok(())
    }

    /// Puts the messages on their way again that the relay stored behind a number, each at most `most` times, while its
    /// time is not over at `now`, unix seconds, and if `may_read` allows those who could read it to be all who can now:
    /// `cid` names them anew. Their bytes, and so their place in the order, stay. Returns their rows and lines.
    ///
    /// # Errors
    /// What the database says.
    pub fn publish_again(
        &self,
        after: u64,
        most: u32,
        now: u64,
        may_read: impl Fn(&[[u8; 32]]) -> bool,
        mut cid: impl FnMut() -> [u8; 16],
    ) -> Result<Vec<(i64, Option<i64>)>, StoreError> {
        let which = "stored_seq > ?1 AND published < ?2 AND kept_until > ?3";
        let again = self.kept_for(which, params![after, most, now], may_read)?;
        for (id, _) in &again {
            // The relay has it in the envelope of before, too, which may come back.
            self.execute(
                "INSERT OR IGNORE INTO given_up (name)
                 SELECT substr(digest, 1, 16) FROM outbox WHERE id = ?1 AND digest IS NOT NULL",
                [id],
            )?;
            self.execute(
                "UPDATE outbox SET replaces = cid, cid = ?2, digest = NULL, stored_seq = NULL, published = published + 1
                 WHERE id = ?1",
                params![id, cid()],
            )?;
        }
        Ok(again)
    }

    /// Takes back what is being published again and may not go out any more. Returns how many of them have a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn hold_back(&self, kept_until: u64, may_read: impl Fn(&[[u8; 32]]) -> bool) -> Result<u32, StoreError> {
        let held = self.kept_for("stored_seq IS NULL AND replaces IS NOT NULL", [], |keys| !may_read(keys))?;
        for (id, _) in &held {
            self.outgoing_stored(*id, 0, kept_until)?;
        }
        Ok(u32::try_from(held.iter().filter(|(_, item)| item.is_some()).count()).unwrap_or(u32::MAX))
    }

    /// Takes the bytes of all messages back, because their numbering is another sender's from now on. Those without a
    /// line are dropped. Returns those that had bytes, in the order of writing.
    ///
    /// # Errors
    /// What the database says.
    pub fn unfreeze_outgoing(&self) -> Result<Vec<OutgoingRow>, StoreError> {
        self.execute("DELETE FROM outbox WHERE item IS NULL", [])?;
        let mut statement =
            self.query(&format!("SELECT {COLUMNS} FROM outbox WHERE message IS NOT NULL ORDER BY id"))?;
        let rows = statement.query_map([], OutgoingRow::from_row)?;
        let frozen = rows.collect::<Result<_, _>>()?;
        self.execute(
            "UPDATE outbox SET message = NULL, envelope = NULL, digest = NULL, base = NULL,
                               other_leaf = max(other_leaf, message IS NOT NULL)",
            [],
        )?;
        Ok(frozen)
    }

    /// Keeps the bytes of a message.
    ///
    /// # Errors
    /// What the database says.
    pub fn freeze_outgoing(&self, id: i64, message: &[u8]) -> Result<(), StoreError> {
        self.execute("UPDATE outbox SET message = ?2 WHERE id = ?1", params![id, message])?;
        Ok(())
    }

    /// Forgets messages whose time is over, also those that are on their way again. Returns how many of these have a
    /// line. Which of them the relay may have is remembered of the newest `keep`, see [`RoomReader::has_given_up`].
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_outbox(&self, now: u64, keep: usize) -> Result<u32, StoreError> {
        let overdue = "SELECT count(*) FROM outbox WHERE kept_until <= ?1 AND stored_seq IS NULL AND item IS NOT NULL";
        let overdue = self.query(overdue)?.query_row(params![now], |row| row.get(0))?;
        let given_up = "INSERT OR IGNORE INTO given_up (name) SELECT substr(digest, 1, 16) FROM outbox
             WHERE kept_until <= ?1 AND stored_seq IS NULL AND digest IS NOT NULL ORDER BY id";
        self.execute(given_up, params![now])?;
        self.bound_given_up(keep)?;
        self.execute("DELETE FROM outbox WHERE kept_until <= ?1", params![now])?;
        Ok(overdue)
    }

    /// Forgets who was in epochs in which no message was sealed that can be published again.
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_audiences(&self) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM audience WHERE base NOT IN (SELECT audience FROM outbox WHERE audience IS NOT NULL)",
            [],
        )?;
        Ok(())
    }
}
