//! A room without sockets, driven by instants that a test makes up.

#![expect(clippy::arithmetic_side_effects, clippy::wildcard_enum_match_arm, reason = "a test fails by panicking")]

use std::{
    task::{Context, Waker},
    time::Duration,
};

use conclave_proto::{
    Lane,
    deed::{Deed, PanicBy, Policy},
    frame::Fetched,
    id::{Seat, Signature},
    limits,
};

use super::*;
use crate::{log::Usage, peer::Source};

const ALICE: ConnId = 1;
const BOB: ConnId = 2;
const OLD_KEY: PublicKey = PublicKey([1; 32]);
const NEW_KEY: PublicKey = PublicKey([2; 32]);
const GENESIS: Tag = Tag([7; 16]);

/// A connection without a socket.
struct Listener(Arc<Outgoing>);

impl Listener {
    /// A connection that has read the whole log, and hears what comes.
    fn caught_up(room: &LiveRoom, conn: ConnId, key: PublicKey) -> Self {
        let listener = Self::attached(room, conn);
        room.set_key(conn, key);
        room.hold(conn);
        assert!(room.catch_up(conn, 0, &fetched()));
        assert_eq!(listener.heard(), ["Fetched"]);
        listener
    }

    fn attached(room: &LiveRoom, conn: ConnId) -> Self {
        let out = Self::out();
        assert!(room.attach(conn, Arc::clone(&out), 10));
        Self(out)
    }

    fn out() -> Arc<Outgoing> {
        Arc::new(Outgoing::new(1 << 20))
    }

    /// What was queued since the last look.
    fn heard(&self) -> Vec<String> {
        let mut frames = VecDeque::new();
        self.0.take(&mut frames, &Context::from_waker(Waker::noop()));
        frames.iter().map(|frame| told(&RelayFrame::decode(payload(frame)).unwrap())).collect()
    }
}

fn tombstone() -> Tombstone {
    let (room_id, sig) = (RoomId([9; 32]), Signature([5; 64]));
    Tombstone { room_id, statement: vec![1], sig_access: None, pk: OLD_KEY, sig, deed: vec![2] }
}

/// What is behind the header of an unmasked frame (RFC 6455 section 5.2).
fn payload(frame: &[u8]) -> &[u8] {
    match frame[1] {
        126 => &frame[4..],
        127 => &frame[10..],
        _ => &frame[2..],
    }
}

fn told(frame: &RelayFrame) -> String {
    match &frame.body {
        Reply::Entry(entry) => format!("entry {} after {}", entry.seq, entry.prev),
        Reply::Leased(leased) => format!("{}: leased for {} s", frame.rid, leased.ms / 1000),
        Reply::Refused(refusal) => format!("{}: {:?}", frame.rid, refusal.code),
        Reply::Ephemeral(_) => "ephemeral".to_owned(),
        Reply::Fetched(_) => "Fetched".to_owned(),
        other => format!("{other:?}"),
    }
}

fn fetched() -> RelayFrame {
    RelayFrame { rid: 1, body: Reply::Fetched(Fetched { entries: Vec::new(), more: false, head_seq: 0 }) }
}

/// A room whose standing is known.
fn open_room() -> LiveRoom {
    let room = LiveRoom::new(RoomId([9; 32]));
    room.hear(changed(RoomState::Open), now());
    room
}

fn changed(state: RoomState) -> Notice<'static> {
    Notice::Changed { state, head: GENESIS, head_key: OLD_KEY }
}

fn message_of(seq: u64) -> StoredEntry {
    let blob = Bytes::from_static(b"sealed");
    StoredEntry { seq, lane: Lane::Application, blob, key: None, tag: None, place: None }
}

fn commit_of(seq: u64) -> StoredEntry {
    StoredEntry { lane: Lane::Commit, key: Some(NEW_KEY), tag: Some(Tag([8; 16])), ..message_of(seq) }
}

fn store(room: &LiveRoom, entry: &StoredEntry, at: Instant) {
    room.hear(Notice::Entry { entry, prev: entry.seq - 1 }, at);
}

fn now() -> Instant {
    Instant::now()
}

fn joiner(conn: ConnId) -> Asker {
    Asker { conn, source: Some(Source(conn)), joiner: true }
}

#[test]
fn the_slot_is_given_on_by_the_instants_that_the_room_is_told() {
    let (room, start) = (open_room(), now());
    let (alice, bob) = (Listener::attached(&room, ALICE), Listener::attached(&room, BOB));
    room.ask_lease(joiner(ALICE), 11, start);
    room.ask_lease(joiner(BOB), 12, start);
    assert_eq!(alice.heard(), ["11: leased for 8 s"]);
    assert!(bob.heard().is_empty());
    assert!(room.lease_refusal(BOB, start).is_some() && room.lease_refusal(ALICE, start).is_none());
    let lapsed = start + limits::LEASE;
    assert_eq!(room.lease_deadline(ALICE), Some(lapsed));
    room.tick_lease(ALICE, false, lapsed - Duration::from_millis(1));
    assert!(bob.heard().is_empty(), "not before its time");
    room.tick_lease(ALICE, false, lapsed);
    assert_eq!(bob.heard(), ["12: leased for 8 s"]);
    room.detach(BOB, lapsed);
    assert!(room.lease_refusal(ALICE, lapsed).is_none(), "with a connection its lease is gone");
}

#[test]
fn a_commit_frees_the_slot_at_the_instant_of_its_notice() {
    let (room, start) = (open_room(), now());
    let (_alice, bob) = (Listener::attached(&room, ALICE), Listener::attached(&room, BOB));
    room.ask_lease(joiner(ALICE), 11, start);
    room.ask_lease(joiner(BOB), 12, start);
    let stored = start + Duration::from_secs(3);
    store(&room, &commit_of(1), stored);
    assert_eq!(bob.heard(), ["12: leased for 8 s"]);
    assert_eq!(room.lease_deadline(BOB), Some(stored + limits::LEASE));
}

#[test]
fn a_lock_sends_joiners_away_and_silences_other_epochs() {
    let (room, start) = (open_room(), now());
    let (old, new) = (Listener::caught_up(&room, ALICE, OLD_KEY), Listener::caught_up(&room, BOB, NEW_KEY));
    room.ask_lease(joiner(3), 11, start);
    let stranger = Listener::attached(&room, 4);
    room.ask_lease(joiner(4), 12, start);
    room.hear(changed(RoomState::Locked), start);
    assert_eq!(stranger.heard(), ["12: RoomLocked"]);
    store(&room, &message_of(1), start);
    room.hear(Notice::Signal { origin: 9, blob: &Bytes::from_static(b"typing") }, start);
    assert_eq!(old.heard(), ["entry 1 after 0", "ephemeral"], "the head's epoch");
    assert!(new.heard().is_empty(), "every other one");
    store(&room, &commit_of(2), start);
    store(&room, &message_of(3), start);
    assert_eq!(old.heard(), ["entry 2 after 1"], "the commit that ends its epoch is the last that it hears");
    assert_eq!(new.heard(), ["entry 3 after 2"]);
}

#[test]
fn what_is_stored_while_a_connection_reads_follows_its_reply() {
    let (room, start) = (open_room(), now());
    let alice = Listener::attached(&room, ALICE);
    room.set_key(ALICE, OLD_KEY);
    store(&room, &message_of(1), start);
    room.hold(ALICE);
    store(&room, &message_of(2), start);
    store(&room, &message_of(3), start);
    assert!(alice.heard().is_empty(), "it waits for the reply");
    assert!(room.catch_up(ALICE, 2, &fetched()), "which has the second already");
    store(&room, &message_of(4), start);
    assert_eq!(alice.heard(), ["Fetched", "entry 3 after 2", "entry 4 after 3"]);
}

#[test]
fn who_reads_more_slowly_than_the_room_writes_reads_another_page() {
    let (room, start) = (open_room(), now());
    let alice = Listener::attached(&room, ALICE);
    room.set_key(ALICE, OLD_KEY);
    room.hold(ALICE);
    for seq in 1..=5 {
        let blob = Bytes::from(vec![0; 60_000]);
        store(&room, &StoredEntry { blob, ..message_of(seq) }, start);
    }
    assert!(!room.catch_up(ALICE, 0, &fetched()), "300,000 bytes came meanwhile");
    assert!(alice.heard().is_empty());
}

#[test]
fn a_reading_of_the_log_that_was_overtaken_by_a_notice_is_not_taken() {
    let room = LiveRoom::new(RoomId([9; 32]));
    let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::Owner, max_members: 16 };
    let deed = Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, 1, Signature([6; 64]));
    let read = StoredRoom {
        deed,
        state: RoomState::Open,
        head: GENESIS,
        head_seq: 0,
        head_key: NEW_KEY,
        locked_at: 0,
        last_seq: 0,
        floor: 0,
        pushed_out: 0,
        messages: Usage::default(),
        owner: None,
        seat: Seat([3; 16]),
    };
    let ticket = room.is_fresh().unwrap();
    store(&room, &message_of(1), now());
    room.refresh(ticket, &read);
    let ticket = room.is_fresh().unwrap();
    room.refresh(ticket, &read);
    assert!(room.is_fresh().is_none() && room.hears(NEW_KEY));
}

#[test]
fn everybody_is_told_that_the_room_is_gone() {
    let room = open_room();
    let alice = Listener::caught_up(&room, ALICE, OLD_KEY);
    room.hear(Notice::Gone(None), now());
    assert!(room.has_ended());
    assert_eq!(alice.heard(), ["0: NoSuchRoom"]);
    store(&room, &message_of(1), now());
    assert!(alice.heard().is_empty(), "what comes after it is another room's");
}

/// Whoever knows the room's name may come again and again, and floods nobody who waits for receipts.
#[test]
fn so_many_come_back_after_the_end_and_only_while_they_are_heard() {
    let room = open_room();
    let alice = Listener::caught_up(&room, ALICE, OLD_KEY);
    let at = now();
    room.hear(Notice::Gone(Some(&tombstone())), at);
    alice.heard();
    for conn in 10..14 {
        let is_in = room.attach_late(conn, Listener::out(), 2, at);
        let receipt = room.burned(conn, Burned { sig: Signature([1; 64]) });
        assert_eq!((is_in, receipt.is_ok()), (conn < 12, conn < 12));
        room.detach(conn, at);
    }
    assert_eq!(alice.heard().len(), 2);
    let room = open_room();
    let _alice = Listener::caught_up(&room, ALICE, OLD_KEY);
    assert!(!room.attach_late(BOB, Listener::out(), 2, at), "it has not ended");
    room.hear(Notice::Gone(Some(&tombstone())), at);
    assert!(!room.attach_late(BOB, Listener::out(), 2, at + limits::PARTING), "the minute is over");
}

#[test]
fn after_an_idle_end_there_is_nothing_to_confirm_and_nobody_to_close() {
    let room = open_room();
    let (alice, _bob) = (Listener::caught_up(&room, ALICE, OLD_KEY), Listener::caught_up(&room, BOB, OLD_KEY));
    room.hear(Notice::Gone(None), now());
    let refused = room.burned(BOB, Burned { sig: Signature([1; 64]) }).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NoSuchRoom);
    assert_eq!((room.parting(), alice.heard()), (None, vec!["0: NoSuchRoom".to_owned()]));
}
