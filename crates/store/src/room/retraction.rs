//! Tables `relay_copy`, `deletion` and `retracted`: what was taken back here and is to go at the relay, and what others have taken back.

use std::fmt;

use rusqlite::{OptionalExtension as _, params};

use crate::{ItemKind, Note, RoomReader, RoomTx, StoreError};

/// What a relay is to delete.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Deleted {
    /// The entry with this number.
    Entry(u64),
    /// The blob with this name.
    Blob([u8; 16]),
}

/// Something that the relay has not deleted yet.
#[derive(Clone, Eq, PartialEq)]
pub struct Deletion {
    /// Names it here.
    pub id: i64,
    /// What is to go.
    pub what: Deleted,
    /// Shows the right to that.
    pub del_token: [u8; 16],
}

impl fmt::Debug for Deletion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deletion").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How many messages of one sender that were taken back are remembered; those go first that would go soonest.
const RETRACTED_BY_ONE: u32 = 1000;
/// Of all senders: as many as a room can hold.
const RETRACTED: u32 = 256 * RETRACTED_BY_ONE;

/// Lines that are looked through for what an author took back.
const GAPS_LOOK: u32 = 4096;

impl RoomReader<'_> {
    /// The number of an own message; 0 if it has none under the own leaf, or no line any more.
    ///
    /// # Errors
    /// What the database says.
    pub fn own_number(&self, message_id: &[u8; 16]) -> Result<u64, StoreError> {
        let mut statement = self.query("SELECT n FROM item WHERE message_id = ?1 AND own = 1")?;
        Ok(statement.query_row([message_id], |row| row.get(0)).optional()?.unwrap_or_default())
    }

    /// The lines that say that messages of a member are missing, among the newest ones.
    ///
    /// # Errors
    /// What the database says.
    pub fn gaps_of(&self, member: &[u8; 16]) -> Result<Vec<(i64, Note)>, StoreError> {
        let mut statement = self.query(
            "SELECT id, note FROM (SELECT id, note FROM item ORDER BY id DESC LIMIT ?1) WHERE note IS NOT NULL",
        )?;
        let rows = statement
            .query_map([GAPS_LOOK], |row| Ok((row.get::<_, i64>(0)?, Note::decode(row.get_ref(1)?.as_blob()?))))?;
        let mut gaps = Vec::new();
        for row in rows {
            if let (id, Some(note @ Note::Gap { range: Some(range), .. })) = row?
                && range.member == *member
            {
                gaps.push((id, note));
            }
        }
        Ok(gaps)
    }

    /// What the relay is to delete behind `after`, the oldest first.
    ///
    /// # Errors
    /// What the database says; [`StoreError::Damaged`] for a row that names neither an entry nor a blob.
    pub fn deletions(&self, after: i64, limit: u32) -> Result<Vec<Deletion>, StoreError> {
        let mut statement =
            self.query("SELECT id, seq, blob_id, del_token FROM deletion WHERE id > ?1 ORDER BY id LIMIT ?2")?;
        let mut rows = statement.query(params![after, limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let what = match (row.get(1)?, row.get(2)?) {
                (Some(seq), None) => Deleted::Entry(seq),
                (None, Some(blob_id)) => Deleted::Blob(blob_id),
                _ => return Err(StoreError::Damaged),
            };
            found.push(Deletion { id: row.get(0)?, what, del_token: row.get(3)? });
        }
        Ok(found)
    }

    /// Whether a sender has taken a message back.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_retracted(&self, message_id: &[u8; 16], sender: &[u8; 16]) -> Result<bool, StoreError> {
        let mut statement = self.query("SELECT 1 FROM retracted WHERE message_id = ?1 AND sender = ?2")?;
        Ok(statement.exists(params![message_id, sender])?)
    }
}

impl RoomTx<'_> {
    /// The relay has an own line as an entry with this number.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_copy(&self, item: i64, seq: u64, del_token: &[u8; 16]) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO relay_copy (item, seq, del_token) VALUES (?1, ?2, ?3)",
            params![item, seq, del_token],
        )?;
        Ok(())
    }

    /// Has the relay delete all that it has of an own line.
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_copies(&self, item: i64) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO deletion (seq, del_token) SELECT seq, del_token FROM relay_copy WHERE item = ?1",
            [item],
        )?;
        self.execute("DELETE FROM relay_copy WHERE item = ?1", [item])?;
        Ok(())
    }

    /// Has the relay delete a blob.
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_blob(&self, blob_id: &[u8; 16], del_token: &[u8; 16]) -> Result<(), StoreError> {
        self.execute("INSERT INTO deletion (blob_id, del_token) VALUES (?1, ?2)", params![blob_id, del_token])?;
        Ok(())
    }

    /// The relay has deleted it, or never will.
    ///
    /// # Errors
    /// What the database says.
    pub fn settle_deletion(&self, id: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM deletion WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Empties a line that was taken back: what it said goes, and its card or its link. Of an own one that the relay has nothing is
    /// published again.
    ///
    /// # Errors
    /// What the database says.
    pub fn empty_item(&self, item: i64) -> Result<(), StoreError> {
        self.execute("UPDATE item SET kind = ?2, body = '' WHERE id = ?1", params![item, ItemKind::Retracted])?;
        self.execute("DELETE FROM card WHERE item = ?1", [item])?;
        self.execute("DELETE FROM move WHERE item = ?1", [item])?;
        self.execute("DELETE FROM recipient WHERE item = ?1", [item])?;
        self.execute("DELETE FROM outbox WHERE item = ?1 AND stored_seq IS NOT NULL", [item])?;
        Ok(())
    }

    /// The lines of others' messages with this id, and from whom each is.
    ///
    /// # Errors
    /// What the database says.
    pub fn items_of_message(&self, message_id: &[u8; 16]) -> Result<Vec<(i64, [u8; 16])>, StoreError> {
        let mut statement =
            self.query("SELECT id, sender FROM item WHERE message_id = ?1 AND own = 0 AND sender IS NOT NULL")?;
        let rows = statement.query_map([message_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers until `expires_at`, unix seconds, that a sender has taken a message back.
    ///
    /// # Errors
    /// What the database says.
    pub fn remember_retracted(
        &self,
        message_id: &[u8; 16],
        sender: &[u8; 16],
        expires_at: u64,
    ) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR IGNORE INTO retracted (message_id, sender, expires_at) VALUES (?1, ?2, ?3)",
            params![message_id, sender, expires_at],
        )?;
        Ok(())
    }

    /// Forgets what was taken back so long ago that it does not come any more, and what is too much, of one sender and of all: who takes
    /// back what never was has nobody else's forgotten.
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_retracted(&self, now: u64) -> Result<(), StoreError> {
        self.execute("DELETE FROM retracted WHERE expires_at <= ?1", [now])?;
        self.execute(
            "DELETE FROM retracted WHERE (message_id, sender) IN
                 (SELECT message_id, sender FROM
                     (SELECT message_id, sender,
                             row_number() OVER (PARTITION BY sender ORDER BY expires_at DESC) AS of_one,
                             row_number() OVER (ORDER BY expires_at DESC) AS of_all
                      FROM retracted)
                  WHERE of_one > ?1 OR of_all > ?2)",
            [RETRACTED_BY_ONE, RETRACTED],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;

    use super::*;
    use crate::{Persistence, Vault};

    #[test]
    fn who_takes_back_what_never_was_has_the_own_forgotten_first() {
        let mut room = Vault::in_memory().unwrap().begin_room(Persistence::InMemory, 0, &mut OsRng).unwrap().store;
        let id = |n: u32| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            id
        };
        let (alice, mallory) = ([1; 16], [2; 16]);
        room.write(|tx| {
            tx.remember_retracted(&id(0), &alice, 100)?;
            for n in 0..RETRACTED_BY_ONE + 2 {
                tx.remember_retracted(&id(n), &mallory, 200 + u64::from(n))?;
            }
            tx.purge_retracted(99)?;
            assert!(tx.is_retracted(&id(0), &alice)?);
            assert!(!tx.is_retracted(&id(1), &mallory)? && tx.is_retracted(&id(2), &mallory)?);
            tx.purge_retracted(100)?;
            assert!(!tx.is_retracted(&id(0), &alice)?, "its time is over");
            Ok::<_, StoreError>(())
        })
        .unwrap();
    }
}
