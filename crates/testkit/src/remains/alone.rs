//! A process for one story.

use std::{env, process::Command};

/// Tells a story in a process of its own, whose memory no other story uses: the same program again, with this test alone. `name`
/// is the test's with the modules that it is in.
///
/// # Panics
/// If the story fails, or there is no such test.
pub fn alone(name: &str, story: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        return story();
    }
    let mut child = Command::new(env::current_exe().unwrap());
    let told = child.args([name, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
    let words = [told.stdout, told.stderr].map(|words| String::from_utf8_lossy(&words).into_owned()).concat();
    assert!(told.status.success() && words.contains("1 passed"), "{words}");
}

const CHILD: &str = "CONCLAVE_TELLS_ONE_STORY";
