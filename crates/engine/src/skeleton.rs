//! Confusable names: the skeleton of UTS 39 over NFKD, with case folding, so that case and compatibility forms hide nothing.

use std::collections::BTreeMap;

use conclave_proto::id::MemberId;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategoryGroup, UnicodeEmoji as _, UnicodeGeneralCategory as _};

/// The names of a room, by what they look like.
#[derive(Debug)]
pub(crate) struct Names(BTreeMap<String, Bearer>);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Bearer {
    One(MemberId),
    Several,
}

impl Names {
    /// Collects names. Those of one member, before and after a rename, do not count as alike.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = (MemberId, &'a str)>) -> Self {
        let mut looks = BTreeMap::new();
        for (member, nick) in names {
            for look in looks_of(nick) {
                let bearer = looks.entry(look).or_insert(Bearer::One(member));
                if *bearer != Bearer::One(member) {
                    *bearer = Bearer::Several;
                }
            }
        }
        Self(looks)
    }

    /// Whether more than one member has this name or one that looks like it.
    pub(crate) fn is_ambiguous(&self, nick: &str) -> bool {
        looks_of(nick).iter().any(|look| self.0.get(look) == Some(&Bearer::Several))
    }
}

/// What a name looks like as it is written, in small letters, and in capitals: some letters are confusable in one case only.
fn looks_of(nick: &str) -> [String; 3] {
    let compatible: String = nick.nfkd().collect();
    let (small, capital) = (compatible.to_lowercase(), compatible.to_uppercase());
    [compatible, small, capital].map(|form| look_of(&form))
}

fn look_of(text: &str) -> String {
    let written: String = unicode_security::skeleton(text).collect();
    // Folding turns capitals into letters that have a skeleton of their own.
    let look: String = unicode_security::skeleton(&fold(&written)).collect();
    let seen: String = look.chars().filter(|c| catches_the_eye(*c)).collect();
    // A name of punctuation alone looks like what it is.
    let seen = if seen.is_empty() { look } else { seen };
    // Beyond the table of UTS 39, which compares single glyphs of one font.
    let seen: String = seen.chars().map(small_capital).collect();
    seen.replace('i', "l").replace('m', "rn").replace('w', "vv").replace('5', "s")
}

/// The letter that a small capital is, and one more that is drawn like a letter, where the table of UTS 39 knows none. Cyrillic
/// and Cherokee letters lead to them.
fn small_capital(c: char) -> char {
    SMALL_CAPITALS.iter().find(|(small, _)| *small == c).map_or(c, |(_, letter)| *letter)
}

/// Case folding: by way of the capital, so that a final sigma and a long s fold as their letters do.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Spaces, points and accents are overlooked; letters, digits, signs and pictures are not.
fn catches_the_eye(c: char) -> bool {
    match c.general_category_group() {
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number | GeneralCategoryGroup::Symbol => true,
        // Vowel signs.
        GeneralCategoryGroup::Mark => c.is_alphabetic(),
        GeneralCategoryGroup::Punctuation | GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other => {
            c.is_emoji_char()
        }
    }
}

const SMALL_CAPITALS: [(char, char); 20] = [
    ('\u{1D00}', 'a'),
    ('\u{0299}', 'b'),
    ('\u{1D03}', 'b'),
    ('\u{1D05}', 'd'),
    ('\u{1D06}', 'd'),
    ('\u{1D07}', 'e'),
    ('\u{A730}', 'f'),
    ('\u{0262}', 'g'),
    ('\u{029C}', 'h'),
    ('\u{1D0A}', 'j'),
    ('\u{0138}', 'k'), // kra, which stands for the small capital
    ('\u{029F}', 'l'),
    ('\u{1D0C}', 'l'),
    ('\u{028D}', 'm'), // a turned w, which stands for the small capital
    ('\u{0274}', 'n'),
    ('\u{1952}', 'n'), // Tai Le
    ('\u{1D18}', 'p'),
    ('\u{A7AF}', 'q'),
    ('\u{0280}', 'r'),
    ('\u{1D1B}', 't'),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn are_alike(one: &str, other: &str) -> bool {
        let names = Names::new([(MemberId([1; 16]), one), (MemberId([2; 16]), other)]);
        assert_eq!(names.is_ambiguous(one), names.is_ambiguous(other), "{one} and {other}: alike in both directions");
        names.is_ambiguous(one)
    }

    #[test]
    fn what_looks_like_the_name_of_somebody_else_is_found() {
        for (one, other) in [
            ("Bob", "Bob"),
            ("Bob", "bOB"),
            ("Bob", "\u{412}ob"),     // Cyrillic capital Ve
            ("Bob", "B\u{43e}b"),     // Cyrillic o
            ("Bob", "B\u{3bf}b"),     // Greek omicron
            ("BOB", "B\u{39f}B"),     // Greek capital Omicron
            ("Bob", "\u{392}ob"),     // Greek capital Beta
            ("Bob", "\u{ff22}ob"),    // fullwidth
            ("Bob", "B0b"),           // zero
            ("Alice", "\u{391}lice"), // Greek capital Alpha
            ("Alice", "A1ice"),       // one
            ("Alice", "AIice"),       // capital i
            ("ALICE", "A|ice"),       // vertical line
            ("Alice", "Al\u{456}ce"), // Cyrillic i
            ("Alice", "\u{c5}lice"),  // ring above
            ("Alice", "Al.ice"),      // a point is overlooked
            ("Wren", "\u{1d5b6}ren"), // mathematical, small
            ("Wren", "\u{1d5b6}REN"), // and the rest in capitals
            ("Wren", "VVren"),
            ("Martin", "rnartin"),
            ("Merlin", "Merl\u{131}n"), // dotless i
            ("Swift", "5wift"),
            ("\u{41a}\u{410}\u{422}\u{42f}", "\u{41a}\u{430}\u{442}\u{44f}"), // the same Cyrillic name in capitals
            ("Gro\u{df}", "GROSS"),
            ("...", "\u{2026}"),
            ("Bob \u{2764}", "Bob \u{2764}\u{fe0f}"), // one heart, drawn in two styles
            ("\u{1f468}\u{200d}\u{1f467}", "\u{1f468}\u{1f467}"), // where a font has no family, both are drawn apart
        ] {
            assert!(are_alike(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn small_capitals_are_their_letters() {
        for (capitals, letters) in [
            ("\u{1d00}\u{299}\u{1d04}\u{1d05}\u{1d07}\u{a730}\u{262}\u{29c}", "abcdefgh"),
            ("\u{26a}\u{1d0a}\u{1d0b}\u{29f}\u{1d0d}\u{274}\u{1d0f}\u{1d18}", "ijklmnop"),
            ("\u{a7af}\u{280}\u{a731}\u{1d1b}\u{1d1c}\u{1d20}\u{1d21}\u{28f}\u{1d22}", "qrstuvwyz"),
            ("\u{1d03}\u{1d06}\u{1d0c}\u{1d29}", "bdlp"),
            ("\u{13aa}nn\u{ab7a}", "anna"), // Cherokee, a capital and a small letter that is drawn as a small capital
            ("A\u{1952}\u{1952}", "Ann"),   // Tai Le
        ] {
            for (capital, letter) in capitals.chars().zip(letters.chars()) {
                assert!(are_alike(&capital.to_string(), &letter.to_string()), "{capital} and {letter}");
            }
            assert!(are_alike(capitals, letters), "{capitals} and {letters}");
        }
    }

    #[test]
    fn different_names_are_not_marked() {
        for (one, other) in [
            ("Alice", "Alicia"),
            ("Anna", "Anne"),
            ("Heron", "Herons"),
            ("Wren", "Swift"),
            ("Carol", "Caro"),
            ("\u{1f98a}", "\u{1f43b}"), // a fox and a bear
            ("Bob \u{1f98a}", "Bob \u{1f43b}"),
            ("Bob", "Bob \u{1f43b}"),
            ("\u{1f44d}", "\u{1f44d}\u{1f3fd}"),
            // Two families, and one of them beside a name.
            ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f466}"),
            ("Bob \u{1f468}\u{200d}\u{1f467}", "Bob \u{1f469}\u{200d}\u{1f467}"),
            ("!!", "??"),
            ("\u{5d0}\u{5d1}", "\u{5d0}\u{5d2}"),
        ] {
            assert!(!are_alike(one, other), "{one} and {other}");
        }
    }

    #[test]
    fn nobody_is_confused_with_the_own_former_name() {
        let (bob, mallory) = (MemberId([1; 16]), MemberId([2; 16]));
        let names = Names::new([(bob, "Bob"), (bob, "B0b"), (mallory, "Mallory")]);
        assert!(!names.is_ambiguous("Bob") && !names.is_ambiguous("B0b"));
        let names = Names::new([(bob, "Robert"), (bob, "Bob"), (mallory, "B0b")]);
        assert!(names.is_ambiguous("B0b") && !names.is_ambiguous("Robert"));
    }
}
