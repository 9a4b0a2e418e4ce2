//! `/locks`, known to v4beta only: what bears a lock `cannot_delete` cannot be deleted, and neither
//! can what would take it along.

use serde_json::{Value, json};

use super::{Answer, Call, Refusal, Reply, wants};
use crate::events::Entity;
use crate::store::World;
use crate::things::Lock;
use crate::tokens::Access;

/// The only type of lock.
const CANNOT_DELETE: &str = "cannot_delete";

/// What can bear a lock: its name here, the key of a restricted user's grants, and the scope that
/// setting or taking it needs. The published descriptions do not spell a pool's name.
const KINDS: &[(&str, &str, &str)] = &[
    ("linode", "linode", "linodes:read_write"),
    ("nodebalancer", "nodebalancer", "nodebalancers:read_write"),
    ("volume", "volume", "volumes:read_write"),
    ("lkecluster", "lkecluster", "lke:read_write"),
    ("lkenodepool", "lkecluster", "lke:read_write"),
];

impl World {
    /// The types of the locks on something, as it shows them.
    pub(crate) fn locks_of(&self, kind: &str, entity: u64) -> Vec<&'static str> {
        let on = |lock: &&Lock| lock.kind == kind && lock.entity == entity;
        let locks = self.locks.values().filter(on);
        locks.map(|_| CANNOT_DELETE).collect()
    }

    /// Whether nothing keeps this from being deleted.
    pub(crate) fn check_unlocked(&self, kind: &str, entity: u64) -> Result<(), Refusal> {
        if self.locks_of(kind, entity).is_empty() {
            return Ok(());
        }
        let reason = format!("{kind} {entity} has a {CANNOT_DELETE} lock. Remove the lock first");
        Err(Refusal::bad(None, &reason))
    }

    /// The same for a pool and everything in it.
    pub(crate) fn check_pool_unlocked(&self, cluster: u64, pool: u64) -> Result<(), Refusal> {
        self.check_unlocked("lkenodepool", pool)?;
        let pools = self.clusters.get(&cluster).into_iter();
        let pools = pools
            .flat_map(|one| &one.pools)
            .filter(|one| one.id == pool);
        let linodes = pools.flat_map(|one| one.nodes.iter().filter_map(|node| node.linode));
        for linode in linodes {
            self.check_unlocked("linode", linode)?;
        }
        Ok(())
    }

    /// The same for a cluster and everything that goes with it.
    pub(crate) fn check_cluster_unlocked(&self, id: u64) -> Result<(), Refusal> {
        self.check_unlocked("lkecluster", id)?;
        for pool in self
            .clusters
            .get(&id)
            .into_iter()
            .flat_map(|one| &one.pools)
        {
            self.check_pool_unlocked(id, pool.id)?;
        }
        Ok(())
    }

    /// What a lock may be on: its account, the thing whose grants count, and how it is shown.
    fn lockable(&self, kind: &str, id: u64) -> Option<(String, u64, Value)> {
        let shown = |account: &str, label: &str| {
            let entity = Entity::new(kind, id, label).reply();
            (account.to_owned(), id, entity)
        };
        match kind {
            "linode" => self
                .linodes
                .get(&id)
                .map(|one| shown(&one.account, &one.label)),
            "nodebalancer" => {
                let one = self.nodebalancers.get(&id)?;
                Some(shown(&one.account, &one.label))
            }
            "volume" => self
                .volumes
                .get(&id)
                .map(|one| shown(&one.account, &one.label)),
            "lkecluster" => self
                .clusters
                .get(&id)
                .map(|one| shown(&one.account, &one.label)),
            _ => {
                let has = |pool: &&crate::things::Pool| pool.id == id;
                self.clusters.values().find_map(|cluster| {
                    let pool = cluster.pools.iter().find(has)?;
                    let entity = json!({
                        "id": id, "type": kind, "label": pool.label,
                        "url": format!("/v4/lke/clusters/{}/pools/{id}", cluster.id),
                    });
                    Some((cluster.account.clone(), cluster.id, entity))
                })
            }
        }
    }
}

impl World {
    /// Puts a lock on something; its id.
    pub(crate) fn new_lock(&mut self, kind: &str, entity: u64) -> u64 {
        let id = self.next_id("lock", 1000);
        let lock = Lock {
            id,
            kind: kind.to_owned(),
            entity,
        };
        self.locks.insert(id, lock);
        id
    }
}

/// The lock as a user with at least this access to its thing sees it; none on what is gone.
fn seen(world: &World, call: &Call, lock: &Lock, need: Access) -> Result<Value, Refusal> {
    let found = world.lockable(&lock.kind, lock.entity);
    let (account, owner, entity) = found.ok_or_else(Refusal::not_found)?;
    let key = KINDS.iter().find(|(kind, ..)| *kind == lock.kind);
    let key = key.map_or("", |(_, key, _)| *key);
    wants::may(call, Some(&account), key, owner, need)?;
    Ok(json!({"id": lock.id, "lock_type": CANNOT_DELETE, "entity": entity}))
}

fn beta(call: &Call) -> Result<(), Refusal> {
    call.beta.then_some(()).ok_or_else(Refusal::not_found)
}

/// Whether the token may change locks on such things.
fn scoped(call: &Call, kind: &str) -> Result<(), Refusal> {
    let scope = KINDS.iter().find(|(name, ..)| *name == kind);
    match scope {
        Some((_, _, scope)) if call.user.has(scope) => Ok(()),
        Some(_) => Err(Refusal::missing_scope()),
        None => {
            let names: Vec<&str> = KINDS.iter().map(|(name, ..)| *name).collect();
            let reason = format!("Must be one of: {}", names.join(", "));
            Err(Refusal::bad(Some("entity_type"), &reason))
        }
    }
}

pub(super) fn list(world: &mut World, call: &Call) -> Answer {
    beta(call)?;
    let locks = world.locks.values();
    let rows = locks.filter_map(|lock| seen(world, call, lock, Access::Read).ok());
    Ok(Reply::Page {
        rows: rows.collect(),
        filterable: &["entity.id", "entity.type", "id", "lock_type"],
    })
}

fn find(world: &World, call: &Call, need: Access) -> Result<(Lock, Value), Refusal> {
    beta(call)?;
    let lock = world
        .locks
        .get(&call.id(0))
        .ok_or_else(Refusal::not_found)?;
    seen(world, call, lock, need).map(|reply| (lock.clone(), reply))
}

pub(super) fn get(world: &mut World, call: &Call) -> Answer {
    find(world, call, Access::Read).map(|(_, reply)| Reply::One(reply))
}

pub(super) fn create(world: &mut World, call: &Call) -> Answer {
    beta(call)?;
    let kind = wants::text(&call.body, "entity_type")?;
    let entity = wants::number(&call.body, "entity_id")?;
    if wants::text(&call.body, "lock_type")? != CANNOT_DELETE {
        let reason = format!("Must be one of: {CANNOT_DELETE}");
        return Err(Refusal::bad(Some("lock_type"), &reason));
    }
    scoped(call, kind)?;
    let lock = Lock {
        id: 0,
        kind: kind.to_owned(),
        entity,
    };
    seen(world, call, &lock, Access::Write)?;
    if !world.locks_of(kind, entity).is_empty() {
        let reason = format!("{kind} {entity} already has a lock");
        return Err(Refusal::bad(Some("entity_id"), &reason));
    }
    let id = world.new_lock(kind, entity);
    let lock = Lock { id, ..lock };
    seen(world, call, &lock, Access::Write).map(Reply::One)
}

pub(super) fn delete(world: &mut World, call: &Call) -> Answer {
    let (lock, _) = find(world, call, Access::Write)?;
    scoped(call, &lock.kind)?;
    world.locks.remove(&lock.id);
    Ok(Reply::nothing())
}
