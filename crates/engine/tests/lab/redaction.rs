//! What `Debug` says of what people type and read: which room, in which state, and no address, title, note, nick or text.

use conclave_engine::{
    ErrorCode,
    api::{
        CreateRoom, CreateVault, HearInvitation, HostRoom, JoinRoom, KnockRoom, NewRules, PageMessages, PreviewRoom,
        Protection, ReadInvitation, RelocateRoom, SecretText, SendMessage, SendViewOnce, UnlockVault,
    },
    event::Event,
    link::Target,
    snapshot::{
        BurnReceipt, BurnReceipts, Confirmed, Connection, EraseAsked, HeardInvitation, Hosting, HostingState,
        InvitationPreview, InvitationView, Item, ItemBody, ItemId, Knock, KnockHandle, KnockState, Knocking,
        KnockingState, LastLine, LineKind, LockedPreview, MemberHandle, MessageState, Moved, Newcomer, OpenedMessage,
        Page, Person, Presence, Preview, RoomHandle, RoomPhase, RoomPreview, RoomSummary, RoomView, Rules, Snapshot,
        SpokenId, SpokenInvitation, SpokenOpen, SpokenState, SystemLine, Theme, Unopened, VaultState, Verification,
    },
};
use zeroize::Zeroizing;

fn marker() -> String {
    "ZZZZ".to_owned()
}

fn secret() -> SecretText {
    SecretText::new(marker())
}

fn handle() -> RoomHandle {
    RoomHandle("0a0b".to_owned())
}

#[test]
fn requests_print_their_names() {
    let (title, note, nick) = (marker(), marker(), marker());
    let host = HostRoom { title, note, nick, rules: NewRules::default(), passphrase: Some(secret()), in_memory: true };
    let HostRoom { title, note, nick, rules, passphrase, in_memory } = host.clone();
    let create = CreateRoom { relay: marker(), title, note, nick, rules, passphrase, in_memory };
    let join = JoinRoom {
        invitation: secret(),
        address: Some(marker()),
        passphrase: Some(secret()),
        nick: marker(),
        in_memory: true,
    };
    let printed = [
        format!("{:?}", CreateVault { protection: Protection::Passphrase, passphrase: Some(secret()) }),
        format!("{:?}", UnlockVault { passphrase: Some(secret()) }),
        format!("{host:?}"),
        format!("{create:?}"),
        format!("{:?}", ReadInvitation { invitation: secret() }),
        format!(
            "{:?}",
            KnockRoom {
                invitation: secret(),
                address: Some(marker()),
                nick: marker(),
                note: marker(),
                token: Some(secret()),
                in_memory: false
            }
        ),
        format!("{:?}", PreviewRoom { invitation: secret(), address: Some(marker()) }),
        format!("{join:?}"),
        format!("{:?}", HearInvitation { spoken: secret(), address: marker(), again: true }),
        format!("{:?}", RelocateRoom { invitation: secret(), address: None }),
        format!("{:?}", SendMessage { room: handle(), text: secret(), fuse: None }),
        format!("{:?}", SendViewOnce { room: handle(), text: secret(), seconds: 5, fuse: None }),
        format!("{:?}", PageMessages { room: handle(), before: None, limit: 1 }),
    ];
    let printed = printed.join("\n");
    assert_silent(&printed);
    insta::assert_snapshot!(printed);
}

fn summary() -> RoomSummary {
    RoomSummary {
        room: handle(),
        title: marker(),
        phase: RoomPhase::Open,
        connection: Connection::Online,
        hosting: Some(Hosting::new(HostingState::Running, vec![marker()], 2)),
        unread: 1,
        members: 3,
        last_line: Some(Box::new(LastLine {
            nick: Some(marker()),
            own: false,
            kind: LineKind::Text,
            text: marker(),
            at: 0,
        })),
        message_ttl: 3600,
        reorganised: None,
        in_memory: true,
        clock_ahead: None,
        relay_full: false,
        unopened: Some(Box::new(Unopened { reason: ErrorCode::RoomDamaged, file: marker(), made_at: 5 })),
        ended: None,
        erase_asked: Some(Box::new(EraseAsked { by: marker(), member: MemberHandle(marker()) })),
        burned: Some(Box::new(BurnReceipts { people: vec![receipt()], listening: true })),
        idle_ends_at: None,
        idle_ttl: 0,
        moved: Some(Box::new(Moved {
            by: marker(),
            own: false,
            places: vec![marker()],
            ends_at: None,
            came_since: vec![came()],
        })),
        knock: Some(Box::new(Knocking {
            words: vec![marker()],
            owner_here: true,
            ends_at: None,
            state: KnockingState::Waiting,
        })),
    }
}

fn came() -> Newcomer {
    Newcomer { member: MemberHandle(marker()), nick: marker() }
}

fn receipt() -> BurnReceipt {
    let (member, nick) = (MemberHandle(marker()), marker());
    BurnReceipt { member, nick, hue: 1, shape: 2, confirmed: true }
}

fn person() -> Person {
    Person {
        member: MemberHandle("0c0d".to_owned()),
        nick: marker(),
        own: true,
        owner: true,
        presence: Presence::Here,
        heard_in: None,
        ambiguous: false,
        hue: 0,
        shape: 0,
    }
}

fn items() -> Vec<Item> {
    let sender = || MemberHandle("0c0d".to_owned());
    let text = ItemBody::Text {
        sender: sender(),
        nick: marker(),
        hue: 0,
        shape: 0,
        own: true,
        text: marker(),
        state: MessageState::Stored,
        claimed_at: None,
        confirmed: Confirmed::default(),
    };
    let bodies = [
        text,
        ItemBody::Unsupported { sender: sender(), nick: marker(), hue: 0, shape: 0 },
        ItemBody::Retracted { sender: sender(), nick: marker(), hue: 0, shape: 0, own: true },
        ItemBody::System { event: SystemLine::Joined { nick: marker() } },
    ];
    let item = |body| Item { id: ItemId("1".to_owned()), order: "1".to_owned(), at: 0, expires_at: None, body };
    bodies.map(item).into()
}

#[test]
fn views_print_handles_and_states() {
    let opened = OpenedMessage { text: Zeroizing::new(marker()), seconds: 5 };
    let verification = Verification { words: vec![marker()], session_code: marker() };
    let id = SpokenId("5".to_owned());
    let (number, words, address) = (marker(), vec![marker(); 3], marker());
    let spoken = SpokenInvitation { id: id.clone(), number, words, address, ends_at: 600 };
    let SpokenInvitation { number, words, address, ends_at, .. } = spoken.clone();
    let open = SpokenOpen { id, number, words, address, ends_at, state: SpokenState::Waiting };
    let token = Some(Zeroizing::new(marker()));
    let heard = HeardInvitation { link: Zeroizing::new(marker()), address: marker(), token };
    let view = RoomView {
        summary: summary(),
        note: marker(),
        people: vec![person()],
        rules: Rules::default(),
        verification: Some(verification.clone()),
        owner: true,
        locked_for_good: false,
        waiting: Vec::new(),
        unsent: 4,
        knocks: vec![Knock {
            knock: KnockHandle("0e0f".to_owned()),
            nick: marker(),
            note: marker(),
            words: vec![marker()],
            ends_at: 7,
            ambiguous: true,
            hue: 0,
            shape: 0,
            state: KnockState::Waiting,
        }],
        takes_knocks: true,
        read_to: ItemId("9".to_owned()),
        heard_since: 0,
        spoken: vec![open.clone()],
    };
    let invitation = InvitationView {
        link: marker(),
        code: marker(),
        words: vec![marker()],
        address: marker(),
        qr_size: 1,
        qr_modules: marker(),
    };
    let invitation_preview = InvitationPreview {
        addresses: vec![marker()],
        beside: Some(marker()),
        needs_passphrase: true,
        known: Some(handle()),
    };
    let preview = RoomPreview {
        title: marker(),
        note: marker(),
        rules: Rules::default(),
        people: vec![marker()],
        address: marker(),
        pinned: true,
    };
    let locked = LockedPreview {
        can_knock: true,
        message_ttl: 1,
        idle_ttl: 2,
        max_members: 16,
        address: marker(),
        pinned: true,
    };
    let lines = [
        SystemLine::Left { nick: marker(), removed: true },
        SystemLine::Rejoined { nick: marker() },
        SystemLine::Renamed { from: marker(), to: marker() },
        SystemLine::Gap { nick: marker(), missing: 1 },
        SystemLine::Inconsistent { nick: marker() },
        SystemLine::LetIn { nick: marker() },
        SystemLine::MoveRefused { nick: marker() },
    ];
    let target = Target {
        authority: "zzzz.example".parse().unwrap(),
        addresses: vec!["zzzz.example:7700".parse().unwrap()],
        pin: Some([0x5a; 32]),
        may_renew_at: Some("zzzz.example:7700".parse().unwrap()),
    };
    let printed = [
        format!(
            "{:?}",
            Snapshot {
                tells_typing: true,
                vault: VaultState::Open,
                rooms: vec![],
                last_address: Some(marker()),
                theme: Theme::Dark,
                ways: None
            }
        ),
        format!("{view:?}"),
        format!("{verification:?}"),
        format!("{opened:?}"),
        format!("{spoken:?}"),
        format!("{open:?}"),
        format!("{heard:?}"),
        format!("{:?}", Page { items: items(), earlier: Some("1".to_owned()) }),
        format!("{lines:?}"),
        format!("{invitation:?}"),
        format!("{invitation_preview:?}"),
        format!("{preview:?}"),
        format!("{:?}", Preview::Open { room: preview.clone() }),
        format!("{:?}", Preview::Locked { room: locked }),
        format!("{:?}", view.knocks),
        format!("{:?}", view.summary.knock),
        format!("{:?}", Event::RoomChanged { summary: summary() }),
        format!("{:?}", Event::ItemsChanged { room: handle(), items: items() }),
        format!("{target:?}"),
    ];
    let printed = printed.join("\n");
    assert_silent(&printed);
    insta::assert_snapshot!(printed);
}

/// No marker as text, and none as the numbers of its bytes.
fn assert_silent(printed: &str) {
    for marker in ["zzzz", "90, 90", "5a5a"] {
        assert!(!printed.to_lowercase().contains(marker), "{marker} was printed:\n{printed}");
    }
}
