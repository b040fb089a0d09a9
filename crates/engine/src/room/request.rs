//! What a person asks of a room.

use conclave_crypto::{
    link::{Invitation, MAX_ADDRESSES},
    qr::Qr,
    words,
};
use conclave_proto::authority::Authority;
use conclave_store::{Phase, StoreError};

use super::{
    machine::{Fault, LinkState, Machine},
    step::StepError,
    upkeep::Departure,
};
use crate::{
    clock::Now,
    error::ErrorCode,
    event::Event,
    link::Target,
    snapshot::{Connection, Hosting, InvitationView, SystemLine},
};

impl Machine {
    /// Takes a message back that the relay was never given.
    pub(crate) fn withdraw(&mut self, now: Now, item: i64) -> Result<(), ErrorCode> {
        self.step(now, |step| step.withdraw(item)).map_err(|error| match error {
            StepError::NotNow => ErrorCode::AlreadySent,
            error => error.into(),
        })
    }

    /// Everything up to now was seen.
    pub(crate) fn mark_read(&mut self, now: Now) -> Result<(), StepError> {
        let newest = self.store.read(|tx| tx.newest_item())?;
        if self.record.read_item >= newest {
            return Ok(());
        }
        self.step(now, |step| {
            step.record.read_item = newest;
            step.changes.summary = true;
            Ok(())
        })
    }

    /// How this computer serves the room changed.
    pub(crate) fn set_hosting(&mut self, hosting: Option<Hosting>) {
        if self.hosting != hosting {
            self.hosting = hosting;
            self.tell_summary();
        }
    }

    /// Adds a line about something that happened here. A line that the disk refuses is missing.
    pub(crate) fn note(&mut self, now: Now, line: &SystemLine) {
        drop(self.step(now, |step| step.note(line)));
    }

    /// Where the host's own client reaches its relay.
    pub(crate) fn set_local_address(&mut self, address: Option<Authority>) {
        self.local_address = address;
    }

    /// Forgets the link and dials again at once.
    pub(crate) fn redial(&mut self, now: Now) {
        if self.session.take().is_some_and(|session| session.live_since.is_some()) {
            self.emit(Event::PeopleChanged { room: self.handle.clone() });
        }
        if let Some(departure) = self.departure.as_mut() {
            departure.repropose();
        }
        self.link = LinkState::Due { at: now.steady, fault: None };
    }

    /// A person wants it tried again now.
    pub(crate) fn retry(&mut self, now: Now) {
        if self.record.phase != Phase::Gone && self.connection(now.steady) != Connection::Online {
            self.redial(now);
            self.tell_summary();
        }
    }

    /// This computer's addresses changed, and with them the invitation. The own client does not use them. If the disk
    /// refuses, the room says so, and the next change or start of the hosting tries again.
    pub(crate) fn relocate(&mut self, now: Now, addresses: Vec<String>) {
        if let Err(error) = self.set_addresses(now, addresses) {
            self.lose(now, Fault::Step(error));
        }
    }

    /// Takes the addresses of a newer invitation, before those that were known: if they are wrong, the older ones are still
    /// there. Only the room's own relay may be at them. What it is known by stays: its key, or, where an authority vouches for
    /// its name, that name alone, since another name would be vouched for just as well.
    ///
    /// Where there is no space for what is new, the room is opened all the same, goes by the addresses that it had, and says so.
    pub(crate) fn follow_invitation(&mut self, now: Now, target: &Target) -> Result<(), ErrorCode> {
        if self.local_address.is_some() || self.hosting.is_some() {
            return Ok(());
        }
        let named: Vec<String> = target.addresses.iter().map(Authority::to_string).collect();
        let same = match self.record.pin {
            Some(pin) => target.pin.is_none_or(|given| given == pin),
            None => target.pin.is_none() && named.iter().all(|address| *address == self.record.authority),
        };
        if !same {
            return Err(ErrorCode::WrongPin);
        }
        let known: Vec<String> = self.record.addresses.iter().filter(|known| !named.contains(known)).cloned().collect();
        // However many an invitation names, half of the places stay with those that were good before.
        let places = MAX_ADDRESSES.saturating_sub(known.len().min(MAX_ADDRESSES / 2));
        let mut addresses: Vec<String> = named.into_iter().take(places).collect();
        addresses.extend(known);
        addresses.truncate(MAX_ADDRESSES);
        match self.set_addresses(now, addresses) {
            Ok(()) => self.retry(now),
            Err(error @ StepError::Store(StoreError::DiskFull)) => self.lose(now, Fault::Step(error)),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Keeps other addresses. Those that are kept already need no space on the disk.
    fn set_addresses(&mut self, now: Now, addresses: Vec<String>) -> Result<(), StepError> {
        if self.record.addresses == addresses {
            return Ok(());
        }
        self.step(now, |step| {
            step.record.addresses = addresses;
            step.changes.summary = true;
            Ok(())
        })
    }

    /// Begins to leave. Alone, or without ever having been in, there is nobody to tell.
    pub(crate) fn leave(&mut self, now: Now) {
        let company = self.group.as_ref().is_some_and(|group| group.roster().len() > 1);
        let member = matches!(self.record.phase, Phase::Member | Phase::AwaitingConfirmation | Phase::Leaving);
        let mut departure = Departure::new(now.steady);
        if company && member {
            let marked = self.step(now, |step| {
                step.record.phase = Phase::Leaving;
                step.changes.summary = true;
                Ok(())
            });
            if marked.is_err() {
                departure.told = Some(false);
            }
        } else {
            departure.told = Some(!company || self.record.phase == Phase::Gone);
        }
        self.departure = Some(departure);
    }

    /// Whether the leave is over, and whether the others carried it out.
    pub(crate) fn departed(&self) -> Option<bool> {
        self.departure.as_ref().and_then(|departure| departure.told)
    }

    /// Whether nothing more can be told of a leave: it was carried out, or the relay keeps it and nobody is here to carry it out now,
    /// or there is no connection.
    pub(crate) fn has_said_goodbye(&self, now: Now) -> bool {
        let Some(departure) = self.departure.as_ref() else { return true };
        let is_live = self.session.as_ref().is_some_and(|session| session.live);
        departure.told.is_some() || !is_live || (departure.is_kept && self.is_alone(now))
    }

    /// The room's invitation.
    pub(crate) fn invitation(&mut self) -> Result<InvitationView, ErrorCode> {
        let code = match self.group.as_ref() {
            Some(group) => group.code(),
            None => return Err(ErrorCode::InvalidRequest),
        };
        let addresses: Vec<_> = self.record.addresses.iter().filter_map(|text| text.parse().ok()).collect();
        let needs_passphrase = self.group.as_ref().is_some_and(|group| group.params().policy.need_pass);
        let invitation = Invitation { addresses, code, pin: self.record.pin, needs_passphrase };
        let link = invitation.expose_link().map_err(|_| ErrorCode::Internal)?;
        let qr = Qr::new(&link).map_err(|_| ErrorCode::Internal)?;
        Ok(InvitationView {
            link: link.to_string(),
            code: invitation.code.expose_text().to_string(),
            words: words::expose_words(&invitation.code).split(' ').map(str::to_owned).collect(),
            address: self.record.addresses.first().cloned().unwrap_or_default(),
            qr_size: u16::try_from(qr.width()).unwrap_or_default(),
            qr_modules: qr.rows().flatten().map(|dark| if *dark { '1' } else { '0' }).collect(),
        })
    }
}
