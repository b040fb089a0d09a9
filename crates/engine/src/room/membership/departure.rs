//! Leaving: the others are asked to carry out the own removal (protocol 4.6.5).

use std::time::Duration;

use conclave_proto::{
    frame::{Publish, Request},
    id::{Cid, Lane, Tag},
    limits,
    padding::FrameKind,
};
use conclave_seal::rng;

use super::super::{context::Context, fault::Fault, session::Asked};
use crate::snapshot::LinkFault;

/// A leave that is under way.
#[derive(Debug)]
pub(in crate::room) struct Departure {
    deadline: Duration,
    /// The own removal.
    proposal: Option<Proposal>,
    /// It was handed over on this connection.
    is_sent: bool,
    /// The relay keeps it.
    pub(super) is_kept: bool,
    /// `Some(true)` once the others carried it out, `Some(false)` if the time ran out.
    pub(super) told: Option<bool>,
}

/// The removal of the own leaf as it was sealed in one epoch. It is sent again as it is: whoever stands on another branch can open
/// none of them, and several in a row look as if the relay showed different rooms.
#[derive(Debug)]
struct Proposal {
    base: Tag,
    cid: [u8; 16],
    blob: Vec<u8>,
}

impl Departure {
    pub(super) fn new(now: Duration) -> Self {
        Self { deadline: now.saturating_add(PATIENCE), proposal: None, is_sent: false, is_kept: false, told: None }
    }

    /// Whether the proposal arrived is not known: the connection ended, or the relay refused it.
    pub(super) fn propose_again(&mut self) {
        (self.is_sent, self.is_kept) = (false, false);
    }

    /// The time may have run out. Who `must` leave a proposal behind has more of it until the relay keeps one.
    pub(super) fn tick(&mut self, now: Duration, must: bool) {
        if self.told.is_some() || self.deadline > now {
            return;
        }
        if must && !self.is_kept {
            self.deadline = now.saturating_add(PATIENCE);
        } else {
            self.told = Some(false);
        }
    }

    /// When it does.
    pub(super) fn wakes_at(&self) -> Option<Duration> {
        Some(self.deadline).filter(|_| self.told.is_none())
    }

    /// Asks the others to carry out the own removal; again after each change of epoch, until the time runs out.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let Some(group) = cx.group.as_ref() else { return Ok(()) };
        if self.told.is_some() {
            return Ok(());
        }
        if group.roster().len() < 2 {
            self.told = Some(true);
            return Ok(());
        }
        let base = group.base();
        let busy = group.has_pending_commit()
            || cx.record.old_copy.is_some()
            || cx.session.is_none()
            || cx.waits_for(|asked| *asked == Asked::Leave);
        let known = self.proposal.take_if(|proposal| proposal.base == base);
        if busy || (known.is_some() && self.is_sent) {
            self.proposal = known;
            return Ok(());
        }
        let proposal = match known {
            Some(proposal) => proposal,
            None => {
                let blob = cx.step(|step| {
                    let proposal = step.with_group(|group, state, rng| group.propose_leave(state, rng))?;
                    step.seal(Lane::Application, base, FrameKind::Mls, &proposal)
                })?;
                Proposal { base, cid: rng::array(cx.rng.as_mut()), blob }
            }
        };
        let publish = Publish {
            head: Tag(cx.record.head),
            blob: &proposal.blob,
            ttl: u32::try_from(limits::RETENTION.as_secs()).unwrap_or(u32::MAX),
            cid: Cid(proposal.cid),
            del_hash: None,
            replaces: None,
        };
        cx.ask(Asked::Leave, Request::Publish(publish));
        (self.proposal, self.is_sent, self.is_kept) = (Some(proposal), true, false);
        Ok(())
    }

    /// The relay has refused the proposal.
    pub(super) fn refused(&mut self) -> Fault {
        self.propose_again();
        // The commit in between is on its way; a refusal of the same epoch is answered by a fresh proposal on a fresh
        // connection, because the relay waits for the refused one.
        Fault::Retry(LinkFault::Busy)
    }
}

/// How long the others have for it.
const PATIENCE: Duration = Duration::from_secs(10);
