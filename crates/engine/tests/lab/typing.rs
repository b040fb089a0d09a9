//! Who types (protocol 4.12): said while somebody does, seldom, and nothing of it is kept.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use conclave_engine::{
    Engine, Events,
    api::{NewRules, SetTellsTyping, Typing},
    event::Event,
};
use conclave_proto::frame::Request;
use conclave_testkit::{
    Lab,
    check::Member,
    interceptor::Interceptor,
    scene::{three, two, two_with},
};
use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);

async fn types(member: &mut Member, typing: bool) {
    let request = Typing { room: member.room.clone(), typing };
    member.person.insist(async move |engine: Engine| engine.typing(request).await.unwrap()).await;
}

/// What a window hears of who types.
struct Watcher(Events);

impl Watcher {
    async fn of(member: &mut Member) -> Self {
        Self(member.person.insist(async move |engine: Engine| engine.events()).await)
    }

    /// How many typed, each time that this changed since it was asked last.
    async fn seen(&mut self) -> Vec<usize> {
        let mut seen = Vec::new();
        while let Ok(Some(event)) = timeout(Duration::ZERO, self.0.next()).await {
            if let Event::TypingChanged { members, .. } = event {
                seen.push(members.len());
            }
        }
        seen
    }
}

/// Counts what clients say that is not stored.
fn counted(lab: &Lab) -> Arc<AtomicU32> {
    let count = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&count);
    lab.intercept_with(&Interceptor::new().requests(move |who, request| {
        counts.fetch_add(u32::from(who == "Alice" && matches!(request, Request::Ephemeral(_))), Relaxed);
        true
    }));
    count
}

#[test]
fn bob_sees_that_alice_types_until_she_sends_or_stops() {
    Lab::play(801, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let (mut window, mut own) = (Watcher::of(&mut bob).await, Watcher::of(&mut alice).await);
        types(&mut alice, true).await;
        bob.pause(SECOND).await;
        assert_eq!(window.seen().await, [1]);
        alice.say("That is it.").await;
        assert_eq!(window.seen().await, [0], "a message says that she is done");
        bob.pause(5 * SECOND).await;
        types(&mut alice, true).await;
        types(&mut alice, false).await;
        bob.pause(2 * SECOND).await;
        assert_eq!(window.seen().await, [1]);
        bob.pause(2 * SECOND).await;
        assert_eq!(window.seen().await, [0], "three seconds after she began");
        assert_eq!(own.seen().await, Vec::<usize>::new(), "nobody is told of oneself");
    });
}

#[test]
fn somebody_whose_app_died_types_no_more() {
    Lab::play(802, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let mut window = Watcher::of(&mut bob).await;
        types(&mut alice, true).await;
        bob.pause(SECOND).await;
        alice.crash().await;
        bob.pause(10 * SECOND).await;
        assert_eq!(window.seen().await, [1, 0]);
    });
}

#[test]
fn who_leaves_or_is_removed_types_no_more() {
    for is_removed in [false, true] {
        Lab::play(809, async move |lab| {
            let (mut alice, _bob, mut carol) = three(&lab).await;
            let mut window = Watcher::of(&mut alice).await;
            types(&mut carol, true).await;
            alice.pause(SECOND).await;
            assert_eq!(window.seen().await, [1]);
            if is_removed {
                alice.person.throw_out(&alice.room.clone(), "Carol").await.unwrap().unwrap();
            } else {
                carol.leave().await;
            }
            alice.pause(5 * SECOND).await;
            assert_eq!(alice.people().await.len(), 2);
            assert_eq!(window.seen().await, [0], "at once, whether she was removed: {is_removed}");
        });
    }
}

/// What a relay sees of it is when, and no more often than every three seconds, however fast somebody types.
#[test]
fn it_is_said_every_three_seconds_at_most() {
    Lab::play(803, async |lab| {
        let (mut alice, _bob) = two(&lab).await;
        let count = counted(&lab);
        alice.reconnect().await;
        let before = count.load(Relaxed);
        for _ in 0..30 {
            types(&mut alice, true).await;
            alice.pause(SECOND / 2).await;
            types(&mut alice, false).await;
            alice.pause(SECOND / 2).await;
        }
        let said = count.load(Relaxed) - before;
        // A heartbeat may be among them.
        assert!((5..=11).contains(&said), "{said} in 30 seconds");
    });
}

#[test]
fn nothing_is_said_where_the_rules_or_the_person_do_not_want_it() {
    Lab::play(804, async |lab| {
        let rules = NewRules { presence: false, ..NewRules::default() };
        let (mut alice, mut bob) = two_with(&lab, rules).await;
        let mut window = Watcher::of(&mut bob).await;
        types(&mut alice, true).await;
        bob.pause(5 * SECOND).await;
        assert_eq!(window.seen().await, Vec::<usize>::new());
    });
    Lab::play(805, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let off = SetTellsTyping { on: false };
        alice.person.insist(async move |engine: Engine| engine.set_tells_typing(off).await.unwrap()).await;
        alice.close().await;
        alice.start().await;
        alice.pause(60 * SECOND).await;
        assert!(!alice.person.snapshot().await.tells_typing, "the vault keeps it");
        let mut window = Watcher::of(&mut bob).await;
        types(&mut alice, true).await;
        bob.pause(5 * SECOND).await;
        assert_eq!(window.seen().await, Vec::<usize>::new());
        let mut own = Watcher::of(&mut alice).await;
        types(&mut bob, true).await;
        alice.pause(SECOND).await;
        assert_eq!(own.seen().await, [1], "what others say she sees all the same");
    });
}
