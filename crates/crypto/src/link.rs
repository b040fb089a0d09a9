//! The invitation as a deep link (protocol 4.2): `conclave://relay.example/#26Q3J-...~p~k=<pin>~a=<address>`.
//!
//! Everything secret stands behind the `#`, which no program sends to a server. So a link of the form `https://` opens a
//! page that explains the app without telling its host the code.

use conclave_proto::Authority;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::code::{Code, CodeError};

/// Everything that somebody needs to come in.
pub struct Invitation {
    /// Addresses of one relay, the best known first; at least one, at most [`MAX_ADDRESSES`]. None of them is a pin.
    pub addresses: Vec<Authority>,
    /// The code.
    pub code: Code,
    /// SHA-256 of the relay's TLS public key, for relays without a certificate that others vouch for.
    pub pin: Option<[u8; 32]>,
    /// Whether a passphrase is needed besides the code.
    pub needs_passphrase: bool,
}

impl Invitation {
    /// The relay's name in proofs (protocol 4.8.2), the same on all of its addresses: the pin if there is one.
    #[must_use]
    pub fn authority(&self) -> Option<Authority> {
        self.pin.map(Authority::Pin).or_else(|| self.addresses.first().cloned())
    }

    /// The link. It is secret.
    ///
    /// # Errors
    /// [`LinkError::Addresses`] if there is no address or there are too many.
    pub fn expose_link(&self) -> Result<Zeroizing<String>, LinkError> {
        let (first, more) = self.addresses.split_first().ok_or(LinkError::Addresses)?;
        if self.addresses.len() > MAX_ADDRESSES || self.addresses.iter().any(|a| matches!(a, Authority::Pin(_))) {
            return Err(LinkError::Addresses);
        }
        let mut link = Zeroizing::new(String::with_capacity(MAX_LINK));
        for part in [SCHEME, &first.to_string(), "/#", &self.code.expose_text()] {
            link.push_str(part);
        }
        if self.needs_passphrase {
            link.push_str("~p");
        }
        if let Some(pin) = &self.pin {
            link.push_str("~k=");
            link.push_str(&BASE64URL_NOPAD.encode(pin));
        }
        for address in more {
            link.push_str("~a=");
            link.push_str(&address.to_string());
        }
        Ok(link)
    }

    /// Reads a link. What people paste goes through [`crate::paste`] first.
    ///
    /// A code has check bits; addresses, pin and `~p` have none. Where those are changed on the way, the relay is not found, is
    /// refused for its key, or refuses: it is never another room, for that is the code's alone.
    ///
    /// # Errors
    /// [`LinkError`] names the part that is wrong.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        if link.len() > MAX_LINK {
            return Err(LinkError::TooLong);
        }
        let rest = strip_scheme(link).ok_or(LinkError::Scheme)?;
        let (place, secret) = rest.split_once('#').ok_or(LinkError::NoCode)?;
        let mut parts = secret.split('~');
        let code = Code::parse(parts.next().unwrap_or_default())?;
        let mut invitation = Self {
            addresses: vec![address(place.strip_suffix('/').unwrap_or(place))?],
            code,
            pin: None,
            needs_passphrase: false,
        };
        for part in parts {
            let (key, value) = part.split_once('=').map_or((part, None), |(key, value)| (key, Some(value)));
            match (key, value) {
                ("p" | "P", None) => invitation.needs_passphrase = true,
                ("k", Some(pin)) if invitation.pin.is_none() => invitation.pin = Some(parse_pin(pin)?),
                // Whoever put the link into capitals, did it to the pin, too.
                ("k" | "K", Some(_)) => return Err(LinkError::Pin),
                ("a" | "A", Some(_)) if invitation.addresses.len() >= MAX_ADDRESSES => {
                    return Err(LinkError::Addresses);
                }
                ("a" | "A", Some(more)) => invitation.addresses.push(address(more)?),
                _ => return Err(LinkError::UnknownPart),
            }
        }
        Ok(invitation)
    }
}

impl std::fmt::Debug for Invitation {
    /// Neither the code nor where the room is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Invitation(..)")
    }
}

/// The most addresses that a link names.
pub const MAX_ADDRESSES: usize = 8;

/// The longest link in bytes: what still fits into a QR code at level M.
pub const MAX_LINK: usize = 2048;

/// Why a text is no invitation. No part of the text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Another kind of link.
    #[error("this is no link to a room; such links begin with {SCHEME}")]
    Scheme,
    /// Longer than any link to a room.
    #[error("this is no link to a room: it is too long")]
    TooLong,
    /// Nothing behind the `#`: programs that shorten links cut it off.
    #[error("the code behind the # is missing; ask for the link again, or type the code")]
    NoCode,
    /// The code is wrong.
    #[error("the code in the link is wrong: {0}")]
    Code(#[from] CodeError),
    /// An address is not a host name, an address or an onion name.
    #[error("the relay's address in the link is wrong")]
    Address,
    /// No address, or more than [`MAX_ADDRESSES`].
    #[error("a link names 1 to {MAX_ADDRESSES} addresses")]
    Addresses,
    /// The pin is not 43 characters of base64url, or there are two.
    #[error("the relay's key in the link is damaged; ask for the link again")]
    Pin,
    /// Parts of it stand apart from it: a program that made a link of the text took only its beginning.
    #[error("the link was cut on its way; copy it again in one piece, or ask for it again")]
    Cut,
    /// Behind a line of it stands what may be the rest of an address or another one. With the wrong guess it would lead elsewhere.
    #[error(
        "the link may go on in the next line or end before it; put it into one line, without what stands behind it"
    )]
    Broken,
    /// A part that this version does not know. It may be what keeps the room safe, so it is not skipped.
    #[error("this link needs a newer version of the app")]
    UnknownPart,
}

/// Reads the two parts by which an operator names a relay, as they stand in a link. What people paste goes through
/// [`crate::paste::RelayAddress::parse`].
pub(crate) fn parse_relay(place: &str, pin: Option<&str>) -> Result<(Authority, Option<[u8; 32]>), LinkError> {
    Ok((address(place)?, pin.map(parse_pin).transpose()?))
}

fn parse_pin(pin: &str) -> Result<[u8; 32], LinkError> {
    let letters = |is: fn(&u8) -> bool| pin.bytes().filter(is).count();
    if letters(u8::is_ascii_uppercase) == 0 && letters(u8::is_ascii_lowercase) > 20 {
        // Of 2^33 pins one is like that: the link was put into small letters.
        return Err(LinkError::Pin);
    }
    let bytes = BASE64URL_NOPAD.decode(pin.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(LinkError::Pin)
}

/// How links begin.
pub(crate) const SCHEME: &str = "conclave://";

/// Links of landing pages name the relay that shows the page.
pub(crate) const LANDING: &str = "https://";

fn strip_scheme(link: &str) -> Option<&str> {
    [SCHEME, LANDING].into_iter().find_map(|scheme| {
        let (head, rest) = link.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

fn address(text: &str) -> Result<Authority, LinkError> {
    match text.parse() {
        Ok(Authority::Pin(_)) | Err(_) => Err(LinkError::Address),
        Ok(address) => Ok(address),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::purpose::RoomSecret;

    const CODE: &str = "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";
    const PIN: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn a_link_carries_all_parts() {
        let onion = format!("{}.onion", "a".repeat(56));
        let link = format!("conclave://192.168.1.5:4433/#{CODE}~p~k={PIN}~a={onion}~a=[2001:db8::1]:4433");
        let invitation = Invitation::parse(&link).unwrap();
        assert_eq!(invitation.addresses.len(), 3);
        assert_eq!(invitation.pin, Some([0; 32]));
        assert!(invitation.needs_passphrase);
        assert_eq!(*invitation.expose_link().unwrap(), link, "a link is printed as it is read");
    }

    #[test]
    fn a_proof_names_the_pin_before_any_address() {
        let pinned = Invitation::parse(&format!("conclave://relay.example/#{CODE}~k={PIN}")).unwrap();
        assert_eq!(pinned.authority().unwrap().to_string(), format!("pin:{PIN}"));
        let vouched = Invitation::parse(&format!("https://Relay.Example:443/#{CODE}")).unwrap();
        assert_eq!(vouched.authority().unwrap().to_string(), "relay.example", "the standard port is left out");
    }

    #[test]
    fn each_mistake_has_its_own_name() {
        let error = |link: String| Invitation::parse(&link).unwrap_err();
        assert_eq!(error("ftp://relay.example/#x".into()), LinkError::Scheme);
        assert_eq!(error("conclave://relay.example/".into()), LinkError::NoCode);
        assert_eq!(error("conclave://relay.example/#".into()), LinkError::Code(CodeError::TooShort { missing: 30 }));
        assert_eq!(error(format!("conclave:///#{CODE}")), LinkError::Address);
        assert_eq!(error(format!("conclave://pin:{PIN}/#{CODE}")), LinkError::Address);
        assert_eq!(error(format!("conclave://relay.example/#{CODE}~k=short")), LinkError::Pin);
        assert_eq!(error(format!("conclave://relay.example/#{CODE}~k={PIN}~k={PIN}")), LinkError::Pin);
        assert_eq!(error(format!("conclave://relay.example/#{CODE}~z=1")), LinkError::UnknownPart);
        assert_eq!(
            error(format!("conclave://relay.example/#{CODE}{}", "~a=b.example".repeat(8))),
            LinkError::Addresses
        );
        assert_eq!(error(format!("conclave://relay.example/#{CODE}{}", " ".repeat(4096) + "x")), LinkError::TooLong);
    }

    proptest! {
        #[test]
        fn every_invitation_survives_its_link(
            secret: [u8; 16], pin: Option<[u8; 32]>, needs_passphrase: bool, ports in prop::collection::vec(1..u16::MAX, 1..8),
        ) {
            let addresses = ports.iter().map(|port| Authority::host("relay.example", *port).unwrap()).collect();
            let code = Code::from_secret(RoomSecret::from_bytes(&secret));
            let invitation = Invitation { addresses, code, pin, needs_passphrase };
            let again = Invitation::parse(&invitation.expose_link().unwrap()).unwrap();
            prop_assert_eq!(&again.addresses, &invitation.addresses);
            prop_assert_eq!((again.pin, again.needs_passphrase), (pin, needs_passphrase));
            prop_assert!(again.code.secret().same_as(invitation.code.secret()));
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = Invitation::parse(&text);
            let _ = Invitation::parse(&format!("conclave://{text}"));
        }
    }
}
