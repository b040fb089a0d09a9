//! The address of a relay, as people write it.

use conclave_crypto::paste::RelayAddress;
use conclave_proto::authority::Authority;
use data_encoding::BASE64URL_NOPAD;

use crate::{error::ErrorCode, link::Target};

/// Reads the address of a relay, as it was typed or pasted: `host[:port]`, with `~k=` and the pin behind it for a key of its own.
///
/// # Errors
/// [`ErrorCode::AddressInvalid`].
pub(crate) fn parse(text: &str) -> Result<Target, ErrorCode> {
    let RelayAddress { authority: address, pin } = RelayAddress::parse(text).map_err(|_| ErrorCode::AddressInvalid)?;
    let authority = pin.map_or_else(|| address.clone(), Authority::Pin);
    Ok(Target { authority, addresses: vec![address], pin, may_renew_at: None })
}

/// A relay's address with the pin that it is known by, if there is one, as [`parse`] reads it.
pub(crate) fn with_pin(address: Option<&Authority>, pin: Option<&[u8; 32]>) -> String {
    let address = address.map(Authority::to_string).unwrap_or_default();
    match pin {
        Some(pin) => format!("{address}~k={}", BASE64URL_NOPAD.encode(pin)),
        None => address,
    }
}

/// A pin for the eye: its base64url in groups of four symbols.
pub(crate) fn pin_groups(pin: &[u8; 32]) -> Vec<String> {
    let symbols: Vec<char> = BASE64URL_NOPAD.encode(pin).chars().collect();
    symbols.chunks(4).map(|group| group.iter().collect()).collect()
}
