//! What happened in a room, as a line of the timeline keeps it (column `item.note`).
//!
//! A note is CBOR: an array of the number of its variant and a map of its fields by number. Names in Rust are not on the
//! disk, so they may change; a number that is taken is never given to anything else, since an older file may hold it. A
//! field that comes later is optional. A variant that this version does not know is no error, see [`Note::decode`].

use std::fmt;

use minicbor::{Decode, Encode};
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, Value},
};

/// Something that happened in a room. What is said of it is the user interface's.
#[derive(Clone, Eq, PartialEq, Encode, Decode)]
#[cbor(map)]
pub enum Note {
    /// This person made the room.
    #[n(1)]
    Created,
    /// This person joined.
    #[n(2)]
    YouJoined,
    /// Somebody joined with the code.
    #[n(3)]
    Joined {
        /// The name that the member chose.
        #[n(0)]
        nick: String,
    },
    /// Somebody left, or was removed by the owner.
    #[n(4)]
    Left {
        /// The member's name.
        #[n(0)]
        nick: String,
        /// The owner did it.
        #[n(1)]
        removed: bool,
    },
    /// Somebody came back after losing the thread (protocol 4.6.7).
    #[n(5)]
    Rejoined {
        /// The member's name.
        #[n(0)]
        nick: String,
    },
    /// Somebody changed the name.
    #[n(6)]
    Renamed {
        /// Before.
        #[n(0)]
        from: String,
        /// After.
        #[n(1)]
        to: String,
    },
    /// The owner changed something of the params that this version does not know.
    #[n(7)]
    RulesChanged,
    /// Messages of a member are missing: expired, deleted or withheld.
    #[n(8)]
    Gap {
        /// The member's name.
        #[n(0)]
        nick: String,
        /// How many.
        #[n(1)]
        missing: u32,
        /// Among which numbers; none in files of before.
        #[n(2)]
        range: Option<GapRange>,
    },
    /// A member's numbering contradicts what came before.
    #[n(9)]
    Inconsistent {
        /// The member's name.
        #[n(0)]
        nick: String,
    },
    /// This client came back through the door.
    #[n(10)]
    Resynced,
    /// The relay no longer has all that came while this client was away.
    #[n(11)]
    LogTruncated,
    /// Several entries in a row could not be opened.
    #[n(12)]
    SplitSuspected,
    /// Commits that this client could not apply came again and again.
    #[n(13)]
    Disturbed,
    /// This computer's clock was set.
    #[n(14)]
    ClockSet {
        /// By so many seconds; below zero, it was set back.
        #[n(0)]
        by: i64,
    },
    /// This app's files were put back from an older copy.
    #[n(15)]
    OldCopy,
    /// The relay that serves this room from this computer died of a fault and was started again.
    #[n(16)]
    RelayRestarted,
    /// Messages of this person may not have reached everybody, and were not published again.
    #[n(17)]
    NotPublishedAgain {
        /// How many.
        #[n(0)]
        count: u32,
    },
    /// The owner locked the room.
    #[n(18)]
    Locked,
    /// The owner unlocked it.
    #[n(19)]
    Unlocked,
    /// The owner changed the title.
    #[n(20)]
    TitleChanged {
        /// Before.
        #[n(0)]
        from: String,
        /// After.
        #[n(1)]
        to: String,
    },
    /// The owner changed the note to everybody who comes in.
    #[n(21)]
    NoteChanged {
        /// Before.
        #[n(0)]
        from: String,
        /// After.
        #[n(1)]
        to: String,
    },
    /// The owner changed how long messages stay.
    #[n(22)]
    MessageTtlChanged {
        /// Seconds, before.
        #[n(0)]
        from: u32,
        /// Seconds, after.
        #[n(1)]
        to: u32,
    },
    /// The owner changed how long the room may be silent.
    #[n(23)]
    IdleTtlChanged {
        /// Seconds, before.
        #[n(0)]
        from: u32,
        /// Seconds, after.
        #[n(1)]
        to: u32,
    },
    /// The owner changed how many may be in the room.
    #[n(24)]
    MaxMembersChanged {
        /// Before.
        #[n(0)]
        from: u16,
        /// After.
        #[n(1)]
        to: u16,
    },
    /// Somebody asked to erase the room, which only its owner can.
    #[n(25)]
    EraseRefused {
        /// The member's name.
        #[n(0)]
        nick: String,
    },
    /// Somebody asked to erase the room, and this person kept it.
    #[n(26)]
    EraseKept {
        /// The member's name.
        #[n(0)]
        nick: String,
    },
    /// The owner let somebody in.
    #[n(27)]
    LetIn {
        /// The name that the member chose.
        #[n(0)]
        nick: String,
    },
    /// The owner changed who may erase the room for everybody.
    #[n(28)]
    EraseByChanged {
        /// Any member may by now; if not, the owner alone.
        #[n(0)]
        any_member: bool,
    },
    /// Somebody who is not the owner wanted to lead everybody to another room.
    #[n(29)]
    MoveRefused {
        /// The member's name.
        #[n(0)]
        nick: String,
    },
}

/// Which numbers of a member are missing, or were.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct GapRange {
    /// Member id.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub member: [u8; 16],
    /// The lowest.
    #[n(1)]
    pub from: u64,
    /// The highest.
    #[n(2)]
    pub to: u64,
}

impl Note {
    /// Reads a note. `None` for one that this version does not know: a newer one wrote it, or the bytes are damaged.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }
}

/// The names of people have no place in a log.
impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note(..)")
    }
}

impl ToSql for Note {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let bytes = minicbor::to_vec(self).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(ToSqlOutput::Owned(Value::Blob(bytes)))
    }
}

#[cfg(test)]
mod tests;
