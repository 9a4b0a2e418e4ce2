//! What is read of the controller's firewall, beside ours.

use crate::act::{Act, Trouble};
use crate::observe::Observed;
use domain::inventory::Firewall;
use domain::progress::{Controller, Progress};
use domain::record::{Fact, Thing};
use domain::{ClusterId, InstanceId};

impl Act {
    /// The firewall that the controller keeps, written down when it is first seen before machines of
    /// ours: without them nothing would tell that it is ours.
    pub(crate) async fn controllers_wall(
        &self,
        cluster: ClusterId,
    ) -> Result<Option<Firewall>, Trouble> {
        let listed = self.got(|| self.cloud().firewalls()).await?;
        let label = format!("lke-{cluster}");
        let mut named = listed.into_iter().filter(|one| one.label == label);
        let Some(wall) = named.next() else {
            return Ok(None);
        };
        let thing = Thing::Firewall(wall.id);
        let mine = |progress: &Progress| {
            let is = |id: &InstanceId| progress.instance(*id).is_some();
            progress.things.contains_key(&thing) || wall.instances.iter().any(is)
        };
        if !self.read(mine).await {
            return Ok(None);
        }
        if self.is_new(&thing).await {
            let since = wall.created;
            self.write(Fact::Born {
                thing,
                since,
                price: None,
            })
            .await?;
        }
        Ok(Some(wall))
    }

    /// The machines behind it; new ones are written down as guarded.
    pub(crate) async fn behind_controllers(&self) -> Result<Vec<InstanceId>, Trouble> {
        let there = |progress: &Progress| (progress.controller, progress.cluster());
        let (Controller::Installed | Controller::Guards, Some(cluster)) = self.read(there).await
        else {
            return Ok(Vec::new());
        };
        let wall = self.controllers_wall(cluster).await?;
        let behind = wall.map(|one| one.instances).unwrap_or_default();
        for instance in &behind {
            let new = |progress: &Progress| {
                let life = progress.instance(*instance).map(|(_, life)| life);
                life.filter(|life| life.gone.is_none() && life.open_ms.is_none())
                    .map(|life| life.born.min(life.seen))
            };
            // It may stand open since it was made: this computer may not have looked for long.
            if let Some(since) = self.read(new).await {
                let open = self.ports.clock.now().duration_since(since).as_millis();
                let (instance, open_ms) = (*instance, u64::try_from(open).unwrap_or_default());
                self.write(Fact::Covered { instance, open_ms }).await?;
            }
        }
        Ok(behind)
    }

    /// What a look sees of it beside our firewall.
    pub(crate) async fn see_controller(
        &self,
        cluster: ClusterId,
        seen: &mut Observed,
    ) -> Result<(), Trouble> {
        let controller = self.read(|progress| progress.controller).await;
        if controller == Controller::Absent {
            return Ok(());
        }
        let behind = self.behind_controllers().await?;
        if let Some(covered) = &mut seen.covered {
            covered.extend(behind);
        }
        if controller == Controller::Guards {
            let wall = self.controllers_wall(cluster).await?;
            if let Some(wall) = wall {
                seen.firewall = self.cloud().firewall(wall.id).await.ok();
            }
        }
        Ok(())
    }

    /// Machines that the controller holds for guarded and that somebody took out of its firewall: it
    /// does not put them back by itself. One that it does not know yet is its own business.
    pub(crate) async fn heal_controller(
        &self,
        cluster: ClusterId,
        bare: &[InstanceId],
        seen: &mut Observed,
    ) -> Result<(), Trouble> {
        if self.read(|progress| progress.controller).await == Controller::Guards
            && let Some(wall) = self.controllers_wall(cluster).await?
            && let Some(api) = self.kubernetes().await?
            && let Ok(Some(held)) = api.controller_guards().await
        {
            for instance in bare.iter().filter(|id| held.contains(id)) {
                self.own().await?;
                // Refused, it stays shown as open; the next look tries again.
                let answer = self.cloud().attach_firewall(wall.id, *instance).await;
                tracing::debug!(?answer, "a node goes back behind the controller's firewall");
            }
        }
        self.see_controller(cluster, seen).await
    }
}
