//! ERASE (protocol 4.6.8): a member erases the room for everybody by a message, which MLS vouches for and a relay cannot make up. It
//! works by itself where the owner says it, or, under the rule "any member", somebody who was in the tree at the owner's newest lock.
//! Anybody else may have come a moment ago with a stolen invitation: then a person decides, and nothing is shown until that is done.

use conclave_crypto::{
    group::Member,
    owner::{self, End},
};
use conclave_proto::{
    content::{Body, Erase},
    deed::PanicBy,
    id::MessageId,
    owner::HeadOrder,
};
use conclave_seal::rng;
use conclave_store::{Ending, Note, Order, OutgoingRow, Phase};

use super::super::{
    OWNER_KEY, ROOM_KEYS,
    message::GIVEN_UP,
    step::{ByErase, Step, StepError},
};

impl Step<'_, '_> {
    /// Whether the room ends here by an ERASE, and what could be read is gone.
    pub(crate) fn is_erasing(&self) -> bool {
        self.record.erase_mid.is_some() && self.record.erase_asked.is_none()
    }

    /// Whether that is what a message says.
    pub(crate) fn is_own_erase(&self, outgoing: &OutgoingRow) -> bool {
        self.is_erasing() && self.record.erase_mid == Some(outgoing.mid)
    }

    /// The owner erases the room: what can be read goes at once.
    pub(crate) fn order_erasure(&mut self) -> Result<(), StepError> {
        self.tx.keep_order(&Order::Erase, None)?;
        self.take_away()
    }

    /// A member erases the room: what can be read goes at once, and the others are told.
    pub(crate) fn erase(&mut self) -> Result<(), StepError> {
        // Of what is on its way the relay may have refused the first, for which it would wait.
        self.changes.held_back = !self.tx.outgoing_after(0, 1)?.is_empty();
        self.take_away()?;
        let mid = rng::array::<16>(self.rng);
        self.is_erased_by(mid);
        self.owe_erase()
    }

    /// The owner took away what let this person erase the room before the relay had the own ERASE, which nobody would obey now. What was
    /// here is gone all the same: this client leaves, and destroys the rest once that is said.
    pub(crate) fn erase_alone(&mut self) -> Result<(), StepError> {
        self.changes.held_back = !self.tx.outgoing_after(0, 1)?.is_empty();
        self.take_away()?;
        (self.record.phase, self.record.ending) = (Phase::Leaving, Some(Ending::ErasedHere));
        Ok(())
    }

    /// Owes the others the own ERASE, under the id that it has. Another leaf owes it anew: what nobody sees does not go along.
    pub(crate) fn owe_erase(&mut self) -> Result<(), StepError> {
        let Some(mid) = self.record.erase_mid.filter(|_| self.is_erasing()) else { return Ok(()) };
        self.owe(None, mid, &Body::Erase(Erase {}), None)
    }

    /// The owner has locked the room, in the tree that the order names: who came later may not erase it unasked, whoever says so. A tree
    /// that this client does not know any more tells nothing, and what it knows of an earlier lock still holds. Nor may who came since the
    /// owner gave the order, in that epoch: perhaps she has not seen them.
    pub(crate) fn lock_in(&mut self, at: &HeadOrder, given_in: Option<u64>) -> Result<(), StepError> {
        let bases = self.tx.bases()?;
        let Some(locked) = bases.iter().find(|base| base.on_branch && base.tag == at.base.0) else { return Ok(()) };
        let newest = given_in.map_or(locked.epoch, |epoch| epoch.min(locked.epoch));
        let was_there = |member: &Member| member.owner || member.credential.since.is_some_and(|at| at <= newest);
        let members: Vec<_> =
            self.group()?.roster().iter().filter(|member| was_there(member)).map(|member| member.id.0).collect();
        Ok(self.tx.lock_in(&members)?)
    }

    /// Somebody erases the room.
    pub(crate) fn heed_erase(&mut self, sender: &Member, mid: MessageId) -> Result<(), StepError> {
        let by_members = self.group()?.params().policy.panic_by == PanicBy::AnyMember;
        if sender.owner || by_members && self.tx.was_locked_in(&sender.id.0)? {
            let ending = if sender.owner { Ending::ErasedByOwner } else { Ending::ErasedByMember };
            return self.obey(mid.0, ending);
        }
        let nick = sender.credential.nick.clone();
        if !by_members {
            return self.note(&Note::EraseRefused { nick });
        }
        // Whoever asks first is named. A room that this person erases ends anyway.
        if self.record.erase_mid.is_none() {
            self.record.erase_mid = Some(mid.0);
            (self.record.erase_asked, self.record.erase_asked_as) = (Some(sender.id.0), nick);
            self.changes.summary = true;
        }
        Ok(())
    }

    /// A person answers who asks.
    ///
    /// # Errors
    /// [`StepError::NotNow`] if nobody asks.
    pub(crate) fn answer_erasure(&mut self, erase: bool) -> Result<(), StepError> {
        let mid = self.record.erase_mid.filter(|_| self.record.erase_asked.is_some()).ok_or(StepError::NotNow)?;
        if erase {
            return self.obey(mid, Ending::ErasedByMember);
        }
        let nick = std::mem::take(&mut self.record.erase_asked_as);
        (self.record.erase_mid, self.record.erase_asked) = (None, None);
        self.changes.summary = true;
        self.note(&Note::EraseKept { nick })
    }

    /// The own ERASE came back: the others have it.
    pub(crate) fn own_erase_came(&mut self, mid: [u8; 16]) -> Result<(), StepError> {
        let by = ByErase { own: true, ..self.by_erase(mid)? };
        self.end_by(by, Ending::ErasedByMember);
        Ok(())
    }

    /// The room ends here by an ERASE that somebody else sent. The owner's client closes it at the relay first, so that nobody opens
    /// another one under its name, and keeps nothing but what that needs.
    fn obey(&mut self, mid: [u8; 16], ending: Ending) -> Result<(), StepError> {
        let by = self.by_erase(mid)?;
        self.is_erased_by(mid);
        if self.tx.secret(OWNER_KEY)?.is_none() {
            self.end_by(by, ending);
            return Ok(());
        }
        self.keep_title();
        self.take_away()?;
        self.tx.destroy_group([ROOM_KEYS, OWNER_KEY])?;
        self.tx.keep_order(&Order::Close, None)?;
        *self.group = None;
        (self.record.phase, self.record.ending) = (Phase::Erased, Some(ending));
        self.changes.people = true;
        self.changes.erased = Some(by);
        Ok(())
    }

    fn by_erase(&mut self, mid: [u8; 16]) -> Result<ByErase, StepError> {
        let (room_id, end) = (self.room_id(), End::Erase(MessageId(mid)));
        let receipt = owner::sign_burned(self.group()?.leaf_key(), &room_id, &end);
        Ok(ByErase { end, receipt, own: false })
    }

    fn end_by(&mut self, by: ByErase, ending: Ending) {
        (self.record.phase, self.record.ending) = (Phase::Ended, Some(ending));
        self.changes.erased = Some(by);
    }

    fn is_erased_by(&mut self, mid: [u8; 16]) {
        self.record.erase_mid = Some(mid);
        (self.record.erase_asked, self.record.erase_asked_as) = (None, String::new());
    }

    fn take_away(&mut self) -> Result<(), StepError> {
        self.tx.delete_readable(GIVEN_UP)?;
        self.changes.burned = true;
        self.changes.summary = true;
        Ok(())
    }
}
