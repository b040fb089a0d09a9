//! Erasing: the keys of the data folder, and then its files.

use std::path::PathBuf;

use anyhow::Context as _;
use conclave_engine::{DataFolder, Engine, Environment, api::EraseDevice};

use crate::words::Words;

/// Erases a folder that is not open here.
///
/// # Errors
/// What could not be erased, and what to do.
pub(crate) async fn folder(data: Option<PathBuf>) -> anyhow::Result<()> {
    let folder = data.context("name the folder to erase with --data")?;
    engine(&Engine::new(Environment::system(DataFolder::At(folder), None)), false).await
}

/// Erases what an engine has, open or not.
///
/// # Errors
/// As [`folder`].
pub(crate) async fn engine(engine: &Engine, tell_rooms: bool) -> anyhow::Result<()> {
    let erasure = engine.erase_device(EraseDevice { tell_rooms }).await;
    if erasure.left.is_empty() {
        return Ok(());
    }
    anyhow::bail!(Words::new()?.left_behind(&erasure).join(" "))
}
