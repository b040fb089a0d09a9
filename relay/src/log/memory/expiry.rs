//! What goes from a room in memory: what has expired, and the oldest of a kind where there is no space for one more.

use conclave_proto::limits;

use super::room::{Known, MemoryRoom, Row, len};
use crate::log::{
    Quota, StoredRoom,
    bounds::{Lack, Share},
};

impl MemoryRoom {
    /// Lets the oldest of a kind go until one more fits. Of a commit the envelope goes first: whoever stands on it can
    /// prove its key still.
    pub(super) fn make_room(&mut self, share: Share, size: usize, quota: Quota) {
        while let Some(lack) = self.held(share).usage.lacks(size, quota) {
            let emptied = share == Share::Commits && lack == Lack::Bytes && self.empty_oldest_commit();
            if !emptied && !self.forget_oldest(share) {
                return;
            }
        }
    }

    /// Drops the envelope of the oldest commit that has one, unless it is the head. `false` if there is none.
    fn empty_oldest_commit(&mut self) -> bool {
        let StoredRoom { floor, head_seq, .. } = self.room;
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

    /// Forgets the oldest write of a kind, with the entry if it is still there, but never the head. `false` if there is
    /// none.
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

    pub(super) fn expire(&mut self, now: u64, settled: u64) -> u64 {
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

    /// Whether nothing was written for as long as the deed says.
    pub(super) fn is_idle(&self, settled: u64) -> bool {
        let idle_ttl = u64::from(self.room.deed.policy().idle_ttl).min(limits::RETENTION.as_secs());
        self.last_activity.saturating_add(idle_ttl) <= settled
    }
}
