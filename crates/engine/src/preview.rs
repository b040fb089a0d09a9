//! Looking at a room from the door: what the invitation opens, before anything is joined.

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    code::Code,
    group::{Group, GroupCrypto, Identity, Joining},
    schedule::RoomKeys,
    state::MemoryState,
};
use conclave_proto::{
    authority::Authority,
    frame::{ClientFrame, GroupInfoGet, Hello, RelayFrame, Reply, Request},
    id::{Role, RoomId},
    shown,
};
use conclave_seal::{rng::Rng, sign::SigningKey};

use crate::{
    door::{self, Challenge, Found},
    error::ErrorCode,
    link::{self, Dialer, Link, Target},
    room::view,
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
    enter(&mut link, rng.as_mut(), &keys, &authority).await?;

    let (mut before, mut refused, mut psk) = (None, None, None);
    for rid in (2..).take(door::LOOKS) {
        let request = Request::GroupInfoGet(GroupInfoGet { before });
        let Reply::GroupInfos(read) = ask(&mut link, rid, request).await? else {
            return Err(ErrorCode::RelayMisbehaved);
        };
        let Some(at) = read.group_info else { break };
        if let Some(found) = Found::open(&keys, &at) {
            if psk.is_none() {
                psk = passphrase.map(|text| heavy(|| keys.passphrase_psk(text)));
            }
            let joining = Joining {
                code,
                keys: &keys,
                passphrase: psk.as_ref(),
                group_info: &found.group_info,
                base: found.tag,
                place: &found.place,
                identity: Identity::new(VISITOR, 0).map_err(|_| ErrorCode::Internal)?,
                minimum_rev: 0,
                rejoin: None,
            };
            match heavy(|| crypto.join(&MemoryState::new(), rng.as_mut(), joining)) {
                Ok(joined) => return Ok(describe(joined.group.as_ref(), &link)),
                // What the newest says of itself is told, if an older one is not better.
                Err(error) if error.may_be_crafted() => _ = refused.get_or_insert(code_of(door::fault_of_join(&error))),
                Err(error) => return Err(code_of(door::fault_of_join(&error))),
            }
        }
        before = Some(at.tag);
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
    let hello = greeting(&mut link).await?;
    // Nothing is proven here that could be bound to the link.
    door::greeted(&hello, None, false).map_err(code_of)?;
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
    let is_pinned = matches!(authority, Authority::Pin(_));
    let exporter = door::greeted(&hello, link.exporter, is_pinned).map_err(code_of)?;
    let (authority, room_id) = (authority.to_string(), RoomId(*keys.room_id()));
    let challenge = Challenge { authority, room_id, nonce: hello.nonce, exporter: &exporter };
    let key = SigningKey::from_seed(&keys.access_key().expose_seed());
    match ask(link, 1, Request::Auth(challenge.answer(rng, Role::Join, &key, None))).await? {
        Reply::Authenticated(_) => Ok(()),
        _ => Err(ErrorCode::RelayMisbehaved),
    }
}

/// A relay that takes the connection and says nothing is none.
async fn reach(dialer: &dyn Dialer, target: Target, tasks: &Tasks) -> Result<Link, ErrorCode> {
    match tokio::time::timeout(PATIENCE, link::open(dialer, target, tasks)).await {
        Ok(opened) => opened.map_err(code_of),
        Err(_) => Err(ErrorCode::RelayUnreachable),
    }
}

async fn greeting(link: &mut Link) -> Result<Hello, ErrorCode> {
    let Reply::Hello(hello) = next(link).await?.body else { return Err(ErrorCode::RelayMisbehaved) };
    Ok(hello)
}

async fn ask(link: &mut Link, rid: u32, body: Request<'_>) -> Result<Reply, ErrorCode> {
    let frame = ClientFrame { rid, body }.encode();
    link.outgoing.send(frame).await.map_err(|_| ErrorCode::RelayUnreachable)?;
    let reply = next(link).await?;
    match reply.body {
        Reply::Refused(refusal) => Err(code_of(door::fault_of_refusal(refusal.code))),
        body if reply.rid == rid => Ok(body),
        _ => Err(ErrorCode::RelayMisbehaved),
    }
}

async fn next(link: &mut Link) -> Result<RelayFrame, ErrorCode> {
    let frame = match tokio::time::timeout(PATIENCE, link.incoming.recv()).await {
        Ok(Some(Ok(frame))) => frame,
        Ok(Some(Err(fault))) => return Err(code_of(fault)),
        Ok(None) | Err(_) => return Err(ErrorCode::RelayUnreachable),
    };
    RelayFrame::decode(&frame).map_err(|_| ErrorCode::RelayMisbehaved)
}

/// What a person is told who only looks. A relay that does not take the code's key has no such room.
fn code_of(fault: LinkFault) -> ErrorCode {
    match fault {
        LinkFault::OnionOnly => ErrorCode::OnionOnly,
        LinkFault::WrongPin => ErrorCode::WrongPin,
        LinkFault::OtherVersion => ErrorCode::OtherVersion,
        LinkFault::Misbehaved => ErrorCode::RelayMisbehaved,
        LinkFault::Busy => ErrorCode::RelayBusy,
        LinkFault::NoSuchRoom | LinkFault::Refused => ErrorCode::NoSuchRoom,
        LinkFault::RoomGone => ErrorCode::RoomGone,
        LinkFault::RoomLocked => ErrorCode::RoomLocked,
        LinkFault::RoomFull => ErrorCode::RoomFull,
        LinkFault::Passphrase => ErrorCode::PassphraseNeeded,
        LinkFault::StateDamaged | LinkFault::Storage => ErrorCode::RoomStateDamaged,
        _ => ErrorCode::RelayUnreachable,
    }
}

/// The name of somebody who only looks; it is sent nowhere.
const VISITOR: &str = "visitor";
const PATIENCE: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::DuplexStream;

    use super::*;
    use crate::{
        DataFolder, Environment,
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
        let tasks = Tasks(Arc::clone(&Environment::system(DataFolder::None, None).spawn));
        let authority: Authority = "relay.example.org".parse().unwrap();
        let target = Target { addresses: vec![authority.clone()], authority, pin: None, may_renew_at: None };
        let answer = knock(&Silent::default(), &tasks, target).await;
        assert_eq!(answer, Err(ErrorCode::RelayUnreachable));
    }
}
