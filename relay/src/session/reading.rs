//! What members and joiners read: GROUP_INFO and FETCH.

use bytes::Bytes;
use conclave_proto::{
    ErrorCode, RelayFrame, RoomState,
    frame::{Fetch, Fetched, FetchedEntry, GroupInfoAt, GroupInfoGet, GroupInfos, Refusal, Reply},
    id::RoomId,
    limits,
};

use super::{
    attachment::{Attachment, Member},
    refusal::{internal, refusal_at},
};
use crate::{
    live_room::LiveRoom,
    log::{Range, StoredEntry, StoredRoom},
};

pub(super) async fn group_infos(attachment: &Attachment, get: GroupInfoGet) -> Result<Reply, Refusal> {
    let id = attachment.member_or_open().await?;
    let log = &attachment.hub.log;
    let Some(found) = log.group_info(id, get.before).await.map_err(internal)? else {
        return Ok(Reply::GroupInfos(GroupInfos { group_info: None, commits: Vec::new(), more: false }));
    };
    let size = found.blob.len().saturating_add(found.place.as_ref().map_or(0, Bytes::len));
    let max_bytes = MOST_BYTES.saturating_sub(size);
    let range = Range { after: found.seq, until: u64::MAX, commits_only: true, max_n: MOST_ENTRIES, max_bytes };
    let page = log.read(id, range).await.map_err(internal)?;
    Ok(Reply::GroupInfos(GroupInfos {
        group_info: Some(GroupInfoAt {
            tag: found.tag,
            seq: found.seq,
            blob: found.blob.to_vec(),
            place: found.place.map(Vec::from),
        }),
        commits: page.entries.into_iter().map(fetched).collect(),
        more: page.more,
    }))
}

/// Answers by itself: what is stored while it reads must come right behind the reply.
pub(super) async fn fetch(attachment: &Attachment, rid: u32, fetch: Fetch) -> Result<(), Refusal> {
    let (member, live) = (attachment.member()?, attachment.attached()?);
    live.hold(attachment.conn);
    let read = read(attachment, live, member, fetch).await;
    let (fetched, cursor, pushes) = match read {
        Ok(read) => read,
        Err(refusal) => {
            live.release(attachment.conn);
            return Err(refusal);
        }
    };
    let mut reply = RelayFrame { rid, body: Reply::Fetched(fetched.clone()) };
    if pushes && live.catch_up(attachment.conn, cursor, &reply) {
        return Ok(());
    }
    live.release(attachment.conn);
    if pushes {
        // Too much came meanwhile: there is more to read.
        reply.body = Reply::Fetched(Fetched { more: true, ..fetched });
    }
    attachment.out.send(&reply);
    Ok(())
}

/// The reply, the number up to which it is complete, and whether pushes follow.
async fn read(
    attachment: &Attachment,
    live: &LiveRoom,
    member: Member,
    fetch: Fetch,
) -> Result<(Fetched, u64, bool), Refusal> {
    let room = attachment.standing().await?;
    let after = fetch.after.max(member.from);
    // Beyond the last number, the log is not the one that the member has read: it was set back, or somebody lied.
    if after > room.last_seq {
        return Err(refusal_at(ErrorCode::CursorExpired, room.floor));
    }
    let until = horizon(attachment, live.id, &room, member).await?;
    let size = |wanted: u32, most: usize| usize::try_from(wanted).unwrap_or(usize::MAX).clamp(1, most);
    let (max_n, max_bytes) = (size(fetch.max_n, MOST_ENTRIES), size(fetch.max_bytes, MOST_BYTES));
    let range = Range { after, until, commits_only: false, max_n, max_bytes };
    let page = attachment.hub.log.read(live.id, range).await.map_err(internal)?;
    // By the floor that the page was read at: somebody may have committed since the room's row was read.
    if after < page.floor {
        return Err(refusal_at(ErrorCode::CursorExpired, page.floor));
    }
    let cursor = page.entries.last().map_or(after, |entry| entry.seq);
    let entries = page.entries.into_iter().map(fetched).collect();
    Ok((Fetched { entries, more: page.more, head_seq: room.head_seq }, cursor, !page.more && until == u64::MAX))
}

/// How far this member may read. In a locked room a key that is not the head's reads up to the first commit after the
/// lock or after its own, whichever is later: enough to learn what happened, nothing of what a removed member must not
/// see.
async fn horizon(attachment: &Attachment, id: RoomId, room: &StoredRoom, member: Member) -> Result<u64, Refusal> {
    if room.state == RoomState::Open || member.key == room.head_key {
        return Ok(u64::MAX);
    }
    let from = member.from.max(room.locked_at);
    let commit = attachment.hub.log.first_commit_after(id, from).await.map_err(internal)?;
    Ok(commit.unwrap_or(u64::MAX))
}

fn fetched(entry: StoredEntry) -> FetchedEntry {
    FetchedEntry {
        seq: entry.seq,
        lane: entry.lane,
        blob: entry.blob.to_vec(),
        mpk: entry.key,
        place: entry.place.map(Vec::from),
    }
}

/// A page stays under [`limits::REPLY`] with what the encoding adds.
const MOST_BYTES: usize = limits::REPLY - 64 * 1024;
const MOST_ENTRIES: usize = 1000;
