//! Uploads: a blob is kept here, sealed, until the relay has all of it; only then does the message go out that names it.
//!
//! What a relay calls the blob is kept, and nothing of how far it got: on another connection it is asked to complete the blob, and says
//! how many bytes it has.

use std::time::Duration;

use conclave_proto::{
    error::ErrorCode as RelayError,
    frame::{BlobEnd, BlobNew, BlobPut, Request},
    id::{BlobId, DelHash},
};
use conclave_seal::id;
use conclave_store::{CardRow, ItemState};

use super::{
    super::{
        context::Context,
        fault::Fault,
        session::{Asked, AskedBlob},
        step::{Step, StepError},
    },
    answer::BlobAnswer,
};
use crate::snapshot::LinkFault;

/// What is on its way up, on this connection.
#[derive(Debug)]
pub(super) struct Uploads {
    current: Option<Upload>,
    /// There may be blobs to be uploaded.
    is_due: bool,
    /// The relay had no space, or would not: until then nothing is asked, by the steady clock.
    rests_until: Option<Duration>,
}

#[derive(Debug)]
struct Upload {
    item: i64,
    blob_id: BlobId,
    digest: [u8; 32],
    size: u64,
    /// Bytes that were handed over.
    sent: u64,
    in_flight: u32,
    /// The relay named how much it has while parts were on their way: it goes on from there when they are answered.
    goes_on_at: Option<u64>,
    /// How often it did that.
    set_back: u32,
    is_ending: bool,
}

impl Default for Uploads {
    /// An earlier run may have left some.
    fn default() -> Self {
        Self { current: None, is_due: true, rests_until: None }
    }
}

impl Uploads {
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if self.rests_until.is_some_and(|until| until > cx.now.steady) {
            return Ok(());
        }
        self.is_due |= self.rests_until.take().is_some();
        match self.current.as_mut() {
            Some(upload) => upload.drive(cx),
            None if self.is_due => self.begin(cx),
            None => Ok(()),
        }
    }

    /// Looks for the next card of which the relay does not have everything.
    fn begin(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if cx.in_doubt() || cx.removing || cx.waits_for(|asked| matches!(asked, Asked::Blob(AskedBlob::New(_)))) {
            return Ok(());
        }
        let Some((card, size, ttl)) = cx.step(|step| step.next_upload())? else {
            self.is_due = false;
            return Ok(());
        };
        match card.blob_id {
            // An earlier connection has begun: how far it came is asked by ending it.
            Some(blob_id) => {
                let mut upload = Upload::new(&card, BlobId(blob_id), size);
                upload.sent = size;
                self.current.insert(upload).drive(cx)
            }
            None => {
                let new = BlobNew { size, del_hash: DelHash(id::del_hash(&card.del_token)), ttl };
                cx.ask(Asked::Blob(AskedBlob::New(card.item)), Request::BlobNew(new));
                Ok(())
            }
        }
    }

    pub(super) fn answered(
        &mut self,
        cx: &mut Context,
        asked: AskedBlob,
        item: i64,
        answer: BlobAnswer,
    ) -> Result<(), Fault> {
        if let (BlobAnswer::Reserved(reserved), AskedBlob::New(_)) = (&answer, asked) {
            return self.reserved(cx, item, reserved.blob_id);
        }
        if let (BlobAnswer::Refused(code, _), AskedBlob::New(_)) = (&answer, asked) {
            return self.has_no_space(cx, item, *code);
        }
        let Some(upload) = self.current.as_mut().filter(|upload| upload.item == item) else { return Ok(()) };
        if asked == AskedBlob::Put(item) {
            upload.in_flight = upload.in_flight.saturating_sub(1);
        }
        match (answer, asked) {
            (BlobAnswer::Stored, AskedBlob::Put(_)) => Ok(()),
            (BlobAnswer::Complete, AskedBlob::End(_)) => {
                let blob_id = upload.blob_id;
                self.current = None;
                Ok(cx.step(|step| step.card_is_uploaded(item, blob_id))?)
            }
            (BlobAnswer::Refused(RelayError::BlobOffset, Some(there)), _) => {
                upload.is_ending = false;
                upload.is_set_back(there)
            }
            // It gave way to others, or is another one.
            (BlobAnswer::Refused(RelayError::NoSuchEntry | RelayError::BlobDiffers, _), _) => {
                self.current = None;
                Ok(cx.step(|step| Ok(step.tx.set_card_blob(item, None)?))?)
            }
            (BlobAnswer::Refused(code, _), _) => self.has_no_space(cx, item, code),
            _ => Err(Fault::Retry(LinkFault::Misbehaved)),
        }
    }

    fn reserved(&mut self, cx: &mut Context, item: i64, blob_id: BlobId) -> Result<(), Fault> {
        let kept = cx.step(|step| {
            let card = step.tx.card(item)?;
            if card.is_some() {
                step.tx.set_card_blob(item, Some(&blob_id.0))?;
                step.may_wait(item)?;
            }
            Ok(card.map(|card| (card, step.tx.upload_size(item))))
        })?;
        // It was withdrawn meanwhile: what is not uploaded gives way.
        let Some((card, size)) = kept else { return Ok(()) };
        self.current = Some(Upload::new(&card, blob_id, size?));
        Ok(())
    }

    /// The relay takes it not now. Its line says so, and it is tried again.
    fn has_no_space(&mut self, cx: &mut Context, item: i64, code: RelayError) -> Result<(), Fault> {
        tracing::debug!(?code, "the relay takes no blob");
        self.current = None;
        self.rests_until = Some(cx.now.steady.saturating_add(REST));
        Ok(cx.step(|step| step.has_no_space(item))?)
    }

    pub(super) fn has_changed(&mut self) {
        self.is_due = true;
    }

    pub(super) fn link_lost(&mut self) {
        *self = Self::default();
    }

    pub(super) fn wakes_at(&self) -> Option<Duration> {
        self.rests_until
    }
}

impl Upload {
    fn new(card: &CardRow, blob_id: BlobId, size: u64) -> Self {
        let (item, digest) = (card.item, card.digest);
        Self { item, blob_id, digest, size, sent: 0, in_flight: 0, goes_on_at: None, set_back: 0, is_ending: false }
    }

    /// Hands parts over until enough are on their way, and ends it behind the last one.
    fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if self.is_ending {
            return Ok(());
        }
        if self.in_flight == 0
            && let Some(there) = self.goes_on_at.take()
        {
            self.sent = there;
        }
        while self.in_flight < PARTS && self.goes_on_at.is_none() {
            let (item, sent) = (self.item, self.sent);
            let Some(part) = cx.store.read(|tx| tx.upload_part(item, sent))? else { break };
            let skipped = usize::try_from(sent.saturating_sub(part.start)).unwrap_or(usize::MAX);
            let bytes = part.bytes.get(skipped..).unwrap_or_default();
            let put = BlobPut { blob_id: self.blob_id, offset: sent, bytes };
            cx.ask(Asked::Blob(AskedBlob::Put(item)), Request::BlobPut(put));
            self.sent = sent.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            self.in_flight = self.in_flight.saturating_add(1);
        }
        if self.in_flight == 0 && self.sent >= self.size {
            self.is_ending = true;
            let end = BlobEnd { blob_id: self.blob_id, sha256: self.digest };
            cx.ask(Asked::Blob(AskedBlob::End(self.item)), Request::BlobEnd(end));
        }
        Ok(())
    }

    fn is_set_back(&mut self, there: u64) -> Result<(), Fault> {
        self.set_back = self.set_back.saturating_add(1);
        // As often as parts were on their way, and twice: an honest relay has what it acknowledged.
        if there > self.size || self.set_back > SET_BACK {
            return Err(Fault::Retry(LinkFault::Misbehaved));
        }
        self.goes_on_at = Some(self.goes_on_at.map_or(there, |known| known.min(there)));
        Ok(())
    }
}

impl Step<'_, '_> {
    /// The next own card of which the relay does not have everything, with the size of its blob and how many seconds that lives; none
    /// while nobody else is there for whom it would be.
    fn next_upload(&mut self) -> Result<Option<(CardRow, u64, u32)>, StepError> {
        if !self.may_send() {
            return Ok(None);
        }
        let Some(card) = self.tx.next_upload(0)? else { return Ok(None) };
        let (size, ttl) = (self.tx.upload_size(card.item)?, self.card_ttl(card.fuse));
        Ok(Some((card, size, u32::try_from(ttl).unwrap_or(u32::MAX))))
    }

    /// A card waits for the relay, as others do.
    fn may_wait(&mut self, item: i64) -> Result<(), StepError> {
        self.set_state(item, ItemState::Waiting)
    }

    fn has_no_space(&mut self, item: i64) -> Result<(), StepError> {
        self.set_state(item, ItemState::NoSpace)
    }

    fn set_state(&mut self, item: i64, state: ItemState) -> Result<(), StepError> {
        if self.tx.item(item)?.is_some_and(|row| row.state != state) {
            self.tx.set_item_state(item, state)?;
            self.changes.items.push(item);
        }
        Ok(())
    }
}

/// How many parts of a blob wait for the relay's answer.
const PARTS: u32 = 4;
/// How often a relay may name on one connection how much of a blob it has.
const SET_BACK: u32 = 16;
/// After how long a relay is asked again that had no space.
const REST: Duration = Duration::from_secs(60);
