//! What is on the disk of a member: no more than the room needs, and nothing that has burned (protocol 4.14).

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a lie is about one kind of frame; the rest passes")]

use std::{
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use conclave_crypto::{
    group::{Advanced, CommitEntry, Group, ProcessError},
    state::{GroupState, GroupStateReader, StateError},
};
use conclave_engine::snapshot::{Connection, LinkFault};
use conclave_proto::{
    ErrorCode, Lane,
    frame::{Fetched, FetchedEntry, Refusal, Reply},
};
use conclave_store::{Durability, ItemKind, ItemState, LINES, NewItem, StoreError, Unlock, Vault};
use conclave_testkit::{
    Lab,
    check::Member,
    folder,
    layer::{AllLayered, Layer},
    scene::two,
};
use tokio::time::sleep;
use zeroize::Zeroizing;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn size_of(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    files.map(|file| if file.path().is_dir() { size_of(&file.path()) } else { file.metadata().unwrap().len() }).sum()
}

#[test]
fn what_opens_nowhere_does_not_fill_the_disk() {
    Lab::play(905, async |lab| {
        let (alice, mut bob) = two(&lab).await;
        let before = size_of(&bob.person.folder());
        let rounds = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&rounds);
        lab.intercept("Bob", move |reply| match reply {
            // The honest relay behind this one knows no such cursor.
            Reply::Fetched(_) | Reply::Refused(Refusal { code: ErrorCode::CursorExpired, .. })
                if count.load(Ordering::Relaxed) < 60 =>
            {
                let n = count.fetch_add(1, Ordering::Relaxed);
                let garbage = |i| FetchedEntry {
                    seq: 1000 + n * 100 + i,
                    lane: Lane::Application,
                    blob: vec![u8::try_from(n).unwrap(); 64 * 1024],
                    mpk: None,
                    place: None,
                };
                vec![Reply::Fetched(Fetched { entries: (0..25).map(garbage).collect(), more: true, head_seq: 0 })]
            }
            other => vec![other],
        });
        bob.reconnect().await;
        assert_eq!(rounds.load(Ordering::Relaxed), 60, "he was fed almost a hundred megabytes");
        let after = size_of(&bob.person.folder());
        assert!(after < before + 256 * 1024, "{before} bytes became {after}");
        drop(alice);
    });
}

/// The room's file as somebody finds it who knows the vault's secret, while the app runs.
fn copy_of(member: &Member, to: &Path) -> Vault {
    folder::copy(&member.person.folder(), to).unwrap();
    Vault::open(to, Unlock::Keyring(member.person.keyring()), Durability::Process).unwrap()
}

#[test]
fn what_fell_due_while_the_vault_was_locked_is_burned_before_anything_is_shown() {
    Lab::play(906, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        for member in [&mut alice, &mut bob] {
            member.close().await;
        }
        sleep(31 * DAY).await;
        alice.start().await;
        // The very first thing that she asks.
        let rooms = alice.person.snapshot().await.rooms;
        assert!(rooms[0].last_line.is_none(), "no text that is due is in the list");
        let copy = lab.folder("copy");
        let vault = copy_of(&alice, &copy);
        let mut room = vault.open_room(vault.rooms().unwrap()[0].handle).unwrap();
        let lines = room.read(|tx| tx.items_before((i64::MAX, 0, 0), 99)).unwrap();
        assert_eq!(lines.len(), 0, "nor is it in the file");
    });
}

#[test]
fn a_timeline_keeps_a_million_lines_and_the_oldest_go() {
    Lab::play(907, async |lab| {
        let (mut alice, mut bob) = two(&lab).await;
        let known = alice.person.timeline(&alice.room).await.len();
        alice.close().await;
        let vault = Vault::open(&alice.person.folder(), Unlock::Keyring(alice.person.keyring()), Durability::Process);
        let vault = vault.unwrap();
        let mut room = vault.open_room(vault.rooms().unwrap()[0].handle).unwrap();
        let filled = room.write(|tx| {
            let mut record = tx.record()?.unwrap();
            let newest = tx.items_before((i64::MAX, 0, 0), 1)?.pop().unwrap();
            for _ in 0..LINES {
                tx.add_item(&NewItem {
                    position: record.next_position,
                    n: 0,
                    mid: None,
                    message_id: None,
                    kind: ItemKind::Text,
                    sender: Some([1; 16]),
                    nick: "Bob",
                    own: false,
                    body: "Again.",
                    at: newest.at,
                    claimed_at: None,
                    expires_at: newest.expires_at,
                    state: ItemState::Stored,
                })?;
                record.next_position += 1;
            }
            tx.set_record(&record)
        });
        filled.unwrap();
        let count = |room: &mut conclave_store::RoomStore| {
            let oldest = room.read(|tx| tx.items_before((i64::MAX, 0, 0), u32::MAX)).unwrap();
            (oldest.len(), oldest.last().unwrap().body.clone())
        };
        let lines = usize::try_from(LINES).unwrap();
        assert_eq!(count(&mut room).0, lines + known);
        drop(room);
        drop(vault);

        alice.start().await;
        bob.say("And now?").await;
        alice.close().await;
        let vault = copy_of(&alice, &lab.folder("copy"));
        let mut room = vault.open_room(vault.rooms().unwrap()[0].handle).unwrap();
        let (kept, oldest) = count(&mut room);
        assert!((lines..lines + 1024).contains(&kept), "{kept} lines");
        assert_eq!(oldest, "Again.", "what was said before went first");
        let newest = room.read(|tx| tx.items_before((i64::MAX, 0, 0), 1)).unwrap().pop().unwrap();
        assert_eq!(newest.body, "And now?");
    });
}

/// What becomes of the keys of Bob's leaf, which his group reads when somebody commits and not before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// They read as something else than was written.
    Garbage,
    /// The page that they are on has another checksum.
    Page,
    /// There is no space to write.
    Full,
}

/// Bob's trouble, and the leaf that it began with: another one has other keys.
#[derive(Clone, Default)]
struct OfBob(Arc<Mutex<Begun>>);

type Begun = Option<(Trouble, Option<[u8; 32]>)>;

impl Layer for OfBob {
    fn advance(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        entry: CommitEntry<'_>,
    ) -> Result<Advanced, ProcessError> {
        let key = group.leaf_key().public();
        let is_bob = group.roster().iter().any(|member| member.own && member.credential.fields().nick == "Bob");
        match self.0.lock().unwrap().as_mut().filter(|_| is_bob) {
            Some((trouble, leaf)) => {
                if *leaf.get_or_insert(key) != key {
                    return group.advance(state, entry);
                }
                group.advance(&Troubled { state, trouble: *trouble }, entry)
            }
            None => group.advance(state, entry),
        }
    }
}

struct Troubled<'a> {
    state: &'a dyn GroupState,
    trouble: Trouble,
}

impl GroupStateReader for Troubled<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        match self.trouble {
            _ if !key.starts_with(b"mls/EpochKeyPairs/") => self.state.get(key),
            Trouble::Garbage => Ok(Some(Zeroizing::new(vec![0xff; 64]))),
            Trouble::Page => Err(StateError::storage(StoreError::Damaged)),
            Trouble::Full => Err(StateError::storage(StoreError::DiskFull)),
        }
    }
}

impl GroupState for Troubled<'_> {
    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        self.state.put(key, value)
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateError> {
        self.state.delete(key)
    }
}

#[test]
fn damage_in_a_groups_state_is_no_full_disk_and_is_repaired_where_that_is_possible() {
    for (seed, trouble) in [(908, Trouble::Garbage), (909, Trouble::Page), (910, Trouble::Full)] {
        let of_bob = OfBob::default();
        let set = Arc::clone(&of_bob.0);
        Lab::play_with(seed, Arc::new(AllLayered(of_bob)), async |lab| {
            let (mut alice, mut bob) = two(&lab).await;
            lab.expect_resyncs();
            *set.lock().unwrap() = Some((trouble, None));
            let mut carol = alice.invites("Carol").await;
            bob.pause(Duration::from_secs(120)).await;
            let Connection::Waiting { reason, .. } = bob.connection().await else { panic!("he cannot go on") };
            let expected = match trouble {
                Trouble::Garbage => LinkFault::StateDamaged,
                Trouble::Page => LinkFault::RoomDamaged,
                Trouble::Full => LinkFault::Storage,
            };
            assert_eq!(reason, expected);
            if trouble == Trouble::Garbage {
                // He comes in again, in place of the leaf whose keys are lost.
                let question = bob.question().await.unwrap();
                bob.person.rejoin(&bob.room, &question.branch).await.unwrap().unwrap();
            } else {
                *set.lock().unwrap() = None;
            }
            bob.pause(Duration::from_secs(60)).await;
            carol.say("Are you all here?").await;
            bob.say("I am.").await;
            for member in [&mut alice, &mut bob, &mut carol] {
                let texts = member.texts().await;
                assert!(texts.ends_with(&["Are you all here?".to_owned(), "I am.".to_owned()]), "{texts:?}");
            }
        });
    }
}
