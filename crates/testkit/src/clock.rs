//! The lab's time: tokio's paused clock, told as a time of day.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use conclave_engine::clock::Now;
use tokio::time::Instant;

/// The time of day in a lab, for engines and relays alike.
#[derive(Clone, Copy, Debug)]
pub struct LabClock {
    start: Instant,
}

impl LabClock {
    /// The lab's day begins now. Call it inside the lab's runtime.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Since the day began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix(&self) -> u64 {
        DAWN + self.elapsed().as_secs()
    }
}

impl conclave_engine::clock::Clock for LabClock {
    fn now(&self) -> Now {
        Now { unix: self.unix(), steady: self.elapsed() }
    }
}

impl conclave_relay::clock::Clock for LabClock {
    fn unix(&self) -> u64 {
        self.unix()
    }
}

/// The clock of somebody's computer in a lab: the lab's, set by some seconds.
#[derive(Clone, Debug)]
pub(crate) struct PersonClock {
    pub(crate) lab: LabClock,
    pub(crate) set_by: Arc<AtomicI64>,
}

impl conclave_engine::clock::Clock for PersonClock {
    fn now(&self) -> Now {
        let now = conclave_engine::clock::Clock::now(&self.lab);
        Now { unix: now.unix.saturating_add_signed(self.set_by.load(Ordering::Relaxed)), ..now }
    }
}

/// Some day, unix seconds.
const DAWN: u64 = 1_800_000_000;
