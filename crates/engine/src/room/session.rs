//! What one connection to a relay knows, and forgets when it ends.

use std::{collections::BTreeMap, time::Duration};

use conclave_proto::{
    frame::{EntryPush, GroupInfos, Request},
    id::{PublicKey, Role, ServerNonce, Tag},
};

use conclave_proto::frame::ClientFrame;

use super::walk::Found;
use crate::snapshot::LinkFault;

/// One connection, from the relay's greeting on.
pub(crate) struct Session {
    /// Bound into every proof; zeros if the relay does not end TLS itself.
    pub(crate) exporter: [u8; 32],
    /// The relay's clock as it greeted, unix seconds, and when that was.
    pub(crate) relay_time: (u64, Duration),
    /// The challenge for the next proof; taken when it is used.
    pub(crate) nonce: Option<ServerNonce>,
    /// By how many seconds the own clock is ahead of the relay's.
    pub(crate) clock_ahead: i64,
    /// When a frame came last.
    pub(crate) heard_at: Duration,
    /// Requests without an answer.
    asked: BTreeMap<u32, (Asked, Duration)>,
    next_rid: u32,
    /// The code was proven.
    pub(crate) admitted: bool,
    /// The member key that was proven last.
    pub(crate) member: Option<PublicKey>,
    /// Everything up to now was read, and news comes by itself.
    pub(crate) live: bool,
    /// The number of the last commit that the relay does not have any more.
    pub(crate) floor: u64,
    /// The entry at the cursor was asked for.
    pub(crate) looked_back: bool,
    /// The relay has pushed out messages that this client has not read.
    pub(crate) truncated: bool,
    /// The room's messages fill their share at the relay, as it said last.
    pub(crate) full: bool,
    /// Since when news comes.
    pub(crate) live_since: Option<Duration>,
    /// Entries that came by themselves while something older is still being read.
    pub(crate) early: Vec<EntryPush>,
    /// The newest outbox row that was handed to the relay here.
    pub(crate) sent_up_to: i64,
    /// Messages that were handed over and not answered.
    pub(crate) in_flight: u32,
    /// Messages that the relay refused because of a commit that was known here, since it last took one or brought an entry.
    pub(crate) refused_again: u32,
    /// The relay refused a message because of a commit; go on when the cursor has reached its place.
    pub(crate) resume_at: Option<u64>,
    /// Since when that place is waited for.
    pub(crate) resume_since: Duration,
    /// The right to commit.
    pub(crate) lease: Lease,
    /// Not to be asked for before this.
    pub(crate) lease_after: Duration,
    /// The relay's newest commit as of the last proof.
    pub(crate) head: Option<Tag>,
    /// The newest commit that an own commit was sent on top of.
    pub(crate) commit_sent: Option<Tag>,
    /// The newest commit when the walk over the GroupInfos began.
    pub(crate) walks_for: Option<Tag>,
    /// GroupInfos that were looked at in this walk.
    pub(crate) looked_at: usize,
    /// Those of them that somebody who rejoins may choose from, the newest first.
    pub(crate) found: Vec<Found>,
    /// Why the newest of them that a newcomer could not use was none.
    pub(crate) refused: Option<LinkFault>,
    /// What a joiner has read of the room.
    pub(crate) read: Option<GroupInfos>,
    /// The relay asked for patience until then.
    pub(crate) quiet_until: Duration,
}

/// The right to commit (protocol 4.7).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lease {
    None,
    Asked,
    Held { until: Duration, head: Tag },
}

/// What a request was for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Asked {
    Create,
    Auth(Role, PublicKey),
    GroupInfo,
    Lease,
    Commit,
    Publish(i64),
    Leave,
    Fetch,
    LookBack,
}

impl Session {
    pub(crate) fn new(nonce: ServerNonce, exporter: [u8; 32], relay_time: (u64, Duration)) -> Self {
        Self {
            exporter,
            relay_time,
            nonce: Some(nonce),
            clock_ahead: 0,
            heard_at: relay_time.1,
            asked: BTreeMap::new(),
            next_rid: 1,
            admitted: false,
            member: None,
            live: false,
            floor: 0,
            looked_back: false,
            truncated: false,
            full: false,
            live_since: None,
            early: Vec::new(),
            sent_up_to: 0,
            in_flight: 0,
            refused_again: 0,
            resume_at: None,
            resume_since: Duration::ZERO,
            lease: Lease::None,
            lease_after: Duration::ZERO,
            head: None,
            commit_sent: None,
            walks_for: None,
            looked_at: 0,
            found: Vec::new(),
            refused: None,
            read: None,
            quiet_until: Duration::ZERO,
        }
    }

    /// Numbers a request and remembers what it was for.
    pub(crate) fn ask(&mut self, asked: Asked, body: Request<'_>, now: Duration) -> Vec<u8> {
        let rid = self.next_rid;
        self.next_rid = if rid < UNANSWERED.saturating_sub(1) { rid.saturating_add(1) } else { 1 };
        self.asked.insert(rid, (asked, now));
        ClientFrame { rid, body }.encode()
    }

    /// What an answer belongs to.
    pub(crate) fn answered(&mut self, rid: u32) -> Option<Asked> {
        self.asked.remove(&rid).map(|(asked, _)| asked)
    }

    /// Whether an answer to such a request is outstanding.
    pub(crate) fn waits_for(&self, wanted: impl Fn(&Asked) -> bool) -> bool {
        self.asked.values().any(|(asked, _)| wanted(asked))
    }

    /// When the relay has been silent for too long about some request, or about a commit that it named.
    pub(crate) fn patience_ends(&self) -> Option<Duration> {
        let named = self.resume_at.map(|_| self.resume_since.saturating_add(ANSWER_TIMEOUT));
        // A slow line is busy with what is large, and carries a message behind it.
        let is_busy = self.waits_for(|asked| matches!(asked, Asked::Create | Asked::Commit));
        let ends = |(asked, since): &(Asked, Duration)| match asked {
            Asked::Publish(_) if !is_busy => self.heard_at.max(*since).saturating_add(PUBLISH_TIMEOUT),
            _ => since.saturating_add(ANSWER_TIMEOUT),
        };
        self.asked.values().map(ends).chain(named).min()
    }
}

/// The request number of what no relay answers, except to refuse it.
pub(crate) const UNANSWERED: u32 = u32::MAX;
/// A lease may take half a minute to be granted; nothing takes longer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);
/// How long a message stays unanswered while nothing at all comes, before the connection is taken for dead. One whose own end has
/// another address by now tells nobody: what is written goes nowhere, and the system retries for a quarter of an hour.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(15);
