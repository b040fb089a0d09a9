//! What the owner orders while links break and apps die: the door is locked and unlocked, somebody is removed, and in the end the room
//! is closed for everybody.

use std::time::Duration;

use conclave_engine::{
    ErrorCode,
    api::ChangeRoom,
    snapshot::{Ended, RoomPhase},
};

use super::stage::Stage;
use crate::check::Member;

/// The owner, who made the room and comes first.
pub(super) fn of(members: &mut [Member]) -> &mut Member {
    members.first_mut().unwrap()
}

/// The owner locks, and then unlocks or removes somebody, while everybody talks.
pub(super) async fn order(stage: &Stage, members: &mut Vec<Member>) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    give(stage, of(members), Order::Lock).await?;
    stage.counts(|counts| counts.locks += 1);
    for member in members.iter_mut() {
        stage.say(member, 1).await;
    }
    if rng.percent(35) || members.len() < 2 {
        give(stage, of(members), Order::Unlock).await?;
    } else if let Some(out) = members.pop() {
        let name = out.person.name().to_owned();
        stage.left.lock().unwrap().insert(name.clone());
        give(stage, of(members), Order::Remove(name)).await?;
        stage.counts(|counts| counts.removals += 1);
        stage.removed.lock().unwrap().push(out);
    }
    for member in members.iter_mut() {
        stage.say(member, 1).await;
    }
    Ok(())
}

/// Whoever was removed knows it, once nothing stands in between.
pub(super) async fn are_out(stage: &Stage) -> Result<(), String> {
    let removed = std::mem::take(&mut *stage.removed.lock().unwrap());
    for mut out in removed {
        if !comes_true(&mut out, |phase, _| phase == RoomPhase::Gone).await {
            return Err(format!("{} does not know of the removal", out.person.name()));
        }
    }
    Ok(())
}

/// The owner closes the room, and it is gone everywhere.
pub(super) async fn close(stage: &Stage, members: &mut [Member]) -> Result<(), String> {
    give(stage, of(members), Order::Close).await?;
    stage.lab.network().set_faults(crate::network::FaultProfile::CALM);
    for member in members.iter_mut().skip(1) {
        if !comes_true(member, |_, ended| ended == Some(Ended::ClosedByOwner)).await {
            return Err(format!("{} still has the room that was closed", member.person.name()));
        }
    }
    Ok(())
}

pub(super) enum Order {
    Lock,
    Unlock,
    Remove(String),
    Change(ChangeRoom),
    Close,
    Erase,
}

/// Locks the door, and waits until everybody who is here knows it. A door that is locked stays so.
pub(super) async fn lock(stage: &Stage, members: &mut [Member]) -> Result<(), String> {
    if of(members).phase().await == RoomPhase::Open {
        give(stage, of(members), Order::Lock).await?;
        stage.counts(|counts| counts.locks += 1);
    }
    for member in members {
        if !comes_true(member, |phase, _| phase == RoomPhase::Locked).await {
            return Err(format!("{} does not know of the lock", member.person.name()));
        }
    }
    Ok(())
}

/// Somebody says so, again if the app died before it had kept that.
pub(super) async fn give(stage: &Stage, who: &mut Member, order: Order) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    stage.may_die(&mut who.person, 60);
    loop {
        let room = who.room.clone();
        let given = match &order {
            Order::Lock => who.person.lock(&room).await,
            Order::Unlock => who.person.unlock(&room).await,
            Order::Remove(name) => who.person.throw_out(&room, name).await,
            Order::Change(change) => who.person.change(change.clone()).await,
            Order::Close => who.person.close_room(&room).await,
            Order::Erase => who.person.erase(&room).await,
        };
        match given {
            Some(Ok(())) => break,
            // It was kept before the app died, and carried out since.
            Some(Err(ErrorCode::InvalidRequest | ErrorCode::UnknownRoom | ErrorCode::RoomEnded))
                if who.person.crashes() > 0 =>
            {
                break;
            }
            Some(Err(error)) => return Err(format!("{} cannot order: {error}", who.person.name())),
            None => who.person.recover().await,
        }
    }
    who.person.pause(rng.millis(0..20_000)).await;
    Ok(())
}

/// Waits until the room's line says so.
pub(super) async fn comes_true(member: &mut Member, is_so: impl Fn(RoomPhase, Option<Ended>) -> bool) -> bool {
    for _ in 0..PATIENCE {
        let rooms = member.person.snapshot().await.rooms;
        if rooms.iter().any(|room| room.room == member.room && is_so(room.phase, room.ended)) {
            return true;
        }
        member.person.pause(Duration::from_secs(20)).await;
    }
    false
}

/// Looks, twenty seconds apart: a relay that refused is asked again after five minutes.
const PATIENCE: u32 = 60;
