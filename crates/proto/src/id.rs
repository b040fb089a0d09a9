//! Names and fixed-size values of the protocol (SPEC 2), each its own type so that none is taken for another.

use std::fmt;

use minicbor::{
    Decode, Decoder, Encode, Encoder,
    bytes::ByteArray,
    decode, encode,
    encode::{Error as EncodeError, Write},
};

macro_rules! fixed_bytes {
    ($($(#[$doc:meta])* $name:ident: $len:literal, $debug:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Size in bytes.
            pub const LEN: usize = $len;

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl From<[u8; $len]> for $name {
            fn from(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = std::array::TryFromSliceError;
            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                <[u8; $len]>::try_from(bytes).map(Self)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $debug(stringify!($name), &self.0, f)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
                let bytes = ByteArray::<$len>::decode(d, ctx)?;
                Ok(Self(bytes.into()))
            }
        }
    )*};
}

fixed_bytes! {
    /// Names a room: H("room-id", access key).
    RoomId: 32, shortened;
    /// The public half of an Ed25519 or X25519 key pair.
    PublicKey: 32, shortened;
    /// An Ed25519 signature.
    Signature: 64, shortened;
    /// The challenge of a relay, valid on one connection and for one proof.
    ServerNonce: 32, shortened;
    /// The client's part of a challenge.
    ClientNonce: 16, shortened;
    /// Names a commit entry and so the epoch that it begins.
    Tag: 16, shortened;
    /// One life of a room on one relay.
    Seat: 16, shortened;
    /// Names a member inside a room.
    MemberId: 16, shortened;
    /// Names a message inside a room.
    MessageId: 16, shortened;
    /// Names a blob at the relay.
    BlobId: 16, shortened;
    /// Names a mailbox of the spoken invitation at the relay.
    BoxId: 16, shortened;
    /// Names a knock at a locked room, drawn by the relay.
    KnockId: 16, shortened;
    /// Lets one knock in without a question, handed out by the owner's client.
    KnockToken: 16, silent;
    /// Names a call.
    CallId: 16, shortened;
    /// The client's name for one stored write, so that a repeated request stores nothing twice.
    Cid: 16, shortened;
    /// What must be shown to delete an entry or blob before it expires.
    DelToken: 16, silent;
    /// What the relay keeps of a [`DelToken`].
    DelHash: 32, shortened;
    /// The start of the hash of a member's previous message.
    PrevHash: 8, shortened;
}

/// Enough to tell two apart in a log, too little to find the thing.
fn shortened(name: &str, bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name}(")?;
    for byte in bytes.iter().take(4) {
        write!(f, "{byte:02x}")?;
    }
    f.write_str("..)")
}

fn silent(name: &str, _: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{name}(..)")
}

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)* }
            }

            /// The meaning of a number on the wire.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
                e.u8(self.number())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let at = d.position();
                Self::from_number(d.u8()?).ok_or_else(|| decode::Error::message("unknown number").at(at))
            }
        }
    )*};
}

numbered! {
    /// What an entry is for; bound into the key that seals it (SPEC 2).
    Lane {
        /// Application messages and proposals.
        Application = 1,
        /// Commits by which somebody joins.
        Join = 2,
        /// Commits by members.
        Commit = 3,
        /// Ephemerals: forwarded, never stored.
        Ephemeral = 4,
        /// GroupInfos.
        GroupInfo = 5,
    }
    /// What a connection has proven about itself.
    Role {
        /// Knows the code.
        Join = 1,
        /// Is in an epoch of the room.
        Member = 2,
        /// Holds the owner's key.
        Owner = 3,
    }
    /// Whether newcomers may come in.
    RoomState {
        /// Whoever knows the code may join.
        Open = 0,
        /// Nobody may join; only the head epoch's members write.
        Locked = 1,
    }
}
