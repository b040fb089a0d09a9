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
    /// Keeps that two leaves are one person's, and with them all that were one's with either. Of a person with [`OF_ONE`] leaves nothing
    /// more is kept: anybody can make some up, and leaves the others their places.
    ///
    /// # Errors
    /// What the database says.
    pub fn link_leaves(&self, one: &[u8; 16], other: &[u8; 16]) -> Result<(), StoreError> {
        let known: u32 = self.query("SELECT count(*) FROM leaf_link")?.query_row([], |row| row.get(0))?;
        let of_one: u32 = self
            .query(
                "SELECT count(*) FROM leaf_link
                 WHERE person IN (SELECT person FROM leaf_link WHERE member_id IN (?1, ?2))",
            )?
            .query_row(params![one, other], |row| row.get(0))?;
        if known >= LEAF_LINKS || of_one >= OF_ONE {
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

/// Leaves of which a room remembers whose they are: of as many people as it can hold.
const LEAF_LINKS: u32 = 256 * OF_ONE;
/// Of one person; each message proves eight.
const OF_ONE: u32 = 32;

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;

    use super::{LEAF_LINKS, OF_ONE};
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

    #[test]
    fn who_makes_leaves_up_takes_nobody_elses_places() {
        let mut room = Vault::in_memory().unwrap().begin_room(Persistence::InMemory, 0, &mut OsRng).unwrap().store;
        let made_up = |n: u32| {
            let mut id = [9; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            id
        };
        let [a, b] = [1_u8, 2].map(|n| [n; 16]);
        room.write(|tx| {
            for n in 1..LEAF_LINKS + 2 {
                tx.link_leaves(&made_up(n), &made_up(0))?;
            }
            assert!(tx.are_linked(&made_up(0), &made_up(OF_ONE - 1))?);
            assert!(!tx.are_linked(&made_up(0), &made_up(OF_ONE))?, "that is enough for one");
            tx.link_leaves(&a, &b)?;
            assert!(tx.are_linked(&a, &b)?);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    }
}
