//! An address that changed: Kubernetes lets this computer no longer in, and its access list says why.
//!
//! Asking for the own addresses tells a service, so they are asked for only where the port may do so by
//! itself, or when the user asked.

use super::{Engine, lock};
use crate::observe::Observed;
use domain::DeploymentId;
use domain::progress::Progress;
use domain::reach::{left_out, took_the_place_of};
use domain::screen::Roaming;
use domain::view::{Problem, Roamed};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Addresses of this computer that are remembered.
const HAD_MAX: usize = 16;

/// What is known of the own addresses.
#[derive(Debug)]
pub(super) struct Own {
    /// As they were told last.
    now: Vec<IpNet>,
    /// Those and the ones before, the newest first.
    had: Vec<IpNet>,
    /// Whether they were asked for while Kubernetes answered, so that what changes is known.
    asked: bool,
    /// Deployments whose Kubernetes does not answer, with the list that it had then.
    silent: BTreeMap<DeploymentId, Vec<IpNet>>,
}

impl Own {
    /// `had`: as it was kept by an engine before.
    pub(super) fn new(had: Vec<IpNet>) -> Mutex<Self> {
        Mutex::new(Self {
            now: Vec::new(),
            had,
            asked: false,
            silent: BTreeMap::new(),
        })
    }
}

impl Engine {
    /// The own public addresses, as the cloud sees them: one of each family, IPv4 first. Asked for
    /// only when the user said so.
    pub async fn my_addresses(&self) -> Result<Vec<IpNet>, Problem> {
        let answer = self.ports.address.mine().await;
        let mine = answer.map_err(|failure| super::problem::of_failure(&failure))?;
        self.told_own(&mine);
        let silent = lock(&self.own).silent.clone();
        for (id, list) in silent {
            self.show_roamed(&id, &list, &mine);
        }
        Ok(mine)
    }

    /// Lets this computer in beside all who are let in now, or in place of what it had: the change
    /// that the notice named.
    pub(super) async fn allow_my_address(
        &self,
        id: &DeploymentId,
        replace: bool,
    ) -> Result<(), Problem> {
        let nets = |all: Vec<String>| -> Vec<IpNet> {
            all.iter().filter_map(|one| one.parse().ok()).collect()
        };
        let roamed = self.roamed(id);
        let (from, to) = roamed.map_or_else(Default::default, |one| (one.from, one.to));
        let (old, mut new) = (nets(from), nets(to));
        if new.is_empty() {
            new = self.my_addresses().await?;
        }
        let old = if replace { old } else { Vec::new() };
        self.let_in(id, &new, &old).await.map(|_| ())
    }

    /// Whether they may be asked for without a click from now on; who is asked is named before.
    pub fn always_ask_address(&self, always: bool) -> std::io::Result<()> {
        self.ports.address.set_always(always)
    }

    /// Whether they may be asked for without a click.
    pub fn asks_address_always(&self) -> bool {
        self.ports.address.always()
    }

    /// Who is told that this computer asks for its addresses.
    pub fn address_services(&self) -> Vec<String> {
        self.ports.address.services()
    }

    /// The own addresses as far as they are known without a click.
    pub(super) async fn own_addresses(&self) -> Vec<IpNet> {
        let known = self.ports.address.known().await;
        self.told_own(&known);
        lock(&self.own).now.clone()
    }

    /// Remembers what was told, and what it was before; nothing told changes nothing.
    fn told_own(&self, now: &[IpNet]) {
        let had = {
            let mut own = lock(&self.own);
            if now.is_empty() || own.now == now {
                return;
            }
            own.now = now.to_vec();
            own.had.retain(|one| !now.contains(one));
            own.had.splice(0..0, now.iter().copied());
            own.had.truncate(HAD_MAX);
            own.had.clone()
        };
        // Where it cannot be kept, the next start does not know what an address replaces.
        drop(self.ports.address.keep(&had));
    }

    /// After a look: whether Kubernetes let this computer in, and if not, whether the list leaves its
    /// address out.
    pub(super) async fn note_roaming(&self, id: &DeploymentId, seen: &Observed) {
        let made = |progress: &Progress| progress.created.is_some();
        let stands = self.held(id).is_some_and(|held| made(&held.progress));
        let list = seen.access.as_ref().filter(|list| list.enabled);
        let silent = seen.complete && stands && seen.kube_nodes.is_none();
        let Some(list) = list.filter(|_| silent) else {
            if seen.kube_nodes.is_some() || !stands {
                self.answers(id);
            }
            if seen.kube_nodes.is_some() && !std::mem::replace(&mut lock(&self.own).asked, true) {
                self.own_addresses().await;
            }
            return;
        };
        let now = self.ports.address.known().await;
        self.lacks(id, &list.addresses, &now);
    }

    /// Kubernetes answers, or no list is in the way.
    pub(super) fn answers(&self, id: &DeploymentId) {
        lock(&self.own).silent.remove(id);
        self.set_roamed(id, None);
    }

    /// Kubernetes does not answer, and this list is enforced; `now`: the own addresses, empty where
    /// they are not known.
    pub(super) fn lacks(&self, id: &DeploymentId, list: &[IpNet], now: &[IpNet]) {
        lock(&self.own).silent.insert(id.clone(), list.to_vec());
        self.told_own(now);
        self.show_roamed(id, list, now);
    }

    fn show_roamed(&self, id: &DeploymentId, list: &[IpNet], now: &[IpNet]) {
        let roamed = if now.is_empty() {
            Some(Roamed {
                what: Roaming::Ask {
                    services: self.address_services(),
                }
                .into(),
                from: Vec::new(),
                to: Vec::new(),
            })
        } else {
            let new = left_out(list, now);
            let old = took_the_place_of(list, &lock(&self.own).had, &new);
            (!new.is_empty()).then(|| changed(&old, &new))
        };
        self.set_roamed(id, roamed.as_ref());
    }

    fn set_roamed(&self, id: &DeploymentId, roamed: Option<&Roamed>) {
        let changed = lock(&self.held).get_mut(id).is_some_and(|held| {
            let before = std::mem::replace(&mut held.seen.roamed, roamed.cloned());
            before.as_ref() != roamed
        });
        if changed {
            self.publish(id);
        }
    }

    /// How a deployment's own address changed, by the last look.
    pub fn roamed(&self, id: &DeploymentId) -> Option<Roamed> {
        self.held(id)?.seen.roamed
    }
}

fn changed(old: &[IpNet], new: &[IpNet]) -> Roamed {
    let written = |all: &[IpNet]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (from, to) = (written(old), written(new));
    let what = if from.is_empty() {
        Roaming::ChangedTo { to: to.clone() }
    } else {
        Roaming::Changed {
            from: from.clone(),
            to: to.clone(),
        }
    };
    Roamed {
        what: what.into(),
        from,
        to,
    }
}
