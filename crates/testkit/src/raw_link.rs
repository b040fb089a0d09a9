//! A connection of raw frames, on which nothing is proven: a stranger who sends the relay what no engine would.

#![expect(clippy::wildcard_enum_match_arm, reason = "any other frame than the expected one ends the story")]

use std::collections::VecDeque;

use conclave_proto::{
    ClientFrame, ErrorCode, RelayFrame,
    frame::{Hello, Reply, Request},
    version,
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest as _,
        http::{HeaderValue, header::SEC_WEBSOCKET_PROTOCOL},
    },
};

use crate::{Lab, network::End, server::ADDRESS};

/// A connection to the lab's relay. Dropping it hangs up.
pub struct RawLink {
    socket: WebSocketStream<End>,
    rid: u32,
    pushes: VecDeque<Reply>,
}

impl RawLink {
    /// Connects, and reads the greeting.
    ///
    /// # Panics
    /// If the relay does not greet.
    pub async fn open(lab: &Lab) -> (Self, Hello) {
        let mut request = format!("ws://{ADDRESS}{}", version::PATH).into_client_request().unwrap();
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(version::SUBPROTOCOL));
        let (ours, theirs) = lab.network().links().open("a raw client");
        lab.server().accept(theirs);
        let (socket, _) = client_async(request, ours).await.unwrap();
        let mut link = Self { socket, rid: 0, pushes: VecDeque::new() };
        let Reply::Hello(hello) = link.next().await.body else { panic!("HELLO comes first") };
        (link, hello)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// What the relay says.
    pub async fn ask(&mut self, body: Request<'_>) -> Result<Reply, ErrorCode> {
        match self.request(body).await {
            Reply::Refused(refusal) => Err(refusal.code),
            body => Ok(body),
        }
    }

    /// Asks, and waits for the answer, a refusal too.
    ///
    /// # Panics
    /// If the connection ends.
    pub async fn request(&mut self, body: Request<'_>) -> Reply {
        self.rid += 1;
        let bytes = ClientFrame { rid: self.rid, body }.encode();
        self.socket.send(Message::Binary(bytes.into())).await.unwrap();
        loop {
            let frame = self.next().await;
            if frame.rid == self.rid {
                return frame.body;
            }
            self.pushes.push_back(frame.body);
        }
    }

    /// The next that the relay says unasked.
    pub async fn push(&mut self) -> Reply {
        match self.pushes.pop_front() {
            Some(push) => push,
            None => self.next().await.body,
        }
    }

    async fn next(&mut self) -> RelayFrame {
        loop {
            match self.socket.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => return RelayFrame::decode(&bytes).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

impl std::fmt::Debug for RawLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawLink")
    }
}
