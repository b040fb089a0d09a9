//! What the shell holds while the application runs.

use std::sync::Mutex;

use conclave_engine::Engine;
use tauri::ipc::Channel;

use crate::{clipboard::Clipboard, events::ShellEvent, paths::Paths};

/// What the shell holds while the application runs.
pub(crate) struct Shell {
    pub(crate) engine: Engine,
    pub(crate) paths: Paths,
    pub(crate) clipboard: Clipboard,
    channel: Mutex<Option<Channel<ShellEvent>>>,
}

impl Shell {
    pub(crate) fn new(engine: Engine, paths: Paths) -> Self {
        Self { engine, paths, clipboard: Clipboard::default(), channel: Mutex::new(None) }
    }

    /// Remembers where the window listens.
    pub(crate) fn attach(&self, channel: Channel<ShellEvent>) {
        *self.channel.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(channel);
    }

    /// Tells the window something, and whether somebody listens.
    pub(crate) fn tell(&self, event: ShellEvent) -> bool {
        let channel = self.channel.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        channel.as_ref().is_some_and(|channel| channel.send(event).is_ok())
    }
}
