//! What the owner orders, and what proves that a room had to end (protocol 4.6.6, 4.6.8).
//!
//! ```
//! use conclave_crypto::owner::{self, Ending};
//! use conclave_proto::{id::{PublicKey, RoomId}, owner::{Order, Statement, Tombstone}};
//! use conclave_seal::sign::SigningKey;
//!
//! // Alice closes her room; the relay keeps the proof, and Bob's client judges it by the params that it has.
//! let alice = SigningKey::from_seed(&[11; 32]);
//! let (room_id, owner) = (RoomId([1; 32]), PublicKey(alice.public()));
//! let signed = owner::sign(&alice, &Statement { room_id, counter: 1, order: Order::Close });
//! let tombstone = Tombstone {
//!     room_id,
//!     statement: signed.statement,
//!     sig_access: None,
//!     pk: owner,
//!     sig: signed.sig,
//!     deed: Vec::new(),
//! };
//! let access = PublicKey([2; 32]);
//! assert_eq!(owner::judge(&tombstone, &room_id, &owner, &access), Some(Ending::Closed));
//! assert_eq!(owner::judge(&tombstone, &RoomId([9; 32]), &owner, &access), None);
//! ```

use conclave_proto::{
    id::{MessageId, PublicKey, RoomId, Signature},
    owner::{Order, PanicStatement, SignedStatement, Statement, Tombstone},
};
use conclave_seal::{
    hash::sha256,
    label,
    sign::{self, SigningKey},
    transcript::{self, Statement as _},
};

/// How an owner ended a room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// By CLOSE.
    Closed,
    /// By PANIC.
    Erased,
}

/// Signs an order with the owner key.
#[must_use]
pub fn sign(owner_key: &SigningKey, statement: &Statement) -> SignedStatement {
    let statement = statement.to_bytes();
    let sig = Signature(owner_key.sign(label::OWN, &statement));
    SignedStatement { statement, sig }
}

/// An order to erase a room, signed by both keys that it needs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedPanic {
    /// A [`PanicStatement`].
    pub statement: Vec<u8>,
    /// The access key's signature.
    pub sig_access: Signature,
    /// The owner's signature.
    pub sig: Signature,
}

/// Orders that a room is erased (PANIC); `time` is in unix seconds, and nobody goes by it.
#[must_use]
pub fn sign_panic(access_key: &SigningKey, owner_key: &SigningKey, room_id: &RoomId, time: u64) -> SignedPanic {
    let panic = transcript::Panic { room_id: &room_id.0, time };
    SignedPanic {
        statement: PanicStatement { room_id: *room_id, time }.to_bytes(),
        sig_access: Signature(panic.sign(access_key)),
        sig: Signature(panic.sign(owner_key)),
    }
}

/// What the owner ordered of a room, if `owner` signed it.
#[must_use]
pub fn verify(signed: &SignedStatement, room_id: &RoomId, owner: &PublicKey) -> Option<Statement> {
    let statement = Statement::parse(&signed.statement).ok().filter(|statement| statement.room_id == *room_id)?;
    sign::verify(&owner.0, label::OWN, &signed.statement, &signed.sig.0).ok().map(|()| statement)
}

/// How a room ended, if its owner's signature on the tombstone proves that (protocol 4.6.8). `owner` and `access` are the keys of the
/// room that the caller is in; what the tombstone says of keys counts for nothing. Neither does the time in a PANIC: the owner's clock
/// may be wrong, and a room has one life, so that there is no older one whose end could be shown again.
#[must_use]
pub fn judge(tombstone: &Tombstone, room_id: &RoomId, owner: &PublicKey, access: &PublicKey) -> Option<Ending> {
    if tombstone.room_id != *room_id {
        return None;
    }
    let signed = SignedStatement { statement: tombstone.statement.clone(), sig: tombstone.sig };
    if let Some(statement) = verify(&signed, room_id, owner) {
        return (statement.order == Order::Close).then_some(Ending::Closed);
    }
    let statement = PanicStatement::parse(&tombstone.statement).ok()?;
    let panic = transcript::Panic { room_id: &room_id.0, time: statement.time };
    let by_access = panic.verify(&access.0, &tombstone.sig_access?.0).is_ok();
    let by_owner = panic.verify(&owner.0, &tombstone.sig.0).is_ok();
    (statement.room_id == *room_id && by_access && by_owner).then_some(Ending::Erased)
}

/// What ended a room, as receipts name it (protocol 4.20).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// A tombstone: SHA-256 of its bytes on the wire.
    Tombstone([u8; 32]),
    /// An ERASE of a member: its id.
    Erase(MessageId),
}

impl End {
    /// By a tombstone.
    #[must_use]
    pub fn by(tombstone: &Tombstone) -> Self {
        Self::Tombstone(sha256(&conclave_proto::codec::encode(tombstone)))
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Tombstone(hash) => hash,
            Self::Erase(mid) => &mid.0,
        }
    }
}

/// Signs, with a leaf key, that its holder has destroyed its keys of the room (protocol 4.20).
#[must_use]
pub fn sign_burned(leaf_key: &SigningKey, room_id: &RoomId, end: &End) -> Signature {
    Signature(transcript::Burned { room_id: &room_id.0, end: end.as_bytes() }.sign(leaf_key))
}

/// Whether the holder of a leaf key says that of this room and this end.
#[must_use]
pub fn is_burned(leaf_key: &PublicKey, room_id: &RoomId, end: &End, sig: &Signature) -> bool {
    transcript::Burned { room_id: &room_id.0, end: end.as_bytes() }.verify(&leaf_key.0, &sig.0).is_ok()
}

#[cfg(test)]
mod tests {
    use conclave_proto::{id::Tag, owner::HeadOrder};

    use super::*;

    const ROOM: RoomId = RoomId([1; 32]);
    const TIME: u64 = 1_900_000_000;

    fn owner() -> SigningKey {
        SigningKey::from_seed(&[11; 32])
    }

    fn access() -> SigningKey {
        SigningKey::from_seed(&[12; 32])
    }

    fn mallory() -> SigningKey {
        SigningKey::from_seed(&[13; 32])
    }

    fn ordered(key: &SigningKey, room_id: RoomId, order: Order) -> Tombstone {
        let SignedStatement { statement, sig } = sign(key, &Statement { room_id, counter: 3, order });
        Tombstone { room_id, statement, sig_access: None, pk: PublicKey(key.public()), sig, deed: vec![1] }
    }

    fn panicked(access: &SigningKey, second: &SigningKey, room_id: RoomId) -> Tombstone {
        let panic = transcript::Panic { room_id: &room_id.0, time: TIME };
        Tombstone {
            room_id,
            statement: PanicStatement { room_id, time: TIME }.to_bytes(),
            sig_access: Some(Signature(panic.sign(access))),
            pk: PublicKey(second.public()),
            sig: Signature(panic.sign(second)),
            deed: vec![1],
        }
    }

    fn judged(tombstone: &Tombstone) -> Option<Ending> {
        judge(tombstone, &ROOM, &PublicKey(owner().public()), &PublicKey(access().public()))
    }

    #[test]
    fn the_owner_ends_a_room_in_two_ways() {
        assert_eq!(judged(&ordered(&owner(), ROOM, Order::Close)), Some(Ending::Closed));
        assert_eq!(judged(&panicked(&access(), &owner(), ROOM)), Some(Ending::Erased));
    }

    #[test]
    fn what_the_owner_signs_to_erase_a_room_is_what_proves_it() {
        let SignedPanic { statement, sig_access, sig } = sign_panic(&access(), &owner(), &ROOM, TIME);
        let made = panicked(&access(), &owner(), ROOM);
        assert_eq!(judged(&Tombstone { statement, sig_access: Some(sig_access), sig, ..made }), Some(Ending::Erased));
    }

    #[test]
    fn a_receipt_is_for_one_leaf_one_room_and_one_end() {
        let (bob, end) = (SigningKey::from_seed(&[14; 32]), End::by(&panicked(&access(), &owner(), ROOM)));
        let public = PublicKey(bob.public());
        let sig = sign_burned(&bob, &ROOM, &end);
        assert!(is_burned(&public, &ROOM, &end, &sig));
        assert!(!is_burned(&PublicKey(mallory().public()), &ROOM, &end, &sig));
        assert!(!is_burned(&public, &RoomId([2; 32]), &end, &sig));
        let End::Tombstone(hash) = end else { panic!("it is one") };
        let mid = MessageId(*hash.first_chunk().unwrap());
        assert!(!is_burned(&public, &ROOM, &End::Erase(mid), &sig), "the same beginning");
        assert!(!is_burned(&public, &ROOM, &End::Tombstone([9; 32]), &sig));
    }

    #[test]
    fn nobody_else_does_whatever_the_tombstone_says_of_keys() {
        let named = PublicKey(owner().public());
        for forged in [
            Tombstone { pk: named, ..ordered(&mallory(), ROOM, Order::Close) },
            Tombstone { pk: named, ..panicked(&access(), &mallory(), ROOM) },
            // A member of before 1.0, whose key was enough at a relay then.
            panicked(&access(), &mallory(), ROOM),
            // Who has the owner's key and not the code is not this room's owner.
            panicked(&mallory(), &owner(), ROOM),
            Tombstone { sig_access: None, ..panicked(&access(), &owner(), ROOM) },
        ] {
            assert_eq!(judged(&forged), None, "{forged:?}");
        }
    }

    #[test]
    fn what_the_owner_signed_for_something_else_ends_nothing() {
        let (other, at) = (RoomId([2; 32]), HeadOrder::at(Tag([3; 16])));
        let elsewhere = |tombstone: Tombstone| Tombstone { room_id: ROOM, ..tombstone };
        let panic = panicked(&access(), &owner(), ROOM);
        for foreign in [
            ordered(&owner(), other, Order::Close),
            elsewhere(ordered(&owner(), other, Order::Close)),
            elsewhere(panicked(&access(), &owner(), other)),
            ordered(&owner(), ROOM, Order::Lock(at)),
            ordered(&owner(), ROOM, Order::SetHead(at)),
            // Another time than the one that was signed.
            Tombstone { statement: PanicStatement { room_id: ROOM, time: TIME + 1 }.to_bytes(), ..panic.clone() },
            Tombstone { statement: panic.statement[..40].to_vec(), ..panic },
        ] {
            assert_eq!(judged(&foreign), None, "{foreign:?}");
        }
    }
}
