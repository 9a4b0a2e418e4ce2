//! What the shell itself says, as codes of the one message catalogue.

use domain::MicroUsd;
use domain::text::{PerHour, Text};
use domain::texts;
use domain::view::{Notice, Problem, Tone};
use jiff::Timestamp;

texts! {
    /// What the shell says.
    pub enum Said {
        /// The demo cloud could not be started.
        "demo_not_started" DemoNotStarted,
        /// What to do about it.
        "demo_not_started_fix" DemoNotStartedFix,
        /// This computer's folder cannot be used.
        "home_not_usable" HomeNotUsable { path: String },
        /// What to do about it.
        "home_not_usable_fix" HomeNotUsableFix,
        /// Linode was chosen, but no account is connected.
        "no_account" NoAccount,
        /// What to do about it.
        "no_account_fix" NoAccountFix,
        /// What was pasted cannot be a token.
        "token_malformed" TokenMalformed,
        /// Why.
        "token_malformed_why" TokenMalformedWhy,
        /// What to do about it.
        "token_malformed_fix" TokenMalformedFix,
        /// Linode refused the token.
        "token_refused" TokenRefused,
        /// What to do about it.
        "token_refused_fix" TokenRefusedFix,
        /// linode-cli has no token.
        "linode_cli_none" LinodeCliNone,
        /// What to do about it.
        "linode_cli_none_fix" LinodeCliNoneFix,
        /// No secure connection can be made.
        "linode_not_reachable" LinodeNotReachable,
        /// What to do about it.
        "linode_not_reachable_fix" LinodeNotReachableFix,
        /// The keychain holds no token for the connected user.
        "token_gone" TokenGone { user: String },
        /// What to do about it.
        "token_gone_fix" TokenGoneFix,
        /// The keychain is locked.
        "keychain_locked" KeychainLocked,
        /// There is no keychain.
        "keychain_missing" KeychainMissing { reason: String },
        /// What to do about it.
        "keychain_locked_fix" KeychainLockedFix,
        /// What to do about it.
        "keychain_missing_fix" KeychainMissingFix,
        /// The keychain failed to forget the token.
        "keychain_kept" KeychainKept,
        /// What to do about it.
        "keychain_kept_fix" KeychainKeptFix,
        /// The token lives in memory.
        "token_in_memory" TokenInMemory,
        /// The account cannot be left now.
        "account_in_use" AccountInUse { under_way: Vec<String> },
        /// What to do about it.
        "account_in_use_fix" AccountInUseFix,
        /// A file cannot be read.
        "file_not_read" FileNotRead { file: String },
        /// What to do about it.
        "file_not_read_fix" FileNotReadFix,
        /// A file is no text.
        "file_not_text" FileNotText { file: String },
        /// A file is too big to be a variables file.
        "file_too_big" FileTooBig { file: String },
        /// A file cannot be written.
        "file_not_written" FileNotWritten { file: String },
        /// What to do about it.
        "file_not_written_fix" FileNotWrittenFix,
        /// What is saved for somebody who is to help cannot be put together.
        "diagnostics_not_made" DiagnosticsNotMade,
        /// What to do about it.
        "diagnostics_not_made_fix" DiagnosticsNotMadeFix,
        /// The list of what the program is built of is not in it.
        "licences_not_read" LicencesNotRead,
        /// The clipboard cannot be used.
        "clipboard_failed" ClipboardFailed,
        /// What to do about it.
        "clipboard_failed_fix" ClipboardFailedFix,
        /// Title of a native dialog.
        "dialog_save_kubeconfig" DialogSaveKubeconfig,
        /// As above.
        "dialog_save_cost" DialogSaveCost,
        /// Title of a native dialog.
        "dialog_save_diagnostics" DialogSaveDiagnostics,
        /// Title of a native dialog.
        "dialog_save_receipt" DialogSaveReceipt,
        /// Title of a native dialog.
        "dialog_save_tfvars" DialogSaveTfvars,
        /// Title of a native dialog.
        "dialog_open_tfvars" DialogOpenTfvars,
        /// Kind of file in a native dialog.
        "dialog_kind_kubeconfig" DialogKindKubeconfig,
        /// A kind of file.
        "dialog_kind_cost" DialogKindCost,
        /// Kind of file in a native dialog.
        "dialog_kind_diagnostics" DialogKindDiagnostics,
        /// Kind of file in a native dialog.
        "dialog_kind_receipt" DialogKindReceipt,
        /// Kind of file in a native dialog.
        "dialog_kind_tfvars" DialogKindTfvars,
        /// Title of the question before quitting.
        "quit_title" QuitTitle,
        /// What quitting means.
        "quit_body" QuitBody,
        /// A deployment that is being made or changed.
        "quit_building" QuitBuilding { label: String },
        /// A deployment that is being torn down.
        "quit_leaving" QuitLeaving { label: String },
        /// A deployment with a stop time.
        "quit_stops" QuitStops { label: String, time: Timestamp },
        /// Button: the process stays.
        "quit_keep_going" QuitKeepGoing,
        /// Button: the process ends.
        "quit_now" QuitNow,
        /// Button: nothing happens.
        "quit_stay" QuitStay,
        /// Menu item of the tray.
        "tray_show" TrayShow,
        /// What Linode charges an hour.
        "tray_rate" TrayRate { rate: PerHour },
        /// The same at an unknown price.
        "tray_rate_unknown" TrayRateUnknown,
        /// What the demo cloud would charge.
        "tray_rate_demo" TrayRateDemo { rate: PerHour },
        /// The same at an unknown price.
        "tray_rate_demo_unknown" TrayRateDemoUnknown,
        /// The next stop time.
        "tray_stops" TrayStops { label: String, time: Timestamp },
        /// Nothing stands anywhere.
        "tray_nothing" TrayNothing,
        /// The window was closed, and the work goes on.
        "news_in_tray" NewsInTray,
        /// A deployment is ready.
        "news_ready" NewsReady { label: String },
        /// A deployment is torn down.
        "news_gone" NewsGone { label: String },
        /// An undo failed.
        "news_stuck" NewsStuck { label: String, rate: PerHour },
        /// A step failed.
        "news_failed" NewsFailed { label: String, rate: PerHour },
        /// A stop time is near.
        "news_stops" NewsStops { label: String, time: Timestamp },
        /// A mark of the budget is reached.
        "news_budget" NewsBudget { label: String, percent: u64, budget: MicroUsd },
        /// Menu item.
        "menu_quit" MenuQuit,
        /// Menu.
        "menu_edit" MenuEdit,
        /// Menu.
        "menu_window" MenuWindow,
    }
}

/// A problem in these words.
pub(crate) fn problem(what: Said, why: Option<Said>, fix: Option<Said>) -> Problem {
    let what = Text::from(what);
    Problem {
        code: what.code.clone(),
        what,
        why: why.map(Text::from),
        fix: fix.map(Text::from),
        detail: None,
    }
}

/// A problem as a notice of the whole app.
pub(crate) fn notice(problem: Problem) -> Notice {
    Notice {
        tone: Tone::Danger,
        what: problem.what,
        why: problem.why,
        exists: None,
        fix: problem.fix,
        actions: Vec::new(),
    }
}

/// A problem with what the system said, cause by cause.
pub(crate) fn because(problem: Problem, error: &(dyn std::error::Error + 'static)) -> Problem {
    let all: Vec<String> = std::iter::successors(Some(error), |one| one.source())
        .map(ToString::to_string)
        .collect();
    Problem {
        detail: Some(all.join(": ")),
        ..problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_code_has_its_text_and_every_text_its_parameters() {
        let all: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(include_str!("../../ui/messages/en.json")).unwrap();
        let mut wrong = Vec::new();
        for (code, params) in Said::ALL {
            let Some(text) = all.get(*code).and_then(|text| text.as_str()) else {
                wrong.push(format!("{code}: no text"));
                continue;
            };
            let lacks = params
                .iter()
                .filter(|name| !text.contains(&format!("{{{name}}}")));
            wrong.extend(lacks.map(|name| format!("{code}: no {{{name}}}")));
        }
        assert_eq!(wrong, Vec::<String>::new());
    }
}
