//! Alice, Bob and a relay: a client that speaks raw frames.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and its tasks end with it"
)]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use conclave_proto::{
    Authority, ClientFrame, ErrorCode, Lane, RelayFrame, Role,
    deed::{Deed, Knocking, PanicBy, Policy},
    frame::{
        Admission, Auth, Commit, Create, Empty, EntryPush, Fetch, Fetched, Hello, OwnerOrder, Publish, Refusal, Reply,
        Request,
    },
    id::*,
    owner::{Order, Statement},
};
use conclave_relay::{Config, ConnectionInfo, Relay, blob::Storage, clock::Clock, log::MemoryLog};
use conclave_seal::{id, label, rng::OsRng, sign::SigningKey, transcript, transcript::Statement as _};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

pub(crate) const AUTHORITY: &str = "relay.example.org";

/// A clock that stands still until it is told.
#[derive(Debug, Default)]
pub(crate) struct TestClock(pub(crate) AtomicU64);

impl Clock for TestClock {
    fn unix(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

pub(crate) struct Lab {
    pub(crate) relay: Relay,
    pub(crate) clock: Arc<TestClock>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::over(Arc::new(MemoryLog::new()), change)
    }

    pub(crate) fn over(log: Arc<dyn Storage>, change: impl FnOnce(&mut Config)) -> Self {
        let authorities = vec![AUTHORITY.parse::<Authority>().unwrap()];
        // The clock of a lab stands still until it jumps.
        let mut config = Config { authorities, trust_clock: true, ..Config::default() };
        change(&mut config);
        let clock = Arc::new(TestClock(AtomicU64::new(1_700_000_000)));
        let relay = Relay::start(config, log, Arc::<TestClock>::clone(&clock), Box::new(OsRng));
        Self { relay, clock }
    }

    pub(crate) fn pipe(&self, info: ConnectionInfo) -> DuplexStream {
        self.pipe_of(1 << 20, info)
    }

    /// One that takes so many bytes before somebody has to read.
    pub(crate) fn pipe_of(&self, bytes: usize, info: ConnectionInfo) -> DuplexStream {
        let (near, far) = tokio::io::duplex(bytes);
        drop(tokio::task::spawn(self.relay.serve(far, info)));
        near
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::over(self.pipe(ConnectionInfo::default()), [0; 32]).await
    }
}

pub(crate) fn ws_request() -> tokio_tungstenite::tungstenite::handshake::client::Request {
    let mut request = "ws://relay.example.org/v1".into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("conclave.v1"));
    request
}

pub(crate) trait Pipe: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Pipe for T {}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<Box<dyn Pipe>>,
    pub(crate) hello: Hello,
    pub(crate) nonce: ServerNonce,
    pub(crate) exporter: [u8; 32],
    rid: u32,
    /// Pushes that came while a reply was awaited.
    pub(crate) pushes: std::collections::VecDeque<Reply>,
}

impl Client {
    pub(crate) async fn over(stream: impl Pipe + 'static, exporter: [u8; 32]) -> Self {
        let stream: Box<dyn Pipe> = Box::new(stream);
        let (socket, response) = client_async(ws_request(), stream).await.unwrap();
        assert_eq!(response.headers().get("sec-websocket-protocol").unwrap(), "conclave.v1");
        let hello = Hello {
            versions: vec![],
            nonce: ServerNonce([0; 32]),
            limits: Default::default(),
            pow: None,
            exporter_bound: false,
            time: 0,
        };
        let nonce = hello.nonce;
        let mut client = Self { socket, hello, nonce, exporter, rid: 0, pushes: Default::default() };
        let Reply::Hello(hello) = client.next().await.body else { panic!("HELLO comes first") };
        client.nonce = hello.nonce;
        client.hello = hello;
        client
    }

    /// The next frame of any kind.
    pub(crate) async fn next(&mut self) -> RelayFrame {
        self.try_next().await.unwrap_or_else(|| panic!("the relay has closed the connection"))
    }

    pub(crate) async fn try_next(&mut self) -> Option<RelayFrame> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Binary(bytes)) => return Some(RelayFrame::decode(&bytes).unwrap()),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                _ => return None,
            }
        }
    }

    /// Sends a request and returns its rid.
    pub(crate) async fn send(&mut self, body: Request<'_>) -> u32 {
        self.rid += 1;
        let bytes = ClientFrame { rid: self.rid, body }.encode();
        self.socket.send(Message::Binary(bytes.into())).await.unwrap();
        self.rid
    }

    pub(crate) async fn reply_to(&mut self, rid: u32) -> Result<Reply, Refusal> {
        loop {
            let frame = self.next().await;
            match frame.body {
                body if frame.rid == 0 => self.pushes.push_back(body),
                Reply::Refused(refusal) if frame.rid == rid => return Err(refusal),
                body if frame.rid == rid => return Ok(body),
                body => panic!("{body:?} answers another request"),
            }
        }
    }

    pub(crate) async fn ask(&mut self, body: Request<'_>) -> Result<Reply, Refusal> {
        let rid = self.send(body).await;
        self.reply_to(rid).await
    }

    pub(crate) async fn push(&mut self) -> Reply {
        match self.pushes.pop_front() {
            Some(push) => push,
            None => {
                let frame = self.next().await;
                assert_eq!(frame.rid, 0, "{frame:?} is no push");
                frame.body
            }
        }
    }

    pub(crate) async fn entry(&mut self) -> EntryPush {
        match self.push().await {
            Reply::Entry(entry) => entry,
            other => panic!("{other:?} is no entry"),
        }
    }

    pub(crate) fn proof(&self, room: &TestRoom, role: Role, key: &SigningKey, authority: &str) -> Auth {
        let pk = key.public();
        let client_nonce = [7; 16];
        let sig = transcript::Auth {
            role: role.number(),
            authority,
            server_nonce: &self.nonce.0,
            client_nonce: &client_nonce,
            room_id: &room.id.0,
            key: &pk,
            exporter: &self.exporter,
        }
        .sign(key);
        Auth {
            role,
            room_id: room.id,
            pk: PublicKey(pk),
            client_nonce: ClientNonce(client_nonce),
            sig: Signature(sig),
            pow: None,
            opk: None,
            authority: authority.to_owned(),
        }
    }

    pub(crate) async fn auth(&mut self, room: &TestRoom, role: Role, key: &SigningKey) -> Result<Admission, ErrorCode> {
        let proof = self.proof(room, role, key, AUTHORITY);
        match self.ask(Request::Auth(proof)).await {
            Ok(Reply::Authenticated(admission)) => {
                self.nonce = admission.next_nonce;
                Ok(admission)
            }
            Ok(other) => panic!("{other:?} answers AUTH"),
            Err(refusal) => Err(refusal.code),
        }
    }

    pub(crate) async fn fetch(&mut self, after: u64) -> Result<Fetched, Refusal> {
        self.fetch_page(after, 1000, 1 << 20).await
    }

    pub(crate) async fn fetch_page(&mut self, after: u64, max_n: u32, max_bytes: u32) -> Result<Fetched, Refusal> {
        match self.ask(Request::Fetch(Fetch { after, max_n, max_bytes })).await? {
            Reply::Fetched(fetched) => Ok(fetched),
            other => panic!("{other:?} answers FETCH"),
        }
    }

    pub(crate) async fn publish(&mut self, head: Tag, blob: &[u8], cid: u8) -> Result<u64, Refusal> {
        match self.ask(Request::Publish(publish(head, blob, cid))).await? {
            Reply::Published(published) => Ok(published.seq),
            other => panic!("{other:?} answers PUB"),
        }
    }

    pub(crate) async fn commit(&mut self, lane: Lane, head: Tag, key: &SigningKey, cid: u8) -> Result<Tag, Refusal> {
        let rid = self.send(Request::Commit(commit(lane, head, key, cid))).await;
        match self.reply_to(rid).await? {
            Reply::Committed(committed) => Ok(committed.tag),
            other => panic!("{other:?} answers COMMIT"),
        }
    }

    pub(crate) async fn lease(&mut self) -> Result<Tag, Refusal> {
        match self.ask(Request::Lease(Empty {})).await? {
            Reply::Leased(leased) => Ok(leased.head),
            other => panic!("{other:?} answers LEASE"),
        }
    }

    pub(crate) async fn order(&mut self, room: &TestRoom, counter: u64, order: Order) -> Result<Reply, Refusal> {
        let statement = Statement { room_id: room.id, counter, order }.to_bytes();
        let sig = Signature(room.owner.sign(label::OWN, &statement));
        self.ask(Request::Owner(OwnerOrder { statement: &statement, sig, commit: None })).await
    }

    /// An order with a commit on top of its base.
    pub(crate) async fn order_with(
        &mut self,
        room: &TestRoom,
        counter: u64,
        order: Order,
        commit: Commit<'_>,
    ) -> Result<Reply, Refusal> {
        let statement = Statement { room_id: room.id, counter, order }.to_bytes();
        let sig = Signature(room.owner.sign(label::OWN, &statement));
        self.ask(Request::Owner(OwnerOrder { statement: &statement, sig, commit: Some(commit) })).await
    }
}

pub(crate) fn publish(head: Tag, blob: &[u8], cid: u8) -> Publish<'_> {
    Publish { head, blob, ttl: 3600, cid: Cid([cid; 16]), del_hash: None, replaces: None }
}

pub(crate) fn commit(lane: Lane, head: Tag, key: &SigningKey, cid: u8) -> Commit<'static> {
    Commit {
        lane,
        head,
        blob: b"commit",
        group_info: b"group info",
        mpk: PublicKey(key.public()),
        cid: Cid([cid; 16]),
        pow: None,
        place: b"place",
    }
}

/// A room as its creator knows it.
pub(crate) struct TestRoom {
    pub(crate) id: RoomId,
    pub(crate) access: SigningKey,
    pub(crate) owner: SigningKey,
    /// The member-auth key of the first epoch.
    pub(crate) member: SigningKey,
    pub(crate) deed: Deed,
    pub(crate) genesis: Tag,
}

impl TestRoom {
    pub(crate) fn new(seed: u8) -> Self {
        let key = |n: u8| SigningKey::from_seed(&std::array::from_fn(|at| if at % 2 == 0 { seed } else { n }));
        let (access, owner, member) = (key(1), key(2), key(3));
        let id = RoomId(id::room_id(&access.public()));
        let policy = Policy { msg_ttl: 3600, idle_ttl: 86_400, panic_by: PanicBy::AnyMember, max_members: 16 };
        let deed = deed(&access, &owner, policy, 1);
        Self { id, access, owner, member, deed, genesis: Tag(id::genesis_tag(&id.0)) }
    }

    pub(crate) fn founding<'a>(&'a self, client: &Client, authority: &'a str) -> Create<'a> {
        let mpk = self.member.public();
        let sig = transcript::Create {
            authority,
            server_nonce: &client.nonce.0,
            client_nonce: &[9; 16],
            room_id: &self.id.0,
            member_auth_key: &mpk,
            exporter: &client.exporter,
            deed: self.deed.as_bytes(),
        }
        .sign(&self.access);
        Create {
            deed: self.deed.as_bytes(),
            mpk: PublicKey(mpk),
            group_info: b"genesis group info",
            client_nonce: ClientNonce([9; 16]),
            sig: Signature(sig),
            pow: None,
            authority,
            place: b"genesis place",
        }
    }

    /// Creates the room and stays as its first member, caught up.
    pub(crate) async fn create(&self, lab: &Lab) -> Client {
        let mut alice = lab.connect().await;
        self.create_with(&mut alice).await;
        alice
    }

    pub(crate) async fn create_with(&self, alice: &mut Client) {
        match alice.ask(Request::Create(self.founding(alice, AUTHORITY))).await {
            Ok(Reply::Created(admission)) => alice.nonce = admission.next_nonce,
            other => panic!("{other:?} answers CREATE"),
        }
        alice.auth(self, Role::Member, &self.member).await.unwrap();
        assert!(!alice.fetch(0).await.unwrap().more);
    }

    /// Another connection of the first epoch, caught up.
    pub(crate) async fn enter(&self, lab: &Lab) -> Client {
        let mut bob = lab.connect().await;
        bob.auth(self, Role::Member, &self.member).await.unwrap();
        assert!(!bob.fetch(0).await.unwrap().more);
        bob
    }
}

/// A deed as the app signs them: with what knocking needs.
pub(crate) fn deed(access: &SigningKey, owner: &SigningKey, policy: Policy, rev: u64) -> Deed {
    let (key, sealed_r) = ([0x4b; 32], b"sealed r");
    let sig = deed_sig(access, owner, policy, rev, Some(transcript::Knocking { key, sealed_r }));
    let deed = Deed::new(PublicKey(access.public()), PublicKey(owner.public()), policy, rev, Signature([0; 64]));
    deed.with_knocking(Knocking { pk: PublicKey(key), sealed_r }, sig)
}

/// A deed of a room where nobody may knock.
pub(crate) fn deed_without_knocking(access: &SigningKey, owner: &SigningKey, policy: Policy, rev: u64) -> Deed {
    let sig = deed_sig(access, owner, policy, rev, None);
    Deed::new(PublicKey(access.public()), PublicKey(owner.public()), policy, rev, sig)
}

fn deed_sig(
    access: &SigningKey,
    owner: &SigningKey,
    policy: Policy,
    rev: u64,
    knocking: Option<transcript::Knocking<'_>>,
) -> Signature {
    let (room, owner_key, policy) = (id::room_id(&access.public()), owner.public(), policy.to_bytes());
    let statement = transcript::Deed { room_id: &room, owner_key: &owner_key, rev, policy: &policy, knocking };
    Signature(statement.sign(owner))
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

/// The tag of what [`commit`] sends.
pub(crate) fn tag(lane: Lane, key: &SigningKey) -> Tag {
    Tag(id::entry_tag(lane.number(), b"commit", &key.public()))
}
