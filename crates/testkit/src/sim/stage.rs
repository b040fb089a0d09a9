//! What the people of a story share, and how they come in and write.

use std::{collections::BTreeSet, sync::Mutex};

use tokio::sync::watch;

use super::Counts;
use crate::{Lab, check::Member, person::Person};

/// What the people of a story share.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) lab: Lab,
    pub(super) invitation: watch::Sender<Option<String>>,
    pub(super) left: Mutex<BTreeSet<String>>,
    /// What has happened so far and cannot be seen from outside in the end.
    pub(super) counted: Mutex<Counts>,
    /// Attackers whose app stays open.
    pub(super) lurking: Mutex<Vec<Person>>,
    /// Whom the owner removed.
    pub(super) removed: Mutex<Vec<Member>>,
    /// Who knocked and was not let in.
    pub(super) outside: Mutex<Vec<Member>>,
    pub(super) at_once: bool,
    pub(super) stormy: bool,
    pub(super) clocks: bool,
}

impl Stage {
    pub(super) fn new(lab: &Lab, at_once: bool, stormy: bool, clocks: bool) -> Self {
        Self {
            lab: lab.clone(),
            invitation: watch::Sender::new(None),
            left: Mutex::default(),
            counted: Mutex::default(),
            lurking: Mutex::default(),
            removed: Mutex::default(),
            outside: Mutex::default(),
            at_once,
            stormy,
            clocks,
        }
    }

    /// Counts something that happened.
    pub(super) fn counts(&self, count: impl FnOnce(&mut Counts)) {
        count(&mut self.counted.lock().unwrap());
    }

    /// In a storm, somebody's app may die at one of the next points.
    pub(super) fn may_die(&self, person: &mut Person, points: u64) {
        let rng = person.rng().clone();
        if self.stormy && rng.percent(40) {
            person.crash_after(rng.below(points));
        }
    }

    /// The invitation, once the room is there.
    pub(super) async fn link(&self) -> String {
        let mut invitation = self.invitation.subscribe();
        invitation.wait_for(Option::is_some).await.unwrap().clone().unwrap()
    }

    /// Somebody founds the room, or comes in by the invitation.
    pub(super) async fn enter(&self, name: &str, founder: bool) -> Member {
        let mut person =
            if self.lab.rng().percent(15) { self.lab.unplugged(name).await } else { self.lab.person(name).await };
        let rng = person.rng().clone();
        if self.stormy && rng.percent(25) {
            person.crash_after(rng.below(80));
        }
        if founder {
            let room = person.create().await;
            // An invitation to a room that the relay does not have yet would send people away.
            while !person.is_online(&room).await {
                person.pause(rng.millis(100..2_000)).await;
            }
            let link = person.invitation(&room).await;
            self.invitation.send_replace(Some(link));
            return Member::new(person, room);
        }
        let link = self.link().await;
        if !self.at_once {
            person.pause(rng.millis(0..30_000)).await;
        }
        let room = person.join(&link).await;
        Member::new(person, room)
    }

    /// Somebody writes so many texts, and opens the app again where it dies over one.
    pub(super) async fn say(&self, member: &mut Member, count: u64) {
        for _ in 0..count {
            let text = format!("{} {}", member.person.name(), member.written.len());
            match member.person.say(&member.room, &text).await {
                Some(Ok(())) => member.written.push((text, true)),
                Some(Err(error)) => panic!("{} cannot write: {error}", member.person.name()),
                None => {
                    member.written.push((text, false));
                    member.person.recover().await;
                }
            }
            self.counts(|counts| counts.texts += 1);
        }
    }
}
