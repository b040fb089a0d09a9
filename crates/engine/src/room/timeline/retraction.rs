//! Taking back: an author's message goes from everybody's timeline and from the relay (SPEC 9, RETRACT).

use std::collections::BTreeSet;

use conclave_proto::{
    content::{Body, Retract},
    id::MessageId,
    limits,
};
use conclave_store::{ItemKind, Note};

use super::super::step::{Step, StepError};

impl Step<'_, '_> {
    /// Takes an own message back. One that was never handed to the relay goes without a trace; of others a line stays that says so.
    ///
    /// # Errors
    /// [`StepError::NotNow`] for a line that is no own message or was taken back before, or what the disk says.
    pub(crate) fn retract(&mut self, item: i64) -> Result<(), StepError> {
        match self.withdraw(item) {
            Err(StepError::NotNow) => {}
            other => return other,
        }
        let row = self.tx.item(item)?.filter(|row| row.own).ok_or(StepError::NotNow)?;
        let (ItemKind::Text | ItemKind::ViewOnce | ItemKind::Move, Some(mid)) = (row.kind, row.message_id) else {
            return Err(StepError::NotNow);
        };
        self.delete_blob_of(item)?;
        self.moves_no_more(item)?;
        self.tx.delete_copies(item)?;
        self.tx.empty_item(item)?;
        self.owe_unseen(&Body::Retract(Retract { mids: vec![MessageId(mid)], numbers: None }))?;
        self.is_emptied(item);
        Ok(())
    }

    /// An author takes messages back; also what comes later, or again.
    pub(super) fn heed_retraction(&mut self, sender: &[u8; 16], retract: &Retract) -> Result<(), StepError> {
        let until = self.now.unix.saturating_add(limits::RETENTION.as_secs());
        let numbers = retract.numbers.as_deref().unwrap_or_default();
        let mut gone = BTreeSet::new();
        for (at, mid) in retract.mids.iter().enumerate() {
            if !self.tx.is_retracted(&mid.0, sender)? {
                gone.extend(numbers.get(at).copied());
            }
            self.tx.remember_retracted(&mid.0, sender, until)?;
            for (item, author) in self.tx.items_of_message(&mid.0)? {
                if author == *sender || self.tx.are_linked(&author, sender)? {
                    self.tx.empty_item(item)?;
                    self.is_emptied(item);
                }
            }
        }
        self.miss_no_more(sender, &gone)
    }

    /// What its author took back is not missed: the relay deletes it before all have read it. Only numbers of its author are meant.
    fn miss_no_more(&mut self, sender: &[u8; 16], gone: &BTreeSet<u64>) -> Result<(), StepError> {
        let gaps = if gone.is_empty() { Vec::new() } else { self.tx.gaps_of(sender)? };
        for (line, gap) in gaps {
            let Note::Gap { nick, missing, range: Some(range) } = gap else { continue };
            let known = u32::try_from(gone.range(range.from..=range.to).count()).unwrap_or(u32::MAX);
            match missing.saturating_sub(known) {
                left if left == missing => continue,
                0 => {
                    self.tx.delete_item(line)?;
                    self.changes.removed.push(line);
                }
                missing => {
                    self.tx.set_note(line, &Note::Gap { nick, missing, range: Some(range) })?;
                    self.changes.items.push(line);
                }
            }
            self.changes.summary = true;
        }
        Ok(())
    }

    /// RETRACT as it goes out: which numbers its messages have under the own leaf.
    pub(crate) fn with_numbers(&self, retract: Retract) -> Result<Retract, StepError> {
        let numbers = retract.mids.iter().map(|mid| self.tx.own_number(&mid.0)).collect::<Result<Vec<_>, _>>()?;
        let is_known = numbers.iter().any(|n| *n > 0);
        Ok(Retract { numbers: Some(numbers).filter(|_| is_known), ..retract })
    }

    fn is_emptied(&mut self, item: i64) {
        self.changes.items.push(item);
        self.changes.summary = true;
        self.changes.burned = true;
        self.changes.deletions = true;
    }

    /// Has the relay delete the blob of an own card, if it has one.
    pub(crate) fn delete_blob_of(&mut self, item: i64) -> Result<(), StepError> {
        if let Some(card) = self.tx.card(item)?
            && let Some(blob_id) = card.blob_id
        {
            self.tx.delete_blob(&blob_id, &card.del_token)?;
            self.changes.deletions = true;
        }
        Ok(())
    }
}
