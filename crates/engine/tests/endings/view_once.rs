//! Messages that can be read once: sealed until they are opened, and never shown a second time.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use conclave_engine::{
    ErrorCode,
    snapshot::{CardState, Confirmed, MessageState},
};
use conclave_proto::{
    ErrorCode as RelayError,
    frame::{BlobBytes, Refusal, Reply, Request},
};
use conclave_store::CardState as Card;
use conclave_testkit::{
    Lab,
    interceptor::Interceptor,
    scene::{three, two, two_for},
};

use super::{DAY, HOUR, MINUTE, dies_anywhere, room_of};

const SECRET: &str = "Under the third stone.";

#[test]
fn what_can_be_read_once_is_read_once() {
    Lab::play(1401, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        let sent = alice.cards().await.pop().unwrap();
        assert_eq!((sent.card, sent.state), (CardState::Sealed, MessageState::Stored));
        assert_eq!(sent.confirmed, Confirmed { recipients: 1, delivered: 0, viewed: 0 });
        assert_eq!(bob.cards().await.pop().unwrap().card, CardState::Sealed);

        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)));
        bob.close().await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)), "also after a restart");
        let seen = alice.cards().await.pop().unwrap();
        assert_eq!((seen.card, seen.confirmed.viewed), (CardState::Opened, 1), "its author hears of it");
        assert_eq!(alice.opens().await, Some(Err(ErrorCode::InvalidRequest)), "its author's app does not keep it");
    });
}

/// The relay deletes it at once where one person has it to read, and otherwise when the last one has.
#[test]
fn the_relay_keeps_it_until_everybody_has_seen_it() {
    Lab::play(1402, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        alice.seal(SECRET).await;
        assert_eq!(lab.relay_log().blobs_left(), 1);
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        assert_eq!(lab.relay_log().blobs_left(), 1, "Carol has not");
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)), "although it is still there");
        assert_eq!(alice.cards().await.pop().unwrap().confirmed.viewed, 1);
        assert_eq!(carol.opens().await, Some(Ok(SECRET.to_owned())));
        assert_eq!(lab.relay_log().blobs_left(), 0);
        assert_eq!(alice.cards().await.pop().unwrap().card, CardState::Opened);
    });
}

/// The copy of its message that is kept to be published again has the key: when that goes, the file is written anew.
#[test]
fn an_authors_file_is_rebuilt_once_everybody_has_seen_a_card() {
    Lab::play(1420, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let long = SECRET.repeat(300);
        alice.seal(&long).await;
        assert_eq!(bob.opens().await, Some(Ok(long)));
        alice.pause(MINUTE).await;
        alice.close().await;
        let room = room_of(&alice);
        let size = room.size().unwrap();
        room.rebuild().unwrap();
        assert_eq!(room.size().unwrap(), size, "no page of the blob is left behind");
    });
}

#[test]
fn who_leaves_unread_keeps_nobody_waiting() {
    Lab::play(1403, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        alice.seal(SECRET).await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        carol.leave().await;
        alice.pause(MINUTE).await;
        assert_eq!(lab.relay_log().blobs_left(), 0);
        assert_eq!(alice.cards().await.pop().unwrap().card, CardState::Opened);
    });
}

#[test]
fn what_nobody_opens_closes_by_itself() {
    Lab::play(1404, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        alice.pause(DAY + HOUR).await;
        assert_eq!(bob.cards().await.pop().unwrap().card, CardState::Unread);
        assert_eq!(alice.cards().await.pop().unwrap().card, CardState::Unread);
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardGone)));
        assert_eq!(lab.relay_log().blobs_left(), 0);
    });
    // Where messages burn sooner, so do cards.
    Lab::play(1405, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        alice.seal(SECRET).await;
        alice.pause(HOUR + 2 * MINUTE).await;
        assert!(alice.cards().await.is_empty() && bob.cards().await.is_empty());
    });
}

#[test]
fn who_writes_before_anybody_is_there_seals_for_whoever_comes() {
    Lab::play(1406, async |lab| {
        let mut alice = conclave_testkit::scene::one(&lab).await;
        alice.seal(SECRET).await;
        assert_eq!(alice.cards().await.pop().unwrap().state, MessageState::AwaitingMembers);
        assert_eq!(lab.relay_log().blobs_left(), 0, "nobody could read it");
        let mut bob = alice.invites("Bob").await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
    });
}

#[test]
fn an_upload_goes_on_after_a_lost_connection_and_after_a_restart() {
    for crashes in [false, true] {
        Lab::play(1407, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            lab.stop_relay(false).await;
            alice.seal(SECRET).await;
            assert_eq!(alice.cards().await.pop().unwrap().state, MessageState::Waiting);
            if crashes {
                alice.crash().await;
                alice.start().await;
            }
            lab.restart_relay();
            bob.pause(5 * MINUTE).await;
            assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        });
    }
}

/// Whatever died, and wherever: nobody reads it twice, and it is not lost before it could be read.
#[test]
fn the_readers_app_may_die_anywhere_while_it_opens() {
    dies_anywhere(|points| {
        Lab::play(1410, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            alice.seal(SECRET).await;
            bob.person.crash_after(points);
            let first = bob.opens().await;
            bob.pause(MINUTE).await;
            bob.start().await;
            let died = bob.person.crashes() > 0;
            // A copy of the files that may be old writes nothing before it has new keys.
            alice.pause(if died { HOUR } else { MINUTE }).await;
            let second = bob.opens().await;
            let read = [first, second].into_iter().filter(|opened| matches!(opened, Some(Ok(_)))).count();
            assert!(read <= 1, "nobody reads it twice");
            alice.pause(MINUTE).await;
            let (own, received) = (alice.cards().await.pop().unwrap(), bob.cards().await.pop().unwrap());
            assert_eq!((own.card, received.card), (CardState::Opened, CardState::Opened));
            assert_eq!(lab.relay_log().blobs_left(), 0);
            died
        })
    });
}

#[test]
fn the_authors_app_may_die_anywhere_while_it_seals() {
    dies_anywhere(|points| {
        Lab::play(1411, async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            alice.person.crash_after(points);
            let kept = alice.person.seal(&alice.room, SECRET).await.is_some();
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            bob.pause(if died { HOUR } else { MINUTE }).await;
            let cards = bob.cards().await;
            assert!(cards.len() <= 1 && (!kept || cards.len() == 1), "once, if it was kept: {cards:?}");
            if !cards.is_empty() {
                assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
            }
            died
        })
    });
}

/// The disk does not overwrite the key: nothing is shown, nobody is told that it was read, and it can be read later.
#[cfg(unix)]
#[test]
fn a_disk_that_keeps_the_key_shows_nothing() {
    Lab::play(1418, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        let rooms = bob.person.folder().join("rooms");
        let files = fs::read_dir(&rooms).unwrap().map(|entry| entry.unwrap().path());
        let log = files.into_iter().find(|path| path.to_string_lossy().ends_with("-wal")).unwrap();
        let aside = log.with_extension("aside");
        fs::rename(&log, &aside).unwrap();
        fs::create_dir(&log).unwrap();
        let opened = bob.opens().await;
        assert!(matches!(opened, Some(Err(error)) if error != ErrorCode::CardOpened), "{opened:?}");
        fs::remove_dir(&log).unwrap();
        fs::rename(&aside, &log).unwrap();

        bob.pause(MINUTE).await;
        assert_eq!(bob.cards().await.pop().unwrap().card, CardState::Sealed);
        assert_eq!(alice.cards().await.pop().unwrap().confirmed.viewed, 0, "nobody has read it");
        assert_eq!(lab.relay_log().blobs_left(), 1);
        bob.reconnect().await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        alice.pause(MINUTE).await;
        assert_eq!(alice.cards().await.pop().unwrap().confirmed.viewed, 1);
        assert_eq!(lab.relay_log().blobs_left(), 0);
    });
}

/// His app died between the end of the key and the word about it.
#[test]
fn what_a_dead_run_could_not_confirm_the_next_one_does() {
    Lab::play(1419, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        bob.close().await;
        let mut room = room_of(&bob);
        let item = room.read(|tx| tx.newest_item()).unwrap();
        room.write(|tx| tx.close_card(item, Card::Opened)).unwrap();
        drop(room);

        bob.start().await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)));
        let seen = alice.cards().await.pop().unwrap();
        assert_eq!((seen.card, seen.confirmed.viewed), (CardState::Opened, 1));
        assert_eq!(lab.relay_log().blobs_left(), 0);
    });
}

/// A relay that keeps what it should delete, and brings it again, finds nobody who could open it.
#[test]
fn a_relay_that_deletes_nothing_shows_no_card_twice() {
    Lab::play(1412, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.intercept_with(&Interceptor::new().requests(|_, request| !matches!(request, Request::Del(_))));
        for member in [&mut alice, &mut bob] {
            member.reconnect().await;
        }
        alice.seal(SECRET).await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        assert_eq!(lab.relay_log().blobs_left(), 1);
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)));
        bob.crash().await;
        bob.start().await;
        bob.pause(MINUTE).await;
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)));
        // What it owes is asked for until it is done.
        lab.stop_intercepting();
        bob.reconnect().await;
        bob.pause(MINUTE).await;
        assert_eq!(lab.relay_log().blobs_left(), 0);
    });
}

/// Another card's blob, an older one, and one that is cut or damaged are not shown, and what was sent can still be read.
#[test]
fn a_relay_that_serves_something_else_has_nothing_shown() {
    Lab::play(1413, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal("An older one.").await;
        let served: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let keeps = Arc::clone(&served);
        lab.intercept("Bob", move |reply| {
            if let Reply::BlobBytes(read) = &reply {
                keeps.lock().unwrap().push(read.bytes.clone());
            }
            vec![reply]
        });
        bob.reconnect().await;
        assert_eq!(bob.opens().await, Some(Ok("An older one.".to_owned())));
        let old = served.lock().unwrap().pop().unwrap();
        alice.seal(SECRET).await;
        let (cut, mut damaged) = (old[..old.len() / 2].to_vec(), old.clone());
        damaged[60] ^= 1;
        for instead in [old, cut, damaged, Vec::new()] {
            lab.intercept("Bob", move |reply| match reply {
                Reply::BlobBytes(_) => vec![Reply::BlobBytes(BlobBytes { bytes: instead.clone() })],
                other => vec![other],
            });
            bob.reconnect().await;
            let opened = bob.opens().await;
            assert!(matches!(opened, Some(Err(ErrorCode::CardAltered))), "{opened:?}");
            assert_eq!(bob.cards().await.pop().unwrap().card, CardState::Sealed);
        }
        lab.stop_intercepting();
        bob.reconnect().await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
    });
}

/// What a relay says is gone opens nowhere, also when it is there again.
#[test]
fn what_was_said_to_be_gone_stays_gone() {
    Lab::play(1414, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        lab.intercept("Bob", |reply| match reply {
            Reply::BlobBytes(_) => vec![Reply::Refused(Refusal::bare(RelayError::NoSuchEntry))],
            other => vec![other],
        });
        bob.reconnect().await;
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardGone)));
        lab.stop_intercepting();
        bob.reconnect().await;
        assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardGone)));
    });
}

#[test]
fn a_relay_without_space_is_asked_again() {
    Lab::play(1415, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        lab.relay_log().set_full(true);
        alice.seal(SECRET).await;
        assert_eq!(alice.cards().await.pop().unwrap().state, MessageState::NoSpace);
        lab.relay_log().set_full(false);
        alice.pause(2 * MINUTE).await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
    });
}

#[test]
fn a_clock_that_is_set_opens_nothing_again() {
    Lab::play(1416, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        alice.seal(SECRET).await;
        assert_eq!(bob.opens().await, Some(Ok(SECRET.to_owned())));
        for by in [-40 * 3600, 20 * 3600] {
            bob.person.set_clock(by);
            bob.pause(MINUTE).await;
            assert_eq!(bob.opens().await, Some(Err(ErrorCode::CardOpened)));
        }
    });
}
