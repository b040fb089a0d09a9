//! Deletions at the relay: kept until it says that it has carried them out.

use conclave_proto::{
    error::ErrorCode as RelayError,
    frame::{Del, DelTarget, Request},
    id::{BlobId, DelToken},
};
use conclave_store::Deleted;

use super::{
    super::{
        context::Context,
        fault::Fault,
        session::{Asked, AskedBlob},
    },
    answer::BlobAnswer,
};

/// What was asked on this connection.
#[derive(Debug)]
pub(super) struct Deletions {
    /// The newest row that was handed over.
    sent_up_to: i64,
    /// There may be rows behind it.
    is_due: bool,
}

impl Default for Deletions {
    /// An earlier run may have left some.
    fn default() -> Self {
        Self { sent_up_to: 0, is_due: true }
    }
}

impl Deletions {
    pub(super) fn drive(&mut self, cx: &mut Context) -> Result<(), Fault> {
        if !std::mem::take(&mut self.is_due) {
            return Ok(());
        }
        for deletion in cx.store.read(|tx| tx.deletions(self.sent_up_to, AT_ONCE))? {
            self.sent_up_to = deletion.id;
            let target = match deletion.what {
                Deleted::Entry(seq) => DelTarget::Entry(seq),
                Deleted::Blob(id) => DelTarget::Blob(BlobId(id)),
            };
            let del = Del { target, token: DelToken(deletion.del_token) };
            cx.ask(Asked::Blob(AskedBlob::Delete(deletion.id)), Request::Del(del));
        }
        Ok(())
    }

    pub(super) fn answered(&mut self, cx: &mut Context, id: i64, answer: BlobAnswer) -> Result<(), Fault> {
        self.is_due = true;
        match answer {
            // One that it does not know is gone, and one that another token deletes is another one: the log was put back.
            BlobAnswer::Deleted | BlobAnswer::Refused(RelayError::NoSuchEntry | RelayError::BadToken, _) => {
                Ok(cx.step(|step| Ok(step.tx.settle_deletion(id)?))?)
            }
            // It is asked for again on the next connection.
            _ => Ok(()),
        }
    }

    pub(super) fn has_changed(&mut self) {
        self.is_due = true;
    }

    pub(super) fn link_lost(&mut self) {
        *self = Self::default();
    }
}

/// How many are asked for before the relay has answered.
const AT_ONCE: u32 = 16;
