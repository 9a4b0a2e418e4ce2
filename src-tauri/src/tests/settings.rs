//! The settings that lock the window down.

use super::file;
use crate::intents::INTENTS;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn conf() -> Value {
    serde_json::from_str(&file("tauri.conf.json")).unwrap()
}

fn all(names: impl IntoIterator<Item = impl Into<String>>) -> BTreeSet<String> {
    names.into_iter().map(Into::into).collect()
}

#[test]
fn the_window_is_locked_down() {
    let conf = conf();
    let security = &conf["app"]["security"];
    assert_eq!(
        security["csp"],
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src ipc: http://ipc.localhost; base-uri 'none'; \
         form-action 'none'; frame-src 'none'; object-src 'none'"
    );
    assert_eq!(security["freezePrototype"], json!(true));
    assert_eq!(
        security["assetProtocol"],
        json!({ "enable": false, "scope": [] })
    );
    assert_eq!(conf["app"]["withGlobalTauri"], json!(false));
    for absent in [
        "dangerousDisableAssetCspModification",
        "headers",
        "devCsp",
        "capabilities",
    ] {
        assert_eq!(security.get(absent), None, "{absent}");
    }
    assert_eq!(conf["plugins"], Value::Null);
}

#[test]
fn there_is_one_window_and_no_page_but_ours() {
    let conf = conf();
    let windows = conf["app"]["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0]["label"], "main");
    assert_eq!(windows[0]["zoomHotkeysEnabled"], json!(true));
    for absent in ["url", "devtools", "proxyUrl", "additionalBrowserArgs"] {
        assert_eq!(windows[0].get(absent), None, "{absent}");
    }
    assert_eq!(conf["build"]["frontendDist"], "ui/dist");
    assert_eq!(conf["build"].get("devUrl"), None);
    assert_eq!(conf["identifier"], "dev.quaylight.desktop");
}

#[test]
fn the_only_capability_grants_each_intent_by_name_and_nothing_else() {
    let folder = format!("{}/src-tauri/capabilities", env!("CARGO_MANIFEST_DIR"));
    let files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, ["main.json"]);
    let main: Value = serde_json::from_str(&file("src-tauri/capabilities/main.json")).unwrap();
    assert_eq!(main["windows"], json!(["main"]));
    assert_eq!(main.get("remote"), None);
    assert_eq!(main.get("webviews"), None);
    let granted = main["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap());
    let intents = INTENTS
        .iter()
        .map(|one| format!("allow-{}", one.replace('_', "-")));
    assert_eq!(all(granted), all(intents));
}

#[test]
fn handlers_and_the_windows_own_list_are_the_intents() {
    let intents = all(INTENTS.iter().copied());
    assert_eq!(intents.len(), INTENTS.len(), "an intent is listed twice");

    let lib = file("src-tauri/src/lib.rs");
    let handlers = lib
        .split_once("generate_handler![")
        .unwrap()
        .1
        .split_once(']')
        .unwrap()
        .0;
    let handler = |line: &str| {
        line.trim()
            .trim_end_matches(',')
            .rsplit("::")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(all(handlers.trim().lines().map(handler)), intents);

    assert_eq!(all(invoked(&file("ui/src/backend/tauri.ts"))), intents);
}

/// The names in `invoke('name'` and `invoke<Type>("name"` of a TypeScript file.
fn invoked(source: &str) -> Vec<String> {
    let name = |rest: &str| {
        let mut rest = rest;
        if rest.starts_with('<') {
            rest = rest.split_once(">(").map(|(_, after)| after)?;
        } else {
            rest = rest.strip_prefix('(')?;
        }
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        rest[1..].split_once(quote).map(|(name, _)| name.to_owned())
    };
    source.split("invoke").skip(1).filter_map(name).collect()
}

#[test]
fn the_reader_of_the_windows_list_sees_every_way_to_write_it() {
    let source = r#"
        import { invoke } from '@tauri-apps/api/core';
        invoke('one'); invoke<Spec>("two", { x }); invoke<Array<Spec>>(
            'three');
    "#;
    assert_eq!(invoked(source), ["one", "two", "three"]);
}

#[test]
fn no_plugin_reaches_files_network_or_programs_and_no_devtools_are_built_in() {
    let manifest = file("Cargo.toml");
    for absent in [
        "tauri-plugin-fs",
        "tauri-plugin-http",
        "tauri-plugin-shell",
        "devtools",
    ] {
        assert!(!manifest.contains(absent), "{absent}");
    }
    let tauri = manifest
        .lines()
        .find(|line| line.starts_with("tauri = "))
        .unwrap();
    assert!(tauri.contains("features = []"), "{tauri}");
    // The window itself gets no way to open links: only Rust does, by its own list of hosts.
    assert!(file("src-tauri/src/lib.rs").contains("open_js_links_on_click(false)"));
}
