//! Runs a plan step by step through ports; journals first; resumes, unwinds, sweeps.
//!
//! It never touches a network, a disk or a clock except through the ports. Start reading at
//! `ports`, then `run`, `create` and `teardown`.

mod act;
mod balancers;
pub mod book;
mod bus;
mod change;
mod controller;
mod create;
pub mod facade;
mod gone;
mod inside;
#[cfg(feature = "kill-points")]
pub mod kill;
pub mod kubectl;
pub mod left;
mod lookout;
pub mod observe;
mod owner;
pub mod ports;
pub mod proof;
pub mod protocol;
pub mod receipt;
mod recycle;
pub mod run;
pub mod said;
mod second;
mod see;
pub mod signal;
mod silence;
mod steps;
pub mod sweep;
mod teardown;
mod wait;
mod want;

/// Every code of this crate with its parameters.
pub const TEXTS: &[&[(&str, &[&str])]] = &[
    facade::problem::Said::ALL,
    kubectl::Said::ALL,
    facade::TEARDOWN_TEXTS,
    facade::SWEEP_TEXTS,
    facade::TAKE_OVER_TEXTS,
    facade::RECYCLE_TEXTS,
    facade::DROP_TEXTS,
    facade::OTHER_TEXTS,
    facade::WEATHER_TEXTS,
    receipt::Line::ALL,
    said::Ended::ALL,
    said::Failed::ALL,
    said::Note::ALL,
    said::Said::ALL,
];
