//! What the autoscaler reads of a cluster: which pods wait for room that more nodes would give, and
//! which nodes run nothing but daemons.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::amounts::Amounts;
use super::events::What;
use super::kinds::known;
use super::peek::{list, text};
use super::{Cluster, Effect, Inner, NodeSeed, fit, nodes, plugin, scheduler};

/// Who tells of pods that wait for nodes.
const AUTOSCALER: &str = "cluster-autoscaler";

/// A pool, as the autoscaler sees it.
pub(crate) struct Shape {
    /// A node as the pool makes them.
    pub seed: NodeSeed,
    /// Nodes that are on their way.
    pub coming: u32,
    /// Nodes that may come beside them.
    pub more: u32,
}

/// A node that is not there yet.
struct Virtual {
    pool: usize,
    load: Amounts,
}

impl Cluster {
    /// How many more nodes of each pool would let in who waits, by the pools' order.
    pub(crate) fn wanted(&self, pools: &[Shape], now: Timestamp) -> Vec<u32> {
        self.with(|inner| wanted(inner, pools, now))
    }

    /// Nodes that run nothing but daemons, and since when.
    pub(crate) fn idle(&self) -> BTreeMap<String, Timestamp> {
        let mut inner = self.lock();
        inner.desk.told_idle = false;
        inner.desk.idle.clone()
    }

    /// The bounds of a pool changed: the autoscaler looks at everything again.
    pub(crate) fn look_again(&self) {
        self.with(|inner| {
            if !inner.desk.waiting.is_empty() {
                inner.desk.told_waiting = true;
                inner.effects.push_back(Effect::NodesWanted);
            }
            if !inner.desk.idle.is_empty() {
                inner.desk.told_idle = true;
                inner.effects.push_back(Effect::NodesIdle);
            }
        });
    }
}

fn wanted(inner: &mut Inner, pools: &[Shape], now: Timestamp) -> Vec<u32> {
    inner.desk.told_waiting = false;
    let named = scheduler::names_taints(&inner.version);
    let models: Vec<(Value, Amounts, Amounts)> = pools
        .iter()
        .map(|pool| {
            let node = model(inner, &pool.seed, now);
            let (given, load) = (Amounts::given(&node), daemons(inner, &node));
            (node, given, load)
        })
        .collect();
    let coming = pools.iter().enumerate().flat_map(|(pool, shape)| {
        std::iter::repeat_n(pool, usize::try_from(shape.coming).unwrap_or(0))
    });
    let fresh = |pool: usize| Virtual {
        pool,
        load: models[pool].2.clone(),
    };
    let mut virtuals: Vec<Virtual> = coming.map(fresh).collect();
    let mut more = vec![0_u32; pools.len()];
    let mut helped: Vec<(Arc<Value>, usize)> = Vec::new();
    let waiting = inner.desk.waiting.iter();
    let waiting: Vec<Arc<Value>> = waiting
        .filter_map(|key| inner.store.get(key).cloned())
        .collect();
    for pod in waiting {
        let (spec, asked) = (&pod["spec"], Amounts::asked(&pod["spec"]));
        let fits = |one: &Virtual| {
            let (node, given, _) = &models[one.pool];
            fit::objection(spec, node, named).is_none() && given.lacks(&one.load, &asked).is_empty()
        };
        if let Some(one) = virtuals.iter_mut().find(|one| fits(one)) {
            one.load.add(&asked);
            continue;
        }
        let room = |pool: &usize| more[*pool] < pools[*pool].more && fits(&fresh(*pool));
        // A pod that asks for no card takes none from those that do.
        let mut open: Vec<usize> = (0..pools.len()).filter(room).collect();
        open.sort_by_key(|pool| pools[*pool].seed.gpus);
        if let Some(pool) = open.first().copied() {
            more[pool] += 1;
            let mut one = fresh(pool);
            one.load.add(&asked);
            virtuals.push(one);
            helped.push((pod, pool));
        } else {
            let why = "pod didn't trigger scale-up: no pool with room would take it";
            let reason = "NotTriggerScaleUp";
            let said = What::Said("Normal", reason, AUTOSCALER, why.to_owned());
            inner.tell(&pod, said, now);
        }
    }
    for (pod, pool) in helped {
        let name = &pools[pool].seed.pool_id;
        let why = format!("pod triggered scale-up: [{{pool {name} +{}}}]", more[pool]);
        let said = What::Said("Normal", "TriggeredScaleUp", AUTOSCALER, why);
        inner.tell(&pod, said, now);
    }
    more
}

/// A node of the pool as it will be, with the cards that a device plugin will announce there.
fn model(inner: &Inner, seed: &NodeSeed, now: Timestamp) -> Value {
    let mut node = nodes::node(seed, 0, now);
    if let Some(shown) = plugin::shown(inner, &node, seed.gpus) {
        node["status"]["allocatable"][nodes::GPU] = json!(shown.to_string());
    }
    node
}

/// What the daemons of such a node ask for.
fn daemons(inner: &Inner, node: &Value) -> Amounts {
    let mut out = Amounts::default();
    for (_, _, cpu) in nodes::DAEMONS {
        let one = json!({"resources": {"requests": {"cpu": format!("{cpu}m")}}});
        out.add(&Amounts::asked(&json!({"containers": [one]})));
    }
    for (_, set) in inner.store.list(known("apps", "daemonsets"), None) {
        let spec = &set["spec"]["template"]["spec"];
        let seeded = nodes::DAEMONS.iter();
        let seeded = seeded
            .into_iter()
            .any(|(app, ..)| *app == text(set, "/metadata/name"));
        if !seeded && !list(spec, "/containers").is_empty() && fit::may_run(spec, node) {
            out.add(&Amounts::asked(spec));
        }
    }
    out
}
