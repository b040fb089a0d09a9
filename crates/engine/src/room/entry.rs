//! What an entry of the relay's log does to a room (protocol 4.7, appendix C).

use conclave_crypto::group::{Advanced, CommitEntry, GroupError, Member, ProcessError, Received, Unjudged};
use conclave_proto::{
    content::{AppMsg, Publication},
    frame::{EntryPush, FetchedEntry},
    id::{Lane, PublicKey, Tag},
    padding::FrameKind,
};
use conclave_seal::{hash::sha256, id};
use conclave_store::{MemberRow, PendingKind, Phase};

use super::{
    branch::open_place,
    old_copy::GIVEN_UP,
    step::{Step, StepError},
};
use crate::snapshot::SystemLine;

/// An entry as the relay sent it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) seq: u64,
    pub(crate) lane: Lane,
    pub(crate) blob: &'a [u8],
    pub(crate) member_key: Option<PublicKey>,
    pub(crate) place: Option<&'a [u8]>,
}

impl<'a> From<&'a FetchedEntry> for Entry<'a> {
    fn from(entry: &'a FetchedEntry) -> Self {
        let FetchedEntry { seq, lane, blob, mpk, place } = entry;
        Self { seq: *seq, lane: *lane, blob, member_key: *mpk, place: place.as_deref() }
    }
}

impl<'a> From<&'a EntryPush> for Entry<'a> {
    fn from(entry: &'a EntryPush) -> Self {
        let EntryPush { seq, lane, blob, mpk, place, .. } = entry;
        Self { seq: *seq, lane: *lane, blob, member_key: *mpk, place: place.as_deref() }
    }
}

impl Step<'_, '_> {
    /// Processes one entry. Entries come strictly in the relay's order, each in a step of its own.
    pub(crate) fn process(&mut self, entry: Entry<'_>) -> Result<(), StepError> {
        self.reads_past = self.catching_up;
        if matches!(entry.lane, Lane::Join | Lane::Commit) {
            self.record.commit_seq = entry.seq;
        }
        match (entry.lane, entry.member_key) {
            (Lane::Join | Lane::Commit, Some(member_key)) => self.process_commit(entry, member_key)?,
            (Lane::Application, _) => self.process_application(entry)?,
            // A commit without its key or a lane that is never stored: the relay made it up. It opens nowhere.
            _ => self.count_unopened()?,
        }
        self.go_past(entry);
        self.record.updated_at = self.now.unix;
        Ok(())
    }

    fn go_past(&mut self, entry: Entry<'_>) {
        (self.record.cursor, self.record.cursor_mark) = (entry.seq, Some(mark(entry.blob)));
        if !self.catching_up {
            self.record.cursor_at = self.now.unix;
        }
    }

    /// Goes past an entry that brought the group to fall: what it did was rolled back.
    pub(crate) fn skip(&mut self, entry: Entry<'_>) -> Result<(), StepError> {
        if let (Lane::Join | Lane::Commit, Some(member_key)) = (entry.lane, entry.member_key) {
            self.skip_commit(entry, tag_of(entry, member_key))?;
        }
        self.go_past(entry);
        Ok(())
    }

    /// Goes past a commit of another copy of these files, which only that copy can apply.
    pub(crate) fn skip_of_a_copy(&mut self, entry: Entry<'_>) -> Result<(), StepError> {
        self.skip(entry)?;
        self.is_old_copy()
    }

    /// Moves the head past a commit that is not applied, for whatever lies in it. Group, keys and an own commit that is under
    /// way stay: what cannot be opened here sends nobody away (protocol 4.7).
    fn skip_commit(&mut self, entry: Entry<'_>, tag: Tag) -> Result<(), StepError> {
        self.record.head = tag.0;
        self.sight(entry.seq, tag, entry.place)
    }

    fn process_commit(&mut self, entry: Entry<'_>, member_key: PublicKey) -> Result<(), StepError> {
        let tag = tag_of(entry, member_key);
        let leaving: Vec<u32> = self.group()?.leaving();
        let previous_key = self.group()?.keys().member_auth.expose_seed();
        let own_key = PublicKey(self.group()?.leaf_key().public());
        if self.is_of_a_copy(own_key, tag, entry.place)? {
            return Err(StepError::WentOn);
        }
        let pending = self.tx.pending()?.filter(|pending| pending.kind == PendingKind::Commit);
        let advanced = match pending {
            Some(pending) if pending.tag == tag.0 => {
                self.tx.clear_pending()?;
                self.record.committed_at = self.now.unix;
                self.record.sent_since = 0;
                let advanced = self.with_group(|group, state, _| group.merge_pending(state, tag))?;
                if let Some(after) = self.has_new_keys(tag) {
                    self.publish_all_after(after)?;
                }
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
        self.tx.set_secret(super::PREVIOUS_MEMBER_KEY, previous_key.as_slice())?;
        self.record.unopened = 0;
        self.tell(&advanced, &leaving)?;
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
        Ok(())
    }

    /// Writes into the timeline what a commit changed. `leaving` had asked to leave before it.
    fn tell(&mut self, advanced: &Advanced, leaving: &[u32]) -> Result<(), StepError> {
        let same_key = |list: &[Member], member: &Member| list.iter().any(|other| other.leaf_key == member.leaf_key);
        for member in &advanced.joined {
            let nick = member.credential.nick.clone();
            let back = same_key(&advanced.left, member);
            self.heard_of(member, None)?;
            if !back {
                self.expect_first(member)?;
            }
            self.note(&if back { SystemLine::Rejoined { nick } } else { SystemLine::Joined { nick } })?;
            if let Some(before) = advanced.left.iter().find(|before| before.leaf_key == member.leaf_key) {
                self.tell_rename(before, member)?;
            }
        }
        for member in advanced.left.iter().filter(|member| !same_key(&advanced.joined, member)) {
            let known = self.tx.member(&member.id.0)?;
            let row = known.unwrap_or_else(|| MemberRow::new(member.id.0, member.leaf_key.0));
            self.tx.set_member(&MemberRow { removed: true, ..row })?;
            self.tx.forget_heard(&member.id.0)?;
            self.keep_name(member)?;
            let removed = !leaving.contains(&member.leaf);
            self.note(&SystemLine::Left { nick: member.credential.nick.clone(), removed })?;
        }
        for change in &advanced.changed {
            self.tell_rename(&change.before, &change.now)?;
        }
        if advanced.params_changed {
            self.record.params_rev = self.group()?.params().rev;
            self.note(&SystemLine::RulesChanged)?;
        }
        Ok(())
    }

    /// Who is not in the group that this client went over to is heard of no more.
    pub(super) fn forget_who_is_out(&mut self) -> Result<(), StepError> {
        let members: Vec<[u8; 16]> = self.group()?.roster().iter().map(|member| member.id.0).collect();
        for (id, _) in self.tx.last_heard()? {
            if !members.contains(&id) {
                self.tx.forget_heard(&id)?;
            }
        }
        Ok(())
    }

    /// Somebody came with a leaf of this epoch: its numbering begins at 1. A leaf that is back from another branch may have said
    /// something before, and goes on where it was where this client knows it.
    fn expect_first(&mut self, member: &Member) -> Result<(), StepError> {
        let known = self.tx.member(&member.id.0)?;
        let fresh = member.credential.since == Some(self.group()?.epoch());
        let row = known.map(|row| MemberRow { removed: false, ..row });
        match row.or_else(|| fresh.then(|| MemberRow::new(member.id.0, member.leaf_key.0))) {
            Some(row) => Ok(self.tx.set_member(&row)?),
            None => Ok(()),
        }
    }

    fn process_application(&mut self, entry: Entry<'_>) -> Result<(), StepError> {
        let digest = sha256(entry.blob);
        if let Some(outgoing) = self.tx.outgoing_by_digest(&digest)? {
            return self.settle(&outgoing, entry.seq);
        }
        let Some(frame) = self.open(Lane::Application, FrameKind::Mls, entry.blob) else {
            return self.count_unopened();
        };
        let received = self.with_group(|group, state, _| group.receive(state, &frame.data).map_err(Judged));
        match received {
            Ok(Received::Application { leaf, message }) => {
                self.record.unopened = 0;
                let sender = self.group()?.roster().iter().find(|member| member.leaf == leaf).cloned();
                let Some(sender) = sender else { return Ok(()) };
                if !self.catching_up {
                    self.changes.heard.push(sender.id);
                }
                // A member, not the relay, breaks the protocol with anything else: MLS vouches for the sender.
                let Ok(publication) = Publication::decode(&message) else { return Ok(()) };
                let Ok(content) = AppMsg::decode(&publication.message) else { return Ok(()) };
                self.link_leaves(&sender, &publication.links)?;
                self.receive(&sender, &content, &publication)
            }
            Ok(Received::Own) => self.own_echo(&digest),
            // The group remembers it; whoever is online commits it.
            Ok(Received::Leaving { .. }) => Ok(()),
            Err(Judged(ProcessError::Invalid(_))) => self.count_unopened(),
            Err(Judged(ProcessError::Unjudged(Unjudged::State(error)))) => Err(error.into()),
            Err(Judged(ProcessError::Unjudged(_))) => Err(StepError::Unjudged),
        }
    }

    /// Several entries in a row that do not open: the relay may show different rooms to different people.
    fn count_unopened(&mut self) -> Result<(), StepError> {
        if self.reads_again || self.base()?.0 != self.record.head {
            // It was opened before, or others write on another branch, which this client knows already.
            return Ok(());
        }
        self.record.unopened = self.record.unopened.saturating_add(1);
        if self.record.unopened == SPLIT_SUSPECTED {
            self.suspect_split()?;
        }
        Ok(())
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

pub(super) fn tag_of(entry: Entry<'_>, member_key: PublicKey) -> Tag {
    Tag(id::entry_tag(entry.lane.number(), entry.blob, &member_key.0))
}

/// By which an entry that was processed is known again.
pub(super) fn mark(blob: &[u8]) -> [u8; 16] {
    sha256(blob).first_chunk().copied().unwrap_or_default()
}

/// Carries a verdict through a call that can also fail for want of a group.
struct Judged(ProcessError);

impl From<GroupError> for Judged {
    fn from(_: GroupError) -> Self {
        Self(ProcessError::Unjudged(Unjudged::Removed))
    }
}

/// Appendix C.
const SPLIT_SUSPECTED: u32 = 3;
