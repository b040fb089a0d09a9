//! Publishing own messages again that did not reach everybody, to those who could read them the first time and to nobody else
//! (protocol 4.6.7).

use conclave_store::Note;
use std::collections::BTreeSet;

use conclave_proto::id::Tag;
use conclave_seal::rng;

use super::super::{
    message::KEPT,
    step::{Step, StepError},
};

impl Step<'_, '_> {
    /// Publishes own messages again that the relay stored after a base, which somebody named who came over from another branch:
    /// this client itself, or somebody whom it sees come. They did not reach everybody. What somebody could read now who could not
    /// read it then stays, because a newcomer would read what was said before; then the timeline says so.
    pub(crate) fn publish_again(&mut self, fork: Option<Tag>) -> Result<(), StepError> {
        let bases = self.tx.bases()?;
        let common = fork.and_then(|fork| bases.iter().find(|base| base.tag == fork.0));
        self.publish_all_after(common.map_or(0, |base| base.seq))
    }

    /// Publishes own messages again that the relay stored after this number, and says what may not be.
    pub(crate) fn publish_all_after(&mut self, after: u64) -> Result<(), StepError> {
        self.publish_after(after)?;
        // Also what was published again too often, and what is too old.
        match self.tx.stored_after(after)? {
            0 => Ok(()),
            count => self.note(&Note::NotPublishedAgain { count }),
        }
    }

    /// Publishes own messages again that the relay stored after this number, as far as they may be.
    pub(crate) fn publish_after(&mut self, after: u64) -> Result<(), StepError> {
        let readers = self.readers();
        let Self { tx, rng, changes, now, .. } = self;
        let may_read = |could: &[[u8; 32]]| readers.is_subset(could);
        let again = tx.publish_again(after, PUBLISH_AGAIN, now.unix, may_read, || rng::array(*rng))?;
        for (id, item) in again {
            changes.newest_outgoing = changes.newest_outgoing.max(id);
            changes.published_again = true;
            changes.items.extend(item);
        }
        Ok(())
    }

    /// Whether a message that is published again may be sealed for this epoch. If not, it stays with all that may not, and the
    /// timeline says so: somebody has joined since it was put on its way.
    pub(crate) fn may_publish(&mut self, id: i64) -> Result<bool, StepError> {
        let readers = self.readers();
        if self.tx.may_publish(id, |could| readers.is_subset(could))? {
            return Ok(true);
        }
        let kept_until = self.now.unix.saturating_add(KEPT);
        self.changes.held_back = true;
        match self.tx.hold_back(kept_until, |could| readers.is_subset(could))? {
            0 => {}
            count => self.note(&Note::NotPublishedAgain { count })?,
        }
        Ok(false)
    }

    /// Who reads what this client seals now.
    pub(crate) fn readers(&self) -> Readers {
        let members = self.group.as_ref().map(|group| group.roster()).unwrap_or_default();
        Readers(members.iter().filter(|member| !member.own).map(|member| member.leaf_key.0).collect())
    }
}

/// The leaf keys of the others in an epoch. A leaf that is new is somebody new: nobody can tell whose it is.
pub(crate) struct Readers(BTreeSet<[u8; 32]>);

impl Readers {
    pub(crate) fn to_keys(&self) -> Vec<[u8; 32]> {
        self.0.iter().copied().collect()
    }

    pub(crate) fn is_subset(&self, others: &[[u8; 32]]) -> bool {
        let others: BTreeSet<_> = others.iter().collect();
        self.0.iter().all(|key| others.contains(key))
    }
}

/// How often one message is published again. Whoever comes over again and again could otherwise fill the relay.
const PUBLISH_AGAIN: u32 = 16;
