//! Somebody comes, and those who are there, or come later, show that they have seen it.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use conclave_crypto::{
    group::{Group, GroupError},
    state::GroupState,
};
use conclave_engine::snapshot::RoomPhase;
use conclave_proto::content::Body;
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab,
    layer::{AllLayered, Layer, message_of},
    person::Person,
    scene::three,
};

async fn phase(person: &mut Person) -> RoomPhase {
    person.snapshot().await.rooms.first().unwrap().phase
}

#[test]
fn a_newcomer_is_confirmed_by_those_who_come_later_and_write_nothing() {
    Lab::play(21, async |lab| {
        let mut alice = lab.person("Alice").await;
        let room = alice.create().await;
        alice.pause(Duration::from_secs(10)).await;
        let link = alice.invitation(&room).await;
        alice.close().await;

        let mut bob = lab.person("Bob").await;
        bob.join(&link).await;
        bob.pause(Duration::from_secs(60)).await;
        assert_eq!(phase(&mut bob).await, RoomPhase::AwaitingConfirmation, "nobody is there to confirm it");

        alice.start().await;
        alice.pause(Duration::from_secs(120)).await;
        assert_eq!(phase(&mut bob).await, RoomPhase::Open, "she is there, and so is he");
    });
}

/// Of each HELLO: the newest entry that it speaks of, and the newest one that its author had read when it got its bytes.
#[derive(Clone, Default)]
struct Greetings(Arc<Mutex<Vec<(u64, u64)>>>);

impl Layer for Greetings {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let content = message_of(message);
        if let Body::Hello(hello) = content.body {
            self.0.lock().unwrap().push((hello.head_seq, content.seen_seq));
        }
        group.encrypt(state, rng, message)
    }
}

/// It is composed while a join is processed. One that spoke of the time before that would be compared with nothing.
#[test]
fn a_greeting_speaks_of_the_epoch_in_which_it_gets_its_bytes() {
    let greetings = Greetings::default();
    Lab::play_with(22, Arc::new(AllLayered(greetings.clone())), async |lab| {
        let _room = three(&lab).await;
        let said = greetings.0.lock().unwrap();
        assert!(said.len() >= 4, "both newcomers, and an answer to each: {said:?}");
        assert!(said.iter().all(|(spoken_of, read)| spoken_of == read), "{said:?}");
    });
}
