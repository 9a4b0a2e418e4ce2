//! The own public address.

use super::Answer;
use async_trait::async_trait;
use ipnet::IpNet;

/// The computer's public address, asked for only when the user said so.
#[async_trait]
pub trait Address: Send + Sync {
    /// As the cloud would see it.
    async fn mine(&self) -> Answer<IpNet>;
    /// The same, when it may be asked for without a click: a demo cloud tells it by itself, and for
    /// others the user said "always".
    async fn known(&self) -> Option<IpNet> {
        None
    }
    /// Who is told that this computer asks, by name; none for a demo cloud.
    fn services(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether the user said "always".
    fn always(&self) -> bool {
        false
    }
    /// The user says whether it may always be asked for, from now on.
    fn set_always(&self, _: bool) -> std::io::Result<()> {
        Ok(())
    }
}
