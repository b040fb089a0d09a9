//! What a room may hold, and what goes when more comes.
//!
//! Messages and commits have a share each, and where one is full the oldest of the same kind go instead of the newest
//! being refused: whoever has the code can write both, and could otherwise keep everybody from writing.

use conclave_proto::limits;

/// What a room may hold of messages, or of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Entries.
    pub entries: u64,
    /// Bytes of their envelopes and places, and [`Quota::CID`] for each `cid` that is known.
    pub bytes: u64,
}

impl Quota {
    /// What a `cid` counts, in bytes: without that, empty messages would cost nothing.
    pub const CID: u64 = 128;

    /// Whether an entry of so many bytes fits into a room that holds nothing else.
    pub(crate) fn takes(self, size: usize) -> bool {
        Usage::default().lacks(size, self).is_none()
    }

    /// Whether one more message, if it is of the largest size, pushes the oldest out.
    pub(crate) fn is_filled_by(self, messages: Usage) -> bool {
        messages.lacks(limits::APPLICATION, self).is_some()
    }
}

/// The two kinds of entries, each with a share of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// The application lane.
    Messages,
    /// The commit lanes.
    Commits,
}

/// What a room holds of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Entries.
    pub entries: u64,
    /// Bytes, as [`Quota::bytes`] counts them.
    pub bytes: u64,
}

impl Usage {
    /// What is missing for one more entry of so many bytes.
    pub(crate) fn lacks(self, size: usize, quota: Quota) -> Option<Lack> {
        let size = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(Quota::CID);
        match () {
            () if self.entries >= quota.entries => Some(Lack::Entries),
            () if self.bytes.saturating_add(size) > quota.bytes => Some(Lack::Bytes),
            () => None,
        }
    }
}

/// What there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Entries.
    Entries,
    /// Bytes.
    Bytes,
}

/// A GroupInfo that is kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupInfoSize {
    /// The number of its commit.
    pub(crate) seq: u64,
    /// Bytes of its envelope.
    pub(crate) size: usize,
    /// It came with a commit of a member.
    pub(crate) by_member: bool,
}

/// Which GroupInfos go, of those that are kept, oldest first.
///
/// Of more than [`limits::GROUP_INFOS`] the oldest. Of more than [`limits::GROUP_INFO_BYTES`] the largest, since it is
/// garbage that is large where a room is small. Never the newest, and never the newest one by a member: a joiner's may
/// be garbage.
pub(crate) fn group_infos_to_drop(kept: &[GroupInfoSize]) -> Vec<u64> {
    let member = kept.iter().rfind(|info| info.by_member).map(|info| info.seq);
    let excess = kept.len().saturating_sub(limits::GROUP_INFOS);
    let (old, new) = kept.split_at(excess);
    let (mut stay, mut drop): (Vec<GroupInfoSize>, Vec<GroupInfoSize>) =
        old.iter().copied().partition(|info| Some(info.seq) == member);
    stay.extend_from_slice(new);
    let Some((_, older)) = stay.split_last() else { return Vec::new() };
    let mut bytes = stay.iter().fold(0_usize, |sum, info| sum.saturating_add(info.size));
    // The largest first, of those alike the oldest.
    let mut older: Vec<GroupInfoSize> = older.iter().copied().filter(|info| Some(info.seq) != member).collect();
    older.sort_by_key(|info| std::cmp::Reverse(info.size));
    for info in older {
        if bytes <= limits::GROUP_INFO_BYTES {
            break;
        }
        bytes = bytes.saturating_sub(info.size);
        drop.push(info);
    }
    drop.iter().map(|info| info.seq).collect()
}
