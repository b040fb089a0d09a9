//! Rooms in memory: for rooms that must not outlive a process, and for tests that let a relay die over a log that lives.

use std::{
    collections::{BTreeMap, HashMap},
    future::ready,
    sync::{Arc, Mutex, Weak},
};

use bytes::Bytes;
use conclave_proto::{
    id::{Cid, DelHash, Lane, PublicKey, RoomId, RoomState, Tag},
    limits,
    owner::{SignedStatement, Tombstone},
};

use super::{
    Append, Calendar, Change, Creation, Deletion, Expiry, Founding, LogError, NewCommit, NewEntry, Notice, Ordered,
    Page, Pending, Quota, Range, Room, RoomLog, Standing, StoredEntry, StoredGroupInfo, Subscriber,
    bounds::{GroupInfoSize, Lack, Share, Usage, group_infos_to_drop},
    retention::{cid_until, hour_of, tombstone_until},
    subscribers::Subscribers,
};
use crate::sync::lock;

/// Rooms in memory. Give the same one to a new relay and the rooms go on.
#[derive(Debug, Default)]
pub struct MemoryLog {
    rooms: Mutex<HashMap<RoomId, Slot>>,
    subscribers: Arc<Subscribers>,
    calendar: Mutex<Option<Calendar>>,
}

impl MemoryLog {
    /// No rooms.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, room: RoomId, missing: T, then: impl FnOnce(&mut Kept) -> T) -> T {
        match self.find(room) {
            Some(kept) => match lock(&kept).as_mut() {
                Some(kept) => then(kept),
                None => missing,
            },
            None => missing,
        }
    }

    fn find(&self, room: RoomId) -> Option<Arc<Mutex<Option<Kept>>>> {
        match lock(&self.rooms).get(&room) {
            Some(Slot::Here(kept)) => Some(Arc::clone(kept)),
            Some(Slot::Gone { .. }) | None => None,
        }
    }

    /// Takes a room away, so that whoever still holds it finds it empty, and tells its subscriber.
    fn take(&self, room: RoomId, instead: Option<(Tombstone, u64)>) -> bool {
        // Held until it is told: nobody founds the room again before those who are attached know that this one ended.
        let mut rooms = lock(&self.rooms);
        let Some(Slot::Here(kept)) = rooms.get(&room) else { return false };
        let Some(kept) = lock(kept).take() else { return false };
        if let Some((tombstone, now)) = &instead {
            let until = tombstone_until(*now, kept.created);
            rooms.insert(room, Slot::Gone { tombstone: Box::new(tombstone.clone()), until });
        } else {
            rooms.remove(&room);
        }
        kept.tell(Notice::Gone(instead.as_ref().map(|(tombstone, _)| tombstone)));
        true
    }
}

impl RoomLog for MemoryLog {
    fn create(&self, founding: Founding) -> Pending<'_, Creation> {
        let mut rooms = lock(&self.rooms);
        let full = rooms.len() >= founding.max_rooms;
        now(match rooms.get(&founding.room) {
            Some(Slot::Here(_)) => Creation::Exists,
            Some(Slot::Gone { tombstone, .. }) => Creation::Gone(tombstone.clone()),
            None if full => Creation::Full,
            None => {
                rooms.insert(
                    founding.room,
                    Slot::Here(Arc::new(Mutex::new(Some(Kept::new(founding, Arc::clone(&self.subscribers)))))),
                );
                Creation::Created
            }
        })
    }

    fn state(&self, room: RoomId) -> Pending<'_, Standing> {
        let found = match lock(&self.rooms).get(&room) {
            Some(Slot::Here(kept)) => Arc::clone(kept),
            Some(Slot::Gone { tombstone, .. }) => return now(Standing::Gone(tombstone.clone())),
            None => return now(Standing::Unknown),
        };
        let room = lock(&found).as_ref().map(|kept| Room { messages: kept.messages.usage, ..kept.room.clone() });
        now(room.map_or(Standing::Unknown, |room| Standing::Here(Box::new(room))))
    }

    fn member_key(&self, room: RoomId, key: PublicKey) -> Pending<'_, Option<u64>> {
        now(self.with(room, None, |kept| kept.keys.get(&key).copied()))
    }

    fn append(&self, room: RoomId, entry: NewEntry) -> Pending<'_, Append> {
        now(self.with(room, Append::Missing, |kept| kept.append(entry)))
    }

    fn commit(&self, room: RoomId, commit: NewCommit) -> Pending<'_, Append> {
        now(self.with(room, Append::Missing, |kept| kept.commit(commit)))
    }

    fn group_info(&self, room: RoomId, before: Option<Tag>) -> Pending<'_, Option<StoredGroupInfo>> {
        now(self.with(room, None, |kept| {
            let mut infos = kept.group_infos.iter().rev().map(|(info, _)| info);
            let info = match before {
                None => infos.next(),
                Some(tag) => infos.skip_while(|info| info.tag != tag).nth(1),
            }?;
            Some(StoredGroupInfo { place: kept.places.get(&info.seq).cloned(), ..info.clone() })
        }))
    }

    fn read(&self, room: RoomId, range: Range) -> Pending<'_, Page> {
        now(self.with(room, Page::default(), |kept| kept.read(range)))
    }

    fn first_commit_after(&self, room: RoomId, seq: u64) -> Pending<'_, Option<u64>> {
        now(self.with(room, None, |kept| {
            let after = kept.entries.range(seq.saturating_add(1)..);
            after.filter(|(_, row)| row.entry.tag.is_some()).map(|(seq, _)| *seq).next()
        }))
    }

    fn delete(&self, room: RoomId, seq: u64, hash: DelHash) -> Pending<'_, Deletion> {
        now(self.with(room, Deletion::NoSuchEntry, |kept| match kept.entries.get(&seq) {
            Some(row) if row.del_hash == Some(hash) => {
                kept.remove(seq);
                Deletion::Deleted
            }
            Some(_) => Deletion::BadToken,
            None if seq != 0 && seq <= kept.room.last_seq => Deletion::Deleted,
            None => Deletion::NoSuchEntry,
        }))
    }

    fn owner(&self, room: RoomId, counter: u64, change: Change, signed: SignedStatement) -> Pending<'_, Ordered> {
        now(self.with(room, Ordered::Missing, |kept| kept.owner(counter, change, signed)))
    }

    fn wipe(&self, room: RoomId, tombstone: Tombstone, now_: u64) -> Pending<'_, bool> {
        now(self.take(room, Some((tombstone, now_))))
    }

    fn expire(&self, now_: u64, settled: u64) -> Pending<'_, Expiry> {
        self.subscribers.forget_dead();
        let mut expiry = Expiry::default();
        let rooms: Vec<_> = {
            let mut rooms = lock(&self.rooms);
            rooms.retain(|_, slot| !matches!(slot, Slot::Gone { until, .. } if *until <= settled));
            rooms.keys().copied().collect()
        };
        for room in rooms {
            let idle = self.with(room, false, |kept| {
                expiry.entries = expiry.entries.saturating_add(kept.expire(now_, settled));
                let idle_ttl = u64::from(kept.room.deed.policy().idle_ttl).min(limits::RETENTION.as_secs());
                kept.last_activity.saturating_add(idle_ttl) <= settled
            });
            if idle && self.take(room, None) {
                expiry.rooms = expiry.rooms.saturating_add(1);
            }
        }
        now(expiry)
    }

    fn remembered(&self) -> Pending<'_, Option<Calendar>> {
        now(*lock(&self.calendar))
    }

    fn remember(&self, calendar: Calendar) -> Pending<'_, ()> {
        *lock(&self.calendar) = Some(calendar);
        now(())
    }

    fn subscribe(&self, room: RoomId, subscriber: Weak<dyn Subscriber>) {
        self.subscribers.insert(room, subscriber);
    }

    fn signal(&self, room: RoomId, origin: u64, blob: Bytes) {
        self.subscribers.tell(room, Notice::Signal { origin, blob: &blob });
    }
}

/// Memory answers at once.
fn now<T: Send + 'static>(value: T) -> Pending<'static, T> {
    Box::pin(ready(Ok::<T, LogError>(value)))
}

#[derive(Debug)]
enum Slot {
    Here(Arc<Mutex<Option<Kept>>>),
    Gone { tombstone: Box<Tombstone>, until: u64 },
}

#[derive(Debug)]
struct Kept {
    id: RoomId,
    room: Room,
    owner_counter: u64,
    genesis: (Tag, PublicKey),
    last_activity: u64,
    /// The start of the hour in which it began.
    created: u64,
    messages: Held,
    commits: Held,
    entries: BTreeMap<u64, Row>,
    /// The numbers of writes that are known.
    cids: HashMap<Cid, u64>,
    /// The numbers of those that are commits.
    tags: HashMap<Tag, u64>,
    keys: HashMap<PublicKey, u64>,
    /// Oldest first, with whether a member uploaded it.
    group_infos: Vec<(StoredGroupInfo, bool)>,
    /// By the number of the commit; of entries and GroupInfos that are stored the place is here, not in them.
    places: BTreeMap<u64, Bytes>,
    subscribers: Arc<Subscribers>,
}

/// What a room holds of one kind. In maps of their own, so that the oldest of a kind is found without a walk over the other.
#[derive(Debug, Default)]
struct Held {
    usage: Usage,
    /// What is known of writes, by their numbers: of entries, and of some that are gone.
    known: BTreeMap<u64, Known>,
}

/// What is known of a write.
#[derive(Debug)]
struct Known {
    cid: Cid,
    tag: Option<Tag>,
    /// Unix seconds; for messages.
    until: u64,
}

#[derive(Debug)]
struct Row {
    entry: StoredEntry,
    del_hash: Option<DelHash>,
    expires: u64,
}

impl Kept {
    fn new(founding: Founding, subscribers: Arc<Subscribers>) -> Self {
        let Founding { room: id, deed, key, genesis, group_info, place, seat, now, .. } = founding;
        Self {
            id,
            room: Room {
                deed,
                state: RoomState::Open,
                head: genesis,
                head_seq: 0,
                head_key: key,
                locked_at: 0,
                last_seq: 0,
                floor: 0,
                pushed_out: 0,
                messages: Usage::default(),
                owner: None,
                seat,
            },
            owner_counter: 0,
            genesis: (genesis, key),
            last_activity: now,
            created: hour_of(now),
            messages: Held::default(),
            commits: Held { usage: Usage { entries: 0, bytes: len(&place) }, known: BTreeMap::new() },
            entries: BTreeMap::new(),
            cids: HashMap::new(),
            tags: HashMap::new(),
            keys: HashMap::from([(key, 0)]),
            group_infos: vec![(StoredGroupInfo { tag: genesis, seq: 0, blob: group_info, place: None }, true)],
            places: BTreeMap::from([(0, place)]),
            subscribers,
        }
    }

    fn append(&mut self, new: NewEntry) -> Append {
        if new.seat != self.room.seat {
            return Append::Missing;
        }
        if let Some(refusal) = self.refuse(new.cid, new.head, Some(new.author), new.blob.len(), new.quota) {
            return refusal;
        }
        self.make_room(Share::Messages, new.blob.len(), new.quota);
        let (seq, lane) = (self.next(), Lane::Application);
        let entry = StoredEntry { seq, lane, blob: new.blob, key: None, tag: None, place: None };
        self.store(Row { entry, del_hash: new.del_hash, expires: new.expires }, new.cid, new.now)
    }

    fn commit(&mut self, new: NewCommit) -> Append {
        let size = new.blob.len().saturating_add(new.place.len());
        if new.seat != self.room.seat {
            return Append::Missing;
        }
        let author = if new.owner { Some(self.room.head_key) } else { new.author };
        let refusal = self.refuse(new.cid, new.head, author, size, new.quota);
        // Under whatever name it comes again: a commit is in the log once.
        match (self.commit_seq(new.tag), refusal) {
            (_, Some(known @ Append::Duplicate { .. })) => known,
            (Some(seq), _) => Append::Duplicate { seq, tag: Some(new.tag) },
            (None, Some(refusal)) => refusal,
            (None, None) => self.store_commit(new),
        }
    }

    fn store_commit(&mut self, new: NewCommit) -> Append {
        self.make_room(Share::Commits, new.blob.len().saturating_add(new.place.len()), new.quota);
        let seq = self.next();
        self.keys.entry(new.key).or_insert(seq);
        self.tags.insert(new.tag, seq);
        let by_member = new.author.is_some() || new.owner;
        self.group_infos.push((StoredGroupInfo { tag: new.tag, seq, blob: new.group_info, place: None }, by_member));
        self.prune_group_infos();
        let bytes = &mut self.commits.usage.bytes;
        *bytes = bytes.saturating_add(len(&new.place));
        self.places.insert(seq, new.place.clone());
        (self.room.head, self.room.head_seq, self.room.head_key) = (new.tag, seq, new.key);
        let (key, tag) = (Some(new.key), Some(new.tag));
        let entry = StoredEntry { seq, lane: new.lane, blob: new.blob, key, tag, place: Some(new.place) };
        let stored = self.store(Row { entry, del_hash: None, expires: new.expires }, new.cid, new.now);
        self.prune_places();
        stored
    }

    /// The checks before a write, `cid` first: a repeated request is answered as the first was, wherever the head is now.
    fn refuse(&self, cid: Cid, head: Tag, author: Option<PublicKey>, size: usize, quota: Quota) -> Option<Append> {
        if let Some(known) = self.duplicate(cid) {
            return Some(known);
        }
        if self.room.state == RoomState::Locked && author != Some(self.room.head_key) {
            return Some(Append::Locked);
        }
        if head != self.room.head {
            return Some(Append::Stale { head: self.room.head, seq: self.room.head_seq });
        }
        (!quota.takes(size)).then_some(Append::Full)
    }

    fn duplicate(&self, cid: Cid) -> Option<Append> {
        let seq = *self.cids.get(&cid)?;
        Some(Append::Duplicate { seq, tag: self.commits.known.get(&seq).and_then(|known| known.tag) })
    }

    /// The number of a commit that is known, or that is forgotten but for its GroupInfo: of those no two have the same tag, either.
    fn commit_seq(&self, tag: Tag) -> Option<u64> {
        let kept = || self.group_infos.iter().find(|(info, _)| info.tag == tag).map(|(info, _)| info.seq);
        self.tags.get(&tag).copied().or_else(kept)
    }

    /// Lets the oldest of a kind go until one more fits. Of a commit the envelope goes first: whoever stands on it can prove its
    /// key still.
    fn make_room(&mut self, share: Share, size: usize, quota: Quota) {
        while let Some(lack) = self.held(share).usage.lacks(size, quota) {
            let emptied = share == Share::Commits && lack == Lack::Bytes && self.empty_oldest_commit();
            if !emptied && !self.forget_oldest(share) {
                return;
            }
        }
    }

    /// Drops the envelope of the oldest commit that has one, unless it is the head. `false` if there is none.
    fn empty_oldest_commit(&mut self) -> bool {
        let Room { floor, head_seq, .. } = self.room;
        // Those up to the floor have none any more; all above it have one.
        let mut commits = self.commits.known.range(floor.saturating_add(1)..).map(|(seq, _)| *seq);
        let Some(seq) = commits.find(|seq| *seq != head_seq) else { return false };
        let Some(row) = self.entries.get_mut(&seq) else { return false };
        let blob = std::mem::take(&mut row.entry.blob);
        let bytes = &mut self.commits.usage.bytes;
        *bytes = bytes.saturating_sub(len(&blob));
        self.room.floor = seq;
        true
    }

    /// Forgets the oldest write of a kind, with the entry if it is still there, but never the head. `false` if there is none.
    fn forget_oldest(&mut self, share: Share) -> bool {
        let head_seq = self.room.head_seq;
        let Some(seq) = self.held(share).known.keys().copied().find(|seq| *seq != head_seq) else { return false };
        if share == Share::Messages && self.entries.contains_key(&seq) {
            self.room.pushed_out = seq;
        }
        self.remove(seq);
        self.forget(share, seq);
        true
    }

    fn forget(&mut self, share: Share, seq: u64) {
        let Held { usage, known } = self.held(share);
        let Some(known) = known.remove(&seq) else { return };
        usage.bytes = usage.bytes.saturating_sub(Quota::CID);
        self.cids.remove(&known.cid);
        if let Some(tag) = known.tag {
            self.tags.remove(&tag);
        }
    }

    const fn held(&mut self, share: Share) -> &mut Held {
        match share {
            Share::Messages => &mut self.messages,
            Share::Commits => &mut self.commits,
        }
    }

    fn next(&self) -> u64 {
        self.room.last_seq.saturating_add(1)
    }

    fn store(&mut self, row: Row, cid: Cid, now: u64) -> Append {
        let (seq, prev) = (row.entry.seq, self.room.last_seq);
        self.room.last_seq = seq;
        self.last_activity = self.last_activity.max(now);
        let Held { usage, known } = self.held(share_of(&row));
        usage.entries = usage.entries.saturating_add(1);
        usage.bytes = usage.bytes.saturating_add(len(&row.entry.blob)).saturating_add(Quota::CID);
        known.insert(seq, Known { cid, tag: row.entry.tag, until: cid_until(now, row.expires) });
        self.cids.insert(cid, seq);
        self.tell(Notice::Entry { entry: &row.entry, prev });
        let entry = StoredEntry { place: None, ..row.entry };
        self.entries.insert(seq, Row { entry, ..row });
        Append::Stored { seq, messages: self.messages.usage }
    }

    fn prune_group_infos(&mut self) {
        let sizes = self.group_infos.iter().map(|(info, by_member)| {
            let (seq, size, by_member) = (info.seq, info.blob.len(), *by_member);
            GroupInfoSize { seq, size, by_member }
        });
        let drop = group_infos_to_drop(&sizes.collect::<Vec<_>>());
        self.group_infos.retain(|(info, _)| !drop.contains(&info.seq));
    }

    /// Keeps the places that can still be handed out: those of the newest commits, and of each GroupInfo that is kept.
    fn prune_places(&mut self) {
        let Self { places, entries, group_infos, commits: Held { usage: Usage { bytes, .. }, .. }, .. } = self;
        let oldest = places.keys().rev().nth(limits::PLACES.saturating_sub(1)).copied().unwrap_or(0);
        places.retain(|seq, place| {
            let of_entry = *seq >= oldest && entries.contains_key(seq);
            let keep = of_entry || group_infos.binary_search_by_key(seq, |(info, _)| info.seq).is_ok();
            *bytes = if keep { *bytes } else { bytes.saturating_sub(len(place)) };
            keep
        });
    }

    fn read(&self, range: Range) -> Page {
        let floor = self.room.floor;
        let mut page = Page { floor, ..Page::default() };
        let mut bytes = 0_usize;
        let after = if range.commits_only { range.after.max(floor) } else { range.after };
        if after >= range.until {
            return page;
        }
        for row in self.entries.range(after.saturating_add(1)..=range.until).map(|(_, row)| row) {
            let hidden = if row.entry.tag.is_some() { row.entry.seq <= floor } else { range.commits_only };
            if hidden {
                continue;
            }
            let place = row.entry.tag.and_then(|_| self.places.get(&row.entry.seq));
            bytes = bytes.saturating_add(row.entry.blob.len()).saturating_add(place.map_or(0, Bytes::len));
            if !page.entries.is_empty() && (page.entries.len() >= range.max_n || bytes > range.max_bytes) {
                page.more = true;
                break;
            }
            page.entries.push(StoredEntry { place: place.cloned(), ..row.entry.clone() });
        }
        page
    }

    fn owner(&mut self, counter: u64, change: Change, signed: SignedStatement) -> Ordered {
        if let Change::Head { commit: Some(commit), .. } = &change {
            if let Some(Append::Duplicate { seq, tag }) = self.duplicate(commit.cid) {
                return Ordered::Duplicate { seq, tag };
            }
            // Under whatever name it comes again: a commit is in the log once.
            if let Some(seq) = self.commit_seq(commit.tag) {
                return Ordered::Duplicate { seq, tag: Some(commit.tag) };
            }
        }
        if counter <= self.owner_counter {
            return Ordered::Old;
        }
        let (changed, commit) = match change {
            Change::Policy(deed) => (Room { deed, ..self.room.clone() }, None),
            Change::Head { head, .. } if head != self.room.head => {
                return Ordered::Stale { head: self.room.head, seq: self.room.head_seq };
            }
            Change::Head { state, base, commit, .. } => {
                let Some((head_seq, head_key)) = self.find_commit(base) else { return Ordered::NoSuchEntry };
                let mut room = Room { head: base, head_seq, head_key, ..self.room.clone() };
                room.set_state(state);
                (room, commit)
            }
        };
        let size = commit.as_ref().map_or(0, |new| new.blob.len().saturating_add(new.place.len()));
        if commit.as_ref().is_some_and(|new| !new.quota.takes(size)) {
            return Ordered::Full;
        }
        (self.owner_counter, self.room) = (counter, Room { owner: Some(signed), ..changed });
        self.tell(Notice::Changed { state: self.room.state, head: self.room.head, head_key: self.room.head_key });
        let stored = commit.map(|new| self.store_commit(*new));
        Ordered::Done(stored.map(|_| self.room.last_seq))
    }

    fn find_commit(&self, tag: Tag) -> Option<(u64, PublicKey)> {
        if tag == self.genesis.0 {
            return Some((0, self.genesis.1));
        }
        if tag == self.room.head {
            return Some((self.room.head_seq, self.room.head_key));
        }
        let found = self.entries.values().find(|row| row.entry.tag == Some(tag))?;
        Some((found.entry.seq, found.entry.key?))
    }

    fn expire(&mut self, now: u64, settled: u64) -> u64 {
        let head_seq = self.room.head_seq;
        let time = |row: &Row| if row.entry.tag.is_some() { settled } else { now };
        let due = self.entries.iter().filter(|(seq, row)| row.expires <= time(row) && **seq != head_seq);
        let due = due.map(|(seq, _)| *seq);
        let due: Vec<u64> = due.collect();
        for &seq in &due {
            self.remove(seq);
        }
        let is_due = |seq: &u64, known: &Known| known.until <= now && !self.entries.contains_key(seq);
        let known = self.messages.known.iter().filter(|(seq, known)| is_due(seq, known)).map(|(seq, _)| *seq);
        for seq in known.collect::<Vec<_>>() {
            self.forget(Share::Messages, seq);
        }
        u64::try_from(due.len()).unwrap_or(u64::MAX)
    }

    fn remove(&mut self, seq: u64) {
        let Some(row) = self.entries.remove(&seq) else { return };
        let usage = &mut self.held(share_of(&row)).usage;
        usage.entries = usage.entries.saturating_sub(1);
        usage.bytes = usage.bytes.saturating_sub(len(&row.entry.blob));
        if let Some(key) = row.entry.key {
            self.room.floor = self.room.floor.max(seq);
            if self.keys.get(&key) == Some(&seq) {
                self.keys.remove(&key);
            }
            self.prune_places();
        }
    }

    fn tell(&self, notice: Notice<'_>) {
        self.subscribers.tell(self.id, notice);
    }
}

const fn share_of(row: &Row) -> Share {
    if row.entry.tag.is_some() { Share::Commits } else { Share::Messages }
}

fn len(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
