//! A process that can be killed: a set of tasks whose suspension points are numbered.
//!
//! Every time one of its tasks returns `Pending` the process counts one point, and so does every call of the group's
//! cryptography, which lies inside a transaction. At the point that [`Process::crash_at`] names, everything stops:
//! tasks are dropped where they stand, and what the store had not committed is gone.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use conclave_engine::tasks::{BoxFuture, Spawn};
use tokio::{
    sync::{Notify, oneshot},
    task::AbortHandle,
};

/// A process. Clones are handles to the same one.
#[derive(Clone)]
pub struct Process(Arc<Inner>);

struct Inner {
    name: String,
    points: AtomicU64,
    crash_at: AtomicU64,
    dead: AtomicBool,
    /// Tasks that still hold something.
    alive: AtomicU64,
    changed: Notify,
    tasks: Mutex<Vec<AbortHandle>>,
    panics: Mutex<Vec<String>>,
    last_act: Mutex<Option<LastAct>>,
}

/// What is done at the moment of death, before anything is dropped.
type LastAct = Box<dyn FnOnce() + Send>;

impl Process {
    /// A process without tasks.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Arc::new(Inner {
            name: name.to_owned(),
            points: AtomicU64::new(0),
            crash_at: AtomicU64::new(u64::MAX),
            dead: AtomicBool::new(false),
            alive: AtomicU64::new(0),
            changed: Notify::new(),
            tasks: Mutex::default(),
            panics: Mutex::default(),
            last_act: Mutex::default(),
        }))
    }

    /// What to do at the moment of death: look at the disk as it is then.
    pub fn at_death(&self, act: impl FnOnce() + Send + 'static) {
        *self.0.last_act.lock().unwrap() = Some(Box::new(act));
    }

    /// Dies at this point; never with `u64::MAX`.
    pub fn crash_at(&self, point: u64) {
        self.0.crash_at.store(point, Ordering::Relaxed);
    }

    /// How many points have passed.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.0.points.load(Ordering::Relaxed)
    }

    /// Dies now.
    pub fn crash(&self) {
        if self.0.dead.swap(true, Ordering::Relaxed) {
            return;
        }
        let act = self.0.last_act.lock().unwrap().take();
        if let Some(act) = act {
            act();
        }
        for task in self.0.tasks.lock().unwrap().drain(..) {
            task.abort();
        }
        self.0.changed.notify_waiters();
    }

    /// Whether it has died.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.0.dead.load(Ordering::Relaxed)
    }

    /// Waits until it dies.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn death(&self) {
        self.until(|| self.is_dead()).await;
    }

    /// Waits until every task has let go of what it held.
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn ended(&self) {
        self.until(|| self.0.alive.load(Ordering::Relaxed) == 0).await;
    }

    /// Runs something inside the process. `None` if the process died over it.
    ///
    /// # Cancel safety
    /// It goes on inside the process.
    pub async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        let (done, result) = oneshot::channel();
        self.start(Box::pin(async move {
            // Nobody waits any more for the answer of a dead process.
            let _ = done.send(work.await);
        }));
        result.await.ok()
    }

    /// Starts a task.
    pub fn start(&self, task: BoxFuture<'static, ()>) {
        if self.is_dead() {
            return;
        }
        self.0.alive.fetch_add(1, Ordering::Relaxed);
        let counted = Counted { process: self.clone(), task: Some(task) };
        #[expect(clippy::disallowed_methods, reason = "the process owns the task, and a tracker cannot kill")]
        let handle = tokio::task::spawn(counted).abort_handle();
        let mut tasks = self.0.tasks.lock().unwrap();
        tasks.retain(|task| !task.is_finished());
        tasks.push(handle);
    }

    /// Counts a point in the middle of synchronous work. If it is the fatal one, unwinds to the task, which ends.
    pub fn point(&self) {
        self.count();
        if self.is_dead() {
            resume_unwind(Box::new(Killed));
        }
    }

    /// What went wrong inside, panics of tasks.
    #[must_use]
    pub fn panics(&self) -> Vec<String> {
        self.0.panics.lock().unwrap().clone()
    }

    fn count(&self) {
        let point = self.0.points.fetch_add(1, Ordering::Relaxed);
        if point == self.0.crash_at.load(Ordering::Relaxed) {
            self.crash();
        }
    }

    async fn until(&self, holds: impl Fn() -> bool) {
        loop {
            let changed = self.0.changed.notified();
            if holds() {
                return;
            }
            changed.await;
        }
    }
}

impl Spawn for Process {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        self.start(task);
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Process").field(&self.0.name).finish()
    }
}

/// Unwinds from [`Process::point`] to [`Counted`].
struct Killed;

/// A task that counts and dies with its process.
struct Counted {
    process: Process,
    task: Option<BoxFuture<'static, ()>>,
}

impl Future for Counted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.process.is_dead() {
            self.task = None;
        }
        let Some(task) = self.task.as_mut() else { return Poll::Ready(()) };
        match catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx))) {
            Ok(Poll::Ready(())) => self.task = None,
            Ok(Poll::Pending) => {
                self.process.count();
                if !self.process.is_dead() {
                    return Poll::Pending;
                }
                self.task = None;
            }
            Err(payload) => {
                self.task = None;
                if !payload.is::<Killed>() {
                    let text = format!("{} panicked: {}", self.process.0.name, describe(payload.as_ref()));
                    self.process.0.panics.lock().unwrap().push(text);
                }
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.task = None;
        self.process.0.alive.fetch_sub(1, Ordering::Relaxed);
        self.process.0.changed.notify_waiters();
    }
}

fn describe(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_dies_at_the_point_that_was_named() {
        let process = Process::new("Alice");
        process.crash_at(2);
        let reached = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&reached);
        let result = process.run(async move {
            for _ in 0..10 {
                tokio::task::yield_now().await;
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert_eq!(result.await, None, "nobody answers for the dead");
        process.ended().await;
        assert_eq!(reached.load(Ordering::Relaxed), 2, "it went on from two points and not from the third");
        assert_eq!(Arc::strong_count(&reached), 1, "what the task held is let go of");
    }

    #[tokio::test]
    async fn a_panic_is_told_and_is_no_death() {
        let process = Process::new("Bob");
        assert_eq!(process.run(async { panic!("oops") }).await, None::<()>);
        assert_eq!(process.panics(), ["Bob panicked: oops"]);
        assert!(!process.is_dead());
    }
}
