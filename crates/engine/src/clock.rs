//! Time comes in from outside, so that a simulation can run on a clock of its own.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::tasks::BoxFuture;

/// A moment, told twice: for people and other machines, and for waiting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Now {
    /// Unix seconds. May jump when somebody sets the clock.
    pub unix: u64,
    /// Since some fixed moment, also while the computer sleeps; never jumps.
    pub steady: Duration,
}

/// Where the engine reads the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now.
    fn now(&self) -> Now;
}

/// How the engine waits: by the clock that its `steady` time follows.
pub trait Timer: Send + Sync + fmt::Debug {
    /// Resolves once so much time has passed.
    ///
    /// # Cancel safety
    /// Dropping the future ends the waiting.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// Waits on the timers of the tokio runtime.
#[derive(Debug, Default)]
pub struct TokioTimer;

impl Timer for TokioTimer {
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// What becomes of some work, unless it takes longer than this.
///
/// # Cancel safety
/// As the work.
pub(crate) async fn within<T>(timer: &dyn Timer, time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = timer.sleep(time) => None,
    }
}

/// The computer's clock. `steady` is tokio's, so that a paused runtime pauses it too, and counts the time that the computer slept, which
/// tokio's does not: nobody sets a clock by closing a laptop.
#[derive(Debug)]
pub struct SystemClock {
    start: tokio::time::Instant,
    /// Seconds that the computer has slept since the start. Kept, so that `steady` never runs backwards.
    slept: AtomicU64,
    sleep: Sleep,
}

impl SystemClock {
    /// A clock that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now(), slept: AtomicU64::new(0), sleep: Sleep::begin() }
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
        let slept = self.sleep.so_far().as_secs();
        let slept = self.slept.fetch_max(slept, Ordering::Relaxed).max(slept);
        Now { unix, steady: self.start.elapsed().saturating_add(Duration::from_secs(slept)) }
    }
}

/// How long the computer slept: a clock that counts sleep, compared with the one of `Instant`.
#[derive(Debug)]
struct Sleep {
    awake: std::time::Instant,
    always: Duration,
}

impl Sleep {
    #[expect(clippy::disallowed_methods, reason = "this is the one place of the engine that reads the time")]
    fn begin() -> Self {
        Self { awake: std::time::Instant::now(), always: always() }
    }

    fn so_far(&self) -> Duration {
        always().saturating_sub(self.always).saturating_sub(self.awake.elapsed())
    }
}

/// A clock that goes on while the computer sleeps. Where `Instant` does that itself, as on Windows, there is nothing to add.
fn always() -> Duration {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        #[cfg(target_os = "linux")]
        let id = rustix::time::ClockId::Boottime;
        // On Apple's systems it counts sleep, and `Instant` reads another one.
        #[cfg(target_vendor = "apple")]
        let id = rustix::time::ClockId::Monotonic;
        let time = rustix::time::clock_gettime(id);
        let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
        Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
    }
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn steady_follows_the_runtime_and_never_runs_backwards() {
        let clock = SystemClock::new();
        let first = clock.now();
        tokio::time::advance(Duration::from_secs(3600)).await;
        let later = clock.now();
        assert_eq!((later.steady - first.steady).as_secs(), 3600);
        clock.slept.store(8 * 3600, Ordering::Relaxed);
        assert_eq!(
            (clock.now().steady - later.steady).as_secs(),
            8 * 3600,
            "a night's sleep counts, and is not forgotten"
        );
    }

    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    #[test]
    fn the_clock_that_counts_sleep_runs() {
        let before = always();
        while always() <= before {
            std::hint::spin_loop();
        }
        assert!(Sleep::begin().so_far() < Duration::from_secs(1));
    }
}
