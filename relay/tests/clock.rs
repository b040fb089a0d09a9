//! A relay's clock jumps: rooms wait until it has been right for a day, or until an operator says that it is.

#![expect(clippy::panic, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use conclave_proto::{ErrorCode, Role};
use conclave_relay::{
    blob::Storage,
    log::{MemoryLog, RoomLog as _, SqlcipherLog, StorageKey},
};
use conclave_seal::rng::OsRng;
use lab::*;

const HOUR: Duration = Duration::from_secs(3600);

fn lab(log: Arc<dyn Storage>, trust_clock: bool) -> Lab {
    Lab::over(log, |config| config.trust_clock = trust_clock)
}

/// Both clocks go on.
async fn pass(lab: &Lab, hours: u32) {
    for _ in 0..hours {
        lab.clock.0.fetch_add(3600, Ordering::SeqCst);
        tokio::time::sleep(HOUR).await;
    }
}

async fn is_there(lab: &Lab, room: &TestRoom) -> bool {
    match lab.connect().await.auth(room, Role::Join, &room.access).await {
        Ok(_) => true,
        Err(ErrorCode::NoSuchRoom) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ends_no_room_for_a_day_and_is_believed_then() {
    let (lab, room) = (lab(Arc::new(MemoryLog::new()), false), TestRoom::new(1));
    drop(room.create(&lab).await);
    pass(&lab, 1).await;
    lab.clock.0.fetch_add(40 * 86_400, Ordering::SeqCst);
    pass(&lab, 22).await;
    assert!(is_there(&lab, &room).await);
    pass(&lab, 3).await;
    assert!(!is_there(&lab, &room).await);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_put_right_again_has_ended_nothing() {
    let (lab, room) = (lab(Arc::new(MemoryLog::new()), false), TestRoom::new(1));
    drop(room.create(&lab).await);
    pass(&lab, 1).await;
    lab.clock.0.fetch_add(40 * 86_400, Ordering::SeqCst);
    pass(&lab, 2).await;
    lab.clock.0.fetch_sub(40 * 86_400, Ordering::SeqCst);
    pass(&lab, 18).await;
    assert!(is_there(&lab, &room).await);
    pass(&lab, 10).await;
    assert!(!is_there(&lab, &room).await, "a day without a message, by a clock that runs");
}

#[tokio::test]
async fn a_restart_does_not_believe_a_jump_but_an_operator_may() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let key = StorageKey::from_bytes(&[1; 32]);
        let path = folder.path().join("relay.db");
        let opened = if path.exists() { SqlcipherLog::open } else { SqlcipherLog::create };
        Arc::new(opened(&path, &key, Box::new(OsRng)).unwrap())
    };
    let room = TestRoom::new(1);
    {
        let lab = lab(open(), false);
        drop(room.create(&lab).await);
        until(async || open().remembered().await.unwrap().is_some()).await;
        lab.relay.shutdown().await;
    }
    for trust_clock in [false, true] {
        let log = open();
        let lab = Lab::over(log, |config| {
            (config.trust_clock, config.sweep_interval) = (trust_clock, Duration::from_millis(5));
        });
        lab.clock.0.fetch_add(40 * 86_400, Ordering::SeqCst);
        if trust_clock {
            until(async || !is_there(&lab, &room).await).await;
        } else {
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(is_there(&lab, &room).await);
        }
        lab.relay.shutdown().await;
    }
}

async fn until(holds: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came");
}
