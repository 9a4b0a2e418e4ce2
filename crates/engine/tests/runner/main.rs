//! The runner over a small world: what is lost, found, doubled, killed and proven.
#![expect(
    clippy::disallowed_methods,
    reason = "the world's clock is the paused tokio clock"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking what did not hold"
)]

extern crate quaylight_engine as engine;

mod clock;
mod cloud;
mod create;
mod killed;
mod kube;
mod life;
mod naive;
mod offline;
mod proofs;
#[path = "../../../../tests/campaign/protocols.rs"]
mod protocols;
mod second;
mod teardown;
mod told;
mod weather;
mod world;
