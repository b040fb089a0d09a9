//! Alice, Bob and Carol, and the entries that a relay would carry between them.

use std::sync::LazyLock;

use conclave_crypto::{
    code::Code,
    envelope::{self, Place},
    group::{
        Advanced, Change, CommitEntry, Founding, Group, GroupCrypto as _, Identity, Invalid, JoinError, Joining,
        OpenMls, ProcessError, Received,
    },
    params, place,
    purpose::Psk,
    schedule::RoomKeys,
    state::MemoryState,
    validator::Violation,
};
use conclave_proto::{
    Lane,
    deed::PanicBy,
    id::{PublicKey, RoomId, Tag},
    padding::FrameKind,
    params::{Calls, History, Params, ParamsFields, Receipts, RoomPolicy},
    version,
};
use conclave_seal::{id, rng::OsRng, sign::SigningKey};

/// The room of the protocol's test vectors. Stretching its code once is enough for all tests.
pub(crate) static KEYS: LazyLock<RoomKeys> = LazyLock::new(|| RoomKeys::derive(code().secret()));

pub(crate) fn owner_key() -> SigningKey {
    SigningKey::from_seed(&[0x11; 32])
}

pub(crate) fn code() -> Code {
    Code::recompute(&owner_key().public(), &[0x22; 32])
}

pub(crate) fn room_id() -> RoomId {
    RoomId(*KEYS.room_id())
}

pub(crate) fn fields(rev: u64, max_members: u16) -> ParamsFields {
    ParamsFields {
        version: version::PROTOCOL,
        opk: PublicKey(owner_key().public()),
        r: [0x22; 32],
        genesis_nonce: [0x66; 16],
        created_at: 1_790_000_000,
        rev,
        title: "Tea".into(),
        note: String::new(),
        policy: RoomPolicy {
            msg_ttl: 3600,
            idle_ttl: 86_400,
            max_members,
            need_pass: false,
            panic_by: PanicBy::AnyMember,
            owner_leave_closes: true,
            history: History::None,
            calls: Calls::RelayOnly,
            everything_view_once: false,
            presence: true,
            receipts: Receipts::None,
        },
        deed: None,
        standby: None,
    }
}

pub(crate) fn signed(fields: ParamsFields) -> Params {
    params::sign(&owner_key(), &room_id(), fields).unwrap()
}

/// A commit entry as the relay stores it, with the GroupInfo that came along.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) lane: Lane,
    pub(crate) blob: Vec<u8>,
    pub(crate) mpk: PublicKey,
    pub(crate) group_info: Vec<u8>,
}

impl Entry {
    pub(crate) fn tag(&self) -> Tag {
        Tag(id::entry_tag(self.lane.number(), &self.blob, &self.mpk.0))
    }
}

/// Somebody with a device.
pub(crate) struct Person {
    pub(crate) state: MemoryState,
    pub(crate) group: Box<dyn Group>,
}

/// Alice opens the room; what comes back with her is the GroupInfo that she uploads.
pub(crate) fn alice() -> (Person, Vec<u8>) {
    alice_with(&signed(fields(1, 16)), None)
}

pub(crate) fn alice_with(params: &Params, passphrase: Option<&Psk>) -> (Person, Vec<u8>) {
    let state = MemoryState::new();
    let identity = Identity::new("Alice", 0).unwrap();
    let founding = Founding { keys: &KEYS, owner_key: &owner_key(), params, passphrase, identity };
    let founded = OpenMls.create(&state, &mut OsRng, founding).unwrap();
    (Person { state, group: founded.group }, founded.group_info)
}

/// A join at the epoch where the signer of the GroupInfo is, with the place that it signs.
pub(crate) fn joining<'a>(group_info: &'a [u8], signer: &Person, code: &'a Code, nick: &str) -> Joining<'a> {
    joining_at(group_info, signer.group.leaf_key(), signer.group.base(), code, nick)
}

pub(crate) fn joining_at<'a>(
    group_info: &'a [u8],
    signer: &SigningKey,
    base: Tag,
    code: &'a Code,
    nick: &str,
) -> Joining<'a> {
    // Leaked, so that a test can write a join in one line.
    let place = Box::leak(Box::new(place::sign(signer, &room_id(), base, &[], group_info, None).unwrap()));
    Joining {
        code,
        keys: &KEYS,
        passphrase: None,
        group_info,
        base,
        place,
        identity: Identity::new(nick, 0).unwrap(),
        minimum_rev: 0,
        rejoin: None,
    }
}

/// Somebody builds the commit that joins; nobody has accepted it yet.
pub(crate) fn knock(joining: Joining<'_>) -> Result<(Person, Entry), JoinError> {
    let (state, base) = (MemoryState::new(), joining.base);
    let pending = OpenMls.join(&state, &mut OsRng, joining)?;
    let place = Place { lane: Lane::Join, room_id: room_id(), base };
    let blob = envelope::seal(&mut OsRng, KEYS.join_key(), &place, FrameKind::Mls, &pending.commit).unwrap();
    let mpk = PublicKey(pending.group.keys().member_auth.public());
    let entry = Entry { lane: Lane::Join, blob, mpk, group_info: pending.group_info };
    let mut person = Person { state, group: pending.group };
    person.group.adopt(&person.state, entry.tag()).unwrap();
    Ok((person, entry))
}

/// Somebody joins at the epoch where `host` is, and everybody there hears of it.
pub(crate) fn join(nick: &str, people: &mut [&mut Person]) -> Person {
    let group_info = people[0].group.group_info().unwrap();
    let (person, entry) = knock(joining(&group_info, people[0], &code(), nick)).unwrap();
    for other in people {
        other.hears(&entry).unwrap();
    }
    person
}

impl Person {
    /// What is inside an entry's envelope, if it opens in the current epoch.
    pub(crate) fn opens(&self, entry: &Entry) -> Option<Vec<u8>> {
        let place = Place { lane: entry.lane, room_id: room_id(), base: self.group.base() };
        let key = self.group.keys().envelope(entry.lane).unwrap_or(KEYS.join_key());
        Some(envelope::open(key, &place, &entry.blob).ok()?.data.to_vec())
    }

    /// Reads an entry of lane J or C.
    pub(crate) fn hears(&mut self, entry: &Entry) -> Result<Advanced, ProcessError> {
        let message = self.opens(entry).unwrap();
        let commit = CommitEntry { lane: entry.lane, message: &message, tag: entry.tag(), member_auth_key: entry.mpk };
        self.group.advance(&self.state, commit)
    }

    /// Prepares a commit.
    pub(crate) fn commits(&mut self, change: Change) -> Entry {
        self.commits_with_welcome(change).0
    }

    /// The same, with the Welcome for whom it adds.
    pub(crate) fn commits_with_welcome(&mut self, change: Change) -> (Entry, Option<Vec<u8>>) {
        let pending = self.group.commit(&self.state, &mut OsRng, change).unwrap();
        let place = Place { lane: Lane::Commit, room_id: room_id(), base: self.group.base() };
        let key = &self.group.keys().commit;
        let blob = envelope::seal(&mut OsRng, key, &place, FrameKind::Mls, &pending.commit).unwrap();
        let entry = Entry { lane: Lane::Commit, blob, mpk: pending.member_auth_key, group_info: pending.group_info };
        (entry, pending.welcome)
    }

    /// The relay has accepted the prepared commit.
    pub(crate) fn merges(&mut self, entry: &Entry) -> Advanced {
        self.group.merge_pending(&self.state, entry.tag()).unwrap()
    }

    pub(crate) fn says(&mut self, text: &str) -> Vec<u8> {
        self.group.encrypt(&self.state, &mut OsRng, text.as_bytes()).unwrap()
    }

    pub(crate) fn reads(&mut self, message: &[u8]) -> Result<Received, ProcessError> {
        self.group.receive(&self.state, message)
    }

    /// The app is closed and opened again.
    pub(crate) fn restarts(&mut self) {
        self.group = OpenMls.load(&self.state).unwrap().unwrap();
    }

    pub(crate) fn nicks(&self) -> Vec<&str> {
        self.group.roster().iter().map(|member| member.credential.nick.as_str()).collect()
    }

    pub(crate) fn leaf_of(&self, nick: &str) -> u32 {
        self.group.roster().iter().find(|member| member.credential.nick == nick).unwrap().leaf
    }
}

/// That people are in the same epoch with the same members and keys (invariant I2).
pub(crate) fn assert_together(people: &[&Person]) {
    let first = people[0];
    for other in people {
        assert_eq!(other.group.base(), first.group.base());
        assert_eq!(other.nicks(), first.nicks(), "one base, one roster");
        assert!(other.group.keys().authenticator.same_as(&first.group.keys().authenticator), "one base, one epoch");
        assert_eq!(other.group.keys().member_auth.public(), first.group.keys().member_auth.public());
        assert!(other.group.keys().application.same_as(&first.group.keys().application));
    }
}

pub(crate) fn said(text: &str, by: &Person) -> Received {
    Received::Application { leaf: by.group.own_leaf(), message: text.as_bytes().to_vec() }
}

/// That an entry is refused by a rule.
pub(crate) fn assert_invalid(verdict: Result<Advanced, ProcessError>, rule: Violation) {
    let broken = match &verdict {
        Err(ProcessError::Invalid(Invalid::Rule(broken))) => Some(*broken),
        Ok(_) | Err(_) => None,
    };
    assert_eq!(broken, Some(rule), "{verdict:?}");
}
