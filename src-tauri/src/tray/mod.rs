//! The icon in the system's tray: what everything costs an hour, the next stop time, and the way back
//! to the window. Where nothing shows such icons there is none, and closing minimises.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "others.rs"]
mod system;

use crate::lifecycle;
use crate::news::Known;
use crate::said::Said;
use crate::shell::{Session, Shell, Stand, lock};
use crate::words::say;
use domain::MicroUsd;
use domain::text::PerHour;
use domain::view::CloudKind;
use std::sync::Arc;
use tauri::{AppHandle, Manager, Runtime};

pub(crate) use system::Icon;

/// What the tray says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Face {
    /// In short, beside the icon.
    pub(crate) tip: String,
    /// Lines of its menu that say something.
    pub(crate) lines: Vec<String>,
}

/// What can be chosen there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// The window in front.
    Show,
    /// The end, after a question when something would stay undone.
    Quit,
}

impl Chosen {
    const ALL: [Self; 2] = [Self::Show, Self::Quit];

    fn word(self) -> String {
        match self {
            Self::Show => say(Said::TrayShow),
            Self::Quit => say(Said::MenuQuit),
        }
    }

    fn act<R: Runtime>(self, app: &AppHandle<R>) {
        match self {
            Self::Show => lifecycle::show(app),
            Self::Quit => {
                // The question is asked in front of its window.
                lifecycle::show(app);
                lifecycle::leave(app);
            }
        }
    }
}

/// Puts the icon into the tray, when there is one.
pub(crate) fn start<R: Runtime>(app: &AppHandle<R>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        match system::Icon::place(&app, face(&app)).await {
            Ok(icon) => *lock(&app.state::<Shell>().tray) = Some(icon),
            Err(error) => tracing::debug!(%error, "nothing shows a tray icon here"),
        }
        refresh(&app);
    });
}

/// Whether somebody sees the icon.
pub(crate) fn is_shown<R: Runtime>(app: &AppHandle<R>) -> bool {
    lock(&app.state::<Shell>().tray)
        .as_ref()
        .is_some_and(system::Icon::is_shown)
}

/// Says what is true now.
pub(crate) fn refresh<R: Runtime>(app: &AppHandle<R>) {
    let now = face(app);
    if let Some(icon) = &*lock(&app.state::<Shell>().tray) {
        icon.say(now);
    }
}

fn face<R: Runtime>(app: &AppHandle<R>) -> Face {
    let shell = app.state::<Shell>();
    let mut sessions: Vec<Arc<Session>> = Vec::new();
    if let Stand::On(session) = &*shell.stand.borrow() {
        sessions.push(Arc::clone(session));
    }
    // While a cloud is being changed, the one that the window stands on speaks for itself.
    if let Ok(clouds) = shell.clouds.try_lock() {
        for other in [&clouds.linode, &clouds.demo].into_iter().flatten() {
            if sessions.iter().all(|had| !Arc::ptr_eq(had, other)) {
                sessions.push(Arc::clone(other));
            }
        }
    }
    // What is charged stands first.
    sessions.sort_by_key(|one| one.kind == CloudKind::Demo);
    let boards: Vec<(CloudKind, Vec<Known>)> = sessions
        .iter()
        .map(|one| (one.kind, lock(&one.board).standing().cloned().collect()))
        .collect();
    drawn(&boards)
}

/// What is said of what stands on each cloud.
fn drawn(boards: &[(CloudKind, Vec<Known>)]) -> Face {
    let mut lines = Vec::new();
    for (kind, all) in boards.iter().filter(|(_, all)| !all.is_empty()) {
        let rate: Option<MicroUsd> = all.iter().map(|one| one.rate).sum();
        lines.push(match (kind, rate) {
            (CloudKind::Linode, Some(rate)) => say(Said::TrayRate {
                rate: PerHour(rate),
            }),
            (CloudKind::Linode, None) => say(Said::TrayRateUnknown),
            (CloudKind::Demo, Some(rate)) => say(Said::TrayRateDemo {
                rate: PerHour(rate),
            }),
            (CloudKind::Demo, None) => say(Said::TrayRateDemoUnknown),
        });
        let stops = all.iter().filter_map(|one| Some((one.stops?, one)));
        let next = stops.min_by_key(|(time, _)| *time);
        lines.extend(next.map(|(time, one)| {
            let label = one.label.clone();
            say(Said::TrayStops { label, time })
        }));
    }
    if lines.is_empty() {
        lines.push(say(Said::TrayNothing));
    }
    Face {
        tip: lines.join(" · "),
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::view::DeploymentState;

    fn known(label: &str, rate: Option<i64>, stops: Option<&str>) -> Known {
        Known {
            label: label.to_owned(),
            state: Some(DeploymentState::Running),
            rate: rate.map(MicroUsd),
            stops: stops.map(|time| time.parse().unwrap()),
            ..Known::default()
        }
    }

    #[test]
    fn what_is_charged_stands_first_and_an_unknown_price_makes_no_sum() {
        let linode = vec![
            known("ada", Some(646_000), None),
            known("nlp", Some(1_166_000), None),
        ];
        let demo = vec![known("try", None, None)];
        let face = drawn(&[(CloudKind::Linode, linode), (CloudKind::Demo, demo)]);
        let tip = "$1.81/h now on Linode · The demo cloud, nothing is charged";
        assert_eq!(face.tip, tip);
        let nothing = drawn(&[(CloudKind::Demo, Vec::new())]);
        assert_eq!(nothing.tip, "Nothing is running");
    }

    #[test]
    fn the_next_stop_time_is_named() {
        let (early, late) = ("2026-11-23T20:00:00Z", "2026-11-24T20:00:00Z");
        let all = vec![
            known("late", Some(1), Some(late)),
            known("early", Some(1), Some(early)),
            known("never", Some(1), None),
        ];
        let face = drawn(&[(CloudKind::Linode, all)]);
        assert_eq!(face.lines.len(), 2);
        assert!(face.lines[1].contains("early"), "{face:?}");
    }
}
