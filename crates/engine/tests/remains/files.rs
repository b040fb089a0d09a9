//! Files of everybody and of the relay, after each way in which something ends. Whoever takes the disks then is thought to have
//! every key that anybody ever drew: what is found before is not there any more.

use std::{collections::BTreeSet, path::PathBuf, slice, time::Duration};

use conclave_engine::api::{EraseDevice, NewRules};
use conclave_testkit::{
    Lab,
    check::Member,
    remains::{Disk, Drawn, Trace},
    scene::{two, two_for},
};

use super::{app, runtime};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const MARKER: &str = "The source meets us at the old mill.";

/// A story whose relay keeps its rooms in a file.
fn play(seed: u64, story: impl AsyncFnOnce(Lab)) {
    Lab::play(seed, async |lab| {
        lab.relay_log().move_to(&relay_folder(&lab), false);
        story(lab).await;
    });
}

fn relay_folder(lab: &Lab) -> PathBuf {
    lab.folder("relay.disk")
}

/// The disks of these people and of the relay.
fn disks(lab: &Lab, people: &[&Member]) -> Disk {
    let drawn = people.iter().map(|member| member.person.drawn()).chain([lab.relay_log().drawn()]);
    let keys: Vec<Trace> = drawn.flat_map(|drawn| drawn.since(0)).collect();
    let folders = people.iter().map(|member| member.person.folder()).chain([relay_folder(lab)]);
    Disk::read(&folders.collect::<Vec<_>>(), &keys)
}

fn of_text() -> Vec<Trace> {
    vec![Trace::of(MARKER.as_bytes())]
}

/// How many files hold some of these.
fn files(disk: &Disk, traces: &[Trace]) -> usize {
    disk.find(traces).into_iter().map(|(_, file)| file).collect::<BTreeSet<_>>().len()
}

fn are_gone(disk: &Disk, traces: &[Trace]) {
    assert!(!traces.is_empty(), "there was nothing to be found");
    let left = disk.find(traces);
    assert!(left.is_empty(), "{left:?} of {}", traces.len());
}

/// What the relay has sealed since then, with the salts that it was sealed with.
fn sealed_since(disk: &Disk, lab: &Lab, count: usize) -> Vec<Trace> {
    let mut rows = disk.held(&lab.relay_log().drawn().since(count));
    assert!(!rows.is_empty(), "the search finds a row that is there");
    rows.extend(disk.sealed_with(&rows));
    rows
}

#[test]
fn a_message_that_burned_is_in_no_file() {
    play(1801, async |lab| {
        let (mut alice, mut bob) = two_for(&lab, 3600).await;
        let count = lab.relay_log().drawn().count();
        alice.say(MARKER).await;
        let before = disks(&lab, &[&alice, &bob]);
        assert_eq!(files(&before, &of_text()), 2, "the search finds it with her and with him");
        let rows = sealed_since(&before, &lab, count);

        bob.pause(HOUR + 5 * MINUTE).await;
        let after = disks(&lab, &[&alice, &bob]);
        are_gone(&after, &of_text());
        are_gone(&after, &rows);
    });
}

#[test]
fn a_message_that_was_taken_back_is_in_no_file() {
    play(1802, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let count = lab.relay_log().drawn().count();
        alice.say(MARKER).await;
        let before = disks(&lab, &[&alice, &bob]);
        assert_eq!(files(&before, &of_text()), 2, "the search finds it with her and with him");
        let rows = sealed_since(&before, &lab, count);

        let line = alice.line_of(MARKER).await.unwrap();
        alice.person.retract(&alice.room.clone(), &line).await.unwrap().unwrap();
        bob.pause(5 * MINUTE).await;
        let after = disks(&lab, &[&alice, &bob]);
        are_gone(&after, &of_text());
        are_gone(&after, &rows);
    });
}

/// Its text is nowhere but in the blob that its key opens; both go, and the message about it stays until it burns.
#[test]
fn a_card_that_was_opened_leaves_neither_its_key_nor_its_blob() {
    play(1803, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let (drawn, count) = (alice.person.drawn().count(), lab.relay_log().drawn().count());
        alice.seal(MARKER).await;
        let before = disks(&lab, &[&alice, &bob]);
        let his = Disk::read(&[bob.person.folder()], &bob.person.drawn().since(0));
        let key = his.held(&alice.person.drawn().since(drawn));
        assert_eq!(key.len(), 1, "of all that she drew he has the key");
        // The blob comes before the message that names it.
        let salt = lab.relay_log().drawn().since(count).remove(0);
        let blob = [before.held(slice::from_ref(&salt)), before.sealed_with(&[salt])].concat();
        assert!(blob.len() > 1, "the search finds it at the relay");

        assert_eq!(bob.opens().await, Some(Ok(MARKER.to_owned())));
        bob.pause(5 * MINUTE).await;
        let after = disks(&lab, &[&alice, &bob]);
        are_gone(&after, &of_text());
        are_gone(&after, &key);
        are_gone(&after, &blob);
    });
}

/// Alice and Bob in a room, and what each of them, and the relay, had drawn before there was one.
struct Room {
    alice: Member,
    bob: Member,
    counts: [usize; 3],
}

impl Room {
    async fn of(lab: &Lab) -> Self {
        let rules = NewRules { owner_leave_closes: false, ..NewRules::default() };
        let (mut alice, mut bob) = (lab.person("Alice").await, lab.person("Bob").await);
        let counts = [alice.drawn(), bob.drawn(), lab.relay_log().drawn()].map(Drawn::count);
        let room = alice.create_with(rules).await;
        let mut alice = Member::new(alice, room);
        alice.pause(MINUTE).await;
        let room = bob.join(&alice.link().await).await;
        let mut bob = Member::new(bob, room);
        bob.pause(MINUTE).await;
        alice.say(MARKER).await;
        bob.say("Hello you.").await;
        Self { alice, bob, counts }
    }

    /// Everything of the room that was drawn and is on these disks: keys by Alice and by Bob, also salts by the relay. A salt of hers
    /// is in the deed, which is in the tombstone.
    fn held(&self, lab: &Lab, disk: &Disk) -> [Vec<Trace>; 3] {
        let [hers, his, relays] = self.counts;
        let (mut alice, mut bob) = (self.alice.person.drawn().since(hers), self.bob.person.drawn().since(his));
        let relay = lab.relay_log().drawn().since(relays);
        alice.retain(Trace::is_key);
        bob.retain(Trace::is_key);
        let held = [alice, bob, relay].map(|drawn| disk.held(&drawn));
        assert!(held.iter().all(|held| held.len() > 1), "the search finds keys with everybody: {held:?}");
        held
    }
}

#[test]
fn who_leaves_keeps_nothing_of_the_room() {
    play(1804, async |lab| {
        let mut room = Room::of(&lab).await;
        let before = disks(&lab, &[&room.alice, &room.bob]);
        assert_eq!(files(&before, &of_text()), 2, "the search finds it with her and with him");
        let his = Disk::read(&[room.bob.person.folder()], &room.bob.person.drawn().since(0));
        let [_, keys, _] = room.held(&lab, &before);
        let keys = his.held(&keys);

        room.bob.leave().await;
        room.alice.pause(5 * MINUTE).await;
        let after = Disk::read(&[room.bob.person.folder()], &room.bob.person.drawn().since(0));
        are_gone(&after, &of_text());
        are_gone(&after, &keys);
    });
}

/// Closed by its owner, and erased by her for everybody: both destroy all of it everywhere.
#[test]
fn a_room_that_ended_for_everybody_is_in_no_file() {
    for (seed, erases) in [(1805, false), (1806, true)] {
        play(seed, async |lab| {
            let mut room = Room::of(&lab).await;
            let before = disks(&lab, &[&room.alice, &room.bob]);
            assert_eq!(files(&before, &of_text()), 2, "the search finds it with her and with him");
            let keys = room.held(&lab, &before).concat();
            let sealed = sealed_since(&before, &lab, room.counts[2]);

            let handle = room.alice.room.clone();
            let person = &mut room.alice.person;
            let ended = if erases { person.erase(&handle).await } else { person.close_room(&handle).await };
            ended.unwrap().unwrap();
            room.bob.pause(5 * MINUTE).await;
            let after = disks(&lab, &[&room.alice, &room.bob]);
            are_gone(&after, &of_text());
            are_gone(&after, &keys);
            are_gone(&after, &sealed);
        });
    }
}

/// A real one, with the relay of a room that is hosted on it.
#[test]
fn an_erased_computer_has_no_file_that_a_key_opens() {
    runtime().block_on(async {
        let (alice, drawn) = app().await;
        let room = alice.host().await;
        alice.until(&room, "Alice is connected", async |alice| alice.is_online(&room).await).await;
        alice.say(&room, MARKER).await;
        let folders = [alice.folder.path().to_owned()];
        let before = Disk::read(&folders, &drawn.since(0));
        assert_eq!(files(&before, &of_text()), 1, "the search finds a text that is there");
        let drawn_before = before.held(&drawn.since(0));

        let erasure = alice.engine.erase_device(EraseDevice { tell_rooms: false }).await;
        assert!(erasure.left.is_empty());
        let after = Disk::read(&folders, &drawn.since(0));
        are_gone(&after, &of_text());
        are_gone(&after, &drawn_before);
    });
}
