//! The room params: what the owner tells every member, inside the group's own context (SPEC 5).

mod policy;

pub use policy::{Calls, History, Receipts, RoomPolicy};

use minicbor::{Decode, Encode};

use crate::{
    codec,
    error::DecodeError,
    id::{PublicKey, Signature},
    limits,
};

/// The MLS group context extension that holds the params.
pub const EXTENSION_TYPE: u16 = 0xF0A1;

/// Owner-signed params, kept with the bytes that they came in.
///
/// The signature is SIG(osk, "params", room_id ‖ canonical CBOR of all other fields), fields of newer versions included.
#[derive(Clone, PartialEq, Eq)]
pub struct Params {
    fields: ParamsFields,
    sig: Signature,
    raw: Vec<u8>,
}

impl Params {
    /// Puts params together. `sig` signs [`ParamsFields::to_bytes`].
    ///
    /// # Errors
    /// [`DecodeError::Value`] if a field is beyond its limit.
    pub fn new(fields: ParamsFields, sig: Signature) -> Result<Self, DecodeError> {
        fields.check()?;
        let raw = codec::with_field(&fields.to_bytes(), SIG_FIELD, &codec::encode(&sig))?;
        Ok(Self { fields, sig, raw })
    }

    /// Reads params. The signature is not checked here.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not canonical params or a field is beyond its limit.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let fields: ParamsFields = codec::decode(bytes)?;
        fields.check()?;
        let sig = codec::decode(codec::field(bytes, SIG_FIELD)?.ok_or(DecodeError::Schema)?)?;
        Ok(Self { fields, sig, raw: bytes.to_vec() })
    }

    /// The bytes that travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// What the owner signed, without the room's name before it.
    #[must_use]
    pub fn signed_part(&self) -> Vec<u8> {
        // The bytes were parsed or written by this type, so they are a canonical map.
        codec::without_field(&self.raw, SIG_FIELD).unwrap_or_default()
    }

    /// The owner's signature.
    #[must_use]
    pub const fn sig(&self) -> Signature {
        self.sig
    }

    /// The fields that this version knows.
    #[must_use]
    pub const fn fields(&self) -> &ParamsFields {
        &self.fields
    }
}

impl std::ops::Deref for Params {
    type Target = ParamsFields;
    fn deref(&self) -> &ParamsFields {
        &self.fields
    }
}

impl std::fmt::Debug for Params {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Params")
            .field("version", &self.fields.version)
            .field("rev", &self.fields.rev)
            .finish_non_exhaustive()
    }
}

/// The params without their signature.
///
/// They hold what the code is recomputed from, so `Debug` says nothing about them.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ParamsFields {
    /// [`crate::version::PROTOCOL`].
    #[n(0)]
    pub version: u8,
    /// The owner's public key.
    #[n(1)]
    pub opk: PublicKey,
    /// The random part of the code: S = T16(H("code", opk, r)).
    #[cbor(n(2), with = "minicbor::bytes")]
    pub r: [u8; 32],
    /// The random part of the group's name.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub genesis_nonce: [u8; 16],
    /// Unix seconds.
    #[n(4)]
    pub created_at: u64,
    /// Grows with every change.
    #[n(5)]
    pub rev: u64,
    /// At most [`limits::TITLE`] bytes.
    #[n(6)]
    pub title: String,
    /// The welcome note that every holder of the code may read; at most [`limits::NOTE`] bytes.
    #[n(7)]
    pub note: String,
    /// How the room behaves.
    #[n(8)]
    pub policy: RoomPolicy,
    /// The newest [`crate::deed::Deed`].
    #[cbor(n(10), with = "minicbor::bytes")]
    pub deed: Option<Vec<u8>>,
    /// Where the room goes on when its relay is away, in order; at most [`limits::STANDBY_RELAYS`].
    #[n(11)]
    pub standby: Option<Vec<StandbyRelay>>,
}

impl ParamsFields {
    /// The canonical bytes that the signature covers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    fn check(&self) -> Result<(), DecodeError> {
        let standby = self.standby.as_ref().map_or(0, Vec::len);
        match () {
            () if self.title.len() > limits::TITLE => Err(DecodeError::Value("the title is too long")),
            () if self.note.len() > limits::NOTE => Err(DecodeError::Value("the note is too long")),
            () if standby > limits::STANDBY_RELAYS => Err(DecodeError::Value("too many standby relays")),
            () => Ok(()),
        }
    }
}

impl std::fmt::Debug for ParamsFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParamsFields").field("version", &self.version).field("rev", &self.rev).finish_non_exhaustive()
    }
}

/// A relay that may take the room over.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StandbyRelay {
    /// `host[:port]` or an onion name.
    #[n(0)]
    pub address: String,
    /// SHA-256 of its TLS public key; absent for onion names and certified hosts.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub pin: Option<[u8; 32]>,
}

impl std::fmt::Debug for StandbyRelay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StandbyRelay(..)")
    }
}

const SIG_FIELD: u64 = 9;
