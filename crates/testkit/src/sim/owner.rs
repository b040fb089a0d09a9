//! What the owner orders while links break and apps die: the door is locked and unlocked, somebody is removed, and in the end the room
//! is closed for everybody.

use std::{sync::atomic::Ordering, time::Duration};

use conclave_engine::{
    ErrorCode,
    snapshot::{Ended, RoomPhase},
};

use super::stage::Stage;
use crate::check::Member;

/// The owner locks, and then unlocks or removes somebody, while everybody talks.
pub(super) async fn order(stage: &Stage, members: &mut Vec<Member>) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    give(stage, members, Order::Lock).await?;
    stage.locks.fetch_add(1, Ordering::Relaxed);
    for member in members.iter_mut() {
        stage.say(member, 1).await;
    }
    if rng.percent(50) || members.len() < 2 {
        give(stage, members, Order::Unlock).await?;
    } else if let Some(out) = members.pop() {
        let name = out.person.name().to_owned();
        stage.left.lock().unwrap().insert(name.clone());
        give(stage, members, Order::Remove(name)).await?;
        stage.removals.fetch_add(1, Ordering::Relaxed);
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
    give(stage, members, Order::Close).await?;
    stage.lab.network().set_faults(crate::network::FaultProfile::CALM);
    for member in members.iter_mut().skip(1) {
        if !comes_true(member, |_, ended| ended == Some(Ended::ClosedByOwner)).await {
            return Err(format!("{} still has the room that was closed", member.person.name()));
        }
    }
    Ok(())
}

enum Order {
    Lock,
    Unlock,
    Remove(String),
    Close,
}

/// The owner says so, again if the app died before it had kept that.
async fn give(stage: &Stage, members: &mut [Member], order: Order) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    let Some(owner) = members.first_mut() else { return Ok(()) };
    if stage.stormy && rng.percent(40) {
        owner.person.crash_after(rng.below(60));
    }
    loop {
        let room = owner.room.clone();
        let given = match &order {
            Order::Lock => owner.person.lock(&room).await,
            Order::Unlock => owner.person.unlock(&room).await,
            Order::Remove(name) => owner.person.throw_out(&room, name).await,
            Order::Close => owner.person.close_room(&room).await,
        };
        match given {
            Some(Ok(())) => break,
            // It was kept before the app died, and carried out since.
            Some(Err(ErrorCode::InvalidRequest | ErrorCode::UnknownRoom)) if owner.person.crashes() > 0 => break,
            Some(Err(error)) => return Err(format!("the owner cannot order: {error}")),
            None => owner.person.recover().await,
        }
    }
    owner.person.pause(rng.millis(0..20_000)).await;
    Ok(())
}

/// Waits until the room's line says so.
async fn comes_true(member: &mut Member, is_so: impl Fn(RoomPhase, Option<Ended>) -> bool) -> bool {
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
