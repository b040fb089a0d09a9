//! Links that are slow and break: bytes arrive late and in order, and the link may be cut after any of them. WebSocket frames
//! may come twice.

use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, Bytes};
use conclave_engine::{
    link::{Dialer, Dialled, Target},
    snapshot::LinkFault,
    tasks::BoxFuture,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep, sleep_until},
};

use crate::{
    liar::Liar,
    rng::SeededRng,
    server::Server,
    shown::{self, Shown},
    trace::Trace,
};

/// Which faults links have, and how often.
#[derive(Clone, Copy, Debug)]
pub struct FaultProfile {
    /// Of a hundred attempts to connect, so many fail.
    pub refused: u64,
    /// Of a hundred links, so many are cut.
    pub cut: u64,
    /// A link that is cut carries at most so many bytes in the direction that is cut.
    pub cut_within: u64,
    /// Of a hundred links that are not cut, so many fall silent: they take everything, carry nothing, and say nothing.
    pub silent: u64,
    /// Of a hundred writes, so many arrive twice.
    pub doubled: u64,
    /// Bytes take at most so many milliseconds.
    pub slowest: u64,
}

impl FaultProfile {
    /// Nothing breaks.
    pub const CALM: Self = Self { refused: 0, cut: 0, cut_within: 1, silent: 0, doubled: 0, slowest: 40 };
    /// Much breaks.
    pub const STORM: Self = Self { refused: 15, cut: 70, cut_within: 40_000, silent: 30, doubled: 2, slowest: 400 };
}

/// All links of a lab, to one relay.
#[derive(Debug)]
pub struct Network {
    rng: SeededRng,
    trace: Trace,
    faults: Mutex<FaultProfile>,
    server: Mutex<Option<Server>>,
    liar: Mutex<Option<Liar>>,
    shown: Mutex<Option<Shown>>,
    exporter: Mutex<Option<[u8; 32]>>,
    links: Mutex<Vec<(String, Weak<Link>)>>,
    cuts: AtomicU64,
    silences: AtomicU64,
    doubles: AtomicU64,
}

impl Network {
    /// A calm network that leads nowhere yet.
    #[must_use]
    pub fn new(rng: SeededRng, trace: Trace) -> Arc<Self> {
        Arc::new(Self {
            rng,
            trace,
            faults: Mutex::new(FaultProfile::CALM),
            server: Mutex::default(),
            liar: Mutex::default(),
            shown: Mutex::default(),
            exporter: Mutex::default(),
            links: Mutex::default(),
            cuts: AtomicU64::new(0),
            silences: AtomicU64::new(0),
            doubles: AtomicU64::new(0),
        })
    }

    /// The fault profile of links that are opened from now on.
    pub fn set_faults(&self, faults: FaultProfile) {
        *self.faults.lock().unwrap() = faults;
    }

    /// The relay that answers from now on.
    pub fn connect_to(&self, server: Option<Server>) {
        *self.server.lock().unwrap() = server;
    }

    /// Who changes what the relay says, on links that are opened from now on.
    pub fn lie(&self, liar: Option<Liar>) {
        *self.liar.lock().unwrap() = liar;
    }

    /// The key that the relay shows from now on; none without TLS.
    pub fn show(&self, shown: Option<Shown>) {
        *self.shown.lock().unwrap() = shown;
    }

    /// The TLS exporter value of links that are opened from now on, at the client's end. The lab's relay ends no TLS, so it
    /// binds nothing, like one behind somebody who does.
    pub fn export(&self, exporter: Option<[u8; 32]>) {
        *self.exporter.lock().unwrap() = exporter;
    }

    /// Whether a relay answers.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.server.lock().unwrap().is_some()
    }

    /// Cuts the links of somebody, whatever the fault profile.
    pub fn cut(&self, who: &str) {
        let links = self.links.lock().unwrap().clone();
        for link in links.iter().filter(|(name, _)| name == who).filter_map(|(_, link)| link.upgrade()) {
            link.cut();
        }
    }

    /// From now on the links of somebody take everything and carry nothing, as when their own address has changed: neither end
    /// hears of it.
    pub fn silence(&self, who: &str) {
        let links = self.links.lock().unwrap().clone();
        for link in links.iter().filter(|(name, _)| name == who).filter_map(|(_, link)| link.upgrade()) {
            for pipe in &link.pipes {
                pipe.lock().unwrap().fate = Fate::FallsSilent(0);
            }
            link.fall_silent();
        }
    }

    /// How many links were cut.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }

    /// How many links fell silent.
    #[must_use]
    pub fn silences(&self) -> u64 {
        self.silences.load(Ordering::Relaxed)
    }

    /// How many writes arrived twice.
    #[must_use]
    pub fn doubles(&self) -> u64 {
        self.doubles.load(Ordering::Relaxed)
    }

    pub(crate) fn open(self: &Arc<Self>, who: &str) -> (End, End) {
        let faults = *self.faults.lock().unwrap();
        let bytes = || self.rng.below(faults.cut_within);
        let fate = match (self.rng.percent(faults.cut), self.rng.percent(faults.silent)) {
            (true, _) => Fate::Breaks(bytes()),
            (false, true) => Fate::FallsSilent(bytes()),
            (false, false) => Fate::Lasts,
        };
        let fates = if self.rng.percent(50) { [fate, Fate::Lasts] } else { [Fate::Lasts, fate] };
        let pipes = fates.map(|fate| Mutex::new(Pipe::new(self.rng.fork(), faults, fate)));
        let both_ways = self.rng.percent(50);
        let link = Arc::new(Link { who: who.to_owned(), network: Arc::downgrade(self), both_ways, pipes });
        let mut links = self.links.lock().unwrap();
        links.retain(|(_, link)| link.strong_count() > 0);
        links.push((who.to_owned(), Arc::downgrade(&link)));
        let end = |side| End { link: Arc::clone(&link), side, sleep: None };
        (end(Side::Client), end(Side::Relay))
    }
}

/// One person's way into the network.
#[derive(Clone, Debug)]
pub struct LabDialer {
    who: String,
    network: Arc<Network>,
}

impl LabDialer {
    /// The way of a person.
    #[must_use]
    pub fn new(who: &str, network: &Arc<Network>) -> Self {
        Self { who: who.to_owned(), network: Arc::clone(network) }
    }
}

impl Dialer for LabDialer {
    fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
        Box::pin(async move {
            let faults = *self.network.faults.lock().unwrap();
            sleep(self.network.rng.millis(1..faults.slowest + 1)).await;
            let refused = self.network.rng.percent(faults.refused);
            let server = self.network.server.lock().unwrap().clone();
            let (Some(server), false) = (server, refused) else {
                self.network.trace.note(format_args!("{} cannot reach the relay", self.who));
                return Err(LinkFault::Unreachable);
            };
            let shown = *self.network.shown.lock().unwrap();
            let pin = shown.map(|shown| shown.key);
            let address = target.addresses.first().cloned().ok_or(LinkFault::Unreachable)?;
            let recognised = shown::recognise(&target, &address, shown).inspect_err(|_| {
                self.network.trace.note(format_args!("{} sees a foreign key", self.who));
            })?;
            self.network.trace.note(format_args!("{} reaches the relay", self.who));
            let (ours, theirs) = self.network.open(&self.who);
            match self.network.liar.lock().unwrap().clone() {
                None => server.accept(theirs),
                Some(liar) => {
                    let (between, relay) = self.network.open("the liar");
                    server.accept(relay);
                    server.process().start(Box::pin(liar.stand_between(self.who.clone(), theirs, between)));
                }
            }
            let exporter = *self.network.exporter.lock().unwrap();
            Ok(Dialled { wire: Box::new(ours), address, exporter, pin, recognised })
        })
    }
}

/// Two pipes: `pipes[0]` carries what the client writes.
struct Link {
    who: String,
    network: Weak<Network>,
    /// If it falls silent, it does so in both directions.
    both_ways: bool,
    pipes: [Mutex<Pipe>; 2],
}

impl Link {
    fn cut(&self) {
        let fresh = self.pipes.iter().map(|pipe| pipe.lock().unwrap().tear()).fold(false, |any, torn| any | torn);
        if let (true, Some(network)) = (fresh, self.network.upgrade()) {
            network.cuts.fetch_add(1, Ordering::Relaxed);
            network.trace.note(format_args!("{} is cut off", self.who));
        }
    }
}

impl Link {
    /// What it is given from now on disappears, and neither end hears of it.
    fn fall_silent(&self) {
        if self.both_ways {
            for pipe in &self.pipes {
                pipe.lock().unwrap().fate = Fate::FallsSilent(0);
            }
        }
        if let Some(network) = self.network.upgrade() {
            network.silences.fetch_add(1, Ordering::Relaxed);
            network.trace.note(format_args!("{}'s link falls silent", self.who));
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

/// How a direction of a link ends, with the bytes that it carries until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Lasts,
    Breaks(u64),
    FallsSilent(u64),
}

/// One direction of a link.
struct Pipe {
    rng: SeededRng,
    faults: FaultProfile,
    fate: Fate,
    /// What is written next begins a WebSocket frame: the greeting in HTTP is over, and what came before was taken as a whole.
    at_frame: bool,
    on_the_way: VecDeque<(Instant, Bytes)>,
    waiting: usize,
    newest: Instant,
    torn: bool,
    closed: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn new(rng: SeededRng, faults: FaultProfile, fate: Fate) -> Self {
        Self {
            rng,
            faults,
            fate,
            at_frame: false,
            on_the_way: VecDeque::new(),
            waiting: 0,
            newest: Instant::now(),
            torn: false,
            closed: false,
            reader: None,
            writer: None,
        }
    }

    /// Takes bytes, as many as there is room for, and says how many. Fewer may be on the way: then the link's fate is sealed.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let room = u64::try_from(bytes.len().min(CAPACITY - self.waiting)).unwrap();
        let carried = match &mut self.fate {
            Fate::Lasts => room,
            Fate::Breaks(left) | Fate::FallsSilent(left) => {
                let carried = room.min(*left);
                *left -= carried;
                carried
            }
        };
        let carried = usize::try_from(carried).unwrap();
        if carried > 0 {
            self.carry(bytes.get(..carried).unwrap());
        }
        // What is swallowed needs no room.
        if self.is_silent() { bytes.len() } else { carried }
    }

    /// Carries once more what was just taken as a whole, now and then. Says whether it did.
    fn double(&mut self, bytes: &[u8], taken: usize) -> bool {
        let whole = taken == bytes.len() && !self.is_silent();
        let frames = std::mem::replace(&mut self.at_frame, whole) && whole;
        let doubles = frames && bytes.len() <= CAPACITY - self.waiting && self.rng.percent(self.faults.doubled);
        if doubles {
            self.carry(bytes);
        }
        doubles
    }

    fn carry(&mut self, bytes: &[u8]) {
        let arrives = Instant::now() + self.rng.millis(1..self.faults.slowest + 1);
        self.newest = self.newest.max(arrives);
        self.waiting += bytes.len();
        self.on_the_way.push_back((self.newest, Bytes::copy_from_slice(bytes)));
        self.wake();
    }

    fn is_silent(&self) -> bool {
        self.fate == Fate::FallsSilent(0)
    }

    /// Breaks; what is on the way may still arrive or not. Says whether it was whole.
    fn tear(&mut self) -> bool {
        if self.torn || self.closed {
            return false;
        }
        self.torn = true;
        if self.rng.percent(50) {
            self.on_the_way.clear();
        }
        self.wake();
        true
    }

    fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Client,
    Relay,
}

/// One end of a link.
#[derive(Debug)]
pub struct End {
    link: Arc<Link>,
    side: Side,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl End {
    fn incoming(&self) -> &Mutex<Pipe> {
        let [there, back] = &self.link.pipes;
        match self.side {
            Side::Client => back,
            Side::Relay => there,
        }
    }

    fn outgoing(&self) -> &Mutex<Pipe> {
        let [there, back] = &self.link.pipes;
        match self.side {
            Side::Client => there,
            Side::Relay => back,
        }
    }
}

impl AsyncRead for End {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let link = Arc::clone(&self.link);
        loop {
            let mut pipe = match self.side {
                Side::Client => link.pipes[1].lock().unwrap(),
                Side::Relay => link.pipes[0].lock().unwrap(),
            };
            let Some((due, bytes)) = pipe.on_the_way.front_mut() else {
                if pipe.torn {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                if pipe.closed && !pipe.is_silent() {
                    return Poll::Ready(Ok(()));
                }
                pipe.reader = Some(cx.waker().clone());
                return Poll::Pending;
            };
            let due = *due;
            if due <= Instant::now() {
                let length = bytes.len().min(buffer.remaining());
                buffer.put_slice(bytes.get(..length).unwrap());
                bytes.advance(length);
                if bytes.is_empty() {
                    pipe.on_the_way.pop_front();
                }
                pipe.waiting -= length;
                if let Some(writer) = pipe.writer.take() {
                    writer.wake();
                }
                return Poll::Ready(Ok(()));
            }
            // A cut may drop what is on the way before it is due.
            pipe.reader = Some(cx.waker().clone());
            drop(pipe);
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if sleep.deadline() != due {
                sleep.as_mut().reset(due);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut pipe = self.outgoing().lock().unwrap();
        let was_silent = pipe.is_silent();
        if pipe.torn || (pipe.closed && !was_silent) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let taken = pipe.take(bytes);
        if pipe.fate == Fate::Breaks(0) && taken < bytes.len() {
            drop(pipe);
            self.link.cut();
            return Poll::Ready(if taken > 0 { Ok(taken) } else { Err(io::ErrorKind::BrokenPipe.into()) });
        }
        if pipe.is_silent() && !was_silent {
            drop(pipe);
            self.link.fall_silent();
            return Poll::Ready(Ok(taken));
        }
        if taken == 0 && !bytes.is_empty() {
            pipe.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if pipe.double(bytes, taken)
            && let Some(network) = self.link.network.upgrade()
        {
            network.doubles.fetch_add(1, Ordering::Relaxed);
            network.trace.note(format_args!("what passes between {} and the relay comes twice", self.link.who));
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut pipe = self.outgoing().lock().unwrap();
        pipe.closed = true;
        pipe.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        for pipe in [self.outgoing(), self.incoming()] {
            let mut pipe = pipe.lock().unwrap();
            pipe.closed = true;
            pipe.wake();
        }
    }
}

/// Bytes that a pipe holds; more is not taken before some have arrived.
const CAPACITY: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::clock::LabClock;

    #[tokio::test(start_paused = true)]
    async fn bytes_arrive_late_in_order_and_once() {
        let network = Network::new(SeededRng::new(1), Trace::new(LabClock::start()));
        let (mut client, mut relay) = network.open("Alice");
        let sent = Instant::now();
        for byte in 0..100_u8 {
            client.write_all(&[byte]).await.unwrap();
        }
        drop(client);
        let mut got = Vec::new();
        relay.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, (0..100).collect::<Vec<u8>>());
        assert!(sent.elapsed() >= Duration::from_millis(1), "nothing is instant");
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_breaks_behind_any_byte() {
        let network = Network::new(SeededRng::new(2), Trace::new(LabClock::start()));
        network.set_faults(FaultProfile { cut: 100, cut_within: 50, ..FaultProfile::CALM });
        for _ in 0..20 {
            let (mut client, mut relay) = network.open("Alice");
            // One of the two directions is the one that breaks.
            let outcome = client.write_all(&[7; 50]).await.and(relay.write_all(&[8; 50]).await);
            assert!(outcome.is_err(), "fifty bytes do not pass");
            let mut got = Vec::new();
            assert!(relay.read_to_end(&mut got).await.is_err(), "a cut is no end");
        }
        assert_eq!(network.cuts(), 20, "each counts once");
    }

    #[tokio::test(start_paused = true)]
    async fn whole_writes_come_twice_but_never_the_greeting() {
        let network = Network::new(SeededRng::new(4), Trace::new(LabClock::start()));
        network.set_faults(FaultProfile { doubled: 100, ..FaultProfile::CALM });
        let (mut client, mut relay) = network.open("Alice");
        for write in [b"GET", b"one", b"two"] {
            client.write_all(write).await.unwrap();
        }
        drop(client);
        let mut got = Vec::new();
        relay.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, b"GEToneonetwotwo");
        assert_eq!(network.doubles(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_link_takes_everything_and_says_nothing() {
        let network = Network::new(SeededRng::new(3), Trace::new(LabClock::start()));
        network.set_faults(FaultProfile { silent: 100, cut_within: 50, ..FaultProfile::CALM });
        for _ in 0..20 {
            let (mut client, mut relay) = network.open("Alice");
            client.write_all(&[7; 50]).await.unwrap();
            relay.write_all(&[8; 50]).await.unwrap();
            drop(client);
            let mut got = Vec::new();
            let heard = tokio::time::timeout(Duration::from_secs(3600), relay.read_to_end(&mut got)).await;
            let whole = got.len() >= 50;
            assert!(heard.is_err() || whole, "who is cut off by silence does not even hear of the end: {heard:?}");
        }
        assert_eq!((network.silences(), network.cuts()), (20, 0), "each counts once");
    }
}
