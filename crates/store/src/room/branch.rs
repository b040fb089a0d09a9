//! Tables `base`, `branch` and `named_fork`: the bases that this client stood on, the commits that others may stand on,
//! and where those came from who rejoined there (protocol 4.6.7).

use std::collections::BTreeMap;

use rusqlite::params;

use crate::{RoomReader, RoomTx, StoreError};

/// A base that this client passed or followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BaseRow {
    /// The commit that began the epoch.
    pub tag: [u8; 16],
    /// The number of that commit in the log; 0 if this client has not read it.
    pub seq: u64,
    /// The number of the epoch.
    pub epoch: u64,
    /// Whether it belongs to the branch that this client stands on.
    pub on_branch: bool,
    /// When this client named it in a rejoin, unix seconds; 0 if never.
    pub named_at: u64,
}

/// A commit behind the own base that was not applied here.
#[derive(Clone, Eq, PartialEq)]
pub struct BranchRow {
    /// The leaf key that signed its place.
    pub signer: [u8; 32],
    /// Whether that is a member's.
    pub member: bool,
    /// Its number in the relay's log.
    pub seq: u64,
    /// Its name.
    pub tag: [u8; 16],
    /// Its place, verified.
    pub place: Vec<u8>,
}

impl std::fmt::Debug for BranchRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BranchRow").field("seq", &self.seq).finish_non_exhaustive()
    }
}

impl RoomReader<'_> {
    /// The bases in their order, the newest last.
    ///
    /// # Errors
    /// What the database says.
    pub fn bases(&self) -> Result<Vec<BaseRow>, StoreError> {
        let mut statement = self.query("SELECT tag, seq, epoch, on_branch, named_at FROM base ORDER BY position")?;
        let rows = statement.query_map([], |row| {
            Ok(BaseRow {
                tag: row.get(0)?,
                seq: row.get(1)?,
                epoch: row.get(2)?,
                on_branch: row.get(3)?,
                named_at: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The branches behind the own base, in the order of the log.
    ///
    /// # Errors
    /// What the database says.
    pub fn branches(&self) -> Result<Vec<BranchRow>, StoreError> {
        let mut statement = self.query("SELECT signer, member, seq, tag, place FROM branch ORDER BY seq")?;
        let rows = statement.query_map([], |row| {
            Ok(BranchRow {
                signer: row.get(0)?,
                member: row.get(1)?,
                seq: row.get(2)?,
                tag: row.get(3)?,
                place: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The commits behind the own base that name a base, and which.
    ///
    /// # Errors
    /// What the database says.
    pub fn named_forks(&self) -> Result<BTreeMap<[u8; 16], [u8; 16]>, StoreError> {
        let mut statement = self.query("SELECT tag, fork FROM named_fork")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// Stands on a base from now on, and forgets all but the newest `keep`. A known one moves to the end of the order.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_base(&self, base: &BaseRow, keep: usize) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO base (tag, seq, epoch, on_branch) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (tag) DO UPDATE SET
                 position = (SELECT max(position) FROM base) + 1, seq = max(seq, ?2), on_branch = ?4",
            params![base.tag, base.seq, base.epoch, base.on_branch],
        )?;
        self.execute(
            "DELETE FROM base
             WHERE position <= (SELECT position FROM base ORDER BY position DESC LIMIT 1 OFFSET ?1)",
            [keep],
        )?;
        Ok(())
    }

    /// Takes back what is known of numbers above this one: the log is read again from there.
    ///
    /// # Errors
    /// What the database says.
    pub fn read_again_from(&self, seq: u64) -> Result<(), StoreError> {
        self.execute("UPDATE base SET seq = ?1 WHERE seq > ?1", [seq])?;
        self.execute("DELETE FROM branch WHERE seq > ?1", [seq])?;
        Ok(())
    }

    /// Remembers that this client named a base in a rejoin.
    ///
    /// # Errors
    /// What the database says.
    pub fn name_base(&self, tag: &[u8; 16], at: u64) -> Result<(), StoreError> {
        self.execute("UPDATE base SET named_at = ?2 WHERE tag = ?1", params![tag, at])?;
        Ok(())
    }

    /// Marks every base as one of a branch that was left.
    ///
    /// # Errors
    /// What the database says.
    pub fn leave_branch(&self) -> Result<(), StoreError> {
        self.execute("UPDATE base SET on_branch = 0", [])?;
        Ok(())
    }

    /// Keeps a branch in place of an older one of the same signer. Bounded: of signers who are no members the newest
    /// `keep` stay, since anybody with the code makes as many as the relay takes.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_branch(&self, branch: &BranchRow, keep: u32) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO branch (signer, member, seq, tag, place) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![branch.signer, branch.member, branch.seq, branch.tag, branch.place],
        )?;
        self.execute(
            "DELETE FROM branch WHERE member = 0 AND seq <=
                 (SELECT seq FROM branch WHERE member = 0 ORDER BY seq DESC LIMIT 1 OFFSET ?1)",
            [keep],
        )?;
        Ok(())
    }

    /// Remembers which base a commit names, of somebody who came over from another branch; of the newest `keep`
    /// commits.
    ///
    /// # Errors
    /// What the database says.
    pub fn add_named_fork(&self, seq: u64, tag: &[u8; 16], fork: &[u8; 16], keep: u32) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO named_fork (seq, tag, fork) VALUES (?1, ?2, ?3)",
            params![seq, tag, fork],
        )?;
        self.execute(
            "DELETE FROM named_fork
             WHERE seq <= (SELECT seq FROM named_fork ORDER BY seq DESC LIMIT 1 OFFSET ?1)",
            [keep],
        )?;
        Ok(())
    }

    /// Forgets all branches: the own base is behind them now.
    ///
    /// # Errors
    /// What the database says.
    pub fn clear_branches(&self) -> Result<(), StoreError> {
        self.execute("DELETE FROM branch", [])?;
        self.execute("DELETE FROM named_fork", [])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;

    use super::*;
    use crate::{Persistence, Vault};

    /// What a relay once said of numbers far ahead: nothing would ever seem to come after it.
    #[test]
    fn what_is_known_of_numbers_above_is_taken_back() {
        let mut room = Vault::in_memory().unwrap().begin_room(Persistence::InMemory, 0, &mut OsRng).unwrap().store;
        let base = |n: u8, seq| BaseRow { tag: [n; 16], seq, epoch: n.into(), on_branch: true, named_at: 0 };
        let branch = |n: u8, seq| BranchRow { signer: [n; 32], member: true, seq, tag: [n; 16], place: Vec::new() };
        let (bases, branches) = room
            .write(|tx| {
                for (n, seq) in [(1, 4), (2, u64::MAX >> 1)] {
                    tx.add_base(&base(n, seq), 9)?;
                    tx.set_branch(&branch(n, seq), 9)?;
                }
                tx.read_again_from(7)?;
                Ok::<_, StoreError>((tx.bases()?, tx.branches()?))
            })
            .unwrap();
        assert_eq!(bases.iter().map(|base| base.seq).collect::<Vec<_>>(), [4, 7]);
        assert_eq!(branches.iter().map(|branch| branch.seq).collect::<Vec<_>>(), [4]);
    }
}
