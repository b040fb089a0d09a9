//! Looking at a room from the door: what the invitation opens, before anything is joined.

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    code::Code,
    group::{Group, GroupCrypto, Identity, JoinError, Joining},
    knock::{self, Door},
    purpose::Psk,
    schedule::RoomKeys,
    state::MemoryState,
};
use conclave_proto::{
    authority::Authority,
    deed::Deed,
    frame::{Admission, GroupInfoGet, Reply, Request},
    id::{Role, RoomId, RoomState},
    shown,
};
use conclave_seal::{rng::Rng, sign::SigningKey};

use crate::{
    clock::within,
    door::{self, Challenge, Found},
    error::ErrorCode,
    link::{Link, Network, Target},
    room::view,
    snapshot::{LockedPreview, Preview, RoomPreview},
    tasks::heavy,
    visit::{ask, code_of, greeting, reach},
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
    network: &Network,
    crypto: &Arc<dyn GroupCrypto>,
    rng: &mut Box<dyn Rng>,
    target: Target,
    code: &Code,
) -> Result<Preview, ErrorCode> {
    let keys = heavy(|| crypto.room_keys(code.secret()));
    let pinned = target.pin;
    let mut authority = target.authority.clone();
    let mut link = reach(network, target).await?;
    if let (None, Some(pin), false) = (pinned, link.pin, link.recognised.is_settled()) {
        authority = Authority::Pin(pin);
    }
    let admission = enter(network, &mut link, rng.as_mut(), &keys, &authority).await?;
    if admission.state == RoomState::Locked {
        let room = describe_locked(&admission, (code, &keys), &link)?;
        return Ok(Preview::Locked { room });
    }
    let walk = walk(network, &mut link, crypto, rng.as_mut(), (code, &keys));
    // A relay that takes its time with each of them could keep a person waiting for twenty minutes.
    let seen = within(network.timer.as_ref(), WALK, walk).await.unwrap_or(Err(ErrorCode::RelayBusy));
    seen.map(|room| Preview::Open { room })
}

/// Looks at the GroupInfos, the newest first, for one that opens the room.
async fn walk(
    network: &Network,
    link: &mut Link,
    crypto: &Arc<dyn GroupCrypto>,
    rng: &mut dyn Rng,
    (code, keys): (&Code, &RoomKeys),
) -> Result<RoomPreview, ErrorCode> {
    let (mut before, mut refused) = (None, None);
    // Whoever only looks proves nothing: where the room has a passphrase, any key stands in for it.
    let (stand_in, visitor) = (Psk::generate(rng), Identity::new(VISITOR, 0).map_err(|_| ErrorCode::Internal)?);
    for rid in (2..).take(door::LOOKS) {
        let request = Request::GroupInfoGet(GroupInfoGet { before });
        let Reply::GroupInfos(read) = ask(network, link, rid, request).await? else {
            return Err(ErrorCode::RelayMisbehaved);
        };
        let Some(at) = read.group_info else { break };
        if let Some(found) = Found::open(keys, &at) {
            let joining = |passphrase| Joining {
                code,
                keys,
                passphrase,
                group_info: &found.group_info,
                base: found.tag,
                place: &found.place,
                identity: visitor.clone(),
                minimum_rev: 0,
                rejoin: None,
            };
            let mut join = |passphrase| heavy(|| crypto.join(&MemoryState::new(), rng, joining(passphrase)));
            let joined = match join(None) {
                Err(JoinError::PassphraseNeeded) => join(Some(&stand_in)),
                joined => joined,
            };
            match joined {
                Ok(joined) => return Ok(describe(joined.group.as_ref(), link)),
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
pub(crate) async fn ask_who_is_there(network: &Network, target: Target) -> Result<Option<[u8; 32]>, ErrorCode> {
    let mut link = reach(network, target).await?;
    let hello = greeting(network, &mut link).await?;
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

/// What the deed says of a locked room. One that is not of the code's owner would have a person knock at the relay.
fn describe_locked(
    admission: &Admission,
    (code, keys): (&Code, &RoomKeys),
    link: &Link,
) -> Result<LockedPreview, ErrorCode> {
    let door = knock::read_deed(keys, code, &admission.deed).map_err(|_| ErrorCode::RelayMisbehaved)?;
    let policy = Deed::parse(&admission.deed).map_err(|_| ErrorCode::RelayMisbehaved)?.policy();
    Ok(LockedPreview {
        can_knock: door != Door::NoKnocks,
        message_ttl: policy.msg_ttl,
        idle_ttl: policy.idle_ttl,
        max_members: policy.max_members,
        address: link.address.to_string(),
        pinned: link.recognised.is_settled(),
    })
}

/// The relay's greeting and AUTH(J).
async fn enter(
    network: &Network,
    link: &mut Link,
    rng: &mut dyn Rng,
    keys: &RoomKeys,
    authority: &Authority,
) -> Result<Admission, ErrorCode> {
    let hello = greeting(network, link).await?;
    let is_pinned = matches!(authority, Authority::Pin(_));
    let exporter = door::greeted(&hello, link.exporter, is_pinned).map_err(code_of)?;
    let (authority, room_id) = (authority.to_string(), RoomId(*keys.room_id()));
    let challenge = Challenge { authority, room_id, nonce: hello.nonce, exporter: &exporter };
    let key = SigningKey::from_seed(&keys.access_key().expose_seed());
    match ask(network, link, 1, Request::Auth(challenge.answer(rng, Role::Join, &key, None))).await? {
        Reply::Authenticated(admission) => Ok(admission),
        _ => Err(ErrorCode::RelayMisbehaved),
    }
}

/// The name of somebody who only looks; it is sent nowhere.
const VISITOR: &str = "visitor";
/// For all GroupInfos.
const WALK: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use conclave_crypto::purpose::RoomSecret;
    use conclave_proto::{
        frame::{Admission, GroupInfoAt, GroupInfos, Hello, Limits, RelayFrame},
        id::{RoomState, Seat, ServerNonce, Tag},
        version::PROTOCOL,
    };
    use conclave_seal::rng::OsRng;
    use futures_util::{sink, stream};

    use super::*;
    use crate::{
        DataFolder, Environment,
        clock::TokioTimer,
        link::{Dialer, Dialled, Recognised},
        snapshot::LinkFault,
        tasks::{BoxFuture, Tasks, TokioSpawn},
        visit::PATIENCE,
    };

    /// Takes every connection and every frame, and never says a word.
    #[derive(Debug)]
    struct Silent;

    impl Dialer for Silent {
        fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
            Box::pin(async move {
                Ok(Dialled {
                    outgoing: Box::pin(sink::unfold((), |(), _| async { Ok(()) })),
                    incoming: Box::pin(stream::pending()),
                    address: target.authority,
                    exporter: None,
                    pin: None,
                    recognised: Recognised::Vouched,
                })
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_takes_the_connection_and_says_nothing_is_not_waited_for_for_ever() {
        let tasks = Tasks(Arc::new(TokioSpawn::default()));
        let network = Network { dialer: Arc::new(Silent), tasks, timer: Arc::new(TokioTimer) };
        let authority: Authority = "relay.example.org".parse().unwrap();
        let target = Target { addresses: vec![authority.clone()], authority, pin: None, may_renew_at: None };
        assert_eq!(ask_who_is_there(&network, target).await, Err(ErrorCode::RelayUnreachable));
    }

    /// Answers, each time shortly before nobody waits any more, with a GroupInfo that opens for nobody.
    #[derive(Debug)]
    struct Slow;

    impl Dialer for Slow {
        fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
            let answers = stream::unfold(0, async |rid| {
                tokio::time::sleep(Duration::from_secs(if rid < 2 { 0 } else { 19 })).await;
                let body = match rid {
                    0 => Reply::Hello(hello()),
                    1 => Reply::Authenticated(admission()),
                    _ => {
                        Reply::GroupInfos(GroupInfos { group_info: Some(garbage()), commits: Vec::new(), more: false })
                    }
                };
                Some((Ok(RelayFrame { rid, body }.encode().into()), rid.wrapping_add(1)))
            });
            Box::pin(async move {
                Ok(Dialled {
                    outgoing: Box::pin(sink::unfold((), |(), _| async { Ok(()) })),
                    incoming: Box::pin(answers),
                    address: target.authority,
                    exporter: None,
                    pin: None,
                    recognised: Recognised::Vouched,
                })
            })
        }
    }

    fn hello() -> Hello {
        let (versions, nonce) = (vec![PROTOCOL], ServerNonce([0; 32]));
        Hello { versions, nonce, limits: Limits::default(), pow: None, exporter_bound: false, time: 0 }
    }

    fn admission() -> Admission {
        Admission {
            next_nonce: ServerNonce([0; 32]),
            state: RoomState::Open,
            head: Tag([0; 16]),
            head_seq: 1,
            oldest_seq: 1,
            deed: Vec::new(),
            owner: None,
            seat: Seat([0; 16]),
            pushed_out: None,
            full: false,
        }
    }

    fn garbage() -> GroupInfoAt {
        GroupInfoAt { tag: Tag([0; 16]), seq: 1, blob: vec![0; 585], place: Some(vec![0; 585]) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_answers_slowly_each_time_keeps_nobody_at_the_door() {
        let tasks = Tasks(Arc::new(TokioSpawn::default()));
        let network = Network { dialer: Arc::new(Slow), tasks, timer: Arc::new(TokioTimer) };
        let authority: Authority = "relay.example.org".parse().unwrap();
        let target = Target { addresses: vec![authority.clone()], authority, pin: None, may_renew_at: None };
        let crypto = Environment::system(DataFolder::None, None).crypto;
        let (mut rng, code): (Box<dyn Rng>, _) = (Box::new(OsRng), Code::from_secret(RoomSecret::from_bytes(&[7; 16])));
        let begun = tokio::time::Instant::now();
        let seen = look(&network, &crypto, &mut rng, target, &code).await;
        assert_eq!(seen.err(), Some(ErrorCode::RelayBusy));
        assert!(begun.elapsed() < WALK + PATIENCE, "{:?}", begun.elapsed());
    }
}
