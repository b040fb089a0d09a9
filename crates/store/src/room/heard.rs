//! Table `heard`: in which hour each member was last heard of. No finer, so that the file says no more than people
//! need.

use rusqlite::params;

use crate::{RoomReader, RoomTx, StoreError};

impl RoomReader<'_> {
    /// The beginning of the hour in which each member was last heard of, unix seconds. Who never was is not among them.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_heard(&self) -> Result<Vec<([u8; 16], u64)>, StoreError> {
        let mut statement = self.query("SELECT member_id, hour FROM heard")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// A member showed to be there at `at`, unix seconds; an earlier time than the known one changes nothing.
    ///
    /// # Errors
    /// What the database says.
    pub fn heard(&self, member_id: &[u8; 16], at: u64) -> Result<(), StoreError> {
        let hour = at.saturating_sub(at % HOUR);
        self.execute(
            "INSERT INTO heard (member_id, hour) VALUES (?1, ?2)
             ON CONFLICT (member_id) DO UPDATE SET hour = ?2 WHERE hour < ?2",
            params![member_id, hour],
        )?;
        Ok(())
    }

    /// Forgets a member who left.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_heard(&self, member_id: &[u8; 16]) -> Result<(), StoreError> {
        self.execute("DELETE FROM heard WHERE member_id = ?1", params![member_id])?;
        Ok(())
    }
}

const HOUR: u64 = 3600;

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;

    use crate::{Persistence, StoreError, Vault};

    #[test]
    fn the_newest_hour_counts_and_no_minute_is_kept() {
        let mut room = Vault::in_memory().unwrap().begin_room(Persistence::InMemory, 0, &mut OsRng).unwrap().store;
        let heard = room.write(|tx| {
            tx.heard(&[1; 16], 7_201)?;
            tx.heard(&[1; 16], 3_600)?;
            tx.heard(&[2; 16], 10_799)?;
            tx.heard(&[3; 16], 1)?;
            tx.forget_heard(&[3; 16])?;
            tx.last_heard()
        });
        assert_eq!(heard.unwrap(), [([1; 16], 7_200), ([2; 16], 7_200)]);
        let again = room.write(|tx| {
            tx.heard(&[1; 16], 90_000)?;
            Ok::<_, StoreError>(tx.last_heard()?.remove(0))
        });
        assert_eq!(again.unwrap(), ([1; 16], 90_000));
    }
}
