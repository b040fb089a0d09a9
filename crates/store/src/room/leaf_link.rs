//! Table `leaf_link`: leaves of one person.

use rusqlite::params;

use crate::{RoomReader, RoomTx, StoreError};

impl RoomReader<'_> {
    /// Whether two leaves are known to be one person's.
    ///
    /// # Errors
    /// What the database says.
    pub fn are_linked(&self, one: &[u8; 16], other: &[u8; 16]) -> Result<bool, StoreError> {
        let mut statement = self.query(
            "SELECT EXISTS (SELECT 1 FROM leaf_link AS one JOIN leaf_link AS other USING (person)
                        WHERE one.member_id = ?1 AND other.member_id = ?2)",
        )?;
        Ok(statement.query_row(params![one, other], |row| row.get(0))?)
    }
}

impl RoomTx<'_> {
    /// Keeps that two leaves are one person's, and with them all that were one's with either. Beyond some
    /// thousand leaves nothing more is kept.
    ///
    /// # Errors
    /// What the database says.
    pub fn link_leaves(&self, one: &[u8; 16], other: &[u8; 16]) -> Result<(), StoreError> {
        let known: u32 = self.query("SELECT count(*) FROM leaf_link")?.query_row([], |row| row.get(0))?;
        if known >= LEAF_LINKS {
            return Ok(());
        }
        for leaf in [one, other] {
            self.execute("INSERT OR IGNORE INTO leaf_link (member_id, person) VALUES (?1, ?1)", params![leaf])?;
        }
        self.execute(
            "UPDATE leaf_link SET person = (SELECT person FROM leaf_link WHERE member_id = ?1)
             WHERE person = (SELECT person FROM leaf_link WHERE member_id = ?2)",
            params![one, other],
        )?;
        Ok(())
    }
}

/// Leaves of which a room remembers whose they are.
const LEAF_LINKS: u32 = 4096;

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;

    use crate::{Persistence, StoreError, Vault};

    #[test]
    fn what_is_linked_is_linked_in_any_order_and_nothing_else_is() {
        let mut room = Vault::in_memory().unwrap().begin_room(Persistence::InMemory, 0, &mut OsRng).unwrap().store;
        let [a, b, c, d, e] = [1_u8, 2, 3, 4, 5].map(|n| [n; 16]);
        room.write(|tx| {
            tx.link_leaves(&a, &b)?;
            tx.link_leaves(&d, &c)?;
            assert!(tx.are_linked(&b, &a)? && !tx.are_linked(&b, &c)?);
            tx.link_leaves(&c, &b)?;
            for one in [a, b, c, d] {
                for other in [a, b, c, d] {
                    assert!(tx.are_linked(&one, &other)?);
                }
                assert!(!tx.are_linked(&one, &e)?);
            }
            // Back to a leaf that was left.
            tx.link_leaves(&a, &d)?;
            assert!(tx.are_linked(&a, &b)?);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    }
}
