//! The demo cloud: a twin of Linode's API v4 and of a small Kubernetes API, with a ledger of what
//! is billed, a clock of its own, events and seeded faults.
//!
//! It implements no port and knows none of our crates: it is a [`tower::Service`] from an HTTP
//! request to a streaming HTTP response, so the real client code runs against it, in memory
//! ([`Twin::service`], [`Twin::kube_service`]) or on loopback ([`serve`]). It never talks to the
//! network beyond 127.0.0.1 and never keeps a token's text.
//!
//! Start reading at [`Twin`], then `linode/mod.rs` (the table of endpoints), `store.rs` (what
//! exists) and `life.rs` (what happens as time passes).
//!
//! What is public here is the whole interface; everything else is reached over HTTP, at `/v4`,
//! `/v4beta` and `/_demo` (see `demo.rs`).
//!
//! Where the environment variable `QUAYLIGHT_DEMO_REQUESTS` names a folder, what every twin of the
//! process is asked is noted there, without tokens (see `asked.rs`).

mod asked;
mod autoscale;
mod catalog;
mod children;
mod clock;
mod cloud_firewall;
mod demo;
mod draw;
mod events;
mod faults;
mod guards;
mod inner;
mod kubernetes;
mod latency;
mod ledger;
mod life;
mod linode;
mod market;
mod quotas;
mod reach;
mod schedule;
mod serve;
mod service;
mod state;
mod store;
mod switches;
mod things;
mod tokens;
mod twin;

pub use clock::Clock;
pub use inner::Background;
pub use serve::{Served, serve};
pub use service::{ClientAddr, CloudService, KubeService};
pub use switches::{Billing, Switches, Texts, WebhookPath};
pub use twin::{Error, Options, Twin};

/// Any error of a transport or of a streaming body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of every reply: whole for the Linode API, streaming for a Kubernetes watch.
pub type ReplyBody = http_body_util::combinators::UnsyncBoxBody<bytes::Bytes, BoxError>;
