//! Files that are whole, cut, damaged, or beside a log that is theirs or not.

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
                    let file = Location::File(folder.path().join("room.db"));
                    together.wait();
                    create_older(&file, &FileKey::new([key; 32]), Durability::Process, &[]).unwrap();
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

#[test]
fn a_file_that_was_cut_anywhere_is_damaged_and_stays_as_it_is() {
    let (folder, key) = (tempfile::tempdir().unwrap(), FileKey::new([1; 32]));
    let path = folder.path().join("room.db");
    let schema = &crate::migrations::ROOM;
    let made = create(&Location::File(path.clone()), &key, Durability::Full, schema).unwrap();
    // The last pages are free ones, which nothing reads.
    made.execute_batch(
        "CREATE TABLE large AS SELECT zeroblob(20000); CREATE TABLE late AS SELECT zeroblob(20000); DROP TABLE late",
    )
    .unwrap();
    checkpoint(&made).unwrap();
    drop(made);
    let whole = std::fs::read(&path).unwrap();
    for left in (0..whole.len()).step_by(1024) {
        std::fs::write(&path, &whole[..left]).unwrap();
        let opened = open(&path, &key, Durability::Full, schema);
        assert!(matches!(opened, Err(StoreError::Damaged)), "{left} of {} bytes", whole.len());
        assert!(std::fs::read(&path).unwrap() == whole[..left], "{left} bytes were touched");
    }
    std::fs::write(&path, whole).unwrap();
    open(&path, &key, Durability::Full, schema).unwrap();
}

/// A crash leaves the newest pages in the log alone: such a file is short and whole. Another one was cut on top of
/// that.
#[test]
fn a_short_file_beside_a_log_opens_if_the_log_has_the_rest_and_stays_as_it_is_if_not() {
    let (folder, key) = (tempfile::tempdir().unwrap(), FileKey::new([1; 32]));
    let path = folder.path().join("room.db");
    let schema = &crate::migrations::ROOM;
    let made = create(&Location::File(path.clone()), &key, Durability::Full, schema).unwrap();
    made.execute_batch(
        "CREATE TABLE kept (x); WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30)
                        INSERT INTO kept SELECT zeroblob(3000) FROM n",
    )
    .unwrap();
    checkpoint(&made).unwrap();
    made.execute_batch("CREATE TABLE late (x); INSERT INTO late VALUES (zeroblob(20000))").unwrap();
    // What a crash leaves: both files as they are while the connection is open.
    let (file, log) = (std::fs::read(&path).unwrap(), std::fs::read(beside(&path, "-wal")).unwrap());
    let pages: usize = made.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    drop(made);
    assert!(file.len() < pages * 4096 && !log.is_empty(), "the file is short and the log has the rest");
    let crash = |left: usize| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.db");
        std::fs::write(&path, &file[..left]).unwrap();
        std::fs::write(beside(&path, "-wal"), &log).unwrap();
        (open(&path, &key, Durability::Full, schema), path, folder)
    };
    let (opened, _path, _folder) = crash(file.len());
    let sizes = "SELECT (SELECT sum(length(x)) FROM kept), (SELECT sum(length(x)) FROM late)";
    let sizes: (u64, u64) = opened.unwrap().query_row(sizes, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(sizes, (90_000, 20_000));
    for left in (4096..file.len()).step_by(2048) {
        let (opened, path, _folder) = crash(left);
        let opened = opened.map(drop);
        assert!(matches!(opened, Err(StoreError::Damaged)), "{left} of {} bytes: {opened:?}", file.len());
        assert!(std::fs::read(&path).unwrap() == file[..left], "{left} bytes were touched");
        assert!(std::fs::read(beside(&path, "-wal")).unwrap() == log, "the log was touched at {left} bytes");
    }
}

/// Alice's app has died, and she puts a copy of one file back: beside it lies the log of the file that she lost.
#[test]
fn a_log_of_another_file_is_set_aside_and_the_copy_opens() {
    let (folder, key) = (tempfile::tempdir().unwrap(), FileKey::new([1; 32]));
    let path = folder.path().join("room.db");
    let schema = &crate::migrations::ROOM;
    let rows = |from: u32, to: u32| {
        format!(
            "WITH n(i) AS (VALUES ({from}) UNION ALL SELECT i + 1 FROM n WHERE i < {to})
             INSERT INTO kept SELECT printf('%0500d', i * 37 % 181) FROM n;"
        )
    };
    let fill = format!("CREATE TABLE late (x); CREATE TABLE kept (x); CREATE INDEX by_x ON kept (x); {}", rows(1, 60));
    let made = create(&Location::File(path.clone()), &key, Durability::Full, schema).unwrap();
    made.execute_batch(&fill).unwrap();
    checkpoint(&made).unwrap();
    let copy = std::fs::read(&path).unwrap();
    made.execute_batch(&rows(61, 120)).unwrap();
    checkpoint(&made).unwrap();
    let longer = std::fs::read(&path).unwrap();
    made.execute_batch("INSERT INTO late SELECT x FROM kept; INSERT INTO late SELECT x FROM kept").unwrap();
    checkpoint(&made).unwrap();
    // All that is in it lies beyond the end of the copy.
    made.execute("UPDATE late SET x = printf('%0500d', 7) WHERE rowid = 240", []).unwrap();
    let log_beyond = std::fs::read(beside(&path, "-wal")).unwrap();
    made.execute_batch("DROP TABLE late").unwrap();
    checkpoint(&made).unwrap();
    made.execute_batch("DELETE FROM kept WHERE rowid % 3 > 0").unwrap();
    checkpoint(&made).unwrap();
    made.execute_batch(&rows(121, 150)).unwrap();
    let log = std::fs::read(beside(&path, "-wal")).unwrap();
    let other = FileKey::new([2; 32]);
    let location = Location::File(folder.path().join("b.db"));
    let foreign = create(&location, &other, Durability::Full, schema).unwrap();
    foreign.execute_batch(&fill).unwrap();
    let others_log = std::fs::read(folder.path().join("b.db-wal")).unwrap();
    for (copy, log, rows) in
        [(&copy, &log, 60), (&longer, &log, 120), (&copy, &log_beyond, 60), (&copy, &others_log, 60)]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.db");
        std::fs::write(&path, copy).unwrap();
        // An earlier one is not replaced.
        std::fs::write(beside(&path, "-wal.foreign-1"), b"of before").unwrap();
        std::fs::write(beside(&path, "-wal"), log).unwrap();
        let opened = open(&path, &key, Durability::Full, schema).unwrap();
        let count: u64 = opened.query_row("SELECT count(*) FROM kept", [], |row| row.get(0)).unwrap();
        assert_eq!(count, rows, "what the copy holds, and nothing of the log");
        assert!(std::fs::read(beside(&path, "-wal.foreign-2")).unwrap() == *log, "nothing of it is lost");
        assert_eq!(std::fs::read(beside(&path, "-wal.foreign-1")).unwrap(), b"of before");
    }
}

/// Beside a file whose checkpoint was cut off anywhere, and beside one that is damaged as well.
#[test]
fn a_log_that_belongs_to_its_file_is_never_set_aside() {
    let (folder, key) = (tempfile::tempdir().unwrap(), FileKey::new([1; 32]));
    let path = folder.path().join("room.db");
    let schema = &crate::migrations::ROOM;
    let made = create(&Location::File(path.clone()), &key, Durability::Full, schema).unwrap();
    made.execute_batch(
        "CREATE TABLE kept (x); CREATE INDEX by_x ON kept (x); WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 90)
         INSERT INTO kept SELECT randomblob(500) FROM n",
    )
    .unwrap();
    checkpoint(&made).unwrap();
    let before = std::fs::read(&path).unwrap();
    made.execute_batch("DELETE FROM kept WHERE rowid % 3 = 0; INSERT INTO kept VALUES (randomblob(20000))").unwrap();
    let log = std::fs::read(beside(&path, "-wal")).unwrap();
    made.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
    let after = std::fs::read(&path).unwrap();
    drop(made);
    assert!(after.len() > before.len() && after[..before.len()] != before[..]);
    let crash = |file: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.db");
        std::fs::write(&path, file).unwrap();
        std::fs::write(beside(&path, "-wal"), &log).unwrap();
        let opened = open(&path, &key, Durability::Full, schema);
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
            Err(StoreError::Damaged) => {
                found += 1;
                assert!(std::fs::read(beside(&path, "-wal")).unwrap() == log, "and the log is whole");
            }
            Err(error) => panic!("page at {page}: {error:?}"),
        }
    }
    assert!(found > 10, "{found}");
}

const CHILD: &str = "CONCLAVE_OPENS_AT_ONCE";
