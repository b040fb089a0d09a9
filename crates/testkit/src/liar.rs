//! A relay that lies: what the honest one says and hears goes through somebody's hands.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
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

use crate::{server::ADDRESS, wire::End};

/// Changes what the relay tells one person. Clones share it.
#[derive(Clone)]
pub struct Liar {
    lie: Arc<Mutex<Lie>>,
    ear: Arc<Mutex<Ear>>,
    heard: Arc<AtomicU64>,
}

/// Takes the name of whom it is told and what the relay says; gives what arrives.
type Lie = dyn FnMut(&str, Bytes) -> Vec<Bytes> + Send;

/// Takes the name of whoever asks and what they ask; says whether the relay hears it.
type Ear = dyn FnMut(&str, &Request<'_>) -> bool + Send;

impl Liar {
    /// Changes bytes.
    #[must_use]
    pub fn with_bytes(lie: impl FnMut(&str, Bytes) -> Vec<Bytes> + Send + 'static) -> Self {
        Self {
            lie: Arc::new(Mutex::new(lie)),
            ear: Arc::new(Mutex::new(|_: &str, _: &Request<'_>| true)),
            heard: Arc::default(),
        }
    }

    /// Changes nothing.
    #[must_use]
    pub fn honest() -> Self {
        Self::with_bytes(|_, bytes| vec![bytes])
    }

    /// How many frames it was sent by the people that it lies to.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Changes frames.
    #[must_use]
    pub fn with_frames(mut lie: impl FnMut(&str, u32, Reply) -> Vec<Reply> + Send + 'static) -> Self {
        Self::with_bytes(move |who, bytes| {
            let frame = RelayFrame::decode(&bytes).unwrap();
            let lies = lie(who, frame.rid, frame.body).into_iter();
            lies.map(|body| RelayFrame { rid: frame.rid, body }.encode().into()).collect()
        })
    }

    /// Does not hear everything.
    #[must_use]
    pub fn who_hears(mut self, ear: impl FnMut(&str, &Request<'_>) -> bool + Send + 'static) -> Self {
        self.ear = Arc::new(Mutex::new(ear));
        self
    }

    /// Stands between a person and the relay until one of them hangs up.
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
                    if !(self.ear.lock().unwrap())(&who, &request) {
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
                    let lies = (self.lie.lock().unwrap())(&who, bytes);
                    lies.into_iter().map(Message::Binary).collect()
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

impl std::fmt::Debug for Liar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Liar")
    }
}

#[expect(clippy::result_large_err, reason = "the library's own callback type")]
fn agree(_: &server::Request, mut response: server::Response) -> Result<server::Response, server::ErrorResponse> {
    response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(version::SUBPROTOCOL));
    Ok(response)
}
