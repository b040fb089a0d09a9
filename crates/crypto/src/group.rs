//! The group of a room: who is in it and what keys its epochs have (protocol 4.5, 4.6).
//!
//! [`GroupCrypto`] makes groups, [`Group`] is one of them. Both are free of OpenMLS types, so that another implementation,
//! a deliberately weak one for instance, can take their place and a test can show that an attack on it is noticed.
//!
//! State is passed into each call and lives in the caller's transaction. **After an error of a call that takes the state the
//! caller rolls back, drops the group and loads it again**: memory may be ahead of what was stored. The one exception is
//! [`ProcessError::Invalid`], after which both agree and the group goes on: a stranger's garbage must not cost a reload.
//!
//! Every message and key belongs to an epoch, and an epoch is named by its `base`: the tag of the commit that began it.

use std::fmt;

use conclave_proto::{
    Lane,
    credential::Credential,
    id::{MemberId, PublicKey, RoomId, Signature, Tag},
    params::Params,
    place::CommitPlace,
};
use conclave_seal::{
    rng::Rng,
    sign::{self, BadSignature, SigningKey},
};

use crate::{
    code::Code,
    fork_choice::Seniority,
    mls_sign,
    purpose::{CallKey, EnvelopeKey, EpochAuthenticator, Psk, RoomSecret, SIGN_EPHEMERAL},
    roster_words::{self, WORDS},
    schedule::RoomKeys,
    state::{GroupState, GroupStateReader},
};

mod error;
mod identity;
mod mls;

pub use error::{GroupError, Invalid, JoinError, ProcessError, Unjudged};
pub use identity::{Identity, NickError};
pub use mls::{OpenMls, panics_are_contained};

pub(crate) use identity::parse_credential;

/// A scheme for groups: how rooms begin, are joined and are read back.
pub trait GroupCrypto: Send + Sync {
    /// What follows from a room's code (protocol 4.3). Stretches it, so it belongs on a thread that may block.
    fn room_keys(&self, code: &RoomSecret) -> RoomKeys {
        RoomKeys::derive(code)
    }

    /// The words of a roster hash (protocol 4.18), see [`crate::verification::words`]. Stretches it, too.
    fn words(&self, roster: &[u8; 32]) -> [&'static str; WORDS] {
        roster_words::words(roster)
    }

    /// Founds a room (protocol 4.6.1): a group of one member, the owner, in its first epoch.
    ///
    /// # Errors
    /// [`GroupError`] if the parameters do not belong to the keys, or the state fails.
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError>;

    /// Builds the commit by which its author joins (protocol 4.6.3), or rejoins in place of an old leaf (4.6.7).
    ///
    /// The new group is written to `state`, which must be empty: the old group of somebody who rejoins, and the way back
    /// when another commit wins, stay untouched. Give it a [`crate::state::MemoryState`] or a namespace of its own.
    ///
    /// # Errors
    /// [`JoinError`] says whether the GroupInfo, the room or the person is the cause.
    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError>;

    /// Makes the KeyPackage with which somebody asks to be added (protocol 4.6.9), and writes its keys to `state`. A Welcome uses them
    /// up; without one they are destroyed with the state.
    ///
    /// # Errors
    /// [`GroupError`] if the state fails.
    fn key_package(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        identity: Identity,
    ) -> Result<NewKeyPackage, GroupError>;

    /// Reads a KeyPackage and checks whatever a room asks of one: its signatures and suite, a credential without rank and certificate,
    /// a lifetime without end and no extensions. `None` for any other.
    fn candidate(&self, key_package: &[u8]) -> Option<Candidate>;

    /// Joins by a Welcome, with the keys that [`GroupCrypto::key_package`] has written. The owner must have signed it, and the checks J2
    /// to J6 hold as for a join.
    ///
    /// # Errors
    /// [`JoinError`]; then the state is rolled back, and the keys can be used still.
    fn welcome(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        welcoming: Welcoming<'_>,
    ) -> Result<Box<dyn Group>, JoinError>;

    /// Reads the group back; `None` if the state holds none.
    ///
    /// # Errors
    /// [`GroupError`] if the state fails or does not fit together.
    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError>;
}

/// What a new room is made from.
#[derive(Debug)]
pub struct Founding<'a> {
    /// The keys that follow from the code.
    pub keys: &'a RoomKeys,
    /// `osk`. It signs the certificate of the creator's leaf and is not stored here.
    pub owner_key: &'a SigningKey,
    /// The owner-signed parameters, see [`crate::params::sign`].
    pub params: &'a Params,
    /// The key of the room's passphrase, if its parameters ask for one.
    pub passphrase: Option<&'a Psk>,
    /// How the creator appears.
    pub identity: Identity,
}

/// A room that was just founded.
#[derive(Debug)]
pub struct Founded {
    /// The group, at the room's first `base`.
    pub group: Box<dyn Group>,
    /// The GroupInfo to be uploaded with the room.
    pub group_info: Vec<u8>,
}

/// What a join is made from.
#[derive(Debug)]
pub struct Joining<'a> {
    /// The code, which must have committed to the owner that the room shows (check J4).
    pub code: &'a Code,
    /// The keys that follow from the code.
    pub keys: &'a RoomKeys,
    /// The key of the passphrase, if one was typed.
    pub passphrase: Option<&'a Psk>,
    /// The newest GroupInfo, as it was inside its envelope.
    pub group_info: &'a [u8],
    /// The base that the envelope was bound to.
    pub base: Tag,
    /// What the GroupInfo's signer signed for this base (check J7).
    pub place: &'a CommitPlace,
    /// How the joiner appears.
    pub identity: Identity,
    /// The lowest revision of the parameters that is acceptable: the highest that was seen of this room before, else 0.
    pub minimum_rev: u64,
    /// The own leaf key from before, to take the place of that leaf.
    pub rejoin: Option<&'a SigningKey>,
}

/// A KeyPackage that was just made.
#[derive(Debug)]
pub struct NewKeyPackage {
    /// Its bytes, for the owner.
    pub key_package: Vec<u8>,
    /// Opens what the owner answers.
    pub call_key: CallKey,
}

/// Somebody who asks to be added, as the KeyPackage says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The signature key.
    pub leaf_key: PublicKey,
    /// What the member will be named by.
    pub id: MemberId,
    /// What it says about itself.
    pub credential: Credential,
}

/// What joining by a Welcome is made from.
#[derive(Debug)]
pub struct Welcoming<'a> {
    /// The code, which must have committed to the owner that the room shows (check J4).
    pub code: &'a Code,
    /// The keys that follow from the code.
    pub keys: &'a RoomKeys,
    /// The key of the passphrase, where the room has one.
    pub passphrase: Option<&'a Psk>,
    /// The Welcome, with the ratchet tree inside.
    pub welcome: &'a [u8],
    /// The tag of the commit that added this member.
    pub base: Tag,
    /// What the owner signed for that commit.
    pub place: &'a CommitPlace,
    /// As in [`Joining`].
    pub minimum_rev: u64,
}

/// A join that the relay has not accepted yet. `mpk` of its epoch is the public half of the group's member-auth key.
#[derive(Debug)]
pub struct PendingJoin {
    /// The group as it will be. Its base is not known before the commit is sealed: call [`Group::adopt`] once the relay has
    /// accepted it.
    pub group: Box<dyn Group>,
    /// The commit for lane J, to be sealed with the join key for the base that was joined from.
    pub commit: Vec<u8>,
    /// The GroupInfo after the commit, to be sealed for the commit's own tag.
    pub group_info: Vec<u8>,
}

/// One room's group at one epoch.
pub trait Group: Send + fmt::Debug {
    /// The room.
    fn room_id(&self) -> RoomId;

    /// The name of the current epoch.
    fn base(&self) -> Tag;

    /// The number of the current epoch, for comparing two states of one room (protocol 4.6.7).
    fn epoch(&self) -> u64;

    /// The owner-signed parameters.
    fn params(&self) -> &Params;

    /// Everybody in the room, in the order of their leaves.
    fn roster(&self) -> &[Member];

    /// The own place in the roster.
    fn own_leaf(&self) -> u32;

    /// The keys of the current epoch.
    fn keys(&self) -> &EpochKeys;

    /// Encrypts an application message for the epoch. It belongs to lane A.
    ///
    /// Each call takes a key that is never used again, so the result is stored before it is sent and resent as it is.
    ///
    /// # Errors
    /// [`GroupError::PendingCommit`] if an own commit is under way.
    fn encrypt(&mut self, state: &dyn GroupState, rng: &mut dyn Rng, message: &[u8]) -> Result<Vec<u8>, GroupError>;

    /// Opens a message of lane A.
    ///
    /// # Errors
    /// [`ProcessError::Invalid`]: the entry is skipped. [`ProcessError::Unjudged`]: roll back first.
    fn receive(&mut self, state: &dyn GroupState, message: &[u8]) -> Result<Received, ProcessError>;

    /// Judges a commit of lane J or C by V1 to V10 and, if it is valid, moves to the epoch that it begins.
    ///
    /// Own commits are not for this call: the caller knows their tags and calls [`Group::merge_pending`].
    ///
    /// A prepared own commit stays while entries are skipped, and goes when another commit is applied.
    ///
    /// # Errors
    /// [`ProcessError::Invalid`]: the entry is skipped and the base stays. [`ProcessError::Unjudged`]: roll back first.
    fn advance(&mut self, state: &dyn GroupState, entry: CommitEntry<'_>) -> Result<Advanced, ProcessError>;

    /// Proposes the own removal (protocol 4.6.5), for lane A. It is carried out by the next commit of anybody else.
    ///
    /// # Errors
    /// [`GroupError`] if a commit is pending or the state fails.
    fn propose_leave(&mut self, state: &dyn GroupState, rng: &mut dyn Rng) -> Result<Vec<u8>, GroupError>;

    /// The leaves that have asked to leave and wait for somebody's commit.
    fn leaving(&self) -> Vec<u32>;

    /// Leaves the next `count` handshake keys of this epoch unused. A copy of this state may have encrypted commits or leaves with them,
    /// and no key may encrypt twice; the others follow over a gap of 4096.
    ///
    /// # Errors
    /// [`GroupError`] if a commit is pending or the state fails.
    fn skip_handshake_keys(&mut self, state: &dyn GroupState, rng: &mut dyn Rng, count: u32) -> Result<(), GroupError>;

    /// Prepares a commit. Pending leaves are part of every commit.
    ///
    /// # Errors
    /// [`GroupError::NotAllowed`] if the other members would refuse it; [`GroupError::PendingCommit`] if one is prepared
    /// already.
    fn commit(
        &mut self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        change: Change,
    ) -> Result<PendingCommit, GroupError>;

    /// Whether a prepared commit waits for its fate, also after a restart.
    fn has_pending_commit(&self) -> bool;

    /// Moves to the epoch of the prepared commit, which the relay has stored under this tag.
    ///
    /// # Errors
    /// [`GroupError`] if there is none or the state fails.
    fn merge_pending(&mut self, state: &dyn GroupState, tag: Tag) -> Result<Advanced, GroupError>;

    /// Drops the prepared commit: another one came first.
    ///
    /// # Errors
    /// [`GroupError`] if the state fails.
    fn clear_pending(&mut self, state: &dyn GroupState) -> Result<(), GroupError>;

    /// Gives a joined group its base, once the relay has accepted the join under this tag.
    ///
    /// # Errors
    /// [`GroupError`] if the state fails.
    fn adopt(&mut self, state: &dyn GroupState, tag: Tag) -> Result<(), GroupError>;

    /// A fresh GroupInfo of the current epoch, signed by this member.
    ///
    /// # Errors
    /// [`GroupError`] if the group does not fit together.
    fn group_info(&self) -> Result<Vec<u8>, GroupError>;

    /// The members in the tree of a GroupInfo that this place describes, for [`crate::fork_choice`]. Signature and tree are
    /// verified; that the place belongs to its commit is for [`crate::place::verify`].
    ///
    /// # Errors
    /// [`JoinError::GroupInfo`] if the place is about another GroupInfo or by another signer, or it cannot be read.
    fn tree_of(&self, place: &CommitPlace, group_info: &[u8]) -> Result<Vec<Member>, JoinError>;

    /// The own leaf key: it signs a burn receipt, and it is kept so that a broken group can be rejoined.
    fn leaf_key(&self) -> &SigningKey;

    /// The private half of the own `call_pk`, for [`crate::call::open`].
    fn call_key(&self) -> &CallKey;

    /// Signs an ephemeral (protocol 4.12) with the own leaf key.
    fn sign_ephemeral(&self, content: &[u8]) -> Signature {
        Signature(self.leaf_key().sign_unlabelled(&mls_sign::content(SIGN_EPHEMERAL, content)))
    }

    /// Checks the signature of an ephemeral by the leaf's key in the current tree.
    ///
    /// # Errors
    /// [`BadSignature`] also if there is no such leaf.
    fn verify_ephemeral(&self, leaf: u32, content: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let member = self.roster().iter().find(|member| member.leaf == leaf).ok_or(BadSignature)?;
        sign::verify_unlabelled(&member.leaf_key.0, &mls_sign::content(SIGN_EPHEMERAL, content), &signature.0)
    }

    /// The member at the own leaf.
    fn own(&self) -> Option<&Member> {
        self.roster().iter().find(|member| member.own)
    }

    /// The room's code, which members can recompute; that is why a seized device shows it.
    fn code(&self) -> Code {
        Code::recompute(&self.params().opk.0, &self.params().r)
    }
}

/// One member of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its place in the tree; taken again by others after it has left.
    pub leaf: u32,
    /// Its signature key, random for each room.
    pub leaf_key: PublicKey,
    /// Derived from the key; stays the same as long as the key does.
    pub id: MemberId,
    /// What it says about itself.
    pub credential: Credential,
    /// Whether the owner has certified the leaf.
    pub owner: bool,
    /// Whether this is us.
    pub own: bool,
}

/// The keys of one epoch (protocol 4.3). They are dropped with it; only the old member-auth key lives until the relay has
/// accepted the new one.
#[derive(Debug)]
pub struct EpochKeys {
    /// `K_A`: messages and proposals.
    pub application: EnvelopeKey,
    /// `K_C`: commits by members.
    pub commit: EnvelopeKey,
    /// `K_E`: ephemerals.
    pub ephemeral: EnvelopeKey,
    /// `msk`: role M at the relay. Its public half is the `mpk` of the commit that began the epoch.
    pub member_auth: SigningKey,
    /// For the session code and the binding of calls.
    pub authenticator: EpochAuthenticator,
}

impl Member {
    /// Its rank among the members (protocol 4.6.7).
    #[must_use]
    pub fn seniority(&self) -> Seniority {
        Seniority::new(if self.owner { Some(0) } else { self.credential.since }, self.leaf_key)
    }
}

impl EpochKeys {
    /// The envelope key of a lane that belongs to an epoch; none for J and G, which newcomers must read.
    #[must_use]
    pub fn envelope(&self, lane: Lane) -> Option<&EnvelopeKey> {
        match lane {
            Lane::Application => Some(&self.application),
            Lane::Commit => Some(&self.commit),
            Lane::Ephemeral => Some(&self.ephemeral),
            Lane::Join | Lane::GroupInfo => None,
        }
    }
}

/// A commit as it came out of its envelope.
#[derive(Debug, Clone, Copy)]
pub struct CommitEntry<'a> {
    /// [`Lane::Join`] or [`Lane::Commit`].
    pub lane: Lane,
    /// The MLS message.
    pub message: &'a [u8],
    /// The entry's tag, over its sealed bytes.
    pub tag: Tag,
    /// `mpk`, the member-auth key that the entry registers (rule V10).
    pub member_auth_key: PublicKey,
}

/// What came out of a message of lane A.
#[derive(Clone, PartialEq, Eq)]
pub enum Received {
    /// A message of a member.
    Application {
        /// Its author's leaf.
        leaf: u32,
        /// The content.
        message: Vec<u8>,
    },
    /// An own message came back. MLS cannot open those; the outbox knows what was in it.
    Own,
    /// A member asks to leave.
    Leaving {
        /// Its leaf.
        leaf: u32,
    },
}

impl fmt::Debug for Received {
    /// Says what it is and not what was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application { leaf, .. } => write!(f, "Application(from leaf {leaf})"),
            Self::Own => f.write_str("Own"),
            Self::Leaving { leaf } => write!(f, "Leaving(leaf {leaf})"),
        }
    }
}

/// What a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// The name of the new epoch.
    pub base: Tag,
    /// Who came. A rejoin shows in `joined` and `left` with the same leaf key.
    pub joined: Vec<Member>,
    /// Who went, as they were.
    pub left: Vec<Member>,
    /// Who appears differently now, except by a rejoin.
    pub changed: Vec<Changed>,
    /// Whether the parameters changed.
    pub params_changed: bool,
    /// Whether this member is out. Nothing can be sent or opened any more.
    pub own_removed: bool,
}

/// A member that appears differently, by the same leaf key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As it was.
    pub before: Member,
    /// As it is.
    pub now: Member,
}

/// What a commit is to do.
#[derive(Debug)]
pub enum Change {
    /// Only new keys: heals after a compromise, carries out pending leaves, repairs the head.
    Update,
    /// New keys and another appearance.
    Appear(Identity),
    /// Removes members; for the owner.
    Remove(Vec<u32>),
    /// Adds somebody by a KeyPackage, see [`GroupCrypto::candidate`]; for the owner.
    Add(Vec<u8>),
    /// New parameters, signed by the owner; for the owner.
    Params(Box<Params>),
}

/// A prepared commit.
#[derive(Debug)]
pub struct PendingCommit {
    /// The commit for lane C, to be sealed with the commit key of the epoch it ends.
    pub commit: Vec<u8>,
    /// The GroupInfo after the commit, to be sealed for the commit's own tag.
    pub group_info: Vec<u8>,
    /// `mpk` of the epoch that it begins.
    pub member_auth_key: PublicKey,
    /// The Welcome for whom it adds, if it adds somebody.
    pub welcome: Option<Vec<u8>>,
}
