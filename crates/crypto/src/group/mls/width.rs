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
    use super::*;
    use crate::group::mls::sample;

    fn sized(bytes: &[u8]) -> Vec<u8> {
        [&(u32::try_from(bytes.len()).unwrap() | 0x8000_0000).to_be_bytes()[..], bytes].concat()
    }

    /// As much of a GroupInfo as is looked at.
    fn group_info(max_members: u16, blanks: usize) -> Vec<u8> {
        let extension = |kind: u16, data: &[u8]| sized(&[&kind.to_be_bytes()[..], &sized(data)].concat());
        let context = extension(params::EXTENSION_TYPE, sample::params(max_members).as_bytes());
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

    #[test]
    fn lengths_take_one_byte_or_two_or_four() {
        let cases: [(&[u8], usize); 6] = [
            (&[0], 0),
            (&[0x3f], 63),
            (&[0x40, 0x40], 64),
            (&[0x7f, 0xff], 0x3fff),
            (&[0x80, 0, 0x40, 0], 0x4000),
            (&[0x80, 1, 2, 3], 0x0001_0203),
        ];
        for (header, len) in cases {
            let bytes = [header, &vec![7; len], b"rest"].concat();
            let mut reader = Reader(&bytes);
            assert_eq!(reader.vector(), Some(&vec![7; len][..]));
            assert_eq!(reader.0, b"rest", "{len}");
            let torn = header.len() + len.saturating_sub(1);
            assert_eq!(Reader(bytes.get(..torn).unwrap()).vector().is_none(), len > 0, "{len}");
        }
        assert_eq!(Reader(&[0xc0; 64]).vector(), None, "no vector has this length");
    }

    /// A vector of one byte.
    const V1: [u8; 2] = [1, 0xee];

    fn leaf(source: &[u8]) -> Vec<u8> {
        [&[LEAF][..], &V1.repeat(2), &[0, 1], &V1.repeat(6), source, &V1.repeat(2)].concat()
    }

    #[test]
    fn nodes_of_every_kind_are_walked_over_to_their_end() {
        let parent = [&[PARENT][..], &V1.repeat(3)].concat();
        let by_key_package = leaf(&[&[KEY_PACKAGE][..], &[9; LIFETIME]].concat());
        let by_commit = leaf(&[&[COMMIT][..], &V1].concat());
        for node in [parent, by_key_package, leaf(&[UPDATE]), by_commit] {
            let mut reader = Reader(&node);
            assert_eq!(reader.node(), Some(()));
            assert!(reader.0.is_empty());
            assert_eq!(Reader(node.split_last().unwrap().1).node(), None, "torn");
            let present = [&[1][..], &node].concat();
            let tree = sized(&[&present[..], &[BLANK], &present].concat());
            assert_eq!(count(&tree, 31), Some(3));
        }
        assert_eq!(Reader(&leaf(&[4])).node(), None, "a leaf of a fourth kind");
        assert_eq!(Reader(&[3, 0, 0, 0]).node(), None, "neither leaf nor parent");
    }

    #[test]
    fn an_extension_is_found_behind_others() {
        let one = |kind: u8, data: &[u8]| [&[0, kind][..], &sized(data)].concat();
        let list = [one(1, b"a"), one(2, b"b"), one(2, b"c")].concat();
        assert_eq!(extension(&list, 2), Some(Some(&b"b"[..])));
        assert_eq!(extension(&list, 3), Some(None));
        assert_eq!(extension(list.split_last().unwrap().1, 3), None, "torn");
    }
}
