//! One look at the pools while a run goes on: new nodes are written down with their price and put
//! behind the firewall at once, whatever else is being waited for.

use crate::act::{Act, Trouble, hold};
use crate::observe::Observed;
use crate::owner::taken_over;
use crate::ports::{Kind, KubeApi};
use crate::proof::{Belongs, Claim};
use crate::said::{Failed, words};
use domain::inventory::{Cluster, Node, Pool};
use domain::plan::PoolRole;
use domain::progress::{Controller, Life, Progress};
use domain::record::{Fact, Thing};
use domain::{ClusterId, InstanceId};
use futures::future::join_all;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Nodes that are put behind the firewall at the same time.
pub(crate) const COVERED_AT_ONCE: usize = 8;

/// A machine that the cloud refused to put behind the firewall: asking again at once would bring the
/// same answer, so the pauses grow.
#[derive(Clone, Debug)]
pub(crate) struct TurnedAway {
    said: String,
    times: u32,
    /// Not asked again before, by the time since the start of this computer.
    until: Duration,
}

/// What a look at the pools brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sight {
    /// When, by the time since the start of this computer.
    pub(crate) at: Duration,
    pub(crate) pools: Vec<Pool>,
    /// Machines that the cloud did not put behind the firewall, and what it said.
    pub(crate) refused: BTreeMap<InstanceId, String>,
}

impl Sight {
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.pools.iter().flat_map(|pool| &pool.nodes)
    }
}

impl Act {
    /// The cluster that this deployment keeps; fails when it is not there any more, or when the cloud
    /// does not show that it is ours: the journal's word alone changes nothing.
    pub(crate) async fn cluster(&self) -> Result<ClusterId, Trouble> {
        let cluster = self.read(domain::progress::Progress::cluster).await;
        let gone = || Failed::ClusterGone {
            cluster: "–".to_owned(),
        };
        let id = cluster.ok_or_else(|| Trouble::Failed(gone().into()))?;
        if hold(&self.proven).contains(&id) {
            return Ok(id);
        }
        match self.tried(|| self.cloud().cluster(id)).await? {
            Ok(one) => {
                self.must_be_ours(&one).await?;
                // Of steps side by side the first one writes.
                if hold(&self.proven).insert(id) {
                    self.pays_for_control_plane(&one).await?;
                }
                self.owned_now().await;
            }
            // What is not there cannot be changed; whether it is gone is asked elsewhere.
            Err(failure) if failure.kind == Kind::NotFound => {}
            Err(failure) => return Err(Trouble::Failed(crate::said::failed(&failure))),
        }
        Ok(id)
    }

    /// Writes down a control plane that costs, from its cluster's birth on, unless the journal says
    /// so: the process may have ended between the record of the cluster and that of its birth.
    pub(crate) async fn pays_for_control_plane(&self, one: &Cluster) -> Result<(), Trouble> {
        let (thing, since) = (Thing::ControlPlane(one.id), one.created);
        let life = self.read(|p| p.things.get(&thing).cloned()).await;
        if !one.ha || life.as_ref().is_some_and(|life| life.born == since) {
            return Ok(());
        }
        let price = self.read(|progress| progress.prices.control_plane).await;
        let price = life.and_then(|life| life.price).or(price);
        self.write(Fact::Born {
            thing,
            since,
            price,
        })
        .await
    }

    /// Two proofs, or a person must look.
    pub(crate) async fn must_be_ours(&self, one: &Cluster) -> Result<(), Trouble> {
        let claim = |progress: &Progress| {
            Claim::of(progress, self.protocol.proofs, &self.ports.owner).cluster(one)
        };
        match self.read(claim).await {
            Belongs::Ours => Ok(()),
            Belongs::TakenOver => Err(taken_over()),
            Belongs::Doubtful | Belongs::Foreign if !self.protocol.proofs.ask_again => Ok(()),
            Belongs::Doubtful | Belongs::Foreign => Err(not_proven([Thing::Cluster(one.id)])),
        }
    }

    /// The pools, not older than one poll. Steps that wait side by side share a look.
    pub(crate) async fn look(&self) -> Result<Sight, Trouble> {
        let mut sight = self.sight.lock().await;
        if let Some((at, pools)) = &*sight
            && self.boot().saturating_sub(*at) < self.protocol.poll_nodes
        {
            return Ok(Sight {
                at: *at,
                pools: pools.clone(),
                refused: BTreeMap::new(),
            });
        }
        let seen = self.look_now().await?;
        *sight = Some((seen.at, seen.pools.clone()));
        Ok(seen)
    }

    /// The pools now.
    pub(crate) async fn look_fresh(&self) -> Result<Sight, Trouble> {
        let mut sight = self.sight.lock().await;
        let seen = self.look_now().await?;
        *sight = Some((seen.at, seen.pools.clone()));
        Ok(seen)
    }

    async fn look_now(&self) -> Result<Sight, Trouble> {
        let cluster = self.cluster().await?;
        let pools = match self.tried(|| self.cloud().pools(cluster)).await? {
            Ok(pools) => pools,
            Err(failure) if failure.kind == Kind::NotFound => {
                return Err(self.maybe_gone(cluster).await?);
            }
            Err(failure) => return Err(Trouble::Failed(crate::said::failed(&failure))),
        };
        let on = pools
            .iter()
            .filter(|pool| pool.autoscaler.is_some())
            .map(|pool| pool.id);
        hold(&self.autoscaled).extend(on);
        let refused = self.take_in(&pools).await?;
        let covered = self.read(|progress| {
            let lives = progress.alive().filter(|(_, life)| life.open_ms.is_some());
            lives
                .filter_map(|(thing, _)| thing.as_instance())
                .collect::<Vec<_>>()
        });
        let covered = covered.await;
        self.observed(&Observed {
            cluster: Some(cluster),
            pools: Some(pools.clone()),
            covered: Some(covered),
            ..Observed::at(self.ports.clock.now())
        });
        let at = self.boot();
        Ok(Sight { at, pools, refused })
    }

    /// A 404 alone is no proof: the cluster is gone when it is absent from a complete listing too.
    async fn maybe_gone(&self, cluster: ClusterId) -> Result<Trouble, Trouble> {
        let listed = self.got(|| self.cloud().clusters()).await?;
        if listed.iter().any(|one| one.id == cluster) {
            self.pause(self.protocol.poll_nodes).await?;
            return Ok(Trouble::Failed(
                Failed::Refused {
                    said: "404".to_owned(),
                }
                .into(),
            ));
        }
        let cluster = cluster.to_string();
        Ok(Trouble::Failed(Failed::ClusterGone { cluster }.into()))
    }

    /// Writes down and covers every machine that is seen for the first time or is not covered yet.
    pub(crate) async fn take_in(
        &self,
        pools: &[Pool],
    ) -> Result<BTreeMap<InstanceId, String>, Trouble> {
        let before = hold(&self.looked).replace(self.boot());
        let (mut todo, mut untold) = (Vec::new(), Vec::new());
        for pool in pools {
            let role = self.read(|progress| progress.role_of(pool)).await;
            for node in &pool.nodes {
                let Some(instance) = node.instance else {
                    continue;
                };
                let life = self
                    .read(|p| p.instance(instance).map(|(_, life)| life.clone()))
                    .await;
                if life.as_ref().is_some_and(Life::lacks_birth) {
                    untold.push(instance);
                }
                if life
                    .as_ref()
                    .is_none_or(|life| life.open_ms.is_none() || life.gone.is_some())
                {
                    todo.push((instance, node, role, life));
                }
            }
        }
        let mut refused = BTreeMap::new();
        for some in todo.chunks(COVERED_AT_ONCE) {
            let each = some.iter().map(|(instance, node, role, life)| {
                let seen = life
                    .as_ref()
                    .filter(|life| life.gone.is_none())
                    .map(|life| life.seen);
                async move {
                    (
                        *instance,
                        self.take_one(*instance, node, *role, seen, before).await,
                    )
                }
            });
            for (instance, taken) in join_all(each).await {
                if let Some(said) = taken? {
                    refused.insert(instance, said);
                }
            }
        }
        // Once it is gone nothing tells any more since when it cost.
        for some in untold.chunks(COVERED_AT_ONCE) {
            self.gate().await?;
            let read = join_all(some.iter().map(|id| self.cloud().instance(*id))).await;
            for one in read.into_iter().flatten() {
                self.correct_birth(&one).await?;
            }
        }
        Ok(refused)
    }

    async fn take_one(
        &self,
        instance: InstanceId,
        node: &Node,
        role: PoolRole,
        seen: Option<Timestamp>,
        before: Option<Duration>,
    ) -> Result<Option<String>, Trouble> {
        // It is written down at once, however long the firewall keeps us waiting.
        let birth = async {
            if seen.is_some() {
                return Ok(self.ports.clock.now());
            }
            let told = match self.gate().await {
                Ok(()) => self.cloud().instance(instance).await.ok(),
                Err(_) => None,
            };
            let untold = || Life::born_untold(self.ports.clock.now());
            let since = told.map_or_else(untold, |found| found.created);
            let price = self.read(|progress| progress.prices.node(role)).await;
            let thing = Thing::Instance(instance, node.id.clone(), role);
            self.write(Fact::Born {
                thing,
                since,
                price,
            })
            .await
            .map(|()| since)
        };
        let (since, covered) = futures::join!(birth, self.cover(instance));
        let since = since?;
        if let Some(said) = covered? {
            return Ok((!said.is_empty()).then_some(said));
        }
        let until_now = |from: Timestamp| {
            let now = self.ports.clock.now().as_millisecond();
            now.saturating_sub(from.as_millisecond())
        };
        let open = match (seen, before) {
            (Some(seen), _) => until_now(seen),
            (None, Some(before)) => {
                i64::try_from(self.boot().saturating_sub(before).as_millis()).unwrap_or(i64::MAX)
            }
            // Nobody looked before: it may stand open since it was made.
            (None, None) => until_now(since),
        };
        let open_ms = u64::try_from(open).unwrap_or_default();
        self.write(Fact::Covered { instance, open_ms }).await?;
        Ok(None)
    }

    /// Puts one machine behind the firewall. `None`: it is; else what the cloud said (empty: there is
    /// no firewall yet). A refusal is not the end: a later look tries again.
    pub(crate) async fn cover(&self, instance: InstanceId) -> Result<Option<String>, Trouble> {
        // What our firewall stands before, the controller's own could not be put before.
        if self.read(|progress| progress.controller).await == Controller::Guards {
            return Ok(Some(String::new()));
        }
        let Some(firewall) = self.read(domain::progress::Progress::firewall).await else {
            return Ok(Some(String::new()));
        };
        let before = hold(&self.turned_away).get(&instance).cloned();
        if let Some(away) = &before
            && self.boot() < away.until
        {
            return Ok(Some(away.said.clone()));
        }
        match self
            .changed(|| self.cloud().attach_firewall(firewall, instance))
            .await?
        {
            Ok(()) => {
                hold(&self.turned_away).remove(&instance);
                Ok(None)
            }
            Err(failure) => {
                let said = words(&failure);
                let times = before.map_or(1, |away| away.times.saturating_add(1));
                let pause = (self.protocol.poll_nodes).saturating_mul(2_u32.saturating_pow(times));
                let until = self.boot() + pause.min(self.protocol.observe_every);
                let away = TurnedAway {
                    said: said.clone(),
                    times,
                    until,
                };
                hold(&self.turned_away).insert(instance, away);
                Ok(Some(said))
            }
        }
    }

    /// Kubernetes, when its kubeconfig can be had now; `None`: not yet.
    pub(crate) async fn kubernetes(&self) -> Result<Option<Arc<dyn KubeApi>>, Trouble> {
        let mut kube = self.kube.lock().await;
        if kube.is_none() {
            let cluster = self.cluster().await?;
            *kube = self.connect(cluster).await?.ok();
        }
        Ok(kube.clone())
    }

    /// One try: URLs, kubeconfig, rebuilt from allowed atoms, a client. The inner error is what is
    /// not there yet.
    pub(crate) async fn connect(
        &self,
        cluster: ClusterId,
    ) -> Result<crate::ports::Answer<Arc<dyn KubeApi>>, Trouble> {
        self.go_on()?;
        let urls = match self.cloud().api_endpoints(cluster).await {
            Ok(urls) => urls,
            Err(failure) => return Ok(Err(failure)),
        };
        let raw = match self.cloud().kubeconfig(cluster).await {
            Ok(raw) => raw,
            Err(failure) => return Ok(Err(failure)),
        };
        let clean = (self.ports.clean_kubeconfig)(&raw, &urls).map_err(|refusal| {
            Trouble::Failed(
                Failed::KubeconfigRefused {
                    said: words(&refusal),
                }
                .into(),
            )
        })?;
        let kube = &*self.ports.kube;
        Ok(match &self.lookout {
            Some(lookout) => lookout.connect(kube, &clean).await,
            None => kube.connect(&clean).await,
        })
    }
}

/// The journal names these, and the cloud shows no proof that they are ours.
pub(crate) fn not_proven(things: impl IntoIterator<Item = Thing>) -> Trouble {
    let things = things.into_iter().map(|one| one.to_string()).collect();
    Trouble::Stuck(Failed::NotProven { things }.into())
}
