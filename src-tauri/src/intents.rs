//! The one list of intents: what the window may ask of the shell.
//!
//! The build script makes a permission of each, `capabilities/main.json` grants them singly, and a
//! test holds this list, the handlers, the capability and the window's own list together.

/// Every intent by the name of its command.
pub(crate) const INTENTS: &[&str] = &[
    "act",
    "cancel",
    "catalog",
    "connect_account",
    "connect_from_cli",
    "copy_kubeconfig",
    "deploy",
    "forget_account",
    "merge_kubeconfig",
    "my_address",
    "open_tfvars",
    "places",
    "preferences",
    "preview_merge",
    "receipt",
    "review",
    "review_teardown",
    "rotate_kubeconfig",
    "save_cost",
    "save_diagnostics",
    "save_kubeconfig",
    "save_receipt",
    "save_tfvars",
    "search_account",
    "set_notify",
    "set_theme",
    "show_kubeconfig",
    "start_form",
    "subscribe",
    "take_over",
    "tear_down",
    "unmerge_kubeconfig",
    "use_cloud",
];
