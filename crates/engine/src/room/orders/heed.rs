//! What the owner says that it ordered (ROOM_STATE): the relay need not be asked, and cannot make it up.

use conclave_crypto::{group::Member, owner};
use conclave_proto::{
    content::RoomStateNote,
    owner::{Order, SignedStatement},
};
use conclave_store::Note;

use super::super::{
    door_word::{self, Door},
    step::{Step, StepError},
};

impl Step<'_, '_> {
    /// Takes note of it, if the owner says and has signed it. Of what is known already, from the relay, only the line is new.
    pub(crate) fn heed(&mut self, sender: &Member, said: &RoomStateNote) -> Result<(), StepError> {
        let (room_id, opk) = (self.room_id(), self.group()?.params().opk);
        let signed = SignedStatement { statement: said.statement.clone(), sig: said.sig };
        let Some(statement) = owner::verify(&signed, &room_id, &opk).filter(|_| sender.owner) else { return Ok(()) };
        let locks = match &statement.order {
            Order::Lock(at) => {
                self.lock_in(at, said.epoch)?;
                true
            }
            Order::Unlock(_) => false,
            Order::SetHead(_) | Order::Close | Order::Policy(_) => return Ok(()),
        };
        door_word::owner_has_signed(self.record, statement.counter, Door::from(&statement));
        self.changes.summary = true;
        self.note(if locks { &Note::Locked } else { &Note::Unlocked })
    }
}
