//! Sealing what goes to the relay with a new epoch: the commit, its GroupInfo, and its place among the commits (protocol 4.6.7, 4.7).

use conclave_crypto::{
    envelope::{self, Place as EnvelopePlace},
    place,
    schedule::RoomKeys,
};
use conclave_proto::{
    frame::Commit,
    id::{Cid, Lane, PublicKey, RoomId, Tag},
    padding::FrameKind,
};
use conclave_seal::{
    id,
    rng::{self, Rng},
    sign::SigningKey,
};
use conclave_store::{PendingKind, PendingRow};

use super::step::{Step, StepError};

/// An own commit as the group has made it.
pub(super) struct NewCommit<'a> {
    pub(super) kind: PendingKind,
    pub(super) lane: Lane,
    /// The newest commit of the relay, on top of which it is sent.
    pub(super) head: Tag,
    /// The commit on which it builds.
    pub(super) base: Tag,
    pub(super) message: &'a [u8],
    pub(super) group_info: &'a [u8],
    /// The member-auth key of the epoch that it begins.
    pub(super) member_key: PublicKey,
    /// Signs its place: the own leaf in that epoch.
    pub(super) leaf_key: &'a SigningKey,
    /// The commits behind it, newest first.
    pub(super) bases: &'a [Tag],
    /// The base that whoever comes over from another branch shares with this one.
    pub(super) fork: Option<Tag>,
}

impl Step<'_, '_> {
    /// Seals a commit and keeps it, before anything is sent.
    pub(super) fn keep_commit(&mut self, commit: &NewCommit<'_>) -> Result<PendingRow, StepError> {
        let NewCommit { kind, lane, head, base, message, group_info, member_key, leaf_key, bases, fork } = *commit;
        let blob = self.seal(lane, base, FrameKind::Mls, message)?;
        let tag = Tag(id::entry_tag(lane.number(), &blob, &member_key.0));
        let (group_info, place) = seal_epoch(self.rng, self.keys, leaf_key, tag, bases, group_info, fork)?;
        let pending = PendingRow {
            kind,
            cid: rng::array(self.rng),
            head: head.0,
            base: base.0,
            tag: tag.0,
            blob,
            group_info,
            place,
            member_key: member_key.0,
        };
        self.tx.set_pending(&pending)?;
        Ok(pending)
    }
}

/// A commit that is kept, as the relay is given it.
pub(super) fn commit_frame(lane: Lane, pending: &PendingRow) -> Commit<'_> {
    Commit {
        lane,
        head: Tag(pending.head),
        blob: &pending.blob,
        group_info: &pending.group_info,
        mpk: PublicKey(pending.member_key),
        cid: Cid(pending.cid),
        pow: None,
        place: &pending.place,
    }
}

/// Seals the GroupInfo of an epoch, and signs and seals the place of the commit that begins it.
///
/// # Errors
/// [`StepError::NotNow`] never, as both fit into their envelopes.
pub(crate) fn seal_epoch(
    rng: &mut dyn Rng,
    keys: &RoomKeys,
    leaf_key: &SigningKey,
    tag: Tag,
    bases: &[Tag],
    group_info: &[u8],
    fork: Option<Tag>,
) -> Result<(Vec<u8>, Vec<u8>), StepError> {
    let room_id = RoomId(*keys.room_id());
    let place = place::sign(leaf_key, &room_id, tag, bases, group_info, fork).map_err(|_| StepError::NotNow)?;
    let at = EnvelopePlace { lane: Lane::GroupInfo, room_id, base: tag };
    let mut seal = |kind, bytes: &[u8]| envelope::seal(rng, keys.join_key(), &at, kind, bytes);
    let group_info = seal(FrameKind::GroupInfo, group_info).map_err(|_| StepError::NotNow)?;
    let place = seal(FrameKind::Place, place.as_bytes()).map_err(|_| StepError::NotNow)?;
    Ok((group_info, place))
}
