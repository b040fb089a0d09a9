//! What all connections of one relay share: configuration, log, clock and randomness; the rooms with somebody attached;
//! the bounds; and the tasks, with what stops them.

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
    sync::{Notify, Semaphore},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    blob::Storage,
    clock::Clock,
    config::Config,
    fault::contained,
    limits::ConnectionLimits,
    live_room::LiveRoom,
    log::{Notice, Subscriber},
    mailbox::Mailboxes,
    metrics::Metrics,
    peer::Source,
    sync::lock,
};

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) config: Config,
    pub(crate) log: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    rng: Mutex<RngBox>,
    authorities: Mutex<BTreeSet<Authority>>,
    only_room: OnceLock<RoomId>,
    rooms: Mutex<HashMap<RoomId, Weak<LiveRoom>>>,
    pub(crate) limits: Arc<ConnectionLimits>,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) metrics: Metrics,
    /// Budgets for messages that are arriving, in bytes.
    pub(crate) unproven_bytes: Arc<Semaphore>,
    pub(crate) large_bytes: Arc<Semaphore>,
    /// The key of the hash that addresses become.
    sources: RandomState,
    /// Wakes the sweep before its time: something is gone whose bytes are not.
    pub(crate) sweep: Arc<Notify>,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// Cancelled when a task has died that the relay cannot do without.
    died: CancellationToken,
}

impl Hub {
    pub(crate) fn new(config: Config, log: Arc<dyn Storage>, clock: Arc<dyn Clock>, rng: Box<dyn Rng>) -> Self {
        let authorities = config.authorities.iter().cloned().collect();
        let limits = Arc::new(ConnectionLimits::new(config.max_sockets, config.max_sockets_per_source));
        let mailboxes = Mailboxes::new(config.most_boxes(), config.max_boxes_per_source);
        let (unproven_bytes, large_bytes) = (budget(config.unproven_bytes), budget(config.large_bytes));
        Self {
            config,
            log,
            clock,
            rng: Mutex::new(RngBox(rng)),
            authorities: Mutex::new(authorities),
            only_room: OnceLock::new(),
            rooms: Mutex::default(),
            limits,
            mailboxes,
            metrics: Metrics::new(),
            unproven_bytes,
            large_bytes,
            sources: RandomState::new(),
            sweep: Arc::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            died: CancellationToken::new(),
        }
    }

    /// Starts a task that the relay cannot do without: if it panics, [`Hub::died`] resolves.
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

    /// Resolves when a needed task or a thread of the log has died.
    pub(crate) async fn died(&self) {
        tokio::select! {
            () = self.died.cancelled() => {}
            () = self.log.died() => {}
        }
    }

    /// Stops every task and waits until all have ended.
    pub(crate) async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Hashes an address. Whoever has an IPv6 address has all of its /64.
    pub(crate) fn source(&self, address: Option<IpAddr>) -> Option<Source> {
        address.map(|address| match address.to_canonical() {
            IpAddr::V4(address) => Source(self.sources.hash_one(address)),
            IpAddr::V6(address) => Source(self.sources.hash_one(address.to_bits() >> 64)),
        })
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        rng::array(&mut *lock(&self.rng).0)
    }

    /// The interval to the next ping, give or take a tenth, so that pings of many connections do not march in step.
    pub(crate) fn next_ping(&self) -> Duration {
        let [jitter] = self.random::<1>();
        self.config.ping_interval.mul_f64(0.9 + 0.2 * f64::from(jitter) / 255.0)
    }

    pub(crate) fn add_authority(&self, authority: Authority) {
        lock(&self.authorities).insert(authority);
    }

    /// Whether a proof may name the relay so.
    pub(crate) fn knows(&self, authority: &Authority) -> bool {
        lock(&self.authorities).contains(authority)
    }

    /// Names the one room of a dedicated relay. The first name stays.
    pub(crate) fn dedicate(&self, room: RoomId) {
        self.only_room.get_or_init(|| room);
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

    /// Forgets rooms that nobody is attached to.
    pub(crate) fn forget_empty_rooms(&self) {
        lock(&self.rooms).retain(|_, room| room.strong_count() > 0);
    }

    /// How many rooms have somebody attached.
    pub(crate) fn live_rooms(&self) -> usize {
        lock(&self.rooms).values().filter(|room| room.strong_count() > 0).count()
    }

    /// A room with somebody attached, also one that has ended.
    pub(crate) fn find_room(&self, room: &RoomId) -> Option<Arc<LiveRoom>> {
        lock(&self.rooms).get(room).and_then(Weak::upgrade)
    }

    /// How many connections a room has.
    pub(crate) fn sockets(&self, room: &RoomId) -> usize {
        self.find_room(room).map_or(0, |room| room.sockets())
    }
}

/// The log says what happens in a room; the time is read here, so that the room itself is driven by any instants.
impl Subscriber for LiveRoom {
    fn notice(&self, notice: Notice<'_>) {
        self.hear(notice, Instant::now());
    }
}

/// A source of randomness whose `Debug` tells nothing.
struct RngBox(Box<dyn Rng>);

impl std::fmt::Debug for RngBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RngBox(..)")
    }
}

fn budget(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)))
}
