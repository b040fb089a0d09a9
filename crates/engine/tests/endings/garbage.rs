//! Commits that open for nobody, one after the other, by somebody who has only the invitation.

use std::time::Duration;

use conclave_engine::snapshot::Ended;
use conclave_proto::{Lane, RoomState, id::RoomId};
use conclave_relay::log::{RoomLog as _, Standing};
use conclave_seal::{rng::OsRng, sign::SigningKey};
use conclave_testkit::{Lab, network::FaultProfile, raw_client::RawClient, scene::two};

use super::MINUTE;

/// Somebody with the code commits garbage as fast as a line of theirs carries it. The lock is what an owner has against that.
#[test]
fn garbage_does_not_keep_the_door_open() {
    for every in [1000, 20] {
        Lab::play(1609, async |lab| {
            let (mut alice, _bob) = two(&lab).await;
            let mut raw_client = RawClient::enter(&lab, &alice.link().await).await;
            let room_id = RoomId(*raw_client.keys().room_id());
            lab.network().set_faults(FaultProfile { slowest: 400, ..FaultProfile::CALM });
            alice.reconnect().await;
            let garbage = async {
                loop {
                    // Refused while the owner has the turn, and once the door is shut.
                    let _ = raw_client.garbage(Lane::Join, &SigningKey::generate(&mut OsRng)).await;
                    tokio::time::sleep(Duration::from_millis(every)).await;
                }
            };
            let locks = async {
                alice.person.lock(&alice.room.clone()).await.unwrap().unwrap();
                alice.pause(3 * MINUTE).await;
            };
            tokio::select! {
                () = garbage => {}
                () = locks => {}
            }
            let Standing::Here(room) = lab.relay_log().state(room_id).await.unwrap() else { panic!("no room") };
            assert_eq!(room.state, RoomState::Locked, "with garbage every {every} ms");
        });
    }
}

/// What nobody can keep from an owner, whatever they put on top.
#[test]
fn garbage_does_not_keep_a_room_from_being_closed() {
    Lab::play(1613, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut raw_client = RawClient::enter(&lab, &alice.link().await).await;
        lab.network().set_faults(FaultProfile { slowest: 400, ..FaultProfile::CALM });
        alice.reconnect().await;
        let garbage = async {
            loop {
                let _ = raw_client.garbage(Lane::Join, &SigningKey::generate(&mut OsRng)).await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let closes = async {
            alice.person.close_room(&alice.room.clone()).await.unwrap().unwrap();
            alice.pause(MINUTE).await;
        };
        tokio::select! {
            () = garbage => {}
            () = closes => {}
        }
        assert_eq!(bob.ended().await, Some(Ended::ClosedByOwner));
    });
}
