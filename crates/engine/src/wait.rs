//! Steps that wait for the cloud. They change nothing, so they can be dropped and begun again.

use crate::act::{Act, Trouble};
use crate::ports::{Kind, KubeApi};
use crate::said::{Ended, Failed, Note, failed};
use crate::see::Sight;
use crate::silence::Silence;
use domain::inventory::{Node, Pool};
use domain::plan::{Action, PoolRole};
use domain::text::{Millis, Text};
use std::sync::Arc;

impl Act {
    /// URLs and kubeconfig; 503 is what is expected until they are there.
    pub(crate) async fn await_kubeconfig(&self) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        let mut patience = self.patience(self.protocol.kubeconfig);
        let mut tried = 0;
        loop {
            let failure = match self.connect(cluster).await? {
                Ok(api) => {
                    *self.kube.lock().await = Some(api);
                    return Ok(Ended::Kubeconfig.into());
                }
                Err(failure) => failure,
            };
            tried += 1;
            match failure.kind {
                Kind::Unavailable | Kind::NotFound | Kind::Conflict
                    if failure.status.is_some() && !failure.maintenance =>
                {
                    let over = || Trouble::Failed(Failed::KubeconfigLate.into());
                    patience.wait(self, Note::WaitsKubeconfig, over)?;
                    let most = self.protocol.poll_kubeconfig_max;
                    self.pause(failure.retry_after.unwrap_or(most).min(most))
                        .await?;
                }
                // Nobody answered, or not now: that counts for no deadline.
                Kind::Unavailable
                | Kind::NotFound
                | Kind::Conflict
                | Kind::RateLimited
                | Kind::Unknown => {
                    patience.skip(self);
                    let wait = failure.retry_after.unwrap_or_else(|| self.backoff(tried));
                    if failure.kind == Kind::RateLimited {
                        self.hold(wait);
                    }
                    self.pause(wait.min(self.protocol.retry_after_max)).await?;
                }
                Kind::Unauthorized | Kind::NoCapacity | Kind::Quota | Kind::Invalid => {
                    return Err(Trouble::Failed(failed(&failure)));
                }
            }
        }
    }

    /// The access list shows our revision only when it is enforced.
    pub(crate) async fn await_access(&self, revision: &str) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        let mut patience = self.patience(self.protocol.access);
        loop {
            // Absent for a while is normal: 404 until it is made.
            if let Ok(list) = self.tried(|| self.cloud().access_list(cluster)).await?
                && list.enabled
                && list.revision.as_deref() == Some(revision)
            {
                return Ok(Ended::Access.into());
            }
            let over = || Trouble::Failed(Failed::AccessLate.into());
            patience.wait(self, Note::WaitsAccess, over)?;
            patience.pause(self, self.protocol.poll_access).await?;
        }
    }

    /// LKE and Kubernetes call all wanted nodes of a pool ready.
    pub(crate) async fn await_nodes(&self, role: PoolRole) -> Result<Text, Trouble> {
        let want = self.wanted(role).await;
        let mut patience = self.patience(self.protocol.nodes);
        let mut silence = Silence::default();
        loop {
            let sight = self.look().await?;
            let pools = self.pools_of(&sight, role).await;
            // With the autoscaler on, the count is its own.
            let scaled = pools.iter().find(|pool| pool.autoscaler.is_some());
            let want = scaled.map_or(want, |pool| pool.count.max(1));
            let nodes: Vec<&Node> = pools.iter().flat_map(|pool| &pool.nodes).collect();
            let ready = nodes.iter().filter(|node| node.ready).count();
            let enough = ready >= want as usize && ready == nodes.len();
            let mut note = Note::WaitsNodes { ready, want };
            if enough {
                let agrees = self.kubernetes_agrees(&nodes).await?;
                if agrees.is_some() {
                    self.answered(&silence);
                }
                note = match agrees {
                    Some(true) => return Ok(Ended::Nodes { count: want }.into()),
                    Some(false) => Note::WaitsKubernetes { want },
                    None => {
                        let why = self.silent(&mut silence).await?;
                        why.unwrap_or(Note::WaitsKubernetes { want })
                    }
                };
            }
            let have = nodes.iter().filter(|node| node.instance.is_some()).count();
            // A machine is to be guarded as soon as it is there; who only becomes ready has time.
            let guarded = have >= want as usize && sight.refused.is_empty();
            let each = if guarded {
                self.protocol.poll_ready
            } else {
                self.protocol.poll_nodes
            };
            let age = self.boot().saturating_sub(sight.at);
            let over = || {
                Trouble::Failed(if have < want as usize {
                    Failed::PartialCapacity { have, want }.into()
                } else {
                    Failed::NodesLate { ready, want }.into()
                })
            };
            patience.wait(self, note, over)?;
            // Side by side with another wait: one look for both.
            patience.pause(self, each.saturating_sub(age)).await?;
        }
    }

    /// `None`: it does not answer.
    async fn kubernetes_agrees(&self, nodes: &[&Node]) -> Result<Option<bool>, Trouble> {
        let Some(api) = self.kubernetes().await? else {
            return Ok(None);
        };
        let api: Arc<dyn KubeApi> = api;
        let Ok(seen) = api.nodes().await else {
            return Ok(None);
        };
        let ready = |node: &&Node| {
            let mut of_it = seen.iter().filter(|one| one.is(node));
            of_it.next().is_some_and(|one| one.ready)
        };
        Ok(Some(nodes.iter().all(ready)))
    }

    /// How many nodes the accepted plan wants in a pool.
    async fn wanted(&self, role: PoolRole) -> u32 {
        let count = |progress: &domain::progress::Progress| {
            let steps = progress.run.iter().flat_map(|run| &run.plan.steps);
            let scaled = steps.rev().find_map(|step| {
                let Action::ScalePool { pool, count } = &step.action else {
                    return None;
                };
                (*pool == role).then_some(*count)
            });
            let spec = progress.spec.as_ref();
            let system = spec
                .and_then(|spec| spec.system_pool.as_ref())
                .map(|pool| pool.count);
            let from_start = match role {
                PoolRole::Gpu => Some(1),
                PoolRole::System => system,
            };
            scaled.or(from_start).unwrap_or(1)
        };
        self.read(count).await
    }

    /// The pool of a role that a step made; else those that the instance type tells. A second one is
    /// never waited for, counted or changed.
    pub(crate) async fn pools_of(&self, sight: &Sight, role: PoolRole) -> Vec<Pool> {
        let of_role = |progress: &domain::progress::Progress| {
            let kept = progress.pool(role);
            let pools = sight.pools.iter().filter(|pool| match kept {
                Some(kept) => pool.id == kept,
                None => progress.role_of(pool) == role,
            });
            pools.cloned().collect::<Vec<_>>()
        };
        self.read(of_role).await
    }

    /// The firewall stands before every node, read back.
    pub(crate) async fn cover_nodes(&self) -> Result<Text, Trouble> {
        // Once an outcome was unknown, a second one may have come after all.
        let unknown = self.read(|progress| progress.unknown_at.is_some()).await;
        if unknown && self.protocol.search_unknown {
            self.drop_second().await?;
        }
        let mut patience = self.patience(self.protocol.cover);
        loop {
            let sight = self.look_fresh().await?;
            let mut open: Vec<String> = Vec::new();
            let mut said = sight.refused.values().next().cloned();
            let mut count = 0;
            if let Some(firewall) = self.read(domain::progress::Progress::firewall).await {
                let mut devices = self.got(|| self.cloud().firewall_devices(firewall)).await?;
                devices.extend(self.behind_controllers().await?);
                for node in sight.nodes() {
                    match node.instance {
                        Some(instance) if devices.contains(&instance) => count += 1,
                        // The journal may hold it for covered and somebody took it out since.
                        Some(instance) => {
                            said = self.cover(instance).await?.or(said);
                            open.push(node.id.0.clone());
                        }
                        None => open.push(node.id.0.clone()),
                    }
                }
            } else {
                open = sight.nodes().map(|node| node.id.0.clone()).collect();
            }
            if open.is_empty() && count > 0 {
                let worst = self.read(|progress| {
                    progress
                        .alive()
                        .filter_map(|(_, life)| life.open_ms)
                        .max()
                        .unwrap_or_default()
                });
                let open = Millis(i64::try_from(worst.await).unwrap_or(i64::MAX));
                return Ok(Ended::Covered { count, open }.into());
            }
            let said = said
                .filter(|said| !said.is_empty())
                .unwrap_or_else(|| "–".to_owned());
            let nodes = open.len();
            let over = || Trouble::Failed(Failed::NotCovered { nodes: open, said }.into());
            patience.wait(self, Note::WaitsCover { nodes }, over)?;
            patience.pause(self, self.protocol.poll_nodes).await?;
        }
    }
}
