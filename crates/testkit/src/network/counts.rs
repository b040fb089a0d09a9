//! What happens to links, counted and traced.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::trace::Trace;

/// How often which fault met a link.
#[derive(Debug)]
pub(super) struct Counts {
    trace: Trace,
    cuts: AtomicU64,
    silences: AtomicU64,
    doubles: AtomicU64,
}

impl Counts {
    pub(super) fn new(trace: Trace) -> Self {
        Self { trace, cuts: AtomicU64::new(0), silences: AtomicU64::new(0), doubles: AtomicU64::new(0) }
    }

    pub(super) fn cut(&self, who: &str) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
        self.trace.note(format_args!("{who} is cut off"));
    }

    pub(super) fn silence(&self, who: &str) {
        self.silences.fetch_add(1, Ordering::Relaxed);
        self.trace.note(format_args!("{who}'s link falls silent"));
    }

    pub(super) fn double(&self, who: &str) {
        self.doubles.fetch_add(1, Ordering::Relaxed);
        self.trace.note(format_args!("what passes between {who} and the relay comes twice"));
    }

    pub(super) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    pub(super) fn silences(&self) -> u64 {
        self.silences.load(Ordering::Relaxed)
    }

    pub(super) fn doubles(&self) -> u64 {
        self.doubles.load(Ordering::Relaxed)
    }
}
