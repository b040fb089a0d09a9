//! Blobs at the relay: those of own cards go up, those of others' come down once, and what was seen or taken back goes there
//! (protocol 4.10).

use std::time::Duration;

use super::{context::Context, fault::Fault, session::AskedBlob};

mod answer;
mod deletion;
mod download;
mod upload;

pub(super) use answer::BlobAnswer;
pub(crate) use download::Opened;
use {deletion::Deletions, download::Downloads, upload::Uploads};

/// What is being uploaded, read and deleted.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    uploads: Uploads,
    downloads: Downloads,
    deletions: Deletions,
}

impl Blobs {
    /// Asks for whatever is missing next.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        self.downloads.drive(cx)?;
        self.deletions.drive(cx)?;
        self.uploads.drive(cx)
    }

    /// The relay has answered.
    pub(super) fn answered(&mut self, cx: &mut Context, asked: AskedBlob, answer: BlobAnswer) -> Result<(), Fault> {
        match asked {
            AskedBlob::New(item) | AskedBlob::Put(item) | AskedBlob::End(item) => {
                self.uploads.answered(cx, asked, item, answer)
            }
            AskedBlob::Get(item) => self.downloads.answered(cx, item, answer),
            AskedBlob::Delete(id) => self.deletions.answered(cx, id, answer),
        }
    }

    /// Lines with cards were added, or something is to be deleted.
    pub(super) fn has_changed(&mut self) {
        self.uploads.has_changed();
        self.deletions.has_changed();
    }

    /// Begins to open a card; [`Blobs::opened`] says how that went.
    pub(super) fn open(&mut self, cx: &mut Context, item: i64) {
        self.downloads.open(cx, item);
    }

    /// How the opening of cards went, each once.
    pub(super) fn opened(&mut self) -> Vec<Opened> {
        self.downloads.opened()
    }

    /// The connection ended.
    pub(super) fn link_lost(&mut self) {
        self.uploads.link_lost();
        self.downloads.link_lost();
        self.deletions.link_lost();
    }

    /// When [`Blobs::drive`] has something to do, by the steady clock.
    pub(super) fn wakes_at(&self) -> Option<Duration> {
        self.uploads.wakes_at()
    }
}
