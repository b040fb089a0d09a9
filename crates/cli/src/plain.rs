//! What comes from others, so that a terminal shows it and does nothing else. What may be shown at all is judged in
//! [`conclave_engine::shown`], as for the window.

use conclave_engine::shown;

/// A text that steers no terminal and whose further lines are indented: only what this program says begins at the margin.
pub(crate) fn text(text: &str) -> String {
    shown::block(text).replace('\n', "\n    ")
}

/// A name between signs that it cannot contain: it ends where it seems to, and no other name is shown in the same way.
pub(crate) fn name(nick: &str) -> String {
    let hides_something = shown::hides_something(nick);
    let mut plain = "<".to_owned();
    for c in nick.chars() {
        if hides_something && shown::is_invisible(c) || c == '\\' || is_angle(c) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_shows_what_the_window_shows() {
        for written in ["\u{1b}[2J", "\u{202e}nnA", "one\u{2028}two", "\u{1f469}\u{200d}\u{1f680}", "C:\\temp"] {
            assert_eq!(text(written), shown::block(written).replace('\n', "\n    "));
            assert!(!text(written).contains(['\u{1b}', '\u{202e}', '\u{2028}']), "{written:?}");
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
        assert_eq!(name("Ann\u{200d}"), "<Ann\\u{200d}>", "nor is anything hidden in it");
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        assert_eq!(name(family), format!("<{family}>"), "a family is one picture");
    }
}
