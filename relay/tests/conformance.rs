//! What every log promises, run over every backend.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, Mutex, Weak};

use bytes::Bytes;
use conclave_proto::{
    Lane, RoomState,
    deed::{Deed, PanicBy, Policy},
    id::*,
    limits,
    owner::{SignedStatement, Tombstone},
};
use conclave_relay::log::{
    Append, Creation, Deletion, Expiry, Founding, LogError, MemoryLog, NewCommit, NewEntry, Notice, Ordered,
    OwnerChange, Quota, Range, RoomLog, SqlcipherLog, Standing, StorageKey, StoredRoom, Subscriber, Usage,
};
use conclave_seal::rng::OsRng;

const ROOM: RoomId = RoomId([1; 32]);
const GENESIS: Tag = Tag([200; 16]);
const FIRST_KEY: PublicKey = PublicKey([201; 32]);
const NOW: u64 = 1_700_000_000;
const QUOTA: Quota = Quota { entries: 100, bytes: 100_000 };
const DAY: u64 = 86_400;

fn deed(rev: u64) -> Deed {
    let policy = Policy { msg_ttl: 3600, idle_ttl: 40 * 86_400, panic_by: PanicBy::Owner, max_members: 16 };
    Deed::new(PublicKey([4; 32]), PublicKey([5; 32]), policy, rev, Signature([6; 64]))
}

fn founding(room: RoomId) -> Founding {
    Founding {
        room,
        deed: deed(1),
        key: FIRST_KEY,
        genesis: GENESIS,
        group_info: Bytes::from_static(b"first"),
        place: Bytes::from_static(b"place"),
        seat: Seat([7; 16]),
        now: NOW,
        max_rooms: 3,
    }
}

fn entry(head: Tag, cid: u8) -> NewEntry {
    NewEntry {
        seat: Seat([7; 16]),
        head,
        author: FIRST_KEY,
        blob: Bytes::copy_from_slice(&[cid; 100]),
        cid: Cid([cid; 16]),
        expires: NOW + 3600,
        del_hash: Some(DelHash([cid; 32])),
        now: NOW,
        quota: QUOTA,
    }
}

fn commit(head: Tag, cid: u8, author: Option<PublicKey>) -> NewCommit {
    NewCommit {
        seat: Seat([7; 16]),
        lane: if author.is_some() { Lane::Commit } else { Lane::Join },
        head,
        author,
        owner: false,
        blob: Bytes::copy_from_slice(&[cid; 200]),
        cid: Cid([cid; 16]),
        key: PublicKey([cid; 32]),
        tag: Tag([cid; 16]),
        group_info: Bytes::copy_from_slice(&[cid; 300]),
        place: Bytes::copy_from_slice(&[cid; 50]),
        expires: NOW + limits::RETENTION.as_secs(),
        now: NOW,
        quota: QUOTA,
    }
}

fn change(state: Option<RoomState>, head: Tag, base: Tag) -> OwnerChange {
    OwnerChange::Head { state, head, base, commit: None }
}

fn signed() -> SignedStatement {
    SignedStatement { statement: vec![1], sig: Signature([8; 64]) }
}

fn tombstone(room: RoomId) -> Tombstone {
    Tombstone {
        room_id: room,
        statement: vec![1],
        sig_access: None,
        pk: PublicKey([5; 32]),
        sig: Signature([8; 64]),
        deed: deed(1).as_bytes().to_vec(),
    }
}

const ALL: Range = Range { after: 0, until: u64::MAX, commits_only: false, max_n: 1000, max_bytes: 1 << 20 };

async fn room(log: &dyn RoomLog) -> StoredRoom {
    match log.state(ROOM).await.unwrap() {
        Standing::Here(room) => *room,
        other => panic!("{other:?}"),
    }
}

async fn seqs(log: &dyn RoomLog, range: Range) -> Vec<u64> {
    log.read(ROOM, range).await.unwrap().entries.iter().map(|entry| entry.seq).collect()
}

/// The number of a write that was stored.
fn seq(append: Append) -> u64 {
    match append {
        Append::Stored { seq, .. } => seq,
        other => panic!("{other:?}"),
    }
}

async fn a_room_is_founded_once(log: Arc<dyn RoomLog>) {
    assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Unknown));
    assert_eq!(log.append(ROOM, entry(GENESIS, 1)).await.unwrap(), Append::Missing);
    assert_eq!(log.create(founding(ROOM)).await.unwrap(), Creation::Created);
    assert_eq!(log.create(founding(ROOM)).await.unwrap(), Creation::Exists);
    let room = room(&*log).await;
    assert_eq!((room.head, room.head_seq, room.head_key, room.last_seq), (GENESIS, 0, FIRST_KEY, 0));
    assert_eq!((room.state, room.seat, room.deed.as_bytes()), (RoomState::Open, Seat([7; 16]), deed(1).as_bytes()));
    assert_eq!(log.member_key(ROOM, FIRST_KEY).await.unwrap(), Some(0));
    assert_eq!(log.member_key(ROOM, PublicKey([9; 32])).await.unwrap(), None);
    let info = log.group_info(ROOM, None).await.unwrap().unwrap();
    assert_eq!((info.tag, info.seq, &info.blob[..]), (GENESIS, 0, &b"first"[..]));
    for n in [11, 12] {
        assert_eq!(log.create(founding(RoomId([n; 32]))).await.unwrap(), Creation::Created);
    }
    assert_eq!(log.create(founding(RoomId([13; 32]))).await.unwrap(), Creation::Full, "new rooms are refused first");
}

async fn entries_are_numbered_and_read_in_pages(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    for cid in 1..=5 {
        assert_eq!(seq(log.append(ROOM, entry(GENESIS, cid)).await.unwrap()), u64::from(cid));
    }
    let page = log.read(ROOM, Range { max_n: 2, ..ALL }).await.unwrap();
    assert_eq!((page.entries.len(), page.more), (2, true));
    assert_eq!(page.entries[1].blob, vec![2; 100]);
    assert_eq!(seqs(&*log, Range { after: 2, max_bytes: 250, ..ALL }).await, [3, 4], "bytes of envelopes bound a page");
    assert_eq!(seqs(&*log, Range { after: 4, max_bytes: 1, ..ALL }).await, [5], "one entry always comes");
    assert_eq!(seqs(&*log, Range { after: 1, until: 3, ..ALL }).await, [2, 3]);
    assert_eq!(seqs(&*log, Range { after: 9, until: 3, ..ALL }).await, [0; 0]);
    let page = log.read(ROOM, ALL).await.unwrap();
    assert_eq!((page.entries.len(), page.more), (5, false));
}

async fn a_commit_moves_the_head_and_a_stale_write_is_refused(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    assert_eq!(seq(log.commit(ROOM, commit(GENESIS, 2, None)).await.unwrap()), 2);
    let head = Tag([2; 16]);
    let stale = Append::Stale { head, seq: 2 };
    assert_eq!(log.append(ROOM, entry(GENESIS, 3)).await.unwrap(), stale);
    assert_eq!(log.commit(ROOM, commit(GENESIS, 4, Some(FIRST_KEY))).await.unwrap(), stale);
    assert_eq!(seq(log.append(ROOM, entry(head, 3)).await.unwrap()), 3, "a refused cid is free");
    let room = room(&*log).await;
    assert_eq!((room.head, room.head_seq, room.head_key, room.last_seq), (head, 2, PublicKey([2; 32]), 3));
    assert_eq!(log.member_key(ROOM, PublicKey([2; 32])).await.unwrap(), Some(2));
    assert_eq!(log.first_commit_after(ROOM, 0).await.unwrap(), Some(2));
    assert_eq!(log.first_commit_after(ROOM, 2).await.unwrap(), None);
    assert_eq!(seqs(&*log, Range { commits_only: true, ..ALL }).await, [2]);
    let read = &log.read(ROOM, ALL).await.unwrap().entries[1];
    assert_eq!((read.lane, read.key, read.tag), (Lane::Join, Some(PublicKey([2; 32])), Some(head)));
}

async fn a_cid_is_looked_up_before_the_head(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 2, Some(FIRST_KEY))).await.unwrap();
    assert_eq!(log.append(ROOM, entry(GENESIS, 1)).await.unwrap(), Append::Duplicate { seq: 1, tag: None });
    let again = log.commit(ROOM, commit(GENESIS, 2, Some(FIRST_KEY))).await.unwrap();
    assert_eq!(again, Append::Duplicate { seq: 2, tag: Some(Tag([2; 16])) });
    log.delete(ROOM, 1, DelHash([1; 32])).await.unwrap();
    let again = log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    assert_eq!(again, Append::Duplicate { seq: 1, tag: None }, "a cid outlives its entry");
    assert_eq!(room(&*log).await.last_seq, 2);
}

async fn a_commit_is_in_the_log_once_under_whatever_cid(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 1, None)).await.unwrap();
    log.commit(ROOM, commit(Tag([1; 16]), 2, Some(FIRST_KEY))).await.unwrap();
    for (tag, head) in [(1, 2), (2, 2), (1, 1)] {
        let again = NewCommit { cid: Cid([99; 16]), ..commit(Tag([head; 16]), tag, Some(FIRST_KEY)) };
        let known = Append::Duplicate { seq: tag.into(), tag: Some(Tag([tag; 16])) };
        assert_eq!(log.commit(ROOM, again).await.unwrap(), known);
    }
    assert_eq!(room(&*log).await.head, Tag([2; 16]), "and moves no head");
}

async fn a_cid_of_a_message_is_known_as_long_as_its_entry_and_at_least_a_day(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let short = NewEntry { expires: NOW + 60, ..entry(GENESIS, 1) };
    let long = NewEntry { expires: NOW + 20 * DAY, ..entry(GENESIS, 2) };
    log.append(ROOM, short.clone()).await.unwrap();
    log.append(ROOM, long.clone()).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 3, Some(FIRST_KEY))).await.unwrap();
    expire_all(&*log, NOW + DAY).await;
    assert_eq!(log.append(ROOM, short.clone()).await.unwrap(), Append::Duplicate { seq: 1, tag: None }, "for a day");
    expire_all(&*log, NOW + DAY + 3600).await;
    let forgotten = log.append(ROOM, NewEntry { now: NOW + DAY, ..short }).await.unwrap();
    assert!(matches!(forgotten, Append::Stale { .. }), "and then it is new: {forgotten:?}");
    expire_all(&*log, NOW + 19 * DAY).await;
    assert_eq!(log.append(ROOM, long).await.unwrap(), Append::Duplicate { seq: 2, tag: None }, "with its entry");
}

async fn a_commit_is_known_as_long_as_its_room(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 1, None)).await.unwrap();
    // So many that the GroupInfo of the first one goes.
    for cid in 2..=70 {
        let commit = commit(Tag([cid - 1; 16]), cid, None);
        log.commit(ROOM, NewCommit { now: NOW + 25 * DAY, expires: NOW + 55 * DAY, ..commit }).await.unwrap();
    }
    expire_all(&*log, NOW + 40 * DAY).await;
    assert_eq!(seqs(&*log, ALL).await, (2..=70).collect::<Vec<_>>(), "the first has expired");
    let (known, head) = (Append::Duplicate { seq: 1, tag: Some(Tag([1; 16])) }, Tag([70; 16]));
    assert_eq!(log.commit(ROOM, commit(head, 1, None)).await.unwrap(), known, "and is not taken a second time");
    let again = NewCommit { cid: Cid([99; 16]), ..commit(head, 1, None) };
    assert_eq!(log.commit(ROOM, again).await.unwrap(), known, "under whatever cid");
}

async fn empty_messages_count_and_the_oldest_are_forgotten(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let quota = Quota { entries: 100, bytes: 5 + 10 * Quota::CID };
    let empty = |n: u16| {
        let now = NOW + u64::from(n) * 61;
        let cid = Cid(std::array::from_fn(|at| n.to_be_bytes()[at % 2]));
        NewEntry { blob: Bytes::new(), cid, expires: now + 60, now, quota, ..entry(GENESIS, 0) }
    };
    for n in 0..2000_u16 {
        // A message a minute, each gone before the next one comes; ten are known at a time.
        let message = empty(n);
        expire_all(&*log, message.now).await;
        assert_eq!(seq(log.append(ROOM, message).await.unwrap()), u64::from(n) + 1);
    }
    for n in 1990..2000 {
        let known = Append::Duplicate { seq: u64::from(n) + 1, tag: None };
        assert_eq!(log.append(ROOM, empty(n)).await.unwrap(), known);
    }
    assert_eq!(seq(log.append(ROOM, empty(1989)).await.unwrap()), 2001, "the eleventh is new again");
}

async fn of_two_commits_at_once_one_wins(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let race = (1..=20).map(|cid| log.commit(ROOM, commit(GENESIS, cid, Some(FIRST_KEY))));
    let outcomes = futures_util::future::join_all(race).await;
    let won = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Append::Stored { .. }))).count();
    let lost = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Append::Stale { seq: 1, .. }))).count();
    assert_eq!((won, lost), (1, 19));
}

/// The first bytes of the tags of the GroupInfos that are kept, newest first.
async fn group_infos(log: &dyn RoomLog) -> Vec<u8> {
    let (mut kept, mut before) = (vec![], None);
    while let Some(info) = log.group_info(ROOM, before).await.unwrap() {
        before = Some(info.tag);
        kept.push(info.tag.0[0]);
    }
    kept
}

async fn group_infos_are_pruned_but_not_the_newest_of_a_member(log: Arc<dyn RoomLog>) {
    let most = u8::try_from(limits::GROUP_INFOS).unwrap();
    assert_eq!(most, 64, "so many commits of garbage it takes, and not fewer");
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 1, Some(FIRST_KEY))).await.unwrap();
    for cid in 2..=most + 5 {
        log.commit(ROOM, commit(Tag([cid - 1; 16]), cid, None)).await.unwrap();
    }
    let expected: Vec<u8> = (6..=most + 5).rev().chain([1]).collect();
    assert_eq!(group_infos(&*log).await, expected, "the newest, and the one that a member vouches for");
    let newest = log.group_info(ROOM, None).await.unwrap().unwrap();
    assert_eq!(newest.blob, vec![most + 5; 300]);
    assert_eq!(log.group_info(ROOM, Some(Tag([99; 16]))).await.unwrap(), None);
}

async fn of_too_many_bytes_of_group_infos_the_largest_go(log: Arc<dyn RoomLog>) {
    let quarter = Bytes::from(vec![7; limits::GROUP_INFO_BYTES / 4]);
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 1, Some(FIRST_KEY))).await.unwrap();
    let large = |cid: u8| {
        let head = Tag([cid - 1; 16]);
        NewCommit { group_info: quarter.clone(), ..commit(head, cid, Some(FIRST_KEY)) }
    };
    for cid in 2..=6 {
        log.commit(ROOM, large(cid)).await.unwrap();
    }
    assert_eq!(group_infos(&*log).await, [6, 5, 4, 1, 200], "three quarters, and the small ones that others need");
    log.commit(ROOM, commit(Tag([6; 16]), 7, None)).await.unwrap();
    assert_eq!(group_infos(&*log).await, [7, 6, 5, 4, 1, 200]);
}

/// Garbage a little smaller than what a member has uploaded, and more of it than is kept in all: twenty fit.
async fn the_largest_group_infos_go_but_not_the_newest_of_a_member(log: Arc<dyn RoomLog>) {
    let size = limits::GROUP_INFO_BYTES * 2 / 41;
    log.create(founding(ROOM)).await.unwrap();
    let sized = |cid: u8, size: usize, author| {
        let head = if cid == 1 { GENESIS } else { Tag([cid - 1; 16]) };
        NewCommit { group_info: Bytes::from(vec![cid; size]), ..commit(head, cid, author) }
    };
    for cid in 1..=2 {
        log.commit(ROOM, sized(cid, size + 2, Some(FIRST_KEY))).await.unwrap();
    }
    for cid in 3..=24 {
        log.commit(ROOM, sized(cid, size, None)).await.unwrap();
    }
    let expected: Vec<u8> = (6..=24).rev().chain([2, 200]).collect();
    assert_eq!(group_infos(&*log).await, expected, "an older one by a member goes first, and garbage after it");
}

async fn a_commit_is_known_as_long_as_its_group_info(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let quota = Quota { entries: 3, bytes: 1 << 20 };
    log.commit(ROOM, commit(GENESIS, 1, Some(FIRST_KEY))).await.unwrap();
    for cid in 2..=8 {
        log.commit(ROOM, NewCommit { quota, ..commit(Tag([cid - 1; 16]), cid, None) }).await.unwrap();
    }
    assert_eq!(seqs(&*log, ALL).await, [6, 7, 8], "the first is forgotten");
    let again = NewCommit { cid: Cid([99; 16]), quota, ..commit(Tag([8; 16]), 1, None) };
    let known = Append::Duplicate { seq: 1, tag: Some(Tag([1; 16])) };
    assert_eq!(log.commit(ROOM, again.clone()).await.unwrap(), known);
    let genesis = NewCommit { tag: GENESIS, ..again.clone() };
    assert_eq!(log.commit(ROOM, genesis).await.unwrap(), Append::Duplicate { seq: 0, tag: Some(GENESIS) });
    let order = OwnerChange::Head { state: None, head: again.head, base: again.head, commit: Some(Box::new(again)) };
    let ordered = log.owner(ROOM, 1, order, signed()).await.unwrap();
    assert_eq!(ordered, Ordered::Duplicate { seq: 1, tag: Some(Tag([1; 16])) });
    let all: Vec<u8> = (1..=8).rev().chain([200]).collect();
    assert_eq!(group_infos(&*log).await, all, "each once, down to the first epoch");
}

/// The first bytes of the places that FETCH hands out, in the order of the commits.
async fn places(log: &dyn RoomLog) -> Vec<u8> {
    let page = log.read(ROOM, Range { commits_only: true, ..ALL }).await.unwrap();
    page.entries.iter().filter_map(|entry| entry.place.as_ref()).map(|place| place[0]).collect()
}

async fn a_commit_is_handed_out_with_its_place(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let first = log.group_info(ROOM, None).await.unwrap().unwrap();
    assert_eq!(first.place, Some(Bytes::from_static(b"place")), "the first epoch has one too");
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 2, Some(FIRST_KEY))).await.unwrap();
    log.commit(ROOM, NewCommit { place: Bytes::new(), ..commit(Tag([2; 16]), 3, None) }).await.unwrap();
    let read = log.read(ROOM, ALL).await.unwrap().entries;
    let found: Vec<Option<Bytes>> = read.into_iter().map(|entry| entry.place).collect();
    assert_eq!(found, [None, Some(Bytes::from(vec![2; 50])), Some(Bytes::new())], "a message has none");
    let info = log.group_info(ROOM, Some(Tag([3; 16]))).await.unwrap().unwrap();
    assert_eq!((info.seq, info.place), (2, Some(Bytes::from(vec![2; 50]))));
    assert_eq!(seqs(&*log, Range { max_bytes: 349, ..ALL }).await, [1], "places are counted in a page");
    assert_eq!(seqs(&*log, Range { max_bytes: 350, ..ALL }).await, [1, 2]);
}

async fn places_of_the_newest_commits_are_kept_and_of_every_group_info(log: Arc<dyn RoomLog>) {
    let newest = u8::try_from(limits::PLACES).unwrap();
    assert_eq!(newest, 64, "so many commits of garbage it takes, and not fewer");
    log.create(founding(ROOM)).await.unwrap();
    // A member's commit, and then garbage of somebody who merely has the code.
    log.commit(ROOM, commit(GENESIS, 1, Some(FIRST_KEY))).await.unwrap();
    for cid in 2..newest {
        log.commit(ROOM, commit(Tag([cid - 1; 16]), cid, None)).await.unwrap();
    }
    let all: Vec<u8> = (1..newest).collect();
    assert_eq!(places(&*log).await, all, "with the first epoch's they are as many as are kept");
    // What is refused pushes out nothing: stale, or known already.
    for cid in 2..newest {
        log.commit(ROOM, commit(GENESIS, cid, None)).await.unwrap();
        log.commit(ROOM, commit(GENESIS, 100 + cid, None)).await.unwrap();
    }
    assert_eq!(places(&*log).await, all);
    for cid in newest..newest + 10 {
        log.commit(ROOM, commit(Tag([cid - 1; 16]), cid, None)).await.unwrap();
    }
    let expected: Vec<u8> = [1].into_iter().chain(10..newest + 10).collect();
    assert_eq!(places(&*log).await, expected, "the newest, and the one whose GroupInfo a member vouches for");
    let (mut infos, mut before) = (vec![], None);
    while let Some(info) = log.group_info(ROOM, before).await.unwrap() {
        assert_eq!(info.place, Some(Bytes::from(vec![info.tag.0[0]; 50])), "of every GroupInfo that is kept");
        infos.push(info.seq);
        before = Some(info.tag);
    }
    assert_eq!(infos.last(), Some(&1));
    // The member's next commit takes over, and its old place goes.
    let head = Tag([newest + 9; 16]);
    log.commit(ROOM, commit(head, newest + 10, Some(FIRST_KEY))).await.unwrap();
    assert_eq!(places(&*log).await, (11..=newest + 10).collect::<Vec<u8>>());
}

/// Stores so many commits, each on top of the one before, and returns the floor.
async fn floor_after(log: &dyn RoomLog, count: u8, quota: Quota) -> u64 {
    for cid in 1..=count {
        let head = if cid == 1 { GENESIS } else { Tag([cid - 1; 16]) };
        let stored = log.commit(ROOM, NewCommit { quota, ..commit(head, cid, None) }).await.unwrap();
        assert_eq!(seq(stored), u64::from(cid));
    }
    room(log).await.floor
}

/// What a commit counts, and the place of the first epoch.
const EACH: u64 = 250 + Quota::CID;
const FIRST: u64 = 5;

async fn commits_beyond_their_share_take_the_envelopes_of_the_oldest(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.append(ROOM, entry(GENESIS, 100)).await.unwrap();
    let quota = Quota { entries: 100, bytes: FIRST + 4 * EACH };
    for cid in 1..=5_u8 {
        let head = if cid == 1 { GENESIS } else { Tag([cid - 1; 16]) };
        let stored = log.commit(ROOM, NewCommit { quota, ..commit(head, cid, None) }).await.unwrap();
        assert_eq!(seq(stored), u64::from(cid) + 1);
    }
    // Four fit, and the fifth takes as much as two envelopes.
    let standing = room(&*log).await;
    assert_eq!((standing.floor, standing.head, standing.head_seq), (3, Tag([5; 16]), 6));
    let read = log.read(ROOM, Range { after: standing.floor, ..ALL }).await.unwrap();
    let read: Vec<_> = read.entries.iter().map(|entry| (entry.seq, entry.blob.len())).collect();
    assert_eq!(read, [(4, 200), (5, 200), (6, 200)]);
    for cid in 1..=5 {
        let seq = u64::from(cid) + 1;
        assert_eq!(log.member_key(ROOM, PublicKey([cid; 32])).await.unwrap(), Some(seq), "whoever is there stays");
        let again = NewCommit { cid: Cid([99; 16]), ..commit(standing.head, cid, None) };
        let known = Append::Duplicate { seq, tag: Some(Tag([cid; 16])) };
        assert_eq!(log.commit(ROOM, again).await.unwrap(), known, "and none is taken twice");
    }
    assert_eq!(seqs(&*log, Range { until: 1, ..ALL }).await, [1], "messages have their own share");
    let back = log.owner(ROOM, 1, change(None, standing.head, Tag([2; 16])), signed()).await.unwrap();
    assert_eq!(back, Ordered::Done(None), "the owner can set the head back to one");
}

/// Between asking for the floor and reading, somebody commits.
async fn a_reading_brings_no_commit_up_to_the_floor_and_says_where_it_is(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let quota = Quota { entries: 100, bytes: FIRST + 4 * EACH };
    let next = |cid: u8| NewCommit { quota, ..commit(if cid == 1 { GENESIS } else { Tag([cid - 1; 16]) }, cid, None) };
    for cid in 1..=5 {
        log.append(ROOM, entry(room(&*log).await.head, 100 + cid)).await.unwrap();
        log.commit(ROOM, next(cid)).await.unwrap();
    }
    let before = room(&*log).await.floor;
    log.commit(ROOM, next(6)).await.unwrap();
    let floor = room(&*log).await.floor;
    assert_eq!((before, floor), (4, 8), "commits 2 and 4 had no envelopes, and now 6 and 8 have none, either");
    let page = log.read(ROOM, Range { after: before, ..ALL }).await.unwrap();
    assert_eq!(page.floor, floor);
    let read: Vec<_> = page.entries.iter().map(|entry| (entry.seq, entry.blob.len())).collect();
    assert_eq!(read, [(5, 100), (7, 100), (9, 100), (10, 200), (11, 200)], "messages below it, and no empty commit");
    assert_eq!(seqs(&*log, Range { commits_only: true, ..ALL }).await, [10, 11]);
    let page = log.read(ROOM, Range { after: 11, ..ALL }).await.unwrap();
    assert_eq!((page.entries.len(), page.floor), (0, floor), "where it is, also of a page without entries");
}

async fn commits_beyond_their_share_push_the_oldest_out(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let quota = Quota { entries: 3, bytes: 1 << 20 };
    assert_eq!(floor_after(&*log, 3, quota).await, 0);
    let more = commit(Tag([3; 16]), 4, None);
    assert_eq!(seq(log.commit(ROOM, NewCommit { quota, ..more }).await.unwrap()), 4);
    assert_eq!((room(&*log).await.floor, seqs(&*log, ALL).await), (1, vec![2, 3, 4]));
    assert_eq!(log.member_key(ROOM, PublicKey([1; 32])).await.unwrap(), None, "its key went with it");
    // The head stays, also where it is the oldest.
    log.owner(ROOM, 1, change(None, Tag([4; 16]), Tag([2; 16])), signed()).await.unwrap();
    let new = NewCommit { quota, ..commit(Tag([2; 16]), 5, None) };
    assert_eq!(seq(log.commit(ROOM, new).await.unwrap()), 5);
    assert_eq!((room(&*log).await.floor, seqs(&*log, ALL).await), (3, vec![4, 5]));
    assert_eq!(log.member_key(ROOM, PublicKey([2; 32])).await.unwrap(), Some(2), "below the floor nobody reads it");
}

async fn a_commit_that_can_never_fit_is_refused(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let with = |bytes| NewCommit { quota: Quota { entries: 1, bytes }, ..commit(GENESIS, 1, None) };
    assert_eq!(log.commit(ROOM, with(EACH - 1)).await.unwrap(), Append::Full);
    assert_eq!(room(&*log).await.head, GENESIS, "and nothing was changed");
    assert_eq!(seq(log.commit(ROOM, with(EACH)).await.unwrap()), 1);
}

async fn places_count_in_the_quota_until_they_are_dropped(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let most = u8::try_from(limits::PLACES).unwrap();
    floor_after(&*log, most + 5, Quota { entries: 100, bytes: 1 << 20 }).await;
    // The places of the newest are kept, and that of the first epoch, whose GroupInfo a member has uploaded.
    let stored = FIRST + (200 + Quota::CID) * u64::from(most + 5) + 50 * u64::from(most);
    let next = |cid: u8, bytes| {
        let quota = Quota { entries: 100, bytes };
        NewCommit { quota, ..commit(Tag([cid - 1; 16]), cid, None) }
    };
    log.commit(ROOM, next(most + 6, stored + EACH)).await.unwrap();
    assert_eq!(room(&*log).await.floor, 0, "it fits");
    log.commit(ROOM, next(most + 7, stored + 2 * EACH - 51)).await.unwrap();
    assert_eq!(room(&*log).await.floor, 1, "one byte is missing, after a place was dropped");
}

async fn a_locked_room_hears_only_its_head(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 1, Some(FIRST_KEY))).await.unwrap();
    let head = Tag([1; 16]);
    let key = PublicKey([1; 32]);
    assert_eq!(
        log.owner(ROOM, 5, change(Some(RoomState::Locked), head, head), signed()).await.unwrap(),
        Ordered::Done(None)
    );
    assert_eq!(log.owner(ROOM, 5, change(Some(RoomState::Open), head, head), signed()).await.unwrap(), Ordered::Old);
    let stale = log.owner(ROOM, 6, change(Some(RoomState::Open), GENESIS, GENESIS), signed()).await.unwrap();
    assert_eq!(stale, Ordered::Stale { head, seq: 1 });
    assert_eq!(log.append(ROOM, entry(head, 2)).await.unwrap(), Append::Locked, "an old epoch's key");
    assert_eq!(log.commit(ROOM, commit(head, 3, None)).await.unwrap(), Append::Locked, "a joiner");
    let own = NewEntry { author: key, ..entry(head, 4) };
    assert_eq!(seq(log.append(ROOM, own).await.unwrap()), 2);
    let locked = room(&*log).await;
    assert_eq!((locked.state, locked.locked_at, locked.owner), (RoomState::Locked, 1, Some(signed())));
    assert_eq!(
        log.owner(ROOM, 7, change(Some(RoomState::Open), head, head), signed()).await.unwrap(),
        Ordered::Done(None)
    );
    assert_eq!(seq(log.append(ROOM, entry(head, 2)).await.unwrap()), 3);
}

async fn the_head_is_set_back_and_the_deed_replaced(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 1, Some(FIRST_KEY))).await.unwrap();
    log.commit(ROOM, commit(Tag([1; 16]), 2, None)).await.unwrap();
    let unknown = log.owner(ROOM, 1, change(None, Tag([2; 16]), Tag([9; 16])), signed()).await.unwrap();
    assert_eq!(unknown, Ordered::NoSuchEntry);
    log.owner(ROOM, 1, change(None, Tag([2; 16]), Tag([1; 16])), signed()).await.unwrap();
    let back = room(&*log).await;
    assert_eq!((back.head, back.head_seq, back.head_key, back.last_seq), (Tag([1; 16]), 1, PublicKey([1; 32]), 2));
    log.owner(ROOM, 2, change(None, Tag([1; 16]), GENESIS), signed()).await.unwrap();
    let back = room(&*log).await;
    assert_eq!((back.head, back.head_seq, back.head_key), (GENESIS, 0, FIRST_KEY));
    assert_eq!(seq(log.append(ROOM, entry(GENESIS, 3)).await.unwrap()), 3, "numbers never go back");
    log.owner(ROOM, 3, OwnerChange::Policy(deed(2)), signed()).await.unwrap();
    assert_eq!(room(&*log).await.deed.rev(), 2);
    let missing = log.owner(RoomId([9; 32]), 1, change(None, GENESIS, GENESIS), signed()).await.unwrap();
    assert_eq!(missing, Ordered::Missing);
}

async fn an_order_and_its_commit_are_one_transaction(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 1, None)).await.unwrap();
    let garbage = Tag([1; 16]);
    let with = |head, new: NewCommit| OwnerChange::Head {
        state: Some(RoomState::Locked),
        head,
        base: GENESIS,
        commit: Some(Box::new(NewCommit { owner: true, ..new })),
    };
    let new = commit(GENESIS, 2, Some(FIRST_KEY));
    let stale = log.owner(ROOM, 1, with(GENESIS, new.clone()), signed()).await.unwrap();
    assert_eq!(stale, Ordered::Stale { head: garbage, seq: 1 });
    let no_room = NewCommit { quota: Quota { entries: 0, bytes: 1 << 20 }, ..new.clone() };
    assert_eq!(log.owner(ROOM, 1, with(garbage, no_room), signed()).await.unwrap(), Ordered::Full);
    let before = room(&*log).await;
    assert_eq!((before.state, before.head, before.owner), (RoomState::Open, garbage, None), "all or nothing");
    assert_eq!(log.owner(ROOM, 1, with(garbage, new.clone()), signed()).await.unwrap(), Ordered::Done(Some(2)));
    let after = room(&*log).await;
    assert_eq!((after.state, after.head, after.head_seq, after.locked_at), (RoomState::Locked, Tag([2; 16]), 2, 1));
    let again = log.owner(ROOM, 1, with(garbage, new), signed()).await.unwrap();
    assert_eq!(again, Ordered::Duplicate { seq: 2, tag: Some(Tag([2; 16])) });
    assert_eq!(log.group_info(ROOM, None).await.unwrap().unwrap().seq, 2);
    let outsider = commit(Tag([2; 16]), 3, None);
    assert_eq!(log.commit(ROOM, outsider.clone()).await.unwrap(), Append::Locked);
    let owner = NewCommit { owner: true, ..outsider };
    assert_eq!(seq(log.commit(ROOM, owner).await.unwrap()), 3, "the owner comes in again");
}

async fn a_commit_that_an_order_brings_is_in_the_log_once(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let first = commit(GENESIS, 1, Some(FIRST_KEY));
    log.commit(ROOM, first.clone()).await.unwrap();
    let again = Box::new(NewCommit { cid: Cid([99; 16]), owner: true, ..first.clone() });
    let order =
        OwnerChange::Head { state: Some(RoomState::Locked), head: first.tag, base: GENESIS, commit: Some(again) };
    let ordered = log.owner(ROOM, 1, order, signed()).await.unwrap();
    assert_eq!(ordered, Ordered::Duplicate { seq: 1, tag: Some(first.tag) }, "under whatever cid");
    let after = room(&*log).await;
    assert_eq!((after.state, after.head, after.last_seq, after.owner), (RoomState::Open, first.tag, 1, None));
    let next = log.owner(ROOM, 1, change(None, first.tag, GENESIS), signed()).await.unwrap();
    assert_eq!(next, Ordered::Done(None), "the counter is free");
}

async fn an_entry_is_deleted_by_its_token_alone(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    log.append(ROOM, NewEntry { del_hash: None, ..entry(GENESIS, 2) }).await.unwrap();
    assert_eq!(log.delete(ROOM, 1, DelHash([9; 32])).await.unwrap(), Deletion::BadToken);
    assert_eq!(log.delete(ROOM, 2, DelHash([2; 32])).await.unwrap(), Deletion::BadToken, "no hash, no deletion");
    assert_eq!(log.delete(ROOM, 3, DelHash([2; 32])).await.unwrap(), Deletion::NoSuchEntry);
    assert_eq!(log.delete(ROOM, 1, DelHash([1; 32])).await.unwrap(), Deletion::Deleted);
    assert_eq!(log.delete(ROOM, 1, DelHash([1; 32])).await.unwrap(), Deletion::Deleted);
    assert_eq!(seqs(&*log, ALL).await, [2]);
}

async fn messages_beyond_their_share_push_the_oldest_out(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 50, None)).await.unwrap();
    let two = |cid| NewEntry { quota: Quota { entries: 2, bytes: 1000 }, ..entry(Tag([50; 16]), cid) };
    for cid in 1..=3 {
        assert_eq!(seq(log.append(ROOM, two(cid)).await.unwrap()), u64::from(cid) + 1);
    }
    assert_eq!(seqs(&*log, ALL).await, [1, 3, 4], "but no commit");
    let each = 100 + Quota::CID;
    let held = |entries| Usage { entries, bytes: entries * each };
    assert_eq!(room(&*log).await.messages, held(2), "a client can tell that it is full");
    let standing = room(&*log).await;
    assert_eq!((standing.floor, standing.pushed_out), (0, 2), "whoever was away can be told");
    let small = |cid, bytes| NewEntry { quota: Quota { entries: 9, bytes }, ..entry(Tag([50; 16]), cid) };
    let stored = log.append(ROOM, small(4, 199 + 2 * Quota::CID)).await.unwrap();
    assert_eq!(stored, Append::Stored { seq: 5, messages: held(1) });
    assert_eq!(seqs(&*log, ALL).await, [1, 5], "by bytes as well");
    assert_eq!(log.append(ROOM, small(5, 99 + Quota::CID)).await.unwrap(), Append::Full, "it can never fit");
    log.delete(ROOM, 5, DelHash([4; 32])).await.unwrap();
    log.append(ROOM, small(6, 100 + 2 * Quota::CID)).await.unwrap();
    assert_eq!(log.append(ROOM, two(4)).await.unwrap(), Append::Duplicate { seq: 5, tag: None }, "known after that");
    log.append(ROOM, small(7, 100 + Quota::CID)).await.unwrap();
    assert_eq!((seqs(&*log, ALL).await, room(&*log).await.pushed_out), (vec![1, 7], 6));
}

async fn expire_all(log: &dyn RoomLog, now: u64) -> Expiry {
    let mut total = Expiry::default();
    loop {
        let part = log.expire(now, now).await.unwrap();
        total.entries += part.entries;
        total.rooms += part.rooms;
        if !part.more {
            return total;
        }
    }
}

async fn entries_expire_and_with_a_commit_its_key_but_never_the_head(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 2, Some(FIRST_KEY))).await.unwrap();
    log.commit(ROOM, NewCommit { now: NOW + 20 * DAY, ..commit(Tag([2; 16]), 3, None) }).await.unwrap();
    assert_eq!(expire_all(&*log, NOW + 3599).await, Expiry::default());
    assert_eq!(expire_all(&*log, NOW + 3600).await, Expiry { entries: 1, rooms: 0, more: false });
    assert_eq!(room(&*log).await.floor, 0, "messages expire without a trace, commits do not");
    assert_eq!(expire_all(&*log, NOW + 31 * DAY).await.entries, 1);
    assert_eq!(seqs(&*log, ALL).await, [3], "the head stays, expired or not");
    assert_eq!(room(&*log).await.floor, 2);
    assert_eq!(log.member_key(ROOM, PublicKey([2; 32])).await.unwrap(), None);
    assert_eq!(log.member_key(ROOM, PublicKey([3; 32])).await.unwrap(), Some(3));
    assert_eq!(log.member_key(ROOM, FIRST_KEY).await.unwrap(), Some(0), "the first key belongs to the room");
}

async fn what_nobody_can_bring_back_goes_by_the_settled_time(log: Arc<dyn RoomLog>) {
    let other = RoomId([2; 32]);
    log.create(founding(ROOM)).await.unwrap();
    log.create(founding(other)).await.unwrap();
    log.wipe(other, tombstone(other), NOW).await.unwrap();
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    log.commit(ROOM, commit(GENESIS, 2, Some(FIRST_KEY))).await.unwrap();
    log.commit(ROOM, commit(Tag([2; 16]), 3, Some(FIRST_KEY))).await.unwrap();
    log.expire(NOW + 400 * DAY, NOW).await.unwrap();
    assert_eq!(seqs(&*log, ALL).await, [2, 3], "a message burns by the wall clock");
    assert!(matches!(log.state(other).await.unwrap(), Standing::Gone(_)));
    expire_all(&*log, NOW + 400 * DAY).await;
    assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Unknown));
    assert!(matches!(log.state(other).await.unwrap(), Standing::Unknown));
}

async fn an_idle_room_ends_and_its_name_is_free(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.append(ROOM, NewEntry { now: NOW + DAY, ..entry(GENESIS, 1) }).await.unwrap();
    // Clients of members renew their keys by themselves, which keeps no room.
    log.commit(ROOM, NewCommit { now: NOW + 2 * DAY, ..commit(GENESIS, 2, Some(FIRST_KEY)) }).await.unwrap();
    assert_eq!(expire_all(&*log, NOW + 30 * DAY).await.rooms, 0, "the last message counts");
    // The policy says forty days; nothing is kept longer than thirty.
    assert_eq!(expire_all(&*log, NOW + 31 * DAY + 3600).await.rooms, 1);
    assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Unknown));
    assert_eq!(log.create(founding(ROOM)).await.unwrap(), Creation::Created);
    assert_eq!(seq(log.append(ROOM, entry(GENESIS, 1)).await.unwrap()), 1, "nothing of before is left");
}

async fn a_wiped_room_leaves_a_tombstone_for_its_time(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    log.append(ROOM, NewEntry { now: NOW + 10 * DAY, ..entry(GENESIS, 3) }).await.unwrap();
    assert!(log.wipe(ROOM, tombstone(ROOM), NOW + 10 * DAY).await.unwrap());
    assert!(!log.wipe(ROOM, tombstone(ROOM), NOW + 11 * DAY).await.unwrap(), "once");
    assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Gone(found) if *found == tombstone(ROOM)));
    assert_eq!(log.append(ROOM, entry(GENESIS, 2)).await.unwrap(), Append::Missing);
    assert_eq!(log.create(founding(ROOM)).await.unwrap(), Creation::Gone(Box::new(tombstone(ROOM))));
    expire_all(&*log, NOW + 20 * DAY - 1).await;
    assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Gone(_)), "as long as it has lived");
    expire_all(&*log, NOW + 20 * DAY + 3600).await;
    assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Unknown));
}

async fn a_tombstone_of_a_young_room_blocks_its_name_for_an_hour_and_of_an_old_one_for_ninety_days(
    log: Arc<dyn RoomLog>,
) {
    for (lived, blocked) in [(60, 3600), (200 * DAY, 90 * DAY)] {
        log.create(founding(ROOM)).await.unwrap();
        log.wipe(ROOM, tombstone(ROOM), NOW + lived).await.unwrap();
        expire_all(&*log, NOW + lived + blocked - 1).await;
        assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Gone(_)), "{lived}");
        expire_all(&*log, NOW + lived + blocked).await;
        assert!(matches!(log.state(ROOM).await.unwrap(), Standing::Unknown), "{lived}");
    }
}

async fn a_tombstone_has_the_place_of_its_room_and_no_creation_pushes_it_out(log: Arc<dyn RoomLog>) {
    for n in [11, 12, 13] {
        assert_eq!(log.create(founding(RoomId([n; 32]))).await.unwrap(), Creation::Created);
    }
    let first = RoomId([11; 32]);
    assert!(log.wipe(first, tombstone(first), NOW).await.unwrap());
    for n in 20..40 {
        assert_eq!(log.create(founding(RoomId([n; 32]))).await.unwrap(), Creation::Full, "it counts as a room");
    }
    assert!(matches!(log.state(first).await.unwrap(), Standing::Gone(_)));
    expire_all(&*log, NOW + 3600).await;
    assert_eq!(log.create(founding(RoomId([20; 32]))).await.unwrap(), Creation::Created, "the place is free again");
}

async fn a_role_of_another_seat_writes_nothing(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let seat = Seat([70; 16]);
    assert_eq!(log.append(ROOM, NewEntry { seat, ..entry(GENESIS, 1) }).await.unwrap(), Append::Missing);
    let other = NewCommit { seat, ..commit(GENESIS, 2, Some(FIRST_KEY)) };
    assert_eq!(log.commit(ROOM, other).await.unwrap(), Append::Missing);
    assert_eq!(room(&*log).await.last_seq, 0);
}

/// Writes down what it hears.
#[derive(Debug, Default)]
struct Ear(Mutex<Vec<String>>);

impl Subscriber for Ear {
    fn notice(&self, notice: Notice<'_>) {
        let line = match notice {
            Notice::Entry { entry, prev } => format!("entry {} after {prev}", entry.seq),
            Notice::Changed { state, .. } => format!("{state:?}"),
            Notice::Signal { origin, blob } => format!("signal of {origin}, {} bytes", blob.len()),
            Notice::Gone(tombstone) => format!("gone, tombstone: {}", tombstone.is_some()),
        };
        self.0.lock().unwrap().push(line);
    }
}

async fn a_subscriber_hears_everything_in_order_before_the_answer(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let ear = Arc::new(Ear::default());
    let weak: Weak<Ear> = Arc::downgrade(&ear);
    log.subscribe(ROOM, weak);
    let race = (1..=30).map(|cid| log.append(ROOM, entry(GENESIS, cid)));
    futures_util::future::join_all(race).await;
    let heard = std::mem::take(&mut *ear.0.lock().unwrap());
    let expected: Vec<String> = (1..=30).map(|seq| format!("entry {seq} after {}", seq - 1)).collect();
    assert_eq!(heard, expected);
    log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
    log.owner(ROOM, 1, change(Some(RoomState::Locked), GENESIS, GENESIS), signed()).await.unwrap();
    log.signal(ROOM, 7, Bytes::from_static(b"typing"));
    log.wipe(ROOM, tombstone(ROOM), NOW).await.unwrap();
    let heard = std::mem::take(&mut *ear.0.lock().unwrap());
    assert_eq!(heard, ["Locked", "signal of 7, 6 bytes", "gone, tombstone: true"], "and nothing that was not stored");
}

async fn a_subscriber_hears_nothing_of_the_next_room_under_the_name(log: Arc<dyn RoomLog>) {
    log.create(founding(ROOM)).await.unwrap();
    let ear = Arc::new(Ear::default());
    let weak: Weak<Ear> = Arc::downgrade(&ear);
    log.subscribe(ROOM, weak);
    expire_all(&*log, NOW + 31 * DAY).await;
    assert_eq!(std::mem::take(&mut *ear.0.lock().unwrap()), ["gone, tombstone: false"]);
    log.create(founding(ROOM)).await.unwrap();
    seq(log.append(ROOM, entry(GENESIS, 1)).await.unwrap());
    log.signal(ROOM, 7, Bytes::from_static(b"typing"));
    assert!(ear.0.lock().unwrap().is_empty(), "it is another room");
    let weak: Weak<Ear> = Arc::downgrade(&ear);
    log.subscribe(ROOM, weak);
    seq(log.append(ROOM, entry(GENESIS, 2)).await.unwrap());
    assert_eq!(*ear.0.lock().unwrap(), ["entry 2 after 1"]);
}

macro_rules! conformance {
    ($($promise:ident,)*) => {
        mod memory {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(Arc::new(MemoryLog::new())).await;
            })*
        }

        mod sqlcipher {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                super::$promise(Arc::new(open(&folder, 1))).await;
            })*
        }
    };
}

conformance! {
    a_room_is_founded_once,
    entries_are_numbered_and_read_in_pages,
    a_commit_moves_the_head_and_a_stale_write_is_refused,
    a_cid_is_looked_up_before_the_head,
    a_commit_is_in_the_log_once_under_whatever_cid,
    a_cid_of_a_message_is_known_as_long_as_its_entry_and_at_least_a_day,
    a_commit_is_known_as_long_as_its_room,
    empty_messages_count_and_the_oldest_are_forgotten,
    of_two_commits_at_once_one_wins,
    group_infos_are_pruned_but_not_the_newest_of_a_member,
    of_too_many_bytes_of_group_infos_the_largest_go,
    the_largest_group_infos_go_but_not_the_newest_of_a_member,
    a_commit_is_known_as_long_as_its_group_info,
    a_commit_is_handed_out_with_its_place,
    places_of_the_newest_commits_are_kept_and_of_every_group_info,
    commits_beyond_their_share_take_the_envelopes_of_the_oldest,
    a_reading_brings_no_commit_up_to_the_floor_and_says_where_it_is,
    commits_beyond_their_share_push_the_oldest_out,
    a_commit_that_can_never_fit_is_refused,
    places_count_in_the_quota_until_they_are_dropped,
    a_locked_room_hears_only_its_head,
    the_head_is_set_back_and_the_deed_replaced,
    an_order_and_its_commit_are_one_transaction,
    a_commit_that_an_order_brings_is_in_the_log_once,
    an_entry_is_deleted_by_its_token_alone,
    messages_beyond_their_share_push_the_oldest_out,
    entries_expire_and_with_a_commit_its_key_but_never_the_head,
    what_nobody_can_bring_back_goes_by_the_settled_time,
    an_idle_room_ends_and_its_name_is_free,
    a_wiped_room_leaves_a_tombstone_for_its_time,
    a_tombstone_of_a_young_room_blocks_its_name_for_an_hour_and_of_an_old_one_for_ninety_days,
    a_tombstone_has_the_place_of_its_room_and_no_creation_pushes_it_out,
    a_role_of_another_seat_writes_nothing,
    a_subscriber_hears_everything_in_order_before_the_answer,
    a_subscriber_hears_nothing_of_the_next_room_under_the_name,
}

fn open(folder: &tempfile::TempDir, key: u8) -> SqlcipherLog {
    let path = folder.path().join("relay.db");
    let opened = if path.exists() { SqlcipherLog::open } else { SqlcipherLog::create };
    opened(&path, &StorageKey::from_bytes(&[key; 32]), Box::new(OsRng)).unwrap()
}

mod file {
    use conclave_relay::log::OpenError;
    use rusqlite::Connection;

    use super::*;

    #[tokio::test]
    async fn what_was_acknowledged_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        {
            let log = open(&folder, 1);
            log.create(founding(ROOM)).await.unwrap();
            log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
            log.commit(ROOM, commit(GENESIS, 2, Some(FIRST_KEY))).await.unwrap();
        }
        let log = open(&folder, 1);
        let read = log.read(ROOM, ALL).await.unwrap();
        assert_eq!((read.entries[0].blob.clone(), read.entries[1].seq), (Bytes::from(vec![1; 100]), 2));
        assert_eq!(log.append(ROOM, entry(GENESIS, 1)).await.unwrap(), Append::Duplicate { seq: 1, tag: None });
        assert_eq!(seq(log.append(ROOM, entry(Tag([2; 16]), 3)).await.unwrap()), 3);
    }

    #[tokio::test]
    async fn another_key_a_foreign_file_and_a_newer_version_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(&folder, 1));
        let path = folder.path().join("relay.db");
        let with = |key: u8| SqlcipherLog::open(&path, &StorageKey::from_bytes(&[key; 32]), Box::new(OsRng));
        assert!(matches!(with(2).unwrap_err(), OpenError::WrongKey));
        let foreign = folder.path().join("foreign");
        std::fs::write(&foreign, [0x55; 8192]).unwrap();
        let error = SqlcipherLog::open(&foreign, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng)).unwrap_err();
        assert!(matches!(error, OpenError::WrongKey), "{error}");
        raw(&folder).pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(with(1).unwrap_err(), OpenError::Newer));
    }

    /// A flipped bit on the first page looks like another key, for both fail its authentication; one further in is
    /// damage.
    #[tokio::test]
    async fn a_damaged_file_is_said_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder, 1);
        log.create(founding(ROOM)).await.unwrap();
        drop(log);
        let path = folder.path().join("relay.db");
        let good = std::fs::read(&path).unwrap();
        let with_key = || SqlcipherLog::open(&path, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng));
        // The first page, which the opening reads, and every other one.
        for pages in [0..1, 1..good.len() / 4096] {
            let mut bytes = good.clone();
            for page in pages.clone() {
                bytes[page * 4096 + 50] ^= 1;
            }
            std::fs::write(&path, &bytes).unwrap();
            match with_key() {
                Err(OpenError::WrongKey | OpenError::Damaged) => {}
                Err(other) => panic!("pages {pages:?}: {other}"),
                // What the opening does not read, the reading does not believe.
                Ok(log) => drop(log.state(ROOM).await.unwrap_err()),
            }
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "left as it was");
        }
        std::fs::write(&path, &good).unwrap();
        assert!(matches!(with_key().unwrap().state(ROOM).await.unwrap(), Standing::Here(_)), "a copy brings it back");
    }

    #[tokio::test]
    async fn an_emptied_short_or_missing_file_is_no_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder, 1);
        log.create(founding(ROOM)).await.unwrap();
        // Its last pages are read when somebody asks for this.
        let large = NewEntry { blob: Bytes::from(vec![1; 20_000]), ..entry(GENESIS, 1) };
        log.append(ROOM, large).await.unwrap();
        drop(log);
        let path = folder.path().join("relay.db");
        let good = std::fs::read(&path).unwrap();
        let opened = || SqlcipherLog::open(&path, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng));
        for len in (0..good.len()).step_by(2048) {
            std::fs::write(&path, &good[..len]).unwrap();
            assert!(matches!(opened(), Err(OpenError::Damaged)), "{len} bytes");
            assert_eq!(std::fs::read(&path).unwrap(), good[..len], "left as it was");
            let made = SqlcipherLog::create(&path, &StorageKey::from_bytes(&[1; 32]), Box::new(OsRng));
            assert!(matches!(made, Err(OpenError::Exists)));
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(opened(), Err(OpenError::Missing)));
        assert!(!path.exists());
        std::fs::write(&path, &good).unwrap();
        assert!(matches!(opened().unwrap().state(ROOM).await.unwrap(), Standing::Here(_)), "a copy brings it back");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let _log = open(&folder, 1);
        let mode = std::fs::metadata(folder.path().join("relay.db")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    /// The file as the relay's key shows it.
    fn raw(folder: &tempfile::TempDir) -> Connection {
        use conclave_seal::{expand::expand, label::Label};
        let key = expand::<32>(&[1; 32], Label::new("relay-file"), &[]);
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let db = Connection::open(folder.path().join("relay.db")).unwrap();
        db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA busy_timeout = 10000;")).unwrap();
        db
    }

    /// Every byte of the decrypted file, free pages included, and the size of the write-ahead log.
    fn bytes(folder: &tempfile::TempDir) -> Vec<u8> {
        raw(folder).serialize("main").unwrap().to_vec()
    }

    fn holds(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|window| window == needle)
    }

    fn sealed_rows(folder: &tempfile::TempDir) -> Vec<Vec<u8>> {
        let db = raw(folder);
        let mut statement = db
            .prepare(
                "SELECT blob FROM entry UNION ALL SELECT blob FROM group_info UNION ALL SELECT blob FROM place
                 UNION ALL SELECT wrapped FROM room_key",
            )
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn log_is_empty(folder: &tempfile::TempDir) -> bool {
        std::fs::metadata(folder.path().join("relay.db-wal")).map_or(true, |log| log.len() == 0)
    }

    #[tokio::test]
    async fn an_expired_entry_is_gone_from_the_bytes_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder, 1);
        log.create(founding(ROOM)).await.unwrap();
        let stored = NewEntry { blob: Bytes::from(vec![0xAB; 20_000]), ..entry(GENESIS, 1) };
        log.append(ROOM, stored).await.unwrap();
        let db = raw(&folder);
        let sealed: Vec<u8> = db.query_row("SELECT blob FROM entry", [], |row| row.get(0)).unwrap();
        drop(db);
        assert!(holds(&bytes(&folder), &sealed[1000..1064]), "the search finds what is there");
        assert!(!holds(&bytes(&folder), &[0xAB; 64]), "sealed under the room's key, not just the file's");
        expire_all(&log, NOW + 3600).await;
        // The truncation follows the answer; the next answer comes after it.
        log.expire(NOW, NOW).await.unwrap();
        let after = bytes(&folder);
        for part in sealed.chunks(64).filter(|part| part.len() == 64) {
            assert!(!holds(&after, part), "no piece of it is left");
        }
        assert!(log_is_empty(&folder), "nor in the write-ahead log");
    }

    #[tokio::test]
    async fn closing_empties_the_log_and_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder, 1);
        log.create(founding(ROOM)).await.unwrap();
        assert!(!log_is_empty(&folder));
        // SQLite itself removes the log when it closes. A second name shows what becomes of its blocks.
        let blocks = folder.path().join("blocks");
        std::fs::hard_link(folder.path().join("relay.db-wal"), &blocks).unwrap();
        drop(log);
        assert!(log_is_empty(&folder));
        assert_eq!(std::fs::metadata(&blocks).unwrap().len(), 0, "SQLite would leave the blocks as they were");
        assert_eq!(room(&open(&folder, 1)).await.head, GENESIS);
    }

    #[tokio::test]
    async fn a_wiped_room_is_gone_from_the_bytes_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder, 1);
        log.create(founding(ROOM)).await.unwrap();
        for cid in 1..=50 {
            log.append(ROOM, entry(GENESIS, cid)).await.unwrap();
        }
        let (rows, before) = (sealed_rows(&folder), bytes(&folder));
        assert_eq!(rows.len(), 53, "fifty entries, a GroupInfo, its place and the room's key");
        assert!(rows.iter().all(|row| holds(&before, &row[8..72])), "the search finds what is there");
        assert!(holds(&before, &FIRST_KEY.0));
        log.wipe(ROOM, tombstone(ROOM), NOW + 90 * DAY).await.unwrap();
        log.expire(NOW, NOW).await.unwrap();
        let after = bytes(&folder);
        assert!(rows.iter().all(|row| !holds(&after, &row[8..72])), "neither rows nor the key that opens them");
        assert!(!holds(&after, &FIRST_KEY.0), "nor who could come in");
        assert!(log_is_empty(&folder));
    }

    #[tokio::test]
    async fn a_flood_of_empty_messages_leaves_a_file_that_stops_growing() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder, 1);
        log.create(founding(ROOM)).await.unwrap();
        let quota = Quota { entries: 1000, bytes: 1 << 20 };
        let day = |day: u64| {
            let (log, folder) = (&log, &folder);
            async move {
                let now = NOW + day * 2 * DAY;
                expire_all(log, now).await;
                let flood = (0..1000_u16).map(|n| {
                    let cid =
                        Cid(std::array::from_fn(|at| if at < 2 { n.to_be_bytes()[at] } else { day.to_be_bytes()[7] }));
                    log.append(
                        ROOM,
                        NewEntry { blob: Bytes::new(), cid, expires: now + 60, now, quota, ..entry(GENESIS, 0) },
                    )
                });
                let stored = futures_util::future::join_all(flood).await;
                assert!(stored.iter().all(|stored| matches!(stored, Ok(Append::Stored { .. }))));
                let rows = raw(folder).query_row("SELECT count(*) FROM cid", [], |row| row.get::<_, u32>(0));
                (rows.unwrap(), bytes(folder).len())
            }
        };
        let first = day(1).await;
        let mut last = first;
        for n in 2..6 {
            last = day(n).await;
        }
        assert_eq!((first.0, last.0), (1000, 1000), "those of the last day");
        assert!(last.1 <= first.1 * 11 / 10, "{} bytes became {}", first.1, last.1);
    }

    #[tokio::test]
    async fn rows_cannot_be_moved_between_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(&folder, 1);
        log.create(founding(ROOM)).await.unwrap();
        log.append(ROOM, entry(GENESIS, 1)).await.unwrap();
        log.append(ROOM, entry(GENESIS, 2)).await.unwrap();
        raw(&folder)
            .execute("UPDATE entry SET blob = (SELECT blob FROM entry WHERE seq = 1) WHERE seq = 2", [])
            .unwrap();
        assert!(matches!(log.read(ROOM, ALL).await, Err(LogError::Storage(_))), "an operator cannot swap envelopes");
        assert_eq!(seq(log.append(ROOM, entry(GENESIS, 3)).await.unwrap()), 3, "others are unharmed");
    }
}
