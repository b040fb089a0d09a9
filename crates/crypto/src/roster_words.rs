//! The words that stand for a hash of who is in a room, or of two of them (protocol 4.18).

use conclave_seal::label::VERSION;

use crate::{bits, passphrase::pbkdf2, purpose, words};

/// Rounds of PBKDF2 over what the words show: 17 bits of slowness on top of their 88.
pub const WORDS_ROUNDS: u32 = 131_072;

/// How many words there are to compare.
pub const WORDS: usize = 8;

/// The words of a roster or pair hash. Takes [`WORDS_ROUNDS`], so it belongs on a thread that may block.
///
/// A man in the middle must find keys whose words agree while the two sides are about to compare them; the rounds make each
/// try slow.
#[must_use]
pub fn words(hash: &[u8; 32]) -> [&'static str; WORDS] {
    let salt = [VERSION, &[0], purpose::WORDS.text().as_bytes()].concat();
    let stretched = pbkdf2::<11>(hash, &salt, WORDS_ROUNDS);
    let mut indices = bits::groups(bits::of(&*stretched), 11).iter().copied().collect::<Vec<_>>().into_iter();
    std::array::from_fn(|_| words::word(indices.next().unwrap_or_default()))
}
