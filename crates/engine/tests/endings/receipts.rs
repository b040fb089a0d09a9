//! Receipts: where the room's rules want them, and nowhere else.

use conclave_engine::{
    api::NewRules,
    snapshot::{Confirmed, ItemBody, Receipts},
};
use conclave_testkit::{Lab, check::Member, scene::two_with};

use super::MINUTE;

async fn confirmed(member: &mut Member, wanted: &str) -> Confirmed {
    let items = member.person.timeline(&member.room).await.into_iter();
    let mut found = items.filter_map(|item| match item.body {
        ItemBody::Text { text, confirmed, .. } if text == wanted => Some(confirmed),
        _ => None,
    });
    found.next().unwrap()
}

#[test]
fn others_confirm_what_the_rules_say_and_nothing_more() {
    let with = |receipts| NewRules { receipts, ..NewRules::default() };
    for (receipts, came, seen) in [
        (Receipts::None, Confirmed::default(), Confirmed::default()),
        (
            Receipts::Delivered,
            Confirmed { recipients: 2, delivered: 2, viewed: 0 },
            Confirmed { recipients: 2, delivered: 2, viewed: 0 },
        ),
        (
            Receipts::Seen,
            Confirmed { recipients: 2, delivered: 2, viewed: 0 },
            Confirmed { recipients: 2, delivered: 2, viewed: 1 },
        ),
    ] {
        Lab::play(1601, async |lab| {
            let (mut alice, mut bob) = two_with(&lab, with(receipts)).await;
            let mut carol = alice.invites("Carol").await;
            alice.say("Is it there?").await;
            alice.pause(MINUTE).await;
            assert_eq!(confirmed(&mut alice, "Is it there?").await, came, "{receipts:?}");
            bob.person.mark_read(&bob.room).await.unwrap().unwrap();
            alice.pause(MINUTE).await;
            assert_eq!(confirmed(&mut alice, "Is it there?").await, seen, "{receipts:?}");
            // Who was away confirms later, and nobody confirms anything twice.
            carol.close().await;
            alice.say("And now?").await;
            alice.pause(MINUTE).await;
            let without = Confirmed { delivered: came.delivered.min(1), ..came };
            assert_eq!(confirmed(&mut alice, "And now?").await, without, "{receipts:?}");
            carol.start().await;
            carol.pause(MINUTE).await;
            assert_eq!(confirmed(&mut alice, "And now?").await, came, "{receipts:?}");
        });
    }
}

#[test]
fn receipts_are_not_lines_and_are_not_confirmed_themselves() {
    Lab::play(1602, async |lab| {
        let (mut alice, mut bob) = two_with(&lab, NewRules { receipts: Receipts::Seen, ..NewRules::default() }).await;
        alice.say("One.").await;
        bob.person.mark_read(&bob.room).await.unwrap().unwrap();
        alice.pause(5 * MINUTE).await;
        let sent = lab.relay_log().kept().frames.len();
        let lines = alice.person.timeline(&alice.room).await.len();
        alice.pause(MINUTE).await;
        let of_lane = |from: usize| {
            let frames = lab.relay_log().kept().frames;
            frames[from..].iter().filter(|frame| frame.lane == conclave_proto::id::Lane::Application).count()
        };
        assert_eq!(of_lane(sent), 0, "all is quiet");
        assert_eq!(alice.person.timeline(&alice.room).await.len(), lines);
        assert_eq!(bob.summary().await.unread, 0);
    });
}
