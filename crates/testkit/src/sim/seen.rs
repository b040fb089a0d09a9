//! What of a story can be seen from outside, counted.

use std::collections::BTreeSet;

use conclave_engine::snapshot::SystemLine;
use conclave_proto::Lane;

use super::{Counts, stage::Stage};
use crate::{
    Lab,
    check::{self, Asked, Member},
};

impl Stage {
    /// Counts what can be seen from outside.
    pub(super) async fn count(&self, members: &mut [Member], left: &BTreeSet<String>, asked: Asked) -> Counts {
        let lab = &self.lab;
        let (mut resynced, mut not_again, mut disturbances) = (0_u64, 0_u64, 0_u64);
        for member in members.iter_mut() {
            for line in member.lines().await {
                resynced += u64::from(line == SystemLine::Resynced);
                not_again += u64::from(matches!(line, SystemLine::NotPublishedAgain { .. }));
                disturbances += u64::from(line == SystemLine::Disturbed);
            }
        }
        let attacked = lab.forks_are_expected();
        let kept = lab.relay_log().kept();
        let commits = kept.frames.iter().filter(|frame| frame.stored && frame.tag.is_some());
        let crafted = commits.filter(|frame| frame.key.is_some_and(|key| lab.crafter().has_crafted(&key))).count();
        let LogCounts { repairs, again } = LogCounts::read(lab);
        Counts {
            joins: kept.joins,
            commits: kept.commits,
            stale: kept.stale,
            duplicates: kept.duplicates,
            crashes: members.iter().map(|member| member.person.crashes()).sum(),
            restarts: lab.relay_restarts(),
            cuts: lab.network().links().cuts(),
            silences: lab.network().links().silences(),
            doubles: lab.network().links().doubles(),
            resyncs: if attacked { 0 } else { resynced },
            crafted: u64::try_from(crafted).unwrap(),
            doubts: lab.crafter().refused(|who| !left.contains(who)),
            repairs,
            follows: if attacked { resynced.saturating_sub(asked.yeses) } else { 0 },
            questions: asked.questions,
            yeses: asked.yeses,
            stays: asked.stays,
            again,
            not_again,
            disturbances,
            files: u64::from(lab.relay_log().is_a_file()),
            hosted: u64::from(lab.host().is_some()),
            power_cuts: lab.power_cuts(),
            ..Counts::default()
        }
    }
}

/// What is counted in the relay's log with the keys of all epochs.
struct LogCounts {
    repairs: u64,
    again: u64,
}

impl LogCounts {
    fn read(lab: &Lab) -> Self {
        let (mut counted, mut known) = (Self { repairs: 0, again: 0 }, BTreeSet::new());
        let epochs = lab.recorder().epochs();
        for sealed in lab.relay_log().kept().frames.iter().filter(|sealed| sealed.stored) {
            let Some((base, message)) = check::opened(&epochs, sealed) else { continue };
            let crafted = sealed.key.is_some_and(|key| lab.crafter().has_crafted(&key));
            if sealed.lane == Lane::Commit && !crafted && sealed.head != Some(base) {
                counted.repairs += 1;
            }
            if sealed.lane == Lane::Application {
                let plaintext = lab.recorder().plaintext_of(&message).map(|written| written.hash);
                counted.again += u64::from(plaintext.is_some_and(|plaintext| !known.insert(plaintext)));
            }
        }
        counted
    }
}
