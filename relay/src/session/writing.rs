//! What members and joiners write: COMMIT, PUB, EPH, DEL.

use bytes::Bytes;
use conclave_proto::{
    ErrorCode, Lane,
    frame::{Commit, Committed, Del, DelTarget, Empty, Ephemeral, ErrorData, Publish, Published, Refusal, Reply},
    id::{DelHash, RoomId, Tag},
    limits,
};
use conclave_seal::id;
use tokio::time::Instant;

use super::{NOT_AUTHORISED, Session, internal};
use crate::log::{Append, Deletion, NewCommit, NewEntry, Quota};

impl Session {
    pub(super) async fn commit(&mut self, commit: Commit<'_>) -> Result<Reply, Refusal> {
        let live = self.attached()?;
        // The slot spares joiners a race among themselves. Members and the owner go by compare-and-swap: with a slot that binds
        // them, whoever merely has the code could keep them from writing.
        let bound = commit.lane == Lane::Join && self.proven.member.is_none() && !self.proven.owner;
        let new = self.new_commit(&commit)?;
        if bound && let Some(refusal) = live.lease_refusal(self.conn, Instant::now()) {
            return Err(refusal);
        }
        let (room, tag) = (live.id, new.tag);
        let done = self.hub.log.commit(room, new).await.map_err(internal)?;
        let (seq, _) = self.stored(room, &done).await?;
        Ok(Reply::Committed(Committed { seq, tag }))
    }

    /// What a COMMIT stores, if this connection has the right to its lane and it is not too large.
    pub(super) fn new_commit(&self, commit: &Commit<'_>) -> Result<NewCommit, Refusal> {
        let owner = self.proven.owner;
        let author = match commit.lane {
            Lane::Join if self.proven.join || owner => None,
            Lane::Commit => Some(self.member()?.key),
            Lane::Join => return Err(NOT_AUTHORISED),
            Lane::Application | Lane::Ephemeral | Lane::GroupInfo => return Err(Refusal::bare(ErrorCode::BadFrame)),
        };
        let sizes = &self.hub.config.limits;
        let fits = commit.place.len() <= limits::PLACE;
        if !fits || exceeds(commit.blob, sizes.commit) || exceeds(commit.group_info, sizes.group_info) {
            return Err(Refusal::bare(ErrorCode::TooLarge));
        }
        let now = self.hub.clock.unix();
        Ok(NewCommit {
            seat: self.seat()?,
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
            quota: self.share(),
        })
    }

    pub(super) async fn publish(&mut self, publish: Publish<'_>) -> Result<Reply, Refusal> {
        // After a refusal the ones behind it must not overtake it.
        if let Some((refused, refusal)) = &self.refused
            && *refused != publish.cid
            && publish.replaces != Some(*refused)
        {
            if refusal.code == ErrorCode::StaleHead {
                // With the head of now: the head of then may be one that the client has left behind already.
                let room = self.standing().await?;
                let data = ErrorData { head: Some(room.head), seq: Some(room.head_seq), ..ErrorData::default() };
                return Err(Refusal::with(ErrorCode::StaleHead, data));
            }
            return Err(refusal.clone());
        }
        let cid = publish.cid;
        let outcome = self.try_publish(publish).await;
        self.refused = match &outcome {
            Err(refusal) if refusal.code != ErrorCode::Duplicate => Some((cid, refusal.clone())),
            Ok(_) | Err(_) => None,
        };
        outcome
    }

    async fn try_publish(&self, publish: Publish<'_>) -> Result<Reply, Refusal> {
        let (room, member) = (self.attached()?.id, self.member()?);
        if exceeds(publish.blob, self.hub.config.limits.application) {
            return Err(Refusal::bare(ErrorCode::TooLarge));
        }
        let now = self.hub.clock.unix();
        let ttl = u64::from(publish.ttl).clamp(limits::TTL_LEAST.as_secs(), limits::RETENTION.as_secs());
        let new = NewEntry {
            seat: self.seat()?,
            head: publish.head,
            author: member.key,
            blob: Bytes::copy_from_slice(publish.blob),
            cid: publish.cid,
            expires: now.saturating_add(ttl),
            del_hash: publish.del_hash,
            now,
            quota: self.share(),
        };
        let done = self.hub.log.append(room, new).await.map_err(internal)?;
        let (seq, full) = self.stored(room, &done).await?;
        Ok(Reply::Published(Published { seq, full }))
    }

    pub(super) fn ephemeral(&self, ephemeral: Ephemeral<'_>) -> Result<(), Refusal> {
        let (live, member) = (self.attached()?, self.member()?);
        if !live.hears(member.key) {
            return Err(Refusal::bare(ErrorCode::RoomLocked));
        }
        if exceeds(ephemeral.blob, self.hub.config.limits.ephemeral) {
            return Err(Refusal::bare(ErrorCode::TooLarge));
        }
        self.hub.log.signal(live.id, self.conn, Bytes::copy_from_slice(ephemeral.blob));
        Ok(())
    }

    pub(super) async fn del(&self, del: Del) -> Result<Reply, Refusal> {
        let (live, member) = (self.attached()?, self.member()?);
        if !live.hears(member.key) {
            return Err(Refusal::bare(ErrorCode::RoomLocked));
        }
        let DelTarget::Entry(seq) = del.target else {
            return Err(Refusal::bare(ErrorCode::NoSuchEntry));
        };
        let hash = DelHash(id::del_hash(&del.token.0));
        match self.hub.log.delete(live.id, seq, hash).await.map_err(internal)? {
            Deletion::Deleted => Ok(Reply::Deleted(Empty {})),
            Deletion::NoSuchEntry => Err(Refusal::bare(ErrorCode::NoSuchEntry)),
            Deletion::BadToken => Err(Refusal::bare(ErrorCode::BadToken)),
        }
    }

    /// The half of the quota that messages have, and commits: neither keeps anybody from writing the other.
    pub(super) fn share(&self) -> Quota {
        let Quota { entries, bytes } = self.hub.config.quota;
        Quota { entries: entries.div_ceil(2), bytes: bytes.div_ceil(2) }
    }

    /// The number under which a write is stored and whether messages fill their share, or why it is not stored.
    async fn stored(&self, room: RoomId, append: &Append) -> Result<(u64, bool), Refusal> {
        let data = ErrorData::default();
        Err(match *append {
            Append::Stored { seq, messages } => return Ok((seq, self.share().is_filled_by(messages))),
            Append::Duplicate { seq, tag } => {
                Refusal::with(ErrorCode::Duplicate, ErrorData { seq: Some(seq), tag, ..data })
            }
            Append::Stale { head, seq } => {
                Refusal::with(ErrorCode::StaleHead, ErrorData { head: Some(head), seq: Some(seq), ..data })
            }
            Append::Locked => Refusal::bare(ErrorCode::RoomLocked),
            Append::Full => Refusal::bare(ErrorCode::Quota),
            // With the proof, if the room was destroyed.
            Append::Missing => match self.hub.standing(room).await {
                Err(refusal) => refusal,
                Ok(_) => Refusal::bare(ErrorCode::NoSuchRoom),
            },
        })
    }
}

fn exceeds(blob: &[u8], limit: u32) -> bool {
    usize::try_from(limit).is_ok_and(|limit| blob.len() > limit)
}
