//! What the owner orders, what destroys a room, and what proves it afterwards (SPEC 5).
//!
//! Statements are fixed layouts, not CBOR, because they are signed; they name the resulting state, not a change, so that
//! carrying one out twice changes nothing.

use minicbor::{Decode, Encode};

use crate::{
    deed::Deed,
    error::DecodeError,
    id::{PublicKey, RoomId, Signature, Tag},
};

/// A statement of the owner: room_id ‖ counter(8) ‖ op(1) ‖ arg. Signed under the label "own".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The room.
    pub room_id: RoomId,
    /// Strictly increasing; a relay refuses what is not above the last.
    pub counter: u64,
    /// The order.
    pub order: Order,
}

/// What a statement orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Nobody may join from now on. Valid only while the head is the one named.
    Lock(Tag),
    /// Whoever knows the code may join again. Valid only while the head is the one named.
    Unlock(Tag),
    /// Commits after this one were garbage: it is the head again.
    SetHead(Tag),
    /// The room ends.
    Close,
    /// A new policy, in a new deed.
    Policy(Deed),
}

impl Statement {
    /// The bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (op, arg): (u8, &[u8]) = match &self.order {
            Order::Lock(head) => (LOCK, head.as_ref()),
            Order::Unlock(head) => (UNLOCK, head.as_ref()),
            Order::SetHead(head) => (SET_HEAD, head.as_ref()),
            Order::Close => (CLOSE, &[]),
            Order::Policy(deed) => (POLICY, deed.as_bytes()),
        };
        [self.room_id.as_ref(), &self.counter.to_be_bytes(), &[op], arg].concat()
    }

    /// Reads the bytes that are signed.
    ///
    /// # Errors
    /// [`DecodeError`] if they are too short, too long or name an unknown order.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (room_id, rest) = bytes.split_first_chunk::<32>().ok_or(DecodeError::Truncated)?;
        let (counter, rest) = rest.split_first_chunk::<8>().ok_or(DecodeError::Truncated)?;
        let (&op, arg) = rest.split_first().ok_or(DecodeError::Truncated)?;
        let tag = || Tag::try_from(arg).map_err(|_| DecodeError::Schema);
        let order = match op {
            LOCK => Order::Lock(tag()?),
            UNLOCK => Order::Unlock(tag()?),
            SET_HEAD => Order::SetHead(tag()?),
            CLOSE if arg.is_empty() => Order::Close,
            CLOSE => return Err(DecodeError::TrailingBytes(arg.len())),
            POLICY => Order::Policy(Deed::parse(arg)?),
            op => return Err(DecodeError::UnknownOp(op.into())),
        };
        Ok(Self { room_id: RoomId(*room_id), counter: u64::from_be_bytes(*counter), order })
    }
}

/// A [`Statement`] as it travels: its bytes and SIG(osk, "own", bytes).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignedStatement {
    /// See [`Statement::parse`].
    #[cbor(n(0), with = "minicbor::bytes")]
    pub statement: Vec<u8>,
    /// The owner's signature.
    #[n(1)]
    pub sig: Signature,
}

/// The order to destroy a room: room_id ‖ 0x10 ‖ time(8). Signed under the label "panic" by two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanicStatement {
    /// The room.
    pub room_id: RoomId,
    /// When it was signed, unix seconds.
    pub time: u64,
}

impl PanicStatement {
    /// The bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.room_id.as_ref(), &[PANIC], &self.time.to_be_bytes()].concat()
    }

    /// Reads the bytes that are signed.
    ///
    /// # Errors
    /// [`DecodeError`] if they have another length or order.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (room_id, rest) = bytes.split_first_chunk::<32>().ok_or(DecodeError::Truncated)?;
        match rest.split_first() {
            Some((&PANIC, time)) => {
                let time = <[u8; 8]>::try_from(time).map_err(|_| DecodeError::Schema)?;
                Ok(Self { room_id: RoomId(*room_id), time: u64::from_be_bytes(time) })
            }
            Some((&op, _)) => Err(DecodeError::UnknownOp(op.into())),
            None => Err(DecodeError::Truncated),
        }
    }
}

/// What a relay keeps of a room that was destroyed: enough for anyone to check that it had to be.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Tombstone {
    /// The room.
    #[n(0)]
    pub room_id: RoomId,
    /// A [`PanicStatement`], or a [`Statement`] that closes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub statement: Vec<u8>,
    /// The access key's signature; absent after CLOSE.
    #[n(2)]
    pub sig_access: Option<Signature>,
    /// The other key: the owner's, or for PANIC a member-auth key.
    #[n(3)]
    pub pk: PublicKey,
    /// Its signature.
    #[n(4)]
    pub sig: Signature,
    /// The newest deed of the room.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub deed: Vec<u8>,
}

const LOCK: u8 = 1;
const UNLOCK: u8 = 2;
const SET_HEAD: u8 = 3;
const CLOSE: u8 = 4;
const POLICY: u8 = 5;
const PANIC: u8 = 0x10;
