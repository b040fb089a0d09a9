//! Where this client is in the room's life: its phase, the newest commits, what the owner has signed, and whether the
//! own keys may have been used by another copy of the files.

/// Hands these columns, behind those of before, to the next macro; see [`super::RecordRow`].
macro_rules! membership {
    ($next:ident! $($before:tt)*) => {
        $next! { $($before)*
            /// Where the client is in the room's life.
            phase: Phase,
            /// How the room ended for everybody, once it has.
            ending: Option<Ending>,
            /// Sequence number of the own join.
            joined_seq: u64,
            /// The relay's head commit as of `cursor`.
            head: [u8; 16],
            /// Sequence number of the newest commit, valid or not.
            commit_seq: u64,
            /// When this client committed last, unix seconds.
            committed_at: u64,
            /// Own messages since then.
            sent_since: u32,
            /// Entries in a row that could not be opened.
            unopened: u32,
            /// The highest owner counter seen.
            owner_counter: u64,
            /// The highest revision of the params seen.
            params_rev: u64,
            /// The ERASE by which the room ends, or about which its person is asked: its id.
            erase_mid: Option<[u8; 16]>,
            /// The member who asks for it; none where nothing is asked.
            erase_asked: Option<[u8; 16]>,
            /// The name of that member.
            erase_asked_as: String,
            /// The room is locked, as the owner has signed; behind `door_counter`, as the relay says.
            locked: bool,
            /// Up to this counter it is known from the owner's statements whether the room is locked.
            door_counter: u64,
            /// The owner has moved the room: it ends once everybody else has left it, or the line that says so is gone.
            moved: bool,
            /// When nobody can follow any more, by the relay's clock, unix seconds; 0 while that is not known.
            moved_until: u64,
            /// The owner has removed somebody: such a room is never unlocked (protocol 4.6.6).
            has_removed: bool,
            /// The files are an older copy than what was there last, or may be one: own keys may have been used that
            /// are still here, until an own commit makes new ones. The tag of the commit that waited in the copy; zeros
            /// for none.
            old_copy: Option<[u8; 16]>,
            /// They are one.
            old_copy_known: bool,
            /// An own message came back that these files never wrote: the number of the base of its epoch, until there
            /// are new keys.
            echo_after: Option<u64>,
        }
    };
}
pub(super) use membership;
