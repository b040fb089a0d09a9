//! The network of a lab: links with faults, and what they lead to: the relay, whoever intercepts, and the TLS key that
//! is shown.

use std::sync::{Arc, Mutex};

use conclave_engine::{
    link::{Dialer, Dialled, Target, websocket},
    snapshot::LinkFault,
    tasks::BoxFuture,
};
use tokio::time::sleep;

use crate::{
    interceptor::Interceptor,
    rng::SeededRng,
    server::Server,
    shown::{self, Shown},
    trace::Trace,
};

mod counts;
mod faults;
mod link;
mod links;
mod pipe;

pub use self::{faults::FaultProfile, link::End, links::Links};

/// The network between the people of a lab and one relay.
#[derive(Debug)]
pub struct Network {
    rng: SeededRng,
    trace: Trace,
    links: Links,
    server: Mutex<Option<Server>>,
    interceptor: Mutex<Option<Interceptor>>,
    shown: Mutex<Option<Shown>>,
    exporter: Mutex<Option<[u8; 32]>>,
}

impl Network {
    /// A network without faults that leads nowhere yet.
    #[must_use]
    pub fn new(rng: SeededRng, trace: Trace) -> Arc<Self> {
        let links = Links::new(rng.clone(), trace.clone());
        let (server, interceptor, shown, exporter) =
            (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self { rng, trace, links, server, interceptor, shown, exporter })
    }

    /// The links, with their faults.
    #[must_use]
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// The fault profile of links that are opened from now on.
    pub fn set_faults(&self, faults: FaultProfile) {
        self.links.set_faults(faults);
    }

    /// Cuts the links of one person, whatever the fault profile.
    pub fn cut(&self, who: &str) {
        self.links.cut(who);
    }

    /// From now on the links of one person take everything and carry nothing, as when their own address has changed.
    pub fn silence(&self, who: &str) {
        self.links.silence(who);
    }

    /// The relay that answers from now on.
    pub fn connect_to(&self, server: Option<Server>) {
        *self.server.lock().unwrap() = server;
    }

    /// Whether a relay answers.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.server.lock().unwrap().is_some()
    }

    /// What stands between client and relay on links that are opened from now on.
    pub fn intercept(&self, interceptor: Option<Interceptor>) {
        *self.interceptor.lock().unwrap() = interceptor;
    }

    /// The key that the relay shows from now on; none without TLS.
    pub fn show(&self, shown: Option<Shown>) {
        *self.shown.lock().unwrap() = shown;
    }

    /// The TLS exporter value of links that are opened from now on, at the client's end. The lab's relay ends no TLS,
    /// so it binds nothing, like one behind a proxy that does.
    pub fn export(&self, exporter: Option<[u8; 32]>) {
        *self.exporter.lock().unwrap() = exporter;
    }

    async fn dial(&self, who: &str, target: Target) -> Result<Dialled, LinkFault> {
        let faults = self.links.faults();
        sleep(self.rng.millis(1..faults.slowest + 1)).await;
        let refused = self.rng.percent(faults.refused);
        let server = self.server.lock().unwrap().clone();
        let (Some(server), false) = (server, refused) else {
            self.trace.note(format_args!("{who} cannot reach the relay"));
            return Err(LinkFault::Unreachable);
        };
        let shown = *self.shown.lock().unwrap();
        let pin = shown.map(|shown| shown.key);
        let address = target.addresses.first().cloned().ok_or(LinkFault::Unreachable)?;
        let recognised = shown::recognise(&target, &address, shown).inspect_err(|_| {
            self.trace.note(format_args!("{who} sees a foreign key"));
        })?;
        self.trace.note(format_args!("{who} reaches the relay"));
        let (ours, theirs) = self.links.open(who);
        match self.interceptor.lock().unwrap().clone() {
            None => server.accept(theirs),
            Some(interceptor) => {
                let (between, relay) = self.links.open("the interceptor");
                server.accept(relay);
                server.process().start(Box::pin(interceptor.stand_between(who.to_owned(), theirs, between)));
            }
        }
        let exporter = *self.exporter.lock().unwrap();
        let (outgoing, incoming) = websocket(Box::new(ours), &address).await?;
        Ok(Dialled { outgoing, incoming, address, exporter, pin, recognised })
    }
}

/// The dialer of one person's engine.
#[derive(Clone, Debug)]
pub struct LabDialer {
    who: String,
    network: Arc<Network>,
}

impl LabDialer {
    /// A dialer into a network.
    #[must_use]
    pub fn new(who: &str, network: &Arc<Network>) -> Self {
        Self { who: who.to_owned(), network: Arc::clone(network) }
    }
}

impl Dialer for LabDialer {
    fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
        Box::pin(self.network.dial(&self.who, target))
    }
}
