//! Memory of a process that goes on: all of it is looked through, so each story has a process of its own. Two people's apps and
//! the relay of the room are in it, as they run on real computers.

use std::{thread, time::Duration};

use conclave_engine::{
    api::{EraseDevice, OfItem, OfRoom, SecretText, SendViewOnce},
    snapshot::{CardState, Ended, ItemBody, ItemId, RoomHandle},
};
use conclave_testkit::{
    app::App,
    remains::{Disk, Drawn, Trace, alone, in_memory},
};

use super::{app, runtime};

/// What Alice writes. Put together here, so that no constant holds it.
fn marker() -> String {
    ["The source ", "meets us at ", "the old mill at ", "seven."].concat()
}

/// A text that only the story itself knows, and no more than it must.
fn of_text() -> [Trace; 1] {
    [Trace::of(marker().as_bytes())]
}

/// The keys among what was drawn.
fn keys(drawn: &Drawn, count: usize) -> Vec<Trace> {
    drawn.since(count).into_iter().filter(Trace::is_key).collect()
}

/// What burned leaves the memory with the next rebuilding of the file, for which a file rests some seconds.
fn vanish(traces: &[Trace], what: &str) {
    let is_gone = (0..LOOKS).any(|_| {
        thread::sleep(Duration::from_secs(1));
        in_memory(traces).is_empty()
    });
    assert!(is_gone, "{what} is in memory: {:?}", in_memory(traces));
}

const LOOKS: u32 = 30;

#[test]
fn an_erased_computer_keeps_neither_text_nor_key_in_its_memory() {
    alone("memory::an_erased_computer_keeps_neither_text_nor_key_in_its_memory", || {
        let runtime = runtime();
        let (alice, drawn) = runtime.block_on(app());
        runtime.block_on(async {
            let room = alice.host().await;
            alice.until(&room, "Alice is connected", async |alice| alice.is_online(&room).await).await;
            alice.say(&room, &marker()).await;
            assert!(!alice.items(&room).await.is_empty());
        });
        let keys = keys(&drawn, 0);
        assert!(!in_memory(&of_text()).is_empty(), "the search finds a text that is there");
        assert!(!in_memory(&keys).is_empty(), "the search finds a key that is there");
        let before = Disk::sealed(alice.folder.path());
        let files = before.heads();
        assert_eq!(before.held(&files).len(), files.len(), "and files");
        drop(before);

        let erasure = runtime.block_on(alice.engine.erase_device(EraseDevice { tell_rooms: false }));
        assert!(erasure.left.is_empty());
        assert!(Disk::sealed(alice.folder.path()).find(&files).is_empty(), "in a file");
        assert_eq!(in_memory(&of_text()), [], "the text in memory");
        assert_eq!(in_memory(&keys), [], "a key in memory");
        drop(alice);
    });
}

/// Alice, who hosts a room, and Bob, who is in it.
struct Two {
    alice: (App, Drawn, RoomHandle),
    bob: (App, Drawn, RoomHandle),
    /// What each had drawn before there was a room.
    counts: [usize; 2],
}

impl Two {
    async fn new() -> Self {
        let ((alice, hers), (bob, his)) = (app().await, app().await);
        let counts = [hers.count(), his.count()];
        let room = alice.host().await;
        alice.until(&room, "Alice is connected", async |alice| alice.is_online(&room).await).await;
        let joined = bob.join(&alice.link(&room).await, "Bob").await;
        bob.until(&joined, "Bob is in", async |bob| bob.is_online(&joined).await).await;
        Self { alice: (alice, hers, room), bob: (bob, his, joined), counts }
    }

    fn keys(&self) -> Vec<Trace> {
        let [hers, his] = self.counts;
        [keys(&self.alice.1, hers), keys(&self.bob.1, his)].concat()
    }
}

/// The newest card, and how it stands.
async fn card(app: &App, room: &RoomHandle) -> Option<(ItemId, CardState)> {
    let items = app.items(room).await.into_iter().rev();
    items
        .filter_map(|item| if let ItemBody::ViewOnce { card, .. } = item.body { Some((item.id, card)) } else { None })
        .next()
}

#[test]
fn a_card_that_was_seen_is_in_nobodys_memory() {
    alone("memory::a_card_that_was_seen_is_in_nobodys_memory", || {
        let runtime = runtime();
        let two = runtime.block_on(Two::new());
        let (Two { alice: (alice, drawn, hers), bob: (bob, _, his), .. }, text) = (&two, of_text());
        let key = runtime.block_on(async {
            let count = drawn.count();
            let text = SecretText::new(marker());
            let request = SendViewOnce { room: hers.clone(), text, seconds: 30, fuse: None };
            alice.engine.send_view_once(request).await.unwrap();
            let key = keys(drawn, count);
            bob.until(his, "the card comes", async |bob| card(bob, his).await.is_some()).await;
            key
        });
        assert_eq!(key.len(), 1, "of the card");
        assert!(!in_memory(&key).is_empty(), "the search finds a key that is there");
        let (id, _) = runtime.block_on(card(bob, his)).unwrap();
        let opened = runtime.block_on(bob.engine.open_view_once(OfItem { room: his.clone(), id })).unwrap();
        assert!(!in_memory(&text).is_empty(), "the search finds a text that is shown");

        drop(opened);
        let is_seen = async |alice: &App| card(alice, hers).await.is_some_and(|(_, card)| card == CardState::Opened);
        runtime.block_on(alice.until(hers, "Alice hears of it", is_seen));
        vanish(&text, "the text");
        vanish(&key, "its key");
    });
}

/// How a room ended, if it is over.
async fn ended(app: &App, room: &RoomHandle) -> Option<Ended> {
    let rooms = app.engine.snapshot().await.unwrap().rooms;
    rooms.into_iter().find(|summary| summary.room == *room).and_then(|summary| summary.ended)
}

#[test]
fn a_room_that_was_erased_is_in_nobodys_memory() {
    alone("memory::a_room_that_was_erased_is_in_nobodys_memory", || {
        let runtime = runtime();
        let two = runtime.block_on(Two::new());
        let (Two { alice: (alice, _, hers), bob: (bob, _, his), .. }, text) = (&two, of_text());
        runtime.block_on(async {
            alice.say(hers, &marker()).await;
            bob.until(his, "the message comes", async |bob| bob.has_stored(his, &marker()).await).await;
        });
        let keys = two.keys();
        assert!(!in_memory(&text).is_empty(), "the search finds a text that is there");
        assert!(!in_memory(&keys).is_empty(), "the search finds keys that are there");

        runtime.block_on(async {
            alice.engine.erase_room(OfRoom { room: hers.clone() }).await.unwrap();
            for (app, room) in [(alice, hers), (bob, his)] {
                app.until(room, "the room ends", async |app| ended(app, room).await == Some(Ended::ErasedByOwner))
                    .await;
            }
        });
        vanish(&text, "the text");
        vanish(&keys, "a key");
    });
}
