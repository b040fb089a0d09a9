//! The rules V1 to V10 for commits (protocol 4.5), as one pure function.
//!
//! OpenMLS checks that a commit is well-formed MLS. What a room allows beyond that is decided here: above all that nobody
//! joins without the pre-shared key of the code, which MLS itself accepts. Every input is common to all members, so the
//! verdict is too; two members who judged differently would split the room.

use conclave_proto::{
    Lane,
    credential::Credential,
    id::{PublicKey, RoomId},
    params::Params,
};

use crate::group::Member;

/// A commit as the rules see it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The lane of its entry.
    pub lane: Lane,
    /// Who made it.
    pub committer: Committer,
    /// What it proposes, in order.
    pub proposals: Vec<Proposed>,
    /// The committer's new leaf, if the commit has a path.
    pub path: Option<NewLeaf>,
    /// The parameters after the commit: the raw extension.
    pub params: Option<Vec<u8>>,
    /// Whether the group context holds anything besides parameters and the room's required capabilities.
    pub foreign_context: bool,
    /// The member-auth key that the entry registers.
    pub entry_key: PublicKey,
    /// The member-auth key of the staged epoch; `None` for a member whom the commit removes, who cannot know it.
    pub staged_key: Option<PublicKey>,
}

/// Who made a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committer {
    /// Somebody who joins by it.
    Newcomer,
    /// The member at this leaf.
    Member(u32),
}

/// A proposal of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// The key exchange of an external commit.
    ExternalInit,
    /// An external pre-shared key with this id.
    ExternalPsk(Vec<u8>),
    /// The removal of a leaf, proposed by a member, or by the newcomer itself.
    Remove {
        /// The leaf to go.
        leaf: u32,
        /// Who proposed it.
        by: Committer,
    },
    /// New parameters; they stand in [`Summary::params`].
    GroupContext {
        /// Who proposed them.
        by: Committer,
    },
    /// A new member, proposed by somebody in the group.
    Add {
        /// The new leaf.
        leaf: Box<NewLeaf>,
        /// Who proposed it.
        by: Committer,
    },
    /// Anything else: Update, ReInit, resumption keys, SelfRemove, proposals of other versions.
    Other,
}

/// A leaf as a commit puts it into the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLeaf {
    /// Its signature key.
    pub leaf_key: PublicKey,
    /// Its credential, if it can be parsed.
    pub credential: Option<Credential>,
    /// Whether it supports the room's parameters, suite and version.
    pub capable: bool,
}

/// The state that a commit is judged against.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The room.
    pub room_id: &'a RoomId,
    /// The parameters before the commit.
    pub params: &'a Params,
    /// The members before the commit.
    pub roster: &'a [Member],
}

/// The rule that a commit breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Violation {
    /// A newcomer's commit has other proposals, keys or removals than it must have.
    #[error("V1: a newcomer must prove the room's keys and may replace nobody but itself")]
    V1,
    /// A leaf, the number of owners or the number of members is not allowed.
    #[error("V2: a member's credential, the owner's certificate or the size of the room is wrong")]
    V2,
    /// A member's commit on the wrong lane or with a proposal of a type that members do not make.
    #[error("V3: a proposal of a type that is not used")]
    V3,
    /// Somebody but the owner removes somebody else.
    #[error("V4: only the owner removes others")]
    V4,
    /// Parameters that are not the owner's, not newer, or changed where they are fixed.
    #[error("V5: the parameters are not the owner's or not newer")]
    V5,
    /// Somebody but the owner adds a member.
    #[error("V6: only the owner adds members")]
    V6,
    /// The group context holds what a room has no use for.
    #[error("V7: the group context holds something unknown")]
    V7,
    /// A self-update changes the signature key or the owner's certificate.
    #[error("V8: a member keeps its key and its certificate")]
    V8,
    /// The entry registers another member-auth key than the epoch has.
    #[error("V10: the entry names another key than its epoch has")]
    V10,
}
