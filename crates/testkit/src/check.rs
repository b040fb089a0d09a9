//! What must hold when everything has settled.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use conclave_crypto::envelope::{self, Place};
use conclave_crypto::purpose::EnvelopeKey;
use conclave_engine::snapshot::{Connection, Item, ItemBody, MessageState, RoomHandle, RoomPhase, SystemLine};
use conclave_proto::{Lane, id::Tag};

use tokio::time::sleep;

use crate::{Lab, archive::Sealed, ledger::KeyUse, person::Person};

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

/// Waits until everything holds, and goes on holding.
///
/// # Errors
/// What still does not hold when there is nothing more to wait for.
pub async fn settle(lab: &Lab, members: &mut [Member], left: &BTreeSet<String>) -> Result<(), String> {
    let begun = lab.clock().elapsed();
    loop {
        sleep(Duration::from_secs(20)).await;
        let mut found = check(lab, members, left).await;
        if found.is_ok() {
            sleep(Duration::from_secs(60)).await;
            found = check(lab, members, left).await;
            if found.is_ok() {
                return Ok(());
            }
        }
        if lab.clock().elapsed() - begun > PATIENCE {
            return found;
        }
    }
}

/// Looks at everything. An error says what does not hold, or not yet.
///
/// # Errors
/// The first thing that does not hold.
pub async fn check(lab: &Lab, members: &mut [Member], left: &BTreeSet<String>) -> Result<(), String> {
    if let Some(complaint) = lab.ledger().complaints().first() {
        return Err(complaint.clone());
    }
    let mut seen = Vec::new();
    let alone = members.len() < 2;
    for member in members.iter_mut() {
        seen.push(healthy(lab, member, alone).await?);
    }
    let alone = same_room(lab, members, left)? < 2;
    let mut timelines = Vec::new();
    for (member, items) in members.iter().zip(seen) {
        timelines.push((member.person.name().to_owned(), texts(member, &items, alone)?));
    }
    if lab.forks_are_expected() {
        same_words(&timelines)?
    } else {
        same_story(&timelines)?
    }
    no_key_encrypts_twice(lab)
}

/// Everybody is at the same base and sees the same people, and everybody who is seen is there or left.
/// Returns how many those are.
fn same_room(lab: &Lab, members: &[Member], left: &BTreeSet<String>) -> Result<usize, String> {
    let mut bases: BTreeMap<Tag, Vec<&str>> = BTreeMap::new();
    let mut living = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for member in members {
        let name = member.person.name();
        let standing = lab.ledger().standing(name).ok_or_else(|| format!("{name} never came in"))?;
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
        match lab.ledger().owner_of(key) {
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
    let items = member.person.timeline(&member.room).await;
    for item in &items {
        let ItemBody::System { event } = &item.body else { continue };
        let strange = matches!(event, SystemLine::Inconsistent { .. } | SystemLine::SplitSuspected);
        // Who comes in again has missed something, and is told so.
        let resync = matches!(event, SystemLine::Resynced | SystemLine::Rejoined { .. } | SystemLine::Gap { .. });
        if strange || (resync && !lab.resyncs_are_expected()) {
            let event = serde_json::to_string(event).unwrap();
            return Err(format!("{name} sees {event} although nobody was dishonest"));
        }
    }
    // Nobody may ever come to confirm who is alone.
    let waiting = alone && summary.phase == RoomPhase::AwaitingConfirmation;
    let phase = summary.phase == RoomPhase::Open || waiting;
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

/// Everybody reads what those read who read most, each sender's texts in the same order: between senders the order is that of
/// the branch on which somebody stood.
fn same_words(timelines: &[(String, Vec<Line>)]) -> Result<(), String> {
    for (name, lines) in timelines {
        for (other, others) in timelines {
            let senders: BTreeSet<&String> = lines.iter().chain(others).map(|(nick, _)| nick).collect();
            for sender in senders {
                let by = |lines: &[Line]| -> Vec<String> {
                    lines.iter().filter(|(nick, _)| nick == sender).map(|(_, text)| text.clone()).collect()
                };
                let (one, two) = (by(lines), by(others));
                let distinct: BTreeSet<&String> = one.iter().collect();
                if distinct.len() != one.len() {
                    return Err(format!("{name} reads something of {sender} twice: {one:?}"));
                }
                // Whoever joined later reads from there on.
                if !one.ends_with(&two) && !two.ends_with(&one) {
                    return Err(format!("{name} and {other} do not read the same of {sender}:\n  {one:?}\n  {two:?}"));
                }
            }
        }
    }
    Ok(())
}

/// Who wrote, and what.
type Line = (String, String);

/// No key of a sender made two ciphertexts that the relay got to see (invariant I10).
///
/// # Errors
/// The key, if one did.
pub fn no_key_encrypts_twice(lab: &Lab) -> Result<(), String> {
    let epochs = lab.ledger().epochs();
    let mut used: BTreeMap<KeyUse, Vec<u8>> = BTreeMap::new();
    for sealed in lab.archive().kept().frames {
        if !matches!(sealed.lane, Lane::Application | Lane::Commit) {
            continue;
        }
        let opened = epochs.iter().find_map(|(base, epoch)| {
            let (_, key) = epoch.keys.iter().find(|(lane, _)| *lane == sealed.lane)?;
            open(&sealed, *base, key)
        });
        let message = opened.ok_or("the relay holds an envelope of no epoch")?;
        let key = lab.ledger().use_of(&message).ok_or("the relay holds a message that nobody wrote")?;
        if used.insert(key, message.clone()).is_some_and(|before| before != message) {
            return Err(format!("a key encrypted twice: {key:?}"));
        }
    }
    Ok(())
}

fn open(sealed: &Sealed, base: Tag, key: &[u8; 32]) -> Option<Vec<u8>> {
    let place = Place { lane: sealed.lane, room_id: sealed.room, base };
    Some(envelope::open(&EnvelopeKey::from_bytes(key), &place, &sealed.blob).ok()?.data.to_vec())
}

/// Leases lapse, back-off ends and keys are renewed within this.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
