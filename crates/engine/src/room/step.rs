//! One step of a room: a transaction, the state that it moves, and what the step changed for others to see.
//!
//! Everything that a room persists changes inside a step. If the step fails, the transaction is rolled back, the record is
//! what it was and the group is loaded again: memory never runs ahead of the disk (protocol 4.14).

use std::io;

use conclave_crypto::{
    envelope::{self, Frame, Place as EnvelopePlace},
    group::{Group, GroupError},
    owner::End,
    schedule::RoomKeys,
    state::StateError,
};
use conclave_proto::{
    id::{Lane, MemberId, RoomId, Signature, Tag},
    padding::FrameKind,
};
use conclave_seal::rng::Rng;
use conclave_store::{NewItem, NewNote, Note, Place, RecordRow, RoomTx, StoreError};

use crate::{clock::Now, error::ErrorCode};

/// Why a step failed. The transaction was rolled back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    /// The storage failed: stop until a person looks.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The group failed, or what is stored of it is damaged: come in again through the door (protocol 4.6.7).
    #[error(transparent)]
    Group(GroupError),
    /// An entry brought the group to fall: skip it.
    #[error("an entry could not be judged")]
    Unjudged,
    /// The own leaf committed or rejoined, and not from these files: skip that commit.
    #[error("another copy of the files has gone on")]
    WentOn,
    /// What was asked does not fit the room's state.
    #[error("not possible now")]
    NotNow,
}

impl From<StateError> for StepError {
    fn from(error: StateError) -> Self {
        match error {
            // What is under the group says itself whether it is the disk or the file.
            StateError::Storage(cause) => match cause.downcast::<StoreError>() {
                Ok(error) => Self::Store(*error),
                Err(cause) => Self::Store(StoreError::Io(io::Error::other(cause))),
            },
            StateError::Damaged(what) => Self::Group(GroupError::Damaged(what)),
        }
    }
}

impl From<GroupError> for StepError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::State(error) => error.into(),
            error => Self::Group(error),
        }
    }
}

impl StepError {
    /// What kept a room's file from being read.
    pub(crate) fn of_reading(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Group(_) | Self::Unjudged | Self::WentOn | Self::NotNow => StoreError::Damaged,
        }
    }
}

impl From<StepError> for ErrorCode {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => Self::of_room_file(error),
            StepError::Group(GroupError::Damaged(_)) => Self::RoomDamaged,
            StepError::Group(_) | StepError::Unjudged | StepError::WentOn => Self::Internal,
            StepError::NotNow => Self::InvalidRequest,
        }
    }
}

/// What a step changed, to be told once it is on disk.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Lines that are new or changed.
    pub(crate) items: Vec<i64>,
    /// Lines that are gone.
    pub(crate) removed: Vec<i64>,
    /// Members, rules or verification changed.
    pub(crate) people: bool,
    /// The newest row that the outbox got.
    pub(crate) newest_outgoing: i64,
    /// The line in the list changed.
    pub(crate) summary: bool,
    /// Somebody showed that the app is connected.
    pub(crate) heard: Vec<MemberId>,
    /// The epoch changed.
    pub(crate) advanced: bool,
    /// Messages that the relay had stored go out again.
    pub(crate) published_again: bool,
    /// Something that was on its way was held back.
    pub(crate) held_back: bool,
    /// An order of the owner was settled.
    pub(crate) orders: bool,
    /// Something on the disk was destroyed, and lines may stay.
    pub(crate) burned: bool,
    /// The relay is to delete something.
    pub(crate) deletions: bool,
    /// Something is to be uploaded.
    pub(crate) uploads: bool,
    /// This member is out of the room.
    pub(crate) own_removed: bool,
    /// The room has ended by an ERASE.
    pub(crate) erased: Option<ByErase>,
    /// The timeline says that people may see different rooms.
    pub(crate) split_suspected: bool,
    /// An own message came back that nobody here wrote.
    pub(crate) had_echo: bool,
}

/// The room has ended by an ERASE.
#[derive(Debug)]
pub(crate) struct ByErase {
    /// The message.
    pub(crate) end: End,
    /// Says that the own keys are destroyed; for when they are.
    pub(crate) receipt: Signature,
    /// It was this person's.
    pub(crate) own: bool,
}

impl Changes {
    /// Adds what a later step changed.
    pub(super) fn extend(&mut self, later: Self) {
        self.items.extend(later.items);
        self.removed.extend(later.removed);
        self.heard.extend(later.heard);
        self.newest_outgoing = self.newest_outgoing.max(later.newest_outgoing);
        self.people |= later.people;
        self.summary |= later.summary;
        self.advanced |= later.advanced;
        self.published_again |= later.published_again;
        self.held_back |= later.held_back;
        self.orders |= later.orders;
        self.burned |= later.burned;
        self.deletions |= later.deletions;
        self.uploads |= later.uploads;
        self.own_removed |= later.own_removed;
        self.erased = later.erased.or(self.erased.take());
        self.split_suspected |= later.split_suspected;
        self.had_echo |= later.had_echo;
    }
}

/// The inside of a step.
pub(crate) struct Step<'a, 'tx> {
    pub(crate) tx: &'a RoomTx<'tx>,
    pub(crate) now: Now,
    pub(crate) record: &'a mut RecordRow,
    pub(crate) keys: &'a RoomKeys,
    pub(crate) group: &'a mut Option<Box<dyn Group>>,
    pub(crate) rng: &'a mut dyn Rng,
    /// This client answers newcomers: no member at a lower leaf is here (protocol 4.9, HELLO).
    pub(crate) greeter: bool,
    /// What is told from the age of something known goes by this time, unix seconds.
    pub(crate) settled: u64,
    /// What is processed happened while this client was away.
    pub(crate) catching_up: bool,
    /// An entry is processed that came while this client was away: what it says happened then, and not now.
    pub(crate) reads_past: bool,
    /// What is processed may have been processed before: then it does not open a second time.
    pub(crate) reads_again: bool,
    /// In which epoch the timeline has said that people may see different rooms.
    pub(crate) split_suspected: Option<Tag>,
    /// An own message came back that nobody here wrote; since the room was opened.
    pub(crate) had_echo: bool,
    pub(crate) changes: Changes,
}

impl Step<'_, '_> {
    pub(crate) fn room_id(&self) -> RoomId {
        RoomId(self.record.room_id)
    }

    /// The group; a step that needs one is not taken before there is one.
    pub(crate) fn group(&mut self) -> Result<&mut Box<dyn Group>, StepError> {
        self.group.as_mut().ok_or(StepError::NotNow)
    }

    pub(crate) fn base(&self) -> Result<Tag, StepError> {
        self.group.as_ref().map(|group| group.base()).ok_or(StepError::NotNow)
    }

    /// Calls the group with the transaction's state and the random source.
    pub(crate) fn with_group<T, E>(
        &mut self,
        call: impl FnOnce(&mut dyn Group, &dyn conclave_crypto::state::GroupState, &mut dyn Rng) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<GroupError>,
    {
        let state = self.tx.group_state(Place::Current);
        match self.group.as_mut() {
            Some(group) => call(group.as_mut(), &state, self.rng),
            None => Err(GroupError::Removed.into()),
        }
    }

    /// Seals a frame for a lane of the current epoch, or for lane J or G at a base.
    pub(crate) fn seal(&mut self, lane: Lane, base: Tag, kind: FrameKind, data: &[u8]) -> Result<Vec<u8>, StepError> {
        let place = EnvelopePlace { lane, room_id: self.room_id(), base };
        let group = self.group.as_ref();
        let key = match lane {
            Lane::Join | Lane::GroupInfo => Some(self.keys.join_key()),
            Lane::Application | Lane::Commit | Lane::Ephemeral => group.and_then(|group| group.keys().envelope(lane)),
        };
        envelope::seal(self.rng, key.ok_or(StepError::NotNow)?, &place, kind, data).map_err(|_| StepError::NotNow)
    }

    /// Opens an envelope at the current base; `None` if it does not open or is not of this kind.
    pub(crate) fn open(&self, lane: Lane, kind: FrameKind, blob: &[u8]) -> Option<Frame> {
        let group = self.group.as_ref()?;
        let place = EnvelopePlace { lane, room_id: self.room_id(), base: group.base() };
        let key = match lane {
            Lane::Join | Lane::GroupInfo => self.keys.join_key(),
            Lane::Application | Lane::Commit | Lane::Ephemeral => group.keys().envelope(lane)?,
        };
        envelope::open(key, &place, blob).ok().filter(|frame| frame.kind == kind)
    }

    /// The title outlives the group: a room that is over still has its name.
    pub(crate) fn keep_title(&mut self) {
        if let Some(group) = self.group.as_ref() {
            let title = &group.params().title;
            if self.record.title != *title {
                self.record.title.clone_from(title);
            }
        }
    }

    /// Seconds after which a message burns, unless it says otherwise.
    pub(crate) fn message_ttl(&self) -> u64 {
        self.group.as_ref().map_or(0, |group| u64::from(group.params().policy.msg_ttl))
    }

    /// Seconds after which a message burns whose author may want it to go sooner.
    pub(crate) fn ttl_with(&self, fuse: Option<u32>) -> u64 {
        fuse.map_or(u64::MAX, u64::from).min(self.message_ttl())
    }

    /// Adds a line that says what happened; not to a room that is being erased.
    pub(crate) fn note(&mut self, note: &Note) -> Result<(), StepError> {
        if self.is_erasing() {
            return Ok(());
        }
        let position = self.next_position();
        let ttl = self.message_ttl();
        // Of the past, when the line before it came: nothing else tells.
        let newest = if self.reads_past { self.tx.newest_stored_at()? } else { None };
        let at = self.read_at().max(newest.unwrap_or_default()).min(self.now.unix);
        let expires_at = Some(self.now.unix.saturating_add(ttl));
        let id = self.tx.add_note(&NewNote { position, note, at, expires_at })?;
        self.line_added(id)
    }

    /// Says that people may see different rooms; once in an epoch, so that nobody fills the timeline with it.
    pub(crate) fn suspect_split(&mut self) -> Result<(), StepError> {
        if self.changes.split_suspected || self.split_suspected == Some(self.base()?) {
            return Ok(());
        }
        self.changes.split_suspected = true;
        self.note(&Note::SplitSuspected)
    }

    /// Adds a message to the timeline. Returns its line.
    pub(crate) fn add_line(&mut self, line: &NewItem<'_>) -> Result<i64, StepError> {
        let id = self.tx.add_item(line)?;
        self.line_added(id)?;
        Ok(id)
    }

    /// Tells of a line that was added. Once in a while the bound is looked at, because counting lines takes time.
    fn line_added(&mut self, id: i64) -> Result<(), StepError> {
        self.changes.items.push(id);
        self.changes.summary = true;
        if id % LINES_LOOK == 0 { self.trim() } else { Ok(()) }
    }

    /// The next place in the timeline.
    pub(crate) const fn next_position(&mut self) -> i64 {
        let position = self.record.next_position;
        self.record.next_position = position.saturating_add(1);
        position
    }
}

/// Lines after which they are counted.
const LINES_LOOK: i64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_under_the_group_is_called_what_it_is() {
        let by_the_group = |error: StoreError| GroupError::State(StateError::storage(error));
        for (error, code) in [
            (by_the_group(StoreError::DiskFull), ErrorCode::DiskFull),
            (by_the_group(StoreError::Io(io::ErrorKind::TimedOut.into())), ErrorCode::StorageFailed),
            (by_the_group(StoreError::Damaged), ErrorCode::RoomDamaged),
            (GroupError::State(StateError::Damaged("a value")), ErrorCode::RoomDamaged),
        ] {
            let said = format!("{error:?}");
            assert_eq!(ErrorCode::from(StepError::from(error)), code, "{said}");
        }
    }
}
