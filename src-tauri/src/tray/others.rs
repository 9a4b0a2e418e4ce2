//! The tray of macOS and Windows, which is always there.

use super::{Chosen, Face};
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Runtime};

/// The icon in the tray.
pub(crate) struct Icon {
    say: Box<dyn Fn(Face) + Send + Sync>,
}

impl Icon {
    /// Puts it there.
    pub(crate) async fn place<R: Runtime>(app: &AppHandle<R>, face: Face) -> tauri::Result<Self> {
        let mut tray = TrayIconBuilder::new()
            .tooltip(&face.tip)
            .menu(&menu(app, &face)?)
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .on_menu_event(|app, event| {
                let named = |one: &Chosen| event.id().as_ref() == id(*one);
                if let Some(chosen) = Chosen::ALL.into_iter().find(named) {
                    chosen.act(app);
                }
            })
            .on_tray_icon_event(|tray, event| {
                if let TrayIconEvent::DoubleClick {
                    button: MouseButton::Left,
                    ..
                } = event
                {
                    Chosen::Show.act(tray.app_handle());
                }
            });
        if let Some(icon) = app.default_window_icon() {
            tray = tray.icon(icon.clone());
        }
        let tray: TrayIcon<R> = tray.build(app)?;
        let app = app.clone();
        let say = move |face: Face| {
            let said = tray
                .set_tooltip(Some(&face.tip))
                .and_then(|()| menu(&app, &face))
                .and_then(|menu| tray.set_menu(Some(menu)));
            if let Err(error) = said {
                tracing::debug!(%error, "the tray says what it said before");
            }
        };
        let say = Box::new(say);
        Ok(Self { say })
    }

    /// Whether somebody shows it.
    pub(crate) fn is_shown(&self) -> bool {
        true
    }

    pub(super) fn say(&self, face: Face) {
        (self.say)(face);
    }
}

fn id(chosen: Chosen) -> &'static str {
    match chosen {
        Chosen::Show => "tray-show",
        Chosen::Quit => "tray-quit",
    }
}

fn menu<R: Runtime>(app: &AppHandle<R>, face: &Face) -> tauri::Result<Menu<R>> {
    let menu = Menu::new(app)?;
    for line in &face.lines {
        menu.append(&MenuItem::new(app, line, false, None::<&str>)?)?;
    }
    menu.append(&PredefinedMenuItem::separator(app)?)?;
    for chosen in Chosen::ALL {
        let word = chosen.word();
        menu.append(&MenuItem::with_id(
            app,
            id(chosen),
            word,
            true,
            None::<&str>,
        )?)?;
    }
    Ok(menu)
}
