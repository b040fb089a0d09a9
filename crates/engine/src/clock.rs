//! Time comes in from outside, so that a simulation can run on a clock of its own.

use std::{fmt, time::Duration};

/// A moment, told twice: for people and other machines, and for waiting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Now {
    /// Unix seconds. May jump when somebody sets the clock.
    pub unix: u64,
    /// Since some fixed moment; never jumps.
    pub steady: Duration,
}

/// Where the engine reads the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now.
    fn now(&self) -> Now;
}

/// The computer's clock. `steady` is tokio's, so that a paused runtime pauses it too.
#[derive(Debug)]
pub struct SystemClock {
    start: tokio::time::Instant,
}

impl SystemClock {
    /// A clock that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place of the engine that reads the time")]
    fn now(&self) -> Now {
        let unix =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Now { unix, steady: self.start.elapsed() }
    }
}
