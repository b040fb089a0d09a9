//! Whoever stands between a person and the relay shows another key, and gets nothing (protocol 4.2, "Where?", and 4.8.2).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::time::Duration;

use conclave_engine::{
    Engine, ErrorCode,
    api::{CreateRoom, NewRules, PreviewRoom, RelocateRoom, SecretText},
    snapshot::{Connection, Creation, LinkFault},
};
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    person::Person,
    scene::{all_is_well, enters, joins, one, two},
    server::{ADDRESS, KEY},
    shown::{Shown, Vouched},
};
use data_encoding::BASE64URL_NOPAD;

/// What the relay of the room shows.
fn own(vouched: Vouched) -> Option<Shown> {
    Some(Shown { key: KEY, vouched })
}

/// What somebody in between shows, for whom nobody vouches.
const FOREIGN: Option<Shown> = Some(Shown { key: [0x66; 32], vouched: Vouched::Never });

/// Alice's app meets somebody with a foreign key, before and after it was closed. Returns how much that one heard.
async fn meets_a_stranger(lab: &Lab, alice: &mut Member) -> u64 {
    let stranger = Interceptor::new();
    lab.network().show(FOREIGN);
    lab.intercept_with(&stranger);
    for closed in [false, true] {
        if closed {
            alice.close().await;
            alice.start().await;
            alice.pause(Duration::from_secs(60)).await;
        } else {
            alice.reconnect().await;
        }
        let connection = alice.connection().await;
        let refused = matches!(connection, Connection::Waiting { reason: LinkFault::WrongPin, .. });
        assert!(refused, "she is told why; closed before: {closed}: {connection:?}");
        alice.write(if closed { "And nobody else." } else { "Only for the two of us." }).await;
    }
    alice.pause(Duration::from_secs(900)).await;
    lab.stop_intercepting();
    stranger.heard()
}

#[test]
fn the_first_key_that_nobody_vouches_for_is_the_relays_for_good() {
    Lab::play(31, async |lab| {
        lab.network().show(own(Vouched::Never));
        let (mut alice, bob) = two(&lab).await;
        assert_eq!(meets_a_stranger(&lab, &mut alice).await, 0, "no frame is for a stranger");
        // The relay itself is known again, also after the app was closed.
        lab.network().show(own(Vouched::Never));
        alice.close().await;
        alice.start().await;
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_relay_that_was_vouched_for_is_not_replaced_by_one_that_is_not() {
    Lab::play(32, async |lab| {
        lab.network().show(own(Vouched::Now));
        let (mut alice, bob) = two(&lab).await;
        assert_eq!(meets_a_stranger(&lab, &mut alice).await, 0, "no frame is for a stranger");
        lab.network().show(own(Vouched::Now));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_pin_that_nobody_vouched_for_gives_way_to_a_certificate_for_the_same_name() {
    Lab::play(36, async |lab| {
        // Bob's invitation names no key; when he joined, the relay showed one of its own, or his clock was wrong.
        lab.network().show(own(Vouched::Never));
        let mut alice = one(&lab).await;
        let link = without_key(&alice.link().await);
        let mut bob = joins(&lab, "Bob", &link).await;
        let renewed = |vouched| Some(Shown { key: [0x77; 32], vouched });
        lab.network().show(renewed(Vouched::Once));
        bob.reconnect().await;
        let connection = bob.connection().await;
        let is_old = matches!(connection, Connection::Waiting { reason: LinkFault::CertificateOutOfDate, .. });
        assert!(is_old, "this is no attack: {connection:?}");

        lab.network().show(renewed(Vouched::Now));
        bob.retry().await;
        bob.pause(Duration::from_secs(30)).await;
        assert_eq!(bob.connection().await, Connection::Online);
        assert!(!bob.link().await.contains("~k="), "whom he invites needs no key either");
        // From now on the certificate counts, whatever key it has, and a key that nobody vouches for does not.
        assert_eq!(meets_a_stranger(&lab, &mut bob).await, 0);
        lab.network().show(Some(Shown { key: [0x78; 32], vouched: Vouched::Now }));
        bob.retry().await;
        bob.pause(Duration::from_secs(30)).await;
        assert_eq!(bob.connection().await, Connection::Online);

        // Alice compared the key: hers stays, whatever address an invitation names.
        alice.reconnect().await;
        let connection = alice.connection().await;
        let refused = matches!(connection, Connection::Waiting { reason: LinkFault::WrongPin, .. });
        assert!(refused, "{connection:?}");
        let follows = RelocateRoom { invitation: SecretText::new(link), address: None };
        let room = alice.person.insist(move |engine: Engine| async move { engine.relocate_room(follows).await });
        assert_eq!(room.await.as_ref(), Ok(&alice.room));
        alice.pause(Duration::from_secs(30)).await;
        let connection = alice.connection().await;
        assert!(matches!(connection, Connection::Waiting { reason: LinkFault::WrongPin, .. }), "{connection:?}");
        lab.network().show(own(Vouched::Now));
        all_is_well(&lab, alice, bob).await;
    });
}

/// An invitation as it is read out where the relay has a certificate.
fn without_key(link: &str) -> String {
    let (before, key) = link.split_once("~k=").unwrap();
    let after = key.split_once('~').map_or(String::new(), |(_, after)| format!("~{after}"));
    format!("{before}{after}")
}

#[test]
fn a_certificate_that_has_run_out_is_not_called_an_attack() {
    Lab::play(37, async |lab| {
        lab.network().show(own(Vouched::Now));
        let (mut alice, bob) = two(&lab).await;
        lab.network().show(own(Vouched::Once));
        let relay = Interceptor::new();
        lab.intercept_with(&relay);
        alice.reconnect().await;
        let connection = alice.connection().await;
        let is_old = matches!(connection, Connection::Waiting { reason: LinkFault::CertificateOutOfDate, .. });
        assert!(is_old, "{connection:?}");
        assert_eq!(relay.heard(), 0, "nothing is said to it all the same");
        lab.network().show(own(Vouched::Now));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_pin_from_an_invitation_stays_whatever_an_authority_says() {
    Lab::play(38, async |lab| {
        lab.network().show(own(Vouched::Never));
        let (alice, mut bob) = two(&lab).await;
        let stranger = Interceptor::new();
        lab.intercept_with(&stranger);
        lab.network().show(FOREIGN.map(|shown| Shown { vouched: Vouched::Now, ..shown }));
        bob.reconnect().await;
        let connection = bob.connection().await;
        let refused = matches!(connection, Connection::Waiting { reason: LinkFault::WrongPin, .. });
        assert!(refused, "{connection:?}");
        assert_eq!(stranger.heard(), 0, "his invitation named the key");
        lab.network().show(own(Vouched::Never));
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn a_vouched_relay_may_renew_its_key() {
    Lab::play(33, async |lab| {
        lab.network().show(own(Vouched::Now));
        let (mut alice, bob) = two(&lab).await;
        lab.network().show(FOREIGN.map(|shown| Shown { vouched: Vouched::Now, ..shown }));
        alice.reconnect().await;
        assert_eq!(alice.connection().await, Connection::Online, "an authority of the system vouches for it");
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn whoever_stands_in_between_when_bob_first_comes_does_not_become_the_relay() {
    Lab::play(34, async |lab| {
        lab.network().show(own(Vouched::Now));
        let mut alice = one(&lab).await;
        // Her relay has a certificate, so the invitation names no key.
        let link = alice.link().await;
        // Somebody carries his bytes to the relay under a key of their own. His proof names that key, so it opens nothing.
        lab.network().show(FOREIGN);
        let mut bob = enters(&lab, "Bob", &link).await;
        bob.pause(Duration::from_secs(30)).await;
        assert_eq!(bob.connection().await, Connection::Stopped { reason: LinkFault::Refused });
        assert_eq!(alice.people().await, ["Alice"]);
        // They are gone. Bob tries again, and the room is his: the foreign key was never kept.
        lab.network().show(own(Vouched::Now));
        bob.retry().await;
        bob.say("Here I am.").await;
        all_is_well(&lab, alice, bob).await;
    });
}

#[test]
fn nobody_leads_a_member_to_another_relay_that_is_vouched_for_just_as_well() {
    Lab::play(35, async |lab| {
        lab.network().show(own(Vouched::Now));
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let led_away = format!("{link}~a=relay.example.net");
        for (link, answer) in [(led_away, Err(ErrorCode::WrongPin)), (link, Ok(bob.room.clone()))] {
            let request = RelocateRoom { invitation: SecretText::new(link), address: None };
            let followed = bob.person.insist(move |engine: Engine| async move { engine.relocate_room(request).await });
            assert_eq!(followed.await, answer, "an authority vouches for the other name, too");
        }
        all_is_well(&lab, alice, bob).await;
    });
}

async fn asks_for_a_room(alice: &mut Person, relay: String) -> Creation {
    let request = CreateRoom {
        relay,
        title: String::new(),
        note: String::new(),
        nick: "Alice".to_owned(),
        rules: NewRules::default(),
        passphrase: None,
        in_memory: false,
    };
    alice.insist(move |engine: Engine| async move { engine.create_room(request).await.unwrap() }).await
}

#[test]
fn nobody_makes_a_room_at_a_key_that_nobody_vouches_for_without_having_seen_it() {
    Lab::play(35, async |lab| {
        lab.network().show(own(Vouched::Never));
        let mut alice = lab.person("Alice").await;
        let told = asks_for_a_room(&mut alice, ADDRESS.to_owned()).await;
        let Creation::Unvouched { relay, pin } = told else { panic!("she was not asked") };
        assert!(alice.snapshot().await.rooms.is_empty(), "nothing was made");
        assert_eq!(pin.concat(), BASE64URL_NOPAD.encode(&KEY), "it is what the operator reads from the relay");
        assert!(pin.len() == 11 && pin.iter().all(|group| group.len() <= 4), "in groups: {pin:?}");

        // She said yes to this key, and to no other.
        let stranger = Interceptor::new();
        lab.network().show(FOREIGN);
        lab.intercept_with(&stranger);
        let request = CreateRoom {
            relay: relay.clone(),
            title: String::new(),
            note: String::new(),
            nick: "Alice".to_owned(),
            rules: NewRules::default(),
            passphrase: None,
            in_memory: false,
        };
        let refused = alice.insist(|engine: Engine| async move { engine.create_room(request).await }).await;
        assert_eq!(refused.unwrap_err(), ErrorCode::WrongPin);
        assert_eq!(stranger.heard(), 0);

        lab.stop_intercepting();
        lab.network().show(own(Vouched::Never));
        let made = asks_for_a_room(&mut alice, relay).await;
        let Creation::Made { room } = made else { panic!("she has seen it") };
        alice.pause(Duration::from_secs(10)).await;
        assert!(alice.is_online(&room).await);
        let link = alice.invitation(&room).await;
        assert!(link.contains(&BASE64URL_NOPAD.encode(&KEY)), "whoever is invited needs not be asked");
    });
}

#[test]
fn a_key_that_changes_between_the_question_and_the_room_gets_nothing() {
    Lab::play(36, async |lab| {
        lab.network().show(own(Vouched::Now));
        let mut alice = lab.person("Alice").await;
        let stranger = Interceptor::new();
        let made = asks_for_a_room(&mut alice, ADDRESS.to_owned());
        let made = made.await;
        let Creation::Made { room } = made else { panic!("an authority vouches for it") };
        // Before the room's own connection stands, somebody steps in between.
        lab.network().show(FOREIGN);
        lab.intercept_with(&stranger);
        lab.network().cut("Alice");
        alice.pause(Duration::from_secs(60)).await;
        assert!(!alice.is_online(&room).await);
        assert_eq!(stranger.heard(), 0, "no room is made for a stranger");
    });
}

/// A relay with a pinned key ends TLS itself and binds the exporter; one that says it cannot has somebody in front of it who
/// carries the proofs (protocol 4.8.2).
#[test]
fn an_unbound_exporter_under_a_pinned_key_gets_no_proof() {
    Lab::play(37, async |lab| {
        lab.network().show(own(Vouched::Never));
        let (mut alice, bob) = two(&lab).await;
        let link = alice.link().await;
        let between = Interceptor::new();
        lab.intercept_with(&between);
        lab.network().export(Some([0x77; 32]));
        alice.reconnect().await;
        let connection = alice.connection().await;
        assert!(matches!(connection, Connection::Waiting { reason: LinkFault::WrongPin, .. }), "{connection:?}");

        let mut carol = lab.person("Carol").await;
        let request = PreviewRoom { invitation: SecretText::new(link), address: None };
        let seen = carol.ask(move |engine: Engine| async move { engine.preview_room(request).await }).await.unwrap();
        assert_eq!(seen.unwrap_err(), ErrorCode::WrongPin, "nor at the door");
        assert_eq!(between.heard(), 0, "neither sent a single frame");

        lab.network().export(None);
        lab.stop_intercepting();
        alice.retry().await;
        all_is_well(&lab, alice, bob).await;
    });
}
