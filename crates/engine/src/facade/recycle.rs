//! Recycling nodes: what it costs and breaks is said first; then a run does it one node after the
//! other and tests the GPUs that come.

use super::problem::{Said, problem};
use super::{Engine, Held};
use crate::proof::{Belongs, Claim};
use domain::inside::rooms;
use domain::inventory::Node;
use domain::plan::build::{Basis, Edit, plan_update};
use domain::plan::{PoolRole, Purpose};
use domain::progress::Rest;
use domain::record::{Fact, Wish};
use domain::text::{PerHour, Text};
use domain::texts;
use domain::view::{NodesReview, Problem};
use domain::{ClusterId, DeploymentId, MicroUsd, PlanId};

texts! {
    /// What recycling means, before it is confirmed.
    pub enum Recycle {
        /// A fresh machine begins an hour of its own.
        "recycle_hour" Hour { rate: PerHour },
        /// What that costs is not known.
        "recycle_hour_unknown" HourUnknown,
        /// Jobs with GPUs end.
        "recycle_jobs" Jobs { pods: Vec<String> },
        /// Nothing with a GPU runs there.
        "recycle_no_jobs" NoJobs,
        /// Pods that run there.
        "recycle_pods" Pods { count: u64 },
        /// What runs there could not be read.
        "recycle_unread" Unread,
        /// DNS runs there alone.
        "recycle_dns" Dns,
        /// What becomes of data.
        "recycle_data" Data,
        /// The fresh GPUs are tested.
        "recycle_proof" Proof,
    }
}

/// What is recycled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recycled {
    /// One node, by LKE's id or its short form.
    Node(String),
    /// Every node of a pool, one after the other.
    Pool(PoolRole),
}

/// Nodes that are meant, and what is known of them.
pub(super) struct Meant {
    pub(super) held: Held,
    cluster: ClusterId,
    pub(super) role: PoolRole,
    pub(super) nodes: Vec<Node>,
    /// The nodes of the same role that stay.
    pub(super) others: Vec<Node>,
    /// Whether the autoscaler of their pool is on.
    pub(super) scaled: bool,
}

impl Meant {
    /// What runs there and ends, as far as Kubernetes was read.
    pub(super) fn ends(&self) -> Vec<Text> {
        let seen = &self.held.seen;
        let read = seen.kube_nodes.as_deref().zip(seen.pods_inside.as_deref());
        let Some((nodes, pods)) = read.filter(|_| !seen.kubernetes_silent) else {
            return vec![Recycle::Unread.into()];
        };
        let rooms = rooms(nodes, pods);
        let of = |node: &Node| nodes.iter().find(|one| one.node.is(node));
        let here = self.nodes.iter().filter_map(of);
        let here: Vec<_> = here.filter_map(|one| rooms.get(&*one.node.name)).collect();
        let holders = here.iter().flat_map(|room| &room.holders);
        let pods: Vec<String> = holders.map(|(pod, _)| pod.clone()).collect();
        let count = here.iter().map(|room| room.pods).sum();
        let odd: u64 = here.iter().map(|room| room.odd).sum();
        let jobs = match self.role {
            // What cannot be read may hold a GPU.
            PoolRole::Gpu if pods.is_empty() && odd > 0 => Some(Recycle::Unread),
            PoolRole::Gpu if pods.is_empty() => Some(Recycle::NoJobs),
            PoolRole::System if pods.is_empty() => None,
            PoolRole::Gpu | PoolRole::System => Some(Recycle::Jobs { pods }),
        };
        let all = jobs.into_iter().chain([Recycle::Pods { count }]);
        all.map(Into::into).collect()
    }

    /// How many nodes stay and are ready.
    pub(super) fn stay(&self) -> usize {
        self.others.iter().filter(|node| node.ready).count()
    }

    pub(super) fn review(&self, lines: Vec<Text>) -> NodesReview {
        let short = |node: &Node| domain::screen::activity::short_node(&node.id.0).to_owned();
        NodesReview {
            nodes: self.nodes.iter().map(short).collect(),
            lines,
        }
    }
}

impl Engine {
    /// What recycling costs and breaks. Reads only.
    pub async fn review_recycle(
        &self,
        id: &DeploymentId,
        what: &Recycled,
    ) -> Result<NodesReview, Problem> {
        self.account().await?;
        self.glance(id).await;
        let meant = self.meant(id, what).await?;
        let progress = &meant.held.progress;
        let count = i64::try_from(meant.nodes.len()).unwrap_or(i64::MAX);
        let price = progress.prices.node(meant.role);
        let mut lines: Vec<Text> = vec![match price {
            Some(price) => {
                let rate = PerHour(MicroUsd(price.hour.0.saturating_mul(count)));
                Recycle::Hour { rate }.into()
            }
            None => Recycle::HourUnknown.into(),
        }];
        lines.extend(meant.ends());
        // Of a whole pool one goes after the other: the others carry what it carried.
        let rolling = meant.nodes.len().saturating_sub(1);
        if meant.role == PoolRole::System && meant.stay() + rolling == 0 {
            lines.push(Recycle::Dns.into());
        }
        lines.push(Recycle::Data.into());
        if meant.role == PoolRole::Gpu {
            lines.push(Recycle::Proof.into());
        }
        Ok(meant.review(lines))
    }

    /// Begins it. A deploy that rests because of a broken GPU goes on with the fresh node; else a run
    /// of its own recycles, waits, covers and tests.
    pub async fn recycle(&self, id: &DeploymentId, what: &Recycled) -> Result<(), Problem> {
        self.account().await?;
        self.still_own(id).await?;
        let meant = self.meant(id, what).await?;
        let progress = &meant.held.progress;
        let name = || progress.label().unwrap_or_default();
        let rests = progress.rest_state();
        match rests {
            Rest::Failed if progress.created.is_none() => {
                return self.recycle_beside(id, &meant).await;
            }
            Rest::Done | Rest::Kept | Rest::Failed if progress.created.is_some() => {}
            Rest::Failed | Rest::Done | Rest::Kept | Rest::Stuck => {
                return Err(problem(Said::NothingToDo { name: name() }, None, None));
            }
            Rest::Running(_) | Rest::Cancelled(_) | Rest::Idle => {
                let what = Said::RunUnderWay { name: name() };
                return Err(problem(what, None, Some(Said::RunUnderWayFix)));
            }
        }
        let Some(spec) = progress.spec.clone() else {
            return Err(problem(Said::NothingToDo { name: name() }, None, None));
        };
        let book = self.open(id).await?;
        let now = self.ports.clock.now();
        let basis = Basis::of(progress, PlanId(self.ports.ids.ulid(now)), now);
        let nodes = meant.nodes.iter().map(|one| (one.id.clone(), one.instance));
        let edit = Edit::Recycle {
            pool: meant.role,
            nodes: nodes.collect(),
        };
        let plan = plan_update(&spec, &[edit], progress.prices, basis);
        self.begin(book, plan).await
    }

    /// The deploy that failed has a step that waits for these GPUs: it goes on with the fresh node.
    async fn recycle_beside(&self, id: &DeploymentId, meant: &Meant) -> Result<(), Problem> {
        let progress = &meant.held.progress;
        let name = || progress.label().unwrap_or_default();
        if progress.purpose() != Some(Purpose::Create) {
            return Err(problem(Said::NothingToDo { name: name() }, None, None));
        }
        let book = self.open(id).await?;
        let one = self.told(self.ports.cloud.cluster(meant.cluster).await)?;
        let claim = Claim::of(progress, self.protocol.proofs, &self.ports.owner);
        if claim.cluster(&one) != Belongs::Ours {
            let what = Said::NotHere { name: name() };
            return Err(problem(what, None, Some(Said::NotHereFix)));
        }
        // The run sends the POSTs: whatever ends this process, the journal knows what was wished.
        let nodes = meant.nodes.iter().map(|one| Fact::Recycling {
            node: one.id.clone(),
            instance: one.instance,
        });
        let wish = Wish::Continue;
        for fact in nodes.chain([Fact::Wished { wish }]) {
            let written = book.write(fact).await;
            written.map_err(|error| super::act::of_book(&error))?;
        }
        self.carry(book);
        Ok(())
    }

    /// The nodes that are meant, as Linode has them now.
    pub(super) async fn meant(&self, id: &DeploymentId, what: &Recycled) -> Result<Meant, Problem> {
        let held = self.known(id)?;
        let cluster = self.stands(&held)?;
        let pools = self.told(self.ports.cloud.pools(cluster).await)?;
        let is = |node: &Node, role: PoolRole| match what {
            Recycled::Node(name) => {
                node.id.0 == *name || domain::screen::activity::short_node(&node.id.0) == name
            }
            Recycled::Pool(wanted) => role == *wanted,
        };
        for pool in &pools {
            let role = held.progress.role_of(pool);
            let nodes = pool.nodes.iter().filter(|node| is(node, role));
            let nodes: Vec<Node> = nodes.cloned().collect();
            if !nodes.is_empty() {
                let of_role = pools
                    .iter()
                    .filter(|pool| held.progress.role_of(pool) == role);
                let others = of_role.flat_map(|pool| &pool.nodes);
                let others = others.filter(|node| !is(node, role)).cloned().collect();
                return Ok(Meant {
                    held,
                    cluster,
                    role,
                    nodes,
                    others,
                    scaled: pool.autoscaler.is_some(),
                });
            }
        }
        let name = match what {
            Recycled::Node(name) => name.clone(),
            Recycled::Pool(PoolRole::Gpu) => "gpu".to_owned(),
            Recycled::Pool(PoolRole::System) => "system".to_owned(),
        };
        Err(problem(
            Said::NodeMissing { name },
            None,
            Some(Said::NodeMissingFix),
        ))
    }
}
