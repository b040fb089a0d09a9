//! A disk that is full: it is said, nothing is half written, and everything goes on when there is space again.
//!
//! Each story plays in a process of its own, which has a small disk to itself: a tmpfs in a mount namespace (`unshare` of
//! util-linux, as root or in a user namespace). Where the system allows neither, the story says so and is left out.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_engine::{
    ErrorCode,
    api::{OfRoom, RelocateRoom, SecretText, SendMessage},
    clock::{Clock, Now, SystemClock},
    event::Event,
    snapshot::{Connection, HostingState, ItemBody, LinkFault, MessageState, RoomHandle, RoomPhase},
};
use tempfile::TempDir;

use conclave_testkit::app::App;

#[test]
fn a_member_whose_disk_is_full_loses_nothing() {
    on_a_small_disk("full_disk::a_member_whose_disk_is_full_loses_nothing", async |disk| {
        let bob = App::new().await;
        let theirs = bob.host().await;
        let mut alice = App::in_folder(TempDir::new_in(&disk).unwrap()).await;
        let room = alice.join(&bob.link(&theirs).await, "Alice").await;
        alice.until(&room, "inside", async |alice| alice.is_online(&room).await).await;
        alice.say(&room, "Before.").await;
        bob.until(&theirs, "first message", async |bob| count(bob, &theirs, "Before.").await == 1).await;
        alice.until(&room, "its receipt", async |alice| alice.has_stored(&room, "Before.").await).await;

        let filler = Filler::fill(&disk);
        let refused = write_until_refused(&alice, &room).await;
        let kept = own_texts(&alice, &room).await;
        assert!(!kept.contains(&refused), "nothing of it is half written");
        assert!(kept.contains(&"Before.".to_owned()));

        // What comes from others cannot be kept: the room says why it does not go on.
        for number in 0..40 {
            bob.say(&theirs, &long(&format!("For Alice {number}."))).await;
        }
        alice.until(&room, "the reason", async |alice| waits_for_storage(alice, &room).await).await;

        // The app is closed and opened: the room is not taken for a damaged one.
        alice.restart().await;
        let view = alice.engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
        assert_eq!(view.summary.phase, RoomPhase::Open);
        assert_eq!(own_texts(&alice, &room).await, kept);
        alice.until(&room, "the reason again", async |alice| waits_for_storage(alice, &room).await).await;

        filler.remove();
        alice.until(&room, "online by herself", async |alice| alice.is_online(&room).await).await;
        alice.say(&room, &refused).await;
        bob.until(&theirs, "what was refused", async |bob| count(bob, &theirs, &refused).await == 1).await;
        for text in &kept {
            assert_eq!(count(&bob, &theirs, text).await, 1, "once");
        }
        let last = long("For Alice 39.");
        alice.until(&room, "all of Bob's", async |alice| count(alice, &room, &last).await == 1).await;
        assert_eq!(texts(&alice, &room, false).await.len(), 40, "each once");
    });
}

/// Alice opens her room by its link, as a terminal does, and then by one with another address.
#[test]
fn a_link_opens_a_room_that_is_known_also_on_a_full_disk() {
    on_a_small_disk("full_disk::a_link_opens_a_room_that_is_known_also_on_a_full_disk", async |disk| {
        let bob = App::new().await;
        let theirs = bob.host().await;
        let mut alice = App::in_folder(TempDir::new_in(&disk).unwrap()).await;
        let link = bob.link(&theirs).await;
        let room = alice.join(&link, "Alice").await;
        alice.until(&room, "inside", async |alice| alice.is_online(&room).await).await;
        alice.restart().await;
        let by = |link: &str| RelocateRoom { invitation: SecretText::new(link.to_owned()), address: None };
        alice.engine.relocate_room(by(&link)).await.unwrap();

        let filler = Filler::fill(&disk);
        write_until_refused(&alice, &room).await;
        assert_eq!(alice.engine.relocate_room(by(&link)).await, Ok(room.clone()), "there is nothing to write");
        let moved = format!("{link}~a=127.0.0.2:1");
        assert_eq!(alice.engine.relocate_room(by(&moved)).await, Ok(room.clone()), "she may read all the same");
        assert!(waits_for_storage(&alice, &room).await, "and hears why the room goes by what it knew");

        filler.remove();
        assert_eq!(alice.engine.relocate_room(by(&moved)).await, Ok(room.clone()));
        alice.until(&room, "online again", async |alice| alice.is_online(&room).await).await;
    });
}

#[test]
fn a_host_whose_disk_is_full_is_taken_for_nothing_worse() {
    on_a_small_disk("full_disk::a_host_whose_disk_is_full_is_taken_for_nothing_worse", async |disk| {
        let alice = App::in_folder(TempDir::new_in(&disk).unwrap()).await;
        let room = alice.host().await;
        let bob = App::new().await;
        let theirs = bob.join(&alice.link(&room).await, "Bob").await;
        bob.until(&theirs, "inside", async |bob| bob.is_online(&theirs).await).await;
        bob.say(&theirs, "Before.").await;
        alice.until(&room, "first message", async |alice| count(alice, &room, "Before.").await == 1).await;

        let filler = Filler::fill(&disk);
        let refused = write_until_refused(&alice, &room).await;
        let mut written = Vec::new();
        for number in 0..40 {
            written.push(long(&format!("From Bob {number}.")));
            bob.say(&theirs, written.last().unwrap()).await;
        }
        let last = written.last().unwrap();
        // Some went through while the relay's file had room in it; then it cannot take any more, and says that.
        let mut events = bob.engine.events();
        let blames_nobody = async {
            loop {
                let view = bob.engine.view_room(OfRoom { room: theirs.clone() }).await.unwrap();
                if let Connection::Waiting { reason, .. } | Connection::Stopped { reason } = view.summary.connection {
                    assert!(matches!(reason, LinkFault::Busy | LinkFault::Unreachable), "{reason:?}");
                }
                if events.next().await.is_none() {
                    break;
                }
            }
        };
        // A few rounds of trying again.
        let _ = tokio::time::timeout(Duration::from_secs(5), blames_nobody).await;
        assert_eq!(state(&bob, &theirs, last).await, Some(MessageState::Waiting), "nobody says that it was taken");

        filler.remove();
        for text in &written {
            bob.until(&theirs, "taken", async |bob| bob.has_stored(&theirs, text).await).await;
            alice.until(&room, "read", async |alice| count(alice, &room, text).await == 1).await;
        }
        alice.say(&room, &refused).await;
        bob.until(&theirs, "what was refused", async |bob| count(bob, &theirs, &refused).await == 1).await;
        assert_eq!(count(&bob, &theirs, last).await, 1, "once");
    });
}

#[test]
fn a_host_who_starts_on_a_full_disk_is_told_to_free_some_space() {
    on_a_small_disk("full_disk::a_host_who_starts_on_a_full_disk_is_told_to_free_some_space", async |disk| {
        let mut alice = App::in_folder(TempDir::new_in(&disk).unwrap()).await;
        let room = alice.host().await;
        alice.until(&room, "online", async |alice| alice.is_online(&room).await).await;
        alice.say(&room, "Before.").await;
        alice.engine.lock_vault().await;
        let filler = Filler::fill(&disk);

        alice.restart().await;
        let of_room = || OfRoom { room: room.clone() };
        let view = alice.engine.view_room(of_room()).await.unwrap();
        assert_eq!(view.summary.phase, RoomPhase::Open, "her own file is whole");
        let hosting = view.summary.hosting.map(|hosting| (hosting.state, hosting.reason));
        assert_eq!(hosting, Some((HostingState::Failed, Some(ErrorCode::DiskFull))));
        assert_eq!(alice.engine.start_hosting(of_room()).await.unwrap_err(), ErrorCode::DiskFull);
        assert_eq!(own_texts(&alice, &room).await, ["Before."]);

        filler.remove();
        alice.engine.start_hosting(of_room()).await.unwrap();
        alice.until(&room, "online again", async |alice| alice.is_online(&room).await).await;
    });
}

#[test]
fn a_room_that_does_not_fit_is_not_begun() {
    on_a_small_disk("full_disk::a_room_that_does_not_fit_is_not_begun", async |disk| {
        let mut alice = App::in_folder(TempDir::new_in(&disk).unwrap()).await;
        let filler = Filler::fill(&disk);
        let rooms = async |alice: &App| alice.engine.snapshot().await.unwrap().rooms.len();
        // However far it comes: the vault's line, the file, the keys in it.
        for left in (0..=48).step_by(8) {
            filler.leave(left * 1024);
            assert_eq!(alice.try_host(false).await.unwrap_err(), ErrorCode::DiskFull, "{left} KiB");
            assert_eq!(rooms(&alice).await, 0);
        }
        alice.restart().await;
        assert_eq!(rooms(&alice).await, 0, "nothing is found damaged later");

        filler.remove();
        alice.host().await;
        alice.restart().await;
        assert_eq!(rooms(&alice).await, 1);
    });
}

#[test]
fn a_room_can_be_removed_from_a_full_disk() {
    on_a_small_disk("full_disk::a_room_can_be_removed_from_a_full_disk", async |disk| {
        let mut alice = App::in_folder(TempDir::new_in(&disk).unwrap()).await;
        let (first, second) = (alice.host().await, alice.host().await);
        alice.engine.lock_vault().await;
        let filler = Filler::fill(&disk);
        // The vault's own file was closed in order: not even the line that removes a key fits in beside it.
        alice.restart().await;
        alice.engine.remove_room(OfRoom { room: first.clone() }).await.unwrap();
        filler.remove();
        alice.restart().await;
        let rooms = alice.engine.snapshot().await.unwrap().rooms;
        assert_eq!(rooms.iter().map(|room| room.room.clone()).collect::<Vec<_>>(), [second]);
        let left = fs::read_dir(alice.folder.path().join("rooms")).unwrap();
        let of_first = left.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with(&first.0));
        assert_eq!(of_first.count(), 0, "nor is a file left");
    });
}

/// Alice hosts on a small disk, which is full now, and has said something that burns after a day.
async fn a_day_before(disk: &Path, clock: &Arc<Ahead>) -> (App, App, RoomHandle, Filler) {
    let alice = App::with_clock(TempDir::new_in(disk).unwrap(), Arc::<Ahead>::clone(clock)).await;
    let room = alice.host().await;
    let bob = App::new().await;
    bob.join(&alice.link(&room).await, "Bob").await;
    alice.say(&room, "It burns after a day.").await;
    alice.until(&room, "stored", async |alice| alice.has_stored(&room, "It burns after a day.").await).await;
    let filler = Filler::fill(disk);
    let _ = write_until_refused(&alice, &room).await;
    (alice, bob, room, filler)
}

#[test]
fn what_is_due_burns_as_soon_as_there_is_space() {
    on_a_small_disk("full_disk::what_is_due_burns_as_soon_as_there_is_space", async |disk| {
        let clock = Ahead::new();
        let (alice, _bob, room, filler) = a_day_before(&disk, &clock).await;
        clock.passed.fetch_add(25 * 3600, Ordering::Relaxed);
        // Any request is an occasion to notice the time.
        let _ = send(&alice, &room, "late").await;
        let shown = own_texts(&alice, &room).await;
        assert!(shown.is_empty(), "what is due is not shown, whatever the disk says: {} texts", shown.len());

        // Nor is it only hidden: with space, it is removed.
        let mut events = alice.engine.events();
        filler.remove();
        clock.passed.fetch_add(61, Ordering::Relaxed);
        let _ = send(&alice, &room, "There is space.").await;
        let burned = async { while !matches!(events.next().await, Some(Event::ItemsRemoved { .. })) {} };
        tokio::time::timeout(Duration::from_secs(60), burned).await.expect("what is due burns");
        assert_eq!(own_texts(&alice, &room).await.last().map(String::as_str), Some("There is space."));
    });
}

/// Alice's clock is set a day ahead while her disk is full: what came since she opened the room burns no sooner for it.
#[test]
fn a_clock_that_is_set_on_a_full_disk_burns_nothing() {
    on_a_small_disk("full_disk::a_clock_that_is_set_on_a_full_disk_burns_nothing", async |disk| {
        let clock = Ahead::new();
        let (alice, _bob, room, filler) = a_day_before(&disk, &clock).await;
        clock.set_by.fetch_add(25 * 3600, Ordering::Relaxed);
        assert_eq!(send(&alice, &room, "late").await, Err(ErrorCode::DiskFull));
        // Nor does it try without a pause.
        let (mut events, mut told) = (alice.engine.events(), 0);
        let counted = async {
            while events.next().await.is_some() {
                told += 1
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(3), counted).await;
        assert!(told < 50, "{told} events in three seconds");
        filler.remove();
        send(&alice, &room, "There is space.").await.unwrap();
        // Time to burn, if it were to.
        clock.passed.fetch_add(61, Ordering::Relaxed);
        send(&alice, &room, "And still.").await.unwrap();
        let items = alice.items(&room).await;
        let kept = items
            .iter()
            .find(|item| matches!(&item.body, ItemBody::Text { text, .. } if text == "It burns after a day."));
        let left = kept.unwrap().expires_at.unwrap() - clock.now().unix;
        assert!(left > 23 * 3600, "it burns in {left} s");
    });
}

/// A clock that time passes by, or that can be set forward.
#[derive(Debug)]
struct Ahead {
    clock: SystemClock,
    /// Seconds that have passed.
    passed: AtomicU64,
    /// Seconds by which it was set.
    set_by: AtomicU64,
}

impl Ahead {
    fn new() -> Arc<Self> {
        Arc::new(Self { clock: SystemClock::new(), passed: AtomicU64::new(0), set_by: AtomicU64::new(0) })
    }
}

impl Clock for Ahead {
    fn now(&self) -> Now {
        let (now, passed) = (self.clock.now(), self.passed.load(Ordering::Relaxed));
        Now {
            unix: now.unix.saturating_add(passed).saturating_add(self.set_by.load(Ordering::Relaxed)),
            steady: now.steady.saturating_add(Duration::from_secs(passed)),
        }
    }
}

/// Plays a story in a process of its own. `name` is the test's own, as the test program knows it.
fn on_a_small_disk(name: &str, story: impl AsyncFnOnce(PathBuf)) {
    if let Some(disk) = std::env::var_os(DISK) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime.block_on(story(disk.into()));
    }
    let place = TempDir::new().unwrap();
    let Some(namespace) = NAMESPACES.into_iter().find(|namespace| {
        Command::new("unshare")
            .args(*namespace)
            .args(["sh", "-c", MOUNT, "sh"])
            .arg(place.path())
            .arg("true")
            .output()
            .is_ok_and(|output| output.status.success())
    }) else {
        eprintln!("{name} was left out: this system gives no small disk (unshare and mount)");
        return;
    };
    let output = Command::new("unshare")
        .args(namespace)
        .args(["sh", "-c", MOUNT, "sh"])
        .arg(place.path())
        .arg(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(DISK, place.path())
        .output()
        .unwrap();
    let (told, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    // A name that fits no test would pass, too.
    assert!(output.status.success() && told.contains("1 passed"), "{told}\n{complaint}");
}

/// Mounts a small disk at the first argument and goes on with the rest.
const MOUNT: &str = "mount -t tmpfs -o size=8m conclave \"$1\" && shift && exec \"$@\"";
const NAMESPACES: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
/// Where the small disk is, for the process that has one.
const DISK: &str = "CONCLAVE_SMALL_DISK";

/// A file that takes all the space that is left.
struct Filler(PathBuf);

impl Filler {
    fn fill(disk: &Path) -> Self {
        let path = disk.join("filler");
        let mut file = File::create_new(&path).unwrap();
        let full = loop {
            if let Err(error) = file.write_all(&[0x55; 4096]) {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        Self(path)
    }

    /// Leaves this much more space, in bytes, than the fullest disk has.
    fn leave(&self, space: u64) {
        let file = File::options().write(true).open(&self.0).unwrap();
        file.set_len(file.metadata().unwrap().len().checked_sub(space).unwrap()).unwrap();
    }

    fn remove(self) {
        fs::remove_file(self.0).unwrap();
    }
}

async fn send(app: &App, room: &RoomHandle, text: &str) -> Result<(), ErrorCode> {
    let request = SendMessage { room: room.clone(), text: SecretText::new(text.to_owned()), fuse: None };
    app.engine.send_message(request).await.map(drop)
}

/// Writes until the disk takes no more: SQLite's log may have space in it yet. Returns the first text that was refused.
async fn write_until_refused(app: &App, room: &RoomHandle) -> String {
    for number in 0..1000 {
        let text = long(&format!("While it fills {number}."));
        if let Err(error) = send(app, room, &text).await {
            assert_eq!(error, ErrorCode::DiskFull);
            return text;
        }
    }
    panic!("the disk never became full");
}

/// A text that needs some space on a disk.
fn long(beginning: &str) -> String {
    format!("{beginning} {}", "x".repeat(6 * 1024))
}

async fn own_texts(app: &App, room: &RoomHandle) -> Vec<String> {
    texts(app, room, true).await
}

async fn texts(app: &App, room: &RoomHandle, by_self: bool) -> Vec<String> {
    let texts = app.items(room).await.into_iter().filter_map(|item| {
        let ItemBody::Text { own, text, .. } = item.body else { return None };
        (own == by_self).then_some(text)
    });
    texts.collect()
}

async fn count(app: &App, room: &RoomHandle, text: &str) -> usize {
    app.texts(room).await.iter().filter(|(_, found, _)| found == text).count()
}

async fn state(app: &App, room: &RoomHandle, text: &str) -> Option<MessageState> {
    app.texts(room).await.into_iter().find(|(_, found, _)| found == text).map(|(.., state)| state)
}

async fn waits_for_storage(app: &App, room: &RoomHandle) -> bool {
    let view = app.engine.view_room(OfRoom { room: room.clone() }).await.unwrap();
    matches!(view.summary.connection, Connection::Waiting { reason: LinkFault::Storage, .. })
}
