//! A second one of what is kept: found by its marks, written down, deleted.

use crate::act::{Act, Trouble};
use crate::proof::{Belongs, Claim};
use crate::want::Found;
use domain::inventory::{Cluster, Firewall};
use domain::record::{Fact, Thing};

impl Act {
    /// Searches for second ones and deletes them.
    pub(crate) async fn drop_second(&self) -> Result<Vec<Thing>, Trouble> {
        let found = self.second_ones().await?;
        for one in &found {
            self.write(Fact::Duplicate {
                thing: one.thing.clone(),
            })
            .await?;
            self.born(one).await?;
        }
        let things: Vec<Thing> = found.into_iter().map(|one| one.thing).collect();
        let fact = Fact::Swept {
            clean: things.is_empty(),
            found: things.clone(),
            doubtful: Vec::new(),
            restricted: self.account.restricted,
        };
        self.write(fact).await?;
        self.drop_duplicates().await?;
        Ok(things)
    }

    /// Clusters and firewalls that are ours and not the ones that the journal keeps.
    async fn second_ones(&self) -> Result<Vec<Found>, Trouble> {
        let progress = self.book.progress().await;
        let claim = Claim::of(&progress, self.protocol.proofs);
        // Without one that is kept, nobody can say which is the second.
        let (Some(cluster), Some(firewall)) = (progress.cluster(), progress.firewall()) else {
            return Ok(Vec::new());
        };
        let clusters = self.got(|| self.cloud().clusters()).await?;
        let firewalls = self.got(|| self.cloud().firewalls()).await?;
        let label = progress.label();
        let second = |one: &&Cluster| one.id != cluster && claim.cluster(one) == Belongs::Ours;
        let second_wall = |one: &&Firewall| {
            one.id != firewall
                && Some(&one.label) == label.as_ref()
                && claim.firewall(one) == Belongs::Ours
        };
        let walls = firewalls.iter().filter(second_wall).map(|one| Found {
            thing: Thing::Firewall(one.id),
            born: Some(one.created),
            ha: false,
        });
        Ok(clusters
            .iter()
            .filter(second)
            .map(Found::cluster)
            .chain(walls)
            .collect())
    }
}
