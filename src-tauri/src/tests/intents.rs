//! Every intent through a window without a screen, under the real capabilities.

use crate::intents::INTENTS;
use crate::said::{Said, problem};
use crate::shell::{Shell, Stand};
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, Manager, WebviewWindow, WebviewWindowBuilder};

/// A window that stands on no cloud: every intent that gets past its arguments says so.
fn window() -> (App<MockRuntime>, WebviewWindow<MockRuntime>) {
    // Nothing is written there: the intents that would are refused before.
    let home = std::env::temp_dir().join("quaylight-no-home");
    let app = crate::builder(mock_builder(), home)
        .build(crate::context())
        .unwrap();
    let why = problem(Said::DemoNotStarted, None, None);
    app.state::<Shell>()
        .stand
        .send_replace(Stand::Failed(Box::new(why)));
    let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default());
    let window = window.build().unwrap();
    (app, window)
}

fn send(window: &WebviewWindow<MockRuntime>, from: &str, command: &str, body: Value) -> String {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: from.parse().unwrap(),
        body: InvokeBody::Json(body),
        headers: tauri::http::HeaderMap::new(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    match get_ipc_response(window, request) {
        Ok(_) => "done".to_owned(),
        Err(Value::String(text)) => text.lines().next().unwrap_or_default().to_owned(),
        Err(problem) => format!("problem {}", problem["code"]),
    }
}

const OWN: &str = if cfg!(windows) {
    "http://tauri.localhost"
} else {
    "tauri://localhost"
};

#[test]
fn every_intent_without_arguments_is_refused_or_says_what_is_missing() {
    let (_app, window) = window();
    // These need no argument and would act on this computer's own things.
    let quiet = [
        "preferences",
        "forget_account",
        "connect_from_cli",
        "save_diagnostics",
    ];
    let answers: Vec<String> = INTENTS
        .iter()
        .filter(|name| !quiet.contains(name))
        .map(|name| format!("{name}: {}", send(&window, OWN, name, json!({}))))
        .collect();
    expect_test::expect![[r#"
        access_list: invalid args `deployment` for command `access_list`: command access_list missing required key deployment
        act: invalid args `deployment` for command `act`: command act missing required key deployment
        address_asking: problem "demo_not_started"
        always_ask_address: invalid args `always` for command `always_ask_address`: command always_ask_address missing required key always
        cancel: invalid args `deployment` for command `cancel`: command cancel missing required key deployment
        catalog: problem "demo_not_started"
        check_access: invalid args `list` for command `check_access`: command check_access missing required key list
        close_service: invalid args `deployment` for command `close_service`: command close_service missing required key deployment
        connect_account: invalid args `token` for command `connect_account`: command connect_account missing required key token
        copy_kubeconfig: invalid args `deployment` for command `copy_kubeconfig`: command copy_kubeconfig missing required key deployment
        delete_node: invalid args `deployment` for command `delete_node`: command delete_node missing required key deployment
        deploy: invalid args `plan` for command `deploy`: command deploy missing required key plan
        edit_access: invalid args `deployment` for command `edit_access`: command edit_access missing required key deployment
        guard_balancer: invalid args `deployment` for command `guard_balancer`: command guard_balancer missing required key deployment
        licence_text: invalid args `origin` for command `licence_text`: command licence_text missing required key origin
        licences: done
        merge_kubeconfig: invalid args `deployment` for command `merge_kubeconfig`: command merge_kubeconfig missing required key deployment
        my_addresses: problem "demo_not_started"
        namespaces: invalid args `deployment` for command `namespaces`: command namespaces missing required key deployment
        open_service: invalid args `deployment` for command `open_service`: command open_service missing required key deployment
        open_tfvars: problem "demo_not_started"
        places: done
        preview_merge: invalid args `deployment` for command `preview_merge`: command preview_merge missing required key deployment
        readers: invalid args `deployment` for command `readers`: command readers missing required key deployment
        receipt: invalid args `deployment` for command `receipt`: command receipt missing required key deployment
        recycle: invalid args `deployment` for command `recycle`: command recycle missing required key deployment
        review: invalid args `spec` for command `review`: command review missing required key spec
        review_delete_node: invalid args `deployment` for command `review_delete_node`: command review_delete_node missing required key deployment
        review_recycle: invalid args `deployment` for command `review_recycle`: command review_recycle missing required key deployment
        review_rules: invalid args `deployment` for command `review_rules`: command review_rules missing required key deployment
        review_size: invalid args `deployment` for command `review_size`: command review_size missing required key deployment
        review_teardown: invalid args `deployment` for command `review_teardown`: command review_teardown missing required key deployment
        revoke_reader: invalid args `deployment` for command `revoke_reader`: command revoke_reader missing required key deployment
        rotate_kubeconfig: invalid args `deployment` for command `rotate_kubeconfig`: command rotate_kubeconfig missing required key deployment
        save_cost: invalid args `deployment` for command `save_cost`: command save_cost missing required key deployment
        save_kubeconfig: invalid args `deployment` for command `save_kubeconfig`: command save_kubeconfig missing required key deployment
        save_reader: invalid args `deployment` for command `save_reader`: command save_reader missing required key deployment
        save_receipt: invalid args `deployment` for command `save_receipt`: command save_receipt missing required key deployment
        save_tfvars: invalid args `spec` for command `save_tfvars`: command save_tfvars missing required key spec
        search_account: problem "demo_not_started"
        services: invalid args `deployment` for command `services`: command services missing required key deployment
        set_controller: invalid args `deployment` for command `set_controller`: command set_controller missing required key deployment
        set_notify: invalid args `notify` for command `set_notify`: command set_notify missing required key notify
        set_policy: invalid args `deployment` for command `set_policy`: command set_policy missing required key deployment
        set_theme: invalid args `theme` for command `set_theme`: command set_theme missing required key theme
        show_kubeconfig: invalid args `deployment` for command `show_kubeconfig`: command show_kubeconfig missing required key deployment
        start_form: problem "demo_not_started"
        subscribe: invalid args `channel` for command `subscribe`: command subscribe missing required key channel
        take_over: invalid args `deployment` for command `take_over`: command take_over missing required key deployment
        tear_down: invalid args `deployment` for command `tear_down`: command tear_down missing required key deployment
        unmerge_kubeconfig: invalid args `deployment` for command `unmerge_kubeconfig`: command unmerge_kubeconfig missing required key deployment
        use_cloud: invalid args `cloud` for command `use_cloud`: command use_cloud missing required key cloud"#]].assert_eq(&answers.join("\n"));
}

#[test]
fn wrong_arguments_never_reach_the_engine() {
    let (_app, window) = window();
    let ulid = "01jd0z3c4v5w6x7y8z9a0b1c2d";
    let asked = [
        ("cancel", json!({ "deployment": "../../etc/passwd" })),
        ("cancel", json!({ "deployment": 7 })),
        ("cancel", json!({ "deployment": ulid })),
        ("deploy", json!({ "plan": ulid, "unknownPrice": "yes" })),
        (
            "deploy",
            json!({ "plan": "x".repeat(1000), "unknownPrice": true }),
        ),
        ("act", json!({ "deployment": ulid, "action": "explode" })),
        (
            "tear_down",
            json!({ "deployment": ulid, "typed": "x", "delete": ["1"] }),
        ),
        (
            "tear_down",
            json!({ "deployment": ulid, "typed": "x".repeat(300), "delete": [] }),
        ),
        (
            "tear_down",
            json!({ "deployment": ulid, "typed": "x", "delete": [-1] }),
        ),
        ("review", json!({ "spec": { "prefix": "ada" } })),
        ("review", json!({ "spec": null })),
        ("use_cloud", json!({ "cloud": "http://127.0.0.1:1/" })),
        ("set_theme", json!({ "theme": "sepia" })),
        (
            "connect_account",
            json!({ "token": { "path": "/etc/passwd" } }),
        ),
        ("connect_account", json!({ "token": "x".repeat(5000) })),
        ("subscribe", json!({ "channel": "nonsense" })),
        (
            "edit_access",
            json!({ "deployment": ulid, "add": ["0.0.0.0/00"], "remove": [], "withoutMe": false }),
        ),
        (
            "edit_access",
            json!({ "deployment": ulid, "add": [], "remove": ["198.51.100.7"], "withoutMe": false }),
        ),
        (
            "edit_access",
            json!({ "deployment": ulid, "add": [], "remove": [], "withoutMe": "yes" }),
        ),
        ("check_access", json!({ "list": ["x".repeat(300)] })),
        ("always_ask_address", json!({ "always": 1 })),
        (
            "recycle",
            json!({ "deployment": ulid, "node": "../clusters" }),
        ),
    ];
    let answers: Vec<String> = asked
        .into_iter()
        .map(|(name, body)| format!("{name}: {}", send(&window, OWN, name, body)))
        .collect();
    expect_test::expect![[r#"
        cancel: invalid args `deployment` for command `cancel`: not a lowercase ULID
        cancel: invalid args `deployment` for command `cancel`: invalid type: integer `7`, expected a string
        cancel: problem "demo_not_started"
        deploy: invalid args `unknownPrice` for command `deploy`: invalid type: string "yes", expected a boolean
        deploy: invalid args `plan` for command `deploy`: not a lowercase ULID
        act: invalid args `action` for command `act`: unknown variant `explode`, expected one of `continue`, `roll_back`, `keep`, `stop_hour_later`, `stop_four_hours_later`, `stop_never`, `ask_address`, `allow_address`, `replace_address`
        tear_down: invalid args `delete` for command `tear_down`: invalid type: string "1", expected u64
        tear_down: invalid args `typed` for command `tear_down`: too long for a name
        tear_down: invalid args `delete` for command `tear_down`: invalid value: integer `-1`, expected u64
        review: invalid args `spec` for command `review`: missing field `region`
        review: invalid args `spec` for command `review`: invalid type: null, expected struct Spec
        use_cloud: invalid args `cloud` for command `use_cloud`: unknown variant `http://127.0.0.1:1/`, expected `demo` or `linode`
        set_theme: invalid args `theme` for command `set_theme`: unknown variant `sepia`, expected one of `system`, `light`, `dark`
        connect_account: invalid args `token` for command `connect_account`: invalid type: map, expected a token
        connect_account: invalid args `token` for command `connect_account`: too long for a token
        subscribe: invalid channel value `nonsense`, expected a string in the `__CHANNEL__:ID` format
        edit_access: invalid args `add` for command `edit_access`: not a network
        edit_access: invalid args `remove` for command `edit_access`: not a network
        edit_access: invalid args `withoutMe` for command `edit_access`: invalid type: string "yes", expected a boolean
        check_access: invalid args `list` for command `check_access`: too long for a name
        always_ask_address: invalid args `always` for command `always_ask_address`: invalid type: integer `1`, expected a boolean
        recycle: invalid args `node` for command `recycle`: not a node's id"#]].assert_eq(&answers.join("\n"));
}

#[test]
fn what_is_not_listed_and_who_is_not_ours_is_denied() {
    let (_app, window) = window();
    let asked = [
        (OWN, "plugin:store|get"),
        (OWN, "plugin:dialog|save"),
        (OWN, "plugin:opener|open_url"),
        (OWN, "plugin:window|set_title"),
        (OWN, "plugin:event|listen"),
        (OWN, "read_file"),
        ("https://cloud.linode.com", "catalog"),
        ("http://127.0.0.1:8080", "catalog"),
    ];
    for (from, command) in asked {
        let answer = send(&window, from, command, json!({}));
        assert!(answer.contains("not allowed"), "{from} {command}: {answer}");
    }
}
