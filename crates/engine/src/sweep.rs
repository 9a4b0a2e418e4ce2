//! Searches outside of any run: the graveyard of one deployment, and the whole account.
//!
//! The account-wide search only reads. What it finds is deleted by an ordinary teardown, in a journal
//! of its own, and only when it can be proven to be ours.

use crate::act::{Act, Looked, Run, Trouble};
use crate::book::{Book, BookError};
use crate::ports::{Answer, Cloud, Ports};
use crate::protocol::{Proofs, Protocol};
use crate::receipt;
use crate::run::{End, account_for};
use crate::signal::Observer;
use domain::inventory::{Cluster, Firewall, Instance, Inventory};
use domain::plan::Prices;
use domain::plan::build::{Basis, plan_teardown};
use domain::record::{Fact, Thing};
use domain::spec::{LABEL_SUFFIX, Spec};
use domain::view::Whose;
use domain::{DeploymentId, Mark, Owner, PlanId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a graveyard's search came to.
#[derive(Clone, Debug)]
pub enum Swept {
    /// Nothing of ours is left (or, while it stands, no second one).
    Clean,
    /// Something was found: deleted, or, when it is the late cluster of an unfinished create, written
    /// down as what stands.
    Deleted(Vec<Thing>),
    /// Something was found that could not be deleted.
    Left(Vec<Thing>, domain::text::Text),
    /// It could not be searched: another account, or the run must go on first.
    NotNow(End),
}

/// Searches for what is left of a deployment, once. Of one that was torn down everything found is
/// deleted (the user's wish was that nothing is left); of one that stands only a second cluster,
/// pool or firewall. Volumes that were kept are never touched.
pub async fn sweep(
    ports: &Ports,
    protocol: &Protocol,
    book: &Book,
    observer: Arc<dyn Observer>,
) -> Swept {
    let account = match account_for(ports, protocol, book).await {
        Ok(account) => account,
        Err(end) => return Swept::NotNow(end),
    };
    let looked = Looked::default();
    let act = Run::aside(ports, protocol, book, observer, account, &looked, None);
    let torn_down = book.read(|progress| progress.torn_down.is_some()).await;
    let swept = if torn_down {
        bury(&act).await
    } else {
        act.drop_second()
            .await
            .map_err(|trouble| (Vec::new(), trouble))
    };
    if torn_down {
        receipt::keep(ports, book).await;
    }
    match swept {
        Ok(found) if found.is_empty() => Swept::Clean,
        Ok(found) => Swept::Deleted(found),
        Err((found, Trouble::Failed(what) | Trouble::Stuck(what))) => Swept::Left(found, what),
        Err((_, Trouble::Halt)) => Swept::NotNow(End::Paused),
        Err((_, Trouble::Book(broken))) => Swept::NotNow(End::Journal(Arc::new(broken), None)),
    }
}

type Found = Result<Vec<Thing>, (Vec<Thing>, Trouble)>;

async fn bury(act: &Act) -> Found {
    let found = act.sweep().await.map_err(|trouble| (Vec::new(), trouble))?;
    if found.is_empty() {
        return Ok(found);
    }
    match act.take_again(&found).await {
        Ok(()) => Ok(found),
        Err(trouble) => Err((found, trouble)),
    }
}

/// Marked things that no journal of this computer knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The deployment that the mark names.
    pub deployment: DeploymentId,
    /// The label that its things bear.
    pub label: String,
    /// Its clusters.
    pub clusters: Vec<Cluster>,
    /// Its firewalls.
    pub firewalls: Vec<Firewall>,
    /// The machines of its clusters.
    pub instances: Vec<Instance>,
    /// Whether everything has its second proof; else it is shown and cannot be deleted.
    pub proven: bool,
}

impl Orphan {
    /// Whether anything of it bears another computer's owner tag.
    pub fn names_another(&self, me: &Owner) -> bool {
        let clusters = self.clusters.iter().map(|one| &one.tags);
        let mut all = clusters.chain(self.firewalls.iter().map(|one| &one.tags));
        all.any(|tags| me.another(tags).is_some())
    }

    /// Which computer looks after it: its clusters' owner tags decide, its firewalls' where there is
    /// no cluster.
    pub fn whose(&self, me: &Owner) -> Whose {
        let clusters: Vec<&[String]> = self.clusters.iter().map(|one| &*one.tags).collect();
        let firewalls = self.firewalls.iter().map(|one| &*one.tags);
        let decide = if clusters.is_empty() {
            firewalls.collect()
        } else {
            clusters
        };
        if decide.iter().any(|tags| me.another(tags).is_some()) {
            Whose::Elsewhere
        } else if decide.iter().any(|tags| me.alone_on(tags)) {
            Whose::Forgotten
        } else {
            Whose::Nobody
        }
    }
}

/// Every complete listing of the account, once; any page that fails fails the whole.
pub async fn inventory(cloud: &dyn Cloud) -> Answer<Inventory> {
    let (clusters, instances, nodebalancers, volumes, firewalls) = futures::try_join!(
        cloud.clusters(),
        cloud.instances(),
        cloud.nodebalancers(),
        cloud.volumes(),
        cloud.firewalls(),
    )?;
    Ok(Inventory {
        clusters,
        instances,
        nodebalancers,
        volumes,
        firewalls,
    })
}

/// Marked things whose deployment is in none of the journals, by deployment. Pure.
pub fn orphans(seen: &Inventory, known: &BTreeSet<DeploymentId>, proofs: Proofs) -> Vec<Orphan> {
    let mut by_mark: BTreeMap<DeploymentId, (Vec<Cluster>, Vec<Firewall>)> = BTreeMap::new();
    let unknown = |tags: &[String]| {
        let mut marks = tags.iter().filter_map(|tag| Mark::read(tag));
        marks.find(|id| !known.contains(id))
    };
    for one in &seen.clusters {
        if let Some(id) = unknown(&one.tags) {
            by_mark.entry(id).or_default().0.push(one.clone());
        }
    }
    for one in &seen.firewalls {
        if let Some(id) = unknown(&one.tags) {
            by_mark.entry(id).or_default().1.push(one.clone());
        }
    }
    let orphan = |(deployment, (clusters, firewalls)): (DeploymentId, (Vec<_>, Vec<_>))| {
        let first: Option<&Cluster> = clusters.first();
        let first_wall: Option<&Firewall> = firewalls.first();
        let label = first.map(|one| one.label.clone());
        let label = label
            .or_else(|| first_wall.map(|one| one.label.clone()))
            .unwrap_or_default();
        let slack = jiff::SignedDuration::try_from(proofs.clock_slack).unwrap_or_default();
        let born = deployment.born().map(|born| born - slack);
        let younger = |created: jiff::Timestamp| born.is_some_and(|born| created >= born);
        let proven = label.ends_with(LABEL_SUFFIX)
            && clusters
                .iter()
                .all(|one| one.label == label && younger(one.created))
            && firewalls
                .iter()
                .all(|one| one.label == label && younger(one.created));
        let of_it = |one: &&Instance| {
            one.cluster
                .is_some_and(|id| clusters.iter().any(|cluster| cluster.id == id))
        };
        let instances = seen.instances.iter().filter(of_it).cloned().collect();
        Orphan {
            deployment,
            label,
            clusters,
            firewalls,
            instances,
            proven,
        }
    };
    by_mark.into_iter().map(orphan).collect()
}

/// Takes a proven orphan into a journal of its own, with an accepted teardown that keeps every
/// volume; `drive` carries it out. `None`: it lacks a proof. This is also how a lost journal is
/// rebuilt.
pub async fn adopt_orphan(
    ports: &Ports,
    observer: Arc<dyn Observer>,
    writer: &str,
    orphan: &Orphan,
    prices: Prices,
    account: domain::AccountId,
) -> Result<Option<Book>, BookError> {
    let Some(prefix) = orphan
        .label
        .strip_suffix(LABEL_SUFFIX)
        .filter(|_| orphan.proven)
    else {
        return Ok(None);
    };
    let mut spec = Spec::for_user(prefix);
    prefix.clone_into(&mut spec.prefix);
    if let Some(cluster) = orphan.clusters.first() {
        spec.region.clone_from(&cluster.region);
        spec.kubernetes_version
            .clone_from(&cluster.kubernetes_version);
        spec.ha = cluster.ha;
    }
    let id = orphan.deployment.clone();
    let book = Book::create(ports, observer, writer, id.clone(), account.clone()).await?;
    let now = ports.clock.now();
    let basis = Basis {
        plan: PlanId(ports.ids.ulid(now)),
        deployment: id,
        cloud: ports.cloud.id(),
        account,
        now,
        owner: None,
        controller: false,
    };
    let plan = plan_teardown(&spec, &BTreeSet::new(), prices, basis);
    book.write(Fact::Accepted {
        plan: Box::new(plan),
    })
    .await?;
    for one in &orphan.clusters {
        let (thing, since) = (Thing::Cluster(one.id), one.created);
        book.write(Fact::Born {
            thing,
            since,
            price: None,
        })
        .await?;
        if one.ha {
            let (thing, price) = (Thing::ControlPlane(one.id), prices.control_plane);
            book.write(Fact::Born {
                thing,
                since,
                price,
            })
            .await?;
        }
    }
    for one in &orphan.firewalls {
        let (thing, since) = (Thing::Firewall(one.id), one.created);
        book.write(Fact::Born {
            thing,
            since,
            price: None,
        })
        .await?;
    }
    Ok(Some(book))
}
