//! Version numbers (SPEC 8). There is no negotiation: who does not know a number refuses.

/// The version of the room protocol that this crate speaks, as HELLO, the code and the params name it.
pub const PROTOCOL: u8 = 1;

/// The WebSocket subprotocol of this version.
pub const SUBPROTOCOL: &str = "conclave.v1";

/// The path at the relay.
pub const PATH: &str = "/v1";
