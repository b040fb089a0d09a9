//! What a piece of work is given by the thread that does it.

use conclave_proto::id::RoomId;
use rusqlite::Connection;

use super::key::Keys;
use crate::log::subscribers::OwnedNotice;

/// What a piece of work gets: the open transaction and the keys; and what it leaves to do after the commit.
pub(super) struct Db<'a> {
    pub(super) sql: &'a Connection,
    pub(super) keys: &'a Keys,
    /// Told to subscribers once all is committed.
    pub(super) notices: Vec<(RoomId, OwnedNotice)>,
    /// Rows that must not survive in the write-ahead log were removed.
    pub(super) destroyed: bool,
}
