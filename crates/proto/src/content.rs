//! What members tell each other inside the group (SPEC 9). A relay never sees any of it.

mod body;
mod ephemeral;

pub use body::{
    Body, CallNote, CallOutcome, FileKey, FileRef, Files, Hello, HistoryOffer, Move, Reaction, Receipt, ReceiptKind,
    Retract, RoomStateNote, Text, ViewOnce,
};
pub use ephemeral::{Ephemeral, EphemeralType};

use minicbor::{Decode, Encode};

use crate::{
    codec,
    error::DecodeError,
    id::{MessageId, PrevHash},
};

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
