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
    /// Nobody may join from now on.
    Lock(HeadOrder),
    /// Whoever knows the code may join again.
    Unlock(HeadOrder),
    /// Commits after the base were garbage: it is the head again.
    SetHead(HeadOrder),
    /// The room ends.
    Close,
    /// A new policy, in a new deed.
    Policy(Deed),
}

/// Which epoch an order is about. Compare-and-swap: it is valid only while the head is the one named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadOrder {
    /// The relay's head.
    pub head: Tag,
    /// The owner's base, which becomes the head: the same, or an earlier one behind which there is garbage.
    pub base: Tag,
    /// The tag of the commit on top of the base that travels with the order, and becomes the head then.
    pub commit: Option<Tag>,
}

impl HeadOrder {
    /// The head stays what it is.
    #[must_use]
    pub const fn at(head: Tag) -> Self {
        Self { head, base: head, commit: None }
    }

    fn to_bytes(self) -> Vec<u8> {
        let Self { head, base, commit } = self;
        [head.as_ref(), base.as_ref(), commit.as_ref().map_or(&[], AsRef::as_ref)].concat()
    }

    fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (head, rest) = bytes.split_first_chunk::<16>().ok_or(DecodeError::Truncated)?;
        let (base, rest) = rest.split_first_chunk::<16>().ok_or(DecodeError::Truncated)?;
        let commit = if rest.is_empty() { None } else { Some(Tag::try_from(rest).map_err(|_| DecodeError::Schema)?) };
        Ok(Self { head: Tag(*head), base: Tag(*base), commit })
    }
}

impl Statement {
    /// The bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (op, arg) = match &self.order {
            Order::Lock(at) => (LOCK, at.to_bytes()),
            Order::Unlock(at) => (UNLOCK, at.to_bytes()),
            Order::SetHead(at) => (SET_HEAD, at.to_bytes()),
            Order::Close => (CLOSE, Vec::new()),
            Order::Policy(deed) => (POLICY, deed.as_bytes().to_vec()),
        };
        [self.room_id.as_ref(), &self.counter.to_be_bytes(), &[op], &arg].concat()
    }

    /// Reads the bytes that are signed.
    ///
    /// # Errors
    /// [`DecodeError`] if they are too short, too long or name an unknown order.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (room_id, rest) = bytes.split_first_chunk::<32>().ok_or(DecodeError::Truncated)?;
        let (counter, rest) = rest.split_first_chunk::<8>().ok_or(DecodeError::Truncated)?;
        let (&op, arg) = rest.split_first().ok_or(DecodeError::Truncated)?;
        let order = match op {
            LOCK => Order::Lock(HeadOrder::parse(arg)?),
            UNLOCK => Order::Unlock(HeadOrder::parse(arg)?),
            SET_HEAD => Order::SetHead(HeadOrder::parse(arg)?),
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
    /// The other key: the owner's. Before 1.0 a PANIC could name a member-auth key; that destroys nothing any more.
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
