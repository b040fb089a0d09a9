//! Somebody who ran the relay all the time, kept everything, and finds the code when the room is long over (invariant
//! I4).
//!
//! The attacker has every envelope that the relay ever held, the code, and all that follows from it. It knows every
//! label that the project uses, and tries what they make of that, on every envelope, as if it were of any lane and any
//! epoch; it follows the public group through the recorded commits; and it enters the room again from every GroupInfo,
//! and uses every secret of the forks that it gets.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
};

use conclave_crypto::{
    code::Code,
    envelope::{self, Frame, Place},
    purpose::{self, EnvelopeKey},
    schedule::{CODE_ROUNDS, RoomKeys},
};
use conclave_proto::{
    Lane,
    id::{RoomId, Tag},
};
use conclave_seal::{
    expand::expand,
    hash::{hash, sha256},
    id,
    label::Label,
};
use sha2::Sha512;

use self::staging::{Fate, Fork, Observer};
use crate::relay_log::{Kept, Sealed};

pub mod labels;
pub mod staging;

/// What the attacker has.
pub struct Attacker {
    room: RoomId,
    code: Code,
    keys: RoomKeys,
    frames: Vec<Sealed>,
    bases: BTreeSet<Tag>,
    labels: Vec<Label>,
}

/// An envelope that was opened, and how.
pub struct Finding {
    /// The lane that it came on.
    pub lane: Lane,
    /// What was inside.
    pub data: Vec<u8>,
    /// Which key it was.
    pub how: String,
}

/// All that an attack tried and found.
#[derive(Debug, Default)]
pub struct Attack {
    /// What opened.
    pub found: Vec<Finding>,
    /// What was tried: an attack that tried nothing proves nothing.
    pub tried: Tried,
}

/// What an attack tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Different keys, on every envelope as if it were of any lane and any epoch.
    pub keys: usize,
    /// Different keys, on an envelope of every lane and epoch as what it is: those that take two labels, or a secret of
    /// a fork.
    pub far_keys: usize,
    /// Keys times envelopes times places.
    pub openings: usize,
    /// GroupInfos that were joined.
    pub forks: usize,
    /// Secrets in the states of the forks.
    pub fork_secrets: usize,
    /// Recorded messages of the very epoch of a fork that it refused.
    pub fork_refused: usize,
    /// Recorded messages that a fork followed.
    pub fork_followed: usize,
    /// GroupInfos that were observed.
    pub observers: usize,
    /// Recorded commits that an observer staged and followed.
    pub staged: usize,
}

impl fmt::Debug for Attacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attacker").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finding").field("lane", &self.lane).field("how", &self.how).finish_non_exhaustive()
    }
}

impl Attacker {
    /// Somebody with all that a relay kept, and the code.
    #[must_use]
    pub fn new(kept: Kept, code: Code) -> Self {
        let keys = RoomKeys::derive(code.secret());
        let room = RoomId(*keys.room_id());
        let frames: Vec<Sealed> = kept.frames.into_iter().filter(|frame| frame.room == room).collect();
        let genesis = Tag(id::genesis_tag(room.as_bytes()));
        let named = frames.iter().flat_map(|frame| [frame.head, frame.tag]).flatten();
        let bases = named.chain([genesis]).collect();
        Self { room, code, keys, frames, bases, labels: labels::registered() }
    }

    /// How many envelopes of a lane there are.
    #[must_use]
    pub fn count(&self, lane: Lane) -> usize {
        self.frames.iter().filter(|frame| frame.lane == lane).count()
    }

    /// What opens with one key, on any lane and in any epoch.
    #[must_use]
    pub fn open_with(&self, key: &[u8; 32], how: &str) -> Vec<Finding> {
        let key = EnvelopeKey::from_bytes(key);
        let places = self.bases.iter().flat_map(|base| LANES.map(|lane| (lane, *base)));
        let places: Vec<_> = places.map(|(lane, base)| Place { lane, room_id: self.room, base }).collect();
        let open = |frame: &Sealed| places.iter().find_map(|place| envelope::open(&key, place, &frame.blob).ok());
        self.frames.iter().filter_map(|frame| open(frame).map(|opened| finding(frame, &opened, how))).collect()
    }

    /// An envelope, taken for what the relay saw it to be.
    fn open_in_place(&self, key: &EnvelopeKey, frame: &Sealed) -> Option<Frame> {
        let place = Place { lane: frame.lane, room_id: self.room, base: frame.head? };
        envelope::open(key, &place, &frame.blob).ok()
    }

    /// One envelope of each lane and epoch: a key that opens none of them opens none of the others, which share their
    /// key.
    fn samples(&self) -> Vec<&Sealed> {
        let mut seen = BTreeSet::new();
        self.sealed().filter(|frame| seen.insert((frame.lane.number(), frame.head))).collect()
    }

    /// The envelopes that the code must not open.
    fn sealed(&self) -> impl Iterator<Item = &Sealed> {
        self.frames.iter().filter(|frame| SEALED.contains(&frame.lane))
    }

    /// Everything that the attacker can open.
    #[must_use]
    pub fn attack(&self) -> Attack {
        let mut search = Search::new(self);
        search.derive(&self.inputs());
        // What has opened by now may carry commits that lead further.
        search.follow(&self.commits(&search.attack.found));
        search.attack
    }

    /// Gives MLS messages, whose envelopes somebody else has opened, to every fork.
    #[must_use]
    pub fn read_inside(&self, messages: &[Vec<u8>]) -> Tried {
        let mut tried = Tried::default();
        for fork in &mut self.forks() {
            tried.forks += 1;
            fates(&mut tried, messages.iter().map(|message| fork.follow(message)));
        }
        tried
    }

    /// What follows from the code, stands on the doorplates that it opens, or lay open at the relay.
    fn inputs(&self) -> Vec<(String, Vec<u8>)> {
        let secret = self.code.secret().to_bytes();
        let mut stretched = [0; 64];
        let salt = [&purpose::PBKDF2.prefix()[..], b"code"].concat();
        pbkdf2::pbkdf2_hmac::<Sha512>(&*secret, &salt, CODE_ROUNDS, &mut stretched);
        let mut inputs = vec![
            ("S".to_owned(), secret.to_vec()),
            ("RK".to_owned(), stretched.to_vec()),
            ("ask".to_owned(), self.keys.access_key().expose_seed().to_vec()),
            ("K_join".to_owned(), self.keys.join_key().expose_secret().to_vec()),
            ("PSK_code".to_owned(), self.keys.code_psk().expose_secret().to_vec()),
            ("PSK_pass".to_owned(), self.keys.passphrase_psk("").expose_secret().to_vec()),
            ("room id".to_owned(), self.room.0.to_vec()),
        ];
        if let Some(params) = self.observers().first().and_then(Observer::params) {
            inputs.push(("r".to_owned(), params.r.to_vec()));
            inputs.push(("opk".to_owned(), params.opk.0.to_vec()));
            inputs.push(("genesis nonce".to_owned(), params.genesis_nonce.to_vec()));
            inputs.push(("params".to_owned(), params.as_bytes().to_vec()));
        }
        inputs
    }

    fn doorplates(&self) -> impl Iterator<Item = Frame> {
        self.frames.iter().filter(|frame| frame.lane == Lane::GroupInfo).filter_map(|info| {
            let place = Place { lane: Lane::GroupInfo, room_id: self.room, base: info.head? };
            envelope::open(self.keys.join_key(), &place, &info.blob).ok()
        })
    }

    fn observers(&self) -> Vec<Observer> {
        self.doorplates().filter_map(|info| Observer::new(&info.data)).collect()
    }

    fn forks(&self) -> Vec<Fork> {
        self.doorplates().filter_map(|info| Fork::new(&info.data, &self.keys)).collect()
    }

    /// The recorded commits that are open: those of newcomers, and whatever else was found.
    fn commits(&self, found: &[Finding]) -> Vec<Vec<u8>> {
        let joins = self.frames.iter().filter(|frame| frame.lane == Lane::Join).filter_map(|join| {
            let place = Place { lane: Lane::Join, room_id: self.room, base: join.head? };
            Some(envelope::open(self.keys.join_key(), &place, &join.blob).ok()?.data.to_vec())
        });
        let found = found.iter().filter(|finding| SEALED.contains(&finding.lane)).map(|finding| finding.data.clone());
        joins.chain(found).collect()
    }
}

/// An attack under way.
struct Search<'a> {
    attacker: &'a Attacker,
    samples: Vec<&'a Sealed>,
    attack: Attack,
    known: HashSet<[u8; 32]>,
    /// Every message is open: there is nothing left to look for.
    done: bool,
}

impl<'a> Search<'a> {
    fn new(attacker: &'a Attacker) -> Self {
        let samples = attacker.samples();
        Self { attacker, samples, attack: Attack::default(), known: HashSet::new(), done: false }
    }

    /// Every key that one label or two make of some values.
    fn derive(&mut self, inputs: &[(String, Vec<u8>)]) {
        let (labels, room) = (self.attacker.labels.clone(), self.attacker.room.0);
        let contexts = contexts(&room);
        let by_epoch: Vec<Vec<u8>> = self.attacker.bases.iter().flat_map(|base| with_base(&room, base)).collect();
        let mut derived = Vec::new();
        for (name, input) in inputs {
            if let Some(key) = input.first_chunk::<32>() {
                self.try_everywhere(key, || name.clone());
            }
            self.try_everywhere(&sha256(input), || format!("SHA-256 of {name}"));
            for label in &labels {
                let text = label.text();
                let key = hash(*label, &[input]);
                self.try_everywhere(&key, || format!("H({text:?}, {name})"));
                derived.push((format!("H({text:?}, {name})"), key));
                for context in &contexts {
                    let key = *expand::<32>(input, *label, context);
                    self.try_everywhere(&key, || format!("X({name}, {text:?})"));
                    derived.push((format!("X({name}, {text:?})"), key));
                }
                for context in &by_epoch {
                    let key = *expand::<32>(input, *label, context);
                    self.try_in_place(&key, || format!("X({name}, {text:?}, epoch)"));
                }
            }
        }
        for (name, input) in &derived {
            if self.done {
                return;
            }
            self.derive_far(name, input);
        }
    }

    /// Every key that one label makes of a value that was not easy to get.
    fn derive_far(&mut self, name: &str, input: &[u8]) {
        let (labels, room) = (self.attacker.labels.clone(), self.attacker.room.0);
        for label in &labels {
            let text = label.text();
            self.try_in_place(&hash(*label, &[input]), || format!("H({text:?}, {name})"));
            for context in [&[][..], &room] {
                let key = expand::<32>(input, *label, context);
                self.try_in_place(&key, || format!("X({name}, {text:?})"));
            }
        }
    }

    /// Stages every recorded commit from every recorded GroupInfo, and uses all that comes of it.
    fn follow(&mut self, messages: &[Vec<u8>]) {
        let mut public = BTreeSet::new();
        for observer in &mut self.attacker.observers() {
            self.attack.tried.observers += 1;
            public.extend(observer.values());
            for message in messages {
                if observer.follow(message) == Fate::Followed {
                    self.attack.tried.staged += 1;
                    public.extend(observer.values());
                }
            }
        }
        for value in public {
            self.use_value("a value of the public group", &value);
        }
        for fork in &mut self.attacker.forks() {
            self.attack.tried.forks += 1;
            self.use_fork(fork);
            for message in messages {
                let fate = fork.follow(message);
                fates(&mut self.attack.tried, [fate]);
                if fate == Fate::Followed {
                    self.use_fork(fork);
                }
            }
        }
    }

    fn use_fork(&mut self, fork: &Fork) {
        let (labels, room) = (self.attacker.labels.clone(), self.attacker.room.0);
        for label in &labels {
            for context in &contexts(&room) {
                let key = fork.export(*label, context);
                self.try_everywhere(&key, || format!("a fork's exporter {:?}", label.text()));
            }
        }
        for secret in fork.secrets() {
            self.attack.tried.fork_secrets += 1;
            self.use_value("a secret of a fork", &secret);
        }
    }

    fn use_value(&mut self, name: &str, value: &[u8]) {
        if let Some(key) = value.first_chunk::<32>() {
            self.try_in_place(key, || name.to_owned());
        }
        self.derive_far(name, value);
    }

    fn try_everywhere(&mut self, key: &[u8; 32], how: impl FnOnce() -> String) {
        if !self.done && self.known.insert(*key) {
            self.attack.tried.keys += 1;
            self.attack.tried.openings += self.attacker.frames.len() * LANES.len() * self.attacker.bases.len();
            let found = self.attacker.open_with(key, "");
            self.keep(found, how);
        }
    }

    fn try_in_place(&mut self, key: &[u8; 32], how: impl FnOnce() -> String) {
        if self.done || !self.known.insert(*key) {
            return;
        }
        self.attack.tried.far_keys += 1;
        self.attack.tried.openings += self.samples.len();
        let sealing = EnvelopeKey::from_bytes(key);
        if self.samples.iter().any(|sample| self.attacker.open_in_place(&sealing, sample).is_some()) {
            let found = self.attacker.open_with(key, "");
            self.keep(found, how);
        }
    }

    fn keep(&mut self, found: Vec<Finding>, how: impl FnOnce() -> String) {
        if !found.is_empty() {
            let messages = found.iter().filter(|finding| finding.lane == Lane::Application).count();
            self.done = messages > 0 && messages == self.attacker.count(Lane::Application);
            let how = how();
            self.attack.found.extend(found.into_iter().map(|finding| Finding { how: how.clone(), ..finding }));
        }
    }
}

fn finding(frame: &Sealed, opened: &Frame, how: &str) -> Finding {
    Finding { lane: frame.lane, data: opened.data.to_vec(), how: how.to_owned() }
}

fn fates(tried: &mut Tried, fates: impl IntoIterator<Item = Fate>) {
    for fate in fates {
        match fate {
            Fate::Elsewhere => {}
            Fate::Refused => tried.fork_refused += 1,
            Fate::Followed => tried.fork_followed += 1,
        }
    }
}

/// What the project puts beside a label: nothing, the room, or a lane of the room.
fn contexts(room: &[u8; 32]) -> Vec<Vec<u8>> {
    let lanes = SEALED.map(|lane| [&[lane.number()][..], room].concat());
    [Vec::new(), room.to_vec()].into_iter().chain(lanes).collect()
}

/// The same with an epoch.
fn with_base(room: &[u8; 32], base: &Tag) -> Vec<Vec<u8>> {
    let lanes = SEALED.map(|lane| [&[lane.number()][..], room, &base.0].concat());
    [base.0.to_vec(), [&room[..], &base.0].concat()].into_iter().chain(lanes).collect()
}

const LANES: [Lane; 5] = [Lane::Application, Lane::Commit, Lane::Join, Lane::GroupInfo, Lane::Ephemeral];
const SEALED: [Lane; 3] = [Lane::Application, Lane::Commit, Lane::Ephemeral];
