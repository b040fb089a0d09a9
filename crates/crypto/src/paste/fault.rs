//! What is wrong with a text in which no invitation was found: which form it was meant to be, and where the mistake stands.

use zeroize::Zeroizing;

use super::{PasteError, symbol_runs};
use crate::{
    code::{self, Code},
    words,
};

/// The mistake in a cleaned text.
pub(super) fn of(text: &str) -> PasteError {
    let lone = text.split_whitespace().nth(1).is_none();
    let groups = symbol_runs(text).filter(|run| is_group(run)).count();
    if groups >= 2 || lone && groups > 0 {
        return of_code(text);
    }
    let written: Zeroizing<Vec<String>> = Zeroizing::new(words::split(text).map(str::to_owned).collect());
    let known: Vec<bool> = written.iter().map(|word| words::index(word).is_some()).collect();
    if written.len() == words::WORDS || known.iter().filter(|known| **known).count() >= ENOUGH {
        return of_words(&written, &known);
    }
    PasteError::Nothing
}

/// A group of a code: letters and digits mixed, or so many that no word is as long.
fn is_group(run: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let mixed = digits > 0 && digits < run.len();
    run.len() >= 4 && mixed || run.len() >= code::GROUP && digits > 0
}

/// Reads from the first piece that holds a group to the last one; the groups beside these may be letters alone.
fn of_code(text: &str) -> PasteError {
    let pieces: Vec<&str> = text.split_whitespace().collect();
    let holds = |piece: &&str| symbol_runs(piece).any(is_group);
    let mut from = pieces.iter().position(holds).unwrap_or_default();
    let mut to = pieces.iter().rposition(holds).map_or(0, |last| last.saturating_add(1));
    let symbols = |from: usize, to: usize| -> usize {
        pieces.get(from..to).unwrap_or_default().iter().map(|piece| symbols_of(piece).chars().count()).sum()
    };
    let is_letters = |piece: Option<&&str>| piece.is_some_and(|piece| symbols_of(piece).len() == code::GROUP);
    while symbols(from, to) < code::SYMBOLS && is_letters(pieces.get(to)) {
        to = to.saturating_add(1);
    }
    while symbols(from, to) < code::SYMBOLS && from > 0 && is_letters(pieces.get(from.saturating_sub(1))) {
        from = from.saturating_sub(1);
    }
    let mut written = Zeroizing::new(String::with_capacity(text.len()));
    for piece in pieces.get(from..to).unwrap_or_default() {
        written.push_str(symbols_of(piece));
    }
    match Code::parse(&written) {
        Err(error) => error.into(),
        // Read together it would be one, but not as it stands.
        Ok(_) => PasteError::Nothing,
    }
}

/// A piece without what stands before and behind its letters and digits.
fn symbols_of(piece: &str) -> &str {
    // What introduces a code stands before a colon: "code:26Q3J".
    let piece = piece.rsplit(':').find(|part| !part.is_empty()).unwrap_or(piece);
    piece.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Reads the thirteen words in a row of which most are in the list; all of them where these stand alone.
fn of_words(written: &[String], known: &[bool]) -> PasteError {
    let first = known.iter().position(|known| *known).unwrap_or_default();
    let last = known.iter().rposition(|known| *known).map_or(written.len(), |last| last.saturating_add(1));
    let span = written.get(first..last).unwrap_or(written);
    let best = known.windows(words::WORDS).enumerate().max_by_key(|(start, window)| {
        (window.iter().filter(|known| **known).count(), usize::MAX.saturating_sub(*start))
    });
    let whole = written.len() <= words::WORDS.saturating_add(1);
    let chosen = match best {
        // One word of thirteen may be unknown, or all that was written is theirs.
        Some((start, window)) if !whole && window.iter().filter(|known| !**known).count() <= UNKNOWN => {
            written.get(start..start.saturating_add(words::WORDS)).unwrap_or(written)
        }
        _ if whole => written,
        _ => span,
    };
    let text = Zeroizing::new(chosen.join(" "));
    words::parse(&text).map_or_else(PasteError::Words, |_| PasteError::Nothing)
}

/// Words of the list that make a text one of words. A sentence has some by chance.
const ENOUGH: usize = 6;
/// Words beyond the list that a row of thirteen may have and still be the one that was meant.
const UNKNOWN: usize = 2;
