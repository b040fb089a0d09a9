//! The cleaning itself: what programs and people put into and around an invitation becomes plain letters, or a space.

use conclave_proto::shown::{is_blank, is_invisible};
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};
use zeroize::Zeroizing;

use super::{
    PIN, PIN_MARK,
    layer::{self, byte},
};

/// Undoes percent-encoding and other escapes, full-width and other compatibility forms, invisible characters, dashes of any
/// kind, quotes and brackets of any script, quotation marks of mails, and the signs of markup. What is left has the invitation's
/// own letters, single spaces of any width, and line breaks as `\n`.
#[must_use]
pub fn clean(text: &str) -> Zeroizing<String> {
    let mut text = compatible(text);
    for _ in 0..NESTED {
        let Some(inner) = layer::undone(&text) else { break };
        text = compatible(&inner);
    }
    gathered(one_break(two_dashes(&text).chars()).filter_map(plain))
}

/// A text in which the long dashes of a pin are two short ones again, where a typographic program made them of that: the length of a
/// pin tells whether it did.
fn two_dashes(text: &str) -> Zeroizing<String> {
    let mut whole = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(PIN_MARK) {
        let is_symbol = |c: char| c.is_ascii_alphanumeric() || c == '_' || plain(c) == Some('-');
        let length = behind.find(|c| !is_symbol(c)).unwrap_or(behind.len());
        let (pin, behind) = behind.split_at_checked(length).unwrap_or((behind, ""));
        let long = pin.chars().filter(|c| is_long(*c)).count();
        let are_two = pin.chars().count().saturating_add(long) == PIN;
        for piece in [before, PIN_MARK] {
            whole.push_str(piece);
        }
        for c in pin.chars() {
            if are_two && is_long(c) {
                whole.push_str("--");
            } else {
                whole.push(c);
            }
        }
        rest = behind;
    }
    whole.push_str(rest);
    whole
}

/// What is made of two hyphens: the dashes of an N's and of an M's width.
fn is_long(c: char) -> bool {
    matches!(c, '\u{2013}' | '\u{2014}')
}

/// The letters themselves, with the signs that escapes and wrappers need.
fn compatible(text: &str) -> Zeroizing<String> {
    gathered(text.nfkc().filter(|c| plain(*c).is_some()))
}

/// A line break of any system as one: what stands on the next line of a text must not seem to stand behind an empty one.
fn one_break(chars: impl Iterator<Item = char> + Clone) -> impl Iterator<Item = char> + Clone {
    let behind = chars.scan(false, |behind_carriage, c| {
        let is_same_break = *behind_carriage && matches!(c, '\r' | '\n');
        *behind_carriage = c == '\r' || (is_same_break && c != '\n');
        Some((!is_same_break).then_some(c))
    });
    behind.flatten()
}

/// The text without the escapes and soft line breaks of quoted-printable (RFC 2045), if it is consistently written in that.
pub(super) fn unquoted(text: &str) -> Option<Zeroizing<String>> {
    let text = Zeroizing::new(text.replace("\r\n", "\n"));
    let follows = |rest: &str| {
        let mut next = rest.bytes();
        match next.next() {
            None | Some(b'\n') => true,
            Some(high) => is_capital_hex(high) && next.next().is_some_and(is_capital_hex),
        }
    };
    let is_marked = text.contains("=3D") || text.contains("=\n");
    (is_marked && text.split('=').skip(1).all(follows)).then(|| of_quoted(&Zeroizing::new(text.replace("=\n", ""))))
}

/// A character of a cleaned text; none if it leaves nothing behind.
fn plain(c: char) -> Option<char> {
    match c {
        '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => return Some('\n'),
        // Links need both around an address.
        '\t' | '[' | ']' => return Some(if c == '\t' { ' ' } else { c }),
        // Dashes by use: minus, hyphen bullet, modifier, the Japanese sound mark, box drawing.
        '\u{2212}' | '\u{2043}' | '\u{2D7}' | '\u{30FC}' | '\u{2500}' => return Some('-'),
        '<' | '>' | '|' | '*' | '`' | '"' | '\'' => return Some(' '),
        _ if is_blank(c) => return Some(' '),
        _ if is_invisible(c) => return None,
        _ => {}
    }
    let category = c.general_category();
    let is_around = matches!(
        category,
        GeneralCategory::OpenPunctuation
            | GeneralCategory::ClosePunctuation
            | GeneralCategory::InitialPunctuation
            | GeneralCategory::FinalPunctuation
            | GeneralCategory::SpaceSeparator
    );
    if category == GeneralCategory::DashPunctuation {
        Some('-')
    } else if is_around {
        Some(' ')
    } else {
        (category != GeneralCategory::Format).then_some(c)
    }
}

/// A text in which `=` and two hexadecimal digits stood for a byte.
fn of_quoted(text: &str) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match behind.split_at_checked(2) {
            Some((digits, behind)) if *first == b'=' && byte(digits).is_some() => {
                bytes.extend(byte(digits));
                rest = behind;
            }
            _ => bytes.push(*first),
        }
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

fn is_capital_hex(digit: u8) -> bool {
    digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit)
}

/// Collects characters without growing: a buffer that moves leaves a copy of the secret behind.
fn gathered(chars: impl Iterator<Item = char> + Clone) -> Zeroizing<String> {
    let bytes = chars.clone().map(char::len_utf8).fold(0, usize::saturating_add);
    let mut text = Zeroizing::new(String::with_capacity(bytes));
    text.extend(chars);
    text
}

/// How many layers are undone: links are packed into links, and those into pages.
const NESTED: usize = 10;
