//! One cluster's Kubernetes: a generic object store behind the REST API, enough for kube-rs and
//! kubectl to work with. Start reading at [`Cluster`]; `api` routes a request, `store` keeps the
//! objects, `controllers` plays the cloud controllers.
//!
//! Deliberately absent: preemption, what a kubelet refuses, what webhooks decide, and whatever would
//! have to run in a container (exec, attach, cp).

mod accept;
mod age;
mod amounts;
mod api;
mod autoscalers;
mod bind;
mod budgets;
mod cloud_firewall;
mod collection;
mod controllers;
mod cron;
mod crowd;
mod defaults;
mod deletions;
mod discovery;
mod effect;
mod endpoints;
mod events;
mod fields;
mod filled;
mod fit;
mod forward;
mod identity;
mod issued;
mod kinds;
mod later;
mod listen;
mod mark;
mod metrics;
mod nodes;
mod openapi;
mod owned;
mod owners;
mod patch;
mod peek;
mod plugin;
mod pods;
mod protobuf;
mod proxy;
mod quantity;
mod query;
mod rbac;
mod reached;
mod repaint;
mod reviews;
mod roles;
mod saved;
mod scale;
mod scheduler;
mod seeds;
mod select;
mod services;
mod status;
mod store;
mod strategic;
mod strict;
mod table;
mod valid;
mod watch;
mod workloads;
mod write;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::Value;

use crate::ReplyBody;
use crate::guards::Said;
use crate::reach::Reach;

pub(crate) use cloud_firewall::{FINALIZER, Wished};
pub(crate) use crowd::Shape;
pub(crate) use effect::{Done, Effect};
pub(crate) use identity::Secrets;
pub(crate) use listen::{Gate, Listener, listen};
pub(crate) use query::decode as percent_decoded;
pub(crate) use repaint::Paint;

use store::Key;

/// One cluster's Kubernetes. Cloning shares the same cluster.
#[derive(Clone)]
pub(crate) struct Cluster {
    shared: Arc<Shared>,
}

/// What every clone of a [`Cluster`] shares.
struct Shared {
    inner: Mutex<Inner>,
    /// The newest resource version; watches wait on it. `u64::MAX` means that the cluster is gone.
    newest: tokio::sync::watch::Sender<u64>,
    /// Rung whenever an [`Effect`] is queued.
    bell: tokio::sync::Notify,
}

/// The mutable half of a cluster.
struct Inner {
    id: u64,
    version: String,
    secrets: Secrets,
    store: store::Store,
    /// Cards per node name. A device plugin announces them, joining alone does not.
    gpus: BTreeMap<String, u32>,
    /// Nodes whose cards the driver does not find.
    broken: BTreeSet<String>,
    /// Nodes where only who asks for a card sees one.
    hidden: BTreeSet<String>,
    effects: VecDeque<Effect>,
    /// What the scheduler remembers.
    desk: scheduler::Desk,
    /// What was to happen and did not yet, in its order.
    later: Vec<(Timestamp, later::Later)>,
    /// Objects whose controllers have not looked since something happened.
    awake: VecDeque<(Key, Timestamp)>,
    /// Whose controller looks just now.
    at_work: Option<Key>,
    /// When each controller that waits for a time looks at its object again.
    looks: BTreeMap<Key, Timestamp>,
    /// What happened, as events tell it.
    told: events::Told,
    /// Templates that sets had.
    revisions: workloads::Noted,
    /// Tokens of service accounts that were given out.
    issued: Vec<issued::Issued>,
    /// Uids of the Services whose NodeBalancer was asked to go.
    releasing: BTreeSet<String>,
    /// What reaches the nodes that are not open, by name.
    reach: BTreeMap<String, Reach>,
}

/// What is known of a node when its Linode has booted and joined.
#[derive(Clone, Debug)]
pub(crate) struct NodeSeed {
    /// Kubernetes name and Linode label, `lke<cluster>-<pool>-<hex12>`.
    pub name: String,
    /// The pool's id, for the label `lke.linode.com/pool-id`.
    pub pool_id: u64,
    /// The Linode's id, for `providerID: linode://<id>`.
    pub instance_id: u64,
    /// For example `g2-gpu-rtx4000a1-s`.
    pub instance_type: String,
    /// For example `us-ord`.
    pub region: String,
    /// The pool's labels.
    pub labels: BTreeMap<String, String>,
    /// The pool's taints, each a Kubernetes taint object.
    pub taints: Vec<Value>,
    /// Cores.
    pub vcpus: u32,
    /// Memory of the instance type, in MB as Linode counts (1 GB = 1024).
    pub memory_mb: u64,
    /// Cards in the instance type.
    pub gpus: u32,
    /// Whether the driver finds none of them.
    pub broken: bool,
    /// Whether only a pod that asks for a card sees one.
    pub hidden: bool,
    /// In 192.168.128.0/17.
    pub private_ip: String,
    /// Public IPv4; empty when the node has none.
    pub public_ip: String,
    /// Kubernetes version as Linode writes it: `1.34`.
    pub version: String,
}

impl Cluster {
    /// A fresh control plane without nodes. `version` is Linode's, such as `1.34`. The same id and
    /// seed give the same uids, token and certificates.
    pub(crate) fn new(id: u64, version: &str, now: Timestamp, seed: u64) -> Self {
        Self::from_inner(Inner {
            id,
            version: version.to_owned(),
            secrets: Secrets::new(id, seed),
            store: store::Store::new(seed ^ id.rotate_left(32)),
            gpus: BTreeMap::new(),
            broken: BTreeSet::new(),
            hidden: BTreeSet::new(),
            effects: VecDeque::new(),
            desk: scheduler::Desk::default(),
            later: vec![(now, later::Later::Plant)],
            awake: VecDeque::new(),
            at_work: None,
            looks: BTreeMap::new(),
            told: events::Told::default(),
            revisions: Vec::new(),
            issued: Vec::new(),
            releasing: BTreeSet::new(),
            reach: BTreeMap::new(),
        })
    }

    fn from_inner(inner: Inner) -> Self {
        let newest = tokio::sync::watch::Sender::new(inner.store.version());
        let bell = tokio::sync::Notify::new();
        Self {
            shared: Arc::new(Shared {
                inner: Mutex::new(inner),
                newest,
                bell,
            }),
        }
    }

    /// Runs `act` on the state, then wakes the watches and whoever waits for effects.
    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        let (out, version, waiting) = {
            let mut inner = self.lock();
            let out = act(&mut inner);
            controllers::work(&mut inner);
            (out, inner.store.version(), !inner.effects.is_empty())
        };
        self.tell(version);
        if waiting {
            self.shared.bell.notify_one();
        }
        out
    }

    /// Wakes the watches that have not seen this version.
    fn tell(&self, version: u64) {
        self.shared.newest.send_if_modified(|newest| {
            let news = *newest < version;
            *newest = (*newest).max(version);
            news
        });
    }

    /// The state but for what was to happen to its objects.
    fn unread(&self) -> MutexGuard<'_, Inner> {
        // A poisoned lock means a panic in another request; the store itself is never left half
        // written, so serving on is right.
        self.shared
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The node appears, Ready, with its lease and the daemon pods of kube-system.
    pub(crate) fn add_node(&self, node: NodeSeed, now: Timestamp) {
        self.later(now, later::Later::Add(Box::new(node)));
    }

    /// The node goes, with its lease and its pods. Unknown names are ignored.
    pub(crate) fn remove_node(&self, name: &str, now: Timestamp) {
        self.later(now, later::Later::Remove(name.to_owned()));
    }

    /// The control plane now runs `version` (as Linode writes it); nodes keep theirs.
    pub(crate) fn set_version(&self, version: &str) {
        self.with(|inner| version.clone_into(&mut inner.version));
    }

    /// The admin's kubeconfig as plain YAML (the Linode API sends it in base64).
    pub(crate) fn kubeconfig(&self, server_url: &str) -> String {
        let inner = self.unread();
        inner.secrets.kubeconfig(inner.id, server_url)
    }

    /// Every kubeconfig given out so far stops to work; the CA stays.
    pub(crate) fn rotate_token(&self) {
        self.with(|inner| {
            let fresh = inner.store.fresh_uid();
            inner.secrets.rotate(&fresh);
        });
    }

    /// A node's pool has other labels or taints now.
    pub(crate) fn repaint_node(&self, name: &str, old: &Paint, new: &Paint, now: Timestamp) {
        self.with(|inner| repaint::repaint(inner, name, old, new, now));
    }

    /// A new CA and certificate: no kubeconfig given out so far is trusted or trusts.
    pub(crate) fn rotate_certificate(&self) {
        self.with(|inner| {
            let fresh = inner.store.fresh_uid();
            inner.secrets.renew(&fresh);
        });
    }

    /// Whether a request comes from a kubeconfig with a CA of before.
    pub(crate) fn is_outdated(&self, request: &Request<Bytes>) -> bool {
        let inner = self.unread();
        let mut old = inner.secrets.outdated.iter();
        old.any(|old| api::shown_token(request) == Some(old))
    }

    /// Answers one request of the Kubernetes API; only the path and query of its URI matter. A
    /// watch streams until its `timeoutSeconds`, or until the cluster is [closed](Self::close).
    #[expect(
        clippy::unused_async,
        reason = "a transport is asynchronous; this one never waits"
    )]
    pub(crate) async fn handle(
        &self,
        request: Request<Bytes>,
        now: Timestamp,
    ) -> Response<ReplyBody> {
        api::answer(self, &request, now)
    }

    /// What the cloud's controllers must do, oldest first; each effect is given out once.
    pub(crate) fn take_effects(&self) -> Vec<Effect> {
        self.unread().effects.drain(..).collect()
    }

    /// What a Service says of its load balancer, when it is still the one of this uid.
    pub(crate) fn service(&self, namespace: &str, name: &str, uid: &str) -> Option<Said> {
        services::said(&self.unread(), namespace, name, uid)
    }

    /// Resolves when effects may be waiting. Needed where requests come in through [`listen`] and
    /// so pass the Linode half by.
    pub(crate) async fn effects_waiting(&self) {
        self.shared.bell.notified().await;
    }

    /// Records what the cloud's controllers have done.
    pub(crate) fn finish(&self, done: Done, now: Timestamp) {
        self.with(|inner| controllers::finish(inner, done, now));
    }

    /// The cluster is deleted: watches end and every later request is refused with 503.
    pub(crate) fn close(&self) {
        self.shared.newest.send_replace(u64::MAX);
    }

    fn is_closed(&self) -> bool {
        *self.shared.newest.borrow() == u64::MAX
    }
}
