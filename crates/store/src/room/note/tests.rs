//! What stands in the file for each variant, for ever; and what comes back of it.

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::{
    Durability, ItemKind, NewNote, RoomStore,
    database::{FileKey, Location},
};

/// Every variant, and the bytes that the first version of this format wrote.
fn golden() -> Vec<(Note, &'static str)> {
    let bob = || "Bob".to_owned();
    vec![
        (Note::Created, "8201a0"),
        (Note::YouJoined, "8202a0"),
        (Note::Joined { nick: bob() }, "8203a10063426f62"),
        (Note::Left { nick: bob(), removed: true }, "8204a20063426f6201f5"),
        (Note::Rejoined { nick: bob() }, "8205a10063426f62"),
        (Note::Renamed { from: bob(), to: "Robert".to_owned() }, "8206a20063426f620166526f62657274"),
        (Note::RulesChanged, "8207a0"),
        (Note::Gap { nick: bob(), missing: 300, range: None }, "8208a20063426f620119012c"),
        (Note::Inconsistent { nick: bob() }, "8209a10063426f62"),
        (Note::Resynced, "820aa0"),
        (Note::LogTruncated, "820ba0"),
        (Note::SplitSuspected, "820ca0"),
        (Note::Disturbed, "820da0"),
        (Note::ClockSet { by: -86_400 }, "820ea1003a0001517f"),
        (Note::OldCopy, "820fa0"),
        (Note::RelayRestarted, "8210a0"),
        (Note::NotPublishedAgain { count: 12 }, "8211a1000c"),
        (Note::Locked, "8212a0"),
        (Note::Unlocked, "8213a0"),
        (Note::TitleChanged { from: bob(), to: String::new() }, "8214a20063426f620160"),
        (Note::NoteChanged { from: String::new(), to: bob() }, "8215a200600163426f62"),
        (Note::MessageTtlChanged { from: 3600, to: 86_400 }, "8216a200190e10011a00015180"),
        (Note::IdleTtlChanged { from: 86_400, to: 3600 }, "8217a2001a0001518001190e10"),
        (Note::MaxMembersChanged { from: 16, to: 256 }, "821818a2001001190100"),
        (Note::EraseRefused { nick: bob() }, "821819a10063426f62"),
        (Note::EraseKept { nick: bob() }, "82181aa10063426f62"),
        (Note::LetIn { nick: bob() }, "82181ba10063426f62"),
        (Note::MoveRefused { nick: bob() }, "82181da10063426f62"),
        (Note::EraseByChanged { any_member: true }, "82181ca100f5"),
        (
            Note::Gap { nick: bob(), missing: 2, range: Some(GapRange { member: [7; 16], from: 5, to: 6 }) },
            "8208a30063426f62010202a300500707070707070707070707070707070701050206",
        ),
    ]
}

fn encode(note: &Note) -> Vec<u8> {
    minicbor::to_vec(note).unwrap()
}

#[test]
fn each_note_stands_in_the_file_as_it_always_did() {
    for (number, (note, bytes)) in (1_u8..).zip(golden()) {
        assert_eq!(HEXLOWER.encode(&encode(&note)), bytes, "number {number}");
        assert!(Note::decode(&HEXLOWER.decode(bytes.as_bytes()).unwrap()) == Some(note), "number {number}");
    }
}

#[test]
fn a_note_of_a_newer_version_or_a_damaged_one_is_none() {
    let next = u8::try_from(golden().len()).unwrap() + 1;
    assert_eq!(Note::decode(&[0x82, next, 0xa0]), None, "a number that is not taken yet: give the new one a golden");
    for damaged in
        [&[][..], &[0x82, 0x03], &[0x82, 0x03, 0xa0], b"{\"event\":\"created\"}", &[0x82, 0x0e, 0xa1, 0x00, 0x61, 0x61]]
    {
        assert_eq!(Note::decode(damaged), None, "{damaged:02x?}");
    }
    assert_eq!(Note::decode(&[0x82, 0x01, 0xa1, 0x18, 0x63, 0x01]), Some(Note::Created), "a field of a newer version");
}

#[test]
fn a_line_that_a_newer_version_noted_is_read_without_its_note() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("room.db"));
    let mut room = RoomStore::create(&location, &FileKey::new([1; 32]), Durability::Process).unwrap();
    let note = Note::Joined { nick: "Bob".to_owned() };
    let line = NewNote { position: 1, note: &note, at: 2, expires_at: None };
    let id = room.write(|tx| tx.add_note(&line)).unwrap();
    assert_eq!(room.read(|tx| tx.item(id)).unwrap().unwrap().note, Some(note));
    room.connection().execute("UPDATE item SET note = x'8218c8a10001'", []).unwrap();
    let row = room.read(|tx| tx.item(id)).unwrap().unwrap();
    assert_eq!((row.kind, row.note, row.at), (ItemKind::System, None, 2));
}

fn any_note() -> impl Strategy<Value = Note> {
    let nick = || any::<String>();
    prop_oneof![
        prop::sample::select(golden().into_iter().map(|(note, _)| note).collect::<Vec<_>>()),
        nick().prop_map(|nick| Note::Joined { nick }),
        (nick(), any::<bool>()).prop_map(|(nick, removed)| Note::Left { nick, removed }),
        nick().prop_map(|nick| Note::Rejoined { nick }),
        (nick(), nick()).prop_map(|(from, to)| Note::Renamed { from, to }),
        (nick(), any::<u32>(), any::<Option<([u8; 16], u64, u64)>>()).prop_map(|(nick, missing, range)| {
            let range = range.map(|(member, from, to)| GapRange { member, from, to });
            Note::Gap { nick, missing, range }
        }),
        nick().prop_map(|nick| Note::Inconsistent { nick }),
        any::<i64>().prop_map(|by| Note::ClockSet { by }),
        any::<u32>().prop_map(|count| Note::NotPublishedAgain { count }),
    ]
}

proptest! {
    #[test]
    fn every_note_comes_back_as_it_was(note in any_note()) {
        prop_assert!(Note::decode(&encode(&note)) == Some(note));
    }

    #[test]
    fn no_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _: Option<Note> = Note::decode(&bytes);
    }
}
