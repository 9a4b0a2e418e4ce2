//! Firewalls and what they stand before.

use crate::LinodeCloud;
use crate::call::{Counted, parse};
use crate::failure;
use crate::want::DeviceWant;
use crate::wire::{Device, FirewallReply, FirewallWhole, RuleSetReply, WallReply};
use domain::inventory::{BalancerWall, Firewall, FirewallRead};
use domain::spec::FirewallRule;
use domain::{FirewallId, InstanceId};
use engine::ports::{Answer, Failure, Kind};
use http::Method;

pub(crate) const PATH: &str = "/v4/networking/firewalls";

impl LinodeCloud {
    pub(crate) async fn list_firewalls(&self) -> Answer<Vec<Firewall>> {
        let key = |one: &FirewallReply| one.id;
        let listed = self
            .caller
            .list(Counted::Other, "list firewalls", PATH, key)
            .await?;
        let mut firewalls = Vec::with_capacity(listed.len());
        for reply in listed {
            let instances = match reply.instances() {
                Some(instances) => instances,
                None => self.list_devices(reply.id).await?,
            };
            firewalls.push(reply.into_firewall(instances));
        }
        Ok(firewalls)
    }

    pub(crate) async fn list_devices(&self, id: FirewallId) -> Answer<Vec<InstanceId>> {
        let devices = self.devices(id).await?;
        let instances = devices.iter().filter_map(|one| one.entity.instance());
        Ok(instances.collect())
    }

    async fn devices(&self, id: FirewallId) -> Answer<Vec<Device>> {
        let path = format!("{PATH}/{id}/devices");
        let operation = "list the firewall's devices";
        let key = |one: &Device| one.id;
        self.caller
            .list(Counted::Other, operation, &path, key)
            .await
    }

    /// Nothing is deleted but the device that stands for this Linode.
    pub(crate) async fn detach(&self, id: FirewallId, instance: InstanceId) -> Answer<()> {
        let devices = self.devices(id).await?;
        let mut of_it = devices.iter();
        let Some(device) = of_it.find(|one| one.entity.instance() == Some(instance)) else {
            return Ok(());
        };
        let path = format!("{PATH}/{id}/devices/{}", device.id);
        let operation = "take the Linode from behind the firewall";
        match self.caller.delete(operation, &path).await {
            Err(failure) if failure.kind == Kind::NotFound => Ok(()),
            answer => answer,
        }
    }

    pub(crate) async fn read_rules(&self, id: FirewallId) -> Answer<Vec<FirewallRule>> {
        let operation = "read the firewall's rules";
        let path = format!("{PATH}/{id}/rules");
        let reply = self.caller.read(Counted::Other, operation, &path).await?;
        let rules: RuleSetReply = parse(operation, &reply)?;
        let why = || "a rule lets in what has no meaning".to_owned();
        rules
            .read()
            .and_then(|rules| rules.lets_in())
            .ok_or_else(|| failure::unreadable(operation, reply.status, why()))
    }

    pub(crate) async fn read_firewall(&self, id: FirewallId) -> Answer<FirewallRead> {
        let operation = "read the firewall";
        let path = format!("{PATH}/{id}");
        let reply = self.caller.read(Counted::Poll, operation, &path).await?;
        let whole: FirewallWhole = parse(operation, &reply)?;
        let why = || "a rule is about a protocol that has no meaning".to_owned();
        whole
            .read()
            .ok_or_else(|| failure::unreadable(operation, reply.status, why()))
    }

    pub(crate) async fn list_walls(&self) -> Answer<Vec<BalancerWall>> {
        let operation = "list what firewalls guard";
        let key = |one: &WallReply| one.id;
        let listed = self
            .caller
            .list(Counted::Poll, operation, PATH, key)
            .await?;
        let each = listed.into_iter().map(WallReply::wall);
        let each: Option<Vec<_>> = each.collect();
        // Asking again would bring the same.
        let mut all = each.ok_or_else(|| Failure::new(Kind::Invalid, operation))?;
        all.retain(|one| !one.balancers.is_empty());
        Ok(all)
    }

    pub(crate) async fn attach(&self, id: FirewallId, instance: InstanceId) -> Answer<()> {
        let operation = "put the Linode behind the firewall";
        let path = format!("{PATH}/{id}/devices");
        let body = DeviceWant {
            id: instance.0,
            kind: "linode",
        };
        let answer = self
            .caller
            .write::<Device>(operation, Method::POST, &path, &body)
            .await;
        let Err(failure) = answer else {
            return Ok(());
        };
        // Whether it stands behind ours already is not told by the words of a refusal.
        let maybe_done = matches!(failure.kind, Kind::Invalid | Kind::Conflict);
        if maybe_done && self.list_devices(id).await?.contains(&instance) {
            return Ok(());
        }
        Err(failure)
    }
}
