//! How far a link reaches in a cleaned text: mail programs break it, and a sentence goes on behind it.

use conclave_proto::Authority;
use zeroize::Zeroizing;

use super::PIN;
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
        let mut last = (chunk.line, link.len());
        let fits = |whole: &str, next: &Chunk<'_>| whole.len().saturating_add(next.text.len()) <= MAX_LINK;
        while let Some(next) = chunks.next_if(|next| fits(&whole, next) && goes_on(&whole, last, next)) {
            whole.push_str(next.text);
            last = (next.line, next.text.len());
        }
        // What was put behind a link must not take with it what keeps the room safe: such a link is left as it is, and refused.
        let cut = whole.split_at_checked(end(&whole)).filter(|(_, behind)| !behind.split('~').skip(1).any(begins_name));
        let (link, behind) = cut.unwrap_or((&whole, ""));
        rest.push_str(behind);
        rest.push(' ');
        links.push(without_parameters(trimmed(link)));
    }
    (links, rest)
}

/// A piece of a text without spaces in it, and with one link at most: a link in another one, or behind it, is a piece.
struct Chunk<'a> {
    text: &'a str,
    /// It stands at the beginning of a line.
    new_line: bool,
    /// The number of that line.
    line: usize,
}

fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    text.split('\n').enumerate().flat_map(|(number, line)| {
        let chunks = line.split_whitespace().flat_map(single).enumerate();
        chunks.map(move |(place, text)| Chunk { text, new_line: place == 0, line: number })
    })
}

/// A text in pieces, each but the first of which begins with a scheme.
fn single(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let first = whole.chars().next()?.len_utf8();
        let behind = whole.get(first..).and_then(scheme).map_or(whole.len(), |at| at.saturating_add(first));
        let (piece, behind) = whole.split_at_checked(behind)?;
        rest = (!behind.is_empty()).then_some(behind);
        Some(piece)
    })
}

/// Where the next scheme of an invitation begins.
fn scheme(text: &str) -> Option<usize> {
    let begins = |(at, _): &(usize, &str)| {
        let is = |scheme: &str| {
            let before = at.checked_sub(scheme.len().saturating_sub("://".len()));
            let here = before.and_then(|from| text.get(from..)?.get(..scheme.len()));
            here.is_some_and(|here| here.eq_ignore_ascii_case(scheme)).then_some(before).flatten()
        };
        is(SCHEME).or_else(|| is(LANDING))
    };
    text.match_indices("://").find_map(|mark| begins(&mark))
}

/// Where the link begins in a chunk: at a scheme, or where something stands that only a link has. The end if there is none.
fn start(chunk: &str) -> usize {
    let other = || {
        let mark = chunk.find("://").or_else(|| chunk.find("/#"))?;
        Some(chunk.get(..mark)?.trim_end_matches(is_of_address).len())
    };
    scheme(chunk).or_else(other).unwrap_or(chunk.len())
}

/// Where something stands behind a link that no link has: parameters, markup, or what a browser was to look for on a page.
fn end(link: &str) -> usize {
    let Some((place, secret)) = link.split_once('#') else { return link.len() };
    let (mut before, mut open) = ('#', 0_usize);
    for (at, c) in secret.char_indices() {
        let ends = match c {
            '&' | '?' | '/' | '#' => true,
            '[' => before != '=',
            ']' => open == 0,
            ':' => secret.get(at..).is_some_and(|rest| rest.starts_with(":~:")),
            _ => false,
        };
        if ends {
            return place.len().saturating_add(at).saturating_add(1);
        }
        before = c;
        open = match c {
            '[' => 1,
            ']' => 0,
            _ => open,
        };
    }
    link.len()
}

/// A link without what was put between its address and its code to see who follows it. A page that such a parameter names may be
/// what the link is for, so then it stays.
fn without_parameters(link: &str) -> Zeroizing<String> {
    let whole = || Zeroizing::new(link.to_owned());
    let Some((place, secret)) = link.split_once('#') else { return whole() };
    let Some((address, parameters)) = place.split_once(['?', '&']) else { return whole() };
    let names_page = |parameter: &str| !parameter.starts_with("utm_") && parameter.contains(['.', ':', '/', '@']);
    if parameters.split('&').any(names_page) {
        return whole();
    }
    let mut bare = Zeroizing::new(String::with_capacity(link.len()));
    for part in [address, "#", secret] {
        bare.push_str(part);
    }
    bare
}

/// Whether a link was broken before this chunk. The parts of a link have known lengths, but for addresses; where the last one of
/// these was broken inside a name that could as well be complete, the link ends. `width` is how much of it stands on its last line.
fn goes_on(link: &str, (line, width): (usize, usize), next: &Chunk<'_>) -> bool {
    if next.text.contains("://") || end(link) < link.len() {
        return false;
    }
    let next = &Chunk { text: own(link, next.text), ..*next };
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
            Some((_, "")) => true,
            Some((_, address)) => {
                let is_next = next.new_line && next.line == line.saturating_add(1);
                is_next && address_goes_on(address, next.text, width <= WIDEST)
            }
        },
    }
}

/// The beginning of what follows on a link that can belong to it.
fn own<'a>(link: &str, next: &'a str) -> &'a str {
    let mut both = Zeroizing::new(String::with_capacity(link.len().saturating_add(next.len())));
    both.push_str(link);
    both.push_str(next);
    next.get(..end(&both).saturating_sub(link.len())).unwrap_or_default()
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

/// Whether a line goes on with an address: what stands before is none, or it has something that a sentence does not begin with
/// while the line before it may have been broken.
fn address_goes_on(address: &str, next: &str, may_be_broken: bool) -> bool {
    let next = trimmed(next);
    let in_port = address.rsplit(':').next().is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
    let is_more = next.contains(['.', ':', '~']) || in_port && next.bytes().all(|digit| digit.is_ascii_digit());
    !next.is_empty()
        && next.chars().all(|c| is_of_address(c) || "~=#_".contains(c))
        && (address.parse::<Authority>().is_err() || may_be_broken && is_more)
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

/// Bytes at which programs break a line at the latest: a longer one is as its author wrote it.
const WIDEST: usize = 79;
