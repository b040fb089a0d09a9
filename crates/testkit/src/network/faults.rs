//! Which faults are injected into links.

/// Which faults links have, and how often.
#[derive(Clone, Copy, Debug)]
pub struct FaultProfile {
    /// Of a hundred attempts to connect, so many fail.
    pub refused: u64,
    /// Of a hundred links, so many are cut.
    pub cut: u64,
    /// A link that is cut carries at most so many bytes in the direction that is cut.
    pub cut_within: u64,
    /// Of a hundred links that are not cut, so many fall silent: they take everything, carry nothing, and say nothing.
    pub silent: u64,
    /// Of a hundred writes, so many arrive twice.
    pub doubled: u64,
    /// Bytes take at most so many milliseconds.
    pub slowest: u64,
}

impl FaultProfile {
    /// Nothing breaks.
    pub const CALM: Self = Self { refused: 0, cut: 0, cut_within: 1, silent: 0, doubled: 0, slowest: 40 };
    /// Much breaks.
    pub const STORM: Self = Self { refused: 15, cut: 70, cut_within: 40_000, silent: 30, doubled: 2, slowest: 400 };
}
