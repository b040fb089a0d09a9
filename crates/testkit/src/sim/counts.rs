//! What a simulation counts.

/// What happened in a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Commits of newcomers.
    pub joins: u64,
    /// Commits of members.
    pub commits: u64,
    /// Requests against a head that had moved.
    pub stale: u64,
    /// Requests that the relay had carried out before.
    pub duplicates: u64,
    /// Apps that died.
    pub crashes: u64,
    /// Relays that were started again.
    pub restarts: u64,
    /// Links that broke.
    pub cuts: u64,
    /// Links that fell silent without ending.
    pub silences: u64,
    /// Frames that came twice.
    pub doubles: u64,
    /// Members who had been away for longer than the relay keeps commits and came in again in their own place.
    pub resyncs: u64,
    /// Commits that attackers crafted and the relay stored.
    pub crafted: u64,
    /// Times that somebody met a crafted commit that did not open.
    pub doubts: u64,
    /// Commits of honest members on top of one that is not their base.
    pub repairs: u64,
    /// Rejoins on another branch that nobody was asked about.
    pub follows: u64,
    /// Questions to a person whether to rejoin.
    pub questions: u64,
    /// Questions that were answered with yes.
    pub yeses: u64,
    /// Questions that were answered with no.
    pub stays: u64,
    /// Messages that the relay stored again after somebody came over.
    pub again: u64,
    /// Lines that say that messages could not be published again.
    pub not_again: u64,
    /// Lines that say that somebody disturbs the room.
    pub disturbances: u64,
    /// Stories in which the relay's log was a SQLCipher file.
    pub files: u64,
    /// Stories in which the relay ran in somebody's app.
    pub hosted: u64,
    /// Apps and relays that died with the power: what was not synced was lost.
    pub power_cuts: u64,
    /// Older copies of somebody's folder that were put back.
    pub old_copies: u64,
    /// Older copies of a relay's file that were put back.
    pub set_back: u64,
    /// Files that were emptied, cut short or removed.
    pub lost_files: u64,
    /// Clocks that were set.
    pub clocks_set: u64,
    /// Doors that an owner locked in the storm.
    pub locks: u64,
    /// Members whom an owner removed there.
    pub removals: u64,
    /// Times that an owner changed title, note or rules there.
    pub changes: u64,
    /// People who knocked at a locked door there and were let in.
    pub let_in: u64,
    /// People who knocked there and were turned away.
    pub turned_away: u64,
    /// People who knocked there and whom nobody answered.
    pub unanswered: u64,
    /// Rooms that an owner closed there.
    pub closings: u64,
    /// Rooms that an owner erased there.
    pub erased_by_owner: u64,
    /// Rooms that a member erased there.
    pub erased_by_member: u64,
    /// Messages that were read once there.
    pub cards: u64,
    /// Messages that were taken back there.
    pub retractions: u64,
    /// Texts that somebody wrote.
    pub texts: u64,
}

impl Counts {
    /// Adds another run.
    pub fn add(&mut self, other: &Self) {
        for ((_, sum), (_, more)) in self.named_mut().into_iter().zip(other.named()) {
            *sum += more;
        }
    }

    fn named(&self) -> [(&'static str, u64); COUNTS] {
        let mut copy = *self;
        copy.named_mut().map(|(name, count)| (name, *count))
    }

    fn named_mut(&mut self) -> [(&'static str, &mut u64); COUNTS] {
        [
            ("joins", &mut self.joins),
            ("commits", &mut self.commits),
            ("STALE_HEADs", &mut self.stale),
            ("duplicates", &mut self.duplicates),
            ("crashes", &mut self.crashes),
            ("relay restarts", &mut self.restarts),
            ("cuts", &mut self.cuts),
            ("silences", &mut self.silences),
            ("doubled frames", &mut self.doubles),
            ("resyncs", &mut self.resyncs),
            ("crafted commits", &mut self.crafted),
            ("doubts", &mut self.doubts),
            ("repairs", &mut self.repairs),
            ("follows", &mut self.follows),
            ("questions", &mut self.questions),
            ("yeses", &mut self.yeses),
            ("stays", &mut self.stays),
            ("published again", &mut self.again),
            ("not published again", &mut self.not_again),
            ("disturbances", &mut self.disturbances),
            ("SQLCipher logs", &mut self.files),
            ("hosted rooms", &mut self.hosted),
            ("power cuts", &mut self.power_cuts),
            ("older copies", &mut self.old_copies),
            ("relays set back", &mut self.set_back),
            ("lost files", &mut self.lost_files),
            ("clocks set", &mut self.clocks_set),
            ("locks", &mut self.locks),
            ("removals", &mut self.removals),
            ("changes of rules", &mut self.changes),
            ("knocks let in", &mut self.let_in),
            ("knocks turned away", &mut self.turned_away),
            ("knocks not answered", &mut self.unanswered),
            ("closings", &mut self.closings),
            ("erased by the owner", &mut self.erased_by_owner),
            ("erased by a member", &mut self.erased_by_member),
            ("cards", &mut self.cards),
            ("retractions", &mut self.retractions),
            ("texts", &mut self.texts),
        ]
    }
}

const COUNTS: usize = 39;

/// What happened in many runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    sums: Counts,
    /// In how many runs it happened.
    runs: Counts,
    all: u64,
}

impl Tally {
    /// Adds a run.
    pub fn add(&mut self, run: &Counts) {
        self.sums.add(run);
        for ((_, runs), (_, count)) in self.runs.named_mut().into_iter().zip(run.named()) {
            *runs += u64::from(count > 0);
        }
        self.all += 1;
    }

    /// How many runs those were.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.all
    }

    /// Each thing by its name: how often it happened, and in how many runs.
    #[must_use]
    pub fn named(&self) -> Vec<(&'static str, u64, u64)> {
        let runs = self.runs.named().into_iter().map(|(_, runs)| runs);
        self.sums.named().into_iter().zip(runs).map(|((name, sum), runs)| (name, sum, runs)).collect()
    }

    /// What happened in too few of the runs, although the stories should be wild enough for it. Some of it only attackers bring about.
    #[must_use]
    pub fn missing(&self, attacked: bool) -> Vec<&'static str> {
        let expected = self.named().into_iter().filter(|(name, ..)| attacked || !OF_ATTACKS.contains(name));
        let is_rare = |name, sum, runs: u64| if ACTS.contains(&name) { runs * 100 < self.all } else { sum == 0 };
        expected.filter(|(name, sum, runs)| is_rare(name, *sum, *runs)).map(|(name, ..)| name).collect()
    }
}

/// What people do in a story, each in one percent of the runs at least.
const ACTS: [&str; 11] = [
    "locks",
    "removals",
    "changes of rules",
    "knocks let in",
    "knocks turned away",
    "knocks not answered",
    "closings",
    "erased by the owner",
    "erased by a member",
    "cards",
    "retractions",
];
const OF_ATTACKS: [&str; 10] = [
    "crafted commits",
    "doubts",
    "repairs",
    "follows",
    "questions",
    "yeses",
    "stays",
    "published again",
    "not published again",
    "disturbances",
];
