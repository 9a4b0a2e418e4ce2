//! Time: the computer's, or a demo cloud's.

mod demo;
mod system;

pub(crate) use demo::get;

pub use demo::DemoClock;
pub use system::SystemClock;
