//! Looking at a room from the door: what the invitation opens, before anything is joined.

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    code::Code,
    envelope::{self, Place},
    group::{Group, GroupCrypto, Identity, JoinError, Joining},
    schedule::RoomKeys,
    state::MemoryState,
};
use conclave_proto::{
    authority::Authority,
    error::ErrorCode as RelayError,
    frame::{Auth, ClientFrame, GroupInfoGet, Hello, RelayFrame, Reply, Request},
    id::{ClientNonce, Lane, PublicKey, Role, RoomId, Signature},
    limits,
    padding::FrameKind,
    shown, version,
};
use conclave_seal::{
    rng::{self, Rng},
    transcript::{self, Statement as _},
};

use crate::{
    error::ErrorCode,
    link::{self, Dialer, Link, Target},
    room::{membership::open_place, view},
    snapshot::{LinkFault, RoomPreview},
    tasks::{Tasks, heavy},
};

/// Asks the relay what the code opens.
///
/// The newest GroupInfo is verified exactly as for a join (protocol 4.5, J1 to J6) by building the join and throwing it
/// away: nothing is sent.
///
/// # Errors
/// What the relay or the checks say.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub(crate) async fn look(
    dialer: &dyn Dialer,
    tasks: &Tasks,
    crypto: &Arc<dyn GroupCrypto>,
    rng: &mut Box<dyn Rng>,
    target: Target,
    code: &Code,
    passphrase: Option<&str>,
) -> Result<RoomPreview, ErrorCode> {
    let keys = heavy(|| RoomKeys::derive(code.secret()));
    let pinned = target.pin;
    let mut authority = target.authority.clone();
    let mut link = reach(dialer, target, tasks).await?;
    if let (None, Some(pin), false) = (pinned, link.pin, link.recognised.is_settled()) {
        authority = Authority::Pin(pin);
    }
    let room_id = RoomId(*keys.room_id());
    enter(&mut link, rng.as_mut(), &keys, &authority).await?;

    let (mut before, mut refused, mut psk) = (None, None, None);
    for rid in (2..).take(TRIES) {
        let request = Request::GroupInfoGet(GroupInfoGet { before });
        let Reply::GroupInfos(read) = ask(&mut link, rid, request).await? else {
            return Err(ErrorCode::RelayMisbehaved);
        };
        let Some(found) = read.group_info else { break };
        let at = Place { lane: Lane::GroupInfo, room_id, base: found.tag };
        let opened = envelope::open(keys.join_key(), &at, &found.blob).ok();
        let place = open_place(&keys, room_id, found.tag, found.place.as_deref());
        if let Some((frame, place)) = opened.filter(|frame| frame.kind == FrameKind::GroupInfo).zip(place) {
            if psk.is_none() {
                psk = passphrase.map(|text| heavy(|| keys.passphrase_psk(text)));
            }
            let joining = Joining {
                code,
                keys: &keys,
                passphrase: psk.as_ref(),
                group_info: &frame.data,
                base: found.tag,
                place: &place,
                identity: Identity::new(VISITOR, 0).map_err(|_| ErrorCode::Internal)?,
                minimum_rev: 0,
                rejoin: None,
            };
            match heavy(|| crypto.join(&MemoryState::new(), rng.as_mut(), joining)) {
                Ok(joined) => return Ok(describe(joined.group.as_ref(), &link)),
                // What the newest says of itself is told, if an older one is not better.
                Err(error) if error.may_be_crafted() => _ = refused.get_or_insert(join_error(&error)),
                Err(error) => return Err(join_error(&error)),
            }
        }
        before = Some(found.tag);
    }
    Err(refused.unwrap_or(ErrorCode::RoomStateDamaged))
}

/// Asks whether a relay of this version is there. Returns the pin of its key, if no pin was given and nobody vouches for it.
///
/// # Errors
/// What the connection or the greeting says.
///
/// # Cancel safety
/// Dropping the future closes the connection.
pub(crate) async fn knock(dialer: &dyn Dialer, tasks: &Tasks, target: Target) -> Result<Option<[u8; 32]>, ErrorCode> {
    let mut link = reach(dialer, target, tasks).await?;
    greeting(&mut link).await?;
    Ok(link.pin.filter(|_| !link.recognised.is_settled()))
}

fn describe(group: &dyn Group, link: &Link) -> RoomPreview {
    let params = group.params();
    let others = group.roster().iter().filter(|member| !member.own);
    RoomPreview {
        title: shown::line(&params.title),
        note: shown::block(&params.note),
        rules: view::rules(&params.policy),
        people: others.map(|member| member.credential.nick.clone()).collect(),
        address: link.address.to_string(),
        pinned: link.recognised.is_settled(),
    }
}

/// The relay's greeting and AUTH(J).
async fn enter(link: &mut Link, rng: &mut dyn Rng, keys: &RoomKeys, authority: &Authority) -> Result<(), ErrorCode> {
    let hello = greeting(link).await?;
    let exporter = match (hello.exporter_bound, link.exporter) {
        (true, Some(exporter)) => exporter,
        (false, Some(_)) if matches!(authority, Authority::Pin(_)) => return Err(ErrorCode::WrongPin),
        _ => [0; 32],
    };
    let (client_nonce, key, authority) = (rng::array::<16>(rng), keys.access_public(), authority.to_string());
    let sig = transcript::Auth {
        role: Role::Join.number(),
        authority: &authority,
        server_nonce: hello.nonce.as_bytes(),
        client_nonce: &client_nonce,
        room_id: keys.room_id(),
        key: &key,
        exporter: &exporter,
    }
    .sign(keys.access_key());
    let auth = Auth {
        role: Role::Join,
        room_id: RoomId(*keys.room_id()),
        pk: PublicKey(key),
        client_nonce: ClientNonce(client_nonce),
        sig: Signature(sig),
        pow: None,
        opk: None,
        authority,
    };
    match ask(link, 1, Request::Auth(auth)).await? {
        Reply::Authenticated(_) => Ok(()),
        _ => Err(ErrorCode::RelayMisbehaved),
    }
}

/// A relay that takes the connection and says nothing is none.
async fn reach(dialer: &dyn Dialer, target: Target, tasks: &Tasks) -> Result<Link, ErrorCode> {
    match tokio::time::timeout(PATIENCE, link::open(dialer, target, tasks)).await {
        Ok(opened) => opened.map_err(link_error),
        Err(_) => Err(ErrorCode::RelayUnreachable),
    }
}

async fn greeting(link: &mut Link) -> Result<Hello, ErrorCode> {
    let Reply::Hello(hello) = next(link).await?.body else { return Err(ErrorCode::RelayMisbehaved) };
    if hello.versions.contains(&version::PROTOCOL) { Ok(hello) } else { Err(ErrorCode::OtherVersion) }
}

async fn ask(link: &mut Link, rid: u32, body: Request<'_>) -> Result<Reply, ErrorCode> {
    let frame = ClientFrame { rid, body }.encode();
    link.outgoing.send(frame).await.map_err(|_| ErrorCode::RelayUnreachable)?;
    let reply = next(link).await?;
    match reply.body {
        Reply::Refused(refusal) => Err(match refusal.code {
            RelayError::NoSuchRoom | RelayError::NotAuthorised | RelayError::BadSignature => ErrorCode::NoSuchRoom,
            RelayError::RoomGone => ErrorCode::RoomGone,
            RelayError::RoomLocked => ErrorCode::RoomLocked,
            RelayError::UnsupportedVersion => ErrorCode::OtherVersion,
            RelayError::RateLimited | RelayError::Overloaded | RelayError::Quota | RelayError::Internal => {
                ErrorCode::RelayBusy
            }
            RelayError::ShuttingDown => ErrorCode::RelayUnreachable,
            _ => ErrorCode::RelayMisbehaved,
        }),
        body if reply.rid == rid => Ok(body),
        _ => Err(ErrorCode::RelayMisbehaved),
    }
}

async fn next(link: &mut Link) -> Result<RelayFrame, ErrorCode> {
    let frame = match tokio::time::timeout(PATIENCE, link.incoming.recv()).await {
        Ok(Some(Ok(frame))) => frame,
        Ok(Some(Err(fault))) => return Err(link_error(fault)),
        Ok(None) | Err(_) => return Err(ErrorCode::RelayUnreachable),
    };
    RelayFrame::decode(&frame).map_err(|_| ErrorCode::RelayMisbehaved)
}

fn link_error(fault: LinkFault) -> ErrorCode {
    match fault {
        LinkFault::WrongPin => ErrorCode::WrongPin,
        LinkFault::OtherVersion => ErrorCode::OtherVersion,
        LinkFault::Misbehaved => ErrorCode::RelayMisbehaved,
        LinkFault::Busy => ErrorCode::RelayBusy,
        _ => ErrorCode::RelayUnreachable,
    }
}

fn join_error(error: &JoinError) -> ErrorCode {
    match error {
        JoinError::PassphraseNeeded => ErrorCode::PassphraseNeeded,
        JoinError::Full => ErrorCode::RoomFull,
        JoinError::Version => ErrorCode::OtherVersion,
        _ => ErrorCode::RoomStateDamaged,
    }
}

/// The name of somebody who only looks; it is sent nowhere.
const VISITOR: &str = "visitor";
/// GroupInfos that are looked at, as for a join: those that the relay keeps, the newest by a member, and the end.
const TRIES: usize = limits::GROUP_INFOS + 2;
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::DuplexStream;

    use super::*;
    use crate::{
        DataFolder, Surroundings,
        link::{Dialled, Recognised},
        tasks::BoxFuture,
    };

    /// Takes every connection, keeps it, and never says a word.
    #[derive(Debug, Default)]
    struct Silent(Mutex<Vec<DuplexStream>>);

    impl Dialer for Silent {
        fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
            let (ours, theirs) = tokio::io::duplex(1024);
            self.0.lock().unwrap().push(theirs);
            let address = target.authority;
            Box::pin(async move {
                Ok(Dialled {
                    wire: Box::new(ours),
                    address,
                    exporter: None,
                    pin: None,
                    recognised: Recognised::Vouched,
                })
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_takes_the_connection_and_says_nothing_is_not_waited_for_for_ever() {
        let tasks = Tasks(Arc::clone(&Surroundings::system(DataFolder::None, None).spawn));
        let authority: Authority = "relay.example.org".parse().unwrap();
        let target = Target { addresses: vec![authority.clone()], authority, pin: None, may_renew_at: None };
        let answer = knock(&Silent::default(), &tasks, target).await;
        assert_eq!(answer, Err(ErrorCode::RelayUnreachable));
    }
}
