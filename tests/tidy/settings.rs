//! The locks of the window: each setting of tauri.conf.json that keeps it shut.

use serde_json::{Value, json};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                   img-src 'self' data:; font-src 'self'; \
                   connect-src ipc: http://ipc.localhost; base-uri 'none'; form-action 'none'; \
                   frame-src 'none'; object-src 'none'";

fn open_locks(settings: &Value) -> Vec<&'static str> {
    let security = &settings["app"]["security"];
    let windows = settings["app"]["windows"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let locks = [
        (
            "the identifier",
            settings["identifier"] == "dev.quaylight.desktop",
        ),
        ("the content security policy", security["csp"] == CSP),
        ("frozen prototypes", security["freezePrototype"] == true),
        (
            "no second policy for development",
            security["devCsp"].is_null(),
        ),
        ("Tauri may not change the policy", {
            let relaxed = &security["dangerousDisableAssetCspModification"];
            relaxed.is_null() || relaxed == &json!(false)
        }),
        (
            "no global Tauri object",
            settings["app"]["withGlobalTauri"] == false,
        ),
        (
            "no asset protocol",
            security["assetProtocol"] == json!({ "enable": false, "scope": [] }),
        ),
        (
            "no page from a server",
            settings["build"]["devUrl"].is_null(),
        ),
        (
            "the page comes from ui/dist",
            settings["build"]["frontendDist"] == "ui/dist",
        ),
        (
            "one window, `main`",
            windows.len() == 1 && windows[0]["label"] == "main",
        ),
        (
            "the window can be zoomed",
            windows.iter().all(|w| w["zoomHotkeysEnabled"] == true),
        ),
        (
            "no window is a page from elsewhere",
            windows.iter().all(|w| w["url"].is_null()),
        ),
        (
            "no plugin is configured open",
            settings["plugins"].is_null(),
        ),
    ];
    locks
        .into_iter()
        .filter(|(_, shut)| !shut)
        .map(|(name, _)| name)
        .collect()
}

/// The settings of the app; a file that cannot be read has every lock open.
fn settings() -> Value {
    let file = quaylight_tests::root().join("tauri.conf.json");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[test]
fn every_lock_of_the_window_is_shut() {
    assert_eq!(open_locks(&settings()), Vec::<&str>::new());
}

#[test]
fn an_open_lock_is_seen() {
    let opened = |path: &str, value: Value| {
        let mut settings = settings();
        *settings.pointer_mut(path).unwrap() = value;
        open_locks(&settings)
    };
    let looser = CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");
    assert_eq!(
        opened("/app/security/csp", json!(looser)),
        ["the content security policy"]
    );
    assert_eq!(
        opened("/app/security/freezePrototype", json!(false)),
        ["frozen prototypes"]
    );
    assert_eq!(
        opened("/app/withGlobalTauri", json!(true)),
        ["no global Tauri object"]
    );
    let asset = json!({ "enable": true, "scope": ["**"] });
    assert_eq!(
        opened("/app/security/assetProtocol", asset),
        ["no asset protocol"]
    );
    let dev = json!({ "frontendDist": "ui/dist", "devUrl": "http://localhost:5173" });
    assert_eq!(opened("/build", dev), ["no page from a server"]);
    assert_eq!(opened("/app/windows", json!([])), ["one window, `main`"]);
}

/// Permissions that reach further than a dialog, the store or a link.
const TOO_FAR: &[&str] = &[
    "fs:",
    "http:",
    "shell:",
    "process:",
    "core:webview:allow-create",
];

fn wide_permissions(capability: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    if !capability["remote"].is_null() {
        problems.push("a remote domain may call the app".to_owned());
    }
    if capability["windows"] != json!(["main"]) {
        problems.push("another window than `main`".to_owned());
    }
    for permission in capability["permissions"].as_array().into_iter().flatten() {
        let name = permission
            .as_str()
            .or(permission["identifier"].as_str())
            .unwrap_or_default();
        if name.ends_with(":default") || TOO_FAR.iter().any(|far| name.starts_with(far)) {
            problems.push(format!("permission `{name}`"));
        }
    }
    problems
}

#[test]
fn permissions_are_listed_singly_and_none_reaches_far() {
    let folder = quaylight_tests::root().join("src-tauri/capabilities");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let capability = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(
            wide_permissions(&capability),
            Vec::<String>::new(),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_wide_permission_is_seen() {
    let wide =
        |permissions| wide_permissions(&json!({ "windows": ["main"], "permissions": permissions }));
    assert!(wide(json!(["core:event:allow-listen", "dialog:allow-open"])).is_empty());
    assert_eq!(wide(json!(["core:default"])), ["permission `core:default`"]);
    assert_eq!(
        wide(json!([{ "identifier": "fs:allow-read" }])),
        ["permission `fs:allow-read`"]
    );
    let remote = json!({ "windows": ["main"], "remote": { "urls": ["https://*"] } });
    assert_eq!(
        wide_permissions(&remote),
        ["a remote domain may call the app"]
    );
}
