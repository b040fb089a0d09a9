//! An attacker with the code who joins by a commit whose path ciphertexts are corrupted: nobody can open it (protocol
//! 4.6.7).
//!
//! The commit is an honest one but for the ciphertexts in its path, in which a bit is flipped before it is signed
//! again. Nothing that a member signs or a relay sees tells. For commits that some can open see [`crate::crafter`].

#![expect(clippy::indexing_slicing, reason = "bytes of a message that honest code has just made")]

use conclave_crypto::{
    group::{
        Candidate, Founded, Founding, Group, GroupCrypto, GroupError, Identity, JoinError, Joining, NewKeyPackage,
        OpenMls, PendingJoin, Welcoming,
    },
    state::{GroupState, GroupStateReader},
};
use conclave_seal::{rng::Rng, sign::SigningKey};

/// OpenMLS, except that joins are corrupted where the name of the member begins with Mallory.
#[derive(Clone, Copy, Debug)]
pub struct CorruptedJoins {
    /// What goes to the relay as the GroupInfo of the new epoch.
    pub uploads: UploadedInfo,
}

/// The GroupInfo that goes to the relay with a crafted commit.
#[derive(Clone, Copy, Debug)]
pub enum UploadedInfo {
    /// The true one: newcomers can join the branch of the commit.
    Honest,
    /// The one that was joined from.
    Stale,
    /// Bytes that are none.
    Garbage,
    /// Nothing.
    Missing,
}

impl UploadedInfo {
    /// The bytes that are uploaded instead of the GroupInfo that belongs to the commit; `stale` is the one before.
    pub(crate) fn instead_of(self, honest: Vec<u8>, stale: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Honest => honest,
            Self::Stale => stale,
            Self::Garbage => vec![0; 64],
            Self::Missing => Vec::new(),
        }
    }
}

impl GroupCrypto for CorruptedJoins {
    fn create(&self, state: &dyn GroupState, rng: &mut dyn Rng, founding: Founding<'_>) -> Result<Founded, GroupError> {
        OpenMls.create(state, rng, founding)
    }

    fn join(&self, state: &dyn GroupState, rng: &mut dyn Rng, joining: Joining<'_>) -> Result<PendingJoin, JoinError> {
        let (info, is_mallory) = (joining.group_info.to_vec(), joining.identity.nick().starts_with("Mallory"));
        let mut pending = OpenMls.join(state, rng, joining)?;
        if is_mallory {
            pending.commit = corrupted(&pending.commit, &info, pending.group.leaf_key());
            pending.group_info = self.uploads.instead_of(pending.group_info, info);
        }
        Ok(pending)
    }

    fn key_package(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        identity: Identity,
    ) -> Result<NewKeyPackage, GroupError> {
        OpenMls.key_package(state, rng, identity)
    }

    fn candidate(&self, key_package: &[u8]) -> Option<Candidate> {
        OpenMls.candidate(key_package)
    }

    fn welcome(
        &self,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        welcoming: Welcoming<'_>,
    ) -> Result<Box<dyn Group>, JoinError> {
        OpenMls.welcome(state, rng, welcoming)
    }

    fn load(&self, state: &dyn GroupStateReader) -> Result<Option<Box<dyn Group>>, GroupError> {
        OpenMls.load(state)
    }
}

/// The same external commit with corrupted ciphertexts, signed again by its author.
pub(crate) fn corrupted(commit: &[u8], info: &[u8], key: &SigningKey) -> Vec<u8> {
    assert_eq!(commit[..4], [0, 1, 0, 1], "a PublicMessage");
    let (head, rest) = commit.split_at(commit.len() - SIGNATURE_AND_TAG);
    assert_eq!(rest[..2], [0x40, 0x40], "a signature");
    assert_eq!(rest[66], 48, "a confirmation tag");
    let mut head = head.to_vec();
    for end in ciphertexts(&head) {
        head[end - 1] ^= 1;
    }
    let tbs = [&head[..], context(info)].concat();
    let signed = [sized(b"MLS 1.0 FramedContentTBS"), sized(&tbs)].concat();
    let signature = key.sign_unlabelled(&signed);
    [&head[..], &[0x40, 0x40], &signature, &rest[66..]].concat()
}

/// Where the ciphertexts of a path end: an X-Wing encapsulation of 1120 bytes, then a path secret of 48 and its tag.
fn ciphertexts(commit: &[u8]) -> Vec<usize> {
    const BEFORE: usize = 2 + 1120;
    const WHOLE: usize = BEFORE + 2 + 64;
    let is_one =
        |at: &usize| commit[*at..at + 2] == [0x44, 0x60] && commit[at + BEFORE..at + BEFORE + 2] == [0x40, 0x40];
    let starts = (0..=commit.len().saturating_sub(WHOLE)).filter(is_one);
    let ends: Vec<_> = starts.map(|at| at + WHOLE).collect();
    assert!(!ends.is_empty(), "somebody else is in the room");
    ends
}

/// The group context is the first thing in a GroupInfo.
fn context(info: &[u8]) -> &[u8] {
    assert_eq!(info[..4], [0, 1, 0, 4], "a GroupInfo");
    let start = &info[4..];
    let skip = |at: usize| {
        let (header, len) = vector(&start[at..]);
        at + header + len
    };
    let epoch = skip(4); // behind version, suite and group id
    let tree_hash = epoch + 8;
    let extensions = skip(skip(tree_hash)); // behind the hashes of tree and transcript
    &start[..skip(extensions)]
}

/// How long the length of a vector is, and what it says (RFC 9420, section 2.1.2).
fn vector(bytes: &[u8]) -> (usize, usize) {
    let number = |len: usize| bytes[..len].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    match bytes[0] >> 6 {
        0 => (1, number(1)),
        1 => (2, number(2) & 0x3fff),
        _ => (4, number(4) & 0x3fff_ffff),
    }
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    let len = u32::try_from(bytes.len()).unwrap();
    let mut out = match len {
        0..0x40 => vec![u8::try_from(len).unwrap()],
        0x40..0x4000 => (u16::try_from(len).unwrap() | 0x4000).to_be_bytes().to_vec(),
        _ => (len | 0x8000_0000).to_be_bytes().to_vec(),
    };
    out.extend_from_slice(bytes);
    out
}

/// A signature with its length, then a confirmation tag with its own.
const SIGNATURE_AND_TAG: usize = 2 + 64 + 1 + 48;
