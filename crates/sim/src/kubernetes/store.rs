//! The objects of a cluster, by key, with one counter of resource versions and a log of changes
//! that watches read. Knows nothing of what an object means.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kinds::{self, Kind};
use super::peek::text;

/// How many changes a watch may be behind before it gets 410.
const LOG_ENTRIES_MAX: usize = 2_000;

/// What names an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// API group; empty is core.
    pub group: &'static str,
    /// Plural.
    pub resource: &'static str,
    /// Empty for what belongs to no namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl Key {
    /// The key of an object of `kind`.
    pub(super) fn new(kind: &Kind, namespace: &str, name: &str) -> Self {
        let namespace = if kind.namespaced {
            namespace.to_owned()
        } else {
            String::new()
        };
        Self {
            group: kind.group,
            resource: kind.resource,
            namespace,
            name: name.to_owned(),
        }
    }

    /// The key of a core object.
    pub(super) fn core(resource: &'static str, namespace: &str, name: &str) -> Self {
        Self::new(kinds::known("", resource), namespace, name)
    }

    /// Its kind.
    pub(super) fn kind(&self) -> &'static Kind {
        kinds::known(self.group, self.resource)
    }
}

/// One change, as a watch sees it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The resource version that it made.
    pub version: u64,
    /// Which object.
    pub key: Key,
    /// Before; none when it was created.
    pub before: Option<Arc<Value>>,
    /// After; none when it is gone.
    pub after: Option<Arc<Value>>,
}

/// The objects and the log.
pub(super) struct Store {
    objects: BTreeMap<Key, Arc<Value>>,
    version: u64,
    /// Changes up to and including this version are no longer in the log.
    compacted: u64,
    log: VecDeque<Change>,
    seed: u64,
    /// How many uids were drawn.
    drawn: u64,
}

/// A store as it is saved.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    version: u64,
    seed: u64,
    drawn: u64,
    objects: Vec<(String, String, Value)>,
}

impl Store {
    /// An empty store; `seed` decides the uids.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            objects: BTreeMap::new(),
            version: 1,
            compacted: 0,
            log: VecDeque::new(),
            seed,
            drawn: 0,
        }
    }

    /// The newest resource version.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The oldest version from which a watch can still start.
    pub(super) fn oldest(&self) -> u64 {
        self.compacted
    }

    /// One object.
    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    /// Every object of a kind, in one namespace or in all, by namespace and name.
    pub(super) fn list<'a>(
        &'a self,
        kind: &'a Kind,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let first = Key::new(kind, namespace.unwrap_or_default(), "");
        self.objects.range(first..).take_while(move |(key, _)| {
            kind.is(key.group, key.resource)
                && namespace.is_none_or(|wanted| !kind.namespaced || key.namespace == wanted)
        })
    }

    /// Every object of a namespace.
    pub(super) fn in_namespace<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Value>)> {
        let all = self.objects.iter();
        all.filter(move |(key, _)| key.namespace == namespace)
    }

    /// Every key of a namespace.
    pub(super) fn keys_in(&self, namespace: &str) -> Vec<Key> {
        let all = self.in_namespace(namespace);
        all.map(|(key, _)| key.clone()).collect()
    }

    /// Writes an object, new or not, with the next resource version.
    pub(super) fn put(&mut self, key: Key, mut object: Value) -> Arc<Value> {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let object = Arc::new(object);
        let before = self.objects.insert(key.clone(), Arc::clone(&object));
        self.note(Change {
            version: self.version,
            key,
            before,
            after: Some(Arc::clone(&object)),
        });
        object
    }

    /// Takes an object away; gives back its last state.
    pub(super) fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let before = self.objects.remove(key)?;
        self.version += 1;
        let change = Change {
            version: self.version,
            key: key.clone(),
            before: Some(Arc::clone(&before)),
            after: None,
        };
        self.note(change);
        Some(before)
    }

    fn note(&mut self, change: Change) {
        self.log.push_back(change);
        while self.log.len() > LOG_ENTRIES_MAX {
            if let Some(old) = self.log.pop_front() {
                self.compacted = old.version;
            }
        }
    }

    /// Forgets every change so far, as etcd does every five minutes.
    #[cfg(test)]
    pub(super) fn compact(&mut self) {
        self.log.clear();
        self.compacted = self.version;
    }

    /// The changes after `version`, oldest first; none when they are no longer all known.
    pub(super) fn changes_after(&self, version: u64) -> Option<impl Iterator<Item = &Change>> {
        if version < self.compacted {
            return None;
        }
        let start = self.log.partition_point(|change| change.version <= version);
        Some(self.log.range(start..))
    }

    /// A uid that no other object of this store has; the same seed gives the same row of them.
    pub(super) fn fresh_uid(&mut self) -> String {
        self.drawn += 1;
        let high = scramble(self.seed ^ scramble(self.drawn));
        let low = scramble(high ^ self.drawn);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff,
        )
    }

    /// Everything but the log.
    pub(super) fn save(&self) -> Saved {
        let object = |(key, object): (&Key, &Arc<Value>)| {
            (
                key.group.to_owned(),
                key.resource.to_owned(),
                Value::clone(object),
            )
        };
        Saved {
            version: self.version,
            seed: self.seed,
            drawn: self.drawn,
            objects: self.objects.iter().map(object).collect(),
        }
    }

    /// A saved store; its log starts empty. Objects of kinds that are no longer known are left out.
    pub(super) fn load(saved: Saved) -> Self {
        let mut out = Self::new(saved.seed);
        out.version = saved.version;
        out.compacted = saved.version;
        out.drawn = saved.drawn;
        for (group, resource, object) in saved.objects {
            if let Some(kind) = kinds::stored(&group, &resource) {
                let namespace = text(&object, "/metadata/namespace");
                let key = Key::new(kind, namespace, text(&object, "/metadata/name"));
                out.objects.insert(key, Arc::new(object));
            }
        }
        out
    }
}

/// SplitMix64's finisher: spreads a counter over all bits.
pub(super) fn scramble(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
