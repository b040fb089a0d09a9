//! What the window may ask for, on Tauri's mock runtime with the real grants: no display is needed.

use std::collections::BTreeSet;

use conclave_engine::{DataFolder, Engine, Environment, api::COMMANDS};
use tauri::{
    App, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    ipc::{CallbackFn, InvokeBody},
    test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder},
    webview::InvokeRequest,
};

use crate::{commands, paths::Paths, state::Shell};

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
    let shell = ["boot", "close_window", "copy_invitation", "ready", "subscribe"];
    let all: BTreeSet<&str> = COMMANDS.iter().copied().chain(shell).collect();
    assert_eq!(granted, all);
}
