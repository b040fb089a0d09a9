//! A client of raw frames: an attacker who found the invitation and sends the relay what no engine would.

#![expect(clippy::wildcard_enum_match_arm, reason = "any other answer than the expected one ends the story")]

use conclave_crypto::{
    envelope::{self, Place},
    link::Invitation,
    schedule::RoomKeys,
};
use conclave_proto::{
    ErrorCode, Lane, Role,
    frame::{Auth, Commit, FetchedEntry, GroupInfoGet, GroupInfos, Knock, Publish, Reply, Request},
    id::{Cid, ClientNonce, PublicKey, RoomId, ServerNonce, Signature, Tag},
    padding::FrameKind,
};
use conclave_seal::{
    rng::{self, OsRng},
    sign::SigningKey,
    transcript::{self, Statement as _},
};

use crate::{Lab, raw_link::RawLink, server::ADDRESS};

/// A connection that has proven the code.
pub struct RawClient {
    link: RawLink,
    nonce: ServerNonce,
    keys: RoomKeys,
    head: Tag,
    deed: Vec<u8>,
}

impl RawClient {
    /// Connects and proves the code.
    ///
    /// # Panics
    /// If the relay does not let them in.
    pub async fn enter(lab: &Lab, link: &str) -> Self {
        let code = Invitation::parse(link).unwrap().code;
        let keys = RoomKeys::derive(code.secret());
        let (link, hello) = RawLink::open(lab).await;
        let mut raw_client = Self { link, nonce: hello.nonce, keys, head: Tag([0; 16]), deed: Vec::new() };
        let key = SigningKey::from_seed(&raw_client.keys.access_key().expose_seed());
        raw_client.prove(Role::Join, &key).await.unwrap();
        raw_client
    }

    /// The head as this connection knows it.
    #[must_use]
    pub fn head(&self) -> Tag {
        self.head
    }

    /// The deed that the relay has shown.
    #[must_use]
    pub fn deed(&self) -> &[u8] {
        &self.deed
    }

    /// Knocks.
    ///
    /// # Errors
    /// What the relay says.
    pub async fn knock(&mut self, blob: &[u8]) -> Result<(), ErrorCode> {
        self.link.ask(Request::Knock(Knock { blob, pow: None })).await.map(drop)
    }

    /// The keys that follow from the code.
    #[must_use]
    pub fn keys(&self) -> &RoomKeys {
        &self.keys
    }

    /// Proves a role.
    ///
    /// # Errors
    /// What the relay says.
    pub async fn prove(&mut self, role: Role, key: &SigningKey) -> Result<(), ErrorCode> {
        let (pk, client_nonce, room_id) = (key.public(), rng::array::<16>(&mut OsRng), RoomId(*self.keys.room_id()));
        let sig = transcript::Auth {
            role: role.number(),
            authority: ADDRESS,
            server_nonce: self.nonce.as_bytes(),
            client_nonce: &client_nonce,
            room_id: room_id.as_bytes(),
            key: &pk,
            exporter: &[0; 32],
        }
        .sign(key);
        let auth = Auth {
            role,
            room_id,
            pk: PublicKey(pk),
            client_nonce: ClientNonce(client_nonce),
            sig: Signature(sig),
            pow: None,
            opk: None,
            authority: ADDRESS.to_owned(),
        };
        let Reply::Authenticated(admission) = self.link.ask(Request::Auth(auth)).await? else { panic!("no admission") };
        (self.nonce, self.head, self.deed) = (admission.next_nonce, admission.head, admission.deed);
        Ok(())
    }

    /// A GroupInfo and the commits behind it.
    ///
    /// # Panics
    /// If the relay says something else.
    pub async fn group_info(&mut self, before: Option<Tag>) -> GroupInfos {
        match self.link.ask(Request::GroupInfoGet(GroupInfoGet { before })).await {
            Ok(Reply::GroupInfos(infos)) => infos,
            other => panic!("{other:?}"),
        }
    }

    /// All commits that the relay shows at the door.
    pub async fn commits(&mut self) -> Vec<FetchedEntry> {
        let (mut before, mut commits) = (None, Vec::new());
        for _ in 0..10 {
            let read = self.group_info(before).await;
            commits = if read.commits.len() > commits.len() { read.commits } else { commits };
            let Some(info) = read.group_info else { break };
            before = Some(info.tag);
        }
        commits
    }

    /// Puts a commit that was in the log into it again, with this GroupInfo and place.
    ///
    /// # Errors
    /// What the relay says.
    pub async fn repeat(&mut self, commit: &FetchedEntry, group_info: &[u8], place: &[u8]) -> Result<Tag, ErrorCode> {
        let (lane, mpk) = (commit.lane, commit.mpk.unwrap());
        self.commit(lane, &commit.blob, mpk, group_info, place).await
    }

    /// Commits what opens for nobody, and registers a key.
    ///
    /// # Errors
    /// What the relay says.
    pub async fn garbage(&mut self, lane: Lane, key: &SigningKey) -> Result<Tag, ErrorCode> {
        let blob: [u8; 585] = rng::array(&mut OsRng);
        self.commit(lane, &blob, PublicKey(key.public()), &[0; 64], &[]).await
    }

    /// Commits on top of the newest head.
    ///
    /// # Errors
    /// What the relay says.
    pub async fn commit(
        &mut self,
        lane: Lane,
        blob: &[u8],
        mpk: PublicKey,
        group_info: &[u8],
        place: &[u8],
    ) -> Result<Tag, ErrorCode> {
        loop {
            let cid = Cid(rng::array(&mut OsRng));
            let commit = Commit { lane, head: self.head, blob, group_info, mpk, cid, pow: None, place };
            match self.link.request(Request::Commit(commit)).await {
                Reply::Committed(done) => {
                    self.head = done.tag;
                    return Ok(done.tag);
                }
                Reply::Refused(refusal) if refusal.code == ErrorCode::StaleHead => {
                    self.head = refusal.data.unwrap().head.unwrap();
                }
                Reply::Refused(refusal) => return Err(refusal.code),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Publishes bytes.
    ///
    /// # Errors
    /// What the relay says.
    pub async fn publish(&mut self, blob: &[u8]) -> Result<u64, ErrorCode> {
        let (head, cid) = (self.head, Cid(rng::array(&mut OsRng)));
        let publish = Publish { head, blob, ttl: 3600, cid, del_hash: None, replaces: None };
        match self.link.ask(Request::Publish(publish)).await? {
            Reply::Published(done) => Ok(done.seq),
            other => panic!("{other:?}"),
        }
    }

    /// Opens what everybody with the code can open.
    #[must_use]
    pub fn open(&self, tag: Tag, sealed: &[u8]) -> Option<Vec<u8>> {
        let at = Place { lane: Lane::GroupInfo, room_id: RoomId(*self.keys.room_id()), base: tag };
        Some(envelope::open(self.keys.join_key(), &at, sealed).ok()?.data.to_vec())
    }

    /// Seals as everybody with the code can.
    ///
    /// # Panics
    /// If it is too large.
    #[must_use]
    pub fn seal(&self, tag: Tag, kind: FrameKind, data: &[u8]) -> Vec<u8> {
        let at = Place { lane: Lane::GroupInfo, room_id: RoomId(*self.keys.room_id()), base: tag };
        envelope::seal(&mut OsRng, self.keys.join_key(), &at, kind, data).unwrap()
    }
}

impl std::fmt::Debug for RawClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RawClient")
    }
}
