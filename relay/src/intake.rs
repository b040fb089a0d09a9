//! Flow control of what a connection sends, one message at a time: how large, out of which budget, until when. Pure: it
//! takes `now`.
//!
//! Until a proof succeeded, anybody can be on the other side. Messages are small then, but for one CREATE, and what is
//! begun has a deadline; so what strangers hold of the relay's memory is bounded by the number of connections and one
//! budget.

use std::time::Duration;

use conclave_proto::limits;
use tokio::time::Instant;

use crate::{config::Config, metrics::Ended};

/// One connection's incoming side.
#[derive(Debug)]
pub(crate) struct Intake {
    /// The first proof is due then; none any more once it came.
    proof_by: Option<Instant>,
    create_timeout: Duration,
    message_timeout: Duration,
    /// When the message that is under way began.
    begun: Option<Instant>,
    /// Bytes since the last whole message.
    received: usize,
    /// The message that is under way has its share of the budget.
    reserved: bool,
    /// The one large message before a proof has been.
    spent: bool,
}

/// How much may be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowance {
    /// So many bytes.
    Read(usize),
    /// Nothing, before so many bytes of the budget are reserved.
    Reserve(usize),
    /// Nothing any more: the message is larger than its sender may send.
    Exceeded,
}

impl Intake {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        Self {
            proof_by: now.checked_add(config.proof_timeout),
            create_timeout: config.create_timeout,
            message_timeout: config.message_timeout,
            begun: None,
            received: 0,
            reserved: false,
            spent: false,
        }
    }

    /// How much may be read now.
    pub(crate) fn allowance(&self) -> Allowance {
        let proven = self.is_proven();
        let (free, most) = if proven { (FREE, MOST) } else { (FREE_UNPROVEN, MOST_UNPROVEN) };
        if self.reserved || self.received < free {
            let bound = if self.reserved { most } else { free };
            return match bound.saturating_sub(self.received) {
                0 => Allowance::Exceeded,
                left => Allowance::Read(left),
            };
        }
        if !proven && self.spent { Allowance::Exceeded } else { Allowance::Reserve(most) }
    }

    /// Bytes came.
    pub(crate) fn read(&mut self, bytes: usize, now: Instant) {
        if bytes > 0 {
            self.received = self.received.saturating_add(bytes);
            self.begun.get_or_insert(now);
        }
    }

    /// The budget has given what was asked for.
    pub(crate) fn reserve(&mut self) {
        (self.reserved, self.spent) = (true, true);
    }

    /// A message is whole. False if it is one that needed a proof before.
    pub(crate) fn message(&mut self, message: &[u8]) -> bool {
        self.begun = None;
        (self.received, self.reserved) = (0, false);
        self.is_proven() || message.len() <= limits::UNPROVEN || message.starts_with(CREATE)
    }

    /// A ping or pong came, perhaps between the fragments of a message: it is no part of it, and no sign of progress.
    pub(crate) fn control(&mut self, payload: usize) {
        self.received = self.received.saturating_sub(payload.saturating_add(CONTROL_HEADER));
        if self.received == 0 {
            self.begun = None;
        }
    }

    /// The first proof is due at another time, if there was none: the connection is in a mailbox, or was until now.
    pub(crate) fn set_proof_due(&mut self, proof_by: Instant) {
        self.proof_by = self.proof_by.map(|_| proof_by);
    }

    /// A proof succeeded.
    pub(crate) fn prove(&mut self) {
        self.proof_by = None;
    }

    pub(crate) fn is_proven(&self) -> bool {
        self.proof_by.is_none()
    }

    /// Whether a message is arriving.
    pub(crate) fn is_receiving(&self) -> bool {
        self.received > 0
    }

    /// The connection is closed then, unless what is due comes before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match (self.whole_by(), self.proof_by) {
            (Some(whole), Some(proof)) => Some(whole.min(proof)),
            (whole, proof) => whole.or(proof),
        }
    }

    /// What did not come in time, once the deadline has passed.
    pub(crate) fn overdue(&self, now: Instant) -> Option<Ended> {
        self.deadline()
            .filter(|deadline| *deadline <= now)
            .map(|deadline| if self.proof_by == Some(deadline) { Ended::ProofTimeout } else { Ended::MessageTimeout })
    }

    /// When the message that is under way has to be whole.
    fn whole_by(&self) -> Option<Instant> {
        let timeout = if self.is_proven() { self.message_timeout } else { self.create_timeout };
        self.begun.and_then(|begun| begun.checked_add(timeout))
    }
}

/// `[CREATE, rid, map]`: how a CREATE begins.
const CREATE: &[u8] = &[0x83, 2];
/// Header and mask of a control frame from a client (RFC 6455 section 5.2).
const CONTROL_HEADER: usize = 6;
/// Headers of frames, and what is read ahead of the next message.
const SLACK: usize = 4096 + 256;
/// What a connection without a proof may send without asking the budget, and at most.
const FREE_UNPROVEN: usize = limits::UNPROVEN + SLACK;
const MOST_UNPROVEN: usize = limits::GROUP_INFO + limits::DEED + limits::PLACE + 1024 + SLACK;
/// The same behind a proof: a message of a conversation is free.
const FREE: usize = limits::APPLICATION + 1024 + SLACK;
const MOST: usize = limits::MESSAGE + SLACK;

#[cfg(test)]
mod tests {
    use super::*;

    fn intake(now: Instant) -> Intake {
        Intake::new(&Config::default(), now)
    }

    /// Sends until nothing more is taken; says how much that was.
    fn flood(intake: &mut Intake, budget: bool, now: Instant) -> usize {
        let mut sent = 0;
        loop {
            match intake.allowance() {
                Allowance::Read(bytes) => {
                    intake.read(bytes, now);
                    sent = bytes.saturating_add(sent);
                }
                Allowance::Reserve(_) if budget => intake.reserve(),
                Allowance::Reserve(_) | Allowance::Exceeded => return sent,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stranger_sends_little_and_one_create() {
        let now = Instant::now();
        assert_eq!(flood(&mut intake(now), false, now), FREE_UNPROVEN);
        let mut stranger = intake(now);
        assert_eq!(flood(&mut stranger, true, now), MOST_UNPROVEN);
        assert!(stranger.message(&[&[0x83, 2, 1][..], &[0; 100_000]].concat()), "a CREATE");
        assert_eq!(flood(&mut stranger, true, now), FREE_UNPROVEN, "once");
        assert!(!intake(now).message(&[&[0x83, 6, 1][..], &[0; 100_000]].concat()), "nothing else may be large");
        assert!(intake(now).message(&[0x83; limits::UNPROVEN]));
    }

    #[tokio::test(start_paused = true)]
    async fn behind_a_proof_messages_are_as_large_as_the_protocol_allows() {
        let now = Instant::now();
        let mut member = intake(now);
        member.prove();
        assert_eq!(flood(&mut member, false, now), FREE);
        member.message(b"");
        for _ in 0..2 {
            assert_eq!(flood(&mut member, true, now), MOST);
            assert!(member.message(&[0x83; 100_000]));
        }
        assert_eq!(member.deadline(), None, "who says nothing is not late");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_begun_has_a_deadline_that_no_ping_moves() {
        let (start, config) = (Instant::now(), Config::default());
        let mut stranger = intake(start);
        assert_eq!(stranger.deadline(), Some(start + config.proof_timeout), "the first proof is due");
        assert_eq!(stranger.overdue(start + config.proof_timeout), Some(Ended::ProofTimeout));
        stranger.read(100, start);
        let later = start + Duration::from_secs(9);
        stranger.read(106, later);
        stranger.control(100);
        assert_eq!(stranger.deadline(), Some(start + config.create_timeout), "as of its first byte");
        assert_eq!(stranger.overdue(start + config.create_timeout), Some(Ended::MessageTimeout));
        assert_eq!(stranger.overdue(later), None);
        assert!(stranger.is_receiving());
        stranger.prove();
        assert_eq!(stranger.deadline(), Some(start + config.message_timeout));
        stranger.message(b"");
        stranger.read(6, later);
        stranger.control(0);
        assert_eq!(stranger.deadline(), None, "a ping by itself begins nothing");
    }
}
