//! Connections over the computer's own network: TCP, and TLS 1.3 above it.

use std::time::Duration;

use conclave_proto::authority::Authority;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::net::TcpStream;

use super::{Dialer, Dialled, Target, tls};
use crate::{snapshot::LinkFault, tasks::BoxFuture};

/// Dials over the computer's own network.
///
/// Always TLS 1.3: with a pin, any certificate whose key matches it; without, a certificate that the system trusts, or else
/// an unvouched one whose key is reported and becomes the room's pin (protocol 4.2, "Where?"). Such a pin gives way to a key that
/// the system trusts.
#[derive(Debug, Default)]
pub struct SystemDialer;

impl Dialer for SystemDialer {
    fn dial(&self, target: Target) -> BoxFuture<'_, Result<Dialled, LinkFault>> {
        Box::pin(async move {
            let mut attempts = FuturesUnordered::new();
            for (turn, address) in (0..).zip(target.addresses) {
                let may_renew = target.may_renew_at.as_ref() == Some(&address);
                attempts.push(async move {
                    // Side by side, but not all at once: the first has a head start.
                    tokio::time::sleep(HEAD_START.saturating_mul(turn)).await;
                    match tokio::time::timeout(PATIENCE, connect(address, target.pin, may_renew)).await {
                        Ok(outcome) => outcome,
                        Err(_) => Err(LinkFault::Unreachable),
                    }
                });
            }
            let mut fault = LinkFault::Unreachable;
            while let Some(outcome) = attempts.next().await {
                match outcome {
                    Ok(dialled) => return Ok(dialled),
                    // A wrong key says more than silence.
                    Err(LinkFault::Unreachable) => {}
                    Err(other) => fault = other,
                }
            }
            Err(fault)
        })
    }
}

async fn connect(address: Authority, pin: Option<[u8; 32]>, may_renew: bool) -> Result<Dialled, LinkFault> {
    let Authority::Host { name, port } = &address else { return Err(LinkFault::Unreachable) };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let socket = TcpStream::connect((bare, *port)).await.map_err(|_| LinkFault::Unreachable)?;
    socket.set_nodelay(true).map_err(|_| LinkFault::Unreachable)?;
    tls::wrap(socket, bare.to_owned(), address, pin, may_renew).await
}

/// How much earlier than the next an address is tried.
const HEAD_START: Duration = Duration::from_millis(250);
/// How long one address may take, TLS included.
const PATIENCE: Duration = Duration::from_secs(10);
