//! The connection of who has heard a number and three words.

use std::time::Duration;

use conclave_crypto::{link::Invitation, spoken::Spoken};
use conclave_proto::handover::Handover;
use conclave_seal::rng::Rng;

use super::{joiner::Joiner, name_of};
use crate::{
    clock::within,
    door,
    error::ErrorCode,
    link::{Link, Network, Target},
    visit::{self, code_of},
};

/// Turns what was heard into an invitation.
///
/// # Errors
/// What the relay says, or what became of the exchange.
///
/// # Cancel safety
/// Dropping the future closes the connection, and ends the mailbox.
pub(crate) async fn hear(
    network: &Network,
    rng: &mut dyn Rng,
    target: Target,
    heard: Spoken,
) -> Result<(Handover, Invitation), ErrorCode> {
    let address = target.addresses.first().cloned().ok_or(ErrorCode::AddressMissing)?;
    let mut link = visit::reach(network, target).await?;
    let hello = visit::greeting(network, &mut link).await?;
    // Nothing is proven to the relay; the exchange names its key.
    door::greeted(&hello, None, false).map_err(code_of)?;
    let joiner = Joiner::new(heard, name_of(&link, &address));
    let talk = talk(&mut link, rng, joiner);
    within(network.timer.as_ref(), EXCHANGE, talk).await.unwrap_or(Err(ErrorCode::SpokenTimedOut))
}

async fn talk(link: &mut Link, rng: &mut dyn Rng, mut joiner: Joiner) -> Result<(Handover, Invitation), ErrorCode> {
    let mut taken = Ok(None);
    loop {
        for frame in joiner.take_frames() {
            // A connection that takes nothing more says why when it is read.
            let _ = link.outgoing.send(frame).await;
        }
        if let Some(outcome) = taken.transpose() {
            return outcome;
        }
        taken = match link.incoming.recv().await {
            Some(Ok(frame)) => joiner.frame(rng, &frame),
            Some(Err(fault)) => Err(code_of(fault)),
            None => Err(ErrorCode::RelayUnreachable),
        };
    }
}

/// For the exchange: apps answer by themselves.
const EXCHANGE: Duration = Duration::from_secs(30);
