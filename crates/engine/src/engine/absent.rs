//! A build without the feature `host`: rooms that were hosted here stay, as those of a host who is away.

use conclave_store::Handle;

use super::{
    Engine,
    registry::{Open, Turn},
};
use crate::{api::HostRoom, error::ErrorCode, snapshot::RoomHandle};

impl Engine {
    #[expect(clippy::unused_async, reason = "it stands where a relay is started")]
    pub(super) async fn serve(
        &self,
        _turn: &Turn<'_>,
        _name: &RoomHandle,
        _port: Option<u16>,
    ) -> Result<(), ErrorCode> {
        Err(ErrorCode::NotHosted)
    }

    #[expect(clippy::unused_async, reason = "it stands where a room is hosted")]
    pub(super) async fn host(&self, _request: HostRoom, _predecessor: Option<Handle>) -> Result<RoomHandle, ErrorCode> {
        Err(ErrorCode::NotHosted)
    }

    #[expect(clippy::unused_self, reason = "it stands where relays are looked after")]
    pub(super) fn keep_hosting(&self, _open: &mut Open) {}
}
