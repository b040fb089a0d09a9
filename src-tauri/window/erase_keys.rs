//! The keys that erase this computer, seen by the window itself: they work while the page hangs, or has none yet.

use std::time::{Duration, Instant};

use conclave_engine::Engine;
use gtk::{gdk, glib::Propagation, prelude::WidgetExt as _};
use tauri::{Runtime, WebviewWindow};

use crate::erase;

/// Follows the keys until the window closes. The page sees them as well, and shows what they do.
///
/// # Errors
/// What the system's webview says.
pub(super) fn follow<R: Runtime>(window: &WebviewWindow<R>, engine: Engine) -> tauri::Result<()> {
    window.with_webview(move |webview| {
        let keys = std::rc::Rc::new(std::cell::RefCell::new(Keys::default()));
        let page = webview.inner();
        let pressed = std::rc::Rc::clone(&keys);
        page.connect_key_press_event(move |_, event| {
            if is_meant(event) && pressed.borrow_mut().press(now()) {
                erase::at_once(engine.clone());
            }
            Propagation::Proceed
        });
        page.connect_key_release_event(move |_, event| {
            if event.keyval() == gdk::keys::constants::BackSpace {
                keys.borrow_mut().let_go();
            }
            Propagation::Proceed
        });
    })
}

fn is_meant(event: &gdk::EventKey) -> bool {
    let wanted = gdk::ModifierType::CONTROL_MASK | gdk::ModifierType::SHIFT_MASK;
    event.keyval() == gdk::keys::constants::BackSpace && event.state().contains(wanted)
}

#[expect(clippy::disallowed_methods, reason = "how fast a person presses is no time of the engine's")]
fn now() -> Instant {
    Instant::now()
}

/// Pressed twice. A key that is held sends more presses, which are one.
#[derive(Default)]
struct Keys {
    is_down: bool,
    pressed_at: Option<Instant>,
}

impl Keys {
    /// Whether this press is the second one.
    fn press(&mut self, now: Instant) -> bool {
        if std::mem::replace(&mut self.is_down, true) {
            return false;
        }
        let is_second = self.pressed_at.is_some_and(|before| now.saturating_duration_since(before) < TWICE);
        self.pressed_at = (!is_second).then_some(now);
        is_second
    }

    fn let_go(&mut self) {
        self.is_down = false;
    }
}

/// A second press counts within this time, as in the page.
const TWICE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_presses_erase_and_one_that_is_held_or_forgotten_does_not() {
        let (mut keys, begun) = (Keys::default(), now());
        let at = |milliseconds| begun + Duration::from_millis(milliseconds);
        assert!(!keys.press(at(0)));
        assert!(!keys.press(at(500)), "it is held, and repeats");
        keys.let_go();
        assert!(keys.press(at(600)));
        keys.let_go();
        assert!(!keys.press(at(700)), "a third one begins anew");
        keys.let_go();
        assert!(!keys.press(at(2800)), "the first was long ago");
        keys.let_go();
        assert!(keys.press(at(2900)));
    }
}
