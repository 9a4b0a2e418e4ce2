//! A StatusNotifierItem over the session bus: without libraries that may be missing, and whether
//! somebody shows it is known.

use super::{Chosen, Face};
use ksni::menu::{MenuItem, StandardItem};
use ksni::{Handle, OfflineReason, ToolTip, Tray, TrayMethods as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::{AppHandle, Runtime};

/// The icon in the tray.
pub(crate) struct Icon {
    shown: Arc<AtomicBool>,
    say: Box<dyn Fn(Face) + Send + Sync>,
}

struct Item {
    face: Face,
    picture: Vec<ksni::Icon>,
    shown: Arc<AtomicBool>,
    chosen: Box<dyn Fn(Chosen) + Send>,
}

impl Icon {
    /// Asks for a place; an error: there is nobody to show it.
    pub(crate) async fn place<R: Runtime>(
        app: &AppHandle<R>,
        face: Face,
    ) -> Result<Self, ksni::Error> {
        let shown = Arc::new(AtomicBool::new(false));
        let acts = app.clone();
        let item = Item {
            face,
            picture: picture(app),
            shown: Arc::clone(&shown),
            chosen: Box::new(move |chosen| {
                let app = acts.clone();
                // The bus is answered at once; a window belongs to the main thread.
                drop(acts.run_on_main_thread(move || chosen.act(&app)));
            }),
        };
        let handle: Handle<Item> = item.spawn().await?;
        shown.store(true, Ordering::Release);
        let say = move |face: Face| {
            let handle = handle.clone();
            tauri::async_runtime::spawn(async move {
                handle.update(|item| item.face = face).await;
            });
        };
        let say = Box::new(say);
        Ok(Self { shown, say })
    }

    /// Whether somebody shows it.
    pub(crate) fn is_shown(&self) -> bool {
        self.shown.load(Ordering::Acquire)
    }

    pub(super) fn say(&self, face: Face) {
        (self.say)(face);
    }
}

/// The window's own icon, as the bus wants it: ARGB instead of RGBA.
fn picture<R: Runtime>(app: &AppHandle<R>) -> Vec<ksni::Icon> {
    let Some(icon) = app.default_window_icon() else {
        return Vec::new();
    };
    let (mut data, [width, height]) = (icon.rgba().to_vec(), [icon.width(), icon.height()]);
    for pixel in data.chunks_exact_mut(4) {
        pixel.rotate_right(1);
    }
    let size = |n: u32| i32::try_from(n).unwrap_or_default();
    let (width, height) = (size(width), size(height));
    vec![ksni::Icon {
        width,
        height,
        data,
    }]
}

impl Tray for Item {
    fn id(&self) -> String {
        "dev.quaylight.desktop".to_owned()
    }

    fn title(&self) -> String {
        "Quaylight".to_owned()
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.picture.clone()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: self.title(),
            description: self.face.tip.clone(),
            ..ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        (self.chosen)(Chosen::Show);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        let says = |label: &String| StandardItem {
            label: label.clone(),
            enabled: false,
            ..StandardItem::default()
        };
        let does = |chosen: Chosen| StandardItem {
            label: chosen.word(),
            activate: Box::new(move |item: &mut Self| (item.chosen)(chosen)),
            ..StandardItem::default()
        };
        let lines = self.face.lines.iter().map(says).map(Into::into);
        lines
            .chain([MenuItem::Separator])
            .chain(Chosen::ALL.into_iter().map(does).map(Into::into))
            .collect()
    }

    fn watcher_online(&self) {
        self.shown.store(true, Ordering::Release);
    }

    fn watcher_offline(&self, _: OfflineReason) -> bool {
        self.shown.store(false, Ordering::Release);
        // A desktop that starts again brings it back.
        true
    }
}
