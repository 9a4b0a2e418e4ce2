//! Load balancers: the list of whom one lets in, written on its Service and read back from the
//! firewall that Linode's controller makes of it; and that firewall in the journal, so that it goes
//! with the deployment.

use crate::act::{Act, Trouble};
use crate::ports::{Answer, Kind};
use crate::said::{Ended, Failed, Note};
use domain::inventory::{BalancerGuard, BalancerWall, NodeBalancer, ServiceName};
use domain::plan::build::narrowed;
use domain::reach::guard;
use domain::record::{Fact, Thing};
use domain::text::Text;
use ipnet::IpNet;
use std::collections::BTreeSet;

impl Act {
    /// Writes the list on the Service, then waits until a firewall of just that list stands before
    /// its NodeBalancer.
    pub(crate) async fn guard_balancer(
        &self,
        service: &ServiceName,
        access: &[IpNet],
    ) -> Result<Text, Trouble> {
        let cluster = self.cluster().await?;
        self.own().await?;
        let gone = || {
            let service = service.to_string();
            Trouble::Failed(Failed::ServiceGone { service }.into())
        };
        let there =
            self.inside(|api| async move { found(api.guard_service(service, access).await) });
        if !there.await? {
            return Err(gone());
        }
        let wished: BTreeSet<String> = access.iter().map(ToString::to_string).collect();
        let (begun, mut patience) = (self.boot(), self.patience(self.protocol.access));
        loop {
            let services = self.inside(|api| async move { api.load_balancers().await });
            let mut services = services.await?.into_iter();
            let one = services.find(|one| one.service == *service);
            let address = one.ok_or_else(gone)?.address;
            let listed = self.got(|| self.cloud().nodebalancers()).await?;
            let of_it = |one: &&NodeBalancer| one.cluster == Some(cluster) && one.ipv4 == address;
            if let Some(balancer) = listed.iter().filter(|_| address.is_some()).find(of_it) {
                let walls = self.got(|| self.cloud().balancer_walls()).await?;
                self.note_walls(std::slice::from_ref(balancer), &walls)
                    .await?;
                if let BalancerGuard::Only(now) = guard(balancer.id, &walls) {
                    let now: BTreeSet<String> = now.into_iter().collect();
                    if now == wished {
                        let (service, addresses) = (service.to_string(), now.into_iter().collect());
                        return Ok(Ended::BalancerGuarded { service, addresses }.into());
                    }
                    let waited = self.boot().saturating_sub(begun);
                    if now.is_superset(&wished) && waited >= self.protocol.balancers_follow {
                        self.narrow(balancer, &walls, access).await?;
                    }
                }
            }
            let over = || {
                let service = service.to_string();
                Trouble::Failed(Failed::BalancerLate { service }.into())
            };
            patience.wait(self, Note::WaitsBalancer, over)?;
            patience.pause(self, self.protocol.poll_access).await?;
        }
    }

    /// Linode's controller does not take a list over that only lost addresses: its own firewall, which
    /// stands before nothing else, is told here.
    async fn narrow(
        &self,
        balancer: &NodeBalancer,
        walls: &[BalancerWall],
        access: &[IpNet],
    ) -> Result<(), Trouble> {
        let Some(wall) = walls.iter().find(|one| is_of(one, balancer)) else {
            return Ok(());
        };
        let rules = wall.rules.as_ref().and_then(|set| narrowed(set, access));
        if let Some(rules) = rules {
            self.put(|| self.cloud().set_firewall_rules(wall.id, &rules))
                .await?;
        }
        Ok(())
    }

    /// Asks for them first, where there is a NodeBalancer.
    pub(crate) async fn note_walls_of(&self, ours: &[NodeBalancer]) -> Result<(), Trouble> {
        if ours.is_empty() {
            return Ok(());
        }
        // Where Linode does not tell what its firewalls stand before, nothing is noted.
        match self.tried(|| self.cloud().balancer_walls()).await? {
            Ok(walls) => self.note_walls(ours, &walls).await,
            Err(_) => Ok(()),
        }
    }

    /// Writes down the firewalls that Linode's controller made before NodeBalancers of ours, while
    /// they can be told by what they stand before.
    pub(crate) async fn note_walls(
        &self,
        ours: &[NodeBalancer],
        walls: &[BalancerWall],
    ) -> Result<(), Trouble> {
        for wall in walls {
            let thing = Thing::Firewall(wall.id);
            let made = ours.iter().any(|one| is_of(wall, one));
            if made && self.is_new(&thing).await {
                let since = wall.created;
                self.write(Fact::Born {
                    thing,
                    since,
                    price: None,
                })
                .await?;
            }
        }
        Ok(())
    }
}

/// Whether the controller made this firewall for this NodeBalancer: it bears its label, and stands
/// before nothing else.
fn is_of(wall: &BalancerWall, balancer: &NodeBalancer) -> bool {
    wall.label == balancer.label && wall.balancers == [balancer.id] && wall.others == 0
}

/// Whether what was to be changed is there.
fn found(answer: Answer<()>) -> Answer<bool> {
    match answer {
        Err(failure) if failure.kind == Kind::NotFound => Ok(false),
        answer => answer.map(|()| true),
    }
}
