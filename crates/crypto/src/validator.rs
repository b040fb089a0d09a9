//! The rules V1 to V10 for commits (protocol 4.5), as one pure function.
//!
//! OpenMLS checks that a commit is well-formed MLS. What a room allows beyond that is decided here: above all that nobody
//! joins without the pre-shared key of the code, which MLS itself accepts. Every input is common to all members, so the
//! verdict is too; two members who judged differently would split the room.

use conclave_proto::{
    Lane,
    credential::Credential,
    id::{PublicKey, RoomId, Signature},
    params::Params,
};
use conclave_seal::transcript::{OwnerLeaf, Statement as _};

use crate::{
    group::Member,
    params,
    purpose::{PSK_ID_CODE, PSK_ID_PASS},
};

/// A commit as the rules see it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The lane of its entry.
    pub lane: Lane,
    /// The number of the epoch that it begins.
    pub epoch: u64,
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

impl Summary {
    /// The leaves that the commit adds besides its committer's own.
    pub fn added(&self) -> impl Iterator<Item = &NewLeaf> {
        self.proposals
            .iter()
            .filter_map(|proposal| if let Proposed::Add { leaf, .. } = proposal { Some(&**leaf) } else { None })
    }

    /// Whether the commit removes a leaf.
    #[must_use]
    pub fn removes(&self, removed: u32) -> bool {
        self.proposals.iter().any(|proposal| matches!(proposal, Proposed::Remove { leaf, .. } if *leaf == removed))
    }
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
    /// A leaf, its seniority, the number of owners or the number of members is not allowed.
    #[error("V2: a member's credential, its seniority, the owner's certificate or the size of the room is wrong")]
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
    /// A self-update changes the signature key, the owner's certificate or the seniority.
    #[error("V8: a member keeps its key, its certificate and its seniority")]
    V8,
    /// The entry registers another member-auth key than the epoch has.
    #[error("V10: the entry names another key than its epoch has")]
    V10,
}

/// Judges a commit.
///
/// # Errors
/// A [`Violation`]; where a commit breaks several rules, any of them.
pub fn judge(view: &View<'_>, commit: &Summary) -> Result<(), Violation> {
    let params = match commit.committer {
        Committer::Newcomer => judge_newcomer(view, commit)?,
        Committer::Member(leaf) => judge_member(view, commit, leaf)?,
    };
    if commit.foreign_context {
        return Err(Violation::V7);
    }
    judge_result(view, commit, &params)?;
    if commit.staged_key.is_some_and(|key| key != commit.entry_key) {
        return Err(Violation::V10);
    }
    Ok(())
}

/// Whether the owner has certified this leaf. A leaf with a valid certificate is the owner.
#[must_use]
pub fn is_owner(room_id: &RoomId, params: &Params, leaf_key: &PublicKey, credential: &Credential) -> bool {
    let statement = OwnerLeaf { room_id: room_id.as_bytes(), leaf_key: &leaf_key.0 };
    credential.owner_cert.is_some_and(|certificate| verify_owner(&statement, &params.opk, &certificate))
}

pub(crate) fn verify_owner(statement: &OwnerLeaf<'_>, owner_key: &PublicKey, certificate: &Signature) -> bool {
    statement.verify(&owner_key.0, &certificate.0).is_ok()
}

/// V1: exactly the key exchange, the room's keys, and at most the removal of the newcomer's own old leaf.
fn judge_newcomer(view: &View<'_>, commit: &Summary) -> Result<Params, Violation> {
    let path = commit.path.as_ref().ok_or(Violation::V1)?;
    if commit.lane != Lane::Join {
        return Err(Violation::V1);
    }
    let mut required = vec![PSK_ID_CODE];
    required.extend(view.params.policy.need_pass.then_some(PSK_ID_PASS));
    let (mut inits, mut removals) = (0_usize, 0_usize);
    for proposal in &commit.proposals {
        match proposal {
            Proposed::ExternalInit => inits = inits.saturating_add(1),
            // Taking each required key off the list finds missing, foreign and repeated ones alike.
            Proposed::ExternalPsk(id) => {
                let place = required.iter().position(|wanted| wanted == id).ok_or(Violation::V1)?;
                required.remove(place);
            }
            Proposed::Remove { leaf, by: Committer::Newcomer } => {
                let old = member_at(view, *leaf).ok_or(Violation::V1)?;
                if old.leaf_key != path.leaf_key {
                    return Err(Violation::V1);
                }
                removals = removals.saturating_add(1);
            }
            Proposed::Remove { .. } | Proposed::GroupContext { .. } | Proposed::Add { .. } | Proposed::Other => {
                return Err(Violation::V1);
            }
        }
    }
    if inits != 1 || removals > 1 || !required.is_empty() {
        return Err(Violation::V1);
    }
    // Whoever rejoins keeps its rank, and whoever joins says truly how young it is (protocol 4.6.7).
    let old = view.roster.iter().find(|member| removals == 1 && member.leaf_key == path.leaf_key);
    let since = old.map_or(commit.epoch, |old| kept_since(old, commit.epoch));
    if path.credential.as_ref().and_then(|credential| credential.since) != Some(since) {
        return Err(Violation::V2);
    }
    unchanged_params(view, commit)
}

/// The seniority that a member's next leaf must show: the one it has, or this epoch for somebody who was added.
pub(crate) fn kept_since(before: &Member, epoch: u64) -> u64 {
    before.credential.since.unwrap_or(epoch)
}

/// V3 to V8: what members may do.
fn judge_member(view: &View<'_>, commit: &Summary, committer: u32) -> Result<Params, Violation> {
    if commit.lane != Lane::Commit {
        return Err(Violation::V3);
    }
    let mut new_params = false;
    for proposal in &commit.proposals {
        match proposal {
            Proposed::Remove { leaf, by } if is_owner_leaf(view, *by) || *by == Committer::Member(*leaf) => {}
            Proposed::Remove { .. } => return Err(Violation::V4),
            Proposed::GroupContext { by } if is_owner_leaf(view, *by) => new_params = true,
            Proposed::GroupContext { .. } => return Err(Violation::V5),
            Proposed::Add { by, .. } if is_owner_leaf(view, *by) => {}
            Proposed::Add { .. } => return Err(Violation::V6),
            Proposed::ExternalInit => return Err(Violation::V3),
            Proposed::ExternalPsk(_) | Proposed::Other => return Err(Violation::V7),
        }
    }
    let before = member_at(view, committer).ok_or(Violation::V3)?;
    if let Some(path) = &commit.path {
        let credential = path.credential.as_ref();
        let certificate = credential.and_then(|credential| credential.owner_cert);
        let since = credential.and_then(|credential| credential.since);
        let is_kept = certificate == before.credential.owner_cert && since == Some(kept_since(before, commit.epoch));
        if path.leaf_key != before.leaf_key || !is_kept {
            return Err(Violation::V8);
        }
    }
    if new_params { judge_params(view, commit) } else { unchanged_params(view, commit) }
}

/// V5: the owner's signature, a later revision, and everything fixed as it was.
fn judge_params(view: &View<'_>, commit: &Summary) -> Result<Params, Violation> {
    let (old, bytes) = (view.params, commit.params.as_deref().ok_or(Violation::V5)?);
    let new = Params::parse(bytes).map_err(|_| Violation::V5)?;
    let is_fixed = (new.version, new.opk, new.created_at) == (old.version, old.opk, old.created_at)
        && (new.r, new.genesis_nonce) == (old.r, old.genesis_nonce);
    // A passphrase cannot be asked for later: the members lack its key and could not follow whoever proves it.
    let asks_later = new.policy.need_pass && !old.policy.need_pass;
    // The owner's signature on parameters is for the key that the room began with, so the old key checks the new ones.
    if !is_fixed || asks_later || new.rev <= old.rev || params::verify(view.room_id, &new).is_err() {
        return Err(Violation::V5);
    }
    Ok(new)
}

fn unchanged_params(view: &View<'_>, commit: &Summary) -> Result<Params, Violation> {
    if commit.params.as_deref() == Some(view.params.as_bytes()) { Ok(view.params.clone()) } else { Err(Violation::V5) }
}

/// V2: every new leaf is usable, and the room is not beyond its size or its one owner afterwards.
fn judge_result(view: &View<'_>, commit: &Summary, params: &Params) -> Result<(), Violation> {
    if commit.added().any(|leaf| leaf.credential.as_ref().is_none_or(|credential| credential.since.is_some())) {
        return Err(Violation::V2);
    }
    let new: Vec<&NewLeaf> = commit.added().chain(&commit.path).collect();
    let mut owners = 0_usize;
    for leaf in &new {
        let credential = leaf.credential.as_ref().filter(|_| leaf.capable).ok_or(Violation::V2)?;
        owners = owners.saturating_add(is_owner(view.room_id, params, &leaf.leaf_key, credential).into());
    }
    let is_replaced = |member: &Member| commit.path.is_some() && commit.committer == Committer::Member(member.leaf);
    let kept: Vec<_> =
        view.roster.iter().filter(|member| !commit.removes(member.leaf) && !is_replaced(member)).collect();
    owners = owners.saturating_add(kept.iter().filter(|member| member.owner).count());
    let size = kept.len().saturating_add(new.len());
    if owners > 1 || size > usize::from(params.policy.max_members) { Err(Violation::V2) } else { Ok(()) }
}

fn member_at<'a>(view: &View<'a>, leaf: u32) -> Option<&'a Member> {
    view.roster.iter().find(|member| member.leaf == leaf)
}

fn is_owner_leaf(view: &View<'_>, committer: Committer) -> bool {
    match committer {
        Committer::Newcomer => false,
        Committer::Member(leaf) => member_at(view, leaf).is_some_and(|member| member.owner),
    }
}
