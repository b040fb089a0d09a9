//! The two threads of a file: a writer with group commit, and a reader beside it.

use std::{
    fmt, io,
    sync::Arc,
    thread::{self, JoinHandle},
};

use conclave_proto::id::RoomId;
use rusqlite::{Connection, TransactionBehavior, ffi};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{checkpoint::checkpoint, db::Db, error::StoreError, key::Keys};
use crate::{
    fault::Work,
    log::{
        LogError, Pending,
        subscribers::{OwnedNotice, Subscribers},
    },
};

/// The writing thread.
#[derive(Debug)]
pub(super) struct Writer(Thread);

/// The reading thread.
#[derive(Debug)]
pub(super) struct Reader(Thread);

impl Writer {
    /// Resolves when the thread has ended.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + Send + '_ {
        self.0.ended.cancelled()
    }

    pub(super) fn start(db: Connection, keys: Arc<Keys>, subscribers: Arc<Subscribers>) -> io::Result<Self> {
        Thread::start("relay-writer", move |jobs| write(db, &keys, &subscribers, jobs)).map(Self)
    }

    /// Does a piece of work inside a transaction that others share; answers when it is on disk.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'_, T> {
        self.0.ask(work)
    }
}

impl Reader {
    /// Resolves when the thread has ended.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + Send + '_ {
        self.0.ended.cancelled()
    }

    pub(super) fn start(db: Connection, keys: Arc<Keys>) -> io::Result<Self> {
        Thread::start("relay-reader", move |jobs| read(&db, &keys, jobs)).map(Self)
    }

    /// Does a piece of work on what is committed.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'_, T> {
        self.0.ask(work)
    }
}

/// A thread and its bounded inbox. It ends, and is waited for, when the handle is dropped.
struct Thread {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    handle: Option<JoinHandle<()>>,
    /// Cancelled when the thread ends, also by a panic.
    ended: CancellationToken,
}

impl Thread {
    fn start(name: &str, run: impl FnOnce(mpsc::Receiver<Box<dyn Job>>) + Send + 'static) -> io::Result<Self> {
        let (jobs, inbox) = mpsc::channel(INBOX);
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        let handle = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let (_guard, _work) = (guard, Work::begin());
            run(inbox);
        })?;
        Ok(Self { jobs: Some(jobs), handle: Some(handle), ended })
    }

    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'_, T> {
        let (reply, answer) = oneshot::channel();
        let task = Task { work: Some(work), done: None, reply: Some(reply) };
        Box::pin(async move {
            let jobs = self.jobs.as_ref().ok_or(LogError::Closed)?;
            jobs.send(Box::new(task)).await.map_err(|_| LogError::Closed)?;
            answer.await.map_err(|_| LogError::Closed)?
        })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            tracing::error!("a thread of the relay's file has panicked");
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Thread(..)")
    }
}

/// A piece of work whose result waits for the commit.
trait Job: Send {
    /// False if it failed: what it changed must be undone.
    fn run(&mut self, db: &mut Db<'_>) -> bool;
    fn finish(self: Box<Self>, committed: bool);
}

struct Task<T, F> {
    work: Option<F>,
    done: Option<Result<T, StoreError>>,
    reply: Option<oneshot::Sender<Result<T, LogError>>>,
}

impl<T: Send, F: FnOnce(&mut Db<'_>) -> Result<T, StoreError> + Send> Job for Task<T, F> {
    fn run(&mut self, db: &mut Db<'_>) -> bool {
        self.done = self.work.take().map(|work| work(db));
        matches!(self.done, Some(Ok(_)))
    }

    fn finish(mut self: Box<Self>, committed: bool) {
        let result = match self.done.take() {
            Some(Err(error)) => Err(LogError::Storage(Box::new(error))),
            Some(Ok(value)) if committed => Ok(value),
            Some(Ok(_)) | None => Err(LogError::Storage("the transaction was not committed".into())),
        };
        if let Some(reply) = self.reply.take() {
            // Whoever asked may be gone; the write stands.
            drop(reply.send(result));
        }
    }
}

fn write(mut db: Connection, keys: &Keys, subscribers: &Subscribers, mut inbox: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::new();
    // What a process that died, or an earlier version, left in the log.
    empty_log(&db);
    // Group commit: what arrived during the last transaction shares the next one, and its fsync.
    while inbox.blocking_recv_many(&mut batch, MOST_TOGETHER) > 0 {
        let committed = commit_together(&mut db, keys, &mut batch);
        let (committed, notices, destroyed) = match committed {
            Ok((notices, destroyed)) => (true, notices, destroyed),
            Err(error) => {
                tracing::error!(%error, "a transaction of the relay's file was not committed");
                (false, Vec::new(), false)
            }
        };
        // The reader may have taken the key up again while the room was being destroyed.
        for (room, _) in notices.iter().filter(|(_, notice)| matches!(notice, OwnedNotice::Gone(_))) {
            keys.forget(*room);
        }
        subscribers.tell_all(&notices);
        for job in batch.drain(..) {
            job.finish(committed);
        }
        if destroyed {
            empty_log(&db);
        }
    }
    empty_log(&db);
}

fn empty_log(db: &Connection) {
    if let Err(error) = checkpoint(db) {
        tracing::error!(%error, "the write-ahead log was not emptied; it will be with the next deletion");
    }
}

type Committed = (Vec<(RoomId, OwnedNotice)>, bool);

fn commit_together(db: &mut Connection, keys: &Keys, batch: &mut [Box<dyn Job>]) -> rusqlite::Result<Committed> {
    let mut tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (mut notices, mut destroyed) = (Vec::new(), false);
    if let [job] = batch {
        // Alone it is the transaction, and needs no savepoint, for which SQLite copies every page that is changed.
        let mut db = Db { sql: &tx, keys, notices, destroyed };
        if !job.run(&mut db) {
            return Ok((Vec::new(), false));
        }
        (notices, destroyed) = (db.notices, db.destroyed);
        tx.commit()?;
        return Ok((notices, destroyed));
    }
    for job in batch {
        let savepoint = tx.savepoint()?;
        let mut db = Db { sql: &savepoint, keys, notices: Vec::new(), destroyed: false };
        let succeeded = job.run(&mut db);
        let (of_job, gone) = (db.notices, db.destroyed);
        if succeeded {
            notices.extend(of_job);
            destroyed |= gone;
            savepoint.commit()?;
            continue;
        }
        // SQLite itself may roll everything back, on a full disk for one: no request may run outside the transaction
        // then.
        if savepoint.is_autocommit() {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_ABORT_ROLLBACK), None));
        }
        // A savepoint that is dropped is rolled back: one request that fails takes no other with it.
    }
    tx.commit()?;
    Ok((notices, destroyed))
}

fn read(db: &Connection, keys: &Keys, mut inbox: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(mut job) = inbox.blocking_recv() {
        job.run(&mut Db { sql: db, keys, notices: Vec::new(), destroyed: false });
        job.finish(true);
    }
}

const INBOX: usize = 1024;
const MOST_TOGETHER: usize = 256;

#[cfg(test)]
mod tests {
    use conclave_seal::rng::OsRng;

    use super::{super::key::StorageKey, *};

    fn job(sql: &'static str) -> Box<dyn Job> {
        let work = move |db: &mut Db<'_>| Ok::<_, StoreError>(db.sql.execute_batch(sql)?);
        Box::new(Task { work: Some(work), done: None, reply: None })
    }

    #[tokio::test]
    async fn a_thread_that_panics_is_missed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key) = (folder.path().join("relay.db"), StorageKey::from_bytes(&[1; 32]));
        let log = super::super::SqlcipherLog::create(&path, &key, Box::new(OsRng)).unwrap();
        assert!(futures_util::FutureExt::now_or_never(crate::log::RoomLog::died(&log)).is_none());
        let answer = log.writer.ask(|_| -> Result<(), StoreError> { panic!("a fault of ours") }).await;
        assert!(matches!(answer, Err(LogError::Closed)));
        let died = crate::log::RoomLog::died(&log);
        tokio::time::timeout(std::time::Duration::from_secs(10), died).await.expect("its death is noticed");
    }

    /// SQLite rolls the whole transaction back when it runs out of space; what came behind would be kept, and called
    /// lost.
    #[test]
    fn nothing_is_kept_of_a_transaction_that_ran_out_of_space() {
        let keys = Keys::new(&StorageKey::from_bytes(&[1; 32]), Box::new(OsRng));
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE t (x); PRAGMA max_page_count = 4;").unwrap();
        let mut batch = [
            job("INSERT INTO t VALUES ('before')"),
            job("INSERT INTO t VALUES (zeroblob(100000))"),
            job("INSERT INTO t VALUES ('behind')"),
        ];
        commit_together(&mut db, &keys, &mut batch).unwrap_err();
        assert_eq!(db.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, u32>(0)).unwrap(), 0);
    }
}
