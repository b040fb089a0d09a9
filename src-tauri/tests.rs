//! What the window may ask for, and when it closes, on Tauri's mock runtime with the real grants: no display is needed.

use std::{collections::BTreeSet, time::Duration};

use conclave_engine::{
    DataFolder, Engine, Environment,
    api::{COMMANDS, CreateVault, HostRoom, NewRules, Protection},
};
use tauri::{
    App, Manager as _, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    ipc::{CallbackFn, Channel, InvokeBody},
    test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder},
    webview::InvokeRequest,
};
use tokio::{
    sync::Notify,
    time::{Instant, pause, sleep},
};

use crate::{commands, paths::Paths, state::Shell, window::closing};

fn app() -> App<MockRuntime> {
    let engine = Engine::new(Environment::system(DataFolder::None, None));
    let paths = Paths::find(["--data".into(), std::env::temp_dir().into()].into_iter()).unwrap();
    mock_builder()
        .manage(Shell::new(engine, paths))
        .invoke_handler(commands::handler())
        .build(tauri::generate_context!(test = true))
        .unwrap()
}

fn window(app: &App<MockRuntime>, label: &str) -> WebviewWindow<MockRuntime> {
    WebviewWindowBuilder::new(app, label, WebviewUrl::default()).build().unwrap()
}

fn ask(window: &WebviewWindow<MockRuntime>, command: &str) -> Result<serde_json::Value, serde_json::Value> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" }.parse().unwrap(),
        body: InvokeBody::default(),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

#[test]
fn the_main_window_is_answered() {
    let app = app();
    let answer = ask(&window(&app, "main"), "snapshot").unwrap();
    assert_eq!(answer["vault"], "new", "{answer}");
}

#[test]
fn another_window_is_refused() {
    let app = app();
    let refused = ask(&window(&app, "other"), "snapshot").unwrap_err();
    assert!(refused.to_string().contains("not allowed"), "{refused}");
}

#[test]
fn what_was_not_granted_is_refused_also_to_the_main_window() {
    let app = app();
    let main = window(&app, "main");
    for command in ["plugin:window|close", "plugin:event|emit", "plugin:path|resolve_directory", "unheard_of"] {
        assert!(ask(&main, command).is_err(), "{command}");
    }
}

/// Zooming by keys asks for it from inside the page.
#[test]
fn the_page_may_be_zoomed() {
    let app = app();
    let answer = ask(&window(&app, "main"), "plugin:webview|set_webview_zoom");
    assert!(!answer.is_err_and(|refused| refused.to_string().contains("not allowed")));
}

#[test]
fn the_grants_name_every_command_and_no_other() {
    let grants: toml::Table = include_str!("permissions/app.toml").parse().unwrap();
    let granted: BTreeSet<&str> = grants["permission"][0]["commands"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let shell = ["asks_to_close", "boot", "close_window", "copy_invitation", "protect_window", "ready", "subscribe"];
    let all: BTreeSet<&str> = COMMANDS.iter().copied().chain(shell).collect();
    assert_eq!(granted, all);
}

/// An application with a room in memory, whose end is felt. Its page hears everything, and does this with it.
async fn app_with_a_room(on_event: impl Fn(&WebviewWindow<MockRuntime>) + Send + Sync + 'static) -> App<MockRuntime> {
    let app = app();
    let shell = app.state::<Shell>();
    shell.engine.create_vault(CreateVault { protection: Protection::MemoryOnly, passphrase: None }).await.unwrap();
    let request = HostRoom {
        title: String::new(),
        note: String::new(),
        nick: "Alice".to_owned(),
        rules: NewRules { message_ttl: 3600, ..NewRules::default() },
        passphrase: None,
        in_memory: true,
    };
    shell.engine.host_room(request).await.unwrap();
    let main = window(&app, "main");
    shell.attach(Channel::new(move |_| {
        on_event(&main);
        Ok(())
    }));
    // From here on time passes where everybody waits.
    pause();
    app
}

#[tokio::test]
async fn a_window_whose_page_asks_waits_for_the_answer() {
    let app = app_with_a_room(|page| drop(ask(page, "asks_to_close").unwrap())).await;
    let main = app.get_webview_window("main").unwrap();
    for _ in 0..2 {
        assert!(closing::is_asked(&main, &Notify::new()).await);
    }
}

/// Its process is dead, or busy for long: that it takes events says nothing.
#[tokio::test]
async fn a_page_that_hears_the_question_and_does_not_ask_keeps_no_window_open() {
    let app = app_with_a_room(|_| {}).await;
    let main = app.get_webview_window("main").unwrap();
    let begun = Instant::now();
    assert!(!closing::is_asked(&main, &Notify::new()).await);
    assert!(begun.elapsed() >= Duration::from_secs(3), "one that is slow has its time");
    assert!(begun.elapsed() <= Duration::from_secs(10), "a person waits no longer");
}

#[tokio::test]
async fn who_presses_again_while_nobody_asks_closes_it_at_once_and_a_double_click_is_one_press() {
    let app = app_with_a_room(|_| {}).await;
    let main = app.get_webview_window("main").unwrap();
    let pressed = Notify::new();
    let begun = Instant::now();
    let waiting = async {
        assert!(!closing::is_asked(&main, &pressed).await);
        begun.elapsed()
    };
    let presses = async {
        sleep(Duration::from_millis(300)).await;
        pressed.notify_one();
        sleep(Duration::from_millis(1700)).await;
        pressed.notify_one();
    };
    let (waited, ()) = tokio::join!(waiting, presses);
    assert!(waited >= Duration::from_secs(2), "the second click of a double one is no impatience: {waited:?}");
    assert!(waited < Duration::from_secs(3), "{waited:?}");
}

#[tokio::test]
async fn a_window_whose_end_nobody_feels_closes_without_a_question() {
    let app = app();
    let main = window(&app, "main");
    assert!(!closing::is_asked(&main, &Notify::new()).await);
}
