//! Linode's cloud-firewall-controller inside of the cluster: set up, handed the nodes, taken away.
//!
//! Linode lets one firewall that is on stand before a machine, and the controller makes its own with
//! all nodes in one request. So ours goes from before each node that Kubernetes knows, and the
//! controller is made to look at once. A node that it does not take within a while is given back to
//! ours: whatever fails, no node stands open for long.

mod seen;

use crate::act::{Act, Trouble, millis};
use crate::change::{must_cut_nothing, not_taken};
use crate::ports::KubeApi;
use crate::said::{Ended, Failed, Note, failed};
use crate::see::COVERED_AT_ONCE;
use domain::change::same_rules;
use domain::progress::Progress;
use domain::record::{Fact, Thing, ThingKind};
use domain::spec::FirewallRule;
use domain::text::Text;
use domain::{FirewallId, InstanceId};
use futures::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks while nodes stand open.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The controller looks at its resource at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(10);
/// A node that stands open for so long is given back.
const OPEN_MAX: Duration = Duration::from_secs(45);

impl Act {
    /// Kind, rules, and then the controller, which would make rules of its own without ours.
    pub(crate) async fn install_controller(&self, rules: &[FirewallRule]) -> Result<Text, Trouble> {
        must_cut_nothing(rules)?;
        self.cluster().await?;
        self.own().await?;
        self.until(|api| async move { api.define_controller().await })
            .await?;
        self.own().await?;
        self.inside(|api| async move { api.set_controller_rules(rules).await })
            .await?;
        self.own().await?;
        self.until(|api| async move { api.run_controller().await })
            .await?;
        Ok(Ended::ControllerRuns.into())
    }

    /// Asks until the answer is yes.
    async fn until<F, Fut>(&self, ask: F) -> Result<(), Trouble>
    where
        F: Fn(Arc<dyn KubeApi>) -> Fut,
        Fut: Future<Output = crate::ports::Answer<bool>>,
    {
        let mut patience = self.patience(self.protocol.access);
        while !self.inside(&ask).await? {
            let over = || Trouble::Failed(Failed::ControllerLate.into());
            patience.wait(self, Note::WaitsController, over)?;
            patience.pause(self, self.protocol.poll_nodes).await?;
        }
        Ok(())
    }

    /// Ours goes from before each node as the controller's takes its place.
    pub(crate) async fn hand_over(&self) -> Result<Text, Trouble> {
        self.cluster().await?;
        let firewall = self.read(Progress::firewall).await;
        let firewall = firewall.ok_or_else(|| Trouble::Failed(not_taken("firewall")))?;
        let mut patience = self.patience(self.protocol.cover);
        // Since when a node stands open, by the time since the start of this computer.
        let mut open: BTreeMap<InstanceId, Duration> = BTreeMap::new();
        let (mut worst, mut touched) = (Duration::ZERO, None::<Duration>);
        loop {
            let sight = self.look_fresh().await?;
            let nodes: Vec<InstanceId> = sight.nodes().filter_map(|node| node.instance).collect();
            let behind = self.behind_controllers().await?;
            for instance in &behind {
                if let Some(since) = open.remove(instance) {
                    let gap = self.boot().saturating_sub(since);
                    worst = worst.max(gap);
                    self.add_open(*instance, gap).await?;
                }
            }
            let left: Vec<InstanceId> = nodes
                .iter()
                .copied()
                .filter(|id| !behind.contains(id))
                .collect();
            let late = |since: &Duration| self.boot().saturating_sub(*since) >= OPEN_MAX;
            if open.values().any(late) {
                let nodes = open.keys().map(ToString::to_string).collect();
                self.guard_all(firewall, open.keys().copied().collect())
                    .await?;
                return Err(Trouble::Failed(Failed::NotHandedOver { nodes }.into()));
            }
            if left.is_empty() && !nodes.is_empty() {
                let (count, open) = (nodes.len(), millis(worst));
                return Ok(Ended::HandedOver { count, open }.into());
            }
            let ours = self.got(|| self.cloud().firewall_devices(firewall)).await?;
            // A machine that Kubernetes does not know yet stays behind ours until it does.
            let known = self.inside(|api| async move { api.nodes().await }).await?;
            let known = |id: &InstanceId| known.iter().any(|one| one.instance == Some(*id));
            let bare = left.iter().filter(|id| !ours.contains(id));
            for instance in bare {
                open.entry(*instance).or_insert_with(|| self.boot());
            }
            let free: Vec<InstanceId> = left
                .iter()
                .copied()
                .filter(|id| ours.contains(id) && known(id))
                .collect();
            for some in free.chunks(COVERED_AT_ONCE) {
                let since = self.boot();
                let each = some.iter().map(|id| async move {
                    self.changed(|| self.cloud().detach_firewall(firewall, *id))
                        .await
                });
                for (instance, done) in some.iter().zip(join_all(each).await) {
                    done?.map_err(|failure| Trouble::Failed(failed(&failure)))?;
                    open.insert(*instance, since);
                }
            }
            let due = |at: Duration| self.boot().saturating_sub(at) >= TOUCH_EVERY;
            if !free.is_empty() || (!open.is_empty() && touched.is_none_or(due)) {
                let stamp = self.ports.clock.now().to_string();
                let stamp = &*stamp;
                self.inside(|api| async move { api.touch_controller(stamp).await })
                    .await?;
                touched = Some(self.boot());
            }
            let nodes = left.len();
            let over = || {
                let nodes = left.iter().map(ToString::to_string).collect();
                Trouble::Failed(Failed::NotHandedOver { nodes }.into())
            };
            patience.wait(self, Note::WaitsHandOver { nodes }, over)?;
            let each = if open.is_empty() {
                self.protocol.poll_nodes
            } else {
                LOOK_EVERY
            };
            self.pause(each).await?;
        }
    }

    /// Ours gets the rules before it guards anything, then the controller's rules go, which takes its
    /// firewall along; the controller goes at once, as it would make others; and ours stands again.
    pub(crate) async fn remove_controller(&self, rules: &[FirewallRule]) -> Result<Text, Trouble> {
        must_cut_nothing(rules)?;
        self.cluster().await?;
        let firewall = self.read(Progress::firewall).await;
        let firewall = firewall.ok_or_else(|| Trouble::Failed(not_taken("firewall")))?;
        self.put(|| self.cloud().set_firewall_rules(firewall, rules))
            .await?;
        let mut since = self.boot();
        // While it is there, what it guards is written down: it is ours to delete.
        self.behind_controllers().await?;
        self.own().await?;
        self.inside(|api| async move { api.drop_controller_rules().await })
            .await?;
        let mut patience = self.patience(self.protocol.cover);
        while self
            .inside(|api| async move { api.controller_guards().await })
            .await?
            .is_some()
        {
            if !self.behind_controllers().await?.is_empty() {
                since = self.boot();
            }
            // Where somebody deleted or stopped it, nobody would ever work its resource off.
            if !self
                .inside(|api| async move { api.controller_runs().await })
                .await?
            {
                break;
            }
            let over = || Trouble::Failed(Failed::ControllerStays.into());
            patience.wait(self, Note::WaitsController, over)?;
            self.pause(LOOK_EVERY).await?;
        }
        self.own().await?;
        self.inside(|api| async move { api.end_controller().await })
            .await?;
        self.sweep_controllers().await?;
        let sight = self.look_fresh().await?;
        let nodes: Vec<InstanceId> = sight.nodes().filter_map(|node| node.instance).collect();
        let ours = self.got(|| self.cloud().firewall_devices(firewall)).await?;
        let bare: Vec<InstanceId> = nodes
            .iter()
            .copied()
            .filter(|id| !ours.contains(id))
            .collect();
        self.guard_all(firewall, bare.clone()).await?;
        let gap = self.boot().saturating_sub(since);
        for instance in &bare {
            self.add_open(*instance, gap).await?;
        }
        self.release_controller().await?;
        let open = millis(if bare.is_empty() { Duration::ZERO } else { gap });
        let count = nodes.len();
        Ok(Ended::ControllerRemoved { count, open }.into())
    }

    /// Once its last pod is gone, what is left of its resource goes: one that it could not work off,
    /// or that it made anew before it ended. A firewall that came with it goes too.
    async fn release_controller(&self) -> Result<(), Trouble> {
        let _answers = self.ended_inside().await?;
        self.own().await?;
        if self
            .inside(|api| async move { api.release_controller_rules().await })
            .await?
        {
            self.sweep_controllers().await?;
        }
        Ok(())
    }

    /// Before a teardown: nothing makes firewalls any more. What is there is written down, and stays
    /// before the nodes until they are gone.
    pub(crate) async fn end_controller(&self) -> Result<Text, Trouble> {
        self.own().await?;
        if !self.ended_inside().await? {
            return Ok(Ended::KubernetesSilent.into());
        }
        self.behind_controllers().await?;
        Ok(Ended::ControllerEnded.into())
    }

    /// The controller and the last of its pods; whether Kubernetes answers. What a pod that stays for
    /// too long may still make, a sweep finds by its machines.
    async fn ended_inside(&self) -> Result<bool, Trouble> {
        let mut patience = self.patience(self.protocol.access);
        loop {
            let ask = |api: Arc<dyn KubeApi>| async move { api.end_controller().await };
            match self.asked_kubernetes(ask).await? {
                Some(Ok(true)) => return Ok(true),
                Some(Ok(false)) => {
                    if patience.ask(self) != crate::act::Verdict::Fine {
                        return Ok(true);
                    }
                    self.note(Note::WaitsController);
                    self.pause(self.protocol.poll_nodes).await?;
                }
                Some(Err(_)) | None => return Ok(false),
            }
        }
    }

    /// The rules in the controller's resource, until its firewall has them.
    pub(crate) async fn set_controllers_rules(
        &self,
        rules: &[FirewallRule],
    ) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        self.own().await?;
        self.inside(|api| async move { api.set_controller_rules(rules).await })
            .await?;
        let mut patience = self.patience(self.protocol.access);
        loop {
            if let Some(wall) = self.controllers_wall(cluster).await? {
                let now = self.got(|| self.cloud().firewall_rules(wall.id)).await?;
                if same_rules(&now, rules) {
                    return Ok(Ended::Rules { count: rules.len() }.into());
                }
            }
            let over = || Trouble::Failed(not_taken("rules"));
            patience.wait(self, Note::WaitsController, over)?;
            patience.pause(self, self.protocol.poll_access).await?;
        }
    }

    /// Puts machines behind our firewall, whoever looks after them.
    async fn guard_all(&self, firewall: FirewallId, nodes: Vec<InstanceId>) -> Result<(), Trouble> {
        for some in nodes.chunks(COVERED_AT_ONCE) {
            let each = some.iter().map(|id| async move {
                self.changed(|| self.cloud().attach_firewall(firewall, *id))
                    .await
            });
            for done in join_all(each).await {
                // One that the controller took meanwhile is guarded, and one that is gone needs it no
                // more: what stands open is told by the look that follows.
                if let Err(failure) = done? {
                    tracing::debug!(?failure, "a node did not go behind our firewall");
                }
            }
        }
        Ok(())
    }

    /// A node stood open for so long once more.
    async fn add_open(&self, instance: InstanceId, gap: Duration) -> Result<(), Trouble> {
        let before = self.read(|progress| {
            let (_, life) = progress.instance(instance)?;
            life.open_ms.filter(|_| life.gone.is_none())
        });
        let Some(before) = before.await else {
            return Ok(());
        };
        let gap = u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
        let open_ms = before.saturating_add(gap);
        self.write(Fact::Covered { instance, open_ms }).await
    }

    /// The firewall that the controller left behind goes, when it stood before machines of ours.
    async fn sweep_controllers(&self) -> Result<(), Trouble> {
        let cluster = self.cluster().await?;
        if let Some(wall) = self.controllers_wall(cluster).await? {
            let answer = self
                .deleted(|| self.cloud().delete_firewall(wall.id))
                .await?;
            answer.map_err(|failure| Trouble::Failed(failed(&failure)))?;
        }
        let listed = self.got(|| self.cloud().firewalls()).await?;
        let there: Vec<Thing> = listed.iter().map(|one| Thing::Firewall(one.id)).collect();
        self.note_gone(ThingKind::Firewall, &there).await?;
        Ok(())
    }
}
