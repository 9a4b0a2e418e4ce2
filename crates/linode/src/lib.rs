//! The Cloud port over Linode's API v4, live or against a demo cloud on loopback or in memory.
//!
//! It never decides and never waits: one method is one request (listings: one per page), POSTs are
//! sent once, only reads are repeated, once, when the connection dropped. It never sends the token
//! anywhere but to its [`Origin`], never trusts a reply of another account, and never takes an
//! incomplete listing for a complete one. Replies are parsed tolerantly: unknown fields and values
//! are no errors.
//!
//! Start reading at `cloud.rs` (the port), then `call.rs` (one request) and `failure.rs` (what an
//! answer other than the wanted one means).

mod account;
mod call;
mod catalog;
mod cloud;
mod cluster;
mod failure;
mod firewall;
mod listing;
mod money;
mod origin;
mod transport;
mod want;
mod wire;

#[cfg(test)]
mod tests;

pub use cloud::LinodeCloud;
pub use origin::Origin;
pub use transport::{BoxError, ReplyBody, Transport, live_transport, loopback_transport};

/// What can go wrong before there is a cloud to ask. Failed calls are
/// [`Failure`](engine::ports::Failure)s.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither Linode nor a demo cloud on this computer.
    #[error("use `{given}` as a cloud: it is neither `linode` nor `http://127.0.0.1:PORT`")]
    Origin {
        /// What was given instead.
        given: String,
    },
    /// No client could be made: the system's certificates or the TLS library fail.
    #[error("prepare secure connections")]
    Client {
        /// What the HTTP library said.
        #[source]
        cause: reqwest::Error,
    },
}
