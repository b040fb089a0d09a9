//! A member, too, can make up where the room goes on: without somebody, as nobody but the owner could (protocol 4.5, V4).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use conclave_crypto::{
    group::{Change, Group, GroupError, PendingCommit},
    state::GroupState,
};
use conclave_engine::snapshot::Connection;
use conclave_seal::rng::Rng;
use conclave_testkit::{
    Lab, forged_group_info,
    layer::{AllLayered, Layer},
    scene::{joins, two},
};

/// Mallory's client: her commits come with the room as it would be without Carol.
#[derive(Clone, Default)]
struct WithoutCarol(Arc<AtomicBool>);

impl Layer for WithoutCarol {
    fn commit(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError> {
        let is_hers = group.own().unwrap().credential.nick == "Mallory" && self.0.load(Ordering::Relaxed);
        let invented = is_hers.then(|| forged_group_info::without(group, "Carol"));
        let pending = group.commit(state, rng, change)?;
        Ok(PendingCommit { group_info: invented.transpose()?.unwrap_or(pending.group_info), ..pending })
    }
}

/// Mallory was there before Carol. Her commit opens for nobody, and its tree is without Carol.
#[test]
fn a_senior_who_makes_a_branch_up_without_somebody_takes_nobody_off_the_line() {
    let armed = Arc::new(AtomicBool::new(false));
    Lab::play_with(1101, Arc::new(AllLayered(WithoutCarol(Arc::clone(&armed)))), async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let link = alice.link().await;
        let mut mallory = joins(&lab, "Mallory", &link).await;
        mallory.say("Hi.").await;
        let mut carol = joins(&lab, "Carol", &link).await;
        carol.say("Me too.").await;
        alice.say("Welcome.").await;
        lab.expect_forks();
        armed.store(true, Ordering::Relaxed);
        lab.crafter().throws_for("Mallory", &[]);
        lab.network().cut("Mallory");
        let mut offline = 0_u32;
        for _ in 0..120 {
            carol.pause(Duration::from_secs(1)).await;
            offline += u32::from(carol.connection().await != Connection::Online);
        }
        bob.say("Who is here?").await;
        assert!(carol.texts().await.contains(&"Who is here?".to_owned()), "{:?}", carol.connection().await);
        assert!(offline < 20, "{offline} s");
    });
}
