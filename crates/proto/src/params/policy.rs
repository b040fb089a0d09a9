//! How a room behaves, as its owner has signed it.

use minicbor::{Decode, Encode};

use crate::deed::PanicBy;

/// How a room behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoomPolicy {
    /// Seconds that a message is kept.
    #[n(0)]
    pub msg_ttl: u32,
    /// Seconds without a message after which the room ends.
    #[n(1)]
    pub idle_ttl: u32,
    /// 16, 64 or 256.
    #[n(2)]
    pub max_members: u16,
    /// Whether a passphrase is needed besides the code.
    #[n(3)]
    pub need_pass: bool,
    /// Who may destroy the room.
    #[n(4)]
    pub panic_by: PanicBy,
    /// Whether the room ends when its owner leaves.
    #[n(5)]
    pub owner_leave_closes: bool,
    /// Whether members may hand earlier messages to newcomers.
    #[n(6)]
    pub history: History,
    /// How calls connect.
    #[n(8)]
    pub calls: Calls,
    /// Whether every message is shown once.
    #[n(9)]
    pub everything_view_once: bool,
    /// Whether members' apps say that they are connected, and that somebody types. Left out where they do.
    #[cbor(n(10), with = "presence", has_nil)]
    pub presence: bool,
    /// What members confirm of messages. Left out where it is nothing.
    #[cbor(n(11), with = "receipts", has_nil)]
    pub receipts: Receipts,
}

/// Whether newcomers may be given earlier messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum History {
    /// Never.
    #[n(0)]
    None,
    /// By a member who vouches for them.
    #[n(1)]
    ByMembers,
}

/// How calls connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Calls {
    /// Not at all.
    #[n(0)]
    Off,
    /// Through a relay only, so that nobody learns an address.
    #[n(1)]
    RelayOnly,
    /// Directly, where both agree.
    #[n(2)]
    DirectAllowed,
}

/// What members confirm of ordinary messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Receipts {
    /// Nothing.
    #[n(0)]
    None,
    /// That they came.
    #[n(1)]
    Delivered,
    /// That they came, and that they were seen.
    #[n(2)]
    Seen,
}

/// Makes the codec of a field that is left out where it has its default: it may not be there with that.
macro_rules! left_out {
    ($name:ident: $type:ty = $default:expr) => {
        mod $name {
            use minicbor::{
                Decode, Decoder, Encode, Encoder,
                decode::Error as DecodeError,
                encode::{Error as EncodeError, Write},
            };

            pub(super) fn encode<C, W: Write>(
                value: &$type,
                e: &mut Encoder<W>,
                ctx: &mut C,
            ) -> Result<(), EncodeError<W::Error>> {
                value.encode(e, ctx)
            }

            pub(super) fn decode<'b, C>(d: &mut Decoder<'b>, ctx: &mut C) -> Result<$type, DecodeError> {
                match <$type>::decode(d, ctx)? {
                    value if value == $default => Err(DecodeError::message("a default is left out")),
                    value => Ok(value),
                }
            }

            pub(super) fn is_nil(value: &$type) -> bool {
                *value == $default
            }

            pub(super) fn nil() -> Option<$type> {
                Some($default)
            }
        }
    };
}

left_out!(presence: bool = true);
left_out!(receipts: super::Receipts = super::Receipts::None);
