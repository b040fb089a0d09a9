//! Table `record`: where this client stands in the room.

use rusqlite::{OptionalExtension as _, Row, named_params};

use crate::{RoomReader, RoomTx, StoreError};

/// Where this client stands in the room (protocol 4.14).
#[derive(Clone, Eq, PartialEq)]
pub struct RecordRow {
    /// Names the room on every relay.
    pub room_id: [u8; 32],
    /// The relay's name, as proofs are bound to it.
    pub authority: String,
    /// Where to find the relay: `host:port`, tried side by side.
    pub addresses: Vec<String>,
    /// SHA-256 of the relay's TLS key.
    pub pin: Option<[u8; 32]>,
    /// The address where that key was first used, and nobody vouched for it; none for one that an invitation named.
    pub pin_first_used_at: Option<String>,
    /// The files are an older copy than what was there last, or may be one: own keys may have been used that are still here, until an
    /// own commit makes new ones. The tag of the commit that waited in the copy; zeros for none.
    pub old_copy: Option<[u8; 16]>,
    /// They are one.
    pub old_copy_known: bool,
    /// An own message came back that nobody here wrote: the number of the base of its epoch, until there are new keys.
    pub echo_after: Option<u64>,
    /// This person's name in the room.
    pub nick: String,
    /// The room's title, as it was last signed: it outlives the group.
    pub title: String,
    /// Where the client is in the room's life.
    pub phase: Phase,
    /// The life of the room on the relay that `cursor` counts in.
    pub seat: Option<[u8; 16]>,
    /// Sequence number of the last processed entry.
    pub cursor: u64,
    /// The first sixteen bytes of the SHA-256 of that entry; none if it was not read.
    pub cursor_mark: Option<[u8; 16]>,
    /// When the client was last up to date with the log, unix seconds: what is read behind the cursor came later.
    pub cursor_at: u64,
    /// Up to this number the log is read a second time.
    pub reads_again_to: u64,
    /// The relay's head commit as of `cursor`.
    pub head: [u8; 16],
    /// Number of the newest own message (protocol 4.9).
    pub own_n: u64,
    /// First eight bytes of its hash.
    pub own_prev: [u8; 8],
    /// The highest owner counter seen.
    pub owner_counter: u64,
    /// The highest revision of the params seen.
    pub params_rev: u64,
    /// The room is locked.
    pub locked: bool,
    /// When this client committed last, unix seconds.
    pub committed_at: u64,
    /// Own messages since then.
    pub sent_since: u32,
    /// The next place in the timeline.
    pub next_position: i64,
    /// The line up to which the person has seen what came, by its id.
    pub read_item: i64,
    /// Entries in a row that could not be opened.
    pub unopened: u32,
    /// Sequence number of the own join.
    pub joined_seq: u64,
    /// Sequence number of the newest commit, valid or not.
    pub commit_seq: u64,
    /// When something happened last, unix seconds.
    pub updated_at: u64,
}

/// Where a client is in a room's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// The relay has not confirmed the creation.
    Creating,
    /// The relay has not confirmed the join.
    Joining,
    /// Joined; no other member has been heard yet.
    AwaitingConfirmation,
    /// A member.
    Member,
    /// The own removal was proposed.
    Leaving,
    /// The relay does not know the room any more.
    Gone,
}

impl std::fmt::Debug for RecordRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordRow")
            .field("phase", &self.phase)
            .field("cursor", &self.cursor)
            .field("own_n", &self.own_n)
            .field("unopened", &self.unopened)
            .finish_non_exhaustive()
    }
}

impl RecordRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let addresses: String = row.get("addresses")?;
        Ok(Self {
            room_id: row.get("room_id")?,
            authority: row.get("authority")?,
            addresses: addresses.lines().map(str::to_owned).collect(),
            pin: row.get("pin")?,
            pin_first_used_at: row.get("pin_first_used_at")?,
            old_copy: row.get("old_copy")?,
            old_copy_known: row.get("old_copy_known")?,
            echo_after: row.get("echo_after")?,
            nick: row.get("nick")?,
            title: row.get("title")?,
            phase: row.get("phase")?,
            seat: row.get("seat")?,
            cursor: row.get("cursor")?,
            cursor_mark: row.get("cursor_mark")?,
            cursor_at: row.get("cursor_at")?,
            reads_again_to: row.get("reads_again_to")?,
            head: row.get("head")?,
            own_n: row.get("own_n")?,
            own_prev: row.get("own_prev")?,
            owner_counter: row.get("owner_counter")?,
            params_rev: row.get("params_rev")?,
            locked: row.get("locked")?,
            committed_at: row.get("committed_at")?,
            sent_since: row.get("sent_since")?,
            next_position: row.get("next_position")?,
            read_item: row.get("read_item")?,
            unopened: row.get("unopened")?,
            joined_seq: row.get("joined_seq")?,
            commit_seq: row.get("commit_seq")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl RoomReader<'_> {
    /// The record; none in a file that was made but never filled.
    ///
    /// # Errors
    /// What the database says.
    pub fn record(&self) -> Result<Option<RecordRow>, StoreError> {
        let mut statement = self.query("SELECT room_id, authority, addresses, pin, pin_first_used_at, old_copy, old_copy_known, echo_after,
                    nick, title, phase, seat, cursor, cursor_mark, cursor_at, reads_again_to, head, own_n, own_prev, owner_counter, params_rev, locked,
                    committed_at, sent_since, next_position, read_item, unopened, joined_seq, commit_seq, updated_at
             FROM record")?;
        Ok(statement.query_row([], RecordRow::from_row).optional()?)
    }
}

impl RoomTx<'_> {
    /// Writes the record.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_record(&self, record: &RecordRow) -> Result<(), StoreError> {
        self.execute("INSERT INTO record (only, room_id, authority, addresses, pin, pin_first_used_at, old_copy,
                                     old_copy_known, echo_after, nick, title, phase, seat, cursor, cursor_mark, cursor_at, reads_again_to, head, own_n,
                                     own_prev, owner_counter, params_rev, locked, committed_at, sent_since, next_position,
                                     read_item, unopened, joined_seq, commit_seq, updated_at)
                 VALUES (1, :room_id, :authority, :addresses, :pin, :pin_first_used_at, :old_copy, :old_copy_known, :echo_after, :nick,
                         :title, :phase, :seat, :cursor, :cursor_mark, :cursor_at, :reads_again_to, :head, :own_n, :own_prev,
                         :owner_counter, :params_rev, :locked, :committed_at, :sent_since, :next_position, :read_item, :unopened,
                         :joined_seq, :commit_seq, :updated_at)
                 ON CONFLICT (only) DO UPDATE SET
                     room_id = :room_id, authority = :authority, addresses = :addresses, pin = :pin,
                     pin_first_used_at = :pin_first_used_at, old_copy = :old_copy,
                     old_copy_known = :old_copy_known, echo_after = :echo_after, nick = :nick, title = :title, phase = :phase, seat = :seat, cursor = :cursor, cursor_mark = :cursor_mark,
                     cursor_at = :cursor_at, reads_again_to = :reads_again_to, head = :head, own_n = :own_n, own_prev = :own_prev,
                     owner_counter = :owner_counter, params_rev = :params_rev,
                     locked = :locked, committed_at = :committed_at, sent_since = :sent_since,
                     next_position = :next_position, read_item = :read_item, unopened = :unopened,
                     joined_seq = :joined_seq, commit_seq = :commit_seq, updated_at = :updated_at", named_params! {
                ":room_id": record.room_id,
                ":authority": record.authority,
                ":addresses": record.addresses.join("\n"),
                ":pin": record.pin,
                ":pin_first_used_at": record.pin_first_used_at,
                ":old_copy": record.old_copy,
                ":old_copy_known": record.old_copy_known,
                ":echo_after": record.echo_after,
                ":nick": record.nick,
                ":title": record.title,
                ":phase": record.phase,
                ":seat": record.seat,
                ":cursor": record.cursor,
                ":cursor_mark": record.cursor_mark,
                ":cursor_at": record.cursor_at,
                ":reads_again_to": record.reads_again_to,
                ":head": record.head,
                ":own_n": record.own_n,
                ":own_prev": record.own_prev,
                ":owner_counter": record.owner_counter,
                ":params_rev": record.params_rev,
                ":locked": record.locked,
                ":committed_at": record.committed_at,
                ":sent_since": record.sent_since,
                ":next_position": record.next_position,
                ":read_item": record.read_item,
                ":unopened": record.unopened,
                ":joined_seq": record.joined_seq,
                ":commit_seq": record.commit_seq,
                ":updated_at": record.updated_at,
            })?;
        Ok(())
    }
}
