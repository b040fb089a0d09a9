//! State rollback: files that were put back from an older copy. What was sent since is not in them, so they would use keys and numbers a
//! second time: nothing is sent before an own commit has made new keys. Where the own leaf has committed since, which no copy can apply, this
//! client rejoins there by itself. Others see the numbers and hear whose copy it was (protocol 4.9).
//!
//! Three things tell that files *are* a copy: the mark in the system's keyring ([`conclave_store::Generation`]); for one room's file, that
//! of the index ([`conclave_store::Opening`]); and an own message, commit or rejoin in the log that nobody here made. The relay, by showing an old
//! one again, and any member can make up an own message, as MLS vouches for none; so it costs a commit once per opening, and no more.
//! An own commit is signed by the leaf. One that comes while this client is connected is of a copy that is open now, so this one stops;
//! about one that came before, its person is asked.
//!
//! Files *may be* a copy where the vault was not closed in order, and those of hosted rooms where no keyring vouches for them
//! ([`Suspicion`]). They make new keys as well, without a word; but nobody knows that the own leaf went on elsewhere because of that, so
//! its commits are still a person's to judge.

use conclave_proto::id::{PublicKey, Tag};
use conclave_store::{Note, Phase, RecordRow, RoomReader, RoomStore, StoreError, Suspicion};

use super::{
    super::{
        context::Context,
        step::{Step, StepError},
    },
    walk::Walk,
};
use crate::door::{Found, open_place};

/// Takes note that a room's file is an older copy, or may be one, before anything is done with it. `true` if it is now known to be one,
/// and was not before.
///
/// # Errors
/// What the database says.
pub(crate) fn mark(store: &mut RoomStore, suspicion: Suspicion) -> Result<bool, StoreError> {
    store.write(|tx| {
        let Some(mut record) = tx.record()? else { return Ok(false) };
        // What waits by now counts, also where a copy was made of files that had taken note of an earlier one.
        record.old_copy = None;
        let is_news = mark_in(tx, &mut record, suspicion)?;
        tx.set_record(&record)?;
        Ok(is_news)
    })
}

fn mark_in(reader: &RoomReader<'_>, record: &mut RecordRow, suspicion: Suspicion) -> Result<bool, StoreError> {
    // One who is out of the room has no keys any more.
    if record.phase == Phase::Gone {
        return Ok(false);
    }
    if record.old_copy.is_none() {
        record.old_copy = Some(reader.pending()?.map_or([0; 16], |pending| pending.tag));
    }
    let is_news = suspicion == Suspicion::IsOlder && !record.old_copy_known;
    record.old_copy_known |= is_news;
    Ok(is_news)
}

/// Whether a branch that a person would be asked about is where the own leaf went on: what is known for an older copy goes back to
/// where it was. Of what only may be one its person is asked, since somebody else may have made that branch with the files.
/// Not if the tree is none that the own leaf can have left behind, because somebody who was removed is back in it.
pub(super) fn went_on_at(cx: &Context, walk: &Walk, found: &Found) -> bool {
    let Some(group) = cx.group.as_ref().filter(|_| cx.record.old_copy_known) else { return false };
    let own = PublicKey(group.leaf_key().public());
    walk.fork.has_signed(own, found.tag) && !walk.ranks(found.tag).is_empty()
}

impl Step<'_, '_> {
    /// Whether a commit that comes now, and goes on from the own history, is signed by the own leaf, and none of these files made it.
    /// One that came before is a person's to judge: whoever has the files may have made it (protocol 4.6.7).
    pub(crate) fn is_of_a_copy(&self, own: PublicKey, tag: Tag, sealed: Option<&[u8]>) -> Result<bool, StepError> {
        if self.catching_up || self.tx.pending()?.is_some_and(|pending| pending.tag == tag.0) {
            return Ok(false);
        }
        let signed = open_place(self.keys, self.room_id(), tag, sealed).filter(|place| place.signer == own);
        let Some(parent) = signed.and_then(|place| place.parent()) else { return Ok(false) };
        let bases = self.tx.bases()?;
        let has = |tag: Tag| bases.iter().any(|base| base.tag == tag.0);
        Ok(has(parent) && !has(tag) && !self.tx.has_given_up(&tag.0)?)
    }

    /// An own message that comes back, and that this state never wrote down, or an own leave.
    pub(crate) fn own_echo(&mut self, digest: &[u8; 32]) -> Result<(), StepError> {
        // What is read again may be forgotten.
        let is_in = matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        let is_news = !self.reads_again && is_in;
        let name = digest.first_chunk().copied().unwrap_or_default();
        if !is_news || self.had_echo || self.tx.is_stored_as(digest)? || self.tx.has_given_up(&name)? {
            return Ok(());
        }
        self.changes.had_echo = true;
        let base = self.base()?.0;
        let epoch = self.tx.bases()?.into_iter().find(|known| known.tag == base);
        self.record.echo_after.get_or_insert(epoch.map_or(0, |epoch| epoch.seq));
        self.is_old_copy()
    }

    /// Takes note that these files are an older copy, and says so. Where they only may have been one, nothing was said.
    pub(crate) fn is_old_copy(&mut self) -> Result<(), StepError> {
        if mark_in(self.tx, self.record, Suspicion::IsOlder)? { self.note(&Note::OldCopy) } else { Ok(()) }
    }

    /// An own commit was merged. The one that waited in the copy may have been merged before, and messages sent after it.
    ///
    /// Where an own message came back that nobody here wrote, one key may have sealed two: others opened the first, and both read as
    /// sent. Returns after which number what the relay stored is to be published again. Whoever has read it knows it by its id.
    pub(crate) fn has_new_keys(&mut self, tag: Tag) -> Option<u64> {
        self.record.old_copy.take_if(|waited| *waited != tag.0)?;
        self.record.old_copy_known = false;
        self.record.echo_after.take()
    }
}
