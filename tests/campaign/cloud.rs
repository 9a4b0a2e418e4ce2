//! The Cloud port of a campaign: the real client, but for a catalog that was read once for all, and
//! for planted bugs in what is listed.

use async_trait::async_trait;
use domain::catalog::Catalog;
use domain::inventory::{
    AccessList, Account, BalancerWall, Bounds, Cluster, Firewall, FirewallRead, Instance,
    NodeBalancer, Pool, Volume,
};
use domain::spec::FirewallRule;
use domain::{
    AccountId, CloudId, ClusterId, FirewallId, InstanceId, NodeBalancerId, Owner, PoolId, VolumeId,
};
use engine::ports::{Answer, Calls, Clock, Cloud, NewCluster, NewFirewall, NewPool};
use ipnet::IpNet;
use secrecy::SecretString;
use std::sync::{Arc, Mutex};

use crate::wire::held;

/// A planted bug in what is listed or deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CloudBug {
    /// None.
    #[default]
    None,
    /// The server is asked to filter by our mark, and whatever comes is taken for ours.
    TrustsFilter,
    /// A list that could not be read counts as empty.
    ErrorIsEmpty,
    /// Whatever bears our cluster's label in front is our cluster's.
    LabelIsProof,
    /// A listing of machines that failed is answered from memory.
    Remembers,
    /// A machine is taken to be born when it is seen.
    BornNow,
    /// A POST that failed is cleaned up after.
    CleansUp,
    /// Owner tags of other computers are taken for ours.
    AnyOwner,
}

/// See the module.
pub(crate) struct Wrapped {
    pub(crate) inner: Arc<dyn Cloud>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) bug: CloudBug,
    /// What was POSTed last: what a trusted filter is believed to have found.
    pub(crate) wanted: Mutex<Option<NewCluster>>,
    /// The cluster that a pool was asked of last.
    pub(crate) last: Mutex<Option<ClusterId>>,
    /// The machines that were listed last.
    pub(crate) machines: Mutex<Option<Vec<Instance>>>,
    /// Whose computer it is.
    pub(crate) owner: Owner,
}

impl Wrapped {
    fn emptied<T>(&self, answer: Answer<Vec<T>>) -> Answer<Vec<T>> {
        match answer {
            Err(_) if self.bug == CloudBug::ErrorIsEmpty => Ok(Vec::new()),
            answer => answer,
        }
    }

    fn born(&self, one: Instance) -> Instance {
        let created = if self.bug == CloudBug::BornNow {
            self.clock.now()
        } else {
            one.created
        };
        Instance { created, ..one }
    }

    fn owned(&self, mut one: Cluster) -> Cluster {
        if self.bug == CloudBug::AnyOwner {
            for tag in &mut one.tags {
                if Owner::read(tag).is_some() {
                    *tag = self.owner.tag();
                }
            }
        }
        one
    }
}

#[async_trait]
impl Cloud for Wrapped {
    fn id(&self) -> CloudId {
        self.inner.id()
    }

    fn expect_account(&self, account: &AccountId) {
        self.inner.expect_account(account);
    }

    fn calls(&self) -> Calls {
        self.inner.calls()
    }

    async fn account(&self) -> Answer<Account> {
        self.inner.account().await
    }

    async fn catalog(&self) -> Answer<Catalog> {
        Ok(Catalog {
            read_at: self.clock.now(),
            ..Catalog::clone(&self.catalog)
        })
    }

    async fn offers(&self, region: &str, instance_type: &str) -> Answer<Option<bool>> {
        self.inner.offers(region, instance_type).await
    }

    async fn clusters(&self) -> Answer<Vec<Cluster>> {
        let mut rows = self.emptied(self.inner.clusters().await)?;
        let wanted = held(&self.wanted).clone();
        if let (CloudBug::TrustsFilter, Some(want)) = (self.bug, wanted) {
            // A filter that the server ignores lets every row through.
            for row in &mut rows {
                row.tags.clone_from(&want.tags);
                row.label.clone_from(&want.label);
                row.region.clone_from(&want.region);
                row.created = self.clock.now();
            }
        }
        Ok(rows.into_iter().map(|one| self.owned(one)).collect())
    }

    async fn cluster(&self, id: ClusterId) -> Answer<Cluster> {
        Ok(self.owned(self.inner.cluster(id).await?))
    }

    async fn create_cluster(&self, want: &NewCluster) -> Answer<Cluster> {
        *held(&self.wanted) = Some(want.clone());
        let made = self.inner.create_cluster(want).await;
        if made.is_err() && self.bug == CloudBug::CleansUp {
            let named = self.inner.clusters().await?;
            let named = named.into_iter().filter(|one| one.label == want.label);
            for one in named {
                self.inner.delete_cluster(one.id).await?;
            }
        }
        made
    }

    async fn delete_cluster(&self, id: ClusterId) -> Answer<()> {
        self.inner.delete_cluster(id).await
    }

    async fn set_cluster_tags(&self, id: ClusterId, tags: &[String]) -> Answer<()> {
        self.inner.set_cluster_tags(id, tags).await
    }

    async fn kubeconfig(&self, id: ClusterId) -> Answer<SecretString> {
        self.inner.kubeconfig(id).await
    }

    async fn api_endpoints(&self, id: ClusterId) -> Answer<Vec<String>> {
        self.inner.api_endpoints(id).await
    }

    async fn access_list(&self, id: ClusterId) -> Answer<AccessList> {
        self.inner.access_list(id).await
    }

    async fn set_access_list(&self, id: ClusterId, to: &[IpNet], revision: &str) -> Answer<()> {
        self.inner.set_access_list(id, to, revision).await
    }

    async fn pools(&self, cluster: ClusterId) -> Answer<Vec<Pool>> {
        *held(&self.last) = Some(cluster);
        self.inner.pools(cluster).await
    }

    async fn create_pool(&self, cluster: ClusterId, want: &NewPool) -> Answer<Pool> {
        self.inner.create_pool(cluster, want).await
    }

    async fn set_pool_count(&self, cluster: ClusterId, pool: PoolId, count: u32) -> Answer<Pool> {
        self.inner.set_pool_count(cluster, pool, count).await
    }

    async fn set_autoscaler(
        &self,
        cluster: ClusterId,
        pool: PoolId,
        bounds: Option<Bounds>,
    ) -> Answer<Pool> {
        self.inner.set_autoscaler(cluster, pool, bounds).await
    }

    async fn set_firewall_tags(&self, id: FirewallId, tags: &[String]) -> Answer<()> {
        self.inner.set_firewall_tags(id, tags).await
    }

    async fn firewall_rules(&self, id: FirewallId) -> Answer<Vec<FirewallRule>> {
        self.inner.firewall_rules(id).await
    }

    async fn firewall(&self, id: FirewallId) -> Answer<FirewallRead> {
        self.inner.firewall(id).await
    }

    async fn balancer_walls(&self) -> Answer<Vec<BalancerWall>> {
        self.inner.balancer_walls().await
    }

    async fn delete_pool(&self, cluster: ClusterId, pool: PoolId) -> Answer<()> {
        self.inner.delete_pool(cluster, pool).await
    }

    async fn instances(&self) -> Answer<Vec<Instance>> {
        let mut answer = self.emptied(self.inner.instances().await);
        let mut memory = held(&self.machines);
        match &answer {
            Ok(rows) => *memory = Some(rows.clone()),
            Err(_) if self.bug == CloudBug::Remembers => {
                answer = memory.clone().map_or(answer, Ok);
            }
            Err(_) => {}
        }
        Ok(answer?.into_iter().map(|one| self.born(one)).collect())
    }

    async fn instance(&self, id: InstanceId) -> Answer<Instance> {
        Ok(self.born(self.inner.instance(id).await?))
    }

    async fn firewalls(&self) -> Answer<Vec<Firewall>> {
        self.emptied(self.inner.firewalls().await)
    }

    async fn create_firewall(&self, want: &NewFirewall) -> Answer<Firewall> {
        self.inner.create_firewall(want).await
    }

    async fn firewall_devices(&self, id: FirewallId) -> Answer<Vec<InstanceId>> {
        self.inner.firewall_devices(id).await
    }

    async fn attach_firewall(&self, id: FirewallId, instance: InstanceId) -> Answer<()> {
        self.inner.attach_firewall(id, instance).await
    }

    async fn set_firewall_rules(&self, id: FirewallId, rules: &[FirewallRule]) -> Answer<()> {
        self.inner.set_firewall_rules(id, rules).await
    }

    async fn delete_firewall(&self, id: FirewallId) -> Answer<()> {
        self.inner.delete_firewall(id).await
    }

    async fn nodebalancers(&self) -> Answer<Vec<NodeBalancer>> {
        let mut rows = self.emptied(self.inner.nodebalancers().await)?;
        let ours = *held(&self.last);
        if let (CloudBug::LabelIsProof, Some(ours)) = (self.bug, ours) {
            let front = format!("lke{ours}-");
            let like = rows.iter_mut().filter(|row| row.label.starts_with(&front));
            like.for_each(|row| row.cluster = Some(ours));
        }
        Ok(rows)
    }

    async fn delete_nodebalancer(&self, id: NodeBalancerId) -> Answer<()> {
        self.inner.delete_nodebalancer(id).await
    }

    async fn volumes(&self) -> Answer<Vec<Volume>> {
        self.emptied(self.inner.volumes().await)
    }

    async fn delete_volume(&self, id: VolumeId) -> Answer<()> {
        self.inner.delete_volume(id).await
    }
}
