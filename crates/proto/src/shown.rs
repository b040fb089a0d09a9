//! What of other people's text may be shown: the one judge for names, titles, notes and messages, in a window and in a terminal.
//!
//! The rules consist of fixed ranges and of no table that a newer Unicode changes: for a nick they are part of the wire, and
//! everybody has to come to the same verdict.
//!
//! ```
//! use conclave_proto::shown;
//!
//! assert_eq!(shown::line("Press\ndesk\u{202e}"), "Press desk\\u{202e}", "a title is one line, and turns nothing around");
//! assert_eq!(shown::block("Yes.\n\u{1b}[2JNo."), "Yes.\n\\u{1b}[2JNo.", "a message may have several, and steers no terminal");
//! ```

/// Characters by which one text can pass for another: controls, direction marks, joiners, fillers, tags.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}' | '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Characters that leave an empty place: spaces other than U+0020, the empty Braille cell, the Khitan filler, the empty note head.
#[must_use]
pub fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{00A0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{2800}' | '\u{3000}' | '\u{16FE4}' | '\u{1D159}'
    )
}

/// Whether a text has something to see. The blocks of combining marks are drawn over a neighbour, so they alone show nothing.
#[must_use]
pub fn is_seen(text: &str) -> bool {
    let is_mark = |c: char| {
        matches!(c,
            ' ' | '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}')
    };
    text.chars().any(|c| !is_mark(c) && !is_invisible(c) && !is_blank(c))
}

/// Whether a text has an invisible character other than those that pictures are made of: U+FE0F behind a picture, and U+200D between
/// two of them, as in a family.
#[must_use]
pub fn hides_something(text: &str) -> bool {
    let mut behind = Behind::Other;
    for c in text.chars() {
        behind = match (c, behind) {
            _ if is_picture(c) => Behind::Picture,
            ('\u{FE0F}', Behind::Picture) => Behind::Selector,
            ('\u{200D}', Behind::Picture | Behind::Selector) => Behind::Joiner,
            (_, Behind::Joiner) => return true,
            _ if is_invisible(c) => return true,
            _ => Behind::Other,
        };
    }
    behind == Behind::Joiner
}

/// A title as it is shown: on one line, and nothing at all if there is nothing to see.
#[must_use]
pub fn line(text: &str) -> String {
    if is_seen(text) { plain(text, ' ').trim().to_owned() } else { String::new() }
}

/// A note or a message as it is shown, in several lines. One without anything to see shows what it is made of.
#[must_use]
pub fn block(text: &str) -> String {
    if is_seen(text) || text.is_empty() { plain(text, '\n') } else { text.escape_unicode().to_string() }
}

/// Shows what would act, and leaves out what would only hide. Joiners and selectors shape the letters and pictures beside them, and
/// the three direction marks put a full stop where it belongs in Arabic or Hebrew; they turn nothing around.
fn plain(text: &str, line_break: char) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => plain.push(line_break),
            '\t' => plain.push(' '),
            // Controls of a terminal, and what turns text around.
            '\u{202A}'..='\u{202E}' => plain.extend(c.escape_unicode()),
            _ if c.is_control() => plain.extend(c.escape_unicode()),
            '\u{061C}' | '\u{200C}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' => plain.push(c),
            _ if is_invisible(c) => {}
            _ => plain.push(c),
        }
    }
    plain
}

/// What stands before a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    Picture,
    Selector,
    Joiner,
    Other,
}

/// The blocks that emoji are in.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{21FF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_others_write_steers_turns_around_or_hides() {
        for (written, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}2J", "\\u{9b}2J"), // the same as ESC [
            ("a\u{0}b\u{8}c\u{7f}d\re", "a\\u{0}b\\u{8}c\\u{7f}d\\u{d}e"),
            ("\u{202e}nnA\u{202c}", "\\u{202e}nnA\\u{202c}"),
            ("\u{2066}A\u{2069}\u{feff}\u{200b}\u{e0041}b\u{ad}", "Ab"),
            ("one\r\ntwo\u{2028}three\u{85}four", "one\ntwo\nthree\nfour"),
            ("\u{200b}\u{feff} ", "\\u{200b}\\u{feff}\\u{20}"),
        ] {
            assert_eq!(block(written), shown);
        }
        for written in [
            "Grüße, Ånn",
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            "\u{5dc}\u{5d0} C++\u{200f}.",
            "\u{1f469}\u{200d}\u{1f680}",
            "\u{646}\u{200c}\u{647}",
            "\u{2764}\u{fe0f}",
            "",
        ] {
            assert_eq!((block(written), line(written)), (written.to_owned(), written.to_owned()), "stays as it is");
        }
    }

    #[test]
    fn a_title_is_one_line_and_one_of_nothing_is_none() {
        assert_eq!(line("Press\r\ndesk\u{2028}* Bob left.\n"), "Press desk * Bob left.");
        assert_eq!(line("\u{1b}]0;x\u{7}"), "\\u{1b}]0;x\\u{7}");
        for nothing in ["\u{200b}", " \n\t", "\u{2800}\u{3000}", "\u{202e}\u{202c}", "\u{301}"] {
            assert_eq!(line(nothing), "", "{nothing:?}");
        }
    }

    #[test]
    fn pictures_may_be_joined_and_nothing_else() {
        for family in [
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{2764}\u{fe0f}\u{200d}\u{1f525}",
            "A\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}b",
        ] {
            assert!(!hides_something(family), "{family}");
        }
        for hidden in [
            "A\u{200d}b",
            "\u{1f468}\u{200d}",
            "\u{200d}\u{1f468}",
            "\u{1f468}\u{200d}\u{200d}\u{1f467}",
            "\u{1f468}\u{200d}A",
            "A\u{fe0f}",
            "\u{1f468}\u{fe0f}\u{fe0f}",
        ] {
            assert!(hides_something(hidden), "{hidden:?}");
        }
    }
}
