//! Alice hosts a room on her computer, Bob joins with her invitation.

use std::time::Duration;

use conclave_crypto::link::Invitation;
use conclave_engine::{
    ErrorCode,
    api::{HostRoom, JoinRoom, NewRules, OfRoom, PreviewRoom, RelocateRoom, SecretText},
    snapshot::{Connection, Ended, LinkFault, MessageState, RoomHandle},
};

use conclave_testkit::app::App;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alice_hosts_bob_joins_they_talk_close_reopen_and_go_on() {
    let mut alice = App::new().await;
    let bob = App::new().await;
    let room = alice.host().await;
    alice.say(&room, "Is anybody here?").await;
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
    assert_eq!(
        alice.texts(&room).await,
        [("Alice".to_owned(), "Is anybody here?".to_owned(), MessageState::AwaitingMembers)],
        "a message for nobody waits for the first member"
    );

    let link = alice.link(&room).await;
    let seen = PreviewRoom { invitation: SecretText::new(link.clone()), address: None };
    let preview = bob.engine.preview_room(seen).await.unwrap().open().unwrap();
    assert_eq!((preview.title.as_str(), preview.note.as_str()), ("Press desk", "Be kind."));
    assert_eq!(preview.people, ["Alice"]);
    assert!(preview.pinned);

    let bobs = bob.join(&link, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;
    bob.until(&bobs, "Alice's first words", async |bob| bob.has_stored(&bobs, "Is anybody here?").await).await;
    bob.say(&bobs, "I am.").await;
    alice.until(&room, "Bob's answer", async |alice| alice.has_stored(&room, "I am.").await).await;
    assert!(alice.has_stored(&room, "Is anybody here?").await, "the relay has it by now");

    let words = |view: conclave_engine::snapshot::RoomView| view.verification.unwrap().words;
    let hers = words(alice.engine.view_room(OfRoom { room: room.clone() }).await.unwrap());
    let his = words(bob.engine.view_room(OfRoom { room: bobs.clone() }).await.unwrap());
    assert_eq!(hers, his, "both read out the same words");

    // Bob writes while the host is away: it waits, and arrives when she is back at the same address with the same key.
    alice.engine.lock_vault().await;
    bob.say(&bobs, "Still there?").await;
    alice.restart().await;
    let same = RoomHandle(room.0.clone());
    alice.until(&same, "Bob's waiting message", async |alice| alice.has_stored(&same, "Still there?").await).await;
    alice.say(&same, "Back.").await;
    bob.until(&bobs, "Alice's return", async |bob| bob.has_stored(&bobs, "Back.").await).await;

    let expected = ["Is anybody here?", "I am.", "Still there?", "Back."];
    for (app, room) in [(&alice, &same), (&bob, &bobs)] {
        let texts: Vec<String> = app.texts(room).await.into_iter().map(|(_, text, _)| text).collect();
        assert_eq!(texts, expected, "nothing lost, doubled or out of order");
    }

    let departure = bob.engine.leave_room(OfRoom { room: bobs.clone() }).await.unwrap();
    assert!(departure.told, "Alice was there to carry it out");
    alice
        .until(&same, "Bob's leave", async |alice| {
            alice.engine.view_room(OfRoom { room: same.clone() }).await.unwrap().people.len() == 1
        })
        .await;
    assert!(bob.engine.snapshot().await.unwrap().rooms.is_empty(), "the room is gone from his computer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_moved_is_found_again_with_its_new_invitation() {
    let alice = App::new().await;
    let bob = App::new().await;
    let room = alice.host().await;
    let old = alice.link(&room).await;
    let bobs = bob.join(&old, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;

    // Another program took her port: she serves the room at another one. Bob's computer cannot know where.
    alice.engine.renew_address(OfRoom { room: room.clone() }).await.unwrap();
    alice.say(&room, "We moved.").await;
    bob.until(&bobs, "the loss", async |bob| !bob.is_online(&bobs).await).await;
    let new = alice.link(&room).await;
    assert_ne!(new, old);

    // Somebody who has the code cannot lead him to a relay with another key, and the right invitation finds the room.
    let follow = async |link: String| {
        let request = RelocateRoom { invitation: SecretText::new(link), address: None };
        bob.engine.relocate_room(request).await
    };
    let mut false_one = Invitation::parse(&new).unwrap();
    false_one.pin = Some([7; 32]);
    assert_eq!(follow(false_one.expose_link().unwrap().to_string()).await.unwrap_err(), ErrorCode::WrongPin);
    assert_eq!(follow(new.clone()).await.unwrap(), bobs);
    bob.until(&bobs, "Alice's news", async |bob| bob.has_stored(&bobs, "We moved.").await).await;

    // Nor can they bury the good address under bad ones.
    let mut flood = Invitation::parse(&new).unwrap();
    flood.addresses = (1..=8).map(|n| format!("192.0.2.{n}:7443").parse().unwrap()).collect();
    follow(flood.expose_link().unwrap().to_string()).await.unwrap();
    let good = new.split_once("/#").unwrap().0.split_once("://").unwrap().1;
    assert!(bob.link(&bobs).await.contains(good), "it is still among them");
}

/// Alice's folder, in which the room and its relay lie, is put back from an older copy. A passphrase opens it, so nothing outside
/// tells, and her relay knows nothing of what she sent since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_says_after_an_older_copy_was_put_back_is_read() {
    an_older_copy_is_put_back(App::new().await, false).await;
}

/// The copy was made while the app was open, and her keyring has not changed since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_says_after_a_copy_of_open_files_was_put_back_is_read() {
    an_older_copy_is_put_back(App::with_keyring().await, true).await;
}

async fn an_older_copy_is_put_back(mut alice: App, was_open: bool) {
    let (bob, backup) = (App::new().await, tempfile::tempdir().unwrap());
    let room = alice.host().await;
    let bobs = bob.join(&alice.link(&room).await, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;
    alice.say(&room, "Before.").await;
    bob.until(&bobs, "the first", async |bob| bob.has_stored(&bobs, "Before.").await).await;
    if was_open {
        conclave_testkit::folder::copy(alice.folder.path(), backup.path()).unwrap();
    } else {
        alice.engine.lock_vault().await;
        conclave_testkit::folder::copy(alice.folder.path(), backup.path()).unwrap();
        alice.restart().await;
    }
    bob.engine.retry_room(OfRoom { room: bobs.clone() }).await.unwrap();
    for text in ["One.", "Two.", "Three."] {
        alice.say(&room, text).await;
    }
    bob.until(&bobs, "the last", async |bob| bob.has_stored(&bobs, "Three.").await).await;
    alice.engine.lock_vault().await;
    conclave_testkit::folder::copy(backup.path(), alice.folder.path()).unwrap();
    alice.restart().await;
    bob.engine.retry_room(OfRoom { room: bobs.clone() }).await.unwrap();
    for text in ["Again one.", "Again two."] {
        alice.say(&room, text).await;
    }
    // Her relay does not know the newest epoch any more, so both come in again first.
    let reads = async {
        while !bob.has_stored(&bobs, "Again one.").await || !bob.has_stored(&bobs, "Again two.").await {
            bob.engine.retry_room(OfRoom { room: bobs.clone() }).await.unwrap();
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(240), reads).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_with_another_key_than_the_invitation_names_is_not_spoken_to() {
    let alice = App::new().await;
    let bob = App::new().await;
    let room = alice.host().await;
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;

    // Somebody answers at Alice's address with a key of their own: for Bob it is the same as a pin that does not fit.
    let mut invitation = Invitation::parse(&alice.link(&room).await).unwrap();
    invitation.pin = Some([7; 32]);
    let bobs = bob.join(&invitation.expose_link().unwrap(), "Bob").await;
    bob.until(&bobs, "a refusal", async |bob| {
        let view = bob.engine.view_room(OfRoom { room: bobs.clone() }).await.unwrap();
        view.summary.connection == Connection::Stopped { reason: LinkFault::WrongPin }
    })
    .await;
    let view = alice.engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
    assert_eq!(view.people.len(), 1, "nobody came in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_in_memory_survives_a_pause_of_the_host_and_ends_with_her_app() {
    let mut alice = App::new().await;
    let bob = App::new().await;
    let room = alice.host_in_memory().await;
    let bobs = bob.join(&alice.link(&room).await, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;
    alice.say(&room, "Nothing of this is on my disk.").await;
    bob.until(&bobs, "her word", async |bob| bob.has_stored(&bobs, "Nothing of this is on my disk.").await).await;

    alice.engine.stop_hosting(OfRoom { room: room.clone() }).await.unwrap();
    let waits = async |bob: &App| {
        let view = bob.engine.view_room(OfRoom { room: bobs.clone() }).await.unwrap();
        matches!(view.summary.connection, Connection::Waiting { reason: LinkFault::Unreachable, .. })
    };
    bob.until(&bobs, "the host's absence", waits).await;
    bob.say(&bobs, "I wait.").await;
    alice.engine.start_hosting(OfRoom { room: room.clone() }).await.unwrap();
    alice.until(&room, "Bob's word", async |alice| alice.has_stored(&room, "I wait.").await).await;

    // With her app the room ends, by its rules for everybody. Her list says so by not having it, and Bob's how it ended.
    alice.restart().await;
    assert!(alice.engine.snapshot().await.unwrap().rooms.is_empty(), "nothing of it was kept");
    let gone = alice.engine.start_hosting(OfRoom { room }).await;
    assert_eq!(gone, Err(ErrorCode::UnknownRoom));
    let ended = async |bob: &App| {
        let rooms = bob.engine.snapshot().await.unwrap().rooms;
        rooms.iter().any(|room| room.room == bobs && room.ended == Some(Ended::ClosedByOwner))
    };
    bob.until(&bobs, "the end", ended).await;
}

/// The passphrase is beside the invitation: whoever has that alone sees what the room is, and does not come in.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_with_a_passphrase_is_seen_from_its_door_and_entered_with_it() {
    let (alice, bob) = (App::new().await, App::new().await);
    let secret = |text: &str| Some(SecretText::new(text.to_owned()));
    let host = |passphrase| HostRoom {
        title: "Press desk".to_owned(),
        note: String::new(),
        nick: "Alice".to_owned(),
        rules: NewRules::default(),
        passphrase,
        in_memory: false,
    };
    let refused = alice.engine.host_room(host(secret("short"))).await;
    assert_eq!(refused, Err(ErrorCode::PassphraseTooShort));
    let room = alice.engine.host_room(host(secret("under the bridge"))).await.unwrap();
    let link = alice.link(&room).await;
    let invitation = || SecretText::new(link.clone());
    let seen = bob.engine.preview_room(PreviewRoom { invitation: invitation(), address: None }).await.unwrap();
    let seen = seen.open().unwrap();
    assert_eq!((seen.title.as_str(), seen.rules.needs_passphrase), ("Press desk", true));

    let join = |passphrase| JoinRoom {
        invitation: invitation(),
        address: None,
        passphrase,
        nick: "Bob".to_owned(),
        in_memory: false,
    };
    assert_eq!(bob.engine.join_room(join(None)).await, Err(ErrorCode::PassphraseNeeded));
    let entered = bob.engine.join_room(join(secret("under the bridge"))).await.unwrap();
    bob.until(&entered, "online", async |bob| bob.is_online(&entered).await).await;
}

/// The relay is on her computer: it goes on, says so to whoever comes, and goes with the vault.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hosted_room_that_is_erased_is_confirmed_and_its_relay_still_says_that_it_is_gone() {
    let (mut alice, bob, carol) = (App::new().await, App::new().await, App::new().await);
    let room = alice.host().await;
    let link = alice.link(&room).await;
    let bobs = bob.join(&link, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;
    alice.engine.erase_room(OfRoom { room: room.clone() }).await.unwrap();
    let has_confirmed = async |alice: &App| {
        let rooms = alice.engine.snapshot().await.unwrap().rooms;
        let burned = rooms.into_iter().find(|summary| summary.room == room).and_then(|summary| summary.burned);
        burned.is_some_and(|burned| burned.people.len() == 1 && burned.people[0].confirmed && !burned.listening)
    };
    alice.until(&room, "Bob's receipt", has_confirmed).await;
    let seen = || PreviewRoom { invitation: SecretText::new(link.clone()), address: None };
    assert_eq!(carol.engine.preview_room(seen()).await.map(drop), Err(ErrorCode::RoomGone));
    alice.engine.remove_room(OfRoom { room: room.clone() }).await.unwrap();
    assert_eq!(
        carol.engine.preview_room(seen()).await.map(drop),
        Err(ErrorCode::RoomGone),
        "dismissed, and still said"
    );

    alice.engine.lock_vault().await;
    assert_eq!(carol.engine.preview_room(seen()).await.map(drop), Err(ErrorCode::RelayUnreachable));
    alice.restart().await;
    let left = std::fs::read_dir(alice.folder.path().join("rooms")).unwrap().count();
    assert_eq!(left, 0, "nothing of it is left, also of its relay");
}
