//! Table `recipient`: who has confirmed a message. Of cards, and of own messages where the room confirms.

use rusqlite::params;

use crate::{CardState, RoomReader, RoomTx, StoreError};

/// How far a message got with one of its recipients.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confirmed {
    /// Nothing is known.
    No,
    /// It came.
    Delivered,
    /// It was seen.
    Viewed,
}

/// How many of a message's recipients have confirmed it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Confirmations {
    /// Its recipients, but those who left before they confirmed that they saw it.
    pub recipients: u32,
    /// To whom it came, also those who saw it.
    pub delivered: u32,
    /// Who saw it.
    pub viewed: u32,
}

impl RoomReader<'_> {
    /// How many have confirmed a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn confirmations(&self, item: i64) -> Result<Confirmations, StoreError> {
        let mut statement = self.query(
            "SELECT count(*), coalesce(sum(confirmed >= ?2), 0), coalesce(sum(confirmed >= ?3), 0)
             FROM recipient WHERE item = ?1",
        )?;
        let confirmed = params![item, Confirmed::Delivered, Confirmed::Viewed];
        Ok(statement.query_row(confirmed, |row| {
            Ok(Confirmations { recipients: row.get(0)?, delivered: row.get(1)?, viewed: row.get(2)? })
        })?)
    }

    /// From whom it is not known yet that they have seen something.
    ///
    /// # Errors
    /// What the database says.
    pub fn awaited(&self) -> Result<Vec<[u8; 16]>, StoreError> {
        let mut statement = self.query("SELECT DISTINCT member FROM recipient WHERE confirmed < ?1")?;
        let rows = statement.query_map([Confirmed::Viewed], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lines of others' cards that were opened here and that a member, who is this one, has not confirmed.
    ///
    /// # Errors
    /// What the database says.
    pub fn opened_unconfirmed(&self, own: &[u8; 16]) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.query(
            "SELECT card.item FROM card JOIN recipient USING (item) JOIN item ON item.id = card.item
             WHERE card.state = ?1 AND item.own = 0 AND member = ?2 AND confirmed < ?3",
        )?;
        let rows = statement.query_map(params![CardState::Opened, own, Confirmed::Viewed], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lines of others behind `after` and up to `up_to` that are to be confirmed, with the ids of their messages, the oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn unconfirmed(&self, after: i64, up_to: i64, limit: u32) -> Result<Vec<(i64, [u8; 16])>, StoreError> {
        let mut statement = self.query(
            "SELECT id, message_id FROM item
             WHERE id > ?1 AND id <= ?2 AND own = 0 AND kind = 1 AND message_id IS NOT NULL ORDER BY id LIMIT ?3",
        )?;
        let rows = statement.query_map(params![after, up_to, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// Keeps who is to confirm a line.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_recipients(&self, item: i64, members: &[[u8; 16]]) -> Result<(), StoreError> {
        for member in members {
            self.execute(
                "INSERT OR IGNORE INTO recipient (item, member, confirmed) VALUES (?1, ?2, ?3)",
                params![item, member, Confirmed::No],
            )?;
        }
        Ok(())
    }

    /// A member has confirmed a message. Returns the lines of which more is known now.
    ///
    /// # Errors
    /// What the database says.
    pub fn confirm(
        &self,
        message_id: &[u8; 16],
        member: &[u8; 16],
        confirmed: Confirmed,
    ) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.change(
            "UPDATE recipient SET confirmed = ?3
             WHERE item IN (SELECT id FROM item WHERE message_id = ?1) AND member = ?2 AND confirmed < ?3
             RETURNING item",
        )?;
        let rows = statement.query_map(params![message_id, member, confirmed], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Somebody left: what they have not seen they never will. Returns the lines that wait for them no more.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_recipient(&self, member: &[u8; 16]) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.change("DELETE FROM recipient WHERE member = ?1 AND confirmed < ?2 RETURNING item")?;
        let rows = statement.query_map(params![member, Confirmed::Viewed], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
