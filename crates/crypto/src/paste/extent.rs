//! How far a link reaches in a cleaned text: mail programs break it, and a sentence goes on behind it.

use conclave_proto::Authority;
use zeroize::Zeroizing;

use crate::{
    code::SYMBOLS,
    link::{LANDING, MAX_LINK, SCHEME},
};

/// The links in a cleaned text, put together again, and the text without them.
pub(super) fn links(text: &str) -> (Vec<Zeroizing<String>>, Zeroizing<String>) {
    let (mut links, mut rest) = (Vec::new(), Zeroizing::new(String::with_capacity(text.len().saturating_add(1))));
    let mut chunks = chunks(text).peekable();
    while let Some(chunk) = chunks.next() {
        let (before, link) = chunk.text.split_at_checked(start(chunk.text)).unwrap_or((chunk.text, ""));
        rest.push_str(before);
        rest.push(' ');
        if link.is_empty() {
            continue;
        }
        // Room for all that a link can have: a buffer that grows leaves a copy behind.
        let mut whole = Zeroizing::new(String::with_capacity(link.len().saturating_add(MAX_LINK)));
        whole.push_str(link);
        let mut line = chunk.line;
        let fits = |whole: &str, next: &Chunk<'_>| whole.len().saturating_add(next.text.len()) <= MAX_LINK;
        while let Some(next) = chunks.next_if(|next| fits(&whole, next) && goes_on(&whole, line, next)) {
            whole.push_str(next.text);
            line = next.line;
        }
        links.push(whole);
    }
    for link in &mut links {
        let length = trimmed(link).len();
        link.truncate(length);
    }
    (links, rest)
}

/// A piece of a text without spaces in it.
struct Chunk<'a> {
    text: &'a str,
    /// It stands at the beginning of a line.
    new_line: bool,
    /// The number of that line.
    line: usize,
}

fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    text.split('\n').enumerate().flat_map(|(number, line)| {
        let chunks = line.split_whitespace().enumerate();
        chunks.map(move |(place, text)| Chunk { text, new_line: place == 0, line: number })
    })
}

/// Where the link begins in a chunk: at a scheme, or where something stands that only a link has. The end if there is none.
fn start(chunk: &str) -> usize {
    let lower = Zeroizing::new(chunk.to_ascii_lowercase());
    let other = || {
        let mark = lower.find("://").or_else(|| lower.find("/#"))?;
        Some(lower.get(..mark)?.trim_end_matches(is_of_address).len())
    };
    lower.find(SCHEME).or_else(|| lower.find(LANDING)).or_else(other).unwrap_or(chunk.len())
}

/// Whether a link was broken before this chunk. The parts of a link have known lengths, but for addresses; where the last one of
/// these was broken inside a name that could as well be complete, the link ends.
fn goes_on(link: &str, line: usize, next: &Chunk<'_>) -> bool {
    if next.text.contains("://") {
        return false;
    }
    let Some((_, secret)) = link.split_once('#') else {
        let code = next.text.split_once('#').map(|(_, code)| code);
        // The app's own link may be broken anywhere. What ends in a name may be some page: an invitation has a slash before its code.
        let is_own = link.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        let is_place = |(_, place): (&str, &str)| place.find('/').is_some_and(|at| at.saturating_add(1) == place.len());
        return next.new_line
            && (is_own || link.split_once("://").is_some_and(is_place))
            && code.is_some_and(|code| code.is_empty() || code.starts_with(['2', '3']));
    };
    if next.text.starts_with('~') {
        return next.line <= line.saturating_add(1) && begins_part(next.text);
    }
    let head = next.text.split('~').next().unwrap_or_default();
    let Some((code, part)) = secret.rsplit_once('~').map(|(code, part)| (code, Some(part))).or(Some((secret, None)))
    else {
        return false;
    };
    match part {
        None => {
            let symbols = code.bytes().filter(u8::is_ascii_alphanumeric).count();
            symbols < SYMBOLS && head.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        }
        Some(part) => match part.split_once('=') {
            None if part.is_empty() => next.new_line && begins_name(next.text),
            None => next.new_line && !part.eq_ignore_ascii_case("p") && next.text.starts_with('='),
            Some((key, pin)) if key.eq_ignore_ascii_case("k") => pin.len() < PIN,
            Some((_, address)) => address.is_empty() || (next.new_line && address_goes_on(address, next.text)),
        },
    }
}

/// Whether a part of a link begins, or what a line break left of one.
fn begins_part(text: &str) -> bool {
    let is_left = |name: &str| matches!(name, "" | "k" | "K" | "a" | "A");
    text.strip_prefix('~').is_some_and(|name| is_left(name) || begins_name(name))
}

/// A part without its `~`.
fn begins_name(name: &str) -> bool {
    let mut letters = name.chars();
    let (letter, next) = (letters.next(), letters.next());
    let stands_alone = next.is_none_or(|next| next == '~' || !next.is_alphanumeric() && next != '=');
    letter.is_some_and(|letter| letter.is_ascii_alphabetic())
        && (next == Some('=') || stands_alone && letter.is_some_and(|letter| letter.eq_ignore_ascii_case(&'p')))
}

/// Whether a line goes on with an address: it has something that a sentence does not begin with, or what stands before is none.
fn address_goes_on(address: &str, next: &str) -> bool {
    let next = trimmed(next);
    let in_port = address.rsplit(':').next().is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
    next.chars().all(|c| is_of_address(c) || "~=#_".contains(c))
        && (address.parse::<Authority>().is_err()
            || next.contains(['.', ':', '~'])
            || in_port && next.bytes().all(|digit| digit.is_ascii_digit()))
}

fn is_of_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[' | ']')
}

/// A link without the punctuation behind it: it ends in a symbol, or in the bracket of an address.
fn trimmed(link: &str) -> &str {
    let is_behind = |c: char| !c.is_ascii_alphanumeric() && c != ']';
    let mut link = link.trim_end_matches(is_behind);
    let (opening, mut closing) = (link.matches('[').count(), link.matches(']').count());
    while closing > opening {
        let Some(shorter) = link.strip_suffix(']') else { break };
        link = shorter.trim_end_matches(is_behind);
        closing = closing.saturating_sub(1);
    }
    link
}

/// Characters of a pin: 32 bytes in base64url.
const PIN: usize = 43;
