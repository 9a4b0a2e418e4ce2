//! The client against a scripted transport: what it sends, and what it makes of the answers.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its texts this way"
)]

mod account;
mod answers;
mod catalog;
mod listings;
mod money;
mod network;
mod origin;
mod recorded;
mod scripted;
mod wants;
