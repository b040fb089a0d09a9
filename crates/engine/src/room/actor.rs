//! The task of a room: waits for one thing at a time and hands it to the machine.

mod request;

pub(crate) use request::{MoveRequest, OwnerRequest, Request};

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::sync::{
    broadcast,
    mpsc::{self, error::TrySendError},
    oneshot,
};
use tokio_util::sync::CancellationToken;

use super::{
    ending::{Over, Witnesses},
    machine::Machine,
    outputs::{Departed, LinkWish, Outputs},
};
use crate::{
    api::SecretText,
    clock::{Clock, Now},
    error::ErrorCode,
    event::Event,
    hold::Hold,
    link::{self, Incoming, Link, Network},
    snapshot::LinkFault,
    tasks::{BoxFuture, heavy},
};

/// The room, from outside. Dropping it ends the actor.
#[derive(Debug)]
pub(crate) struct Room {
    inbox: mpsc::Sender<Request>,
    cancel: CancellationToken,
    ended: CancellationToken,
}

/// What a room needs of the world.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) network: Network,
    pub(crate) events: broadcast::Sender<Event>,
    /// Released once the actor has closed the room's file.
    #[expect(dead_code, reason = "it is only held")]
    pub(crate) hold: Hold,
}

impl Room {
    /// Starts the actor.
    pub(crate) fn start(machine: Machine, world: World) -> (Self, Fate) {
        let (inbox, requests) = mpsc::channel(INBOX);
        let cancel = CancellationToken::new();
        let ended = CancellationToken::new();
        let tasks = world.network.tasks.clone();
        let ((over, ends), (arrives, arrival)) = (oneshot::channel(), oneshot::channel());
        let actor = Actor {
            machine,
            world,
            cancel: cancel.clone(),
            link: None,
            departing: Vec::new(),
            opening: Vec::new(),
            farewells: Vec::new(),
            arrives: Some(arrives),
            muted: false,
        };
        let done = ended.clone().drop_guard();
        tasks.spawn(async move {
            if let Some(ended) = actor.run(requests).await {
                // Where nobody waits for it the engine is gone, and the next one finds out by the room's file.
                drop(over.send(ended));
            }
            drop(done);
        });
        (Self { inbox, cancel, ended }, Fate { arrival, ends })
    }

    /// Asks the room something.
    ///
    /// # Errors
    /// [`ErrorCode::UnknownRoom`] if the actor has ended.
    ///
    /// # Cancel safety
    /// Dropping the future may leave the request carried out without anybody hearing of it.
    pub(crate) async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, ErrorCode> {
        let (reply, answer) = oneshot::channel();
        self.inbox.send(request(reply)).await.map_err(|_| ErrorCode::UnknownRoom)?;
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|_| ErrorCode::UnknownRoom),
            // A request that came into the queue while the actor ended lies in it for as long as there are senders.
            () = self.ended.cancelled() => Err(ErrorCode::UnknownRoom),
        }
    }

    /// Tells the room something.
    pub(crate) async fn tell(&self, request: Request) {
        // A room that has ended needs no news.
        drop(self.inbox.send(request).await);
    }

    /// Tells the actor to end: it closes its file once it is done with its present input.
    pub(crate) fn begin_stop(&self) {
        self.cancel.cancel();
    }

    /// Cancelled once the actor is told to end.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Ends the actor and waits until its file is closed.
    ///
    /// # Cancel safety
    /// The actor ends all the same.
    pub(crate) async fn stop(&self) {
        self.begin_stop();
        self.ended.cancelled().await;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.begin_stop();
    }
}

/// What becomes of a room, each once; of what does not happen the other end is dropped.
pub(crate) struct Fate {
    /// This client is in a room that takes the place of the one with this handle.
    pub(crate) arrival: oneshot::Receiver<[u8; 16]>,
    /// The room has ended for everybody; the actor has closed its file and hands over what is left to be done.
    pub(crate) ends: oneshot::Receiver<Ended>,
}

/// A room that has ended for everybody, and whose file is closed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) over: Over,
    link: Option<Link>,
}

impl Ended {
    /// Tells the others, over the connection that is still there, that the own keys are destroyed. Returns that connection, and who may
    /// say the same over it to whoever has erased the room.
    pub(crate) fn say_burned(self) -> (Option<Witnesses>, Option<Link>) {
        let Self { over, link } = self;
        if let (Some(link), Some(receipt)) = (&link, over.receipt) {
            // A link that takes nothing more is no reason to wait.
            drop(link.outgoing.try_send(receipt));
        }
        (over.witnesses, link)
    }
}

struct Actor {
    /// Declared first: the file is closed before the world is let go of, which holds its folder.
    machine: Machine,
    world: World,
    cancel: CancellationToken,
    link: Option<Link>,
    departing: Vec<oneshot::Sender<Departed>>,
    /// Who waits for the text of a card.
    opening: Vec<(i64, Opening)>,
    farewells: Vec<oneshot::Sender<()>>,
    /// Who waits until this client is in a room that takes another one's place.
    arrives: Option<oneshot::Sender<[u8; 16]>>,
    /// Nobody is told what happens.
    muted: bool,
}

/// Who waits for the text of a card, and for how many seconds it may be shown.
type Opening = oneshot::Sender<Result<(SecretText, u32), ErrorCode>>;

/// A link that is being made.
type Dialling = BoxFuture<'static, Result<Link, LinkFault>>;

/// What the actor woke up for.
enum Wake {
    Request(Request),
    Dialled(Result<Link, LinkFault>),
    Frame(Option<Incoming>),
    Room(Vec<u8>),
    Time,
}

impl Actor {
    /// Runs until the room is closed, or has ended.
    async fn run(mut self, mut requests: mpsc::Receiver<Request>) -> Option<Ended> {
        let mut dialling: Option<Dialling> = None;
        let mut unsent = VecDeque::new();
        let now = self.world.clock.now();
        let mut outputs = heavy(|| self.machine.drain(now));
        let over = loop {
            let over = outputs.over.take();
            let wait = self.carry_out(outputs, &mut dialling, &mut unsent);
            if over.is_some() {
                break over;
            }
            let (incoming_frames, outgoing_frames) = match self.link.as_mut() {
                Some(link) => (Some(&mut link.incoming), Some(&link.outgoing)),
                None => (None, None),
            };
            let wake = tokio::select! {
                biased; // a room that is being closed answers nothing more
                () = self.cancel.cancelled() => break None,
                request = requests.recv() => match request {
                    Some(request) => Wake::Request(request),
                    None => break None, // every handle is gone
                },
                outcome = optional(dialling.as_mut()) => Wake::Dialled(outcome),
                frame = incoming(incoming_frames) => Wake::Frame(frame),
                frame = outgoing(outgoing_frames, &mut unsent) => Wake::Room(frame),
                () = self.world.network.timer.sleep(wait) => Wake::Time,
            };
            if matches!(wake, Wake::Dialled(_)) {
                dialling = None;
            }
            let now = self.world.clock.now();
            outputs = heavy(|| {
                self.take_in(wake, now);
                self.machine.drain(now)
            });
        };
        let Self { machine, world, link, .. } = self;
        heavy(|| drop(machine));
        drop(world);
        over.map(|over| Ended { over, link })
    }

    /// Hands an input to the machine.
    fn take_in(&mut self, wake: Wake, now: Now) {
        match wake {
            Wake::Request(request) => self.request(request, now),
            Wake::Dialled(Ok(link)) => {
                self.machine.connected(now, &link);
                self.link = Some(link);
            }
            Wake::Dialled(Err(fault)) => self.machine.disconnected(now, fault),
            Wake::Frame(Some(Ok(frame))) => {
                let exporter = self.link.as_ref().and_then(|link| link.exporter);
                self.machine.frame(now, exporter, &frame);
            }
            Wake::Frame(ended) => {
                self.link = None;
                let fault = match ended {
                    Some(Err(fault)) => fault,
                    _ => LinkFault::Unreachable,
                };
                self.machine.disconnected(now, fault);
            }
            Wake::Room(frame) => {
                // There was room for it a moment ago; if the link ended meanwhile, `Frame` says so next.
                if let Some(link) = &self.link {
                    drop(link.outgoing.try_send(frame));
                }
            }
            Wake::Time => self.machine.tick(now),
        }
    }

    /// Carries out what the machine wants. Returns how long it has nothing to do.
    fn carry_out(
        &mut self,
        outputs: Outputs,
        dialling: &mut Option<Dialling>,
        unsent: &mut VecDeque<Vec<u8>>,
    ) -> Duration {
        let Outputs { frames, events, link, wakes_in, departed, opened, has_said_goodbye, predecessor, over: _ } =
            outputs;
        match link {
            LinkWish::Keep => {}
            LinkWish::Drop => (self.link, *dialling) = (None, None),
            LinkWish::Dial(target) => {
                self.link = None;
                let network = self.world.network.clone();
                *dialling = Some(Box::pin(async move { link::open(&network, target).await }));
            }
        }
        unsent.extend(frames);
        // The network first: a user interface draws at sixty frames a second at best.
        self.send(unsent);
        self.tell(events);
        // Somebody who no longer waits for an answer is no error.
        if let Some(told) = departed {
            for waiting in self.departing.drain(..) {
                let _ = waiting.send(told);
            }
        }
        for (item, outcome) in opened {
            // Of several who ask for one card all but the first are refused at once, before anything comes.
            if let Some(at) = self.opening.iter().rposition(|(opening, _)| *opening == item) {
                let _ = self.opening.remove(at).1.send(outcome);
            }
        }
        if has_said_goodbye {
            for waiting in self.farewells.drain(..) {
                let _ = waiting.send(());
            }
        }
        if let Some(predecessor) = predecessor
            && let Some(waiting) = self.arrives.take()
        {
            let _ = waiting.send(predecessor);
        }
        let (wait, reason) = wakes_in;
        tracing::trace!(?reason, "waits");
        wait.clamp(SHORTEST, IDLE)
    }

    /// Hands frames to the link as far as it has room. Without a link they have nowhere to go.
    fn send(&self, unsent: &mut VecDeque<Vec<u8>>) {
        let Some(link) = &self.link else { return unsent.clear() };
        while let Some(frame) = unsent.pop_front() {
            if let Err(TrySendError::Full(frame)) = link.outgoing.try_send(frame) {
                unsent.push_front(frame);
                return;
            }
        }
    }

    fn tell(&self, events: Vec<Event>) {
        // Of a room that is being closed nothing is shown any more.
        for event in events.into_iter().filter(|_| !self.muted && !self.cancel.is_cancelled()) {
            // Nobody listens before the first user interface is attached; the snapshot tells it everything.
            drop(self.world.events.send(event));
        }
    }

    fn request(&mut self, request: Request, now: Now) {
        let machine = &mut self.machine;
        machine.look_at_clock(now);
        // Somebody who no longer waits for an answer is no error.
        match request {
            Request::Summary(reply) => drop(reply.send(machine.summary())),
            Request::View(reply) => drop(reply.send(machine.view(now).map_err(Into::into))),
            Request::Invitation(reply) => drop(reply.send(machine.invitation())),
            Request::SpokenPlace(reply) => drop(reply.send(machine.spoken_place())),
            Request::Handover(reply) => drop(reply.send(machine.handover(now))),
            Request::Page { before, limit, reply } => {
                drop(reply.send(machine.page(now, before.as_deref(), limit).map_err(Into::into)));
            }
            Request::Send { text, fuse, reply } => {
                drop(reply.send(machine.send_text(now, text.expose_secret(), fuse)));
                machine.tick(now);
            }
            Request::SendViewOnce { text, seconds, fuse, reply } => {
                drop(reply.send(machine.send_view_once(now, text.expose_secret(), seconds, fuse)));
                machine.tick(now);
            }
            Request::Open { item, reply } => {
                if let Err(refused) = machine.open_card(now, item) {
                    let _ = reply.send(Err(refused));
                    return;
                }
                self.opening.push((item, reply));
            }
            Request::Retract { item, reply } => {
                let _ = reply.send(machine.retract(now, item));
                machine.tick(now);
            }
            Request::Withdraw { item, reply } => drop(reply.send(machine.withdraw(now, item))),
            Request::MarkRead(reply) => drop(reply.send(machine.mark_read(now).map_err(Into::into))),
            Request::Types { types, reply } => {
                machine.types(now, types);
                let _ = reply.send(());
            }
            Request::Retry(reply) => {
                machine.retry(now);
                let _ = reply.send(());
            }
            Request::Rejoin { branch, reply } => drop(reply.send(machine.rejoin(now, &branch).map_err(Into::into))),
            Request::Stay { branch, reply } => {
                let _ = reply.send(machine.stay(now, &branch).map_err(Into::into));
                machine.tick(now);
            }
            Request::Hosting(hosting) => machine.set_hosting(hosting),
            Request::Note(line) => machine.note(now, &line),
            Request::LocalAddress(address) => machine.set_local_address(now, address),
            Request::Follow { target, reply } => drop(reply.send(machine.follow_invitation(now, &target))),
            Request::Relocate { addresses } => machine.relocate(now, addresses),
            Request::Farewell(reply) => {
                // The vault is closed: nothing of the room goes to a UI any more.
                self.muted = true;
                self.farewells.push(reply);
                machine.leave(now);
                machine.tick(now);
            }
            Request::Owner(request) => self.owner_request(request, now),
            Request::Move(request) => self.move_request(request, now),
            Request::Keep(reply) => {
                let _ = reply.send(machine.keep(now).map_err(Into::into));
                machine.tick(now);
            }
            Request::Leave(reply) => {
                self.departing.push(reply);
                machine.leave(now);
                machine.tick(now);
            }
        }
    }
    fn owner_request(&mut self, request: OwnerRequest, now: Now) {
        let machine = &mut self.machine;
        match request {
            OwnerRequest::Order { order, reply } => {
                let _ = reply.send(machine.order(now, order));
                machine.tick(now);
            }
            OwnerRequest::Erase(reply) => {
                let _ = reply.send(machine.erase(now));
                machine.tick(now);
            }
            OwnerRequest::AnswerErasure { erase, reply } => {
                let _ = reply.send(machine.answer_erasure(now, erase).map_err(Into::into));
                machine.tick(now);
            }
            OwnerRequest::AnswerKnock { knock, admit, reply } => {
                let _ = reply.send(machine.answer_knock(now, &knock, admit));
                machine.tick(now);
            }
            OwnerRequest::IssueKnockToken(reply) => drop(reply.send(machine.issue_knock_token(now))),
        }
    }

    fn move_request(&mut self, request: MoveRequest, now: Now) {
        let machine = &mut self.machine;
        match request {
            MoveRequest::Successor(reply) => drop(reply.send(machine.successor(now))),
            MoveRequest::Here(reply) => drop(reply.send(machine.leads_here())),
            MoveRequest::To { to, reply } => {
                let _ = reply.send(machine.move_to(now, &to));
                machine.tick(now);
            }
            MoveRequest::Onwards { from, to, reply } => {
                let _ = reply.send(machine.moves_on(now, &from, &to));
                machine.tick(now);
            }
            MoveRequest::Tell { members, reply } => {
                let _ = reply.send(machine.tell_newcomers(now, &members));
                machine.tick(now);
            }
            MoveRequest::Where(reply) => drop(reply.send(machine.leads_to(now))),
            MoveRequest::Settled(reply) => drop(reply.send(machine.predecessor_is_settled(now).map_err(Into::into))),
        }
    }
}

/// Waits for a future if there is one, else for ever.
async fn optional<T>(future: Option<&mut BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn incoming(frames: Option<&mut mpsc::Receiver<Incoming>>) -> Option<Incoming> {
    match frames {
        Some(frames) => frames.recv().await,
        None => std::future::pending().await,
    }
}

/// The next frame, once the link has room for it.
async fn outgoing(frames: Option<&mpsc::Sender<Vec<u8>>>, unsent: &mut VecDeque<Vec<u8>>) -> Vec<u8> {
    if let (Some(frames), false) = (frames, unsent.is_empty())
        && let Ok(_room) = frames.reserve().await
        && let Some(frame) = unsent.pop_front()
    {
        return frame;
    }
    std::future::pending().await
}

const INBOX: usize = 64;
/// Time passes at least this often, so that a clock that somebody sets is noticed.
const IDLE: Duration = Duration::from_secs(60);
/// Never spins, whatever the machine says.
const SHORTEST: Duration = Duration::from_millis(1);
