//! A room on this computer: its handle, the actor behind it, and how one is made.

use std::sync::Arc;

use conclave_crypto::{
    code::Code,
    fork_choice,
    group::{Founding, GroupCrypto, Identity},
    knock::{self, KnockError},
    params as room_params,
    purpose::Psk,
    schedule::RoomKeys,
};
use conclave_proto::{
    authority::Authority,
    deed::{Deed, Knocking, PanicBy, Policy},
    id::{PublicKey, RoomId, Tag},
    limits,
    params::{Calls, History, ParamsFields, Receipts, RoomPolicy},
};
use conclave_seal::{
    id,
    rng::{self, Rng},
    sign::SigningKey,
};
use conclave_store::{BaseRow, Handle, Order, PendingKind, PendingRow, Phase, Place, RecordRow, RoomStore, StoreError};

use crate::{api::NewRules, clock::Now, error::ErrorCode, snapshot};

pub(crate) mod actor;
mod blob;
mod calendar;
mod connecting;
mod context;
mod door_word;
pub(crate) mod ending;
mod entry;
mod ephemeral;
mod erasure;
mod fault;
mod first_use;
mod knocks;
pub(crate) mod machine;
pub(crate) mod membership;
mod message;
pub(crate) mod orders;
mod outbox;
pub(crate) mod outputs;
pub(crate) mod own_knock;
mod pending;
mod presence;
mod refusal;
mod reply;
mod request;
mod session;
mod step;
mod timeline;
mod typing;
pub(crate) mod view;

pub(crate) use timeline::SECONDS;

/// What a new room is to be.
pub(crate) struct Draft<'a> {
    pub(crate) title: &'a str,
    pub(crate) note: &'a str,
    pub(crate) nick: &'a str,
    pub(crate) rules: NewRules,
    pub(crate) passphrase: Option<&'a str>,
    pub(crate) relay: RelayPlace<'a>,
    /// The room that moves here.
    pub(crate) predecessor: Option<Handle>,
}

/// Where a room is.
#[derive(Clone)]
pub(crate) struct RelayPlace<'a> {
    pub(crate) authority: &'a Authority,
    pub(crate) addresses: &'a [Authority],
    pub(crate) pin: Option<[u8; 32]>,
}

impl Draft<'_> {
    /// Checks what a person typed.
    pub(crate) fn check(&self) -> Result<(), ErrorCode> {
        check_nick(self.nick)?;
        check_title(self.title)?;
        check_note(self.note)?;
        let NewRules { message_ttl, idle_ttl, max_members, .. } = self.rules;
        check_lifetime(message_ttl)?;
        check_lifetime(idle_ttl)?;
        check_size(max_members)?;
        if self.passphrase.is_some_and(|passphrase| passphrase.chars().count() < PASSPHRASE_LEAST) {
            return Err(ErrorCode::PassphraseTooShort);
        }
        Ok(())
    }
}

/// Checks a name.
pub(crate) fn check_nick(nick: &str) -> Result<(), ErrorCode> {
    Identity::new(nick, CAPS).map(drop).map_err(|_| ErrorCode::NickInvalid)
}

/// Checks a title.
fn check_title(title: &str) -> Result<(), ErrorCode> {
    if title.len() > limits::TITLE { Err(ErrorCode::TitleTooLong) } else { Ok(()) }
}

/// Checks a note to everybody who comes in.
fn check_note(note: &str) -> Result<(), ErrorCode> {
    if note.len() > limits::NOTE { Err(ErrorCode::NoteTooLong) } else { Ok(()) }
}

/// Checks how long messages stay, or a room may be silent.
fn check_lifetime(seconds: u32) -> Result<(), ErrorCode> {
    if LIFETIMES.contains(&seconds) { Ok(()) } else { Err(ErrorCode::LifetimeInvalid) }
}

/// Checks how many a room may hold.
fn check_size(max_members: u16) -> Result<(), ErrorCode> {
    if SIZES.contains(&max_members) { Ok(()) } else { Err(ErrorCode::SizeInvalid) }
}

/// Founds a room and keeps it, with the bytes that open it at the relay (protocol 4.6.1).
pub(crate) fn found(
    store: &mut RoomStore,
    crypto: &Arc<dyn GroupCrypto>,
    rng: &mut dyn Rng,
    now: Now,
    draft: &Draft<'_>,
) -> Result<(), ErrorCode> {
    draft.check()?;
    let owner_key = SigningKey::generate(rng);
    let (code, r) = Code::create(rng, &owner_key.public());
    let keys = crypto.room_keys(code.secret());
    let room_id = RoomId(*keys.room_id());
    let policy = Policy {
        msg_ttl: draft.rules.message_ttl,
        idle_ttl: draft.rules.idle_ttl,
        panic_by: panic_by(draft.rules.erase_by),
        max_members: draft.rules.max_members,
    };
    let deed = sign_deed(rng, &owner_key, &keys, &r, policy).map_err(|_| ErrorCode::Internal)?;
    let fields = ParamsFields {
        version: conclave_proto::version::PROTOCOL,
        opk: PublicKey(owner_key.public()),
        r: *r,
        genesis_nonce: rng::array(rng),
        created_at: now.unix,
        rev: 1,
        title: draft.title.to_owned(),
        note: draft.note.to_owned(),
        policy: room_policy(draft, policy),
        deed: Some(deed.as_bytes().to_vec()),
        standby: None,
    };
    let params = room_params::sign(&owner_key, &room_id, fields).map_err(|_| ErrorCode::InvalidRequest)?;
    let identity = Identity::new(draft.nick, CAPS).map_err(|_| ErrorCode::NickInvalid)?;
    let passphrase = draft.passphrase.map(|text| keys.passphrase_psk(text));
    store.write(|tx| {
        let state = tx.group_state(Place::Current);
        let founding =
            Founding { keys: &keys, owner_key: &owner_key, params: &params, passphrase: passphrase.as_ref(), identity };
        let founded = crypto.create(&state, rng, founding).map_err(|_| ErrorCode::Internal)?;
        let base = founded.group.base();
        let member_key = founded.group.keys().member_auth.public();
        let leaf_key = founded.group.leaf_key();
        let (group_info, place) = pending::seal_epoch(rng, &keys, leaf_key, base, &[], &founded.group_info, None)?;
        tx.add_base(
            &BaseRow { tag: base.0, seq: 0, epoch: founded.group.epoch(), on_branch: true, named_at: 0 },
            fork_choice::HISTORY,
        )?;
        tx.set_secret(ROOM_KEYS, &keys.to_stored())?;
        if let Some(key) = &passphrase {
            tx.set_secret(PASSPHRASE_KEY, key.expose_secret())?;
        }
        tx.set_secret(OWNER_KEY, owner_key.expose_seed().as_slice())?;
        tx.set_secret(LEAF_KEY, founded.group.leaf_key().expose_seed().as_slice())?;
        tx.set_pending(&PendingRow {
            kind: PendingKind::Create,
            cid: rng::array(rng),
            head: base.0,
            base: base.0,
            tag: base.0,
            blob: deed.as_bytes().to_vec(),
            group_info,
            place,
            member_key,
        })?;
        let record = record(room_id, &draft.relay, draft.nick, Phase::Creating, base, now);
        tx.set_record(&RecordRow { predecessor: draft.predecessor.map(|handle| handle.0), ..record })?;
        if draft.rules.locked {
            tx.keep_order(&Order::Lock, None)?;
        }
        Ok(())
    })
}

fn panic_by(rule: snapshot::EraseBy) -> PanicBy {
    match rule {
        snapshot::EraseBy::Owner => PanicBy::Owner,
        snapshot::EraseBy::AnyMember => PanicBy::AnyMember,
    }
}

/// The rules of a new room, of which a relay is told some.
fn room_policy(draft: &Draft<'_>, policy: Policy) -> RoomPolicy {
    RoomPolicy {
        msg_ttl: policy.msg_ttl,
        idle_ttl: policy.idle_ttl,
        max_members: policy.max_members,
        need_pass: draft.passphrase.is_some(),
        panic_by: policy.panic_by,
        owner_leave_closes: draft.rules.owner_leave_closes,
        history: History::None,
        calls: Calls::RelayOnly,
        everything_view_once: draft.rules.everything_view_once,
        presence: draft.rules.presence,
        receipts: match draft.rules.receipts {
            snapshot::Receipts::None => Receipts::None,
            snapshot::Receipts::Delivered => Receipts::Delivered,
            snapshot::Receipts::Seen => Receipts::Seen,
        },
    }
}

/// The deed of a new room, with what somebody needs to knock (protocol 4.6.9).
fn sign_deed(
    rng: &mut dyn Rng,
    owner_key: &SigningKey,
    keys: &RoomKeys,
    r: &[u8; 32],
    policy: Policy,
) -> Result<Deed, KnockError> {
    let sealed_r = knock::seal_r(rng, keys, r)?;
    let (_, pk) = knock::owner_key_pair(owner_key, &RoomId(*keys.room_id()))?;
    let (access, knocking) = (PublicKey(keys.access_public()), Knocking { pk, sealed_r: &sealed_r });
    Ok(room_params::sign_deed_with_knocking(owner_key, access, policy, 1, knocking))
}

/// What somebody brings who joins.
pub(crate) struct JoinDraft<'a> {
    pub(crate) nick: &'a str,
    pub(crate) passphrase: Option<Psk>,
    pub(crate) relay: RelayPlace<'a>,
    /// The room that has moved there.
    pub(crate) predecessor: Option<Handle>,
}

/// Keeps what joining needs; the join itself is the actor's work (protocol 4.6.3).
pub(crate) fn prepare_join(
    store: &mut RoomStore,
    now: Now,
    (code, keys): (&Code, &RoomKeys),
    draft: &JoinDraft<'_>,
) -> Result<(), ErrorCode> {
    check_nick(draft.nick)?;
    let room_id = RoomId(*keys.room_id());
    store.write(|tx| {
        tx.set_secret(ROOM_KEYS, &keys.to_stored())?;
        tx.set_secret(CODE, code.secret().expose_secret())?;
        if let Some(key) = &draft.passphrase {
            tx.set_secret(PASSPHRASE_KEY, key.expose_secret())?;
        }
        let genesis = Tag(id::genesis_tag(room_id.as_bytes()));
        let record = record(room_id, &draft.relay, draft.nick, Phase::Joining, genesis, now);
        tx.set_record(&RecordRow { predecessor: draft.predecessor.map(|handle| handle.0), ..record })?;
        Ok(())
    })
}

/// The room id of a stored room, and the room whose place it takes.
///
/// # Errors
/// [`StoreError::Damaged`] if the file is not a room's, or what the database says.
pub(crate) fn named_in(store: &mut RoomStore) -> Result<([u8; 32], Option<Handle>), StoreError> {
    let record = store.read(|tx| tx.record())?.ok_or(StoreError::Damaged)?;
    Ok((record.room_id, record.predecessor.map(Handle)))
}

fn record(room_id: RoomId, relay: &RelayPlace<'_>, nick: &str, phase: Phase, head: Tag, now: Now) -> RecordRow {
    RecordRow {
        room_id: room_id.0,
        authority: relay.authority.to_string(),
        addresses: relay.addresses.iter().map(Authority::to_string).collect(),
        pin: relay.pin,
        pin_first_used_at: None,
        old_copy: None,
        old_copy_known: false,
        echo_after: None,
        nick: nick.to_owned(),
        title: String::new(),
        predecessor: None,
        phase,
        ending: None,
        seat: None,
        cursor: 0,
        cursor_mark: None,
        cursor_at: now.unix,
        active_at: now.unix,
        reads_again_to: 0,
        head: head.0,
        own_n: 0,
        own_prev: [0; 8],
        owner_counter: 0,
        params_rev: 0,
        erase_mid: None,
        erase_asked: None,
        erase_asked_as: String::new(),
        locked: false,
        door_counter: 0,
        moved: false,
        moved_until: 0,
        has_removed: false,
        committed_at: now.unix,
        sent_since: 0,
        next_position: 1,
        read_item: 0,
        delivered_item: 0,
        viewed_item: 0,
        unopened: 0,
        joined_seq: 0,
        commit_seq: 0,
    }
}

// Names in the table `secret`.
const ROOM_KEYS: &str = "room-keys";
const OWNER_KEY: &str = "owner-key";
const LEAF_KEY: &str = "leaf-key";
const FORMER_LEAVES: &str = "former-leaves";
const PREVIOUS_MEMBER_KEY: &str = "previous-member-key";
/// Only until the join is accepted: members compute it from the params.
const CODE: &str = "code";
const PASSPHRASE_KEY: &str = "passphrase-key";
/// Opens the answer to the own knock; until that is over.
const KNOCK_CALL_KEY: &str = "knock-call-key";

/// What this version understands, for senders (protocol 4.16).
const CAPS: u32 = 0;
/// Characters of a room's passphrase at least.
const PASSPHRASE_LEAST: usize = 8;
/// How many a room may hold (protocol 4.17).
const SIZES: [u16; 3] = [16, 64, 256];
/// One hour, a day, a week, thirty days: how long messages stay, and how long a room may be silent (protocol 4.6.8).
pub(crate) const LIFETIMES: [u32; 4] = [3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600];
