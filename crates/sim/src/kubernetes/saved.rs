//! A cluster as it is kept from one run of the demo cloud to the next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::effect::Effect;
use super::{Cluster, Inner, Secrets, events, issued, scheduler, store, workloads};

impl Cluster {
    /// Everything but the history of changes; holds the token and the private keys.
    pub(crate) fn save(&self) -> Value {
        let mut inner = self.lock();
        events::write_down(&mut inner);
        workloads::write_revisions(&mut inner);
        serde_json::json!({
            "id": inner.id, "version": inner.version, "secrets": inner.secrets,
            "store": inner.store.save(), "gpus": inner.gpus, "effects": inner.effects,
            "releasing": inner.releasing, "broken": inner.broken, "hidden": inner.hidden,
            "idle": inner.desk.idle,
            "issued": inner.issued,
        })
    }

    /// The cluster as it was saved; older resource versions than the saved one are gone (410).
    pub(crate) fn load(saved: Value) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Saved {
            id: u64,
            version: String,
            secrets: Secrets,
            store: store::Saved,
            gpus: BTreeMap<String, u32>,
            broken: BTreeSet<String>,
            hidden: BTreeSet<String>,
            effects: VecDeque<Effect>,
            releasing: BTreeSet<String>,
            #[serde(default)]
            idle: BTreeMap<String, Timestamp>,
            #[serde(default)]
            issued: Vec<issued::Issued>,
        }
        let saved: Saved = serde_json::from_value(saved)?;
        let mut inner = Inner {
            id: saved.id,
            version: saved.version,
            secrets: saved.secrets,
            store: store::Store::load(saved.store),
            gpus: saved.gpus,
            broken: saved.broken,
            hidden: saved.hidden,
            effects: saved.effects,
            desk: scheduler::Desk::default(),
            later: Vec::new(),
            awake: VecDeque::new(),
            at_work: None,
            looks: BTreeMap::new(),
            told: events::Told::default(),
            revisions: Vec::new(),
            issued: saved.issued,
            releasing: saved.releasing,
            reach: BTreeMap::new(),
        };
        scheduler::rebuild(&mut inner, saved.idle);
        Ok(Self::from_inner(inner))
    }
}
