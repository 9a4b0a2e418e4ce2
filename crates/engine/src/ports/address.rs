//! The own public addresses.

use super::Answer;
use async_trait::async_trait;
use ipnet::IpNet;

/// The computer's public addresses, asked for only when the user said so.
#[async_trait]
pub trait Address: Send + Sync {
    /// As the cloud would see it: one of each family that it has, IPv4 first.
    async fn mine(&self) -> Answer<Vec<IpNet>>;
    /// The same, when they may be asked for without a click: a demo cloud tells them by itself, and
    /// for others the user said "always". Empty: not known.
    async fn known(&self) -> Vec<IpNet> {
        Vec::new()
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
    /// What this computer had, as it was kept last.
    fn had(&self) -> Vec<IpNet> {
        Vec::new()
    }
    /// Keeps what this computer had, the newest first.
    fn keep(&self, _: &[IpNet]) -> std::io::Result<()> {
        Ok(())
    }
}
