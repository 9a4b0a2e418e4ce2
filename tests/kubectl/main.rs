//! The real kubectl, unmodified, set upon the demo cloud over TLS on loopback: it finds a Kubernetes.
//!
//! `cargo xtask test` brings kubectl where there is none; without it these tests fail.

#![expect(
    clippy::print_stdout,
    reason = "figures are printed for who runs the test with --nocapture"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "these tests start real programs, read the environment and wait in real time"
)]

mod cluster;
mod commands;
mod drawn;
mod lasting;
mod many;
mod typed;
