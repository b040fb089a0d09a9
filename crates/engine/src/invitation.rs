//! What people hand over: a link, a code or thirteen words, with or without an address.

use conclave_crypto::{
    code::{Code, CodeError},
    link::{Invitation, LinkError},
    words::{self, WordsError},
};
use conclave_proto::authority::Authority;

use crate::{error::ErrorCode, link::Target};

/// An invitation as it was typed, pasted or dropped.
pub(crate) struct Given {
    pub(crate) code: Code,
    pub(crate) addresses: Vec<Authority>,
    pub(crate) pin: Option<[u8; 32]>,
    pub(crate) needs_passphrase: bool,
}

impl Given {
    /// Reads whatever form it has.
    ///
    /// # Errors
    /// Which part is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, ErrorCode> {
        let text = text.trim();
        if text.contains("://") || text.contains('#') {
            let Invitation { addresses, code, pin, needs_passphrase } =
                Invitation::parse(text).map_err(|error| link_error(&error))?;
            return Ok(Self { code, addresses, pin, needs_passphrase });
        }
        // Words hold no digits and are many; a code is one run of symbols in groups.
        let letters_only = text.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || c == '-' || c == ',');
        let longest = text.split(|c: char| !c.is_alphanumeric()).map(str::len).max().unwrap_or(0);
        let pieces = text.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty()).count();
        let code = if letters_only && (pieces > 6 || longest < 5) {
            words::parse(text).map_err(|error| words_error(&error))?
        } else {
            Code::parse(text).map_err(|error| code_error(&error))?
        };
        Ok(Self { code, addresses: Vec::new(), pin: None, needs_passphrase: false })
    }

    /// Adds the answer to "Where?". An address that the invitation names wins.
    ///
    /// # Errors
    /// [`ErrorCode::AddressMissing`] without any, [`ErrorCode::AddressInvalid`] for what is none.
    pub(crate) fn target(&self, address: Option<&str>) -> Result<Target, ErrorCode> {
        let addresses = match (self.addresses.is_empty(), address) {
            (false, _) => self.addresses.clone(),
            (true, Some(address)) => vec![parse_address(address)?],
            (true, None) => return Err(ErrorCode::AddressMissing),
        };
        let authority = match (self.pin, addresses.first()) {
            (Some(pin), _) => Authority::Pin(pin),
            (None, Some(first)) => first.clone(),
            (None, None) => return Err(ErrorCode::AddressMissing),
        };
        Ok(Target { authority, addresses, pin: self.pin, may_renew_at: None })
    }
}

/// Reads `host[:port]`.
///
/// # Errors
/// [`ErrorCode::AddressInvalid`].
pub(crate) fn parse_address(text: &str) -> Result<Authority, ErrorCode> {
    match text.trim().parse() {
        Ok(Authority::Pin(_)) | Err(_) => Err(ErrorCode::AddressInvalid),
        Ok(address) => Ok(address),
    }
}

fn link_error(error: &LinkError) -> ErrorCode {
    match error {
        LinkError::Code(error) => code_error(error),
        LinkError::UnknownPart => ErrorCode::CodeVersion,
        LinkError::Address | LinkError::Addresses => ErrorCode::AddressInvalid,
        LinkError::Scheme | LinkError::TooLong | LinkError::NoCode | LinkError::Pin => ErrorCode::InvitationMangled,
    }
}

fn code_error(error: &CodeError) -> ErrorCode {
    match error {
        CodeError::TooShort { .. } | CodeError::TooLong => ErrorCode::CodeLength,
        CodeError::Symbol { .. } => ErrorCode::CodeSymbol,
        CodeError::Version(_) => ErrorCode::CodeVersion,
        CodeError::Typo => ErrorCode::CodeTypo,
    }
}

fn words_error(error: &WordsError) -> ErrorCode {
    match error {
        WordsError::TooFew { .. } | WordsError::TooMany => ErrorCode::WordCount,
        WordsError::Unknown { .. } => ErrorCode::WordUnknown,
        _ => ErrorCode::CodeTypo,
    }
}
