//! What most stories begin with, and what people in them do and see.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use conclave_engine::{
    ErrorCode,
    api::{NewRules, OfRoom},
    snapshot::{
        BurnReceipt, CardState, Confirmed, Connection, Ended, Item, ItemBody, ItemId, Knock, Knocking, MessageState,
        Moved, Presence, Reorganised, RoomPhase, RoomSummary, RoomView, SystemLine,
    },
};

use crate::{
    Lab,
    check::{self, Member},
    person::MONTH,
};

/// Alice alone in a room that the relay has.
pub async fn one(lab: &Lab) -> Member {
    one_for(lab, MONTH).await
}

async fn one_for(lab: &Lab, message_ttl: u32) -> Member {
    let mut person = lab.person("Alice").await;
    let room = person.create_for(message_ttl).await;
    person.pause(Duration::from_secs(10)).await;
    Member::new(person, room)
}

/// Alice and Bob, who have greeted each other.
pub async fn two(lab: &Lab) -> (Member, Member) {
    two_for(lab, MONTH).await
}

/// Alice and Bob, who have greeted each other, in a room in which messages live for so many seconds.
pub async fn two_for(lab: &Lab, message_ttl: u32) -> (Member, Member) {
    let mut alice = one_for(lab, message_ttl).await;
    let link = alice.link().await;
    let mut bob = enters(lab, "Bob", &link).await;
    alice.say("Hello.").await;
    bob.say("Hello you.").await;
    (alice, bob)
}

/// Alice and Bob, who have greeted each other, in a room with such rules.
pub async fn two_with(lab: &Lab, rules: NewRules) -> (Member, Member) {
    let mut person = lab.person("Alice").await;
    let room = person.create_with(rules).await;
    person.pause(Duration::from_secs(10)).await;
    let mut alice = Member::new(person, room);
    let mut bob = alice.invites("Bob").await;
    alice.say("Hello.").await;
    bob.say("Hello you.").await;
    (alice, bob)
}

/// Alice and Bob, who have greeted each other, and Carol, whom Alice invited.
pub async fn three(lab: &Lab) -> (Member, Member, Member) {
    let (mut alice, bob) = two(lab).await;
    let carol = alice.invites("Carol").await;
    (alice, bob, carol)
}

/// Somebody asks to be let in, and does not wait for it.
pub async fn enters(lab: &Lab, nick: &str, link: &str) -> Member {
    let mut person = lab.person(nick).await;
    let room = person.join(link).await;
    Member::new(person, room)
}

/// Somebody knocks, and does not wait for an answer.
pub async fn knocks(lab: &Lab, nick: &str, link: &str, note: &str) -> Member {
    let mut person = lab.person(nick).await;
    let room = person.knock(link, note).await;
    Member::new(person, room)
}

/// Somebody joins, and is in the room if that was possible.
pub async fn joins(lab: &Lab, nick: &str, link: &str) -> Member {
    let mut member = enters(lab, nick, link).await;
    member.pause(Duration::from_secs(20)).await;
    member
}

/// The relay is honest again, and in the end everybody has everything.
///
/// # Panics
/// If something does not hold.
pub async fn all_is_well(lab: &Lab, alice: Member, bob: Member) {
    lab.stop_intercepting();
    for name in ["Alice", "Bob"] {
        lab.network().cut(name);
    }
    let mut both = [alice, bob];
    check::settle(lab, &mut both, &BTreeSet::new()).await.unwrap();
}

/// A message that can be read once, as a timeline shows it.
#[derive(Clone, Debug)]
pub struct Card {
    /// Its line.
    pub id: ItemId,
    /// What is left of it.
    pub card: CardState,
    /// How far it got.
    pub state: MessageState,
    /// Who saw it.
    pub confirmed: Confirmed,
}

impl Member {
    /// The same person at another computer, with a copy of the files. The app is not open yet.
    #[must_use]
    pub fn at_another_computer(&self, name: &str, files: &Path) -> Self {
        let person = self.person.on_another_computer(name, files);
        Self::new(person, self.room.clone())
    }

    /// The invitation.
    pub async fn link(&mut self) -> String {
        self.person.invitation(&self.room).await
    }

    /// Somebody joins by this member's invitation, and is in the room if that was possible.
    pub async fn invites(&mut self, nick: &str) -> Self {
        let link = self.link().await;
        joins(self.person.lab(), nick, &link).await
    }

    /// Opens the app.
    pub async fn start(&mut self) {
        self.person.start().await;
    }

    /// Closes the app.
    pub async fn close(&mut self) {
        self.person.close().await;
    }

    /// Kills the app.
    pub async fn crash(&mut self) {
        self.person.crash().await;
    }

    /// Waits; the app is opened again if it dies meanwhile.
    pub async fn pause(&mut self, time: Duration) {
        self.person.pause(time).await;
    }

    /// Leaves for good.
    pub async fn leave(&mut self) {
        self.person.leave(&self.room).await;
    }

    /// Writes, and waits a little.
    pub async fn say(&mut self, text: &str) {
        self.write(text).await;
        self.person.pause(Duration::from_secs(15)).await;
    }

    /// Writes.
    pub async fn write(&mut self, text: &str) {
        self.person.say(&self.room, text).await.unwrap().unwrap();
        self.written.push((text.to_owned(), true));
    }

    /// Loses the connection, and has another one after a while.
    pub async fn reconnect(&mut self) {
        self.person.lab().network().cut(self.person.name());
        self.person.pause(Duration::from_secs(60)).await;
    }

    /// Tries again now what the room waits for or gave up, and waits a little.
    pub async fn retry(&mut self) {
        let request = OfRoom { room: self.room.clone() };
        let again =
            self.person.insist(move |engine: conclave_engine::Engine| async move { engine.retry_room(request).await });
        again.await.unwrap();
        self.person.pause(Duration::from_secs(15)).await;
    }

    /// The texts that the room shows.
    pub async fn texts(&mut self) -> Vec<String> {
        let items = self.person.timeline(&self.room).await.into_iter();
        let text = |body| if let ItemBody::Text { text, .. } = body { Some(text) } else { None };
        items.filter_map(|item| text(item.body)).collect()
    }

    /// What the room says of a text.
    pub async fn state_of(&mut self, wanted: &str) -> Option<MessageState> {
        let items = self.person.timeline(&self.room).await.into_iter();
        let found = |body| if let ItemBody::Text { text, state, .. } = body { Some((text, state)) } else { None };
        items.filter_map(|item| found(item.body)).find(|(text, _)| text == wanted).map(|(_, state)| state)
    }

    /// Writes a message that can be read once, and waits a little. Returns its line.
    pub async fn seal(&mut self, text: &str) -> ItemId {
        let id = self.person.seal(&self.room, text).await.unwrap().unwrap();
        self.person.pause(Duration::from_secs(15)).await;
        id
    }

    /// The messages that can be read once, in the order of the timeline.
    pub async fn cards(&mut self) -> Vec<Card> {
        let items = self.person.timeline(&self.room).await.into_iter();
        let card = |item: Item| {
            let ItemBody::ViewOnce { card, state, confirmed, .. } = item.body else { return None };
            Some(Card { id: item.id, card, state, confirmed })
        };
        items.filter_map(card).collect()
    }

    /// Opens the newest of them, and waits until that has gone round.
    pub async fn opens(&mut self) -> Option<Result<String, ErrorCode>> {
        let card = self.cards().await.pop().unwrap();
        let opened = self.person.open(&self.room, &card.id).await;
        self.person.pause(Duration::from_secs(15)).await;
        opened
    }

    /// The line of a text.
    pub async fn line_of(&mut self, wanted: &str) -> Option<ItemId> {
        let items = self.person.timeline(&self.room).await.into_iter();
        let is_meant = |item: &Item| matches!(&item.body, ItemBody::Text { text, .. } if text == wanted);
        items.filter(is_meant).map(|item| item.id).next()
    }

    /// How many lines say that something was taken back.
    pub async fn taken_back(&mut self) -> usize {
        let items = self.person.timeline(&self.room).await.into_iter();
        items.filter(|item| matches!(item.body, ItemBody::Retracted { .. })).count()
    }

    /// What the room tells by itself.
    pub async fn lines(&mut self) -> Vec<SystemLine> {
        let items = self.person.timeline(&self.room).await.into_iter();
        let line = |body| if let ItemBody::System { event } = body { Some(event) } else { None };
        items.filter_map(|item| line(item.body)).collect()
    }

    /// How the room is connected.
    pub async fn connection(&mut self) -> Connection {
        self.summary().await.connection
    }

    /// Where the room stands.
    pub async fn phase(&mut self) -> RoomPhase {
        self.summary().await.phase
    }

    /// What the person is asked, if the room goes on elsewhere and nobody vouches for that.
    pub async fn question(&mut self) -> Option<Reorganised> {
        self.summary().await.reorganised.map(|question| *question)
    }

    /// Whether the room's messages fill their share at the relay.
    pub async fn relay_is_full(&mut self) -> bool {
        self.summary().await.relay_full
    }

    /// How the room ended, if it is over here and its person has not dismissed that.
    pub async fn ended(&mut self) -> Option<Ended> {
        let rooms = self.person.snapshot().await.rooms;
        rooms.into_iter().find(|summary| summary.room == self.room).and_then(|summary| summary.ended)
    }

    /// Whether a file of the room is left in its person's folder.
    ///
    /// # Panics
    /// If the folder cannot be read.
    #[must_use]
    pub fn has_file(&self) -> bool {
        let rooms = fs::read_dir(self.person.folder().join("rooms")).unwrap();
        rooms.map(Result::unwrap).any(|entry| entry.file_name().to_string_lossy().contains(&self.room.0))
    }

    /// Who asks to erase the room, by name.
    pub async fn asks_to_erase(&mut self) -> Option<String> {
        self.summary().await.erase_asked.map(|asked| asked.by)
    }

    /// Who has confirmed that the room which this person erased is destroyed, and who has not; none if that is not known.
    pub async fn receipts(&mut self) -> Option<(Vec<String>, Vec<String>)> {
        let burned = self.summary().await.burned?;
        let (confirmed, missing): (Vec<_>, Vec<_>) = burned.people.into_iter().partition(|receipt| receipt.confirmed);
        let names = |people: Vec<BurnReceipt>| people.into_iter().map(|receipt| receipt.nick).collect();
        Some((names(confirmed), names(missing)))
    }

    /// How the room stands in the list.
    pub async fn summary(&mut self) -> RoomSummary {
        let rooms = self.person.snapshot().await.rooms;
        rooms.into_iter().find(|summary| summary.room == self.room).unwrap()
    }

    /// The names in the member list.
    pub async fn people(&mut self) -> Vec<String> {
        self.view().await.people.into_iter().map(|person| person.nick).collect()
    }

    /// The names of those whose apps are connected, as this member sees it.
    pub async fn here(&mut self) -> Vec<String> {
        let people = self.view().await.people.into_iter();
        people.filter(|person| person.presence == Presence::Here).map(|person| person.nick).collect()
    }

    /// Whether this is who made the room.
    pub async fn made_it(&mut self) -> bool {
        self.view().await.owner
    }

    /// The others in the order of the member list, each with the hour in which this member last heard of somebody who
    /// is away.
    pub async fn away(&mut self) -> Vec<(String, Option<u64>)> {
        let people = self.view().await.people.into_iter();
        people.filter(|person| !person.own).map(|person| (person.nick, person.heard_in)).collect()
    }

    /// Since when this member has surely listened, unix seconds.
    pub async fn heard_since(&mut self) -> u64 {
        self.view().await.heard_since
    }

    /// Where the owner has moved the room.
    pub async fn moved(&mut self) -> Option<Moved> {
        let rooms = self.person.snapshot().await.rooms;
        rooms.into_iter().find(|summary| summary.room == self.room)?.moved.map(|moved| *moved)
    }

    /// Whether the room is in the list.
    pub async fn is_listed(&mut self) -> bool {
        self.person.snapshot().await.rooms.iter().any(|summary| summary.room == self.room)
    }

    /// Who knocks.
    pub async fn knocks(&mut self) -> Vec<Knock> {
        self.view().await.knocks
    }

    /// How the own knock stands.
    pub async fn knock(&mut self) -> Option<Knocking> {
        self.summary().await.knock.map(|knock| *knock)
    }

    /// Lets somebody in who knocks, or not.
    pub async fn answers(&mut self, nick: &str, admit: bool) -> Result<(), ErrorCode> {
        self.person.answer(&self.room.clone(), nick, admit).await.unwrap()
    }

    /// The room from inside.
    pub async fn view(&mut self) -> RoomView {
        let request = OfRoom { room: self.room.clone() };
        let view = self
            .person
            .insist(move |engine: conclave_engine::Engine| async move { engine.view_room(request).await.unwrap() });
        view.await
    }
}
