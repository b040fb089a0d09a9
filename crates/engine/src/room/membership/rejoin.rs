//! Going over to another branch (protocol 4.6.7): back to the door, a look at what the relay has, and either a rejoin that the
//! rules allow, or a question to a person.

use conclave_crypto::{
    fork_choice::{self, Branch, Choice, Standing},
    group::{JoinError, Member},
    place, verification,
};
use conclave_proto::id::{PublicKey, Tag};
use conclave_seal::sign::SigningKey;
use conclave_store::{Note, Phase, StoreError};
use zeroize::Zeroizing;

use super::{
    super::{
        context::Context,
        fault::{Fault, Lost},
        message::GIVEN_UP,
        step::StepError,
    },
    Membership,
    branch::{Circumstances, Fork},
    former_leaf::{self, FormerLeaf},
    old_copy::went_on_at,
    walk::Walk,
};
use crate::{
    door::{Found, fault_of_join},
    snapshot::{LinkFault, Reorganised},
};

/// Which leaf this client takes on another branch.
enum OwnPlace {
    /// Its own, or one that it had before.
    Leaf(SigningKey),
    /// A new one: none of its own is there, because it came after the branches parted, or nobody can tell and a person agreed.
    New,
    /// None: that branch has removed this member.
    Removed,
}

impl Membership {
    /// Goes back to the door, where GroupInfos are read, on a connection of its own: nothing is processed meanwhile that the
    /// group of another branch could open. An own commit that was under way goes; it belongs to this branch.
    pub(super) fn go_to_the_door(&mut self, cx: &mut Context) -> Result<(), Fault> {
        // Whoever is on the way out does not come in again.
        let phase = cx.record.phase;
        let Some(code) = cx.group.as_ref().map(|group| group.code().secret().to_bytes()) else { return Ok(()) };
        if !matches!(phase, Phase::Member | Phase::AwaitingConfirmation) {
            return Ok(());
        }
        let needs_passphrase = cx.group.as_ref().is_some_and(|group| group.params().policy.need_pass);
        if phase == Phase::AwaitingConfirmation && needs_passphrase && self.doubt.is_never_confirmed() {
            // A join with another passphrase opens for nobody, and the others go on as if it had not come (protocol 4.6.3).
            return Err(Fault::Stop(LinkFault::Passphrase));
        }
        cx.step(|step| {
            if step.group()?.has_pending_commit() {
                step.with_group(|group, state, _| group.clear_pending(state))?;
            }
            step.tx.give_up_pending(GIVEN_UP)?;
            step.tx.set_secret(super::super::CODE, code.as_slice())?;
            step.record.phase = Phase::Joining;
            step.changes.summary = true;
            Ok(())
        })?;
        self.doubt.came_from(phase);
        cx.redial();
        Ok(())
    }

    /// All GroupInfos were looked at: rejoins where the rules say or a person agreed, asks a person, or turns back.
    pub(super) fn end_of_walk(&mut self, cx: &mut Context, head: Tag) -> Result<(), Fault> {
        let (found, refused) = (std::mem::take(&mut self.door.found), self.door.refused);
        let Some(group) = cx.group.as_ref() else {
            return Err(Fault::Stop(refused.unwrap_or(LinkFault::StateDamaged)));
        };
        let mut walk = cx.store.read(|tx| Walk::read(tx, group.as_ref(), found))?;
        loop {
            let Some(group) = cx.group.as_ref() else { return Ok(()) };
            let choice = match self.doubt.consent() {
                Some(agreed) => Some(Choice::Follow(agreed)),
                None => walk.ruled(group.as_ref(), head, self.circumstances()),
            };
            let target = match choice {
                Some(Choice::Follow(tag)) => walk.usable(tag),
                choice => self.to_be_asked_about(cx, head, choice, &walk).filter(|found| went_on_at(cx, &walk, found)),
            };
            let Some(target) = target else { return self.ask_or_turn_back(cx, head, choice, &walk) };
            let tag = target.tag;
            if self.go_over(cx, head, &walk, target)? {
                return Ok(());
            }
            // Whatever somebody made to hold this client up is passed over, with the person's yes to it.
            walk.forget(tag);
            self.doubt.take_consent();
        }
    }

    /// The branch that a person is asked about: the one that the rules name, or, where this client cannot judge, the newest one that
    /// somebody known vouches for; if it cannot read on, of anybody.
    fn to_be_asked_about<'a>(
        &self,
        cx: &Context,
        head: Tag,
        choice: Option<Choice>,
        walk: &'a Walk,
    ) -> Option<&'a Found> {
        let group = cx.group.as_ref()?;
        let circumstances = self.circumstances();
        let everybody = |tag| Some(walk.everybody(tag));
        let anybody = self.doubt.lost_the_way() || self.doubt.came_unconfirmed();
        match choice {
            Some(Choice::Ask(tag)) => walk.usable(tag),
            _ if anybody || !self.doubt.was_live() => {
                let refused = walk.fork.ask(group.as_ref(), head, circumstances, everybody, fork_choice::refused);
                let is_known =
                    |signer: PublicKey| anybody || group.roster().iter().any(|member| member.leaf_key == signer);
                let is_open = |found: &&Found| !refused.contains(&found.tag) && is_known(found.place.signer);
                let newest = walk.found.iter().find(is_open)?;
                let tip =
                    |standing: &Standing<'_>, branches: &[Branch<'_>]| fork_choice::tip(standing, branches, newest.tag);
                walk.usable(walk.fork.ask(group.as_ref(), head, circumstances, everybody, tip))
            }
            _ => None,
        }
    }

    /// There is nowhere to rejoin: asks a person where the rules say so, and this client is again what it was before.
    fn ask_or_turn_back(
        &mut self,
        cx: &mut Context,
        head: Tag,
        choice: Option<Choice>,
        walk: &Walk,
    ) -> Result<(), Fault> {
        let asked = self.to_be_asked_about(cx, head, choice, walk);
        for tag in walk.fork.tags() {
            self.doubt.set_tree(tag, walk.ranks(tag));
        }
        // What was agreed to is there no more.
        self.doubt.take_consent();
        match self.doubt.lost() {
            Some(Lost::Cursor { floor }) => self.read_on(cx, head, floor)?,
            Some(Lost::Epoch) if asked.is_none() => return self.rejoin_at_own_base(cx, head),
            Some(Lost::Epoch | Lost::Group) | None => {}
        }
        if let Some(found) = asked {
            self.ask_about(cx, found, walk.members(found.tag));
        }
        self.turn_back(cx)?;
        // The old place may still be good later; whether the others still know this member, their next word shows.
        if self.doubt.lost_the_way() { Err(Fault::Stop(LinkFault::StateDamaged)) } else { Ok(()) }
    }

    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances { was_live: self.doubt.was_live(), confirmed: true, refused: self.doubt.refused() }
    }

    /// Reads on from where the relay can be read: the room has gone nowhere else, and the relay knows the own epoch. What was lost
    /// between shows in the numbers of the messages; what is read a second time was opened before.
    fn read_on(&mut self, cx: &mut Context, head: Tag, floor: u64) -> Result<(), Fault> {
        Fault::unless_counted(floor)?;
        let Some(session) = cx.session.as_mut().filter(|session| session.member.is_some()) else { return Ok(()) };
        let truncated = std::mem::take(&mut session.truncated) || floor > cx.record.cursor;
        cx.step(|step| {
            // A cursor that is ahead says nothing of what was read; the own base was.
            let base = step.tx.bases()?.last().map_or(0, |base| base.seq);
            let after = if (floor..step.record.cursor).contains(&base) { base } else { floor };
            step.tx.read_again_from(after)?;
            if truncated {
                step.note(&Note::LogTruncated)?;
            }
            step.record.reads_again_to = step.record.reads_again_to.max(step.record.cursor);
            (step.record.cursor, step.record.cursor_mark) = (after, None);
            if step.base()? == head {
                step.record.head = head.0;
            }
            Ok(())
        })?;
        self.doubt.find_the_way();
        Ok(())
    }

    /// Rejoins where this client stands already, with a GroupInfo of its own: the room has gone nowhere else, and the relay does not
    /// know the own epoch any more.
    fn rejoin_at_own_base(&mut self, cx: &mut Context, head: Tag) -> Result<(), Fault> {
        let mut bases = cx.store.read(|tx| tx.bases())?.into_iter().rev().filter(|base| base.on_branch);
        let (base, parent) = (bases.next().map(|base| Tag(base.tag)), bases.next().map(|base| Tag(base.tag)));
        if !self.doubt.rejoins_at(base.unwrap_or(head), parent) {
            return Err(Fault::Stop(LinkFault::Misbehaved));
        }
        if let Some(pause) = self.doubt.tries(cx.now.steady) {
            if let Some(session) = cx.session.as_mut() {
                session.quiet_until = pause;
            }
            return Ok(());
        }
        let (found, leaf) = cx.step(|step| {
            let mut bases = step.branch_bases()?;
            let (tag, seq) = (step.base()?, step.record.commit_seq);
            bases.retain(|base| *base != tag);
            let (room_id, group) = (step.room_id(), step.group()?);
            let group_info = Zeroizing::new(group.group_info()?);
            let place = place::sign(group.leaf_key(), &room_id, tag, &bases, &group_info, None);
            let place = place.map_err(|_| StepError::NotNow)?;
            let leaf = SigningKey::from_seed(&group.leaf_key().expose_seed());
            Ok((Found { tag, seq, place, group_info }, leaf))
        })?;
        let built = self.build_join(cx, head, &found, Some(&leaf), None)?;
        built.map_err(|error| Fault::Stop(fault_of_join(&error)))
    }

    /// Rejoins at a commit, in place of the own leaf. `false` if nobody could, or only this client cannot and the owner, who alone
    /// removes others, does not say so: anybody else can only have made it up.
    fn go_over(&mut self, cx: &mut Context, head: Tag, walk: &Walk, found: &Found) -> Result<bool, Fault> {
        let leaf = match self.own_place_in(cx, &walk.fork, found, walk.members(found.tag))? {
            OwnPlace::Leaf(key) => Some(key),
            OwnPlace::New => None,
            OwnPlace::Removed if signer(cx, found).is_some_and(|member| member.owner) => {
                return Err(Fault::Stop(LinkFault::StateDamaged));
            }
            OwnPlace::Removed => return Ok(false),
        };
        let named = walk.fork.named_base(cx.now.unix, found.tag, &found.place);
        if self.doubt.consent().is_none()
            && let Some(pause) = self.doubt.tries(cx.now.steady)
        {
            if let Some(session) = cx.session.as_mut() {
                session.quiet_until = pause;
            }
            return Ok(true);
        }
        match self.build_join(cx, head, found, leaf.as_ref(), named)? {
            Ok(()) => {
                self.doubt.take_consent();
                Ok(true)
            }
            Err(error) if error.may_be_crafted() => Ok(false),
            // Whoever takes the place of an own leaf finds nothing full, and a stranger can say so to anybody.
            Err(JoinError::Full) if leaf.is_some() || signer(cx, found).is_none() => Ok(false),
            Err(error) => Err(Fault::Stop(fault_of_join(&error))),
        }
    }

    /// Which leaf this client takes in a tree.
    fn own_place_in(&self, cx: &mut Context, fork: &Fork, found: &Found, tree: &[Member]) -> Result<OwnPlace, Fault> {
        let Some(group) = cx.group.as_ref() else { return Ok(OwnPlace::New) };
        let key = group.leaf_key();
        if tree.iter().any(|member| member.leaf_key.0 == key.public()) {
            return Ok(OwnPlace::Leaf(SigningKey::from_seed(&key.expose_seed())));
        }
        let stored = cx.store.read(|tx| tx.secret(super::super::FORMER_LEAVES))?;
        let former = stored.map_or(Some(Vec::new()), |stored| former_leaf::read(&stored)).ok_or(StoreError::Damaged)?;
        let is_there = |leaf: &FormerLeaf| tree.iter().any(|member| member.leaf_key == leaf.public());
        if let Some(leaf) = former.into_iter().find(is_there) {
            return Ok(OwnPlace::Leaf(leaf.key));
        }
        let came = group.own().and_then(|own| own.credential.since);
        let later = fork
            .shared_base(found.tag, &found.place)
            .is_some_and(|shared| came.is_none_or(|since| since > shared.epoch));
        Ok(if later || self.doubt.consent().is_some() { OwnPlace::New } else { OwnPlace::Removed })
    }

    fn ask_about(&mut self, cx: &mut Context, found: &Found, members: &[Member]) {
        let Some(group) = cx.group.as_ref() else { return };
        let hash =
            verification::roster_hash_with(group.as_ref(), members.iter().map(|member| member.leaf_key).collect());
        let by = members.iter().find(|member| member.leaf_key == found.place.signer);
        let question = Reorganised {
            can_stay: self.can_stay(cx),
            branch: data_encoding::HEXLOWER.encode(found.tag.as_bytes()),
            by: by.map(|member| member.credential.nick.clone()).unwrap_or_default(),
            // Where the group failed, the newest commit may be an own one that no copy made.
            own: !self.doubt.lost_the_way() && group.leaf_key().public() == found.place.signer.0,
            people: members.iter().map(|member| member.credential.nick.clone()).collect(),
            words: cx.crypto.words(&hash).iter().map(|word| (*word).to_owned()).collect(),
        };
        if self.doubt.ask(found.tag, question) {
            cx.people_changed();
        }
        cx.tell_summary();
    }

    /// The door was of no use: this client is again what it was before.
    pub(in crate::room) fn turn_back(&mut self, cx: &mut Context) -> Result<(), StepError> {
        let phase = self.doubt.turn_back();
        cx.step(|step| {
            step.tx.delete_secret(super::super::CODE)?;
            step.record.phase = phase;
            step.changes.summary = true;
            Ok(())
        })
    }

    /// A person agrees to rejoin where the question says: once, and only at the branch that was shown.
    pub(in crate::room) fn rejoin(&mut self, cx: &mut Context, branch: &str) -> Result<(), StepError> {
        if !self.doubt.agree(branch) {
            return Err(StepError::NotNow);
        }
        match self.go_to_the_door(cx) {
            Ok(()) => Ok(()),
            Err(Fault::Step(error)) => Err(error),
            Err(_) => Err(StepError::NotNow),
        }
    }

    /// Whether this client can go on where it is: its group is whole, so it has a base to repair or to rejoin at, and the relay
    /// takes commits of other epochs than the head's.
    pub(in crate::room) fn can_stay(&self, cx: &Context) -> bool {
        self.doubt.lost() != Some(Lost::Group) && !cx.record.locked
    }

    /// A person refuses to rejoin where the question says, and only there: this client repairs at its own base, at once, or, where
    /// the relay does not know that any more, rejoins at it.
    pub(in crate::room) fn stay(&mut self, cx: &mut Context, branch: &str) -> Result<(), StepError> {
        let member = matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation);
        if !member || !self.can_stay(cx) || !self.doubt.refuse(branch) {
            return Err(StepError::NotNow);
        }
        self.due = None;
        cx.tell_summary();
        if self.doubt.lost_the_way() {
            cx.redial();
        }
        Ok(())
    }
}

fn signer<'a>(cx: &'a Context, found: &Found) -> Option<&'a Member> {
    cx.group.as_ref()?.roster().iter().find(|member| member.leaf_key == found.place.signer)
}
