//! What a person does in the app: one method for each command. Where the app dies over one, it is opened again.

use std::time::Duration;

use conclave_engine::{
    Engine, ErrorCode, InvitationError,
    api::{
        AnswerErasure, AnswerKnock, ChangeRoom, CreateRoom, HearInvitation, JoinRoom, KnockRoom, MoveRoom, NewRules,
        OfItem, OfMember, OfRoom, OfSpoken, PageMessages, RejoinRoom, SecretText, SendMessage, SendViewOnce,
        StayInRoom, TellNewcomers,
    },
    snapshot::{
        Connection, Creation, HeardInvitation, Item, ItemId, RoomHandle, RoomPhase, Snapshot, SpokenId,
        SpokenInvitation,
    },
};
use conclave_proto::id::KnockToken;

use super::{AsyncWork, Person};
use crate::server::ADDRESS;

impl Person {
    /// Opens a room on the relay, in which messages live for a month.
    pub async fn create(&mut self) -> RoomHandle {
        self.create_for(MONTH).await
    }

    /// Opens a room on the relay, in which messages live for so many seconds, and which goes on without its owner.
    pub async fn create_for(&mut self, message_ttl: u32) -> RoomHandle {
        let rules = NewRules {
            message_ttl,
            idle_ttl: MONTH,
            max_members: 64,
            owner_leave_closes: false,
            ..NewRules::default()
        };
        self.create_with(rules).await
    }

    /// Opens a room on the relay.
    pub async fn create_with(&mut self, rules: NewRules) -> RoomHandle {
        self.create_asking(rules, None).await
    }

    /// Opens a room on the relay that asks for a passphrase.
    pub async fn create_asking(&mut self, rules: NewRules, passphrase: Option<&str>) -> RoomHandle {
        let passphrase = passphrase.map(|text| SecretText::new(text.to_owned()));
        let (nick, recorder) = (self.name.clone(), self.lab.recorder().clone());
        self.enter(move |engine: Engine| async move {
            // What died with the app before it was stored is not what a hosted relay serves.
            recorder.forget_room();
            let request = |relay| CreateRoom {
                relay,
                title: "Press desk".to_owned(),
                note: String::new(),
                nick: nick.clone(),
                rules,
                passphrase: passphrase.clone(),
                in_memory: false,
            };
            match engine.create_room(request(ADDRESS.to_owned())).await? {
                Creation::Made { room } => Ok(room),
                // The person has compared the pin.
                Creation::Unvouched { relay, .. } => match engine.create_room(request(relay)).await? {
                    Creation::Made { room } => Ok(room),
                    Creation::Unvouched { .. } => Err(ErrorCode::Internal),
                },
            }
        })
        .await
    }

    /// Joins with an invitation.
    pub async fn join(&mut self, link: &str) -> RoomHandle {
        self.join_with(link, None).await
    }

    /// Joins with an invitation and the room's passphrase.
    pub async fn join_with(&mut self, link: &str, passphrase: Option<&str>) -> RoomHandle {
        let (link, nick) = (link.to_owned(), self.name.clone());
        let passphrase = passphrase.map(|text| SecretText::new(text.to_owned()));
        self.enter(move |engine: Engine| {
            let request =
                JoinRoom { invitation: SecretText::new(link), address: None, passphrase, nick, in_memory: false };
            async move { engine.join_room(request).await }
        })
        .await
    }

    /// Knocks with an invitation.
    pub async fn knock(&mut self, link: &str, note: &str) -> RoomHandle {
        let request = self.knocking(link, note);
        self.enter(move |engine: Engine| async move { engine.knock_room(request).await }).await
    }

    /// Knocks with an invitation and a token.
    pub async fn knock_with(&mut self, link: &str, token: KnockToken) -> RoomHandle {
        let token = token.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let request = KnockRoom { token: Some(SecretText::new(token)), ..self.knocking(link, "") };
        self.enter(move |engine: Engine| async move { engine.knock_room(request).await }).await
    }

    fn knocking(&self, link: &str, note: &str) -> KnockRoom {
        KnockRoom {
            invitation: SecretText::new(link.to_owned()),
            address: None,
            nick: self.name.clone(),
            note: note.to_owned(),
            token: None,
            in_memory: false,
        }
    }

    /// Answers the knock of this name. `None` if the app died over it.
    pub async fn answer(&mut self, room: &RoomHandle, nick: &str, admit: bool) -> Option<Result<(), ErrorCode>> {
        let (room, nick) = (room.clone(), nick.to_owned());
        let answered = self.ask(move |engine: Engine| async move {
            let knocks = engine.view_room(OfRoom { room: room.clone() }).await?.knocks;
            let knock = knocks.into_iter().find(|knock| knock.nick == nick).ok_or(ErrorCode::KnockOver)?.knock;
            engine.answer_knock(AnswerKnock { room, knock, admit }).await
        });
        answered.await
    }

    /// Hands out what lets one knock in.
    pub async fn issue_token(&mut self, room: &RoomHandle) -> Result<KnockToken, ErrorCode> {
        let room = room.clone();
        self.insist(move |engine: Engine| async move { engine.issue_knock_token(&room).await }).await
    }

    async fn enter<W: AsyncWork<Result<RoomHandle, ErrorCode>> + Clone>(&mut self, work: W) -> RoomHandle {
        loop {
            match self.ask(work.clone()).await {
                // The relay may be down at this very moment.
                Some(Err(ErrorCode::RelayUnreachable)) => self.pause(Duration::from_secs(1)).await,
                Some(entered) => return entered.unwrap_or_else(|error| panic!("{} cannot enter: {error}", self.name)),
                None => self.recover().await,
            }
            // The app died; the room is there as a whole, or nothing of it is.
            if let Some(room) = self.snapshot().await.rooms.pop() {
                assert_ne!(room.phase, RoomPhase::Damaged, "{} finds half a room", self.name);
                return room.room;
            }
        }
    }

    /// The list of rooms.
    pub async fn snapshot(&mut self) -> Snapshot {
        self.insist(|engine: Engine| async move { engine.snapshot().await.unwrap() }).await
    }

    /// Whether the room's relay answers.
    pub async fn is_online(&mut self, room: &RoomHandle) -> bool {
        let rooms = self.snapshot().await.rooms;
        rooms.iter().any(|summary| summary.room == *room && summary.connection == Connection::Online)
    }

    /// The invitation to a room.
    pub async fn invitation(&mut self, room: &RoomHandle) -> String {
        let request = OfRoom { room: room.clone() };
        self.insist(move |engine: Engine| async move { engine.view_invitation(request).await.unwrap().link }).await
    }

    /// Reads an invitation aloud.
    ///
    /// # Errors
    /// What the engine says.
    ///
    /// # Panics
    /// If the app dies over it.
    pub async fn speak(&mut self, room: &RoomHandle) -> Result<SpokenInvitation, ErrorCode> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.speak_invitation(request).await }).await.unwrap()
    }

    /// Types what was heard, and where. `again` after three times that were wrong.
    ///
    /// # Errors
    /// What the engine says.
    ///
    /// # Panics
    /// If the app dies over it.
    pub async fn hear(&mut self, spoken: String, again: bool) -> Result<HeardInvitation, InvitationError> {
        let (spoken, address) = (SecretText::new(spoken), ADDRESS.to_owned());
        let request = HearInvitation { spoken, address, again };
        self.ask(move |engine: Engine| async move { engine.hear_invitation(request).await }).await.unwrap()
    }

    /// Takes a spoken invitation back.
    ///
    /// # Panics
    /// If the app dies over it.
    pub async fn withdraw_spoken(&mut self, room: &RoomHandle, id: &SpokenId) -> Result<(), ErrorCode> {
        let request = OfSpoken { room: room.clone(), id: id.clone() };
        self.ask(move |engine: Engine| async move { engine.withdraw_spoken(request).await }).await.unwrap()
    }

    /// Writes a message. `None` if the app died over it: it may be written or not.
    pub async fn say(&mut self, room: &RoomHandle, text: &str) -> Option<Result<(), ErrorCode>> {
        let request = SendMessage { room: room.clone(), text: SecretText::new(text.to_owned()), fuse: None };
        self.ask(move |engine: Engine| async move { engine.send_message(request).await.map(drop) }).await
    }

    /// Writes a message that can be read once, for half a minute. `None` if the app died over it.
    pub async fn seal(&mut self, room: &RoomHandle, text: &str) -> Option<Result<ItemId, ErrorCode>> {
        let text = SecretText::new(text.to_owned());
        let request = SendViewOnce { room: room.clone(), text, seconds: 30, fuse: None };
        self.ask(move |engine: Engine| async move { engine.send_view_once(request).await }).await
    }

    /// Opens one. `None` if the app died over it.
    pub async fn open(&mut self, room: &RoomHandle, id: &ItemId) -> Option<Result<String, ErrorCode>> {
        let request = OfItem { room: room.clone(), id: id.clone() };
        let open = move |engine: Engine| async move { engine.open_view_once(request).await };
        Some(self.ask(open).await?.map(|opened| opened.text.to_string()))
    }

    /// Takes an own message back. `None` if the app died over it.
    pub async fn retract(&mut self, room: &RoomHandle, id: &ItemId) -> Option<Result<(), ErrorCode>> {
        let request = OfItem { room: room.clone(), id: id.clone() };
        self.ask(move |engine: Engine| async move { engine.retract_message(request).await }).await
    }

    /// Everything in the room was seen.
    pub async fn mark_read(&mut self, room: &RoomHandle) -> Option<Result<(), ErrorCode>> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.mark_read(request).await }).await
    }

    /// Rejoins where the room asks whether to.
    pub async fn rejoin(&mut self, room: &RoomHandle, branch: &str) -> Option<Result<(), ErrorCode>> {
        let request = RejoinRoom { room: room.clone(), branch: branch.to_owned() };
        self.ask(move |engine: Engine| async move { engine.rejoin_room(request).await }).await
    }

    /// Refuses that, and stays.
    pub async fn stay(&mut self, room: &RoomHandle, branch: &str) -> Option<Result<(), ErrorCode>> {
        let request = StayInRoom { room: room.clone(), branch: branch.to_owned() };
        self.ask(move |engine: Engine| async move { engine.stay_in_room(request).await }).await
    }

    /// Leaves for good.
    pub async fn leave(&mut self, room: &RoomHandle) {
        let request = OfRoom { room: room.clone() };
        let gone = self.insist(move |engine: Engine| async move { engine.leave_room(request).await }).await;
        assert!(matches!(gone, Ok(_) | Err(ErrorCode::UnknownRoom)), "{} cannot leave: {gone:?}", self.name);
    }

    /// Ends a room for everybody. `None` if the app died over it.
    pub async fn close_room(&mut self, room: &RoomHandle) -> Option<Result<(), ErrorCode>> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.close_room(request).await }).await
    }

    /// Erases a room for everybody. `None` if the app died over it.
    pub async fn erase(&mut self, room: &RoomHandle) -> Option<Result<(), ErrorCode>> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.erase_room(request).await }).await
    }

    /// Answers somebody who asks for that.
    pub async fn answer_erasure(&mut self, room: &RoomHandle, erase: bool) -> Option<Result<(), ErrorCode>> {
        let request = AnswerErasure { room: room.clone(), erase };
        self.ask(move |engine: Engine| async move { engine.answer_erasure(request).await }).await
    }

    /// Locks a room.
    pub async fn lock(&mut self, room: &RoomHandle) -> Option<Result<(), ErrorCode>> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.lock_room(request).await }).await
    }

    /// Unlocks it.
    pub async fn unlock(&mut self, room: &RoomHandle) -> Option<Result<(), ErrorCode>> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.unlock_room(request).await }).await
    }

    /// Changes title, note or rules of a room.
    pub async fn change(&mut self, request: ChangeRoom) -> Option<Result<(), ErrorCode>> {
        self.ask(move |engine: Engine| async move { engine.change_room(request).await }).await
    }

    /// Removes the member of this name.
    pub async fn throw_out(&mut self, room: &RoomHandle, nick: &str) -> Option<Result<(), ErrorCode>> {
        let (room, nick) = (room.clone(), nick.to_owned());
        let out = self.ask(move |engine: Engine| async move {
            let people = engine.view_room(OfRoom { room: room.clone() }).await?.people;
            let person = people.into_iter().find(|person| person.nick == nick).ok_or(ErrorCode::InvalidRequest)?;
            engine.remove_member(OfMember { room, member: person.member }).await
        });
        out.await
    }

    /// Moves a room to another one at the same relay. `None` if the app died over it.
    pub async fn move_room(
        &mut self,
        room: &RoomHandle,
        passphrase: Option<&str>,
    ) -> Option<Result<RoomHandle, ErrorCode>> {
        let passphrase = passphrase.map(|text| SecretText::new(text.to_owned()));
        let request = MoveRoom { room: room.clone(), relay: Some(ADDRESS.to_owned()), passphrase };
        let moved = self.ask(move |engine: Engine| async move {
            match engine.move_room(request.clone()).await? {
                Creation::Made { room } => Ok(room),
                // The person has compared the pin.
                Creation::Unvouched { relay, .. } => {
                    match engine.move_room(MoveRoom { relay: Some(relay), ..request }).await? {
                        Creation::Made { room } => Ok(room),
                        Creation::Unvouched { .. } => Err(ErrorCode::Internal),
                    }
                }
            }
        });
        moved.await
    }

    /// Has everybody told as well who came in since a room was to move. `None` if the app died over it.
    pub async fn tell_newcomers(&mut self, room: &RoomHandle) -> Option<Result<(), ErrorCode>> {
        let room = room.clone();
        self.ask(move |engine: Engine| async move {
            let rooms = engine.snapshot().await?.rooms.into_iter();
            let moved = rooms.filter(|summary| summary.room == room).find_map(|summary| summary.moved);
            let members = moved.into_iter().flat_map(|moved| moved.came_since).map(|came| came.member).collect();
            engine.tell_newcomers(TellNewcomers { room, members }).await
        })
        .await
    }

    /// Goes where a room was moved. `None` if the app died over it.
    pub async fn follow(&mut self, room: &RoomHandle) -> Option<Result<RoomHandle, ErrorCode>> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.follow_room(request).await }).await
    }

    /// Has a room go on in which nobody writes.
    pub async fn keep(&mut self, room: &RoomHandle) -> Option<Result<(), ErrorCode>> {
        let request = OfRoom { room: room.clone() };
        self.ask(move |engine: Engine| async move { engine.keep_room(request).await }).await
    }

    /// Forgets a room.
    pub async fn remove(&mut self, room: &RoomHandle) {
        let request = OfRoom { room: room.clone() };
        let gone = self.insist(move |engine: Engine| async move { engine.remove_room(request).await }).await;
        assert!(matches!(gone, Ok(_) | Err(ErrorCode::UnknownRoom)), "{} cannot forget: {gone:?}", self.name);
    }

    /// Everything that the room shows.
    pub async fn timeline(&mut self, room: &RoomHandle) -> Vec<Item> {
        let (mut pages, mut before) = (Vec::new(), None);
        loop {
            let request = PageMessages { room: room.clone(), before, limit: 200 };
            let page =
                self.insist(move |engine: Engine| async move { engine.page_messages(request).await.unwrap() }).await;
            pages.push(page.items);
            before = page.earlier;
            if before.is_none() {
                return pages.into_iter().rev().flatten().collect();
            }
        }
    }
}

/// How long messages live in most rooms, in seconds.
pub(crate) const MONTH: u32 = 30 * 24 * 3600;
