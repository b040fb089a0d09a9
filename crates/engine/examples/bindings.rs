//! Prints the types of every command, event and error in TypeScript: `ui/generated/api.d.ts` is this output.

use conclave_engine::{ErrorCode, Slip, api::*, event::Event, snapshot::*};
use ts_rs::{Config, TS};

fn main() {
    let config = Config::new().with_large_int("number");
    let mut out = String::from(HEAD);
    macro_rules! declare {
        ($($type:ty),* $(,)?) => { $( declaration::<$type>(&config, &mut out); )* };
    }
    declare!(
        RoomHandle,
        MemberHandle,
        ItemId,
        SpokenId,
        Snapshot,
        VaultState,
        Ways,
        Theme,
        RoomSummary,
        Ended,
        Unopened,
        RoomPhase,
        Connection,
        LinkFault,
        Hosting,
        HostingState,
        HostingReach,
        LastLine,
        LineKind,
        Reorganised,
        Moved,
        Newcomer,
        RoomView,
        Person,
        Presence,
        Rules,
        Verification,
        Waiting,
        EraseBy,
        EraseAsked,
        BurnReceipts,
        BurnReceipt,
        SpokenInvitation,
        SpokenOpen,
        SpokenState,
        HeardInvitation,
        Page,
        Item,
        ItemBody,
        MessageState,
        CardState,
        Confirmed,
        OpenedMessage,
        SystemLine,
        InvitationView,
        InvitationPreview,
        RoomPreview,
        Preview,
        LockedPreview,
        Knocking,
        KnockingState,
        Knock,
        KnockState,
        KnockHandle,
        Departure,
        Erasure,
        Remnant,
        Creation,
        Event,
        ErrorCode,
        Slip,
        SecretText,
        Protection,
        CreateVault,
        UnlockVault,
        SetTheme,
        SetTellsTyping,
        EraseDevice,
        NewRules,
        Receipts,
        HostRoom,
        CreateRoom,
        ReadInvitation,
        PreviewRoom,
        JoinRoom,
        KnockRoom,
        AnswerKnock,
        RelocateRoom,
        OfRoom,
        OfMember,
        OfSpoken,
        HearInvitation,
        ChangeRoom,
        AnswerErasure,
        MoveRoom,
        TellNewcomers,
        Typing,
        RejoinRoom,
        StayInRoom,
        SendMessage,
        OfItem,
        SendViewOnce,
        PageMessages,
    );
    macro_rules! list {
        ($($(#[doc = $doc:literal])* $name:ident($($request:ident: $type:ty)?) -> $reply:ty),* $(,)?) => {
            &[$({
                let request: &[String] = &[$(name::<$type>(&config))?];
                let request = request.first().cloned().unwrap_or_else(|| name::<()>(&config));
                (concat!($($doc),*), stringify!($name), request, name::<$reply>(&config))
            }),*]
        };
    }
    let commands: &[(&str, &str, String, String)] = conclave_engine::commands!(list);
    out.push_str(COMMANDS);
    for (doc, command, request, reply) in commands {
        out.push_str(&format!("  /**{doc} */\n  {command}: {{ request: {request}, reply: {reply} }},\n"));
    }
    out.push_str("};\n");
    #[expect(clippy::print_stdout, reason = "the output is the file")]
    for line in out.lines() {
        println!("{}", line.trim_end());
    }
}

fn declaration<T: TS>(config: &Config, out: &mut String) {
    out.push('\n');
    out.push_str(T::docs().unwrap_or_default().trim_end());
    out.push_str("\nexport ");
    out.push_str(&T::decl(config));
    out.push('\n');
}

/// What a type is called on the other side; nothing at all is `null`.
fn name<T: TS>(config: &Config) -> String {
    T::name(config)
}

const HEAD: &str = "// Types of every command, event and error of the engine, as they cross to the UI.
// Generated from crates/engine by `cargo xtask bindings`; a change belongs there.
";

const COMMANDS: &str = "
/** What a command answers when it cannot do its work, and where an invitation is wrong. */
export type CommandError = { code: ErrorCode, slip: Slip | null };

/** Every command of the engine: its request, and what it answers. */
export type Commands = {
";
