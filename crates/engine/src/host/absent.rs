//! A build without the feature `host`: this process serves no room, and there is no [`Host`].

use std::sync::Arc;

use conclave_proto::{authority::Authority, id::RoomId};

use crate::{
    hold::Hold,
    link::Network,
    room::actor::Room,
    snapshot::{Hosting, HostingState},
};

/// A running relay of a hosted room, which nothing here makes.
pub(crate) enum Host {}

impl Host {
    pub(crate) fn dedicate(&self, _room: RoomId) {
        match *self {}
    }

    pub(crate) fn local_address(&self) -> Authority {
        match *self {}
    }

    pub(crate) fn hosting(&self) -> Hosting {
        match *self {}
    }

    pub(crate) fn watch(&self, _room: &Arc<Room>, _hold: Hold, _network: &Network) {
        match *self {}
    }

    pub(crate) fn others(&self) -> u32 {
        match *self {}
    }

    pub(crate) fn begin_stop(&self) {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "it stands where a relay is waited for")]
    pub(crate) async fn stop(self) {
        match self {}
    }
}

/// How a room stands that is not served; nobody could find it.
pub(crate) fn not_running(state: HostingState, _port: u16) -> Hosting {
    Hosting::new(state, Vec::new(), 0)
}
