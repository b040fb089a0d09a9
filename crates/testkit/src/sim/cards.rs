//! What is read once and what is taken back, while links break and apps die.

use std::time::Duration;

use conclave_engine::{ErrorCode, snapshot::CardState};

use super::stage::Stage;
use crate::check::Member;

/// Somebody seals a message, and takes another one back; everybody else opens the card, again and again until it is opened.
pub(super) async fn once(stage: &Stage, members: &mut [Member]) -> Result<(), String> {
    let rng = stage.lab.rng().fork();
    let author = usize::try_from(rng.below(u64::try_from(members.len()).unwrap())).unwrap();
    let Some(member) = members.get_mut(author) else { return Ok(()) };
    stage.may_die(&mut member.person, 40);
    let is_kept = member.person.seal(&member.room, CARD).await.is_some();
    member.person.recover().await;
    take_back(stage, member).await?;
    member.person.pause(Duration::from_secs(60)).await;
    let mut was_read = false;
    for (at, reader) in members.iter_mut().enumerate() {
        if at != author {
            was_read |= read(stage, reader).await?;
        }
    }
    stage.counts(|counts| counts.cards += u64::from(is_kept && was_read));
    Ok(())
}

/// Says something, and takes it back.
async fn take_back(stage: &Stage, member: &mut Member) -> Result<(), String> {
    let rng = member.person.rng().clone();
    if member.person.say(&member.room, TAKEN_BACK).await.is_none() {
        member.person.recover().await;
    }
    member.person.pause(rng.millis(0..10_000)).await;
    member.person.recover().await;
    let Some(line) = member.line_of(TAKEN_BACK).await else { return Ok(()) };
    stage.may_die(&mut member.person, 40);
    loop {
        match member.person.retract(&member.room, &line).await {
            // It was taken back before the app died.
            Some(Ok(()) | Err(ErrorCode::InvalidRequest)) => break,
            Some(Err(error)) => return Err(format!("{} cannot take back: {error}", member.person.name())),
            None => member.person.recover().await,
        }
    }
    stage.counts(|counts| counts.retractions += 1);
    Ok(())
}

/// Opens the card until that is possible, and then once more: `true` if it was read.
async fn read(stage: &Stage, reader: &mut Member) -> Result<bool, String> {
    let mut texts = Vec::new();
    stage.may_die(&mut reader.person, 40);
    for _ in 0..PATIENCE {
        let Some(card) = reader.cards().await.pop() else {
            reader.person.pause(Duration::from_secs(20)).await;
            continue;
        };
        match reader.person.open(&reader.room, &card.id).await {
            Some(Ok(text)) => texts.push(text),
            Some(Err(ErrorCode::CardOpened | ErrorCode::CardGone)) if card.card != CardState::Sealed => break,
            Some(Err(_)) => reader.person.pause(Duration::from_secs(20)).await,
            None => reader.person.recover().await,
        }
    }
    match &texts[..] {
        [] => Ok(false),
        [text] if text == CARD => Ok(true),
        _ => Err(format!("{} read a card more than once, or another one: {texts:?}", reader.person.name())),
    }
}

/// No line shows what was taken back.
pub(super) async fn are_taken_back(members: &mut [Member]) -> Result<(), String> {
    for member in members {
        if member.line_of(TAKEN_BACK).await.is_some() {
            return Err(format!("{} still reads what was taken back", member.person.name()));
        }
    }
    Ok(())
}

const CARD: &str = "Only once.";
const TAKEN_BACK: &str = "Taken back.";
/// Looks, twenty seconds apart.
const PATIENCE: u32 = 20;
