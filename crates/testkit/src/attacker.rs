//! Somebody who ran the relay all the time, kept everything, and finds the code when the room is long over (invariant I4).
//!
//! The attacker has every envelope that the relay ever held, the code, and all that follows from it. It tries every key that
//! the project's labels can derive from that, on every envelope, as if it were of any lane and any epoch; and it enters the
//! room again from every GroupInfo that it recorded, to see whether the fork that it gets opens anything.

use std::{collections::BTreeSet, fmt};

use conclave_crypto::{
    code::Code,
    envelope::{self, Frame, Place},
    group::{CommitEntry, Group, GroupCrypto, Identity, Joining, OpenMls},
    purpose::{self, EnvelopeKey},
    schedule::{CODE_ROUNDS, RoomKeys},
    state::MemoryState,
};
use conclave_proto::{
    Lane,
    id::{RoomId, Tag},
    padding::FrameKind,
};
use conclave_seal::{
    expand::expand,
    hash::{hash, sha256},
    id,
    label::{self, Label},
};
use sha2::Sha512;

use crate::{
    archive::{Kept, Sealed},
    dice::Dice,
};

/// What the attacker has.
pub struct Attacker {
    room: RoomId,
    code: Code,
    keys: RoomKeys,
    frames: Vec<Sealed>,
    bases: BTreeSet<Tag>,
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
        Self { room, code, keys, frames, bases }
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
        let opened = |frame: &&Sealed| self.try_key(&key, frame).map(|opened| (frame.lane, opened));
        let found = self.frames.iter().filter_map(|frame| opened(&frame));
        found.map(|(lane, opened)| Finding { lane, data: opened.data.to_vec(), how: how.to_owned() }).collect()
    }

    /// Everything that the attacker can open.
    #[must_use]
    pub fn attack(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        for (key, how) in self.candidates() {
            found.extend(self.open_with(&key, &how));
        }
        for fork in self.forks() {
            for lane in [Lane::Application, Lane::Commit, Lane::Ephemeral] {
                if let Some(key) = fork.keys().envelope(lane) {
                    found.extend(self.open_with(key.expose_secret(), "a key of a fork"));
                }
            }
        }
        found
    }

    fn try_key(&self, key: &EnvelopeKey, frame: &Sealed) -> Option<Frame> {
        let lanes = [Lane::Application, Lane::Commit, Lane::Join, Lane::GroupInfo, Lane::Ephemeral];
        self.bases.iter().find_map(|base| {
            let open = |lane: &Lane| {
                let place = Place { lane: *lane, room_id: self.room, base: *base };
                envelope::open(key, &place, &frame.blob).ok()
            };
            lanes.iter().find_map(open)
        })
    }

    /// Every key that a label can make of what follows from the code, with how.
    fn candidates(&self) -> Vec<([u8; 32], String)> {
        let inputs = self.inputs();
        let labels: Vec<Label> =
            purpose::ALL.iter().chain(label::ALL).copied().chain([Label::new(""), EXPORTER, EXPORTER_AUTH]).collect();
        let mut contexts: Vec<Vec<u8>> = vec![Vec::new(), self.room.0.to_vec()];
        for lane in [Lane::Application, Lane::Commit, Lane::Ephemeral] {
            contexts.push([&[lane.number()][..], &self.room.0].concat());
        }
        contexts.extend(self.bases.iter().map(|base| base.0.to_vec()));
        let mut keys = Vec::new();
        for (name, input) in &inputs {
            keys.push((sha256(input), format!("SHA-256 of {name}")));
            if let Some(key) = input.first_chunk::<32>() {
                keys.push((*key, name.clone()));
            }
            for label in &labels {
                keys.push((hash(*label, &[input]), format!("H({:?}, {name})", label.text())));
                for context in &contexts {
                    keys.push((*expand::<32>(input, *label, context), format!("X({name}, {:?})", label.text())));
                }
            }
        }
        keys
    }

    /// Everything that follows from the code, or stands on the doorplate that the code opens.
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
        if let Some(fork) = self.forks().first() {
            inputs.push(("r".to_owned(), fork.params().r.to_vec()));
            inputs.push(("opk".to_owned(), fork.params().opk.0.to_vec()));
            inputs.push(("genesis nonce".to_owned(), fork.params().genesis_nonce.to_vec()));
        }
        inputs
    }

    /// The groups that the attacker gets by joining from every GroupInfo, each after trying every recorded commit on it.
    fn forks(&self) -> Vec<Box<dyn Group>> {
        let mut forks = Vec::new();
        for info in self.frames.iter().filter(|frame| frame.lane == Lane::GroupInfo) {
            let Some(base) = info.head else { continue };
            let place = Place { lane: Lane::GroupInfo, room_id: self.room, base };
            let Ok(opened) = envelope::open(self.keys.join_key(), &place, &info.blob) else { continue };
            let state = MemoryState::new();
            let joining = Joining {
                code: &self.code,
                keys: &self.keys,
                passphrase: None,
                group_info: &opened.data,
                base,
                identity: Identity::new("Mallory", 0).unwrap(),
                minimum_rev: 0,
                rejoin: None,
            };
            let Ok(joined) = OpenMls.join(&state, &mut Dice::new(4), joining) else { continue };
            let mut fork = joined.group;
            for commit in self.frames.iter().filter(|frame| matches!(frame.lane, Lane::Join | Lane::Commit)) {
                self.try_commit(fork.as_mut(), &state, commit);
            }
            forks.push(fork);
        }
        forks
    }

    /// Tries to follow a recorded commit; whatever happens, the fork goes on from where it is then.
    fn try_commit(&self, fork: &mut dyn Group, state: &MemoryState, commit: &Sealed) {
        let (Some(tag), Some(key), Some(base)) = (commit.tag, commit.key, commit.head) else { return };
        let place = Place { lane: commit.lane, room_id: self.room, base };
        let with = if commit.lane == Lane::Join { self.keys.join_key() } else { &fork.keys().commit };
        let Ok(opened) = envelope::open(with, &place, &commit.blob) else { return };
        if opened.kind == FrameKind::Mls {
            let entry = CommitEntry { lane: commit.lane, message: &opened.data, tag, member_auth_key: key };
            // Refused or followed: what counts is what the fork's keys open afterwards.
            let _ = fork.advance(state, entry);
        }
    }
}

const EXPORTER: Label = Label::new("conclave.v1 envelope");
const EXPORTER_AUTH: Label = Label::new("conclave.v1 member-auth");
