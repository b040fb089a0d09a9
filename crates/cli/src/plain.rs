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
        assert!(shown.lines().skip(1).all(|line| line.starts_with("    ")), "{shown}");
    }
}
