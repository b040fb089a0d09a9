//! A recorder around the group scheme: of every member it keeps the epoch, the member list and the keys that it used.
//!
//! Two things are checked as they happen: members of one epoch agree on everything that follows from it, and no
//! sender's key encrypts twice. The second is judged by what the relay got to see, because a ciphertext that a crash
//! rolled back and that nobody ever saw may be made again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ciborium::Value;
use conclave_crypto::{
    group::{
        Candidate, Change, Founded, Founding, Group, GroupCrypto, GroupError, Identity, JoinError, Joining,
        NewKeyPackage, PendingCommit, PendingJoin, ProcessError, Received, Welcoming,
    },
    purpose::RoomSecret,
    schedule::RoomKeys,
    state::{GroupState, GroupStateReader, StateError},
    verification,
};
use conclave_proto::{
    Lane,
    content::{AppMsg, Publication},
    id::{MessageId, Tag},
};
use conclave_seal::{hash::sha256, rng::Rng};
use zeroize::Zeroizing;

use crate::{
    layer::{Layer, Layered},
    process::Process,
};

/// What was recorded of all members. Clones share it.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Records>>);

#[derive(Default)]
struct Records {
    epochs: BTreeMap<Tag, Epoch>,
    standing: BTreeMap<String, Standing>,
    leaf_keys: BTreeMap<[u8; 32], String>,
    /// By the SHA-256 of the MLS message.
    uses: BTreeMap<[u8; 32], KeyUse>,
    /// What was encrypted, by the SHA-256 of the MLS message.
    plaintexts: BTreeMap<[u8; 32], Written>,
    room: Option<Zeroizing<Vec<u8>>>,
    violations: Vec<String>,
}

/// An epoch as its members see it.
#[derive(Clone)]
pub struct Epoch {
    /// The member list.
    pub roster: [u8; 32],
    /// The epoch authenticator.
    pub authenticator: [u8; 48],
    /// `K_A`, `K_C` and `K_E`, for positive controls.
    pub keys: [(Lane, [u8; 32]); 3],
    witness: String,
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoch").field("witness", &self.witness).finish_non_exhaustive()
    }
}

/// Where a member stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its epoch.
    pub base: Tag,
    /// Its own leaf key.
    pub leaf_key: [u8; 32],
    /// The leaf keys of everybody that it sees.
    pub roster: Vec<[u8; 32]>,
}

/// One key of a sender: it may encrypt once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyUse {
    /// The epoch.
    pub base: Tag,
    /// The sender.
    pub leaf: u32,
    /// Of the chain for commits and proposals.
    pub handshake: bool,
    /// The place in the chain.
    pub generation: u64,
}

/// What somebody encrypted.
#[derive(Clone, Debug)]
pub struct Written {
    /// The SHA-256 of all of it.
    pub hash: [u8; 32],
    /// Its id and words, which stay when it is published again.
    pub message: (MessageId, Vec<u8>),
    /// The leaf keys of the others who can read it.
    pub readers: BTreeSet<[u8; 32]>,
}

impl Recorder {
    /// The scheme of one person, recorded. Each call is a crash point of the process.
    #[must_use]
    pub fn scheme(&self, who: &str, process: &Process, scheme: &Arc<dyn GroupCrypto>) -> Arc<dyn GroupCrypto> {
        let member = MemberRecorder { recorder: self.clone(), who: who.to_owned(), process: process.clone() };
        Arc::new(RecordingCrypto { member, scheme: Arc::clone(scheme) })
    }

    /// Where somebody stood when it last asked anything of its group.
    #[must_use]
    pub fn standing(&self, who: &str) -> Option<Standing> {
        self.records().standing.get(who).cloned()
    }

    /// Whose leaf key it is.
    #[must_use]
    pub fn owner_of(&self, leaf_key: &[u8; 32]) -> Option<String> {
        self.records().leaf_keys.get(leaf_key).cloned()
    }

    /// Who has had more than one leaf.
    #[must_use]
    pub fn of_several_leaves(&self) -> BTreeSet<String> {
        let mut leaves: BTreeMap<String, u32> = BTreeMap::new();
        for owner in self.records().leaf_keys.values() {
            *leaves.entry(owner.clone()).or_default() += 1;
        }
        leaves.into_iter().filter(|(_, count)| *count > 1).map(|(owner, _)| owner).collect()
    }

    /// All epochs that anybody has been in.
    #[must_use]
    pub fn epochs(&self) -> BTreeMap<Tag, Epoch> {
        self.records().epochs.clone()
    }

    /// Which key made an MLS message.
    #[must_use]
    pub fn use_of(&self, message: &[u8]) -> Option<KeyUse> {
        self.records().uses.get(&sha256(message)).copied()
    }

    /// What was encrypted as an MLS message.
    #[must_use]
    pub fn plaintext_of(&self, message: &[u8]) -> Option<Written> {
        self.records().plaintexts.get(&sha256(message)).cloned()
    }

    /// What follows from the room's code, as the founder stored it.
    #[must_use]
    pub fn room_keys(&self) -> Option<RoomKeys> {
        let stored = self.records().room.clone()?;
        RoomKeys::from_stored(stored.as_slice())
    }

    /// What was founded is not there any more: the founder's app died before it was stored.
    pub fn forget_room(&self) {
        self.records().room = None;
    }

    /// What did not fit together, in words.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.records().violations.clone()
    }

    fn records(&self) -> std::sync::MutexGuard<'_, Records> {
        // A process that dies while it records leaves the records whole: each is one insertion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

/// Records what one member's group does; a layer around the group.
#[derive(Clone)]
struct MemberRecorder {
    recorder: Recorder,
    who: String,
    process: Process,
}

impl MemberRecorder {
    fn note_epoch(&self, group: &dyn Group) {
        let Some(own) = group.own() else { return };
        let keys = group.keys();
        let envelope = |lane: Lane| (lane, *keys.envelope(lane).unwrap().expose_secret());
        let epoch = Epoch {
            roster: verification::roster_hash(group),
            authenticator: *keys.authenticator.expose_secret(),
            keys: [envelope(Lane::Application), envelope(Lane::Commit), envelope(Lane::Ephemeral)],
            witness: self.who.clone(),
        };
        let roster: Vec<[u8; 32]> = group.roster().iter().map(|member| member.leaf_key.0).collect();
        let standing = Standing { base: group.base(), leaf_key: own.leaf_key.0, roster };
        let mut records = self.recorder.records();
        records.leaf_keys.insert(standing.leaf_key, self.who.clone());
        if let Some(known) = records.epochs.get(&standing.base) {
            if (known.roster, known.authenticator) != (epoch.roster, epoch.authenticator) {
                let text = format!("{} and {} differ about {:?}", known.witness, self.who, standing.base);
                records.violations.push(text);
            }
        } else {
            records.epochs.insert(standing.base, epoch);
        }
        records.standing.insert(self.who.clone(), standing);
    }

    fn note_use(&self, group: &dyn Group, spy: &Spy<'_>, handshake: bool, message: &[u8]) {
        let (base, leaf) = (group.base(), group.own_leaf());
        let secrets = spy.secrets.lock().unwrap().take();
        let next = secrets.as_ref().and_then(|secrets| next_generation(secrets, leaf, handshake));
        let mut records = self.recorder.records();
        match next.and_then(|next| next.checked_sub(1)) {
            Some(generation) => {
                records.uses.insert(sha256(message), KeyUse { base, leaf, handshake, generation });
            }
            None => records.violations.push("the sender's chain cannot be read: nothing would be noticed".to_owned()),
        }
    }
}

/// Reads the place in the own chain out of the stored message secrets.
fn next_generation(stored: &[u8], leaf: u32, handshake: bool) -> Option<u64> {
    let value: Value = ciborium::from_reader(stored).ok()?;
    let name = if handshake { "handshake_sender_ratchets" } else { "application_sender_ratchets" };
    let chains = find(&value, name)?.as_array()?;
    let chain = find(chains.get(usize::try_from(leaf).ok()?)?, "EncryptionRatchet")?;
    u64::try_from(find(chain, "generation")?.as_integer()?).ok()
}

fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let map = value.as_map()?;
    let direct = map.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    direct.or_else(|| map.iter().find_map(|(_, value)| find(value, name)))
}

/// A group state that keeps a copy of the message secrets that were written through it.
struct Spy<'a> {
    state: &'a dyn GroupState,
    secrets: Mutex<Option<Zeroizing<Vec<u8>>>>,
}

impl<'a> Spy<'a> {
    fn new(state: &'a dyn GroupState) -> Self {
        Self { state, secrets: Mutex::default() }
    }
}

impl GroupStateReader for Spy<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        self.state.get(key)
    }
}

impl GroupState for Spy<'_> {
    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        if key.starts_with(b"mls/MessageSecrets/") {
            *self.secrets.lock().unwrap() = Some(Zeroizing::new(value.to_vec()));
        }
        self.state.put(key, value)
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateError> {
        self.state.delete(key)
    }
}

/// What followed from the codes that were stretched before in this process. Most of a story's time went into that, and stories are told
/// again and again, with the same codes.
static STRETCHED: Mutex<BTreeMap<Vec<u8>, Zeroizing<Vec<u8>>>> = Mutex::new(BTreeMap::new());

/// As [`STRETCHED`], of the words that people compare.
static WORDS: Mutex<BTreeMap<[u8; 32], [&str; verification::WORDS]>> = Mutex::new(BTreeMap::new());

struct RecordingCrypto {
    member: MemberRecorder,
    scheme: Arc<dyn GroupCrypto>,
}

impl RecordingCrypto {
    fn wrap(&self, group: Box<dyn Group>) -> Box<dyn Group> {
        Box::new(Layered { group, layer: self.member.clone() })
    }
}

impl GroupCrypto for RecordingCrypto {
    fn room_keys(&self, code: &RoomSecret) -> RoomKeys {
        let secret = code.expose_secret().to_vec();
        let known = STRETCHED.lock().unwrap_or_else(PoisonError::into_inner).get(&secret).cloned();
        if let Some(keys) = known.and_then(|stored| RoomKeys::from_stored(&stored)) {
            return keys;
        }
        let keys = self.scheme.room_keys(code);
        STRETCHED.lock().unwrap_or_else(PoisonError::into_inner).insert(secret, keys.to_stored());
        keys
    }

    fn words(&self, roster: &[u8; 32]) -> [&'static str; verification::WORDS] {
        let known = WORDS.lock().unwrap_or_else(PoisonError::into_inner).get(roster).copied();
        known.unwrap_or_else(|| {
            let words = self.scheme.words(roster);
            WORDS.lock().unwrap_or_else(PoisonError::into_inner).insert(*roster, words);
            words
        })
    }

    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        self.member.recorder.records().room = Some(founding.keys.to_stored());
        let founded = self.scheme.create(state, rng, founding)?;
        self.member.process.point();
        Ok(Founded { group: self.wrap(founded.group), group_info: founded.group_info })
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        let joined = self.scheme.join(state, rng, joining)?;
        let leaf_key = joined.group.leaf_key().public();
        self.member.recorder.records().leaf_keys.insert(leaf_key, self.member.who.clone());
        self.member.process.point();
        Ok(PendingJoin { group: self.wrap(joined.group), ..joined })
    }

    fn key_package(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        identity: Identity,
    ) -> Result<NewKeyPackage, GroupError> {
        self.scheme.key_package(state, rng, identity)
    }

    fn candidate(&self, key_package: &[u8]) -> Option<Candidate> {
        self.scheme.candidate(key_package)
    }

    fn welcome(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        welcoming: Welcoming<'_>,
    ) -> Result<Box<dyn Group>, JoinError> {
        let group = self.scheme.welcome(state, rng, welcoming)?;
        self.member.recorder.records().leaf_keys.insert(group.leaf_key().public(), self.member.who.clone());
        self.member.process.point();
        Ok(self.wrap(group))
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        Ok(self.scheme.load(state)?.map(|group| self.wrap(group)))
    }
}

impl Layer for MemberRecorder {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let spy = Spy::new(state);
        let sealed = group.encrypt(&spy, rng, message)?;
        self.note_use(group, &spy, false, &sealed);
        let message = Publication::decode(message).unwrap().message;
        let content = AppMsg::decode(&message).unwrap();
        let others = group.roster().iter().filter(|member| !member.own);
        let written = Written {
            hash: sha256(&message),
            message: (content.mid, content.body.encode()),
            readers: others.map(|member| member.leaf_key.0).collect(),
        };
        self.recorder.records().plaintexts.insert(sha256(&sealed), written);
        self.process.point();
        Ok(sealed)
    }

    fn receive(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        message: &[u8],
    ) -> Result<Received, ProcessError> {
        let received = group.receive(state, message)?;
        self.process.point();
        Ok(received)
    }

    fn propose_leave(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
    ) -> Result<Vec<u8>, GroupError> {
        let spy = Spy::new(state);
        let proposal = group.propose_leave(&spy, rng)?;
        self.note_use(group, &spy, true, &proposal);
        self.process.point();
        Ok(proposal)
    }

    fn commit(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError> {
        let spy = Spy::new(state);
        let pending = group.commit(&spy, rng, change)?;
        self.note_use(group, &spy, true, &pending.commit);
        self.process.point();
        Ok(pending)
    }

    /// What the group says outside of a transaction is on the disk.
    fn asked(&self, group: &dyn Group) {
        self.note_epoch(group);
    }

    fn moved(&mut self, _: &dyn Group) {
        self.process.point();
    }
}
