//! Files of members: BLOB_NEW, BLOB_PUT, BLOB_END, BLOB_GET.

use bytes::Bytes;
use conclave_proto::{
    ErrorCode, RelayFrame,
    frame::{BlobBytes, BlobEnd, BlobGet, BlobNew, BlobPut, BlobReserved, Empty, Refusal, Reply},
    id::BlobId,
    limits,
};

use super::{
    attachment::Attachment,
    refusal::{internal, refusal_at},
};
use crate::blob::{Completion, NewBlob, NewPart, Part, Put, Reservation, Span};

pub(super) async fn reserve(attachment: &Attachment, new: BlobNew) -> Result<Reply, Refusal> {
    let (hub, room) = (&attachment.hub, attachment.hearing()?.id);
    let most = u64::from(hub.config.limits.blob);
    if most == 0 {
        return Err(Refusal::bare(ErrorCode::NotSupported));
    }
    if new.size == 0 {
        return Err(Refusal::bare(ErrorCode::BadFrame));
    }
    if new.size > most {
        return Err(Refusal::bare(ErrorCode::TooLarge));
    }
    let blob_id = BlobId(hub.random());
    let place = NewBlob {
        seat: attachment.seat()?,
        id: blob_id,
        size: new.size,
        del_hash: new.del_hash,
        ttl: u64::from(new.ttl).clamp(limits::TTL_LEAST.as_secs(), limits::RETENTION.as_secs()),
        now: hub.clock.unix(),
        quota: hub.config.blobs,
    };
    match hub.log.reserve(room, place).await.map_err(internal)? {
        Reservation::Reserved => Ok(Reply::BlobReserved(BlobReserved { blob_id })),
        Reservation::Full => Err(Refusal::bare(ErrorCode::Quota)),
        Reservation::Missing => Err(Refusal::bare(ErrorCode::NoSuchRoom)),
    }
}

pub(super) async fn put(attachment: &Attachment, put: BlobPut<'_>) -> Result<Reply, Refusal> {
    let (hub, room) = (&attachment.hub, attachment.hearing()?.id);
    let BlobPut { blob_id, offset, bytes } = put;
    if bytes.len() > limits::BLOB_PART {
        return Err(Refusal::bare(ErrorCode::TooLarge));
    }
    let part = NewPart { id: blob_id, offset, bytes: Bytes::copy_from_slice(bytes), now: hub.clock.unix() };
    match hub.log.put(room, part).await.map_err(internal)? {
        Put::Stored => Ok(Reply::BlobStored(Empty {})),
        Put::Gap { received } => Err(refusal_at(ErrorCode::BlobOffset, received)),
        Put::Differs => Err(Refusal::bare(ErrorCode::BlobDiffers)),
        Put::Beyond => Err(Refusal::bare(ErrorCode::TooLarge)),
        Put::Malformed => Err(Refusal::bare(ErrorCode::BadFrame)),
        Put::NoSuchBlob => Err(Refusal::bare(ErrorCode::NoSuchEntry)),
    }
}

pub(super) async fn complete(attachment: &Attachment, end: BlobEnd) -> Result<Reply, Refusal> {
    let (hub, room) = (&attachment.hub, attachment.hearing()?.id);
    match hub.log.complete(room, end.blob_id, end.sha256, hub.clock.unix()).await.map_err(internal)? {
        Completion::Complete => Ok(Reply::BlobComplete(Empty {})),
        Completion::Incomplete { received } => Err(refusal_at(ErrorCode::BlobOffset, received)),
        Completion::Differs => Err(Refusal::bare(ErrorCode::BlobDiffers)),
        Completion::NoSuchBlob => Err(Refusal::bare(ErrorCode::NoSuchEntry)),
    }
}

/// Answers by itself: parts that wait to be read are counted.
pub(super) async fn get(attachment: &Attachment, rid: u32, get: BlobGet) -> Result<(), Refusal> {
    let (hub, room) = (&attachment.hub, attachment.hearing()?.id);
    if get.len == 0 {
        return Err(Refusal::bare(ErrorCode::BadFrame));
    }
    let most = u64::try_from(limits::BLOB_PART).unwrap_or(u64::MAX);
    let span = Span { id: get.blob_id, offset: get.offset, len: u64::from(get.len).min(most) };
    match hub.log.part(room, span).await.map_err(internal)? {
        Part::Bytes(bytes) => {
            let body = Reply::BlobBytes(BlobBytes { bytes: bytes.to_vec() });
            attachment.out.send_part(&RelayFrame { rid, body });
            Ok(())
        }
        Part::Beyond { size } => Err(refusal_at(ErrorCode::BlobOffset, size)),
        Part::NoSuchBlob => Err(Refusal::bare(ErrorCode::NoSuchEntry)),
    }
}
