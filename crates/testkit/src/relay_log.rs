//! The log of the lab's relay: a real one, in memory or in a SQLCipher file, and beside it everything that the relay
//! ever held, also what it refused or has deleted since.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use bytes::Bytes;
use conclave_proto::{
    deed::Deed,
    id::{BlobId, DelHash, Lane, PublicKey, RoomId, Tag},
    owner::{SignedStatement, Tombstone},
};
use conclave_relay::{
    blob::{BlobExpiry, BlobStore, Completion, NewBlob, NewPart, Part, Put, Reservation, Span, Storage},
    log::{
        Append, Calendar, Creation, Deletion, Expiry, Founding, LogError, MemoryLog, NewCommit, NewEntry, Ordered,
        OwnerChange, Page, Pending, Range, RoomLog, SqlcipherLog, Standing, StorageKey, StoredGroupInfo, Subscriber,
    },
};
use conclave_seal::rng::OsRng;
use tokio::task::unconstrained;

use crate::{
    crafter::{self, Crafter},
    folder::copy,
    power::PowerSupply,
    remains::Drawn,
    trace::Trace,
};

/// A log, and beside it all that passed. What it is asked to do can be made to fail.
#[derive(Debug)]
pub struct RelayLog {
    log: Mutex<Arc<dyn Storage>>,
    file: Mutex<Option<File>>,
    trace: Trace,
    crafter: Crafter,
    kept: Mutex<Kept>,
    drawn: Drawn,
    full: AtomicBool,
    failing: AtomicBool,
    most_commits: AtomicU64,
}

/// Where a log is kept on a disk.
#[derive(Debug)]
struct File {
    folder: PathBuf,
    disk: PowerSupply,
}

/// What an operator can keep.
#[derive(Clone, Default)]
pub struct Kept {
    /// Everything sealed, in the order of arrival.
    pub frames: Vec<Sealed>,
    /// The places of all commits, as they were stored.
    pub places: Vec<Bytes>,
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
    /// The blobs for which a place was made.
    pub blobs: Vec<(RoomId, BlobId)>,
    /// The numbers of entries that their authors had deleted.
    pub deleted: Vec<u64>,
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
    /// The head that its author had seen; for a GroupInfo the tag of its commit, for an ephemeral the head as it
    /// passed.
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

impl RelayLog {
    /// An empty log.
    #[must_use]
    pub fn new(trace: Trace, crafter: Crafter) -> Self {
        let (full, failing) = (AtomicBool::new(false), AtomicBool::new(false));
        let log: Arc<dyn Storage> = Arc::new(MemoryLog::new());
        let (file, kept, most_commits) = (Mutex::default(), Mutex::default(), AtomicU64::new(u64::MAX));
        let drawn = Drawn::default();
        drawn.add(&KEY);
        Self { log: Mutex::new(log), file, trace, crafter, kept, drawn, full, failing, most_commits }
    }

    /// Keeps the rooms in a SQLCipher file, before there are any. When the relay dies the power may be cut.
    pub fn move_to(&self, folder: &Path, fails: bool) {
        fs::create_dir(folder).unwrap();
        let disk = PowerSupply::new(folder, fails);
        *self.file.lock().unwrap() = Some(File { folder: folder.to_owned(), disk });
        self.reopen();
    }

    /// The relay dies. If the power is cut with it, `to` gets what the disk has and is where the file is from now on;
    /// `true` then.
    pub fn lose_power(&self, to: &Path) -> bool {
        let mut file = self.file.lock().unwrap();
        let Some(file) = file.as_mut() else { return false };
        let is_cut = file.disk.cut(to);
        if is_cut {
            to.clone_into(&mut file.folder);
        }
        is_cut
    }

    /// Whether the rooms are in a file.
    #[must_use]
    pub fn is_a_file(&self) -> bool {
        self.file.lock().unwrap().is_some()
    }

    /// Closes the file, whose relay must have ended, and says where it is. [`RelayLog::reopen`] opens it again.
    ///
    /// # Panics
    /// If the rooms are in memory.
    #[must_use]
    pub fn close(&self) -> PathBuf {
        *self.log.lock().unwrap() = Arc::new(MemoryLog::new());
        self.file.lock().unwrap().as_ref().unwrap().folder.join(RELAY)
    }

    /// Copies the file to a folder, as a backup program does. The relay must have ended.
    #[must_use]
    pub fn back_up(&self, to: &Path) -> PathBuf {
        copy(self.close().parent().unwrap(), to).unwrap();
        to.to_owned()
    }

    /// Puts a copy in the place of the file, and that into a folder. The relay must have ended.
    pub fn restore(&self, backup: &Path, to: &Path) {
        drop(self.close());
        copy(backup, to).unwrap();
        if let Some(file) = self.file.lock().unwrap().as_mut() {
            let disk = PowerSupply::new(to, file.disk.fails());
            *file = File { folder: to.to_owned(), disk };
        }
    }

    /// Whether a relay that starts now finds its rooms. The one before must have ended.
    #[must_use]
    pub fn opens(&self) -> bool {
        SqlcipherLog::open(&self.close(), &StorageKey::from_bytes(&KEY), Box::new(OsRng)).is_ok()
    }

    /// Closes the file and opens it again, as a relay does that starts again. What is in memory stays.
    pub fn reopen(&self) {
        if let Some(file) = self.file.lock().unwrap().as_ref() {
            let mut log = self.log.lock().unwrap();
            *log = Arc::new(MemoryLog::new());
            let (path, key) = (file.folder.join(RELAY), StorageKey::from_bytes(&KEY));
            let opened = if path.exists() { SqlcipherLog::open } else { SqlcipherLog::create };
            *log = Arc::new(opened(&path, &key, self.drawn.of(OsRng)).unwrap());
        }
    }

    fn log(&self) -> Arc<dyn Storage> {
        Arc::clone(&self.log.lock().unwrap())
    }

    /// From now on there is no room for messages, or there is again.
    pub fn set_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }

    /// From now on a room holds so many commits.
    pub fn set_most_commits(&self, most: u64) {
        self.most_commits.store(most, Ordering::Relaxed);
    }

    /// From now on messages and files cannot be written, as on a full disk, or they can again.
    pub fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }

    /// Everything that passed.
    #[must_use]
    pub fn kept(&self) -> Kept {
        self.kept.lock().unwrap().clone()
    }

    /// The key of the file, and every key and salt that was drawn for what is in it.
    #[must_use]
    pub fn drawn(&self) -> &Drawn {
        &self.drawn
    }

    /// How many blobs can be read.
    #[must_use]
    pub fn blobs_left(&self) -> usize {
        let blobs = self.kept().blobs;
        let is_there = |(room, id): &(RoomId, BlobId)| {
            matches!(at_once(self.log().part(*room, Span { id: *id, offset: 0, len: 1 })), Ok(Part::Bytes(_)))
        };
        blobs.iter().filter(|blob| is_there(blob)).count()
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
        self.trace.note(format_args!("the relay gets something on lane {lane:?}: {outcome:?}"));
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

impl RoomLog for RelayLog {
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
            let outcome = at_once(self.log().create(founding))?;
            if outcome == Creation::Created {
                self.keep(info);
                self.kept.lock().unwrap().deeds.push((room, deed));
            }
            breathe().await;
            Ok(outcome)
        })
    }

    fn state(&self, room: RoomId) -> Pending<'_, Standing> {
        let log = self.log();
        Box::pin(async move { at_once(log.state(room)) })
    }

    fn member_key(&self, room: RoomId, key: PublicKey) -> Pending<'_, Option<u64>> {
        let log = self.log();
        Box::pin(async move { at_once(log.member_key(room, key)) })
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
            let outcome = at_once(self.log().append(room, entry))?;
            let stored = self.count(&outcome, Lane::Application);
            self.keep(Sealed { room, lane: Lane::Application, blob, head, tag: None, key: None, stored });
            breathe().await;
            Ok(outcome)
        })
    }

    fn commit(&self, room: RoomId, mut commit: NewCommit) -> Pending<'_, Append> {
        Box::pin(async move {
            commit.quota.entries = commit.quota.entries.min(self.most_commits.load(Ordering::Relaxed));
            let fate = self.crafter.place_of(&commit.key);
            commit.place = crafter::replaced(fate, commit.place, self.kept.lock().unwrap().places.last());
            let place = commit.place.clone();
            let (lane, blob, head) = (commit.lane, commit.blob.clone(), Some(commit.head));
            let (tag, key, info) = (Some(commit.tag), Some(commit.key), commit.group_info.clone());
            let outcome = at_once(self.log().commit(room, commit))?;
            let stored = self.count(&outcome, lane);
            if let Some((tag, key)) = tag.zip(key).filter(|_| stored) {
                self.trace.note(format_args!("{tag:?}: {}", self.crafter.made(&key)));
            }
            if stored {
                self.kept.lock().unwrap().places.push(place);
            }
            self.keep(Sealed { room, lane, blob, head, tag, key, stored });
            self.keep(Sealed { room, lane: Lane::GroupInfo, blob: info, head: tag, tag: None, key: None, stored });
            breathe().await;
            Ok(outcome)
        })
    }

    fn group_info(&self, room: RoomId, before: Option<Tag>) -> Pending<'_, Option<StoredGroupInfo>> {
        let log = self.log();
        Box::pin(async move { at_once(log.group_info(room, before)) })
    }

    fn read(&self, room: RoomId, range: Range) -> Pending<'_, Page> {
        let log = self.log();
        Box::pin(async move { at_once(log.read(room, range)) })
    }

    fn first_commit_after(&self, room: RoomId, seq: u64) -> Pending<'_, Option<u64>> {
        let log = self.log();
        Box::pin(async move { at_once(log.first_commit_after(room, seq)) })
    }

    fn delete(&self, room: RoomId, seq: u64, hash: DelHash) -> Pending<'_, Deletion> {
        Box::pin(async move {
            let outcome = at_once(self.log().delete(room, seq, hash))?;
            if outcome == Deletion::Deleted {
                self.kept.lock().unwrap().deleted.push(seq);
            }
            breathe().await;
            Ok(outcome)
        })
    }

    fn owner(&self, room: RoomId, counter: u64, change: OwnerChange, signed: SignedStatement) -> Pending<'_, Ordered> {
        let log = self.log();
        Box::pin(async move { at_once(log.owner(room, counter, change, signed)) })
    }

    fn wipe(&self, room: RoomId, tombstone: Tombstone, now: u64) -> Pending<'_, bool> {
        let log = self.log();
        Box::pin(async move { at_once(log.wipe(room, tombstone, now)) })
    }

    fn expire(&self, now: u64, settled: u64) -> Pending<'_, Expiry> {
        let log = self.log();
        Box::pin(async move { at_once(log.expire(now, settled)) })
    }

    fn remembered(&self) -> Pending<'_, Option<Calendar>> {
        let log = self.log();
        Box::pin(async move { at_once(log.remembered()) })
    }

    fn remember(&self, calendar: Calendar) -> Pending<'_, ()> {
        let log = self.log();
        Box::pin(async move { at_once(log.remember(calendar)) })
    }

    fn subscribe(&self, room: RoomId, subscriber: Weak<dyn Subscriber>) {
        self.log().subscribe(room, subscriber);
    }

    fn signal(&self, room: RoomId, origin: u64, blob: Bytes) {
        let (lane, head) = (Lane::Ephemeral, self.head(room));
        self.keep(Sealed { room, lane, blob: blob.clone(), head, tag: None, key: None, stored: false });
        self.log().signal(room, origin, blob);
    }
}

impl BlobStore for RelayLog {
    fn reserve(&self, room: RoomId, new: NewBlob) -> Pending<'_, Reservation> {
        Box::pin(async move {
            if self.full.load(Ordering::Relaxed) {
                breathe().await;
                return Ok(Reservation::Full);
            }
            let outcome = at_once(self.log().reserve(room, new))?;
            if outcome == Reservation::Reserved {
                self.kept.lock().unwrap().blobs.push((room, new.id));
            }
            breathe().await;
            Ok(outcome)
        })
    }

    fn put(&self, room: RoomId, part: NewPart) -> Pending<'_, Put> {
        Box::pin(async move {
            if self.failing.load(Ordering::Relaxed) {
                breathe().await;
                return Err(LogError::Storage("the disk is full".into()));
            }
            let outcome = at_once(self.log().put(room, part));
            breathe().await;
            outcome
        })
    }

    fn complete(&self, room: RoomId, id: BlobId, sha256: [u8; 32], now: u64) -> Pending<'_, Completion> {
        Box::pin(async move {
            let outcome = at_once(self.log().complete(room, id, sha256, now));
            breathe().await;
            outcome
        })
    }

    fn part(&self, room: RoomId, span: Span) -> Pending<'_, Part> {
        let log = self.log();
        Box::pin(async move { at_once(log.part(room, span)) })
    }

    fn discard(&self, room: RoomId, id: BlobId, hash: DelHash) -> Pending<'_, Deletion> {
        let log = self.log();
        Box::pin(async move { at_once(log.discard(room, id, hash)) })
    }

    fn expire_blobs(&self, now: u64) -> Pending<'_, BlobExpiry> {
        let log = self.log();
        Box::pin(async move { at_once(log.expire_blobs(now)) })
    }
}

/// Waits for the log without letting virtual time pass: its threads live in the real one.
fn at_once<T>(pending: Pending<'_, T>) -> Result<T, LogError> {
    let mut pending = std::pin::pin!(unconstrained(pending));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match pending.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A disk takes a moment: the relay may die between storing and answering.
async fn breathe() {
    tokio::task::yield_now().await;
}

/// The file in its folder, and the key of that.
const RELAY: &str = "relay.db";
const KEY: [u8; 32] = [7; 32];
