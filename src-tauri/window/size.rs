//! The size of the window: the vault keeps it, and the window gets it back when that is unlocked. Nothing else knows it, so until then
//! the window has its first size.

use std::{sync::Arc, time::Duration};

use conclave_engine::{
    Engine,
    event::Event,
    snapshot::{VaultState, WindowSize},
};
use tauri::{LogicalSize, PhysicalPosition, PhysicalRect, PhysicalSize, Runtime, WebviewWindow, WindowEvent};
use tokio::{sync::Notify, time::timeout};

/// Follows the size of a window, and the vault, until the application ends.
pub(super) fn follow<R: Runtime>(window: WebviewWindow<R>, engine: Engine) {
    let resized = Arc::new(Notify::new());
    let notifier = Arc::clone(&resized);
    window.on_window_event(move |event| {
        if let WindowEvent::Resized(_) = event {
            notifier.notify_one();
        }
    });
    // Subscribed before anybody can unlock it.
    let mut events = engine.events();
    tauri::async_runtime::spawn(async move {
        // What the next size is compared with; none while nothing is kept.
        let mut known = None;
        loop {
            tokio::select! {
                biased;
                event = events.next() => match event {
                    Some(Event::VaultChanged { vault: VaultState::Open }) => known = Some(restore(&window, &engine).await),
                    Some(Event::VaultChanged { .. }) => known = None,
                    // The vault may have been opened meanwhile. A locked one keeps nothing.
                    Some(Event::Lagged) => known = known.or_else(|| present(&window, FIRST)),
                    Some(_) => {}
                    None => return,
                },
                () = resized.notified() => {
                    // Debounced: somebody who drags an edge resizes it with each step.
                    while timeout(QUIET, resized.notified()).await.is_ok() {}
                    if let Some(before) = known {
                        known = Some(keep(&window, &engine, before).await);
                    }
                }
            }
        }
    });
}

/// Gives the window the size that the vault has, as far as the screen has room. Returns the size that it has then.
async fn restore<R: Runtime>(window: &WebviewWindow<R>, engine: &Engine) -> WindowSize {
    let kept = engine.window_size().await.ok().flatten();
    // A screen that cannot be asked leaves the window as it is.
    let given = kept.and_then(|size| resize(window, size).ok());
    given.or_else(|| present(window, FIRST)).unwrap_or(FIRST)
}

/// Keeps the size if it has changed. Returns what the next one is compared with.
async fn keep<R: Runtime>(window: &WebviewWindow<R>, engine: &Engine, before: WindowSize) -> WindowSize {
    let Some(size) = present(window, before).filter(|size| *size != before) else { return before };
    // What the disk refuses is tried again with the next change.
    if engine.remember_window(size).await.is_ok() { size } else { before }
}

/// The size that the window has now; none if it is only out of sight, or covers the screen for a while. Maximised, it goes back to the
/// size of before.
fn present<R: Runtime>(window: &WebviewWindow<R>, before: WindowSize) -> Option<WindowSize> {
    if window.is_minimized().ok()? || window.is_fullscreen().ok()? {
        return None;
    }
    if window.is_maximized().ok()? {
        return Some(WindowSize { is_maximised: true, ..before });
    }
    let LogicalSize { width, height } = window.inner_size().ok()?.to_logical(window.scale_factor().ok()?);
    Some(WindowSize { width, height, is_maximised: false })
}

fn resize<R: Runtime>(window: &WebviewWindow<R>, size: WindowSize) -> tauri::Result<WindowSize> {
    let (inner, outer) = (window.inner_size()?, window.outer_size()?);
    let frame = PhysicalSize::new(outer.width.saturating_sub(inner.width), outer.height.saturating_sub(inner.height));
    let scale = window.scale_factor()?;
    let space = window.current_monitor()?.map(|monitor| Space { area: *monitor.work_area(), frame, scale });
    let size = space.as_ref().map_or(size, |space| space.fit(size));
    if window.is_maximized()? && !size.is_maximised {
        window.unmaximize()?;
    }
    window.set_size(LogicalSize::new(size.width, size.height))?;
    // On Wayland no window knows where it is; the system keeps it on the screen.
    if let (Some(space), Ok(position)) = (space, window.outer_position()) {
        let inside = space.place(position, size);
        if inside != position {
            window.set_position(inside)?;
        }
    }
    if size.is_maximised {
        window.maximize()?;
    }
    Ok(size)
}

/// What a screen has for windows.
struct Space {
    /// Without bars and docks.
    area: PhysicalRect<i32, u32>,
    /// What the frame of the window takes of it.
    frame: PhysicalSize<u32>,
    /// Physical pixels for a logical one.
    scale: f64,
}

impl Space {
    /// The size, clamped to the screen, and then to the smallest that the window may have.
    fn fit(&self, size: WindowSize) -> WindowSize {
        let Self { area, frame, scale } = self;
        let (width, height) =
            (area.size.width.saturating_sub(frame.width), area.size.height.saturating_sub(frame.height));
        let most: LogicalSize<u32> = PhysicalSize::new(width, height).to_logical(*scale);
        WindowSize {
            width: size.width.min(most.width).max(SMALLEST.width),
            height: size.height.min(most.height).max(SMALLEST.height),
            ..size
        }
    }

    /// Where a window of that size is wholly on the screen, as near as possible to where it is.
    fn place(&self, position: PhysicalPosition<i32>, size: WindowSize) -> PhysicalPosition<i32> {
        let Self { area, frame, scale } = self;
        let inner: PhysicalSize<u32> = LogicalSize::new(size.width, size.height).to_physical(*scale);
        let along = |at: i32, from: i32, all: u32, inner: u32, frame: u32| {
            let free = all.saturating_sub(inner.saturating_add(frame));
            at.min(from.saturating_add_unsigned(free)).max(from)
        };
        PhysicalPosition::new(
            along(position.x, area.position.x, area.size.width, inner.width, frame.width),
            along(position.y, area.position.y, area.size.height, inner.height, frame.height),
        )
    }
}

/// How long nobody changes the size before it is kept.
const QUIET: Duration = Duration::from_millis(400);
/// The size of a window of which the vault knows nothing.
pub(super) const FIRST: WindowSize = WindowSize { width: 1280, height: 800, is_maximised: false };
/// Smaller, its screens do not fit.
pub(super) const SMALLEST: LogicalSize<u32> = LogicalSize::new(480, 520);

#[cfg(test)]
mod tests {
    use super::*;

    /// A screen beside another one, with a bar above, at this scale.
    fn space(scale: f64) -> Space {
        let area = PhysicalRect { position: PhysicalPosition::new(1920, 30), size: PhysicalSize::new(1600, 1000) };
        Space { area, frame: PhysicalSize::new(2, 40), scale }
    }

    fn size(width: u32, height: u32) -> WindowSize {
        WindowSize { width, height, is_maximised: false }
    }

    #[test]
    fn a_size_from_a_larger_screen_fits_and_one_from_nowhere_is_not_too_small() {
        assert_eq!(space(1.0).fit(size(1280, 800)), size(1280, 800));
        assert_eq!(space(1.0).fit(size(3000, 2000)), size(1598, 960));
        assert_eq!(space(2.0).fit(size(3000, 2000)), size(799, 520), "it may stick out, but shows its screens");
        assert_eq!(space(1.0).fit(size(1, 1)), size(480, 520));
        let maximised = WindowSize { is_maximised: true, ..size(3000, 2000) };
        assert!(space(1.0).fit(maximised).is_maximised);
    }

    #[test]
    fn a_window_that_grows_is_moved_onto_its_screen() {
        let at = PhysicalPosition::new;
        assert_eq!(space(1.0).place(at(2000, 100), size(1280, 800)), at(2000, 100), "it is on it");
        assert_eq!(space(1.0).place(at(2400, 400), size(1280, 800)), at(2238, 190));
        assert_eq!(space(1.0).place(at(1800, -20), size(1280, 800)), at(1920, 30));
        assert_eq!(space(2.0).place(at(2000, 100), size(1280, 800)), at(1920, 30), "its title bar stays in sight");
    }
}
