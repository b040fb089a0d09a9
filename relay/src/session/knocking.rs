//! KNOCK and KNOCK_ANSWER: who is let into a locked room (protocol 4.6.9).

use conclave_proto::{
    ErrorCode,
    frame::{Empty, Knock, KnockAnswer, Refusal, Reply},
    id::KnockId,
    limits,
};
use tokio::time::Instant;

use super::{attachment::Attachment, refusal::NOT_AUTHORISED};

pub(super) async fn knock(attachment: &Attachment, knock: &Knock<'_>) -> Result<Reply, Refusal> {
    if !attachment.roles.join {
        return Err(NOT_AUTHORISED);
    }
    if knock.blob.len() > limits::KNOCK {
        return Err(Refusal::bare(ErrorCode::TooLarge));
    }
    // Without a key of the owner's there is nothing that a knock could be sealed to.
    if attachment.standing().await?.deed.knocking().is_none() {
        return Err(Refusal::bare(ErrorCode::NotSupported));
    }
    let Attachment { hub, conn, source, .. } = attachment;
    let id = KnockId(hub.random());
    attachment.attached()?.knock(*conn, *source, id, knock.blob, Instant::now()).map(Reply::KnockPending)
}

pub(super) fn answer(attachment: &Attachment, answer: &KnockAnswer<'_>) -> Result<Reply, Refusal> {
    if !attachment.roles.owner {
        return Err(NOT_AUTHORISED);
    }
    if answer.blob.len() > limits::KNOCK_ANSWER {
        return Err(Refusal::bare(ErrorCode::TooLarge));
    }
    attachment.attached()?.answer_knock(attachment.conn, answer.knock_id, answer.blob)?;
    Ok(Reply::KnockAnswered(Empty {}))
}
