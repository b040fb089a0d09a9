//! A member who replays the message of another one, and claims its leaf.

use std::sync::{Arc, Mutex};

use conclave_crypto::{
    group::{Group, GroupError},
    leaf_link,
    state::GroupState,
};
use conclave_proto::{
    content::{AppMsg, Body, LeafLink, Publication},
    id::{PublicKey, RoomId},
};
use conclave_seal::rng::Rng;

use crate::layer::{Layer, message_of};

/// A layer that replaces the texts "copy" and "copy and burn" by id and words of the newest text of any member that
/// begins with a star, and adds a claim, signed by the sender, that the leaf that it came from is the sender's.
#[derive(Clone, Debug, Default)]
pub struct Replayer(Arc<Mutex<Option<(AppMsg, PublicKey)>>>);

impl Layer for Replayer {
    fn encrypt(
        &mut self,
        group: &mut dyn Group,
        state: &dyn GroupState,
        rng: &mut dyn Rng,
        message: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        let mut content = message_of(message);
        let Body::Text(text) = &content.body else { return group.encrypt(state, rng, message) };
        let own = PublicKey(group.leaf_key().public());
        if text.text.starts_with('*') {
            *self.0.lock().unwrap() = Some((content.clone(), own));
        }
        let burns = text.text == "copy and burn";
        if (burns || text.text == "copy")
            && let Some((stolen, former)) = self.0.lock().unwrap().clone()
        {
            (content.mid, content.body) = (stolen.mid, stolen.body);
            content.expire_s = burns.then_some(1);
            let claim = LeafLink { former, ..leaf_link::sign(group.leaf_key(), &RoomId([0; 32]), &own) };
            let publication = Publication { message: content.encode(), age_s: 0, links: vec![claim] };
            return group.encrypt(state, rng, &publication.encode());
        }
        group.encrypt(state, rng, message)
    }
}
