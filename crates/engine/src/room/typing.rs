//! Who types (protocol 4.12): what this person says of it, and what others say.

use std::time::Duration;

use conclave_proto::{content::EphemeralType, id::MemberId};

use super::{context::Context, presence, view};
use crate::{event::Event, snapshot::MemberHandle};

/// Who types. What one says of it counts for a few seconds.
#[derive(Debug, Default)]
pub(super) struct Typing {
    /// What was said last of this person, and when; by the steady clock.
    said: Option<(EphemeralType, Duration)>,
    /// This person types no more, which is said then.
    stops_at: Option<Duration>,
    /// The others, who began first first.
    others: Vec<Typist>,
}

/// Somebody else who types.
#[derive(Clone, Copy, Debug)]
struct Typist {
    member: MemberId,
    /// When that was said first: who says and unsays it all the time makes nobody draw faster.
    since: Duration,
    /// Until when it counts.
    until: Duration,
}

impl Typing {
    /// This person types, or no more. Returns what the others are to be told now.
    pub(super) fn types(&mut self, cx: &Context, types: bool) -> Option<EphemeralType> {
        let now = cx.now.steady;
        let next = self.said.map_or(Duration::ZERO, |(_, at)| at.saturating_add(PAUSE));
        self.stops_at = None;
        if types {
            return if next <= now { self.say(cx, EphemeralType::TypingStart) } else { None };
        }
        if matches!(self.said, Some((EphemeralType::TypingStart, _))) {
            self.stops_at = Some(next);
        }
        self.drive(cx)
    }

    /// A message went out, by which the others see that this person types no more.
    pub(super) fn has_sent(&mut self) {
        self.stops_at = None;
        if let Some((said, _)) = &mut self.said {
            *said = EphemeralType::TypingStop;
        }
    }

    /// What the others are to be told by now.
    fn drive(&mut self, cx: &Context) -> Option<EphemeralType> {
        let is_due = self.stops_at.is_some_and(|at| at <= cx.now.steady);
        if is_due { self.say(cx, EphemeralType::TypingStop) } else { None }
    }

    fn say(&mut self, cx: &Context, kind: EphemeralType) -> Option<EphemeralType> {
        self.stops_at = None;
        if !presence::is_said(cx) {
            return None;
        }
        self.said = Some((kind, cx.now.steady));
        Some(kind)
    }

    /// Time passed: who was not heard again types no more. Returns what the others are to be told.
    pub(super) fn tick(&mut self, cx: &mut Context) -> Option<EphemeralType> {
        let now = cx.now.steady;
        self.retain(cx, |other| other.until > now);
        self.drive(cx)
    }

    /// When [`Typing::tick`] has something to do.
    pub(super) fn wakes_at(&self) -> Option<Duration> {
        self.others.iter().map(|other| other.until).chain(self.stops_at).min()
    }

    /// Somebody else types, or no more.
    pub(super) fn heard(&mut self, cx: &mut Context, member: MemberId, types: bool) {
        let now = cx.now.steady;
        match self.others.iter_mut().find(|other| other.member == member) {
            Some(other) if types => other.until = now.saturating_add(COUNTS),
            Some(other) if now.saturating_sub(other.since) >= LEAST => self.has_written(cx, member),
            // It ends by itself.
            Some(_) => {}
            None if types => {
                self.others.push(Typist { member, since: now, until: now.saturating_add(COUNTS) });
                self.tell(cx);
            }
            None => {}
        }
    }

    /// Somebody wrote, and types no more.
    pub(super) fn has_written(&mut self, cx: &mut Context, member: MemberId) {
        self.retain(cx, |other| other.member != member);
    }

    /// Another epoch has begun: whoever is not in it types no more.
    pub(super) fn has_advanced(&mut self, cx: &mut Context) {
        let Some(group) = cx.group.as_ref() else { return };
        let inside: Vec<MemberId> = group.roster().iter().map(|member| member.id).collect();
        self.retain(cx, |other| inside.contains(&other.member));
    }

    /// Without the link nothing is known of the others.
    pub(super) fn link_lost(&mut self, cx: &mut Context) {
        (self.said, self.stops_at) = (None, None);
        self.retain(cx, |_| false);
    }

    fn retain(&mut self, cx: &mut Context, types: impl FnMut(&Typist) -> bool) {
        let before = self.others.len();
        self.others.retain(types);
        if self.others.len() != before {
            self.tell(cx);
        }
    }

    fn tell(&self, cx: &mut Context) {
        let members = self.others.iter().map(|other| MemberHandle(view::hex(&other.member.0))).collect();
        cx.emit(Event::TypingChanged { room: cx.handle.clone(), members });
    }
}

/// Between two words of this person about it.
const PAUSE: Duration = Duration::from_secs(3);
/// For how long a word of somebody else counts: one may be lost.
const COUNTS: Duration = Duration::from_secs(8);
/// For how long somebody types at least, as it is shown.
const LEAST: Duration = Duration::from_secs(1);
