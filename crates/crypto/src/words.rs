//! The room code as thirteen words for paper (protocol 4.2), from the English BIP-39 list.
//!
//! Thirteen is no valid length of a wallet phrase, so neither wallets nor thieves of clipboards take it for one.

use std::cmp::Reverse;

use bip39::Language;
use conclave_seal::hash::hash;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    bits,
    code::Code,
    purpose::{self, RoomSecret},
};

/// How many words a code has.
pub const WORDS: usize = 13;

/// The words of a code, lower case, separated by spaces.
#[must_use]
pub fn expose_words(code: &Code) -> Zeroizing<String> {
    let secret = code.secret();
    let bits = bits::of(secret.expose_secret()).chain(check(secret));
    let mut text = Zeroizing::new(String::with_capacity(WORDS.saturating_mul(9)));
    for (place, index) in bits::groups(bits, 11).iter().enumerate() {
        if place > 0 {
            text.push(' ');
        }
        text.push_str(word(*index));
    }
    text
}

/// Reads the words of a code, in any case; the first four letters of a word are enough. What people paste goes through
/// [`crate::paste`] first.
///
/// # Errors
/// [`WordsError`] names the mistake and where it is.
pub fn parse(text: &str) -> Result<Code, WordsError> {
    let mut indices = Zeroizing::new(Vec::with_capacity(WORDS));
    for (written, position) in split(text).zip(1_usize..) {
        if position > WORDS {
            return Err(WordsError::TooMany);
        }
        let unknown = || WordsError::Unknown { position, word: UnknownWord::new(written) };
        indices.push(index(written).ok_or_else(unknown)?);
    }
    from_indices(&indices)
}

/// The words in a text: whatever is not a letter parts them, so numbers before them do not count.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
}

/// The code that the words with these numbers stand for.
pub(crate) fn from_indices(indices: &[u16]) -> Result<Code, WordsError> {
    if indices.len() < WORDS {
        return Err(WordsError::TooFew { missing: WORDS.saturating_sub(indices.len()) });
    }
    let mut bits = indices.iter().flat_map(|index| bits::low(*index, 11));
    let secret = RoomSecret::from_bytes(&bits::to_bytes(&mut bits));
    let found: Zeroizing<Vec<u8>> = Zeroizing::new(bits.map(u8::from).collect());
    let expected: Zeroizing<Vec<u8>> = Zeroizing::new(check(&secret).into_iter().map(u8::from).collect());
    if bool::from(found.ct_eq(&expected)) { Ok(Code::from_secret(secret)) } else { Err(WordsError::Typo) }
}

/// The words of the list that begin with these letters, to complete what somebody types.
pub fn complete(letters: &str) -> impl Iterator<Item = &'static str> {
    let letters = Zeroizing::new(letters.to_lowercase());
    Language::English.word_list().iter().copied().filter(move |word| word.starts_with(letters.as_str()))
}

/// Why a text is not the word form of a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Words are missing.
    #[error("{missing} of {WORDS} words are missing")]
    TooFew {
        /// How many.
        missing: usize,
    },
    /// More words than a code has.
    #[error("there are more than {WORDS} words")]
    TooMany,
    /// A word that is not in the list.
    #[error("word {position} is not in the list; compare it with the original")]
    Unknown {
        /// Its place, counted from 1.
        position: usize,
        /// The word.
        word: UnknownWord,
    },
    /// The check bits do not fit: a word is wrong or two are swapped.
    #[error("a word is wrong or two are swapped; compare them with the original")]
    Typo,
}

/// A word of an invitation that is not in the list, for the screen alone: `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownWord {
    written: Zeroizing<String>,
    nearest: Option<&'static str>,
}

impl UnknownWord {
    pub(crate) fn new(written: &str) -> Self {
        let lower = Zeroizing::new(written.to_lowercase());
        // Of what is no word at all, enough to find it.
        let shown =
            written.char_indices().nth(LONGEST).map_or(written, |(end, _)| written.get(..end).unwrap_or(written));
        let nearest = if shown.len() == written.len() { nearest(&lower) } else { None };
        Self { nearest, written: Zeroizing::new(shown.to_owned()) }
    }

    /// The word as it was written.
    #[must_use]
    pub fn expose_written(&self) -> &str {
        &self.written
    }

    /// The word of the list that was most likely meant.
    #[must_use]
    pub fn expose_nearest(&self) -> Option<&'static str> {
        self.nearest
    }
}

impl std::fmt::Debug for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnknownWord(..)")
    }
}

/// The word of the list with the fewest slips to this one, at most two; among equals the one that begins like it for longest.
fn nearest(lower: &str) -> Option<&'static str> {
    let same_beginning = |word: &str| word.chars().zip(lower.chars()).take_while(|(one, other)| one == other).count();
    let slips = |word: &'static str| (strsim::osa_distance(word, lower), Reverse(same_beginning(word)), word);
    let (distance, _, word) = Language::English.word_list().iter().copied().map(slips).min()?;
    (distance <= SLIPS).then_some(word)
}

/// Letters of the longest thing that is looked for in the list. Its longest word has eight.
const LONGEST: usize = 24;
/// More slips than these make another word.
const SLIPS: usize = 2;

/// The word with this number; numbers are below 2048.
pub(crate) fn word(index: u16) -> &'static str {
    Language::English.word_list().get(usize::from(index)).copied().unwrap_or_default()
}

/// The number of a word, or of the only word that begins with these at least four letters.
pub(crate) fn index(written: &str) -> Option<u16> {
    let written = Zeroizing::new(written.to_lowercase());
    Language::English.find_word(&written).or_else(|| {
        let long_enough = written.chars().count() >= 4;
        match Language::English.words_by_prefix(&written) {
            [only] if long_enough => Language::English.find_word(only),
            _ => None,
        }
    })
}

/// The first 15 bits of `H("code-words", 0x01, S)`.
fn check(secret: &RoomSecret) -> Vec<bool> {
    bits::of(&hash(purpose::CODE_WORDS, &[&[1], secret.expose_secret()])).take(15).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const APPENDIX_A: [u16; WORDS] = [215, 228, 519, 354, 1282, 1320, 228, 1914, 480, 757, 1069, 1754, 327];

    fn code() -> Code {
        Code::parse("26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX").unwrap()
    }

    #[test]
    fn the_words_of_appendix_a() {
        let expected: Vec<_> = APPENDIX_A.iter().map(|index| word(*index)).collect();
        assert_eq!(*expose_words(&code()), expected.join(" "));
    }

    #[test]
    fn four_letters_of_each_word_are_enough() {
        let short: Vec<_> = APPENDIX_A.iter().map(|index| word(*index).chars().take(4).collect::<String>()).collect();
        let written = short.join("\n").to_uppercase();
        assert!(parse(&written).unwrap().secret().same_as(code().secret()), "{written}");
    }

    #[test]
    fn each_mistake_has_its_own_name() {
        let words = expose_words(&code());
        let swapped = words.replacen(word(519), word(520), 1);
        let (all_but_one, _) = words.rsplit_once(' ').unwrap();
        assert_eq!(parse(all_but_one).unwrap_err(), WordsError::TooFew { missing: 1 });
        assert_eq!(parse(&format!("{} zoo", *words)).unwrap_err(), WordsError::TooMany);
        let unknown = |written: &str| {
            let error = parse(&words.replacen(word(228), written, 1)).unwrap_err();
            let WordsError::Unknown { position: 2, word } = error else { panic!("{error:?}") };
            word.expose_nearest()
        };
        assert_eq!(unknown("xylophone"), None, "like no word of the list");
        assert_eq!(unknown("crunsh"), Some("crunch"), "and not \"crush\", which begins otherwise");
        assert_eq!(parse(&swapped).unwrap_err(), WordsError::Typo);
    }

    /// What 15 bits of a hash promise, of the words of one code.
    #[test]
    fn of_all_other_words_in_one_place_hardly_any_makes_another_code() {
        let mut accepted = 0;
        for place in 0..WORDS {
            for other in (0..2048).filter(|other| *other != APPENDIX_A[place]) {
                let mut indices = APPENDIX_A;
                indices[place] = other;
                accepted += usize::from(from_indices(&indices).is_ok());
            }
        }
        assert_eq!(accepted, 0, "of 26611, where 0.8 are to be expected of a code");
    }

    proptest! {
        #[test]
        fn every_code_survives_its_words(secret: [u8; 16]) {
            let code = Code::from_secret(RoomSecret::from_bytes(&secret));
            let words = expose_words(&code);
            prop_assert_eq!(words.split(' ').count(), WORDS);
            prop_assert!(parse(&words).unwrap().secret().same_as(code.secret()));
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = parse(&text);
            let _ = complete(&text);
        }
    }
}
