//! One room in memory: what it holds, and how its tables stay in step.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use conclave_proto::{
    id::{Cid, DelHash, PublicKey, RoomId, RoomState, Tag},
    limits,
};

use crate::log::{
    Append, Founding, Notice, Page, Quota, Range, StoredEntry, StoredGroupInfo, StoredRoom,
    bounds::{GroupInfoSize, Share, Usage, group_infos_to_drop},
    retention::hour_of,
    subscribers::Subscribers,
};

/// One room.
#[derive(Debug)]
pub(super) struct MemoryRoom {
    id: RoomId,
    pub(super) room: StoredRoom,
    pub(super) owner_counter: u64,
    pub(super) genesis: (Tag, PublicKey),
    pub(super) last_activity: u64,
    /// The start of the hour in which it began.
    pub(super) created: u64,
    pub(super) messages: Held,
    pub(super) commits: Held,
    pub(super) entries: BTreeMap<u64, Row>,
    /// The numbers of writes that are known.
    pub(super) cids: HashMap<Cid, u64>,
    /// The numbers of those that are commits.
    pub(super) tags: HashMap<Tag, u64>,
    pub(super) keys: HashMap<PublicKey, u64>,
    /// Oldest first, with whether a member uploaded it.
    pub(super) group_infos: Vec<(StoredGroupInfo, bool)>,
    /// By the number of the commit; of entries and GroupInfos that are stored the place is here, not in them.
    pub(super) places: BTreeMap<u64, Bytes>,
    subscribers: Arc<Subscribers>,
}

/// What a room holds of one kind. In maps of their own, so that the oldest of a kind is found without a walk over the
/// other.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) usage: Usage,
    /// What is known of writes, by their numbers: of entries, and of some that are gone.
    pub(super) known: BTreeMap<u64, Known>,
}

/// What is known of a write.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) cid: Cid,
    pub(super) tag: Option<Tag>,
    /// Unix seconds; for messages.
    pub(super) until: u64,
}

/// An entry that is stored.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) entry: StoredEntry,
    pub(super) del_hash: Option<DelHash>,
    pub(super) expires: u64,
}

impl MemoryRoom {
    pub(super) fn new(founding: Founding, subscribers: Arc<Subscribers>) -> Self {
        let Founding { room: id, deed, key, genesis, group_info, place, seat, now, .. } = founding;
        Self {
            id,
            room: StoredRoom {
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

    pub(super) fn duplicate(&self, cid: Cid) -> Option<Append> {
        let seq = *self.cids.get(&cid)?;
        Some(Append::Duplicate { seq, tag: self.commits.known.get(&seq).and_then(|known| known.tag) })
    }

    /// The number of a commit that is known, or that is forgotten but for its GroupInfo: of those no two have the same
    /// tag, either.
    pub(super) fn commit_seq(&self, tag: Tag) -> Option<u64> {
        let kept = || self.group_infos.iter().find(|(info, _)| info.tag == tag).map(|(info, _)| info.seq);
        self.tags.get(&tag).copied().or_else(kept)
    }

    pub(super) fn forget(&mut self, share: Share, seq: u64) {
        let Held { usage, known } = self.held(share);
        let Some(known) = known.remove(&seq) else { return };
        usage.bytes = usage.bytes.saturating_sub(Quota::CID);
        self.cids.remove(&known.cid);
        if let Some(tag) = known.tag {
            self.tags.remove(&tag);
        }
    }

    pub(super) const fn held(&mut self, share: Share) -> &mut Held {
        match share {
            Share::Messages => &mut self.messages,
            Share::Commits => &mut self.commits,
        }
    }

    pub(super) fn next(&self) -> u64 {
        self.room.last_seq.saturating_add(1)
    }

    pub(super) fn prune_group_infos(&mut self) {
        let sizes = self.group_infos.iter().map(|(info, by_member)| {
            let (seq, size, by_member) = (info.seq, info.blob.len(), *by_member);
            GroupInfoSize { seq, size, by_member }
        });
        let drop = group_infos_to_drop(&sizes.collect::<Vec<_>>());
        self.group_infos.retain(|(info, _)| !drop.contains(&info.seq));
    }

    /// Keeps the places that can still be handed out: those of the newest commits, and of each GroupInfo that is kept.
    pub(super) fn prune_places(&mut self) {
        let Self { places, entries, group_infos, commits: Held { usage: Usage { bytes, .. }, .. }, .. } = self;
        let oldest = places.keys().rev().nth(limits::PLACES.saturating_sub(1)).copied().unwrap_or(0);
        places.retain(|seq, place| {
            let of_entry = *seq >= oldest && entries.contains_key(seq);
            let keep = of_entry || group_infos.binary_search_by_key(seq, |(info, _)| info.seq).is_ok();
            *bytes = if keep { *bytes } else { bytes.saturating_sub(len(place)) };
            keep
        });
    }

    pub(super) fn read(&self, range: Range) -> Page {
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

    pub(super) fn find_commit(&self, tag: Tag) -> Option<(u64, PublicKey)> {
        if tag == self.genesis.0 {
            return Some((0, self.genesis.1));
        }
        if tag == self.room.head {
            return Some((self.room.head_seq, self.room.head_key));
        }
        let found = self.entries.values().find(|row| row.entry.tag == Some(tag))?;
        Some((found.entry.seq, found.entry.key?))
    }

    pub(super) fn remove(&mut self, seq: u64) {
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

    pub(super) fn tell(&self, notice: Notice<'_>) {
        self.subscribers.tell(self.id, notice);
    }

    pub(super) fn group_info(&self, before: Option<Tag>) -> Option<StoredGroupInfo> {
        let mut infos = self.group_infos.iter().rev().map(|(info, _)| info);
        let info = match before {
            None => infos.next(),
            Some(tag) => infos.skip_while(|info| info.tag != tag).nth(1),
        }?;
        Some(StoredGroupInfo { place: self.places.get(&info.seq).cloned(), ..info.clone() })
    }

    pub(super) fn first_commit_after(&self, seq: u64) -> Option<u64> {
        let after = self.entries.range(seq.saturating_add(1)..);
        after.filter(|(_, row)| row.entry.tag.is_some()).map(|(seq, _)| *seq).next()
    }
}

/// The share that an entry counts in.
pub(super) const fn share_of(row: &Row) -> Share {
    if row.entry.tag.is_some() { Share::Commits } else { Share::Messages }
}

pub(super) fn len(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
