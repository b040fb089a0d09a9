//! Whether a seat of the room at a relay is this room, and not older than what this client has seen (protocol 4.19).

use conclave_crypto::params;
use conclave_proto::{
    deed::Deed,
    frame::Admission,
    id::{PublicKey, RoomState},
    owner::{SignedStatement, Statement},
};
use conclave_seal::transcript::{self, Statement as _};

use super::super::{
    context::Context,
    door_word::{self, Door},
    fault::Fault,
};
use crate::snapshot::LinkFault;

/// What the owner has signed of a room, as an admission shows it.
pub(super) struct Seat {
    /// The counter of the newest statement; 0 if there is none.
    pub(super) counter: u64,
    /// What that says of the door.
    pub(super) door: Door,
    /// The number of the deed.
    pub(super) deed_rev: u64,
}

impl Context {
    /// Checks who owns the seat and how new its state is; none where this client has nothing to hold it against.
    ///
    /// A relay cannot know which owner key belongs to a room, so somebody may have opened a look-alike under its name. And a
    /// relay that was restored from an old copy, or lies, would show a lock or a policy that the owner has replaced.
    pub(super) fn check_seat(&self, admission: &Admission) -> Result<Option<Seat>, Fault> {
        let Some(group) = self.group.as_ref() else { return Ok(None) };
        self.check_seat_of(&group.params().opk, admission).map(Some)
    }

    /// The same for somebody outside, who knows the owner from a deed that belongs to the code: what the owner has signed is kept, so that
    /// the relay cannot say later that the door is open again. Returns whether it is.
    ///
    /// # Errors
    /// [`Fault::Stop`] for a seat that is foreign or older, or what the disk says.
    pub(in crate::room) fn door_is_open(&mut self, owner: &PublicKey, admission: &Admission) -> Result<bool, Fault> {
        let Seat { counter, door, .. } = self.check_seat_of(owner, admission)?;
        let locked = admission.state == RoomState::Locked;
        self.step(|step| {
            door_word::owner_has_signed(step.record, counter, door);
            door_word::relay_says(step.record, locked);
            Ok(())
        })?;
        Ok(!locked && !self.record.locked)
    }

    fn check_seat_of(&self, owner: &PublicKey, admission: &Admission) -> Result<Seat, Fault> {
        let foreign = || Fault::Stop(LinkFault::Misbehaved);
        let own = |deed: &Deed| deed.opk() == *owner && params::verify_deed(deed).is_ok();
        let deed = Deed::parse(&admission.deed).ok().filter(own).ok_or_else(foreign)?;
        let (counter, door) = match &admission.owner {
            // What was never locked is open.
            None => (0, Door::Open),
            Some(signed) => {
                let counter = counter_of(signed, &owner.0, &self.record.room_id).ok_or_else(foreign)?;
                (counter, Statement::parse(&signed.statement).map_or(Door::Unknown, |statement| Door::from(&statement)))
            }
        };
        if counter < self.record.owner_counter {
            Err(foreign())
        } else {
            Ok(Seat { counter, door, deed_rev: deed.rev() })
        }
    }
}

/// The counter of a statement that the owner signed for this room.
fn counter_of(signed: &SignedStatement, owner: &[u8; 32], room_id: &[u8; 32]) -> Option<u64> {
    let (room, rest) = signed.statement.split_first_chunk::<32>()?;
    let (counter, rest) = rest.split_first_chunk::<8>()?;
    let (operation, argument) = rest.split_first()?;
    let counter = u64::from_be_bytes(*counter);
    let statement = transcript::Owner { room_id: room, counter, operation: *operation, argument };
    (room == room_id && statement.verify(owner, &signed.sig.0).is_ok()).then_some(counter)
}
