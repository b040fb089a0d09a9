//! What a person writes, and what this client owes the room, until it is handed to the relay (protocol 4.9).

use conclave_crypto::attachment::{self, Attachment};
use conclave_proto::{
    content::{Body, Move, Text},
    id::MessageId,
    limits,
};
use conclave_seal::rng;
use conclave_store::{CardRow, CardState, Draft, ItemKind, ItemState, NewItem, NewOutgoing, Phase};
use zeroize::Zeroizing;

use super::super::{
    message::identity,
    step::{Step, StepError},
};

impl Step<'_, '_> {
    /// Writes a text down to be sent. It burns after `fuse` seconds, if that is sooner than the room's rules say.
    pub(crate) fn compose(&mut self, text: &str, fuse: Option<u32>) -> Result<i64, StepError> {
        let mid = rng::array::<16>(self.rng);
        let words = Body::Text(Text { text: text.to_owned() });
        let item = self.add_unsent(ItemKind::Text, mid, Some(identity(&mid, &words)), text)?;
        self.owe(Some(item), mid, &words, fuse)?;
        Ok(item)
    }

    /// Writes down to be sent where the room goes on.
    pub(crate) fn compose_move(&mut self, to: &Move) -> Result<(), StepError> {
        let mid = rng::array::<16>(self.rng);
        let body = Body::Move(to.clone());
        let item = self.add_unsent(ItemKind::Move, mid, Some(identity(&mid, &body)), "")?;
        self.keep_move(item, to)?;
        self.owe(Some(item), mid, &body, None)
    }

    /// Writes a text down that can be read once, for so many seconds. It is sealed at once, and kept in no other form.
    ///
    /// # Errors
    /// [`StepError::NotNow`] for a text that no relay takes, or what the disk says.
    pub(crate) fn compose_card(&mut self, text: &str, seconds: u32, fuse: Option<u32>) -> Result<i64, StepError> {
        let (mid, del_token) = (rng::array::<16>(self.rng), rng::array::<16>(self.rng));
        let room_id = self.room_id();
        let Attachment { sealed, key, digest } =
            attachment::seal(self.rng, &room_id, &MessageId(mid), text.as_bytes()).map_err(|_| StepError::NotNow)?;
        let item = self.add_unsent(ItemKind::ViewOnce, mid, None, "")?;
        self.tx.add_card(&CardRow {
            item,
            seconds,
            fuse,
            state: CardState::Sealed,
            size: u64::try_from(text.len()).unwrap_or(u64::MAX),
            digest,
            blob_id: None,
            del_token,
            key: Some(Zeroizing::new(*key.expose_secret())),
            closes_at: None,
        })?;
        let mut start = 0_u64;
        for part in sealed.chunks(limits::BLOB_PART) {
            self.tx.add_upload_part(item, start, part)?;
            start = start.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        }
        self.changes.uploads = true;
        Ok(item)
    }

    /// Adds an own line that the relay does not have yet.
    fn add_unsent(
        &mut self,
        kind: ItemKind,
        message_id: [u8; 16],
        mid: Option<[u8; 16]>,
        body: &str,
    ) -> Result<i64, StepError> {
        let (sender, alone) = match self.group.as_ref() {
            Some(group) => (group.own().map(|own| own.id.0), group.roster().len() < 2),
            None => (None, true),
        };
        let nick = self.record.nick.clone();
        let item = self.tx.add_unsent_item(&NewItem {
            position: 0,
            n: 0,
            mid,
            message_id: Some(message_id),
            kind,
            sender,
            nick: &nick,
            own: true,
            body,
            at: self.now.unix,
            claimed_at: None,
            expires_at: None,
            state: if alone { ItemState::AwaitingMembers } else { ItemState::Waiting },
        })?;
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
        self.owe(None, mid, body, None)
    }

    /// Puts a message on its way, behind the line that shows it, if one does. Whatever it says, the outbox asks no more.
    pub(crate) fn owe(
        &mut self,
        item: Option<i64>,
        mid: [u8; 16],
        body: &Body,
        fuse: Option<u32>,
    ) -> Result<(), StepError> {
        let draft = Draft::new(body.to_draft());
        self.changes.newest_outgoing = self.tx.add_outgoing(&NewOutgoing { item, mid, draft, fuse })?;
        Ok(())
    }

    /// Takes back a message that was never handed to the relay.
    ///
    /// # Errors
    /// [`StepError::NotNow`] if it was, or is not there.
    pub(crate) fn withdraw(&mut self, item: i64) -> Result<(), StepError> {
        match self.tx.outgoing_of_item(item)? {
            // The relay may have it: the next number is taken, and taking it back would leave a gap for the others.
            Some(outgoing) if outgoing.message.is_some() => return Err(StepError::NotNow),
            Some(_) => {}
            None if self.tx.is_unsent(item)? => {}
            None => return Err(StepError::NotNow),
        }
        self.delete_blob_of(item)?;
        self.moves_no_more(item)?;
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
        let cards = self.tx.awaiting_members()?;
        for item in &cards {
            self.tx.set_item_state(*item, ItemState::Waiting)?;
        }
        self.changes.uploads |= !cards.is_empty();
        self.changes.items.extend(cards);
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
