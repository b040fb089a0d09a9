//! Cards: messages that can be read once, from when they come or are written until nobody needs their blob any more (protocol 4.10).

use conclave_proto::{
    content::{Body, FileKey, FileRef, ReceiptKind, ViewOnce},
    id::{BlobId, DelToken},
    limits,
};
use conclave_store::{CardRow, CardState, Confirmed, Draft, NewOutgoing};
use zeroize::Zeroizing;

use super::super::{
    message::identity,
    step::{Step, StepError},
};

/// What the content of a card is said to be; this version shows no other.
const TEXT_PLAIN: &str = "text/plain";
/// Seconds for which a card can be opened, unless its message burns before.
const CARD_LIVES: u64 = 24 * 3600;
/// How long its author lets a card be read, in seconds.
pub(crate) const SECONDS: std::ops::RangeInclusive<u32> = 5..=300;

/// Whether this version can show such a card.
pub(super) fn can_show(card: &ViewOnce) -> bool {
    let fits = usize::try_from(card.file.size).is_ok_and(|size| size <= limits::TEXT);
    fits && card.file.mime == TEXT_PLAIN && SECONDS.contains(&card.seconds)
}

impl Step<'_, '_> {
    /// Adds the card of somebody's message to its line, with those for whom it is.
    pub(super) fn add_received_card(
        &mut self,
        item: i64,
        sender: &[u8; 16],
        card: &ViewOnce,
        closes_at: u64,
    ) -> Result<(), StepError> {
        self.tx.add_card(&CardRow {
            item,
            seconds: card.seconds,
            fuse: None,
            state: CardState::Sealed,
            size: card.file.size,
            digest: card.file.sha256,
            blob_id: Some(card.file.blob_id.0),
            del_token: card.file.del_token.0,
            key: Some(Zeroizing::new(*card.file.key.expose_secret())),
            closes_at: Some(closes_at),
        })?;
        self.expect_confirmations(item, sender)
    }

    /// Keeps who is to confirm a message: everybody who can read it, but its author.
    pub(crate) fn expect_confirmations(&mut self, item: i64, author: &[u8; 16]) -> Result<(), StepError> {
        let roster = self.group()?.roster();
        let readers: Vec<[u8; 16]> =
            roster.iter().map(|member| member.id.0).filter(|member| member != author).collect();
        Ok(self.tx.add_recipients(item, &readers)?)
    }

    /// For how many seconds a card can be opened.
    pub(crate) fn card_ttl(&self, fuse: Option<u32>) -> u64 {
        self.ttl_with(fuse).min(CARD_LIVES)
    }

    /// The relay has all of an own card's blob: the message that names it goes on its way.
    pub(crate) fn card_is_uploaded(&mut self, item: i64, blob_id: BlobId) -> Result<(), StepError> {
        let (Some(row), Some(card)) = (self.tx.item(item)?, self.tx.card(item)?) else { return Ok(()) };
        let (Some(mid), Some(key)) = (row.message_id, card.key) else { return Ok(()) };
        let file = FileRef {
            blob_id,
            key: FileKey::new(*key),
            size: card.size,
            mime: TEXT_PLAIN.to_owned(),
            name: None,
            sha256: card.digest,
            del_token: DelToken(card.del_token),
            thumbnail: None,
        };
        let body = Body::ViewOnce(ViewOnce { file, seconds: card.seconds });
        self.tx.finish_upload(item)?;
        self.tx.set_item_mid(item, &identity(&mid, &body))?;
        let draft = Draft::new(body.to_draft());
        let outgoing = NewOutgoing { item: Some(item), mid, draft, fuse: card.fuse };
        self.changes.newest_outgoing = self.tx.add_outgoing(&outgoing)?;
        Ok(())
    }

    /// Destroys the key of somebody else's card before its text is shown. Nobody hears of it yet, as this may be undone.
    ///
    /// # Errors
    /// [`StepError::NotNow`] if it cannot be opened any more, or what the disk says.
    pub(crate) fn destroy_card_key(&mut self, item: i64) -> Result<(), StepError> {
        let card = self.tx.card(item)?.filter(|card| card.state == CardState::Sealed).ok_or(StepError::NotNow)?;
        if card.closes_at.is_none_or(|at| at <= self.now.unix) {
            return Err(StepError::NotNow);
        }
        self.tx.close_card(item, CardState::Opened)?;
        self.changes.burned = true;
        self.changes.items.push(item);
        Ok(())
    }

    /// Nothing opens somebody else's card here any more, and its text is shown: the others hear of it.
    pub(crate) fn card_was_read(&mut self, item: i64) -> Result<(), StepError> {
        let Some(mid) = self.tx.item(item)?.and_then(|row| row.message_id) else { return Ok(()) };
        self.owe_receipt(ReceiptKind::Viewed, &[mid])?;
        let own = self.group()?.own().map(|own| own.id.0);
        match own {
            Some(own) => self.is_confirmed(&mid, &own, Confirmed::Viewed),
            None => Ok(()),
        }
    }

    /// Confirms cards whose keys were destroyed by a run that ended before it could say so; nobody can read them any more.
    pub(crate) fn confirm_opened_cards(&mut self) -> Result<(), StepError> {
        let Some(own) = self.group()?.own().map(|own| own.id.0) else { return Ok(()) };
        for item in self.tx.opened_unconfirmed(&own)? {
            self.card_was_read(item)?;
        }
        Ok(())
    }

    /// A member has confirmed a message.
    pub(crate) fn is_confirmed(
        &mut self,
        mid: &[u8; 16],
        member: &[u8; 16],
        confirmed: Confirmed,
    ) -> Result<(), StepError> {
        for item in self.tx.confirm(mid, member, confirmed)? {
            self.recipients_changed(item)?;
        }
        Ok(())
    }

    /// Somebody left, and sees nothing any more.
    pub(crate) fn confirms_no_more(&mut self, member: &[u8; 16]) -> Result<(), StepError> {
        for item in self.tx.forget_recipient(member)? {
            self.recipients_changed(item)?;
        }
        Ok(())
    }

    /// Once everybody who can has seen a card, nobody needs its blob: it is deleted by all who know that, as nobody can tell who is
    /// still there to do it.
    fn recipients_changed(&mut self, item: i64) -> Result<(), StepError> {
        self.changes.items.push(item);
        let Some(card) = self.tx.card(item)? else { return Ok(()) };
        let confirmed = self.tx.confirmations(item)?;
        if confirmed.viewed < confirmed.recipients {
            return Ok(());
        }
        if let Some(blob_id) = card.blob_id {
            self.tx.delete_blob(&blob_id, &card.del_token)?;
            self.changes.deletions = true;
        }
        if card.state == CardState::Sealed {
            let state = if confirmed.viewed > 0 { CardState::Opened } else { CardState::Unread };
            self.tx.close_card(item, state)?;
            // The copy of its message that was kept to be published again has the key.
            self.changes.burned = true;
        }
        Ok(())
    }
}
