//! Crafted commits: external commits and commits of members that open for whom their author chooses (protocol 4.6.7).
//!
//! A commit's path can be corrupted for any subset of the members, and nobody else can tell for which. Here a layer
//! over the group scheme stands in for the corrupted ciphertexts: it knows the commits of the attackers, and answers to
//! whoever is not to open one as a path that does not decrypt is answered. Everything else is real: the commits, places
//! and GroupInfos, engines, stores, relay and MLS.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use conclave_crypto::{
    group::{
        Advanced, Candidate, Change, CommitEntry, Founded, Founding, Group, GroupCrypto, GroupError, Identity, Invalid,
        JoinError, Joining, NewKeyPackage, PendingCommit, PendingJoin, ProcessError, Welcoming,
    },
    state::{GroupState, GroupStateReader},
};
use conclave_proto::id::PublicKey;
use conclave_seal::{hash::sha256, rng::Rng};

use crate::{
    corrupted_join::UploadedInfo,
    layer::{Layer, Layered},
    rng::SeededRng,
};

/// Who crafts, and what was crafted. Clones share it.
#[derive(Clone)]
pub struct Crafter(Arc<Mutex<Crafted>>);

struct Crafted {
    rng: SeededRng,
    attackers: BTreeMap<String, Plan>,
    /// Who cannot open a commit, by the SHA-256 of the MLS message.
    commits: BTreeMap<[u8; 32], BTreeSet<String>>,
    /// What happens to the place of a commit, by the member-auth key that it registers.
    places: BTreeMap<PublicKey, PlaceOf>,
    /// Who made the commit that registers this key, and how, for the trace.
    made: BTreeMap<PublicKey, String>,
    /// Who was refused which commit.
    refused: BTreeSet<(String, [u8; 32])>,
}

/// What somebody does who disturbs a room.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// Every commit is crafted.
    crafts: bool,
    /// Throws a commit of a member at the next occasion.
    throws: bool,
    /// Who can open the next commit, the only one that is crafted; else that is drawn.
    opens_for: Option<BTreeSet<String>>,
}

/// What becomes of the place of a crafted commit on its way to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceOf {
    /// It stays as the engine signed it.
    Commit,
    /// It is taken off.
    Nothing,
    /// Other bytes take its place.
    Garbage,
    /// That of the commit before takes its place.
    Another,
}

impl Crafter {
    /// Nobody crafts yet.
    #[must_use]
    pub fn new(rng: SeededRng) -> Self {
        Self(Arc::new(Mutex::new(Crafted {
            rng,
            attackers: BTreeMap::new(),
            commits: BTreeMap::new(),
            places: BTreeMap::new(),
            made: BTreeMap::new(),
            refused: BTreeSet::new(),
        })))
    }

    /// A scheme as one person uses it.
    #[must_use]
    pub fn scheme(&self, who: &str, scheme: &Arc<dyn GroupCrypto>) -> Arc<dyn GroupCrypto> {
        let member = MemberCrafter { crafter: self.clone(), who: who.to_owned() };
        Arc::new(CraftingCrypto { member, scheme: Arc::clone(scheme) })
    }

    /// From now on every commit of a person is crafted, or none is.
    pub fn crafts(&self, who: &str, crafts: bool) {
        self.crafted().attackers.entry(who.to_owned()).or_default().crafts = crafts;
    }

    /// Only these can open the next commit of a person; place and GroupInfo are honest.
    pub fn crafts_for(&self, who: &str, people: &[&str]) {
        let opens_for = Some(people.iter().map(|name| (*name).to_owned()).collect());
        let attacker = Plan { crafts: true, throws: false, opens_for };
        self.crafted().attackers.insert(who.to_owned(), attacker);
    }

    /// An attacker with a leaf commits at the next occasion.
    pub fn throws(&self, who: &str) {
        let attacker = Plan { crafts: true, throws: true, opens_for: None };
        self.crafted().attackers.insert(who.to_owned(), attacker);
    }

    /// An attacker with a leaf commits once at the next occasion, with an honest GroupInfo and place. The commit opens
    /// for these people.
    pub fn throws_for(&self, who: &str, people: &[&str]) {
        let opens_for = Some(people.iter().map(|name| (*name).to_owned()).collect());
        let attacker = Plan { crafts: true, throws: true, opens_for };
        self.crafted().attackers.insert(who.to_owned(), attacker);
    }

    /// Nobody crafts any more, or waits for an occasion.
    pub fn rest(&self) {
        self.crafted().attackers.clear();
    }

    /// What becomes of the place of the commit that registers this key.
    #[must_use]
    pub fn place_of(&self, key: &PublicKey) -> PlaceOf {
        self.crafted().places.get(key).copied().unwrap_or(PlaceOf::Commit)
    }

    /// Whether the commit that registers this key was crafted.
    #[must_use]
    pub fn has_crafted(&self, key: &PublicKey) -> bool {
        self.crafted().places.contains_key(key)
    }

    /// Who made the commit that registers this key, and how.
    #[must_use]
    pub fn made(&self, key: &PublicKey) -> String {
        self.crafted().made.get(key).cloned().unwrap_or_default()
    }

    /// How often somebody met a commit that did not open.
    #[must_use]
    pub fn refused(&self, by: impl Fn(&str) -> bool) -> u64 {
        u64::try_from(self.crafted().refused.iter().filter(|(who, _)| by(who)).count()).unwrap()
    }

    fn crafted(&self) -> MutexGuard<'_, Crafted> {
        // Each entry is one insertion, so a process that dies inside of one leaves what was crafted whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Crafter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crafter")
    }
}

impl Crafted {
    /// Takes note of a commit by an attacker, and draws who cannot open it, what goes with it as GroupInfo and as
    /// place.
    fn craft(&mut self, who: &str, group: &dyn Group, commit: &[u8], key: PublicKey) -> UploadedInfo {
        let people: Vec<_> = group.roster().iter().map(|member| member.credential.nick.to_string()).collect();
        let others: Vec<_> = people.into_iter().filter(|nick| nick != who).collect();
        let chosen = self.attackers.get_mut(who).and_then(|attacker| attacker.opens_for.take());
        if let Some(open) = chosen {
            self.attackers.remove(who);
            let blocked = others.into_iter().filter(|nick| !open.contains(nick)).collect();
            self.commits.insert(sha256(commit), blocked);
            self.places.insert(key, PlaceOf::Commit);
            return UploadedInfo::Honest;
        }
        let one = others.get(usize::try_from(self.rng.below(u64::try_from(others.len().max(1)).unwrap())).unwrap());
        let (one, kind) = (one.cloned(), self.rng.below(4));
        let blocked = others.into_iter().filter(|nick| match kind {
            0 => true,
            1 => Some(nick) != one.as_ref(),
            2 => Some(nick) == one.as_ref(),
            _ => self.rng.percent(50),
        });
        let blocked: BTreeSet<String> = blocked.collect();
        self.commits.insert(sha256(commit), blocked.clone());
        let place = match self.rng.below(10) {
            0..6 => PlaceOf::Commit,
            6..8 => PlaceOf::Nothing,
            8 => PlaceOf::Garbage,
            _ => PlaceOf::Another,
        };
        self.places.insert(key, place);
        let info = match self.rng.below(10) {
            0..5 => UploadedInfo::Honest,
            5..7 => UploadedInfo::Stale,
            7..9 => UploadedInfo::Garbage,
            _ => UploadedInfo::Missing,
        };
        let made = self.made.entry(key).or_default();
        made.push_str(&format!(", not for {blocked:?}, GroupInfo {info:?}, place {place:?}"));
        info
    }
}

/// Replaces a sealed place on its way into the relay's log.
#[must_use]
pub fn replaced(place: PlaceOf, sealed: Bytes, before: Option<&Bytes>) -> Bytes {
    match place {
        PlaceOf::Commit => sealed,
        PlaceOf::Nothing => Bytes::new(),
        PlaceOf::Garbage => vec![0x5a; sealed.len()].into(),
        PlaceOf::Another => before.cloned().unwrap_or(sealed),
    }
}

struct CraftingCrypto {
    member: MemberCrafter,
    scheme: Arc<dyn GroupCrypto>,
}

impl CraftingCrypto {
    fn wrap(&self, group: Box<dyn Group>) -> Box<dyn Group> {
        Box::new(Layered { group, layer: self.member.clone() })
    }
}

impl GroupCrypto for CraftingCrypto {
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        let founded = self.scheme.create(state, rng, founding)?;
        Ok(Founded { group: self.wrap(founded.group), group_info: founded.group_info })
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        let (stale, base, back) = (joining.group_info.to_vec(), joining.base, joining.rejoin.is_some());
        let mut joined = self.scheme.join(state, rng, joining)?;
        let mut crafted = self.member.crafter.crafted();
        let made = format!("{} {} at {base:?}", self.member.who, if back { "rejoins" } else { "joins" });
        crafted.made.insert(PublicKey(joined.group.keys().member_auth.public()), made);
        if crafted.attackers.get(&self.member.who).is_some_and(|attacker| attacker.crafts) {
            let key = PublicKey(joined.group.keys().member_auth.public());
            let drawn = crafted.craft(&self.member.who, joined.group.as_ref(), &joined.commit, key);
            joined.group_info = drawn.instead_of(joined.group_info, stale);
        }
        drop(crafted);
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
        Ok(self.wrap(self.scheme.welcome(state, rng, welcoming)?))
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        Ok(self.scheme.load(state)?.map(|group| self.wrap(group)))
    }
}

/// Crafts the commits of one member, and refuses those that are not to open for it; a layer around the group.
#[derive(Clone)]
struct MemberCrafter {
    crafter: Crafter,
    who: String,
}

impl Layer for MemberCrafter {
    fn advance(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        entry: CommitEntry<'_>,
    ) -> Result<Advanced, ProcessError> {
        let hash = sha256(entry.message);
        let mut crafted = self.crafter.crafted();
        if crafted.commits.get(&hash).is_some_and(|blocked| blocked.contains(&self.who)) {
            crafted.refused.insert((self.who.clone(), hash));
            return Err(ProcessError::Invalid(Invalid::Path));
        }
        drop(crafted);
        group.advance(state, entry)
    }

    /// An engine commits what somebody asked for who leaves: an attacker's is told that somebody does.
    fn leaving(&self, group: &dyn Group) -> Vec<u32> {
        let throws = self.crafter.crafted().attackers.get(&self.who).is_some_and(|attacker| attacker.throws);
        let someone = group.roster().iter().find(|member| !member.own).filter(|_| throws);
        someone.map_or_else(|| group.leaving(), |member| vec![member.leaf])
    }

    fn commit(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError> {
        let mut pending = group.commit(state, rng, change)?;
        let mut crafted = self.crafter.crafted();
        crafted.made.insert(pending.member_auth_key, format!("{} commits at {:?}", self.who, group.base()));
        if let Some(attacker) = crafted.attackers.get_mut(&self.who).filter(|attacker| attacker.crafts) {
            attacker.throws = false;
            let stale = group.group_info()?;
            let drawn = crafted.craft(&self.who, group, &pending.commit, pending.member_auth_key);
            pending.group_info = drawn.instead_of(pending.group_info, stale);
        }
        Ok(pending)
    }
}
