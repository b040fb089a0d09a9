//! Frames between a client and a relay (SPEC 3 and 4): all operations in one place.
//!
//! Every frame is the array `[op, rid, map]` in one binary WebSocket message. A reply repeats `op` and `rid` of its
//! request; pushes carry `rid` 0.

mod push;
mod reply;
mod request;

pub use push::{BoxMessage, BurnedPush, EntryPush, EntryView, EphemeralPush, Hello, KnockAnswerPush, Knocked, Limits};
pub use reply::{
    Admission, BlobBytes, BlobReserved, BoxJoined, BoxOpened, Committed, ErrorData, Fetched, FetchedEntry, GroupInfoAt,
    GroupInfos, KnockPending, Leased, Ordered, Published, Refusal, Status,
};
pub use request::{
    Auth, BlobEnd, BlobGet, BlobNew, BlobPut, BoxClose, BoxJoin, BoxNew, BoxSend, Burned, Commit, Create, Del,
    DelTarget, Empty, Ephemeral, Fetch, GroupInfoGet, Knock, KnockAnswer, OwnerOrder, Panic, Publish, Reseat,
    ReseatEntry, ReseatPut,
};

use minicbor::{Decoder, Encode, Encoder};

use crate::{codec, error::DecodeError, owner::Tombstone};

macro_rules! frames {
    ($(#[$doc:meta])* $frame:ident, $(#[$body_doc:meta])* $body:ident $(<$life:lifetime>)? {
        $($(#[$variant_doc:meta])* $op:literal $variant:ident($map:ty),)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $frame$(<$life>)? {
            /// Names the request among those of this connection; 0 in pushes.
            pub rid: u32,
            /// The operation and its map.
            pub body: $body$(<$life>)?,
        }

        $(#[$body_doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $body$(<$life>)? {
            $($(#[$variant_doc])* $variant($map),)*
        }

        impl$(<$life>)? $body$(<$life>)? {
            /// The number of the operation.
            #[must_use]
            pub const fn op(&self) -> u8 {
                match self { $(Self::$variant(_) => $op,)* }
            }
        }

        impl$(<$life>)? $frame$(<$life>)? {
            /// The canonical bytes.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                let mut out = Vec::new();
                self.encode_into(&mut out);
                out
            }

            /// Appends the canonical bytes to `out`.
            pub fn encode_into(&self, out: &mut Vec<u8>) {
                match &self.body { $($body::$variant(map) => write_frame($op, self.rid, map, out),)* }
            }
        }
    };
}

frames! {
    /// What a client sends.
    ClientFrame,
    /// A request, or one of the two operations without an answer (EPH, BURNED).
    Request<'a> {
        /// CREATE: opens a room.
        2 Create(Create<'a>),
        /// AUTH: proves a role.
        3 Auth(Auth),
        /// GINFO_GET: asks for a GroupInfo and the commits after it.
        4 GroupInfoGet(GroupInfoGet),
        /// LEASE: asks for the commit slot.
        5 Lease(Empty),
        /// COMMIT: moves the head.
        6 Commit(Commit<'a>),
        /// PUB: stores an entry.
        7 Publish(Publish<'a>),
        /// FETCH: reads entries.
        8 Fetch(Fetch),
        /// EPH: forwards without storing. Not answered.
        10 Ephemeral(Ephemeral<'a>),
        /// DEL: deletes an entry or blob before it expires.
        11 Del(Del),
        /// BLOB_NEW: reserves a blob.
        12 BlobNew(BlobNew),
        /// BLOB_PUT: uploads a part.
        13 BlobPut(BlobPut<'a>),
        /// BLOB_END: completes a blob.
        14 BlobEnd(BlobEnd),
        /// BLOB_GET: downloads a part.
        15 BlobGet(BlobGet),
        /// OWNER: a statement of the owner.
        16 Owner(OwnerOrder<'a>),
        /// PANIC: destroys the room.
        17 Panic(Panic<'a>),
        /// TOMB: shows a tombstone to a relay that has the room still.
        18 Tombstone(Tombstone),
        /// STATUS: asks for the room's state.
        19 Status(Empty),
        /// RESEAT: opens a room again on another relay.
        22 Reseat(Reseat<'a>),
        /// BURNED: says that the sender's keys are destroyed. Not answered.
        23 Burned(Burned),
        /// RESEAT_PUT: hands entries to the new seat.
        24 ReseatPut(ReseatPut),
        /// RESEAT_END: opens the seat.
        25 ReseatEnd(Empty),
        /// BOX_NEW: opens a mailbox.
        30 BoxNew(BoxNew<'a>),
        /// BOX_JOIN: enters a mailbox.
        31 BoxJoin(BoxJoin<'a>),
        /// BOX_SEND: sends to the other side of a mailbox.
        32 BoxSend(BoxSend<'a>),
        /// BOX_CLOSE: closes a mailbox.
        34 BoxClose(BoxClose),
        /// KNOCK: asks the owner of a locked room to be let in.
        35 Knock(Knock<'a>),
        /// KNOCK_ANSWER: the owner's answer to who knocked.
        37 KnockAnswer(KnockAnswer<'a>),
    }
}

frames! {
    /// What a relay sends.
    RelayFrame,
    /// A reply or a push.
    Reply {
        /// HELLO: the first push.
        1 Hello(Hello),
        /// The room is created.
        2 Created(Admission),
        /// The role is proven.
        3 Authenticated(Admission),
        /// A GroupInfo and the commits after it.
        4 GroupInfos(GroupInfos),
        /// The commit slot is granted.
        5 Leased(Leased),
        /// The commit is stored.
        6 Committed(Committed),
        /// The entry is stored.
        7 Published(Published),
        /// Entries.
        8 Fetched(Fetched),
        /// ENTRY: a push with a stored entry.
        9 Entry(EntryPush),
        /// EPH: a push that is stored nowhere.
        10 Ephemeral(EphemeralPush),
        /// DEL is done.
        11 Deleted(Empty),
        /// A blob is reserved.
        12 BlobReserved(BlobReserved),
        /// A part of a blob is stored.
        13 BlobStored(Empty),
        /// A blob is complete.
        14 BlobComplete(Empty),
        /// A part of a blob.
        15 BlobBytes(BlobBytes),
        /// The owner's statement is carried out.
        16 Ordered(Ordered),
        /// PANIC is done.
        17 Panicked(Empty),
        /// TOMB: a push to those attached when a room is destroyed, or the reply to one that was shown.
        18 Tombstone(Tombstone),
        /// The room's state.
        19 Status(Status),
        /// ERROR: a refusal. It repeats `rid` of the request; 0 if the request could not be read.
        21 Refused(Refusal),
        /// RESEAT may go on.
        22 Reseating(Admission),
        /// BURNED: a push, forwarded from a member.
        23 Burned(BurnedPush),
        /// Entries of the new seat are stored.
        24 ReseatStored(Empty),
        /// The seat is open.
        25 Reseated(Empty),
        /// A mailbox is open.
        30 BoxOpened(BoxOpened),
        /// A mailbox is entered; as a push: somebody has entered the receiver's.
        31 BoxJoined(BoxJoined),
        /// A message to the other side is taken.
        32 BoxSent(Empty),
        /// BOX_MSG: a push from the other side of a mailbox.
        33 BoxMessage(BoxMessage),
        /// A mailbox is closed.
        34 BoxClosed(Empty),
        /// A knock waits for the owner; as a push: what has changed for it.
        35 KnockPending(KnockPending),
        /// KNOCKED: a push to the owner.
        36 Knocked(Knocked),
        /// The answer is on its way to who knocked.
        37 KnockAnswered(Empty),
        /// KNOCK_ANSWER: a push to who knocked. `rid` 0 tells it from the reply.
        37 KnockAnswer(KnockAnswerPush),
    }
}

impl<'a> ClientFrame<'a> {
    /// Reads one frame. What is large stays borrowed from `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not canonical or not a request.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (op, rid, map) = read_frame(bytes)?;
        let body = match op {
            2 => Request::Create(minicbor::decode(map)?),
            3 => Request::Auth(minicbor::decode(map)?),
            4 => Request::GroupInfoGet(minicbor::decode(map)?),
            5 => Request::Lease(minicbor::decode(map)?),
            6 => Request::Commit(minicbor::decode(map)?),
            7 => Request::Publish(minicbor::decode(map)?),
            8 => Request::Fetch(minicbor::decode(map)?),
            10 => Request::Ephemeral(minicbor::decode(map)?),
            11 => Request::Del(minicbor::decode(map)?),
            12 => Request::BlobNew(minicbor::decode(map)?),
            13 => Request::BlobPut(minicbor::decode(map)?),
            14 => Request::BlobEnd(minicbor::decode(map)?),
            15 => Request::BlobGet(minicbor::decode(map)?),
            16 => Request::Owner(minicbor::decode(map)?),
            17 => Request::Panic(minicbor::decode(map)?),
            18 => Request::Tombstone(minicbor::decode(map)?),
            19 => Request::Status(minicbor::decode(map)?),
            22 => Request::Reseat(minicbor::decode(map)?),
            23 => Request::Burned(minicbor::decode(map)?),
            24 => Request::ReseatPut(minicbor::decode(map)?),
            25 => Request::ReseatEnd(minicbor::decode(map)?),
            30 => Request::BoxNew(minicbor::decode(map)?),
            31 => Request::BoxJoin(minicbor::decode(map)?),
            32 => Request::BoxSend(minicbor::decode(map)?),
            34 => Request::BoxClose(minicbor::decode(map)?),
            35 => Request::Knock(minicbor::decode(map)?),
            37 => Request::KnockAnswer(minicbor::decode(map)?),
            op => return Err(DecodeError::UnknownOp(op)),
        };
        Ok(Self { rid, body })
    }

    /// The `rid` of a frame that may be unreadable otherwise, so that a refusal can name it.
    #[must_use]
    pub fn peek_rid(bytes: &[u8]) -> u32 {
        read_frame(bytes).map_or(0, |(_, rid, _)| rid)
    }
}

impl RelayFrame {
    /// Reads one frame.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not canonical or not a reply or push.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (op, rid, map) = read_frame(bytes)?;
        let body = match op {
            1 => Reply::Hello(minicbor::decode(map)?),
            2 => Reply::Created(minicbor::decode(map)?),
            3 => Reply::Authenticated(minicbor::decode(map)?),
            4 => Reply::GroupInfos(minicbor::decode(map)?),
            5 => Reply::Leased(minicbor::decode(map)?),
            6 => Reply::Committed(minicbor::decode(map)?),
            7 => Reply::Published(minicbor::decode(map)?),
            8 => Reply::Fetched(minicbor::decode(map)?),
            9 => Reply::Entry(minicbor::decode(map)?),
            10 => Reply::Ephemeral(minicbor::decode(map)?),
            11 => Reply::Deleted(minicbor::decode(map)?),
            12 => Reply::BlobReserved(minicbor::decode(map)?),
            13 => Reply::BlobStored(minicbor::decode(map)?),
            14 => Reply::BlobComplete(minicbor::decode(map)?),
            15 => Reply::BlobBytes(minicbor::decode(map)?),
            16 => Reply::Ordered(minicbor::decode(map)?),
            17 => Reply::Panicked(minicbor::decode(map)?),
            18 => Reply::Tombstone(minicbor::decode(map)?),
            19 => Reply::Status(minicbor::decode(map)?),
            21 => Reply::Refused(minicbor::decode(map)?),
            22 => Reply::Reseating(minicbor::decode(map)?),
            23 => Reply::Burned(minicbor::decode(map)?),
            24 => Reply::ReseatStored(minicbor::decode(map)?),
            25 => Reply::Reseated(minicbor::decode(map)?),
            30 => Reply::BoxOpened(minicbor::decode(map)?),
            31 => Reply::BoxJoined(minicbor::decode(map)?),
            32 => Reply::BoxSent(minicbor::decode(map)?),
            33 => Reply::BoxMessage(minicbor::decode(map)?),
            34 => Reply::BoxClosed(minicbor::decode(map)?),
            35 => Reply::KnockPending(minicbor::decode(map)?),
            36 => Reply::Knocked(minicbor::decode(map)?),
            37 if rid == 0 => Reply::KnockAnswer(minicbor::decode(map)?),
            37 => Reply::KnockAnswered(minicbor::decode(map)?),
            op => return Err(DecodeError::UnknownOp(op)),
        };
        Ok(Self { rid, body })
    }

    /// A push.
    #[must_use]
    pub const fn push(body: Reply) -> Self {
        Self { rid: 0, body }
    }
}

fn write_frame<T: Encode<()>>(op: u8, rid: u32, map: &T, out: &mut Vec<u8>) {
    let mut encoder = Encoder::new(&mut *out);
    let head = encoder.array(3).and_then(|e| e.u8(op)).and_then(|e| e.u32(rid));
    debug_assert!(head.is_ok(), "writing to a vector cannot fail");
    codec::encode_into(map, out);
}

fn read_frame(bytes: &[u8]) -> Result<(u64, u32, &[u8]), DecodeError> {
    codec::check(bytes)?;
    let mut decoder = Decoder::new(bytes);
    if decoder.array()? != Some(3) {
        return Err(DecodeError::Schema);
    }
    let (op, rid) = (decoder.u64()?, decoder.u32()?);
    let map = bytes.get(decoder.position()..).ok_or(DecodeError::Truncated)?;
    Ok((op, rid, map))
}
