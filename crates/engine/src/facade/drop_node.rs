//! Deleting a node: what it spares and breaks is said first; then a run does it.

use super::Engine;
use super::problem::{Said, problem};
use super::recycle::{Meant, Recycle, Recycled};
use domain::DeploymentId;
use domain::PlanId;
use domain::plan::PoolRole;
use domain::plan::build::{Basis, Edit, plan_update};
use domain::progress::Rest;
use domain::text::{PerHour, Text};
use domain::texts;
use domain::view::{NodesReview, Problem};

texts! {
    /// What deleting a node means, before it is confirmed.
    pub enum Drop {
        /// It costs no more.
        "drop_rate" Rate { rate: PerHour },
        /// What that spares is not known.
        "drop_rate_unknown" RateUnknown,
        /// Who brings a node back.
        "drop_scaled" Scaled,
        /// How many the pool is wanted with from then on.
        "drop_wanted" Wanted { count: usize },
    }
}

impl Engine {
    /// What deleting a node spares and breaks. Reads only.
    pub async fn review_delete_node(
        &self,
        id: &DeploymentId,
        node: &str,
    ) -> Result<NodesReview, Problem> {
        self.account().await?;
        self.glance(id).await;
        let meant = self.dropped(id, node).await?;
        let price = meant.held.progress.prices.node(meant.role);
        let mut lines: Vec<Text> = vec![match price {
            Some(price) => Drop::Rate {
                rate: PerHour(price.hour),
            }
            .into(),
            None => Drop::RateUnknown.into(),
        }];
        lines.extend(meant.ends());
        if meant.role == PoolRole::System && meant.stay() == 0 {
            lines.push(Recycle::Dns.into());
        }
        lines.push(Recycle::Data.into());
        lines.push(if meant.scaled {
            Drop::Scaled.into()
        } else {
            let count = meant.others.len();
            Drop::Wanted { count }.into()
        });
        Ok(meant.review(lines))
    }

    /// Begins it. A pool without an autoscaler is wanted smaller from then on.
    pub async fn delete_node(&self, id: &DeploymentId, node: &str) -> Result<(), Problem> {
        self.account().await?;
        self.still_own(id).await?;
        let meant = self.dropped(id, node).await?;
        let progress = &meant.held.progress;
        let name = || progress.label().unwrap_or_default();
        match progress.rest_state() {
            Rest::Done | Rest::Kept | Rest::Failed if progress.created.is_some() => {}
            Rest::Failed | Rest::Done | Rest::Kept | Rest::Stuck => {
                return Err(problem(Said::NothingToDo { name: name() }, None, None));
            }
            Rest::Running(_) | Rest::Cancelled(_) | Rest::Idle => {
                let what = Said::RunUnderWay { name: name() };
                return Err(problem(what, None, Some(Said::RunUnderWayFix)));
            }
        }
        let (Some(mut spec), [gone]) = (progress.spec.clone(), &meant.nodes[..]) else {
            return Err(problem(Said::NothingToDo { name: name() }, None, None));
        };
        if let Some(pool) = spec.system_pool.as_mut()
            && meant.role == PoolRole::System
            && !meant.scaled
        {
            pool.count = u32::try_from(meant.others.len()).unwrap_or(pool.count);
        }
        let book = self.open(id).await?;
        let now = self.ports.clock.now();
        let basis = Basis::of(progress, PlanId(self.ports.ids.ulid(now)), now);
        let edit = Edit::Drop(gone.id.clone(), gone.instance);
        let plan = plan_update(&spec, &[edit], progress.prices, basis);
        self.begin(book, plan).await
    }

    /// The node, when its pool keeps another one: LKE has no pool without nodes.
    async fn dropped(&self, id: &DeploymentId, node: &str) -> Result<Meant, Problem> {
        let meant = self.meant(id, &Recycled::Node(node.to_owned())).await?;
        if meant.others.is_empty() {
            let name = node.to_owned();
            let fix = Some(Said::LastNodeFix);
            return Err(problem(Said::LastNode { name }, None, fix));
        }
        Ok(meant)
    }
}
