//! The task and the connection of one spoken invitation, from the side of who reads it aloud.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use conclave_crypto::spoken::SpokenWords;
use conclave_proto::handover::Handover;
use conclave_seal::rng::Rng;
use tokio::sync::{broadcast, oneshot};

use super::{
    inviter::{Inviter, Progress},
    list::Ticket,
    name_of,
};
use crate::{
    clock::Clock,
    door,
    error::ErrorCode,
    event::Event,
    hold::Hold,
    link::{Link, Network},
    room::{
        actor::{Request, Room},
        outputs::SpokenPlace,
    },
    snapshot::{RoomHandle, SpokenInvitation, SpokenState},
    visit::{self, code_of},
};

/// Who reads one aloud.
pub(crate) struct Speaker {
    pub(crate) network: Network,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Box<dyn Rng>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) handle: RoomHandle,
    /// It is asked for the invitation once the words have fit, so nothing keeps that meanwhile.
    pub(crate) room: Weak<Room>,
    pub(crate) place: SpokenPlace,
    pub(crate) ticket: Ticket,
    /// The vault's folder is not free before the words are gone.
    #[expect(dead_code, reason = "it is only held")]
    pub(crate) hold: Hold,
}

/// Who waits for the number.
type Told = oneshot::Sender<Result<SpokenInvitation, ErrorCode>>;

impl Speaker {
    /// Opens it, says so, and stays until it is over and nobody needs to see that any more. A command that is given up before there is
    /// a number ends it.
    pub(crate) async fn run(mut self, mut told: Told) {
        let cancel = self.ticket.cancel().clone();
        let opened = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ErrorCode::SpokenCancelled),
            () = told.closed() => return,
            opened = self.open() => opened,
        };
        let state = match opened {
            Ok((link, inviter)) => self.wait(link, inviter, told).await,
            Err(error) => return drop(told.send(Err(error))),
        };
        let Some(state) = state else { return };
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            // Wrong words wait for a person.
            () = self.network.timer.sleep(KEPT), if state != SpokenState::WrongWords => {}
        }
        let Self { ticket, events, handle, .. } = self;
        drop(ticket);
        drop(events.send(Event::PeopleChanged { room: handle }));
    }

    /// Connects, and makes words for that connection.
    async fn open(&mut self) -> Result<(Link, Inviter), ErrorCode> {
        let target = self.place.target.clone();
        let is_pinned = target.pin.is_some();
        let mut link = visit::reach(&self.network, target).await?;
        // The room knows its relay: a key that nobody vouches for is another one's.
        if !is_pinned && link.pin.is_some() && !link.recognised.is_settled() {
            return Err(ErrorCode::WrongPin);
        }
        let hello = visit::greeting(&self.network, &mut link).await?;
        // Nothing is proven to the relay; the exchange names its key.
        door::greeted(&hello, None, false).map_err(code_of)?;
        let words = Arc::new(SpokenWords::generate(self.rng.as_mut()));
        let relay = name_of(&link, &self.place.address);
        Ok((link, Inviter::new(self.clock.now().steady, words, relay)))
    }

    /// Waits for somebody. `None` if it was withdrawn, or the relay gave no number.
    async fn wait(&mut self, mut link: Link, mut inviter: Inviter, told: Told) -> Option<SpokenState> {
        let (mut told, mut shown) = (Some(told), Progress::Opening);
        let cancel = self.ticket.cancel().clone();
        loop {
            if inviter.wants_handover() {
                let handover = handover(&self.room).await;
                inviter.judge(self.clock.now().steady, self.rng.as_mut(), handover.as_ref());
            }
            for frame in inviter.take_frames() {
                // A connection that takes nothing more says why when it is read.
                let _ = link.outgoing.send(frame).await;
            }
            let progress = inviter.progress();
            if progress != shown {
                self.say(&inviter, &progress, &mut told);
                shown = progress;
            }
            if let Progress::Over(outcome) = shown {
                return outcome.ok();
            }
            let left = inviter.wakes_at().saturating_sub(self.clock.now().steady);
            tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    inviter.withdraw();
                    for frame in inviter.take_frames() {
                        // The end of the connection says the same.
                        drop(link.outgoing.try_send(frame));
                    }
                    return None;
                }
                incoming = link.incoming.recv() => {
                    match incoming {
                        Some(Ok(frame)) => inviter.frame(self.clock.now().steady, self.rng.as_mut(), &frame),
                        Some(Err(fault)) => inviter.link_lost(code_of(fault)),
                        None => inviter.link_lost(ErrorCode::RelayUnreachable),
                    }
                }
                () = self.network.timer.sleep(left) => inviter.tick(self.clock.now().steady),
            }
        }
    }

    /// Tells who waits for the number, and what became of it.
    fn say(&self, inviter: &Inviter, progress: &Progress, told: &mut Option<Told>) {
        match progress {
            Progress::Opening => {}
            Progress::Stands(SpokenState::Waiting) => {
                if let (Some(told), Some(number)) = (told.take(), inviter.number()) {
                    let now = self.clock.now();
                    let left = inviter.wakes_at().saturating_sub(now.steady).as_secs();
                    let ends_at = now.unix.saturating_add(left);
                    let address = self.place.address.to_string();
                    let invitation = self.ticket.show(number, inviter.words(), address, ends_at);
                    drop(told.send(Ok(invitation)));
                    self.tell();
                }
            }
            Progress::Stands(state) | Progress::Over(Ok(state)) => self.show(*state),
            Progress::Over(Err(error)) => {
                if let Some(told) = told.take() {
                    drop(told.send(Err(*error)));
                }
            }
        }
    }

    fn show(&self, state: SpokenState) {
        if self.ticket.set(state) {
            self.tell();
        }
    }

    fn tell(&self) {
        // Nobody listens before the first UI is attached; the snapshot tells it everything.
        drop(self.events.send(Event::PeopleChanged { room: self.handle.clone() }));
    }
}

/// What the room hands over; none if it takes nobody in any more.
async fn handover(room: &Weak<Room>) -> Option<Handover> {
    room.upgrade()?.ask(Request::Handover).await.ok()?.ok()
}

/// How long it is shown what became of one.
const KEPT: Duration = Duration::from_secs(300);
