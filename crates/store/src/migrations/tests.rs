//! Files of every version, as a client of that version filled them (`recorded/`), opened by this one.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use conclave_crypto::state::GroupStateReader as _;
use conclave_proto::content::{Body, Hello, Text};
use conclave_seal::{expand, rng};
use rusqlite::Connection;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::{
    BaseRow, BranchRow, CardRow, CardState, ClockRow, Confirmations, Deleted, Deletion, Draft, Durability, EndedRoom,
    Ending, Handle, Intent, IntentRow, ItemKind, ItemRow, ItemState, KnockCommit, KnockRow, KnownFrom, MemberRow,
    Missed, MoveLine, MoveRow, NewOutgoing, NewestRows, Note, Order, OrderRow, OwnKnock, OwnKnockState, PendingKind,
    PendingRow, Phase, Place, RecordRow, RoomReader, RoomStore, SignedOrder, StoreError, Suspicion, Unlock, UploadPart,
    Vault,
    database::{self, FileKey, Location},
    testing::{Counting, OneKeyring},
    vault::INDEX_LABEL,
};

#[test]
fn every_version_is_recorded() {
    for (kind, steps) in [("room", ROOM.steps), ("vault", VAULT.steps)] {
        let recorded: Vec<usize> = recorded(kind).into_iter().map(|(version, _)| version).collect();
        assert_eq!(recorded, (1..=steps.len()).collect::<Vec<_>>(), "what a {kind} keeps, after each step");
    }
}

/// Also its comments and the order of columns: a copy of it would be read as older files are.
#[test]
fn the_newest_schema_is_what_all_steps_make() {
    for (kind, schema) in [("room", ROOM), ("vault", VAULT)] {
        let key = FileKey::new([1; 32]);
        let by_steps = database::create_older(&Location::Memory, &key, Durability::Process, schema.steps).unwrap();
        let dumped = dump(&by_steps);
        if std::env::var_os("RECORD").is_some() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(kind);
            fs::write(folder.join("newest.sql"), &dumped).unwrap();
            continue;
        }
        assert_eq!(schema.newest, dumped, "{kind}: record it again");
        let new = database::create(&Location::Memory, &key, Durability::Process, &schema).unwrap();
        assert_eq!(dump(&new), dumped, "{kind}");
        let version = |of: &Connection| of.query_row("PRAGMA user_version", [], |row| row.get::<_, usize>(0)).unwrap();
        assert_eq!(version(&new), version(&by_steps), "{kind}");
    }
}

/// SQL that makes what is in a database without any room or setting in it.
fn dump(connection: &Connection) -> String {
    let texts = |query: &str| -> Vec<String> {
        let mut statement = connection.prepare(query).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let made = "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let run = "SELECT 'INSERT INTO run (only, open_for) VALUES (' || only || ', ' || open_for || ');' FROM run";
    let tables = texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    let filled: Vec<&String> =
        tables.iter().filter(|table| !texts(&format!("SELECT 'row' FROM {table}")).is_empty()).collect();
    let mut lines = vec!["-- Written by a test, from the steps beside it.".to_owned()];
    lines.extend(texts(made));
    match filled[..] {
        [] => {}
        [table] if table == "run" => lines.extend(texts(run)),
        _ => panic!("rows that no dump knows of: {filled:?}"),
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_rooms_file_of_every_version_opens_and_all_that_is_in_it_reads() {
    for (version, recorded) in recorded("room") {
        let folder = TempDir::new().unwrap();
        let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
        make(&file, &key, &ROOM.steps[..version], &recorded);
        let mut room = RoomStore::open(&file, &key, Durability::Process).unwrap();
        room.read(|reader| {
            let record = record(version);
            assert!(reader.record()? == Some(record), "the record of version {version}: {:?}", reader.record()?);
            timeline(reader, version)?;
            outbox(reader, version)?;
            retractions(reader, version)?;
            cards(reader, version)?;
            knocks(reader, version)?;
            moves(reader, version)?;
            people(reader, version)?;
            branches(reader, version)?;
            keys_and_clock(reader, version)
        })
        .unwrap();
        let loose = room.connection().query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0));
        assert_eq!(loose, Ok(0), "rows of version {version} that belong to no line");
    }
}

/// What this client reads of the record: what an older one did not keep yet has a default, or follows from the rest.
fn record(version: usize) -> RecordRow {
    let since = |step: usize| version >= step;
    RecordRow {
        room_id: [1; 32],
        authority: "relay.example.org".to_owned(),
        addresses: vec!["relay.example.org".to_owned(), "192.0.2.1:7443".to_owned()],
        pin: Some([2; 32]),
        pin_first_used_at: since(15).then(|| "192.0.2.1:7443".to_owned()),
        seat: Some([3; 16]),
        nick: "Alice".to_owned(),
        title: if since(2) { "Press desk".to_owned() } else { String::new() },
        predecessor: since(36).then_some([0x63; 16]),
        phase: Phase::Member,
        ending: since(29).then_some(Ending::Idle),
        joined_seq: 3,
        head: [4; 16],
        commit_seq: 7,
        committed_at: T - 500,
        sent_since: 2,
        unopened: 1,
        owner_counter: 7,
        params_rev: 8,
        locked: true,
        door_counter: if since(37) { 6 } else { 0 },
        moved: since(36),
        moved_until: if since(38) { T + 90_000 } else { 0 },
        erase_mid: since(34).then_some([0x5f; 16]),
        erase_asked: since(34).then_some([0xb0; 16]),
        erase_asked_as: if since(34) { "Bob".to_owned() } else { String::new() },
        has_removed: since(30),
        old_copy: since(16).then_some([9; 16]),
        old_copy_known: since(23),
        echo_after: since(23).then_some(15),
        cursor: 9,
        cursor_mark: since(18).then_some([10; 16]),
        cursor_at: if since(21) { T + 450 } else { T + 350 },
        active_at: match version {
            29.. => T + 440,
            21.. => T + 450,
            _ => T + 350,
        },
        reads_again_to: if since(19) { 11 } else { 0 },
        own_n: 5,
        own_prev: [6; 8],
        next_position: 6,
        read_item: 12,
        delivered_item: if since(32) { 14 } else { 0 },
        viewed_item: if since(32) { 12 } else { 0 },
    }
}

fn timeline(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let line = |id, position, kind, body: &str, at| ItemRow {
        id,
        position,
        n: 0,
        mid: None,
        message_id: None,
        kind,
        sender: None,
        nick: String::new(),
        own: false,
        body: body.to_owned(),
        note: None,
        at,
        claimed_at: None,
        expires_at: None,
        state: ItemState::Stored,
    };
    let n = |n| if version >= 6 { n } else { 0 };
    let bob = |n, mid, row| ItemRow { n, mid, sender: Some([0xb0; 16]), nick: "Bob".to_owned(), ..row };
    let alice = |mid, row| ItemRow { mid, nick: "Alice".to_owned(), own: true, ..row };
    let joined = line(11, 1, ItemKind::System, "", T + 100);
    let id = |id: u8| (version >= 31).then_some([id; 16]);
    let named = |message_id, row| ItemRow { message_id, ..row };
    let asks = bob(n(1), Some([0x21; 16]), named(id(0x51), line(12, 2, ItemKind::Text, "Is it there?", T + 200)));
    let says = alice(Some([0x22; 16]), named(id(0x52), line(13, 3, ItemKind::Text, "Under the stone.", T + 300)));
    let waits = alice(Some([0x24; 16]), line(15, (1 << 62) + 15, ItemKind::Text, "Found it?", T + 400));
    let card = alice(None, named(id(0x59), line(16, (1 << 62) + 16, ItemKind::ViewOnce, "", T + 410)));
    let moves = bob(6, Some([0x60; 16]), named(id(0x61), line(17, 30, ItemKind::Move, "", T + 420)));
    let mut lines = vec![
        ItemRow { note: Some(Note::Joined { nick: "Bob".to_owned() }), expires_at: Some(T + 86_500), ..joined },
        ItemRow { claimed_at: Some(T + 90), expires_at: Some(T + 86_600), ..asks },
        ItemRow { expires_at: Some(T + 86_700), ..says },
        bob(n(2), Some([0x23; 16]), line(14, 4, ItemKind::Unsupported, "", T + 350)),
    ];
    lines.extend((version >= 36).then_some(ItemRow { expires_at: Some(T + 90_000), ..moves }));
    lines.push(ItemRow { state: ItemState::Waiting, ..waits });
    lines.extend((version >= 32).then_some(ItemRow { state: ItemState::Waiting, ..card }));
    let mut found = reader.items_before((i64::MAX, 0, 0), 9)?;
    found.reverse();
    assert!(found == lines, "lines of version {version}: {found:?}");
    assert_eq!(reader.unread_after(12)?, if version >= 36 { 2 } else { 1 });

    let known = |sender, at| vec![KnownFrom { sender, at }];
    assert_eq!(reader.senders_of(&[0x21; 16])?, known(Some([0xb0; 16]), Some(T + 200)));
    let without_line = known((version >= 10).then_some([0xca; 16]), (version >= 11).then_some(T + 250));
    assert_eq!(reader.senders_of(&[0x26; 16])?, without_line, "version {version}");
    Ok(())
}

fn outbox(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let waiting = reader.outgoing_after(0, 9)?;
    let [said, unseen] = &waiting[..] else { panic!("version {version}: {waiting:?}") };
    assert_eq!((said.id, said.item, said.mid, said.cid), (4, Some(15), [0x24; 16], Some([0x35; 16])));
    assert_eq!(said.draft.expose(), b"\xa2\x00\x01\x05\xa1\x00\x69Found it?", "version {version}");
    assert_eq!(said.message.as_ref().map(|message| message.as_slice()), Some(&[0x34; 9][..]));
    let sealed = said.sealed.as_ref().unwrap();
    assert_eq!((&sealed.envelope[..], sealed.digest, sealed.base), (&[0x36; 40][..], [0x37; 32], [4; 16]));
    assert_eq!((said.written_at, said.other_leaf), (Some(T + 400), version >= 13), "version {version}");
    let taken_back = (said.fuse, said.del_token);
    assert_eq!(taken_back, if version >= 31 { (Some(600), Some([0x53; 16])) } else { (None, None) });
    assert_eq!((unseen.id, unseen.item, unseen.mid), (5, None, [0x25; 16]));
    let hello = [&b"\xa2\x00\x07\x05\xa2\x00\x58\x20"[..], &[0; 32], &b"\x01\x00"[..]].concat();
    assert_eq!(unseen.draft.expose(), hello, "version {version}");
    assert!(unseen.message.is_none() && unseen.written_at.is_none());

    // Up to step 4 a message left the outbox when the relay had stored it.
    assert_eq!(reader.is_stored_as(&[0x33; 32])?, version >= 5);
    assert_eq!(reader.stored_after(7)?, u32::from(version >= 5));
    assert_eq!(reader.may_publish(3, |keys| keys == [[0xaa; 32]])?, version >= 8, "version {version}");
    assert_eq!(reader.has_given_up(&[0x81; 16])?, version >= 22);

    let pending = PendingRow {
        kind: PendingKind::Commit,
        cid: [0x41; 16],
        head: [4; 16],
        base: [0x42; 16],
        tag: [0x43; 16],
        blob: vec![0x44],
        group_info: vec![0x45],
        place: if version >= 5 { vec![0x46] } else { Vec::new() },
        member_key: [0x47; 32],
    };
    assert_eq!(reader.pending()?, Some(pending));
    let update = IntentRow { intent: Intent::Update, since: T + 400, due_at: T + 700 };
    assert_eq!(reader.intents()?, if version >= 28 { vec![update] } else { Vec::new() });
    let signed = SignedOrder { counter: 8, statement: vec![0x91], sig: [0x92; 64] };
    let lock = OrderRow { id: 1, order: Order::Lock, epoch: (version >= 40).then_some(2), signed: Some(signed) };
    let removal = OrderRow { id: 2, order: Order::Remove([0xb0; 16]), epoch: None, signed: None };
    assert_eq!(reader.orders()?, if version >= 30 { vec![lock, removal] } else { Vec::new() });
    Ok(())
}

fn retractions(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let entry = Deletion { id: 1, what: Deleted::Entry(5), del_token: [0x55; 16] };
    let blob = Deletion { id: 2, what: Deleted::Blob([0x56; 16]), del_token: [0x57; 16] };
    assert_eq!(reader.deletions(0, 9)?, if version >= 31 { vec![entry, blob] } else { Vec::new() });
    assert_eq!(reader.is_retracted(&[0x58; 16], &[0xb0; 16])?, version >= 31);
    Ok(())
}

fn cards(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let card = CardRow {
        item: 16,
        seconds: 30,
        fuse: Some(600),
        state: CardState::Sealed,
        size: 12,
        digest: [0x5a; 32],
        blob_id: Some([0x5b; 16]),
        del_token: [0x5c; 16],
        key: Some(Zeroizing::new([0x5d; 32])),
        closes_at: None,
    };
    assert_eq!(reader.card(16)?, (version >= 32).then_some(card));
    let seen = Confirmations { recipients: 1, delivered: 1, viewed: 1 };
    assert_eq!(reader.confirmations(13)?, if version >= 32 { seen } else { Confirmations::default() });
    let part = UploadPart { start: 0, bytes: vec![0x5e; 3] };
    assert_eq!(reader.upload_part(16, 2)?, (version >= 33).then_some(part));
    assert_eq!(reader.next_upload(0)?.map(|card| card.item), (version >= 33).then_some(16));
    Ok(())
}

fn knocks(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let own = OwnKnock {
        note: "It is Alice.".to_owned(),
        token: Some([0xa1; 16]),
        state: OwnKnockState::Waiting,
        key_package: vec![0xa2],
        owner: Some([0xa3; 32]),
        blob: Some(vec![0xa4]),
        ends_at: Some(T + 1000),
        admission: Some(vec![0xa5]),
    };
    assert_eq!(reader.own_knock()?, (version >= 35).then_some(own));
    let bob = KnockRow {
        id: [0xa6; 16],
        member: [0xb0; 16],
        blob: vec![0xa7],
        key_package: vec![0xa8],
        note: "It is Bob.".to_owned(),
        made: Some(KnockCommit { tag: [0xa9; 16], place: vec![0xaa], welcome: vec![0xab] }),
        reply: None,
        ends_at: T + 1100,
    };
    let carol = KnockRow {
        id: [0xac; 16],
        member: [0xca; 16],
        blob: vec![0xad],
        key_package: vec![0xae],
        note: String::new(),
        made: None,
        reply: Some(vec![0xaf]),
        ends_at: T + 1200,
    };
    assert_eq!(reader.knocks()?, if version >= 35 { vec![bob, carol] } else { Vec::new() });
    Ok(())
}

fn moves(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let link = Zeroizing::new("conclave://relay.example.org/#code".to_owned());
    let row = MoveRow { item: 17, link, passphrase: Some(Zeroizing::new([0x62; 32])) };
    let line = MoveLine { row, own: false, nick: "Bob".to_owned(), expires_at: Some(T + 90_000) };
    assert_eq!(reader.newest_move()?, (version >= 36).then_some(line));
    assert_eq!(reader.move_readers()?, if version >= 39 { vec![[0xbb; 32]] } else { Vec::new() });
    Ok(())
}

fn people(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let missed = Missed { from: 3, to: 5, before: (version >= 9).then_some([8; 8]), last: None };
    let missed = if version >= 5 { vec![missed] } else { Vec::new() };
    let bob = MemberRow { n: 9, prev: [7; 8], missed, ..MemberRow::new([0xb0; 16], [0xbb; 32]) };
    let carol = MemberRow { n: 4, prev: [8; 8], removed: true, ..MemberRow::new([0xca; 16], [0xcc; 32]) };
    for member in [bob, carol] {
        assert_eq!(reader.member(&member.member_id)?, Some(member), "version {version}");
    }
    assert_eq!(reader.removed_leaf_keys()?, [[0xcc; 32]]);
    let former = if version >= 3 { vec![([0xca; 16], "Carol".to_owned())] } else { Vec::new() };
    assert_eq!(reader.former_names(0)?, former);
    assert_eq!(reader.are_linked(&[0xca; 16], &[0xda; 16])?, version >= 13);
    assert_eq!(reader.was_locked_in(&[0xda; 16])?, version >= 34, "the same person's");
    let heard = if version >= 17 { vec![([0xb0; 16], T - T % 3600)] } else { Vec::new() };
    assert_eq!(reader.last_heard()?, heard);
    Ok(())
}

fn branches(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    let left = BaseRow { tag: [0x61; 16], seq: 3, epoch: 1, on_branch: false, named_at: T + 50 };
    let own = BaseRow { tag: [4; 16], seq: 7, epoch: 2, on_branch: true, named_at: 0 };
    let branch = BranchRow { signer: [0x71; 32], member: true, seq: 8, tag: [0x72; 16], place: vec![0x73] };
    let (bases, branches) = if version >= 5 { (vec![left, own], vec![branch]) } else { Default::default() };
    assert_eq!((reader.bases()?, reader.branches()?), (bases, branches));
    let named = if version >= 7 { BTreeMap::from([([0x72; 16], [0x61; 16])]) } else { BTreeMap::new() };
    assert_eq!(reader.named_forks()?, named);
    Ok(())
}

fn keys_and_clock(reader: &RoomReader<'_>, version: usize) -> Result<(), StoreError> {
    for (name, value) in [("room-keys", [0x11; 32]), ("leaf-key", [0x12; 32])] {
        assert_eq!(reader.secret(name)?.as_deref().map(Vec::as_slice), Some(&value[..]));
    }
    for (place, value) in [(Place::Current, 0xc1), (Place::Pending, 0xc2)] {
        assert_eq!(*reader.group_state(place).get(&[1]).unwrap().unwrap(), [value]);
    }
    let clock = match version {
        ..14 => ClockRow { seen_at: T + 400, owed: 0, owed_since: ANY },
        14..20 => ClockRow { seen_at: T + 450, owed: 3600, owed_since: ANY },
        20.. => ClockRow { seen_at: T + 450, owed: 3600, owed_since: NewestRows { item: 14, outgoing: 4 } },
    };
    assert_eq!(reader.clock()?, Some(clock), "version {version}");
    Ok(())
}

#[test]
fn a_vaults_index_of_every_version_opens_and_all_that_is_in_it_reads() {
    let keyring = OneKeyring::default();
    let unlock = Unlock::Keyring(&keyring);
    for (version, recorded) in recorded("vault") {
        let home = TempDir::new().unwrap();
        let key = rng::array::<32>(&mut Counting(0));
        drop(Vault::create(home.path(), unlock, Durability::Process, &mut Counting(0)).unwrap());
        let (index, key) = (home.path().join("index.db"), index_key(&key));
        database::remove_files(&index).unwrap();
        make(&index, &key, &VAULT.steps[..version], &recorded);

        let vault = Vault::open(home.path(), unlock, Durability::Process).unwrap();
        let rooms = vault.rooms().unwrap();
        let [hosted, other] = [Handle([0xa1; 16]), Handle([0xa2; 16])];
        let found: Vec<_> = rooms.iter().map(|room| (room.handle, room.created_at)).collect();
        assert_eq!(found, [(hosted, T), (other, T + 1)]);
        assert_eq!(vault.setting("last-address").unwrap().as_deref(), Some("relay.example.org"));
        let needs = vault.hosted(hosted).unwrap().unwrap();
        assert_eq!(
            (needs.port, needs.running, &needs.tls_key[..], *needs.relay_key),
            (7443, true, &[1, 2][..], [0xf3; 32])
        );
        assert!(vault.hosted(other).unwrap().is_none());
        let suspicions = [hosted, other].map(|room| vault.suspicion(room).unwrap());
        let known = [Some(Suspicion::IsOlder), Some(Suspicion::MayBeOlder)];
        assert_eq!(suspicions, if version >= 4 { known } else { [None; 2] });
        assert_eq!(vault.leaving().unwrap(), if version >= 5 { vec![other] } else { Vec::new() });
        let ended = EndedRoom { title: "Press desk".to_owned(), ending: Ending::ClosedByOwner };
        assert_eq!(vault.ended().unwrap(), if version >= 6 { vec![(Handle([0xa5; 16]), ended)] } else { Vec::new() });
        drop(vault);

        let index = database::open(&index, &key, Durability::Process, &VAULT).unwrap();
        let counts: (usize, usize, usize, usize) = index
            .query_row(
                "SELECT (SELECT count(*) FROM removed), (SELECT count(*) FROM found), (SELECT open_for FROM run),
                        (SELECT count(*) FROM opening)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
            )
            .unwrap();
        let swept = if version >= 2 { (1, 1, 3600) } else { (0, 0, 0) };
        assert_eq!(counts, (swept.0, swept.1, swept.2, if version >= 3 { 2 } else { 0 }), "version {version}");
    }
}

/// The recorded files of one kind in the order of their versions.
fn recorded(kind: &str) -> Vec<(usize, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recorded").join(kind);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let version = |file: &Path| file.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    files.iter().map(|file| (version(file), fs::read_to_string(file).unwrap())).collect()
}

/// A file that has had these steps and no others, with these rows.
fn make(file: &Path, key: &FileKey, steps: &[Migration], rows: &str) {
    let made = database::create_older(&Location::File(file.to_owned()), key, Durability::Process, steps).unwrap();
    made.execute_batch(rows).unwrap();
}

fn index_key(vault_key: &[u8; 32]) -> FileKey {
    FileKey::new(*expand::expand::<32>(vault_key, INDEX_LABEL, &[]))
}

const T: u64 = 1_800_000_000;
/// Of a debt from before rows were kept with it.
const ANY: NewestRows = NewestRows { item: i64::MAX, outgoing: i64::MAX };

#[test]
fn what_was_read_and_missed_before_late_messages_had_a_place_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
    let before = ROOM.steps.iter().position(|step| step.says("ADD COLUMN missed BLOB")).unwrap();
    let old =
        database::create_older(&Location::File(file.clone()), &key, Durability::Full, &ROOM.steps[..before]).unwrap();
    old.execute_batch(
        "INSERT INTO item (id, position, kind, nick, own, body, at, state) VALUES
             (7, 2, 1, 'Bob', 0, 'read', 0, 1), (9, 1, 1, 'Bob', 0, 'read', 0, 1), (12, 3, 1, 'Bob', 0, 'new', 0, 1);
         INSERT INTO record (only, room_id, authority, addresses, nick, phase, cursor, head, own_n, own_prev, owner_counter,
             params_rev, locked, committed_at, sent_since, next_position, read_position, unopened, joined_seq, updated_at)
         VALUES (1, x'', '', '', '', 4, 9, x'', 0, x'', 0, 0, 0, 0, 0, 4, 2, 0, 0, 0);
         INSERT INTO member (member_id, leaf_key, n, prev, removed, missed_from, missed_to) VALUES
             (zeroblob(16), zeroblob(32), 300, zeroblob(8), 0, 5, 258),
             (randomblob(16), zeroblob(32), 2, zeroblob(8), 0, 0, 0);",
    )
    .unwrap();
    drop(old);

    let mut room = RoomStore::open(&file, &key, Durability::Full).unwrap();
    let mut row = room.read(|tx| tx.member(&[0; 16])).unwrap().unwrap();
    assert_eq!(row.missed, [Missed { from: 5, to: 258, before: None, last: None }]);
    row.missed.push(Missed { from: 260, to: 299, before: Some([7; 8]), last: None });
    room.write(|tx| tx.set_member(&row)).unwrap();
    assert_eq!(room.read(|tx| tx.member(&[0; 16])).unwrap().unwrap(), row);
    let read: i64 = room.connection().query_row("SELECT read_item FROM record", (), |row| row.get(0)).unwrap();
    assert_eq!((read, room.read(|tx| tx.unread_after(read)).unwrap()), (9, 1));
    room.connection().execute("UPDATE member SET missed = x'00'", ()).unwrap();
    assert!(room.read(|tx| tx.member(&[0; 16])).is_err(), "half a number is damage");
}

#[test]
fn lines_outbox_and_known_messages_from_before_senders_counted_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
    let before = ROOM.steps.iter().position(|step| step.says("new_seen")).unwrap();
    let old =
        database::create_older(&Location::File(file.clone()), &key, Durability::Full, &ROOM.steps[..before]).unwrap();
    old.execute_batch(
        "INSERT INTO item (id, position, n, mid, kind, sender, nick, own, body, at, claimed_at, expires_at, state) VALUES
             (5, 2, 3, zeroblob(16), 1, randomblob(16), 'Bob', 0, 'said', 10, 11, 12, 1),
             (7, 4, 0, randomblob(16), 1, NULL, 'Alice', 1, 'mine', 13, NULL, NULL, 2),
             (8, 5, 0, NULL, 3, NULL, '', 0, '{}', 13, NULL, NULL, 1),
             (90, 9, 0, NULL, 3, NULL, '', 0, '', 0, NULL, NULL, 1);
         DELETE FROM item WHERE id = 90;
         INSERT INTO outbox (id, item, mid, kind, message, cid, envelope, digest, base, stored_seq, kept_until, replaces,
             published, audience)
         VALUES (3, 7, randomblob(16), 1, x'01', x'02', x'03', x'04', x'05', 6, 7, x'08', 9, x'0a'),
             (4, NULL, randomblob(16), 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL),
             (80, NULL, x'', 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL);
         DELETE FROM outbox WHERE id = 80;
         INSERT INTO seen (mid, expires_at) VALUES (x'02020202020202020202020202020202', 50);",
    )
    .unwrap();
    // As text, each value with its type.
    let dump = |connection: &Connection, table: &str, columns: &str| {
        let quoted =
            columns.split(' ').map(|column| format!("quote({column})")).collect::<Vec<_>>().join(" || ' ' || ");
        let mut rows = connection.prepare(&format!("SELECT {quoted} FROM {table} ORDER BY id")).unwrap();
        let rows = rows.query_map((), |row| row.get::<_, String>(0)).unwrap();
        rows.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let both = |connection: &Connection| {
        let item = "id position n mid kind sender nick own body at claimed_at expires_at state";
        let outbox = "id item mid message cid envelope digest base stored_seq kept_until replaces published audience";
        [dump(connection, "item", item), dump(connection, "outbox", outbox)]
    };
    let rows = both(&old);
    assert_eq!(rows.each_ref().map(Vec::len), [3, 2]);
    drop(old);

    let mut room = RoomStore::open(&file, &key, Durability::Full).unwrap();
    assert_eq!(both(room.connection()), rows);
    let senders = |room: &mut RoomStore, mid: u8| room.read(|tx| tx.senders_of(&[mid; 16])).unwrap();
    assert_eq!(senders(&mut room, 2), [KnownFrom { sender: None, at: None }], "nobody knows from whom and when");
    let [KnownFrom { sender: Some(_), at: Some(10), .. }] = senders(&mut room, 0)[..] else { panic!("it has a line") };
    let outgoing = NewOutgoing { item: Some(7), mid: [3; 16], draft: Draft::new(vec![1]), fuse: None };
    assert_eq!(room.write(|tx| tx.add_outgoing(&outgoing)).unwrap(), 81, "no id comes a second time");
    room.write(|tx| tx.delete_item(7)).unwrap();
    assert_eq!(both(room.connection())[1].len(), 1, "what is on its way goes with its line");
    room.connection()
        .execute("INSERT INTO item (position, kind, nick, own, body, at, state) VALUES (9, 3, '', 0, '{}', 0, 1)", ())
        .unwrap();
    assert_eq!(room.connection().last_insert_rowid(), 91);
    let left: i64 = room
        .connection()
        .query_row("SELECT count(*) FROM sqlite_sequence WHERE name NOT IN ('item', 'outbox', 'base')", (), |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn every_line_that_was_json_tells_the_same_and_what_nobody_can_read_stays() {
    let bob = || "Bob \"the\" Ünlü".to_owned();
    let lines = [
        (r#"{"event":"created"}"#, Some(Note::Created)),
        (r#"{"event":"youJoined"}"#, Some(Note::YouJoined)),
        (r#"{"event":"joined","nick":"Bob \"the\" \u00dcnl\u00fc"}"#, Some(Note::Joined { nick: bob() })),
        (
            r#"{"event":"left","nick":"Bob \"the\" Ünlü","removed":true}"#,
            Some(Note::Left { nick: bob(), removed: true }),
        ),
        (
            r#"{"event":"left","nick":"Bob","removed":false}"#,
            Some(Note::Left { nick: "Bob".to_owned(), removed: false }),
        ),
        (r#"{"event":"rejoined","nick":"Bob"}"#, Some(Note::Rejoined { nick: "Bob".to_owned() })),
        (
            r#"{"event":"renamed","from":"Bob","to":"17"}"#,
            Some(Note::Renamed { from: "Bob".to_owned(), to: "17".to_owned() }),
        ),
        (r#"{"event":"rulesChanged"}"#, Some(Note::RulesChanged)),
        (
            r#"{"event":"gap","nick":"Bob","missing":300}"#,
            Some(Note::Gap { nick: "Bob".to_owned(), missing: 300, range: None }),
        ),
        (r#"{"event":"inconsistent","nick":"Bob"}"#, Some(Note::Inconsistent { nick: "Bob".to_owned() })),
        (r#"{"event":"resynced"}"#, Some(Note::Resynced)),
        (r#"{"event":"logTruncated"}"#, Some(Note::LogTruncated)),
        (r#"{"event":"splitSuspected"}"#, Some(Note::SplitSuspected)),
        (r#"{"event":"disturbed"}"#, Some(Note::Disturbed)),
        (r#"{"event":"clockSet","by":-86400}"#, Some(Note::ClockSet { by: -86_400 })),
        (r#"{"event":"oldCopy"}"#, Some(Note::OldCopy)),
        (r#"{"event":"relayRestarted"}"#, Some(Note::RelayRestarted)),
        (r#"{"event":"notPublishedAgain","count":12}"#, Some(Note::NotPublishedAgain { count: 12 })),
        // What no version wrote, or nobody can read any more.
        (r#"{"event":"moved","to":"elsewhere"}"#, None),
        (r#"{"event":"gap","nick":"Bob","missing":-1}"#, None),
        (r#"{"event":"joined","nick":17}"#, None),
        (r#"{"event":"joined"}"#, None),
        (r#"{"event":"#, None),
        ("17", None),
        ("", None),
    ];
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
    let before = ROOM.steps.iter().position(|step| step.says("ADD COLUMN note BLOB")).unwrap();
    let old =
        database::create_older(&Location::File(file.clone()), &key, Durability::Full, &ROOM.steps[..before]).unwrap();
    for (id, (body, _)) in (1_i64..).zip(&lines) {
        let line =
            "INSERT INTO item (id, position, kind, nick, own, body, at, state) VALUES (?1, ?1, 3, '', 0, ?2, 0, 1)";
        old.execute(line, (id, body)).unwrap();
    }
    // A text that looks like one of them is none.
    let text = r#"{"event":"created"}"#;
    let said =
        "INSERT INTO item (id, position, kind, nick, own, body, at, state) VALUES (99, 99, 1, 'Bob', 0, ?1, 0, 1)";
    old.execute(said, [text]).unwrap();
    drop(old);

    let mut room = RoomStore::open(&file, &key, Durability::Full).unwrap();
    let row = |room: &mut RoomStore, id| room.read(|tx| tx.item(id)).unwrap().unwrap();
    for (id, (body, note)) in (1..).zip(lines) {
        let row = row(&mut room, id);
        let left = if note.is_some() { "" } else { body };
        assert!((&row.note, row.body.as_str()) == (&note, left), "{body} became {:?}", row.note.map(|_| row.body));
    }
    let said = row(&mut room, 99);
    assert!(said.note.is_none() && said.body == text);
}

/// Under another leaf each gets its bytes anew, the sealed ones too.
#[test]
fn what_waits_what_is_on_its_way_and_what_is_stored_says_the_same_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let (file, key) = (folder.path().join("room.db"), FileKey::new([1; 32]));
    let before = ROOM.steps.iter().position(|step| step.says("ADD COLUMN draft BLOB")).unwrap();
    let old =
        database::create_older(&Location::File(file.clone()), &key, Durability::Full, &ROOM.steps[..before]).unwrap();
    // Lengths that stand in one, two and three bytes.
    let texts = ["short".to_owned(), "Ü".repeat(99), "x".repeat(8_000)];
    for (id, text) in (1_i64..).zip(&texts) {
        let line = "INSERT INTO item (id, position, kind, nick, own, body, at, state) VALUES (?1, ?1, 1, 'Alice', 1, ?2, 0, 2)";
        old.execute(line, (id, text)).unwrap();
    }
    old.execute_batch(
        "INSERT INTO outbox (id, item, mid, kind, message, cid, envelope, digest, base, stored_seq, kept_until) VALUES
             (1, 1, x'01', 1, x'01', x'02', NULL, x'04', NULL, 6, 7),
             (2, 2, x'02', 1, x'01', x'02', x'03', x'04', x'05', NULL, NULL),
             (3, 3, x'03', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
             (4, NULL, x'04', 7, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    .unwrap();
    drop(old);

    let room = RoomStore::open(&file, &key, Durability::Full).unwrap();
    let mut drafts = room.connection().prepare("SELECT draft FROM outbox ORDER BY id").unwrap();
    let drafts: Vec<Vec<u8>> = drafts.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let texts = texts.map(|text| Body::Text(Text { text }));
    let hello = Body::Hello(Hello { roster: [0; 32], head_seq: 0 });
    let said: Vec<Body> = texts.into_iter().chain([hello]).collect();
    let read: Vec<Body> = drafts.iter().map(|draft| Body::from_draft(draft).unwrap()).collect();
    assert!(read == said, "{read:?}");
}
