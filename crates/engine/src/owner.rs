//! Which computer looks after a deployment: asked before every write of a run, and written by a
//! take-over.
//!
//! Where a deployment has a cluster, that cluster's owner tag decides; before there is one, its
//! firewall's. Tags that nobody's installation wrote are never changed.

use crate::act::{Act, Trouble};
use crate::ports::{Answer, Cloud, Failure, Kind, Ports};
use crate::said::Failed;
use domain::inventory::Cluster;
use domain::progress::Progress;
use domain::{ClusterId, FirewallId, Owner};
use std::time::Duration;

/// For how long an owner tag that was read is good for the next write.
const GOOD: Duration = Duration::from_secs(1);
/// PUTs of tags that read back differently, at most.
const PUTS_MAX: usize = 8;

/// Another computer looks after it: nothing more of this run is sent.
pub(crate) fn taken_over() -> Trouble {
    Trouble::Failed(Failed::TakenOver.into())
}

impl Act {
    /// Before every write: no other computer has taken the deployment over. Steps that run side by
    /// side share a reading.
    pub(crate) async fn own(&self) -> Result<(), Trouble> {
        let mut owned = self.owned.lock().await;
        let now = self.boot();
        if owned.is_some_and(|at| now.saturating_sub(at) < GOOD) {
            return Ok(());
        }
        if let Some(tags) = self.deciding_tags().await?
            && self.ports.owner.another(&tags).is_some()
        {
            return Err(taken_over());
        }
        *owned = Some(self.boot());
        Ok(())
    }

    /// It was just seen, or made, as ours.
    pub(crate) async fn owned_now(&self) {
        *self.owned.lock().await = Some(self.boot());
    }

    /// `None`: nothing is there that could be another's.
    async fn deciding_tags(&self) -> Result<Option<Vec<String>>, Trouble> {
        if let Some(id) = self.read(Progress::cluster).await {
            match self.tried(|| self.cloud().cluster(id)).await? {
                Ok(one) => return Ok(Some(one.tags)),
                Err(failure) if failure.kind == Kind::NotFound => {}
                Err(failure) => return Err(Trouble::Failed(crate::said::failed(&failure))),
            }
        }
        let Some(id) = self.read(Progress::firewall).await else {
            return Ok(None);
        };
        let listed = self.got(|| self.cloud().firewalls()).await?;
        let ours = listed.into_iter().find(|one| one.id == id);
        Ok(ours.map(|one| one.tags))
    }
}

/// Something whose tags can be written. A pool is looked after with its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tagged {
    Cluster(ClusterId),
    Firewall(FirewallId),
}

impl Tagged {
    /// Its tags now; `None`: it is not there.
    pub(crate) async fn tags(self, cloud: &dyn Cloud) -> Answer<Option<Vec<String>>> {
        let there = match self {
            Self::Cluster(id) => cloud.cluster(id).await.map(|one: Cluster| Some(one.tags)),
            Self::Firewall(id) => cloud.firewalls().await.map(|all| {
                let found = all.into_iter().find(|one| one.id == id);
                found.map(|one| one.tags)
            }),
        };
        match there {
            Err(failure) if failure.kind == Kind::NotFound => Ok(None),
            there => there,
        }
    }

    async fn put(self, cloud: &dyn Cloud, tags: &[String]) -> Answer<()> {
        match self {
            Self::Cluster(id) => cloud.set_cluster_tags(id, tags).await,
            Self::Firewall(id) => cloud.set_firewall_tags(id, tags).await,
        }
    }
}

/// Why an owner tag could not be written.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// The cloud did not answer, or refused.
    Cloud(Failure),
    /// It is not there any more.
    Gone,
    /// Another computer wrote its own at the same time, and its was read back last.
    Lost,
    /// It reads back differently again and again.
    Unread,
}

impl From<Failure> for NotTaken {
    fn from(failure: Failure) -> Self {
        Self::Cloud(failure)
    }
}

/// Writes our owner tag in the place of every other: GET, change only owner tags, PUT, GET back,
/// until it reads back. An edit of somebody else's that a GET shows is kept, whenever it came; the
/// second GET right before the PUT leaves it no more than the time of one request to be missed in.
///
/// What decides is asked once more before anything else is written, so that the one who lost it
/// leaves the rest to the one who has it.
pub(crate) async fn put_owner(
    ports: &Ports,
    on: Tagged,
    decides: Option<Tagged>,
) -> Result<(), NotTaken> {
    let (cloud, me) = (&*ports.cloud, &ports.owner);
    let mut replaced: Option<Option<Owner>> = None;
    for _ in 0..PUTS_MAX {
        let seen = on.tags(cloud).await?.ok_or(NotTaken::Gone)?;
        if me.alone_on(&seen) {
            return Ok(());
        }
        let other = me.another(&seen);
        // Who was replaced may read back from an old answer; a third one was quicker than we.
        if let (Some(before), Some(now)) = (&replaced, &other)
            && before.as_ref() != Some(now)
        {
            return Err(NotTaken::Lost);
        }
        let again = on.tags(cloud).await?.ok_or(NotTaken::Gone)?;
        if again != seen {
            continue;
        }
        if let Some(decides) = decides.filter(|decides| *decides != on) {
            let tags = decides.tags(cloud).await?.ok_or(NotTaken::Gone)?;
            if !me.alone_on(&tags) {
                return Err(NotTaken::Lost);
            }
        }
        replaced.get_or_insert(other);
        on.put(cloud, &me.put_on(&seen)).await?;
    }
    Err(NotTaken::Unread)
}
