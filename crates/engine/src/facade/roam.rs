//! An address that changed: Kubernetes lets this computer no longer in, and its access list says why.
//!
//! Asking for the own address tells a service, so it is asked only where the port may do so by
//! itself, or when the user asked.

use super::{Engine, lock};
use crate::observe::Observed;
use crate::ports::Answer;
use domain::DeploymentId;
use domain::progress::Progress;
use domain::screen::Roaming;
use domain::view::{Problem, Roamed};
use ipnet::IpNet;
use std::collections::BTreeMap;

/// What is known of the own address.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// As it was told last.
    told: Option<IpNet>,
    /// Deployments whose Kubernetes does not answer, with the list that it had then.
    silent: BTreeMap<DeploymentId, Vec<IpNet>>,
}

impl Engine {
    /// The own public address, as the cloud sees it. Asked for only when the user said so.
    pub async fn my_address(&self) -> Result<IpNet, Problem> {
        let answer: Answer<IpNet> = self.ports.address.mine().await;
        let mine = answer.map_err(|failure| super::problem::of_failure(&failure))?;
        let silent = {
            let mut own = lock(&self.own);
            own.told = Some(mine);
            own.silent.clone()
        };
        for (id, list) in silent {
            self.show_roamed(&id, &list, Some(mine));
        }
        Ok(mine)
    }

    /// Lets this computer in beside all who are let in now: the one change that the notice named.
    pub(super) async fn allow_my_address(&self, id: &DeploymentId) -> Result<(), Problem> {
        let told = self.roamed(id).and_then(|one| one.to?.parse().ok());
        let mine = match told {
            Some(mine) => mine,
            None => self.my_address().await?,
        };
        self.allow_address(id, mine, None).await.map(|_| ())
    }

    /// Whether it may be asked for without a click from now on; who is asked is named before.
    pub fn always_ask_address(&self, always: bool) -> std::io::Result<()> {
        self.ports.address.set_always(always)
    }

    /// Whether it may be asked for without a click.
    pub fn asks_address_always(&self) -> bool {
        self.ports.address.always()
    }

    /// Who is told that this computer asks for its address.
    pub fn address_services(&self) -> Vec<String> {
        self.ports.address.services()
    }

    /// The own address as far as it is known without a click.
    pub(super) async fn own_address(&self) -> Option<IpNet> {
        if let Some(now) = self.ports.address.known().await {
            lock(&self.own).told = Some(now);
            return Some(now);
        }
        lock(&self.own).told
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
            return;
        };
        let now = self.ports.address.known().await;
        self.lacks(id, &list.addresses, now);
    }

    /// Kubernetes answers, or no list is in the way.
    pub(super) fn answers(&self, id: &DeploymentId) {
        lock(&self.own).silent.remove(id);
        self.set_roamed(id, None);
    }

    /// Kubernetes does not answer, and this list is enforced; `now`: the own address.
    pub(super) fn lacks(&self, id: &DeploymentId, list: &[IpNet], now: Option<IpNet>) {
        {
            let mut own = lock(&self.own);
            own.silent.insert(id.clone(), list.to_vec());
            own.told = now.or(own.told);
        }
        self.show_roamed(id, list, now);
    }

    fn show_roamed(&self, id: &DeploymentId, list: &[IpNet], now: Option<IpNet>) {
        let roamed = match now {
            Some(now) if list.iter().any(|net| net.contains(&now)) => None,
            Some(now) => Some(changed(list, now)),
            None => Some(Roamed {
                what: Roaming::Ask {
                    services: self.address_services(),
                }
                .into(),
                from: None,
                to: None,
            }),
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

/// The address before is the only one of the list that is a single address of the same family.
fn changed(list: &[IpNet], now: IpNet) -> Roamed {
    let single = |net: &&IpNet| {
        net.prefix_len() == net.max_prefix_len() && net.addr().is_ipv4() == now.addr().is_ipv4()
    };
    let mut singles = list.iter().filter(single);
    let from = singles.next().filter(|_| singles.next().is_none());
    let from = from.map(ToString::to_string);
    let to = now.to_string();
    let what = match from.clone() {
        Some(from) => Roaming::Changed {
            from,
            to: to.clone(),
        },
        None => Roaming::ChangedTo { to: to.clone() },
    };
    Roamed {
        what: what.into(),
        from,
        to: Some(to),
    }
}
