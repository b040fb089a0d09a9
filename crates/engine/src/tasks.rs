//! Who runs the engine's tasks: a runtime in the app, an executor that counts and crashes in a simulation.

use std::{fmt, pin::Pin, sync::Arc};

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

/// Runs work that takes milliseconds or waits for the disk without holding up the other tasks of a runtime with several
/// threads. On one thread there is nobody to make room for.
pub(crate) fn heavy<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
