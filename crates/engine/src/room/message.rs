//! What a message is wherever it is published: its name, the start of its hash, and for how long it comes again.

use conclave_proto::content::Body;
use conclave_seal::hash::sha256;

/// What a message keeps wherever it is published: whoever read it can repeat its id, but then with these words only. Sender and
/// number are not part of it, since its author may publish it again from another leaf; the sender is compared beside it.
pub(super) fn identity(mid: &[u8; 16], body: &Body) -> [u8; 16] {
    let hash = sha256(&[&mid[..], &body.kind().to_be_bytes(), &body.encode()].concat());
    let [identity, _] = *hash.as_chunks::<16>().0 else { return *mid };
    identity
}

pub(super) fn start_of_hash(message: &[u8]) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = sha256(message);
    [a, b, c, d, e, f, g, h]
}

/// Seconds for which a message that the relay has stored can be published again.
pub(super) const KEPT: u64 = 24 * 3600;
/// How old a message is at most when it comes, in seconds: nothing older is published again.
pub(super) const OLDEST: u64 = 2 * KEPT;
/// Seconds after which what somebody says again is something new. Its author publishes nothing again that was written two days
/// ago; a third is for clocks and for the way.
pub(super) const SAID_ANEW: u64 = 3 * KEPT;
/// How many own commits and messages that were given up are remembered.
pub(super) const GIVEN_UP: usize = 1024;
