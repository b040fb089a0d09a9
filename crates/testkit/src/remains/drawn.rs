//! What generators drew. Every key of a vault, a file, a room and a card is 32 bytes that were drawn at once, and every salt of
//! what is sealed is 24.

use std::sync::{Arc, Mutex};

use conclave_seal::rng::Rng;

use super::Trace;

/// Takes down, masked, every key and salt that passes. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Drawn(Arc<Mutex<Vec<Trace>>>);

impl Drawn {
    /// A generator whose draws are taken down.
    pub fn of(&self, rng: impl Rng + 'static) -> Box<dyn Rng> {
        Box::new(Drawing { rng, drawn: self.clone() })
    }

    /// Takes down a key that was not drawn.
    ///
    /// # Panics
    /// As all others, if a panic has poisoned what was taken down.
    pub fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap().push(Trace::of(bytes));
    }

    /// How many there are by now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// All but the first so many, in their order.
    #[must_use]
    pub fn since(&self, count: usize) -> Vec<Trace> {
        self.0.lock().unwrap().iter().skip(count).cloned().collect()
    }
}

struct Drawing<R> {
    rng: R,
    drawn: Drawn,
}

impl<R: Rng> Rng for Drawing<R> {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.rng.fill(bytes);
        if [24, 32].contains(&bytes.len()) {
            self.drawn.add(bytes);
        }
    }
}
