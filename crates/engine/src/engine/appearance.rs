//! How the window looks, and what else a person chose for all rooms, kept in the vault: nothing is written beside it, and nothing is known
//! before it is open.

use conclave_store::StoreError;

use super::{Engine, registry::Open};
use crate::{
    api::{SetTellsTyping, SetTheme},
    error::ErrorCode,
    snapshot::{Theme, WindowSize},
    tasks::heavy,
};

impl Engine {
    /// Keeps the colours that a person chose.
    ///
    /// # Errors
    /// [`ErrorCode::VaultLocked`], or what the disk says.
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn set_theme(&self, request: SetTheme) -> Result<(), ErrorCode> {
        let keep = |open: &mut Open| Ok(heavy(|| open.vault.set_setting(THEME, request.theme.to_setting()))?);
        self.inner.registry.look(keep).await
    }

    /// Keeps whether the others are told that this person types.
    ///
    /// # Errors
    /// As [`Engine::set_theme`].
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn set_tells_typing(&self, request: SetTellsTyping) -> Result<(), ErrorCode> {
        let choice = if request.on { TOLD } else { NOT_TOLD };
        let keep = |open: &mut Open| Ok(heavy(|| open.vault.set_setting(TYPING, choice))?);
        self.inner.registry.look(keep).await
    }

    /// The size that the window had last while this vault was open; none if it was never changed.
    ///
    /// # Errors
    /// As [`Engine::set_theme`].
    ///
    /// # Cancel safety
    /// Changes nothing.
    pub async fn window_size(&self) -> Result<Option<WindowSize>, ErrorCode> {
        let kept = self.inner.registry.look(|open| Ok(heavy(|| open.vault.setting(WINDOW))?)).await?;
        Ok(kept.and_then(|text| WindowSize::of_setting(&text)))
    }

    /// Keeps the size of the window.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidRequest`] for a size that no screen has. As [`Engine::set_theme`].
    ///
    /// # Cancel safety
    /// May have happened.
    pub async fn remember_window(&self, size: WindowSize) -> Result<(), ErrorCode> {
        if !size.is_sensible() {
            return Err(ErrorCode::InvalidRequest);
        }
        let keep = |open: &mut Open| Ok(heavy(|| open.vault.set_setting(WINDOW, &size.to_setting()))?);
        self.inner.registry.look(keep).await
    }
}

impl Open {
    /// The colours that a person chose; the system's where nobody did.
    pub(super) fn theme(&self) -> Result<Theme, StoreError> {
        let kept = heavy(|| self.vault.setting(THEME))?;
        Ok(kept.and_then(|text| Theme::of_setting(&text)).unwrap_or_default())
    }

    /// Whether the others are told that this person types; they are where nobody chose.
    pub(super) fn tells_typing(&self) -> Result<bool, StoreError> {
        Ok(heavy(|| self.vault.setting(TYPING))?.is_none_or(|choice| choice != NOT_TOLD))
    }
}

const TYPING: &str = "typing";
const TOLD: &str = "told";
const NOT_TOLD: &str = "not-told";
const THEME: &str = "theme";
const WINDOW: &str = "window";
