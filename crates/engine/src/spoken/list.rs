//! The spoken invitations of one room, as its person sees them. They live in memory, and end with the room's actor.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conclave_crypto::spoken::SpokenWords;
use conclave_seal::rng::{self, Rng};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    error::ErrorCode,
    snapshot::{SpokenId, SpokenInvitation, SpokenOpen, SpokenState},
};

/// The spoken invitations of a room. Clones are one list.
#[derive(Clone, Debug)]
pub(crate) struct SpokenList {
    entries: Arc<Mutex<Vec<Entry>>>,
    /// Cancelled when the room's actor is told to end.
    cancel: CancellationToken,
}

#[derive(Debug)]
struct Entry {
    id: SpokenId,
    /// Until the relay has given a number there is nothing to show.
    shown: Option<Shown>,
    cancel: CancellationToken,
    /// Cancelled once its task holds nothing any more.
    closed: CancellationToken,
}

#[derive(Debug)]
struct Shown {
    number: String,
    /// While they are good for something.
    words: Option<Arc<SpokenWords>>,
    address: String,
    ends_at: u64,
    state: SpokenState,
}

impl SpokenList {
    /// An empty list of a room whose actor ends with this token.
    pub(crate) fn new(actor: &CancellationToken) -> Self {
        Self { entries: Arc::default(), cancel: actor.child_token() }
    }

    /// Takes a place in the list for one that is being opened.
    ///
    /// # Errors
    /// [`ErrorCode::SpokenTooMany`] if as many are open, or were tried with wrong words and not withdrawn by a person: three wrong
    /// tries in a row need one before the next.
    pub(crate) fn begin(&self, rng: &mut dyn Rng) -> Result<Ticket, ErrorCode> {
        let mut entries = self.lock();
        let counts = |entry: &&Entry| match &entry.shown {
            Some(shown) => shown.state.is_open() || shown.state == SpokenState::WrongWords,
            None => !entry.cancel.is_cancelled(),
        };
        if entries.iter().filter(counts).count() >= MOST {
            return Err(ErrorCode::SpokenTooMany);
        }
        let id = SpokenId(data_encoding::HEXLOWER.encode(&rng::array::<8>(rng)));
        let (cancel, closed) = (self.cancel.child_token(), CancellationToken::new());
        entries.push(Entry { id: id.clone(), shown: None, cancel: cancel.clone(), closed: closed.clone() });
        Ok(Ticket { list: self.clone(), id, cancel, _closed: closed.drop_guard() })
    }

    /// What a person sees.
    pub(crate) fn view(&self) -> Vec<SpokenOpen> {
        self.lock().iter().filter_map(Entry::view).collect()
    }

    /// Ends one and takes it off the list. Says whether it was there.
    pub(crate) fn withdraw(&self, id: &SpokenId) -> bool {
        let mut entries = self.lock();
        let found = entries.iter_mut().find(|entry| entry.id == *id && entry.shown.is_some());
        found.map(Entry::withdraw).is_some()
    }

    /// Ends all of them, and lets no other begin.
    pub(crate) fn end(&self) {
        self.cancel.cancel();
        self.lock().iter_mut().for_each(Entry::withdraw);
    }

    /// Ends all of them, and waits until their words and connections are let go of.
    ///
    /// # Cancel safety
    /// They end all the same.
    pub(crate) async fn closed(&self) {
        self.end();
        let tasks: Vec<_> = self.lock().iter().map(|entry| entry.closed.clone()).collect();
        for task in tasks {
            task.cancelled().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn withdraw(&mut self) {
        self.cancel.cancel();
        self.shown = None;
    }

    fn view(&self) -> Option<SpokenOpen> {
        let shown = self.shown.as_ref()?;
        Some(SpokenOpen {
            id: self.id.clone(),
            number: shown.number.clone(),
            words: shown.words.as_deref().map(read_aloud).unwrap_or_default(),
            address: shown.address.clone(),
            ends_at: shown.ends_at,
            state: shown.state,
        })
    }
}

/// The place of one in the list, held by its task. Dropped last, it takes it off the list.
#[derive(Debug)]
pub(crate) struct Ticket {
    list: SpokenList,
    id: SpokenId,
    cancel: CancellationToken,
    _closed: DropGuard,
}

impl Ticket {
    /// Shows it in the list, and returns what is read aloud.
    pub(super) fn show(
        &self,
        number: &str,
        words: &Arc<SpokenWords>,
        address: String,
        ends_at: u64,
    ) -> SpokenInvitation {
        let invitation = SpokenInvitation {
            id: self.id.clone(),
            number: number.to_owned(),
            words: read_aloud(words),
            address: address.clone(),
            ends_at,
        };
        let (number, words) = (number.to_owned(), Some(Arc::clone(words)));
        let shown = Shown { number, words, address, ends_at, state: SpokenState::Waiting };
        let mut entries = self.list.lock();
        let entry = entries.iter_mut().find(|entry| entry.id == self.id && !entry.cancel.is_cancelled());
        if let Some(entry) = entry {
            entry.shown = Some(shown);
        }
        invitation
    }

    /// Says what became of it, and whether that is news. Words that are good for nothing any more are let go of.
    pub(super) fn set(&self, state: SpokenState) -> bool {
        let mut entries = self.list.lock();
        let entry = entries.iter_mut().find(|entry| entry.id == self.id);
        let Some(shown) = entry.and_then(|entry| entry.shown.as_mut()) else { return false };
        shown.words.take_if(|_| !state.is_open());
        std::mem::replace(&mut shown.state, state) != state
    }

    /// Cancelled when it is withdrawn, or the room ends.
    pub(super) fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.list.lock().retain(|entry| entry.id != self.id);
    }
}

fn read_aloud(words: &SpokenWords) -> Vec<String> {
    words.expose_words().map(str::to_owned).to_vec()
}

/// Open at once, those that somebody tried with other words among them.
const MOST: usize = 3;
