//! What people are called: renames, former names, and who could be taken for somebody else.

use conclave_crypto::group::Member;
use conclave_proto::id::MemberId;

use super::{
    machine::Machine,
    step::{Step, StepError},
};
use crate::{clock::Now, skeleton::Names, snapshot::SystemLine};

impl Step<'_, '_> {
    /// Keeps the name of a member that left, for as long as the lines that show it.
    pub(super) fn keep_name(&mut self, member: &Member) -> Result<(), StepError> {
        let expires_at = self.now.unix.saturating_add(self.message_ttl());
        Ok(self.tx.keep_former_name(&member.id.0, &member.credential.nick, expires_at)?)
    }

    /// Says that a member has another name now, if it has.
    pub(super) fn tell_rename(&mut self, before: &Member, now: &Member) -> Result<(), StepError> {
        let (from, to) = (before.credential.nick.clone(), now.credential.nick.clone());
        if from == to {
            return Ok(());
        }
        self.keep_name(before)?;
        self.note(&SystemLine::Renamed { from, to })
    }
}

impl Machine {
    /// The names of everybody who is in the room, and those that people of the room had lately.
    pub(super) fn names(&mut self, now: Now) -> Result<Names, StepError> {
        let former = self.store.read(|tx| tx.former_names(now.unix))?;
        let roster = self.group.as_ref().map(|group| group.roster()).unwrap_or_default();
        let present = roster.iter().map(|member| (member.id, member.credential.nick.as_str()));
        Ok(Names::new(present.chain(former.iter().map(|(id, nick)| (MemberId(*id), nick.as_str())))))
    }
}

/// The sign beside a name, hue in degrees and shape: of the key that the member has or had, so that it outlives the membership.
pub(super) fn sign(member: &[u8; 16]) -> (u16, u8) {
    let [first, second, third, ..] = *member;
    (u16::from_be_bytes([first, second]) % 360, third % 8)
}
