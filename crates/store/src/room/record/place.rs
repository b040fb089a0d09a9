//! Where the room is, and who this client is there.

/// Hands these columns, behind those of before, to the next macro; see [`super::RecordRow`].
macro_rules! place {
    ($next:ident! $($before:tt)*) => {
        $next! { $($before)*
            /// Names the room on every relay.
            room_id: [u8; 32],
            /// The relay's name, as proofs are bound to it.
            authority: String,
            /// Where to find the relay: `host:port`, tried side by side.
            addresses: Vec<String> as lines,
            /// SHA-256 of the relay's TLS key.
            pin: Option<[u8; 32]>,
            /// The address where that key was first used, and nobody vouched for it; none for one that an invitation
            /// named.
            pin_first_used_at: Option<String>,
            /// The life of the room on the relay that `cursor` counts in.
            seat: Option<[u8; 16]>,
            /// This person's name in the room.
            nick: String,
            /// The room's title, as it was last signed: it outlives the group.
            title: String,
            /// The room on this computer that moved here, until that is settled: its handle.
            predecessor: Option<[u8; 16]>,
        }
    };
}
pub(super) use place;
