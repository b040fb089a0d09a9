//! Randomness. No other line of the project draws any.

use std::fmt;

/// A source of random bytes, handed to whoever needs some, so that a simulation can replay a run from its seed.
///
/// In a shipped program this is always [`OsRng`].
pub trait Rng: Send {
    /// Fills the buffer with random bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// `N` random bytes from a source.
#[must_use]
pub fn array<const N: usize>(rng: &mut dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// The random generator of the operating system.
#[derive(Clone, Copy, Default)]
pub struct OsRng;

impl Rng for OsRng {
    /// # Panics
    /// If the system has no randomness to give. Nothing secret may be made then, so there is nothing to go on with.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
    #[expect(clippy::expect_used, reason = "going on without randomness would make guessable keys")]
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}

impl fmt::Debug for OsRng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OsRng")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(array::<32>(&mut OsRng), array::<32>(&mut OsRng), "a repeated salt would repeat a GCM nonce");
    }
}
