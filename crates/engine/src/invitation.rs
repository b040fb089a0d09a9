//! What people hand over: a link, a code or thirteen words, with or without an address.

use conclave_crypto::{
    code::{Code, CodeError},
    link::{Invitation, LinkError},
    paste::{self, PasteError, Pasted, RelayAddress},
    words::{UnknownWord, WordsError},
};
use conclave_proto::authority::Authority;

use crate::{
    error::{ErrorCode, InvitationError, Slip},
    link::Target,
    relay_address,
};

/// An invitation as it was typed, pasted or dropped.
pub(crate) struct Given {
    pub(crate) code: Code,
    pub(crate) addresses: Vec<Authority>,
    pub(crate) pin: Option<[u8; 32]>,
    pub(crate) needs_passphrase: bool,
    /// The address that stands beside a bare code: an offer, which counts once somebody gives it as the answer to "Where?".
    pub(crate) beside: Option<RelayAddress>,
}

impl Given {
    /// Reads whatever form it has, and whatever stands around it.
    ///
    /// # Errors
    /// Which part is wrong, and where.
    pub(crate) fn parse(text: &str) -> Result<Self, InvitationError> {
        Ok(match paste::read(text).map_err(|error| mistake(&error))? {
            Pasted::Link(Invitation { addresses, code, pin, needs_passphrase }) => {
                Self { code, addresses, pin, needs_passphrase, beside: None }
            }
            Pasted::Code { code, beside } => {
                Self { code, addresses: Vec::new(), pin: None, needs_passphrase: false, beside }
            }
        })
    }

    /// Adds the answer to "Where?", which names a relay as at the making of a room. An address that the invitation names wins.
    ///
    /// # Errors
    /// [`ErrorCode::AddressMissing`] without any, [`ErrorCode::AddressInvalid`] for what is none.
    pub(crate) fn target(&self, address: Option<&str>) -> Result<Target, ErrorCode> {
        let Some(first) = self.addresses.first() else {
            return relay_address::parse(address.ok_or(ErrorCode::AddressMissing)?);
        };
        let authority = self.pin.map_or_else(|| first.clone(), Authority::Pin);
        Ok(Target { authority, addresses: self.addresses.clone(), pin: self.pin, may_renew_at: None })
    }
}

fn mistake(error: &PasteError) -> InvitationError {
    match error {
        PasteError::TooLong | PasteError::Nothing => ErrorCode::InvitationMissing.into(),
        PasteError::Several => ErrorCode::InvitationSeveral.into(),
        PasteError::Link(LinkError::Code(error)) | PasteError::Code(error) => code_error(error),
        PasteError::Link(LinkError::UnknownPart) => ErrorCode::CodeVersion.into(),
        PasteError::Link(LinkError::Address | LinkError::Addresses) => ErrorCode::AddressInvalid.into(),
        PasteError::Link(LinkError::NoCode) => ErrorCode::InvitationCut.into(),
        PasteError::Link(LinkError::Broken) => ErrorCode::InvitationBroken.into(),
        PasteError::Link(LinkError::Scheme | LinkError::TooLong | LinkError::Pin | LinkError::Cut) => {
            ErrorCode::InvitationMangled.into()
        }
        PasteError::Words(error) => words_error(error),
    }
}

fn code_error(error: &CodeError) -> InvitationError {
    let (code, slip) = match error {
        CodeError::TooShort { .. } | CodeError::TooLong => (ErrorCode::CodeLength, None),
        CodeError::Symbol { character, position } => {
            let symbol = character.to_string();
            (ErrorCode::CodeSymbol, Some(Slip::Symbol { position: place(*position), symbol }))
        }
        CodeError::Version(_) => (ErrorCode::CodeVersion, None),
        CodeError::Typo { position } => {
            (ErrorCode::CodeTypo, position.map(|position| Slip::Place { position: place(position) }))
        }
    };
    InvitationError { code, slip }
}

fn words_error(error: &WordsError) -> InvitationError {
    match error {
        WordsError::TooFew { .. } | WordsError::TooMany => ErrorCode::WordCount.into(),
        WordsError::Unknown { position, word } => unknown_word(*position, word),
        WordsError::Typo => ErrorCode::CodeTypo.into(),
    }
}

/// A word that is not in the list, at its place counted from 1.
pub(crate) fn unknown_word(position: usize, word: &UnknownWord) -> InvitationError {
    let (position, written) = (place(position), word.expose_written().to_owned());
    let slip = match word.expose_nearest() {
        Some(nearest) => Slip::Word { position, word: written, nearest: nearest.to_owned() },
        None => Slip::UnknownWord { position, word: written },
    };
    InvitationError { code: ErrorCode::WordUnknown, slip: Some(slip) }
}

fn place(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
