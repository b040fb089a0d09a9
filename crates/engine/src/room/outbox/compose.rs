//! What a person writes, and what this client owes the room, until it is handed to the relay (protocol 4.9).

use conclave_proto::content::{Body, Text};
use conclave_seal::rng;
use conclave_store::{Draft, ItemKind, ItemState, NewItem, NewOutgoing, Phase};

use super::super::{
    message::identity,
    step::{Step, StepError},
};

impl Step<'_, '_> {
    /// Writes a text down to be sent.
    pub(crate) fn compose(&mut self, text: &str) -> Result<i64, StepError> {
        let mid = rng::array::<16>(self.rng);
        let words = Body::Text(Text { text: text.to_owned() });
        let (sender, alone) = match self.group.as_ref() {
            Some(group) => (group.own().map(|own| own.id.0), group.roster().len() < 2),
            None => (None, true),
        };
        let nick = self.record.nick.clone();
        let item = self.tx.add_unsent_item(&NewItem {
            position: 0,
            n: 0,
            mid: Some(identity(&mid, &words)),
            kind: ItemKind::Text,
            sender,
            nick: &nick,
            own: true,
            body: text,
            at: self.now.unix,
            claimed_at: None,
            expires_at: None,
            state: if alone { ItemState::AwaitingMembers } else { ItemState::Waiting },
        })?;
        self.owe(Some(item), mid, &words)?;
        self.changes.items.push(item);
        self.changes.summary = true;
        Ok(item)
    }

    /// Owes the room a HELLO (protocol 4.9).
    pub(crate) fn greet(&mut self) -> Result<(), StepError> {
        let hello = self.hello()?;
        self.owe_unseen(&hello)
    }

    /// Owes the others what no line here shows.
    pub(crate) fn owe_unseen(&mut self, body: &Body) -> Result<(), StepError> {
        let mid = rng::array::<16>(self.rng);
        self.owe(None, mid, body)
    }

    /// Puts a message on its way, behind the line that shows it, if one does. Whatever it says, the outbox asks no more.
    fn owe(&mut self, item: Option<i64>, mid: [u8; 16], body: &Body) -> Result<(), StepError> {
        let draft = Draft::new(body.to_draft());
        self.changes.newest_outgoing = self.tx.add_outgoing(&NewOutgoing { item, mid, draft })?;
        Ok(())
    }

    /// Takes back a message that was never handed to the relay.
    ///
    /// # Errors
    /// [`StepError::NotNow`] if it was, or is not there.
    pub(crate) fn withdraw(&mut self, item: i64) -> Result<(), StepError> {
        let outgoing = self.tx.outgoing_of_item(item)?.ok_or(StepError::NotNow)?;
        if outgoing.message.is_some() {
            // The relay may have it: the next number is taken, and taking it back would leave a gap for the others.
            return Err(StepError::NotNow);
        }
        self.tx.delete_item(item)?;
        self.changes.removed.push(item);
        self.changes.summary = true;
        Ok(())
    }

    /// The room is no longer empty: what was written before waits for the relay now.
    pub(crate) fn release_unsent(&mut self) -> Result<(), StepError> {
        // Something that waited for nobody may have gone before them.
        self.changes.published_again = true;
        for outgoing in self.tx.outgoing_after(0, u32::MAX)? {
            if let Some(item) = outgoing.item.filter(|_| outgoing.replaces.is_none()) {
                self.tx.set_item_state(item, ItemState::Waiting)?;
                self.changes.items.push(item);
            }
        }
        Ok(())
    }

    /// Whether messages may go out: after the join, while somebody is there to read them.
    pub(crate) fn may_send(&self) -> bool {
        self.is_joined() && self.group.as_ref().is_some_and(|group| group.roster().len() > 1)
    }

    pub(crate) fn is_joined(&self) -> bool {
        matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation)
    }
}
