//! The place of a commit: which branch it continues, said by whoever signed its GroupInfo (SPEC 5.8).

use minicbor::{Decode, Encode};

use crate::{
    codec,
    error::DecodeError,
    id::{PublicKey, Signature, Tag},
    limits,
};

/// A signed place, kept with the bytes that it came in.
///
/// The signature covers room, tag and all other fields, see [`CommitPlace::signed_part`].
#[derive(Clone, PartialEq, Eq)]
pub struct CommitPlace {
    fields: CommitPlaceFields,
    sig: Signature,
    raw: Vec<u8>,
}

impl CommitPlace {
    /// Puts a place together. `sig` signs [`CommitPlaceFields::to_bytes`] with the room and the tag before it.
    ///
    /// # Errors
    /// [`DecodeError::Value`] if it names more than [`limits::BASES`] bases.
    pub fn new(fields: CommitPlaceFields, sig: Signature) -> Result<Self, DecodeError> {
        fields.check()?;
        let raw = codec::with_field(&fields.to_bytes(), SIG_FIELD, &codec::encode(&sig))?;
        Ok(Self { fields, sig, raw })
    }

    /// Reads a place. The signature is not checked here.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a canonical place or it names more than [`limits::BASES`] bases.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let fields: CommitPlaceFields = codec::decode(bytes)?;
        fields.check()?;
        let sig = codec::decode(codec::field(bytes, SIG_FIELD)?.ok_or(DecodeError::Schema)?)?;
        Ok(Self { fields, sig, raw: bytes.to_vec() })
    }

    /// The bytes that travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// What was signed, without room and tag before it; fields of newer versions are covered.
    #[must_use]
    pub fn signed_part(&self) -> Vec<u8> {
        // The bytes were parsed or written by this type, so they are a canonical map.
        codec::without_field(&self.raw, SIG_FIELD).unwrap_or_default()
    }

    /// The signer's signature.
    #[must_use]
    pub const fn sig(&self) -> Signature {
        self.sig
    }

    /// The base that the commit was made at; none for the first epoch.
    #[must_use]
    pub fn parent(&self) -> Option<Tag> {
        self.fields.bases.first().copied()
    }
}

impl std::ops::Deref for CommitPlace {
    type Target = CommitPlaceFields;
    fn deref(&self) -> &CommitPlaceFields {
        &self.fields
    }
}

impl std::fmt::Debug for CommitPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CommitPlace(..)")
    }
}

/// A place without its signature.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CommitPlaceFields {
    /// The last bases of the branch before the commit, newest first: the first one is its parent. At most
    /// [`limits::BASES`]; none for the first epoch.
    #[n(0)]
    pub bases: Vec<Tag>,
    /// SHA-256 of the GroupInfo that came with the commit, as it is inside its envelope.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub group_info: [u8; 32],
    /// The leaf key that signed the GroupInfo and signs this.
    #[n(2)]
    pub signer: PublicKey,
    /// Of somebody who came over from another branch: the base after which messages may not have reached everybody. The
    /// others publish again what they wrote since.
    #[n(4)]
    pub fork: Option<Tag>,
}

impl CommitPlaceFields {
    /// The canonical bytes that the signature covers.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(self)
    }

    fn check(&self) -> Result<(), DecodeError> {
        if self.bases.len() > limits::BASES { Err(DecodeError::Value("too many bases")) } else { Ok(()) }
    }
}

impl std::fmt::Debug for CommitPlaceFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CommitPlaceFields(..)")
    }
}

const SIG_FIELD: u64 = 3;
