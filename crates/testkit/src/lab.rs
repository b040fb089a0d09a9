//! The lab: one relay, one network, one clock, and a folder for everybody's data.

use std::{
    collections::BTreeSet,
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use conclave_crypto::group::{GroupCrypto, OpenMls};
use conclave_proto::frame::{Reply, Request};
use tempfile::TempDir;
use tokio::runtime::Builder;

use crate::{
    clock::LabClock,
    crafter::Crafter,
    interceptor::{Interceptor, RequestFilter},
    network::Network,
    recorder::Recorder,
    relay_log::RelayLog,
    rng::SeededRng,
    server::Server,
    trace::Trace,
};

/// A world in a box. Clones are handles to the same one.
#[derive(Clone)]
pub struct Lab(Arc<Inner>);

struct Inner {
    rng: SeededRng,
    scheme: Arc<dyn GroupCrypto>,
    clock: LabClock,
    trace: Trace,
    network: Arc<Network>,
    relay_log: Arc<RelayLog>,
    recorder: Recorder,
    crafter: Crafter,
    server: Mutex<Server>,
    relay_restarts: AtomicU64,
    resyncs_expected: AtomicBool,
    copies_expected: Mutex<BTreeSet<String>>,
    forks_expected: AtomicBool,
    host: Mutex<Option<String>>,
    power_cuts: AtomicU64,
    data: TempDir,
}

impl Lab {
    /// Plays something in a fresh lab, on a thread of its own time: whoever waits, waits for nothing real.
    ///
    /// # Panics
    /// If the machine has no folder for temporary files.
    pub fn play<T>(seed: u64, story: impl AsyncFnOnce(Self) -> T) -> T {
        Self::play_with(seed, Arc::new(OpenMls), story)
    }

    /// Plays something with another scheme for groups: a weak one, to see that the weakness is noticed.
    ///
    /// # Panics
    /// As [`Lab::play`].
    pub fn play_with<T>(seed: u64, scheme: Arc<dyn GroupCrypto>, story: impl AsyncFnOnce(Self) -> T) -> T {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let told = runtime.block_on(async { story(Self::new(seed, scheme)).await });
        // Whoever is still there when the story ends is cut off.
        drop(runtime);
        told
    }

    fn new(seed: u64, scheme: Arc<dyn GroupCrypto>) -> Self {
        let rng = SeededRng::new(seed);
        let clock = LabClock::start();
        let trace = Trace::new(clock);
        let crafter = Crafter::new(SeededRng::new(!seed));
        let relay_log = Arc::new(RelayLog::new(trace.clone(), crafter.clone()));
        let network = Network::new(rng.fork(), trace.clone());
        let server = Server::start(&relay_log, clock, &rng, None);
        network.connect_to(Some(server.clone()));
        let server = Mutex::new(server);
        let (recorder, relay_restarts) = (Recorder::default(), AtomicU64::new(0));
        Self(Arc::new(Inner {
            rng,
            scheme,
            clock,
            trace,
            network,
            relay_log,
            recorder,
            crafter,
            server,
            relay_restarts,
            resyncs_expected: AtomicBool::new(false),
            copies_expected: Mutex::default(),
            forks_expected: AtomicBool::new(false),
            host: Mutex::default(),
            power_cuts: AtomicU64::new(0),
            data: folder(),
        }))
    }

    /// The generator that every decision of the lab is drawn from.
    #[must_use]
    pub fn rng(&self) -> &SeededRng {
        &self.0.rng
    }

    /// The scheme of the rooms' groups.
    #[must_use]
    pub fn scheme(&self) -> &Arc<dyn GroupCrypto> {
        &self.0.scheme
    }

    /// The time.
    #[must_use]
    pub fn clock(&self) -> LabClock {
        self.0.clock
    }

    /// What happened.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.0.trace
    }

    /// The links.
    #[must_use]
    pub fn network(&self) -> &Arc<Network> {
        &self.0.network
    }

    /// Replaces what the relay replies to one person, on links that are opened from now on. What was intercepted before
    /// is not any more.
    pub fn intercept(&self, person: &str, replace: impl FnMut(Reply) -> Vec<Reply> + Send + 'static) {
        self.intercept_with(&Interceptor::new().replies_to(person, replace));
    }

    /// Replaces what the relay replies to anybody, as [`Lab::intercept`] does for one person.
    pub fn intercept_all(&self, replace: impl FnMut(&str, Reply) -> Vec<Reply> + Send + 'static) {
        self.intercept_with(&Interceptor::new().replies(replace));
    }

    /// The relay hears none of these requests of a person, on links that are opened from now on, until the filter is
    /// lifted.
    pub fn drop_requests(
        &self,
        person: &str,
        is_meant: impl Fn(&Request<'_>) -> bool + Send + Sync + 'static,
    ) -> RequestFilter {
        let filter = RequestFilter::new(person, is_meant);
        self.intercept_with(&Interceptor::new().filtered(&filter));
        filter
    }

    /// The relay is deaf to the commits of a person, as [`Lab::drop_requests`] says.
    pub fn drop_commits_of(&self, person: &str) -> RequestFilter {
        self.drop_requests(person, |request| matches!(request, Request::Commit(_)))
    }

    /// Puts an interceptor into links that are opened from now on.
    pub fn intercept_with(&self, interceptor: &Interceptor) {
        self.0.network.intercept(Some(interceptor.clone()));
    }

    /// Nothing stands between clients and the relay, on links that are opened from now on.
    pub fn stop_intercepting(&self) {
        self.0.network.intercept(None);
    }

    /// The relay's log, and what it ever held.
    #[must_use]
    pub fn relay_log(&self) -> &Arc<RelayLog> {
        &self.0.relay_log
    }

    /// What was recorded of the members' groups.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }

    /// Who crafts commits.
    #[must_use]
    pub fn crafter(&self) -> &Crafter {
        &self.0.crafter
    }

    /// The relay.
    #[must_use]
    pub fn server(&self) -> Server {
        self.0.server.lock().unwrap().clone()
    }

    /// How often the relay was started again.
    #[must_use]
    pub fn relay_restarts(&self) -> u64 {
        self.0.relay_restarts.load(Ordering::Relaxed)
    }

    /// From now on somebody may have to come in again, although nobody was dishonest.
    pub fn expect_resyncs(&self) {
        self.0.resyncs_expected.store(true, Ordering::Relaxed);
    }

    /// From now on somebody goes on from an older copy.
    ///
    /// # Panics
    /// If a panic has poisoned the lab.
    pub fn expect_old_copy(&self, who: &str) {
        self.expect_resyncs();
        self.0.copies_expected.lock().unwrap().insert(who.to_owned());
    }

    /// Who may have gone on from an older copy.
    ///
    /// # Panics
    /// If a panic has poisoned the lab.
    #[must_use]
    pub fn old_copies(&self) -> BTreeSet<String> {
        self.0.copies_expected.lock().unwrap().clone()
    }

    /// From now on somebody parts the others by commits that not everybody can open.
    pub fn expect_forks(&self) {
        self.expect_resyncs();
        self.0.forks_expected.store(true, Ordering::Relaxed);
    }

    /// Whether people may have stood on different branches.
    #[must_use]
    pub fn forks_are_expected(&self) -> bool {
        self.0.forks_expected.load(Ordering::Relaxed)
    }

    /// Whether somebody may have to come in again.
    #[must_use]
    pub fn resyncs_are_expected(&self) -> bool {
        self.0.resyncs_expected.load(Ordering::Relaxed)
    }

    /// From now on the relay runs inside somebody's app, for the only room, and lives and dies with it.
    pub async fn host_at(&self, name: &str) {
        self.stop_relay(false).await;
        *self.0.host.lock().unwrap() = Some(name.to_owned());
    }

    /// In whose app the relay runs, if it does.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        self.0.host.lock().unwrap().clone()
    }

    /// The host's app dies, and the relay inside it.
    pub(crate) fn host_dies(&self) {
        self.cut_relay();
        self.0.network.connect_to(None);
        self.server().process().crash();
    }

    /// The host's app is open again.
    pub(crate) async fn host_starts(&self) {
        if !self.0.network.is_connected() {
            // What died may still hold its file.
            self.server().crash().await;
            self.restart_relay();
        }
    }

    fn cut_relay(&self) {
        if self.0.relay_log.lose_power(&self.folder(&format!("relay.{}", self.relay_restarts()))) {
            self.count_power_cut();
        }
    }

    pub(crate) fn count_power_cut(&self) {
        self.0.power_cuts.fetch_add(1, Ordering::Relaxed);
    }

    /// How often what was not synced was lost.
    #[must_use]
    pub fn power_cuts(&self) -> u64 {
        self.0.power_cuts.load(Ordering::Relaxed)
    }

    /// The relay ends, and nothing answers in its place.
    ///
    /// # Cancel safety
    /// The relay is on its way out.
    pub async fn stop_relay(&self, crash: bool) {
        self.0.trace.note(if crash { "the relay dies" } else { "the relay stops" });
        if crash {
            self.cut_relay();
        }
        self.0.network.connect_to(None);
        let server = self.server();
        if crash { server.crash().await } else { server.stop().await }
    }

    /// Starts the relay if it does not run.
    pub fn relay_is_up(&self) {
        if !self.0.network.is_connected() || self.server().process().is_dead() {
            self.restart_relay();
        }
    }

    /// Starts a relay over the same log. The one before must have ended.
    pub fn restart_relay(&self) {
        self.0.trace.note("the relay starts again");
        self.0.relay_log.reopen();
        let hosted = self.host().is_some().then(|| self.recorder().clone());
        let server = Server::start(&self.0.relay_log, self.0.clock, &self.0.rng, hosted);
        *self.0.server.lock().unwrap() = server.clone();
        self.0.network.connect_to(Some(server));
        self.0.relay_restarts.fetch_add(1, Ordering::Relaxed);
    }

    /// The folder of a computer.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        self.0.data.path().join(name)
    }
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lab")
    }
}

/// In memory where the machine has such a place: a simulation presses nothing onto a disk.
fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).unwrap()
}
