//! Mailboxes of the spoken invitation: two connections, ten minutes, and whoever else tries to be one of the two.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "lab/lab.rs"]
mod lab;

use std::time::Duration;

use conclave_proto::{
    ErrorCode, Role,
    frame::{BoxClose, BoxJoin, BoxMessage, BoxNew, BoxOpened, BoxSend, Empty, Refusal, Reply, Request},
    limits,
};
use conclave_relay::{ConnectionInfo, Ended};
use lab::*;
use tokio::time::{Instant, timeout};

async fn open(ann: &mut Client) -> BoxOpened {
    match ann.ask(Request::BoxNew(BoxNew { pow: None })).await {
        Ok(Reply::BoxOpened(opened)) => opened,
        other => panic!("{other:?} answers BOX_NEW"),
    }
}

async fn join(bob: &mut Client, nameplate: &str) -> Result<Reply, ErrorCode> {
    bob.ask(Request::BoxJoin(BoxJoin { nameplate, pow: None })).await.map_err(|refusal| refusal.code)
}

async fn send(client: &mut Client, phase: u8, bytes: &[u8]) -> Result<Reply, ErrorCode> {
    client.ask(Request::BoxSend(BoxSend { phase, bytes })).await.map_err(|refusal| refusal.code)
}

fn message(phase: u8, bytes: &[u8]) -> Reply {
    Reply::BoxMessage(BoxMessage { phase, bytes: bytes.to_vec() })
}

fn ended(code: ErrorCode) -> Reply {
    Reply::Refused(Refusal::bare(code))
}

/// The next push, which is due at once.
async fn pushed(client: &mut Client) -> Reply {
    timeout(Duration::from_secs(10), client.push()).await.unwrap()
}

/// Ann's box with Bob in it.
async fn pair(lab: &Lab) -> (Client, Client, BoxOpened) {
    let (mut ann, mut bob) = (lab.connect().await, lab.connect().await);
    let opened = open(&mut ann).await;
    assert!(join(&mut bob, &opened.nameplate).await.is_ok());
    assert!(matches!(pushed(&mut ann).await, Reply::BoxJoined(joined) if joined.box_id == opened.box_id));
    (ann, bob, opened)
}

fn from(address: &str) -> ConnectionInfo {
    ConnectionInfo { exporter: None, source: Some(address.parse().unwrap()) }
}

#[tokio::test]
async fn two_who_prove_nothing_speak_through_a_box_in_order() {
    let lab = Lab::new();
    let (mut ann, mut bob) = (lab.connect().await, lab.connect().await);
    let opened = open(&mut ann).await;
    assert_eq!((opened.nameplate.len(), opened.ttl), (4, 600), "{opened:?}");
    assert_eq!(send(&mut ann, 1, b"x").await, Err(ErrorCode::NoSuchEntry), "nobody is there to hear it");
    assert_eq!(send(&mut bob, 1, b"x").await, Err(ErrorCode::BoxGone), "and Bob is nowhere");
    let Ok(Reply::BoxJoined(joined)) = join(&mut bob, &opened.nameplate).await else { panic!() };
    assert_eq!(joined.box_id, opened.box_id);
    assert!(matches!(pushed(&mut ann).await, Reply::BoxJoined(told) if told == joined), "Ann hears that he came");
    for phase in 1..=3 {
        assert!(send(&mut bob, phase, &[phase; 100]).await.is_ok());
    }
    for phase in 1..=3 {
        assert_eq!(pushed(&mut ann).await, message(phase, &[phase; 100]));
    }
    assert!(send(&mut ann, 4, b"").await.is_ok());
    assert_eq!(pushed(&mut bob).await, message(4, b""), "and not to Ann herself");
    assert!(matches!(bob.ask(Request::BoxClose(BoxClose { mood: 0 })).await, Ok(Reply::BoxClosed(Empty {}))));
    assert_eq!(pushed(&mut ann).await, ended(ErrorCode::BoxGone));
    assert_eq!(send(&mut ann, 5, b"x").await, Err(ErrorCode::BoxGone));
    assert_eq!(lab.relay.status().boxes, 0);
    assert_ne!(open(&mut ann).await.box_id, opened.box_id, "both may go on with another box");
    assert_eq!(join(&mut bob, &opened.nameplate).await, Err(ErrorCode::BoxGone), "the old number leads nowhere");
}

#[tokio::test]
async fn a_third_person_ends_the_box_and_both_hear_why() {
    let lab = Lab::new();
    let (mut ann, mut bob, opened) = pair(&lab).await;
    let mut mallory = lab.connect().await;
    assert_eq!(join(&mut mallory, &opened.nameplate).await, Err(ErrorCode::BoxCrowded));
    assert_eq!(pushed(&mut ann).await, ended(ErrorCode::BoxCrowded));
    assert_eq!(pushed(&mut bob).await, ended(ErrorCode::BoxCrowded));
    assert_eq!(send(&mut mallory, 1, b"x").await, Err(ErrorCode::BoxGone), "she is not in it");
    assert_eq!(send(&mut bob, 1, b"x").await, Err(ErrorCode::BoxGone), "nor is anybody else");
    // Ann herself is no second person.
    let opened = open(&mut ann).await;
    assert_eq!(join(&mut ann, &opened.nameplate).await, Err(ErrorCode::BoxLimit));
    assert!(
        matches!(ann.ask(Request::BoxNew(BoxNew { pow: None })).await, Err(refusal) if refusal.code == ErrorCode::BoxLimit)
    );
    assert!(join(&mut bob, &opened.nameplate).await.is_ok(), "her box stands");
}

#[tokio::test]
async fn who_goes_ends_the_box() {
    let lab = Lab::new();
    for inviter_goes in [true, false] {
        let (ann, bob, opened) = pair(&lab).await;
        let (goes, mut stays) = if inviter_goes { (ann, bob) } else { (bob, ann) };
        drop(goes);
        assert_eq!(pushed(&mut stays).await, ended(ErrorCode::BoxGone));
        assert_eq!(join(&mut lab.connect().await, &opened.nameplate).await, Err(ErrorCode::BoxGone));
    }
    assert_eq!(lab.relay.status().boxes, 0);
}

#[tokio::test]
async fn a_box_carries_a_conversation_and_no_more() {
    let lab = Lab::new();
    let (mut ann, mut bob, _) = pair(&lab).await;
    let large = vec![7; limits::BOX_MESSAGE + 1];
    assert_eq!(send(&mut bob, 1, &large).await, Err(ErrorCode::TooLarge));
    // Ann reads nothing meanwhile, and all of it waits for her.
    for phase in 0..8 {
        assert!(send(&mut bob, phase, &large[1..]).await.is_ok());
    }
    assert_eq!(send(&mut bob, 8, b"x").await, Err(ErrorCode::BoxLimit), "thirty-two kibibytes");
    for phase in 0..16 {
        assert!(send(&mut ann, phase, b"short").await.is_ok(), "the other end has its own");
    }
    assert_eq!(send(&mut ann, 16, b"").await, Err(ErrorCode::BoxLimit), "sixteen messages");
    for phase in 0..8 {
        assert_eq!(pushed(&mut ann).await, message(phase, &large[1..]));
    }
}

#[tokio::test]
async fn who_guesses_nameplates_is_cut_off_and_then_waits() {
    let lab = Lab::new();
    let mut ann = lab.connect().await;
    let opened = open(&mut ann).await;
    for _ in 0..3 {
        let mut mallory = Client::over(lab.pipe(from("192.0.2.1")), [0; 32]).await;
        for _ in 0..3 {
            assert_eq!(join(&mut mallory, "12").await, Err(ErrorCode::BoxGone));
        }
        assert!(mallory.try_next().await.is_none(), "three wrong numbers, each answered, and no fourth");
    }
    let mut again = Client::over(lab.pipe(from("192.0.2.1")), [0; 32]).await;
    assert_eq!(join(&mut again, "12").await, Err(ErrorCode::BoxGone));
    let refused = again.ask(Request::BoxJoin(BoxJoin { nameplate: &opened.nameplate, pow: None })).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited, "nor does the right one help after ten");
    assert!(refused.retry_ms.is_some_and(|ms| ms <= 600_000));
    assert_eq!(lab.relay.status().ended.of(Ended::NameplatesGuessed), 3);
    let mut bob = Client::over(lab.pipe(from("192.0.2.2")), [0; 32]).await;
    assert!(join(&mut bob, &opened.nameplate).await.is_ok(), "Ann's guest has another address");
}

#[tokio::test(start_paused = true)]
async fn a_box_keeps_its_two_for_ten_minutes_without_a_proof() {
    let lab = Lab::new();
    let begun = Instant::now();
    let (mut ann, mut bob, _) = pair(&lab).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        for client in [&mut ann, &mut bob] {
            if let Ok(push) = timeout(Duration::from_secs(1), client.push()).await {
                told.push((push, begun.elapsed().as_secs()));
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(700), "{told:?}");
    }
    for (push, after) in told {
        assert_eq!(push, ended(ErrorCode::BoxGone));
        assert!((598..605).contains(&after), "{after}");
    }
    assert!(open(&mut ann).await.ttl > 0, "there is time to say something");
    assert!(matches!(ann.ask(Request::BoxClose(BoxClose { mood: 1 })).await, Ok(Reply::BoxClosed(Empty {}))));
    let closed = Instant::now();
    assert_eq!(timeout(Duration::from_secs(60), ann.try_next()).await, Ok(None));
    let left = closed.elapsed().as_secs();
    assert!((14..17).contains(&left), "the first proof is due {left} seconds behind the end");
    assert_eq!(lab.relay.status().ended.of(Ended::ProofTimeout), 2);
}

#[tokio::test]
async fn a_flood_of_strangers_takes_nobodys_box() {
    let lab = Lab::with(|config| config.max_sockets = 40);
    let (mut ann, mut bob, _) = pair(&lab).await;
    let mut crowd = Vec::new();
    for _ in 0..60 {
        crowd.push(lab.connect().await);
    }
    assert!(send(&mut ann, 1, b"still here").await.is_ok());
    assert_eq!(pushed(&mut bob).await, message(1, b"still here"));
    // A tenth of the connections may be in boxes, so that boxes do not hold the door either.
    let mut newest = crowd.pop().unwrap();
    assert_eq!(open(&mut newest).await.ttl, 600);
    let mut another = crowd.pop().unwrap();
    let refused = another.ask(Request::BoxNew(BoxNew { pow: None })).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BoxLimit);
    // Behind its box a connection is a stranger as before.
    newest.ask(Request::BoxClose(BoxClose { mood: 1 })).await.unwrap();
    for _ in 0..40 {
        crowd.push(lab.connect().await);
    }
    assert!(newest.try_next().await.is_none());
    assert!(send(&mut bob, 2, b"still here").await.is_ok());
}

#[tokio::test]
async fn a_relay_of_one_room_has_boxes_and_members_may_use_them() {
    let lab = Lab::with(|config| config.dedicated = true);
    let room = TestRoom::new(1);
    lab.relay.dedicate(room.id);
    let mut ann = room.create(&lab).await;
    let opened = open(&mut ann).await;
    let mut bob = lab.connect().await;
    assert!(join(&mut bob, &opened.nameplate).await.is_ok());
    assert!(matches!(pushed(&mut ann).await, Reply::BoxJoined(_)));
    assert!(ann.publish(room.genesis, b"meanwhile", 1).await.is_ok());
    // What Bob got through the box lets him in, on the same connection.
    bob.auth(&room, Role::Join, &room.access).await.unwrap();
    assert!(send(&mut ann, 1, b"x").await.is_ok());
    assert_eq!(pushed(&mut bob).await, message(1, b"x"));
}

#[tokio::test]
async fn a_relay_may_have_none() {
    let lab = Lab::with(|config| config.max_boxes = 0);
    let mut ann = lab.connect().await;
    let refused = ann.ask(Request::BoxNew(BoxNew { pow: None })).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotSupported);
    assert_eq!(join(&mut ann, "4172").await, Err(ErrorCode::NotSupported));
}
