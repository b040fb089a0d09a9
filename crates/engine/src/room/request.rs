//! What a person asks of a room.

use conclave_crypto::{
    link::{Invitation, MAX_ADDRESSES},
    qr::Qr,
    words,
};
use conclave_proto::{
    authority::Authority, content::Move, deed::PanicBy, handover::Handover, id::KnockToken, knock::PassphraseKey,
    limits,
};
use conclave_store::{MoveLine, MoveRow, Note, Order, Phase, StoreError};
use zeroize::Zeroizing;

use super::{
    PASSPHRASE_KEY,
    fault::Fault,
    machine::Machine,
    orders::moving::{self, Parting, Successor},
    outputs::SpokenPlace,
    step::StepError,
    view,
};
use crate::{
    clock::Now,
    error::ErrorCode,
    link::Target,
    snapshot::{Connection, Hosting, InvitationView, ItemId, KnockHandle, RoomPhase},
};

impl Machine {
    /// What is only read goes by the clock, too. Where the disk refuses, the next step says so.
    pub(crate) fn look_at_clock(&mut self, now: Now) {
        self.begin(now);
        drop(self.cx.look_at_clock());
        self.settle();
    }

    /// Refuses what is about messages of a room of which none is shown.
    fn is_open(&self) -> Result<(), ErrorCode> {
        match () {
            () if self.cx.is_erasing() => Err(ErrorCode::RoomEnded),
            () if self.cx.is_asked() => Err(ErrorCode::ErasureAsked),
            () => Ok(()),
        }
    }

    /// Writes a message. If the room is live it goes out at once.
    pub(crate) fn send_text(&mut self, now: Now, text: &str, fuse: Option<u32>) -> Result<ItemId, ErrorCode> {
        self.begin(now);
        self.is_open()?;
        if self.cx.group.as_ref().is_some_and(|group| group.params().policy.everything_view_once) {
            return Err(ErrorCode::OnlyViewOnce);
        }
        let fuse = self.fuse(fuse)?;
        let sent = self.outbox.send_text(&mut self.cx, text, fuse);
        self.typing.has_sent();
        self.settle();
        Ok(view::item_id(sent?))
    }

    /// Writes a message that can be read once. It goes out once the relay has its blob.
    pub(crate) fn send_view_once(
        &mut self,
        now: Now,
        text: &str,
        seconds: u32,
        fuse: Option<u32>,
    ) -> Result<ItemId, ErrorCode> {
        self.begin(now);
        self.is_open()?;
        if !self.outbox.may_write(&self.cx) {
            return Err(ErrorCode::InvalidRequest);
        }
        let fuse = self.fuse(fuse)?;
        self.typing.has_sent();
        Ok(view::item_id(self.step(|step| step.compose_card(text, seconds, fuse))?))
    }

    /// A fuse that is no longer than the room's own; none where it is as long.
    fn fuse(&self, fuse: Option<u32>) -> Result<Option<u32>, ErrorCode> {
        let ttl = self.cx.group.as_ref().map_or(u32::MAX, |group| group.params().policy.msg_ttl);
        match fuse {
            Some(fuse) if u64::from(fuse) < limits::TTL_LEAST.as_secs() || fuse > ttl => {
                Err(ErrorCode::LifetimeInvalid)
            }
            fuse => Ok(fuse.filter(|fuse| *fuse < ttl)),
        }
    }

    /// A person types, or no more. Nobody waits for what cannot be said.
    pub(crate) fn types(&mut self, now: Now, types: bool) {
        self.begin(now);
        if let Some(said) = self.typing.types(&self.cx, types) {
            drop(self.ephemerals.send(&mut self.cx, said, Vec::new()));
        }
    }

    /// Opens a card; how that went is among the outputs, unless it is refused at once.
    pub(crate) fn open_card(&mut self, now: Now, item: i64) -> Result<(), ErrorCode> {
        self.begin(now);
        self.is_open()?;
        self.blobs.open(&mut self.cx, item);
        self.settle();
        Ok(())
    }

    /// Takes an own message back.
    pub(crate) fn retract(&mut self, now: Now, item: i64) -> Result<(), ErrorCode> {
        self.begin(now);
        self.is_open()?;
        Ok(self.step(|step| step.retract(item))?)
    }

    /// Takes a message back that the relay was never given.
    pub(crate) fn withdraw(&mut self, now: Now, item: i64) -> Result<(), ErrorCode> {
        self.begin(now);
        self.is_open()?;
        self.step(|step| step.withdraw(item)).map_err(|error| match error {
            StepError::NotNow => ErrorCode::AlreadySent,
            error => error.into(),
        })
    }

    /// Everything up to now was seen; nothing where nothing is shown.
    pub(crate) fn mark_read(&mut self, now: Now) -> Result<(), StepError> {
        self.begin(now);
        if self.is_hidden() {
            return Ok(());
        }
        let newest = self.cx.store.read(|tx| tx.newest_item())?;
        if self.cx.record.read_item >= newest {
            return Ok(());
        }
        self.step(|step| {
            step.record.read_item = newest;
            step.changes.summary = true;
            Ok(())
        })
    }

    /// How this computer serves the room changed.
    pub(crate) fn set_hosting(&mut self, hosting: Option<Hosting>) {
        if self.hosting != hosting {
            self.hosting = hosting;
            self.cx.tell_summary();
        }
    }

    /// Adds a line about something that happened here. A line that the disk refuses is missing.
    pub(crate) fn note(&mut self, now: Now, line: &Note) {
        self.begin(now);
        drop(self.step(|step| step.note(line)));
    }

    /// Where the host's own client reaches its relay, which is dialled at once.
    pub(crate) fn set_local_address(&mut self, now: Now, address: Option<Authority>) {
        self.begin(now);
        self.connecting.local_address = address;
        self.redial();
    }

    /// A person wants it tried again now.
    pub(crate) fn retry(&mut self, now: Now) {
        self.begin(now);
        // A knock that is over is made anew. Where the disk refuses, the link stays as it is, and says so.
        if let Err(error) = self.own_knock.again(&mut self.cx) {
            self.lose(Fault::Step(error));
            return;
        }
        if self.cx.record.phase != Phase::Gone && self.connecting.connection(&self.cx) != Connection::Online {
            self.redial();
            self.cx.tell_summary();
        }
    }

    /// A person agrees to rejoin where the question says: once, and only at the branch that was shown.
    pub(crate) fn rejoin(&mut self, now: Now, branch: &str) -> Result<(), StepError> {
        self.begin(now);
        let agreed = self.membership.rejoin(&mut self.cx, branch);
        self.settle();
        agreed
    }

    /// A person refuses to rejoin where the question says, and only there.
    pub(crate) fn stay(&mut self, now: Now, branch: &str) -> Result<(), StepError> {
        self.begin(now);
        let stays = self.membership.stay(&mut self.cx, branch);
        self.settle();
        stays
    }

    /// Begins to leave. A room that ends with its owner is closed by that.
    pub(crate) fn leave(&mut self, now: Now) {
        self.begin(now);
        let rule = self.cx.group.as_ref().is_some_and(|group| group.params().policy.owner_leave_closes);
        let ends = self.cx.closing || self.cx.is_erasing();
        let closes = ends || rule && self.cx.owner_key.is_some() && self.cx.record.phase != Phase::Gone;
        if !closes || self.orders.close_and_leave(&mut self.cx).is_err() {
            self.membership.leave(&mut self.cx);
        }
        self.settle();
    }

    /// A person wants the room to go on although nobody writes.
    pub(crate) fn keep(&mut self, now: Now) -> Result<(), StepError> {
        self.begin(now);
        if !matches!(self.cx.record.phase, Phase::Member | Phase::AwaitingConfirmation) {
            return Err(StepError::NotNow);
        }
        // Something that others see no line of, and that the relay takes for what it is: a message.
        self.step(|step| step.greet())
    }

    /// The owner wants something of the room.
    pub(crate) fn order(&mut self, now: Now, order: Order) -> Result<(), ErrorCode> {
        self.begin(now);
        let given = self.orders.give(&mut self.cx, order);
        self.settle();
        given
    }

    /// A person wants the room erased for everybody.
    pub(crate) fn erase(&mut self, now: Now) -> Result<(), ErrorCode> {
        self.begin(now);
        if self.cx.owner_key.is_some() {
            return self.order(now, Order::Erase);
        }
        if self.cx.is_erasing() {
            return Ok(());
        }
        let is_in = matches!(self.cx.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        match self.cx.group.as_ref().filter(|_| is_in) {
            None => Err(ErrorCode::InvalidRequest),
            Some(group) if group.params().policy.panic_by == PanicBy::Owner => Err(ErrorCode::NotOwner),
            Some(_) => Ok(self.step(|step| step.erase())?),
        }
    }

    /// A person answers somebody who asks to erase the room.
    pub(crate) fn answer_erasure(&mut self, now: Now, erase: bool) -> Result<(), StepError> {
        self.begin(now);
        self.step(|step| step.answer_erasure(erase))
    }

    /// The owner answers a knock.
    pub(crate) fn answer_knock(&mut self, now: Now, knock: &KnockHandle, admit: bool) -> Result<(), ErrorCode> {
        self.begin(now);
        let answered = self.knocks.answer(&mut self.cx, knock, admit);
        self.settle();
        answered
    }

    /// What lets one knock in without a question.
    pub(crate) fn issue_knock_token(&mut self, now: Now) -> Result<KnockToken, ErrorCode> {
        self.begin(now);
        self.knocks.issue_token(&mut self.cx)
    }

    /// This computer's addresses changed, and with them the invitation. The own client does not use them. If the disk
    /// refuses, the room says so, and the next change or start of the hosting tries again.
    pub(crate) fn relocate(&mut self, now: Now, addresses: Vec<String>) {
        self.begin(now);
        if let Err(error) = self.set_addresses(addresses) {
            self.lose(Fault::Step(error));
        }
    }

    /// Takes the addresses of a newer invitation, before those that were known: if they are wrong, the older ones are still
    /// there. Only the room's own relay may be at them. What it is known by stays: its key, or, where an authority vouches for
    /// its name, that name alone, since another name would be vouched for just as well.
    ///
    /// Where there is no space for what is new, the room is opened all the same, goes by the addresses that it had, and says so.
    pub(crate) fn follow_invitation(&mut self, now: Now, target: &Target) -> Result<(), ErrorCode> {
        self.begin(now);
        if self.connecting.local_address.is_some() || self.hosting.is_some() {
            return Ok(());
        }
        let named: Vec<String> = target.addresses.iter().map(Authority::to_string).collect();
        let same = match self.cx.record.pin {
            Some(pin) => target.pin.is_none_or(|given| given == pin),
            None => target.pin.is_none() && named.iter().all(|address| *address == self.cx.record.authority),
        };
        if !same {
            return Err(ErrorCode::WrongPin);
        }
        let known: Vec<String> =
            self.cx.record.addresses.iter().filter(|known| !named.contains(known)).cloned().collect();
        // However many an invitation names, half of the places stay with those that were good before.
        let places = MAX_ADDRESSES.saturating_sub(known.len().min(MAX_ADDRESSES / 2));
        let mut addresses: Vec<String> = named.into_iter().take(places).collect();
        addresses.extend(known);
        addresses.truncate(MAX_ADDRESSES);
        match self.set_addresses(addresses) {
            Ok(()) => self.retry(now),
            Err(error @ StepError::Store(StoreError::DiskFull)) => self.lose(Fault::Step(error)),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Keeps other addresses. Those that are kept already need no space on the disk.
    fn set_addresses(&mut self, addresses: Vec<String>) -> Result<(), StepError> {
        if self.cx.record.addresses == addresses {
            return Ok(());
        }
        self.step(|step| {
            step.record.addresses = addresses;
            step.changes.summary = true;
            Ok(())
        })
    }

    /// The room's invitation.
    pub(crate) fn invitation(&mut self) -> Result<InvitationView, ErrorCode> {
        let (invitation, link) = self.link()?;
        let qr = Qr::new(&link).map_err(|_| ErrorCode::Internal)?;
        Ok(InvitationView {
            link: link.to_string(),
            code: invitation.code.expose_text().to_string(),
            words: words::expose_words(&invitation.code).split(' ').map(str::to_owned).collect(),
            address: self.cx.record.addresses.first().cloned().unwrap_or_default(),
            qr_size: u16::try_from(qr.width()).unwrap_or_default(),
            qr_modules: qr.rows().flatten().map(|dark| if *dark { '1' } else { '0' }).collect(),
        })
    }

    fn link(&self) -> Result<(Invitation, Zeroizing<String>), ErrorCode> {
        let group = self.cx.group.as_ref().ok_or(ErrorCode::InvalidRequest)?;
        let addresses = self.cx.record.addresses.iter().filter_map(|text| text.parse().ok()).collect();
        let needs_passphrase = group.params().policy.need_pass;
        let invitation = Invitation { addresses, code: group.code(), pin: self.cx.record.pin, needs_passphrase };
        let link = invitation.expose_link().map_err(|_| ErrorCode::Internal)?;
        Ok((invitation, link))
    }

    /// What the room is to be that takes this one's place.
    pub(crate) fn successor(&mut self, now: Now) -> Result<Successor, ErrorCode> {
        self.begin(now);
        let successor = moving::successor(&mut self.cx);
        self.settle();
        successor
    }

    /// The owner has those told as well who came in since the room was to move.
    pub(crate) fn tell_newcomers(&mut self, now: Now, members: &[[u8; 16]]) -> Result<(), ErrorCode> {
        self.begin(now);
        if self.cx.owner_key.is_none() {
            return Err(ErrorCode::NotOwner);
        }
        Ok(self.step(|step| step.tell_newcomers(members))?)
    }

    /// How others come into this room, which takes another one's place.
    pub(crate) fn leads_here(&mut self) -> Result<Move, ErrorCode> {
        let (_, link) = self.link()?;
        let key = self.cx.store.read(|tx| tx.secret(PASSPHRASE_KEY)).map_err(StepError::from)?;
        let key = key.map(|key| key.as_slice().try_into().map(PassphraseKey::new)).transpose();
        Ok(Move { link: link.to_string(), passphrase: key.map_err(|_| ErrorCode::RoomDamaged)? })
    }

    /// The room goes on elsewhere, where this person is in already. Its owner tells the others.
    pub(crate) fn move_to(&mut self, now: Now, to: &Move) -> Result<Parting, ErrorCode> {
        self.begin(now);
        if self.cx.owner_key.is_none() {
            return Ok(moving::parting(&mut self.cx, to)?);
        }
        if self.cx.closing || self.cx.is_erasing() || self.cx.group.is_none() {
            // It ends already.
            return Ok(Parting::Stays);
        }
        self.step(|step| step.move_to(to))?;
        Ok(Parting::Stays)
    }

    /// The room into which this one was moved goes on elsewhere itself: its owner tells that to whoever is still here.
    pub(crate) fn moves_on(&mut self, now: Now, from: &Move, to: &Move) -> Result<(), ErrorCode> {
        self.begin(now);
        let is_there = self.cx.owner_key.is_some() && !self.cx.closing && !self.cx.is_erasing();
        if is_there && self.cx.record.moved && self.cx.group.is_some() {
            self.step(|step| step.move_on(from, to))?;
        }
        Ok(())
    }

    /// Where the owner has moved the room, and under which name this person follows.
    pub(crate) fn leads_to(&mut self, now: Now) -> Result<(Move, String), ErrorCode> {
        self.begin(now);
        self.is_open()?;
        let moved = self.cx.store.read(|tx| tx.newest_move()).map_err(StepError::from)?;
        let is_there = |moved: &MoveLine| moved.expires_at.is_none_or(|at| at > now.unix);
        let MoveRow { link, passphrase, .. } = moved.filter(is_there).ok_or(ErrorCode::InvalidRequest)?.row;
        let passphrase = passphrase.map(|key| PassphraseKey::new(*key));
        Ok((Move { link: link.to_string(), passphrase }, self.cx.record.nick.clone()))
    }

    /// Nothing is left to be done about the room whose place this one takes.
    pub(crate) fn predecessor_is_settled(&mut self, now: Now) -> Result<(), StepError> {
        self.begin(now);
        self.step(|step| {
            step.record.predecessor = None;
            Ok(())
        })
    }

    /// Where a spoken invitation meets who has heard it.
    pub(crate) fn spoken_place(&self) -> Result<SpokenPlace, ErrorCode> {
        self.takes_somebody_in()?;
        let target = self.connecting.target(&self.cx).ok_or(ErrorCode::Internal)?;
        let first = self.cx.record.addresses.first().and_then(|text| text.parse().ok());
        Ok(SpokenPlace { target, address: first.ok_or(ErrorCode::AddressMissing)? })
    }

    /// What a spoken invitation hands over.
    pub(crate) fn handover(&mut self, now: Now) -> Result<Handover, ErrorCode> {
        let token = if self.takes_somebody_in()? { None } else { Some(self.issue_knock_token(now)?) };
        let (_, link) = self.link()?;
        Ok(Handover { link: link.to_string(), token })
    }

    /// Whether somebody who has the invitation can come in by that alone: into a locked room whose owner this is, by a token as well.
    fn takes_somebody_in(&self) -> Result<bool, ErrorCode> {
        match self.phase() {
            RoomPhase::Open | RoomPhase::AwaitingConfirmation => Ok(true),
            RoomPhase::Locked if self.cx.takes_knocks() => Ok(false),
            RoomPhase::Locked => Err(ErrorCode::RoomLocked),
            _ => Err(ErrorCode::InvalidRequest),
        }
    }
}
