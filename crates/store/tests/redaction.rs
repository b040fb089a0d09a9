//! What `Debug` says of what is kept: numbers and states, and no address, title, nick, text or key.

use conclave_seal::rng::OsRng;
use conclave_store::{
    CardRow, CardState, Deleted, Deletion, Draft, HostedRoom, ItemKind, ItemRow, ItemState, NewItem, NewNote,
    NewOutgoing, Note, OutgoingRow, Persistence, Phase, RecordRow, Unlock, UploadPart, Vault,
};
use zeroize::Zeroizing;

fn marker() -> String {
    "ZZZZ".to_owned()
}

#[test]
fn what_is_kept_prints_numbers_and_states() {
    let vault = Vault::in_memory().unwrap();
    let room = vault.begin_room(Persistence::InMemory, 1_800_000_000, &mut OsRng).unwrap().store;
    let item = ItemRow {
        id: 1,
        position: 2,
        n: 0,
        mid: None,
        message_id: Some([0x5a; 16]),
        kind: ItemKind::Text,
        sender: None,
        nick: marker(),
        own: true,
        body: marker(),
        note: Some(Note::Joined { nick: marker() }),
        at: 3,
        claimed_at: None,
        expires_at: None,
        state: ItemState::Stored,
    };
    let new_item = NewItem {
        position: 2,
        n: 0,
        mid: None,
        message_id: None,
        kind: ItemKind::Text,
        sender: None,
        nick: "ZZZZ",
        own: true,
        body: "ZZZZ",
        at: 3,
        claimed_at: None,
        expires_at: None,
        state: ItemState::Waiting,
    };
    let note = Note::Left { nick: marker(), removed: true };
    let new_note = NewNote { position: 2, note: &note, at: 3, expires_at: None };
    let new_outgoing = NewOutgoing { item: Some(1), mid: [0; 16], draft: Draft::new(b"ZZZZ".to_vec()), fuse: None };
    let outgoing = OutgoingRow {
        id: 1,
        item: None,
        mid: [0; 16],
        draft: Draft::new(b"ZZZZ".to_vec()),
        message: Some(Zeroizing::new(b"ZZZZ".to_vec())),
        cid: None,
        sealed: None,
        replaces: None,
        written_at: None,
        other_leaf: false,
        fuse: None,
        del_token: Some([0x5a; 16]),
    };
    let card = CardRow {
        item: 1,
        seconds: 30,
        fuse: None,
        state: CardState::Sealed,
        size: 12,
        digest: [0x5a; 32],
        blob_id: Some([0x5a; 16]),
        del_token: [0x5a; 16],
        key: Some(Zeroizing::new([0x5a; 32])),
        closes_at: None,
    };
    let part = UploadPart { start: 0, bytes: b"ZZZZ".to_vec() };
    let deletion = Deletion { id: 1, what: Deleted::Blob([0x5a; 16]), del_token: [0x5a; 16] };
    let hosted = HostedRoom {
        port: 7700,
        tls_key: Zeroizing::new(b"ZZZZ".to_vec()),
        relay_key: Zeroizing::new([0x5a; 32]),
        running: true,
    };
    let printed = [
        format!("{:?}", record()),
        format!("{item:?}"),
        format!("{new_item:?}"),
        format!("{new_note:?}"),
        format!("{new_outgoing:?}"),
        format!("{outgoing:?}"),
        format!("{card:?}"),
        format!("{part:?}"),
        format!("{deletion:?}"),
        format!("{hosted:?}"),
        format!("{:?}", Unlock::Passphrase("ZZZZ")),
        format!("{vault:?}"),
        format!("{room:?}"),
    ];
    let printed = printed.join("\n");
    assert_silent(&printed);
    insta::assert_snapshot!(printed);
}

fn record() -> RecordRow {
    RecordRow {
        room_id: [0x5a; 32],
        authority: marker(),
        addresses: vec![marker()],
        pin: Some([0x5a; 32]),
        pin_first_used_at: Some(marker()),
        old_copy: Some([0x5a; 16]),
        old_copy_known: true,
        echo_after: Some(15),
        nick: marker(),
        title: marker(),
        predecessor: Some([0x5a; 16]),
        phase: Phase::Member,
        ending: None,
        seat: Some([0x5a; 16]),
        cursor: 1,
        cursor_mark: Some([9; 16]),
        cursor_at: 1_800_000_000,
        active_at: 0,
        reads_again_to: 7,
        head: [0x5a; 16],
        own_n: 2,
        own_prev: [0; 8],
        owner_counter: 0,
        params_rev: 0,
        erase_mid: Some([0x5a; 16]),
        erase_asked: Some([0x5a; 16]),
        erase_asked_as: marker(),
        moved: true,
        moved_until: 0,
        locked: false,
        door_counter: 0,
        has_removed: false,
        committed_at: 0,
        sent_since: 0,
        next_position: 0,
        read_item: 0,
        delivered_item: 0,
        viewed_item: 0,
        unopened: 3,
        joined_seq: 0,
        commit_seq: 0,
    }
}

/// No marker as text, and none as the numbers of its bytes.
fn assert_silent(printed: &str) {
    for marker in ["zzzz", "90, 90", "5a5a"] {
        assert!(!printed.to_lowercase().contains(marker), "{marker} was printed:\n{printed}");
    }
}
