//! How a member appears to the others.

use conclave_proto::{
    credential::{Credential, CredentialFields, check_nick},
    id::{PublicKey, Signature},
};
use unicode_normalization::UnicodeNormalization as _;

/// What a member chooses to say about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    nick: String,
    caps: u32,
}

impl Identity {
    /// An identity with a nick, brought into normal form C, and the bits of what this client understands.
    ///
    /// # Errors
    /// [`NickError`] if the nick could not be shown or could pass for another one.
    pub fn new(nick: &str, caps: u32) -> Result<Self, NickError> {
        let nick: String = nick.trim().nfc().collect();
        check_nick(&nick).map_err(|_| NickError)?;
        Ok(Self { nick, caps })
    }

    /// The nick.
    #[must_use]
    pub fn nick(&self) -> &str {
        &self.nick
    }

    pub(crate) fn credential(
        &self,
        call_key: PublicKey,
        owner_cert: Option<Signature>,
        since: Option<u64>,
    ) -> Result<Credential, NickError> {
        let fields =
            CredentialFields { nick: self.nick.clone(), call_pk: call_key, owner_cert, caps: self.caps, since };
        Credential::new(fields).map_err(|_| NickError)
    }
}

/// The nick is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "choose another nick: 1 to 32 bytes, something to see, and no invisible, blank or direction-changing characters"
)]
pub struct NickError;

/// Reads the credential of a leaf (rule V2).
///
/// Normal form C is part of the rule, because two ways to write one nick would look alike.
pub(crate) fn parse_credential(identity: &[u8]) -> Option<Credential> {
    let credential = Credential::parse(identity).ok()?;
    unicode_normalization::is_nfc(&credential.nick).then_some(credential)
}
