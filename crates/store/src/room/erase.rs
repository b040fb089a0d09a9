//! What erasing a room for everybody needs: table `locked_in`, and taking away what can be read before the room's key goes.

use rusqlite::params;

use crate::{Place, RoomReader, RoomTx, StoreError};

impl RoomReader<'_> {
    /// Whether a member was in the tree when the owner locked the room last, with this leaf or with another that is known to be the
    /// same person's.
    ///
    /// # Errors
    /// What the database says.
    pub fn was_locked_in(&self, member: &[u8; 16]) -> Result<bool, StoreError> {
        let mut statement = self.query(
            "SELECT EXISTS (SELECT 1 FROM locked_in WHERE member_id = ?1)
                 OR EXISTS (SELECT 1 FROM locked_in JOIN leaf_link AS former USING (member_id)
                                JOIN leaf_link AS own ON own.person = former.person WHERE own.member_id = ?1)",
        )?;
        Ok(statement.query_row(params![member], |row| row.get(0))?)
    }
}

impl RoomTx<'_> {
    /// The owner has locked the room, with these members in it; what was kept of an earlier lock goes.
    ///
    /// # Errors
    /// What the database says.
    pub fn lock_in(&self, members: &[[u8; 16]]) -> Result<(), StoreError> {
        self.execute("DELETE FROM locked_in", [])?;
        for member in members {
            self.execute("INSERT OR IGNORE INTO locked_in (member_id) VALUES (?1)", params![member])?;
        }
        Ok(())
    }

    /// Deletes all that can be read: lines with what belongs to them, what is on its way, and names. Which own messages the relay may
    /// have is remembered of the newest `keep`, see [`RoomReader::has_given_up`].
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_readable(&self, keep: usize) -> Result<(), StoreError> {
        let given_up = "INSERT OR IGNORE INTO given_up (name)
             SELECT substr(digest, 1, 16) FROM outbox WHERE digest IS NOT NULL ORDER BY id";
        self.execute(given_up, [])?;
        self.bound_given_up(keep)?;
        // Cards, their parts, confirmations and copies at the relay go with the lines.
        for delete in ["DELETE FROM outbox", "DELETE FROM item", "DELETE FROM former_name", "DELETE FROM audience"] {
            self.execute(delete, [])?;
        }
        Ok(())
    }

    /// Destroys this client's part in the group: its state, and all keys but those that `stay`.
    ///
    /// # Errors
    /// What the database says.
    pub fn destroy_group(&self, stay: [&str; 2]) -> Result<(), StoreError> {
        for place in [Place::Current, Place::Pending] {
            self.clear_group_state(place)?;
        }
        self.execute("DELETE FROM secret WHERE name NOT IN (?1, ?2)", stay)?;
        for delete in [
            "DELETE FROM pending",
            "DELETE FROM intent",
            "DELETE FROM member",
            "DELETE FROM heard",
            "DELETE FROM leaf_link",
            "DELETE FROM locked_in",
            "DELETE FROM seen",
            "DELETE FROM retracted",
            "DELETE FROM deletion",
            "DELETE FROM base",
            "DELETE FROM branch",
            "DELETE FROM named_fork",
        ] {
            self.execute(delete, [])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use conclave_crypto::state::GroupState as _;
    use conclave_seal::rng::OsRng;

    use crate::{
        Draft, ItemKind, ItemState, NewItem, NewOutgoing, Persistence, Place, RoomStore, Sealed, StoreError, Vault,
    };

    fn room() -> RoomStore {
        Vault::in_memory().unwrap().begin_room(Persistence::InMemory, 0, &mut OsRng).unwrap().store
    }

    #[test]
    fn who_was_there_at_the_newest_lock_is_known_under_every_leaf_of_the_same_person() {
        let [alice, bob, carol, bobs_other] = [1_u8, 2, 3, 4].map(|n| [n; 16]);
        room()
            .write(|tx| {
                assert!(!tx.was_locked_in(&bob)?, "nobody, before there was a lock");
                tx.lock_in(&[alice, carol])?;
                tx.lock_in(&[alice, bob])?;
                tx.link_leaves(&bob, &bobs_other)?;
                assert!(tx.was_locked_in(&alice)? && tx.was_locked_in(&bob)? && tx.was_locked_in(&bobs_other)?);
                assert!(!tx.was_locked_in(&carol)?, "at the one before");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    #[test]
    fn nothing_that_can_be_read_is_left_and_what_was_sent_is_known_when_it_comes_back() {
        room()
            .write(|tx| {
                let item = tx.add_unsent_item(&NewItem {
                    position: 0,
                    n: 0,
                    mid: Some([1; 16]),
                    message_id: Some([1; 16]),
                    kind: ItemKind::Text,
                    sender: None,
                    nick: "Alice",
                    own: true,
                    body: "Under the third stone.",
                    at: 0,
                    claimed_at: None,
                    expires_at: None,
                    state: ItemState::Waiting,
                })?;
                let draft = Draft::new(b"Under the third stone.".to_vec());
                let id = tx.add_outgoing(&NewOutgoing { item: Some(item), mid: [1; 16], draft, fuse: None })?;
                let sealed = Sealed { cid: [2; 16], envelope: vec![3], digest: [4; 32], base: [5; 16] };
                tx.seal_outgoing(id, b"frozen", 0, &sealed, &[])?;
                tx.delete_readable(9)?;
                assert_eq!(tx.items_before((i64::MAX, 0, 0), 9)?, []);
                assert!(tx.outgoing_after(0, 9)?.is_empty());
                assert!(tx.has_given_up(&[4; 16])?, "its echo is no sign of another copy of the files");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    #[test]
    fn the_owner_keeps_what_closing_needs_and_nothing_of_the_group() {
        room()
            .write(|tx| {
                for name in ["room-keys", "owner-key", "leaf-key", "passphrase-key"] {
                    tx.set_secret(name, &[1])?;
                }
                tx.group_state(Place::Current).put(&[1], &[2]).unwrap();
                tx.destroy_group(["room-keys", "owner-key"])?;
                assert!(tx.secret("room-keys")?.is_some() && tx.secret("owner-key")?.is_some());
                assert!(tx.secret("leaf-key")?.is_none() && tx.secret("passphrase-key")?.is_none());
                let left: u32 = tx.query("SELECT count(*) FROM group_state")?.query_row([], |row| row.get(0))?;
                assert_eq!(left, 0);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
