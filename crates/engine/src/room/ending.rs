//! The end of the room for everybody: by what its owner signed, or by its rules (protocol 4.6.8). The file says so first. What is left
//! to do is outside of it, and once: its key is destroyed, and then the relay is told.

use std::time::Duration;

use conclave_crypto::owner::{self, End, Ending as Proven};
use conclave_proto::{
    frame::{Burned, ClientFrame, Request},
    id::PublicKey,
    limits,
    owner::Tombstone,
    shown,
};
use conclave_store::{Ending, Phase};

use super::{context::Context, session::UNANSWERED};

/// Whether the room has ended.
#[derive(Debug)]
pub(super) struct RoomEnd {
    over: Option<Over>,
    is_reached: bool,
    /// When the room was opened, by the steady clock.
    opened_at: Duration,
}

/// The room has ended, and its file is to be destroyed.
#[derive(Debug)]
pub(crate) struct Over {
    pub(crate) title: String,
    pub(crate) ending: Ending,
    /// It ended because this person wanted that.
    pub(crate) own: bool,
    /// The frame that tells the others that the own keys are destroyed (protocol 4.20); for when they are.
    pub(crate) receipt: Option<Vec<u8>>,
}

impl RoomEnd {
    /// A room whose file says that it has ended was not destroyed before the app ended.
    pub(super) fn new(cx: &Context) -> Self {
        let mut end = Self { over: None, is_reached: false, opened_at: cx.now.steady };
        if cx.record.phase == Phase::Ended {
            end.tell(cx, cx.record.ending.unwrap_or(Ending::Idle), None);
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
        let Some(group) = cx.group.as_ref() else { return false };
        let (room_id, access) = (cx.room_id(), PublicKey(cx.keys.access_public()));
        let Some(proven) = owner::judge(tombstone, &room_id, &group.params().opk, &access) else { return false };
        // Only who is attached is heard.
        let is_heard = cx.session.as_ref().is_some_and(|session| session.member.is_some());
        let receipt = is_heard.then(|| {
            let sig = owner::sign_burned(group.leaf_key(), &room_id, &End::by(tombstone));
            ClientFrame { rid: UNANSWERED, body: Request::Burned(Burned { sig }) }.encode()
        });
        let ending = match proven {
            Proven::Closed => Ending::ClosedByOwner,
            Proven::Erased => Ending::ErasedByOwner,
        };
        self.reach(cx, ending, receipt);
        true
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
            self.reach(cx, Ending::Idle, None);
        }
    }

    /// The room has ended. Where the disk refuses to take note, it has ended all the same.
    pub(super) fn reach(&mut self, cx: &mut Context, ending: Ending, receipt: Option<Vec<u8>>) {
        if self.is_reached {
            return;
        }
        drop(cx.step(|step| {
            (step.record.phase, step.record.ending) = (Phase::Ended, Some(ending));
            Ok(())
        }));
        self.tell(cx, ending, receipt);
    }

    fn tell(&mut self, cx: &Context, ending: Ending, receipt: Option<Vec<u8>>) {
        let title = cx.group.as_ref().map_or(&cx.record.title, |group| &group.params().title);
        self.over = Some(Over { title: shown::line(title), ending, own: cx.closing, receipt });
        self.is_reached = true;
    }
}

/// For how long a room was open before the wall clock alone ends it.
const BELIEVED: Duration = Duration::from_secs(24 * 3600);
