//! `/profile`, `/profile/tokens`, `/account`.

use super::{maybe_time, or_default};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Profile {
    pub(crate) username: String,
    pub(crate) restricted: bool,
}

#[derive(Deserialize)]
pub(crate) struct AccountReply {
    pub(crate) euuid: String,
}

/// A page of personal access tokens; Linode shows the first 16 characters of each.
#[derive(Deserialize)]
pub(crate) struct OwnTokens {
    pub(crate) data: Vec<OwnToken>,
}

#[derive(Deserialize)]
pub(crate) struct OwnToken {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) token: String,
    #[serde(default, deserialize_with = "maybe_time")]
    pub(crate) expiry: Option<Timestamp>,
}
