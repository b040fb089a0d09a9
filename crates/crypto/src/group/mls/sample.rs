//! A room for tests of single parts.

use conclave_proto::{
    deed::PanicBy,
    id::{PublicKey, RoomId},
    params::{Calls, History, Params, ParamsFields, Receipts, RoomPolicy},
    version,
};
use conclave_seal::sign::SigningKey;

pub(super) const ROOM: RoomId = RoomId([7; 32]);

pub(super) fn params(max_members: u16) -> Params {
    let owner = SigningKey::from_seed(&[0x11; 32]);
    let policy = RoomPolicy {
        msg_ttl: 3600,
        idle_ttl: 86_400,
        max_members,
        need_pass: false,
        panic_by: PanicBy::Owner,
        owner_leave_closes: false,
        history: History::None,
        calls: Calls::RelayOnly,
        everything_view_once: false,
        presence: true,
        receipts: Receipts::None,
    };
    let fields = ParamsFields {
        version: version::PROTOCOL,
        opk: PublicKey(owner.public()),
        r: [0x22; 32],
        genesis_nonce: [0x66; 16],
        created_at: 1_790_000_000,
        rev: 1,
        title: "Tea".into(),
        note: String::new(),
        policy,
        deed: None,
        standby: None,
    };
    crate::params::sign(&owner, &ROOM, fields).unwrap()
}
