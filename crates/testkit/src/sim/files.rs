//! What happens to files: older copies are put back, and a file is emptied, cut short or removed.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use conclave_engine::ErrorCode;

use super::stage::Stage;
use crate::{
    check::{self, Member},
    folder,
    rng::SeededRng,
};

/// Somebody writes, loses the folder, and goes on from a copy that knows nothing of that. The keyring may know nothing
/// of it either.
pub(super) async fn put_back(stage: &Stage, members: &mut [Member]) -> Result<(), String> {
    let (lab, rng) = (&stage.lab, stage.lab.rng().fork());
    let left = stage.left.lock().unwrap().clone();
    check::settle(lab, members, &left).await?;
    let Some(member) = choose(members, &rng) else { return Ok(()) };
    let is_host = lab.host().is_some_and(|host| host == member.person.name());
    member.person.close().await;
    let copy = member.person.back_up();
    let of_relay = is_host.then(|| lab.relay_log().back_up(&lab.folder("relay.backup")));
    member.person.start().await;
    let written = member.written.len();
    stage.say(member, rng.number(1..4)).await;
    member.person.pause(rng.millis(20_000..60_000)).await;
    member.person.close().await;
    // The copy knows nothing of these.
    member.written.iter_mut().skip(written).for_each(|(_, sure)| *sure = false);
    lab.expect_old_copy(member.person.name());
    member.person.restore(&copy);
    match of_relay {
        // The relay is as old as the folder, and shows nothing that is not in it: the keyring alone can tell.
        Some(of_relay) => lab.relay_log().restore(&of_relay, &lab.folder("relay.restored")),
        None if rng.percent(50) => member.person.forget_newer_secrets(),
        None => {}
    }
    member.person.start().await;
    stage.counts(|counts| counts.old_copies += 1);
    for member in members {
        stage.say(member, 1).await;
    }
    Ok(())
}

/// People talk, and somebody comes in; then whoever runs the relay puts back a copy of its file that knows nothing of
/// that.
pub(super) async fn set_back(stage: &Stage, members: &mut Vec<Member>) -> Result<(), String> {
    let (lab, rng) = (&stage.lab, stage.lab.rng().fork());
    let left = stage.left.lock().unwrap().clone();
    check::settle(lab, members, &left).await?;
    lab.stop_relay(false).await;
    let copy = lab.relay_log().back_up(&lab.folder("relay.backup"));
    lab.restart_relay();
    for member in members.iter_mut() {
        stage.say(member, rng.number(0..3)).await;
        member.person.pause(rng.millis(0..60_000)).await;
    }
    if rng.percent(50) {
        members.push(stage.enter("Zoe", false).await);
    }
    check::settle(lab, members, &left).await?;
    lab.stop_relay(false).await;
    lab.expect_resyncs();
    lab.relay_log().restore(&copy, &lab.folder("relay.restored"));
    lab.restart_relay();
    stage.counts(|counts| counts.set_back += 1);
    for member in members.iter_mut() {
        stage.say(member, 1).await;
    }
    // Whoever reconnects now, to a log that is shorter than what they have read, would miss what it grows by (docs/status.md).
    check::settle(lab, members, &left).await?;
    Ok(())
}

/// Somebody's file, or the relay's, is damaged. The app or the relay says so or goes on without it, touches nothing
/// that the right file would bring back, and has everything when it is there again.
pub(super) async fn lose(stage: &Stage, members: &mut [Member]) -> Result<(), String> {
    let (lab, rng) = (&stage.lab, stage.lab.rng().fork());
    stage.counts(|counts| counts.lost_files += 1);
    if lab.host().is_none() && lab.relay_log().is_a_file() && rng.percent(30) {
        lab.stop_relay(false).await;
        let damage = Damage::of(&lab.relay_log().close(), &rng);
        if lab.relay_log().opens() {
            return Err(format!("a relay starts although {damage:?}"));
        }
        damage.mend();
        lab.restart_relay();
        return Ok(());
    }
    let Some(member) = choose(members, &rng) else { return Ok(()) };
    member.person.close().await;
    let mut files = folder::files(&member.person.folder());
    let file = files.swap_remove(usize::try_from(rng.below(u64::try_from(files.len()).unwrap())).unwrap());
    let damage = Damage::of(&file, &rng);
    lab.trace().note(format_args!("{}: {damage:?}", member.person.name()));
    let opened = member.person.try_start().await;
    match opened {
        Ok(()) | Err(ErrorCode::VaultDamaged | ErrorCode::VaultIncomplete) => {}
        Err(error) => return Err(format!("{} hears {error} although {damage:?}", member.person.name())),
    }
    member.person.pause(rng.millis(1_000..60_000)).await;
    member.person.close().await;
    damage.mend();
    member.person.start().await;
    Ok(())
}

fn choose<'a>(members: &'a mut [Member], rng: &SeededRng) -> Option<&'a mut Member> {
    let count = u64::try_from(members.len()).unwrap();
    members.get_mut(usize::try_from(rng.below(count.max(1))).unwrap())
}

/// What happened to a file, and what it held.
struct Damage {
    file: PathBuf,
    whole: Vec<u8>,
    left: Option<usize>,
}

impl Damage {
    fn of(file: &Path, rng: &SeededRng) -> Self {
        let whole = fs::read(file).unwrap();
        let left = match rng.below(3) {
            0 => None,
            1 => Some(0),
            // Some cuts go between pages.
            _ => {
                let left = usize::try_from(rng.below(u64::try_from(whole.len()).unwrap())).unwrap();
                Some(if rng.percent(50) { left } else { left - left % PAGE })
            }
        };
        match left {
            None => fs::remove_file(file).unwrap(),
            Some(left) => fs::write(file, whole.get(..left).unwrap()).unwrap(),
        }
        Self { file: file.to_owned(), whole, left }
    }

    fn mend(self) {
        fs::write(self.file, self.whole).unwrap();
    }
}

impl fmt::Debug for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, whole) = (self.file.file_name().unwrap_or_default().display(), self.whole.len());
        match self.left {
            None => write!(f, "{name} is gone"),
            Some(left) => write!(f, "{name} has {left} of {whole} bytes"),
        }
    }
}

/// Bytes of a page of a database.
const PAGE: usize = 4096;
