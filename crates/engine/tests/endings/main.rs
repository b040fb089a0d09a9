//! Rooms that end, and what their owners order: whole engines and a relay in a lab.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

mod change;
mod close;
mod garbage;
mod hostile;
mod idle;
mod knock;
mod lock;
mod moving;
mod owners_word;
mod panic;
mod receipts;
mod removal;
mod removed;
mod retraction;
mod view_once;

use std::time::Duration;

use conclave_engine::{
    Engine, ErrorCode,
    api::{NewRules, OfRoom, PreviewRoom, SecretText},
    snapshot::Preview,
};
use conclave_store::{Durability, RoomStore, Unlock, Vault};
use conclave_testkit::check::Member;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Rules under which a room goes on without its owner, and is silent for as long as it likes.
fn outlives() -> NewRules {
    NewRules { idle_ttl: 30 * 86_400, owner_leave_closes: false, ..NewRules::default() }
}

/// What a person finds who opens the room.
async fn opens(member: &mut Member) -> Result<(), ErrorCode> {
    let request = OfRoom { room: member.room.clone() };
    member.person.insist(async move |engine: Engine| engine.view_room(request).await.map(drop)).await
}

/// What the relay says to somebody with the invitation.
async fn looks_in(member: &mut Member, link: &str) -> Result<Preview, ErrorCode> {
    let (invitation, address) = (SecretText::new(link.to_owned()), None);
    let request = PreviewRoom { invitation, address };
    member.person.insist(async move |engine: Engine| engine.preview_room(request).await).await
}

/// The file of the only room of an app that is closed.
fn room_of(member: &Member) -> RoomStore {
    let (folder, keyring) = (member.person.folder(), member.person.keyring());
    let vault = Vault::open(&folder, Unlock::Keyring(keyring), Durability::Process).unwrap();
    vault.open_room(vault.rooms().unwrap().pop().unwrap().handle).unwrap()
}

/// Tells a story again and again, in which somebody's app dies after more and more points, until it does not die any more.
fn dies_anywhere(mut story: impl FnMut(u64) -> bool) {
    let points = (1..400).take_while(|points| story(*points)).count();
    assert!((4..399).contains(&points), "it died on the way, and in the end it did not: {points}");
}
