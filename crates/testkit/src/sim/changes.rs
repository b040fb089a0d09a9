//! The owner changes title, note, times and size while links break and apps die.

use std::time::Duration;

use conclave_engine::{
    api::ChangeRoom,
    snapshot::{RoomHandle, RoomView, SystemLine},
};

use super::{
    owner::{self, Order},
    stage::Stage,
};
use crate::{check::Member, person::MONTH, rng::SeededRng};

/// The owner wants something else, several times, while everybody talks. Returns what holds in the end.
pub(super) async fn change(stage: &Stage, members: &mut [Member]) -> Result<ChangeRoom, String> {
    let rng = stage.lab.rng().fork();
    let mut wanted = nothing(&owner::of(members).room);
    for number in 0..rng.number(1..4) {
        let change = draw(&rng, &wanted.room, number);
        owner::give(stage, owner::of(members), Order::Change(change.clone())).await?;
        stage.counts(|counts| counts.changes += 1);
        wanted = ChangeRoom {
            title: change.title.or(wanted.title),
            note: change.note.or(wanted.note),
            message_ttl: change.message_ttl.or(wanted.message_ttl),
            idle_ttl: change.idle_ttl.or(wanted.idle_ttl),
            max_members: change.max_members.or(wanted.max_members),
            ..wanted
        };
        for member in members.iter_mut() {
            stage.say(member, 1).await;
        }
    }
    Ok(wanted)
}

/// Everybody sees the newest params, and nothing of them waits any more.
pub(super) async fn are_seen(members: &mut [Member], wanted: &ChangeRoom) -> Result<(), String> {
    for member in members {
        let mut looks = 0;
        while let Err(what) = is_seen(&member.view().await, wanted) {
            looks += 1;
            if looks > PATIENCE {
                return Err(format!("{} sees other params than the newest: {what}", member.person.name()));
            }
            member.person.pause(Duration::from_secs(20)).await;
        }
        let lines = member.lines().await.into_iter().rev();
        let mut titles =
            lines.filter_map(|line| if let SystemLine::TitleChanged { to, .. } = line { Some(to) } else { None });
        // Who came later was told nothing.
        if let Some((told, title)) = titles.next().zip(wanted.title.as_ref()).filter(|(told, title)| told != *title) {
            return Err(format!("{} was told last of {told:?}, which is {title:?}", member.person.name()));
        }
    }
    Ok(())
}

fn is_seen(view: &RoomView, wanted: &ChangeRoom) -> Result<(), String> {
    let RoomView { summary, note, rules, waiting, .. } = view;
    let is_so = wanted.title.as_ref().is_none_or(|title| *title == summary.title)
        && wanted.note.as_ref().is_none_or(|wanted| wanted == note)
        && wanted.message_ttl.is_none_or(|ttl| ttl == rules.message_ttl)
        && wanted.idle_ttl.is_none_or(|ttl| ttl == rules.idle_ttl)
        && wanted.max_members.is_none_or(|most| most == rules.max_members)
        && wanted.erase_by.is_none_or(|by| by == rules.erase_by);
    if is_so && waiting.is_empty() {
        return Ok(());
    }
    Err(format!("{:?}, {note:?}, {rules:?}, {waiting:?} instead of {wanted:?}", summary.title))
}

/// A title, and some of the rest.
fn draw(rng: &SeededRng, room: &RoomHandle, number: u64) -> ChangeRoom {
    let time = || if rng.percent(50) { Some(WEEK) } else { Some(MONTH) };
    ChangeRoom {
        title: Some(format!("Desk {number}")),
        note: rng.percent(50).then(|| format!("Note {number}")),
        message_ttl: time().filter(|_| rng.percent(50)),
        idle_ttl: time().filter(|_| rng.percent(50)),
        max_members: rng.percent(50).then(|| if rng.percent(50) { 256 } else { 64 }),
        ..nothing(room)
    }
}

/// A change of nothing.
pub(super) fn nothing(room: &RoomHandle) -> ChangeRoom {
    let room = room.clone();
    ChangeRoom { room, title: None, note: None, message_ttl: None, idle_ttl: None, max_members: None, erase_by: None }
}

const WEEK: u32 = 7 * 24 * 3600;
/// Looks, twenty seconds apart.
const PATIENCE: u32 = 60;
