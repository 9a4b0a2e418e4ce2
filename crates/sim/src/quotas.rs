//! How much an account may have at once. Read and set at `/_demo/limits`; what is not named has no
//! limit. (How often it may ask is in `linode/limits.rs`.)

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::linode::Refusal;
use crate::store::World;

/// At most so many of each at once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Quota {
    #[serde(skip_serializing_if = "Option::is_none")]
    linodes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clusters: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nodebalancers: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volumes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firewalls: Option<u64>,
}

/// The quota of each account, by its name.
pub(crate) type Quotas = BTreeMap<String, Quota>;

/// What a quota counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted {
    /// Linodes, those on their way to a node too.
    Linodes,
    /// LKE clusters.
    Clusters,
    /// NodeBalancers.
    Nodebalancers,
    /// Volumes.
    Volumes,
    /// Firewalls.
    Firewalls,
}

impl World {
    /// Whether the account may have `more` of these.
    pub(crate) fn check_quota(
        &self,
        account: &str,
        counted: Counted,
        more: u32,
    ) -> Result<(), Refusal> {
        let Some(quota) = self.quotas.get(account) else {
            return Ok(());
        };
        let mine = |owner: &String| owner == account;
        let (limit, have) = match counted {
            Counted::Linodes => {
                let clusters = self.clusters.values().filter(|one| mine(&one.account));
                let nodes = clusters.flat_map(|one| one.pools.iter().flat_map(|pool| &pool.nodes));
                let coming = nodes.filter(|node| node.linode.is_none() && !node.starved);
                let owners = self.linodes.values().map(|one| &one.account);
                (
                    quota.linodes,
                    owners.filter(|one| mine(one)).count() + coming.count(),
                )
            }
            Counted::Clusters => {
                let owners = self.clusters.values().map(|one| &one.account);
                (quota.clusters, owners.filter(|one| mine(one)).count())
            }
            Counted::Nodebalancers => {
                let owners = self.nodebalancers.values().map(|one| &one.account);
                (quota.nodebalancers, owners.filter(|one| mine(one)).count())
            }
            Counted::Volumes => {
                let owners = self.volumes.values().map(|one| &one.account);
                (quota.volumes, owners.filter(|one| mine(one)).count())
            }
            Counted::Firewalls => {
                let owners = self.firewalls.values().map(|one| &one.account);
                (quota.firewalls, owners.filter(|one| mine(one)).count())
            }
        };
        if more > 0 && limit.is_some_and(|limit| have as u64 + u64::from(more) > limit) {
            return Err(Refusal::limit_reached());
        }
        Ok(())
    }
}
