//! What somebody says who knocks at a locked room, and what the owner answers (SPEC 5.9). To a relay both are opaque.

use std::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder, bytes::ByteArray, decode, encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    codec,
    error::DecodeError,
    id::{KnockToken, Signature, Tag},
    limits,
};

/// What is inside of a knock.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnockContent {
    /// The MLS KeyPackage that the owner adds. The name is in its credential, and nowhere else.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub key_package: Vec<u8>,
    /// What somebody says with it, at most [`limits::KNOCK_NOTE`] characters; may be empty.
    #[n(2)]
    pub note: String,
    /// What lets it in without a question.
    #[n(3)]
    pub token: Option<KnockToken>,
}

impl KnockContent {
    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads what is inside of a knock. The KeyPackage is not looked at.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not that, canonically, or the note has more than [`limits::KNOCK_NOTE`] characters.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let content: Self = codec::decode(bytes)?;
        if content.note.chars().count() > limits::KNOCK_NOTE {
            return Err(DecodeError::Value("a note has at most 140 characters"));
        }
        Ok(content)
    }
}

/// What somebody says who knocks has no place in a log.
impl fmt::Debug for KnockContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnockContent").finish_non_exhaustive()
    }
}

/// What is inside of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnockReply {
    /// The owner's, over the knock and the admission, if there is one.
    #[n(0)]
    pub sig: Signature,
    /// An encoded [`KnockAdmission`]; without one the knock was turned away.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub admission: Option<Vec<u8>>,
}

impl KnockReply {
    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads an answer. The signature is not checked here.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not one, canonically.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes)
    }
}

/// What somebody needs whom the owner has added.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnockAdmission {
    /// The commit that added them, and so the epoch that begins with it.
    #[n(0)]
    pub tag: Tag,
    /// The number of its entry.
    #[n(1)]
    pub seq: u64,
    /// Its place, sealed as it travels with it.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub place: Vec<u8>,
    /// The MLS Welcome, with the ratchet tree inside.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub welcome: Vec<u8>,
    /// The pre-shared key of the room's passphrase, where it has one.
    #[n(4)]
    pub passphrase: Option<PassphraseKey>,
}

impl KnockAdmission {
    /// The canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads an admission.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not one, canonically.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes)
    }
}

/// The pre-shared key of a passphrase. Wiped when dropped, silent in `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct PassphraseKey(Box<[u8; 32]>);

impl PassphraseKey {
    /// Takes a key over.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Box::new(bytes))
    }

    /// The key itself.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for PassphraseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PassphraseKey(..)")
    }
}

impl<C> Encode<C> for PassphraseKey {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&*self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PassphraseKey {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let bytes = ByteArray::<32>::decode(d, ctx)?;
        Ok(Self::new(bytes.into()))
    }
}
