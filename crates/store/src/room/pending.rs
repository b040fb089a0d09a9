//! Table `pending`: the one commit, join or creation whose answer is outstanding; and table `given_up`: what was
//! given up before one came, messages of the outbox among them.
//!
//! It is stored, with the group state that belongs to it, before the first byte is sent. A lost answer or a crash is
//! followed by the same bytes under the same `cid`, so it never leaves a leaf that nobody holds (protocol 4.6.3,
//! 4.6.4).

use rusqlite::{OptionalExtension as _, params};

use crate::{RoomReader, RoomTx, StoreError};

/// What is outstanding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PendingKind {
    /// CREATE of the room.
    Create,
    /// The external commit of a join.
    Join,
    /// An own commit.
    Commit,
    /// An own commit that travels with an order of the owner.
    Ordered,
}

/// What is outstanding, with everything that is needed to send it again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PendingRow {
    /// What it is.
    pub kind: PendingKind,
    /// Names the attempt at the relay.
    pub cid: [u8; 16],
    /// What the relay's head must be.
    pub head: [u8; 16],
    /// The epoch that it was made in.
    pub base: [u8; 16],
    /// The name of the commit, once it is stored.
    pub tag: [u8; 16],
    /// The sealed commit; for a creation, the deed.
    pub blob: Vec<u8>,
    /// The sealed GroupInfo.
    pub group_info: Vec<u8>,
    /// The sealed place.
    pub place: Vec<u8>,
    /// The member-auth key that it registers.
    pub member_key: [u8; 32],
}

impl RoomReader<'_> {
    /// What is outstanding.
    ///
    /// # Errors
    /// What the database says.
    pub fn pending(&self) -> Result<Option<PendingRow>, StoreError> {
        let mut statement =
            self.query("SELECT kind, cid, head, base, tag, blob, group_info, place, member_key FROM pending")?;
        let row = statement.query_row([], |row| {
            Ok(PendingRow {
                kind: row.get(0)?,
                cid: row.get(1)?,
                head: row.get(2)?,
                base: row.get(3)?,
                tag: row.get(4)?,
                blob: row.get(5)?,
                group_info: row.get(6)?,
                place: row.get(7)?,
                member_key: row.get(8)?,
            })
        });
        Ok(row.optional()?)
    }

    /// Whether an own commit with this tag, or an own message whose digest begins so, was given up.
    ///
    /// # Errors
    /// What the database says.
    pub fn has_given_up(&self, name: &[u8; 16]) -> Result<bool, StoreError> {
        let mut statement = self.query("SELECT 1 FROM given_up WHERE name = ?1")?;
        Ok(statement.exists([name])?)
    }

    /// The names of all own commits and messages that were given up.
    ///
    /// # Errors
    /// What the database says.
    pub fn given_up(&self) -> Result<Vec<[u8; 16]>, StoreError> {
        let mut statement = self.query("SELECT name FROM given_up")?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// Keeps what is about to be sent, replacing what was outstanding.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_pending(&self, pending: &PendingRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO pending (only, kind, cid, head, base, tag, blob, group_info, place, member_key)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                pending.kind,
                pending.cid,
                pending.head,
                pending.base,
                pending.tag,
                pending.blob,
                pending.group_info,
                pending.place,
                pending.member_key,
            ],
        )?;
        Ok(())
    }

    /// Gives up what is outstanding, without knowing whether the relay has it. Of such commits the newest `keep` are
    /// remembered.
    ///
    /// # Errors
    /// What the database says.
    pub fn give_up_pending(&self, keep: usize) -> Result<(), StoreError> {
        self.execute("INSERT OR IGNORE INTO given_up (name) SELECT tag FROM pending", [])?;
        self.bound_given_up(keep)?;
        self.clear_pending()
    }

    pub(super) fn bound_given_up(&self, keep: usize) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM given_up
             WHERE rowid <= (SELECT rowid FROM given_up ORDER BY rowid DESC LIMIT 1 OFFSET ?1)",
            [keep],
        )?;
        Ok(())
    }

    /// Nothing is outstanding.
    ///
    /// # Errors
    /// What the database says.
    pub fn clear_pending(&self) -> Result<(), StoreError> {
        self.execute("DELETE FROM pending", [])?;
        Ok(())
    }
}
