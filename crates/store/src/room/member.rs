//! Tables `member` and `seen`: the numbering of every member's messages, and message ids that must not be taken twice.

use rusqlite::{OptionalExtension as _, params};

use crate::{RoomReader, RoomTx, StoreError};

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
    /// Numbers below `n` that were missed and may still come, in ascending order.
    pub missed: Vec<Missed>,
}

/// A range of missing numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Missed {
    /// The lowest of them.
    pub from: u64,
    /// The highest.
    pub to: u64,
    /// What the message `from` says of the one before it, where that is known.
    pub before: Option<[u8; 8]>,
    /// The hash of the message `to`, where the one after it is known.
    pub last: Option<[u8; 8]>,
}

/// From whom a message is known, and since when.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct KnownFrom {
    /// Member id of the sender; none if it was not kept.
    pub sender: Option<[u8; 16]>,
    /// When it was taken, unix seconds; none if that was not kept.
    pub at: Option<u64>,
}

impl MemberRow {
    /// A member of whom no message has been seen.
    #[must_use]
    pub fn new(member_id: [u8; 16], leaf_key: [u8; 32]) -> Self {
        Self { member_id, leaf_key, n: 0, prev: [0; 8], removed: false, missed: Vec::new() }
    }
}

impl RoomReader<'_> {
    /// A member's numbering; none before the first message.
    ///
    /// # Errors
    /// What the database says.
    pub fn member(&self, member_id: &[u8; 16]) -> Result<Option<MemberRow>, StoreError> {
        let mut statement =
            self.query("SELECT leaf_key, n, prev, removed, missed, missed_hashes FROM member WHERE member_id = ?1")?;
        let row = statement.query_row(params![member_id], |row| {
            Ok(MemberRow {
                member_id: *member_id,
                leaf_key: row.get(0)?,
                n: row.get(1)?,
                prev: row.get(2)?,
                removed: row.get(3)?,
                missed: read_missed(row.get_ref(4)?.as_blob()?, row.get_ref(5)?.as_blob()?)
                    .ok_or(rusqlite::Error::InvalidColumnType(4, "missed".to_owned(), rusqlite::types::Type::Blob))?,
            })
        });
        Ok(row.optional()?)
    }

    /// Keys of leaves that were seen removed: nobody with one of them may be back in a state that this client follows
    /// by itself (protocol 4.6.7).
    ///
    /// # Errors
    /// What the database says.
    pub fn removed_leaf_keys(&self) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut statement = self.query("SELECT leaf_key FROM member WHERE removed = 1")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The others from whom a message with this id was taken, by its line or remembered. Own lines are not among them:
    /// what this client sent never comes back as somebody's message.
    ///
    /// # Errors
    /// What the database says.
    pub fn senders_of(&self, mid: &[u8; 16]) -> Result<Vec<KnownFrom>, StoreError> {
        let mut statement = self.query(
            "SELECT sender, at FROM item WHERE mid = ?1 AND own = 0
             UNION ALL SELECT nullif(sender, x''), known_at FROM seen WHERE mid = ?1",
        )?;
        let rows = statement.query_map(params![mid], |row| Ok(KnownFrom { sender: row.get(0)?, at: row.get(1)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl RoomTx<'_> {
    /// Keeps a member's numbering.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_member(&self, member: &MemberRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO member (member_id, leaf_key, n, prev, removed, missed, missed_hashes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (member_id) DO UPDATE
                 SET n = ?3, prev = ?4, removed = ?5, missed = ?6, missed_hashes = ?7",
            params![
                member.member_id,
                member.leaf_key,
                member.n,
                member.prev,
                member.removed,
                member
                    .missed
                    .iter()
                    .flat_map(|missed| [missed.from, missed.to])
                    .flat_map(u64::to_be_bytes)
                    .collect::<Vec<_>>(),
                member
                    .missed
                    .iter()
                    .flat_map(|missed| [missed.before, missed.last])
                    .flat_map(write_hash)
                    .collect::<Vec<_>>(),
            ],
        )?;
        Ok(())
    }

    /// Remembers the id of a member's message that has no line and was taken at `known_at`, until `expires_at`, unix
    /// seconds.
    ///
    /// # Errors
    /// What the database says.
    pub fn remember_mid(
        &self,
        mid: &[u8; 16],
        sender: &[u8; 16],
        known_at: u64,
        expires_at: u64,
    ) -> Result<(), StoreError> {
        let remembered = self.execute(
            "INSERT OR IGNORE INTO seen (mid, sender, known_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
            params![mid, sender, known_at, expires_at],
        )?;
        self.remembered(remembered)
    }

    /// Gives a message that `from` said to another leaf of the same person, `sender`, who has published it again as
    /// number `n`. Its line moves behind what that leaf said before it. Returns the line, if there is one.
    ///
    /// # Errors
    /// What the database says; a message that `sender` has already is an error.
    pub fn move_to_leaf(
        &self,
        mid: &[u8; 16],
        from: &[u8; 16],
        sender: &[u8; 16],
        n: u64,
    ) -> Result<Option<i64>, StoreError> {
        self.execute("UPDATE seen SET sender = ?3 WHERE mid = ?1 AND sender = ?2", params![mid, from, sender])?;
        let mut statement = self.change(
            "UPDATE item
             SET sender = ?3, n = ?4, position = max(position, coalesce(
                 (SELECT position FROM item WHERE sender = ?3 AND n > 0 AND n < ?4 ORDER BY n DESC LIMIT 1), position))
             WHERE mid = ?1 AND sender = ?2 AND own = 0 RETURNING id",
        )?;
        Ok(statement.query_row(params![mid, from, sender, n], |row| row.get(0)).optional()?)
    }

    /// Lets another message of this sender have the id from here on. A line that had it stays.
    ///
    /// # Errors
    /// What the database says.
    pub fn forget_mid(&self, mid: &[u8; 16], sender: &[u8; 16]) -> Result<(), StoreError> {
        self.execute("UPDATE item SET mid = NULL WHERE mid = ?1 AND sender = ?2", params![mid, sender])?;
        self.execute("DELETE FROM seen WHERE mid = ?1 AND sender = ?2", params![mid, sender])?;
        Ok(())
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
        self.execute(
            "DELETE FROM seen WHERE (mid, sender) IN
                 (SELECT mid, sender FROM seen ORDER BY expires_at DESC LIMIT -1 OFFSET ?1)",
            params![keep],
        )?;
        Ok(())
    }

    /// Forgets message ids whose time is over, so that they cannot come again, and those beyond [`SEEN`].
    ///
    /// # Errors
    /// What the database says.
    pub fn purge_seen(&self, now: u64) -> Result<(), StoreError> {
        self.execute("DELETE FROM seen WHERE expires_at <= ?1", params![now])?;
        self.trim_seen(SEEN)
    }
}

fn write_hash(hash: Option<[u8; 8]>) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = hash.unwrap_or_default();
    [u8::from(hash.is_some()), a, b, c, d, e, f, g, h]
}

/// None if the bytes are not a whole number of ranges, or their hashes are not as many.
fn read_missed(ranges: &[u8], hashes: &[u8]) -> Option<Vec<Missed>> {
    let ((numbers, odd_range), (edges, odd_edge)) = (ranges.as_chunks::<16>(), hashes.as_chunks::<18>());
    let fits = edges.is_empty() || edges.len() == numbers.len();
    if !fits || !odd_range.is_empty() || !odd_edge.is_empty() {
        return None;
    }
    let range = |(at, numbers): (usize, &[u8; 16])| {
        let [from, to] = *numbers.as_chunks::<8>().0 else { return None };
        let [before, last] = match edges.get(at).map(|edges| edges.as_chunks::<9>().0) {
            Some([before, last]) => [read_hash(before), read_hash(last)],
            _ => [None; 2],
        };
        Some(Missed { from: u64::from_be_bytes(from), to: u64::from_be_bytes(to), before, last })
    };
    numbers.iter().enumerate().map(range).collect()
}

fn read_hash([known, hash @ ..]: &[u8; 9]) -> Option<[u8; 8]> {
    (*known != 0).then_some(*hash)
}

/// Message ids without a line that a room remembers. A day of eleven a second fits; a message of the day before cannot
/// be repeated, since its epoch is over.
pub const SEEN: u32 = 1_000_000;
/// How many may come before they are counted.
pub const SEEN_LOOK: usize = 1024;
