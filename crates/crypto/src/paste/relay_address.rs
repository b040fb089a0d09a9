//! Where a relay is, as people write it: alone, as the answer to "Where?", or beside a code.

use std::{net::Ipv4Addr, str::SplitWhitespace};

use conclave_proto::Authority;
use zeroize::Zeroizing;

use super::{MAX_TEXT, PIN, PIN_MARK, PasteError, clean};
use crate::link::{self, LinkError};

/// The address of a relay, and the key that it must have there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayAddress {
    /// A host or an onion service.
    pub authority: Authority,
    /// SHA-256 of the relay's TLS key (SPKI), if the text says it.
    pub pin: Option<[u8; 32]>,
}

impl RelayAddress {
    /// Reads `host[:port]`, with `~k=` and the pin behind it for a relay with a key of its own, as a person types or pastes it. A
    /// scheme of the web before it and a slash behind it belong to the way there, not to the place.
    ///
    /// # Errors
    /// [`LinkError`] names the part that is wrong, or says that the text is longer than [`MAX_TEXT`].
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        if text.len() > MAX_TEXT {
            return Err(LinkError::TooLong);
        }
        parse_cleaned(&clean(text))
    }
}

fn parse_cleaned(text: &str) -> Result<RelayAddress, LinkError> {
    let (place, pin) = text.split_once(PIN_MARK).map_or((text, None), |(place, pin)| (place, Some(pin)));
    let place = place.trim_matches(is_around);
    let place = match place.split_once("://") {
        Some((scheme, place)) if WEB.iter().any(|known| scheme.eq_ignore_ascii_case(known)) => place,
        _ => place,
    };
    // A mail program may have broken the pin, and the sentence goes on behind a place.
    let pin = pin.map(|pin| pin.split_whitespace().collect::<String>());
    let pin = pin.as_deref().map(|pin| pin.trim_end_matches(|c| c != '_' && c != '-' && is_around(c)));
    let (authority, pin) = link::parse_relay(place.trim_end_matches(is_around), pin)?;
    Ok(RelayAddress { authority, pin })
}

/// The one address beside a code in a cleaned text, and that text without the pins of addresses, which look like the end of a link.
///
/// `pages` are what looks like a link in the same text and is none.
///
/// # Errors
/// [`PasteError::Several`] for addresses with different pins: they are different relays.
pub(super) fn beside(pages: &[&str], text: &str) -> Result<(Option<RelayAddress>, Zeroizing<String>), PasteError> {
    let mut rest = Zeroizing::new(String::with_capacity(text.len().saturating_add(1)));
    let mut found: Vec<_> = pages.iter().filter_map(|page| weighed(page)).collect();
    let mut pieces = text.split_whitespace();
    while let Some(piece) = pieces.next() {
        let (whole, behind) = with_pin(piece, pieces.clone());
        let place = weighed(&whole);
        if matches!(place, Some((Weight::Pin, _))) {
            pieces = behind;
        } else {
            rest.push_str(piece);
            rest.push(' ');
        }
        found.extend(place);
    }
    Ok((heaviest(found)?, rest))
}

/// A piece of a text together with what its pin was broken into, and what stands behind that.
fn with_pin<'a>(piece: &'a str, mut behind: SplitWhitespace<'a>) -> (Zeroizing<String>, SplitWhitespace<'a>) {
    // In its full size from the beginning: a buffer that grows leaves a copy of a code behind.
    let mut whole = Zeroizing::new(String::with_capacity(piece.len().saturating_add(LONGEST_TAIL)));
    whole.push_str(piece);
    while whole.split_once(PIN_MARK).is_some_and(|(_, pin)| pin.len() < PIN)
        && let Some(next) = behind.next().filter(|next| whole.len().saturating_add(next.len()) <= whole.capacity())
    {
        whole.push_str(next);
    }
    (whole, behind)
}

/// How surely a piece of a text is the address of a relay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// A name alone may be some page, or two words without a space between them.
    Name,
    Port,
    Pin,
}

fn weighed(piece: &str) -> Option<(Weight, RelayAddress)> {
    let place = parse_cleaned(piece).ok()?;
    let weight = match (&place.authority, place.pin) {
        // "room:204", "18.30" and a code are names of hosts as well.
        (Authority::Host { name, .. }, _) if !is_reached_by(name) => return None,
        (_, Some(_)) => Weight::Pin,
        (Authority::Host { port: HTTPS, .. }, None) => Weight::Name,
        (Authority::Host { .. } | Authority::Onion(_) | Authority::Pin(_), None) => Weight::Port,
    };
    Some((weight, place))
}

/// Whether relays are reached by such a name: an address of the Internet Protocol, this computer, or names that end in letters.
fn is_reached_by(host: &str) -> bool {
    let is_top = |last: &str| last.len() > 1 && last.starts_with(|c: char| c.is_ascii_alphabetic());
    host.starts_with('[')
        || host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok()
        || host.rsplit_once('.').is_some_and(|(_, last)| is_top(last))
}

/// The one place of the most weight; none if there are several.
fn heaviest(found: Vec<(Weight, RelayAddress)>) -> Result<Option<RelayAddress>, PasteError> {
    let most = found.iter().map(|(weight, _)| *weight).max();
    let mut places = found.into_iter().filter(|(weight, _)| Some(*weight) == most).map(|(_, place)| place);
    let first = places.next();
    let is_other = |place: RelayAddress| match most {
        Some(Weight::Pin) => Some(place.pin) != first.as_ref().map(|first| first.pin),
        _ => Some(&place) != first.as_ref(),
    };
    match places.any(is_other) {
        false => Ok(first),
        true if most == Some(Weight::Pin) => Err(PasteError::Several),
        true => Ok(None),
    }
}

/// What stands before or behind an address and is no part of it.
fn is_around(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, '[' | ']')
}

/// How addresses of relays begin where somebody copies them from a browser, a configuration or a program.
const WEB: [&str; 4] = ["wss", "https", "ws", "http"];

/// Bytes of a pin with the end of its sentence.
const LONGEST_TAIL: usize = 48;

/// The port that an address leaves out.
const HTTPS: u16 = 443;
