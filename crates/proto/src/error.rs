//! What can be wrong with bytes, and what a relay answers when it refuses (SPEC 6).

use minicbor::{
    Decode, Decoder, Encode, Encoder, decode,
    encode::{Error as EncodeError, Write},
};

/// Why bytes were not understood.
///
/// Nothing of the bytes themselves is kept, so the error may be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The input ends inside an item, or an item claims more than there is.
    #[error("the input ends too early")]
    Truncated,
    /// Bytes follow the last item.
    #[error("{0} bytes follow the end")]
    TrailingBytes(usize),
    /// Items are nested more than [`crate::limits::DEPTH`] deep.
    #[error("items are nested too deeply")]
    TooDeep,
    /// The same value has a shorter or better ordered encoding, or uses what the protocol leaves out.
    #[error("the encoding is not the canonical one: {0}")]
    NotCanonical(&'static str),
    /// A required field is missing, or a field has another type or size.
    #[error("a field is missing or has another type")]
    Schema,
    /// A field has the right type and a value that the protocol does not allow.
    #[error("a field has a value that is not allowed: {0}")]
    Value(&'static str),
    /// The operation is not known in this direction.
    #[error("unknown operation {0}")]
    UnknownOp(u64),
}

impl From<decode::Error> for DecodeError {
    fn from(error: decode::Error) -> Self {
        if error.is_end_of_input() { Self::Truncated } else { Self::Schema }
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal,)*) => {
        /// Why a relay refused (SPEC 6).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A number that this version does not know. Treat it as a refusal without a retry.
            Unknown(u16),
        }

        impl ErrorCode {
            /// Every code of this version.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number,)* Self::Unknown(number) => number }
            }

            /// The meaning of a number on the wire.
            #[must_use]
            pub const fn from_number(number: u16) -> Self {
                match number { $($number => Self::$variant,)* _ => Self::Unknown(number) }
            }
        }
    };
}

error_codes! {
    /// The frame could not be read. The relay closes the connection after it.
    BadFrame = 1,
    /// No version in common.
    UnsupportedVersion = 2,
    /// Larger than the limits that HELLO named.
    TooLarge = 3,
    /// Too fast; `retry_ms` says when to try again.
    RateLimited = 4,
    /// A proof of work is asked for.
    PowRequired = 5,
    /// The proof of work does not count.
    PowInvalid = 6,
    /// The operation is known and this relay does not offer it.
    NotSupported = 7,
    /// No room of that name here.
    NoSuchRoom = 10,
    /// A room of that name is here already.
    RoomExists = 11,
    /// The room is locked.
    RoomLocked = 12,
    /// The room was closed or burned; `tombstone` proves it.
    RoomGone = 13,
    /// A signature does not verify.
    BadSignature = 14,
    /// The connection has no role that allows this.
    NotAuthorised = 15,
    /// Another commit came first; `head` and `seq` name it.
    StaleHead = 16,
    /// Another connection holds the commit slot; `retry_ms` and `position` say how the queue stands.
    LeaseHeld = 17,
    /// The room is full.
    Quota = 18,
    /// Entries after the cursor have expired; `seq` is the oldest one left.
    CursorExpired = 19,
    /// No such entry, or it is deleted.
    NoSuchEntry = 20,
    /// The token does not delete this entry.
    BadToken = 21,
    /// Stored before under the same `cid`; `seq` and, for commits, `tag` name it.
    Duplicate = 22,
    /// The blob has no such place: parts before it are missing, or it ends before it. `seq` is how many bytes of it are
    /// there.
    BlobOffset = 23,
    /// These bytes of the blob are there already and are others, or all of them have another hash.
    BlobDiffers = 24,
    /// Two are in the box already; it ends with that.
    BoxCrowded = 30,
    /// There is no such box: it is closed, has expired, or never was.
    BoxGone = 31,
    /// A limit on mailboxes is reached: how many are open, how many a source is in, or what one end may send into one.
    BoxLimit = 32,
    /// The relay failed. Nothing was stored.
    Internal = 50,
    /// The relay is busy; `retry_ms` says when to try again.
    Overloaded = 51,
    /// The relay is about to stop.
    ShuttingDown = 52,
}

impl<C> Encode<C> for ErrorCode {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.u16(self.number())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for ErrorCode {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.u16().map(Self::from_number)
    }
}
