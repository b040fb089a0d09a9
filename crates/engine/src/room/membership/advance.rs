//! What a commit of the log does to the group, and what the timeline says of it (protocol 4.7).

use conclave_crypto::group::{Advanced, CommitEntry, Member, ProcessError, Unjudged};
use conclave_proto::{
    id::{Lane, PublicKey, Tag},
    padding::FrameKind,
};
use conclave_store::{MemberRow, Note, PendingKind, Phase};

use super::super::{
    entry::{Entry, Judged, tag_of},
    message::GIVEN_UP,
    step::{Step, StepError},
};
use crate::door::open_place;

impl Step<'_, '_> {
    /// Moves the head past a commit that is not applied, for whatever lies in it. Group, keys and an own commit that is under
    /// way stay: what cannot be opened here sends nobody away (protocol 4.7).
    pub(crate) fn skip_commit(&mut self, entry: Entry<'_>, tag: Tag) -> Result<(), StepError> {
        self.record.head = tag.0;
        self.sight(entry.seq, tag, entry.place)
    }

    pub(crate) fn process_commit(&mut self, entry: Entry<'_>, member_key: PublicKey) -> Result<(), StepError> {
        let tag = tag_of(entry, member_key);
        let leaving: Vec<u32> = self.group()?.leaving();
        let previous_key = self.group()?.keys().member_auth.expose_seed();
        let own_key = PublicKey(self.group()?.leaf_key().public());
        let params = self.group()?.params().clone();
        if self.is_of_a_copy(own_key, tag, entry.place)? {
            return Err(StepError::WentOn);
        }
        let (mut lost, mut ordered) = (false, false);
        let pending = self.tx.pending()?.filter(|it| matches!(it.kind, PendingKind::Commit | PendingKind::Ordered));
        let advanced = match pending {
            Some(pending) if pending.tag == tag.0 => {
                self.tx.clear_pending()?;
                self.record.committed_at = self.now.unix;
                self.record.sent_since = 0;
                let advanced = self.with_group(|group, state, _| group.merge_pending(state, tag))?;
                if let Some(after) = self.has_new_keys(tag) {
                    self.publish_all_after(after)?;
                }
                ordered = pending.kind == PendingKind::Ordered;
                advanced
            }
            pending => {
                let Some(frame) = self.open(entry.lane, FrameKind::Mls, entry.blob) else {
                    return self.skip_commit(entry, tag);
                };
                let commit = CommitEntry { lane: entry.lane, message: &frame.data, tag, member_auth_key: member_key };
                match self.with_group(|group, state, _| group.advance(state, commit).map_err(Judged)) {
                    Ok(advanced) => {
                        if pending.is_some() {
                            // Another one came first. If ours is still needed it is made again, on top of this one.
                            self.tx.give_up_pending(GIVEN_UP)?;
                            lost = true;
                        }
                        advanced
                    }
                    Err(Judged(ProcessError::Invalid(_))) => return self.skip_commit(entry, tag),
                    Err(Judged(ProcessError::Unjudged(Unjudged::State(error)))) => return Err(error.into()),
                    Err(Judged(ProcessError::Unjudged(_))) => return Err(StepError::Unjudged),
                }
            }
        };
        if advanced.own_removed && advanced.joined.iter().any(|member| member.leaf_key == own_key) {
            // A rejoin that these files gave up is no copy's, whatever the relay says of it when.
            return Err(if self.tx.has_given_up(&tag.0)? { StepError::Unjudged } else { StepError::WentOn });
        }
        self.record.head = tag.0;
        self.stand_on_base(entry.seq)?;
        // The relay may not have registered the new key yet when the connection breaks (protocol 4.8.2).
        self.tx.set_secret(super::super::PREVIOUS_MEMBER_KEY, previous_key.as_slice())?;
        self.record.unopened = 0;
        self.tell(&advanced, &leaving, entry.lane)?;
        if advanced.params_changed {
            self.params_have_changed(&params)?;
        }
        self.is_let_in(tag, entry.seq)?;
        if ordered {
            self.removal_is_carried_out(tag)?;
        }
        if entry.lane == Lane::Join && self.greeter && !self.catching_up {
            self.greet()?;
        }
        if entry.lane == Lane::Join
            && let Some(fork) = open_place(self.keys, self.room_id(), tag, entry.place).and_then(|place| place.fork)
        {
            // Somebody came over from another branch.
            self.publish_again(Some(fork))?;
        }
        self.changes.advanced = true;
        self.changes.people = true;
        self.changes.summary = true;
        if advanced.own_removed {
            // In the same step: a group without its own leaf has no keys and does not load again.
            self.record.phase = Phase::Gone;
            self.changes.own_removed = true;
        }
        self.review_intents(lost)
    }

    /// Writes into the timeline what a commit changed. `leaving` had asked to leave before it.
    fn tell(&mut self, advanced: &Advanced, leaving: &[u32], lane: Lane) -> Result<(), StepError> {
        let same_key = |list: &[Member], member: &Member| list.iter().any(|other| other.leaf_key == member.leaf_key);
        for member in &advanced.joined {
            let nick = member.credential.nick.clone();
            let back = same_key(&advanced.left, member);
            self.heard_of(member, None)?;
            if !back {
                self.expect_first(member)?;
            }
            self.note(&match lane {
                _ if back => Note::Rejoined { nick },
                // Only the owner adds others (rule V6).
                Lane::Commit => Note::LetIn { nick },
                _ => Note::Joined { nick },
            })?;
            if let Some(before) = advanced.left.iter().find(|before| before.leaf_key == member.leaf_key) {
                self.tell_rename(before, member)?;
            }
        }
        for member in advanced.left.iter().filter(|member| !same_key(&advanced.joined, member)) {
            let known = self.tx.member(&member.id.0)?;
            let row = known.unwrap_or_else(|| MemberRow::new(member.id.0, member.leaf_key.0));
            self.tx.set_member(&MemberRow { removed: true, ..row })?;
            self.tx.forget_heard(&member.id.0)?;
            self.confirms_no_more(&member.id.0)?;
            self.changes.knocks |= self.tx.settle_knock_of(&member.id.0)?;
            self.keep_name(member)?;
            let removed = !leaving.contains(&member.leaf);
            self.record.has_removed |= removed;
            self.note(&Note::Left { nick: member.credential.nick.clone(), removed })?;
        }
        for change in &advanced.changed {
            self.tell_rename(&change.before, &change.now)?;
        }
        Ok(())
    }

    /// Who is not in the group that this client went over to is heard of no more.
    pub(crate) fn forget_who_is_out(&mut self) -> Result<(), StepError> {
        let members: Vec<[u8; 16]> = self.group()?.roster().iter().map(|member| member.id.0).collect();
        for (id, _) in self.tx.last_heard()? {
            if !members.contains(&id) {
                self.tx.forget_heard(&id)?;
            }
        }
        for id in self.tx.awaited()? {
            if !members.contains(&id) {
                self.confirms_no_more(&id)?;
            }
        }
        Ok(())
    }

    /// Somebody came with a leaf of this epoch: its numbering begins at 1. A leaf that is back from another branch may have said
    /// something before, and goes on where it was where this client knows it.
    fn expect_first(&mut self, member: &Member) -> Result<(), StepError> {
        let known = self.tx.member(&member.id.0)?;
        // Whom the owner adds has no rank yet.
        let epoch = self.group()?.epoch();
        let fresh = member.credential.since.is_none_or(|since| since == epoch);
        let row = known.map(|row| MemberRow { removed: false, ..row });
        match row.or_else(|| fresh.then(|| MemberRow::new(member.id.0, member.leaf_key.0))) {
            Some(row) => Ok(self.tx.set_member(&row)?),
            None => Ok(()),
        }
    }

    /// A message of somebody else: the room has confirmed this member (protocol 4.6.3).
    pub(crate) fn confirm(&mut self) {
        if self.record.phase == Phase::AwaitingConfirmation {
            self.record.phase = Phase::Member;
            self.changes.people = true;
            self.changes.summary = true;
        }
    }
}
