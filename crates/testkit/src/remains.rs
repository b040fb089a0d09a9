//! What is left of a text or a key: in every byte of every file of a folder, as whoever has all keys reads them, and in this
//! process's own memory.

#![expect(clippy::indexing_slicing, reason = "what was found is there, and a piece is as long as what is read into it")]

mod alone;
mod disk;
mod drawn;
#[cfg(target_os = "linux")]
mod memory;

use std::{collections::HashMap, fmt};

use zeroize::Zeroizing;

pub use alone::alone;
pub use disk::Disk;
pub use drawn::Drawn;
#[cfg(target_os = "linux")]
pub use memory::in_memory;

/// Bytes to look for. They are kept masked, so that looking for them finds no copy that looks.
#[derive(Clone, PartialEq, Eq)]
pub struct Trace(Vec<u8>);

impl Trace {
    /// Of something that is to vanish, 8 bytes at least: shorter ones are in memory by chance.
    ///
    /// # Panics
    /// If it is shorter.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        assert!(bytes.len() >= SHORTEST, "{} bytes are anywhere", bytes.len());
        Self(bytes.iter().map(|byte| byte ^ MASK).collect())
    }

    /// Whether it may be a key.
    #[must_use]
    pub fn is_key(&self) -> bool {
        self.0.len() == 32
    }

    /// The bytes themselves, if they may be a key.
    fn key(&self) -> Option<Zeroizing<[u8; 32]>> {
        let mut key = Zeroizing::new([0; 32]);
        self.is_key().then(|| key.iter_mut().zip(&self.0).for_each(|(byte, masked)| *byte = masked ^ MASK))?;
        Some(key)
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({} bytes)", self.0.len())
    }
}

/// Looks for many traces at once: by their first bytes, which are masked as they are.
struct Search<'a> {
    traces: &'a [Trace],
    by_start: HashMap<[u8; SHORTEST], Vec<usize>>,
    /// Whether a trace begins with these two bytes.
    begins: Vec<bool>,
}

impl<'a> Search<'a> {
    fn new(traces: &'a [Trace]) -> Self {
        let (mut by_start, mut begins) = (HashMap::<_, Vec<usize>>::new(), vec![false; 1 << 16]);
        for (number, Trace(masked)) in traces.iter().enumerate() {
            let start = *masked.first_chunk::<SHORTEST>().unwrap();
            begins[usize::from(u16::from_be_bytes([start[0] ^ MASK, start[1] ^ MASK]))] = true;
            by_start.entry(start).or_default().push(number);
        }
        Self { traces, by_start, begins }
    }

    /// The traces that are in these bytes, each with the place of its beginning.
    fn find(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let starts = bytes.windows(SHORTEST).enumerate();
        let starts = starts.filter(|(_, at)| self.begins[usize::from(u16::from_be_bytes([at[0], at[1]]))]);
        let mut found = Vec::new();
        for (place, start) in starts {
            let masked: [u8; SHORTEST] = std::array::from_fn(|at| start[at] ^ MASK);
            for number in self.by_start.get(&masked).into_iter().flatten() {
                let Trace(wanted) = &self.traces[*number];
                let is_there = |found: &[u8]| found.iter().zip(wanted).all(|(byte, masked)| byte ^ MASK == *masked);
                if bytes.get(place..place + wanted.len()).is_some_and(is_there) {
                    found.push((*number, place));
                }
            }
        }
        found
    }
}

const MASK: u8 = 0xa5;
const SHORTEST: usize = 8;
