//! What is left of texts and keys: in files, and in the memory of a process that goes on.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use conclave_engine::{
    DataFolder, Engine, Environment,
    api::{CreateVault, EraseDevice, HostRoom, NewRules, PageMessages, Protection, SecretText, SendMessage},
    snapshot::Connection,
};
use conclave_forget::Forgetful;
use conclave_seal::rng::{OsRng, Rng};
use conclave_testkit::remains::{Trace, in_files, in_memory};
use tempfile::TempDir;

/// As in the programs that are handed out.
#[global_allocator]
static ALLOCATOR: Forgetful = Forgetful;

/// Draws, and takes down every key that it drew: those of the vault, of files and of relays are 32 bytes that were drawn at once.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Trace>>>);

impl Rng for Recorder {
    fn fill(&mut self, bytes: &mut [u8]) {
        OsRng.fill(bytes);
        if bytes.len() == 32 {
            self.0.lock().unwrap().push(Trace::of(bytes));
        }
    }
}

/// What Alice writes. Put together here, so that no constant holds it.
fn marker() -> String {
    ["The source ", "meets us at ", "the old mill at ", "seven."].concat()
}

async fn talk(engine: &Engine) {
    let passphrase = Some(SecretText::new("correct horse battery".to_owned()));
    engine.create_vault(CreateVault { protection: Protection::Passphrase, passphrase }).await.unwrap();
    let mut events = engine.events();
    let request = HostRoom {
        title: "Press desk".to_owned(),
        note: String::new(),
        nick: "Alice".to_owned(),
        rules: NewRules::default(),
        passphrase: None,
        in_memory: false,
    };
    let room = engine.host_room(request).await.unwrap();
    while engine.snapshot().await.unwrap().rooms.iter().any(|summary| summary.connection != Connection::Online) {
        events.next().await.unwrap();
    }
    let request = SendMessage { room: room.clone(), text: SecretText::new(marker()), fuse: None };
    engine.send_message(request).await.unwrap();
    let request = PageMessages { room, before: None, limit: 200 };
    assert!(!engine.page_messages(request).await.unwrap().items.is_empty());
}

/// The first bytes of every file: its salt, or the wrapped key.
fn heads(folder: &Path, found: &mut Vec<Trace>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            heads(&entry.path(), found);
        }
        found.extend(fs::read(entry.path()).ok().and_then(|bytes| bytes.get(..64).map(Trace::of)));
    }
}

/// One story, because all of a process is looked through.
#[test]
fn an_erased_computer_keeps_neither_text_nor_key_in_its_files_or_its_memory() {
    let (folder, recorder) = (TempDir::new().unwrap(), Recorder::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let drawn = recorder.clone();
    let rng: Arc<dyn Fn() -> Box<dyn Rng> + Send + Sync> = Arc::new(move || Box::new(drawn.clone()));
    let system = Environment::system(DataFolder::At(folder.path().to_owned()), None);
    let engine = Engine::new(Environment { rng, ..system });
    let text = [Trace::of(marker().as_bytes())];
    runtime.block_on(talk(&engine));

    let keys = recorder.0.lock().unwrap().clone();
    assert!(!in_memory(&text).is_empty(), "the search finds a text that is there");
    assert!(!in_memory(&keys).is_empty(), "the search finds a key that is there");
    let mut files = Vec::new();
    heads(folder.path(), &mut files);
    let found = in_files(folder.path(), &files);
    assert!((0..files.len()).all(|head| found.iter().any(|(of, _)| *of == head)), "and files");

    let erasure = runtime.block_on(engine.erase_device(EraseDevice { tell_rooms: false }));
    assert!(erasure.left.is_empty());
    assert_eq!(in_files(folder.path(), &files), [], "in a file");
    assert_eq!(in_memory(&text), [], "the text in memory");
    assert_eq!(in_memory(&keys), [], "a key in memory");
    drop(engine);
}
