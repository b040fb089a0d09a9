//! The relay as a value: started, asked, shut down. It lives inside another process and owns every task that it starts.

use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, Weak},
    time::Duration,
};

use conclave_proto::{Authority, id::RoomId};
use conclave_seal::rng::{self, Rng};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Semaphore,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::Clock,
    config::Config,
    connection,
    fault::contained,
    lease::{ConnId, Source},
    limits::{ConnectionLimits, Permit},
    live_room::LiveRoom,
    log::{Calendar, Notice, RoomLog, Subscriber},
    sync::lock,
};

/// A running relay. Clones are handles to the same one.
///
/// It runs until [`Relay::shutdown`]. Without a listener it also ends, without a word to anybody, when every handle and every
/// future of [`Relay::serve`] is dropped: that is how a test lets it crash over a log that lives on.
#[derive(Debug, Clone)]
pub struct Relay {
    pub(crate) shared: Arc<Shared>,
}

/// What is known of a connection from below the WebSocket.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConnectionInfo {
    /// The TLS exporter value (RFC 9266) if this relay terminates TLS itself.
    pub exporter: Option<[u8; 32]>,
    /// The other side's address, where it says something: none on loopback, where an onion service or a proxy ends.
    pub source: Option<IpAddr>,
}

/// Counts for the person who runs the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Connections, authenticated or not.
    pub connections: usize,
    /// Rooms with somebody attached.
    pub rooms: usize,
}

impl Relay {
    /// Starts a relay over a log. It listens nowhere yet: hand it connections with [`Relay::serve`].
    ///
    /// Must be called inside a tokio runtime with time enabled.
    #[must_use]
    pub fn start(config: Config, log: Arc<dyn RoomLog>, clock: Arc<dyn Clock>, rng: Box<dyn Rng>) -> Self {
        let authorities = config.authorities.iter().cloned().collect();
        let limits = Arc::new(ConnectionLimits::new(config.max_sockets, config.max_sockets_per_source));
        let (unproven_bytes, large_bytes) = (budget(config.unproven_bytes), budget(config.large_bytes));
        let shared = Arc::new(Shared {
            config,
            log,
            clock,
            rng: Mutex::new(RngBox(rng)),
            authorities: Mutex::new(authorities),
            only_room: OnceLock::new(),
            rooms: Mutex::default(),
            limits,
            unproven_bytes,
            large_bytes,
            sources: RandomState::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            died: CancellationToken::new(),
        });
        shared.spawn_needed(sweep(Arc::downgrade(&shared), shared.stop.clone(), shared.config.sweep_interval));
        Self { shared }
    }

    /// Serves one connection until it ends: any stream of bytes that carries a WebSocket.
    ///
    /// # Cancel safety
    /// Dropping the future cuts the connection; nothing that was acknowledged is lost.
    pub fn serve<S>(&self, stream: S, info: ConnectionInfo) -> impl Future<Output = ()> + Send + 'static
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let relay = self.clone();
        self.shared.tasks.track_future(contained(async move {
            let source = relay.shared.source(info.source);
            let Some(permit) = relay.shared.limits.admit(source) else { return };
            relay.serve_admitted(stream, source, info.exporter, &permit).await;
        }))
    }

    /// Serves a connection that has its permit already.
    pub(crate) async fn serve_admitted<S>(
        &self,
        stream: S,
        source: Option<Source>,
        exporter: Option<[u8; 32]>,
        permit: &Permit,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let peer = Peer { conn: permit.conn, source, exporter };
        tokio::select! {
            biased;
            () = permit.displaced.cancelled() => {}
            () = connection::serve(Arc::clone(&self.shared), peer, stream) => {}
        }
    }

    /// Lets proofs name this relay by one more name.
    pub fn add_authority(&self, authority: Authority) {
        lock(&self.shared.authorities).insert(authority);
    }

    /// Names the room that a relay with [`Config::dedicated`] serves. The first name stays.
    pub fn dedicate(&self, room: RoomId) {
        self.shared.only_room.get_or_init(|| room);
    }

    /// Counts of connections and rooms.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            connections: self.shared.limits.count(),
            rooms: lock(&self.shared.rooms).values().filter(|room| room.strong_count() > 0).count(),
        }
    }

    /// How many connections a room has.
    #[must_use]
    pub fn sockets(&self, room: &RoomId) -> usize {
        let live = lock(&self.shared.rooms).get(room).and_then(Weak::upgrade);
        live.map_or(0, |room| room.sockets())
    }

    /// Resolves when something has died that the relay cannot do without: a listener, the sweep, a thread of its log. It goes on
    /// serving as far as it can; shut it down and start another one.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn died(&self) {
        tokio::select! {
            () = self.shared.died.cancelled() => {}
            () = self.shared.log.died() => {}
        }
    }

    /// Tells every client, closes every connection and waits until every task has ended.
    ///
    /// # Cancel safety
    /// The relay stops even if the future is dropped; only the waiting ends.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

/// What is known of a connection, inside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) conn: ConnId,
    pub(crate) source: Option<Source>,
    pub(crate) exporter: Option<[u8; 32]>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) log: Arc<dyn RoomLog>,
    pub(crate) clock: Arc<dyn Clock>,
    rng: Mutex<RngBox>,
    authorities: Mutex<BTreeSet<Authority>>,
    only_room: OnceLock<RoomId>,
    rooms: Mutex<HashMap<RoomId, Weak<LiveRoom>>>,
    pub(crate) limits: Arc<ConnectionLimits>,
    /// Budgets for messages that are arriving, in bytes.
    pub(crate) unproven_bytes: Arc<Semaphore>,
    pub(crate) large_bytes: Arc<Semaphore>,
    /// Turns addresses into what cannot be turned back.
    sources: RandomState,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// Cancelled when a task has died that the relay cannot do without.
    died: CancellationToken,
}

/// The log tells a room what happens; when, is asked here.
impl Subscriber for LiveRoom {
    fn notice(&self, notice: Notice<'_>) {
        self.hear(notice, Instant::now());
    }
}

impl Shared {
    /// Starts a task that the relay cannot do without: if it panics, [`Relay::died`] says so.
    pub(crate) fn spawn_needed(&self, task: impl Future<Output = ()> + Send + 'static) {
        let guard = self.died.clone().drop_guard();
        self.spawn(async move {
            task.await;
            // It ended as it should, because the relay stops.
            drop(guard.disarm());
        });
    }

    /// Starts a task that the relay waits for when it stops.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(contained(task));
    }

    /// Where a connection comes from. Whoever has an IPv6 address has all of its /64.
    pub(crate) fn source(&self, address: Option<IpAddr>) -> Option<Source> {
        address.map(|address| match address.to_canonical() {
            IpAddr::V4(address) => Source(self.sources.hash_one(address)),
            IpAddr::V6(address) => Source(self.sources.hash_one(address.to_bits() >> 64)),
        })
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        rng::array(&mut *lock(&self.rng).0)
    }

    pub(crate) fn knows(&self, authority: &Authority) -> bool {
        lock(&self.authorities).contains(authority)
    }

    /// Whether a room may be opened here.
    pub(crate) fn serves(&self, room: RoomId) -> bool {
        !self.config.dedicated || self.only_room.get() == Some(&room)
    }

    /// The room for those who are attached; the log tells it what happens from now on.
    pub(crate) fn open_room(&self, id: RoomId) -> Arc<LiveRoom> {
        let mut rooms = lock(&self.rooms);
        if let Some(live) = rooms.get(&id).and_then(Weak::upgrade).filter(|live| !live.has_ended()) {
            return live;
        }
        let live = Arc::new(LiveRoom::new(id));
        rooms.insert(id, Arc::downgrade(&live));
        let subscriber = Arc::downgrade(&live);
        self.log.subscribe(id, subscriber);
        live
    }

    /// Forgets a room when the last connection is gone.
    pub(crate) fn close_room(&self, live: Arc<LiveRoom>) {
        let mut rooms = lock(&self.rooms);
        let id = live.id;
        drop(live);
        if rooms.get(&id).is_some_and(|room| room.strong_count() == 0) {
            rooms.remove(&id);
        }
    }

    /// The interval to the next ping, give or take a tenth, so that pings of many connections do not march in step.
    pub(crate) fn next_ping(&self) -> Duration {
        let [jitter] = self.random::<1>();
        self.config.ping_interval.mul_f64(0.9 + 0.2 * f64::from(jitter) / 255.0)
    }
}

/// A source of randomness that says nothing about itself.
struct RngBox(Box<dyn Rng>);

impl std::fmt::Debug for RngBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RngBox(..)")
    }
}

fn budget(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)))
}

/// Removes what has expired, in small batches, until the relay stops or nobody holds it any more.
async fn sweep(relay: Weak<Shared>, stop: CancellationToken, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut calendar, mut last) = (None, Instant::now());
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let Some(shared) = relay.upgrade() else { return };
        lock(&shared.rooms).retain(|_, room| room.strong_count() > 0);
        let now = shared.clock.unix();
        let Some(settled) = settle(&shared, &mut calendar, &mut last, now).await else { continue };
        loop {
            match shared.log.expire(now, settled).await {
                Ok(expiry) if expiry.more => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::error!(%error, "expired entries could not be removed");
                    break;
                }
            }
        }
    }
}

/// The time by which rooms end. None if what was believed before a restart cannot be read: then nothing ends yet.
async fn settle(shared: &Shared, calendar: &mut Option<Calendar>, last: &mut Instant, wall: u64) -> Option<u64> {
    let before = match *calendar {
        Some(before) => Some(before),
        None => match shared.log.remembered().await {
            Ok(remembered) => remembered,
            Err(error) => {
                tracing::error!(%error, "the date of before cannot be read; nothing expires until it can");
                return None;
            }
        },
    };
    let mut after = before.filter(|_| !shared.config.trust_clock).unwrap_or_else(|| Calendar::new(wall));
    let steady = Duration::from_secs(last.elapsed().as_secs());
    *last = last.checked_add(steady).unwrap_or(*last);
    after.advance(wall, steady);
    if after.doubt.is_some() && before.is_none_or(|before| before.doubt.is_none()) {
        tracing::warn!("the clock has jumped by more than a day: no room ends before it has been right for 24 hours");
    }
    // Once an hour is enough to notice a jump while the relay was not running.
    let hours = |calendar: Calendar| (calendar.settled / 3600, calendar.doubt);
    if before.map(hours) != Some(hours(after))
        && let Err(error) = shared.log.remember(after).await
    {
        tracing::error!(%error, "the date could not be stored");
    }
    *calendar = Some(after);
    Some(after.settled)
}

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;
    use futures_util::FutureExt as _;

    use super::*;
    use crate::{clock::SystemClock, fault::panics_are_contained, log::MemoryLog};

    #[tokio::test]
    async fn a_needed_task_that_panics_is_missed_and_one_that_ends_is_not() {
        let log = Arc::new(MemoryLog::new());
        let relay = Relay::start(Config::default(), log, Arc::new(SystemClock), Box::new(OsRng));
        relay.shared.spawn_needed(async {});
        tokio::task::yield_now().await;
        assert!(relay.died().now_or_never().is_none());
        relay.shared.spawn_needed(async { panic!("a fault of ours") });
        tokio::time::timeout(Duration::from_secs(10), relay.died()).await.expect("its death is noticed");
        relay.shutdown().await;
    }

    #[tokio::test]
    async fn a_hook_that_ends_the_process_can_tell_a_panic_of_the_relay() {
        let (told, hears) = std::sync::mpsc::channel();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() == Some("a fault in the relay") {
                told.send(panics_are_contained()).unwrap();
            } else {
                before(info);
            }
        }));
        let log = Arc::new(MemoryLog::new());
        let relay = Relay::start(Config::default(), log, Arc::new(SystemClock), Box::new(OsRng));
        relay.shared.spawn_needed(async {
            tokio::task::yield_now().await;
            panic!("a fault in the relay")
        });
        relay.died().await;
        assert!(hears.recv().unwrap());
        assert!(!panics_are_contained(), "what runs on this thread next is somebody else's");
        let other = TaskTracker::new().spawn(async { panic!("a fault in the relay") });
        other.await.unwrap_err();
        assert!(!hears.recv().unwrap(), "a task of the same runtime, but not the relay's");
        relay.shutdown().await;
    }
}
