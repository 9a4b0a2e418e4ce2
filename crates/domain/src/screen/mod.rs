//! From what is known to what is shown: pure functions that make View rows.
//!
//! What is not known becomes an absent field, never an invented one. Start reading at `deployment`.

pub mod activity;
mod csv;
mod deployment;
mod items;
mod nodes;
mod picture;
mod planned;
mod reach;
mod seen;
mod spending;
pub mod stop;
mod usage;

pub use csv::csv;
pub use deployment::{Facts, Needs, rows, state};
pub use items::{Item, items, quote_view};
pub use nodes::Odd;
pub use planned::planned;
pub use reach::{Partial, Roaming};
pub use seen::Seen;
pub use spending::{billed, spent};
