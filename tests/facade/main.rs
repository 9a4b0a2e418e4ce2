//! The engine as window and cli use it, against the demo cloud in memory and in virtual time.

#![expect(
    clippy::print_stdout,
    reason = "figures are printed for who runs the test with --nocapture"
)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod balancers;
mod bench;
mod controller;
mod cost;
mod coverage;
mod disk;
mod faulty;
mod gpus;
mod inside;
mod kubectl;
mod life;
mod lost;
mod nodes;
mod owner;
mod policy;
mod reach;
mod refused;
mod roam;
mod rounds;
mod states;
mod stop;
mod two;
mod usage;
mod watched;
mod weather;
