//! The maps of what a client sends (SPEC 4).

use minicbor::{
    Decode, Decoder, Encode, Encoder, data, decode,
    encode::{Error as EncodeError, Write},
};

use crate::id::{BlobId, Cid, ClientNonce, DelHash, DelToken, KnockId, Lane, PublicKey, Role, RoomId, Signature, Tag};

/// The map without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Empty {}

/// CREATE. The deed is the owner's agreement, `sig` the proof of the access key.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Create<'a> {
    /// A [`crate::deed::Deed`].
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    pub deed: &'a [u8],
    /// The member-auth key of the first epoch.
    #[n(1)]
    pub mpk: PublicKey,
    /// The sealed GroupInfo of the first epoch.
    #[b(2)]
    #[cbor(with = "minicbor::bytes")]
    pub group_info: &'a [u8],
    /// The client's part of the challenge; also names the seat.
    #[n(3)]
    pub client_nonce: ClientNonce,
    /// SIG(ask, "create", ...), SPEC 5.
    #[n(4)]
    pub sig: Signature,
    /// A proof of work, where HELLO asks for one.
    #[b(5)]
    #[cbor(with = "minicbor::bytes")]
    pub pow: Option<&'a [u8]>,
    /// Which of its names the client knows the relay by.
    #[b(6)]
    pub authority: &'a str,
    /// The place of the first epoch, sealed: at most [`crate::limits::PLACE`] bytes.
    #[b(7)]
    #[cbor(with = "minicbor::bytes")]
    pub place: &'a [u8],
}

/// AUTH.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Auth {
    /// The role to prove.
    #[n(0)]
    pub role: Role,
    /// The room.
    #[n(1)]
    pub room_id: RoomId,
    /// The access key, the member-auth key of an epoch, or the owner's key.
    #[n(2)]
    pub pk: PublicKey,
    /// The client's part of the challenge.
    #[n(3)]
    pub client_nonce: ClientNonce,
    /// SIG(sk, "auth", ...), SPEC 5.
    #[n(4)]
    pub sig: Signature,
    /// A proof of work, where HELLO asks for one.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub pow: Option<Vec<u8>>,
    /// The owner's key that the client expects: seats are told apart by it. Absent for role J, which cannot know it.
    #[n(6)]
    pub opk: Option<PublicKey>,
    /// Which of its names the client knows the relay by.
    #[n(7)]
    pub authority: String,
}

/// GINFO_GET. One GroupInfo per reply, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct GroupInfoGet {
    /// Ask for one older than the one with this tag.
    #[n(0)]
    pub before: Option<Tag>,
}

/// COMMIT.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Commit<'a> {
    /// [`Lane::Join`] or [`Lane::Commit`].
    #[n(0)]
    pub lane: Lane,
    /// The head that this commit follows.
    #[n(1)]
    pub head: Tag,
    /// The sealed commit.
    #[b(2)]
    #[cbor(with = "minicbor::bytes")]
    pub blob: &'a [u8],
    /// The sealed GroupInfo of the epoch that it begins.
    #[b(3)]
    #[cbor(with = "minicbor::bytes")]
    pub group_info: &'a [u8],
    /// The member-auth key of that epoch.
    #[n(4)]
    pub mpk: PublicKey,
    /// Names the request for repetition.
    #[n(5)]
    pub cid: Cid,
    /// A proof of work, where HELLO asks for one.
    #[b(6)]
    #[cbor(with = "minicbor::bytes")]
    pub pow: Option<&'a [u8]>,
    /// Where the commit stands in its branch, sealed for those who have the code: at most [`crate::limits::PLACE`] bytes.
    #[b(7)]
    #[cbor(with = "minicbor::bytes")]
    pub place: &'a [u8],
}

/// PUB.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Publish<'a> {
    /// The head that the sender has seen.
    #[n(0)]
    pub head: Tag,
    /// The envelope.
    #[b(1)]
    #[cbor(with = "minicbor::bytes")]
    pub blob: &'a [u8],
    /// Seconds that the relay keeps it, at most [`crate::limits::RETENTION`]: the room's `msg_ttl` for messages, the
    /// retention of commits for proposals.
    #[n(2)]
    pub ttl: u32,
    /// Names the request for repetition.
    #[n(3)]
    pub cid: Cid,
    /// What a DEL must match.
    #[n(4)]
    pub del_hash: Option<DelHash>,
    /// The refused `cid` in whose place this one comes. After refusing one a relay refuses all others of the connection
    /// until that one is repeated or replaced, so that a sender's messages keep their order.
    #[n(5)]
    pub replaces: Option<Cid>,
}

/// FETCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Fetch {
    /// The cursor: the last number that the client has.
    #[n(0)]
    pub after: u64,
    /// At most so many entries.
    #[n(1)]
    pub max_n: u32,
    /// At most so many bytes of envelopes, but always one.
    #[n(2)]
    pub max_bytes: u32,
}

/// EPH.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ephemeral<'a> {
    /// The envelope.
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    pub blob: &'a [u8],
}

/// DEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Del {
    /// What to delete.
    #[n(0)]
    pub target: DelTarget,
    /// What shows the right to.
    #[n(1)]
    pub token: DelToken,
}

/// What a DEL is about: an integer names an entry, bytes name a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelTarget {
    /// The entry with this number.
    Entry(u64),
    /// The blob.
    Blob(BlobId),
}

impl<C> Encode<C> for DelTarget {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), EncodeError<W::Error>> {
        match self {
            Self::Entry(seq) => e.u64(*seq)?.ok(),
            Self::Blob(id) => id.encode(e, ctx),
        }
    }
}

impl<'b, C> Decode<'b, C> for DelTarget {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        if d.datatype()? == data::Type::Bytes {
            BlobId::decode(d, ctx).map(Self::Blob)
        } else {
            d.u64().map(Self::Entry)
        }
    }
}

/// BLOB_NEW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlobNew {
    /// Bytes in total, at least 1.
    #[n(0)]
    pub size: u64,
    /// What a DEL must match.
    #[n(1)]
    pub del_hash: DelHash,
    /// Seconds to keep it once it is complete, at most [`crate::limits::RETENTION`].
    #[n(2)]
    pub ttl: u32,
}

/// BLOB_PUT.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlobPut<'a> {
    /// The blob.
    #[n(0)]
    pub blob_id: BlobId,
    /// Where the part begins.
    #[n(1)]
    pub offset: u64,
    /// The part: at most [`crate::limits::BLOB_PART`], and a multiple of [`crate::limits::BLOB_STEP`] unless it is the
    /// last.
    #[b(2)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: &'a [u8],
}

/// BLOB_END.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlobEnd {
    /// The blob.
    #[n(0)]
    pub blob_id: BlobId,
    /// SHA-256 of all of it.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sha256: [u8; 32],
}

/// BLOB_GET.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlobGet {
    /// The blob.
    #[n(0)]
    pub blob_id: BlobId,
    /// Where to begin.
    #[n(1)]
    pub offset: u64,
    /// How many bytes at most; a relay answers no more than [`crate::limits::BLOB_PART`].
    #[n(2)]
    pub len: u32,
}

/// OWNER: a [`crate::owner::Statement`] and its signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OwnerOrder<'a> {
    /// The statement's bytes.
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    pub statement: &'a [u8],
    /// SIG(osk, "own", statement).
    #[n(1)]
    pub sig: Signature,
    /// A commit on top of the base that LOCK, UNLOCK or SETHEAD names; the statement names its tag.
    #[b(2)]
    pub commit: Option<Commit<'a>>,
}

/// PANIC: a [`crate::owner::PanicStatement`] under two keys.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Panic<'a> {
    /// The statement's bytes.
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    pub statement: &'a [u8],
    /// SIG(ask, "panic", statement).
    #[n(1)]
    pub sig_access: Signature,
    /// The owner's key.
    #[n(2)]
    pub pk: PublicKey,
    /// SIG(that key, "panic", statement).
    #[n(3)]
    pub sig: Signature,
}

/// RESEAT.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reseat<'a> {
    /// The newest deed.
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    pub deed: &'a [u8],
    /// The newest statement of the owner, if there is one.
    #[n(1)]
    pub owner: Option<crate::owner::SignedStatement>,
    /// The member-auth key of the member's epoch.
    #[n(2)]
    pub mpk: PublicKey,
    /// The member's `base`.
    #[n(3)]
    pub head: Tag,
    /// The sealed GroupInfo of that epoch.
    #[b(4)]
    #[cbor(with = "minicbor::bytes")]
    pub group_info: &'a [u8],
    /// The client's part of the challenge; also names the seat.
    #[n(5)]
    pub client_nonce: ClientNonce,
    /// As in CREATE.
    #[n(6)]
    pub sig: Signature,
    /// A proof of work, where HELLO asks for one.
    #[b(7)]
    #[cbor(with = "minicbor::bytes")]
    pub pow: Option<&'a [u8]>,
    /// Which of its names the client knows the relay by.
    #[b(8)]
    pub authority: &'a str,
    /// The place of that epoch's commit, sealed: at most [`crate::limits::PLACE`] bytes.
    #[b(9)]
    #[cbor(with = "minicbor::bytes")]
    pub place: &'a [u8],
}

/// RESEAT_PUT.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReseatPut {
    /// Oldest first.
    #[n(0)]
    pub entries: Vec<ReseatEntry>,
}

/// An entry that a member hands to a new seat.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReseatEntry {
    /// Its lane.
    #[n(0)]
    pub lane: Lane,
    /// Its envelope.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub blob: Vec<u8>,
    /// Its name for repetition.
    #[n(2)]
    pub cid: Cid,
    /// When it expires, unix seconds.
    #[n(3)]
    pub expires: u64,
    /// The member-auth key that it registered.
    #[n(4)]
    pub mpk: Option<PublicKey>,
    /// What a DEL must match.
    #[n(5)]
    pub del_hash: Option<DelHash>,
}

/// BURNED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Burned {
    /// SIG(leaf key, "burned", room_id ‖ tombstone hash).
    #[n(0)]
    pub sig: Signature,
}

/// BOX_NEW.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxNew<'a> {
    /// A proof of work, where HELLO asks for one.
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    pub pow: Option<&'a [u8]>,
}

/// BOX_JOIN.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxJoin<'a> {
    /// The digits that were read aloud.
    #[b(0)]
    pub nameplate: &'a str,
    /// A proof of work, where HELLO asks for one.
    #[b(1)]
    #[cbor(with = "minicbor::bytes")]
    pub pow: Option<&'a [u8]>,
}

/// BOX_SEND.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxSend<'a> {
    /// The step of the exchange.
    #[n(0)]
    pub phase: u8,
    /// At most [`crate::limits::BOX_MESSAGE`].
    #[b(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: &'a [u8],
}

/// BOX_CLOSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxClose {
    /// 0 done, 1 given up, 2 wrong words.
    #[n(0)]
    pub mood: u8,
}

/// KNOCK.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Knock<'a> {
    /// What the owner opens, at most [`crate::limits::KNOCK`].
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    pub blob: &'a [u8],
    /// A proof of work, where HELLO asks for one.
    #[b(1)]
    #[cbor(with = "minicbor::bytes")]
    pub pow: Option<&'a [u8]>,
}

/// KNOCK_ANSWER.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnockAnswer<'a> {
    /// The knock.
    #[n(0)]
    pub knock_id: KnockId,
    /// What goes to who knocked, at most [`crate::limits::KNOCK_ANSWER`].
    #[b(1)]
    #[cbor(with = "minicbor::bytes")]
    pub blob: &'a [u8],
}
