//! What an owner orders, in both ways of speaking, and how a session ends with its room.

use super::*;

#[test]
fn as_text_the_owner_locks_removes_and_closes() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let invitation = alice.read_line_with("Invitation: ").trim_start_matches("Invitation: ").to_owned();
    let mut bob = Terminal::start(&["chat", &invitation, "--name", "Bob"]);
    alice.read_line_with("* <Bob> joined with the code.");
    let mut carol = Terminal::start(&["chat", &invitation, "--name", "Carol"]);
    alice.read_line_with("* <Carol> joined with the code.");
    bob.type_line("/lock");
    bob.read_line_with("Only the room's owner can do that");
    alice.type_line("/lock");
    bob.read_line_with("* The owner locked the room:");
    alice.type_line("/unlock");
    bob.read_line_with("* The owner unlocked the room.");

    alice.type_line("/remove Dave");
    alice.read_line_with("* Nobody here is called <Dave>.");
    alice.type_line("/remove Carol");
    bob.read_line_with("* <Carol> was removed by the owner.");
    carol.read_line_with("You are not in this room any more.");
    alice.type_line("/unlock");
    alice.read_line_with("so it stays locked");

    alice.type_line("/close");
    bob.read_line_with("* Its owner closed it");
    assert!(bob.child.wait().unwrap().success(), "the room's end ends the session");
    assert!(alice.child.wait().unwrap().success());
}

#[test]
fn rules_out_of_range_make_no_room_and_change_none() {
    for (rule, value, why) in [
        ("--message-ttl", "5", "Messages burn after"),
        ("--idle-ttl", "2592001", "Messages burn after"),
        ("--max-members", "17", "A room has"),
        ("--max-members", "65552", "65552"),
        ("--message-ttl", "soon", "soon"),
    ] {
        let output = program().args(["host", "--name", "Alice", &format!("{rule}={value}")]).output().unwrap();
        assert!(!output.status.success(), "{rule} {value}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(why), "{rule} {value}: {error}");
    }
    let mut alice = Terminal::start(&["host", "--name", "Alice", "--json"]);
    alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    for (change, code) in [
        (r#""messageTtl":5"#, "lifetime-invalid"),
        (r#""idleTtl":0"#, "lifetime-invalid"),
        (r#""maxMembers":2"#, "size-invalid"),
    ] {
        alice.type_line(format!(r#"{{"command":"change",{change}}}"#));
        let refused = alice.read_until("the refusal", |line| (line["line"] == "error").then(|| line["code"].clone()));
        assert_eq!(refused, code, "{change}");
    }
    alice.type_line(r#"{"command":"view"}"#);
    let rules = alice.read_until("the rules", |line| line["view"].get("rules").cloned());
    assert_eq!((&rules["messageTtl"], &rules["maxMembers"]), (&86_400.into(), &16.into()), "as they were");
}

#[test]
fn a_script_hears_how_the_room_ended_and_keeps_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, secret) = (folder.path().join("data"), folder.path().join("secret"));
    std::fs::write(&secret, "correct horse\n").unwrap();
    let kept = ["--data", data.to_str().unwrap(), "--passphrase-file", secret.to_str().unwrap(), "--json"];
    let mut alice = Terminal::start(&["host", "--name", "Alice", "--idle-ttl", "3600", "--json"]);
    let link = alice.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    let mut bob = Terminal::start(&[&["chat", "-", "--name", "Bob"][..], &kept].concat());
    bob.type_line(&link);
    alice.type_line(r#"{"command":"send","text":"Is anybody here?"}"#);
    bob.read_message("Is anybody here?");
    bob.type_line(r#"{"command":"view"}"#);
    let rules = bob.read_until("the rules", |line| line["view"].get("rules").cloned());
    assert_eq!((&rules["idleTtl"], &rules["ownerLeaveCloses"]), (&3600.into(), &true.into()));
    bob.type_line(r#"{"command":"close"}"#);
    let refused = bob.read_until("the refusal", |line| (line["line"] == "error").then(|| line["code"].clone()));
    assert_eq!(refused, "not-owner");
    bob.type_line(r#"{"command":"keep"}"#);
    bob.read_until("the answer", |line| (line["line"] == "done").then_some(()));

    alice.type_line(r#"{"command":"leave"}"#);
    let ended = bob.read_until("the end", |line| line["event"]["summary"]["ended"].as_str().map(str::to_owned));
    assert_eq!(ended, "closedByOwner");
    assert!(bob.child.wait().unwrap().success());
    let left = std::fs::read_dir(data.join("rooms")).unwrap().count();
    assert_eq!(left, 0, "no file of it");
}

/// A room in the memory of a terminal goes with that, and its guests are told so.
#[test]
fn a_host_that_ends_its_program_ends_a_room_in_memory_for_everybody() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let invitation = alice.read_line_with("Invitation: ").trim_start_matches("Invitation: ").to_owned();
    let mut bob = Terminal::start(&["chat", &invitation, "--name", "Bob"]);
    alice.read_line_with("* <Bob> joined with the code.");
    alice.input = None;
    bob.read_line_with("* Its owner closed it");
}

/// Alice hosts both rooms; her session goes on in the new one, and so does that of Bob, whose script follows.
#[test]
fn a_room_moves_with_those_who_follow() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let old = alice.read_line_with("Invitation: ").trim_start_matches("Invitation: ").to_owned();
    let mut bob = Terminal::start(&["chat", &old, "--name", "Bob", "--json"]);
    alice.read_line_with("* <Bob> joined with the code.");
    bob.type_line(r#"{"command":"follow"}"#);
    let refused = bob.read_until("the refusal", |line| (line["line"] == "error").then(|| line["code"].clone()));
    assert_eq!(refused, "invalid-request", "it has not moved");
    bob.type_line(r#"{"command":"move"}"#);
    let refused = bob.read_until("the refusal", |line| (line["line"] == "error").then(|| line["code"].clone()));
    assert_eq!(refused, "not-owner");

    alice.type_line("/move");
    let new = alice.read_line_with("Invitation: ").trim_start_matches("Invitation: ").to_owned();
    assert_ne!(new, old, "another code");
    let moved = bob.read_until("the move", |line| line["event"]["summary"]["moved"]["by"].as_str().map(str::to_owned));
    assert_eq!(moved, "Alice");
    bob.type_line(r#"{"command":"follow"}"#);
    alice.read_line_with("* <Bob> joined with the code.");
    alice.type_line("Here we are.");
    bob.read_message("Here we are.");
    bob.type_line(r#"{"command":"send","text":"So we are."}"#);
    alice.read_line_with("<Bob> So we are.");
    bob.type_line(r#"{"command":"invitation"}"#);
    let link = bob.read_until("the invitation", |line| line["invitation"]["link"].as_str().map(str::to_owned));
    let code = |link: &str| link.split_once('#').map(|(_, secret)| secret.split('~').next().unwrap().to_owned());
    assert_eq!(code(&link), code(&new));
    let mut carol = Terminal::start(&["chat", &old, "--name", "Carol"]);
    assert!(!carol.child.wait().unwrap().success(), "the old one is gone");
}
