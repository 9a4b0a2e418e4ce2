//! What closing and quitting mean. While a run or a stop time is under way, closing puts the window
//! into the tray and says so. Where nothing shows a tray, closing asks: keep the process working with
//! its window minimised, since one that cannot be brought back is worse, quit and leave a list of
//! things undone, or stay. Starting Quaylight again shows the window.

use crate::environment;
use crate::news;
use crate::said::Said;
use crate::shell::Shell;
use crate::tray;
use crate::words::say;
use domain::view::{DeploymentState, Row};
use engine::facade::{Brief, Engine};
use std::collections::BTreeMap;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::webview::{PageLoadEvent, PageLoadPayload};
use tauri::{AppHandle, Manager, Runtime, Webview, Window, WindowEvent};
use tauri_plugin_dialog::{
    DialogExt, MessageDialogButtons, MessageDialogKind, MessageDialogResult,
};

/// The one window.
pub(crate) const WINDOW: &str = "main";
/// The menu item that quits, where there is a menu.
const QUIT: &str = "quit";

/// What would stay undone on a cloud: a sentence for each deployment.
pub(crate) fn undone(engine: &Engine) -> Vec<Said> {
    let view = engine.subscribe().0.view;
    let here = engine.undone().into_iter().filter(|one| one.here);
    here.filter_map(|one| sentence(one, &view)).collect()
}

fn sentence(
    Brief {
        id, label, state, ..
    }: Brief,
    view: &BTreeMap<String, Row>,
) -> Option<Said> {
    match state {
        DeploymentState::Building => Some(Said::QuitBuilding { label }),
        DeploymentState::Leaving => Some(Said::QuitLeaving { label }),
        DeploymentState::Gone => None,
        DeploymentState::Running
        | DeploymentState::Failed
        | DeploymentState::Interrupted
        | DeploymentState::Stuck => match view.get(&format!("deployment/{id}")) {
            Some(Row::Deployment(row)) => row.stops.map(|time| Said::QuitStops { label, time }),
            Some(Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_))
            | None => None,
        },
    }
}

/// The labels of the deployments that a run works on right now.
pub(crate) fn running(engine: &Engine) -> Vec<String> {
    let at_work = |one: &Brief| {
        matches!(
            one.state,
            DeploymentState::Building | DeploymentState::Leaving
        )
    };
    let undone = engine.undone().into_iter();
    undone
        .filter(|one| one.here && at_work(one))
        .map(|one| one.label)
        .collect()
}

/// The close button of the window.
pub(crate) fn on_window_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event
        && window.label() == WINDOW
        && !environment::automated()
    {
        api.prevent_close();
        let app = window.app_handle();
        if tray::is_shown(app) && app.state::<Shell>().has_undone() {
            put_into_tray(app);
        } else {
            leave(app);
        }
    }
}

/// Ends the process, after a question when something would stay undone.
pub(crate) fn leave<R: Runtime>(app: &AppHandle<R>) {
    let Some(undone) = app.state::<Shell>().begin_leaving() else {
        // The question is on the screen already.
        return;
    };
    if undone.is_empty() {
        app.exit(0);
        return;
    }
    let lines: Vec<String> = undone
        .into_iter()
        .map(|one| format!("• {}", say(one)))
        .collect();
    let body = format!("{}\n\n{}", say(Said::QuitBody), lines.join("\n"));
    let (keep, quit) = (say(Said::QuitKeepGoing), say(Said::QuitNow));
    let buttons =
        MessageDialogButtons::YesNoCancelCustom(keep.clone(), quit.clone(), say(Said::QuitStay));
    let handle = app.clone();
    let mut question = app.dialog().message(body);
    if let Some(window) = app.get_webview_window(WINDOW) {
        question = question.parent(&window);
    }
    question
        .title(say(Said::QuitTitle))
        .kind(MessageDialogKind::Warning)
        .buttons(buttons)
        .show_with_result(move |answer| {
            handle.state::<Shell>().end_leaving();
            match answer {
                MessageDialogResult::Custom(label) if label == keep => put_away(&handle),
                MessageDialogResult::Custom(label) if label == quit => handle.exit(0),
                MessageDialogResult::Yes => put_away(&handle),
                MessageDialogResult::No => handle.exit(0),
                MessageDialogResult::Custom(_)
                | MessageDialogResult::Ok
                | MessageDialogResult::Cancel => {}
            }
        });
}

/// The window away, the icon in the tray the way back to it.
fn put_into_tray<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(WINDOW) else {
        return;
    };
    match window.hide() {
        Ok(()) => news::notify(app, Said::NewsInTray),
        Err(error) => tracing::warn!(%error, "failed to put the window away"),
    }
}

/// The window out of the way, the process at work.
fn put_away<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(WINDOW) else {
        return;
    };
    // A macOS app without a window is reached through its icon in the Dock.
    let done = if cfg!(target_os = "macos") {
        window.hide()
    } else {
        window.minimize()
    };
    if let Err(error) = done {
        tracing::warn!(%error, "failed to put the window away");
    }
}

/// The window in front: another start of Quaylight, or a click on the Dock's icon.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>) {
    let Some(window) = app.get_webview_window(WINDOW) else {
        return;
    };
    let done = window
        .show()
        .and_then(|()| window.unminimize())
        .and_then(|()| window.set_focus());
    if let Err(error) = done {
        tracing::warn!(%error, "failed to show the window");
    }
}

/// The window opens with its page in it. WebKitGTK lets a window that is drawn while its page is still
/// being set up wait for half a second, and no system shows an empty one first.
pub(crate) fn on_page_load<R: Runtime>(webview: &Webview<R>, load: &PageLoadPayload<'_>) {
    if load.event() == PageLoadEvent::Finished {
        show(webview.app_handle());
    }
}

/// macOS has a menu bar whatever we do, and its own Quit would not ask. Elsewhere there is none.
pub(crate) fn menu<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<Option<Menu<R>>> {
    if !cfg!(target_os = "macos") {
        return Ok(None);
    }
    let quit = MenuItem::with_id(app, QUIT, say(Said::MenuQuit), true, Some("CmdOrCtrl+Q"))?;
    let own = Submenu::with_items(
        app,
        &app.package_info().name,
        true,
        &[
            &PredefinedMenuItem::about(app, None, None)?,
            &PredefinedMenuItem::separator(app)?,
            &PredefinedMenuItem::hide(app, None)?,
            &PredefinedMenuItem::hide_others(app, None)?,
            &PredefinedMenuItem::show_all(app, None)?,
            &PredefinedMenuItem::separator(app)?,
            &quit,
        ],
    )?;
    let edit = Submenu::with_items(
        app,
        say(Said::MenuEdit),
        true,
        &[
            &PredefinedMenuItem::undo(app, None)?,
            &PredefinedMenuItem::redo(app, None)?,
            &PredefinedMenuItem::separator(app)?,
            &PredefinedMenuItem::cut(app, None)?,
            &PredefinedMenuItem::copy(app, None)?,
            &PredefinedMenuItem::paste(app, None)?,
            &PredefinedMenuItem::select_all(app, None)?,
        ],
    )?;
    let window = Submenu::with_items(
        app,
        say(Said::MenuWindow),
        true,
        &[
            &PredefinedMenuItem::minimize(app, None)?,
            &PredefinedMenuItem::close_window(app, None)?,
        ],
    )?;
    Menu::with_items(app, &[&own, &edit, &window]).map(Some)
}

/// A click on a menu item of ours.
pub(crate) fn on_menu<R: Runtime>(app: &AppHandle<R>, id: &str) {
    if id == QUIT {
        leave(app);
    }
}
