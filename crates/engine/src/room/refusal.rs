//! What the relay refuses, and what follows.

use std::time::Duration;

use conclave_proto::{
    error::ErrorCode as RelayError,
    frame::Refusal,
    id::{PublicKey, Role},
};
use conclave_store::Phase;

use super::{blob::BlobAnswer, fault::Fault, machine::Machine, session::Asked};
use crate::{
    door::{self, is_passing},
    snapshot::LinkFault,
};

impl Machine {
    /// The relay said no.
    pub(super) fn refused(&mut self, asked: Asked, refusal: &Refusal) -> Result<(), Fault> {
        let data = refusal.data.clone().unwrap_or_default();
        let fault = door::fault_of_refusal(refusal.code);
        let is_joining = self.cx.record.phase == Phase::Joining;
        let cx = &mut self.cx;
        match (refusal.code, asked) {
            (RelayError::RoomGone, _) if let Some(tombstone) = &data.tombstone => self.buried(tombstone),
            (RelayError::Duplicate, Asked::Publish(id)) => self.outbox.duplicate(cx, id, data.seq.unwrap_or(0)),
            (RelayError::Duplicate, Asked::Commit) => match (data.seq, data.tag) {
                (Some(seq), Some(tag)) => self.membership.committed(cx, seq, tag),
                _ => Err(Fault::Retry(LinkFault::Misbehaved)),
            },
            (RelayError::StaleHead, Asked::Publish(_)) => match self.outbox.refused(cx, data.head, data.seq)? {
                Some(head) => self.membership.head_set_back(cx, head),
                None => Ok(()),
            },
            (RelayError::StaleHead, Asked::Commit) if is_joining => {
                self.membership.join_overtaken(cx, data.head);
                Ok(())
            }
            (RelayError::StaleHead, Asked::Commit) => self.membership.commit_overtaken(cx, data.head, data.seq),
            (RelayError::StaleHead, Asked::Order(_)) => match self.orders.overtaken(cx, data.head, data.seq)? {
                Some(head) => self.membership.head_set_back(cx, head),
                None => Ok(()),
            },
            (RelayError::Duplicate, Asked::Order(id)) => self.orders.carried_out(cx, id),
            (code, Asked::Knock | Asked::KnockAnswer(_)) if !is_passing(code) => self.knock_refused(code, asked),
            (_, Asked::Auth(Role::Member, _)) if cx.record.phase == Phase::Knocking && !is_passing(refusal.code) => {
                self.own_knock.is_not_known_inside(cx)
            }
            (code, Asked::Blob(asked)) if !is_about_the_room(fault) => {
                self.blobs.answered(cx, asked, BlobAnswer::Refused(code, data.seq))
            }
            // Another copy of the owner's files has used the counter. The next admission says which is the newest.
            (RelayError::NotAuthorised, Asked::Order(_) | Asked::Policy { .. }) => {
                Err(Fault::Retry(LinkFault::LogDiffers))
            }
            // Another copy of the owner's files has given it a newer one, or the relay takes none.
            (code, Asked::Policy { rev, .. }) if !is_about_the_room(fault) && !is_passing(code) => {
                self.orders.keep_deed(cx, rev);
                Ok(())
            }
            (RelayError::StaleHead, Asked::Leave) => Err(self.membership.departure_refused()),
            (RelayError::Duplicate, Asked::Leave) => {
                self.membership.departure_kept();
                Ok(())
            }
            (RelayError::LeaseHeld, Asked::Lease | Asked::Commit | Asked::OrderLease) => {
                self.lease_refused(asked, patience(refusal.retry_ms));
                Ok(())
            }
            (RelayError::RoomExists, Asked::Create) => self.membership.creation_was_known(cx),
            (RelayError::NotAuthorised, Asked::Auth(Role::Member, key)) => Err(self.key_refused(key)),
            (RelayError::CursorExpired, Asked::Fetch) => {
                let Some(floor) = data.seq else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
                cx.log_was_set_back(floor)?;
                // On another connection, with its pause: a relay may say so again and again.
                Err(Fault::Retry(LinkFault::LogDiffers))
            }
            // The next request says where this client can read on.
            (RelayError::CursorExpired, Asked::LookBack) => Ok(()),
            // Without it nothing is read: what came would take the place of what is compared.
            (_, Asked::LookBack) if !is_about_the_room(fault) => Err(Fault::Retry(LinkFault::Busy)),
            // A proof uses the challenge up, and a refusal brings no new one.
            (code, Asked::Create | Asked::Auth(..)) if is_passing(code) => Err(Fault::Retry(LinkFault::Busy)),
            (code, asked) if is_passing(code) => {
                self.ask_again(asked);
                self.pause(patience(refusal.retry_ms));
                Ok(())
            }
            // The epoch of a member is not the head's any more: the next admission says how far there is to read.
            (RelayError::RoomLocked, _) if is_in(cx.record.phase) => Err(Fault::Retry(fault)),
            _ => Err(match fault {
                LinkFault::Unreachable | LinkFault::Misbehaved => Fault::Retry(fault),
                // Only a tombstone with the right signatures wipes anything; the bare word wipes nothing (protocol 4.6.8).
                _ => Fault::Stop(fault),
            }),
        }
    }

    /// Somebody else has the commit slot.
    fn lease_refused(&mut self, asked: Asked, retry: Duration) {
        let until = self.cx.now.steady.saturating_add(retry);
        match asked {
            Asked::OrderLease => self.orders.lease_refused(until),
            _ => self.membership.lease_refused(until),
        }
    }

    /// The relay does not know a member key.
    fn key_refused(&mut self, key: PublicKey) -> Fault {
        let cx = &mut self.cx;
        let is_joining = cx.record.phase == Phase::Joining;
        let before = cx.refused_key.replace(key).filter(|_| !is_joining);
        if before.is_some_and(|before| before != key) {
            return cx.forgotten();
        }
        // A proof uses the challenge up, and a refusal brings no new one: come back and try the other key.
        Fault::Retry(LinkFault::LogDiffers)
    }

    /// The relay said no to a knock or to its answer.
    fn knock_refused(&mut self, code: RelayError, asked: Asked) -> Result<(), Fault> {
        match (code, asked) {
            (RelayError::NotSupported, Asked::Knock) => Err(Fault::Stop(LinkFault::NoKnocking)),
            (RelayError::NoSuchEntry, Asked::KnockAnswer(id)) => {
                self.knocks.is_over(&mut self.cx, id);
                Ok(())
            }
            // The next admission says whether the door is open by now, and whose this connection is.
            _ => Err(Fault::Retry(LinkFault::RoomLocked)),
        }
    }

    /// A refused request will be made again.
    fn ask_again(&mut self, asked: Asked) {
        match asked {
            Asked::Publish(_) => self.outbox.send_again(),
            Asked::Lease => self.membership.ask_for_lease_again(),
            Asked::Commit => self.membership.commit_again(),
            Asked::Order(_) => self.orders.send_again(),
            Asked::OrderLease => self.orders.lease_refused(self.cx.now.steady),
            Asked::Knock => self.own_knock.send_again(),
            Asked::KnockAnswer(id) => self.knocks.send_again(id),
            Asked::Create
            | Asked::Auth(..)
            | Asked::GroupInfo
            | Asked::Leave
            | Asked::Policy { .. }
            | Asked::Close
            | Asked::Panic
            | Asked::Fetch
            | Asked::LookBack
            | Asked::Blob(_) => {}
        }
    }

    /// Asks nothing for a while.
    fn pause(&mut self, pause: Duration) {
        if let Some(session) = self.cx.session.as_mut() {
            session.quiet_until = self.cx.now.steady.saturating_add(pause);
        }
    }
}

/// Whether what was asked does not matter.
fn is_about_the_room(fault: LinkFault) -> bool {
    matches!(fault, LinkFault::NoSuchRoom | LinkFault::RoomGone | LinkFault::RoomLocked)
}

/// Whether this client is a member of the room.
fn is_in(phase: Phase) -> bool {
    matches!(phase, Phase::Member | Phase::AwaitingConfirmation | Phase::Leaving)
}

/// How long a relay may make this client wait: what it asks for, within reason.
fn patience(retry_ms: Option<u32>) -> Duration {
    retry_ms.map_or(PAUSE, |ms| Duration::from_millis(ms.into())).min(PAUSE_MAX)
}

const PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(60);
