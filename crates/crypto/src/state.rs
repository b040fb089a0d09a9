//! Where a group keeps its state.

use std::{collections::BTreeMap, error::Error, fmt, sync::Mutex};

use zeroize::Zeroizing;

/// One key/value space for one group, inside a transaction of the caller, as far as it can be read: enough to load the group.
///
/// Values are secret. The crate never scans, so an implementation may hash its keys.
pub trait GroupStateReader {
    /// The value of a key, if there is one.
    ///
    /// # Errors
    /// [`StateError`] if the storage fails. Absence is not an error.
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError>;
}

/// A group's key/value space that can be changed.
///
/// What is deleted must not come back: an old value restores keys that were meant to be gone, and an old sender chain would
/// encrypt twice under one key.
pub trait GroupState: GroupStateReader {
    /// Writes the value of a key, in place of an older one.
    ///
    /// # Errors
    /// [`StateError`] if the storage fails; the caller then rolls its transaction back.
    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), StateError>;

    /// Deletes a key. Deleting what is not there is no error.
    ///
    /// # Errors
    /// [`StateError`] if the storage fails; the caller then rolls its transaction back.
    fn delete(&self, key: &[u8]) -> Result<(), StateError>;
}

/// A group did not find its state, or could not change it. The group in memory is to be dropped and loaded again.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The storage did not do its work, for the reason that it gives.
    #[error("the room's state could not be read or written")]
    Storage(#[source] Box<dyn Error + Send + Sync>),
    /// The storage gave out what the group never put there: it cannot be decoded, or something that belongs to it is missing.
    #[error("the room's stored state is damaged: {0}")]
    Damaged(&'static str),
}

impl StateError {
    /// Wraps what a storage says. The cause must not hold keys or values.
    pub fn storage(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Storage(cause.into())
    }
}

/// A state in memory: for tests, and for a join that is not yet accepted.
#[derive(Default)]
pub struct MemoryState(Mutex<Values>);

type Values = BTreeMap<Vec<u8>, Zeroizing<Vec<u8>>>;

impl MemoryState {
    /// An empty state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes everything into another state: what a joiner does once the relay has accepted its commit.
    ///
    /// # Errors
    /// [`StateError`] if the other state fails.
    pub fn copy_into(&self, other: &dyn GroupState) -> Result<(), StateError> {
        self.values().iter().try_for_each(|(key, value)| other.put(key, value))
    }

    /// A second state with the same content, to go back to.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self(Mutex::new(self.values().clone()))
    }

    /// A panic while the lock is held leaves the map whole, since each method makes one change.
    fn values(&self) -> std::sync::MutexGuard<'_, Values> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl GroupStateReader for MemoryState {
    fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        Ok(self.values().get(key).cloned())
    }
}

impl GroupState for MemoryState {
    fn put(&self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        self.values().insert(key.to_vec(), Zeroizing::new(value.to_vec()));
        Ok(())
    }

    fn delete(&self, key: &[u8]) -> Result<(), StateError> {
        self.values().remove(key);
        Ok(())
    }
}

impl fmt::Debug for MemoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryState(..)")
    }
}
