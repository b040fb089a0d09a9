//! Mailboxes of the spoken invitation (protocol 5): each connects two connections, in memory, for ten minutes. No
//! socket, no clock: they are told what happens, and when.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use conclave_proto::{
    ErrorCode, RelayFrame,
    frame::{BoxJoined, BoxMessage, BoxSend, Refusal, Reply},
    id::BoxId,
    limits,
};
use tokio::time::Instant;

use crate::{
    outgoing::Outgoing,
    peer::{ConnId, Source},
    sync::lock,
};

/// The mailboxes of one relay.
#[derive(Debug)]
pub(crate) struct Mailboxes {
    most: usize,
    most_per_source: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    boxes: BTreeMap<u32, Mailbox>,
    /// Wrong nameplates of each source, since `counted_from`.
    wrong: HashMap<Source, u32>,
    counted_from: Option<Instant>,
}

#[derive(Debug)]
struct Mailbox {
    id: BoxId,
    until: Instant,
    inviter: End,
    joiner: Option<End>,
}

/// One of the two connections of a box.
#[derive(Debug)]
pub(crate) struct End {
    conn: ConnId,
    source: Option<Source>,
    out: Arc<Outgoing>,
    /// What it may send still.
    messages: usize,
    bytes: usize,
}

/// Where a connection is: a nameplate is given out again, the id never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) nameplate: u32,
    pub(crate) id: BoxId,
}

impl End {
    pub(crate) fn new(conn: ConnId, source: Option<Source>, out: Arc<Outgoing>) -> Self {
        Self { conn, source, out, messages: limits::BOX_MESSAGES, bytes: limits::BOX_BYTES }
    }

    fn tell(&self, body: Reply) {
        self.out.send(&RelayFrame::push(body));
    }
}

impl Mailboxes {
    pub(crate) fn new(most: usize, most_per_source: usize) -> Self {
        Self { most: most.min(MOST), most_per_source, inner: Mutex::default() }
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        lock(&self.inner).boxes.len()
    }

    /// Opens a box under a free nameplate, which `draw` brings random bits for.
    ///
    /// # Errors
    /// NOT_SUPPORTED where there are none, BOX_LIMIT where there are too many.
    pub(crate) fn open(
        &self,
        inviter: End,
        id: BoxId,
        mut draw: impl FnMut() -> u32,
        now: Instant,
    ) -> Result<Place, Refusal> {
        if self.most == 0 {
            return Err(Refusal::bare(ErrorCode::NotSupported));
        }
        let mut inner = lock(&self.inner);
        if inner.boxes.len() >= self.most || inner.ends_of(inviter.source) >= self.most_per_source {
            return Err(BOX_LIMIT);
        }
        let nameplates = nameplates(inner.boxes.len());
        let mut tries = (0..MOST_DRAWS).filter_map(|_| pick(&nameplates, draw()));
        let nameplate = tries.find(|nameplate| !inner.boxes.contains_key(nameplate)).ok_or(BOX_LIMIT)?;
        let until = now.checked_add(limits::BOX_TTL).unwrap_or(now);
        inner.boxes.insert(nameplate, Mailbox { id, until, inviter, joiner: None });
        Ok(Place { nameplate, id })
    }

    /// Enters a box. A third connection ends it, and both ends are told why.
    ///
    /// # Errors
    /// BOX_GONE if there is none, BOX_CROWDED for a third one: both are wrong nameplates. RATE_LIMITED after too many of
    /// one source, BOX_LIMIT if it is in too many boxes.
    pub(crate) fn join(&self, joiner: End, nameplate: &str, now: Instant) -> Result<Place, Refusal> {
        if self.most == 0 {
            return Err(Refusal::bare(ErrorCode::NotSupported));
        }
        let mut inner = lock(&self.inner);
        if let Some(refusal) = inner.rate_refusal(joiner.source, now) {
            return Err(refusal);
        }
        if inner.ends_of(joiner.source) >= self.most_per_source {
            return Err(BOX_LIMIT);
        }
        // What `format!` wrote: one spelling for each box, for the exchange signs it.
        let number = nameplate.parse::<u32>().ok().filter(|number| number.to_string() == nameplate);
        let found = number.filter(|number| inner.boxes.get(number).is_some_and(|found| now < found.until));
        let Some(nameplate) = found else {
            inner.count_wrong(joiner.source, now);
            return Err(Refusal::bare(ErrorCode::BoxGone));
        };
        match inner.boxes.get_mut(&nameplate) {
            Some(Mailbox { id, inviter, joiner: free @ None, .. }) => {
                inviter.tell(Reply::BoxJoined(BoxJoined { box_id: *id }));
                *free = Some(joiner);
                Ok(Place { nameplate, id: *id })
            }
            _ => {
                inner.end(nameplate, None, ErrorCode::BoxCrowded);
                inner.count_wrong(joiner.source, now);
                Err(Refusal::bare(ErrorCode::BoxCrowded))
            }
        }
    }

    /// Forwards to the other end.
    ///
    /// # Errors
    /// BOX_GONE after the end of the box, NO_SUCH_ENTRY where nobody is at the other end yet, TOO_LARGE, and BOX_LIMIT
    /// for more than an end may send.
    pub(crate) fn send(&self, place: Place, conn: ConnId, message: &BoxSend<'_>) -> Result<(), Refusal> {
        let mut inner = lock(&self.inner);
        let found = inner.find(place).ok_or(Refusal::bare(ErrorCode::BoxGone))?;
        let (from, to) = found.ends_from(conn).ok_or(Refusal::bare(ErrorCode::NoSuchEntry))?;
        if message.bytes.len() > limits::BOX_MESSAGE {
            return Err(Refusal::bare(ErrorCode::TooLarge));
        }
        let left = from.messages.checked_sub(1).zip(from.bytes.checked_sub(message.bytes.len()));
        (from.messages, from.bytes) = left.ok_or(BOX_LIMIT)?;
        to.tell(Reply::BoxMessage(BoxMessage { phase: message.phase, bytes: message.bytes.to_vec() }));
        Ok(())
    }

    /// Ends a box because one of its connections wants that or is gone.
    pub(crate) fn leave(&self, place: Place, conn: ConnId) {
        let mut inner = lock(&self.inner);
        if inner.find(place).is_some() {
            inner.end(place.nameplate, Some(conn), ErrorCode::BoxGone);
        }
    }

    /// Until when a box is open; none once it has ended. Ends it if its time is up.
    pub(crate) fn until(&self, place: Place, now: Instant) -> Option<Instant> {
        let mut inner = lock(&self.inner);
        let until = inner.find(place)?.until;
        if now < until {
            return Some(until);
        }
        inner.end(place.nameplate, None, ErrorCode::BoxGone);
        None
    }
}

impl Inner {
    fn find(&mut self, place: Place) -> Option<&mut Mailbox> {
        self.boxes.get_mut(&place.nameplate).filter(|found| found.id == place.id)
    }

    /// Removes a box, and tells everybody in it but `but`.
    fn end(&mut self, nameplate: u32, but: Option<ConnId>, code: ErrorCode) {
        let ended = self.boxes.remove(&nameplate);
        let ends = ended.into_iter().flat_map(|ended| [Some(ended.inviter), ended.joiner]).flatten();
        for end in ends.filter(|end| Some(end.conn) != but) {
            end.tell(Reply::Refused(Refusal::bare(code)));
        }
    }

    /// In how many boxes a source is. One that cannot be seen is not counted.
    fn ends_of(&self, source: Option<Source>) -> usize {
        let ends = self.boxes.values().flat_map(|found| [Some(&found.inviter), found.joiner.as_ref()]).flatten();
        source.map_or(0, |source| ends.filter(|end| end.source == Some(source)).count())
    }

    /// Why a source must wait that has tried too many nameplates.
    fn rate_refusal(&mut self, source: Option<Source>, now: Instant) -> Option<Refusal> {
        let ends = self.counted_from.and_then(|from| from.checked_add(limits::BOX_TTL))?;
        let left = ends.saturating_duration_since(now);
        if left.is_zero() {
            (self.wrong, self.counted_from) = (HashMap::new(), None);
            return None;
        }
        let wrong = source.and_then(|source| self.wrong.get(&source))?;
        (*wrong >= MOST_WRONG_OF_A_SOURCE)
            .then(|| Refusal::retry(ErrorCode::RateLimited, u32::try_from(left.as_millis()).unwrap_or(u32::MAX)))
    }

    fn count_wrong(&mut self, source: Option<Source>, now: Instant) {
        let Some(source) = source else { return };
        if self.wrong.len() >= MOST_GUESSERS {
            self.wrong.clear();
        }
        self.counted_from.get_or_insert(now);
        let wrong = self.wrong.entry(source).or_default();
        *wrong = wrong.saturating_add(1);
    }
}

impl Mailbox {
    /// The end of a connection, and the other one, if both are there.
    fn ends_from(&mut self, conn: ConnId) -> Option<(&mut End, &mut End)> {
        let (inviter, joiner) = (&mut self.inviter, self.joiner.as_mut()?);
        Some(if inviter.conn == conn { (inviter, joiner) } else { (joiner, inviter) })
    }
}

/// The nameplates of one length: the more boxes are open, the longer, so that a guess meets one in a hundred times at
/// most. None begins with a zero, which people leave out.
fn nameplates(open: usize) -> std::ops::Range<u32> {
    match open {
        0..90 => 1_000..10_000,
        90..900 => 10_000..100_000,
        _ => 100_000..1_000_000,
    }
}

/// One of them by random bits; none for the few values that would make some likelier than others (rejection sampling).
fn pick(nameplates: &std::ops::Range<u32>, bits: u32) -> Option<u32> {
    let count = nameplates.end.saturating_sub(nameplates.start);
    let whole = u32::MAX.checked_div(count)?.checked_mul(count)?;
    if bits < whole { nameplates.start.checked_add(bits.checked_rem(count)?) } else { None }
}

const BOX_LIMIT: Refusal = Refusal::bare(ErrorCode::BoxLimit);
/// Nine thousand, a hundredth of the longest nameplates.
const MOST: usize = 9_000;
/// With a hundredth of them in use, so many draws all fail once in a universe.
const MOST_DRAWS: u32 = 64;
/// Wrong nameplates of one source in ten minutes: three people behind one address who hear badly.
const MOST_WRONG_OF_A_SOURCE: u32 = 10;
/// Sources that are counted; beyond that the count begins anew, for who has more has no need of another try.
const MOST_GUESSERS: usize = 65_536;

#[cfg(test)]
mod tests;
