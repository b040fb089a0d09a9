//! Table `former_name`: the names of those who left, and what others were called before.

use rusqlite::params;

use crate::{RoomReader, RoomTx, StoreError};

impl RoomReader<'_> {
    /// Names that members do not have any more, each with the id of the member.
    ///
    /// # Errors
    /// What the database says.
    pub fn former_names(&self, now: u64) -> Result<Vec<([u8; 16], String)>, StoreError> {
        let mut statement = self.query("SELECT member_id, nick FROM former_name WHERE expires_at > ?1")?;
        let rows = statement.query_map(params![now], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// Keeps a name that a member does not have any more, until this time in unix seconds. Of more than
    /// [`FORMER_NAMES`] those go that would go first.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep_former_name(&self, member_id: &[u8; 16], nick: &str, expires_at: u64) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO former_name (member_id, nick, expires_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (member_id, nick) DO UPDATE SET expires_at = ?3",
            params![member_id, nick, expires_at],
        )?;
        self.execute(
            "DELETE FROM former_name WHERE (member_id, nick) IN
                 (SELECT member_id, nick FROM former_name ORDER BY expires_at DESC LIMIT -1 OFFSET ?1)",
            params![FORMER_NAMES],
        )?;
        Ok(())
    }

    /// Forgets names that are not shown any more.
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_former_names(&self, now: u64) -> Result<(), StoreError> {
        self.execute("DELETE FROM former_name WHERE expires_at <= ?1", params![now])?;
        Ok(())
    }
}

/// Former names that a room keeps.
pub const FORMER_NAMES: u32 = 1024;
