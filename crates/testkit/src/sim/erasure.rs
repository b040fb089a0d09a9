//! The room is erased for everybody, by its owner or by a member, while links break, apps die and some are away.

use std::time::Duration;

use conclave_engine::{
    api::ChangeRoom,
    snapshot::{Ended, EraseBy, RoomPhase},
};

use super::{
    changes,
    owner::{self, Order},
    stage::Stage,
};
use crate::check::Member;

/// Who erased the room, and what follows from that for the others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Erased {
    /// The owner signed that.
    ByOwner,
    /// The member at this place said so.
    ByMember {
        /// Where in the list of members.
        at: usize,
        /// The owner has locked the door since everybody came, so nobody is to be asked.
        is_known: bool,
    },
}

/// Who is to erase the room: for a member the owner changes the rule, and may lock the door, which vouches for everybody.
pub(super) async fn decide(stage: &Stage, members: &mut [Member]) -> Result<Erased, String> {
    let rng = stage.lab.rng().fork();
    if members.len() < 2 || rng.percent(40) {
        return Ok(Erased::ByOwner);
    }
    let change = ChangeRoom { erase_by: Some(EraseBy::AnyMember), ..changes::nothing(&owner::of(members).room) };
    owner::give(stage, owner::of(members), Order::Change(change.clone())).await?;
    changes::are_seen(members, &change).await?;
    let is_open = owner::of(members).phase().await == RoomPhase::Open;
    let is_known = is_open && rng.percent(50);
    if is_known {
        owner::lock(stage, members).await?;
    }
    let at = usize::try_from(rng.number(1..u64::try_from(members.len()).unwrap())).unwrap();
    Ok(Erased::ByMember { at, is_known })
}

/// Somebody erases the room; some of the others have closed their apps.
pub(super) async fn erase(stage: &Stage, members: &mut [Member], erased: Erased) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    if let Some(early) = ended_early(members).await {
        return Err(early);
    }
    let by = erased.by();
    for (at, member) in members.iter_mut().enumerate() {
        if at != by && rng.percent(25) {
            member.close().await;
        } else if at != by {
            stage.may_die(&mut member.person, 80);
        }
    }
    owner::give(stage, members.get_mut(by).unwrap(), Order::Erase).await
}

/// Nobody has anything of the room any more, and everybody has a reason for that which was signed.
pub(super) async fn is_gone(stage: &Stage, members: &mut [Member], erased: Erased) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    for member in members.iter_mut() {
        member.start().await;
    }
    let mut refused = Vec::new();
    for _ in 0..PATIENCE {
        let mut left = 0;
        for (at, member) in members.iter_mut().enumerate() {
            let Some(summary) = member.person.snapshot().await.rooms.pop() else {
                return Err(format!("{} was not told of the end", member.person.name()));
            };
            left += u64::from(summary.ended.is_none());
            if summary.erase_asked.is_none() {
                continue;
            }
            if !erased.may_ask() {
                return Err(format!("{} is asked, although that was settled", member.person.name()));
            }
            // The owner does not keep it, and that ends it for all who do.
            let erase = at == 0 || rng.percent(50);
            stage.may_die(&mut member.person, 40);
            let answered = member.person.answer_erasure(&member.room, erase).await;
            if !erase && answered == Some(Ok(())) {
                refused.push(at);
            }
            member.person.pause(Duration::from_secs(1)).await;
        }
        if left == 0 {
            break;
        }
        owner::of(members).pause(Duration::from_secs(20)).await;
    }
    for (at, member) in members.iter_mut().enumerate() {
        let (name, ended) = (member.person.name().to_owned(), member.ended().await);
        if !ended.is_some_and(|ended| erased.ends(at, refused.contains(&at), ended)) {
            return Err(format!("{name} has {ended:?} after {erased:?}, asked and refused: {refused:?}"));
        }
        if member.has_file() {
            return Err(format!("{name} still has a file of the room that was erased"));
        }
        if let Some(panic) = member.person.panics().first() {
            return Err(panic.clone());
        }
    }
    Ok(())
}

impl Erased {
    fn by(self) -> usize {
        match self {
            Self::ByOwner => 0,
            Self::ByMember { at, .. } => at,
        }
    }

    /// Whether a member may be left to decide.
    fn may_ask(self) -> bool {
        matches!(self, Self::ByMember { is_known: false, .. })
    }

    /// Whether this end is one that somebody signed and that whoever is told of it takes for one.
    fn ends(self, at: usize, refused: bool, ended: Ended) -> bool {
        match (self, ended) {
            (Self::ByOwner, Ended::ErasedByOwner) => true,
            (Self::ByMember { .. }, Ended::ErasedByMember) => !refused,
            // The owner's app closes what a member has erased.
            (Self::ByMember { .. }, Ended::ClosedByOwner) => at != 0,
            (
                _,
                Ended::ClosedByOwner | Ended::ErasedByOwner | Ended::ErasedByMember | Ended::Idle | Ended::ErasedHere,
            ) => false,
        }
    }
}

/// Who has lost the room before anybody erased it.
async fn ended_early(members: &mut [Member]) -> Option<String> {
    for member in members {
        if let Some(ended) = member.ended().await {
            return Some(format!("{} has {ended:?}, and nobody wanted that", member.person.name()));
        }
    }
    None
}

/// Looks, twenty seconds apart.
const PATIENCE: u32 = 60;
