//! The Conclave application without a UI: rooms, links, hosting.
//!
//! [`Engine`] is the whole application as one value. A UI (the desktop shell, the terminal client, a test) calls its
//! methods, draws what [`snapshot`] describes and follows [`event`]s. Behind it every room is a state machine that takes
//! the time and returns what to do, inside one task that owns the room's file and its link to a relay.
//!
//! Features, both on by default: `host` serves rooms from this process, and the commands about hosting are absent without it; `net`
//! reaches relays over sockets, without it a [`link::Dialer`] of the [`Environment`] brings whole frames.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use conclave_engine::{DataFolder, Engine, Environment, api::{CreateVault, HostRoom, NewRules, Protection}};
//!
//! let engine = Engine::new(Environment::system(DataFolder::None, None));
//! engine.create_vault(CreateVault { protection: Protection::MemoryOnly, passphrase: None }).await?;
//! let room = engine
//!     .host_room(HostRoom {
//!         title: "Press desk".to_owned(),
//!         note: String::new(),
//!         nick: engine.suggest_nick().await,
//!         rules: NewRules::default(),
//!         passphrase: None,
//!         in_memory: true,
//!     })
//!     .await?;
//! assert_eq!(engine.snapshot().await?.rooms[0].room, room);
//! engine.lock_vault().await;
//! # Ok::<(), conclave_engine::ErrorCode>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "an answer, fault or error that is not named gets the careful default: a relay that misbehaves, a retry"
)]

pub mod api;
pub mod clock;
mod door;
mod engine;
mod environment;
pub mod error;
pub mod event;
mod hold;
#[cfg(feature = "host")]
mod host;
#[cfg(not(feature = "host"))]
#[path = "host/absent.rs"]
mod host;
mod invitation;
pub mod link;
mod nick;
mod open_files;
mod preview;
mod relay_address;
mod room;
mod silent;
mod skeleton;
pub mod snapshot;
mod spoken;
pub mod tasks;
mod visit;

pub use conclave_proto::shown;
#[cfg(all(feature = "host", unix))]
pub use conclave_relay::Heeded;
#[cfg(feature = "host")]
pub use conclave_relay::outlive_file_size_limit;
pub use conclave_store::{FolderError, check_folder};
pub use engine::{Closing, Engine, Events};
pub use environment::{DataFolder, Environment};
pub use error::{ErrorCode, InvitationError, Slip};
#[cfg(feature = "host")]
pub use host::{Listen, SystemListen};
pub use open_files::raise_open_files_limit;

/// Whether a panic of this thread, right now, costs no more than the entry at hand, or a hosted relay, which is started again. A
/// panic hook that ends the application must let it pass, or a stranger's bytes could end it.
#[must_use]
pub fn panics_are_contained() -> bool {
    #[cfg(feature = "host")]
    if conclave_relay::panics_are_contained() {
        return true;
    }
    conclave_crypto::group::panics_are_contained()
}
