//! What a line of the input with `--json` asks, and its answer.

use conclave_engine::{
    ErrorCode,
    api::{
        AnswerErasure, AnswerKnock, ChangeRoom, EraseDevice, OfItem, OfMember, OfSpoken, PageMessages, RejoinRoom,
        SendMessage, SendViewOnce, StayInRoom, Typing,
    },
};

use super::Session;
use crate::line::{Command, Line};

impl Session<'_> {
    /// Carries a command out.
    pub(super) async fn carry_out(&self, command: Command) -> Result<Line, ErrorCode> {
        let room = self.room.clone();
        Ok(match command {
            Command::Send { text, fuse } => {
                Line::Sent { id: self.engine.send_message(SendMessage { room, text, fuse }).await? }
            }
            Command::SendViewOnce { text, seconds, fuse } => {
                Line::Sent { id: self.engine.send_view_once(SendViewOnce { room, text, seconds, fuse }).await? }
            }
            Command::Open { id } => Line::Opened { message: self.engine.open_view_once(OfItem { room, id }).await? },
            Command::Retract { id } => done(self.engine.retract_message(OfItem { room, id }).await)?,
            Command::Withdraw { id } => done(self.engine.withdraw_message(OfItem { room, id }).await)?,
            Command::Page { before, limit } => {
                Line::Page { page: self.engine.page_messages(PageMessages { room, before, limit }).await? }
            }
            Command::View => Line::View { view: Box::new(self.engine.view_room(self.of_room()).await?) },
            Command::Invitation => Line::Invitation { invitation: self.engine.view_invitation(self.of_room()).await? },
            Command::Speak => self.speak_json().await?,
            Command::WithdrawSpoken { id } => done(self.engine.withdraw_spoken(OfSpoken { room, id }).await)?,
            Command::Rejoin { branch } => done(self.engine.rejoin_room(RejoinRoom { room, branch }).await)?,
            Command::Stay { branch } => done(self.engine.stay_in_room(StayInRoom { room, branch }).await)?,
            Command::Leave => {
                let departure = self.engine.leave_room(self.of_room()).await?;
                Line::Left { told: departure.told, closing: departure.closing }
            }
            Command::Lock => done(self.engine.lock_room(self.of_room()).await)?,
            Command::Unlock => done(self.engine.unlock_room(self.of_room()).await)?,
            Command::Remove { member } => done(self.engine.remove_member(OfMember { room, member }).await)?,
            Command::Change { title, note, message_ttl, idle_ttl, max_members, erase_by } => {
                let request = ChangeRoom { room, title, note, message_ttl, idle_ttl, max_members, erase_by };
                self.engine.change_room(request).await?;
                Line::Done
            }
            Command::AnswerKnock { knock, admit } => {
                done(self.engine.answer_knock(AnswerKnock { room, knock, admit }).await)?
            }
            Command::Move { relay, passphrase } => Line::Moved { creation: self.move_to(relay, passphrase).await? },
            Command::TellNewcomers { members } => done(self.tell_newcomers(members).await)?,
            Command::Follow => Line::Followed { room: self.engine.follow_room(self.of_room()).await? },
            Command::Close => done(self.engine.close_room(self.of_room()).await)?,
            Command::Typing { typing } => done(self.engine.typing(Typing { room, typing }).await)?,
            Command::EraseRoom => done(self.engine.erase_room(self.of_room()).await)?,
            Command::AnswerErasure { erase } => done(self.engine.answer_erasure(AnswerErasure { room, erase }).await)?,
            Command::Keep => done(self.engine.keep_room(self.of_room()).await)?,
            Command::Erase { tell_rooms } => {
                Line::Erased { erasure: self.engine.erase_device(EraseDevice { tell_rooms }).await }
            }
            Command::Quit => Line::Done,
        })
    }
}

fn done(done: Result<(), ErrorCode>) -> Result<Line, ErrorCode> {
    done.map(|()| Line::Done)
}
