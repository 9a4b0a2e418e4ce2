//! Quaylight's shell: the window, its native dialogs and menus, and the wiring of the parts.
//!
//! It parses what the window wants, calls the engine and converts the answer. It decides nothing
//! about clouds, money or Kubernetes, sends the window no secret, and takes no path or URL from it.
//! Start reading at `intents` (what the window may ask), then `commands`, `wiring` (which parts a
//! cloud is made of) and `lifecycle` (what closing means).

mod about;
mod access;
mod account;
mod again;
mod arguments;
mod commands;
mod dialogs;
mod environment;
mod files;
mod hosting;
#[cfg(test)]
mod intents;
mod keeping;
mod kubectl;
mod licences;
mod lifecycle;
#[cfg(feature = "load")]
mod load;
mod namespaces;
mod navigation;
mod news;
mod nodes;
mod preferences;
mod pump;
mod readers;
mod said;
mod services;
mod shell;
mod tray;
mod wiring;
mod words;

#[cfg(test)]
mod tests;

pub use said::Said;

use anyhow::Context as _;
use shell::Shell;
use std::path::PathBuf;
use tauri::{App, Builder, Context, Manager, RunEvent, Runtime};

/// Runs the app until it is quit. A failure to start ends the process with code 1.
pub fn run() {
    // One provider for the whole process, before anybody asks for TLS.
    drop(rustls::crypto::ring::default_provider().install_default());
    environment::prepare_webview();
    match open() {
        Ok(app) => app.run(|app, event| match event {
            RunEvent::MenuEvent(menu) => lifecycle::on_menu(app, menu.id().as_ref()),
            RunEvent::Exit => app.state::<Shell>().end(),
            #[cfg(target_os = "macos")]
            RunEvent::Reopen { .. } => lifecycle::show(app),
            _ => {}
        }),
        Err(error) => {
            again::begin_anew(&error);
            // There is no window to say it in.
            eprintln!("failed to start Quaylight: {error:#}");
            std::process::exit(1);
        }
    }
}

/// The app with its window, which stands on no cloud yet.
fn open() -> anyhow::Result<App> {
    // First of all plugins, so that a second start ends before it opens anything.
    let single = tauri_plugin_single_instance::init(|app, _args, _folder| lifecycle::show(app));
    builder(Builder::default().plugin(single), local::home()?)
        .setup(|app| {
            if let Some(menu) = lifecycle::menu(app.handle())? {
                app.set_menu(menu)?;
            }
            wiring::start(app.handle());
            tray::start(app.handle());
            Ok(())
        })
        .build(context())
        .context("open the window")
}

/// Everything but what belongs to a real desktop.
fn builder<R: Runtime>(builder: Builder<R>, home: PathBuf) -> Builder<R> {
    builder
        .plugin(navigation::guard())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(
            tauri_plugin_opener::Builder::new()
                .open_js_links_on_click(false)
                .build(),
        )
        .plugin(tauri_plugin_store::Builder::new().build())
        .manage(Shell::new(home))
        .on_page_load(lifecycle::on_page_load)
        .on_window_event(lifecycle::on_window_event)
        .invoke_handler(tauri::generate_handler![
            access::access_list,
            commands::act,
            access::address_asking,
            access::always_ask_address,
            commands::cancel,
            commands::catalog,
            access::check_access,
            services::close_service,
            commands::connect_account,
            commands::connect_from_cli,
            kubectl::copy_kubeconfig,
            nodes::delete_node,
            commands::deploy,
            access::edit_access,
            commands::forget_account,
            access::guard_balancer,
            licences::licence_text,
            licences::licences,
            kubectl::merge_kubeconfig,
            commands::my_addresses,
            services::open_service,
            files::open_tfvars,
            about::places,
            commands::preferences,
            kubectl::preview_merge,
            namespaces::namespaces,
            readers::readers,
            commands::receipt,
            nodes::recycle,
            commands::review,
            nodes::review_delete_node,
            nodes::review_recycle,
            commands::review_rules,
            commands::review_size,
            commands::review_teardown,
            readers::revoke_reader,
            kubectl::rotate_kubeconfig,
            files::save_cost,
            about::save_diagnostics,
            files::save_kubeconfig,
            readers::save_reader,
            files::save_receipt,
            files::save_tfvars,
            commands::search_account,
            services::services,
            access::set_controller,
            commands::set_notify,
            namespaces::set_policy,
            commands::set_theme,
            kubectl::show_kubeconfig,
            commands::start_form,
            commands::subscribe,
            commands::take_over,
            commands::tear_down,
            kubectl::unmerge_kubeconfig,
            commands::use_cloud,
        ])
}

/// The settings of `tauri.conf.json`, the capabilities and the window's pages.
#[expect(clippy::disallowed_types, reason = "the macro's own map")]
fn context<R: Runtime>() -> Context<R> {
    tauri::generate_context!()
}
