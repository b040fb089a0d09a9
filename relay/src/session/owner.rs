//! What the owner orders, and PANIC.

use conclave_proto::{
    ErrorCode, RoomState,
    frame::{self, Commit, Empty, ErrorData, OwnerOrder, Panic, Refusal, Reply},
    id::RoomId,
    owner::{HeadOrder, Order, PanicStatement, SignedStatement, Statement, Tombstone},
};
use conclave_seal::{
    label, sign,
    transcript::{self, Statement as _},
};

use super::{
    admission::deed_is_signed,
    attachment::Attachment,
    refusal::{NOT_AUTHORISED, internal},
    writing::new_commit,
};
use crate::log::{Ordered, OwnerChange, StoredRoom};

pub(super) async fn order(attachment: &Attachment, order: OwnerOrder<'_>) -> Result<Reply, Refusal> {
    if !attachment.roles.owner {
        return Err(NOT_AUTHORISED);
    }
    let (id, room) = (attachment.attached()?.id, attachment.standing().await?);
    let statement = Statement::parse(order.statement).map_err(|_| Refusal::bare(ErrorCode::BadFrame))?;
    let signed = sign::verify(&room.deed.opk().0, label::OWN, order.statement, &order.sig.0).is_ok();
    if statement.room_id != id || !signed {
        return Err(Refusal::bare(ErrorCode::BadSignature));
    }
    let change = match statement.order {
        Order::Close => return close(attachment, id, &room, order).await,
        Order::Lock(at) => head_change(attachment, Some(RoomState::Locked), at, order.commit.as_ref())?,
        Order::Unlock(at) => head_change(attachment, Some(RoomState::Open), at, order.commit.as_ref())?,
        Order::SetHead(at) => head_change(attachment, None, at, order.commit.as_ref())?,
        Order::Policy(deed) => {
            let same = deed.apk() == room.deed.apk() && deed.opk() == room.deed.opk();
            if !same || deed.rev() <= room.deed.rev() || !deed_is_signed(&deed, id) {
                return Err(Refusal::bare(ErrorCode::BadSignature));
            }
            OwnerChange::Policy(deed)
        }
    };
    let tag = match &change {
        OwnerChange::Head { commit: Some(commit), .. } => Some(commit.tag),
        OwnerChange::Head { .. } | OwnerChange::Policy(_) => None,
    };
    let signed = SignedStatement { statement: order.statement.to_vec(), sig: order.sig };
    match attachment.hub.log.owner(id, statement.counter, change, signed).await.map_err(internal)? {
        Ordered::Done(seq) => Ok(Reply::Ordered(frame::Ordered { seq, tag: seq.and(tag) })),
        Ordered::Duplicate { seq, tag } => {
            Err(Refusal::with(ErrorCode::Duplicate, ErrorData { seq: Some(seq), tag, ..ErrorData::default() }))
        }
        Ordered::Full => Err(Refusal::bare(ErrorCode::Quota)),
        // A replayed statement: the owner said something newer since.
        Ordered::Old => Err(NOT_AUTHORISED),
        Ordered::Stale { head, seq } => {
            let data = ErrorData { head: Some(head), seq: Some(seq), ..ErrorData::default() };
            Err(Refusal::with(ErrorCode::StaleHead, data))
        }
        Ordered::NoSuchEntry => Err(Refusal::bare(ErrorCode::NoSuchEntry)),
        Ordered::Missing => Err(Refusal::bare(ErrorCode::NoSuchRoom)),
    }
}

pub(super) async fn panic(attachment: &Attachment, panic: Panic<'_>) -> Result<Reply, Refusal> {
    let (id, room) = (attachment.attached()?.id, attachment.standing().await?);
    let statement = PanicStatement::parse(panic.statement).map_err(|_| Refusal::bare(ErrorCode::BadFrame))?;
    // Whatever the deed says of members: at the relay a member is whoever registered a key with a commit, valid or not.
    if !attachment.roles.owner || panic.pk != room.deed.opk() {
        return Err(NOT_AUTHORISED);
    }
    let transcript = transcript::Panic { room_id: &id.0, time: statement.time };
    let access = transcript.verify(&room.deed.apk().0, &panic.sig_access.0).is_ok();
    let second = transcript.verify(&panic.pk.0, &panic.sig.0).is_ok();
    if statement.room_id != id || !access || !second {
        return Err(Refusal::bare(ErrorCode::BadSignature));
    }
    let tombstone = Tombstone {
        room_id: id,
        statement: panic.statement.to_vec(),
        sig_access: Some(panic.sig_access),
        pk: panic.pk,
        sig: panic.sig,
        deed: room.deed.as_bytes().to_vec(),
    };
    wipe(attachment, id, tombstone).await.map(|()| Reply::Panicked(Empty {}))
}

/// What LOCK, UNLOCK and SETHEAD change: the head is compared, the base becomes it, and the commit comes on top.
fn head_change(
    attachment: &Attachment,
    state: Option<RoomState>,
    at: HeadOrder,
    commit: Option<&Commit<'_>>,
) -> Result<OwnerChange, Refusal> {
    let commit = commit.map(|commit| new_commit(attachment, commit)).transpose()?.map(Box::new);
    // The owner signed this commit, on this base, and no other.
    let named = commit.as_ref().map(|new| new.tag) == at.commit;
    if !named || commit.as_ref().is_some_and(|new| new.head != at.base) {
        return Err(Refusal::bare(ErrorCode::BadSignature));
    }
    Ok(OwnerChange::Head { state, head: at.head, base: at.base, commit })
}

async fn close(
    attachment: &Attachment,
    id: RoomId,
    room: &StoredRoom,
    order: OwnerOrder<'_>,
) -> Result<Reply, Refusal> {
    let tombstone = Tombstone {
        room_id: id,
        statement: order.statement.to_vec(),
        sig_access: None,
        pk: room.deed.opk(),
        sig: order.sig,
        deed: room.deed.as_bytes().to_vec(),
    };
    wipe(attachment, id, tombstone).await.map(|()| Reply::Ordered(frame::Ordered::default()))
}

async fn wipe(attachment: &Attachment, id: RoomId, tombstone: Tombstone) -> Result<(), Refusal> {
    let hub = &attachment.hub;
    hub.log.wipe(id, tombstone, hub.clock.unix()).await.map_err(internal)?;
    // The room's key is gone; now the bytes of its files.
    hub.sweep.notify_one();
    Ok(())
}
