//! A refused proof takes the same time whatever is wrong with it: time tells nobody which rooms there are.

#[path = "lab/lab.rs"]
mod lab;

use std::{sync::Arc, time::Duration};

use conclave_proto::{
    ErrorCode, Role,
    frame::{Auth, Request},
};
use conclave_relay::log::{SqlcipherLog, StorageKey};
use conclave_seal::rng::OsRng;
use lab::*;
use tokio::time::Instant;

/// What can be wrong, and what the relay says.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Room,
    Key,
    Signature,
    RoomAndSignature,
}

const KINDS: [(Wrong, ErrorCode); 4] = [
    (Wrong::Room, ErrorCode::NoSuchRoom),
    (Wrong::Key, ErrorCode::NotAuthorised),
    (Wrong::Signature, ErrorCode::BadSignature),
    (Wrong::RoomAndSignature, ErrorCode::BadSignature),
];

fn proof(client: &Client, room: &TestRoom, unknown: &TestRoom, wrong: Wrong) -> Auth {
    let stranger = key(99);
    let good = |room, key| client.proof(room, Role::Member, key, AUTHORITY);
    match wrong {
        Wrong::Room => good(unknown, &unknown.member),
        Wrong::Key => good(room, &stranger),
        Wrong::Signature => Auth { sig: good(unknown, &stranger).sig, ..good(room, &room.member) },
        Wrong::RoomAndSignature => Auth { sig: good(room, &stranger).sig, ..good(unknown, &unknown.member) },
    }
}

#[tokio::test]
async fn ten_thousand_refusals_take_the_same_time_whatever_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let key = StorageKey::from_bytes(&[1; 32]);
    let log = SqlcipherLog::create(&folder.path().join("relay.db"), &key, Box::new(OsRng)).unwrap();
    let lab = Lab::over(Arc::new(log), |_| {});
    let (room, unknown) = (TestRoom::new(1), TestRoom::new(2));
    room.create(&lab).await;
    let mut taken: [Vec<Duration>; 4] = Default::default();
    // Two of each kind on a connection, which ends after eight; by turns, so that whatever slows the machine slows all
    // alike.
    for round in 0..1250_usize {
        let mut client = lab.connect().await;
        for n in 0..8_usize {
            let at = (n.wrapping_add(round)) % 4;
            let (Some((wrong, code)), Some(taken)) = (KINDS.get(at), taken.get_mut(at)) else { panic!("{at}") };
            let request = Request::Auth(proof(&client, &room, &unknown, *wrong));
            let begun = Instant::now();
            let refused = client.ask(request).await.unwrap_err();
            taken.push(begun.elapsed());
            assert_eq!(refused.code, *code, "{wrong:?}");
        }
    }
    let medians = taken.map(|mut taken| {
        taken.sort_unstable();
        taken.get(taken.len() / 2).copied().unwrap_or_default()
    });
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    // A room that is there is read, with its deed, which costs some microseconds; a check that is left out costs far
    // more.
    assert!(most.as_secs_f64() < least.as_secs_f64() * 1.4, "{medians:?} of {KINDS:?}");
}
