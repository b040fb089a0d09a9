//! Coming in through the door: joining by an external commit, or rejoining in place of the own leaf (protocol 4.6.3).

use std::{sync::Arc, time::Duration};

use conclave_crypto::{
    code::Code,
    group::{Identity, JoinError, Joining},
    leaf_link,
    purpose::Psk,
};
use conclave_proto::{
    content::LeafLink,
    frame::{Empty, FetchedEntry, GroupInfoGet, GroupInfos, Request},
    id::{Lane, PublicKey, Role, Tag},
    limits,
};
use conclave_seal::{id, sign::SigningKey};
use conclave_store::{Note, PendingKind, PendingRow, Phase, Place, StoreError};

use super::{
    super::{
        context::Context,
        entry::{Entry, tag_of},
        fault::Fault,
        message::GIVEN_UP,
        pending::{NewCommit, commit_frame},
        session::Asked,
        step::{Step, StepError},
    },
    Membership,
    door::Lease,
    former_leaf::{self, FormerLeaf},
};
use crate::{
    door::{Found, LOOKS, fault_of_join, open_place},
    snapshot::LinkFault,
};

impl Membership {
    /// AUTH(J), the commit slot, GINFO_GET, and the commit that lets this client in. Somebody who was in before proves the own
    /// epoch first where the relay still knows it: then no lease is needed, and nobody can keep them out by holding one.
    pub(in crate::room) fn drive_join(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let known = cx.group.as_ref().map(|group| PublicKey(group.keys().member_auth.public()));
        let Some(session) = cx.session.as_ref() else { return Ok(()) };
        if session.waits_for(|asked| !matches!(asked, Asked::Publish(_))) {
            return Ok(());
        }
        if known.is_some() && session.member.is_none() && known != cx.refused_key {
            return cx.authenticate_member();
        }
        if !session.admitted {
            if session.nonce.is_some() {
                let key = SigningKey::from_seed(&cx.keys.access_key().expose_seed());
                cx.authenticate(Role::Join, &key);
            }
            return Ok(());
        }
        // Through a locked door a relay takes nobody's commit but the owner's (protocol 4.6.6).
        if cx.record.locked && cx.owner_key.is_some() && cx.proven_owner().is_none() {
            return Ok(());
        }
        let Some(session) = cx.session.as_ref() else { return Ok(()) };
        if let Lease::Held { until, .. } = self.door.lease
            && until <= cx.now.steady
        {
            self.door.lease = Lease::None;
        }
        let slot = match self.door.lease {
            Lease::Held { head, .. } => Some(head),
            _ => session.head.filter(|_| session.member.is_some()),
        };
        let (read, waits) = (self.door.read.take(), self.door.lease_after > cx.now.steady);
        if let Some(pending) = cx.store.read(|tx| tx.pending())? {
            return match read {
                _ if waits => Ok(()),
                // Its fate is unknown: the same bytes under the same name find out.
                None => {
                    self.send_commit(cx, Lane::Join, &pending);
                    Ok(())
                }
                Some(read) => self.find_own_commit(cx, &pending, read),
            };
        }
        match (slot, read) {
            (Some(head), Some(read)) if self.door.walks_for == Some(head) => self.weigh(cx, head, read),
            (Some(head), _) => {
                self.door.looked_at = 0;
                self.door.found.clear();
                self.door.refused = None;
                self.door.walks_for = Some(head);
                cx.ask(Asked::GroupInfo, Request::GroupInfoGet(GroupInfoGet { before: None }));
                Ok(())
            }
            (None, read) => {
                // The slot was gone before everything was looked at: with the next one it goes on from here.
                self.door.read = read;
                if !waits {
                    self.door.lease = Lease::Asked;
                    cx.ask(Asked::Lease, Request::Lease(Empty {}));
                }
                Ok(())
            }
        }
    }

    /// A GroupInfo came, or that there is none.
    pub(in crate::room) fn read_group_info(&mut self, read: GroupInfos) {
        self.door.read = Some(read);
    }

    /// Looks at a GroupInfo, the newest first: a newcomer takes the first one that a member vouches for with its place,
    /// whatever follows it in the log. If it turns out that the room went on elsewhere, its members repair it and the newcomer
    /// sees somebody senior (protocol 4.6.7); silence would be no evidence of anything. Whoever was in before looks at all of
    /// them first.
    fn weigh(&mut self, cx: &mut Context, head: Tag, read: GroupInfos) -> Result<(), Fault> {
        let Some(at) = read.group_info.filter(|_| self.may_look_further()) else { return self.end_of_walk(cx, head) };
        let found = Found::open(&cx.keys, &at);
        match found {
            Some(found) if cx.group.is_none() => match self.build_join(cx, head, &found, None, None)? {
                Ok(()) => Ok(()),
                Err(error) if error.may_be_crafted() => {
                    self.door.refused.get_or_insert(fault_of_join(&error));
                    look_further(cx, at.tag)
                }
                Err(error) => Err(Fault::Stop(fault_of_join(&error))),
            },
            found => {
                self.door.found.extend(found);
                // Behind what this client has passed there is nothing new.
                if has_passed(cx, at.tag)? { self.end_of_walk(cx, head) } else { look_further(cx, at.tag) }
            }
        }
    }

    /// Whether one more GroupInfo is worth a look: a relay always has an older one.
    fn may_look_further(&mut self) -> bool {
        self.door.looked_at = self.door.looked_at.saturating_add(1);
        self.door.looked_at <= LOOKS
    }

    /// Builds the commit on a GroupInfo, keeps it with the group that it begins, and sends it. Inside, what keeps it from being built.
    pub(super) fn build_join(
        &mut self,
        cx: &mut Context,
        head: Tag,
        found: &Found,
        rejoin: Option<&SigningKey>,
        fork: Option<Tag>,
    ) -> Result<Result<(), JoinError>, Fault> {
        let (crypto, used) = (Arc::clone(&cx.crypto), cx.first_use.clone());
        let built = cx.step(|step| {
            let code = step.tx.secret(super::super::CODE)?.ok_or(StepError::NotNow)?;
            let code = code.as_slice().try_into().map_err(|_| StepError::NotNow)?;
            let code = Code::from_secret(conclave_crypto::purpose::RoomSecret::from_bytes(code));
            let passphrase = step.tx.secret(super::super::PASSPHRASE_KEY)?;
            let passphrase = passphrase.and_then(|key| key.as_slice().try_into().ok().map(Psk::from_bytes));
            let identity = Identity::new(&step.record.nick, super::super::CAPS).map_err(|_| StepError::NotNow)?;
            step.tx.clear_group_state(Place::Pending)?;
            let joining = Joining {
                code: &code,
                keys: step.keys,
                passphrase: passphrase.as_ref(),
                group_info: &found.group_info,
                base: found.tag,
                place: &found.place,
                identity,
                minimum_rev: step.record.params_rev,
                rejoin,
            };
            let joined = match crypto.join(&step.tx.group_state(Place::Pending), step.rng, joining) {
                Ok(joined) => joined,
                Err(error) => return Ok(Err(error)),
            };
            // Only a relay of this room has a GroupInfo that opens under the code's key.
            step.keep_relay(used);
            let bases: Vec<Tag> = [found.tag].into_iter().chain(found.place.bases.iter().copied()).collect();
            let pending = step.keep_commit(&NewCommit {
                kind: PendingKind::Join,
                lane: Lane::Join,
                head,
                base: found.tag,
                message: &joined.commit,
                group_info: &joined.group_info,
                member_key: PublicKey(joined.group.keys().member_auth.public()),
                leaf_key: joined.group.leaf_key(),
                bases: &bases,
                fork,
            })?;
            Ok(Ok(pending))
        })?;
        Ok(built.map(|pending| self.send_commit(cx, Lane::Join, &pending)))
    }

    /// Sends a stored commit, the first time or again.
    pub(super) fn send_commit(&mut self, cx: &mut Context, lane: Lane, pending: &PendingRow) {
        self.door.lease = Lease::None;
        cx.ask(Asked::Commit, Request::Commit(commit_frame(lane, pending)));
    }

    /// The relay has the commit. A join is adopted now; a member's commit is merged when it comes in its place. If that was read
    /// already, something else stood there, and the log is read again: nothing else would ever bring the commit.
    pub(in crate::room) fn committed(&mut self, cx: &mut Context, seq: u64, tag: Tag) -> Result<(), Fault> {
        if cx.record.phase == Phase::Joining {
            let is_in = self.adopt_pending(cx, seq, tag)?;
            return if is_in { Ok(()) } else { Err(Fault::Retry(LinkFault::Misbehaved)) };
        }
        let is_it = |pending: &PendingRow| pending.kind == PendingKind::Commit && pending.tag == tag.0;
        if seq > cx.record.cursor || !cx.store.read(|tx| tx.pending())?.is_some_and(|pending| is_it(&pending)) {
            return Ok(());
        }
        cx.log_was_set_back(cx.session.as_ref().map_or(0, |session| session.floor))?;
        // What was asked for with the old cursor would not follow the new one.
        Err(Fault::Retry(LinkFault::LogDiffers))
    }

    /// Adopts the own rejoin that is found in the log by whoever turned back from the door before its answer came. On a new
    /// connection, as the group is another one. Whether it was one.
    pub(in crate::room) fn find_own_rejoin(&mut self, cx: &mut Context, entry: Entry<'_>) -> Result<bool, Fault> {
        // Whoever is on the way out does not come in again.
        let is_in = matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        let Some(key) = entry.member_key.filter(|_| entry.lane == Lane::Join && is_in) else { return Ok(false) };
        let found = self.adopt_pending(cx, entry.seq, tag_of(entry, key))?;
        if found {
            cx.redial();
        }
        Ok(found)
    }

    /// Adopts the join that is outstanding, if it has this name; `false` if it has not.
    fn adopt_pending(&mut self, cx: &mut Context, seq: u64, tag: Tag) -> Result<bool, Fault> {
        Fault::unless_counted(seq)?;
        let is_it = |pending: &PendingRow| pending.kind == PendingKind::Join && pending.tag == tag.0;
        if !cx.store.read(|tx| tx.pending())?.is_some_and(|pending| is_it(&pending)) {
            return Ok(false);
        }
        let crypto = Arc::clone(&cx.crypto);
        cx.step(|step| {
            let pending = step.tx.pending()?.ok_or(StepError::NotNow)?;
            step.adopt(crypto.as_ref(), &pending, seq)
        })?;
        self.doubt.settle(cx.now.steady);
        self.doubt.come_in();
        // The join has reviewed them.
        self.intent = None;
        Ok(true)
    }

    /// Another commit came first. The own one is thrown away only once the log shows that it is not there (protocol 4.6.3).
    pub(in crate::room) fn join_overtaken(&mut self, cx: &mut Context, head: Option<Tag>) {
        if let Some(session) = cx.session.as_mut() {
            session.head = head.or(session.head);
        }
        self.door.looked_at = 0;
        cx.ask(Asked::GroupInfo, Request::GroupInfoGet(GroupInfoGet { before: None }));
    }

    /// Looks for the own commit among those since the base that it was built on.
    fn find_own_commit(&mut self, cx: &mut Context, pending: &PendingRow, read: GroupInfos) -> Result<(), Fault> {
        let tag_of = |entry: &FetchedEntry| {
            let key = entry.mpk?;
            Some(id::entry_tag(entry.lane.number(), &entry.blob, &key.0))
        };
        let own = Tag(pending.tag);
        if let Some(entry) = read.commits.iter().find(|entry| tag_of(entry) == Some(pending.tag)) {
            return self.committed(cx, entry.seq, own);
        }
        if let Some(found) = &read.group_info {
            if found.tag == own {
                return self.committed(cx, found.seq, own);
            }
            if found.tag != Tag(pending.base) && self.may_look_further() {
                return look_further(cx, found.tag);
            }
        }
        cx.step(|step| {
            step.tx.give_up_pending(GIVEN_UP)?;
            Ok(step.tx.clear_group_state(Place::Pending)?)
        })?;
        let wait = cx.jitter(RACE_PAUSE, RACE_PAUSE_MAX);
        if let Some(session) = cx.session.as_mut() {
            session.quiet_until = cx.now.steady.saturating_add(wait);
        }
        Ok(())
    }
}

impl Step<'_, '_> {
    /// The relay has stored the own external commit: the group that it begins takes the place of the one before.
    fn adopt(
        &mut self,
        crypto: &dyn conclave_crypto::group::GroupCrypto,
        pending: &PendingRow,
        seq: u64,
    ) -> Result<(), StepError> {
        let tag = Tag(pending.tag);
        let before = self.group.as_ref().map(|group| FormerLeaf {
            key: SigningKey::from_seed(&group.leaf_key().expose_seed()),
            n: self.record.own_n,
            prev: self.record.own_prev,
        });
        let place = open_place(self.keys, self.room_id(), tag, Some(&pending.place)).ok_or(StepError::NotNow)?;
        self.tx.clear_pending()?;
        self.tx.adopt_group_state()?;
        let state = self.tx.group_state(Place::Current);
        let mut group = crypto.load(&state)?.ok_or(StepError::NotNow)?;
        group.adopt(&state, tag)?;
        drop(state);
        let again = before.is_some() || self.record.joined_seq != 0;
        let leaf_key = PublicKey(group.leaf_key().public());
        self.tx.set_secret(super::super::LEAF_KEY, group.leaf_key().expose_seed().as_slice())?;
        self.record.params_rev = group.params().rev;
        *self.group = Some(group);
        self.record.phase = Phase::AwaitingConfirmation;
        (self.record.cursor, self.record.cursor_mark, self.record.reads_again_to) = (seq, None, 0);
        self.record.cursor_at = self.now.unix;
        self.record.head = pending.tag;
        self.record.joined_seq = seq;
        self.record.committed_at = self.now.unix;
        // `publish_again` below goes by the base that both branches share, which is older.
        let _ = self.has_new_keys(Tag(pending.tag));
        self.record.unopened = 0;
        self.changes.people = true;
        self.forget_who_is_out()?;
        self.tx.delete_secret(super::super::CODE)?;
        // A log that was put back from an older copy gives numbers out again that bases of before have.
        self.tx.read_again_from(seq.saturating_sub(1))?;
        self.stand_on_branch(seq, &place)?;
        self.note(if again { &Note::Resynced } else { &Note::YouJoined })?;
        let other_leaf = before.as_ref().is_some_and(|before| before.public() != leaf_key);
        if again {
            // Under another leaf all are numbered anew, and what did not come again would seem to be missing.
            self.publish_again(place.fork.filter(|_| !other_leaf))?;
        }
        if let Some(fork) = place.fork {
            self.tx.name_base(&fork.0, self.now.unix)?;
        }
        if let Some(before) = before.filter(|before| before.public() != leaf_key) {
            self.change_leaf(before, leaf_key)?;
        }
        self.review_intents(false)?;
        self.greet()?;
        self.release_unsent()
    }

    /// Speaks from another leaf than before: what is on its way or may be published again is numbered anew, in the order of
    /// writing, from where that leaf's numbering stood. The one that was left is remembered.
    fn change_leaf(&mut self, before: FormerLeaf, leaf_key: PublicKey) -> Result<(), StepError> {
        let mut leaves = self.former_leaves()?;
        let back = leaves.iter().position(|leaf| leaf.public() == leaf_key).map(|at| leaves.remove(at));
        leaves.insert(0, before);
        self.tx.set_secret(super::super::FORMER_LEAVES, &former_leaf::write(&leaves))?;
        for outgoing in self.tx.outgoing_after(0, u32::MAX)? {
            if outgoing.replaces.is_none() && self.is_of_unknown_fate(&outgoing) {
                self.give_up(&outgoing)?;
            }
        }
        let frozen = self.tx.unfreeze_outgoing()?;
        self.tx.forget_own_numbers()?;
        (self.record.own_n, self.record.own_prev) = back.map_or((0, [0; 8]), |leaf| (leaf.n, leaf.prev));
        for outgoing in frozen {
            let message = self.freeze(&outgoing)?;
            self.tx.freeze_outgoing(outgoing.id, &message)?;
        }
        self.owe_erase()
    }

    fn former_leaves(&self) -> Result<Vec<FormerLeaf>, StepError> {
        let stored = self.tx.secret(super::super::FORMER_LEAVES)?;
        Ok(stored.map_or(Some(Vec::new()), |stored| former_leaf::read(&stored)).ok_or(StoreError::Damaged)?)
    }

    /// Proves that the leaves that this client left are this one's holder's (protocol 4.9).
    pub(crate) fn own_links(&self) -> Result<Vec<LeafLink>, StepError> {
        let leaves = self.former_leaves()?;
        let group = self.group.as_ref().ok_or(StepError::NotNow)?;
        let own = PublicKey(group.leaf_key().public());
        Ok(leaves
            .iter()
            .take(limits::LEAF_LINKS)
            .map(|leaf| leaf_link::sign(&leaf.key, &self.room_id(), &own))
            .collect())
    }
}

/// Whether this client stood on a base.
fn has_passed(cx: &mut Context, tag: Tag) -> Result<bool, Fault> {
    Ok(cx.store.read(|tx| tx.bases())?.iter().any(|base| base.tag == tag.0))
}

fn look_further(cx: &mut Context, than: Tag) -> Result<(), Fault> {
    cx.ask(Asked::GroupInfo, Request::GroupInfoGet(GroupInfoGet { before: Some(than) }));
    Ok(())
}

/// After losing a race (protocol 4.6.3).
const RACE_PAUSE: Duration = Duration::from_millis(200);
const RACE_PAUSE_MAX: Duration = Duration::from_secs(2);
