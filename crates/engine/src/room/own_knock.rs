//! Knocking at a locked room, from outside (protocol 4.6.9): AUTH(J), the deed, KNOCK, and what the owner answers.
//!
//! A knock is one KeyPackage and the bytes that carry it. Both are kept before they are sent, and the same bytes go out again on each
//! connection, also after a restart, until ten minutes are over or the owner has answered; then the keys are destroyed.

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    code::Code,
    group::{GroupCrypto, GroupError, Identity, JoinError, Welcoming},
    knock::{self, Door},
    purpose::{CallKey, Psk, RoomSecret},
    schedule::RoomKeys,
};
use conclave_proto::{
    frame::{Admission, Knock, KnockPending, Request},
    id::{KnockToken, PublicKey, Role, RoomId, RoomState, Tag},
    knock::{KnockAdmission, KnockContent},
    limits,
};
use conclave_seal::{id, rng::Rng, sign::SigningKey};
use conclave_store::{self as store, Note, OwnKnockState, Phase, Place, RoomReader, RoomStore, RoomTx, StoreError};

use super::{
    CAPS, CODE, KNOCK_CALL_KEY, LEAF_KEY, PASSPHRASE_KEY, ROOM_KEYS, RelayPlace,
    context::Context,
    fault::Fault,
    session::Asked,
    step::{Step, StepError},
};
use crate::{
    clock::Now,
    door::open_place,
    error::ErrorCode,
    snapshot::{Knocking, KnockingState, LinkFault},
};

/// The own knock; nothing where this client does not knock.
#[derive(Default)]
pub(super) struct OwnKnock {
    /// As the file has it.
    row: Option<store::OwnKnock>,
    /// What the deed says that this connection has shown: the keys of the owner.
    deed: Option<Deed>,
    /// It was handed over on this connection.
    is_sent: bool,
    /// The owner is connected, as the relay has said on this connection.
    owner_here: bool,
}

#[derive(Clone, Copy, Debug)]
struct Deed {
    pk: PublicKey,
    owner: PublicKey,
}

crate::silent::silent! {
    OwnKnock { deed, is_sent, owner_here }
}

impl OwnKnock {
    /// Reads the knock of a room's file.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn open(cx: &mut Context) -> Result<Self, StoreError> {
        let is_knocking = cx.record.phase == Phase::Knocking;
        let row = if is_knocking { cx.store.read(|tx| tx.own_knock())? } else { None };
        Ok(Self { row, ..Self::default() })
    }

    /// The connection ended, and with it what was said on it.
    pub(super) fn link_lost(&mut self) {
        (self.deed, self.is_sent, self.owner_here) = (None, false, false);
    }

    /// A refused knock is sent again.
    pub(super) fn send_again(&mut self) {
        self.is_sent = false;
    }

    /// When it ends.
    pub(super) fn wakes_at(&self, cx: &Context) -> Option<Duration> {
        let left = self.waiting()?.ends_at?.saturating_sub(cx.now.unix);
        Some(cx.now.steady.saturating_add(Duration::from_secs(left)))
    }

    /// Ends it once its time is over.
    ///
    /// # Errors
    /// [`Fault::Stop`] then, or what the disk says.
    pub(super) fn drive_end(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let is_late = self.waiting().and_then(|knock| knock.ends_at).is_some_and(|at| at <= cx.now.unix);
        if is_late { self.end(cx, OwnKnockState::Over) } else { Ok(()) }
    }

    /// Whether nobody is to be dialled until a person knocks again.
    pub(super) fn is_over(&self) -> bool {
        self.row.is_some() && self.waiting().is_none()
    }

    /// Asks for whatever is missing next.
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let Some(session) = cx.session.as_ref() else { return Ok(()) };
        if self.waiting().is_none() {
            return Err(Fault::Stop(LinkFault::RoomLocked));
        }
        if session.waits_for(|_| true) {
            return Ok(());
        }
        if !session.admitted {
            if session.nonce.is_some() {
                let key = SigningKey::from_seed(&cx.keys.access_key().expose_seed());
                cx.authenticate(Role::Join, &key);
            }
            return Ok(());
        }
        let Some(deed) = self.deed else { return Ok(()) };
        let is_inside = self.waiting().is_some_and(|knock| knock.admission.is_some());
        if is_inside {
            return prove_inside(cx, deed.owner);
        }
        if self.is_sent {
            return Ok(());
        }
        let Some(blob) = self.seal(cx, deed)? else { return Ok(()) };
        self.is_sent = true;
        cx.ask(Asked::Knock, Request::Knock(Knock { blob: &blob, pow: None }));
        Ok(())
    }

    /// The sealed knock: the bytes that were kept, or new ones, which are kept first.
    fn seal(&mut self, cx: &mut Context, Deed { pk, owner }: Deed) -> Result<Option<Vec<u8>>, Fault> {
        let Some(knock) = self.waiting() else { return Ok(None) };
        if let Some(blob) = &knock.blob {
            return Ok(Some(blob.clone()));
        }
        let content = KnockContent {
            key_package: knock.key_package.clone(),
            note: knock.note.clone(),
            token: knock.token.map(KnockToken),
        };
        let knock = knock.clone();
        let kept = cx.step(|step| {
            let blob = knock::seal(step.rng, step.keys, &pk, &content).map_err(|_| StepError::NotNow)?;
            let knock = store::OwnKnock { blob: Some(blob), owner: Some(owner.0), ..knock };
            step.tx.set_own_knock(&knock)?;
            Ok(knock)
        })?;
        let blob = kept.blob.clone();
        self.row = Some(kept);
        Ok(blob)
    }

    /// The relay has admitted this client in a role.
    ///
    /// # Errors
    /// [`Fault::Stop`] where the deed or what was signed is not the owner's, or the room takes no knocks; what the disk says.
    pub(super) fn admitted(&mut self, cx: &mut Context, role: Role, admission: &Admission) -> Result<(), Fault> {
        if cx.record.phase != Phase::Knocking || self.waiting().is_none() {
            return Ok(());
        }
        if role == Role::Member {
            return self.come_in(cx);
        }
        let code = cx.store.read(code_of)?;
        match knock::read_deed(&cx.keys, &code, &admission.deed) {
            Err(_) => Err(Fault::Stop(LinkFault::Misbehaved)),
            Ok(Door::NoKnocks) if admission.state == RoomState::Open => self.join_instead(cx),
            Ok(Door::NoKnocks) => Err(Fault::Stop(LinkFault::NoKnocking)),
            Ok(Door::Knocks { owner, .. }) if cx.door_is_open(&owner, admission)? => self.join_instead(cx),
            // It says so of a room that its owner has locked: whoever was removed may wait behind that door.
            Ok(Door::Knocks { .. }) if admission.state == RoomState::Open => Err(Fault::Stop(LinkFault::Misbehaved)),
            Ok(Door::Knocks { pk, owner }) => {
                self.deed = Some(Deed { pk, owner });
                Ok(())
            }
        }
    }

    /// The relay says that the knock waits, whether the owner is here, or, with no time left, that it is over there: its place was taken,
    /// or the door is open. The next admission tells which.
    ///
    /// # Errors
    /// [`Fault::Retry`] if it is over there.
    pub(super) fn pending(&mut self, cx: &mut Context, pending: &KnockPending) -> Result<(), Fault> {
        let Some(knock) = self.waiting().cloned() else { return Ok(()) };
        if knock.admission.is_some() {
            return Ok(());
        }
        if pending.ttl == 0 {
            return Err(Fault::Retry(LinkFault::RoomLocked));
        }
        self.owner_here = pending.owner_here;
        cx.tell_summary();
        if knock.ends_at.is_none() {
            let ttl = u64::from(pending.ttl).min(limits::KNOCK_TTL.as_secs());
            let knock = store::OwnKnock { ends_at: Some(cx.now.unix.saturating_add(ttl)), ..knock };
            cx.step(|step| Ok(step.tx.set_own_knock(&knock)?))?;
            self.row = Some(knock);
        }
        Ok(())
    }

    /// An answer came. What the owner has not sealed and signed for this knock is none.
    ///
    /// # Errors
    /// [`Fault::Retry`] for what is none, and for a Welcome that is not the owner's into this room; [`Fault::Stop`] after a no.
    pub(super) fn answered(&mut self, cx: &mut Context, answer: &[u8]) -> Result<(), Fault> {
        let Some(knock) = self.waiting().filter(|knock| knock.admission.is_none()).cloned() else { return Ok(()) };
        let (Some(blob), Some(owner)) = (&knock.blob, knock.owner) else {
            return Err(Fault::Retry(LinkFault::Misbehaved));
        };
        let call_key = cx.store.read(|tx| tx.secret(KNOCK_CALL_KEY))?.ok_or(StepError::NotNow)?;
        let call_key = CallKey::from_bytes(call_key.as_slice().try_into().map_err(|_| StepError::NotNow)?);
        match knock::open_reply(&cx.keys, &PublicKey(owner), &call_key, blob, answer) {
            Err(_) => Err(Fault::Retry(LinkFault::Misbehaved)),
            Ok(None) => self.end(cx, OwnKnockState::TurnedAway),
            Ok(Some(admission)) => self.take_welcome(cx, knock, &admission),
        }
    }

    /// Takes the owner's Welcome: the group is kept beside the room until the relay has admitted its key.
    fn take_welcome(
        &mut self,
        cx: &mut Context,
        knock: store::OwnKnock,
        admission: &KnockAdmission,
    ) -> Result<(), Fault> {
        Fault::unless_counted(admission.seq)?;
        let crypto = Arc::clone(&cx.crypto);
        // Without what was in it: the Welcome is used up, and the key has a place of its own.
        let place = KnockAdmission { welcome: Vec::new(), passphrase: None, ..admission.clone() };
        let knock = store::OwnKnock { admission: Some(place.encode()), ..knock };
        cx.step(|step| {
            step.join_by_welcome(crypto.as_ref(), admission)?;
            Ok(step.tx.set_own_knock(&knock)?)
        })?;
        self.row = Some(knock);
        Ok(())
    }

    /// The relay does not know the epoch that the Welcome leads to: nobody comes in there.
    ///
    /// # Errors
    /// [`Fault::Stop`].
    pub(super) fn is_not_known_inside(&mut self, cx: &mut Context) -> Result<(), Fault> {
        self.end(cx, OwnKnockState::Over)?;
        Err(Fault::Stop(LinkFault::Misbehaved))
    }

    /// The relay has admitted the key of the Welcome's epoch: this client is in.
    fn come_in(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let Some(admission) = self.waiting().and_then(|knock| knock.admission.clone()) else { return Ok(()) };
        let admission = KnockAdmission::decode(&admission).map_err(|_| StoreError::Damaged)?;
        let crypto = Arc::clone(&cx.crypto);
        cx.step(|step| step.come_in_by_welcome(crypto.as_ref(), &admission))?;
        *self = Self::default();
        Ok(())
    }

    /// The door is open by now: whoever wanted in joins, under the same name.
    fn join_instead(&mut self, cx: &mut Context) -> Result<(), Fault> {
        cx.step(|step| {
            step.forget_knock_keys()?;
            step.tx.delete_own_knock()?;
            step.record.phase = Phase::Joining;
            step.changes.summary = true;
            Ok(())
        })?;
        *self = Self::default();
        Ok(())
    }

    /// It is over: its keys are destroyed.
    fn end(&mut self, cx: &mut Context, state: OwnKnockState) -> Result<(), Fault> {
        let Some(knock) = self.waiting().cloned() else { return Ok(()) };
        let over = store::OwnKnock {
            state,
            key_package: Vec::new(),
            owner: None,
            blob: None,
            ends_at: None,
            admission: None,
            // It was for one knock.
            token: None,
            note: knock.note,
        };
        cx.step(|step| {
            step.forget_knock_keys()?;
            step.tx.set_own_knock(&over)?;
            step.changes.burned = true;
            Ok(())
        })?;
        self.row = Some(over);
        cx.tell_summary();
        Err(Fault::Stop(LinkFault::RoomLocked))
    }

    /// A person wants to knock again, with the same name and note. Whether there was a knock that is over.
    ///
    /// # Errors
    /// What the disk says.
    pub(super) fn again(&mut self, cx: &mut Context) -> Result<bool, StepError> {
        let Some(over) = self.row.as_ref().filter(|knock| knock.state != OwnKnockState::Waiting) else {
            return Ok(false);
        };
        let (note, crypto) = (over.note.clone(), Arc::clone(&cx.crypto));
        self.row = Some(cx.step(|step| {
            let nick = step.record.nick.clone();
            make(step.tx, crypto.as_ref(), step.rng, &nick, &note, None)
        })?);
        Ok(true)
    }

    /// How it stands, for a person.
    pub(super) fn shown(&self) -> Option<Knocking> {
        let knock = self.row.as_ref()?;
        let waits = knock.state == OwnKnockState::Waiting;
        let words = knock::words(&knock.key_package).map(str::to_owned);
        Some(Knocking {
            words: if waits { words.into() } else { Vec::new() },
            owner_here: self.owner_here,
            ends_at: knock.ends_at,
            state: match knock.state {
                OwnKnockState::Waiting => KnockingState::Waiting,
                OwnKnockState::TurnedAway => KnockingState::TurnedAway,
                OwnKnockState::Over => KnockingState::Over,
            },
        })
    }

    fn waiting(&self) -> Option<&store::OwnKnock> {
        self.row.as_ref().filter(|knock| knock.state == OwnKnockState::Waiting)
    }
}

/// Role M with the key of the Welcome's epoch; it names the owner whom the deed has shown.
fn prove_inside(cx: &mut Context, owner: PublicKey) -> Result<(), Fault> {
    let crypto = Arc::clone(&cx.crypto);
    let key = cx.store.read(|tx| {
        let group = crypto.load(&tx.group_state(Place::Pending)).map_err(StepError::from)?;
        let group = group.ok_or(StoreError::Damaged)?;
        Ok::<_, StepError>(SigningKey::from_seed(&group.keys().member_auth.expose_seed()))
    })?;
    cx.authenticate_for(Role::Member, &key, Some(owner));
    Ok(())
}

/// What somebody says who knocks.
pub(crate) struct KnockDraft<'a> {
    pub(crate) nick: &'a str,
    pub(crate) note: &'a str,
    pub(crate) token: Option<KnockToken>,
    pub(crate) relay: RelayPlace<'a>,
}

impl KnockDraft<'_> {
    /// Checks what a person typed.
    pub(crate) fn check(&self) -> Result<(), ErrorCode> {
        super::check_nick(self.nick)?;
        if self.note.chars().count() > limits::KNOCK_NOTE { Err(ErrorCode::KnockNoteTooLong) } else { Ok(()) }
    }
}

/// Keeps a knock, with the keys of its KeyPackage; the rest is the actor's work (protocol 4.6.9).
pub(crate) fn prepare(
    store: &mut RoomStore,
    crypto: &Arc<dyn GroupCrypto>,
    rng: &mut dyn Rng,
    now: Now,
    (code, keys): (&Code, &RoomKeys),
    draft: &KnockDraft<'_>,
) -> Result<(), ErrorCode> {
    draft.check()?;
    let room_id = RoomId(*keys.room_id());
    store.write(|tx| {
        tx.set_secret(ROOM_KEYS, &keys.to_stored())?;
        tx.set_secret(CODE, code.secret().expose_secret())?;
        make(tx, crypto.as_ref(), rng, draft.nick, draft.note, draft.token)?;
        let genesis = Tag(id::genesis_tag(room_id.as_bytes()));
        tx.set_record(&super::record(room_id, &draft.relay, draft.nick, Phase::Knocking, genesis, now))?;
        Ok(())
    })
}

/// Makes a knock and keeps it: a KeyPackage of its own, whose keys stand beside the room, where the group of a join stands.
///
/// # Errors
/// What the disk or the group says.
fn make(
    tx: &RoomTx<'_>,
    crypto: &dyn GroupCrypto,
    rng: &mut dyn Rng,
    nick: &str,
    note: &str,
    token: Option<KnockToken>,
) -> Result<store::OwnKnock, StepError> {
    let identity = Identity::new(nick, CAPS).map_err(|_| StepError::NotNow)?;
    tx.clear_group_state(Place::Pending)?;
    let made = crypto.key_package(&tx.group_state(Place::Pending), rng, identity)?;
    tx.set_secret(KNOCK_CALL_KEY, made.call_key.expose_secret())?;
    let knock = store::OwnKnock {
        note: note.to_owned(),
        token: token.map(|token| token.0),
        state: OwnKnockState::Waiting,
        key_package: made.key_package,
        owner: None,
        blob: None,
        ends_at: None,
        admission: None,
    };
    tx.set_own_knock(&knock)?;
    Ok(knock)
}

impl Step<'_, '_> {
    /// Joins by a Welcome beside the room. A Welcome that is none leaves everything as it was.
    fn join_by_welcome(&mut self, crypto: &dyn GroupCrypto, admission: &KnockAdmission) -> Result<(), StepError> {
        let code = code_of(self.tx)?;
        let sealed = Some(admission.place.as_slice());
        let place = open_place(self.keys, self.room_id(), admission.tag, sealed).ok_or(StepError::NotNow)?;
        let passphrase = admission.passphrase.as_ref().map(|key| Psk::from_bytes(key.expose_secret()));
        if let Some(key) = &passphrase {
            self.tx.set_secret(PASSPHRASE_KEY, key.expose_secret())?;
        }
        let welcoming = Welcoming {
            code: &code,
            keys: self.keys,
            passphrase: passphrase.as_ref(),
            welcome: &admission.welcome,
            base: admission.tag,
            place: &place,
            minimum_rev: self.record.params_rev,
        };
        match crypto.welcome(&self.tx.group_state(Place::Pending), self.rng, welcoming) {
            Ok(_) => Ok(()),
            Err(JoinError::Group(error @ GroupError::State(_))) => Err(error.into()),
            // The step is rolled back, and with it what the library has used up of the KeyPackage.
            Err(_) => Err(StepError::NotNow),
        }
    }

    /// The group of the Welcome becomes the room's.
    fn come_in_by_welcome(&mut self, crypto: &dyn GroupCrypto, admission: &KnockAdmission) -> Result<(), StepError> {
        let sealed = Some(admission.place.as_slice());
        let place = open_place(self.keys, self.room_id(), admission.tag, sealed).ok_or(StepError::NotNow)?;
        self.tx.adopt_group_state()?;
        let group = crypto.load(&self.tx.group_state(Place::Current))?.ok_or(StepError::NotNow)?;
        self.tx.set_secret(LEAF_KEY, group.leaf_key().expose_seed().as_slice())?;
        self.record.params_rev = group.params().rev;
        *self.group = Some(group);
        // The owner herself has let this client in: nobody else has to confirm it.
        self.record.phase = Phase::Member;
        let seq = admission.seq;
        (self.record.cursor, self.record.cursor_mark, self.record.reads_again_to) = (seq, None, 0);
        self.record.cursor_at = self.now.unix;
        self.record.head = admission.tag.0;
        self.record.joined_seq = seq;
        self.record.committed_at = self.now.unix;
        self.record.unopened = 0;
        self.changes.people = true;
        self.changes.summary = true;
        self.changes.advanced = true;
        self.tx.delete_secret(CODE)?;
        self.tx.delete_secret(KNOCK_CALL_KEY)?;
        self.tx.delete_own_knock()?;
        self.stand_on_branch(seq, &place)?;
        self.note(&Note::YouJoined)?;
        self.greet()?;
        self.release_unsent()
    }

    fn forget_knock_keys(&mut self) -> Result<(), StepError> {
        self.tx.clear_group_state(Place::Pending)?;
        Ok(self.tx.delete_secret(KNOCK_CALL_KEY)?)
    }
}

/// The code, which is kept until this client is in.
fn code_of(reader: &RoomReader<'_>) -> Result<Code, StepError> {
    let code = reader.secret(CODE)?.ok_or(StepError::NotNow)?;
    let code = code.as_slice().try_into().map_err(|_| StepError::NotNow)?;
    Ok(Code::from_secret(RoomSecret::from_bytes(code)))
}
