//! What an entry of the relay's log does to a room (protocol 4.7, appendix C).

use conclave_crypto::group::{GroupError, ProcessError, Received, Unjudged};
use conclave_proto::{
    content::{AppMsg, Publication},
    frame::{EntryPush, FetchedEntry},
    id::{Lane, PublicKey, Tag},
    padding::FrameKind,
};
use conclave_seal::{hash::sha256, id};

use super::step::{Step, StepError};

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
        Ok(())
    }

    fn go_past(&mut self, entry: Entry<'_>) {
        (self.record.cursor, self.record.cursor_mark) = (entry.seq, Some(mark(entry.blob)));
        // New keys of members are what nobody said, and keep no room.
        if entry.lane != Lane::Commit {
            self.record.active_at = self.now.unix;
        }
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
                self.has_appeared(&sender.id)?;
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
}

pub(super) fn tag_of(entry: Entry<'_>, member_key: PublicKey) -> Tag {
    Tag(id::entry_tag(entry.lane.number(), entry.blob, &member_key.0))
}

/// By which an entry that was processed is known again.
pub(super) fn mark(blob: &[u8]) -> [u8; 16] {
    sha256(blob).first_chunk().copied().unwrap_or_default()
}

/// Carries a verdict through a call that can also fail for want of a group.
pub(super) struct Judged(pub(super) ProcessError);

impl From<GroupError> for Judged {
    fn from(_: GroupError) -> Self {
        Self(ProcessError::Unjudged(Unjudged::Removed))
    }
}

/// Appendix C.
const SPLIT_SUSPECTED: u32 = 3;
