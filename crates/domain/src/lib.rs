//! Words and rules of Quaylight: what we want (Spec), what is on offer (Catalog), what is there
//! (Inventory), what to do (Plan), what it costs (Quote, Spend) and what to show (View).
//!
//! Data and pure functions only: no I/O, no clock, no floats for money. Start reading at `spec`,
//! then `rules`, `plan` and `view`.

pub mod catalog;
pub mod change;
pub mod diagnostic;
pub mod firewall;
pub mod ids;
pub mod inside;
pub mod inventory;
pub mod money;
pub mod plan;
pub mod preset;
pub mod progress;
pub mod quote;
pub mod reach;
pub mod record;
pub mod rules;
pub mod screen;
pub mod spec;
pub mod spend;
pub mod standing;
pub mod text;
pub mod usage;
pub mod view;
pub mod watched;

pub use ids::*;
pub use money::{MicroUsd, Price};
