//! What inside of Kubernetes decides who reaches what.

use super::Answer;
use async_trait::async_trait;
use domain::inventory::ServiceName;
use domain::view::Reader;
use ipnet::IpNet;
use jiff::SignedDuration;
use secrecy::SecretString;

/// The part of one cluster's Kubernetes that decides who reaches what.
#[async_trait]
pub trait KubeReach: Send + Sync {
    /// The list of whom a Service's load balancer lets in, for the firewall that Linode's controller
    /// keeps before it: one annotation is patched, and nothing else of the Service.
    async fn guard_service(&self, service: &ServiceName, list: &[IpNet]) -> Answer<()>;
    /// Who was given a read-only kubeconfig.
    async fn readers(&self) -> Answer<Vec<Reader>>;
    /// A service account that may read, and a token of it that ends after so long; Kubernetes may
    /// give it for less.
    async fn admit_reader(
        &self,
        name: &str,
        length: SignedDuration,
    ) -> Answer<(SecretString, Reader)>;
    /// The default-deny preset of a namespace, there or not; `NotFound`: no such namespace.
    async fn set_policy(&self, namespace: &str, on: bool) -> Answer<()>;
    /// The namespaces that have it.
    async fn policies(&self) -> Answer<Vec<String>>;
    /// DELETE the account; its tokens cease to work with it. Gone already is success.
    async fn dismiss_reader(&self, name: &str) -> Answer<()>;
}
