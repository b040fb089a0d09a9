//! What people are called: renames and former names.

use conclave_crypto::group::Member;
use conclave_store::Note;

use super::super::step::{Step, StepError};

impl Step<'_, '_> {
    /// Keeps the name of a member that left, for as long as the lines that show it.
    pub(crate) fn keep_name(&mut self, member: &Member) -> Result<(), StepError> {
        let expires_at = self.now.unix.saturating_add(self.message_ttl());
        Ok(self.tx.keep_former_name(&member.id.0, &member.credential.nick, expires_at)?)
    }

    /// Says that a member has another name now, if it has.
    pub(crate) fn tell_rename(&mut self, before: &Member, now: &Member) -> Result<(), StepError> {
        let (from, to) = (before.credential.nick.clone(), now.credential.nick.clone());
        if from == to {
            return Ok(());
        }
        self.keep_name(before)?;
        self.note(&Note::Renamed { from, to })
    }
}
