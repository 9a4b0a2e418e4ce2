//! The Cloud port, method by method.

use crate::call::{Caller, Counted};
use crate::origin::Origin;
use crate::transport::Transport;
use crate::want::{
    AccessWant, AutoscalerWant, ClusterWant, CountWant, FirewallWant, PoolWant, RulesWant, TagsWant,
};
use crate::wire::{
    AccessListReply, ClusterReply, Endpoint, FirewallReply, InstanceReply, NodeBalancerReply,
    PoolReply, RulesReply, VolumeReply,
};
use crate::{cluster, firewall};
use async_trait::async_trait;
use domain::NodeId;
use domain::catalog::Catalog;
use domain::inventory::{
    AccessList, Account, BalancerWall, Bounds, Cluster, Firewall, FirewallRead, Instance,
    NodeBalancer, Pool, Volume,
};
use domain::spec::FirewallRule;
use domain::{
    AccountId, CloudId, ClusterId, FirewallId, InstanceId, NodeBalancerId, PoolId, VolumeId,
};
use engine::ports::{Answer, Calls, Clock, Cloud, NewCluster, NewFirewall, NewPool};
use http::Method;
use ipnet::IpNet;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::de::IgnoredAny;
use std::sync::{Arc, OnceLock};

/// One account of Linode's API v4, or of a demo cloud that answers like it.
pub struct LinodeCloud {
    pub(crate) caller: Caller,
    id: CloudId,
    pub(crate) token: SecretString,
    pub(crate) expires: OnceLock<Option<Timestamp>>,
}

impl LinodeCloud {
    /// A client that sends `token` to `origin` and to nowhere else. Its cloud's id is `linode`; a
    /// demo cloud's is asked for with [`demo_id`](Self::demo_id) and set with
    /// [`named`](Self::named), until then it is `demo-PORT`.
    pub fn new(
        transport: Transport,
        origin: Origin,
        token: SecretString,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let id = match origin {
            Origin::Linode => "linode".to_owned(),
            Origin::Loopback(port) => format!("demo-{port}"),
        };
        Self {
            caller: Caller::new(transport, origin, &token, clock),
            id: CloudId(id),
            token,
            expires: OnceLock::new(),
        }
    }

    /// The same client under a demo cloud's own id. Linode stays `linode`.
    #[must_use]
    pub fn named(mut self, id: CloudId) -> Self {
        if self.caller.origin() != Origin::Linode {
            self.id = id;
        }
        self
    }

    /// A demo cloud's id (GET `/_demo/id`); no token is sent that a demo would not take.
    pub async fn demo_id(&self) -> Answer<CloudId> {
        #[derive(serde::Deserialize)]
        struct Id {
            cloud: String,
        }
        let operation = "read the demo cloud's id";
        if self.caller.origin() == Origin::Linode {
            return Ok(self.id.clone());
        }
        let id: Id = self
            .caller
            .get(Counted::Other, operation, "/_demo/id")
            .await?;
        Ok(CloudId(id.cloud))
    }

    async fn put<T: serde::de::DeserializeOwned>(
        &self,
        operation: &str,
        path: &str,
        want: &(impl serde::Serialize + Sync),
    ) -> Answer<T> {
        self.caller.write(operation, Method::PUT, path, want).await
    }
}

fn into_all<A: Into<B>, B>(rows: Vec<A>) -> Vec<B> {
    rows.into_iter().map(Into::into).collect()
}

#[async_trait]
impl Cloud for LinodeCloud {
    fn id(&self) -> CloudId {
        self.id.clone()
    }

    fn expect_account(&self, account: &AccountId) {
        self.caller.expect_account(account);
    }

    fn calls(&self) -> Calls {
        self.caller.calls()
    }

    async fn account(&self) -> Answer<Account> {
        self.read_account().await
    }

    async fn catalog(&self) -> Answer<Catalog> {
        crate::catalog::read(&self.caller).await
    }

    async fn offers(&self, region: &str, instance_type: &str) -> Answer<Option<bool>> {
        crate::catalog::offers(&self.caller, region, instance_type).await
    }

    async fn clusters(&self) -> Answer<Vec<Cluster>> {
        let key = |one: &ClusterReply| one.id;
        self.caller
            .list(Counted::Other, "list clusters", "/v4/lke/clusters", key)
            .await
            .map(into_all)
    }

    async fn cluster(&self, id: ClusterId) -> Answer<Cluster> {
        self.read_cluster(id).await.map(Into::into)
    }

    async fn create_cluster(&self, want: &NewCluster) -> Answer<Cluster> {
        let body = ClusterWant::of(want);
        self.caller
            .write::<ClusterReply>(
                "create the cluster",
                Method::POST,
                "/v4/lke/clusters",
                &body,
            )
            .await
            .map(Into::into)
    }

    async fn delete_cluster(&self, id: ClusterId) -> Answer<()> {
        self.caller
            .delete("delete the cluster", &cluster::path(id, ""))
            .await
    }

    async fn set_cluster_tags(&self, id: ClusterId, tags: &[String]) -> Answer<()> {
        let path = cluster::path(id, "");
        let body = TagsWant { tags };
        self.put::<ClusterReply>("set the cluster's tags", &path, &body)
            .await
            .map(|_| ())
    }

    async fn kubeconfig(&self, id: ClusterId) -> Answer<SecretString> {
        self.read_kubeconfig(id).await
    }

    async fn rotate_kubeconfig(&self, id: ClusterId) -> Answer<()> {
        let path = cluster::path(id, "/kubeconfig");
        self.caller.delete("rotate the kubeconfig", &path).await
    }

    async fn recycle_node(&self, id: ClusterId, node: &NodeId) -> Answer<()> {
        let path = cluster::path(id, &format!("/nodes/{node}/recycle"));
        let nothing = serde_json::json!({});
        let made =
            self.caller
                .write::<IgnoredAny>("recycle the node", Method::POST, &path, &nothing);
        made.await.map(|_| ())
    }

    async fn delete_node(&self, id: ClusterId, node: &NodeId) -> Answer<()> {
        let path = cluster::path(id, &format!("/nodes/{node}"));
        self.caller.delete("delete the node", &path).await
    }

    async fn api_endpoints(&self, id: ClusterId) -> Answer<Vec<String>> {
        let path = cluster::path(id, "/api-endpoints");
        let key = |one: &Endpoint| one.endpoint.clone();
        let listed = self
            .caller
            .list(Counted::Poll, "list the API's URLs", &path, key)
            .await?;
        Ok(listed.into_iter().map(|one| one.endpoint).collect())
    }

    async fn access_list(&self, id: ClusterId) -> Answer<AccessList> {
        self.read_access_list(id).await
    }

    async fn set_access_list(&self, id: ClusterId, to: &[IpNet], revision: &str) -> Answer<()> {
        let path = cluster::path(id, "/control_plane_acl");
        let body = AccessWant::of(to, revision);
        self.put::<AccessListReply>("set the access list", &path, &body)
            .await
            .map(|_| ())
    }

    async fn pools(&self, cluster: ClusterId) -> Answer<Vec<Pool>> {
        let path = cluster::path(cluster, "/pools");
        let key = |one: &PoolReply| one.id;
        let listed = self
            .caller
            .list(Counted::Poll, "list node pools", &path, key);
        listed.await.map(into_all)
    }

    async fn create_pool(&self, cluster: ClusterId, want: &NewPool) -> Answer<Pool> {
        let path = cluster::path(cluster, "/pools");
        let body = PoolWant::of(want);
        self.caller
            .write::<PoolReply>("create the node pool", Method::POST, &path, &body)
            .await
            .map(Into::into)
    }

    async fn set_pool_count(&self, cluster: ClusterId, pool: PoolId, count: u32) -> Answer<Pool> {
        let path = cluster::path(cluster, &format!("/pools/{pool}"));
        let body = CountWant { count };
        self.put::<PoolReply>("set the pool's count", &path, &body)
            .await
            .map(Into::into)
    }

    async fn set_autoscaler(
        &self,
        cluster: ClusterId,
        pool: PoolId,
        bounds: Option<Bounds>,
    ) -> Answer<Pool> {
        let path = cluster::path(cluster, &format!("/pools/{pool}"));
        let body = AutoscalerWant::of(bounds);
        let reply = self.put::<PoolReply>("set the pool's autoscaler", &path, &body);
        reply.await.map(Into::into)
    }

    async fn delete_pool(&self, cluster: ClusterId, pool: PoolId) -> Answer<()> {
        let path = cluster::path(cluster, &format!("/pools/{pool}"));
        self.caller.delete("delete the node pool", &path).await
    }

    async fn instances(&self) -> Answer<Vec<Instance>> {
        let key = |one: &InstanceReply| one.id;
        let listed = self
            .caller
            .list(Counted::Poll, "list Linodes", "/v4/linode/instances", key);
        listed.await.map(into_all)
    }

    async fn instance(&self, id: InstanceId) -> Answer<Instance> {
        let path = format!("/v4/linode/instances/{id}");
        let reply = self
            .caller
            .get::<InstanceReply>(Counted::Poll, "read the Linode", &path);
        reply.await.map(Into::into)
    }

    async fn firewall(&self, id: FirewallId) -> Answer<FirewallRead> {
        self.read_firewall(id).await
    }

    async fn balancer_walls(&self) -> Answer<Vec<BalancerWall>> {
        self.list_walls().await
    }

    async fn firewalls(&self) -> Answer<Vec<Firewall>> {
        self.list_firewalls().await
    }

    async fn create_firewall(&self, want: &NewFirewall) -> Answer<Firewall> {
        let operation = "create the firewall";
        let body = FirewallWant::of(want);
        let path = firewall::PATH;
        let reply: FirewallReply = self
            .caller
            .write(operation, Method::POST, path, &body)
            .await?;
        let instances = reply.instances().unwrap_or_default();
        Ok(reply.into_firewall(instances))
    }

    async fn firewall_devices(&self, id: FirewallId) -> Answer<Vec<InstanceId>> {
        self.list_devices(id).await
    }

    async fn attach_firewall(&self, id: FirewallId, instance: InstanceId) -> Answer<()> {
        self.attach(id, instance).await
    }

    async fn detach_firewall(&self, id: FirewallId, instance: InstanceId) -> Answer<()> {
        self.detach(id, instance).await
    }

    async fn set_firewall_rules(&self, id: FirewallId, rules: &[FirewallRule]) -> Answer<()> {
        let path = format!("{}/{id}/rules", firewall::PATH);
        let body = RulesWant::of(rules);
        self.put::<RulesReply>("set the firewall's rules", &path, &body)
            .await
            .map(|_| ())
    }

    async fn set_firewall_tags(&self, id: FirewallId, tags: &[String]) -> Answer<()> {
        let path = format!("{}/{id}", firewall::PATH);
        let body = TagsWant { tags };
        self.put::<FirewallReply>("set the firewall's tags", &path, &body)
            .await
            .map(|_| ())
    }

    async fn firewall_rules(&self, id: FirewallId) -> Answer<Vec<FirewallRule>> {
        self.read_rules(id).await
    }

    async fn delete_firewall(&self, id: FirewallId) -> Answer<()> {
        let path = format!("{}/{id}", firewall::PATH);
        self.caller.delete("delete the firewall", &path).await
    }

    async fn nodebalancers(&self) -> Answer<Vec<NodeBalancer>> {
        let key = |one: &NodeBalancerReply| one.id;
        self.caller
            .list(
                Counted::Other,
                "list NodeBalancers",
                "/v4/nodebalancers",
                key,
            )
            .await
            .map(into_all)
    }

    async fn delete_nodebalancer(&self, id: NodeBalancerId) -> Answer<()> {
        let path = format!("/v4/nodebalancers/{id}");
        self.caller.delete("delete the NodeBalancer", &path).await
    }

    async fn volumes(&self) -> Answer<Vec<Volume>> {
        let key = |one: &VolumeReply| one.id;
        let listed = self
            .caller
            .list(Counted::Other, "list volumes", "/v4/volumes", key);
        listed.await.map(into_all)
    }

    async fn delete_volume(&self, id: VolumeId) -> Answer<()> {
        let path = format!("/v4/volumes/{id}");
        self.caller.delete("delete the volume", &path).await
    }
}
