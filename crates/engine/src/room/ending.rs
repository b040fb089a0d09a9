//! The end of the room for everybody: by what its owner signed, by what a member says, or by its rules (protocol 4.6.8). The file says so
//! first. What is left to do is outside of it, and once: its key is destroyed, and then the others are told.

use std::time::Duration;

use conclave_crypto::owner::{self, End, Ending as Proven};
use conclave_proto::{
    deed::PanicBy,
    frame::{Burned, ClientFrame, Request},
    id::{PublicKey, Signature},
    limits,
    owner::Tombstone,
    shown,
};
use conclave_store::{Ending, Phase};

use super::{
    context::Context,
    session::UNANSWERED,
    step::{ByErase, StepError},
};

mod erase;
mod witnesses;

pub(crate) use witnesses::{Witness, Witnesses};

/// Whether the room has ended.
#[derive(Debug)]
pub(super) struct RoomEnd {
    over: Option<Over>,
    is_reached: bool,
    /// What the others are told once the owner's client has closed a room that a member has erased; not after a restart.
    owed: Option<Signature>,
    /// When the room was opened, by the steady clock.
    opened_at: Duration,
}

/// The room has ended, and its file is to be destroyed.
#[derive(Debug)]
pub(crate) struct Over {
    pub(crate) title: String,
    pub(crate) ending: Ending,
    /// It ended because this person closed it, and needs no line that says so.
    pub(crate) own: bool,
    /// The frame that tells the others that the own keys are destroyed (protocol 4.20); for when they are.
    pub(crate) receipt: Option<Vec<u8>>,
    /// Who may tell this person the same, who has erased the room.
    pub(crate) witnesses: Option<Witnesses>,
}

impl RoomEnd {
    /// A room whose file says that it has ended was not destroyed before the app ended.
    pub(super) fn new(cx: &Context) -> Self {
        let mut end = Self { over: None, is_reached: false, owed: None, opened_at: cx.now.steady };
        if cx.record.phase == Phase::Ended || cx.record.phase == Phase::Gone && cx.erases_alone() {
            end.tell(cx, cx.record.ending.unwrap_or(Ending::Idle), None, None);
        }
        end
    }

    /// Whether it has ended.
    pub(super) fn is_reached(&self) -> bool {
        self.is_reached
    }

    /// What is to be done about it, once.
    pub(super) fn take(&mut self) -> Option<Over> {
        self.over.take()
    }

    /// The relay shows why the room is gone. `true` if that proves it to this client, for which the room has ended then.
    pub(super) fn tombstone(&mut self, cx: &mut Context, tombstone: &Tombstone) -> bool {
        let (room_id, access) = (cx.room_id(), PublicKey(cx.keys.access_public()));
        // Without a group, the owner's client has yet to close what a member has erased.
        let owner_key = || cx.owner_key.as_ref().map(|key| PublicKey(key.public()));
        let Some(opk) = cx.group.as_ref().map(|group| group.params().opk).or_else(owner_key) else { return false };
        let Some(proven) = owner::judge(tombstone, &room_id, &opk, &access) else { return false };
        let end = End::by(tombstone);
        let signed = cx.group.as_ref().map(|group| owner::sign_burned(group.leaf_key(), &room_id, &end));
        let witnesses = match (proven, &cx.group) {
            (Proven::Erased, Some(group)) if cx.erases => Some(Witnesses::new(group.as_ref(), room_id, access, end)),
            _ => None,
        };
        let ending = match proven {
            _ if cx.record.phase == Phase::Erased => cx.record.ending.unwrap_or(Ending::ErasedByMember),
            Proven::Closed => Ending::ClosedByOwner,
            Proven::Erased => Ending::ErasedByOwner,
        };
        let signed = signed.or(self.owed);
        self.reach(cx, ending, signed, witnesses);
        true
    }

    /// It has ended by an ERASE, and the file says so; or the owner's client has to close it first.
    pub(super) fn by_erase(&mut self, cx: &mut Context, by: &ByErase) {
        if cx.record.phase == Phase::Erased {
            self.owed = Some(by.receipt);
            cx.closing = true;
            return;
        }
        let witnesses = match &cx.group {
            Some(group) if by.own => {
                let access = PublicKey(cx.keys.access_public());
                Some(Witnesses::new(group.as_ref(), cx.room_id(), access, by.end))
            }
            _ => None,
        };
        let ending = cx.record.ending.unwrap_or(Ending::ErasedByMember);
        self.tell(cx, ending, Some(by.receipt), witnesses);
    }

    /// Whether this person's ERASE comes too late: its owner lets nobody else erase the room any more.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn gives_way(cx: &mut Context) -> Result<bool, StepError> {
        let is_in = matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        let by_owner = cx.group.as_ref().is_some_and(|group| group.params().policy.panic_by == PanicBy::Owner);
        if !is_in || !by_owner || cx.owner_key.is_some() || !cx.is_erasing() {
            return Ok(false);
        }
        cx.step(|step| step.erase_alone())?;
        Ok(true)
    }

    /// The leave that took the place of an ERASE is over.
    pub(super) fn has_left(&mut self, cx: &mut Context) {
        if cx.erases_alone() {
            self.reach(cx, Ending::ErasedHere, None, None);
        }
    }

    /// The relay does not know the room, which says nothing by itself. It has ended if by its rules it had to, as far as this client
    /// knows: nothing was written for as long as the owner signed, by the time that is believed.
    pub(super) fn is_unknown_to_relay(&mut self, cx: &mut Context) {
        self.end_if_idle(cx, 0);
    }

    /// Time passed without a connection. A relay that kept its rules ended the room long ago, and nobody else can say so. A wall clock
    /// that was ahead when the app was started is put right within a day, or nobody uses that computer.
    pub(super) fn drive(&mut self, cx: &mut Context) {
        if !cx.is_live() && cx.now.steady.saturating_sub(self.opened_at) >= BELIEVED {
            self.end_if_idle(cx, limits::RETENTION.as_secs());
        }
    }

    fn end_if_idle(&mut self, cx: &mut Context, longer: u64) {
        let is_in = matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation | Phase::Leaving);
        let ends_at = cx.idle_ends_at().filter(|_| is_in && !self.is_reached);
        if ends_at.is_some_and(|at| at.saturating_add(longer) <= cx.calendar.settled()) {
            self.reach(cx, Ending::Idle, None, None);
        }
    }

    /// The room has ended. Where the disk refuses to take note, it has ended all the same.
    fn reach(&mut self, cx: &mut Context, ending: Ending, receipt: Option<Signature>, witnesses: Option<Witnesses>) {
        if self.is_reached {
            return;
        }
        drop(cx.step(|step| {
            (step.record.phase, step.record.ending) = (Phase::Ended, Some(ending));
            Ok(())
        }));
        self.tell(cx, ending, receipt, witnesses);
    }

    fn tell(&mut self, cx: &Context, ending: Ending, receipt: Option<Signature>, witnesses: Option<Witnesses>) {
        let title = cx.group.as_ref().map_or(&cx.record.title, |group| &group.params().title);
        // A relay hears it from whoever was attached, and for a minute from who comes back. It refuses it from others.
        let is_heard = cx.session.is_some();
        let burned = |sig| ClientFrame { rid: UNANSWERED, body: Request::Burned(Burned { sig }) }.encode();
        self.over = Some(Over {
            title: shown::line(title),
            ending,
            own: cx.closing && ending == Ending::ClosedByOwner,
            receipt: receipt.filter(|_| is_heard).map(burned),
            witnesses,
        });
        self.is_reached = true;
    }
}

/// For how long a room was open before the wall clock alone ends it.
const BELIEVED: Duration = Duration::from_secs(24 * 3600);
