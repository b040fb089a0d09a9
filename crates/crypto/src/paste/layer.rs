//! What programs wrap around the letters of an invitation, layer by layer: escapes of the web, of pages, of markup and of JSON,
//! Proofpoint's links, which are made of the link that was sent, and the tags of HTML.
//!
//! A wrapper that has the link in a parameter needs nothing here: of a link within a link the inner one counts (`extent`).

use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::link::MAX_LINK;

/// A text without its outermost layer; none if it has no layer.
pub(super) fn undone(text: &str) -> Option<Zeroizing<String>> {
    // Escapes first: what is around a link of Proofpoint may have written its signs otherwise.
    unescaped(text).or_else(|| undefended(text)).or_else(|| untagged(text))
}

/// A text in which `%23`, `&#35;`, `&num;`, `\#` and `\u0023` are what they stand for; none if nothing like it is there.
fn unescaped(text: &str) -> Option<Zeroizing<String>> {
    // What an escape stands for is never longer, so the buffer does not move and leaves no copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut rest, mut is_any) = (text, false);
    while let Some((before, from)) = rest.find(['%', '&', '\\']).and_then(|at| rest.split_at_checked(at)) {
        bytes.extend_from_slice(before.as_bytes());
        let escape = escape(from);
        is_any |= escape.is_some();
        let length = match escape {
            Some((length, Written::Byte(byte))) => {
                bytes.push(byte);
                length
            }
            Some((length, Written::Char(c))) => {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                length
            }
            None => {
                bytes.extend(from.bytes().next());
                1
            }
        };
        rest = from.get(length..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    is_any.then(|| Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// What an escape stands for.
enum Written {
    /// Of a character, which may have several.
    Byte(u8),
    Char(char),
}

/// The escape that a text begins with, and its length.
fn escape(text: &str) -> Option<(usize, Written)> {
    match text.as_bytes() {
        [b'%', digits @ ..] => Some((3, Written::Byte(byte(digits.get(..2)?)?))),
        // Markdown writes its own signs like that.
        [b'\\', sign, ..] if sign.is_ascii_punctuation() => Some((2, Written::Byte(*sign))),
        // JSON and the languages that are written like it.
        [b'\\', b'n', ..] => Some((2, Written::Byte(b'\n'))),
        [b'\\', b'r', ..] => Some((2, Written::Byte(b'\r'))),
        [b'\\', b't', ..] => Some((2, Written::Byte(b'\t'))),
        [b'\\', b'x', digits @ ..] => Some((4, Written::Byte(byte(digits.get(..2)?)?))),
        [b'\\', b'u', ..] => unicode(text),
        [b'&', behind @ ..] => {
            let length = behind.iter().take(LONGEST_NAME).position(|byte| *byte == b';')?;
            let name = text.get(1..)?.get(..length)?;
            Some((length.saturating_add(2), Written::Char(entity(name)?)))
        }
        _ => None,
    }
}

/// `\u0023` or `\u{23}`; half of a pair of surrogates is some picture beside the invitation.
fn unicode(text: &str) -> Option<(usize, Written)> {
    let (digits, length) = match text.get(2..)?.strip_prefix('{') {
        Some(behind) => {
            let digits = behind.get(..behind.bytes().take(LONGEST_NAME).position(|byte| byte == b'}')?)?;
            (digits, digits.len().saturating_add(4))
        }
        None => (text.get(2..6)?, 6),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    Some((length, Written::Char(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))))
}

/// The byte that two hexadecimal digits stand for.
pub(super) fn byte(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}

/// The character that HTML calls by a name or a number.
fn entity(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return NAMES.iter().find_map(|(known, c)| (*known == name).then_some(*c));
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(number.ok()?)
}

/// A text without the tags that editors put into and around what is written; none if there is none. What names a link stays.
fn untagged(text: &str) -> Option<Zeroizing<String>> {
    let mut whole = Zeroizing::new(String::with_capacity(text.len()));
    let (mut rest, mut is_any) = (text, false);
    while let Some((before, from)) = rest.find('<').and_then(|at| rest.split_at_checked(at)) {
        whole.push_str(before);
        let tag = tag(from);
        is_any |= tag.is_some();
        let (length, stands_for) = tag.unwrap_or((1, "<"));
        whole.push_str(stands_for);
        rest = from.get(length..).unwrap_or_default();
    }
    whole.push_str(rest);
    is_any.then_some(whole)
}

/// The length of the tag that a text begins with, and what stands in its place.
fn tag(text: &str) -> Option<(usize, &'static str)> {
    let inner = text.get(1..)?;
    let inner =
        inner.get(..inner.find(['<', '>'])?).filter(|inner| !inner.contains(['~', '#']) && !inner.contains("://"))?;
    let is_tag = text.get(inner.len().saturating_add(1)..)?.starts_with('>');
    let name = inner.strip_prefix('/').unwrap_or(inner).split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let known = TAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let stands_for = known.map_or(inner.starts_with('/').then_some(" "), |(_, stands_for)| Some(*stands_for))?;
    (is_tag && !name.is_empty()).then_some((inner.len().saturating_add(2), stands_for))
}

/// A text in which each link of Proofpoint ("URL Defense") is the one that it was made of; none if there is no such link.
fn undefended(text: &str) -> Option<Zeroizing<String>> {
    // Characters that were taken out of a link come back from three quarters of their bytes.
    let mut whole = Zeroizing::new(String::with_capacity(text.len().saturating_mul(2)));
    let (mut rest, mut is_any) = (text, false);
    while let Some((before, behind)) = rest.split_once(DEFENCE) {
        whole.push_str(before);
        let within = behind.get(..behind.floor_char_boundary(LONGEST)).unwrap_or_default();
        if let Some((link, length)) = third(within).or_else(|| second(within)) {
            for piece in [" ", &link, " "] {
                whole.push_str(piece);
            }
            rest = behind.get(length..).unwrap_or_default();
            is_any = true;
        } else {
            whole.push_str(DEFENCE);
            rest = behind;
        }
    }
    whole.push_str(rest);
    is_any.then_some(whole)
}

/// Version 3, `…/v3/__<link>__;<taken>!!…$`: `*` or `**` and a length stand where characters were taken out of the link, and
/// all of these follow in base64url. Also where it ends.
fn third(text: &str) -> Option<(Zeroizing<String>, usize)> {
    let (_, behind) = text.split_once("/v3/__").filter(|(host, _)| is_host(host))?;
    let (written, behind) = behind.split_once("__;")?;
    let (taken, signature) = behind.split_once('!')?;
    let (_, behind) = signature.split_once('$')?;
    let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(unbroken(taken).trim_end_matches('=').as_bytes()).ok()?);
    let mut taken = std::str::from_utf8(&bytes).ok()?.chars();
    let written = unbroken(written);
    let mut link = Zeroizing::new(String::with_capacity(written.len().saturating_add(bytes.len())));
    let mut symbols = written.chars();
    while let Some(symbol) = symbols.next() {
        if symbol != '*' {
            link.push(symbol);
            continue;
        }
        let many = symbols.as_str().strip_prefix('*').and_then(|run| run.chars().next()).and_then(run_length);
        if many.is_some() {
            symbols.nth(1);
        }
        link.extend(taken.by_ref().take(many.unwrap_or(1)));
    }
    // Two slashes may have become one on the way.
    if let Some(at) = link.find(":/").filter(|at| !link.get(*at..).is_some_and(|rest| rest.starts_with("://"))) {
        link.insert(at.saturating_add(1), '/');
    }
    Some((link, text.len().saturating_sub(behind.len())))
}

/// Version 2, `…/v2/url?u=<link>&…`: percent-encoding with `-` for `%`, and `_` for `/`. Also where it ends.
fn second(text: &str) -> Option<(Zeroizing<String>, usize)> {
    let (_, behind) = text.split_once("/v2/url?u=").filter(|(host, _)| is_host(host))?;
    let (written, behind) = behind.split_once('&')?;
    let letter = |c| match c {
        '-' => '%',
        '_' => '/',
        c => c,
    };
    let link = Zeroizing::new(unbroken(written).chars().map(letter).collect());
    Some((link, text.len().saturating_sub(behind.len())))
}

/// What stands between [`DEFENCE`] and the path.
fn is_host(text: &str) -> bool {
    text.len() <= ".proofpoint.com".len() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'.')
}

/// What a mail program broke into lines, in one piece.
fn unbroken(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.chars().filter(|c| !c.is_whitespace() && *c != '>').collect())
}

/// How many characters a run stands for: the symbols of base64url, from 2.
fn run_length(symbol: char) -> Option<usize> {
    let symbols = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
    symbols.zip(2..).find_map(|(known, length)| (known == symbol).then_some(length))
}

const DEFENCE: &str = "urldefense";
/// The most bytes of a link of theirs that are looked through: the longest link, percent-encoded.
const LONGEST: usize = 3 * MAX_LINK;

/// Names of tags, and what the reader of a page sees of each: nothing, a space or a line break. Others begin what may be meant.
const TAGS: [(&str, &str); 17] = [
    ("b", " "),
    ("br", "\n"),
    ("div", "\n"),
    ("em", " "),
    ("font", " "),
    ("i", " "),
    ("li", "\n"),
    ("ol", "\n"),
    ("p", "\n"),
    ("pre", "\n"),
    ("span", " "),
    ("strong", " "),
    ("td", "\n"),
    ("tr", "\n"),
    ("u", " "),
    ("ul", "\n"),
    ("wbr", ""),
];

/// Names in HTML for what stands in an invitation or around it.
const NAMES: [(&str, char); 43] = [
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bdquo", '„'),
    ("bsol", '\\'),
    ("colon", ':'),
    ("comma", ','),
    ("dash", '-'),
    ("dollar", '$'),
    ("ensp", ' '),
    ("emsp", ' '),
    ("equals", '='),
    ("excl", '!'),
    ("gt", '>'),
    ("hyphen", '-'),
    ("laquo", '«'),
    ("lbrack", '['),
    ("ldquo", '“'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lrm", '\u{200e}'),
    ("lsqb", '['),
    ("lsquo", '‘'),
    ("lt", '<'),
    ("mdash", '—'),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("quest", '?'),
    ("quot", '"'),
    ("raquo", '»'),
    ("rbrack", ']'),
    ("rdquo", '”'),
    ("rlm", '\u{200f}'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("rsquo", '’'),
    ("shy", '\u{ad}'),
    ("sol", '/'),
    ("tilde", '~'),
    ("zwnj", '\u{200c}'),
];

/// Bytes up to the `;` of the longest name or number that is looked for.
const LONGEST_NAME: usize = 12;
