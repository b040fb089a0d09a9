//! What one connection has seen of the way in, and forgets when it ends.

use std::time::Duration;

use conclave_proto::{frame::GroupInfos, id::Tag};

use crate::{door::Found, snapshot::LinkFault};

/// The way in, on one connection.
#[derive(Default)]
pub(super) struct Door {
    /// The right to commit.
    pub(super) lease: Lease,
    /// Not to be asked for before this.
    pub(super) lease_after: Duration,
    /// The newest commit that an own commit was sent on top of.
    pub(super) commit_sent: Option<Tag>,
    /// The newest commit when the walk over the GroupInfos began.
    pub(super) walks_for: Option<Tag>,
    /// GroupInfos that were looked at in this walk.
    pub(super) looked_at: usize,
    /// Those of them that somebody who rejoins may choose from, the newest first.
    pub(super) found: Vec<Found>,
    /// Why the newest of them that a newcomer could not use was none.
    pub(super) refused: Option<LinkFault>,
    /// What a joiner has read of the room.
    pub(super) read: Option<GroupInfos>,
}

/// The right to commit (protocol 4.7).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Lease {
    #[default]
    None,
    Asked,
    Held {
        until: Duration,
        head: Tag,
    },
}

crate::silent::silent! {
    Door { lease }
}
