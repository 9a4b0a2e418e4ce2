//! What is said of a stop time that is near or past.

use crate::MicroUsd;
use crate::progress::Progress;
use crate::spend::spend;
use crate::text::{Millis, Text};
use crate::texts;
use crate::view::{DeploymentState, Notice, NoticeAction, Tone};
use jiff::{SignedDuration, Timestamp};

/// The user is warned so long before, in minutes: first, and once more.
pub const WARNED_MINUTES: [i64; 2] = [60, 10];

texts! {
    /// What is said of a stop time.
    pub enum Stop {
        /// Less than an hour is left.
        "stop_within_hour" WithinHour { at: Timestamp },
        /// Less than ten minutes are left.
        "stop_within_minutes" WithinMinutes { at: Timestamp },
        /// What to do about it.
        "stop_within_fix" WithinFix,
        /// It is past, and the deployment costs still.
        "stop_overrun" Overrun { at: Timestamp, late: Millis, cost: MicroUsd },
        /// The same at an unknown price.
        "stop_overrun_unknown" OverrunUnknown { at: Timestamp, late: Millis },
    }
}

/// By how much a stop time was missed, in words; `None`: it was not, or by less than a minute.
/// `until` is now, or when everything was gone. Lateness is in whole minutes.
pub fn overrun(progress: &Progress, until: Timestamp) -> Option<Text> {
    let at = progress.stops_at()?;
    let minutes = until.duration_since(at).as_mins();
    if minutes < 1 {
        return None;
    }
    let late = Millis(minutes.saturating_mul(60_000));
    let mut billed = super::billed(progress);
    let after = spend(&billed, until).so_far;
    billed.retain(|one| one.born < at);
    let cost = after
        .zip(spend(&billed, at).so_far)
        .map(|(after, before)| MicroUsd(after.0.saturating_sub(before.0).max(0)));
    Some(match cost {
        Some(cost) => Stop::Overrun { at, late, cost }.into(),
        None => Stop::OverrunUnknown { at, late }.into(),
    })
}

/// The notice of a deployment whose stop time is near or past.
pub(super) fn notice(
    progress: &Progress,
    now: Timestamp,
    state: DeploymentState,
) -> Option<Notice> {
    let at = progress.stops_at()?;
    let (mut fix, mut actions) = (None, Vec::new());
    let [first, last] = WARNED_MINUTES.map(SignedDuration::from_mins);
    let left = at.duration_since(now);
    let (tone, what) = if let Some(late) = overrun(progress, now) {
        (Tone::Danger, late)
    } else if state == DeploymentState::Leaving || left > first {
        return None;
    } else {
        fix = Some(Stop::WithinFix.into());
        actions = vec![
            NoticeAction::StopHourLater,
            NoticeAction::StopFourHoursLater,
            NoticeAction::StopNever,
        ];
        let what = if left > last {
            Stop::WithinHour { at }
        } else {
            Stop::WithinMinutes { at }
        };
        (Tone::Busy, what.into())
    };
    Some(Notice {
        tone,
        what,
        why: None,
        exists: None,
        fix,
        actions,
    })
}
