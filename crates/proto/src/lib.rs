#![doc = include_str!("../SPEC.md")]
//!
//! # Example
//!
//! ```
//! use conclave_proto::{ClientFrame, frame::{Fetch, Request}};
//!
//! let request = ClientFrame { rid: 1, body: Request::Fetch(Fetch { after: 0, max_n: 100, max_bytes: 65_536 }) };
//! let bytes = request.encode();
//! assert_eq!(ClientFrame::decode(&bytes), Ok(request));
//! assert!(ClientFrame::decode(&bytes[1..]).is_err());
//! ```

pub mod authority;
pub mod codec;
pub mod content;
pub mod credential;
pub mod deed;
pub mod error;
pub mod frame;
pub mod handover;
pub mod id;
pub mod knock;
pub mod limits;
pub mod owner;
pub mod padding;
pub mod params;
pub mod place;
pub mod shown;
pub mod version;

pub use authority::Authority;
pub use error::{DecodeError, ErrorCode};
pub use frame::{ClientFrame, RelayFrame};
pub use id::{Lane, Role, RoomState};
