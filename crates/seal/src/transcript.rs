//! The signed statements, one type each. A statement is built from its fields only, so no caller can mix up their order.
//!
//! Integers are big-endian. Every field has a fixed length, except at most one that either stands behind its own length or
//! at the end: no two statements give the same bytes.

use crate::{
    hash::sha256,
    label::{self, Label},
    sign::{self, BadSignature, PublicKey, Signature, SigningKey},
};

/// Something that is signed under a label of its own.
pub trait Statement {
    /// The purpose, part of the signed bytes.
    const LABEL: Label;

    /// The bytes behind the label's prefix.
    fn message(&self) -> Vec<u8>;

    /// Signs the statement.
    fn sign(&self, key: &SigningKey) -> Signature {
        key.sign(Self::LABEL, &self.message())
    }

    /// Checks a signature over the statement.
    ///
    /// # Errors
    /// [`BadSignature`] if `key` did not sign exactly this.
    fn verify(&self, key: &PublicKey, signature: &Signature) -> Result<(), BadSignature> {
        sign::verify(key, Self::LABEL, &self.message(), signature)
    }
}

/// AUTH (protocol 4.8.2): the holder of `key` enters a room in a role, at this relay, on this connection, once.
///
/// Signed with the access key (role J), the member-auth key (M) or the owner key (O).
#[derive(Debug, Clone, Copy)]
pub struct Auth<'a> {
    /// The role's byte on the wire: 1 join, 2 member, 3 owner.
    pub role: u8,
    /// The relay's name from the invitation; it makes the proof worthless at another relay.
    pub authority: &'a str,
    /// From the relay's greeting; used once.
    pub server_nonce: &'a [u8; 32],
    /// Drawn by the client.
    pub client_nonce: &'a [u8; 16],
    /// The room.
    pub room_id: &'a [u8; 32],
    /// The key that signs.
    pub key: &'a PublicKey,
    /// TLS exporter value (RFC 9266), or zeros behind a proxy that ends TLS.
    pub exporter: &'a [u8; 32],
}

impl Statement for Auth<'_> {
    const LABEL: Label = label::AUTH;

    fn message(&self) -> Vec<u8> {
        let Self { role, authority, server_nonce, client_nonce, room_id, key, exporter } = self;
        let len = len16(authority);
        [&[*role][..], &len, authority.as_bytes(), *server_nonce, *client_nonce, *room_id, *key, *exporter].concat()
    }
}

/// CREATE and RESEAT (protocol 4.8.2, 4.19): the holder of the code opens the room here. Signed with the access key.
#[derive(Debug, Clone, Copy)]
pub struct Create<'a> {
    /// The relay's name from the invitation.
    pub authority: &'a str,
    /// From the relay's greeting; used once.
    pub server_nonce: &'a [u8; 32],
    /// Drawn by the client; names the seat.
    pub client_nonce: &'a [u8; 16],
    /// The room.
    pub room_id: &'a [u8; 32],
    /// The first member-auth key of the seat.
    pub member_auth_key: &'a PublicKey,
    /// TLS exporter value (RFC 9266), or zeros behind a proxy that ends TLS.
    pub exporter: &'a [u8; 32],
    /// The deed's bytes on the wire; their SHA-256 is signed.
    pub deed: &'a [u8],
}

impl Statement for Create<'_> {
    const LABEL: Label = label::CREATE;

    fn message(&self) -> Vec<u8> {
        let Self { authority, server_nonce, client_nonce, room_id, member_auth_key, exporter, deed } = self;
        [
            &len16(authority)[..],
            authority.as_bytes(),
            *server_nonce,
            *client_nonce,
            *room_id,
            *member_auth_key,
            *exporter,
            &sha256(deed),
        ]
        .concat()
    }
}

/// The deed (protocol 4.19): what a relay must know about a room. Signed with the owner key.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// The room.
    pub room_id: &'a [u8; 32],
    /// The owner's public key.
    pub owner_key: &'a PublicKey,
    /// Rises with every policy change.
    pub rev: u64,
    /// The policy's canonical CBOR; its SHA-256 is signed.
    pub policy: &'a [u8],
    /// What knocking needs; nothing is signed for it where there is none.
    pub knocking: Option<Knocking<'a>>,
}

/// What a deed says to whoever knocks (protocol 4.6.9).
#[derive(Debug, Clone, Copy)]
pub struct Knocking<'a> {
    /// The X25519 key that knocks are sealed to.
    pub key: [u8; 32],
    /// The random part of the code, sealed; its SHA-256 is signed.
    pub sealed_r: &'a [u8],
}

impl Statement for Deed<'_> {
    const LABEL: Label = label::DEED;

    /// Two lengths, one with knocking and one without: neither can be read as the other.
    fn message(&self) -> Vec<u8> {
        let mut message = [&self.room_id[..], self.owner_key, &self.rev.to_be_bytes(), &sha256(self.policy)].concat();
        if let Some(Knocking { key, sealed_r }) = self.knocking {
            message.extend([key, sha256(sealed_r)].concat());
        }
        message
    }
}

/// The room parameters (protocol 4.5, field 9). Signed with the owner key.
#[derive(Debug, Clone, Copy)]
pub struct Params<'a> {
    /// The room.
    pub room_id: &'a [u8; 32],
    /// Canonical CBOR of all fields but the signature.
    pub fields: &'a [u8],
}

impl Statement for Params<'_> {
    const LABEL: Label = label::PARAMS;

    fn message(&self) -> Vec<u8> {
        [&self.room_id[..], self.fields].concat()
    }
}

/// An owner statement (appendix B, OWNER): lock, unlock, set head, close or change of policy. Signed with the owner key.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The room.
    pub room_id: &'a [u8; 32],
    /// Strictly rising, so that no old statement returns.
    pub counter: u64,
    /// The operation's byte on the wire.
    pub operation: u8,
    /// The operation's argument on the wire; may be empty.
    pub argument: &'a [u8],
}

impl Statement for Owner<'_> {
    const LABEL: Label = label::OWN;

    fn message(&self) -> Vec<u8> {
        [&self.room_id[..], &self.counter.to_be_bytes(), &[self.operation], self.argument].concat()
    }
}

/// PANIC (protocol 4.6.8): the room is to be wiped. Signed with the access key, and with a member-auth key or the owner key.
#[derive(Debug, Clone, Copy)]
pub struct Panic<'a> {
    /// The room.
    pub room_id: &'a [u8; 32],
    /// Seconds since 1970, by the clock of whoever pressed it.
    pub time: u64,
}

impl Statement for Panic<'_> {
    const LABEL: Label = label::PANIC;

    /// `0x10` keeps the bytes apart from every owner statement, whose operations are small.
    fn message(&self) -> Vec<u8> {
        [&self.room_id[..], &[0x10], &self.time.to_be_bytes()].concat()
    }
}

/// The owner certificate (protocol 4.5): the leaf with this key is the owner. Signed with the owner key.
#[derive(Debug, Clone, Copy)]
pub struct OwnerLeaf<'a> {
    /// The room.
    pub room_id: &'a [u8; 32],
    /// The MLS signature key of the leaf.
    pub leaf_key: &'a PublicKey,
}

impl Statement for OwnerLeaf<'_> {
    const LABEL: Label = label::OWNER_LEAF;

    fn message(&self) -> Vec<u8> {
        [&self.room_id[..], self.leaf_key].concat()
    }
}

/// BURNED (protocol 4.20): the holder of this leaf has destroyed its keys. Signed with the leaf key. What ended the room has one
/// of two lengths, and nothing follows it.
#[derive(Debug, Clone, Copy)]
pub struct Burned<'a> {
    /// The room.
    pub room_id: &'a [u8; 32],
    /// SHA-256 of the tombstone's bytes on the wire (32), or the id of the ERASE (16).
    pub end: &'a [u8],
}

impl Statement for Burned<'_> {
    const LABEL: Label = label::BURNED;

    fn message(&self) -> Vec<u8> {
        [&self.room_id[..], self.end].concat()
    }
}

/// The answer to a knock (protocol 4.6.9). Signed with the owner key.
#[derive(Debug, Clone, Copy)]
pub struct KnockAnswer<'a> {
    /// The room.
    pub room_id: &'a [u8; 32],
    /// The sealed knock as it came; its SHA-256 is signed.
    pub knock: &'a [u8],
    /// The admission's canonical CBOR; its SHA-256 is signed. None turns the knock away.
    pub admission: Option<&'a [u8]>,
}

impl Statement for KnockAnswer<'_> {
    const LABEL: Label = label::KNOCK_ANSWER;

    /// Two lengths, one with an admission and one without: neither can be read as the other.
    fn message(&self) -> Vec<u8> {
        let mut message = [&self.room_id[..], &sha256(self.knock)].concat();
        if let Some(admission) = self.admission {
            message.extend(sha256(admission));
        }
        message
    }
}

/// A name's length. All other fields have fixed lengths, so a name beyond 64 KiB would still be unambiguous.
fn len16(name: &str) -> [u8; 2] {
    u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes()
}
