//! What people get wrong, and what breaks: each gets its own answer, and nothing is lost.

use conclave_crypto::{code::Code, link::Invitation, purpose::RoomSecret};
use conclave_engine::{
    DataFolder, Engine, Environment, ErrorCode, Slip,
    api::{
        CreateRoom, CreateVault, HostRoom, JoinRoom, NewRules, OfRoom, PreviewRoom, Protection, ReadInvitation,
        RelocateRoom, SecretText, SendMessage, UnlockVault,
    },
    event::Event,
    snapshot::{Connection, HostingState, LinkFault, RoomPhase},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use conclave_testkit::app::{App, PASSPHRASE};

fn secret(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

fn in_memory() -> Engine {
    Engine::new(Environment::system(DataFolder::None, None))
}

async fn unlocked() -> Engine {
    let engine = in_memory();
    engine.create_vault(CreateVault { protection: Protection::MemoryOnly, passphrase: None }).await.unwrap();
    engine
}

fn joining(invitation: &str, address: Option<&str>) -> JoinRoom {
    JoinRoom {
        invitation: secret(invitation),
        address: address.map(str::to_owned),
        passphrase: None,
        nick: "Bob".to_owned(),
        in_memory: true,
    }
}

/// The code of the published vectors: no relay has this room.
const CODE: &str = "26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mistake_in_an_invitation_has_its_own_answer() {
    let engine = unlocked().await;
    let words = "abandon ".repeat(13);
    let other = Code::from_secret(RoomSecret::from_bytes(&[7; 16]));
    let two_rooms = format!("{CODE} {}", *other.expose_text());
    let cases = [
        ("conclave://192.0.2.1:7443/", ErrorCode::InvitationCut, "the part behind the # was cut off"),
        ("https://example.org", ErrorCode::InvitationCut, "some other link"),
        (
            "conclave://a.example/#26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX~a=b.example\nc.example",
            ErrorCode::InvitationBroken,
            "the end of an address or another one",
        ),
        ("26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8Y", ErrorCode::CodeLength, "a symbol is missing"),
        ("26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YU", ErrorCode::CodeSymbol, "no code has this symbol"),
        ("26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YZ", ErrorCode::CodeTypo, "one wrong symbol"),
        ("ZZZZZ-41SCA-G5983-JEYHW-1FB1D-VE8YX", ErrorCode::CodeVersion, "a newer app made it"),
        ("conclave://192.0.2.1:0/#26Q3J-41SCA-G5983-JEYHW-1FB1D-VE8YX", ErrorCode::AddressInvalid, "no such port"),
        (words.as_str(), ErrorCode::CodeTypo, "thirteen words that are no code"),
        ("abandon ability able about above absent absorb", ErrorCode::WordCount, "words are missing"),
        ("See you on Friday!", ErrorCode::InvitationMissing, "a sentence"),
        (two_rooms.as_str(), ErrorCode::InvitationSeveral, "which of both?"),
    ];
    for (invitation, expected, why) in cases {
        let answer = engine.read_invitation(ReadInvitation { invitation: secret(invitation) }).await;
        assert_eq!(answer.unwrap_err().code, expected, "{why}");
    }
    let words = "abandon ability crunsh about above absent absorb abstract absurd abuse access accident account";
    for (invitation, place) in [
        (CODE.replacen('9', "U", 1), Slip::Symbol { position: 13, symbol: "U".to_owned() }),
        (CODE.replacen('9', "6", 1), Slip::Place { position: 13 }),
        (
            format!("The words: {words}. See you!"),
            Slip::Word { position: 3, word: "crunsh".to_owned(), nearest: "crunch".to_owned() },
        ),
    ] {
        let answer = engine.read_invitation(ReadInvitation { invitation: secret(&invitation) }).await.unwrap_err();
        assert!(answer.slip == Some(place), "the place is named: {:?}", answer.code);
        assert!(!format!("{answer:?}").contains("crunsh"), "and printed by nothing");
    }
    let known = engine.read_invitation(ReadInvitation { invitation: secret(&CODE.to_lowercase()) }).await.unwrap();
    assert!(known.addresses.is_empty() && known.beside.is_none(), "a code alone asks \"Where?\"");
    let copied = format!("{CODE}\nWhere: 192.0.2.1:7443");
    let copied_together = engine.read_invitation(ReadInvitation { invitation: secret(&copied) }).await.unwrap();
    assert_eq!(copied_together.beside.as_deref(), Some("192.0.2.1:7443"));
    let unseen = engine.join_room(joining(&copied, None)).await;
    assert_eq!(unseen.unwrap_err(), ErrorCode::AddressMissing, "what was only beside it is asked by nobody");
    assert_eq!(engine.join_room(joining(CODE, None)).await.unwrap_err(), ErrorCode::AddressMissing);
    assert_eq!(engine.join_room(joining(CODE, Some("not an address"))).await.unwrap_err(), ErrorCode::AddressInvalid);
    assert!(engine.snapshot().await.unwrap().rooms.is_empty(), "no half-made room is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_texts_and_rules_are_checked_before_anything_is_made() {
    let engine = unlocked().await;
    let good = HostRoom {
        title: "Press desk".to_owned(),
        note: String::new(),
        nick: "Alice".to_owned(),
        rules: NewRules { message_ttl: 3600, ..NewRules::default() },
        passphrase: None,
        in_memory: true,
    };
    let with = |rules| HostRoom { rules, ..good.clone() };
    let cases = [
        (HostRoom { nick: String::new(), ..good.clone() }, ErrorCode::NickInvalid),
        (HostRoom { nick: "x".repeat(33), ..good.clone() }, ErrorCode::NickInvalid),
        (HostRoom { nick: "Al\u{202e}ice".to_owned(), ..good.clone() }, ErrorCode::NickInvalid),
        (HostRoom { nick: "Alice\u{200d}".to_owned(), ..good.clone() }, ErrorCode::NickInvalid),
        (HostRoom { title: "x".repeat(65), ..good.clone() }, ErrorCode::TitleTooLong),
        (HostRoom { note: "x".repeat(513), ..good.clone() }, ErrorCode::NoteTooLong),
        (with(NewRules { message_ttl: 5, ..good.rules }), ErrorCode::LifetimeInvalid),
        (with(NewRules { idle_ttl: 31 * 86_400, ..good.rules }), ErrorCode::LifetimeInvalid),
        (with(NewRules { max_members: 17, ..good.rules }), ErrorCode::SizeInvalid),
        // Nobody would serve it without its owner.
        (with(NewRules { owner_leave_closes: false, ..good.rules }), ErrorCode::InvalidRequest),
    ];
    for (request, expected) in cases {
        assert_eq!(engine.host_room(request).await.unwrap_err(), expected);
    }
    assert!(engine.snapshot().await.unwrap().rooms.is_empty());

    let room = engine.host_room(good).await.unwrap();
    let send = async |text: String| {
        engine.send_message(SendMessage { room: room.clone(), text: SecretText::new(text), fuse: None }).await
    };
    for nothing in [" \n", "\u{200b}\u{feff}", "\u{2800}\u{3000}", "\u{202e}\u{202c}"] {
        assert_eq!(send(nothing.to_owned()).await.unwrap_err(), ErrorCode::MessageEmpty, "{nothing:?} shows nothing");
    }
    assert_eq!(send("x".repeat(8 * 1024 + 1)).await.unwrap_err(), ErrorCode::MessageTooLong);
    assert!(send("x".repeat(8 * 1024)).await.is_ok(), "the longest message");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_is_away_wrong_or_mad_is_told_apart() {
    let alice = App::new().await;
    let room = alice.host().await;
    let link = alice.link(&room).await;
    let bob = unlocked().await;
    let look = async |invitation: &str, address: Option<String>| {
        bob.preview_room(PreviewRoom { invitation: secret(invitation), address }).await.map(|seen| seen.open().unwrap())
    };

    // The right relay, a code of no room.
    let (place, pin) = (link.split_once("/#").unwrap().0, link.split_once("~k=").unwrap().1);
    let pin = pin.split('~').next().unwrap();
    let stranger = format!("{place}/#{CODE}~k={pin}");
    assert_eq!(look(&stranger, None).await.unwrap_err(), ErrorCode::NoSuchRoom);

    // Another key than the invitation names: somebody stands in between.
    let other_key = link.replace(pin, &"A".repeat(43));
    assert_eq!(look(&other_key, None).await.unwrap_err(), ErrorCode::WrongPin);

    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(look(CODE, Some(free.to_string())).await.unwrap_err(), ErrorCode::RelayUnreachable);

    // Somebody listens, but it is no relay.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mad = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 512];
        let _ = stream.read(&mut hello).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nwelcome to my page").await.unwrap();
    };
    let (answer, ()) = tokio::join!(look(CODE, Some(address.to_string())), mad);
    assert_eq!(answer.unwrap_err(), ErrorCode::RelayMisbehaved, "no update would make a relay of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_is_not_made_at_an_address_where_no_relay_answers() {
    let alice = unlocked().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mistyped = CreateRoom {
        relay: free.to_string(),
        title: String::new(),
        note: String::new(),
        nick: "Alice".to_owned(),
        rules: NewRules::default(),
        passphrase: None,
        in_memory: false,
    };
    assert_eq!(alice.create_room(mistyped).await.unwrap_err(), ErrorCode::RelayUnreachable);
    assert!(alice.snapshot().await.unwrap().rooms.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_that_cannot_succeed_says_why_and_can_be_thrown_away() {
    let alice = App::new().await;
    let room = alice.host().await;
    let link = alice.link(&room).await;
    let bob = unlocked().await;
    let (place, pin) = (link.split_once("/#").unwrap().0, link.split_once("~k=").unwrap().1);
    let stranger = format!("{place}/#{CODE}~k={pin}");
    let joined = bob.join_room(joining(&stranger, None)).await.unwrap();
    let of_room = || OfRoom { room: joined.clone() };
    let mut events = bob.events();
    let stopped = loop {
        let summary = bob.view_room(of_room()).await.unwrap().summary;
        if let Connection::Stopped { reason } = summary.connection {
            assert_eq!(summary.phase, RoomPhase::Joining);
            break reason;
        }
        events.next().await.unwrap();
    };
    assert_eq!(stopped, LinkFault::NoSuchRoom, "trying again by itself would not help");
    bob.retry_room(of_room()).await.unwrap();
    loop {
        let event = events.next().await.unwrap();
        if matches!(&event, Event::RoomChanged { summary } if summary.connection == Connection::Connecting) {
            break;
        }
    }
    assert_eq!(bob.join_room(joining(&stranger, None)).await.unwrap_err(), ErrorCode::AlreadyJoined);
    bob.remove_room(of_room()).await.unwrap();
    assert!(bob.snapshot().await.unwrap().rooms.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_onion_address_is_called_out_of_reach_and_a_newer_invitation_leads_in() {
    let (alice, bob) = (App::new().await, App::new().await);
    let room = alice.host().await;
    let link = alice.link(&room).await;
    let onion = format!("{}.onion", "a".repeat(56));
    let mut hidden = Invitation::parse(&link).unwrap();
    hidden.addresses = vec![onion.parse().unwrap()];
    let hidden = hidden.expose_link().unwrap().to_string();

    let look = PreviewRoom { invitation: secret(&hidden), address: None };
    assert_eq!(bob.engine.preview_room(look).await.unwrap_err(), ErrorCode::OnionOnly);
    let create = CreateRoom {
        relay: onion,
        title: String::new(),
        note: String::new(),
        nick: "Bob".to_owned(),
        rules: NewRules::default(),
        passphrase: None,
        in_memory: false,
    };
    assert_eq!(bob.engine.create_room(create).await.unwrap_err(), ErrorCode::OnionOnly);
    assert!(bob.engine.snapshot().await.unwrap().rooms.is_empty());

    let joined = bob.join(&hidden, "Bob").await;
    let stopped = Connection::Stopped { reason: LinkFault::OnionOnly };
    let is_stopped = async |bob: &App| {
        bob.engine.view_room(OfRoom { room: joined.clone() }).await.unwrap().summary.connection == stopped
    };
    bob.until(&joined, "the end of trying", is_stopped).await;
    let newer = RelocateRoom { invitation: secret(&link), address: None };
    assert_eq!(bob.engine.relocate_room(newer).await.unwrap(), joined);
    bob.until(&joined, "confirmed", async |bob| bob.is_online(&joined).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vault_says_what_is_wrong_and_loses_nothing() {
    let alice = App::new().await;
    let room = alice.host().await;
    let folder = || DataFolder::At(alice.folder.path().to_owned());

    let second = Engine::new(Environment::system(folder(), None));
    let passphrase = || Some(secret(PASSPHRASE));
    let busy = second.unlock_vault(UnlockVault { passphrase: passphrase() }).await;
    assert_eq!(busy.unwrap_err(), ErrorCode::VaultBusy, "two instances would corrupt the keys");

    alice.engine.lock_vault().await;
    let later = Engine::new(Environment::system(folder(), None));
    let wrong = later.unlock_vault(UnlockVault { passphrase: Some(secret("wrong horse battery")) }).await;
    assert_eq!(wrong.unwrap_err(), ErrorCode::WrongPassphrase);
    assert_eq!(
        later.view_room(OfRoom { room: room.clone() }).await.unwrap_err(),
        ErrorCode::VaultLocked,
        "nothing is shown before the vault is open"
    );
    let again = CreateVault { protection: Protection::Passphrase, passphrase: passphrase() };
    assert_eq!(later.create_vault(again).await.unwrap_err(), ErrorCode::VaultExists, "never overwritten");
    later.unlock_vault(UnlockVault { passphrase: passphrase() }).await.unwrap();
    assert_eq!(later.snapshot().await.unwrap().rooms.len(), 1);

    // The room's file is damaged: the room says so, the vault opens, the file stays.
    later.lock_vault().await;
    let file = alice.folder.path().join("rooms").join(format!("{}.db", room.0));
    let good = std::fs::read(&file).unwrap();
    let mut bytes = good.clone();
    bytes[50] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    later.unlock_vault(UnlockVault { passphrase: passphrase() }).await.unwrap();
    let rooms = later.snapshot().await.unwrap().rooms;
    assert_eq!(rooms.iter().map(|room| room.phase).collect::<Vec<_>>(), [RoomPhase::Damaged]);
    let of_room = || OfRoom { room: room.clone() };
    assert_eq!(later.view_room(of_room()).await.unwrap_err(), ErrorCode::RoomDamaged);
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "left as it was");

    // With a copy of it everything goes on, without another unlock.
    std::fs::write(&file, &good).unwrap();
    assert_eq!(later.view_room(of_room()).await.unwrap().summary.phase, RoomPhase::Open);
    assert_eq!(later.snapshot().await.unwrap().rooms.len(), 1);

    // A disk that does not read is no damage: nobody is asked to remove what may be whole.
    later.lock_vault().await;
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).unwrap();
    std::fs::create_dir(&file).unwrap();
    later.unlock_vault(UnlockVault { passphrase: passphrase() }).await.unwrap();
    let rooms = later.snapshot().await.unwrap().rooms;
    assert_eq!(rooms.iter().map(|room| room.phase).collect::<Vec<_>>(), [RoomPhase::Unreadable]);
    assert_eq!(later.view_room(of_room()).await.unwrap_err(), ErrorCode::StorageFailed);
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(later.view_room(of_room()).await.unwrap().summary.phase, RoomPhase::Open, "the disk is back");

    let short = CreateVault { protection: Protection::Passphrase, passphrase: Some(secret("short")) };
    let fresh = App::new().await;
    fresh.engine.lock_vault().await;
    let empty = tempfile::TempDir::new().unwrap();
    let new = Engine::new(Environment::system(DataFolder::At(empty.path().to_owned()), None));
    assert_eq!(new.create_vault(short).await.unwrap_err(), ErrorCode::PassphraseTooShort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_relay_file_is_said_and_left_alone() {
    let mut alice = App::new().await;
    let room = alice.host().await;
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
    alice.say(&room, "Written before.").await;
    alice.engine.lock_vault().await;
    let file = alice.folder.path().join("rooms").join(format!("{}.relay.db", room.0));
    let good = std::fs::read(&file).unwrap();
    let mut bytes = good.clone();
    bytes[50] ^= 1;
    std::fs::write(&file, &bytes).unwrap();

    alice.restart().await;
    let of_room = || OfRoom { room: room.clone() };
    let view = alice.engine.view_room(of_room()).await.unwrap();
    assert_eq!(view.summary.phase, RoomPhase::Open, "her own file is whole");
    let hosting = view.summary.hosting.unwrap();
    assert_eq!((hosting.state, hosting.reason), (HostingState::Failed, Some(ErrorCode::HostedFileDamaged)));
    assert_eq!(hosting.file.as_deref(), file.to_str(), "the one to put back");
    assert_eq!(
        alice.engine.start_hosting(of_room()).await.unwrap_err(),
        ErrorCode::HostedFileDamaged,
        "and not the network"
    );
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "left as it was");
    assert_eq!(alice.texts(&room).await.len(), 1, "and so is what she wrote");

    // With a copy of the file everything goes on.
    std::fs::write(&file, &good).unwrap();
    alice.engine.start_hosting(of_room()).await.unwrap();
    alice.until(&room, "online again", async |alice| alice.is_online(&room).await).await;
    let hosting = alice.engine.view_room(of_room()).await.unwrap().summary.hosting.unwrap();
    assert_eq!((hosting.state, hosting.reason, hosting.file), (HostingState::Running, None, None), "it is mended");
}

/// A room at its own computer's relay, which serves another one: what matters here is what is kept of the address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_of_a_relay_is_kept_as_it_was_meant() {
    let alice = App::new().await;
    let room = alice.host().await;
    let link = alice.link(&room).await;
    let port = link.split_once("/#").unwrap().0.rsplit(':').next().unwrap();
    let (address, pin) = (format!("127.0.0.1:{port}"), link.split_once("~k=").unwrap().1.split('~').next().unwrap());
    let request = CreateRoom {
        relay: format!(" \u{201e}wss://{address}/~k={pin}\u{201c}.\u{200b}\n"),
        title: String::new(),
        note: String::new(),
        nick: "Alice".to_owned(),
        rules: NewRules { message_ttl: 3600, ..NewRules::default() },
        passphrase: None,
        in_memory: false,
    };
    alice.engine.create_room(request).await.unwrap();
    let snapshot = alice.engine.snapshot().await.unwrap();
    assert_eq!(snapshot.last_address, Some(format!("{address}~k={pin}")));
    assert_eq!(snapshot.ways, None, "nobody asks what opens an open vault");
    alice.engine.lock_vault().await;
    let ways = alice.engine.snapshot().await.unwrap().ways.unwrap();
    assert!(ways.passphrase && !ways.keyring, "no keyring is offered for a vault under a passphrase");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_said_and_a_new_address_helps() {
    let mut alice = App::new().await;
    let room = alice.host().await;
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
    let address = alice.engine.view_invitation(OfRoom { room: room.clone() }).await.unwrap().address;
    alice.engine.lock_vault().await;
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let _thief = TcpListener::bind(("0.0.0.0", port)).await.unwrap();

    alice.restart().await;
    let of_room = || OfRoom { room: room.clone() };
    assert_eq!(alice.engine.start_hosting(of_room()).await.unwrap_err(), ErrorCode::PortTaken);
    alice.engine.renew_address(of_room()).await.unwrap();
    alice.until(&room, "online again", async |alice| alice.is_online(&room).await).await;
    let renewed = alice.engine.view_invitation(of_room()).await.unwrap();
    assert_ne!(renewed.address, address, "older invitations end here, the code stays");
}
