//! What members tell each other inside the group (SPEC 9). A relay never sees any of it.

mod body;
mod ephemeral;

pub use body::{
    Body, CallNote, CallOutcome, Erase, FileKey, FileRef, Files, Hello, HistoryOffer, Move, Reaction, Receipt,
    ReceiptKind, Retract, RoomStateNote, Text, ViewOnce,
};
pub use ephemeral::{Ephemeral, EphemeralType};

use minicbor::{Decode, Encode};

use crate::{
    codec,
    error::DecodeError,
    id::{MessageId, PrevHash, PublicKey, Signature},
    limits,
};

/// What MLS encrypts for a message (SPEC 9): its frozen bytes, and what belongs to this one publication of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// An [`AppMsg`], encoded.
    pub message: Vec<u8>,
    /// Seconds since the message was written, by the sender's clock: for so long it has been burning.
    pub age_s: u32,
    /// Of what may be known from other leaves of its sender: that they are the sender's. At most [`limits::LEAF_LINKS`].
    pub links: Vec<LeafLink>,
}

/// Says that a former leaf and the one that a message comes from are the same person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LeafLink {
    /// The signature key of the former leaf.
    #[n(0)]
    pub former: PublicKey,
    /// That key's signature over room and present leaf key.
    #[n(1)]
    pub sig: Signature,
}

impl Publication {
    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&Published {
            message: self.message.clone(),
            age_s: Some(self.age_s).filter(|age| *age != 0),
            links: Some(self.links.clone()).filter(|links| !links.is_empty()),
        })
    }

    /// Reads a publication. The message in it and the signatures are not looked at.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not canonical or there are more than [`limits::LEAF_LINKS`] links.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let Published { message, age_s, links } = codec::decode(bytes)?;
        if age_s == Some(0) || links.as_ref().is_some_and(Vec::is_empty) {
            return Err(DecodeError::Value("what is nothing is left out"));
        }
        let links = links.unwrap_or_default();
        if links.len() > limits::LEAF_LINKS {
            return Err(DecodeError::Value("too many links"));
        }
        Ok(Self { message, age_s: age_s.unwrap_or_default(), links })
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Published {
    #[cbor(n(0), with = "minicbor::bytes")]
    message: Vec<u8>,
    #[n(1)]
    age_s: Option<u32>,
    #[n(2)]
    links: Option<Vec<LeafLink>>,
}

/// A message. Its bytes are frozen when it is written; only the encryption around them may be made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppMsg {
    /// 1, 2, 3 ... for each member since it joined.
    pub n: u64,
    /// The start of the SHA-256 of the member's previous message; zeros in the first.
    pub prev: PrevHash,
    /// The sender's clock, unix seconds.
    pub ts: u64,
    /// Random.
    pub mid: MessageId,
    /// The kind and what it says.
    pub body: Body,
    /// Seconds after which every client removes it.
    pub expire_s: Option<u32>,
    /// The message that it answers.
    pub reply_mid: Option<MessageId>,
    /// The last number that the sender had processed.
    pub seen_seq: u64,
}

impl AppMsg {
    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let head = codec::encode(&Head {
            kind: self.body.kind(),
            n: self.n,
            prev: self.prev,
            ts: self.ts,
            mid: self.mid,
            expire_s: self.expire_s,
            reply_mid: self.reply_mid,
            seen_seq: self.seen_seq,
        });
        // The head was written just now, so it is a canonical map.
        codec::with_field(&head, BODY_FIELD, &self.body.encode()).unwrap_or_default()
    }

    /// Reads a message. A kind that this version does not know is kept as it is.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a canonical message or a field is beyond its limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let head: Head = codec::decode(bytes)?;
        if i64::try_from(head.n).is_err() || i64::try_from(head.seen_seq).is_err() || u32::try_from(head.ts).is_err() {
            // No honest sender counts or dates that far; a store or a calendar behind this would stumble over it.
            return Err(DecodeError::Value("a number is out of range"));
        }
        let body = codec::field(bytes, BODY_FIELD)?.ok_or(DecodeError::Schema)?;
        Ok(Self {
            n: head.n,
            prev: head.prev,
            ts: head.ts,
            mid: head.mid,
            body: Body::decode(head.kind, body)?,
            expire_s: head.expire_s,
            reply_mid: head.reply_mid,
            seen_seq: head.seen_seq,
        })
    }
}

impl Body {
    /// What a client keeps of a message that it has composed and not numbered yet: kind and body, under their keys in an
    /// [`AppMsg`]. No relay and no other member ever sees this form.
    #[must_use]
    pub fn to_draft(&self) -> Vec<u8> {
        // The head was written just now, so it is a canonical map.
        let head = codec::encode(&DraftHead { kind: self.kind() });
        codec::with_field(&head, BODY_FIELD, &self.encode()).unwrap_or_default()
    }

    /// Reads a draft. A kind that this version does not know is kept as it is.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a canonical draft or a field is beyond its limit.
    pub fn from_draft(bytes: &[u8]) -> Result<Self, DecodeError> {
        let head: DraftHead = codec::decode(bytes)?;
        Self::decode(head.kind, codec::field(bytes, BODY_FIELD)?.ok_or(DecodeError::Schema)?)
    }
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct DraftHead {
    #[n(0)]
    kind: u32,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Head {
    #[n(0)]
    kind: u32,
    #[n(1)]
    n: u64,
    #[n(2)]
    prev: PrevHash,
    #[n(3)]
    ts: u64,
    #[n(4)]
    mid: MessageId,
    #[n(6)]
    expire_s: Option<u32>,
    #[n(7)]
    reply_mid: Option<MessageId>,
    #[n(8)]
    seen_seq: u64,
}

const BODY_FIELD: u64 = 5;
