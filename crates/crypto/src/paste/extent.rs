//! How far a link reaches in a cleaned text: mail programs break it, and a sentence goes on behind it.

use std::{cmp::Ordering, net::Ipv4Addr};

use conclave_proto::Authority;
use zeroize::Zeroizing;

use super::{PIN, codes, is_word};
use crate::{
    code::SYMBOLS,
    link::{LANDING, MAX_LINK, SCHEME},
};

/// A link in a cleaned text, put together again.
pub(super) struct Link {
    pub(super) text: Zeroizing<String>,
    /// Parts of a link stand behind it that it does not reach.
    pub(super) is_cut: bool,
    /// What stands on the next line may be the rest of its last address, or something else.
    pub(super) may_go_on: bool,
    /// The line that it ends on.
    line: usize,
}

/// The links in a cleaned text, and the text without them.
pub(super) fn links(text: &str) -> (Vec<Link>, Zeroizing<String>) {
    let mut rest = Zeroizing::new(String::with_capacity(text.len().saturating_add(1)));
    let (mut links, mut is_behind_link) = (Vec::<Link>::new(), false);
    let mut chunks = chunks(text).peekable();
    while let Some(chunk) = chunks.next() {
        let (before, link) = chunk.text.split_at_checked(start(chunk.text)).unwrap_or((chunk.text, ""));
        if let Some(last) = links.last_mut()
            && chunk.line <= last.line.saturating_add(1)
            && is_left_behind(before, is_behind_link)
        {
            last.is_cut = true;
        }
        is_behind_link = !link.is_empty();
        rest.push_str(before);
        rest.push(' ');
        if link.is_empty() {
            continue;
        }
        // Room for all that a link can have: a buffer that grows leaves a copy behind.
        let mut whole = Zeroizing::new(String::with_capacity(link.len().saturating_add(MAX_LINK)));
        whole.push_str(link);
        let mut last = Last { line: chunk.line, width: link.len(), widest: 0 };
        let fits = |whole: &str, next: &Chunk<'_>| whole.len().saturating_add(next.text.len()) <= MAX_LINK;
        let goes_on = |whole: &str, last: Last, next: &Chunk<'_>| {
            if fits(whole, next) { goes_on(whole, last, next) } else { GoesOn::No }
        };
        while let Some(next) = chunks.next_if(|next| goes_on(&whole, last, next) == GoesOn::Yes) {
            whole.push_str(next.text);
            last = last.and(&next);
        }
        let may_go_on = chunks.peek().is_some_and(|next| goes_on(&whole, last, next) == GoesOn::Maybe);
        // What was put behind a link must not take with it what keeps the room safe: such a link is left as it is, and refused.
        let (link, behind) = whole.split_at_checked(end(&whole)).unwrap_or((&whole, ""));
        let is_cut = behind.split('~').skip(1).any(begins_name);
        let (link, behind) = if is_cut { (&**whole, "") } else { (link, behind) };
        rest.push_str(behind);
        rest.push(' ');
        links.push(Link { text: without_parameters(trimmed(link)), is_cut, may_go_on, line: last.line });
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

/// Whether a chunk that belongs to no link begins with parts of one. One lone letter is somebody's name, but not directly behind a link.
fn is_left_behind(chunk: &str, is_next: bool) -> bool {
    let Some(parts) = chunk.strip_prefix('~') else { return false };
    begins_name(parts) && (is_next || parts.contains(['=', '~']))
}

/// Whether there is the end of a link, from its code on, in a text without links.
pub(super) fn is_end_of_link(rest: &str) -> bool {
    rest.split_whitespace().filter_map(|chunk| chunk.split_once('~')).any(|(code, parts)| {
        begins_name(parts) && (parts.contains(['=', '~']) || code.ends_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// Where a link ends in what may stand behind it without a space.
fn end(link: &str) -> usize {
    let Some((place, secret)) = link.split_once('#') else { return link.len() };
    let mut begin = place.len().saturating_add(1);
    let foreign = begin.saturating_add(foreign(secret).unwrap_or(secret.len()));
    for (number, part) in secret.split('~').enumerate() {
        if let Some(length) = length(part, number == 0) {
            return begin.saturating_add(length).min(foreign);
        }
        begin = begin.saturating_add(part.len()).saturating_add(1);
    }
    foreign
}

/// How long a part is, if a sign stands behind it that no part of its kind has there. Letters and digits may be more of it, and so may
/// a dash, unless the check bits of a code say that it is whole.
fn length(part: &str, is_code: bool) -> Option<usize> {
    let (length, goes_on): (usize, fn(char) -> bool) = match part.as_bytes() {
        [b'2' | b'3', ..] if is_code => {
            let (last, _) = part.match_indices(|c: char| c.is_ascii_alphanumeric()).nth(SYMBOLS.saturating_sub(1))?;
            let length = last.saturating_add(1);
            let is_whole = codes(part.get(..length)?).next().is_some();
            if is_whole && is_word_of_a_sentence(part.get(length..)?) {
                return Some(length);
            }
            (length, if is_whole { |c| c.is_ascii_alphanumeric() } else { |c| c.is_ascii_alphanumeric() || c == '-' })
        }
        [b'p' | b'P', ..] if !is_code => (1, |c| c.is_ascii_alphanumeric() || c == '='),
        [b'k' | b'K', b'=', ..] if !is_code => {
            (2_usize.saturating_add(PIN), |c| c.is_ascii_alphanumeric() || "-_".contains(c))
        }
        [b'a' | b'A', b'=', address @ ..] if !is_code => {
            (2_usize.saturating_add(length_of_address(address)), |_| false)
        }
        _ => return None,
    };
    let next = part.get(length..)?.chars().next()?;
    (!goes_on(next)).then_some(length)
}

/// Whether what stands directly behind a code is a word and the end of a sentence at most, and so no part of the link whose `~` was
/// lost: a single letter may be one, and so may what is as long as a pin.
fn is_word_of_a_sentence(text: &str) -> bool {
    let word = text.trim_end_matches(|c: char| c.is_ascii_punctuation() && !"~=-_".contains(c));
    (2..PIN).contains(&word.len()) && is_word(word)
}

/// How much of a text can be an address: behind a port, a bracket or an onion name no name goes on.
fn length_of_address(text: &[u8]) -> usize {
    let is_end = |at: usize| text.get(at).is_none_or(|next| !next.is_ascii_alphanumeric() && !b"-:".contains(next));
    let all = text.iter().take_while(|byte| is_of_address(char::from(**byte))).count();
    let behind = |mark: &[u8]| {
        let at = text.windows(mark.len()).position(|here| here.eq_ignore_ascii_case(mark))?;
        Some(at.saturating_add(mark.len()))
    };
    let in_brackets = if text.starts_with(b"[") { behind(b"]") } else { None };
    let host = in_brackets.or_else(|| behind(b".onion")).filter(|end| is_end(*end));
    let port = text.get(in_brackets.unwrap_or_default()..).and_then(|rest| {
        let colon = rest.iter().position(|byte| *byte == b':')?;
        let digits = rest.iter().skip(colon.saturating_add(1)).take_while(|byte| byte.is_ascii_digit()).count();
        let end = [in_brackets.unwrap_or_default(), colon, 1, digits].into_iter().fold(0, usize::saturating_add);
        // Several colons without brackets are no port, but a mistake.
        (digits > 0 && is_end(end)).then_some(end)
    });
    host.or(port).unwrap_or(all).min(all)
}

/// Where something stands behind a link that no link has: parameters, markup, or what a browser was to look for on a page.
fn foreign(secret: &str) -> Option<usize> {
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
            return Some(at);
        }
        before = c;
        open = match c {
            '[' => 1,
            ']' => 0,
            _ => open,
        };
    }
    None
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

/// Where a link stands, as far as it was read.
#[derive(Clone, Copy)]
struct Last {
    line: usize,
    /// How much of it stands on its last line, and on the fullest one before that, in bytes.
    width: usize,
    widest: usize,
}

/// Whether a chunk belongs to the link before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GoesOn {
    Yes,
    No,
    /// Both would be a link.
    Maybe,
}

impl From<bool> for GoesOn {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Whether a link was broken before this chunk. The parts of a link have known lengths, but for addresses.
fn goes_on(link: &str, last: Last, next: &Chunk<'_>) -> GoesOn {
    if next.text.contains("://") || end(link) < link.len() {
        return GoesOn::No;
    }
    let may_be_broken = last.may_be_broken(next.text.len());
    let next = &Chunk { text: own(link, next.text), ..*next };
    let Some((_, secret)) = link.split_once('#') else {
        let code = next.text.split_once('#').map(|(_, code)| code);
        // The app's own link may be broken anywhere. What ends in a name may be some page: an invitation has a slash before its code.
        let is_own = link.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        let is_place = |(_, place): (&str, &str)| place.find('/').is_some_and(|at| at.saturating_add(1) == place.len());
        if !next.new_line
            || !(is_own || link.split_once("://").is_some_and(is_place))
            || !code.is_some_and(|code| code.is_empty() || code.starts_with(['2', '3']))
        {
            return GoesOn::No;
        }
        let (_, place) = link.split_once("://").unwrap_or_default();
        let rest = next.text.split(['/', '#']).next().unwrap_or_default();
        return if place.contains('/') { GoesOn::Yes } else { name_goes_on(place, rest, may_be_broken) };
    };
    if next.text.starts_with('~') {
        return (next.line <= last.line.saturating_add(1) && begins_part(next.text)).into();
    }
    let head = next.text.split('~').next().unwrap_or_default();
    let Some((code, part)) = secret.rsplit_once('~').map(|(code, part)| (code, Some(part))).or(Some((secret, None)))
    else {
        return GoesOn::No;
    };
    match part {
        None => {
            let symbols = code.bytes().filter(u8::is_ascii_alphanumeric).count();
            (symbols < SYMBOLS && head.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')).into()
        }
        Some(part) => match part.split_once('=') {
            None if part.is_empty() => (next.new_line && begins_name(next.text)).into(),
            None => (next.new_line && !part.eq_ignore_ascii_case("p") && next.text.starts_with('=')).into(),
            Some((key, pin)) if key.eq_ignore_ascii_case("k") => (pin.len() < PIN).into(),
            Some((_, "")) => GoesOn::Yes,
            Some((_, address)) if next.new_line && next.line == last.line.saturating_add(1) => {
                address_goes_on(address, next.text, may_be_broken)
            }
            Some(_) => GoesOn::No,
        },
    }
}

impl Last {
    /// The same, behind a chunk more.
    fn and(self, next: &Chunk<'_>) -> Self {
        let Self { line, width, widest } = self;
        if next.line == line {
            return Self { width: width.saturating_add(next.text.len()).saturating_add(1), ..self };
        }
        Self { line: next.line, width: next.text.len(), widest: widest.max(width) }
    }

    /// Whether a program that breaks lines at a width broke the link here, before a chunk of this length. Surely, if it broke it at that
    /// width before; and not, where that line would have had space for more, or the next one is longer. Something else may stand
    /// before a link on its first line.
    fn may_be_broken(self, next: usize) -> GoesOn {
        match self.width.cmp(&self.widest) {
            Ordering::Equal => GoesOn::Yes,
            Ordering::Greater if self.width <= WIDEST && next <= self.width => GoesOn::Maybe,
            Ordering::Greater | Ordering::Less => GoesOn::No,
        }
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
fn address_goes_on(address: &str, next: &str, may_be_broken: GoesOn) -> GoesOn {
    let next = trimmed(next);
    let in_port = address.rsplit(':').next().is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
    let is_more = next.contains(['.', ':', '~']) || in_port && next.bytes().all(|digit| digit.is_ascii_digit());
    if next.is_empty() || !next.chars().all(|c| is_of_address(c) || "~=#_".contains(c)) {
        return GoesOn::No;
    }
    if address.parse::<Authority>().is_err() {
        return GoesOn::Yes;
    }
    match may_be_broken {
        GoesOn::Yes | GoesOn::Maybe if !is_more => GoesOn::No,
        // Another part of the link behind it says that it is one.
        GoesOn::Yes | GoesOn::Maybe if next.contains('~') => GoesOn::Yes,
        GoesOn::Yes | GoesOn::No => may_be_broken,
        GoesOn::Maybe => name_goes_on(address, next, may_be_broken),
    }
}

/// Whether a name that ends a line goes on with the next one, if all that tells is how both look.
fn name_goes_on(address: &str, next: &str, may_be_broken: GoesOn) -> GoesOn {
    let digits =
        |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_time = next.split(':').count() > 1 && next.split(':').all(|part| digits(part, 2));
    let is_page = next.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("www."));
    let both = Zeroizing::new([address, next].concat());
    // A name whose last part is a number is an IPv4 address, or none; and what is one already is the beginning of no name.
    let (host, _) = both.split_once(':').unwrap_or((&both, ""));
    let is_number = host.rsplit('.').next().is_some_and(|last| digits(last, usize::MAX));
    let must_be_number = is_number || address.parse::<Ipv4Addr>().is_ok();
    let is_name = !must_be_number || host.parse::<Ipv4Addr>().is_ok();
    let is_complete = |text: &str| {
        let (host, _) = text.split_once(':').unwrap_or((text, ""));
        host.contains('.') && text.parse::<Authority>().is_ok()
    };
    if may_be_broken == GoesOn::Yes || address.parse::<Authority>().is_err() {
        GoesOn::Yes
    } else if is_time || is_page || !is_name {
        GoesOn::No
    } else if is_complete(address) && is_complete(next) {
        GoesOn::Maybe
    } else {
        GoesOn::Yes
    }
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
