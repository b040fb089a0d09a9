//! Interception: what passes between a client and the honest relay is changed, dropped or made up.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use conclave_proto::{
    ClientFrame, RelayFrame,
    frame::{Reply, Request},
    version,
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::{
    accept_hdr_async, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest as _,
        handshake::server,
        http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
    },
};

use crate::{network::End, server::ADDRESS};

/// What stands between clients and the relay. Clones share it.
#[derive(Clone)]
pub struct Interceptor {
    to_client: Arc<Mutex<ToClient>>,
    to_relay: Arc<Mutex<ToRelay>>,
    heard: Arc<AtomicU64>,
}

/// Takes the name of a client and a frame that the relay sent it; gives what arrives.
type ToClient = dyn FnMut(&str, Bytes) -> Vec<Bytes> + Send;

/// Takes the name of a client and its request; says whether that arrives.
type ToRelay = dyn FnMut(&str, &Request<'_>) -> bool + Send;

impl Interceptor {
    /// Passes on everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            to_client: Arc::new(Mutex::new(|_: &str, bytes| vec![bytes])),
            to_relay: Arc::new(Mutex::new(|_: &str, _: &Request<'_>| true)),
            heard: Arc::default(),
        }
    }

    /// Replaces frames of the relay, as bytes: takes the name of the client.
    #[must_use]
    pub fn bytes(mut self, replace: impl FnMut(&str, Bytes) -> Vec<Bytes> + Send + 'static) -> Self {
        self.to_client = Arc::new(Mutex::new(replace));
        self
    }

    /// Replaces replies of the relay: takes the name of the client.
    ///
    /// # Panics
    /// If the relay sends what is no frame.
    #[must_use]
    pub fn replies(self, mut replace: impl FnMut(&str, Reply) -> Vec<Reply> + Send + 'static) -> Self {
        self.bytes(move |who, bytes| {
            let frame = RelayFrame::decode(&bytes).unwrap();
            let replies = replace(who, frame.body).into_iter();
            replies.map(|body| RelayFrame { rid: frame.rid, body }.encode().into()).collect()
        })
    }

    /// Replaces replies to one person.
    #[must_use]
    pub fn replies_to(self, person: &str, mut replace: impl FnMut(Reply) -> Vec<Reply> + Send + 'static) -> Self {
        let person = person.to_owned();
        self.replies(move |who, reply| if is_of(who, &person) { replace(reply) } else { vec![reply] })
    }

    /// Passes on only those requests for which this says so: takes the name of the client.
    #[must_use]
    pub fn requests(mut self, passes: impl FnMut(&str, &Request<'_>) -> bool + Send + 'static) -> Self {
        self.to_relay = Arc::new(Mutex::new(passes));
        self
    }

    /// Passes on only what a filter lets through.
    #[must_use]
    pub fn filtered(self, filter: &RequestFilter) -> Self {
        let filter = filter.clone();
        self.requests(move |who, request| !filter.drops(who, request))
    }

    /// How many frames clients have sent.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Passes frames on in both directions until one side hangs up.
    pub(crate) async fn stand_between(self, who: String, client: End, relay: End) {
        let Ok(client) = accept_hdr_async(client, agree).await else { return };
        let mut request = format!("ws://{ADDRESS}{}", version::PATH).into_client_request().unwrap();
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(version::SUBPROTOCOL));
        let Ok((relay, _)) = client_async(request, relay).await else { return };
        let ((mut to_client, mut from_client), (mut to_relay, mut from_relay)) = (client.split(), relay.split());
        let there = async {
            while let Some(Ok(message)) = from_client.next().await {
                if let Message::Binary(bytes) = &message {
                    self.heard.fetch_add(1, Ordering::Relaxed);
                    let request = ClientFrame::decode(bytes).unwrap().body;
                    if !(self.to_relay.lock().unwrap())(&who, &request) {
                        continue;
                    }
                }
                if to_relay.send(message).await.is_err() {
                    return;
                }
            }
        };
        let back = async {
            while let Some(Ok(message)) = from_relay.next().await {
                let messages = if let Message::Binary(bytes) = message {
                    let replaced = (self.to_client.lock().unwrap())(&who, bytes);
                    replaced.into_iter().map(Message::Binary).collect()
                } else {
                    vec![message]
                };
                for message in messages {
                    if to_client.send(message).await.is_err() {
                        return;
                    }
                }
            }
        };
        tokio::select! {
            () = there => {}
            () = back => {}
        }
    }
}

impl Default for Interceptor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Interceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interceptor")
    }
}

/// Requests of one person that the relay never hears. Clones are handles to the same filter.
#[derive(Clone)]
pub struct RequestFilter {
    person: String,
    is_meant: Arc<dyn Fn(&Request<'_>) -> bool + Send + Sync>,
    is_lifted: Arc<AtomicBool>,
    dropped: Arc<AtomicU64>,
}

impl RequestFilter {
    /// Drops these requests of a person until it is lifted.
    #[must_use]
    pub fn new(person: &str, is_meant: impl Fn(&Request<'_>) -> bool + Send + Sync + 'static) -> Self {
        let (is_lifted, dropped) = (Arc::default(), Arc::default());
        Self { person: person.to_owned(), is_meant: Arc::new(is_meant), is_lifted, dropped }
    }

    /// Drops nothing any more.
    pub fn lift(&self) {
        self.is_lifted.store(true, Ordering::Relaxed);
    }

    /// How many requests it has dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn drops(&self, who: &str, request: &Request<'_>) -> bool {
        let drops = !self.is_lifted.load(Ordering::Relaxed) && is_of(who, &self.person) && (self.is_meant)(request);
        self.dropped.fetch_add(u64::from(drops), Ordering::Relaxed);
        drops
    }
}

impl fmt::Debug for RequestFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestFilter").field("person", &self.person).finish_non_exhaustive()
    }
}

/// Whether a client is a person's, at whichever computer: `Alice's desk` is Alice's.
fn is_of(client: &str, person: &str) -> bool {
    client.strip_prefix(person).is_some_and(|rest| rest.is_empty() || rest.starts_with("'s "))
}

#[expect(clippy::result_large_err, reason = "the library's own callback type")]
fn agree(_: &server::Request, mut response: server::Response) -> Result<server::Response, server::ErrorResponse> {
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(version::SUBPROTOCOL));
    Ok(response)
}
