//! The trace of a simulation: what happened in a lab, by virtual time, to be read when a story ended badly.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
};

use crate::clock::LabClock;

/// A ring of the newest events. Clones share it.
#[derive(Clone, Debug)]
pub struct Trace {
    clock: LabClock,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Trace {
    /// An empty one.
    #[must_use]
    pub fn new(clock: LabClock) -> Self {
        Self { clock, lines: Arc::default() }
    }

    /// Adds a line, with the time.
    pub fn note(&self, line: impl fmt::Display) {
        let mut lines = self.lines.lock().unwrap();
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(format!("{:>12.3} {line}", self.clock.elapsed().as_secs_f64()));
    }

    /// All that is still remembered.
    #[must_use]
    pub fn read(&self) -> String {
        self.lines.lock().unwrap().iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

const LINES: usize = 2000;
