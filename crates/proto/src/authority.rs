//! What names a relay in a proof, whatever address it has today (SPEC 5).

use std::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;

use crate::error::DecodeError;

/// A relay's name. A proof signs it, so a proof for one relay is worthless at another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authority {
    /// SHA-256 of the relay's TLS public key (its SPKI): `pin:<43 base64url characters>`.
    Pin([u8; 32]),
    /// `<56 characters>.onion`; the port is 443, and may stand behind it in a text.
    Onion(String),
    /// `host` or `host:port`; port 443 is left out.
    Host {
        /// Lower case; an IPv6 address stands in brackets.
        name: String,
        /// 443 if the text names none.
        port: u16,
    },
}

impl Authority {
    /// The name of a host.
    ///
    /// # Errors
    /// [`DecodeError::Value`] if `host` is not a host name or address.
    pub fn host(host: &str, port: u16) -> Result<Self, DecodeError> {
        format!("{host}:{port}").parse()
    }
}

/// Only the kind: an address has no place in a log.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pin(_) => "Pin(..)",
            Self::Onion(_) => "Onion(..)",
            Self::Host { .. } => "Host(..)",
        })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin(pin) => write!(f, "{PIN}{}", BASE64URL_NOPAD.encode(pin)),
            Self::Onion(name) => f.write_str(name),
            Self::Host { name, port: HTTPS } => f.write_str(name),
            Self::Host { name, port } => write!(f, "{name}:{port}"),
        }
    }
}

impl FromStr for Authority {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        if let Some(pin) = text.strip_prefix(PIN) {
            let bytes = BASE64URL_NOPAD.decode(pin.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
            return bytes.map(Self::Pin).ok_or(DecodeError::Value("a pin has 43 base64url characters"));
        }
        let text = text.to_ascii_lowercase();
        let (name, port) = split_port(&text)?;
        // Whatever stands before or behind it: as the name of a host it would be asked for in the DNS (RFC 7686).
        if let Some(key) = name.strip_suffix(".onion") {
            let valid = key.len() == 56 && key.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
            return if valid && port == HTTPS {
                Ok(Self::Onion(name.to_owned()))
            } else {
                Err(DecodeError::Value("not an onion name"))
            };
        }
        if !is_host(name) {
            return Err(DecodeError::Value("not a host name or address"));
        }
        Ok(Self::Host { name: name.to_owned(), port })
    }
}

fn split_port(text: &str) -> Result<(&str, u16), DecodeError> {
    match text.rsplit_once(':') {
        // The last colon of a bare IPv6 address is not a port's.
        Some((name, port)) if !port.ends_with(']') => {
            let port = port.parse().map_err(|_| DecodeError::Value("not a port"))?;
            if port == 0 { Err(DecodeError::Value("not a port")) } else { Ok((name, port)) }
        }
        _ => Ok((text, HTTPS)),
    }
}

fn is_host(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            (1..=253).contains(&name.len())
                && name.split('.').all(|label| {
                    (1..=63).contains(&label.len())
                        && !label.starts_with('-')
                        && !label.ends_with('-')
                        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                })
        }
    }
}

const PIN: &str = "pin:";
const HTTPS: u16 = 443;
