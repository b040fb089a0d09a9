//! One room's file: steps are atomic, the timeline keeps its order, the outbox keeps its bytes.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use conclave_seal::rng::OsRng;
use conclave_store::{
    BaseRow, Draft, Durability, FORMER_NAMES, Intent, IntentRow, ItemKind, ItemState, Move, NewItem, NewNote,
    NewOutgoing, Note, PendingKind, PendingRow, Persistence, Phase, RecordRow, RoomStore, SEEN, SEEN_LOOK, Sealed,
    StoreError, Unlock, Vault,
};
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;

fn room() -> RoomStore {
    Vault::in_memory().unwrap().begin_room(Persistence::InMemory, NOW, &mut OsRng).unwrap().store
}

fn text<'a>(position: i64, mid: u8, body: &'a str, own: bool) -> NewItem<'a> {
    NewItem {
        position,
        n: 0,
        mid: Some([mid; 16]),
        message_id: None,
        kind: ItemKind::Text,
        sender: Some([9; 16]),
        nick: "Wren",
        own,
        body,
        at: NOW,
        claimed_at: None,
        expires_at: Some(NOW + 60),
        state: if own { ItemState::Waiting } else { ItemState::Stored },
    }
}

fn bodies(room: &mut RoomStore) -> Vec<String> {
    let rows = room.read(|tx| tx.items_before((i64::MAX, 0, 0), 100)).unwrap();
    rows.into_iter().rev().map(|row| row.body).collect()
}

#[test]
fn a_step_that_fails_half_way_leaves_nothing() {
    let mut room = room();
    let failed: Result<(), StoreError> = room.write(|tx| {
        tx.add_item(&text(1, 1, "half", false))?;
        Err(StoreError::Missing)
    });
    assert!(failed.is_err());
    assert_eq!(bodies(&mut room), Vec::<String>::new(), "the line was rolled back with the step");
}

#[test]
fn a_process_that_dies_keeps_what_was_committed_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let passphrase = Unlock::Passphrase("correct horse battery");
    let mut vault = Vault::create(folder.path(), passphrase, Durability::Full, &mut OsRng).unwrap();
    let new = vault.begin_room(Persistence::Kept, NOW, &mut OsRng).unwrap();
    let (handle, mut room) = vault.keep_room(new, None).unwrap();
    room.write(|tx| tx.add_item(&text(1, 1, "kept", false))).unwrap();
    let _: Result<(), StoreError> = room.write(|tx| {
        tx.add_item(&text(2, 2, "lost", false))?;
        Err(StoreError::Missing)
    });
    // What a power cut would find: the files as they are while the connection is still open.
    let copy = TempDir::new().unwrap();
    std::fs::create_dir(copy.path().join("rooms")).unwrap();
    for file in ["vault", "index.db", "index.db-wal"] {
        let _ = std::fs::copy(folder.path().join(file), copy.path().join(file));
    }
    for end in ["db", "db-wal"] {
        let name = format!("rooms/{handle}.{end}");
        std::fs::copy(folder.path().join(&name), copy.path().join(&name)).unwrap();
    }
    let vault = Vault::open(copy.path(), passphrase, Durability::Full).unwrap();
    assert_eq!(bodies(&mut vault.open_room(handle).unwrap()), ["kept"]);
}

#[test]
fn unsent_messages_stand_behind_everything_until_the_relay_has_them() {
    let mut room = room();
    let first = room.write(|tx| tx.add_unsent_item(&text(0, 1, "mine, first", true))).unwrap();
    room.write(|tx| tx.add_unsent_item(&text(0, 2, "mine, second", true))).unwrap();
    let theirs = room.write(|tx| tx.add_item(&text(1, 3, "theirs", false))).unwrap();
    assert_eq!(bodies(&mut room), ["theirs", "mine, first", "mine, second"]);
    assert_eq!(room.read(|tx| tx.unsent_count()).unwrap(), 2);

    room.write(|tx| tx.settle_item(first, 2, NOW + 1, None)).unwrap();
    room.write(|tx| tx.add_item(&text(3, 4, "theirs again", false))).unwrap();
    assert_eq!(bodies(&mut room), ["theirs", "mine, first", "theirs again", "mine, second"]);
    assert_eq!(room.read(|tx| tx.unread_after(theirs)).unwrap(), 1, "own lines are never unread");
}

#[test]
fn a_late_message_stands_before_the_next_one_of_its_sender_and_is_unread() {
    let mut room = room();
    let hear = |room: &mut RoomStore, position: Option<i64>, n: u8, sender: u8| {
        room.write(|tx| {
            let later = tx.position_of_later(&[sender; 16], u64::from(n))?;
            let position = position.or(later.map(|(position, _)| position)).unwrap();
            let body = format!("{sender}:{n}");
            let mid = Some([sender, n].repeat(8).try_into().unwrap());
            let line = NewItem {
                n: u64::from(n),
                sender: Some([sender; 16]),
                mid,
                message_id: None,
                ..text(position, 0, &body, false)
            };
            tx.add_item(&line)
        })
        .unwrap()
    };
    hear(&mut room, Some(1), 1, 7);
    hear(&mut room, Some(2), 5, 8);
    hear(&mut room, Some(3), 9, 7);
    let read = hear(&mut room, Some(4), 10, 7);
    assert_eq!(room.read(|tx| tx.newest_item()).unwrap(), read);

    for n in [4, 6, 3, 8] {
        hear(&mut room, None, n, 7);
    }
    hear(&mut room, None, 4, 8);
    assert_eq!(bodies(&mut room), ["7:1", "8:4", "8:5", "7:3", "7:4", "7:6", "7:8", "7:9", "7:10"]);
    assert_eq!(room.read(|tx| tx.unread_after(read)).unwrap(), 5, "where they stand is above what was read");
    assert_eq!(room.read(|tx| tx.position_of_later(&[7; 16], 10)).unwrap(), None);
}

#[test]
fn pages_meet_without_overlap() {
    let mut room = room();
    for n in 1..=25_u8 {
        // Several stand at one position, as late ones do.
        let line = NewItem { n: n.into(), ..text(i64::from(n / 3), n, "late", false) };
        room.write(|tx| tx.add_item(&line)).unwrap();
    }
    let mut before = (i64::MAX, 0, 0);
    let mut seen = Vec::new();
    loop {
        let page = room.read(|tx| tx.items_before(before, 10)).unwrap();
        let Some(last) = page.last() else { break };
        before = (last.position, last.n, last.id);
        seen.extend(page.into_iter().map(|row| row.n));
    }
    assert_eq!(seen, (1..=25).rev().collect::<Vec<u64>>());
}

#[test]
fn what_happened_comes_back_as_a_note_and_is_never_unread() {
    let mut room = room();
    let note = Note::Gap { nick: "Bob".to_owned(), missing: 3, range: None };
    let line = NewNote { position: 4, note: &note, at: NOW, expires_at: Some(NOW + 60) };
    let id = room.write(|tx| tx.add_note(&line)).unwrap();
    let row = room.read(|tx| tx.item(id)).unwrap().unwrap();
    assert_eq!((row.kind, row.state, row.note.as_ref()), (ItemKind::System, ItemState::Stored, Some(&note)));
    assert_eq!((row.position, row.at, row.expires_at, row.own, row.mid), (4, NOW, Some(NOW + 60), false, None));
    assert_eq!(room.read(|tx| tx.unread_after(0)).unwrap(), 0);
}

#[test]
fn burned_lines_go_and_are_named() {
    let mut room = room();
    let id = room.write(|tx| tx.add_item(&text(1, 1, "burns", false))).unwrap();
    assert_eq!(room.read(|tx| tx.next_expiry()).unwrap(), Some(NOW + 60));
    assert_eq!(room.write(|tx| tx.purge_items(NOW + 59, NOW + 100)).unwrap(), Vec::<i64>::new());
    assert_eq!(room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap(), [id]);
    assert_eq!(bodies(&mut room), Vec::<String>::new());
    assert_eq!(room.read(|tx| tx.next_expiry()).unwrap(), None);
}

#[test]
fn a_sealed_attempt_is_found_by_its_bytes_and_goes_with_its_line() {
    let mut room = room();
    let item = room.write(|tx| tx.add_unsent_item(&text(0, 1, "hello", true))).unwrap();
    let outgoing = NewOutgoing { item: Some(item), mid: [1; 16], draft: Draft::new(b"hello".to_vec()), fuse: None };
    let id = room.write(|tx| tx.add_outgoing(&outgoing)).unwrap();
    let sealed = Sealed { cid: [2; 16], envelope: vec![3; 585], digest: [4; 32], base: [5; 16] };
    room.write(|tx| tx.seal_outgoing(id, b"frozen", NOW, &sealed, &[])).unwrap();

    let echo = room.read(|tx| tx.outgoing_by_digest(&[4; 32])).unwrap().unwrap();
    assert_eq!((echo.id, echo.sealed.as_ref()), (id, Some(&sealed)));
    assert_eq!(echo.message.unwrap().as_slice(), b"frozen");
    assert_eq!(echo.draft.expose(), b"hello", "under another leaf it gets its bytes anew");
    assert!(room.read(|tx| tx.outgoing_by_digest(&[0; 32])).unwrap().is_none(), "somebody else's entry");

    room.write(|tx| tx.delete_item(item)).unwrap();
    assert!(room.read(|tx| tx.outgoing_after(0, 10)).unwrap().is_empty(), "a withdrawn line is not sent");
}

#[test]
fn what_is_published_again_is_kept_no_longer_for_that() {
    let mut room = room();
    let mut cid = 0;
    let mut again = |room: &mut RoomStore, now: u64| {
        cid += 1;
        room.write(|tx| tx.publish_again(0, 16, now, |_| true, || [cid; 16])).unwrap().len()
    };
    for mid in [1, 2] {
        let item = room.write(|tx| tx.add_unsent_item(&text(0, mid, "hello", true))).unwrap();
        let outgoing =
            NewOutgoing { item: Some(item), mid: [mid; 16], draft: Draft::new(b"hello".to_vec()), fuse: None };
        let id = room.write(|tx| tx.add_outgoing(&outgoing)).unwrap();
        room.write(|tx| tx.outgoing_stored(id, 5, NOW + 100)).unwrap();
    }
    assert_eq!(again(&mut room, NOW + 100), 0, "their time is over");
    assert_eq!(again(&mut room, NOW + 99), 2);
    let [first, _] = room.read(|tx| tx.outgoing_after(0, 10)).unwrap().try_into().unwrap();
    room.write(|tx| tx.outgoing_stored(first.id, 6, NOW + 190)).unwrap();
    assert_eq!(room.write(|tx| tx.purge_outbox(NOW + 99, 8)).unwrap(), 0);
    assert_eq!(room.read(|tx| tx.stored_after(0)).unwrap(), 1);
    assert_eq!(room.write(|tx| tx.purge_outbox(NOW + 100, 8)).unwrap(), 1, "one was on its way");
    assert_eq!((again(&mut room, NOW), room.read(|tx| tx.outgoing_after(0, 10)).unwrap().len()), (0, 0));
}

#[test]
fn a_message_is_known_by_its_line_and_for_its_time_after_that() {
    let mut room = room();
    let knows = |room: &mut RoomStore, mid: u8| !room.read(|tx| tx.senders_of(&[mid; 16])).unwrap().is_empty();
    assert!(!knows(&mut room, 1));
    room.write(|tx| tx.add_item(&text(1, 1, "burns", false))).unwrap();
    assert!(knows(&mut room, 1), "the second copy is dropped");
    room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap();
    assert!(knows(&mut room, 1), "nor does it come back from the ashes");

    room.write(|tx| tx.remember_mid(&[2; 16], &[9; 16], NOW, NOW + 90)).unwrap();
    assert!(knows(&mut room, 2), "a message that nobody sees");
    room.write(|tx| tx.purge_seen(NOW + 99)).unwrap();
    assert_eq!((knows(&mut room, 1), knows(&mut room, 2)), (true, false), "each has its time");
    room.write(|tx| tx.purge_seen(NOW + 100)).unwrap();
    assert!(!knows(&mut room, 1), "its epoch is long over");
}

#[test]
fn two_who_say_the_same_are_both_known_and_own_words_are_nobodys() {
    let mut room = room();
    let senders = |room: &mut RoomStore| {
        let mut known = room.read(|tx| tx.senders_of(&[1; 16])).unwrap();
        known.sort();
        known.into_iter().map(|known| (known.sender.unwrap()[0], known.at.unwrap())).collect::<Vec<_>>()
    };
    room.write(|tx| tx.add_unsent_item(&text(0, 1, "mine", true))).unwrap();
    assert_eq!(senders(&mut room), []);
    for sender in [7, 8] {
        let line = NewItem { sender: Some([sender; 16]), ..text(1, 1, "mine", false) };
        room.write(|tx| tx.add_item(&line)).unwrap();
        assert!(room.write(|tx| tx.add_item(&line)).is_err(), "once for each");
    }
    assert_eq!(senders(&mut room), [(7, NOW), (8, NOW)]);
    room.write(|tx| tx.purge_items(NOW + 60, NOW + 100)).unwrap();
    room.write(|tx| tx.remember_mid(&[1; 16], &[8; 16], NOW + 80, NOW + 90)).unwrap();
    assert_eq!(senders(&mut room), [(7, NOW), (8, NOW)], "their lines are gone");
    room.write(|tx| tx.forget_mid(&[1; 16], &[7; 16])).unwrap();
    assert_eq!(senders(&mut room), [(8, NOW)]);
    let line = NewItem { sender: Some([8; 16]), ..text(1, 1, "stays", false) };
    room.write(|tx| tx.add_item(&line)).unwrap();
    room.write(|tx| tx.forget_mid(&[1; 16], &[8; 16])).unwrap();
    assert_eq!((senders(&mut room).len(), bodies(&mut room)), (0, vec!["stays".to_owned()]));
    for sender in [7, 8] {
        room.write(|tx| tx.remember_mid(&[1; 16], &[sender; 16], NOW, NOW + 90)).unwrap();
    }
    room.write(|tx| tx.trim_seen(1)).unwrap();
    assert_eq!(senders(&mut room).len(), 1);
}

#[test]
fn message_ids_are_remembered_for_a_day_and_bounded() {
    let mut room = room();
    let mid = |n: u32| {
        let mut mid = [0; 16];
        mid[..4].copy_from_slice(&n.wrapping_mul(0x9E37_79B1).to_be_bytes());
        mid
    };
    let knows = |room: &mut RoomStore, n: u32| !room.read(|tx| tx.senders_of(&mid(n))).unwrap().is_empty();
    let looks = u32::try_from(SEEN_LOOK).unwrap();
    // Somebody sends what nobody sees, eleven times a second for a day, and goes on.
    let all = SEEN + 2 * looks;
    let until = |n: u32| NOW + 30 * 24 * 3600 + u64::from(n / 12);
    let flooded: Result<(), StoreError> =
        room.write(|tx| (0..all).try_for_each(|n| tx.remember_mid(&mid(n), &[9; 16], NOW, until(n))));
    flooded.unwrap();
    let known = (0..3 * looks).find(|n| knows(&mut room, *n)).unwrap();
    assert!(
        (looks..=2 * looks).contains(&known),
        "the oldest {known} went, so no more than the bound and a look is kept"
    );
    room.write(|tx| tx.purge_seen(NOW + 24 * 3600)).unwrap();
    assert!(knows(&mut room, all - SEEN) && knows(&mut room, all - 1), "a day later the newest are all there");
    assert!(!knows(&mut room, all - SEEN - 13), "and no more than the bound");
}

#[test]
fn former_names_are_bounded_and_the_newest_stay() {
    let mut room = room();
    let names = u64::from(FORMER_NAMES) + 10;
    for n in 0..names {
        room.write(|tx| tx.keep_former_name(&[1; 16], &format!("Wren {n}"), NOW + n)).unwrap();
    }
    let kept = room.read(|tx| tx.former_names(0)).unwrap();
    assert_eq!(kept.len(), usize::try_from(FORMER_NAMES).unwrap());
    assert!(kept.iter().all(|(_, nick)| !["Wren 0", "Wren 9"].contains(&nick.as_str())));
    assert!(kept.iter().any(|(_, nick)| *nick == format!("Wren {}", names - 1)));
}

#[test]
fn one_thing_is_outstanding_at_a_time() {
    let mut room = room();
    let mut pending = PendingRow {
        kind: PendingKind::Join,
        cid: [1; 16],
        head: [2; 16],
        base: [3; 16],
        tag: [4; 16],
        blob: vec![5],
        group_info: vec![6],
        place: vec![8],
        member_key: [7; 32],
    };
    room.write(|tx| tx.set_pending(&pending)).unwrap();
    pending.kind = PendingKind::Commit;
    room.write(|tx| tx.set_pending(&pending)).unwrap();
    assert_eq!(room.read(|tx| tx.pending()).unwrap().as_ref(), Some(&pending));
    room.write(|tx| tx.clear_pending()).unwrap();
    assert_eq!(room.read(|tx| tx.pending()).unwrap(), None);
    assert!(!room.read(|tx| tx.has_given_up(&pending.tag)).unwrap(), "its fate is known");
    for tag in 20..24 {
        pending.tag = [tag; 16];
        room.write(|tx| tx.set_pending(&pending)).unwrap();
        room.write(|tx| tx.give_up_pending(2)).unwrap();
        assert_eq!(room.read(|tx| tx.pending()).unwrap(), None);
    }
    let dropped: Vec<u8> = (20..24).filter(|tag| room.read(|tx| tx.has_given_up(&[*tag; 16])).unwrap()).collect();
    assert_eq!(dropped, [22, 23], "the newest two");
}

#[test]
fn an_intent_stands_once_until_it_is_settled() {
    let mut room = room();
    let row = IntentRow { intent: Intent::Update, since: NOW, due_at: NOW + 300 };
    let later = IntentRow { due_at: NOW + 500, ..row };
    for row in [row, later] {
        room.write(|tx| tx.store_intent(&row)).unwrap();
        assert_eq!(room.read(|tx| tx.intents()).unwrap(), [row], "one of each kind");
    }
    room.write(|tx| tx.settle_intent(Intent::Update)).unwrap();
    assert_eq!(room.read(|tx| tx.intents()).unwrap(), []);
}

#[test]
fn the_record_comes_back_as_it_was() {
    let mut room = room();
    assert_eq!(room.read(|tx| tx.record()).unwrap(), None);
    let mut record = RecordRow {
        room_id: [1; 32],
        authority: "relay.example.org".to_owned(),
        addresses: vec!["relay.example.org".to_owned(), "192.0.2.1:7443".to_owned()],
        pin: Some([2; 32]),
        pin_first_used_at: Some("192.0.2.1:7443".to_owned()),
        old_copy: Some([9; 16]),
        old_copy_known: true,
        echo_after: Some(15),
        nick: "Wren".to_owned(),
        title: "Press desk".to_owned(),
        predecessor: Some([17; 16]),
        phase: Phase::Joining,
        ending: None,
        seat: None,
        cursor: 3,
        cursor_mark: Some([9; 16]),
        cursor_at: NOW,
        active_at: 0,
        reads_again_to: 7,
        head: [4; 16],
        own_n: 5,
        own_prev: [6; 8],
        owner_counter: 7,
        params_rev: 8,
        erase_mid: Some([15; 16]),
        erase_asked: Some([16; 16]),
        erase_asked_as: "Otter".to_owned(),
        moved: true,
        moved_until: NOW,
        locked: true,
        door_counter: 6,
        has_removed: false,
        committed_at: NOW,
        sent_since: 9,
        next_position: 10,
        read_item: 11,
        delivered_item: 10,
        viewed_item: 9,
        unopened: 12,
        joined_seq: 13,
        commit_seq: 14,
    };
    room.write(|tx| tx.set_record(&record)).unwrap();
    record.phase = Phase::Member;
    record.seat = Some([1; 16]);
    room.write(|tx| tx.set_record(&record)).unwrap();
    assert_eq!(room.read(|tx| tx.record()).unwrap(), Some(record));
}

fn by(position: i64, mid: u8, sender: u8, n: u64, body: &str) -> NewItem<'_> {
    let mut line = text(position, mid, body, false);
    (line.sender, line.n) = (Some([sender; 16]), n);
    line
}

/// Carol speaks from another leaf, which numbers everything anew: what came from the first one stands where that
/// numbering has it.
#[test]
fn a_line_moves_behind_what_its_author_has_published_from_another_leaf() {
    let mut room = room();
    let moved = room.write(|tx| {
        tx.add_item(&by(1, 3, 1, 4, "third"))?;
        tx.add_item(&by(2, 1, 2, 1, "first"))?;
        tx.add_item(&by(3, 2, 2, 2, "second"))?;
        tx.add_item(&by(0, 3, 7, 1, "a copy"))?;
        let moved = [3, 3, 8].map(|mid| tx.move_to_leaf(&[mid; 16], &[1; 16], &[2; 16], 3));
        moved.into_iter().collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(moved.unwrap(), [Some(1), None, None], "once, and none without a line");
    assert_eq!(bodies(&mut room), ["a copy", "first", "second", "third"], "what somebody else repeats stays");
    let later = room.read(|tx| tx.position_of_later(&[2; 16], 2)).unwrap();
    assert_eq!(later, Some((3, NOW)), "what comes late from the new leaf stands before it");
}

/// Bob has "first" and "third" from leaf 1, and "second" from leaf 2, where he heard no more. From leaf 3 all three
/// come again.
#[test]
fn lines_from_three_leaves_stand_in_the_order_of_the_last() {
    let mut room = room();
    let moved = room.write(|tx| {
        tx.add_item(&by(1, 1, 1, 1, "first"))?;
        tx.add_item(&by(2, 3, 1, 3, "third"))?;
        tx.add_item(&by(3, 2, 2, 2, "second"))?;
        for (mid, from) in [(1, 1), (2, 2), (3, 1)] {
            tx.move_to_leaf(&[mid; 16], &[from; 16], &[3; 16], u64::from(mid))?;
        }
        Ok::<_, StoreError>(())
    });
    moved.unwrap();
    assert_eq!(bodies(&mut room), ["first", "second", "third"]);
    let remembered = room.write(|tx| {
        tx.remember_mid(&[8; 16], &[1; 16], NOW, NOW + 900)?;
        tx.move_to_leaf(&[8; 16], &[1; 16], &[3; 16], 4)?;
        tx.senders_of(&[8; 16])
    });
    assert_eq!(remembered.unwrap().first().and_then(|known| known.sender), Some([3; 16]), "also of what has no line");
}

/// For an hour the clock said 1970. What was known then would be forgotten at once when it is put right.
#[test]
fn what_is_known_and_what_was_named_moves_with_the_clock_that_has_dated_it() {
    const WRONG: u64 = 1000;
    let (before, meanwhile, sender) = ([1; 16], [2; 16], [9; 16]);
    let base = |tag, named_at| BaseRow { tag, seq: 1, epoch: 1, on_branch: true, named_at };
    let by = Move { earlier: 1_799_996_400, opened_at: NOW, clock_before: WRONG + 3600, ..Move::default() };
    let mut room = room();
    room.write::<_, StoreError>(|tx| {
        for (id, at) in [(before, NOW - 60), (meanwhile, WRONG)] {
            tx.remember_mid(&id, &sender, at, at + 3600)?;
            tx.add_base(&base(id, 0), 8)?;
            tx.name_base(&id, at)?;
        }
        tx.add_base(&base([3; 16], 0), 8)?;
        tx.move_times(by)?;
        tx.purge_seen(NOW)?;
        let known = |id| Ok::<_, StoreError>(tx.senders_of(&id)?.first().and_then(|known| known.at));
        assert_eq!((known(before)?, known(meanwhile)?), (Some(NOW - 60), Some(WRONG + 1_799_996_400)));
        let named: Vec<_> = tx.bases()?.iter().map(|base| base.named_at).collect();
        assert_eq!(named, [NOW - 60, WRONG + 1_799_996_400, 0]);

        // What came since the room was opened moves both ways, and what is older never back.
        let since = |by: i64, now: u64| Move { since: by, opened_at: now, clock_before: now + 60, ..Move::default() };
        tx.remember_mid(&[4; 16], &sender, NOW + 30, NOW + 3600)?;
        tx.move_times(since(-600, NOW))?;
        assert_eq!((known(before)?, known([4; 16])?), (Some(NOW - 60), Some(NOW - 570)));
        tx.move_times(since(600, NOW - 600))?;
        assert_eq!(known([4; 16])?, Some(NOW + 30));
        Ok(())
    })
    .unwrap();
}
