//! Who hears what happens in which room: one subscription for each, for every backend.

use std::{
    collections::HashMap,
    sync::{Mutex, Weak},
};

use conclave_proto::{
    id::{PublicKey, RoomId, RoomState, Tag},
    owner::Tombstone,
};

use super::{Notice, StoredEntry, Subscriber};
use crate::sync::lock;

/// The subscriptions of a log.
///
/// The order of notices is the caller's: a backend tells of a room's writes one after another, from the one thread that
/// commits, or while it holds the room.
#[derive(Debug, Default)]
pub(crate) struct Subscribers(Mutex<HashMap<RoomId, Weak<dyn Subscriber>>>);

impl Subscribers {
    /// See [`RoomLog::subscribe`](super::RoomLog::subscribe).
    pub(crate) fn insert(&self, room: RoomId, subscriber: Weak<dyn Subscriber>) {
        lock(&self.0).insert(room, subscriber);
    }

    /// Tells a room's subscriber. That the room is gone is the last that it hears.
    pub(crate) fn tell(&self, room: RoomId, notice: Notice<'_>) {
        if let Some(subscriber) = self.find(room, &notice).and_then(|subscriber| Weak::upgrade(&subscriber)) {
            subscriber.notice(notice);
        }
    }

    /// Tells what a transaction has changed, once it is committed.
    pub(crate) fn tell_all(&self, committed: &[(RoomId, OwnedNotice)]) {
        for (room, notice) in committed {
            self.tell(*room, notice.borrowed());
        }
    }

    /// Drops subscriptions whose subscriber is gone.
    pub(crate) fn forget_dead(&self) {
        lock(&self.0).retain(|_, subscriber| subscriber.strong_count() > 0);
    }

    /// The lock is let go before anybody is told: a subscriber has locks of its own.
    fn find(&self, room: RoomId, notice: &Notice<'_>) -> Option<Weak<dyn Subscriber>> {
        let mut subscribers = lock(&self.0);
        if matches!(notice, Notice::Gone(_)) { subscribers.remove(&room) } else { subscribers.get(&room).cloned() }
    }
}

/// A [`Notice`] that waits for a commit.
#[derive(Debug)]
pub(crate) enum OwnedNotice {
    Entry { entry: StoredEntry, prev: u64 },
    Changed { state: RoomState, head: Tag, head_key: PublicKey },
    Gone(Option<Box<Tombstone>>),
}

impl OwnedNotice {
    fn borrowed(&self) -> Notice<'_> {
        match self {
            Self::Entry { entry, prev } => Notice::Entry { entry, prev: *prev },
            Self::Changed { state, head, head_key } => {
                Notice::Changed { state: *state, head: *head, head_key: *head_key }
            }
            Self::Gone(tombstone) => Notice::Gone(tombstone.as_deref()),
        }
    }
}
