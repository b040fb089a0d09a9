//! Table `own_knock`: the knock of this client at a locked room. Tables `knock` and `knock_token`: what an owner lets in.
//!
//! | state of a row of `knock` | what it has |
//! |---|---|
//! | to be added | neither tag nor answer |
//! | made | tag, place and Welcome of the commit in `pending` |
//! | added | the answer: the commit is in the log |
//! | settled | no row: the member has appeared, or is out again |
//!
//! A commit that lost a race is given up, and the row is what it is made again from, as with an intent.

use std::fmt;

use rusqlite::{OptionalExtension as _, Row, params};

use crate::{RoomReader, RoomTx, StoreError};

/// How the own knock stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OwnKnockState {
    /// It waits for the owner, or for the relay.
    Waiting,
    /// The owner said no.
    TurnedAway,
    /// Nobody answered in time.
    Over,
}

/// The own knock.
#[derive(Clone, Eq, PartialEq)]
pub struct OwnKnock {
    /// What this person said with it.
    pub note: String,
    /// What lets it in without a question.
    pub token: Option<[u8; 16]>,
    /// How it stands.
    pub state: OwnKnockState,
    /// The KeyPackage; empty once it is over.
    pub key_package: Vec<u8>,
    /// The owner's key, once the deed was seen.
    pub owner: Option<[u8; 32]>,
    /// The sealed knock, once the deed was seen.
    pub blob: Option<Vec<u8>>,
    /// When it ends, unix seconds, once it went out.
    pub ends_at: Option<u64>,
    /// Where the group of the Welcome stands in the log, once that was taken.
    pub admission: Option<Vec<u8>>,
}

/// A knock that the owner lets in.
#[derive(Clone, Eq, PartialEq)]
pub struct KnockRow {
    /// Names it.
    pub id: [u8; 16],
    /// The member to be.
    pub member: [u8; 16],
    /// The sealed knock.
    pub blob: Vec<u8>,
    /// Its KeyPackage.
    pub key_package: Vec<u8>,
    /// What was said with it.
    pub note: String,
    /// The commit that adds it.
    pub made: Option<KnockCommit>,
    /// The sealed answer, once that commit is in the log.
    pub reply: Option<Vec<u8>>,
    /// When the knock ends, or who knocked has to have appeared, unix seconds.
    pub ends_at: u64,
}

/// What people say at the door has no place in a log.
impl fmt::Debug for OwnKnock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, ends_at, .. } = self;
        f.debug_struct("OwnKnock").field("state", state).field("ends_at", ends_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for KnockRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnockRow").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

/// The commit that adds somebody, which is not in the log yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnockCommit {
    /// Its tag.
    pub tag: [u8; 16],
    /// Its sealed place.
    pub place: Vec<u8>,
    /// The Welcome that belongs to it.
    pub welcome: Vec<u8>,
}

impl RoomReader<'_> {
    /// The own knock; none where this client does not knock.
    ///
    /// # Errors
    /// What the database says.
    pub fn own_knock(&self) -> Result<Option<OwnKnock>, StoreError> {
        let mut statement =
            self.query("SELECT note, token, state, key_package, owner, blob, ends_at, admission FROM own_knock")?;
        let row = statement.query_row([], |row| {
            Ok(OwnKnock {
                note: row.get(0)?,
                token: row.get(1)?,
                state: row.get(2)?,
                key_package: row.get(3)?,
                owner: row.get(4)?,
                blob: row.get(5)?,
                ends_at: row.get(6)?,
                admission: row.get(7)?,
            })
        });
        Ok(row.optional()?)
    }

    /// All knocks that are let in, the one that ends first first.
    ///
    /// # Errors
    /// What the database says.
    pub fn knocks(&self) -> Result<Vec<KnockRow>, StoreError> {
        let mut statement = self.query(&format!("SELECT {KNOCK} FROM knock ORDER BY ends_at, id"))?;
        let rows = statement.query_map([], read_knock)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The knock whose commit this is.
    ///
    /// # Errors
    /// What the database says.
    pub fn knock_of_commit(&self, tag: &[u8; 16]) -> Result<Option<KnockRow>, StoreError> {
        let mut statement = self.query(&format!("SELECT {KNOCK} FROM knock WHERE tag = ?1"))?;
        Ok(statement.query_row([tag], read_knock).optional()?)
    }
}

impl RoomTx<'_> {
    /// Keeps the own knock, in place of the one before.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_own_knock(&self, knock: &OwnKnock) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO own_knock
                 (only, note, token, state, key_package, owner, blob, ends_at, admission)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                knock.note,
                knock.token,
                knock.state,
                knock.key_package,
                knock.owner,
                knock.blob,
                knock.ends_at,
                knock.admission,
            ],
        )?;
        Ok(())
    }

    /// This client knocks no more.
    ///
    /// # Errors
    /// What the database says.
    pub fn delete_own_knock(&self) -> Result<(), StoreError> {
        self.execute("DELETE FROM own_knock", [])?;
        Ok(())
    }

    /// Keeps a knock that is let in, or how far that has come.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_knock(&self, row: &KnockRow) -> Result<(), StoreError> {
        let made = row.made.as_ref();
        self.execute(
            "INSERT OR REPLACE INTO knock
                 (id, member, blob, key_package, note, tag, place, welcome, reply, ends_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                row.id,
                row.member,
                row.blob,
                row.key_package,
                row.note,
                made.map(|made| made.tag),
                made.map(|made| &made.place),
                made.map(|made| &made.welcome),
                row.reply,
                row.ends_at,
            ],
        )?;
        Ok(())
    }

    /// A knock is settled.
    ///
    /// # Errors
    /// What the database says.
    pub fn settle_knock(&self, id: &[u8; 16]) -> Result<(), StoreError> {
        self.execute("DELETE FROM knock WHERE id = ?1", [id])?;
        Ok(())
    }

    /// A member has appeared or is out again: its knock, if it came by one that was answered, is settled. Whether there was one.
    ///
    /// # Errors
    /// What the database says.
    pub fn settle_knock_of(&self, member: &[u8; 16]) -> Result<bool, StoreError> {
        Ok(self.execute("DELETE FROM knock WHERE member = ?1 AND reply IS NOT NULL", [member])? != 0)
    }

    /// Keeps a token until then, unix seconds. Of those that are kept the newest `keep` stay, and none that has ended by `now`.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_knock_token(&self, token: &[u8; 16], ends_at: u64, now: u64, keep: usize) -> Result<(), StoreError> {
        self.execute("DELETE FROM knock_token WHERE ends_at <= ?1", [now])?;
        self.execute("INSERT OR REPLACE INTO knock_token (token, ends_at) VALUES (?1, ?2)", params![token, ends_at])?;
        self.execute(
            "DELETE FROM knock_token WHERE token IN
                 (SELECT token FROM knock_token ORDER BY ends_at DESC LIMIT -1 OFFSET ?1)",
            [keep],
        )?;
        Ok(())
    }

    /// Uses a token up. Whether it was good.
    ///
    /// # Errors
    /// What the database says.
    pub fn use_knock_token(&self, token: &[u8; 16], now: u64) -> Result<bool, StoreError> {
        let used = self.execute("DELETE FROM knock_token WHERE token = ?1 AND ends_at > ?2", params![token, now])?;
        Ok(used != 0)
    }
}

fn read_knock(row: &Row<'_>) -> rusqlite::Result<KnockRow> {
    let made = match (row.get(5)?, row.get(6)?, row.get(7)?) {
        (Some(tag), Some(place), Some(welcome)) => Some(KnockCommit { tag, place, welcome }),
        _ => None,
    };
    Ok(KnockRow {
        id: row.get(0)?,
        member: row.get(1)?,
        blob: row.get(2)?,
        key_package: row.get(3)?,
        note: row.get(4)?,
        made,
        reply: row.get(8)?,
        ends_at: row.get(9)?,
    })
}

const KNOCK: &str = "id, member, blob, key_package, note, tag, place, welcome, reply, ends_at";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Durability, RoomStore,
        database::{FileKey, Location},
    };

    fn store() -> RoomStore {
        RoomStore::create(&Location::Memory, &FileKey::new([1; 32]), Durability::Process).unwrap()
    }

    fn bob() -> KnockRow {
        KnockRow {
            id: [1; 16],
            member: [0xb0; 16],
            blob: vec![2],
            key_package: vec![3],
            note: "It is Bob.".into(),
            made: None,
            reply: None,
            ends_at: 600,
        }
    }

    /// A copy of what was said aloud lets nobody in a second time.
    #[test]
    fn a_token_is_good_once_for_its_time_and_among_the_newest() {
        let mut store = store();
        store
            .write(|tx| {
                for (token, ends_at) in [([1; 16], 100), ([2; 16], 200), ([3; 16], 300)] {
                    tx.add_knock_token(&token, ends_at, 50, 2)?;
                }
                assert!(!tx.use_knock_token(&[1; 16], 60)?, "the newest two are kept");
                assert!(!tx.use_knock_token(&[2; 16], 200)?, "its time is over");
                assert!(!tx.use_knock_token(&[9; 16], 60)?, "nobody gave this one");
                assert!(tx.use_knock_token(&[3; 16], 299)?);
                assert!(!tx.use_knock_token(&[3; 16], 299)?, "it was used");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    #[test]
    fn a_knock_is_settled_by_its_member_once_it_was_answered() {
        let mut store = store();
        store
            .write(|tx| {
                tx.set_knock(&bob())?;
                assert!(!tx.settle_knock_of(&[0xb0; 16])?, "nobody can appear who was not let in");
                let made = KnockCommit { tag: [4; 16], place: vec![5], welcome: vec![6] };
                tx.set_knock(&KnockRow { made: Some(made.clone()), ..bob() })?;
                let found = tx.knock_of_commit(&[4; 16])?.unwrap();
                assert_eq!(found.made, Some(made));
                tx.set_knock(&KnockRow { reply: Some(vec![7]), ..bob() })?;
                assert_eq!(tx.knock_of_commit(&[4; 16])?, None);
                assert!(tx.settle_knock_of(&[0xb0; 16])?);
                assert_eq!(tx.knocks()?, []);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
