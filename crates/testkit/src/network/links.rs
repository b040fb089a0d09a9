//! All links of a lab: slow, and with faults that are drawn when a link is opened.

use std::sync::{Arc, Mutex, Weak};

use super::{
    counts::Counts,
    faults::FaultProfile,
    link::{End, Link},
    pipe::{Fate, Pipe},
};
use crate::{rng::SeededRng, trace::Trace};

/// The links of a lab, open or not any more.
#[derive(Debug)]
pub struct Links {
    rng: SeededRng,
    faults: Mutex<FaultProfile>,
    opened: Mutex<Vec<(String, Weak<Link>)>>,
    counts: Arc<Counts>,
}

impl Links {
    /// No link yet, and no faults.
    #[must_use]
    pub fn new(rng: SeededRng, trace: Trace) -> Self {
        let counts = Arc::new(Counts::new(trace));
        Self { rng, faults: Mutex::new(FaultProfile::CALM), opened: Mutex::default(), counts }
    }

    /// The fault profile of links that are opened from now on.
    ///
    /// # Panics
    /// If a panic has poisoned the links.
    pub fn set_faults(&self, faults: FaultProfile) {
        *self.faults.lock().unwrap() = faults;
    }

    pub(super) fn faults(&self) -> FaultProfile {
        *self.faults.lock().unwrap()
    }

    /// Cuts the links of one person, whatever the fault profile.
    ///
    /// # Panics
    /// If a panic has poisoned the links.
    pub fn cut(&self, who: &str) {
        self.of(who).iter().for_each(|link| link.cut());
    }

    /// From now on the links of one person take everything and carry nothing. Neither end hears of it.
    ///
    /// # Panics
    /// If a panic has poisoned the links.
    pub fn silence(&self, who: &str) {
        self.of(who).iter().for_each(|link| link.silence());
    }

    fn of(&self, who: &str) -> Vec<Arc<Link>> {
        let opened = self.opened.lock().unwrap();
        opened.iter().filter(|(name, _)| name == who).filter_map(|(_, link)| link.upgrade()).collect()
    }

    /// How many links were cut.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.counts.cuts()
    }

    /// How many links fell silent.
    #[must_use]
    pub fn silences(&self) -> u64 {
        self.counts.silences()
    }

    /// How many writes arrived twice.
    #[must_use]
    pub fn doubles(&self) -> u64 {
        self.counts.doubles()
    }

    /// Opens a link: the client's end and the relay's. Its faults are drawn here, from the profile of this moment.
    pub(crate) fn open(&self, who: &str) -> (End, End) {
        let faults = self.faults();
        let bytes = || self.rng.below(faults.cut_within);
        let fate = match (self.rng.percent(faults.cut), self.rng.percent(faults.silent)) {
            (true, _) => Fate::Breaks(bytes()),
            (false, true) => Fate::FallsSilent(bytes()),
            (false, false) => Fate::Lasts,
        };
        let fates = if self.rng.percent(50) { [fate, Fate::Lasts] } else { [Fate::Lasts, fate] };
        let pipes = fates.map(|fate| Mutex::new(Pipe::new(self.rng.fork(), faults, fate)));
        let both_ways = self.rng.percent(50);
        let link = Arc::new(Link::new(who, both_ways, pipes, Arc::clone(&self.counts)));
        let mut opened = self.opened.lock().unwrap();
        opened.retain(|(_, link)| link.strong_count() > 0);
        opened.push((who.to_owned(), Arc::downgrade(&link)));
        End::both(&link)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        time::Instant,
    };

    use super::*;
    use crate::clock::LabClock;

    #[tokio::test(start_paused = true)]
    async fn bytes_arrive_late_in_order_and_once() {
        let links = Links::new(SeededRng::new(1), Trace::new(LabClock::start()));
        let (mut client, mut relay) = links.open("Alice");
        let sent = Instant::now();
        for byte in 0..100_u8 {
            client.write_all(&[byte]).await.unwrap();
        }
        drop(client);
        let mut got = Vec::new();
        relay.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, (0..100).collect::<Vec<u8>>());
        assert!(sent.elapsed() >= Duration::from_millis(1), "nothing is instant");
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_breaks_behind_any_byte() {
        let links = Links::new(SeededRng::new(2), Trace::new(LabClock::start()));
        links.set_faults(FaultProfile { cut: 100, cut_within: 50, ..FaultProfile::CALM });
        for _ in 0..20 {
            let (mut client, mut relay) = links.open("Alice");
            // One of the two directions is the one that breaks.
            let outcome = client.write_all(&[7; 50]).await.and(relay.write_all(&[8; 50]).await);
            assert!(outcome.is_err(), "fifty bytes do not pass");
            let mut got = Vec::new();
            assert!(relay.read_to_end(&mut got).await.is_err(), "a cut is no end");
        }
        assert_eq!(links.cuts(), 20, "each counts once");
    }

    #[tokio::test(start_paused = true)]
    async fn whole_writes_come_twice_but_never_the_greeting() {
        let links = Links::new(SeededRng::new(4), Trace::new(LabClock::start()));
        links.set_faults(FaultProfile { doubled: 100, ..FaultProfile::CALM });
        let (mut client, mut relay) = links.open("Alice");
        for write in [b"GET", b"one", b"two"] {
            client.write_all(write).await.unwrap();
        }
        drop(client);
        let mut got = Vec::new();
        relay.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, b"GEToneonetwotwo");
        assert_eq!(links.doubles(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_link_takes_everything_and_says_nothing() {
        let links = Links::new(SeededRng::new(3), Trace::new(LabClock::start()));
        links.set_faults(FaultProfile { silent: 100, cut_within: 50, ..FaultProfile::CALM });
        for _ in 0..20 {
            let (mut client, mut relay) = links.open("Alice");
            client.write_all(&[7; 50]).await.unwrap();
            relay.write_all(&[8; 50]).await.unwrap();
            drop(client);
            let mut got = Vec::new();
            let heard = tokio::time::timeout(Duration::from_secs(3600), relay.read_to_end(&mut got)).await;
            let whole = got.len() >= 50;
            assert!(heard.is_err() || whole, "who is cut off by silence does not even hear of the end: {heard:?}");
        }
        assert_eq!((links.silences(), links.cuts()), (20, 0), "each counts once");
    }
}
