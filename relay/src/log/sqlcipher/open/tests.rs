//! Files that are whole, cut, damaged, of an earlier version, or beside a log that is theirs or not.

use std::{process::Command, sync::Barrier, thread};

use super::*;

/// Only the first moment of a process can go wrong, so there are many processes. Without [`initialise`], a few in a
/// hundred do.
#[test]
fn the_first_files_of_a_process_can_be_opened_at_once() {
    if std::env::var_os(CHILD).is_some() {
        let together = Barrier::new(8);
        return thread::scope(|scope| {
            let together = &together;
            let opening = [0, 1, 2, 3, 4, 5, 6, 7].map(|key| {
                scope.spawn(move || {
                    let folder = tempfile::tempdir().unwrap();
                    together.wait();
                    create(&folder.path().join("relay.db"), &StorageKey::from_bytes(&[key; 32])).unwrap();
                })
            });
            // Joined: a scope ends before its threads do, and OpenSSL frees at exit what each of them frees as it ends.
            for thread in opening {
                thread.join().unwrap();
            }
        });
    }
    let name = concat!(module_path!(), "::the_first_files_of_a_process_can_be_opened_at_once");
    let (_, name) = name.split_once("::").unwrap();
    for _ in 0..100 {
        let child = Command::new(std::env::current_exe().unwrap()).args([name, "--exact"]).env(CHILD, "1").output();
        let told = child.unwrap();
        let complaint = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success() && told.stdout.windows(8).any(|text| text == b"1 passed"), "{complaint}");
    }
}

/// A room of the version before, with a message that has gone, another one, and a commit: each counts in its own share.
#[test]
fn what_is_there_already_is_counted_by_kind() {
    let mut db = Connection::open_in_memory().unwrap();
    for step in &MIGRATIONS[..6] {
        db.execute_batch(step).unwrap();
    }
    db.pragma_update(None, "user_version", 6).unwrap();
    let rows = "
        INSERT INTO room VALUES (1, x'01', x'', x'', 0, x'', x'', x'', 2, x'', 0, 3, 0, 0, NULL, NULL, 2, 747, 1, 1, 0);
        INSERT INTO entry (room, seq, lane, tag, expires, size, blob) VALUES (1, 2, 1, x'07', 9, 300, x'00');
        INSERT INTO entry (room, seq, lane, tag, expires, size, blob) VALUES (1, 3, 2, NULL, 9, 40, x'00');
        INSERT INTO cid (room, cid, seq, tag) VALUES (1, x'01', 1, NULL), (1, x'02', 2, x'07'), (1, x'03', 3, NULL);
        INSERT INTO place (room, seq, size, blob) VALUES (1, 0, 5, x'00'), (1, 2, 18, x'00');";
    db.execute_batch(rows).unwrap();
    migrate(&mut db, 6).unwrap();
    let select = "SELECT messages, message_bytes, commits, commit_bytes FROM room";
    let counted: [i64; 4] =
        db.query_row(select, [], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])).unwrap();
    assert_eq!(counted, [1, 40 + 2 * 128, 1, 300 + 5 + 18 + 128]);
}

/// The version before took a commit that it had forgotten a second time, while its GroupInfo was kept.
#[test]
fn of_two_group_infos_with_one_tag_the_newer_stays() {
    let mut db = Connection::open_in_memory().unwrap();
    for step in &MIGRATIONS[..6] {
        db.execute_batch(step).unwrap();
    }
    db.pragma_update(None, "user_version", 6).unwrap();
    let rows = "
        INSERT INTO room VALUES (1, x'01', x'', x'', 0, x'', x'', x'', 2, x'', 0, 3, 0, 0, NULL, NULL, 0, 0, 1, 1, 0);
        INSERT INTO room VALUES (2, x'02', x'', x'', 0, x'', x'', x'', 2, x'', 0, 3, 0, 0, NULL, NULL, 0, 0, 1, 1, 0);
        INSERT INTO group_info (room, seq, tag, by_member, blob)
        VALUES (1, 1, x'07', 1, x''), (1, 2, x'08', 0, x''), (1, 3, x'07', 0, x''), (2, 1, x'07', 1, x'');";
    db.execute_batch(rows).unwrap();
    migrate(&mut db, 6).unwrap();
    let mut statement = db.prepare("SELECT room, seq FROM group_info ORDER BY room, seq").unwrap();
    let kept = statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?])).unwrap();
    assert_eq!(kept.collect::<Result<Vec<[i64; 2]>, _>>().unwrap(), [[1, 2], [1, 3], [2, 1]]);
}

/// Rooms of a version that knew no files go on, and with them files go.
#[test]
fn a_file_of_before_gets_a_place_for_blobs() {
    let (folder, key) = (tempfile::tempdir().unwrap(), StorageKey::from_bytes(&[1; 32]));
    let path = folder.path().join("relay.db");
    drop(open_private(&path, fs::OpenOptions::new().write(true).create_new(true)).unwrap());
    let before = connect(&path, &key).unwrap();
    for step in &MIGRATIONS[..7] {
        before.execute_batch(step).unwrap();
    }
    before.pragma_update(None, "user_version", 7).unwrap();
    let room = "
        INSERT INTO room (number, room_id, deed, seat, state, genesis, genesis_key, head, head_seq, head_key, locked_at,
                          last_seq, floor, owner_counter, messages, message_bytes, idle_ttl, active_hour)
        VALUES (1, x'01', x'', x'', 0, x'', x'', x'', 0, x'', 0, 0, 0, 0, 0, 0, 1, 1);";
    before.execute_batch(room).unwrap();
    merge_at_closing(&before).unwrap();
    drop(before);
    let after = open(&path, &key).unwrap();
    let blob = "
        INSERT INTO blob (number, room, blob_id, size, counts, received, ttl, expires, del_hash)
        VALUES (5, 1, x'02', 1, 16384, 1, 60, 60, x'');";
    after.execute_batch(blob).unwrap();
    let counted = |table: &str| {
        let select = format!("SELECT (SELECT count(*) FROM {table}), (SELECT counts FROM blob_total)");
        after.query_row(&select, [], |row| Ok([row.get::<_, i64>(0)?, row.get(1)?])).unwrap()
    };
    assert_eq!(counted("blob"), [1, 16_384]);
    after.execute_batch("DELETE FROM room").unwrap();
    assert_eq!((counted("blob"), counted("blob_garbage")), ([0, 0], [1, 0]), "its parts are known as garbage");
}

#[test]
fn a_file_that_was_cut_anywhere_is_damaged_by_check_and_start() {
    let (folder, key) = (tempfile::tempdir().unwrap(), StorageKey::from_bytes(&[1; 32]));
    let path = folder.path().join("relay.db");
    create(&path, &key).unwrap();
    let db = open(&path, &key).unwrap();
    // The last pages are free ones, which nothing reads.
    db.execute_batch(
        "CREATE TABLE large AS SELECT zeroblob(20000); CREATE TABLE late AS SELECT zeroblob(20000); DROP TABLE late",
    )
    .unwrap();
    drop(db);
    let whole = fs::read(&path).unwrap();
    for left in (0..whole.len()).step_by(1024) {
        fs::write(&path, &whole[..left]).unwrap();
        for said in [check(&path, &key), open(&path, &key).map(drop)] {
            assert!(matches!(said, Err(OpenError::Damaged)), "{left} of {} bytes: {said:?}", whole.len());
        }
        assert!(fs::read(&path).unwrap() == whole[..left], "{left} bytes were touched");
    }
    fs::write(&path, whole).unwrap();
    check(&path, &key).unwrap();
}

/// A crash leaves the newest pages in the log alone: such a file is short and whole. Another one was cut on top of
/// that.
#[test]
fn a_short_file_beside_a_log_opens_if_the_log_has_the_rest_and_stays_as_it_is_if_not() {
    let (folder, key) = (tempfile::tempdir().unwrap(), StorageKey::from_bytes(&[1; 32]));
    let path = folder.path().join("relay.db");
    create(&path, &key).unwrap();
    let db = open(&path, &key).unwrap();
    db.execute_batch(
        "CREATE TABLE kept (x); WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30)
         INSERT INTO kept SELECT zeroblob(3000) FROM n; PRAGMA wal_checkpoint(TRUNCATE);
         CREATE TABLE late (x); INSERT INTO late VALUES (zeroblob(20000));",
    )
    .unwrap();
    // What a crash leaves: both files as they are while the connection is open.
    let (file, log) = (fs::read(&path).unwrap(), fs::read(beside(&path, "-wal")).unwrap());
    let pages: usize = db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    drop(db);
    assert!(file.len() < pages * 4096 && !log.is_empty(), "the file is short and the log has the rest");
    let crash = |left: usize| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.db");
        fs::write(&path, &file[..left]).unwrap();
        fs::write(beside(&path, "-wal"), &log).unwrap();
        (open(&path, &key), path, folder)
    };
    let (opened, _path, _folder) = crash(file.len());
    let sizes = "SELECT (SELECT sum(length(x)) FROM kept), (SELECT sum(length(x)) FROM late)";
    let sizes: (u64, u64) = opened.unwrap().query_row(sizes, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(sizes, (90_000, 20_000));
    for left in (4096..file.len()).step_by(2048) {
        let (opened, path, _folder) = crash(left);
        let looked = check(&path, &key);
        assert!(matches!(looked, Ok(()) | Err(OpenError::Unfinished)), "{left} bytes beside a log: {looked:?}");
        let opened = opened.map(drop);
        assert!(matches!(opened, Err(OpenError::Damaged)), "{left} of {} bytes: {opened:?}", file.len());
        assert!(fs::read(&path).unwrap() == file[..left], "{left} bytes were touched");
        assert!(fs::read(beside(&path, "-wal")).unwrap() == log, "the log was touched at {left} bytes");
    }
}

/// The relay has died, and its operator puts a copy back: beside it lies the log of the file that was lost.
#[test]
fn a_log_of_another_file_is_set_aside_and_the_copy_opens() {
    let (folder, key) = (tempfile::tempdir().unwrap(), StorageKey::from_bytes(&[1; 32]));
    let path = folder.path().join("relay.db");
    create(&path, &key).unwrap();
    let db = open(&path, &key).unwrap();
    let empty = "PRAGMA wal_checkpoint(TRUNCATE)";
    let checkpoint = || db.query_row(empty, [], |_| Ok(())).unwrap();
    db.execute_batch("CREATE TABLE late (x); CREATE TABLE kept (x); INSERT INTO kept VALUES (zeroblob(9000))").unwrap();
    checkpoint();
    let copy = fs::read(&path).unwrap();
    db.execute_batch("INSERT INTO late VALUES (zeroblob(300000)), (1)").unwrap();
    checkpoint();
    // All that is in it lies beyond the end of the copy.
    db.execute("UPDATE late SET x = 2 WHERE rowid = 2", []).unwrap();
    let log_beyond = fs::read(beside(&path, "-wal")).unwrap();
    db.execute("INSERT INTO late VALUES (zeroblob(30000))", []).unwrap();
    let log = fs::read(beside(&path, "-wal")).unwrap();
    let (index, other) = (fs::read(beside(&path, "-shm")).unwrap(), folder.path().join("b.db"));
    create(&other, &StorageKey::from_bytes(&[2; 32])).unwrap();
    let others = open(&other, &StorageKey::from_bytes(&[2; 32])).unwrap();
    others.execute_batch("CREATE TABLE kept (x)").unwrap();
    let others_log = fs::read(beside(&other, "-wal")).unwrap();
    for log in [&log, &log_beyond, &others_log] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.db");
        fs::write(&path, &copy).unwrap();
        fs::write(beside(&path, "-wal"), log).unwrap();
        fs::write(beside(&path, "-shm"), &index).unwrap();
        // An earlier one is not replaced.
        fs::write(beside(&path, "-wal.foreign-1"), b"of before").unwrap();
        let opened = open(&path, &key).unwrap();
        let [kept, late]: [u64; 2] = opened
            .query_row("SELECT (SELECT count(*) FROM kept), (SELECT count(*) FROM late)", [], |row| {
                Ok([row.get(0)?, row.get(1)?])
            })
            .unwrap();
        assert_eq!([kept, late], [1, 0], "what the copy holds, and nothing of the log");
        assert!(fs::read(beside(&path, "-wal.foreign-2")).unwrap() == *log, "nothing of it is lost");
        assert_eq!(fs::read(beside(&path, "-wal.foreign-1")).unwrap(), b"of before");
    }
}

/// Beside a file whose checkpoint was cut off anywhere, and beside one that is damaged as well.
#[test]
fn a_log_that_belongs_to_its_file_is_never_set_aside() {
    let (folder, key) = (tempfile::tempdir().unwrap(), StorageKey::from_bytes(&[1; 32]));
    let path = folder.path().join("relay.db");
    create(&path, &key).unwrap();
    let db = open(&path, &key).unwrap();
    db.execute_batch(
        "CREATE TABLE kept (x); CREATE INDEX by_x ON kept (x);
         WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 90)
         INSERT INTO kept SELECT randomblob(500) FROM n",
    )
    .unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let before = fs::read(&path).unwrap();
    db.execute_batch("DELETE FROM kept WHERE rowid % 3 = 0; INSERT INTO kept VALUES (randomblob(20000))").unwrap();
    let log = fs::read(beside(&path, "-wal")).unwrap();
    db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
    let after = fs::read(&path).unwrap();
    let crash = |file: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.db");
        fs::write(&path, file).unwrap();
        fs::write(beside(&path, "-wal"), &log).unwrap();
        let opened = open(&path, &key);
        assert!(!beside(&path, "-wal.foreign-1").exists(), "the log was set aside");
        (opened, path, folder)
    };
    for done in (0..after.len()).step_by(4096) {
        let rest = before.get(done..).unwrap_or_default();
        let (opened, _path, _folder) = crash(&[&after[..done], rest].concat());
        let count: u64 = opened.unwrap().query_row("SELECT count(*) FROM kept", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 61, "after {done} bytes of the checkpoint");
    }
    let mut found = 0;
    for page in (0..before.len()).step_by(4096) {
        let mut damaged = before.clone();
        damaged[page + 100] ^= 1;
        let (opened, path, _folder) = crash(&damaged);
        match opened.map(drop) {
            // The log has the page.
            Ok(()) => {}
            Err(OpenError::Damaged | OpenError::WrongKey) => {
                found += 1;
                assert!(fs::read(beside(&path, "-wal")).unwrap() == log, "and the log is whole");
                assert!(fs::read(&path).unwrap() == damaged, "as is the file");
            }
            Err(error) => panic!("page at {page}: {error:?}"),
        }
    }
    assert!(found > 10, "{found}");
}

const CHILD: &str = "CONCLAVE_OPENS_AT_ONCE";
