//! Taking back: an author's message goes from everybody's timeline and from the relay (SPEC 9, RETRACT).

use conclave_proto::{
    content::{Body, Retract},
    id::MessageId,
    limits,
};
use conclave_store::ItemKind;

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
        self.owe_unseen(&Body::Retract(Retract { mids: vec![MessageId(mid)] }))?;
        self.is_emptied(item);
        Ok(())
    }

    /// An author takes messages back; also what comes later, or again.
    pub(super) fn heed_retraction(&mut self, sender: &[u8; 16], retract: &Retract) -> Result<(), StepError> {
        let until = self.now.unix.saturating_add(limits::RETENTION.as_secs());
        for mid in &retract.mids {
            self.tx.remember_retracted(&mid.0, sender, until)?;
            for (item, author) in self.tx.items_of_message(&mid.0)? {
                if author == *sender || self.tx.are_linked(&author, sender)? {
                    self.tx.empty_item(item)?;
                    self.is_emptied(item);
                }
            }
        }
        Ok(())
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
