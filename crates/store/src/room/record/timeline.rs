//! How far the log was read, and what is counted: own messages, places in the timeline.

/// Hands these columns, behind those of before, to the next macro; see [`super::RecordRow`].
macro_rules! timeline {
    ($next:ident! $($before:tt)*) => {
        $next! { $($before)*
            /// Sequence number of the last processed entry.
            cursor: u64,
            /// The first sixteen bytes of the SHA-256 of that entry; none if it was not read.
            cursor_mark: Option<[u8; 16]>,
            /// When the client was last up to date with the log, unix seconds: what is read behind the cursor came
            /// later.
            cursor_at: u64,
            /// When the newest message or newcomer came, unix seconds; while this client was away, when that was read.
            active_at: u64,
            /// Up to this number the log is read a second time.
            reads_again_to: u64,
            /// Number of the newest own message (protocol 4.9).
            own_n: u64,
            /// First eight bytes of its hash.
            own_prev: [u8; 8],
            /// The next place in the timeline.
            next_position: i64,
            /// The line up to which the person has seen what came, by its id.
            read_item: i64,
            /// The line up to which this client has told the others that it came, by its id.
            delivered_item: i64,
            /// The line up to which it has told them that it was seen.
            viewed_item: i64,
        }
    };
}
pub(super) use timeline;
