//! The ports over a `World`.

use crate::world::{Fault, GPU_TYPE, World};
use async_trait::async_trait;
use domain::catalog::{Catalog, InstanceType, Region};
use domain::inventory::{
    AccessList, Account, BalancerWall, Bounds, Cluster, Firewall, FirewallRead, Instance,
    NodeBalancer, Pool, TEARDOWN_SCOPES, Volume,
};
use domain::plan::{NewCluster, NewFirewall, NewPool};
use domain::spec::FirewallRule;
use domain::{
    AccountId, CloudId, ClusterId, FirewallId, InstanceId, NodeBalancerId, PoolId, VolumeId,
};
use engine::ports::{Answer, Calls, Clock, Cloud, Failure, Kind};
use ipnet::IpNet;
use secrecy::SecretString;
use std::sync::Arc;

/// The cloud, Kubernetes and address of a world.
#[derive(Clone)]
pub(crate) struct Over(pub(crate) Arc<World>);

fn lost<T>(answer: T, fault: Option<Fault>, call: &str) -> Answer<T> {
    match fault {
        Some(Fault::Lost { .. }) => Err(Failure::new(Kind::Unknown, call)),
        Some(Fault::Swallowed | Fault::Refused(..)) | None => Ok(answer),
    }
}

#[async_trait]
impl Cloud for Over {
    fn id(&self) -> CloudId {
        CloudId("demo-test".to_owned())
    }

    fn expect_account(&self, _: &AccountId) {}

    fn calls(&self) -> Calls {
        Calls::default()
    }

    async fn account(&self) -> Answer<Account> {
        let state = self.0.state();
        Ok(Account {
            id: AccountId(state.account.clone()),
            user: "ada".to_owned(),
            restricted: state.restricted,
            scopes: TEARDOWN_SCOPES
                .iter()
                .map(|one| (*one).to_owned())
                .collect(),
            token_expires: None,
        })
    }

    async fn catalog(&self) -> Answer<Catalog> {
        let region = Region {
            id: "us-ord".to_owned(),
            label: "Chicago, IL".to_owned(),
            country: "us".to_owned(),
            available: vec![GPU_TYPE.to_owned()],
            sold_out: Vec::new(),
        };
        Ok(Catalog {
            read_at: self.0.now(),
            regions: vec![region],
            types: Vec::<InstanceType>::new(),
            versions: vec!["1.34".to_owned()],
            ha_price: None,
            ha_region_prices: Vec::new(),
            nodebalancer_price: None,
            volume_gb_price: None,
        })
    }

    async fn offers(&self, _: &str, _: &str) -> Answer<Option<bool>> {
        Ok(None)
    }

    async fn clusters(&self) -> Answer<Vec<Cluster>> {
        self.0.get("list clusters")?;
        Ok(self.0.shown_clusters())
    }

    async fn cluster(&self, id: ClusterId) -> Answer<Cluster> {
        self.0.get("read a cluster")?;
        let found = self.0.shown_clusters().into_iter().find(|one| one.id == id);
        found.ok_or_else(|| not_found("read a cluster"))
    }

    async fn create_cluster(&self, want: &NewCluster) -> Answer<Cluster> {
        let fault = self
            .0
            .fault("POST cluster", format!("POST cluster {}", want.label))?;
        lost(self.0.add_cluster(want, fault), fault, "create a cluster")
    }

    async fn delete_cluster(&self, id: ClusterId) -> Answer<()> {
        let fault = self
            .0
            .fault("DELETE cluster", format!("DELETE cluster {id}"))?;
        let now = self.0.now();
        let mut state = self.0.state();
        let there =
            |one: &&mut crate::world::ClusterState| one.cluster.id == id && one.gone.is_none();
        let found = state.clusters.iter_mut().find(there);
        let found = found.ok_or_else(|| not_found("delete a cluster"))?;
        found.gone = Some(now);
        let machines: Vec<InstanceId> = found
            .pools
            .iter()
            .flat_map(|pool| &pool.nodes)
            .map(|(id, _)| InstanceId(*id))
            .collect();
        for volume in &mut state.volumes {
            if volume.instance.is_some_and(|id| machines.contains(&id)) {
                volume.instance = None;
            }
        }
        drop(state);
        lost((), fault, "delete a cluster")
    }

    async fn set_cluster_tags(&self, id: ClusterId, tags: &[String]) -> Answer<()> {
        self.0.fault(
            "PUT tags",
            format!("PUT cluster {id} tags {}", tags.join(",")),
        )?;
        let mut state = self.0.state();
        let found = state.clusters.iter_mut().find(|one| one.cluster.id == id);
        found.ok_or_else(|| not_found("set tags"))?.cluster.tags = tags.to_vec();
        Ok(())
    }

    async fn set_firewall_tags(&self, _: FirewallId, _: &[String]) -> Answer<()> {
        unreachable!("no run writes a firewall's tags");
    }

    async fn firewall_rules(&self, _: FirewallId) -> Answer<Vec<FirewallRule>> {
        unreachable!("no run reads a firewall's rules");
    }

    async fn firewall(&self, _: FirewallId) -> Answer<FirewallRead> {
        Err(Failure::new(Kind::Invalid, "read the firewall"))
    }

    async fn balancer_walls(&self) -> Answer<Vec<BalancerWall>> {
        self.0
            .online("list what firewalls guard")
            .map(|()| Vec::new())
    }

    async fn kubeconfig(&self, id: ClusterId) -> Answer<SecretString> {
        self.0.online("read the kubeconfig")?;
        if self.0.has_kubeconfig(id) {
            self.0.state().kubeconfigs_read += 1;
            return Ok(SecretString::from(id.to_string()));
        }
        Err(Failure {
            status: Some(503),
            ..Failure::new(Kind::Unavailable, "read the kubeconfig")
        })
    }

    async fn api_endpoints(&self, id: ClusterId) -> Answer<Vec<String>> {
        self.0.online("list the API's URLs")?;
        if self.0.has_kubeconfig(id) {
            return Ok(Vec::new());
        }
        Err(Failure {
            status: Some(503),
            ..Failure::new(Kind::Unavailable, "list the API's URLs")
        })
    }

    async fn access_list(&self, id: ClusterId) -> Answer<AccessList> {
        self.0.get("read the access list")?;
        self.0.access(id)
    }

    async fn set_access_list(&self, id: ClusterId, to: &[IpNet], revision: &str) -> Answer<()> {
        self.0
            .fault("PUT access", format!("PUT cluster {id} access {revision}"))?;
        let mut state = self.0.state();
        let found = state.clusters.iter_mut().find(|one| one.cluster.id == id);
        let found = found.ok_or_else(|| not_found("set the access list"))?;
        found.access = (to.to_vec(), revision.to_owned());
        Ok(())
    }

    async fn pools(&self, cluster: ClusterId) -> Answer<Vec<Pool>> {
        self.0.get("list pools")?;
        self.0.shown_pools(cluster)
    }

    async fn create_pool(&self, cluster: ClusterId, want: &NewPool) -> Answer<Pool> {
        let fault = self
            .0
            .fault("POST pool", format!("POST pool {}", want.instance_type))?;
        let mut pool = self.0.new_pool(want);
        if let Some(Fault::Lost { shown_after }) = fault {
            pool.shown += jiff::SignedDuration::from_secs(shown_after);
        }
        let id = pool.id;
        let mut state = self.0.state();
        let found = state
            .clusters
            .iter_mut()
            .find(|one| one.cluster.id == cluster);
        found
            .ok_or_else(|| not_found("create a pool"))?
            .pools
            .push(pool);
        drop(state);
        let shown = self.0.shown_pools(cluster)?;
        let shown = shown.into_iter().find(|one| one.id == id);
        // One that is shown only later was never answered.
        shown
            .ok_or_else(|| Failure::new(Kind::Unknown, "create a pool"))
            .and_then(|pool| lost(pool, fault, "create a pool"))
    }

    async fn set_pool_count(&self, cluster: ClusterId, id: PoolId, count: u32) -> Answer<Pool> {
        self.0
            .fault("PUT count", format!("PUT pool {id} count {count}"))?;
        let fresh: Vec<_> = (0..count).map(|_| (self.0.id(), self.0.now())).collect();
        let mut state = self.0.state();
        let pools = state.clusters.iter_mut().flat_map(|one| &mut one.pools);
        for pool in pools.filter(|pool| pool.id == id) {
            assert!(pool.autoscaler.is_none(), "a count under an autoscaler");
            let kept = pool.nodes.len().min(count as usize);
            pool.nodes.truncate(kept);
            pool.nodes.extend(&fresh[kept..]);
        }
        drop(state);
        let pool = self
            .0
            .shown_pools(cluster)?
            .into_iter()
            .find(|one| one.id == id);
        pool.ok_or_else(|| not_found("set a count"))
    }

    async fn set_autoscaler(
        &self,
        cluster: ClusterId,
        id: PoolId,
        bounds: Option<Bounds>,
    ) -> Answer<Pool> {
        let told = bounds.map_or("off".to_owned(), |one| format!("{}..{}", one.min, one.max));
        self.0
            .fault("PUT autoscaler", format!("PUT pool {id} autoscaler {told}"))?;
        let mut state = self.0.state();
        let pools = state.clusters.iter_mut().flat_map(|one| &mut one.pools);
        for pool in pools.filter(|pool| pool.id == id) {
            pool.autoscaler = bounds;
        }
        drop(state);
        let pool = self
            .0
            .shown_pools(cluster)?
            .into_iter()
            .find(|one| one.id == id);
        pool.ok_or_else(|| not_found("set the autoscaler"))
    }

    async fn delete_pool(&self, cluster: ClusterId, id: PoolId) -> Answer<()> {
        self.0.fault("DELETE pool", format!("DELETE pool {id}"))?;
        let mut state = self.0.state();
        let found = state
            .clusters
            .iter_mut()
            .find(|one| one.cluster.id == cluster);
        found
            .ok_or_else(|| not_found("delete a pool"))?
            .pools
            .retain(|pool| pool.id != id);
        Ok(())
    }

    async fn instances(&self) -> Answer<Vec<Instance>> {
        self.0.get("list linodes")?;
        Ok(self.0.shown_instances())
    }

    async fn instance(&self, id: InstanceId) -> Answer<Instance> {
        self.0.get("read a linode")?;
        let found = self
            .0
            .shown_instances()
            .into_iter()
            .find(|one| one.id == id);
        found.ok_or_else(|| not_found("read a linode"))
    }

    async fn firewalls(&self) -> Answer<Vec<Firewall>> {
        self.0.get("list firewalls")?;
        Ok(self.0.state().firewalls.clone())
    }

    async fn create_firewall(&self, want: &NewFirewall) -> Answer<Firewall> {
        let fault = self
            .0
            .fault("POST firewall", format!("POST firewall {}", want.label))?;
        lost(self.0.add_firewall(want), fault, "create a firewall")
    }

    async fn firewall_devices(&self, id: FirewallId) -> Answer<Vec<InstanceId>> {
        self.0.get("list devices")?;
        let state = self.0.state();
        let found = state.firewalls.iter().find(|one| one.id == id);
        Ok(found
            .ok_or_else(|| not_found("list devices"))?
            .instances
            .clone())
    }

    async fn attach_firewall(&self, id: FirewallId, instance: InstanceId) -> Answer<()> {
        self.0.fault(
            "POST device",
            format!("POST firewall {id} device {instance}"),
        )?;
        let mut state = self.0.state();
        let found = state.firewalls.iter_mut().find(|one| one.id == id);
        let found = found.ok_or_else(|| not_found("attach a device"))?;
        if !found.instances.contains(&instance) {
            found.instances.push(instance);
        }
        Ok(())
    }

    async fn set_firewall_rules(&self, id: FirewallId, rules: &[FirewallRule]) -> Answer<()> {
        self.0
            .fault(
                "PUT rules",
                format!("PUT firewall {id} rules {}", rules.len()),
            )
            .map(|_| ())
    }

    async fn delete_firewall(&self, id: FirewallId) -> Answer<()> {
        let fault = self
            .0
            .fault("DELETE firewall", format!("DELETE firewall {id}"))?;
        self.0.state().firewalls.retain(|one| one.id != id);
        lost((), fault, "delete a firewall")
    }

    async fn nodebalancers(&self) -> Answer<Vec<NodeBalancer>> {
        self.0.get("list nodebalancers")?;
        Ok(self.0.state().nodebalancers.clone())
    }

    async fn delete_nodebalancer(&self, id: NodeBalancerId) -> Answer<()> {
        self.0
            .fault("DELETE nodebalancer", format!("DELETE nodebalancer {id}"))?;
        self.0.state().nodebalancers.retain(|one| one.id != id);
        Ok(())
    }

    async fn volumes(&self) -> Answer<Vec<Volume>> {
        self.0.get("list volumes")?;
        Ok(self.0.state().volumes.clone())
    }

    async fn delete_volume(&self, id: VolumeId) -> Answer<()> {
        self.0
            .fault("DELETE volume", format!("DELETE volume {id}"))?;
        self.0.state().volumes.retain(|one| one.id != id);
        Ok(())
    }
}

pub(crate) fn not_found(operation: &str) -> Failure {
    Failure {
        status: Some(404),
        ..Failure::new(Kind::NotFound, operation)
    }
}
