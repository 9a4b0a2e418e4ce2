//! Things that happen in the cloud by themselves, or by somebody else's hand, at the moment of a
//! call. Where there is nothing to meddle with, nothing happens and nothing is counted.

use jiff::Timestamp;
use serde_json::json;

use super::Strike;
use super::kinds::Meddle;
use crate::clock::later;
use crate::draw;
use crate::ledger::Kind;
use crate::schedule::Due;
use crate::store::World;
use crate::things::{LkeCluster, Node, NodeBalancer};

/// By how many thousandths everything gets dearer.
const DEARER_PERMILLE: u64 = 1200;

impl World {
    /// Whether something happened.
    pub(super) fn meddle(
        &mut self,
        what: Meddle,
        account: &str,
        strike: Strike,
        at: Timestamp,
    ) -> bool {
        self.dirty = true;
        match what {
            Meddle::NodeDies => self.node_dies(account, strike, at),
            Meddle::NodeNeverReady => {
                let coming = |node: &Node| !node.ready && !node.starved && !node.doomed;
                let node = self.a_node(account, strike, coming);
                node.is_some_and(|node| {
                    node.doomed = true;
                    true
                })
            }
            Meddle::LateBalancer => self.late_balancer(account, strike, at),
            Meddle::StuckVolume => {
                let until = later(at, i64::from(strike.seconds) * 1000);
                let mine = self.volumes.values_mut().filter(|one| {
                    one.account == account && one.cluster.is_some() && one.stuck_until.is_none()
                });
                one_of(mine, strike).is_some_and(|volume| {
                    volume.stuck_until = Some(until);
                    true
                })
            }
            Meddle::LingeringDelete => self.a_cluster(account, strike).is_some_and(|cluster| {
                let before = cluster.linger_seconds;
                cluster.linger_seconds = strike.seconds;
                before != strike.seconds && !cluster.deleting
            }),
            Meddle::LingeringLinode => {
                let mine = self.linodes.values_mut();
                let mine = mine.filter(|one| one.account == account && one.linger_seconds == 0);
                one_of(mine, strike).is_some_and(|linode| {
                    linode.linger_seconds = strike.seconds;
                    true
                })
            }
            Meddle::Lock => self.lock_something(account, strike, at),
            Meddle::EditTags => self.edit(account, strike, |cluster| {
                let tag = "somebody-else".to_owned();
                let new = !cluster.tags.contains(&tag);
                if new {
                    cluster.tags.push(tag);
                }
                new
            }),
            Meddle::EditLabel => self.edit(account, strike, |cluster| {
                let renamed = !cluster.label.ends_with("-y");
                if renamed {
                    let kept: String = cluster.label.chars().take(30).collect();
                    cluster.label = format!("{kept}-y");
                }
                renamed
            }),
            Meddle::EditCount => self.edit_count(account, strike, at),
            Meddle::EditRules => self.edit_rules(account, strike),
            Meddle::EditCover => self.edit_cover(account, strike),
            Meddle::PriceChange => {
                std::mem::replace(&mut self.price_permille, DEARER_PERMILLE) != DEARER_PERMILLE
            }
            Meddle::VersionRetired => {
                let offered = self.versions_on_offer();
                match offered.last() {
                    Some(oldest) if offered.len() > 1 => self.retired.insert((*oldest).to_owned()),
                    Some(_) | None => false,
                }
            }
        }
    }

    fn a_cluster(&mut self, account: &str, strike: Strike) -> Option<&mut LkeCluster> {
        let clusters = self.clusters.values_mut();
        one_of(clusters.filter(|one| one.account == account), strike)
    }

    fn a_node(
        &mut self,
        account: &str,
        strike: Strike,
        fits: fn(&Node) -> bool,
    ) -> Option<&mut Node> {
        let clusters = self.clusters.values_mut();
        let mine = clusters.filter(|one| one.account == account && !one.deleting);
        let nodes = mine
            .flat_map(|one| &mut one.pools)
            .flat_map(|pool| &mut pool.nodes);
        one_of(nodes.filter(|node| fits(node)), strike)
    }

    fn node_dies(&mut self, account: &str, strike: Strike, at: Timestamp) -> bool {
        let Some(node) = self.a_node(account, strike, |node| node.ready) else {
            return false;
        };
        (node.ready, node.doomed) = (false, true);
        let (id, linode) = (node.id.clone(), node.linode);
        if let Some(linode) = linode.and_then(|id| self.linodes.get_mut(&id)) {
            "offline".clone_into(&mut linode.status);
            linode.updated = at;
        }
        let home = self.clusters.values().find(|one| one.node(&id).is_some());
        if let Some(home) = home
            && let Some(kube) = self.kubes.get(&home.id)
        {
            kube.lose_node(&home.node_name(&id), at);
        }
        true
    }

    fn late_balancer(&mut self, account: &str, strike: Strike, at: Timestamp) -> bool {
        let Some(cluster) = self.a_cluster(account, strike) else {
            return false;
        };
        let (id, label, region) = (cluster.id, cluster.label.clone(), cluster.region.clone());
        if !cluster.kube_ready {
            return false;
        }
        let hex = draw::bits(strike.draw, "late-balancer", id) >> 16;
        self.new_nodebalancer(
            at,
            "Linode",
            NodeBalancer {
                id: 0,
                account: account.to_owned(),
                label: format!("lke{id}-{hex:012x}"),
                region,
                ipv4: String::new(),
                tags: vec![format!("lke{id}")],
                created: at,
                updated: at,
                cluster: Some((id, label)),
                service: None,
            },
        );
        true
    }

    fn lock_something(&mut self, account: &str, strike: Strike, at: Timestamp) -> bool {
        let Some(cluster) = self.a_cluster(account, strike).map(|one| one.id) else {
            return false;
        };
        if !self.locks_of("lkecluster", cluster).is_empty() {
            return false;
        }
        let lock = self.new_lock("lkecluster", cluster);
        let until = later(at, i64::from(strike.seconds) * 1000);
        self.schedule.add(until, Due::Unlocked { lock });
        true
    }

    fn edit(&mut self, account: &str, strike: Strike, change: fn(&mut LkeCluster) -> bool) -> bool {
        let Some(cluster) = self.a_cluster(account, strike) else {
            return false;
        };
        let changed = change(cluster);
        let (id, label, tags) = (cluster.id, cluster.label.clone(), cluster.tags.clone());
        for kind in [Kind::Cluster, Kind::ControlPlane] {
            self.ledger.rename(kind, id, &label, &tags);
        }
        changed
    }

    fn edit_count(&mut self, account: &str, strike: Strike, at: Timestamp) -> bool {
        let Some(cluster) = self.a_cluster(account, strike) else {
            return false;
        };
        let id = cluster.id;
        let pools = cluster.pools.iter_mut();
        let Some(pool) = one_of(pools.filter(|pool| pool.count < 100), strike) else {
            return false;
        };
        pool.count += 1;
        let pool = pool.id;
        self.add_nodes(at, id, pool, 1, &mut None);
        true
    }

    fn edit_rules(&mut self, account: &str, strike: Strike) -> bool {
        let firewalls = self.firewalls.values_mut();
        let mine = firewalls.filter(|one| one.account == account);
        let Some(firewall) = one_of(mine, strike) else {
            return false;
        };
        let emptied = firewall.rules["inbound"] != json!([]);
        firewall.rules["inbound"] = json!([]);
        firewall.version += 1;
        self.guard_nodes();
        emptied
    }

    fn edit_cover(&mut self, account: &str, strike: Strike) -> bool {
        let firewalls = self.firewalls.values_mut();
        let mine = firewalls.filter(|one| one.account == account && !one.devices.is_empty());
        let Some(firewall) = one_of(mine, strike) else {
            return false;
        };
        firewall.devices.pop();
        self.guard_nodes();
        true
    }
}

/// The one that this strike chooses.
fn one_of<'a, T: ?Sized>(
    some: impl Iterator<Item = &'a mut T>,
    strike: Strike,
) -> Option<&'a mut T> {
    let mut some: Vec<&'a mut T> = some.collect();
    let nth = usize::try_from(strike.draw >> 24).unwrap_or_default();
    (!some.is_empty()).then(|| some.swap_remove(nth % some.len()))
}
