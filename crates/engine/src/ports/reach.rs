//! What inside of Kubernetes decides who reaches what.

use super::Answer;
use async_trait::async_trait;
use domain::inventory::ServiceName;
use ipnet::IpNet;

/// The part of one cluster's Kubernetes that decides who reaches what.
#[async_trait]
pub trait KubeReach: Send + Sync {
    /// The list of whom a Service's load balancer lets in, for the firewall that Linode's controller
    /// keeps before it: one annotation is patched, and nothing else of the Service.
    async fn guard_service(&self, service: &ServiceName, list: &[IpNet]) -> Answer<()>;
}
