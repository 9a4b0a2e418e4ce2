//! The engine as window and cli use it, against the demo cloud in memory and in virtual time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod bench;
mod life;
mod lost;
mod owner;
mod stop;
mod two;
mod weather;
