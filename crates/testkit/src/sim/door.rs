//! Somebody knocks at the locked door while links break and apps die: is let in, turned away, or not answered.

use std::time::Duration;

use conclave_engine::{
    ErrorCode,
    snapshot::{KnockingState, RoomPhase},
};

use super::{owner, stage::Stage};
use crate::check::Member;

/// What comes of a knock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    LetIn,
    TurnedAway,
    Unanswered,
}

/// The owner locks the door, if nobody has, and people knock one after the other, some of them while the owner is away.
pub(super) async fn knock(stage: &Stage, members: &mut Vec<Member>) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    let link = owner::of(members).link().await;
    owner::lock(stage, members).await?;
    for name in GUESTS.iter().take(usize::try_from(rng.number(1..4)).unwrap()) {
        let fate = match rng.below(3) {
            0 => Fate::LetIn,
            1 => Fate::TurnedAway,
            _ => Fate::Unanswered,
        };
        stage.lab.trace().note(format_args!("{name} knocks and is to be {fate:?}"));
        let is_away = rng.percent(30);
        if is_away {
            owner::of(members).close().await;
        }
        let mut guest = come(stage, name, &link).await;
        guest.pause(rng.millis(0..60_000)).await;
        if is_away {
            owner::of(members).start().await;
        }
        if !comes_true(stage, owner::of(members), &mut guest, fate).await? {
            return Err(format!("{name} is not {fate:?}"));
        }
        match fate {
            Fate::LetIn => {
                stage.counts(|counts| counts.let_in += 1);
                members.push(guest);
            }
            Fate::TurnedAway | Fate::Unanswered => {
                let is_refused = fate == Fate::TurnedAway;
                stage.counts(|counts| counts.turned_away += u64::from(is_refused));
                stage.counts(|counts| counts.unanswered += u64::from(!is_refused));
                stays_outside(&mut guest).await?;
                stage.outside.lock().unwrap().push(guest);
            }
        }
        for member in members.iter_mut() {
            stage.say(member, 1).await;
        }
    }
    Ok(())
}

/// Whoever was not let in holds no group, has read nothing, and is nobody whom a member sees.
pub(super) async fn are_outside(stage: &Stage, members: &mut [Member]) -> Result<(), String> {
    let outside = std::mem::take(&mut *stage.outside.lock().unwrap());
    for mut guest in outside {
        let name = guest.person.name().to_owned();
        stays_outside(&mut guest).await?;
        for member in members.iter_mut() {
            if member.people().await.contains(&name) {
                return Err(format!("{} sees {name}, who was not let in", member.person.name()));
            }
        }
        guest.person.remove(&guest.room).await;
        stage.counts(|counts| counts.crashes += guest.person.crashes());
    }
    Ok(())
}

async fn stays_outside(guest: &mut Member) -> Result<(), String> {
    let name = guest.person.name().to_owned();
    if let Some(standing) = guest.person.lab().recorder().standing(&name) {
        return Err(format!("{name}, who was not let in, holds the group of {:?}", standing.base));
    }
    let (phase, items) = (guest.phase().await, guest.person.timeline(&guest.room).await.len());
    if phase == RoomPhase::Knocking && items == 0 {
        return Ok(());
    }
    Err(format!("{name}, who was not let in, is {phase:?} and reads {items} lines"))
}

/// Somebody with the invitation, whose app may die soon.
async fn come(stage: &Stage, name: &str, link: &str) -> Member {
    let mut person =
        if stage.lab.rng().percent(15) { stage.lab.unplugged(name).await } else { stage.lab.person(name).await };
    stage.may_die(&mut person, 80);
    let room = person.knock(link, "It is me.").await;
    Member::new(person, room)
}

/// The owner answers until that has reached the guest. Whose knock ends before knocks again.
async fn comes_true(stage: &Stage, owner: &mut Member, guest: &mut Member, fate: Fate) -> Result<bool, String> {
    let (rng, name) = (stage.lab.rng().fork(), guest.person.name().to_owned());
    for _ in 0..PATIENCE {
        let phase = guest.phase().await;
        let state = guest.knock().await.map(|knock| knock.state);
        let is_over = state == Some(KnockingState::Over);
        let is_true = match fate {
            Fate::LetIn => matches!(phase, RoomPhase::Open | RoomPhase::Locked),
            Fate::TurnedAway => state == Some(KnockingState::TurnedAway),
            Fate::Unanswered => is_over,
        };
        if is_true {
            return Ok(true);
        }
        if is_over {
            guest.retry().await;
        }
        if fate != Fate::Unanswered {
            answer(stage, owner, &name, fate == Fate::LetIn).await?;
        }
        if rng.percent(20) {
            stage.lab.network().cut(if rng.percent(50) { &name } else { owner.person.name() });
        }
        guest.pause(Duration::from_secs(20)).await;
    }
    Ok(false)
}

/// Answers, if the knock is there.
async fn answer(stage: &Stage, owner: &mut Member, name: &str, admit: bool) -> Result<(), String> {
    stage.may_die(&mut owner.person, 60);
    match owner.person.answer(&owner.room.clone(), name, admit).await {
        // What the owner cannot answer, cut off, is looked at again.
        Some(Ok(()) | Err(ErrorCode::KnockOver | ErrorCode::RelayUnreachable)) => Ok(()),
        Some(Err(error)) => Err(format!("the owner cannot answer {name}: {error}")),
        None => {
            owner.person.recover().await;
            Ok(())
        }
    }
}

const GUESTS: [&str; 3] = ["Quinn", "Wendy", "Xavier"];
/// Looks, twenty seconds apart: a knock ends after ten minutes, and a few may follow each other.
const PATIENCE: u32 = 120;
