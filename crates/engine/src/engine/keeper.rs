//! Keeps the relays of hosted rooms running: one that died of a fault is started again, and one that could not start, because its
//! port was taken for one, is tried again until it does or a person stops it.

use conclave_store::Note;
use std::{sync::Arc, time::Duration};

use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Engine, Open};
use crate::{
    error::ErrorCode,
    room::actor::Request,
    snapshot::{Hosting, HostingState, RoomHandle},
    tasks::Tasks,
};

/// When the relay of a room is started again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    /// When, by the steady clock. `None` while it runs, or is not to.
    due: Option<Duration>,
    /// Exponential back-off: starts in a row that failed, or were followed by death soon.
    tries: u32,
    /// Since when it runs.
    running_since: Option<Duration>,
    /// A line is owed that says that it died.
    died: bool,
}

impl Retry {
    /// A start went so.
    pub(super) fn started(&mut self, now: Duration, outcome: Result<(), ErrorCode>) {
        match outcome {
            Ok(()) => (self.due, self.running_since) = (None, Some(now)),
            Err(error) if can_clear(error) => self.later(now),
            Err(_) => *self = Self::default(),
        }
    }

    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }

    fn died(&mut self, now: Duration) {
        let ran = self.running_since.take().map_or(Duration::ZERO, |since| now.saturating_sub(since));
        if ran >= STABLE {
            self.tries = 0;
        }
        // One that dies again and again is said once.
        self.died |= self.tries == 0;
        self.later(now);
    }

    fn later(&mut self, now: Duration) {
        let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(self.tries)).min(LONGEST_PAUSE);
        (self.due, self.tries) = (Some(now.saturating_add(pause)), self.tries.saturating_add(1));
    }
}

/// Whether the fault can clear without a person's action in Conclave.
fn can_clear(error: ErrorCode) -> bool {
    matches!(error, ErrorCode::PortTaken | ErrorCode::HostingFailed | ErrorCode::DiskFull | ErrorCode::StorageFailed)
}

impl Engine {
    /// Begins to look after the relays of an open vault, once it has any.
    pub(super) fn keep_hosting(&self, open: &mut Open) {
        if open.keeper.is_some() {
            return;
        }
        let (inner, stop) = (Arc::downgrade(&self.inner), CancellationToken::new());
        open.keeper = Some(Keeper { _stop: stop.clone().drop_guard() });
        Tasks(Arc::clone(&self.inner.environment.spawn)).spawn(async move {
            loop {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK) => {}
                }
                let Some(inner) = inner.upgrade() else { return };
                Self { inner }.look_after_relays(&stop).await;
            }
        });
    }

    /// `stop` is cancelled when the vault is closed whose relays these are; another may be open by now.
    async fn look_after_relays(&self, stop: &CancellationToken) {
        let mut open = self.inner.open.lock().await;
        let Some(open) = open.as_mut().filter(|_| !stop.is_cancelled()) else { return };
        let rooms: Vec<RoomHandle> = open.rooms.keys().cloned().collect();
        for room in rooms {
            self.look_after_relay(open, &room).await;
        }
    }

    async fn look_after_relay(&self, open: &mut Open, name: &RoomHandle) {
        let now = self.inner.environment.clock.now().steady;
        let Some(entry) = open.rooms.get_mut(name) else { return };
        let Ok((room, host)) = entry.state.running() else { return };
        if let Some(dead) = host.take_if(|host| host.has_died()) {
            entry.retry.died(now);
            let starting = Hosting::new(HostingState::Starting, dead.address_texts(), 0);
            dead.stop().await;
            room.tell(Request::Hosting(Some(starting))).await;
        }
        if entry.retry.due.is_none_or(|due| due > now) || self.serve(open, name, None).await.is_err() {
            return;
        }
        if let Some(entry) = open.rooms.get_mut(name)
            && std::mem::take(&mut entry.retry.died)
            && let Ok((room, _)) = entry.state.running()
        {
            room.tell(Request::Note(Note::RelayRestarted)).await;
        }
    }
}

/// The task that looks after relays. It ends when this is dropped.
pub(super) struct Keeper {
    _stop: DropGuard,
}

/// How often relays are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long a relay runs that has not died soon.
const STABLE: Duration = Duration::from_mins(10);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[cfg(test)]
#[path = "keeper/tests.rs"]
mod tests;
