//! The Spec's file: an OpenTofu variables file (`tofu.tfvars`), in and out.
//!
//! `read` understands literal values only, collects every problem with its line and column, and
//! never stops at the first; `write` gives a text that reads back to the same Spec; `fix` applies
//! corrections and leaves every other byte as it is. It opens no files and evaluates nothing.
//! Start reading at `read`.

mod excerpt;
mod fields;
mod fix;
mod literal;
mod objects;
mod place;
mod read;
mod split;
mod texts;
mod variables;
mod write;

#[cfg(test)]
mod tests;

pub use fix::fix;
pub use place::place;
pub use read::{Read, read};
pub use write::write;

/// Every code of this crate with its parameters.
pub const TEXTS: &[(&str, &[&str])] = texts::TofuText::ALL;
