//! The Kube port over kube-rs: nodes, persistent volumes, LoadBalancer Services, and the few writes
//! that a teardown needs.
//!
//! It never reads `~/.kube/config`, the environment or any other file, starts no program, follows
//! no redirect, and repeats no request: retrying is the engine's. Texts of errors hold no secret.
//!
//! Start reading at [`KubeRs`] (`transport.rs`), then `cluster.rs` (one method per request) and
//! `failure.rs` (which error is which kind).

mod balancer;
mod capped;
mod cluster;
mod failure;
mod gpu;
mod kubeconfig;
mod reach;
mod read;
mod storage;
mod transport;

pub use transport::{BoxError, KubeRs};
