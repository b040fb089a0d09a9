//! What members and joiners write: COMMIT, PUB, EPH, DEL.

use bytes::Bytes;
use conclave_proto::{
    ErrorCode, Lane,
    frame::{Commit, Committed, Del, DelTarget, Empty, Ephemeral, ErrorData, Publish, Published, Refusal, Reply},
    id::{Cid, DelHash, RoomId, Tag},
    limits,
};
use conclave_seal::id;
use tokio::time::Instant;

use super::{
    attachment::{Attachment, standing_of},
    refusal::{NOT_AUTHORISED, internal},
};
use crate::log::{Append, Deletion, NewCommit, NewEntry};

/// The PUBs of one connection, which stay in their order: after one that was refused, those behind it are refused as
/// well.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    /// The PUB that was refused, and why.
    refused: Option<(Cid, Refusal)>,
}

impl Publisher {
    pub(super) async fn publish(&mut self, attachment: &Attachment, publish: Publish<'_>) -> Result<Reply, Refusal> {
        // After a refusal the ones behind it must not overtake it.
        if let Some((refused, refusal)) = &self.refused
            && *refused != publish.cid
            && publish.replaces != Some(*refused)
        {
            if refusal.code == ErrorCode::StaleHead {
                // With the head of now: the head of then may be one that the client has left behind already.
                let room = attachment.standing().await?;
                let data = ErrorData { head: Some(room.head), seq: Some(room.head_seq), ..ErrorData::default() };
                return Err(Refusal::with(ErrorCode::StaleHead, data));
            }
            return Err(refusal.clone());
        }
        let cid = publish.cid;
        let outcome = try_publish(attachment, publish).await;
        self.refused = match &outcome {
            Err(refusal) if refusal.code != ErrorCode::Duplicate => Some((cid, refusal.clone())),
            Ok(_) | Err(_) => None,
        };
        outcome
    }
}

pub(super) async fn commit(attachment: &Attachment, commit: Commit<'_>) -> Result<Reply, Refusal> {
    let live = attachment.attached()?;
    // The slot spares joiners a race among themselves. Members and the owner go by compare-and-swap: with a slot that
    // binds them, whoever merely has the code could keep them from writing.
    let bound = commit.lane == Lane::Join && attachment.roles.member.is_none() && !attachment.roles.owner;
    let new = new_commit(attachment, &commit)?;
    if bound && let Some(refusal) = live.lease_refusal(attachment.conn, Instant::now()) {
        return Err(refusal);
    }
    let (room, tag) = (live.id, new.tag);
    let done = attachment.hub.log.commit(room, new).await.map_err(internal)?;
    let (seq, _) = stored(attachment, room, &done).await?;
    Ok(Reply::Committed(Committed { seq, tag }))
}

/// What a COMMIT stores, if this connection has the right to its lane and it is not too large.
pub(super) fn new_commit(attachment: &Attachment, commit: &Commit<'_>) -> Result<NewCommit, Refusal> {
    let owner = attachment.roles.owner;
    let author = match commit.lane {
        Lane::Join if attachment.roles.join || owner => None,
        Lane::Commit => Some(attachment.member()?.key),
        Lane::Join => return Err(NOT_AUTHORISED),
        Lane::Application | Lane::Ephemeral | Lane::GroupInfo => return Err(Refusal::bare(ErrorCode::BadFrame)),
    };
    let sizes = &attachment.hub.config.limits;
    let fits = commit.place.len() <= limits::PLACE;
    if !fits || exceeds(commit.blob, sizes.commit) || exceeds(commit.group_info, sizes.group_info) {
        return Err(Refusal::bare(ErrorCode::TooLarge));
    }
    let now = attachment.hub.clock.unix();
    Ok(NewCommit {
        seat: attachment.seat()?,
        lane: commit.lane,
        head: commit.head,
        author,
        owner,
        blob: Bytes::copy_from_slice(commit.blob),
        cid: commit.cid,
        key: commit.mpk,
        tag: Tag(id::entry_tag(commit.lane.number(), commit.blob, &commit.mpk.0)),
        group_info: Bytes::copy_from_slice(commit.group_info),
        place: Bytes::copy_from_slice(commit.place),
        expires: now.saturating_add(limits::RETENTION.as_secs()),
        now,
        quota: attachment.hub.config.share(),
    })
}

pub(super) fn ephemeral(attachment: &Attachment, ephemeral: Ephemeral<'_>) -> Result<(), Refusal> {
    let live = attachment.hearing()?;
    if exceeds(ephemeral.blob, attachment.hub.config.limits.ephemeral) {
        return Err(Refusal::bare(ErrorCode::TooLarge));
    }
    attachment.hub.log.signal(live.id, attachment.conn, Bytes::copy_from_slice(ephemeral.blob));
    Ok(())
}

pub(super) async fn del(attachment: &Attachment, del: Del) -> Result<Reply, Refusal> {
    let (hub, room) = (&attachment.hub, attachment.hearing()?.id);
    let hash = DelHash(id::del_hash(&del.token.0));
    let deletion = match del.target {
        DelTarget::Entry(seq) => hub.log.delete(room, seq, hash).await,
        DelTarget::Blob(blob) => {
            let deletion = hub.log.discard(room, blob, hash).await;
            hub.sweep.notify_one();
            deletion
        }
    };
    match deletion.map_err(internal)? {
        Deletion::Deleted => Ok(Reply::Deleted(Empty {})),
        Deletion::NoSuchEntry => Err(Refusal::bare(ErrorCode::NoSuchEntry)),
        Deletion::BadToken => Err(Refusal::bare(ErrorCode::BadToken)),
    }
}

async fn try_publish(attachment: &Attachment, publish: Publish<'_>) -> Result<Reply, Refusal> {
    let (room, member) = (attachment.attached()?.id, attachment.member()?);
    if exceeds(publish.blob, attachment.hub.config.limits.application) {
        return Err(Refusal::bare(ErrorCode::TooLarge));
    }
    let now = attachment.hub.clock.unix();
    let ttl = u64::from(publish.ttl).clamp(limits::TTL_LEAST.as_secs(), limits::RETENTION.as_secs());
    let new = NewEntry {
        seat: attachment.seat()?,
        head: publish.head,
        author: member.key,
        blob: Bytes::copy_from_slice(publish.blob),
        cid: publish.cid,
        expires: now.saturating_add(ttl),
        del_hash: publish.del_hash,
        now,
        quota: attachment.hub.config.share(),
    };
    let done = attachment.hub.log.append(room, new).await.map_err(internal)?;
    let (seq, full) = stored(attachment, room, &done).await?;
    Ok(Reply::Published(Published { seq, full }))
}

/// The number under which a write is stored and whether messages fill their share, or why it is not stored.
async fn stored(attachment: &Attachment, room: RoomId, append: &Append) -> Result<(u64, bool), Refusal> {
    let data = ErrorData::default();
    Err(match *append {
        Append::Stored { seq, messages } => return Ok((seq, attachment.hub.config.share().is_filled_by(messages))),
        Append::Duplicate { seq, tag } => {
            Refusal::with(ErrorCode::Duplicate, ErrorData { seq: Some(seq), tag, ..data })
        }
        Append::Stale { head, seq } => {
            Refusal::with(ErrorCode::StaleHead, ErrorData { head: Some(head), seq: Some(seq), ..data })
        }
        Append::Locked => Refusal::bare(ErrorCode::RoomLocked),
        Append::Full => Refusal::bare(ErrorCode::Quota),
        // With the proof, if the room was destroyed.
        Append::Missing => match standing_of(&attachment.hub, room).await {
            Err(refusal) => refusal,
            Ok(_) => Refusal::bare(ErrorCode::NoSuchRoom),
        },
    })
}

fn exceeds(blob: &[u8], limit: u32) -> bool {
    usize::try_from(limit).is_ok_and(|limit| blob.len() > limit)
}
