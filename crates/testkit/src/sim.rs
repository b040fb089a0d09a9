//! A random story from a seed: people come at once or one by one, talk, close the app, leave and come back, while links
//! break, apps die, the relay is started again, and attackers throw commits that open for some. Then no fault is
//! injected any more, the attackers rest, everybody talks, and everybody must have everything.

mod attack;
mod cards;
mod changes;
mod counts;
mod door;
mod erasure;
mod files;
mod owner;
mod seen;
mod stage;

use std::{sync::Arc, time::Duration};

use conclave_engine::{api::ChangeRoom, clock::Clock as _};
use futures_util::future::{Either, join, join_all, select};
use tokio::time::sleep;

use self::{attack::Attackers, erasure::Erased, stage::Stage};
use crate::{
    Lab,
    check::{self, Asked, Member},
    network::FaultProfile,
    rng::SeededRng,
};

pub use counts::{Counts, Tally};

/// How a story ended badly.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What did not hold.
    pub what: String,
    /// What had happened.
    pub trace: String,
}

/// Plays the story of a seed. `attackers` percent of all stories have some.
///
/// # Errors
/// What did not hold at its end.
pub fn run(seed: u64, attackers: u64) -> Result<Counts, Failure> {
    Lab::play(seed, async |lab| {
        let cast = Cast::new(lab.rng(), attackers);
        let told = tokio::time::timeout(LONGEST, story(&lab, cast)).await;
        let told = told.unwrap_or_else(|_| Err("the story does not end".to_owned()));
        told.map_err(|what| Failure { what, trace: lab.trace().read() })
    })
}

/// Who takes part, and how bad it gets.
struct Cast {
    people: u64,
    at_once: bool,
    stormy: bool,
    night: bool,
    /// Somebody is away for longer than the relay keeps commits.
    voyage: bool,
    /// Somebody's computer dies, and an older copy of the folder is put back.
    old_copy: bool,
    /// The relay's file is put back from an older copy.
    set_back: bool,
    /// A file of somebody, or of the relay, is emptied, cut short or removed, and put back later.
    lost_file: bool,
    /// Clocks of people are set forward, back, and to 1970.
    clocks: bool,
    attackers: Option<Attackers>,
    /// The owner locks, unlocks and removes.
    orders: bool,
    /// The owner changes title, note and rules.
    changes: bool,
    /// People knock at the locked door.
    knocks: bool,
    /// The owner closes the room in the end.
    closes: bool,
    /// Somebody erases it in the end.
    erases: bool,
    /// Somebody seals a message, and takes one back.
    cards: bool,
    /// The relay's log is a file.
    file: bool,
    /// The relay runs in the app of whoever opens the room.
    hosted: bool,
}

impl Cast {
    fn new(rng: &SeededRng, attackers: u64) -> Self {
        let people = if rng.percent(4) { rng.number(8..21) } else { rng.number(2..6) };
        let (at_once, stormy) = (rng.percent(30), rng.percent(80));
        let (night, voyage) = (rng.percent(30), rng.percent(10));
        let (attacked, file) = (rng.percent(attackers), rng.percent(20));
        let attackers = attacked.then(|| Attackers::new(rng));
        let hosted = rng.percent(20);
        let (old_copy, clocks) = (rng.percent(20), rng.percent(20));
        let (set_back, lost_file) = (rng.percent(15), rng.percent(20));
        let (orders, closes) = (rng.percent(30), rng.percent(25));
        let cards = rng.percent(25);
        let (changes, knocks, erases) = (rng.percent(25), rng.percent(25), rng.percent(35));
        // What is published again is kept for a day, and in a hosted room nobody meets while the host is away.
        Self {
            people,
            at_once,
            stormy,
            night: night && !attacked,
            voyage: voyage && !attacked && !hosted,
            old_copy: old_copy && !attacked,
            set_back: set_back && !attacked && !hosted,
            lost_file,
            clocks,
            attackers,
            orders: orders && !attacked,
            changes: changes && !attacked,
            knocks: knocks && !attacked,
            closes: closes && !attacked,
            erases: erases && !closes && !attacked,
            cards: cards && !attacked,
            file: file || hosted || (set_back && !attacked),
            hosted,
        }
    }
}

async fn story(lab: &Lab, cast: Cast) -> Result<Counts, String> {
    if cast.hosted {
        lab.host_at("Alice").await;
    }
    if cast.file {
        lab.relay_log().move_to(&lab.folder("relay"), lab.rng().percent(50));
    }
    let stage = Arc::new(Stage::new(lab, cast.at_once, cast.stormy, cast.clocks));
    let day = join_all((0..cast.people).map(|number| live(Arc::clone(&stage), number)));
    let attacks = async {
        if let Some(attackers) = &cast.attackers {
            lab.expect_forks();
            attackers.act(&stage).await;
        }
    };
    let (day, ()) = through(&stage, join(day, attacks)).await;
    let mut members: Vec<Member> = day.into_iter().flatten().collect();
    members.iter().for_each(|member| member.person.set_clock(0));
    lab.crafter().rest();
    if cast.night {
        for member in &mut members {
            member.person.close().await;
        }
        sleep(NIGHT).await;
        let morning = join_all(members.into_iter().map(|member| wake(Arc::clone(&stage), member)));
        members = through(&stage, morning).await;
    }
    if cast.voyage && members.len() > 1 {
        members = voyage(&stage, members).await?;
    }
    if cast.old_copy && members.len() > 1 {
        files::put_back(&stage, &mut members).await?;
    }
    if cast.set_back && members.len() > 1 {
        files::set_back(&stage, &mut members).await?;
    }
    if cast.lost_file && !members.is_empty() {
        files::lose(&stage, &mut members).await?;
    }
    if cast.attackers.is_some() {
        for member in &mut members {
            stage.say(member, 1).await;
        }
    }
    let wanted = acts(&stage, &cast, &mut members).await?;
    let left = stage.left.lock().unwrap().clone();
    let asked = check::settle(lab, &mut members, &left).await?;
    cards::are_taken_back(&mut members).await?;
    door::are_outside(&stage, &mut members).await?;
    if let Some(wanted) = wanted {
        changes::are_seen(&mut members, &wanted).await?;
    }
    let mut counts = stage.count(&mut members, &left, asked).await;
    ends(&stage, &cast, &mut members).await?;
    counts.add(&stage.counted.lock().unwrap());
    Ok(counts)
}

/// What the owner and others do on purpose, one after the other, each in a room in which everybody has everything. Returns what the
/// owner wants of the params.
async fn acts(stage: &Stage, cast: &Cast, members: &mut Vec<Member>) -> Result<Option<ChangeRoom>, String> {
    if members.is_empty() {
        return Ok(None);
    }
    if cast.orders {
        settled(stage, members).await?;
        through(stage, owner::order(stage, members)).await?;
        owner::are_out(stage).await?;
    }
    if cast.cards && members.len() > 1 {
        settled(stage, members).await?;
        through(stage, cards::once(stage, members)).await?;
    }
    let mut wanted = None;
    if cast.changes {
        settled(stage, members).await?;
        wanted = Some(through(stage, changes::change(stage, members)).await?);
    }
    if cast.knocks {
        settled(stage, members).await?;
        through(stage, door::knock(stage, members)).await?;
    }
    Ok(wanted)
}

/// Everybody has everything.
async fn settled(stage: &Stage, members: &mut [Member]) -> Result<Asked, String> {
    let left = stage.left.lock().unwrap().clone();
    check::settle(&stage.lab, members, &left).await
}

/// How the room ends for everybody, if it does.
async fn ends(stage: &Stage, cast: &Cast, members: &mut [Member]) -> Result<(), String> {
    if cast.closes {
        through(stage, owner::close(stage, members)).await?;
        stage.counts(|counts| counts.closings += 1);
    }
    if cast.erases {
        let erased = through(stage, erasure::decide(stage, members)).await?;
        settled(stage, members).await?;
        through(stage, erasure::erase(stage, members, erased)).await?;
        erasure::is_gone(stage, members, erased).await?;
        let by_member = u64::from(matches!(erased, Erased::ByMember { .. }));
        stage.counts(|counts| {
            counts.erased_by_member += by_member;
            counts.erased_by_owner += 1 - by_member;
        });
    }
    Ok(())
}

/// Lets people act in the storm, and ends all faults when they have.
async fn through<T>(stage: &Stage, acts: impl Future<Output = T>) -> T {
    let acts = std::pin::pin!(acts);
    let storm = std::pin::pin!(storm(stage));
    let told = match select(acts, storm).await {
        Either::Left((told, _)) => told,
        Either::Right(((), acts)) => acts.await,
    };
    stage.lab.network().set_faults(FaultProfile::CALM);
    if stage.lab.host().is_none() {
        stage.lab.relay_is_up();
    }
    told
}

/// Injects faults into links, and restarts the relay, for as long as it is polled.
async fn storm(stage: &Stage) {
    let (lab, rng) = (&stage.lab, stage.lab.rng().fork());
    if !stage.stormy {
        return;
    }
    loop {
        lab.network().set_faults(if rng.percent(60) { FaultProfile::STORM } else { FaultProfile::CALM });
        sleep(rng.millis(2_000..12_000)).await;
        if rng.percent(20) && lab.host().is_none() {
            lab.stop_relay(rng.percent(70)).await;
            sleep(rng.millis(0..5_000)).await;
            lab.restart_relay();
        }
    }
}

/// One person's day.
async fn live(stage: Arc<Stage>, number: u64) -> Option<Member> {
    let name = NAMES.get(usize::try_from(number).unwrap()).copied().unwrap();
    let mut member = stage.enter(name, number == 0).await;
    let rng = member.person.rng().clone();
    for _ in 0..rng.number(2..8) {
        member.person.pause(rng.millis(0..8_000)).await;
        match rng.below(100) {
            0..55 => stage.say(&mut member, rng.number(1..4)).await,
            55..70 => member.person.pause(rng.millis(1_000..40_000)).await,
            70..78 => {
                member.person.close().await;
                sleep(rng.millis(0..20_000)).await;
                member.person.start().await;
            }
            78..84 if stage.clocks => {
                let since_1970 = i64::try_from(stage.lab.clock().now().unix).unwrap();
                member.person.set_clock(match rng.below(4) {
                    0 => DAY,
                    1 => -DAY,
                    2 => -since_1970,
                    _ => 0,
                });
                stage.counts(|counts| counts.clocks_set += 1);
            }
            78..84 => stage.lab.network().cut(member.person.name()),
            84..94 if stage.stormy => member.person.crash_after(rng.below(40)),
            94..100 if number > 0 => {
                let name = member.person.name().to_owned();
                stage.left.lock().unwrap().insert(name);
                member.person.leave(&member.room).await;
                stage.counts(|counts| counts.crashes += member.person.crashes());
                if rng.percent(50) {
                    return None;
                }
                let again = format!("{} again", NAMES.get(usize::try_from(number).unwrap()).unwrap());
                if stage.left.lock().unwrap().contains(&again) {
                    return None;
                }
                member = stage.enter(&again, false).await;
            }
            _ => {}
        }
    }
    member.person.crash_after(u64::MAX / 2);
    Some(member)
}

/// The next morning: keys are old, so they are renewed.
async fn wake(stage: Arc<Stage>, mut member: Member) -> Member {
    let rng = member.person.rng().clone();
    sleep(rng.millis(0..60_000)).await;
    member.person.start().await;
    stage.say(&mut member, 1).await;
    member.person.pause(rng.millis(0..120_000)).await;
    member
}

/// Somebody goes away for longer than the relay keeps commits, and the others meet once in between. Everything that was
/// written before has burned by then, and who was away comes in again in the own place (protocol 4.6.7, 4.6.8).
async fn voyage(stage: &Arc<Stage>, mut members: Vec<Member>) -> Result<Vec<Member>, String> {
    let lab = &stage.lab;
    let left = stage.left.lock().unwrap().clone();
    check::settle(lab, &mut members, &left).await?;
    let mut traveller = members.pop();
    if let Some(traveller) = &mut traveller {
        traveller.person.close().await;
        traveller.written.clear();
    }
    for member in &mut members {
        // What the traveller never gets to see is gone everywhere when it is back.
        stage.say(member, 1).await;
        member.person.pause(Duration::from_secs(60)).await;
        member.person.close().await;
        member.written.clear();
    }
    sleep(HALF_A_VOYAGE).await;
    members = join_all(members.into_iter().map(|member| wake(Arc::clone(stage), member))).await;
    // Everybody is in an epoch of this day before anybody goes: the key of an older one would be forgotten, too.
    join_all(members.iter_mut().map(|member| member.person.pause(ALL_RENEWED))).await;
    for member in &mut members {
        member.person.close().await;
    }
    sleep(HALF_A_VOYAGE).await;
    lab.expect_resyncs();
    members.extend(traveller);
    Ok(join_all(members.into_iter().map(|member| wake(Arc::clone(stage), member))).await)
}

const DAY: i64 = 24 * 3600;
const NAMES: [&str; 20] = [
    "Alice", "Bob", "Carol", "Dave", "Erin", "Frank", "Grace", "Heidi", "Ivan", "Judy", "Mike", "Niaj", "Olivia",
    "Peggy", "Rupert", "Sybil", "Trent", "Victor", "Walter", "Yolanda",
];
const HALF_A_VOYAGE: Duration = Duration::from_secs(16 * 24 * 3600);
/// Old keys are renewed within ten minutes, one member after another.
const ALL_RENEWED: Duration = Duration::from_secs(20 * 60);
const NIGHT: Duration = Duration::from_secs(25 * 3600);
const LONGEST: Duration = Duration::from_secs(40 * 24 * 3600);
