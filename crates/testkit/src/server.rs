//! The relay of a lab: a real one, over a log that outlives it.

use std::sync::Arc;

use conclave_proto::{Authority, id::RoomId};
use conclave_relay::{Config, ConnectionInfo, Relay};

use crate::{clock::LabClock, network::End, process::Process, recorder::Recorder, relay_log::RelayLog, rng::SeededRng};

/// A running relay. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Server {
    relay: Relay,
    process: Process,
    hosted: Option<Recorder>,
}

impl Server {
    /// Starts a relay over a log. `hosted` knows which room it serves, and that one only.
    #[must_use]
    pub fn start(log: &Arc<RelayLog>, clock: LabClock, rng: &SeededRng, hosted: Option<Recorder>) -> Self {
        let authorities = vec![ADDRESS.parse().unwrap(), Authority::Pin(KEY)];
        let mut config = Config { authorities, trust_clock: true, ..Config::default() };
        if hosted.is_some() {
            // As the app hosts rooms.
            (config.dedicated, config.max_sockets) = (true, 64);
        }
        let log: Arc<RelayLog> = Arc::clone(log);
        let relay = Relay::start(config, log, Arc::new(clock), Box::new(rng.fork()));
        Self { relay, process: Process::new("relay"), hosted }
    }

    /// Serves a connection.
    pub fn accept(&self, end: End) {
        if let Some(keys) = self.hosted.as_ref().and_then(Recorder::room_keys) {
            self.relay.dedicate(RoomId(*keys.room_id()));
        }
        self.process.start(Box::pin(self.relay.serve(end, ConnectionInfo::default())));
    }

    /// The process that the connections run in.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Ends every connection where it stands.
    ///
    /// # Cancel safety
    /// The relay is dead all the same.
    pub async fn crash(&self) {
        self.process.crash();
        self.process.ended().await;
        // Nobody is connected any more; only the sweeper is left to be told.
        self.relay.shutdown().await;
    }

    /// Tells everybody and ends.
    ///
    /// # Cancel safety
    /// The relay stops all the same.
    pub async fn stop(&self) {
        self.relay.shutdown().await;
    }
}

/// Where the relay is.
pub const ADDRESS: &str = "relay.lab";

/// SHA-256 of the relay's TLS key, in labs that have TLS.
pub const KEY: [u8; 32] = [0x4b; 32];
