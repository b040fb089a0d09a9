//! The only place that reads the time of day. Timers use tokio's clock, which tests may pause.

use std::fmt::Debug;

/// The time of day.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Seconds since 1970.
    fn unix(&self) -> u64;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn unix(&self) -> u64 {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is given")]
        let now = std::time::SystemTime::now();
        now.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}
