//! What this computer offers: the journal's files, the keychain, kubeconfig files, clocks, the
//! own address, and where the app keeps its data.
//!
//! It never keeps a secret in a file: tokens live in the system's keychain or in memory, and a
//! kubeconfig is written only where the user said, rebuilt from allowed atoms. It never asks a
//! public server for the own address by itself.
//!
//! Start reading at `journal/mod.rs`, then `kubeconfig/mod.rs` and `keychain.rs`.

mod address;
mod clock;
mod connected;
mod disk;
mod files;
mod home;
mod ids;
mod journal;
mod keychain;
pub mod kubeconfig;
pub mod linode_cli;
mod owner;
mod place;
mod seat;

pub use address::PublicAddress;
pub use clock::{DemoClock, SystemClock};
pub use connected::{Connected, ConnectedAccount};
pub use disk::{Disk, Sheet, SystemDisk};
pub use home::{BadHome, check_home};
pub use ids::Ulids;
pub use journal::FileJournals;
pub use keychain::{Keychain, KeychainState, SERVICE, Token};
pub use owner::owner;
pub use place::{APP_FOLDER, home, kubectl_file, shown, user_name};
pub use seat::{Host, Seat, take_seat};

use bytes::Bytes;
use tower::util::BoxCloneSyncService;

/// Any error of a transport or of a streaming body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a reply.
pub type ReplyBody = http_body_util::combinators::UnsyncBoxBody<Bytes, BoxError>;

/// An HTTP request in, a reply out: the same type as the Linode client's, so that one transport
/// serves both.
pub type Transport = BoxCloneSyncService<http::Request<Bytes>, http::Response<ReplyBody>, BoxError>;

/// What can go wrong on this computer, apart from journals
/// ([`JournalError`](engine::ports::JournalError)) and kubeconfigs
/// ([`Refusal`](kubeconfig::Refusal)).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a home folder nor an override in the environment.
    #[error("find the home folder of this user")]
    NoHome,
    /// The disk refused.
    #[error("{operation} `{path}`")]
    Disk {
        /// What was tried.
        operation: &'static str,
        /// Where.
        path: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The keychain cannot be used: its state says what to do.
    #[error("{operation} the keychain")]
    Keychain {
        /// `read`, `write to` or `delete from`.
        operation: &'static str,
        /// Locked, missing, or why.
        state: KeychainState,
    },
    /// No https client could be made: the system's certificates or the TLS library fail.
    #[error("prepare secure connections")]
    Client {
        /// What the HTTP library said.
        #[source]
        cause: reqwest::Error,
    },
}

/// Writes a file whole or not at all, readable by this user only; what stood there is replaced.
pub fn save_whole(path: &std::path::Path, content: &[u8]) -> Result<(), Error> {
    Ok(files::write_whole(path, content)?)
}
