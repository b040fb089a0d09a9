//! A relay's log that forgets nothing: everything that the relay ever held, also what it refused.

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use conclave_proto::{
    deed::Deed,
    id::{DelHash, Lane, PublicKey, RoomId, Tag},
    owner::{SignedStatement, Tombstone},
};
use conclave_relay::log::{
    Append, Calendar, Change, Creation, Deletion, Expiry, Founding, LogError, MemoryLog, NewCommit, NewEntry, Ordered,
    Page, Pending, Range, RoomLog, Standing, StoredGroupInfo, Subscriber,
};
use std::sync::Weak;

use crate::diary::Diary;

/// A memory log, and beside it all that passed.
#[derive(Debug)]
pub struct Archive {
    log: MemoryLog,
    diary: Diary,
    kept: Mutex<Kept>,
    full: AtomicBool,
    failing: AtomicBool,
}

/// What an operator can keep.
#[derive(Clone, Default)]
pub struct Kept {
    /// Everything sealed, in the order of arrival.
    pub frames: Vec<Sealed>,
    /// The owner's deed of each room.
    pub deeds: Vec<(RoomId, Deed)>,
    /// How often commits of newcomers, commits of members, stale requests and repeated requests were answered.
    pub joins: u64,
    /// Commits of members.
    pub commits: u64,
    /// Requests against an older head.
    pub stale: u64,
    /// Requests that were repeated.
    pub duplicates: u64,
    /// Messages for which there was no room.
    pub turned_away: u64,
}

/// One envelope.
#[derive(Clone)]
pub struct Sealed {
    /// The room.
    pub room: RoomId,
    /// The lane that it came on.
    pub lane: Lane,
    /// The bytes.
    pub blob: Bytes,
    /// The head that its author had seen; for a GroupInfo the tag of its commit, for an ephemeral the head as it passed.
    pub head: Option<Tag>,
    /// The tag, if it is a commit.
    pub tag: Option<Tag>,
    /// The member-auth key that it registers.
    pub key: Option<PublicKey>,
    /// It was stored, and not refused or forwarded.
    pub stored: bool,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("lane", &self.lane).field("stored", &self.stored).finish_non_exhaustive()
    }
}

impl Archive {
    /// An empty log.
    #[must_use]
    pub fn new(diary: Diary) -> Self {
        let (full, failing) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { log: MemoryLog::new(), diary, kept: Mutex::default(), full, failing }
    }

    /// From now on there is no room for messages, or there is again.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// From now on messages cannot be written, as on a full disk, or they can again.
    pub fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    /// Everything that passed.
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.kept.lock().unwrap().clone()
    }

    /// The relay's head, as far as it was kept.
    fn head(&self, room: RoomId) -> Option<Tag> {
        let kept = self.kept.lock().unwrap();
        let stored = kept.frames.iter().rev().filter(|frame| frame.room == room && frame.stored);
        // A GroupInfo stands behind every commit and in front of all, and names the head that it describes.
        stored.filter(|frame| frame.lane == Lane::GroupInfo).find_map(|frame| frame.head)
    }

    fn keep(&self, sealed: Sealed) {
        self.kept.lock().unwrap().frames.push(sealed);
    }

    fn count(&self, outcome: &Append, lane: Lane) -> bool {
        self.diary.note(format_args!("the relay gets something on lane {lane:?}: {outcome:?}"));
        let mut kept = self.kept.lock().unwrap();
        match (outcome, lane) {
            (Append::Stored { .. }, Lane::Join) => kept.joins += 1,
            (Append::Stored { .. }, Lane::Commit) => kept.commits += 1,
            (Append::Stale { .. }, _) => kept.stale += 1,
            (Append::Duplicate { .. }, _) => kept.duplicates += 1,
            _ => {}
        }
        matches!(outcome, Append::Stored { .. })
    }
}

impl RoomLog for Archive {
    fn create(&self, founding: Founding) -> Pending<'_, Creation> {
        Box::pin(async move {
            let (room, deed) = (founding.room, founding.deed.clone());
            let info = Sealed {
                room,
                lane: Lane::GroupInfo,
                blob: founding.group_info.clone(),
                head: Some(founding.genesis),
                tag: None,
                key: None,
                stored: true,
            };
            let outcome = self.log.create(founding).await?;
            if outcome == Creation::Created {
                self.keep(info);
                self.kept.lock().unwrap().deeds.push((room, deed));
            }
            breathe().await;
            Ok(outcome)
        })
    }

    fn state(&self, room: RoomId) -> Pending<'_, Standing> {
        self.log.state(room)
    }

    fn member_key(&self, room: RoomId, key: PublicKey) -> Pending<'_, Option<u64>> {
        self.log.member_key(room, key)
    }

    fn append(&self, room: RoomId, entry: NewEntry) -> Pending<'_, Append> {
        Box::pin(async move {
            if self.full.load(Ordering::Relaxed) {
                self.kept.lock().unwrap().turned_away += 1;
                breathe().await;
                return Ok(Append::Full);
            }
            if self.failing.load(Ordering::Relaxed) {
                self.kept.lock().unwrap().turned_away += 1;
                breathe().await;
                return Err(LogError::Storage("the disk is full".into()));
            }
            let (blob, head) = (entry.blob.clone(), Some(entry.head));
            let outcome = self.log.append(room, entry).await?;
            let stored = self.count(&outcome, Lane::Application);
            self.keep(Sealed { room, lane: Lane::Application, blob, head, tag: None, key: None, stored });
            breathe().await;
            Ok(outcome)
        })
    }

    fn commit(&self, room: RoomId, commit: NewCommit) -> Pending<'_, Append> {
        Box::pin(async move {
            let (lane, blob, head) = (commit.lane, commit.blob.clone(), Some(commit.head));
            let (tag, key, info) = (Some(commit.tag), Some(commit.key), commit.group_info.clone());
            let outcome = self.log.commit(room, commit).await?;
            let stored = self.count(&outcome, lane);
            self.keep(Sealed { room, lane, blob, head, tag, key, stored });
            self.keep(Sealed { room, lane: Lane::GroupInfo, blob: info, head: tag, tag: None, key: None, stored });
            breathe().await;
            Ok(outcome)
        })
    }

    fn group_info(&self, room: RoomId, before: Option<Tag>) -> Pending<'_, Option<StoredGroupInfo>> {
        self.log.group_info(room, before)
    }

    fn read(&self, room: RoomId, range: Range) -> Pending<'_, Page> {
        self.log.read(room, range)
    }

    fn first_commit_after(&self, room: RoomId, seq: u64) -> Pending<'_, Option<u64>> {
        self.log.first_commit_after(room, seq)
    }

    fn delete(&self, room: RoomId, seq: u64, hash: DelHash) -> Pending<'_, Deletion> {
        self.log.delete(room, seq, hash)
    }

    fn owner(&self, room: RoomId, counter: u64, change: Change, signed: SignedStatement) -> Pending<'_, Ordered> {
        self.log.owner(room, counter, change, signed)
    }

    fn wipe(&self, room: RoomId, tombstone: Tombstone, now: u64) -> Pending<'_, bool> {
        self.log.wipe(room, tombstone, now)
    }

    fn expire(&self, now: u64, settled: u64) -> Pending<'_, Expiry> {
        self.log.expire(now, settled)
    }

    fn remembered(&self) -> Pending<'_, Option<Calendar>> {
        self.log.remembered()
    }

    fn remember(&self, calendar: Calendar) -> Pending<'_, ()> {
        self.log.remember(calendar)
    }

    fn subscribe(&self, room: RoomId, subscriber: Weak<dyn Subscriber>) {
        self.log.subscribe(room, subscriber);
    }

    fn signal(&self, room: RoomId, origin: u64, blob: Bytes) {
        let (lane, head) = (Lane::Ephemeral, self.head(room));
        self.keep(Sealed { room, lane, blob: blob.clone(), head, tag: None, key: None, stored: false });
        self.log.signal(room, origin, blob);
    }
}

/// A disk takes a moment: the relay may die between storing and answering.
async fn breathe() {
    tokio::task::yield_now().await;
}
