//! One connection to a relay: what was asked, how far it has come, and what it forgets when it ends.

use std::{collections::BTreeMap, time::Duration};

use conclave_proto::{
    frame::{ClientFrame, EntryPush, Request},
    id::{PublicKey, Role, ServerNonce, Tag},
};

mod admission;
mod seat;

/// One connection, from the relay's greeting on.
pub(crate) struct Session {
    /// Bound into every proof; zeros if the relay does not end TLS itself.
    pub(super) exporter: [u8; 32],
    /// The relay's clock as it greeted, unix seconds, and when that was.
    pub(super) relay_time: (u64, Duration),
    /// The challenge for the next proof; taken when it is used.
    pub(super) nonce: Option<ServerNonce>,
    /// By how many seconds the own clock is ahead of the relay's.
    pub(super) clock_ahead: i64,
    /// When a frame came last.
    pub(super) heard_at: Duration,
    /// Requests without an answer.
    asked: BTreeMap<u32, (Asked, Duration)>,
    next_rid: u32,
    /// The code was proven.
    pub(super) admitted: bool,
    /// The member key that was proven last.
    pub(super) member: Option<PublicKey>,
    /// The owner's key was proven.
    pub(super) owner: bool,
    /// The number of the deed by which the relay goes.
    pub(super) deed_rev: u64,
    reading: Reading,
    /// The number of the last commit that the relay does not have any more.
    pub(super) floor: u64,
    /// The entry at the cursor was asked for.
    pub(super) looked_back: bool,
    /// The relay has pushed out messages that this client has not read.
    pub(super) truncated: bool,
    /// The room's messages fill their share at the relay, as it said last.
    pub(super) full: bool,
    /// Entries that came by themselves while something older is still being read.
    pub(super) early: Vec<EntryPush>,
    /// The relay's newest commit as of the last proof.
    pub(super) head: Option<Tag>,
    /// The relay asked for patience until then.
    pub(super) quiet_until: Duration,
}

/// How much of the log was read on a connection.
#[derive(Clone, Copy, Debug)]
enum Reading {
    /// What happened while this client was away is being read.
    Away,
    /// Everything up to now was read, and news comes by itself.
    Live { since: Duration },
    /// News came out of order: what is missing is being read.
    Gap { live_since: Duration },
}

/// What a request was for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    Create,
    Auth(Role, PublicKey),
    GroupInfo,
    Lease,
    Commit,
    Publish(i64),
    Leave,
    Order(i64),
    /// The commit slot, for an order.
    OrderLease,
    /// A newer deed, by a statement with this counter.
    Policy {
        counter: u64,
        rev: u64,
    },
    Close,
    Panic,
    Fetch,
    LookBack,
    Blob(AskedBlob),
    /// The own knock.
    Knock,
    /// The answer to the knock with this id.
    KnockAnswer([u8; 16]),
}

/// A request about a blob, and what it was for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AskedBlob {
    /// A place for the blob of the card of this line.
    New(i64),
    /// A part of it.
    Put(i64),
    /// All of it.
    End(i64),
    /// A part of the blob of the card of this line.
    Get(i64),
    /// A deletion, by its row.
    Delete(i64),
}

impl Session {
    pub(super) fn new(nonce: ServerNonce, exporter: [u8; 32], relay_time: (u64, Duration)) -> Self {
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
            owner: false,
            deed_rev: u64::MAX,
            reading: Reading::Away,
            floor: 0,
            looked_back: false,
            truncated: false,
            full: false,
            early: Vec::new(),
            head: None,
            quiet_until: Duration::ZERO,
        }
    }

    /// Numbers a request and remembers what it was for.
    pub(super) fn ask(&mut self, asked: Asked, body: Request<'_>, now: Duration) -> Vec<u8> {
        let rid = self.next_rid;
        self.next_rid = if rid < UNANSWERED.saturating_sub(1) { rid.saturating_add(1) } else { 1 };
        self.asked.insert(rid, (asked, now));
        ClientFrame { rid, body }.encode()
    }

    /// What an answer belongs to.
    pub(super) fn answered(&mut self, rid: u32) -> Option<Asked> {
        self.asked.remove(&rid).map(|(asked, _)| asked)
    }

    /// Whether an answer to such a request is outstanding.
    pub(super) fn waits_for(&self, wanted: impl Fn(&Asked) -> bool) -> bool {
        self.asked.values().any(|(asked, _)| wanted(asked))
    }

    /// Whether everything up to now was read, and news comes by itself.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.reading, Reading::Live { .. })
    }

    /// Since when news comes; none if it never did on this connection.
    pub(super) fn live_since(&self) -> Option<Duration> {
        match self.reading {
            Reading::Away => None,
            Reading::Live { since } | Reading::Gap { live_since: since } => Some(since),
        }
    }

    /// Everything up to now was read.
    pub(super) fn go_live(&mut self, now: Duration) {
        self.reading = Reading::Live { since: self.live_since().unwrap_or(now) };
    }

    /// Something is missing before what came.
    pub(super) fn miss(&mut self) {
        if let Reading::Live { since } = self.reading {
            self.reading = Reading::Gap { live_since: since };
        }
    }

    /// When the relay has been silent for too long, or the pause that it asked for is over.
    pub(super) fn wakes_at(&self) -> Option<Duration> {
        let quiet = Some(self.quiet_until).filter(|until| !until.is_zero());
        [self.patience_ends(), quiet].into_iter().flatten().min()
    }

    /// When the relay has been silent for too long about some request.
    pub(super) fn patience_ends(&self) -> Option<Duration> {
        // A slow line is busy with what is large, and carries a message behind it.
        let is_busy =
            self.waits_for(|asked| matches!(asked, Asked::Create | Asked::Commit | Asked::Order(_) | Asked::Blob(_)));
        let ends = |(asked, since): &(Asked, Duration)| match asked {
            Asked::Publish(_) if !is_busy => self.heard_at.max(*since).saturating_add(PUBLISH_TIMEOUT),
            _ => since.saturating_add(ANSWER_TIMEOUT),
        };
        self.asked.values().map(ends).min()
    }
}

/// The request number of what no relay answers, except to refuse it.
pub(super) const UNANSWERED: u32 = u32::MAX;
/// A lease may take half a minute to be granted; nothing takes longer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);
/// How long a message stays unanswered while nothing at all comes, before the connection is taken for dead. One whose own end has
/// another address by now tells nobody: what is written goes nowhere, and the system retries for a quarter of an hour.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(15);
