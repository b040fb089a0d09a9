//! Somebody knocks at a locked room, and its owner lets them in or not (protocol 4.6.9).

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use conclave_crypto::{
    group::{GroupCrypto as _, Identity, OpenMls},
    knock,
    link::Invitation,
    params,
    schedule::RoomKeys,
    state::MemoryState,
};
use conclave_engine::{
    Engine, ErrorCode,
    api::{KnockRoom, NewRules, SecretText},
    snapshot::{Connection, Knock, KnockState, KnockingState, LinkFault, Preview, RoomPhase, SystemLine},
};
use conclave_proto::{
    RelayFrame, Role,
    deed::{Deed, Knocking},
    frame::{KnockAnswerPush, Reply, Request},
    id::{RoomId, Tag},
    knock::{KnockAdmission, KnockContent},
};
use conclave_seal::{rng::OsRng, sign::SigningKey};
use conclave_testkit::{
    Lab,
    check::{self, Member},
    interceptor::Interceptor,
    raw_client::RawClient,
    scene::{joins, knocks, two, two_with},
};

use super::{MINUTE, dies_anywhere, looks_in};

/// Alice and Carol in a locked room, and its invitation.
async fn locked(lab: &Lab) -> (Member, Member, String) {
    let (mut alice, mut carol) = two(lab).await;
    let link = alice.link().await;
    alice.person.lock(&alice.room).await.unwrap().unwrap();
    alice.pause(MINUTE).await;
    assert_eq!(carol.phase().await, RoomPhase::Locked);
    (alice, carol, link)
}

async fn state(knocker: &mut Member) -> KnockingState {
    knocker.knock().await.unwrap().state
}

/// That all of them are in one room, talk, and nobody lost anything.
async fn talk(lab: &Lab, mut members: Vec<Member>) {
    lab.stop_intercepting();
    for at in 0..members.len() {
        let text = format!("Word {at}.");
        if let Some(member) = members.get_mut(at) {
            member.say(&text).await;
        }
        for other in &mut members {
            assert!(other.texts().await.contains(&text), "{} reads what {at} says", other.person.name());
        }
    }
    check::settle(lab, &mut members, &BTreeSet::new()).await.unwrap();
}

#[test]
fn dave_knocks_and_alice_lets_him_in() {
    Lab::play(1301, async |lab| {
        let (mut alice, mut carol, link) = locked(&lab).await;
        let Ok(Preview::Locked { room: seen }) = looks_in(&mut carol, &link).await else {
            panic!("the door is locked")
        };
        assert!(seen.can_knock);

        let mut dave = knocks(&lab, "Dave", &link, "It is Dave, from the desk.").await;
        dave.pause(MINUTE / 4).await;
        assert_eq!(dave.phase().await, RoomPhase::Knocking);
        let his = dave.knock().await.unwrap();
        assert_eq!((his.state, his.owner_here), (KnockingState::Waiting, true));
        let [knock] = &alice.knocks().await[..] else { panic!("one knocks") };
        assert_eq!((knock.nick.as_str(), knock.note.as_str()), ("Dave", "It is Dave, from the desk."));
        assert_eq!((knock.words.len(), &knock.words), (4, &his.words), "both can compare them");
        assert_eq!((knock.state, knock.ambiguous), (KnockState::Waiting, false));
        assert_eq!(carol.knocks().await, [], "the others hear nothing of it");

        alice.answers("Dave", true).await.unwrap();
        dave.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        assert_eq!(dave.knock().await, None);
        assert_eq!(alice.knocks().await, [], "his app has appeared");
        let let_in = SystemLine::LetIn { nick: "Dave".to_owned() };
        assert!(alice.lines().await.contains(&let_in) && carol.lines().await.contains(&let_in));
        assert_eq!(dave.lines().await[0], SystemLine::YouJoined);
        assert!(!dave.texts().await.contains(&"Hello.".to_owned()), "nobody reads what was said before");
        // After a restart he is what he was.
        dave.close().await;
        carol.say("Where is he?").await;
        dave.start().await;
        dave.pause(MINUTE).await;
        assert!(dave.texts().await.contains(&"Where is he?".to_owned()));
        alice.pause(12 * MINUTE).await;
        assert_eq!(alice.people().await.len(), 3, "who has appeared stays");
        talk(&lab, vec![alice, carol, dave]).await;
    });
}

#[test]
fn who_is_turned_away_may_knock_again_as_somebody_else() {
    Lab::play(1302, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        let words = dave.knock().await.unwrap().words;
        alice.answers("Dave", false).await.unwrap();
        dave.pause(MINUTE).await;
        let told = dave.knock().await.unwrap();
        assert_eq!((told.state, told.words.len(), told.ends_at), (KnockingState::TurnedAway, 0, None));
        assert_eq!(alice.knocks().await, []);
        assert_eq!(alice.answers("Dave", true).await, Err(ErrorCode::KnockOver));
        dave.pause(5 * MINUTE).await;
        assert_eq!(alice.knocks().await, [], "nobody knocks by itself");
        dave.close().await;
        dave.start().await;
        assert_eq!(state(&mut dave).await, KnockingState::TurnedAway);
        assert_eq!(dave.connection().await, Connection::Stopped { reason: LinkFault::RoomLocked });

        dave.retry().await;
        dave.pause(MINUTE).await;
        assert_ne!(dave.knock().await.unwrap().words, words, "each knock has a KeyPackage of its own");
        alice.answers("Dave", true).await.unwrap();
        alice.pause(MINUTE).await;
        talk(&lab, vec![alice, carol, dave]).await;
    });
}

#[test]
fn a_knock_waits_for_an_owner_who_is_away_and_ends_after_ten_minutes() {
    Lab::play(1303, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        alice.close().await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(2 * MINUTE).await;
        let his = dave.knock().await.unwrap();
        assert!(!his.owner_here && his.ends_at.is_some());
        // His app is closed and opened again meanwhile: it is the same knock.
        dave.close().await;
        dave.start().await;
        dave.pause(MINUTE).await;
        assert_eq!(dave.knock().await.unwrap().words, his.words);
        assert_eq!(dave.knock().await.unwrap().ends_at, his.ends_at, "that prolongs nothing");
        alice.start().await;
        alice.pause(MINUTE).await;
        assert!(dave.knock().await.unwrap().owner_here);
        assert_eq!(alice.knocks().await[0].words, his.words);
        alice.close().await;
        dave.pause(10 * MINUTE).await;
        assert_eq!(state(&mut dave).await, KnockingState::Over);
        alice.start().await;
        alice.pause(MINUTE).await;
        assert_eq!(alice.knocks().await, []);
        dave.person.remove(&dave.room.clone()).await;
        talk(&lab, vec![alice, carol]).await;
    });
}

#[test]
fn a_knock_that_ended_while_the_app_was_closed_is_over_when_it_is_opened() {
    Lab::play(1304, async |lab| {
        let (mut alice, _carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        dave.crash().await;
        alice.pause(11 * MINUTE).await;
        dave.start().await;
        assert_eq!(state(&mut dave).await, KnockingState::Over);
        dave.pause(MINUTE).await;
        assert_eq!(alice.knocks().await, []);
    });
}

#[test]
fn a_room_is_made_with_its_door_locked_and_can_be_opened() {
    Lab::play(1305, async |lab| {
        let mut person = lab.person("Alice").await;
        let rules = NewRules { locked: true, owner_leave_closes: false, ..NewRules::default() };
        let room = person.create_with(rules).await;
        let mut alice = Member::new(person, room);
        alice.pause(MINUTE / 2).await;
        assert_eq!(alice.phase().await, RoomPhase::Locked);
        let link = alice.link().await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        assert_eq!(mallory.connection().await, Connection::Stopped { reason: LinkFault::RoomLocked });
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE / 4).await;
        alice.answers("Dave", true).await.unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let erin = dave.invites("Erin").await;
        mallory.person.remove(&mallory.room.clone()).await;
        talk(&lab, vec![alice, dave, erin]).await;
    });
}

#[test]
fn a_knocker_comes_in_by_itself_when_the_door_is_unlocked() {
    Lab::play(1306, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        dave.pause(2 * MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Open);
        assert_eq!(alice.knocks().await, []);
        talk(&lab, vec![alice, carol, dave]).await;
    });
}

/// The owner has said no: an app that goes on trying would come in by the first open door.
#[test]
fn who_was_turned_away_does_not_come_in_when_the_door_is_unlocked() {
    Lab::play(1331, async |lab| {
        let (mut alice, _carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "Dave.").await;
        dave.pause(MINUTE / 4).await;
        alice.answers("Dave", false).await.unwrap();
        dave.pause(MINUTE).await;
        assert_eq!(state(&mut dave).await, KnockingState::TurnedAway);
        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        dave.pause(20 * MINUTE).await;
        dave.close().await;
        dave.start().await;
        dave.pause(MINUTE).await;
        assert_eq!(state(&mut dave).await, KnockingState::TurnedAway);
        assert_eq!(alice.people().await.len(), 2);
    });
}

#[test]
fn whoever_was_removed_and_knocks_has_the_name_of_before_marked() {
    Lab::play(1307, async |lab| {
        let (mut alice, mut carol, link) = locked(&lab).await;
        alice.person.throw_out(&alice.room, "Bob").await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(carol.phase().await, RoomPhase::Gone);
        let mut back = knocks(&lab, "B0b", &link, "It was not me.").await;
        back.pause(MINUTE).await;
        let [knock] = &alice.knocks().await[..] else { panic!("one knocks") };
        assert!(knock.ambiguous, "a look-alike of somebody who was removed");
        assert_eq!(alice.person.unlock(&alice.room).await, Some(Err(ErrorCode::LockedForGood)));
        alice.answers("B0b", true).await.unwrap();
        back.pause(MINUTE).await;
        assert_eq!(back.phase().await, RoomPhase::Locked, "she may let in whom she likes");
    });
}

#[test]
fn a_note_of_141_characters_and_a_name_that_is_none_are_refused() {
    Lab::play(1308, async |lab| {
        let (mut alice, _carol, link) = locked(&lab).await;
        let mut dave = lab.person("Dave").await;
        for (nick, note, expected) in [
            ("Dave", "a".repeat(141), ErrorCode::KnockNoteTooLong),
            ("", String::new(), ErrorCode::NickInvalid),
            ("\u{202e}evaD", String::new(), ErrorCode::NickInvalid),
        ] {
            let invitation = SecretText::new(link.clone());
            let request =
                KnockRoom { invitation, address: None, nick: nick.to_owned(), note, token: None, in_memory: false };
            let refused = dave.ask(move |engine: Engine| async move { engine.knock_room(request).await }).await;
            assert_eq!(refused, Some(Err(expected)));
        }
        assert_eq!(dave.snapshot().await.rooms, [], "nothing of it is kept");
        let room = dave.knock(&link, &"ä".repeat(140)).await;
        let mut dave = Member::new(dave, room);
        dave.pause(MINUTE).await;
        assert_eq!(alice.knocks().await[0].note.chars().count(), 140);
        let again = dave.person.ask({
            let invitation = SecretText::new(link.clone());
            let request = KnockRoom {
                invitation,
                address: None,
                nick: "Dave".into(),
                note: String::new(),
                token: None,
                in_memory: false,
            };
            move |engine: Engine| async move { engine.knock_room(request).await }
        });
        assert_eq!(again.await, Some(Err(ErrorCode::AlreadyJoined)), "one knock at a time");
    });
}

#[test]
fn two_who_knock_at_once_are_both_let_in() {
    Lab::play(1309, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        let mut erin = knocks(&lab, "Erin", &link, "").await;
        dave.pause(MINUTE).await;
        alice.answers("Erin", true).await.unwrap();
        alice.answers("Dave", true).await.unwrap();
        assert_eq!(alice.answers("Dave", true).await, Err(ErrorCode::KnockOver), "once");
        erin.pause(MINUTE).await;
        for member in [&mut dave, &mut erin] {
            assert_eq!(member.phase().await, RoomPhase::Locked);
        }
        talk(&lab, vec![alice, carol, dave, erin]).await;
    });
}

#[test]
fn who_was_let_in_and_does_not_appear_is_removed_again() {
    Lab::play(1310, async |lab| {
        let (mut alice, mut carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        dave.crash().await;
        alice.answers("Dave", true).await.unwrap();
        alice.pause(5 * MINUTE).await;
        assert_eq!(alice.people().await.len(), 3);
        assert_eq!(alice.knocks().await[0].state, KnockState::Admitted);
        alice.crash().await;
        alice.start().await;
        alice.pause(8 * MINUTE).await;
        let gone = SystemLine::Left { nick: "Dave".to_owned(), removed: true };
        for member in [&mut alice, &mut carol] {
            assert_eq!(member.people().await.len(), 2);
            assert!(member.lines().await.contains(&gone));
        }
        assert_eq!(alice.knocks().await, []);
        assert_eq!(
            alice.person.unlock(&alice.room).await,
            Some(Err(ErrorCode::LockedForGood)),
            "he may have had the key"
        );
        talk(&lab, vec![alice, carol]).await;
    });
}

/// Whoever was removed knows the code, and may have the keys: with a lying relay he could trap whoever comes in by an open door.
#[test]
fn a_door_that_was_opened_meanwhile_is_shut_behind_whoever_does_not_appear() {
    Lab::play(1335, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        dave.crash().await;
        alice.answers("Dave", true).await.unwrap();
        alice.pause(MINUTE).await;
        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(alice.phase().await, RoomPhase::Open);
        alice.pause(12 * MINUTE).await;
        assert_eq!((alice.people().await.len(), alice.phase().await), (2, RoomPhase::Locked));
        assert_eq!(alice.person.unlock(&alice.room).await, Some(Err(ErrorCode::LockedForGood)));
        talk(&lab, vec![alice, carol]).await;
    });
}

/// Her answer gets lost with her connection: the Add is in the log, and the Welcome goes out on the next one.
#[test]
fn the_owner_loses_her_connection_between_the_add_and_the_welcome() {
    Lab::play(1311, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        let late = lab.drop_requests("Alice", |request| matches!(request, Request::KnockAnswer(_)));
        alice.reconnect().await;
        alice.answers("Dave", true).await.unwrap();
        alice.pause(MINUTE / 2).await;
        assert_ne!(late.dropped(), 0);
        assert_eq!(dave.phase().await, RoomPhase::Knocking, "nobody is in who does not have the Welcome");
        late.lift();
        lab.network().cut("Alice");
        dave.pause(2 * MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        talk(&lab, vec![alice, carol, dave]).await;
    });
}

/// The answer gets lost on its way to Dave: he says the same again, and so does she.
#[test]
fn an_answer_that_was_lost_is_given_again() {
    Lab::play(1312, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut left = 1;
        lab.intercept("Dave", move |reply| match reply {
            Reply::KnockAnswer(_) if left > 0 => {
                left -= 1;
                Vec::new()
            }
            other => vec![other],
        });
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        alice.answers("Dave", true).await.unwrap();
        dave.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Knocking);
        lab.network().cut("Dave");
        dave.pause(2 * MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        talk(&lab, vec![alice, carol, dave]).await;
    });
}

#[test]
fn the_owners_app_may_die_anywhere_while_she_lets_somebody_in() {
    dies_anywhere(|points| {
        Lab::play(1313, async |lab| {
            let (mut alice, carol, link) = locked(&lab).await;
            let mut dave = knocks(&lab, "Dave", &link, "").await;
            dave.pause(MINUTE).await;
            alice.person.crash_after(points);
            let given = alice.person.answer(&alice.room.clone(), "Dave", true).await;
            alice.pause(MINUTE).await;
            alice.start().await;
            let died = alice.person.crashes() > 0;
            alice.pause(2 * MINUTE).await;
            if given.is_none() && dave.phase().await == RoomPhase::Knocking {
                // It was not kept.
                alice.answers("Dave", true).await.unwrap();
                alice.pause(MINUTE).await;
            }
            assert_eq!(dave.phase().await, RoomPhase::Locked, "after {points} points");
            talk(&lab, vec![alice, carol, dave]).await;
            died
        })
    });
}

#[test]
fn the_app_of_who_knocks_may_die_anywhere() {
    dies_anywhere(|points| {
        Lab::play(1314, async |lab| {
            let (mut alice, carol, link) = locked(&lab).await;
            let mut person = lab.person("Dave").await;
            person.crash_after(points);
            let room = person.knock(&link, "").await;
            let mut dave = Member::new(person, room);
            dave.pause(MINUTE).await;
            dave.start().await;
            dave.pause(MINUTE).await;
            if alice.knocks().await.is_empty() {
                // It died a moment ago.
                dave.pause(MINUTE).await;
            }
            let answered = alice.answers("Dave", true).await;
            assert_eq!(answered, Ok(()), "after {points} points");
            dave.pause(2 * MINUTE).await;
            dave.start().await;
            let died = dave.person.crashes() > 0;
            dave.pause(2 * MINUTE).await;
            assert_eq!(dave.phase().await, RoomPhase::Locked, "after {points} points");
            talk(&lab, vec![alice, carol, dave]).await;
            died
        })
    });
}

/// The relay shows a deed that it has signed itself, to read who knocks and to let them into a room of its own.
#[test]
fn nobody_knocks_at_a_deed_that_is_not_the_owners() {
    Lab::play(1315, async |lab| {
        let (mut alice, _carol, link) = locked(&lab).await;
        let relay = SigningKey::from_seed(&[77; 32]);
        let knocked = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&knocked);
        let shows = move |reply| match reply {
            Reply::Authenticated(mut admission) => {
                let deed = Deed::parse(&admission.deed).unwrap();
                let room_id = RoomId(conclave_seal::id::room_id(&deed.apk().0));
                let (_, pk) = knock::owner_key_pair(&relay, &room_id).unwrap();
                let knocking = Knocking { pk, sealed_r: deed.knocking().unwrap().sealed_r };
                let own = params::sign_deed_with_knocking(&relay, deed.apk(), deed.policy(), 1, knocking);
                admission.deed = own.as_bytes().to_vec();
                vec![Reply::Authenticated(admission)]
            }
            other => vec![other],
        };
        lab.intercept_with(&Interceptor::new().replies_to("Dave", shows).requests(move |_, request| {
            *counted.lock().unwrap() += u32::from(matches!(request, Request::Knock(_)));
            true
        }));
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        assert_eq!(dave.connection().await, Connection::Stopped { reason: LinkFault::Misbehaved });
        assert_eq!(*knocked.lock().unwrap(), 0, "he said nothing");
        assert_eq!(looks_in(&mut dave, &link).await, Err(ErrorCode::RelayMisbehaved));
        assert_eq!(alice.knocks().await, []);
    });
}

/// What the relay can do with answers: give Dave's to Erin, give one again, make some up. Carol, a member with the code, helps it with
/// answers of her own.
#[test]
fn an_answer_that_the_owner_did_not_give_to_this_knock_is_none() {
    Lab::play(1316, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let code = Invitation::parse(&link).unwrap().code;
        let keys = RoomKeys::derive(code.secret());
        let of_dave: Arc<Mutex<Vec<KnockAnswerPush>>> = Arc::default();
        let kept = Arc::clone(&of_dave);
        let carols_key = SigningKey::from_seed(&[66; 32]);
        let rounds = Arc::new(Mutex::new(0_usize));
        let round = Arc::clone(&rounds);
        lab.intercept_with(&Interceptor::new().bytes(
            move |who, bytes| match RelayFrame::decode(&bytes).unwrap().body {
                Reply::KnockAnswer(answer) if who == "Dave" => {
                    kept.lock().unwrap().push(answer);
                    vec![bytes]
                }
                // Each time that Erin knocks, something else answers.
                Reply::KnockPending(pending) if who == "Erin" && pending.ttl != 0 => {
                    let forged = KnockAdmission {
                        tag: Tag([1; 16]),
                        seq: 5,
                        place: vec![1; 100],
                        welcome: vec![2; 1000],
                        passphrase: None,
                    };
                    let (_, some) = knock::owner_key_pair(&carols_key, &RoomId([1; 32])).unwrap();
                    let own = knock::seal_reply(&mut OsRng, &keys, &carols_key, &some, b"?", Some(&forged)).unwrap();
                    let daves = kept.lock().unwrap().iter().map(|answer| answer.blob.clone()).next().unwrap();
                    let mut round = round.lock().unwrap();
                    *round += 1;
                    let blob = [own, b"garbage".to_vec(), daves].into_iter().cycle().nth(*round).unwrap();
                    let push =
                        RelayFrame::push(Reply::KnockAnswer(KnockAnswerPush { knock_id: pending.knock_id, blob }));
                    vec![bytes, push.encode().into()]
                }
                _ => vec![bytes],
            },
        ));
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        alice.answers("Dave", true).await.unwrap();
        dave.pause(MINUTE).await;
        assert_eq!(of_dave.lock().unwrap().len(), 1);
        let mut erin = knocks(&lab, "Erin", &link, "").await;
        erin.pause(2 * MINUTE).await;
        assert_eq!(erin.phase().await, RoomPhase::Knocking, "she is in no room");
        assert_eq!(state(&mut erin).await, KnockingState::Waiting, "and nobody turned her away");
        assert!(*rounds.lock().unwrap() >= 3, "she had each of them");
        lab.stop_intercepting();
        erin.pause(MINUTE).await;
        alice.answers("Erin", true).await.unwrap();
        erin.pause(MINUTE).await;
        talk(&lab, vec![alice, carol, dave, erin]).await;
    });
}

/// The relay keeps the owner's Add to itself: it does not know the epoch that the Welcome leads to.
#[test]
fn a_welcome_into_an_epoch_that_the_relay_does_not_know_lets_nobody_in() {
    Lab::play(1317, async |lab| {
        let (mut alice, _carol, link) = locked(&lab).await;
        lab.intercept("Dave", move |reply| match reply {
            Reply::KnockAnswer(answer) => vec![Reply::KnockAnswer(answer)],
            other => vec![other],
        });
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        // His proof as a member arrives as one that is refused: the relay says that it knows no such key.
        let key = SigningKey::from_seed(&[5; 32]);
        let mut raw = RawClient::enter(&lab, &link).await;
        let refused = raw.prove(Role::Member, &key).await;
        assert!(refused.is_err());
        let is_member = Arc::new(Mutex::new(false));
        let asked = Arc::clone(&is_member);
        lab.intercept_with(
            &Interceptor::new()
                .requests(move |who, request| {
                    if let Request::Auth(auth) = request {
                        *asked.lock().unwrap() = who == "Dave" && auth.role == Role::Member;
                    }
                    true
                })
                .replies_to("Dave", move |reply| match reply {
                    Reply::Authenticated(_) if *is_member.lock().unwrap() => {
                        let code = conclave_proto::ErrorCode::NotAuthorised;
                        vec![Reply::Refused(conclave_proto::frame::Refusal::bare(code))]
                    }
                    other => vec![other],
                }),
        );
        lab.network().cut("Dave");
        dave.pause(MINUTE).await;
        alice.answers("Dave", true).await.unwrap();
        dave.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Knocking);
        assert_eq!(state(&mut dave).await, KnockingState::Over);
        assert_eq!(dave.texts().await, Vec::<String>::new());
    });
}

/// A changed client knocks with all that is no knock.
#[test]
fn what_is_no_knock_is_not_shown() {
    Lab::play(1318, async |lab| {
        let (mut alice, _carol, link) = locked(&lab).await;
        let mut mallory = RawClient::enter(&lab, &link).await;
        let code = Invitation::parse(&link).unwrap().code;
        let room_id = RoomId(*mallory.keys().room_id());
        let deed = mallory.deed().to_vec();
        let knock::Door::Knocks { pk, .. } = knock::read_deed(mallory.keys(), &code, &deed).unwrap() else {
            panic!("the room takes knocks")
        };
        let sealed = |keys: &RoomKeys, key_package: Vec<u8>| {
            let content = KnockContent { key_package, note: "Let me in.".into(), token: None };
            knock::seal(&mut OsRng, keys, &pk, &content).unwrap()
        };
        let made = |nick| {
            let identity = Identity::new(nick, 0).unwrap();
            OpenMls.key_package(&MemoryState::new(), &mut OsRng, identity).unwrap().key_package
        };
        let mut damaged = made("Mallory");
        *damaged.last_mut().unwrap() ^= 1;
        let own = knock::owner_key_pair(&SigningKey::from_seed(&[9; 32]), &room_id).unwrap().1;
        let content = KnockContent { key_package: made("Mallory"), note: String::new(), token: None };
        let for_herself = knock::seal(&mut OsRng, mallory.keys(), &own, &content).unwrap();
        let none = [
            sealed(mallory.keys(), Vec::new()),
            sealed(mallory.keys(), b"no key package".to_vec()),
            sealed(mallory.keys(), damaged),
            for_herself,
            b"no knock".to_vec(),
        ];
        for (number, blob) in none.into_iter().enumerate() {
            mallory.knock(&blob).await.unwrap();
            alice.pause(MINUTE / 6).await;
            assert_eq!(alice.knocks().await, [], "number {number}");
        }
        let good = sealed(mallory.keys(), made("Mallory"));
        mallory.knock(&good).await.unwrap();
        alice.pause(MINUTE / 6).await;
        assert_eq!(alice.knocks().await.len(), 1, "the others fail for their reason");
    });
}

#[test]
fn a_token_lets_one_knock_in_without_a_question() {
    Lab::play(1319, async |lab| {
        let (mut alice, mut carol, link) = locked(&lab).await;
        assert_eq!(carol.person.issue_token(&carol.room.clone()).await, Err(ErrorCode::NotOwner));
        let token = alice.person.issue_token(&alice.room.clone()).await.unwrap();
        let late = alice.person.issue_token(&alice.room.clone()).await.unwrap();
        let mut person = lab.person("Dave").await;
        let room = person.knock_with(&link, token).await;
        let mut dave = Member::new(person, room);
        dave.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked, "nobody was asked");

        // Somebody has overheard it.
        let mut person = lab.person("Mallory").await;
        let room = person.knock_with(&link, token).await;
        let mut mallory = Member::new(person, room);
        mallory.pause(MINUTE).await;
        assert_eq!(state(&mut mallory).await, KnockingState::Waiting);
        assert_eq!(alice.knocks().await[0].nick, "Mallory", "she is asked");
        mallory.person.remove(&mallory.room.clone()).await;

        alice.pause(10 * MINUTE).await;
        let mut person = lab.person("Erin").await;
        let room = person.knock_with(&link, late).await;
        let mut erin = Member::new(person, room);
        erin.pause(MINUTE).await;
        assert_eq!(state(&mut erin).await, KnockingState::Waiting, "it was good for ten minutes");
        erin.person.remove(&erin.room.clone()).await;
        talk(&lab, vec![alice, carol, dave]).await;
    });
}

#[test]
fn only_the_owner_answers_and_only_at_her_locked_door() {
    Lab::play(1320, async |lab| {
        let (mut alice, mut carol, link) = locked(&lab).await;
        let dave = knocks(&lab, "Dave", &link, "").await;
        alice.pause(MINUTE).await;
        let knock = alice.knocks().await[0].knock.clone();
        let room = carol.room.clone();
        let request = conclave_engine::api::AnswerKnock { room, knock, admit: true };
        let refused = carol.person.ask(move |engine: Engine| async move { engine.answer_knock(request).await }).await;
        assert_eq!(refused, Some(Err(ErrorCode::NotOwner)));
        drop(dave);
        assert!(alice.view().await.takes_knocks && carol.view().await.takes_knocks, "of the same room");
        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(alice.person.issue_token(&alice.room.clone()).await, Err(ErrorCode::InvalidRequest), "it is open");
    });
}

/// The last place is taken while she looks at two who want it.
#[test]
fn a_full_room_lets_nobody_in() {
    Lab::play(1321, async |lab| {
        let rules = NewRules { owner_leave_closes: false, ..NewRules::default() };
        let (mut alice, _bob) = two_with(&lab, rules).await;
        let link = alice.link().await;
        let mut others = Vec::new();
        for number in 0..13 {
            others.push(joins(&lab, &format!("Guest {number}"), &link).await);
        }
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(alice.people().await.len(), 15);
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        let mut erin = knocks(&lab, "Erin", &link, "").await;
        dave.pause(MINUTE).await;
        alice.answers("Dave", true).await.unwrap();
        assert_eq!(alice.answers("Erin", true).await, Err(ErrorCode::RoomFull), "his place is his already");
        dave.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        assert_eq!(alice.answers("Erin", true).await, Err(ErrorCode::RoomFull));
        assert_eq!(state(&mut erin).await, KnockingState::Waiting);
    });
}

/// Dave does not know it, and follows whoever proves it once the door is open.
#[test]
fn the_owners_answer_stands_in_for_the_passphrase() {
    Lab::play(1322, async |lab| {
        let mut person = lab.person("Alice").await;
        let rules = NewRules { locked: true, owner_leave_closes: false, ..NewRules::default() };
        let room = person.create_asking(rules, Some("correct horse")).await;
        let mut alice = Member::new(person, room);
        alice.pause(MINUTE / 2).await;
        let link = alice.link().await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE / 4).await;
        alice.answers("Dave", true).await.unwrap();
        alice.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        alice.person.unlock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let mut person = lab.person("Erin").await;
        let room = person.join_with(&link, Some("correct horse")).await;
        let mut erin = Member::new(person, room);
        erin.pause(MINUTE).await;
        talk(&lab, vec![alice, dave, erin]).await;
    });
}

/// Whoever knocked gives up.
#[test]
fn a_knock_that_is_over_is_not_shown_any_more() {
    Lab::play(1323, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        dave.pause(MINUTE).await;
        assert_eq!(alice.knocks().await.len(), 1);
        dave.person.remove(&dave.room.clone()).await;
        alice.pause(MINUTE / 4).await;
        assert_eq!(alice.knocks().await, []);
        assert_eq!(alice.answers("Dave", true).await, Err(ErrorCode::KnockOver));
        talk(&lab, vec![alice, carol]).await;
    });
}

/// Alice loses her connection, and gets no other.
fn cut_off(lab: &Lab) {
    lab.network().connect_to(None);
    lab.network().cut("Alice");
}

/// The relay keeps what waits; Alice's connection is what breaks.
#[test]
fn who_waits_stays_in_sight_while_the_owner_is_cut_off_and_can_be_answered_again() {
    Lab::play(1336, async |lab| {
        let (mut alice, carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "It is Dave.").await;
        dave.pause(MINUTE).await;
        let [before] = &alice.knocks().await[..] else { panic!("one knocks") };
        assert_eq!(before.state, KnockState::Waiting);
        cut_off(&lab);
        alice.pause(MINUTE / 6).await;
        let [cut] = &alice.knocks().await[..] else { panic!("he still waits") };
        assert_eq!((cut.state, &cut.words, cut.ends_at), (KnockState::Unreached, &before.words, before.ends_at));
        assert_eq!(alice.answers("Dave", true).await, Err(ErrorCode::RelayUnreachable));
        assert_eq!(alice.answers("Dave", false).await, Err(ErrorCode::RelayUnreachable));
        lab.network().connect_to(Some(lab.server()));
        alice.pause(MINUTE).await;
        let [again] = &alice.knocks().await[..] else { panic!("he waits") };
        assert_eq!((again.state, again.ends_at), (KnockState::Waiting, before.ends_at), "as long as before");
        alice.answers("Dave", true).await.unwrap();
        dave.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        talk(&lab, vec![alice, carol, dave]).await;
    });
}

/// Dave gave up while Alice was cut off, or his ten minutes are over.
#[test]
fn who_gave_up_while_the_owner_was_cut_off_goes_once_that_is_known() {
    Lab::play(1337, async |lab| {
        let (mut alice, _carol, link) = locked(&lab).await;
        let mut dave = knocks(&lab, "Dave", &link, "").await;
        let erin = knocks(&lab, "Erin", &link, "").await;
        dave.pause(MINUTE).await;
        assert_eq!(alice.knocks().await.len(), 2);
        cut_off(&lab);
        dave.person.remove(&dave.room.clone()).await;
        alice.pause(MINUTE).await;
        assert_eq!(alice.knocks().await.len(), 2, "she cannot know it");
        lab.network().connect_to(Some(lab.server()));
        alice.pause(2 * MINUTE).await;
        let states = |knocks: Vec<Knock>| knocks.into_iter().map(|knock| (knock.nick, knock.state)).collect::<Vec<_>>();
        assert_eq!(states(alice.knocks().await), [("Erin".to_owned(), KnockState::Waiting)]);
        assert_eq!(alice.answers("Dave", true).await, Err(ErrorCode::KnockOver));
        cut_off(&lab);
        alice.pause(10 * MINUTE).await;
        assert_eq!(alice.knocks().await, [], "nobody waits longer than ten minutes");
        drop(erin);
    });
}
