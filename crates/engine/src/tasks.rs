//! Who runs the engine's tasks: a runtime in the app, an executor that counts and crashes in a simulation.

use std::{fmt, hint::black_box, pin::Pin, sync::Arc, thread};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::oneshot,
};
use tokio_util::task::TaskTracker;

/// A future that a trait object returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Runs tasks and owns them.
pub trait Spawn: Send + Sync + fmt::Debug {
    /// Starts a task.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

/// The tasks of one engine.
#[derive(Clone, Debug)]
pub(crate) struct Tasks(pub(crate) Arc<dyn Spawn>);

impl Tasks {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(Box::pin(task));
    }
}

/// Tasks on the tokio runtime of the caller.
#[derive(Clone, Debug, Default)]
pub struct TokioSpawn {
    tracker: TaskTracker,
}

impl TokioSpawn {
    /// Waits until every task has ended. The engine must have been shut down.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

impl Spawn for TokioSpawn {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.tracker.spawn(task);
    }
}

/// Runs work that may wait for a person, or for ever, on a thread of its own, which the end of the program does not wait for. On a
/// runtime of one thread, as in a simulation, it runs at once. `None` if the system gives no thread.
///
/// # Cancel safety
/// The work goes on, and what comes of it is dropped.
pub(crate) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    if !has_threads() {
        return Some(work());
    }
    let (done, outcome) = oneshot::channel();
    let work = move || {
        let outcome = work();
        overwrite_stack();
        // Whoever waited may be gone.
        drop(done.send(outcome));
    };
    thread::Builder::new().name("apart".to_owned()).spawn(work).ok()?;
    outcome.await.ok()
}

/// Runs work that takes milliseconds or waits for the disk without holding up the other tasks of a runtime with several
/// threads. On one thread there is nobody to make room for.
pub(crate) fn heavy<T>(work: impl FnOnce() -> T) -> T {
    let done = if has_threads() { tokio::task::block_in_place(work) } else { work() };
    overwrite_stack();
    done
}

/// Zeros over what calls that have returned left below on this thread's stack: keys that were moved, whose copies nobody owns. The thread
/// goes on to live, and may not come back to that depth.
#[inline(never)]
fn overwrite_stack() {
    black_box([0_u8; DEEP]);
}

/// Deeper than our own calls go with a key.
const DEEP: usize = 64 << 10;

/// Whether other tasks of this runtime go on while one is at work.
fn has_threads() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}
