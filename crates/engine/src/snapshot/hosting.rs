//! How this computer serves a room, and who can come.

use serde::{Deserialize, Serialize};

use crate::{error::ErrorCode, silent::silent};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// How this computer serves a room.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub struct Hosting {
    /// Running, stopped by the person, or failed.
    pub state: HostingState,
    /// The addresses in the invitation, `host:port`.
    pub addresses: Vec<String>,
    /// Nobody at another computer can come: this one is in no network.
    pub only_here: bool,
    /// Other people's connections right now.
    pub connected: u32,
    /// Why it could not start.
    pub reason: Option<ErrorCode>,
    /// The file of the embedded relay, if that is damaged or missing.
    pub file: Option<String>,
}

impl Hosting {
    /// Reads from the addresses whether others can come.
    #[must_use]
    pub fn new(state: HostingState, addresses: Vec<String>, connected: u32) -> Self {
        let is_here = |address: &String| {
            let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
            host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        };
        let only_here = addresses.iter().all(is_here);
        Self { state, addresses, only_here, connected, reason: None, file: None }
    }

    /// Adds why it could not start, and which file is to blame.
    #[must_use]
    pub fn because(self, reason: ErrorCode, file: Option<String>) -> Self {
        Self { reason: Some(reason), file, ..self }
    }
}

/// Whether the embedded relay runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum HostingState {
    /// Being started.
    Starting,
    /// Serving.
    Running,
    /// Stopped by the person; members' messages wait.
    Stopped,
    /// The port is in use by another program: free it, or make a new invitation with another port.
    PortTaken,
    /// It could not start for another reason.
    Failed,
}

silent! {
    Hosting { state, connected, reason }
}
