//! The sweep: at intervals, and when it is woken because something was destroyed, what is to go is removed from the
//! storage.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{hub::Hub, log::Calendar};

/// Sweeps until the relay stops or is dropped: between two sweeps the task holds no strong reference.
pub(crate) async fn run(hub: Weak<Hub>, every: Duration) {
    let Some((stop, woken)) = hub.upgrade().map(|hub| (hub.stop.clone(), Arc::clone(&hub.sweep))) else { return };
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sweep = Sweep { calendar: None, last: Instant::now() };
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
            () = woken.notified() => {}
        }
        let Some(hub) = hub.upgrade() else { return };
        sweep.sweep(&hub).await;
    }
}

/// What one sweep leaves to the next: the settled time, by which rooms end.
#[derive(Debug)]
struct Sweep {
    /// None until it was read from the log.
    calendar: Option<Calendar>,
    /// Up to when the steady clock has been counted.
    last: Instant,
}

impl Sweep {
    /// Removes what has expired, in small batches.
    async fn sweep(&mut self, hub: &Arc<Hub>) {
        hub.forget_empty_rooms();
        let now = hub.clock.unix();
        let Some(settled) = self.settle(hub, now).await else { return };
        loop {
            match hub.log.expire(now, settled).await {
                Ok(expiry) if expiry.more => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(%error, "expired entries could not be removed");
                    break;
                }
            }
        }
        // After the rooms, whose ends leave the bytes of their files. There may be many; what is left when the relay
        // stops is removed after its next start.
        while !hub.stop.is_cancelled() {
            match hub.log.expire_blobs(now).await {
                Ok(expiry) if expiry.more => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(%error, "expired files could not be removed");
                    break;
                }
            }
        }
    }

    /// The time by which rooms end. None if what was believed before a restart cannot be read: then nothing ends yet.
    async fn settle(&mut self, hub: &Hub, wall: u64) -> Option<u64> {
        let before = match self.calendar {
            Some(before) => Some(before),
            None => match hub.log.remembered().await {
                Ok(remembered) => remembered,
                Err(error) => {
                    tracing::error!(%error, "the date of before cannot be read; nothing expires until it can");
                    return None;
                }
            },
        };
        let mut after = before.filter(|_| !hub.config.trust_clock).unwrap_or_else(|| Calendar::new(wall));
        let steady = Duration::from_secs(self.last.elapsed().as_secs());
        self.last = self.last.checked_add(steady).unwrap_or(self.last);
        after.advance(wall, steady);
        if after.doubt.is_some() && before.is_none_or(|before| before.doubt.is_none()) {
            tracing::warn!(
                "the clock has jumped by more than a day: no room ends before it has been right for 24 hours"
            );
        }
        // Once an hour is enough to notice a jump while the relay was not running.
        let hours = |calendar: Calendar| (calendar.settled / 3600, calendar.doubt);
        if before.map(hours) != Some(hours(after))
            && let Err(error) = hub.log.remember(after).await
        {
            tracing::error!(%error, "the date could not be stored");
        }
        self.calendar = Some(after);
        Some(after.settled)
    }
}
