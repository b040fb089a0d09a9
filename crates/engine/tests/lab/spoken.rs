//! Alice reads a number and three words aloud, and Bob types them (protocol 5). Who is in between has one guess, and hears nothing.

#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a lie is about one kind of frame; a story that cannot go on has failed"
)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_crypto::spoken::{Inviter, Joiner, Proven, Run, SpokenWords};
use conclave_engine::{
    Engine, ErrorCode, InvitationError, Slip,
    api::{HearInvitation, KnockRoom, NewRules, OfRoom, PreviewRoom, SecretText},
    snapshot::{HeardInvitation, Preview, RoomPhase, SpokenInvitation, SpokenState},
};
use conclave_proto::{
    Authority, ErrorCode as RelayError,
    frame::{BoxJoin, BoxJoined, BoxMessage, BoxNew, BoxSend, Refusal, Reply, Request},
    handover::Handover,
    id::{BoxId, KnockToken},
};
use conclave_seal::rng::OsRng;
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    network::Network,
    raw_link::RawLink,
    scene::{joins, one, two, two_with},
    server::ADDRESS,
    shown::{Shown, Vouched},
};

/// What Alice says into the telephone.
fn aloud(spoken: &SpokenInvitation) -> String {
    format!("{}, {}", spoken.number, spoken.words.join(" "))
}

/// Other words than these.
fn other_words(spoken: &SpokenInvitation) -> String {
    let third = if spoken.words[2] == "lemon" { "lens" } else { "lemon" };
    format!("{} {} {third}", spoken.words[0], spoken.words[1])
}

/// What Bob understands.
fn misheard(spoken: &SpokenInvitation) -> String {
    format!("{}, {}", spoken.number, other_words(spoken))
}

async fn speaks(alice: &mut Member) -> SpokenInvitation {
    alice.person.speak(&alice.room).await.unwrap()
}

/// What Alice sees once all that is on its way has come.
async fn states(alice: &mut Member) -> Vec<SpokenState> {
    alice.pause(Duration::from_secs(1)).await;
    alice.view().await.spoken.into_iter().map(|open| open.state).collect()
}

fn code(heard: Result<HeardInvitation, InvitationError>) -> ErrorCode {
    heard.map(|_| "an invitation").unwrap_err().code
}

/// Somebody who found the number, on a connection without an engine.
struct Stranger {
    link: RawLink,
    number: String,
    box_id: BoxId,
}

impl Stranger {
    async fn enters(lab: &Lab, number: &str) -> Result<Self, RelayError> {
        let (mut link, _) = RawLink::open(lab).await;
        match link.ask(Request::BoxJoin(BoxJoin { nameplate: number, pow: None })).await? {
            Reply::BoxJoined(joined) => Ok(Self { link, number: number.to_owned(), box_id: joined.box_id }),
            other => panic!("{other:?}"),
        }
    }

    /// Waits in a mailbox of their own.
    async fn waits(lab: &Lab) -> Self {
        let (mut link, _) = RawLink::open(lab).await;
        match link.ask(Request::BoxNew(BoxNew { pow: None })).await.unwrap() {
            Reply::BoxOpened(opened) => Self { link, number: opened.nameplate, box_id: opened.box_id },
            other => panic!("{other:?}"),
        }
    }

    async fn says(&mut self, phase: u8, bytes: &[u8]) {
        self.link.ask(Request::BoxSend(BoxSend { phase, bytes })).await.unwrap();
    }

    async fn hears(&mut self, phase: u8) -> Vec<u8> {
        match self.link.push().await {
            Reply::BoxMessage(message) if message.phase == phase => message.bytes,
            other => panic!("{other:?}"),
        }
    }

    async fn is_told(&mut self) -> RelayError {
        match self.link.push().await {
            Reply::Refused(refusal) => refusal.code,
            other => panic!("{other:?}"),
        }
    }

    /// Says such words, up to the proof, which is returned.
    async fn tries(&mut self, words: &str) -> (Proven, Vec<u8>) {
        let authority: Authority = ADDRESS.parse().unwrap();
        let (words, nonce) = (SpokenWords::parse(words).unwrap(), [7; 16]);
        let inviter_nonce = self.hears(0).await.try_into().unwrap();
        let run = Run {
            authority: &authority,
            nameplate: &self.number,
            box_id: &self.box_id,
            joiner_nonce: &nonce,
            inviter_nonce: &inviter_nonce,
        };
        let (joiner, share) = Joiner::start(&mut OsRng, &words, &run);
        self.says(1, &[&nonce[..], &share].concat()).await;
        joiner.prove(&self.hears(2).await).unwrap()
    }

    /// As who invites: hands this over to who knows the words.
    async fn hands_over(mut self, words: &SpokenWords, payload: &[u8]) {
        let authority: Authority = ADDRESS.parse().unwrap();
        assert!(matches!(self.link.push().await, Reply::BoxJoined(_)));
        self.says(0, &[3; 16]).await;
        let first = self.hears(1).await;
        let (joiner_nonce, share) = first.split_first_chunk().unwrap();
        let run = Run {
            authority: &authority,
            nameplate: &self.number,
            box_id: &self.box_id,
            joiner_nonce,
            inviter_nonce: &[3; 16],
        };
        let (inviter, answer) = Inviter::answer(&mut OsRng, words, &run, share).unwrap();
        self.says(2, &answer).await;
        let proof = self.hears(3).await;
        let (_, message) = inviter.hand_over(&mut OsRng, &proof, payload).unwrap();
        self.says(4, &message).await;
    }
}

#[test]
fn bob_types_what_alice_reads_aloud_and_comes_in() {
    Lab::play(5001, async |lab| {
        let mut alice = one(&lab).await;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&asked);
        lab.intercept_with(&Interceptor::new().requests(move |who, request| {
            hears.lock().unwrap().push((who.to_owned(), request.op()));
            true
        }));
        let spoken = speaks(&mut alice).await;
        assert_eq!((spoken.words.len(), spoken.address.as_str()), (3, ADDRESS));
        let view = alice.view().await.spoken;
        assert_eq!(
            (view[0].state, &view[0].words, &view[0].number),
            (SpokenState::Waiting, &spoken.words, &spoken.number)
        );
        assert_eq!(view[0].ends_at, spoken.ends_at);

        let mut bob = lab.person("Bob").await;
        let cut_short: Vec<String> = spoken.words.iter().map(|word| word.chars().take(4).collect()).collect();
        let heard =
            bob.hear(format!("{}: {}!", spoken.number, cut_short.join("-").to_uppercase()), false).await.unwrap();
        assert_eq!((heard.link.as_str(), heard.address.as_str()), (alice.link().await.as_str(), ADDRESS));
        assert!(heard.token.is_none());
        // A moment later, when his last word is there.
        alice.pause(Duration::from_secs(1)).await;
        let view = alice.view().await.spoken;
        assert_eq!(view[0].state, SpokenState::HandedOver);
        assert!(view[0].words.is_empty(), "what was used is shown no more");
        let boxes = 30..=34;
        let asked = asked.lock().unwrap().clone();
        assert!(asked.iter().all(|(_, op)| boxes.contains(op)), "nothing tells the relay which room it is: {asked:?}");

        let link = heard.link.to_string();
        let request = PreviewRoom { invitation: SecretText::new(link.clone()), address: None };
        let seen = bob.ask(move |engine: Engine| async move { engine.preview_room(request).await }).await.unwrap();
        assert!(matches!(seen, Ok(Preview::Open { room }) if room.people == ["Alice"]));
        let carol = joins(&lab, "Carol", &link).await;
        drop(carol);
        alice.pause(Duration::from_secs(300)).await;
        assert!(states(&mut alice).await.is_empty(), "and in the end nothing is left of it");
        assert_eq!(alice.people().await, ["Alice", "Carol"]);
    });
}

#[test]
fn who_guesses_has_one_guess_and_alice_sees_that_somebody_tried() {
    Lab::play(5002, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        let mut mallory = Stranger::enters(&lab, &spoken.number).await.unwrap();
        let (_, proof) = mallory.tries(&other_words(&spoken)).await;
        assert_eq!(states(&mut alice).await, [SpokenState::InUse]);
        mallory.says(3, &proof).await;
        assert_eq!(mallory.is_told().await, RelayError::BoxGone, "not a byte that is sealed under the right words");
        assert_eq!(states(&mut alice).await, [SpokenState::WrongWords]);
        let mut bob = lab.person("Bob").await;
        assert_eq!(code(bob.hear(aloud(&spoken), false).await), ErrorCode::SpokenGone, "there is no second guess");
        // She is told until she has seen it.
        alice.pause(Duration::from_secs(3600)).await;
        assert_eq!(states(&mut alice).await, [SpokenState::WrongWords]);
        let mut three = vec![spoken.id];
        for _ in 0..2 {
            let spoken = speaks(&mut alice).await;
            assert_eq!(code(bob.hear(misheard(&spoken), true).await), ErrorCode::SpokenWrongWords);
            three.push(spoken.id);
        }
        assert_eq!(
            alice.person.speak(&alice.room).await.unwrap_err(),
            ErrorCode::SpokenTooMany,
            "a person has to look"
        );
        alice.person.withdraw_spoken(&alice.room, &three[0]).await.unwrap();
        alice.person.withdraw_spoken(&alice.room, &three[0]).await.unwrap();
        assert_eq!(states(&mut alice).await, [SpokenState::WrongWords; 2]);
        let spoken = speaks(&mut alice).await;
        assert!(bob.hear(aloud(&spoken), false).await.is_ok());
    });
}

#[test]
fn after_three_tries_with_wrong_words_bob_asks_for_new_ones_first() {
    Lab::play(5003, async |lab| {
        let mut alice = one(&lab).await;
        let mut bob = lab.person("Bob").await;
        for _ in 0..3 {
            let spoken = speaks(&mut alice).await;
            assert_eq!(code(bob.hear(misheard(&spoken), false).await), ErrorCode::SpokenWrongWords);
            alice.person.withdraw_spoken(&alice.room, &spoken.id).await.unwrap();
        }
        let spoken = speaks(&mut alice).await;
        assert_eq!(code(bob.hear(aloud(&spoken), false).await), ErrorCode::SpokenPause);
        assert_eq!(states(&mut alice).await, [SpokenState::Waiting], "nothing was asked of the relay");
        assert!(bob.hear(aloud(&spoken), true).await.is_ok(), "a person says that they asked");
    });
}

#[test]
fn a_third_one_under_the_same_number_ends_it_for_all() {
    Lab::play(5004, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        let mut mallory = Stranger::enters(&lab, &spoken.number).await.unwrap();
        let (_, proof) = mallory.tries(&spoken.words.join(" ")).await;
        let mut bob = lab.person("Bob").await;
        assert_eq!(code(bob.hear(aloud(&spoken), false).await), ErrorCode::SpokenCrowded);
        assert_eq!(states(&mut alice).await, [SpokenState::Crowded]);
        assert_eq!(mallory.is_told().await, RelayError::BoxCrowded);
        let late = mallory.link.ask(Request::BoxSend(BoxSend { phase: 3, bytes: &proof })).await;
        assert_eq!(late.unwrap_err(), RelayError::BoxGone, "also with the right words");
    });
}

#[test]
fn bob_hears_it_too_when_a_third_one_comes_after_him() {
    Lab::play(5005, async |lab| {
        let mut alice = one(&lab).await;
        // Alice answers nothing, so that Bob is still there.
        lab.drop_requests("Alice", |request| matches!(request, Request::BoxSend(send) if send.phase == 2));
        let spoken = speaks(&mut alice).await;
        let mut bob = lab.person("Bob").await;
        let heard = bob.hear(aloud(&spoken), false);
        let mallory = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Stranger::enters(&lab, &spoken.number).await.err()
        };
        let (heard, mallory) = tokio::join!(heard, mallory);
        assert_eq!((code(heard), mallory), (ErrorCode::SpokenCrowded, Some(RelayError::BoxCrowded)));
        assert_eq!(states(&mut alice).await, [SpokenState::Crowded]);
    });
}

/// The relay needs no number to be found: it lets itself in.
#[test]
fn a_relay_that_answers_in_bobs_place_has_one_guess_as_well() {
    Lab::play(5006, async |lab| {
        let mut alice = one(&lab).await;
        let authority: Authority = ADDRESS.parse().unwrap();
        let (sent, box_id) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
        let (hears, knows) = (Arc::clone(&sent), Arc::clone(&sent));
        let (mut guess, mut number) = (None, String::new());
        let interceptor = Interceptor::new().requests(move |_, request| {
            if let Request::BoxSend(send) = request {
                hears.lock().unwrap().push((send.phase, send.bytes.to_vec()));
            }
            true
        });
        lab.intercept_with(&interceptor.replies_to("Alice", move |reply| match reply {
            Reply::BoxOpened(opened) => {
                *box_id.lock().unwrap() = Some(opened.box_id);
                number = opened.nameplate.clone();
                let box_id = opened.box_id;
                vec![Reply::BoxOpened(opened), Reply::BoxJoined(BoxJoined { box_id })]
            }
            // Nobody is in her box, says the honest half of it.
            Reply::Refused(Refusal { code: RelayError::NoSuchEntry, .. }) => {
                let (phase, bytes) = knows.lock().unwrap().last().cloned().unwrap();
                let say = |phase, bytes| vec![Reply::BoxMessage(BoxMessage { phase, bytes })];
                match phase {
                    0 => {
                        let (joiner_nonce, inviter_nonce) = (&[9; 16], &bytes.try_into().unwrap());
                        let box_id = &box_id.lock().unwrap().unwrap();
                        let run =
                            Run { authority: &authority, nameplate: &number, box_id, joiner_nonce, inviter_nonce };
                        let words = SpokenWords::generate(&mut OsRng);
                        let (joiner, share) = Joiner::start(&mut OsRng, &words, &run);
                        guess = Some(joiner);
                        say(1, [&joiner_nonce[..], &share].concat())
                    }
                    2 => say(3, guess.take().unwrap().prove(&bytes).unwrap().1),
                    _ => Vec::new(),
                }
            }
            other => vec![other],
        }));
        speaks(&mut alice).await;
        alice.pause(Duration::from_secs(5)).await;
        assert_eq!(states(&mut alice).await, [SpokenState::WrongWords]);
        let phases: Vec<u8> = sent.lock().unwrap().iter().map(|(phase, _)| *phase).collect();
        assert_eq!(phases, [0, 2], "she handed nothing over");
    });
}

/// Both know the right words, and an authority vouches for either key: still they name two relays.
#[test]
fn who_stands_in_between_with_another_certificate_makes_the_words_not_fit() {
    let play = |hers: u8, his: u8| {
        Lab::play(5007, async move |lab| {
            let shows = |network: &Network, key| network.show(Some(Shown { key: [key; 32], vouched: Vouched::Now }));
            let mut alice = one(&lab).await;
            shows(lab.network(), hers);
            let spoken = speaks(&mut alice).await;
            shows(lab.network(), his);
            let mut bob = lab.person("Bob").await;
            let heard = bob.hear(aloud(&spoken), false).await.map(drop).map_err(|error| error.code);
            (heard, states(&mut alice).await)
        })
    };
    assert_eq!(play(1, 1), (Ok(()), vec![SpokenState::HandedOver]));
    assert_eq!(play(1, 2), (Err(ErrorCode::SpokenWrongWords), vec![SpokenState::WrongWords]));
    Lab::play(5018, async |lab| {
        let mut alice = one(&lab).await;
        lab.network().show(Some(Shown { key: [1; 32], vouched: Vouched::Never }));
        let error = alice.person.speak(&alice.room).await.unwrap_err();
        assert_eq!(error, ErrorCode::WrongPin, "her room knows its relay by a certificate");
    });
}

#[test]
fn a_connection_that_is_cut_in_the_middle_leaves_nobody_waiting() {
    Lab::play(5008, async |lab| {
        let mut alice = one(&lab).await;
        lab.drop_requests("Alice", |request| matches!(request, Request::BoxSend(send) if send.phase == 2));
        let mut bob = lab.person("Bob").await;
        for cut in [Some("Bob"), Some("Alice"), None] {
            let spoken = speaks(&mut alice).await;
            let begun = tokio::time::Instant::now();
            let heard = bob.hear(aloud(&spoken), false);
            let cutting = async {
                tokio::time::sleep(Duration::from_secs(5)).await;
                if let Some(who) = cut {
                    lab.network().cut(who);
                }
            };
            let (heard, ()) = tokio::join!(heard, cutting);
            let expected = match cut {
                Some("Bob") => ErrorCode::RelayUnreachable,
                // The relay ends the mailbox with her connection.
                Some(_) => ErrorCode::SpokenGone,
                None => ErrorCode::SpokenTimedOut,
            };
            assert_eq!(code(heard), expected);
            assert!(begun.elapsed() < Duration::from_secs(60));
            alice.pause(Duration::from_secs(60)).await;
            assert_eq!(states(&mut alice).await, [SpokenState::Ended], "{cut:?}");
            alice.person.withdraw_spoken(&alice.room, &spoken.id).await.unwrap();
        }
    });
}

#[test]
fn who_takes_it_and_hangs_up_has_it_all_the_same() {
    Lab::play(5021, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        let mut bob = Stranger::enters(&lab, &spoken.number).await.unwrap();
        let (proven, proof) = bob.tries(&spoken.words.join(" ")).await;
        bob.says(3, &proof).await;
        let (payload, _) = proven.open(&mut OsRng, &bob.hears(4).await).unwrap();
        assert_eq!(Handover::parse(&payload).unwrap().link, alice.link().await);
        drop(bob);
        assert_eq!(states(&mut alice).await, [SpokenState::HandedOver], "she is not told that it came to nothing");
    });
}

#[test]
fn what_alice_withdraws_gives_nobody_anything_not_even_who_is_at_it() {
    Lab::play(5009, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        let mut bob = Stranger::enters(&lab, &spoken.number).await.unwrap();
        let (_, proof) = bob.tries(&spoken.words.join(" ")).await;
        alice.person.withdraw_spoken(&alice.room, &spoken.id).await.unwrap();
        assert!(states(&mut alice).await.is_empty());
        assert_eq!(bob.is_told().await, RelayError::BoxGone);
        let late = bob.link.ask(Request::BoxSend(BoxSend { phase: 3, bytes: &proof })).await;
        assert_eq!(late.unwrap_err(), RelayError::BoxGone);
    });
}

#[test]
fn a_vault_that_is_locked_leaves_nobody_waiting_in_a_mailbox() {
    Lab::play(5010, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        lab.drop_requests("Bob", |request| matches!(request, Request::BoxSend(_)));
        let mut bob = lab.person("Bob").await;
        let other = speaks(&mut alice).await;
        alice.close().await;
        // All that was hers is gone by now: closing the app waits for the last task.
        assert_eq!(Stranger::enters(&lab, &spoken.number).await.err(), Some(RelayError::BoxGone));
        assert_eq!(code(bob.hear(aloud(&other), false).await), ErrorCode::SpokenGone);
        alice.start().await;
        assert!(states(&mut alice).await.is_empty(), "and nothing comes back");

        // Who hears one is broken off as well.
        let spoken = speaks(&mut alice).await;
        let engine = bob.ask(|engine: Engine| async move { engine }).await.unwrap();
        let locking = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            engine.lock_vault().await;
        };
        let (heard, ()) = tokio::join!(bob.hear(aloud(&spoken), false), locking);
        assert_eq!(code(heard), ErrorCode::SpokenCancelled);
        assert_eq!(code(bob.hear(aloud(&spoken), false).await), ErrorCode::VaultLocked);
    });
}

#[test]
fn keys_that_are_dropped_take_all_that_was_read_aloud_with_them() {
    Lab::play(5019, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        let begun = tokio::time::Instant::now();
        let gone = alice.person.ask(|engine: Engine| async move { engine.drop_keys().wait().await });
        gone.await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "nothing holds the vault's folder any more");
        assert_eq!(Stranger::enters(&lab, &spoken.number).await.err(), Some(RelayError::BoxGone));
    });
}

#[test]
fn who_closes_a_room_that_the_relay_does_not_close_yet_lets_nobody_in() {
    Lab::play(5020, async |lab| {
        let (mut alice, _bob) = two_with(&lab, NewRules::default()).await;
        lab.drop_requests("Alice", |request| matches!(request, Request::Owner(_)));
        alice.reconnect().await;
        let spoken = speaks(&mut alice).await;
        let room = alice.room.clone();
        let left = alice.person.ask(move |engine: Engine| async move { engine.leave_room(OfRoom { room }).await });
        assert!(left.await.unwrap().unwrap().closing);
        assert!(states(&mut alice).await.is_empty());
        assert_eq!(Stranger::enters(&lab, &spoken.number).await.err(), Some(RelayError::BoxGone));
    });
}

#[test]
fn bob_can_break_it_off_and_one_at_a_time_is_enough() {
    Lab::play(5011, async |lab| {
        let mut alice = one(&lab).await;
        lab.drop_requests("Bob", |request| matches!(request, Request::BoxSend(_)));
        let spoken = speaks(&mut alice).await;
        let mut bob = lab.person("Bob").await;
        let engine = bob.ask(|engine: Engine| async move { engine }).await.unwrap();
        let breaking = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let again =
                HearInvitation { spoken: SecretText::new(aloud(&spoken)), address: ADDRESS.to_owned(), again: false };
            assert_eq!(code(engine.hear_invitation(again).await), ErrorCode::SpokenTooMany);
            engine.cancel_hearing().await;
        };
        let (heard, ()) = tokio::join!(bob.hear(aloud(&spoken), false), breaking);
        assert_eq!(code(heard), ErrorCode::SpokenCancelled);
        alice.pause(Duration::from_secs(5)).await;
        assert_eq!(states(&mut alice).await, [SpokenState::Ended], "his connection is gone");
    });
}

#[test]
fn after_ten_minutes_it_is_over() {
    Lab::play(5012, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        alice.pause(Duration::from_secs(590)).await;
        assert_eq!(states(&mut alice).await, [SpokenState::Waiting]);
        alice.pause(Duration::from_secs(20)).await;
        assert_eq!(states(&mut alice).await, [SpokenState::Ended]);
        let mut bob = lab.person("Bob").await;
        assert_eq!(code(bob.hear(aloud(&spoken), false).await), ErrorCode::SpokenGone);
        // Who only enters has thirty seconds.
        let spoken = speaks(&mut alice).await;
        let mallory = Stranger::enters(&lab, &spoken.number).await.unwrap();
        assert_eq!(states(&mut alice).await.last(), Some(&SpokenState::InUse));
        alice.pause(Duration::from_secs(30)).await;
        assert_eq!(states(&mut alice).await.last(), Some(&SpokenState::Ended));
        drop(mallory);
        // Also where the relay forgets the time.
        lab.intercept("Alice", |reply| match reply {
            Reply::Refused(Refusal { code: RelayError::BoxGone, .. }) => Vec::new(),
            Reply::BoxOpened(opened) => {
                vec![Reply::BoxOpened(conclave_proto::frame::BoxOpened { ttl: u32::MAX, ..opened })]
            }
            other => vec![other],
        });
        speaks(&mut alice).await;
        alice.pause(Duration::from_secs(601)).await;
        assert_eq!(states(&mut alice).await.last(), Some(&SpokenState::Ended));
    });
}

#[test]
fn each_mistake_in_what_bob_heard_has_its_own_name() {
    Lab::play(5013, async |lab| {
        let mut alice = one(&lab).await;
        let spoken = speaks(&mut alice).await;
        let mut bob = lab.person("Bob").await;
        let wrong = if spoken.number.starts_with('9') { "8765" } else { "9876" };
        for (heard, expected) in [
            ("velvet orbit lemon".to_owned(), ErrorCode::SpokenNumber),
            ("417 velvet orbit lemon".to_owned(), ErrorCode::SpokenNumber),
            (format!("{} velvet orbit", spoken.number), ErrorCode::SpokenWordCount),
            (format!("{wrong} velvet orbit lemon"), ErrorCode::SpokenGone),
        ] {
            assert_eq!(code(bob.hear(heard.clone(), false).await), expected, "{heard}");
        }
        let error = bob.hear(format!("{} velvet orbitt lemon", spoken.number), false).await.map(drop).unwrap_err();
        assert_eq!(error.code, ErrorCode::WordUnknown);
        let slip = Slip::Word { position: 2, word: "orbitt".to_owned(), nearest: "orbit".to_owned() };
        assert!(error.slip == Some(slip));
        assert_eq!(states(&mut alice).await, [SpokenState::Waiting], "none of it cost Alice anything");
    });
}

#[test]
fn what_is_handed_over_is_an_invitation_or_nothing() {
    Lab::play(5014, async |lab| {
        let mut alice = one(&lab).await;
        let mut bob = lab.person("Bob").await;
        let link = alice.link().await;
        let mut cut = link.clone();
        cut.pop();
        let elsewhere = link.replace(ADDRESS, "elsewhere.example.org");
        let of = |link: &str, token| Handover { link: link.to_owned(), token }.to_bytes().to_vec();
        for (payload, expected) in [
            (b"come in".to_vec(), Err(ErrorCode::SpokenMalformed)),
            (of("https://evil.example.org", None), Err(ErrorCode::SpokenMalformed)),
            (of(&cut, None), Err(ErrorCode::SpokenMalformed)),
            (of(&format!("{link}{}", "~a=relay.example.org".repeat(180)), None), Err(ErrorCode::SpokenMalformed)),
            (vec![0; 3900], Err(ErrorCode::SpokenMalformed)),
            // Where it leads is shown to him before anything is asked there.
            (of(&elsewhere, None), Ok(("elsewhere.example.org".to_owned(), None))),
            (of(&link, Some(KnockToken([0xab; 16]))), Ok((ADDRESS.to_owned(), Some("ab".repeat(16))))),
        ] {
            let (mallory, words) = (Stranger::waits(&lab).await, SpokenWords::generate(&mut OsRng));
            let said = format!("{} {}", mallory.number, words.expose_words().join(" "));
            let (heard, ()) = tokio::join!(bob.hear(said, false), mallory.hands_over(&words, &payload));
            let heard = heard.map(|heard| (heard.address, heard.token.map(|token| token.to_string())));
            assert_eq!(heard.map_err(|error| error.code), expected);
        }
    });
}

/// An inviter who does not know the words, the relay itself for one.
#[test]
fn who_does_not_know_the_words_hands_bob_nothing() {
    Lab::play(5015, async |lab| {
        let mut bob = lab.person("Bob").await;
        let mut mallory = Stranger::waits(&lab).await;
        let said = format!("{} velvet orbit lemon", mallory.number);
        let lying = async {
            assert!(matches!(mallory.link.push().await, Reply::BoxJoined(_)));
            mallory.says(0, &[3; 16]).await;
            // His own share, back to him.
            let first = mallory.hears(1).await;
            mallory.says(2, &first[16..]).await;
            let proof = mallory.hears(3).await;
            mallory.says(4, &[&proof[..], &[0; 200]].concat()).await;
        };
        let (heard, ()) = tokio::join!(bob.hear(said, false), lying);
        assert_eq!(code(heard), ErrorCode::SpokenWrongWords);
    });
}

#[test]
fn into_a_locked_room_the_owner_alone_has_somebody_come() {
    Lab::play(5016, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let spoken = speaks(&mut alice).await;
        let bobs = speaks(&mut bob).await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(Duration::from_secs(20)).await;
        assert_eq!(alice.phase().await, RoomPhase::Locked);
        assert_eq!(bob.person.speak(&bob.room).await.unwrap_err(), ErrorCode::RoomLocked);
        // Bob cannot let anybody in by now, whom he told before.
        let mut dave = lab.person("Dave").await;
        assert_eq!(code(dave.hear(aloud(&bobs), false).await), ErrorCode::SpokenWrongWords);
        let mut carol = lab.person("Carol").await;
        let heard = carol.hear(aloud(&spoken), false).await.unwrap();
        let request = KnockRoom {
            invitation: SecretText::new(heard.link.to_string()),
            address: None,
            nick: "Carol".to_owned(),
            note: String::new(),
            token: heard.token.as_ref().map(|token| SecretText::new(token.to_string())),
            in_memory: false,
        };
        let room = carol.insist(async move |engine: Engine| engine.knock_room(request.clone()).await.unwrap()).await;
        let mut carol = Member::new(carol, room);
        carol.pause(Duration::from_secs(60)).await;
        assert_eq!(carol.phase().await, RoomPhase::Locked, "she is in, and nobody was asked");
        assert!(alice.view().await.people.iter().any(|person| person.nick == "Carol"));
        // One who was left cannot either.
        let bobs = aloud(&bobs);
        bob.leave().await;
        assert_eq!(code(dave.hear(bobs, false).await), ErrorCode::SpokenGone);
    });
}

#[test]
fn a_relay_that_offers_none_or_babbles_is_told_apart() {
    Lab::play(5017, async |lab| {
        let mut alice = one(&lab).await;
        let number = |opened: Reply| match opened {
            Reply::BoxOpened(opened) => {
                vec![Reply::BoxOpened(conclave_proto::frame::BoxOpened { nameplate: "0000".to_owned(), ..opened })]
            }
            other => vec![other],
        };
        lab.intercept("Alice", number);
        assert_eq!(alice.person.speak(&alice.room).await.unwrap_err(), ErrorCode::RelayMisbehaved);
        let mut bob = lab.person("Bob").await;
        for (refusal, expected) in [
            (RelayError::NotSupported, ErrorCode::SpokenUnsupported),
            (RelayError::BoxLimit, ErrorCode::RelayBusy),
            (RelayError::RateLimited, ErrorCode::RelayBusy),
        ] {
            lab.intercept_all(move |_, reply| match reply {
                Reply::BoxOpened(_) | Reply::BoxJoined(_) => vec![Reply::Refused(Refusal::bare(refusal))],
                other => vec![other],
            });
            assert_eq!(alice.person.speak(&alice.room).await.unwrap_err(), expected);
            let waits = Stranger::waits(&lab).await;
            assert_eq!(code(bob.hear(format!("{} velvet orbit lemon", waits.number), false).await), expected);
        }
        assert!(states(&mut alice).await.is_empty());
        // What was given up before there was a number is nowhere.
        lab.stop_intercepting();
        lab.network().connect_to(None);
        assert_eq!(alice.person.speak(&alice.room).await.unwrap_err(), ErrorCode::RelayUnreachable);
        let request = OfRoom { room: alice.room.clone() };
        let unknown = alice.person.ask(move |engine: Engine| async move { engine.speak_invitation(request).await });
        assert!(unknown.await.unwrap().is_err());
    });
}
