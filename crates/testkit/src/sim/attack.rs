//! Attackers: a finder of the code, who joins by crafted commits, and a malicious member, who commits them with a leaf.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use super::stage::Stage;
use crate::rng::SeededRng;

/// Who disturbs a story, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attackers {
    /// Joins of finders.
    finders: u64,
    /// Commits of a member.
    insiders: u64,
    /// Everything at once.
    barrage: bool,
}

impl Attackers {
    pub(super) fn new(rng: &SeededRng) -> Self {
        let (finders, insiders) = match rng.below(3) {
            0 => (rng.number(1..5), 0),
            1 => (0, rng.number(1..5)),
            _ => (rng.number(1..4), rng.number(1..4)),
        };
        Self { finders, insiders, barrage: rng.percent(30) }
    }

    /// Disturbs the room, until nothing is left to throw.
    pub(super) async fn act(self, stage: &Arc<Stage>) {
        let mut attacks: Vec<std::pin::Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
        let pause = if self.barrage { 0..10_000 } else { 0..90_000 };
        let rng = stage.lab.rng().fork();
        if self.finders > 0 {
            let (stage, rng, pause) = (Arc::clone(stage), rng.fork(), pause.clone());
            attacks.push(Box::pin(async move {
                for turn in 0..self.finders {
                    sleep(rng.millis(pause.clone())).await;
                    find(&stage, &rng, turn).await;
                }
            }));
        }
        if self.insiders > 0 {
            let (stage, rng) = (Arc::clone(stage), rng.fork());
            attacks.push(Box::pin(async move {
                let begin = rng.millis(0..60_000);
                sleep(begin).await;
                betray(&stage, &rng, self.insiders, pause).await;
            }));
        }
        join_all(attacks).await;
    }
}

/// Somebody finds the code and joins under a new name. The app goes away afterwards, or stays and throws again.
async fn find(stage: &Stage, rng: &SeededRng, turn: u64) {
    let name = format!("Mallory {turn}");
    stage.left.lock().unwrap().insert(name.clone());
    stage.lab.crafter().crafts(&name, true);
    let link = stage.link().await;
    let mut person = stage.lab.person(&name).await;
    // Whoever cannot come in before the story ends gives up.
    if let Ok(room) = timeout(AN_HOUR, person.join(&link)).await {
        person.pause(rng.millis(3_000..30_000)).await;
        if rng.percent(30) {
            stage.lab.crafter().throws(&name);
            person.pause(rng.millis(5_000..30_000)).await;
        }
        if rng.percent(20) {
            person.leave(&room).await;
        }
    }
    if rng.percent(70) {
        person.close().await;
    } else {
        stage.lurking.lock().unwrap().push(person);
    }
}

/// A member with a leaf, who came in like everybody, commits what opens for some.
async fn betray(stage: &Stage, rng: &SeededRng, times: u64, pause: std::ops::Range<u64>) {
    let name = "Trudy";
    stage.left.lock().unwrap().insert(name.to_owned());
    let link = stage.link().await;
    let mut person = stage.lab.person(name).await;
    let Ok(_) = timeout(AN_HOUR, person.join(&link)).await else { return };
    person.pause(rng.millis(5_000..30_000)).await;
    for _ in 0..times {
        stage.lab.crafter().throws(name);
        // The engine looks at what is to be done when something happens.
        stage.lab.network().cut(name);
        person.pause(rng.millis(8_000..20_000)).await;
        if rng.percent(20) {
            person.close().await;
            sleep(rng.millis(pause.clone())).await;
            person.start().await;
        } else {
            person.pause(rng.millis(pause.clone())).await;
        }
    }
    if rng.percent(70) {
        person.close().await;
    } else {
        stage.lurking.lock().unwrap().push(person);
    }
}

const AN_HOUR: Duration = Duration::from_secs(3600);
