//! The width of the ratchet tree in a GroupInfo, counted on the bytes: a blank node is one byte there and hundreds once it is
//! decoded, so a relay could ask for a quarter of a gigabyte with one GroupInfo.

use conclave_proto::{
    limits,
    params::{self, Params},
};

/// Whether a GroupInfo's tree has no more nodes than a tree of `max_members` leaves. The parameters in it are not verified yet; the
/// protocol's own maximum bounds what they can claim.
///
/// A message that is not laid out as RFC 9420 says is not taken for narrow.
pub(super) fn is_allowed(group_info: &[u8]) -> bool {
    nodes(group_info).is_some_and(|(nodes, allowed)| nodes <= allowed)
}

/// How many nodes there are, up to one more than are allowed, and how many are.
fn nodes(group_info: &[u8]) -> Option<(usize, usize)> {
    let mut message = Reader(group_info);
    message.skip(VERSION_AND_WIRE_FORMAT)?;
    message.skip(VERSION_AND_SUITE)?;
    message.vector()?; // group id
    message.skip(EPOCH)?;
    message.vector()?; // tree hash
    message.vector()?; // confirmed transcript hash
    let context = message.vector()?;
    let extensions = message.vector()?;
    let params = extension(context, params::EXTENSION_TYPE)?.and_then(|bytes| Params::parse(bytes).ok());
    let members = params.map_or(limits::MEMBERS, |params| params.policy.max_members.min(limits::MEMBERS));
    let allowed = usize::from(members).saturating_mul(2).saturating_sub(1);
    match extension(extensions, RATCHET_TREE)? {
        Some(tree) => Some((count(tree, allowed)?, allowed)),
        None => Some((0, allowed)),
    }
}

/// The content of the first extension of a type.
fn extension(list: &[u8], wanted: u16) -> Option<Option<&[u8]>> {
    let mut list = Reader(list);
    while !list.0.is_empty() {
        let kind = list.skip(2)?;
        let data = list.vector()?;
        if kind == wanted.to_be_bytes() {
            return Some(Some(data));
        }
    }
    Some(None)
}

/// Counts the nodes of a ratchet tree, and stops at the first that is not allowed.
fn count(tree: &[u8], allowed: usize) -> Option<usize> {
    let mut tree = Reader(Reader(tree).vector()?);
    let mut count: usize = 0;
    while !tree.0.is_empty() && count <= allowed {
        if tree.byte()? != BLANK {
            tree.node()?;
        }
        count = count.saturating_add(1);
    }
    Some(count)
}

/// The presentation language of TLS, as RFC 9420 uses it, without decoding what is inside.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn skip(&mut self, len: usize) -> Option<&'a [u8]> {
        let (skipped, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(skipped)
    }

    fn byte(&mut self) -> Option<u8> {
        self.skip(1)?.first().copied()
    }

    /// A vector behind its variable-size length (2.1.2).
    fn vector(&mut self) -> Option<&'a [u8]> {
        let first = self.byte()?;
        let more = match first >> 6 {
            0 => 0,
            1 => 1,
            2 => 3,
            _ => return None,
        };
        let mut len = usize::from(first & 0x3f);
        for byte in self.skip(more)? {
            len = (len << 8) | usize::from(*byte);
        }
        self.skip(len)
    }

    fn vectors(&mut self, count: usize) -> Option<()> {
        (0..count).try_for_each(|_| self.vector().map(drop))
    }

    /// A node behind its presence (7.1, 7.2).
    fn node(&mut self) -> Option<()> {
        match self.byte()? {
            LEAF => {
                self.vectors(2)?; // encryption key, signature key
                self.skip(2)?; // type of the credential
                self.vectors(1)?; // credential
                self.vectors(5)?; // capabilities
                match self.byte()? {
                    KEY_PACKAGE => self.skip(LIFETIME).map(drop)?,
                    UPDATE => {}
                    COMMIT => self.vectors(1)?, // parent hash
                    _ => return None,
                }
                self.vectors(2) // extensions, signature
            }
            PARENT => self.vectors(3), // encryption key, parent hash, unmerged leaves
            _ => None,
        }
    }
}

const VERSION_AND_WIRE_FORMAT: usize = 4;
const VERSION_AND_SUITE: usize = 4;
const EPOCH: usize = 8;
const LIFETIME: usize = 16;
const RATCHET_TREE: u16 = 2;
const BLANK: u8 = 0;
const LEAF: u8 = 1;
const PARENT: u8 = 2;
const KEY_PACKAGE: u8 = 1;
const UPDATE: u8 = 2;
const COMMIT: u8 = 3;

#[cfg(test)]
mod tests {
    use conclave_proto::{
        deed::PanicBy,
        id::{PublicKey, RoomId},
        params::{Calls, History, ParamsFields, RoomPolicy},
        version,
    };
    use conclave_seal::sign::SigningKey;

    use super::*;

    fn sized(bytes: &[u8]) -> Vec<u8> {
        [&(u32::try_from(bytes.len()).unwrap() | 0x8000_0000).to_be_bytes()[..], bytes].concat()
    }

    /// As much of a GroupInfo as is looked at.
    fn group_info(max_members: u16, blanks: usize) -> Vec<u8> {
        let owner = SigningKey::from_seed(&[0x11; 32]);
        let policy = RoomPolicy {
            msg_ttl: 3600,
            idle_ttl: 86_400,
            max_members,
            need_pass: false,
            panic_by: PanicBy::Owner,
            owner_leave_closes: false,
            history: History::None,
            calls: Calls::RelayOnly,
            everything_view_once: false,
        };
        let fields = ParamsFields {
            version: version::PROTOCOL,
            opk: PublicKey(owner.public()),
            r: [0x22; 32],
            genesis_nonce: [0x66; 16],
            created_at: 1_790_000_000,
            rev: 1,
            title: "Tea".into(),
            note: String::new(),
            policy,
            deed: None,
            standby: None,
        };
        let params = crate::params::sign(&owner, &RoomId([7; 32]), fields).unwrap();
        let extension = |kind: u16, data: &[u8]| sized(&[&kind.to_be_bytes()[..], &sized(data)].concat());
        let context = extension(params::EXTENSION_TYPE, params.as_bytes());
        let tree = extension(RATCHET_TREE, &sized(&vec![BLANK; blanks]));
        [&[0, 1, 0, 4, 0, 1, 0, 0x4e][..], &sized(b"group"), &[0; EPOCH], &sized(&[]), &sized(&[]), &context, &tree]
            .concat()
    }

    #[test]
    fn a_tree_is_as_wide_as_the_room_and_no_wider() {
        for (members, widest) in [(16, 31), (64, 127), (256, 511)] {
            assert!(is_allowed(&group_info(members, widest)), "{members}");
            assert!(!is_allowed(&group_info(members, widest + 1)), "{members}");
        }
        let (nodes, allowed) = nodes(&group_info(16, 1 << 20)).unwrap();
        assert_eq!((nodes, allowed), (32, 31));
        assert!(!is_allowed(b""));
    }

    #[test]
    fn counting_ends_at_the_first_node_too_many() {
        let blanks = |len: usize| sized(&vec![BLANK; len]);
        assert_eq!(count(&blanks(31), 31), Some(31));
        assert_eq!(count(&blanks(1 << 20), 31), Some(32), "a million blanks are not looked at");
        let mut torn = blanks(1 << 20);
        torn[4 + 40] = 0xff;
        assert_eq!(count(&torn, 31), Some(32), "nor is what stands behind");
        assert_eq!(count(&torn, 50), None, "what is no node is none");
    }
}
