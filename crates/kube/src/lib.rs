//! The Kube port over kube-rs: nodes and pods, persistent volumes, LoadBalancer Services, the few
//! writes that a deploy and a teardown need, and the way to a Service's pods.
//!
//! It never reads `~/.kube/config`, the environment or any other file, starts no program, follows
//! no redirect, and repeats no request that failed: retrying is the engine's. Texts of errors hold no secret.
//!
//! Start reading at [`KubeRs`] (`transport.rs`), then `cluster.rs` (one method per request),
//! `watch.rs` (how nodes and pods are kept) and `failure.rs` (which error is which kind).

mod balancer;
mod capped;
mod cluster;
mod condition;
mod controller;
mod failure;
mod gpu;
#[cfg(test)]
mod hostile;
mod inside;
mod kubeconfig;
mod policy;
mod quantity;
mod reach;
mod read;
mod readers;
mod storage;
mod transport;
mod tunnel;
mod usage;
mod watch;

pub use transport::{BoxError, KubeRs};
