//! The cloud of one schedule: a twin with neighbours who must not be touched, the weather, and what
//! people do inside a cluster.

use crate::menu::{BENT_POSTS, DECISIVE, LASTING, MENU};
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use quaylight_tests::draw::Draw;
use quaylight_tests::memory::mix;
use serde_json::{Value, json};
use sim::{ClientAddr, Options, Twin};
use std::collections::{BTreeMap, BTreeSet};
use tower::ServiceExt as _;

/// Somebody else on our own account.
const COLLEAGUE: &str = "a-colleague";

/// The cloud of a schedule.
pub(crate) struct World {
    pub(crate) twin: Twin,
    neighbour: String,
    /// Whether a deployment of ours has begun.
    pub(crate) known: bool,
    /// Whether replies name another account: nobody can begin anything of his own there.
    pub(crate) strange: bool,
    /// Whether volumes outlive their cluster in this cloud.
    pub(crate) volumes_stay: bool,
    /// What is others', by kind and id.
    others: BTreeSet<(String, u64)>,
    fired: BTreeMap<String, u64>,
    /// Whether there is weather.
    stormy: bool,
}

impl World {
    /// A cloud with neighbours: another account, and a colleague on our own.
    pub(crate) async fn new(seed: u64, draw: &mut Draw) -> Self {
        let options = Options {
            seed,
            start: "2026-11-23T10:00:00Z".parse().ok(),
            ..Options::default()
        };
        let twin = Twin::new(options).expect("a new cloud");
        let volumes_stay = draw.percent(80);
        let switches = json!({
            "latency_permille": draw.one_of(&[0, 50, 100, 100, 300]),
            "unique_labels": draw.percent(70),
            "delete_leaves_children": volumes_stay,
            "delete_while_provisioning_sticks": draw.percent(10),
            "list_lag_seconds": draw.one_of(&[0, 0, 0, 5, 30]),
            "count_outside_autoscaler_refused": draw.percent(50),
            "default_firewall_on_nodes": draw.percent(5),
        });
        assert_eq!(twin.demo("PUT", "/_demo/switches", &switches).0, 200);
        let (_, made) = twin.demo("POST", "/_demo/tokens", &json!({"account": "neighbour"}));
        let neighbour = made["token"].as_str().unwrap_or_default().to_owned();
        let mut world = Self {
            twin,
            neighbour,
            known: false,
            strange: false,
            volumes_stay,
            others: BTreeSet::new(),
            fired: BTreeMap::new(),
            stormy: false,
        };
        world.settle(draw).await;
        world
    }

    /// What others have made before we came.
    async fn settle(&mut self, draw: &mut Draw) {
        for who in [COLLEAGUE.to_owned(), self.neighbour.clone()] {
            let volume = json!({"label": "pvc-0123456789abcdef", "region": "us-ord", "size": 20});
            self.ask(&who, "POST", "/v4/volumes", &volume).await;
            let wall = json!({"label": "theirs", "tags": ["kubeflow"], "rules": {
                "inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [], "outbound": [],
            }});
            self.ask(&who, "POST", "/v4/networking/firewalls", &wall)
                .await;
            if draw.percent(50) {
                let cluster = json!({
                    "label": "theirs", "region": "us-ord", "k8s_version": "1.35",
                    "tags": ["kubeflow"], "node_pools": [{"type": "g6-standard-1", "count": 1}],
                });
                self.ask(&who, "POST", "/v4/lke/clusters", &cluster).await;
            }
        }
        self.twin.clock().sleep_ms(300_000).await;
        self.remember();
    }

    /// Everything that is alive and not remembered yet is somebody else's.
    pub(crate) fn remember(&mut self) {
        self.touch();
        for row in self.whole_ledger()["alive"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.others.insert(key(row));
        }
    }

    /// Something of a stranger's that looks like ours: our mark, another label; a NodeBalancer with
    /// our cluster's label in front.
    pub(crate) async fn decoys(&mut self, mark: &str, cluster: Option<u64>) {
        let twin = json!({
            "label": "experiment-of-theirs", "region": "us-sea", "k8s_version": "1.35",
            "tags": [mark], "node_pools": [{"type": "g6-standard-1", "count": 1}],
        });
        let made = self.ask(COLLEAGUE, "POST", "/v4/lke/clusters", &twin).await;
        self.own_soon(&made, "cluster");
        if let Some(cluster) = cluster {
            let balancer =
                json!({"label": format!("lke{cluster}-0123456789ab"), "region": "us-ord"});
            let made = self
                .ask(COLLEAGUE, "POST", "/v4/nodebalancers", &balancer)
                .await;
            self.own_soon(&made, "nodebalancer");
        }
    }

    fn own_soon(&mut self, made: &Value, kind: &str) {
        let Some(id) = made["id"].as_u64() else {
            return;
        };
        let ledger = self.whole_ledger();
        let rows = ledger["alive"].as_array().into_iter().flatten();
        for row in rows.filter(|row| row["kind"] == kind && row["id"] == id) {
            self.others.insert(key(row));
        }
    }

    /// What of others' is gone, or was changed by a process of ours. (The weather lets strangers
    /// change their own things too.)
    pub(crate) fn touched(&self, changed: &BTreeSet<String>) -> Vec<String> {
        let ledger = self.whole_ledger();
        let alive: BTreeSet<_> = ledger["alive"]
            .as_array()
            .into_iter()
            .flatten()
            .map(key)
            .collect();
        let touched = self.others.iter().filter(|(kind, id)| {
            let own = path(kind, *id);
            let within = |path: &String| path == &own || path.starts_with(&format!("{own}/"));
            !alive.contains(&(kind.clone(), *id)) || changed.iter().any(within)
        });
        touched.map(|(kind, id)| format!("{kind} {id}")).collect()
    }

    /// The ledger, with everything that was due by now, but for what is others'.
    pub(crate) fn ledger(&self) -> Value {
        let mut ledger = self.whole_ledger();
        let is_others = |row: &Value| {
            let home = row["cluster"].as_u64();
            let home = home.map(|cluster| ("cluster".to_owned(), cluster));
            self.others.contains(&key(row)) || home.is_some_and(|home| self.others.contains(&home))
        };
        for which in ["alive", "dead"] {
            if let Some(rows) = ledger[which].as_array_mut() {
                rows.retain(|row| !is_others(row));
            }
        }
        ledger
    }

    /// Everybody's ledger.
    fn whole_ledger(&self) -> Value {
        self.twin.demo("GET", "/_demo/ledger", &Value::Null).1
    }

    /// Lets what is due happen.
    pub(crate) fn touch(&self) {
        self.twin.demo("GET", "/_demo/clock", &Value::Null);
    }

    /// New weather: some kinds of fault, and now and then a decisive one at one call. A harsh cloud
    /// lets a POST take effect ten minutes after its answer was lost.
    pub(crate) fn storm(&mut self, draw: &mut Draw, harsh: bool) {
        self.clear();
        let mut rules = Vec::new();
        for _ in 0..draw.below(6) {
            let (kind, rate) = draw.one_of(MENU);
            let rate = u64::from(rate) * (25 + draw.below(150)) / 100;
            rules.push(json!({"kind": kind, "rate_ppm": rate}));
        }
        if draw.percent(35) {
            let (kind, at_call) = (draw.one_of(DECISIVE), 1 + draw.below(60));
            rules.push(json!({"kind": kind, "at_call": at_call}));
        }
        if draw.percent(4) {
            let (kind, at_call) = (draw.one_of(BENT_POSTS), 1 + draw.below(3));
            rules.push(json!({"kind": kind, "method": "POST", "at_call": at_call}));
        }
        if draw.percent(12) {
            let (kind, effect) = draw.one_of(LASTING);
            let effect: Value = serde_json::from_str(effect).expect("an effect");
            let from_call = 1 + draw.below(80);
            rules.push(json!({"kind": kind, "from_call": from_call, "effect": effect}));
        } else if self.known && draw.percent(2) {
            // The token of another account; whose the journal is was read before.
            rules.push(json!({"kind": "other_account", "from_call": 1}));
            self.strange = true;
        }
        // An hour in which nothing that is read can be believed; whose account it is was read before.
        if self.known && draw.percent(6) {
            let kind = draw.one_of(&["other_account", "internal", "captive_portal", "not_found"]);
            rules.push(json!({"kind": kind, "method": "GET"}));
            self.strange |= kind == "other_account";
        }
        // What hurts most: an answer that is lost after a POST.
        if draw.percent(40) {
            let kind = draw.one_of(&[
                "late_commit",
                "reset_after",
                "internal_after",
                "stall_after",
            ]);
            let most = if harsh { 7 } else { 4 };
            let late = [5, 20, 60, 120, 240, 400, 600];
            let effect = json!({"seconds": draw.one_of(&late[..most])});
            rules.push(json!({
                "kind": kind, "method": "POST", "rate_ppm": 400_000, "effect": effect,
            }));
        }
        self.stormy = true;
        let rules = json!({"seed": mix(draw.below(u64::MAX)), "rules": rules});
        let (status, said) = self.twin.demo("PUT", "/_demo/faults", &rules);
        assert_eq!(status, 200, "{said}");
    }

    /// Fair weather; what fired is counted.
    pub(crate) fn clear(&mut self) {
        self.strange = false;
        if !std::mem::take(&mut self.stormy) {
            return;
        }
        let fair = json!({"rules": []});
        let (_, faults) = self.twin.demo("PUT", "/_demo/faults", &fair);
        for (kind, times) in faults["fired"].as_object().into_iter().flatten() {
            *self.fired.entry(kind.clone()).or_default() += times.as_u64().unwrap_or_default();
        }
    }

    /// How often each kind fired.
    pub(crate) fn fired(mut self) -> BTreeMap<String, u64> {
        self.clear();
        self.fired
    }

    /// From where the world sees us ask.
    pub(crate) fn roam(&self, to: &str) {
        self.twin
            .demo("PUT", "/_demo/clients", &json!({"127.0.0.1": to}));
    }

    /// A request with somebody's token.
    pub(crate) async fn ask(&self, who: &str, method: &str, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {who}"));
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        let request = request.body(body).expect("a request");
        let Ok(reply) = self.twin.service().oneshot(request).await else {
            return Value::Null;
        };
        let body = reply.into_body().collect().await;
        body.ok()
            .and_then(|body| serde_json::from_slice(&body.to_bytes()).ok())
            .unwrap_or_default()
    }

    /// Which account ours is.
    pub(crate) async fn account(&self) -> String {
        let account = self
            .ask(COLLEAGUE, "GET", "/v4/account", &Value::Null)
            .await;
        account["euuid"].as_str().unwrap_or_default().to_owned()
    }

    /// People use the cluster: a claim with its volume, a Service with its NodeBalancer.
    pub(crate) async fn use_cluster(&self, cluster: u64, claims: u64, service: bool) {
        let path = format!("/v4/lke/clusters/{cluster}/kubeconfig");
        let config = self.ask(COLLEAGUE, "GET", &path, &Value::Null).await;
        let Some(token) = token_of(&config) else {
            return;
        };
        for nth in 0..claims {
            // The default class keeps a volume whose claim goes, the other one deletes it.
            let class = ["linode-block-storage-retain", "linode-block-storage"];
            let claim = json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": {"name": format!("data-{nth}")},
                "spec": {
                    "storageClassName": class[usize::try_from(nth % 2).unwrap_or_default()],
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "10Gi"}},
                },
            });
            let path = "/api/v1/namespaces/default/persistentvolumeclaims";
            self.kube(cluster, &token, path, &claim).await;
        }
        if service {
            let web = json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
            });
            self.kube(cluster, &token, "/api/v1/namespaces/default/services", &web)
                .await;
        }
        self.twin.clock().sleep_ms(60_000).await;
        self.touch();
    }

    /// A person on our account deletes a thing of the ledger.
    pub(crate) async fn delete(&self, row: &Value) {
        let (kind, id) = key(row);
        self.ask(COLLEAGUE, "DELETE", &path(&kind, id), &Value::Null)
            .await;
    }

    async fn kube(&self, cluster: u64, token: &str, path: &str, body: &Value) {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()));
        let client = ClientAddr::default().0;
        let service = self.twin.kube_service(cluster, client);
        drop(service.oneshot(request.expect("a request")).await);
    }
}

fn key(row: &Value) -> (String, u64) {
    let kind = row["kind"].as_str().unwrap_or_default().to_owned();
    (kind, row["id"].as_u64().unwrap_or_default())
}

fn path(kind: &str, id: u64) -> String {
    let folder = match kind {
        "cluster" => "/v4/lke/clusters",
        "firewall" => "/v4/networking/firewalls",
        "nodebalancer" => "/v4/nodebalancers",
        "volume" => "/v4/volumes",
        _ => "/v4/linode/instances",
    };
    format!("{folder}/{id}")
}

fn token_of(config: &Value) -> Option<String> {
    let text = config["kubeconfig"].as_str()?;
    let text = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()?;
    let text = String::from_utf8(text).ok()?;
    let token = text.split("token: ").nth(1)?.split('\n').next()?;
    Some(token.trim().to_owned())
}
