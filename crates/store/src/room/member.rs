//! Tables `member` and `seen`: the numbering of every member's messages, and message ids that must not be taken twice.

use rusqlite::{OptionalExtension as _, params};

use crate::{RoomTx, StoreError};

/// A member's numbering (protocol 4.9).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemberRow {
    /// Names the member.
    pub member_id: [u8; 16],
    /// The member's signature key.
    pub leaf_key: [u8; 32],
    /// Number of the newest message.
    pub n: u64,
    /// First eight bytes of its hash.
    pub prev: [u8; 8],
    /// The member's leaf was seen removed.
    pub removed: bool,
    /// Ranges of numbers below `n` that were missed and may still come, first and last of each, in ascending order.
    pub missed: Vec<(u64, u64)>,
}

impl MemberRow {
    /// A member of whom no message has been seen.
    #[must_use]
    pub fn new(member_id: [u8; 16], leaf_key: [u8; 32]) -> Self {
        Self { member_id, leaf_key, n: 0, prev: [0; 8], removed: false, missed: Vec::new() }
    }
}

impl RoomTx<'_> {
    /// A member's numbering; none before the first message.
    ///
    /// # Errors
    /// What the database says.
    pub fn member(&self, member_id: &[u8; 16]) -> Result<Option<MemberRow>, StoreError> {
        let mut statement = self
            .transaction
            .prepare_cached("SELECT leaf_key, n, prev, removed, missed FROM member WHERE member_id = ?1")?;
        let row = statement.query_row(params![member_id], |row| {
            Ok(MemberRow {
                member_id: *member_id,
                leaf_key: row.get(0)?,
                n: row.get(1)?,
                prev: row.get(2)?,
                removed: row.get(3)?,
                missed: read_ranges(row.get_ref(4)?.as_blob()?).ok_or(rusqlite::Error::InvalidColumnType(
                    4,
                    "missed".to_owned(),
                    rusqlite::types::Type::Blob,
                ))?,
            })
        });
        Ok(row.optional()?)
    }

    /// Keeps a member's numbering.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_member(&self, member: &MemberRow) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO member (member_id, leaf_key, n, prev, removed, missed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (member_id) DO UPDATE SET n = ?3, prev = ?4, removed = ?5, missed = ?6",
            )?
            .execute(params![
                member.member_id,
                member.leaf_key,
                member.n,
                member.prev,
                member.removed,
                write_ranges(&member.missed),
            ])?;
        Ok(())
    }

    /// Keys of leaves that were seen removed: nobody with one of them may be back in a state that this client follows by
    /// itself (protocol 4.6.7).
    ///
    /// # Errors
    /// What the database says.
    pub fn removed_leaf_keys(&self) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut statement = self.transaction.prepare_cached("SELECT leaf_key FROM member WHERE removed = 1")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a message was there before: as a line, or remembered.
    ///
    /// # Errors
    /// What the database says.
    pub fn knows_mid(&self, mid: &[u8; 16]) -> Result<bool, StoreError> {
        let mut statement = self.transaction.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM item WHERE mid = ?1) OR EXISTS (SELECT 1 FROM seen WHERE mid = ?1)",
        )?;
        Ok(statement.query_row(params![mid], |row| row.get(0))?)
    }

    /// Remembers the id of a message that has no line, until this time in unix seconds.
    ///
    /// # Errors
    /// What the database says.
    pub fn remember_mid(&self, mid: &[u8; 16], expires_at: u64) -> Result<(), StoreError> {
        let remembered = self
            .transaction
            .prepare_cached("INSERT OR IGNORE INTO seen (mid, expires_at) VALUES (?1, ?2)")?
            .execute(params![mid, expires_at])?;
        self.remembered(remembered)
    }

    /// Bounds what is remembered to [`SEEN`]: looked at once in a while, because counting takes time.
    pub(super) fn remembered(&self, more: usize) -> Result<(), StoreError> {
        let more = self.remembered.get().saturating_add(more);
        self.remembered.set(more);
        if more < SEEN_LOOK {
            return Ok(());
        }
        self.remembered.set(0);
        self.trim_seen(SEEN)
    }

    /// Forgets the message ids beyond so many that would be forgotten first.
    ///
    /// # Errors
    /// What the database says.
    pub fn trim_seen(&self, keep: u32) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "DELETE FROM seen WHERE mid IN (SELECT mid FROM seen ORDER BY expires_at DESC LIMIT -1 OFFSET ?1)",
            )?
            .execute(params![keep])?;
        Ok(())
    }

    /// Forgets message ids that nobody can repeat any more, and those beyond [`SEEN`].
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_seen(&self, now: u64) -> Result<(), StoreError> {
        self.transaction.prepare_cached("DELETE FROM seen WHERE expires_at <= ?1")?.execute(params![now])?;
        self.trim_seen(SEEN)
    }
}

fn write_ranges(ranges: &[(u64, u64)]) -> Vec<u8> {
    ranges.iter().flat_map(|(from, to)| [from.to_be_bytes(), to.to_be_bytes()]).flatten().collect()
}

/// None if the bytes are not a whole number of ranges.
fn read_ranges(bytes: &[u8]) -> Option<Vec<(u64, u64)>> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    let (ranges, odd) = numbers.as_chunks::<2>();
    let whole = rest.is_empty() && odd.is_empty();
    whole.then(|| ranges.iter().map(|[from, to]| (u64::from_be_bytes(*from), u64::from_be_bytes(*to))).collect())
}

/// Message ids without a line that a room remembers. A day of eleven a second fits, and nobody repeats a message of the day before:
/// its epoch is over.
pub const SEEN: u32 = 1_000_000;
/// How many may come before they are counted.
pub const SEEN_LOOK: usize = 1024;
