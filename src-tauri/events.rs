//! The one channel to the window.

use conclave_engine::event::Event;
use serde::Serialize;

/// What the window is told.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum ShellEvent {
    /// Something that happened in the engine.
    Engine(Box<Event>),
    /// Something that happened to the window.
    Window(WindowEvent),
}

/// What happens to the window.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum WindowEvent {
    /// Somebody wants to close the window while others are connected to a room that this computer serves, or while rooms are in
    /// memory only. The window answers with `asks_to_close`.
    CloseRequested,
}
