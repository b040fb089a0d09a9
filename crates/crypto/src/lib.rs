//! Codes, keys, envelopes and the MLS group of a Conclave room.
//!
//! # The scheme, threat by threat
//!
//! | who | what stands against them | where |
//! |---|---|---|
//! | finds the code later | the code derives no message key; those come from MLS epochs only | [`schedule`], [`group`] |
//! | finds the code while the room is open | joining is a commit that everybody sees | [`group`], [`validator`] |
//! | guesses codes or passphrases | 128 random bits; a passphrase is tried only by joining, visibly | [`code`], [`schedule`] |
//! | opens a look-alike room under a known code | the code commits to the owner's key | [`code`] |
//! | runs the relay and reads | sealed, padded envelopes bound to lane, room and epoch | [`envelope`] |
//! | runs the relay and lies about members | joins prove the room's key inside MLS; removals carry the owner's signature | [`validator`] |
//! | listens to a spoken invitation, or guesses its words | CPace: one guess for each run, and the joiner proves first | [`spoken`] |
//! | stands in the middle | eight words of the member list | [`verification`] |
//! | takes a device for a while | the next own commit shuts them out | [`group`] |
//! | records today for a quantum computer | X-Wing in every epoch, a pre-shared key on top | [`group`] |
//! | sends bytes that crash the parser | everything of strangers runs contained; a panic is "not judged" | [`group`] |
//!
//! What none of this stops: a member who copies what is said, screenshots, and whoever was removed and is let in again.
//!
//! The crate does no input or output, reads no clock, starts no task and keeps no global state. Functions that take long
//! say so; they belong on a thread that may block.
//!
//! # Example
//!
//! Alice opens a room, Bob comes in with its code while nobody helps him, and they talk. Between them stands a relay, which
//! would carry the envelope and see neither the group nor the text.
//!
//! ```
//! use conclave_crypto::{
//!     code::Code,
//!     envelope::{self, Place},
//!     group::{CommitEntry, Founding, Group as _, GroupCrypto as _, Identity, Joining, OpenMls, Received},
//!     params, place,
//!     schedule::RoomKeys,
//!     state::MemoryState,
//! };
//! use conclave_proto::{
//!     deed::PanicBy,
//!     id::{Lane, PublicKey, RoomId, Tag},
//!     padding::FrameKind,
//!     params::{Calls, History, ParamsFields, Receipts, RoomPolicy},
//!     version,
//! };
//! use conclave_seal::{id, rng::OsRng, sign::SigningKey};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The code is the room: its keys come from it, and it commits to the owner's key.
//! let owner_key = SigningKey::generate(&mut OsRng);
//! let (code, r) = Code::create(&mut OsRng, &owner_key.public());
//! let keys = RoomKeys::derive(code.secret());
//! let room_id = RoomId(*keys.room_id());
//!
//! let policy = RoomPolicy {
//!     msg_ttl: 3600, idle_ttl: 86_400, max_members: 16, need_pass: false, panic_by: PanicBy::Owner, owner_leave_closes: false,
//!     history: History::None, calls: Calls::RelayOnly, everything_view_once: false, presence: true, receipts: Receipts::None,
//! };
//! let fields = ParamsFields {
//!     version: version::PROTOCOL, opk: PublicKey(owner_key.public()), r: *r, genesis_nonce: [1; 16], created_at: 1_790_000_000,
//!     rev: 1, title: "Tea".into(), note: String::new(), policy, deed: None, standby: None,
//! };
//! let params = params::sign(&owner_key, &room_id, fields)?;
//! let (hers, identity) = (MemoryState::new(), Identity::new("Alice", 0)?);
//! let founding = Founding { keys: &keys, owner_key: &owner_key, params: &params, passphrase: None, identity };
//! let mut alice = OpenMls.create(&hers, &mut OsRng, founding)?.group;
//!
//! // Bob finds the GroupInfo that a member vouches for, and builds the commit that lets him in.
//! let (base, group_info) = (alice.base(), alice.group_info()?);
//! let vouched = place::sign(alice.leaf_key(), &room_id, base, &[], &group_info, None)?;
//! let (his, identity) = (MemoryState::new(), Identity::new("Bob", 0)?);
//! let joining = Joining {
//!     code: &code, keys: &keys, passphrase: None, group_info: &group_info, base, place: &vouched, identity, minimum_rev: 0,
//!     rejoin: None,
//! };
//! let joined = OpenMls.join(&his, &mut OsRng, joining)?;
//! let mut bob = joined.group;
//!
//! // What the relay stores, in the order of its log, and Alice opens.
//! let at = Place { lane: Lane::Join, room_id, base };
//! let envelope = envelope::seal(&mut OsRng, keys.join_key(), &at, FrameKind::Mls, &joined.commit)?;
//! let member_auth_key = PublicKey(bob.keys().member_auth.public());
//! let tag = Tag(id::entry_tag(Lane::Join.number(), &envelope, &member_auth_key.0));
//! let message = envelope::open(keys.join_key(), &at, &envelope)?.data;
//! bob.adopt(&his, tag)?;
//! alice.advance(&hers, CommitEntry { lane: Lane::Join, message: &message, tag, member_auth_key })?;
//!
//! let hello = bob.encrypt(&his, &mut OsRng, b"Hello, Alice.")?;
//! let Received::Application { message, .. } = alice.receive(&hers, &hello)? else { panic!("it is a message") };
//! assert_eq!(*message, *b"Hello, Alice.");
//! assert!(alice.receive(&hers, &hello).is_err(), "a key opens one message, once");
//! # Ok(())
//! # }
//! ```
//!
#![doc = include_str!("../KEYS.md")]

pub mod attachment;
mod bits;
pub mod call;
pub mod code;
mod cpace;
pub mod envelope;
pub mod fork_choice;
pub mod group;
mod hpke;
pub mod knock;
pub mod leaf_link;
pub mod link;
mod mls_sign;
pub mod owner;
pub mod params;
pub mod passphrase;
pub mod paste;
pub mod place;
pub mod purpose;
pub mod qr;
mod roster_words;
pub mod schedule;
pub mod spoken;
pub mod state;
pub mod validator;
pub mod verification;
pub mod words;
