//! Somebody sets the clock of Alice's computer, forward, back, or to 1970.

#![expect(clippy::arithmetic_side_effects, reason = "a story counts seconds")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use conclave_engine::{
    DataFolder, Engine, Environment,
    api::{OfRoom, SecretText, UnlockVault},
    clock::{Clock, Now, SystemClock},
    snapshot::{Item, ItemBody, RoomHandle, SystemLine},
};
use tempfile::TempDir;

use conclave_testkit::app::{App, PASSPHRASE};

/// The computer's clock, set by so many seconds.
#[derive(Debug)]
struct SetClock {
    clock: SystemClock,
    by: AtomicI64,
}

impl SetClock {
    fn new() -> Arc<Self> {
        Arc::new(Self { clock: SystemClock::new(), by: AtomicI64::new(0) })
    }

    fn set(&self, by: i64) {
        self.by.store(by, Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Now {
        let now = self.clock.now();
        Now { unix: now.unix.saturating_add_signed(self.by.load(Ordering::Relaxed)), ..now }
    }
}

/// Opens the app again on a computer with this clock.
async fn restart(alice: &mut App, clock: &Arc<SetClock>) {
    alice.engine.lock_vault().await;
    let system = Environment::system(DataFolder::At(alice.folder.path().to_owned()), None);
    alice.engine = Engine::new(Environment { clock: Arc::<SetClock>::clone(clock), ..system });
    let passphrase = Some(SecretText::new(PASSPHRASE.to_owned()));
    alice.engine.unlock_vault(UnlockVault { passphrase }).await.unwrap();
}

async fn line(alice: &App, room: &RoomHandle, wanted: &str) -> Option<Item> {
    let items = alice.items(room).await.into_iter();
    items.into_iter().find(|item| matches!(&item.body, ItemBody::Text { text, .. } if text == wanted))
}

/// Seconds by which the clock was set, as the room tells it.
async fn told(alice: &App, room: &RoomHandle) -> Vec<i64> {
    let items = alice.items(room).await.into_iter();
    items
        .filter_map(|item| {
            let ItemBody::System { event: SystemLine::ClockSet { by } } = item.body else { return None };
            Some((by + by.signum() * 1800) / 3600)
        })
        .collect()
}

/// Alice and Bob have talked, so that a line of hers has a fuse: a day.
async fn talking(clock: &Arc<SetClock>) -> (App, App, RoomHandle) {
    let alice = App::with_clock(TempDir::new().unwrap(), Arc::<SetClock>::clone(clock)).await;
    let bob = App::new().await;
    let room = alice.host().await;
    let bobs = bob.join(&alice.link(&room).await, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;
    alice.say(&room, "Is anybody here?").await;
    alice.until(&room, "stored", async |alice| alice.has_stored(&room, "Is anybody here?").await).await;
    (alice, bob, room)
}

fn seconds_left(item: &Item, clock: &SetClock) -> i64 {
    i64::try_from(item.expires_at.unwrap()).unwrap() - i64::try_from(clock.now().unix).unwrap()
}

const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_changes_no_fuse_of_what_came_meanwhile() {
    let clock = SetClock::new();
    let (alice, _bob, room) = talking(&clock).await;
    // A month ahead for a moment, a day back, and right again.
    for by in [30 * DAY, 0, -DAY, 0] {
        clock.set(by);
        alice.say(&room, "And now?").await;
        let item = line(&alice, &room, "Is anybody here?").await.unwrap();
        let left = seconds_left(&item, &clock);
        assert!((DAY - 120..=DAY + 5).contains(&left), "{left} s left with the clock set by {by}");
    }
    assert_eq!(told(&alice, &room).await, [720, -720, -24, 24], "hours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_lines_burn_by_whichever_clock_is_first() {
    let clock = SetClock::new();
    let (mut alice, _bob, room) = talking(&clock).await;
    restart(&mut alice, &clock).await;
    clock.set(-DAY);
    alice.say(&room, "And now?").await;
    let item = line(&alice, &room, "Is anybody here?").await.unwrap();
    let left = seconds_left(&item, &clock);
    assert!((DAY - 120..=DAY + 5).contains(&left), "it would be readable for two days: {left}");
    clock.set(2 * DAY);
    alice.say(&room, "And then?").await;
    alice.until(&room, "it burned", async |alice| line(alice, &room, "Is anybody here?").await.is_none()).await;
    assert!(line(&alice, &room, "And now?").await.is_some(), "what came since burns by the steady clock");
}

/// The battery of her computer is empty: it starts in 1970, and the network tells the time a while later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_1970_to_now_burns_nothing() {
    let clock = SetClock::new();
    let (mut alice, _bob, room) = talking(&clock).await;
    alice.engine.lock_vault().await;
    clock.set(60 - i64::try_from(SystemClock::new().now().unix).unwrap());
    restart(&mut alice, &clock).await;
    let item = line(&alice, &room, "Is anybody here?").await.unwrap();
    assert!(seconds_left(&item, &clock) <= DAY + 5, "no fuse grew");
    alice.say(&room, "What year is it?").await;
    alice.until(&room, "stored", async |alice| alice.has_stored(&room, "What year is it?").await).await;
    clock.set(0);
    alice.engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
    alice.until(&room, "both settings are told", async |alice| told(alice, &room).await.len() == 2).await;
    for text in ["Is anybody here?", "What year is it?"] {
        let left = seconds_left(&line(&alice, &room, text).await.unwrap(), &clock);
        assert!((DAY - 120..=DAY + 5).contains(&left), "{text}: {left} s left");
    }
}
