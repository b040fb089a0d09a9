//! Domain separation: every label of this crate stands here and nowhere else.

/// What every hashed, derived or signed byte string of this protocol version begins with (protocol 4.0).
pub const VERSION: &[u8] = b"conclave.v1";

/// The purpose of a hash, a derived key or a signature.
///
/// A label is frozen once it was released: changing one is a new protocol. Two purposes never share a label, so nothing
/// that was made for one is ever accepted for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(&'static str);

impl Label {
    /// A label. It holds no zero byte, because a zero byte ends it in every transcript.
    ///
    /// # Panics
    /// If the text holds a zero byte; labels are constants, so the build fails.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let (mut rest, mut clean) = (text.as_bytes(), true);
        while let [first, tail @ ..] = rest {
            clean = clean && *first != 0;
            rest = tail;
        }
        assert!(clean, "a label must not hold a zero byte");
        Self(text)
    }

    /// The label's text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.0
    }

    /// `"conclave.v1" ‖ 00 ‖ label ‖ 00`, the head of every transcript.
    #[must_use]
    pub fn prefix(self) -> Vec<u8> {
        [VERSION, &[0], self.0.as_bytes(), &[0]].concat()
    }
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Label = Label::new($text);)*

        /// All labels of this crate, for the test that proves them distinct.
        pub const ALL: &[Label] = &[$($name),*];
    };
}

labels! {
    /// Signed: the right to enter a room at one relay, once (protocol 4.8.2).
    AUTH = "auth";
    /// Signed: the opening of a room, or its reopening elsewhere (protocol 4.8.2, 4.19).
    CREATE = "create";
    /// Signed: what a relay must know about a room (protocol 4.19).
    DEED = "deed";
    /// Signed: the room parameters (protocol 4.5).
    PARAMS = "params";
    /// Signed: lock, unlock, set head, close, change policy (appendix B, OWNER).
    OWN = "own";
    /// Signed: the wipe of a room (protocol 4.6.8).
    PANIC = "panic";
    /// Signed: this leaf is the owner's (protocol 4.5).
    OWNER_LEAF = "owner-leaf";
    /// Signed: this member has destroyed its keys (protocol 4.20).
    BURNED = "burned";
    /// Signed: the owner's answer to a knock (protocol 4.6.9).
    KNOCK_ANSWER = "knock-answer";
    /// Hashed: the room id.
    ROOM_ID = "room-id";
    /// Hashed: the tag of a commit entry.
    ENTRY = "entry";
    /// Hashed: the name of a room's first epoch.
    GENESIS = "genesis";
    /// Hashed: the seat of a room on a relay.
    SEAT = "seat";
    /// Hashed: the member id.
    MEMBER = "member";
    /// Hashed: the MLS group id.
    GROUP_ID = "group-id";
    /// Hashed: a deletion token.
    DEL = "del";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_purposes_share_a_label() {
        for (index, label) in ALL.iter().enumerate() {
            assert!(!ALL[index + 1..].contains(label), "{label:?} is used for two purposes");
        }
    }

    #[test]
    fn a_label_ends_where_it_says() {
        assert_eq!(AUTH.prefix(), b"conclave.v1\0auth\0", "the head of every signature is on the wire since version 1");
    }
}
