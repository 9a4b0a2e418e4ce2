//! The real cli against the demo cloud on loopback: the reference deployment, kill -9, canaries.

#![expect(
    clippy::disallowed_methods,
    reason = "these tests start real programs and wait in real time"
)]
#![expect(
    clippy::print_stdout,
    reason = "figures are printed for who runs the test with --nocapture"
)]

mod canary;
mod home;
mod input;
mod inside;
mod killed;
mod kubectl;
mod leaks;
mod reach;
mod readers;
mod reference;
mod shape;
mod stop;
mod take_over;
mod usage;
