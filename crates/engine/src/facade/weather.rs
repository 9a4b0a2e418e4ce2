//! What keeps the cloud from being read as it is now: told of every answer, shown in the app's row.

use super::{Engine, lock, problem};
use crate::ports::{Answer, Failure, Kind};
use domain::text::Text;
use domain::texts;
use domain::view::{Problem, Weather, WeatherKind};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

texts! {
    /// What keeps the cloud from being read.
    pub(super) enum Said {
        /// It does not answer.
        "weather_offline" Offline { since: Timestamp },
        /// What becomes of it.
        "weather_offline_fix" OfflineFix,
        /// This computer slept.
        "weather_slept" Slept { from: Timestamp, to: Timestamp },
        /// What becomes of it.
        "weather_slept_fix" SleptFix,
        /// It asks for a pause.
        "weather_rate_limited" RateLimited { until: Timestamp },
        /// What becomes of it.
        "weather_rate_limited_fix" RateLimitedFix,
        /// It is in maintenance.
        "weather_maintenance" Maintenance { since: Timestamp },
        /// What becomes of it.
        "weather_maintenance_fix" MaintenanceFix,
        /// It does not accept the token.
        "weather_token" Token { since: Timestamp },
        /// What to do about it.
        "weather_token_fix" TokenFix,
    }
}

/// A pause between two rounds that was longer by this than it should be was a sleep.
const SLEPT: Duration = Duration::from_mins(1);

/// How the cloud answers now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sky {
    /// As it should.
    #[default]
    Clear,
    /// Not at all, since.
    Offline(Timestamp),
    /// Nobody asked it meanwhile.
    Slept(Timestamp, Timestamp),
    /// Not before.
    RateLimited(Timestamp),
    /// With maintenance, since.
    Maintenance(Timestamp),
    /// That it knows no such token, since.
    Token(Timestamp),
}

impl Sky {
    /// After an answer at `now`.
    fn after(self, failure: Option<&Failure>, now: Timestamp) -> Self {
        let Some(failure) = failure else {
            return match self {
                // A pause is of one kind of request, and a sleep ends with all that is read again.
                Self::RateLimited(until) if until > now => self,
                Self::Slept(..) => self,
                Self::Clear
                | Self::Offline(_)
                | Self::RateLimited(_)
                | Self::Maintenance(_)
                | Self::Token(_) => Self::Clear,
            };
        };
        match failure.kind {
            Kind::RateLimited => {
                let wait = failure.retry_after.unwrap_or_default();
                let wait = SignedDuration::try_from(wait).unwrap_or_default();
                let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
                Self::RateLimited(until)
            }
            Kind::Unauthorized if failure.status.is_some() => {
                if matches!(self, Self::Token(_)) {
                    self
                } else {
                    Self::Token(now)
                }
            }
            Kind::Unavailable if failure.maintenance => {
                if matches!(self, Self::Maintenance(_)) {
                    self
                } else {
                    Self::Maintenance(now)
                }
            }
            Kind::Unavailable | Kind::Unknown if failure.status.is_none() => {
                if matches!(self, Self::Offline(_)) {
                    self
                } else {
                    Self::Offline(now)
                }
            }
            Kind::Unauthorized
            | Kind::NotFound
            | Kind::Conflict
            | Kind::NoCapacity
            | Kind::Quota
            | Kind::Unavailable
            | Kind::Invalid
            | Kind::Unknown => self.after(None, now),
        }
    }

    fn shown(self) -> Option<Weather> {
        let (kind, what, fix) = match self {
            Self::Clear => return None,
            Self::Offline(since) => (
                WeatherKind::Offline,
                Said::Offline { since },
                Said::OfflineFix,
            ),
            Self::Slept(from, to) => (WeatherKind::Slept, Said::Slept { from, to }, Said::SleptFix),
            Self::RateLimited(until) => (
                WeatherKind::RateLimited,
                Said::RateLimited { until },
                Said::RateLimitedFix,
            ),
            Self::Maintenance(since) => (
                WeatherKind::Maintenance,
                Said::Maintenance { since },
                Said::MaintenanceFix,
            ),
            Self::Token(since) => (WeatherKind::Token, Said::Token { since }, Said::TokenFix),
        };
        Some(Weather {
            kind,
            what: Text::from(what),
            fix: Some(fix.into()),
        })
    }
}

impl Engine {
    /// Takes note of how the cloud answers, and turns a failure into words.
    pub(crate) fn told<T>(&self, answer: Answer<T>) -> Result<T, Problem> {
        let now = self.ports.clock.now();
        self.set_sky(|sky| sky.after(answer.as_ref().err(), now));
        answer.map_err(|failure| problem::of_failure(&failure))
    }

    fn set_sky(&self, next: impl FnOnce(Sky) -> Sky) {
        let changed = {
            let mut sky = lock(&self.weather);
            let before = *sky;
            *sky = next(before);
            *sky != before
        };
        if changed {
            self.publish_app();
        }
    }

    /// What keeps the cloud from being read as it is now.
    pub(super) fn weather(&self) -> Option<Weather> {
        lock(&self.weather).shown()
    }

    pub(super) fn online(&self) -> bool {
        !matches!(*lock(&self.weather), Sky::Offline(_))
    }

    /// A round that should have come after `every` came after `passed`, by the time since this
    /// computer started: the rest of it was slept through.
    pub(super) fn woke(&self, passed: Duration, every: Duration) {
        if passed < every + SLEPT {
            return;
        }
        // No stream is known to have lived through it.
        lock(&self.lookouts).values().for_each(|one| one.forget());
        let now = self.ports.clock.now();
        let length = SignedDuration::try_from(passed).unwrap_or_default();
        let from = now.saturating_sub(length).unwrap_or(Timestamp::MIN);
        self.set_sky(|_| Sky::Slept(from, now));
    }

    /// Whether it slept, and not everything was read again since.
    pub(super) fn has_slept(&self) -> bool {
        matches!(*lock(&self.weather), Sky::Slept(..))
    }

    /// Everything was read again.
    pub(super) fn read_again(&self) {
        self.set_sky(|sky| {
            if matches!(sky, Sky::Slept(..)) {
                Sky::Clear
            } else {
                sky
            }
        });
    }
}
