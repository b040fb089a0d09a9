//! The maps of what a relay answers (SPEC 4).

use minicbor::{Decode, Encode};

use crate::{
    error::ErrorCode,
    id::{BlobId, BoxId, KnockId, Lane, PublicKey, RoomState, Seat, ServerNonce, Tag},
    owner::{SignedStatement, Tombstone},
};

/// The reply to CREATE, AUTH and RESEAT: where the room stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Admission {
    /// The challenge for the next proof on this connection.
    #[n(0)]
    pub next_nonce: ServerNonce,
    /// Open or locked.
    #[n(1)]
    pub state: RoomState,
    /// The tag of the last commit entry.
    #[n(2)]
    pub head: Tag,
    /// The number of that entry; 0 for the first epoch.
    #[n(3)]
    pub head_seq: u64,
    /// Entries before this number are gone; 0 if none ever was.
    #[n(4)]
    pub oldest_seq: u64,
    /// The newest [`crate::deed::Deed`].
    #[cbor(n(5), with = "minicbor::bytes")]
    pub deed: Vec<u8>,
    /// The newest statement of the owner.
    #[n(6)]
    pub owner: Option<SignedStatement>,
    /// The life of the room on this relay that the numbers belong to.
    #[n(7)]
    pub seat: Seat,
    /// The number of the last message that went before its time, because there were too many.
    #[n(8)]
    pub pushed_out: Option<u64>,
    /// The messages fill their share: the next may push out the oldest.
    #[n(9)]
    pub full: bool,
}

/// The reply to GINFO_GET.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GroupInfos {
    /// Absent if there is none older.
    #[n(0)]
    pub group_info: Option<GroupInfoAt>,
    /// The commits after it, oldest first.
    #[n(1)]
    pub commits: Vec<FetchedEntry>,
    /// More commits follow: FETCH them as a member, or ask again later.
    #[n(2)]
    pub more: bool,
}

/// A GroupInfo and the epoch that it describes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct GroupInfoAt {
    /// The commit that began the epoch.
    #[n(0)]
    pub tag: Tag,
    /// Its number; 0 for the first epoch.
    #[n(1)]
    pub seq: u64,
    /// The envelope.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub blob: Vec<u8>,
    /// The place of the commit.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub place: Option<Vec<u8>>,
}

/// The reply to LEASE when the commit slot is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Leased {
    /// How long it is held, in milliseconds.
    #[n(0)]
    pub ms: u32,
    /// The head at this moment.
    #[n(1)]
    pub head: Tag,
}

/// The reply to COMMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Committed {
    /// The number of the entry.
    #[n(0)]
    pub seq: u64,
    /// Its tag, the new head.
    #[n(1)]
    pub tag: Tag,
}

/// The reply to PUB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Published {
    /// The number of the entry.
    #[n(0)]
    pub seq: u64,
    /// As in [`Admission::full`], with this message.
    #[n(1)]
    pub full: bool,
}

/// The reply to FETCH.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Fetched {
    /// Ascending.
    #[n(0)]
    pub entries: Vec<FetchedEntry>,
    /// Ask again after the last one. Pushes begin behind the reply that says no.
    #[n(1)]
    pub more: bool,
    /// The number of the last commit entry.
    #[n(2)]
    pub head_seq: u64,
}

/// A stored entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct FetchedEntry {
    /// Its number.
    #[n(0)]
    pub seq: u64,
    /// Its lane.
    #[n(1)]
    pub lane: Lane,
    /// Its envelope.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub blob: Vec<u8>,
    /// The member-auth key that it registers, on commit lanes.
    #[n(3)]
    pub mpk: Option<PublicKey>,
    /// The place of a commit; never without `mpk`. Absent for commits whose place the relay does not keep any more.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub place: Option<Vec<u8>>,
}

/// The reply to BLOB_NEW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlobReserved {
    /// The blob.
    #[n(0)]
    pub blob_id: BlobId,
}

/// The reply to BLOB_GET.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlobBytes {
    /// The part.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// The reply to STATUS.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Status {
    /// Open or locked.
    #[n(0)]
    pub state: RoomState,
    /// The newest [`crate::deed::Deed`].
    #[cbor(n(1), with = "minicbor::bytes")]
    pub deed: Vec<u8>,
}

/// The reply to OWNER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Ordered {
    /// The commit that travelled with the order.
    #[n(0)]
    pub seq: Option<u64>,
    /// Its tag, the new head.
    #[n(1)]
    pub tag: Option<Tag>,
}

/// The reply to BOX_NEW.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxOpened {
    /// The digits to read aloud.
    #[n(0)]
    pub nameplate: String,
    /// The box.
    #[n(1)]
    pub box_id: BoxId,
    /// Seconds until it closes by itself.
    #[n(2)]
    pub ttl: u32,
}

/// The reply to BOX_JOIN, and what the inviter hears of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxJoined {
    /// The box.
    #[n(0)]
    pub box_id: BoxId,
}

/// The reply to KNOCK, and what has changed since, as a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnockPending {
    /// The knock.
    #[n(0)]
    pub knock_id: KnockId,
    /// Seconds until it is over by itself; 0: it is over without an answer.
    #[n(1)]
    pub ttl: u32,
    /// Whether the owner is connected and hears of it.
    #[n(2)]
    pub owner_here: bool,
}

/// ERROR: no text, so that nothing of another user is in it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Refusal {
    /// Why.
    #[n(0)]
    pub code: ErrorCode,
    /// When to try again.
    #[n(1)]
    pub retry_ms: Option<u32>,
    /// What belongs to the code, see [`ErrorCode`].
    #[n(2)]
    pub data: Option<ErrorData>,
}

impl Refusal {
    /// A refusal that says no more than why.
    #[must_use]
    pub const fn bare(code: ErrorCode) -> Self {
        Self { code, retry_ms: None, data: None }
    }

    /// A refusal with what belongs to its code.
    #[must_use]
    pub const fn with(code: ErrorCode, data: ErrorData) -> Self {
        Self { code, retry_ms: None, data: Some(data) }
    }

    /// A refusal that says when to try again.
    #[must_use]
    pub const fn retry(code: ErrorCode, retry_ms: u32) -> Self {
        Self { code, retry_ms: Some(retry_ms), data: None }
    }
}

/// What belongs to an error code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct ErrorData {
    /// The relay's head.
    #[n(0)]
    pub head: Option<Tag>,
    /// The number of the head, of the entry that is there already, or of the oldest one left; of a blob, how many bytes
    /// are there.
    #[n(1)]
    pub seq: Option<u64>,
    /// The tag of the commit that is there already.
    #[n(2)]
    pub tag: Option<Tag>,
    /// The place in the queue, from 1.
    #[n(3)]
    pub position: Option<u32>,
    /// What proves that the room is gone.
    #[n(4)]
    pub tombstone: Option<Box<Tombstone>>,
}
