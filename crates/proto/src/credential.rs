//! What a member says about itself: the identity of its MLS credential (SPEC 5).

use std::fmt;

use minicbor::{Decode, Encode};

use crate::{
    codec,
    error::DecodeError,
    id::{PublicKey, Signature},
    limits, shown,
};

/// A member's credential, kept with the bytes that it came in: other members compare them as bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    fields: CredentialFields,
    raw: Vec<u8>,
}

impl Credential {
    /// Puts a credential together.
    ///
    /// # Errors
    /// [`DecodeError::Value`] if the nick is not allowed.
    pub fn new(fields: CredentialFields) -> Result<Self, DecodeError> {
        check_nick(&fields.nick)?;
        Ok(Self { raw: codec::encode(&fields), fields })
    }

    /// Reads a credential.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not a canonical credential, larger than [`limits::CREDENTIAL`], or the nick is not
    /// allowed.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > limits::CREDENTIAL {
            return Err(DecodeError::Value("the credential is too large"));
        }
        let fields: CredentialFields = codec::decode(bytes)?;
        check_nick(&fields.nick)?;
        Ok(Self { fields, raw: bytes.to_vec() })
    }

    /// The bytes that travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// The fields that this version knows.
    #[must_use]
    pub const fn fields(&self) -> &CredentialFields {
        &self.fields
    }
}

impl std::ops::Deref for Credential {
    type Target = CredentialFields;
    fn deref(&self) -> &CredentialFields {
        &self.fields
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

/// The fields of a [`Credential`].
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CredentialFields {
    /// What the others see; see [`check_nick`].
    #[n(0)]
    pub nick: String,
    /// X25519, for call set-up.
    #[n(1)]
    pub call_pk: PublicKey,
    /// SIG(osk, "owner-leaf", room_id ‖ leaf key): makes this leaf the owner.
    #[n(2)]
    pub owner_cert: Option<Signature>,
    /// A bit for every optional kind of message that this client understands.
    #[n(3)]
    pub caps: u32,
    /// The number of the epoch in which the leaf came: whoever came earlier is senior (rules V2 and V8). Absent for somebody
    /// whom the owner added, until the first own commit.
    #[n(4)]
    pub since: Option<u64>,
}

impl fmt::Debug for CredentialFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CredentialFields(..)")
    }
}

/// Whether a nick may be shown: 1 to [`limits::NICK`] bytes, nothing that hides or turns text around, no blank but the space, and
/// something to see.
///
/// The rule is part of the wire (V2): everybody has to come to the same verdict, so it consists of fixed ranges and of no table
/// that a newer Unicode changes. That a nick is in normal form C is checked where the tables for it are.
///
/// # Errors
/// [`DecodeError::Value`] naming the rule.
pub fn check_nick(nick: &str) -> Result<(), DecodeError> {
    if nick.is_empty() || nick.len() > limits::NICK {
        return Err(DecodeError::Value("a nick has 1 to 32 bytes"));
    }
    if shown::hides_something(nick) {
        return Err(DecodeError::Value("a nick has no control or invisible characters"));
    }
    if nick.chars().any(shown::is_blank) {
        return Err(DecodeError::Value("a nick has no blank but the space"));
    }
    if nick.starts_with(' ') || nick.ends_with(' ') {
        return Err(DecodeError::Value("a nick neither begins nor ends with a space"));
    }
    if !shown::is_seen(nick) {
        return Err(DecodeError::Value("a nick has a visible character"));
    }
    Ok(())
}
