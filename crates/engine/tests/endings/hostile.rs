//! What wipes no room (protocol 4.6.8): tombstones that prove nothing, and bare words.

use conclave_crypto::owner;
use conclave_engine::snapshot::{Connection, LinkFault};
use conclave_proto::{
    ErrorCode,
    frame::{ErrorData, Refusal, Reply},
    id::{PublicKey, RoomId, Signature, Tag},
    owner::{HeadOrder, Order, PanicStatement, SignedStatement, Statement, Tombstone},
};
use conclave_seal::{
    sign::SigningKey,
    transcript::{self, Statement as _},
};
use conclave_testkit::{
    Lab,
    raw_client::RawClient,
    scene::{all_is_well, two},
};

use super::MINUTE;

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
        for (number, forged) in forgeries(room_id, &access).into_iter().enumerate() {
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
        alice.say("Still here?").await;
        assert!(bob.texts().await.contains(&"Still here?".to_owned()));
        all_is_well(&lab, alice, bob).await;
    });
}
