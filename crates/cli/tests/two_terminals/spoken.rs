//! An invitation that is read aloud, and typed where no other program sees it.

use super::*;

/// What is read aloud, and the port behind the address.
fn read_aloud(alice: &mut Terminal) -> (String, String) {
    alice.type_line("/speak");
    let line = alice.read_line_with("* Read this aloud: ");
    let said = line.trim_start_matches("* Read this aloud: ");
    let (spoken, rest) = said.split_once(". It is typed with the address ").unwrap();
    let address = rest.split(',').next().unwrap();
    (spoken.to_owned(), address.rsplit_once(':').unwrap().1.to_owned())
}

#[test]
fn bob_comes_in_by_what_alice_reads_aloud_and_she_sees_what_becomes_of_it() {
    let mut alice = Terminal::start(&["host", "--name", "Alice"]);
    let (spoken, port) = read_aloud(&mut alice);
    let address = format!("127.0.0.1:{port}");
    let listening = ["chat", "--spoken", "--address", &address, "--name", "Bob"];
    let mut bob = Terminal::start(&listening);
    bob.type_line(&spoken);
    alice.read_line_with("knew the words, and has the invitation");
    alice.read_line_with("* <Bob> joined with the code.");
    bob.type_line("I am in.");
    alice.read_line_with("<Bob> I am in.");

    // The number alone is worth nothing.
    let (spoken, _) = read_aloud(&mut alice);
    let number = spoken.split(',').next().unwrap();
    let mut mallory = Terminal::start(&listening);
    let words = ["velvet orbit lemon", "lemon orbit velvet"];
    let other = words.into_iter().find(|words| !spoken.ends_with(words)).unwrap();
    mallory.type_line(format!("{number} {other}"));
    alice.read_line_with("and tried other words. Nothing was told");
    assert!(!mallory.child.wait().unwrap().success());
    let (spoken, _) = read_aloud(&mut alice);
    alice.type_line("/speak withdraw");
    alice.read_line_with("* Withdrawn.");
    let mut late = Terminal::start(&listening);
    late.type_line(&spoken);
    assert!(!late.child.wait().unwrap().success());
    alice.type_line("/speak up");
    alice.read_line_with("There is no /speak up, and it was not sent.");
}

#[test]
fn a_script_hears_the_number_and_takes_it_back() {
    let mut alice = Terminal::start(&["host", "--name", "Alice", "--json"]);
    alice.type_line(r#"{"command":"speak"}"#);
    let id = alice.read_until("what is read aloud", |line| line["spoken"]["id"].as_str().map(str::to_owned));
    alice.type_line(r#"{"command":"view"}"#);
    let state = alice.read_until("the view", |line| line["view"]["spoken"][0]["state"].as_str().map(str::to_owned));
    assert_eq!(state, "waiting");
    alice.type_line(format!(r#"{{"command":"withdrawSpoken","id":"{id}"}}"#));
    alice.read_until("the answer", |line| (line["line"] == "done").then_some(()));
    alice.type_line(r#"{"command":"view"}"#);
    let left = alice.read_until("the view", |line| line["view"]["spoken"].as_array().map(Vec::len));
    assert_eq!(left, 0);
}
