//! What inside of Kubernetes decides who reaches what.

use super::{Answer, Failure, Kind};
use async_trait::async_trait;
use domain::InstanceId;
use domain::inventory::ServiceName;
use domain::spec::FirewallRule;
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
    /// All namespaces.
    async fn namespaces(&self) -> Answer<Vec<String>>;
    /// The namespaces that have it.
    async fn policies(&self) -> Answer<Vec<String>>;
    /// DELETE the account; its tokens cease to work with it. Gone already is success.
    async fn dismiss_reader(&self, name: &str) -> Answer<()>;

    /// The kind of the controller's custom resource; whether it can be asked for by now. Like all of
    /// the controller that follows, a Kubernetes without it refuses.
    async fn define_controller(&self) -> Answer<bool> {
        Err(without())
    }
    /// The rules that the controller is to keep, in its custom resource.
    async fn set_controller_rules(&self, _: &[FirewallRule]) -> Answer<()> {
        Err(without())
    }
    /// The controller with what it may do; whether it runs by now.
    async fn run_controller(&self) -> Answer<bool> {
        Err(without())
    }
    /// An annotation of its custom resource, so that it looks at once.
    async fn touch_controller(&self, _: &str) -> Answer<()> {
        Err(without())
    }
    /// The machines that it holds for guarded by its firewall; `None`: it has no custom resource.
    async fn controller_guards(&self) -> Answer<Option<Vec<InstanceId>>> {
        Err(without())
    }
    /// DELETE its custom resource, which stays until the controller has deleted its firewall.
    async fn drop_controller_rules(&self) -> Answer<()> {
        Err(without())
    }
    /// Whether a pod of the controller is ready: only then somebody works its custom resource off.
    async fn controller_runs(&self) -> Answer<bool> {
        Err(without())
    }
    /// DELETE its custom resource, and let go what holds it for a controller that is gone; whether
    /// there was any.
    async fn release_controller_rules(&self) -> Answer<bool> {
        Err(without())
    }
    /// DELETE the controller and what it may do; whether the last of its pods is gone.
    async fn end_controller(&self) -> Answer<bool> {
        Err(without())
    }
}

fn without() -> Failure {
    Failure::new(Kind::Invalid, "speak of a controller of firewalls")
}
