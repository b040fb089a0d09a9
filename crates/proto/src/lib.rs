#![doc = include_str!("../SPEC.md")]

pub mod authority;
pub mod codec;
pub mod content;
pub mod credential;
pub mod deed;
pub mod error;
pub mod frame;
pub mod id;
pub mod limits;
pub mod owner;
pub mod padding;
pub mod params;
pub mod version;

pub use authority::Authority;
pub use error::{DecodeError, ErrorCode};
pub use frame::{ClientFrame, RelayFrame};
pub use id::{Lane, Role, RoomState};
