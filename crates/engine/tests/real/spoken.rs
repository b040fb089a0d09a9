//! Alice hosts a room, and reads a number and three words aloud; Bob, who knows nothing but her address, comes in by them.

use conclave_crypto::link::Invitation;
use conclave_engine::{
    ErrorCode,
    api::{HearInvitation, OfRoom, PreviewRoom, SecretText},
    snapshot::{Preview, RoomHandle, SpokenInvitation, SpokenState},
};

use conclave_testkit::app::App;

fn typed(spoken: &SpokenInvitation, address: &str) -> HearInvitation {
    let text = format!("{} {}", spoken.number, spoken.words.join(" "));
    HearInvitation { spoken: SecretText::new(text), address: address.to_owned(), again: false }
}

async fn states(alice: &App, room: &RoomHandle) -> Vec<SpokenState> {
    let view = alice.engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
    view.spoken.into_iter().map(|open| open.state).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_aloud_leads_to_a_room_with_a_pinned_key() {
    let alice = App::new().await;
    let bob = App::new().await;
    let room = alice.host().await;
    alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
    let link = alice.link(&room).await;
    let spoken = alice.engine.speak_invitation(OfRoom { room: room.clone() }).await.unwrap();
    assert!(!spoken.address.contains('~'), "nobody reads a pin aloud: {}", spoken.address);
    let port = spoken.address.rsplit_once(':').unwrap().1;
    let here = format!("127.0.0.1:{port}");
    let heard = bob.engine.hear_invitation(typed(&spoken, &here)).await.unwrap();
    assert_eq!(*heard.link, link);
    assert!(Invitation::parse(&heard.link).unwrap().pin.is_some(), "from here on the relay's key is known");
    alice.until(&room, "handed over", async |alice| states(alice, &room).await == [SpokenState::HandedOver]).await;
    let seen = PreviewRoom { invitation: SecretText::new(heard.link.to_string()), address: None };
    assert!(matches!(bob.engine.preview_room(seen).await, Ok(Preview::Open { room }) if room.pinned));
    let bobs = bob.join(&heard.link, "Bob").await;
    bob.until(&bobs, "confirmed", async |bob| bob.is_online(&bobs).await).await;

    // The key of another relay is not the one of which Alice's words speak.
    let other = App::new().await;
    let elsewhere = other.host().await;
    other.until(&elsewhere, "online", async |other| other.is_online(&elsewhere).await).await;
    let pin = Invitation::parse(&other.link(&elsewhere).await).unwrap().pin.unwrap();
    let spoken = alice.engine.speak_invitation(OfRoom { room: room.clone() }).await.unwrap();
    let pinned = format!("{here}~k={}", data_encoding::BASE64URL_NOPAD.encode(&pin));
    let error = bob.engine.hear_invitation(typed(&spoken, &pinned)).await.map(drop).unwrap_err();
    assert_eq!(error.code, ErrorCode::WrongPin);

    // What waits when the vault is locked is gone before that returns.
    alice.engine.lock_vault().await;
    let error = bob.engine.hear_invitation(typed(&spoken, &here)).await.map(drop).unwrap_err();
    assert_eq!(error.code, ErrorCode::RelayUnreachable);
    for app in [bob, other] {
        app.engine.lock_vault().await;
    }
}
