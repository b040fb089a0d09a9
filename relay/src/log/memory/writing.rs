//! What clients write into a room in memory: messages, commits, the owner's orders, deletions.

use conclave_proto::{
    Lane,
    id::{Cid, DelHash, PublicKey, RoomState, Tag},
    owner::SignedStatement,
};

use super::room::{Held, Known, MemoryRoom, Row, len, share_of};
use crate::log::{
    Append, Deletion, NewCommit, NewEntry, Notice, Ordered, OwnerChange, Quota, StoredEntry, StoredGroupInfo,
    StoredRoom,
    bounds::Share,
    retention::{cid_until, keeps_room},
};

impl MemoryRoom {
    pub(super) fn append(&mut self, new: NewEntry) -> Append {
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

    pub(super) fn commit(&mut self, new: NewCommit) -> Append {
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

    /// The checks before a write, `cid` first: a repeated request is answered as the first was, wherever the head is
    /// now.
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

    fn store(&mut self, row: Row, cid: Cid, now: u64) -> Append {
        let (seq, prev) = (row.entry.seq, self.room.last_seq);
        self.room.last_seq = seq;
        if keeps_room(row.entry.lane) {
            self.last_activity = self.last_activity.max(now);
        }
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

    pub(super) fn owner(&mut self, counter: u64, change: OwnerChange, signed: SignedStatement) -> Ordered {
        if let OwnerChange::Head { commit: Some(commit), .. } = &change {
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
            OwnerChange::Policy(deed) => (StoredRoom { deed, ..self.room.clone() }, None),
            OwnerChange::Head { head, .. } if head != self.room.head => {
                return Ordered::Stale { head: self.room.head, seq: self.room.head_seq };
            }
            OwnerChange::Head { state, base, commit, .. } => {
                let Some((head_seq, head_key)) = self.find_commit(base) else { return Ordered::NoSuchEntry };
                let mut room = StoredRoom { head: base, head_seq, head_key, ..self.room.clone() };
                room.set_state(state);
                (room, commit)
            }
        };
        let size = commit.as_ref().map_or(0, |new| new.blob.len().saturating_add(new.place.len()));
        if commit.as_ref().is_some_and(|new| !new.quota.takes(size)) {
            return Ordered::Full;
        }
        (self.owner_counter, self.room) = (counter, StoredRoom { owner: Some(signed), ..changed });
        self.tell(Notice::Changed { state: self.room.state, head: self.room.head, head_key: self.room.head_key });
        let stored = commit.map(|new| self.store_commit(*new));
        Ordered::Done(stored.map(|_| self.room.last_seq))
    }

    pub(super) fn delete(&mut self, seq: u64, hash: DelHash) -> Deletion {
        match self.entries.get(&seq) {
            Some(row) if row.del_hash == Some(hash) => {
                self.remove(seq);
                Deletion::Deleted
            }
            Some(_) => Deletion::BadToken,
            None if seq != 0 && seq <= self.room.last_seq => Deletion::Deleted,
            None => Deletion::NoSuchEntry,
        }
    }
}
