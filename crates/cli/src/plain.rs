//! What comes from others, so that a terminal shows it and does nothing else.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// A text whose characters steer no terminal and whose further lines are indented: only what this program says begins at the
/// margin.
pub(crate) fn text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => plain.push_str("\n    "),
            _ if steers(c) => plain.extend(c.escape_unicode()),
            _ => plain.push(c),
        }
    }
    plain
}

/// A name between signs that it cannot contain: it ends where it seems to, and no other name is shown in the same way.
pub(crate) fn name(nick: &str) -> String {
    let mut plain = "<".to_owned();
    for c in nick.chars() {
        if steers(c) || c == '\\' || is_angle(c) {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    plain.push('>');
    plain
}

/// The signs around a name, and what looks like them.
fn is_angle(c: char) -> bool {
    matches!(c,
        '<' | '>' | '\u{02C2}'..='\u{02C3}' | '\u{1433}' | '\u{1438}' | '\u{2039}'..='\u{203A}' | '\u{2329}'..='\u{232A}'
        | '\u{276C}'..='\u{2771}' | '\u{27E8}'..='\u{27EB}' | '\u{29FC}'..='\u{29FD}' | '\u{3008}'..='\u{300B}'
        | '\u{FE64}'..='\u{FE65}' | '\u{FF1C}' | '\u{FF1E}' | '\u{16F3F}')
}

/// Whether a terminal obeys a character, or moves what stands around it, instead of showing it. The two joiners only shape
/// letters and pictures.
fn steers(c: char) -> bool {
    matches!(
        c.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) && !matches!(c, '\u{200C}' | '\u{200D}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_others_write_steers_the_terminal() {
        for (written, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]52;c;cm0gLXJm\u{7}", "\\u{1b}]52;c;cm0gLXJm\\u{7}"), // into the clipboard
            ("\u{9b}2J", "\\u{9b}2J"),                                    // the same as ESC [
            ("no\rAnn", "no\\u{d}Ann"),
            ("a\u{0}b\u{8}c\u{7f}d", "a\\u{0}b\\u{8}c\\u{7f}d"),
            ("\u{85}\u{2028}\u{2029}", "\\u{85}\\u{2028}\\u{2029}"), // line breaks of Unicode
            ("\u{202e}nnA\u{202c}", "\\u{202e}nnA\\u{202c}"),
            ("\u{2066}\u{200f}\u{61c}\u{feff}\u{e0041}", "\\u{2066}\\u{200f}\\u{61c}\\u{feff}\\u{e0041}"),
        ] {
            assert_eq!(text(written), shown);
        }
        for written in ["Grüße, Ånn", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{1f469}\u{200d}\u{1f680}", "C:\\temp"] {
            assert_eq!(text(written), written, "what is only read stays as it is");
        }
    }

    #[test]
    fn a_further_line_of_a_message_is_no_line_of_its_own() {
        let shown = text("Ann: yes\nBob: no\n\n* Bob left.");
        assert_eq!(shown.lines().count(), 4);
        assert!(shown.lines().skip(1).all(|line| line.starts_with("    ")), "{shown}");
    }

    #[test]
    fn a_name_ends_where_it_seems_to() {
        assert_eq!(name("Ann"), "<Ann>");
        assert_eq!(name("Ann> yes"), "<Ann\\u{3e} yes>");
        assert_eq!(name("Ann\u{203a} \u{ff1e}"), "<Ann\\u{203a} \\u{ff1e}>", "nor by what looks like the sign");
        assert_ne!(name("Ann>"), name("Ann\\u{3e}"), "two names are never shown alike");
        assert_eq!(name("Ann\n* Bob"), "<Ann\\u{a}* Bob>");
    }
}
