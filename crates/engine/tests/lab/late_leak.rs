//! The code leaks when the room is over, to somebody who ran the relay and kept everything (protocol 8.5, I4 and I6).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    code::Code,
    envelope::{self, Place},
    group::{
        Candidate, EpochKeys, Founded, Founding, Group, GroupCrypto, GroupError, Identity, JoinError, Joining,
        NewKeyPackage, OpenMls, PendingJoin, ProcessError, Received, Welcoming,
    },
    link::Invitation,
    purpose::{self, EnvelopeKey, EpochAuthenticator},
    state::{GroupState, GroupStateReader},
};
use conclave_engine::snapshot::RoomHandle;
use conclave_proto::{
    Lane,
    content::{AppMsg, Body, Publication},
    padding::FrameKind,
};
use conclave_seal::{rng::Rng, sign::SigningKey};
use conclave_store::{Durability, Place as Namespace, StoreError, Unlock, Vault};
use conclave_testkit::{
    Lab,
    attacker::{Attack, Attacker},
    layer::{Layer, Layered},
    person::Person,
};

const SEALED: [Lane; 3] = [Lane::Application, Lane::Commit, Lane::Ephemeral];
const SECRET: &str = "The papers are under the third stone.";

/// Alice, Bob and Carol talk, a night passes, Bob leaves. Everything that a room ever sends is in the relay's hands.
async fn whole_life(lab: &Lab) -> Code {
    let (mut alice, room) = founder(lab).await;
    let link = alice.invitation(&room).await;
    let mut bob = lab.person("Bob").await;
    let bobs = bob.join(&link).await;
    talk(&mut alice, &room, SECRET).await;
    talk(&mut bob, &bobs, "Understood.").await;
    let mut carol = lab.person("Carol").await;
    let carols = carol.join(&link).await;
    talk(&mut carol, &carols, "I bring a lamp.").await;
    talk(&mut alice, &room, "Come at ten.").await;
    bob.leave(&bobs).await;
    talk(&mut carol, &carols, "He is gone.").await;
    alice.pause(Duration::from_secs(90)).await;
    Invitation::parse(&link).unwrap().code
}

async fn founder(lab: &Lab) -> (Person, RoomHandle) {
    let mut alice = lab.person("Alice").await;
    let room = alice.create().await;
    while !alice.is_online(&room).await {
        alice.pause(Duration::from_secs(1)).await;
    }
    (alice, room)
}

async fn talk(person: &mut Person, room: &RoomHandle, text: &str) {
    person.say(room, text).await.unwrap().unwrap();
    person.pause(Duration::from_secs(20)).await;
}

#[test]
fn late_leak() {
    Lab::play(1, async |lab| {
        let code = whole_life(&lab).await;
        let attacker = Attacker::new(lab.relay_log().kept(), code);
        let of = |lane| attacker.count(lane);
        let sealed = SEALED.map(of);
        assert!(sealed.iter().all(|count| *count > 0), "there is something to open on every lane: {sealed:?}");

        // The attacker is not blind: what the code is meant to open, opens, all of it.
        let join_key = *lab.recorder().room_keys().unwrap().join_key().expose_secret();
        let doors = attacker.open_with(&join_key, "K_join");
        let opened = |lane| doors.iter().filter(|finding| finding.lane == lane).count();
        assert_eq!(opened(Lane::Join), of(Lane::Join), "the code opens every join");
        assert_eq!(opened(Lane::GroupInfo), of(Lane::GroupInfo), "and every doorplate");

        // With the exporter keys of its epochs every frame opens, and each with one of them only.
        let mut inside = Vec::new();
        for epoch in lab.recorder().epochs().values() {
            for (lane, key) in &epoch.keys {
                let found = attacker.open_with(key, "an epoch's key");
                assert!(found.iter().all(|finding| finding.lane == *lane), "a key opens one lane");
                inside.extend(found);
            }
        }
        assert_eq!(inside.len(), sealed.iter().sum::<usize>(), "nothing in the loot is noise");

        let Attack { found, tried } = attacker.attack();
        let leaks: Vec<_> = found.iter().filter(|finding| SEALED.contains(&finding.lane)).collect();
        assert!(leaks.is_empty(), "a code that leaks later opens nothing: {leaks:?}");
        let join = "X(RK, \"envelope-join\")";
        assert!(found.iter().any(|finding| finding.how == join), "the attack itself found the join key");

        // It was a real attack: keys of both kinds, a fork and an observer from every doorplate, commits truly staged.
        assert!(tried.keys > 1_000 && tried.far_keys > 100_000 && tried.openings > 1_000_000, "{tried:?}");
        assert!(tried.forks == of(Lane::GroupInfo) && tried.observers == tried.forks, "{tried:?}");
        assert!(tried.fork_secrets > tried.forks, "{tried:?}");
        assert!(tried.staged >= of(Lane::Join), "every join was followed from the doorplate before it: {tried:?}");
        assert!(tried.fork_refused > 0, "a fork of the very epoch was shown a recorded commit: {tried:?}");
        assert_eq!(tried.fork_followed, 0, "{tried:?}");

        // Nor is the envelope all there is: with every envelope opened by somebody else, no fork follows a commit or reads a
        // message inside.
        let messages = inside.into_iter().filter(|finding| finding.lane != Lane::Ephemeral).map(|finding| finding.data);
        let tried = attacker.read_inside(&messages.collect::<Vec<_>>());
        assert!(tried.forks > 0 && tried.fork_refused > 0, "messages of the forks' own epochs were tried: {tried:?}");
        assert_eq!(tried.fork_followed, 0, "{tried:?}");
    });
}

#[test]
fn late_leak_is_found_with_a_static_key() {
    // One label, and two: whatever follows from the code alone is found.
    for steps in [1, 2] {
        Lab::play_with(1, Arc::new(Weak { steps }), async |lab| {
            let code = whole_life(&lab).await;
            let Attack { found, .. } = Attacker::new(lab.relay_log().kept(), code).attack();
            let texts = found.iter().filter(|finding| finding.lane == Lane::Application).filter_map(|finding| {
                let (_, message) = finding.data.split_at_checked(4)?;
                if let Body::Text(text) = AppMsg::decode(&Publication::decode(message).ok()?.message).ok()?.body {
                    Some(text.text)
                } else {
                    None
                }
            });
            let texts: Vec<String> = texts.collect();
            assert!(texts.iter().any(|text| text == SECRET), "one static key opens everything ever said: {texts:?}");
            assert!(found.iter().any(|finding| finding.lane == Lane::Commit), "and the commits");
        });
    }
}

#[test]
fn late_leak_of_a_device_opens_no_earlier_message() {
    Lab::play(2, async |lab| {
        let (mut alice, room) = founder(&lab).await;
        let mut bob = lab.person("Bob").await;
        let bobs = bob.join(&alice.invitation(&room).await).await;
        talk(&mut bob, &bobs, "I am here.").await;
        talk(&mut alice, &room, SECRET).await;
        talk(&mut alice, &room, "Burn this.").await;
        let before = lab.relay_log().kept().frames.len();
        bob.close().await;
        talk(&mut alice, &room, "Are you still there?").await;

        // The thief has Bob's computer as it was when he closed the app, unlocked, and everything that the relay holds.
        let vault = Vault::open(&bob.folder(), Unlock::Keyring(bob.keyring()), Durability::Process).unwrap();
        let entry = vault.rooms().unwrap().pop().unwrap();
        let mut store = vault.open_room(entry.handle).unwrap();
        let [mut old, mut new] = [0, 0];
        for (index, frame) in lab.relay_log().kept().frames.iter().enumerate() {
            if frame.lane != Lane::Application {
                continue;
            }
            store
                .write(|tx| {
                    let state = tx.group_state(Namespace::Current);
                    let mut group = OpenMls.load(&state).unwrap().unwrap();
                    let place = Place { lane: frame.lane, room_id: frame.room, base: group.base() };
                    let Ok(opened) = envelope::open(&group.keys().application, &place, &frame.blob) else {
                        return Ok(());
                    };
                    let received = group.receive(&state, &opened.data);
                    let read = matches!(received, Ok(Received::Application { .. }));
                    assert!(opened.kind == FrameKind::Mls && (index >= before || !read), "an old message opens again");
                    *if index < before { &mut old } else { &mut new } += 1;
                    assert!(index < before || read, "what he has not read yet, he can still read");
                    Ok::<_, StoreError>(())
                })
                .unwrap();
        }
        assert!(old >= 3 && new == 1, "old messages were tried and a new one was read: {old}, {new}");
    });
}

/// A scheme that looks like ours and has the flaw of every chat with one key: envelopes under a key that follows from the
/// code, by so many labels one after the other, and nothing inside.
struct Weak {
    steps: u8,
}

struct WeakKeys {
    steps: u8,
    keys: EpochKeys,
}

impl Weak {
    fn wrap(&self, group: Box<dyn Group>) -> Box<dyn Group> {
        let keys = weak_keys(self.steps, group.as_ref());
        Box::new(Layered { layer: WeakKeys { steps: self.steps, keys }, group })
    }
}

fn weak_keys(steps: u8, group: &dyn Group) -> EpochKeys {
    let secret = group.code().secret().to_bytes();
    let inner = EnvelopeKey::derive(&*secret, purpose::CODE, &[]);
    let secret = if steps == 1 { &secret[..] } else { inner.expose_secret() };
    let key = || EnvelopeKey::derive(secret, purpose::ENVELOPE, &group.room_id().0);
    EpochKeys {
        application: key(),
        commit: key(),
        ephemeral: key(),
        member_auth: SigningKey::from_seed(&group.keys().member_auth.expose_seed()),
        authenticator: EpochAuthenticator::from_bytes(group.keys().authenticator.expose_secret()),
    }
}

impl GroupCrypto for Weak {
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        let founded = OpenMls.create(state, rng, founding)?;
        Ok(Founded { group: self.wrap(founded.group), group_info: founded.group_info })
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        let joined = OpenMls.join(state, rng, joining)?;
        Ok(PendingJoin { group: self.wrap(joined.group), ..joined })
    }

    fn key_package(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        identity: Identity,
    ) -> Result<NewKeyPackage, GroupError> {
        OpenMls.key_package(state, rng, identity)
    }

    fn candidate(&self, key_package: &[u8]) -> Option<Candidate> {
        OpenMls.candidate(key_package)
    }

    fn welcome(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        welcoming: Welcoming<'_>,
    ) -> Result<Box<dyn Group>, JoinError> {
        Ok(self.wrap(OpenMls.welcome(state, rng, welcoming)?))
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        Ok(OpenMls.load(state)?.map(|group| self.wrap(group)))
    }
}

impl Layer for WeakKeys {
    fn keys<'a>(&'a self, _: &'a dyn Group) -> &'a EpochKeys {
        &self.keys
    }

    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        _: &dyn GroupState,
        _: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        Ok([&group.own_leaf().to_be_bytes()[..], message].concat())
    }

    fn receive(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        message: &[u8],
    ) -> Result<Received, ProcessError> {
        match message.split_first_chunk::<4>() {
            Some((leaf, text)) if Publication::decode(text).is_ok() => {
                Ok(Received::Application { leaf: u32::from_be_bytes(*leaf), message: text.to_vec() })
            }
            _ => group.receive(state, message),
        }
    }

    fn moved(&mut self, group: &dyn Group) {
        self.keys = weak_keys(self.steps, group);
    }
}
