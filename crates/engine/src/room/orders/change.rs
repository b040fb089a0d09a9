//! Other params (protocol 4.5): the owner's next commit brings them to the members, and the deed in them to the relay.

use conclave_crypto::{
    group::Change,
    params::{renew_deed, sign},
};
use conclave_proto::{
    deed::{Deed, PanicBy, Policy},
    params::{Params, ParamsFields},
};
use conclave_seal::sign::SigningKey;
use conclave_store::{Note, Order, ParamsChange};

use super::super::{
    check_lifetime, check_note, check_size, check_title,
    step::{Step, StepError},
};
use crate::error::ErrorCode;

/// Checks what a person wants of the params, in a room of so many members.
pub(super) fn check(change: &ParamsChange, members: usize) -> Result<(), ErrorCode> {
    let ParamsChange { title, note, msg_ttl, idle_ttl, max_members, any_member_erases: _ } = change;
    title.as_deref().map_or(Ok(()), check_title)?;
    note.as_deref().map_or(Ok(()), check_note)?;
    msg_ttl.map_or(Ok(()), check_lifetime)?;
    idle_ttl.map_or(Ok(()), check_lifetime)?;
    max_members.map_or(Ok(()), check_size)?;
    if max_members.is_some_and(|max| usize::from(max) < members) { Err(ErrorCode::SizeTooSmall) } else { Ok(()) }
}

impl Step<'_, '_> {
    /// Keeps that the params are to be others, as one order with what was wanted of them before.
    pub(super) fn keep_change(&mut self, change: ParamsChange) -> Result<(), StepError> {
        let mut wanted = ParamsChange::default();
        for row in self.tx.orders()? {
            if let Order::Change(before) = row.order {
                wanted = wanted.then(before);
                self.tx.settle_order(row.id)?;
            }
        }
        Ok(self.tx.keep_order(&Order::Change(wanted.then(change)), None)?)
    }

    /// The params as the owner wants them, signed; none if they are so, or cannot be: then nothing of that is wanted any more.
    fn wanted_params(&mut self, owner_key: &SigningKey) -> Result<Option<Params>, StepError> {
        let (present, members) = (self.group()?.params().clone(), self.group()?.roster().len());
        let mut fields = present.fields().clone();
        for row in self.tx.orders()? {
            if let Order::Change(change) = &row.order {
                apply(change, &mut fields, members);
            }
        }
        if fields == *present.fields() {
            self.settle_changes(members)?;
            return Ok(None);
        }
        fields.rev = fields.rev.saturating_add(1);
        fields.deed = present.deed.as_deref().map(|deed| newer_deed(deed, &fields, owner_key)).transpose()?;
        Ok(Some(sign(owner_key, &self.room_id(), fields).map_err(|_| StepError::NotNow)?))
    }

    /// What an own commit is to change besides the own keys.
    pub(crate) fn wanted_change(&mut self, owner_key: Option<&SigningKey>) -> Result<Change, StepError> {
        let params = owner_key.map(|key| self.wanted_params(key)).transpose()?.flatten();
        Ok(params.map_or(Change::Update, |params| Change::Params(Box::new(params))))
    }

    /// A commit brought other params: says what is different, and settles what the owner wanted of them.
    pub(crate) fn params_have_changed(&mut self, before: &Params) -> Result<(), StepError> {
        let (params, members) = (self.group()?.params().clone(), self.group()?.roster().len());
        self.record.params_rev = params.rev;
        for note in differences(before, &params) {
            self.note(&note)?;
        }
        self.settle_changes(members)
    }

    /// What the params have already, or cannot have, is wanted no more.
    fn settle_changes(&mut self, members: usize) -> Result<(), StepError> {
        let present = self.group()?.params().fields().clone();
        for row in self.tx.orders()? {
            let Order::Change(change) = &row.order else { continue };
            let mut fields = present.clone();
            apply(change, &mut fields, members);
            if fields == present {
                self.tx.settle_order(row.id)?;
                (self.changes.orders, self.changes.people) = (true, true);
            }
        }
        Ok(())
    }
}

/// Changes what is wanted. Nobody is put out of a room because it is to have fewer places than there are people by now.
fn apply(change: &ParamsChange, fields: &mut ParamsFields, members: usize) {
    let ParamsChange { title, note, msg_ttl, idle_ttl, max_members, any_member_erases } = change;
    fields.title = title.clone().unwrap_or(std::mem::take(&mut fields.title));
    fields.note = note.clone().unwrap_or(std::mem::take(&mut fields.note));
    fields.policy.msg_ttl = msg_ttl.unwrap_or(fields.policy.msg_ttl);
    fields.policy.idle_ttl = idle_ttl.unwrap_or(fields.policy.idle_ttl);
    let max_members = max_members.filter(|max| usize::from(*max) >= members);
    fields.policy.max_members = max_members.unwrap_or(fields.policy.max_members);
    let panic_by = any_member_erases.map(|any| if any { PanicBy::AnyMember } else { PanicBy::Owner });
    fields.policy.panic_by = panic_by.unwrap_or(fields.policy.panic_by);
}

/// The deed that belongs to params: the same where it says nothing else.
fn newer_deed(deed: &[u8], fields: &ParamsFields, owner_key: &SigningKey) -> Result<Vec<u8>, StepError> {
    let deed = Deed::parse(deed).map_err(|_| StepError::NotNow)?;
    let policy = Policy {
        msg_ttl: fields.policy.msg_ttl,
        idle_ttl: fields.policy.idle_ttl,
        panic_by: fields.policy.panic_by,
        max_members: fields.policy.max_members,
    };
    let newer = if policy == deed.policy() { deed } else { renew_deed(owner_key, &deed, policy) };
    Ok(newer.as_bytes().to_vec())
}

/// What is different, a line for each; one that says only that, where this version does not know what.
fn differences(before: &ParamsFields, after: &ParamsFields) -> Vec<Note> {
    let (old, new) = (&before.policy, &after.policy);
    let mut notes = Vec::new();
    if before.title != after.title {
        notes.push(Note::TitleChanged { from: before.title.clone(), to: after.title.clone() });
    }
    if before.note != after.note {
        notes.push(Note::NoteChanged { from: before.note.clone(), to: after.note.clone() });
    }
    if old.msg_ttl != new.msg_ttl {
        notes.push(Note::MessageTtlChanged { from: old.msg_ttl, to: new.msg_ttl });
    }
    if old.idle_ttl != new.idle_ttl {
        notes.push(Note::IdleTtlChanged { from: old.idle_ttl, to: new.idle_ttl });
    }
    if old.max_members != new.max_members {
        notes.push(Note::MaxMembersChanged { from: old.max_members, to: new.max_members });
    }
    if old.panic_by != new.panic_by {
        notes.push(Note::EraseByChanged { any_member: new.panic_by == PanicBy::AnyMember });
    }
    if notes.is_empty() { vec![Note::RulesChanged] } else { notes }
}
