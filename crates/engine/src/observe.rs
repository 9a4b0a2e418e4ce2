//! One look at a deployment that stands: for the screen, and for the journal where things were born
//! or are gone. New nodes are put behind the firewall.

pub use crate::act::Looked;
use crate::act::{Act, Run, Trouble};
use crate::book::Book;
pub use crate::lookout::Lookout;
use crate::ports::{Cloud, Kind, KubeApi, Ports};
use crate::protocol::Protocol;
use crate::run::{End, account_for};
use crate::signal::Observer;
use domain::inside::{NodeInside, Pod};
use domain::inventory::{
    AccessList, BalancerSeen, BalancerWall, FirewallRead, Instance, NodeBalancer, Pool,
};
use domain::reach;
use domain::record::{Thing, ThingKind};
use domain::usage::NodeUse;
use domain::{ClusterId, InstanceId};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// What one look brought. What was not read this time is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// When.
    pub at: Timestamp,
    /// Which cluster.
    pub cluster: Option<ClusterId>,
    /// Its pools with their nodes.
    pub pools: Option<Vec<Pool>>,
    /// Its Linodes.
    pub instances: Option<Vec<Instance>>,
    /// Its nodes as Kubernetes tells them.
    pub kube_nodes: Option<Vec<NodeInside>>,
    /// Its pods that have not ended.
    pub pods_inside: Option<Vec<Pod>>,
    /// Linodes that the firewall stands before.
    pub covered: Option<Vec<InstanceId>>,
    /// The firewall itself.
    pub firewall: Option<FirewallRead>,
    /// Its NodeBalancers.
    pub balancers: Option<Vec<BalancerSeen>>,
    /// Namespaces with the default-deny preset.
    pub policies: Option<Vec<String>>,
    /// The access list.
    pub access: Option<AccessList>,
    /// How the GPUs of its nodes are used.
    pub usage: Option<Vec<NodeUse>>,
    /// When Kubernetes was asked, by the time since this computer started.
    pub asked: Option<Duration>,
    /// How fast the Kubernetes API answered, in milliseconds.
    pub answers_ms: Option<u64>,
    /// Whether this look read everything that it should.
    pub complete: bool,
    /// Whether the cluster is not there any more.
    pub cluster_gone: bool,
}

impl Observed {
    /// Nothing read yet.
    pub const fn at(at: Timestamp) -> Self {
        Self {
            at,
            cluster: None,
            pools: None,
            instances: None,
            kube_nodes: None,
            pods_inside: None,
            covered: None,
            firewall: None,
            balancers: None,
            policies: None,
            access: None,
            usage: None,
            asked: None,
            answers_ms: None,
            complete: false,
            cluster_gone: false,
        }
    }
}

/// What a look reads besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Also {
    /// NodeBalancers.
    pub nodebalancers: bool,
    /// How GPUs are used.
    pub usage: bool,
}

/// Looks at a deployment again and again with one journal open.
pub struct Watch(Act);

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watch")
            .field(self.0.book.deployment())
            .finish()
    }
}

impl Watch {
    /// Checks the account once; `Err` when the deployment is not this account's. `looked`: when the
    /// last look of this process was, shared with it; `lookout`: where it watches Kubernetes.
    pub async fn begin(
        ports: &Ports,
        protocol: &Protocol,
        book: &Book,
        observer: Arc<dyn Observer>,
        looked: &Looked,
        lookout: Option<Arc<Lookout>>,
    ) -> Result<Self, End> {
        let account = account_for(ports, protocol, book).await?;
        let run = Run::aside(ports, protocol, book, observer, account, looked, lookout);
        Ok(Self(run))
    }

    /// One look: three collections (pools, Linodes, firewall devices), NodeBalancers as a fourth where
    /// wished, the access list, Kubernetes, and of it the use of GPUs where wished.
    /// Writes births, covers and deaths; tells the observer. A look that could not be made is told as
    /// incomplete, and nothing is concluded from it.
    pub async fn look(&self, also: Also) -> Observed {
        let mut seen = Observed::at(self.0.ports.clock.now());
        if let Err(trouble) = self.look_at(&mut seen, also).await {
            tracing::debug!(?trouble, "a look was cut short");
        }
        self.0.observed(&seen);
        seen
    }

    async fn look_at(&self, seen: &mut Observed, also: Also) -> Result<(), Trouble> {
        let act = &self.0;
        let cluster = act.cluster().await?;
        seen.cluster = Some(cluster);
        // Single tries: a look that fails is made again at the next tick.
        let (pools, instances, access) = futures::join!(
            act.cloud().pools(cluster),
            act.cloud().instances(),
            act.cloud().access_list(cluster),
        );
        if matches!(&pools, Err(failure) if failure.kind == Kind::NotFound) {
            seen.cluster_gone = self.is_gone(cluster).await?;
        }
        // Of a cluster that is gone nothing is there: that is known, and not unread.
        let nothing = seen.cluster_gone.then(Vec::new);
        let (pools, instances) = (pools.ok().or(nothing), instances.ok());
        seen.access = access.ok();
        if let Some(pools) = &pools {
            act.take_in(pools).await?;
        }
        if let Some(firewall) = act.read(domain::progress::Progress::firewall).await {
            let (covered, read) = futures::join!(
                act.cloud().firewall_devices(firewall),
                act.cloud().firewall(firewall),
            );
            seen.covered = covered.ok();
            seen.firewall = read.ok();
            act.see_controller(cluster, seen).await?;
            // Somebody may have taken a node out since it was covered: it goes back.
            let nodes = pools.iter().flatten().flat_map(|pool| &pool.nodes);
            let bare: Vec<InstanceId> = match &seen.covered {
                Some(covered) => nodes
                    .filter_map(|node| node.instance)
                    .filter(|instance| !covered.contains(instance))
                    .collect(),
                None => Vec::new(),
            };
            for instance in &bare {
                act.cover(*instance).await?;
            }
            if !bare.is_empty() {
                seen.covered = act.cloud().firewall_devices(firewall).await.ok();
                act.heal_controller(cluster, &bare, seen).await?;
            }
        }
        if let Some(listed) = instances {
            self.note_deaths(&listed, pools.as_deref()).await?;
            // What is listed costs, also when the pools were not read or do not hold it any more.
            let of_it = listed
                .into_iter()
                .filter(|one| one.cluster == Some(cluster));
            let of_it: Vec<Instance> = of_it.collect();
            act.note_listed(&of_it).await?;
            seen.instances = Some(of_it);
        }
        let mut listed = None;
        if also.nodebalancers {
            // A Service that somebody made or deleted: what it costs is known from here on.
            let balancers = act.note_nodebalancers(&[cluster]).await?;
            let there: Vec<Thing> = balancers
                .iter()
                .map(|one| Thing::NodeBalancer(one.id))
                .collect();
            act.note_gone(ThingKind::NodeBalancer, &there).await?;
            let walls = walls_of(act.cloud(), &balancers).await;
            if let Some(walls) = &walls {
                act.note_walls(&balancers, walls).await?;
            }
            seen.balancers = Some(reach::balancers(&balancers, walls.as_deref(), None));
            listed = Some((balancers, walls));
        }
        seen.complete = pools.is_some() && seen.instances.is_some();
        seen.pools = pools;
        if let Some(pools) = &seen.pools {
            act.drop_second_pools(pools).await?;
        }
        if seen.cluster_gone {
            (seen.kube_nodes, seen.pods_inside) = (Some(Vec::new()), Some(Vec::new()));
            return Ok(());
        }
        if let Some(api) = act.kubernetes().await? {
            self.ask_kubernetes(&*api, seen).await;
            // Of a Kubernetes that is silent nothing more is asked.
            if let Some((balancers, walls)) = listed.filter(|_| seen.kube_nodes.is_some()) {
                if let Ok(services) = api.load_balancers().await {
                    let all = reach::balancers(&balancers, walls.as_deref(), Some(&services));
                    seen.balancers = Some(all);
                }
                seen.policies = api.policies().await.ok();
            }
            let nodes = seen.kube_nodes.iter().flatten().map(|one| &one.node);
            act.test_newcomers(&*api, nodes.clone()).await?;
            if also.usage && nodes.into_iter().any(|node| node.gpus > 0) {
                seen.usage = api.gpu_usage().await.ok();
            }
        }
        Ok(())
    }

    async fn ask_kubernetes(&self, api: &dyn KubeApi, seen: &mut Observed) {
        let asked = self.0.boot();
        seen.asked = Some(asked);
        if let Ok(nodes) = api.nodes_inside().await {
            let took = self.0.boot().saturating_sub(asked).as_millis();
            seen.answers_ms = u64::try_from(took).ok();
            seen.kube_nodes = Some(nodes);
            seen.pods_inside = api.pods().await.ok();
        } else {
            // A client may hold a certificate that was rotated: begin anew at the next look.
            *self.0.kube.lock().await = None;
            if let Some(lookout) = &self.0.lookout {
                lookout.forget();
            }
        }
    }

    /// Whether somebody deleted the cluster. It is absent from a complete listing then too, and its
    /// control plane costs no more. From who is restricted it may only be hidden.
    async fn is_gone(&self, cluster: ClusterId) -> Result<bool, Trouble> {
        let act = &self.0;
        if act.account.restricted || act.still_there(cluster).await?.is_some() {
            return Ok(false);
        }
        let plane = act.read(|progress| progress.alive_of(ThingKind::ControlPlane));
        let mut plane = plane.await;
        plane.retain(|one| *one == Thing::ControlPlane(cluster));
        Ok(!act.was_hidden().await? && act.gone(plane).await?)
    }

    /// A machine is gone when it is absent from a complete listing and from the pools, and answers
    /// 404.
    async fn note_deaths(
        &self,
        listed: &[Instance],
        pools: Option<&[Pool]>,
    ) -> Result<(), Trouble> {
        let Some(pools) = pools else {
            return Ok(());
        };
        let nodes = pools.iter().flat_map(|pool| &pool.nodes);
        let in_pools: Vec<InstanceId> = nodes.filter_map(|node| node.instance).collect();
        let mut absent = Vec::new();
        for thing in self
            .0
            .read(|progress| progress.alive_of(ThingKind::Instance))
            .await
        {
            let Some(id) = thing.as_instance() else {
                continue;
            };
            if in_pools.contains(&id) || listed.iter().any(|one| one.id == id) {
                continue;
            }
            let answer = self.0.cloud().instance(id).await;
            if answer.is_err_and(|failure| failure.kind == Kind::NotFound) {
                absent.push(thing);
            }
        }
        self.0.gone(absent).await.map(|_| ())
    }
}

/// The firewalls before NodeBalancers; where there is none of these, nothing is asked.
pub(crate) async fn walls_of(
    cloud: &dyn Cloud,
    balancers: &[NodeBalancer],
) -> Option<Vec<BalancerWall>> {
    match balancers {
        [] => Some(Vec::new()),
        _ => cloud.balancer_walls().await.ok(),
    }
}
