//! What the shipped program is built of.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A piece of other people's work in the program, or the program itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LicenceRow {
    /// Where it is from.
    pub origin: LicenceOrigin,
    /// Its name there.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Under what it may be used, as an SPDX expression.
    pub licence: String,
}

/// Where a piece of the program is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LicenceOrigin {
    /// Quaylight itself.
    Own,
    /// The language's own library.
    Rust,
    /// A crate of crates.io.
    Crate,
    /// A package of npm.
    Npm,
}
