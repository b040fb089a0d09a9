//! A deterministic random number generator: a seed gives the same decisions each time.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_seal::rng::Rng;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// A generator, seeded. Clones share its stream.
#[derive(Clone)]
pub struct SeededRng(Arc<Mutex<ChaCha8Rng>>);

impl SeededRng {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }

    /// A generator of its own, so that what one part of the lab draws does not shift what the others draw.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self::new(self.next())
    }

    /// A number below `bound`, which is not zero.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap()
    }

    /// True in so many of a hundred cases.
    #[must_use]
    pub fn percent(&self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// A number in a range.
    #[must_use]
    pub fn number(&self, range: Range<u64>) -> u64 {
        range.start + self.below(range.end - range.start)
    }

    /// A time in a range of milliseconds.
    #[must_use]
    pub fn millis(&self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.number(range))
    }

    fn next(&self) -> u64 {
        self.0.lock().unwrap().next_u64()
    }
}

impl Rng for SeededRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(bytes);
    }
}

impl fmt::Debug for SeededRng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededRng")
    }
}
