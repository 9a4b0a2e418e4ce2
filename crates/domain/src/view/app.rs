//! The app, its account, and what a person should know.

use crate::text::Text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The app as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AppRow {
    /// Which cloud the window stands on.
    pub cloud: CloudKind,
    /// The demo's speed (10 = ten times as fast); `null` on Linode.
    pub demo_speed: Option<u32>,
    /// The account that is connected.
    pub account: Option<AccountCard>,
    /// Whether the cloud answered the last call.
    pub online: bool,
    /// What keeps the cloud from being read as it is now; `null`: nothing.
    pub weather: Option<Weather>,
    /// What is wrong with the whole app, such as a read-only disk or a locked keychain.
    pub notice: Option<Notice>,
    /// The cloud's time when this row was made; elapsed times count from it.
    #[ts(type = "string")]
    pub now: Timestamp,
    /// Quaylight's version.
    pub version: String,
}

/// What keeps the cloud from being read as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Weather {
    /// What it is.
    pub kind: WeatherKind,
    /// In words.
    pub what: Text,
    /// What to do, or what becomes of it by itself.
    pub fix: Option<Text>,
}

/// The kinds of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WeatherKind {
    /// The cloud does not answer.
    Offline,
    /// This computer slept, and nothing was read again since.
    Slept,
    /// The cloud asks for a pause.
    RateLimited,
    /// The cloud is in maintenance.
    Maintenance,
    /// The cloud does not accept the token any more.
    Token,
}

/// Which cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CloudKind {
    /// Nothing is charged.
    Demo,
    /// Real charges.
    Linode,
}

/// A connected account. The token itself never comes here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccountCard {
    /// Account id.
    pub id: String,
    /// User name.
    pub user: String,
    /// Last four characters of the token.
    pub last4: String,
    /// Scopes of the token.
    pub scopes: Vec<String>,
    /// Scopes that a teardown needs and the token lacks: deploying is refused.
    pub missing_scopes: Vec<String>,
    /// When the token ends.
    #[ts(type = "string | null")]
    pub expires: Option<Timestamp>,
    /// A restricted user gets no proof of zero.
    pub restricted: bool,
    /// Where the token is kept.
    pub kept: TokenKept,
}

/// Where the token is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TokenKept {
    /// In the OS keychain.
    Keychain,
    /// In memory, for this run only.
    Memory,
}

/// Something that a person should know, and what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notice {
    /// How it looks.
    pub tone: Tone,
    /// What happened, by name.
    pub what: Text,
    /// Why.
    pub why: Option<Text>,
    /// What exists now, and what it costs an hour.
    pub exists: Option<Text>,
    /// What to do.
    pub fix: Option<Text>,
    /// Buttons.
    pub actions: Vec<NoticeAction>,
}

/// How a notice looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// For knowing.
    Info,
    /// Late, or something to decide.
    Busy,
    /// Something is wrong.
    Danger,
}

/// A button of a notice; the intent of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NoticeAction {
    /// Go on with the run.
    Continue,
    /// Undo everything that the run made.
    RollBack,
    /// Leave it as it is.
    Keep,
    /// Stop an hour later.
    StopHourLater,
    /// Stop four hours later.
    StopFourHoursLater,
    /// Do not stop by itself.
    StopNever,
    /// Ask for this computer's public address.
    AskAddress,
    /// Let this computer's public address in.
    AllowAddress,
    /// The same, and what it takes the place of goes.
    ReplaceAddress,
}

/// Where the app's files are, as a person would write the paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Places {
    /// Journals, receipts, settings and the demo cloud.
    pub data: String,
    /// The kubeconfig that kubectl reads; `null`: none is known.
    pub kubectl: Option<String>,
}

/// A failed intent, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Problem {
    /// The code of what happened, for tests and for looking it up.
    pub code: String,
    /// What happened.
    pub what: Text,
    /// Why.
    pub why: Option<Text>,
    /// What to do.
    pub fix: Option<Text>,
    /// What the other side or the system said, word for word. Holds no secret.
    pub detail: Option<String>,
}
