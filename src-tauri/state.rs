//! What the shell holds while the application runs.

use std::sync::Mutex;

use conclave_engine::Engine;
use tauri::ipc::Channel;
use tokio::sync::Notify;

use crate::{clipboard::Clipboard, events::ShellEvent, paths::Paths};

/// What the shell holds while the application runs.
pub(crate) struct Shell {
    pub(crate) engine: Engine,
    pub(crate) paths: Paths,
    pub(crate) clipboard: Clipboard,
    /// The page says that the question whether to close is on the screen.
    pub(crate) asks_to_close: Notify,
    channel: Mutex<Option<Channel<ShellEvent>>>,
}

impl Shell {
    pub(crate) fn new(engine: Engine, paths: Paths) -> Self {
        Self { engine, paths, clipboard: Clipboard::default(), asks_to_close: Notify::new(), channel: Mutex::new(None) }
    }

    /// Remembers where the window listens.
    pub(crate) fn attach(&self, channel: Channel<ShellEvent>) {
        *self.channel.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(channel);
    }

    /// Tells the window something, and whether it was taken: that somebody hears it is another thing.
    pub(crate) fn tell(&self, event: ShellEvent) -> bool {
        let channel = self.channel.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        channel.as_ref().is_some_and(|channel| channel.send(event).is_ok())
    }
}
