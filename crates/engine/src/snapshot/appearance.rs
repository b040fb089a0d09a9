//! How the window looks, as the vault keeps it.

use serde::{Deserialize, Serialize};

#[cfg(feature = "bindings")]
use ts_rs::TS;

/// The colours of the window.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(TS))]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    /// As the system has them.
    #[default]
    System,
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Theme {
    pub(crate) fn to_setting(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// Reads a setting; none for what no version of this app writes.
    pub(crate) fn of_setting(text: &str) -> Option<Self> {
        [Self::System, Self::Dark, Self::Light].into_iter().find(|theme| theme.to_setting() == text)
    }
}

/// How large the window is, in logical pixels. Only the shell needs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WindowSize {
    /// From left to right, without the frame.
    pub width: u32,
    /// From top to bottom, without the frame.
    pub height: u32,
    /// It fills the screen; width and height are those that it goes back to.
    pub is_maximised: bool,
}

impl WindowSize {
    /// Whether a screen may have it.
    pub(crate) fn is_sensible(self) -> bool {
        let sides = 1..=LONGEST_SIDE;
        sides.contains(&self.width) && sides.contains(&self.height)
    }

    pub(crate) fn to_setting(self) -> String {
        let Self { width, height, is_maximised } = self;
        format!("{width}x{height}{}", if is_maximised { MAXIMISED } else { "" })
    }

    /// Reads a setting; none for what no version of this app writes.
    pub(crate) fn of_setting(text: &str) -> Option<Self> {
        let normal = text.strip_suffix(MAXIMISED);
        let (width, height) = normal.unwrap_or(text).split_once('x')?;
        let size = Self { width: width.parse().ok()?, height: height.parse().ok()?, is_maximised: normal.is_some() };
        Some(size).filter(|size| size.is_sensible())
    }
}

/// Longer than any screen.
const LONGEST_SIDE: u32 = 32_767;
const MAXIMISED: &str = " maximised";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        for theme in [Theme::System, Theme::Dark, Theme::Light] {
            assert_eq!(Theme::of_setting(theme.to_setting()), Some(theme));
        }
        for is_maximised in [false, true] {
            let size = WindowSize { width: 1280, height: 800, is_maximised };
            assert_eq!(WindowSize::of_setting(&size.to_setting()), Some(size));
        }
    }

    #[test]
    fn nonsense_is_no_size_and_no_theme() {
        for text in [
            "",
            "x",
            "1280",
            "1280x",
            "0x800",
            "1280x-1",
            "1280x99999",
            "4294967296x800",
            "1280x800 hidden",
            "1280x800x2",
        ] {
            assert_eq!(WindowSize::of_setting(text), None, "{text}");
        }
        for text in ["", "purple", "Dark", "dark "] {
            assert_eq!(Theme::of_setting(text), None, "{text}");
        }
    }
}
