//! Opening a card: its blob is read, the key destroyed on the disk, and only then is the text handed out (protocol 4.10).

use conclave_crypto::{attachment, purpose::FileKey};
use conclave_proto::{
    error::ErrorCode as RelayError,
    frame::{BlobGet, Request},
    id::{BlobId, MessageId},
    limits,
};
use conclave_store::{CardState, ItemRow, Phase};
use zeroize::Zeroizing;

use super::{
    super::{
        context::Context,
        fault::Fault,
        session::{Asked, AskedBlob},
        step::{Step, StepError},
    },
    answer::BlobAnswer,
};
use crate::{api::SecretText, error::ErrorCode};

/// How the opening of a card went: its line, and its text with the seconds for which it may be shown.
pub(crate) type Opened = (i64, Result<(SecretText, u32), ErrorCode>);

/// Blobs of cards that are being opened.
#[derive(Debug, Default)]
pub(super) struct Downloads {
    reading: Vec<Download>,
    opened: Vec<Opened>,
    /// Every card whose key is destroyed is confirmed.
    are_confirmed: bool,
}

struct Download {
    item: i64,
    blob_id: BlobId,
    digest: [u8; 32],
    message_id: [u8; 16],
    /// On the heap: what holds it is moved, and each move would leave a copy.
    key: Box<Zeroizing<[u8; 32]>>,
    seconds: u32,
    size: usize,
    sealed: Vec<u8>,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Download({} of {} bytes)", self.sealed.len(), self.size)
    }
}

impl Downloads {
    /// Confirms cards that were opened by a run which ended before it could.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if !self.are_confirmed && cx.record.phase == Phase::Member {
            cx.step(|step| step.confirm_opened_cards())?;
            self.are_confirmed = true;
        }
        Ok(())
    }

    /// Begins to open a card.
    pub(super) fn open(&mut self, cx: &mut Context, item: i64) {
        match self.begin(cx, item) {
            Ok(()) => {}
            Err(refused) => self.opened.push((item, Err(refused))),
        }
    }

    fn begin(&mut self, cx: &mut Context, item: i64) -> Result<(), ErrorCode> {
        let now = cx.now.unix;
        let read = cx.store.read(|tx| Ok::<_, StepError>((tx.item(item)?, tx.card(item)?)))?;
        let (Some(ItemRow { own: false, message_id: Some(message_id), .. }), Some(card)) = read else {
            return Err(ErrorCode::InvalidRequest);
        };
        let is_closed = card.closes_at.is_none_or(|at| at <= now);
        let (CardState::Sealed, Some(key), Some(blob_id), false) = (card.state, card.key, card.blob_id, is_closed)
        else {
            return Err(match card.state {
                CardState::Opened => ErrorCode::CardOpened,
                _ => ErrorCode::CardGone,
            });
        };
        if self.reading.iter().any(|download| download.item == item) {
            return Err(ErrorCode::CardOpened);
        }
        if !cx.is_live() {
            return Err(ErrorCode::RelayUnreachable);
        }
        let size = attachment::sealed_size(card.size).ok_or(ErrorCode::CardGone)?;
        let (digest, seconds, blob_id) = (card.digest, card.seconds, BlobId(blob_id));
        let (key, sealed) = (Box::new(key), Vec::new());
        let download = Download { item, blob_id, digest, message_id, key, seconds, size, sealed };
        download.ask(cx);
        self.reading.push(download);
        Ok(())
    }

    pub(super) fn answered(&mut self, cx: &mut Context, item: i64, answer: BlobAnswer) -> Result<(), Fault> {
        let Some(at) = self.reading.iter().position(|download| download.item == item) else { return Ok(()) };
        let mut download = self.reading.swap_remove(at);
        // Who waits is answered also where the disk refuses what follows.
        match answer {
            BlobAnswer::Bytes(bytes) if bytes.is_empty() => self.opened.push((item, Err(ErrorCode::CardAltered))),
            BlobAnswer::Bytes(bytes) => {
                download.sealed.extend_from_slice(&bytes);
                if download.sealed.len() < download.size {
                    download.ask(cx);
                    self.reading.push(download);
                    return Ok(());
                }
                let outcome = read_once(cx, &download);
                let is_read = outcome.is_ok();
                self.opened.push((item, outcome));
                if is_read {
                    cx.step(|step| step.card_was_read(item)).inspect_err(|_| self.are_confirmed = false)?;
                }
            }
            // What is gone there opens nowhere, also if it comes back: the key goes.
            BlobAnswer::Refused(RelayError::NoSuchEntry, _) => {
                self.opened.push((item, Err(ErrorCode::CardGone)));
                cx.step(|step| step.card_is_gone(item))?;
                cx.store.checkpoint()?;
            }
            _ => self.opened.push((item, Err(ErrorCode::RelayBusy))),
        }
        Ok(())
    }

    pub(super) fn opened(&mut self) -> Vec<Opened> {
        std::mem::take(&mut self.opened)
    }

    pub(super) fn link_lost(&mut self) {
        let cut = self.reading.drain(..).map(|download| (download.item, Err(ErrorCode::RelayUnreachable)));
        self.opened.extend(cut);
    }
}

/// All of it is here: its text leaves this function only once nothing on the disk opens it any more.
fn read_once(cx: &mut Context, download: &Download) -> Result<(SecretText, u32), ErrorCode> {
    let (key, room_id) = (FileKey::from_bytes(&download.key), cx.room_id());
    let content = attachment::open(&key, &download.digest, &room_id, &MessageId(download.message_id), &download.sealed)
        .map_err(|_| ErrorCode::CardAltered)?;
    let text = SecretText::new(std::str::from_utf8(&content).map_err(|_| ErrorCode::CardAltered)?.to_owned());
    let item = download.item;
    cx.step(|step| step.destroy_card_key(item)).map_err(|error| match error {
        // Taken back, or closed, while it was being read.
        StepError::NotNow => ErrorCode::CardGone,
        error => error.into(),
    })?;
    if let Err(error) = cx.store.checkpoint() {
        // The key may still be in the write-ahead log, so nothing is shown, and nothing is lost either.
        cx.step(|step| Ok(step.tx.seal_card_again(item, &download.key)?))?;
        return Err(error.into());
    }
    Ok((text, download.seconds))
}

impl Download {
    fn ask(&self, cx: &mut Context) {
        let offset = u64::try_from(self.sealed.len()).unwrap_or(u64::MAX);
        let left = self.size.saturating_sub(self.sealed.len()).min(limits::BLOB_PART);
        let get = BlobGet { blob_id: self.blob_id, offset, len: u32::try_from(left).unwrap_or(u32::MAX) };
        cx.ask(Asked::Blob(AskedBlob::Get(self.item)), Request::BlobGet(get));
    }
}

impl Step<'_, '_> {
    /// The blob of a card is gone at the relay.
    fn card_is_gone(&mut self, item: i64) -> Result<(), StepError> {
        self.tx.close_card(item, CardState::Gone)?;
        self.changes.burned = true;
        self.changes.items.push(item);
        Ok(())
    }
}
