//! The kinds of message.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, bytes::ByteArray, decode, encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    codec,
    error::DecodeError,
    id::{BlobId, CallId, DelToken, MemberId, MessageId, Signature},
    knock::PassphraseKey,
    limits,
};

macro_rules! bodies {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($map:ty),)*) => {
        /// The kind of a message and what it says.
        #[derive(Clone, PartialEq, Eq)]
        pub enum Body {
            $($(#[$doc])* $variant($map),)*
            /// A kind of a newer version: shown as "message needs a newer version".
            Unknown {
                /// The number of the kind.
                kind: u32,
                /// The body's canonical bytes.
                raw: Vec<u8>,
            },
        }

        /// The kind alone: what somebody said has no place in a log.
        impl std::fmt::Debug for Body {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Body").field("kind", &self.kind()).finish_non_exhaustive()
            }
        }

        impl Body {
            /// The number of the kind.
            #[must_use]
            pub const fn kind(&self) -> u32 {
                match self { $(Self::$variant(_) => $kind,)* Self::Unknown { kind, .. } => *kind }
            }

            /// The canonical bytes, without fields of newer versions.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self { $(Self::$variant(map) => codec::encode(map),)* Self::Unknown { raw, .. } => raw.clone() }
            }

            pub(super) fn decode(kind: u32, raw: &[u8]) -> Result<Self, DecodeError> {
                let body = match kind {
                    $($kind => Self::$variant(codec::decode(raw)?),)*
                    kind => Self::Unknown { kind, raw: raw.to_vec() },
                };
                body.check()?;
                Ok(body)
            }
        }
    };
}

bodies! {
    /// Text.
    1 Text(Text),
    /// Files.
    2 Files(Files),
    /// Something that is shown once.
    3 ViewOnce(ViewOnce),
    /// What was received or seen.
    4 Receipt(Receipt),
    /// Takes own messages back.
    5 Retract(Retract),
    /// A reaction to a message.
    6 Reaction(Reaction),
    /// Says that a join was processed.
    7 Hello(Hello),
    /// What the owner ordered.
    8 RoomState(RoomStateNote),
    /// Where the room goes on.
    9 Move(Move),
    /// Earlier messages for a newcomer.
    10 History(HistoryOffer),
    /// What became of a call.
    11 CallNote(CallNote),
    /// Erases the room for everybody.
    12 Erase(Erase),
}

impl Body {
    fn check(&self) -> Result<(), DecodeError> {
        let files: &[FileRef] = match self {
            Self::Text(text) if text.text.len() > limits::TEXT => {
                return Err(DecodeError::Value("the text is too long for one message"));
            }
            Self::Reaction(reaction) if reaction.text.len() > limits::REACTION => {
                return Err(DecodeError::Value("the reaction is too long"));
            }
            Self::Move(to) if to.link.len() > limits::HANDOVER_LINK => {
                return Err(DecodeError::Value("the link is too long"));
            }
            Self::Files(files) => &files.files,
            Self::ViewOnce(card) => std::slice::from_ref(&card.file),
            Self::History(offer) => std::slice::from_ref(&offer.file),
            Self::Text(_)
            | Self::Receipt(_)
            | Self::Retract(_)
            | Self::Reaction(_)
            | Self::Hello(_)
            | Self::RoomState(_)
            | Self::Move(_)
            | Self::CallNote(_)
            | Self::Erase(_)
            | Self::Unknown { .. } => &[],
        };
        if files.iter().any(|file| file.thumbnail.as_ref().is_some_and(|image| image.len() > limits::THUMBNAIL)) {
            return Err(DecodeError::Value("the thumbnail is too large"));
        }
        Ok(())
    }
}

/// TEXT.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Text {
    /// At most [`limits::TEXT`] bytes.
    #[n(0)]
    pub text: String,
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(..)")
    }
}

/// FILES.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Files {
    /// What is attached.
    #[n(0)]
    pub files: Vec<FileRef>,
    /// What is said about it.
    #[n(1)]
    pub caption: Option<String>,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Files({})", self.files.len())
    }
}

/// VIEW_ONCE. The content is always a blob: message keys are used up long before anyone looks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ViewOnce {
    /// The sealed content.
    #[n(0)]
    pub file: FileRef,
    /// Seconds that it stays visible.
    #[n(1)]
    pub seconds: u32,
}

/// RECEIPT.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Receipt {
    /// What happened.
    #[n(0)]
    pub kind: ReceiptKind,
    /// To which messages.
    #[n(1)]
    pub mids: Vec<MessageId>,
}

/// What a [`Receipt`] confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ReceiptKind {
    /// It arrived.
    #[n(1)]
    Delivered,
    /// It was looked at.
    #[n(2)]
    Viewed,
}

/// RETRACT. Of own messages only.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Retract {
    /// The messages.
    #[n(0)]
    pub mids: Vec<MessageId>,
    /// The number of each among the messages of the sender's leaf, 0 where that is not known; none if of none.
    #[n(1)]
    pub numbers: Option<Vec<u64>>,
}

/// REACTION.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Reaction {
    /// To which message.
    #[n(0)]
    pub mid: MessageId,
    /// At most [`limits::REACTION`] bytes; empty takes it back.
    #[n(1)]
    pub text: String,
}

impl fmt::Debug for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reaction").field("mid", &self.mid).finish_non_exhaustive()
    }
}

/// HELLO: after joining, and once in answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// The roster as the sender sees it.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub roster: [u8; 32],
    /// The number of the head as the sender sees it.
    #[n(1)]
    pub head_seq: u64,
}

/// ROOM_STATE.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoomStateNote {
    /// A [`crate::owner::Statement`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub statement: Vec<u8>,
    /// The owner's signature.
    #[n(1)]
    pub sig: Signature,
    /// In which epoch the owner gave the order: a lock vouches for nobody who came later.
    #[n(2)]
    pub epoch: Option<u64>,
}

/// MOVE. By the owner only. The link is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(map)]
pub struct Move {
    /// The invitation to the new room as a link, at most [`limits::HANDOVER_LINK`] bytes.
    #[n(0)]
    pub link: String,
    /// The pre-shared key of the new room's passphrase, where it has one.
    #[n(1)]
    pub passphrase: Option<PassphraseKey>,
}

impl fmt::Debug for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Move(..)")
    }
}

/// HISTORY.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HistoryOffer {
    /// The sealed excerpt.
    #[n(0)]
    pub file: FileRef,
    /// Whom it is for.
    #[n(1)]
    pub member: MemberId,
}

/// CALL_NOTE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CallNote {
    /// The call.
    #[n(0)]
    pub call_id: CallId,
    /// What became of it.
    #[n(1)]
    pub outcome: CallOutcome,
}

/// ERASE. Whose is heeded: protocol 4.6.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Erase {}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum CallOutcome {
    /// Nobody answered.
    #[n(0)]
    Missed,
    /// It is over.
    #[n(1)]
    Ended,
}

/// Where a file is, what opens it, and what deletes it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FileRef {
    /// The blob at the relay.
    #[n(0)]
    pub blob_id: BlobId,
    /// Opens the blob.
    #[n(1)]
    pub key: FileKey,
    /// Bytes of the content.
    #[n(2)]
    pub size: u64,
    /// What the sender says it is.
    #[n(3)]
    pub mime: String,
    /// Never used as a path.
    #[n(4)]
    pub name: Option<String>,
    /// SHA-256 of the ciphertext.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub sha256: [u8; 32],
    /// Deletes the blob at the relay.
    #[n(6)]
    pub del_token: DelToken,
    /// At most [`limits::THUMBNAIL`] bytes.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub thumbnail: Option<Vec<u8>>,
}

impl fmt::Debug for FileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileRef").field("blob_id", &self.blob_id).field("size", &self.size).finish_non_exhaustive()
    }
}

/// The key of one file. Wiped when dropped, silent in `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct FileKey(Box<[u8; 32]>);

impl FileKey {
    /// Takes a key over.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Box::new(bytes))
    }

    /// The key itself.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}

impl<C> Encode<C> for FileKey {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(self.0.as_slice())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for FileKey {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let bytes = ByteArray::<32>::decode(d, ctx)?;
        Ok(Self::new(bytes.into()))
    }
}
