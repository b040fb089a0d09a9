//! Commits of members (protocol 4.6.4): repairing a doubt, carrying out leaves and intents. One at a time, made from the
//! newest state, and merged when it comes in its place in the log.

use std::time::Duration;

use conclave_crypto::{
    fork_choice::{self, Choice},
    group::{Change, GroupError},
};
use conclave_proto::id::{Lane, Tag};
use conclave_seal::{rng, sign::SigningKey};
use conclave_store::{Intent, IntentRow, PendingKind, PendingRow, Phase};

use super::{
    super::{
        context::Context,
        fault::Fault,
        message::GIVEN_UP,
        pending::NewCommit,
        session::Asked,
        step::{Step, StepError},
    },
    Membership, Reason,
    branch::{Circumstances, Fork},
    intent::until_due,
};
use crate::snapshot::LinkFault;

impl Membership {
    /// Commits, or goes over to another branch, when there is a reason and its time has come. No lease is asked for: those are
    /// for newcomers, and whoever holds one keeps no member from committing (protocol 4.7).
    pub(in crate::room) fn drive_commit(&mut self, cx: &mut Context) -> Result<(), Fault> {
        let Some(reason) = self.commit_reason(cx)? else {
            self.due = None;
            return Ok(());
        };
        let due = match self.due {
            Some((known, at)) if known == reason => at,
            _ => cx.now.steady.saturating_add(delay(cx, reason)),
        };
        // A person who writes does not wait for a repair, or for new keys, and one who stays not even for the pause between two.
        let stays = reason == Reason::Repair && self.doubt.stays();
        let is_hurried = matches!(reason, Reason::Repair | Reason::OldCopy);
        let due = if stays || is_hurried && is_writing(cx)? { cx.now.steady } else { due };
        let by_itself = !stays && matches!(reason, Reason::Repair | Reason::Follow);
        let due = if by_itself { due.max(self.doubt.paused_until()) } else { due };
        self.due = Some((reason, due));
        if due > cx.now.steady {
            return Ok(());
        }
        match reason {
            Reason::Follow | Reason::Ask => {
                self.due = None;
                self.go_to_the_door(cx)
            }
            Reason::LetIn(id) => self.let_in(cx, id),
            Reason::Made | Reason::Change | Reason::Leave | Reason::Repair | Reason::OldCopy => {
                self.make_commit(cx, reason)
            }
            Reason::Intent(IntentRow { intent: Intent::Update, .. }) => self.make_commit(cx, reason),
        }
    }

    /// What to do about the newest commit.
    fn choice(&self, cx: &mut Context) -> Result<Choice, StepError> {
        let Some(group) = cx.group.as_ref().filter(|group| group.base().0 != cx.record.head) else {
            return Ok(Choice::Settled);
        };
        let fork = cx.store.read(Fork::read)?;
        let doubt = &self.doubt;
        let confirmed = cx.record.phase != Phase::AwaitingConfirmation;
        let (head, tree) = (Tag(cx.record.head), |tag| doubt.tree(tag));
        let now = Circumstances { was_live: doubt.was_live(), confirmed, refused: doubt.refused() };
        let choice = fork.ask(group.as_ref(), head, now, tree, fork_choice::choose);
        // Without anything to ask about, the others have to say again where they are.
        Ok(match choice {
            Choice::Ask(tag) if doubt.was_in_vain() && doubt.tree(tag).is_some() => Choice::Repair,
            // A repair would end the doubt on this side, and the question with it.
            Choice::Repair => doubt.question().map_or(Choice::Repair, |(tag, _)| Choice::Ask(*tag)),
            choice => choice,
        })
    }

    /// Why a commit is needed.
    fn commit_reason(&mut self, cx: &mut Context) -> Result<Option<Reason>, Fault> {
        let Some(group) = cx.group.as_ref() else { return Ok(None) };
        // Who leaves from an older copy asks for that under new keys as well.
        let leaves = cx.record.phase == Phase::Leaving && cx.record.old_copy.is_some();
        if !leaves && !matches!(cx.record.phase, Phase::Member | Phase::AwaitingConfirmation) {
            return Ok(None);
        }
        let (made, own) = (group.has_pending_commit(), group.own_leaf());
        let leaving = group.leaving().iter().any(|leaf| *leaf != own);
        match self.choice(cx)? {
            Choice::Read(_) | Choice::Follow(_) => return Ok(Some(Reason::Follow)),
            Choice::Ask(tag) if self.doubt.tree(tag).is_none() => return Ok(Some(Reason::Ask)),
            Choice::Ask(_) => return Ok(None),
            // One that the owner ordered goes out with its order, and the head is set back by that.
            Choice::Settled | Choice::Repair if made && is_ordered(cx)? => return Ok(None),
            Choice::Settled | Choice::Repair if made => return Ok(Some(Reason::Made)),
            Choice::Repair => return Ok(Some(Reason::Repair)),
            Choice::Settled => {}
        }
        Ok(match () {
            () if cx.record.old_copy.is_some() => Some(Reason::OldCopy),
            () if let Some(id) = cx.at_the_door.let_in => Some(Reason::LetIn(id)),
            () if cx.changing && cx.owner_key.is_some() => Some(Reason::Change),
            () if leaving => Some(Reason::Leave),
            () => self.next_intent(cx)?.map(Reason::Intent),
        })
    }

    /// Builds the commit, or takes the one that was built before, and sends it on top of the newest commit.
    fn make_commit(&mut self, cx: &mut Context, reason: Reason) -> Result<(), Fault> {
        let head = Tag(cx.record.head);
        let is_sent = self.door.commit_sent == Some(head) || cx.waits_for(|asked| *asked == Asked::Commit);
        if is_sent || cx.session.is_none() {
            return Ok(());
        }
        // Another copy of these files may have committed at this base.
        let may_be_used = cx.record.old_copy.is_some() || !self.doubt.refused().is_empty();
        let owner_key = cx.owner_key.as_ref().map(|key| SigningKey::from_seed(&key.expose_seed()));
        let pending = cx.step(|step| {
            if let Some(pending) = step.tx.pending()?.filter(|pending| pending.kind == PendingKind::Commit) {
                let pending = PendingRow { head: head.0, ..pending };
                step.tx.set_pending(&pending)?;
                return Ok(pending);
            }
            // A rejoin whose answer never came, and that the log does not have.
            step.tx.give_up_pending(GIVEN_UP)?;
            let base = step.base()?;
            if may_be_used {
                let [drawn] = rng::array(step.rng);
                let count = KEYS_SKIPPED.saturating_add(u32::from(drawn % SKIPPED_MORE));
                step.with_group(|group, state, rng| group.skip_handshake_keys(state, rng, count))?;
            }
            let change = match step.change_for(reason)? {
                Change::Update => step.wanted_change(owner_key.as_ref())?,
                change => change,
            };
            let commit = step.with_group(|group, state, rng| group.commit(state, rng, change))?;
            let bases = step.branch_bases()?;
            let leaf_key = SigningKey::from_seed(&step.group()?.leaf_key().expose_seed());
            let pending = step.keep_commit(&NewCommit {
                kind: PendingKind::Commit,
                lane: Lane::Commit,
                head,
                base,
                message: &commit.commit,
                group_info: &commit.group_info,
                member_key: commit.member_auth_key,
                leaf_key: &leaf_key,
                bases: &bases,
                fork: None,
            })?;
            if let (Reason::LetIn(id), Some(welcome)) = (reason, commit.welcome) {
                step.keep_welcome(&id, &pending, welcome)?;
            }
            Ok(pending)
        })?;
        self.due = None;
        if reason == Reason::Repair {
            self.doubt.acts(cx.now.steady);
        }
        self.door.commit_sent = Some(head);
        self.send_commit(cx, Lane::Commit, &pending);
        Ok(())
    }

    /// Adds whoever knocked. A KeyPackage that cannot be added, whatever it looks like, and a room that is full by now, are no fault of
    /// this client's group: the knock is let in no more.
    fn let_in(&mut self, cx: &mut Context, id: [u8; 16]) -> Result<(), Fault> {
        match self.make_commit(cx, Reason::LetIn(id)) {
            Err(Fault::Step(StepError::Group(GroupError::KeyPackage | GroupError::NotAllowed(_)))) => {
                cx.step(|step| step.cannot_let_in(&id))?;
                cx.at_the_door.let_in = None;
                self.due = None;
                Ok(())
            }
            made => made,
        }
    }

    /// The relay refused an own commit because of another one: that is on its way, and this one is sent again behind it.
    pub(in crate::room) fn commit_overtaken(
        &mut self,
        cx: &mut Context,
        head: Option<Tag>,
        seq: Option<u64>,
    ) -> Result<(), Fault> {
        let (Some(head), Some(seq)) = (head, seq) else { return Err(Fault::Retry(LinkFault::Misbehaved)) };
        match () {
            () if seq > cx.record.cursor => Ok(()),
            () if head.0 != cx.record.head => self.head_set_back(cx, head),
            // Processed while the refusal was on its way.
            () if self.door.commit_sent != Some(head) => Ok(()),
            () => Err(Fault::Retry(LinkFault::Misbehaved)),
        }
    }

    /// The relay's head is an earlier one. The owner may throw garbage commits out (SETHEAD), and then every one after the base
    /// was skipped here, too.
    pub(in crate::room) fn head_set_back(&mut self, cx: &mut Context, head: Tag) -> Result<(), Fault> {
        if cx.group.as_ref().map(|group| group.base()) != Some(head) {
            return Err(Fault::Retry(LinkFault::Misbehaved));
        }
        cx.step(|step| {
            step.record.head = head.0;
            Ok(())
        })?;
        self.observe_doubt(cx, true)
    }
}

impl Step<'_, '_> {
    /// What a commit for this reason changes besides the own keys.
    fn change_for(&mut self, reason: Reason) -> Result<Change, StepError> {
        Ok(match reason {
            Reason::LetIn(id) => Change::Add(self.key_package_of(&id)?),
            Reason::Made
            | Reason::Change
            | Reason::Leave
            | Reason::Repair
            | Reason::Intent(_)
            | Reason::OldCopy
            | Reason::Follow
            | Reason::Ask => Change::Update,
        })
    }
}

/// How long to wait for somebody else to do it. Seniors go first: theirs is the branch that the others follow.
fn delay(cx: &mut Context, reason: Reason) -> Duration {
    let (from, to) = match reason {
        Reason::Made | Reason::Change | Reason::Ask | Reason::LetIn(_) => return Duration::ZERO,
        Reason::Intent(row) => return until_due(&row, cx.now.unix),
        // All of them crash in one power cut, and each commit that comes second is uploaded in vain.
        Reason::OldCopy => {
            (Duration::ZERO, OLD_COPY_TURN.saturating_mul(u32::try_from(cx.members()).unwrap_or(u32::MAX)))
        }
        // A join in between would drop the proposal, and who leaves may be gone by then.
        Reason::Leave if cx.company.is_greeter => LEAVE_DELAY_FIRST,
        Reason::Leave => LEAVE_DELAY,
        Reason::Repair => {
            let turn = REPAIR_TURN.saturating_mul(cx.company.seniors.saturating_add(1));
            (turn, turn.saturating_add(REPAIR_TURN))
        }
        Reason::Follow => {
            let turn = FOLLOW_TURN.saturating_mul(cx.company.seniors);
            (turn, turn.saturating_add(FOLLOW_TURN))
        }
    };
    cx.jitter(from, to)
}

/// Whether the commit that is under way belongs to an order of the owner.
fn is_ordered(cx: &mut Context) -> Result<bool, Fault> {
    Ok(cx.store.read(|tx| tx.pending())?.is_some_and(|pending| pending.kind == PendingKind::Ordered))
}

/// Whether somebody here waits for a message to go out.
fn is_writing(cx: &mut Context) -> Result<bool, Fault> {
    Ok(cx.store.read(|tx| tx.outgoing_after(0, 1))?.iter().any(|outgoing| outgoing.item.is_some()))
}

/// Handshake keys that another copy may have used: a commit and a leave for each attempt in one epoch, and some more, drawn, as copies may
/// be several.
const KEYS_SKIPPED: u32 = 8;
const SKIPPED_MORE: u8 = 16;
/// Of the member at the lowest leaf that is here.
const LEAVE_DELAY_FIRST: (Duration, Duration) = (Duration::ZERO, Duration::from_millis(400));
const LEAVE_DELAY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));
/// For each member. A commit with its GroupInfo is uploaded in less.
const OLD_COPY_TURN: Duration = Duration::from_millis(250);
const REPAIR_TURN: Duration = Duration::from_secs(2);
const FOLLOW_TURN: Duration = Duration::from_millis(500);
