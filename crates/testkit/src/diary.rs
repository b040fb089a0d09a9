//! What happened in a lab, minute by minute, to be read when a story ended badly.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
};

use crate::clock::LabClock;

/// The newest things that happened. Clones share it.
#[derive(Clone, Debug)]
pub struct Diary {
    clock: LabClock,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Diary {
    /// An empty one.
    #[must_use]
    pub fn new(clock: LabClock) -> Self {
        Self { clock, lines: Arc::default() }
    }

    /// Writes a line.
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
