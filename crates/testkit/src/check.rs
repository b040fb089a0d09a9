//! What must hold when everything has settled.

mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use conclave_crypto::envelope::{self, Place};
use conclave_crypto::purpose::EnvelopeKey;
use conclave_engine::snapshot::{Connection, Item, ItemBody, MessageState, RoomHandle, RoomPhase, SystemLine};
use conclave_proto::{Lane, id::Tag};

use tokio::time::sleep;

use crate::{
    Lab,
    person::Person,
    recorder::{Epoch, KeyUse},
    relay_log::Sealed,
};

/// A person in the room, and what it wrote there.
#[derive(Debug)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// The room on its computer.
    pub room: RoomHandle,
    /// The texts in the order of writing, with whether the app said that it has them.
    pub written: Vec<(String, bool)>,
}

impl Member {
    /// A person who has written nothing in the room yet.
    #[must_use]
    pub const fn new(person: Person, room: RoomHandle) -> Self {
        Self { person, room, written: Vec::new() }
    }
}

/// What people were asked while everything settled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Questions whether to rejoin.
    pub questions: u64,
    /// Those that were answered with yes.
    pub yeses: u64,
    /// Those that were answered with no.
    pub stays: u64,
}

/// Waits until everything holds, and goes on holding. Whoever is asked whether to rejoin says yes if the others confirm
/// who would be in the room; the owner says no.
///
/// # Errors
/// What still does not hold when there is nothing more to wait for.
pub async fn settle(lab: &Lab, members: &mut [Member], left: &BTreeSet<String>) -> Result<Asked, String> {
    let (begun, mut asked, mut since) = (lab.clock().elapsed(), Asked::default(), BTreeMap::new());
    loop {
        sleep(Duration::from_secs(20)).await;
        answer(lab, members, &mut asked, &mut since).await;
        let mut found = check(lab, members, left).await;
        if found.is_ok() {
            sleep(Duration::from_secs(60)).await;
            found = check(lab, members, left).await;
            if found.is_ok() {
                return Ok(asked);
            }
        }
        if lab.clock().elapsed() - begun > PATIENCE {
            return found.map(|()| asked);
        }
    }
}

/// Answers questions whether to rejoin. The owner made the room and says no. Whoever else is asked does so as somebody
/// who asks the others by another way, and when nobody confirms it either answer is right in the end.
async fn answer(
    lab: &Lab,
    members: &mut [Member],
    asked: &mut Asked,
    since: &mut BTreeMap<(String, String), Duration>,
) {
    let names: Vec<_> = members.iter().map(|member| member.person.name().to_owned()).collect();
    for member in members {
        let name = member.person.name().to_owned();
        let rooms = member.person.snapshot().await.rooms;
        let Some(question) = rooms.into_iter().find_map(|room| room.reorganised) else { continue };
        let made_it = question.can_stay && member.made_it().await;
        let now = lab.clock().elapsed();
        let first = *since.entry((name.clone(), question.branch.clone())).or_insert(now);
        if first == now {
            asked.questions += 1;
            lab.trace().note(format_args!("{name} is asked about {} with {:?}", question.branch, question.people));
        }
        let mut people = question.people;
        people.sort();
        let seen_by = |other: &String| {
            let mut seen: Vec<_> =
                lab.recorder().standing(other)?.roster.iter().filter_map(|key| lab.recorder().owner_of(key)).collect();
            seen.sort();
            Some(seen)
        };
        let confirmed =
            names.iter().filter(|other| **other != name).any(|other| seen_by(other).as_ref() == Some(&people));
        let late = now - first > HESITATION;
        if made_it || (late && !confirmed && question.can_stay && lab.rng().percent(50)) {
            let no = member.person.stay(&member.room, &question.branch).await;
            lab.trace().note(format_args!("{name} says no: {no:?}"));
            asked.stays += u64::from(matches!(no, Some(Ok(()))));
        } else if confirmed || late {
            let yes = member.person.rejoin(&member.room, &question.branch).await;
            lab.trace().note(format_args!("{name} says yes: {yes:?}"));
            asked.yeses += u64::from(matches!(yes, Some(Ok(()))));
        }
    }
}

/// Looks at everything. An error says what does not hold, or not yet.
///
/// # Errors
/// The first thing that does not hold.
pub async fn check(lab: &Lab, members: &mut [Member], left: &BTreeSet<String>) -> Result<(), String> {
    if let Some(violation) = lab.recorder().violations().first() {
        return Err(violation.clone());
    }
    let mut seen = Vec::new();
    let alone = members.len() < 2;
    for member in members.iter_mut() {
        seen.push(healthy(lab, member, alone).await?);
    }
    let alone = same_room(lab, members, left)? < 2;
    let (mut timelines, mut said, mut gaps) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut taken_back = BTreeSet::new();
    for (member, items) in members.iter().zip(seen) {
        let is_said =
            |item: &Item| matches!(item.body, ItemBody::System { event: SystemLine::NotPublishedAgain { .. } });
        // Who goes on from an older copy does not know all of what it wrote.
        if items.iter().any(is_said) || lab.old_copies().contains(member.person.name()) {
            said.insert(member.person.name().to_owned());
        }
        for item in &items {
            match &item.body {
                ItemBody::System { event: SystemLine::Gap { nick, .. } } => gaps.insert(nick.clone()),
                ItemBody::Retracted { nick, own: true, .. } => taken_back.insert(nick.clone()),
                ItemBody::System { .. }
                | ItemBody::Text { .. }
                | ItemBody::ViewOnce { .. }
                | ItemBody::Retracted { .. }
                | ItemBody::Moved { .. }
                | ItemBody::Unsupported { .. } => false,
            };
        }
        timelines.push((member.person.name().to_owned(), texts(member, &items, alone)?));
    }
    // What nobody confirmed for a day is not sent again; its author is told, and the others miss it. So does whoever was away when
    // something was taken back.
    gaps.retain(|nick| !said.contains(nick) && !taken_back.contains(nick));
    if let Some(nick) = gaps.first().filter(|_| !lab.resyncs_are_expected()) {
        return Err(format!("something of {nick} is missing although nobody was dishonest"));
    }
    // To somebody who was away for long, too, things are published again.
    if lab.resyncs_are_expected() || !said.is_empty() {
        words::same_words(&timelines, &said, &lab.recorder().of_several_leaves())?;
    } else {
        same_story(&timelines)?;
    }
    sealed_right(lab)
}

/// Everybody is at the same base and sees the same people, and everybody who is seen is there or left.
/// Returns how many those are.
fn same_room(lab: &Lab, members: &[Member], left: &BTreeSet<String>) -> Result<usize, String> {
    let mut bases: BTreeMap<Tag, Vec<&str>> = BTreeMap::new();
    let mut living = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for member in members {
        let name = member.person.name();
        let standing = lab.recorder().standing(name).ok_or_else(|| format!("{name} never came in"))?;
        bases.entry(standing.base).or_default().push(name);
        living.insert(standing.leaf_key, name);
        seen.extend(standing.roster);
    }
    if bases.len() > 1 {
        return Err(format!("not at the same base: {bases:?}"));
    }
    if let Some((_, name)) = living.iter().find(|(key, _)| !seen.contains(*key)) {
        return Err(format!("{name} is not in the member list"));
    }
    for key in seen.iter().filter(|key| !living.contains_key(*key)) {
        match lab.recorder().owner_of(key) {
            Some(owner) if left.contains(&owner) => {}
            owner => return Err(format!("a leaf that nobody holds, made by {owner:?}")),
        }
    }
    Ok(seen.len())
}

/// The app runs, is connected, and has nothing strange to tell.
async fn healthy(lab: &Lab, member: &mut Member, alone: bool) -> Result<Vec<Item>, String> {
    let name = member.person.name().to_owned();
    let panics = member.person.panics();
    if let Some(panic) = panics.first() {
        return Err(panic.clone());
    }
    let snapshot = member.person.snapshot().await;
    let summary = snapshot.rooms.iter().find(|room| room.room == member.room);
    let summary = summary.ok_or_else(|| format!("{name} has lost the room"))?;
    let (items, copies) = (member.person.timeline(&member.room).await, lab.old_copies());
    for item in &items {
        let ItemBody::System { event } = &item.body else { continue };
        let contradiction = matches!(event, SystemLine::Inconsistent { nick } if !copies.contains(nick));
        let copied = matches!(event, SystemLine::OldCopy) && !copies.contains(&name);
        let strange = contradiction || copied || matches!(event, SystemLine::SplitSuspected);
        // Who comes in again has missed something, and is told so.
        let resync = matches!(event, SystemLine::Resynced | SystemLine::Rejoined { .. });
        if strange || (resync && !lab.resyncs_are_expected()) {
            let event = serde_json::to_string(event).unwrap();
            return Err(format!("{name} sees {event} although nobody was dishonest"));
        }
    }
    // Nobody may ever come to confirm who is alone.
    let waiting = alone && summary.phase == RoomPhase::AwaitingConfirmation;
    let phase = matches!(summary.phase, RoomPhase::Open | RoomPhase::Locked) || waiting;
    if summary.connection != Connection::Online || !phase {
        return Err(format!("{name} is {:?} and {:?}", summary.connection, summary.phase));
    }
    Ok(items)
}

/// A member's own texts are all there, once, in the order of writing, and the relay has them.
fn texts(member: &Member, items: &[Item], alone: bool) -> Result<Vec<Line>, String> {
    let name = member.person.name();
    let mut own = Vec::new();
    let mut all = Vec::new();
    for item in items {
        if let ItemBody::Text { own: mine, text, state, nick, .. } = &item.body {
            if *mine {
                own.push(text.clone());
            }
            if *state == MessageState::Stored {
                all.push((nick.clone(), text.clone()));
            } else if !alone {
                // It may wait for as long as nobody else is there.
                return Err(format!("{name}'s {text:?} is {state:?}"));
            }
        }
    }
    let mut rest = own.iter();
    for (text, sure) in &member.written {
        let mut ahead = rest.clone();
        match ahead.next() {
            Some(next) if next == text => rest = ahead,
            _ if *sure => return Err(format!("{name}'s {text:?} is lost or out of order in {own:?}")),
            // The app died while it was written.
            _ => {}
        }
    }
    if let Some(extra) = rest.next() {
        return Err(format!("{name} never wrote {extra:?}, or only once: {own:?}"));
    }
    Ok(all)
}

/// Everybody reads the same texts in the same order, from the own join on.
fn same_story(timelines: &[(String, Vec<Line>)]) -> Result<(), String> {
    let Some((first, longest)) = timelines.iter().max_by_key(|(_, texts)| texts.len()) else { return Ok(()) };
    let distinct: BTreeSet<&Line> = longest.iter().collect();
    if distinct.len() != longest.len() {
        return Err(format!("{first} reads something twice: {longest:?}"));
    }
    for (name, texts) in timelines {
        if !longest.ends_with(texts) {
            return Err(format!("{first} and {name} do not read the same:\n  {longest:?}\n  {texts:?}"));
        }
    }
    Ok(())
}

/// Who wrote, and what.
type Line = (String, String);

/// No key of a sender made two ciphertexts that the relay got to see (invariant I10), and what the relay has stored
/// twice is the second time for nobody who could not read it the first time: a newcomer would read what was said before
/// (protocol 4.6.7).
///
/// # Errors
/// The key, or the message.
pub fn sealed_right(lab: &Lab) -> Result<(), String> {
    let epochs = lab.recorder().epochs();
    let mut used: BTreeMap<KeyUse, Vec<u8>> = BTreeMap::new();
    let mut audience = BTreeMap::new();
    for sealed in lab.relay_log().kept().frames {
        if !matches!(sealed.lane, Lane::Application | Lane::Commit) {
            continue;
        }
        let (_, message) = opened(&epochs, &sealed).ok_or("the relay holds an envelope of no epoch")?;
        let key = lab.recorder().use_of(&message).ok_or("the relay holds a message that nobody wrote")?;
        let written = lab.recorder().plaintext_of(&message).filter(|_| sealed.stored);
        if used.insert(key, message.clone()).is_some_and(|before| before != message) {
            return Err(format!("a key encrypted twice: {key:?}"));
        }
        let Some(written) = written else { continue };
        let first = audience.entry(written.message.clone()).or_insert_with(|| written.readers.clone());
        if !written.readers.is_subset(first) {
            let new = written.readers.difference(first).filter_map(|key| lab.recorder().owner_of(key));
            return Err(format!("{:?} of {:?} read what was said before they came", new.collect::<Vec<_>>(), key));
        }
    }
    Ok(())
}

/// The epoch of an envelope, and what is in it.
pub(crate) fn opened(epochs: &BTreeMap<Tag, Epoch>, sealed: &Sealed) -> Option<(Tag, Vec<u8>)> {
    epochs.iter().find_map(|(base, epoch)| {
        let (_, key) = epoch.keys.iter().find(|(lane, _)| *lane == sealed.lane)?;
        Some((*base, open(sealed, *base, key)?))
    })
}

fn open(sealed: &Sealed, base: Tag, key: &[u8; 32]) -> Option<Vec<u8>> {
    let place = Place { lane: sealed.lane, room_id: sealed.room, base };
    Some(envelope::open(&EnvelopeKey::from_bytes(key), &place, &sealed.blob).ok()?.data.to_vec())
}

/// Somebody whom nobody answers waits so long with a yes.
const HESITATION: Duration = Duration::from_secs(180);
/// Leases lapse, back-off ends and keys are renewed within this.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
