//! What a step POSTs, and how the same is found again in a complete listing.

use crate::act::{Act, Trouble};
use crate::owner::taken_over;
use crate::ports::{Answer, Cloud, NewCluster, NewFirewall, NewPool};
use crate::proof::{Belongs, Claim};
use crate::said::Failed;
use domain::ClusterId;
use domain::inventory::{Cluster, Pool};
use domain::plan::PoolRole;
use domain::record::{Thing, ThingKind};
use jiff::Timestamp;

/// What a step wants to exist.
#[derive(Clone, Debug)]
pub(crate) enum Want {
    Firewall(NewFirewall),
    Cluster(NewCluster),
    Pool(ClusterId, NewPool),
}

/// Something of ours that a listing holds.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) thing: Thing,
    pub(crate) born: Option<Timestamp>,
    pub(crate) ha: bool,
}

impl Found {
    pub(crate) fn cluster(one: &Cluster) -> Self {
        Self {
            thing: Thing::Cluster(one.id),
            born: Some(one.created),
            ha: one.ha,
        }
    }

    pub(crate) fn gpu_pool(one: &Pool) -> Self {
        Self {
            thing: Thing::Pool(one.id, PoolRole::Gpu),
            born: None,
            ha: false,
        }
    }
}

impl Want {
    pub(crate) fn kind(&self) -> ThingKind {
        match self {
            Self::Firewall(_) => ThingKind::Firewall,
            Self::Cluster(_) => ThingKind::Cluster,
            Self::Pool(..) => ThingKind::Pool,
        }
    }

    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Firewall(want) => &want.label,
            Self::Cluster(want) => &want.label,
            Self::Pool(_, want) => &want.instance_type,
        }
    }

    pub(crate) fn hash(&self) -> String {
        let body = match self {
            Self::Firewall(want) => serde_json::to_string(want),
            Self::Cluster(want) => serde_json::to_string(want),
            Self::Pool(_, want) => serde_json::to_string(want),
        };
        format!(
            "{:08x}",
            crc32fast::hash(body.unwrap_or_default().as_bytes())
        )
    }

    pub(crate) async fn post(&self, cloud: &dyn Cloud) -> Answer<Found> {
        Ok(match self {
            Self::Firewall(want) => {
                let made = cloud.create_firewall(want).await?;
                let (thing, born) = (Thing::Firewall(made.id), Some(made.created));
                Found {
                    thing,
                    born,
                    ha: false,
                }
            }
            Self::Cluster(want) => {
                let made = cloud.create_cluster(want).await?;
                Found {
                    ha: want.ha,
                    ..Found::cluster(&made)
                }
            }
            Self::Pool(cluster, want) => Found::gpu_pool(&cloud.create_pool(*cluster, want).await?),
        })
    }
}

impl Act {
    /// What of ours a complete listing holds that fits; fails when something is doubtful.
    pub(crate) async fn find(&self, want: &Want) -> Result<Vec<Found>, Trouble> {
        let claim = self
            .read(|progress| Claim::of(progress, self.protocol.proofs, &self.ports.owner))
            .await;
        let doubtful = || {
            Trouble::Failed(
                Failed::Doubtful {
                    label: want.label().to_owned(),
                }
                .into(),
            )
        };
        let mut found = Vec::new();
        match want {
            Want::Firewall(_) => {
                for one in self.got(|| self.cloud().firewalls()).await? {
                    match claim.firewall(&one) {
                        Belongs::Foreign => {}
                        Belongs::TakenOver => return Err(taken_over()),
                        Belongs::Doubtful => return Err(doubtful()),
                        Belongs::Ours if claim.is_controllers(&one) => {}
                        Belongs::Ours => {
                            let (thing, born) = (Thing::Firewall(one.id), Some(one.created));
                            found.push(Found {
                                thing,
                                born,
                                ha: false,
                            });
                        }
                    }
                }
            }
            Want::Cluster(_) => {
                for one in self.got(|| self.cloud().clusters()).await? {
                    match claim.cluster(&one) {
                        Belongs::Foreign => {}
                        Belongs::TakenOver => return Err(taken_over()),
                        Belongs::Doubtful => return Err(doubtful()),
                        Belongs::Ours => found.push(Found::cluster(&one)),
                    }
                }
            }
            Want::Pool(cluster, _) => {
                // A marked pool of another kind is the one that the cluster was born with.
                let mut listed = self.got(|| self.cloud().pools(*cluster)).await?;
                listed.retain(|one| claim.gpu_pool(one) == Belongs::Ours);
                found.extend(listed.iter().map(Found::gpu_pool));
            }
        }
        let dropped = self.read(|progress| {
            let dropped = progress.things.iter().filter(|(_, life)| life.duplicate);
            dropped.map(|(thing, _)| thing.clone()).collect::<Vec<_>>()
        });
        let dropped = dropped.await;
        found.retain(|one| !dropped.contains(&one.thing));
        found.sort_by(|a, b| (a.born, &a.thing).cmp(&(b.born, &b.thing)));
        Ok(found)
    }
}
