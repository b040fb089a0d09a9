//! Somebody knocks at a locked room, and its owner lets them in or not (protocol 4.6.9).

use conclave_engine::snapshot::{KnockState, KnockingState, Preview, RoomPhase, SystemLine};
use conclave_testkit::{
    Lab,
    scene::{all_is_well, knocks, two},
};

use super::{MINUTE, looks_in};

#[test]
fn bob_knocks_and_alice_lets_him_in() {
    Lab::play(1301, async |lab| {
        let (mut alice, mut carol) = two(&lab).await;
        let link = alice.link().await;
        alice.person.lock(&alice.room).await.unwrap().unwrap();
        alice.pause(MINUTE).await;
        let Ok(Preview::Locked { room: seen }) = looks_in(&mut carol, &link).await else { panic!("the door is locked") };
        assert!(seen.can_knock);

        let mut dave = knocks(&lab, "Dave", &link, "It is Dave, from the desk.").await;
        dave.pause(MINUTE / 4).await;
        assert_eq!(dave.phase().await, RoomPhase::Knocking);
        let his = dave.knock().await.unwrap();
        assert_eq!((his.state, his.owner_here), (KnockingState::Waiting, true));
        let [knock] = &alice.knocks().await[..] else { panic!("one knocks") };
        assert_eq!((knock.nick.as_str(), knock.note.as_str()), ("Dave", "It is Dave, from the desk."));
        assert_eq!((knock.words.len(), &knock.words), (4, &his.words), "both can compare them");
        assert_eq!((knock.state, knock.ambiguous), (KnockState::Waiting, false));
        assert_eq!(carol.knocks().await, [], "the others hear nothing of it");

        alice.answers("Dave", true).await.unwrap();
        dave.pause(MINUTE).await;
        assert_eq!(dave.phase().await, RoomPhase::Locked);
        assert_eq!(dave.knock().await, None);
        assert_eq!(alice.knocks().await, [], "his app has appeared");
        for member in [&mut alice, &mut carol, &mut dave] {
            assert_eq!(member.people().await.len(), 3);
        }
        let let_in = SystemLine::LetIn { nick: "Dave".to_owned() };
        assert!(alice.lines().await.contains(&let_in) && carol.lines().await.contains(&let_in));
        assert_eq!(dave.lines().await[0], SystemLine::YouJoined);
        dave.say("Thank you.").await;
        assert!(carol.texts().await.contains(&"Thank you.".to_owned()));
        assert!(!dave.texts().await.contains(&"Hello.".to_owned()), "nobody reads what was said before");
        carol.say("Welcome.").await;
        assert!(dave.texts().await.contains(&"Welcome.".to_owned()));
        all_is_well(&lab, alice, carol).await;
    });
}
