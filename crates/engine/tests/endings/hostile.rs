//! What a hostile relay cannot have: a room wiped by a tombstone that proves nothing (protocol 4.6.8), a card shown twice or in
//! another's place (4.10).

use std::sync::{Arc, Mutex};

use conclave_crypto::{
    group::{Group, GroupError},
    owner,
    state::GroupState,
};
use conclave_engine::{
    ErrorCode as Refused,
    snapshot::{Connection, Ended, LinkFault},
};
use conclave_proto::{
    ErrorCode, Lane,
    content::{Body, Retract},
    deed::Deed,
    frame::{BlobBytes, EntryPush, ErrorData, Refusal, Reply, Request},
    id::{MessageId, PublicKey, RoomId, Signature, Tag},
    owner::{HeadOrder, Order, PanicStatement, SignedStatement, Statement, Tombstone},
};
use conclave_seal::{
    rng::{self, Rng},
    sign::SigningKey,
    transcript::{self, Statement as _},
};
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    layer::{AllLayered, Layer, message_of, with_message},
    raw_client::RawClient,
    scene::{all_is_well, three, two},
};

use super::{HOUR, MINUTE};

/// By whoever signs it, of this room or another.
fn closed(key: &SigningKey, room_id: RoomId, named: RoomId, order: Order) -> Tombstone {
    let SignedStatement { statement, sig } = owner::sign(key, &Statement { room_id, counter: 9, order });
    Tombstone { room_id: named, statement, sig_access: None, pk: PublicKey(key.public()), sig, deed: vec![0] }
}

/// Everything that somebody with the code and without the owner's key can make of a tombstone.
fn forgeries(room_id: RoomId, access: &SigningKey) -> Vec<Tombstone> {
    let (mallory, elsewhere) = (SigningKey::from_seed(&[66; 32]), RoomId([7; 32]));
    let panic = transcript::Panic { room_id: &room_id.0, time: u64::MAX };
    let panicked = Tombstone {
        room_id,
        statement: PanicStatement { room_id, time: u64::MAX }.to_bytes(),
        sig_access: Some(Signature(panic.sign(access))),
        pk: PublicKey(access.public()),
        sig: Signature(panic.sign(access)),
        deed: vec![0],
    };
    vec![
        closed(&mallory, room_id, room_id, Order::Close),
        closed(access, room_id, room_id, Order::Close),
        closed(&mallory, elsewhere, elsewhere, Order::Close),
        closed(&mallory, elsewhere, room_id, Order::Close),
        closed(access, room_id, room_id, Order::Lock(HeadOrder::at(Tag([1; 16])))),
        panicked.clone(),
        Tombstone { sig_access: None, ..panicked.clone() },
        Tombstone { statement: Vec::new(), ..panicked },
    ]
}

#[test]
fn a_tombstone_that_proves_nothing_wipes_nothing() {
    Lab::play(1401, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let keys = RawClient::enter(&lab, &link).await;
        let access = SigningKey::from_seed(&keys.keys().access_key().expose_seed());
        let room_id = RoomId(*keys.keys().room_id());
        drop(keys);
        wipe_nothing(&lab, &mut bob, forgeries(room_id, &access)).await;
        alice.say("Still here?").await;
        assert!(bob.texts().await.contains(&"Still here?".to_owned()));
        all_is_well(&lab, alice, bob).await;
    });
}

/// The relay shows Bob each of these, pushed and as a refusal.
async fn wipe_nothing(lab: &Lab, bob: &mut Member, tombstones: Vec<Tombstone>) {
    for (number, forged) in tombstones.into_iter().enumerate() {
        for as_refusal in [false, true] {
            let forged = forged.clone();
            lab.intercept("Bob", move |reply| match reply {
                Reply::Authenticated(_) => {
                    let tombstone = Some(Box::new(forged.clone()));
                    let data = ErrorData { tombstone, ..ErrorData::default() };
                    let refusal = Reply::Refused(Refusal::with(ErrorCode::RoomGone, data));
                    vec![if as_refusal { refusal } else { Reply::Tombstone(forged.clone()) }]
                }
                other => vec![other],
            });
            bob.retry().await;
            lab.network().cut("Bob");
            bob.pause(MINUTE).await;
            assert_eq!(bob.ended().await, None, "number {number}");
            assert!(bob.has_file(), "number {number}");
            assert_eq!(bob.connection().await, Connection::Stopped { reason: LinkFault::RoomGone });
        }
    }
    lab.stop_intercepting();
    bob.retry().await;
}

/// What is replayed was all signed by Alice: her orders of this room that do not end it, and the end of another room of hers.
#[test]
fn what_the_owner_signed_for_something_else_wipes_nothing() {
    Lab::play(1402, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let deed = RawClient::enter(&lab, &link).await.deed().to_vec();
        let deed = Deed::parse(&deed).unwrap();
        let (orders, ends): (Arc<Mutex<Vec<_>>>, Arc<Mutex<Vec<Tombstone>>>) = Default::default();
        let (heard, told) = (Arc::clone(&orders), Arc::clone(&ends));
        lab.intercept_with(
            &Interceptor::new()
                .requests(move |_, request| {
                    if let Request::Owner(order) = request {
                        heard.lock().unwrap().push((order.statement.to_vec(), order.sig));
                    }
                    true
                })
                .replies(move |_, reply| {
                    if let Reply::Tombstone(tombstone) = &reply {
                        told.lock().unwrap().push(tombstone.clone());
                    }
                    vec![reply]
                }),
        );
        alice.reconnect().await;
        let room = alice.room.clone();
        alice.person.lock(&room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        alice.person.unlock(&room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let hers = orders.lock().unwrap().clone();
        assert_eq!(hers.len(), 2, "a lock and an unlock");
        let other = alice.person.create().await;
        alice.pause(MINUTE).await;
        alice.person.close_room(&other).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let elsewhere = ends.lock().unwrap().pop().unwrap();

        let room_id = RoomId(conclave_seal::id::room_id(&deed.apk().0));
        let of_this = |(statement, sig)| {
            let deed = deed.as_bytes().to_vec();
            Tombstone { room_id, statement, sig_access: None, pk: deed_owner(&deed), sig, deed }
        };
        let mut replayed: Vec<Tombstone> = hers.into_iter().map(of_this).collect();
        replayed.push(Tombstone { room_id, ..elsewhere.clone() });
        replayed.push(Tombstone { room_id, deed: deed.as_bytes().to_vec(), ..elsewhere.clone() });
        replayed.push(elsewhere);
        wipe_nothing(&lab, &mut bob, replayed).await;
        bob.say("Still here.").await;

        // The same relay shows what she signs for this room, and that ends it.
        alice.person.close_room(&room).await.unwrap().unwrap();
        bob.pause(MINUTE).await;
        assert_eq!(bob.ended().await, Some(Ended::ClosedByOwner));
    });
}

fn deed_owner(deed: &[u8]) -> PublicKey {
    Deed::parse(deed).unwrap().opk()
}

/// Each of two cards has the other's blob; and what is served is served twice.
#[test]
fn two_blobs_that_the_relay_swaps_are_not_shown_and_none_is_shown_twice() {
    Lab::play(1403, async |lab| {
        let (mut alice, mut bob, mut carol) = three(&lab).await;
        for text in ["Under the north stone.", "Under the south stone."] {
            alice.seal(text).await;
        }
        let served: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let keeps = Arc::clone(&served);
        lab.intercept("Carol", move |reply| {
            if let Reply::BlobBytes(read) = &reply {
                keeps.lock().unwrap().push(read.bytes.clone());
            }
            vec![reply]
        });
        carol.reconnect().await;
        let both = opens_all(&mut carol).await;
        assert_eq!(both, ["Under the north stone.", "Under the south stone."].map(|text| Ok(text.to_owned())));
        let mut swapped = served.lock().unwrap().clone().into_iter().rev();
        lab.intercept("Bob", move |reply| match reply {
            Reply::BlobBytes(_) => vec![Reply::BlobBytes(BlobBytes { bytes: swapped.next().unwrap() })],
            other => vec![other],
        });
        bob.reconnect().await;
        assert_eq!(opens_all(&mut bob).await, [Err(Refused::CardAltered), Err(Refused::CardAltered)]);

        lab.intercept("Bob", |reply| match reply {
            Reply::BlobBytes(read) => vec![Reply::BlobBytes(read.clone()), Reply::BlobBytes(read)],
            other => vec![other],
        });
        bob.reconnect().await;
        assert_eq!(bob.opens().await, Some(Ok("Under the south stone.".to_owned())));
        assert_eq!(bob.opens().await, Some(Err(Refused::CardOpened)));
        lab.stop_intercepting();
        bob.reconnect().await;
        let left = [Ok("Under the north stone.".to_owned()), Err(Refused::CardOpened)];
        assert_eq!(opens_all(&mut bob).await, left, "what was not shown is not lost");
    });
}

/// Opens every card, the oldest first.
async fn opens_all(member: &mut Member) -> Vec<Result<String, Refused>> {
    let mut opened = Vec::new();
    for card in member.cards().await {
        opened.push(member.person.open(&member.room.clone(), &card.id).await.unwrap());
    }
    member.pause(MINUTE).await;
    opened
}

/// A client that takes back what never was, in place of texts that say so.
#[derive(Clone)]
struct Retracting;

impl Layer for Retracting {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let mut content = message_of(message);
        if matches!(&content.body, Body::Text(text) if text.text == "Forget it.") {
            let mids = (0..2000).map(|_| MessageId(rng::array(rng))).collect();
            content.body = Body::Retract(Retract { mids, numbers: None });
        }
        group.encrypt(state, rng, &with_message(message, &content))
    }
}

/// The relay keeps a message from Bob until its author has taken it back, and Mallory has his app remember as much as it will.
#[test]
fn what_was_taken_back_is_shown_to_nobody_however_much_others_take_back() {
    Lab::play_with(1404, Arc::new(AllLayered(Retracting)), async |lab| {
        let (mut alice, mut bob, mut mallory) = three(&lab).await;
        let held: Arc<Mutex<(bool, Option<EntryPush>)>> = Arc::default();
        let kept = Arc::clone(&held);
        lab.intercept("Bob", move |reply| match reply {
            Reply::Entry(entry) if entry.lane == Lane::Application => {
                let mut kept = kept.lock().unwrap();
                match &kept.1 {
                    None => {
                        kept.1 = Some(entry);
                        Vec::new()
                    }
                    Some(first) if kept.0 => {
                        let late = EntryPush { seq: entry.seq + 1, prev: entry.seq, ..first.clone() };
                        kept.0 = false;
                        vec![Reply::Entry(entry), Reply::Entry(late)]
                    }
                    Some(first) => {
                        let prev = if entry.prev == first.seq { first.prev } else { entry.prev };
                        vec![Reply::Entry(EntryPush { prev, ..entry })]
                    }
                }
            }
            other => vec![other],
        });
        bob.reconnect().await;
        alice.say("At my sister's.").await;
        let line = alice.line_of("At my sister's.").await.unwrap();
        alice.person.retract(&alice.room, &line).await.unwrap().unwrap();
        for _ in 0..6 {
            mallory.say("Forget it.").await;
        }
        bob.pause(2 * HOUR).await;
        held.lock().unwrap().0 = true;
        alice.say("Never mind.").await;
        let texts = bob.texts().await;
        assert!(!held.lock().unwrap().0 && texts.contains(&"Never mind.".to_owned()), "both came: {texts:?}");
        assert!(!texts.contains(&"At my sister's.".to_owned()));
    });
}
