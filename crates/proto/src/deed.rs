//! The deed: what the owner tells every relay about a room, and no more (SPEC 5).

use minicbor::{Decode, Encode};

use crate::{
    codec,
    error::DecodeError,
    id::{PublicKey, Signature},
    limits,
};

/// An owner-signed deed, kept with the bytes that it came in.
///
/// The signature is SIG(osk, "deed", room_id ‖ opk ‖ rev ‖ SHA-256(policy bytes)), and where somebody may knock
/// ‖ knock_pk ‖ SHA-256(sealed r) behind it. Fields of the policy that this version does not know are under it too, so a
/// newer owner's deed survives an older relay.
#[derive(Clone, PartialEq, Eq)]
pub struct Deed {
    fields: Box<DeedFields>,
    raw: Vec<u8>,
    policy_bytes: Vec<u8>,
}

impl Deed {
    /// Puts a deed together. `sig` signs `rev` and [`Policy::to_bytes`] as the type's description says.
    #[must_use]
    pub fn new(apk: PublicKey, opk: PublicKey, policy: Policy, rev: u64, sig: Signature) -> Self {
        Self::of(DeedFields { apk, opk, policy, rev, sig, knock_pk: None, sealed_r: None })
    }

    /// The same deed with what knocking needs; `sig` signs that, too.
    #[must_use]
    pub fn with_knocking(self, knocking: Knocking<'_>, sig: Signature) -> Self {
        let Knocking { pk, sealed_r } = knocking;
        Self::of(DeedFields { sig, knock_pk: Some(pk), sealed_r: Some(sealed_r.to_vec()), ..*self.fields })
    }

    fn of(fields: DeedFields) -> Self {
        Self { raw: codec::encode(&fields), policy_bytes: fields.policy.to_bytes(), fields: Box::new(fields) }
    }

    /// Reads a deed. The signature is not checked here.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a canonical deed or larger than [`limits::DEED`], or have one of the two
    /// fields of [`Knocking`] without the other.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::DEED {
            return Err(DecodeError::Value("the deed is too large"));
        }
        let fields: DeedFields = codec::decode(bytes)?;
        if fields.knock_pk.is_some() != fields.sealed_r.is_some() {
            return Err(DecodeError::Value("a deed has both fields of knocking or neither"));
        }
        let policy_bytes = codec::field(bytes, 2)?.ok_or(DecodeError::Schema)?.to_vec();
        Ok(Self { fields: Box::new(fields), raw: bytes.to_vec(), policy_bytes })
    }

    /// The bytes that travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// The access key's public half, from which the room's name follows.
    #[must_use]
    pub const fn apk(&self) -> PublicKey {
        self.fields.apk
    }

    /// The owner's public key.
    #[must_use]
    pub const fn opk(&self) -> PublicKey {
        self.fields.opk
    }

    /// What a relay must know.
    #[must_use]
    pub const fn policy(&self) -> Policy {
        self.fields.policy
    }

    /// The policy's canonical bytes as the owner signed them.
    #[must_use]
    pub fn policy_bytes(&self) -> &[u8] {
        &self.policy_bytes
    }

    /// Grows with every change.
    #[must_use]
    pub const fn rev(&self) -> u64 {
        self.fields.rev
    }

    /// What somebody needs to knock; none where the room takes no knocks.
    #[must_use]
    pub fn knocking(&self) -> Option<Knocking<'_>> {
        self.fields.knock_pk.zip(self.fields.sealed_r.as_deref()).map(|(pk, sealed_r)| Knocking { pk, sealed_r })
    }

    /// The owner's signature.
    #[must_use]
    pub const fn sig(&self) -> Signature {
        self.fields.sig
    }
}

impl std::fmt::Debug for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.fields.fmt(f)
    }
}

/// What somebody with the code needs to knock at the locked room (protocol 4.6.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Knocking<'a> {
    /// The X25519 key that knocks are sealed to; the owner has its private half.
    pub pk: PublicKey,
    /// The random part of the code, sealed for holders of the code: by it they check that the deed is their owner's.
    pub sealed_r: &'a [u8],
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct DeedFields {
    #[n(0)]
    apk: PublicKey,
    #[n(1)]
    opk: PublicKey,
    #[n(2)]
    policy: Policy,
    #[n(3)]
    rev: u64,
    #[n(4)]
    sig: Signature,
    #[n(5)]
    knock_pk: Option<PublicKey>,
    #[cbor(n(6), with = "minicbor::bytes")]
    sealed_r: Option<Vec<u8>>,
}

/// What a relay must know to keep a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Policy {
    /// Seconds that an entry is kept.
    #[n(0)]
    pub msg_ttl: u32,
    /// Seconds without a stored entry after which the room ends.
    #[n(1)]
    pub idle_ttl: u32,
    /// Who may destroy the room.
    ///
    /// No relay obeys it: members are not told from holders of the code there. Kept for what members will do among themselves.
    #[n(2)]
    pub panic_by: PanicBy,
    /// How many may be in it.
    #[n(3)]
    pub max_members: u16,
}

impl Policy {
    /// The canonical bytes that the deed's signature covers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }
}

/// Who may destroy a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PanicBy {
    /// The owner alone.
    #[n(0)]
    Owner,
    /// Every member.
    #[n(1)]
    AnyMember,
}
