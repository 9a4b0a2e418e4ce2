//! A recording asked of a demo cloud again: the account that it presumes, its ids, and time.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sim::{Options, Twin};
use tower::Service as _;

use crate::recording::{Exchange, Recording, template};
use crate::shape::Shape;
use crate::spec::Spec;

/// Endpoints that the twin does not have, because the app never asks there.
const ABSENT: &[(&str, &str)] = &[
    (
        "GET /images",
        "pools bring their own image; the filter's refusal is tested in sim",
    ),
    (
        "POST /linode/instances",
        "Linodes are made by pools; one of a pool stands in for it",
    ),
    (
        "POST /linode/instances/{id}/configs",
        "a Linode's boot profiles",
    ),
    ("POST /networking/firewalls/rulesets", "shared rule sets"),
    ("GET /networking/firewalls/rulesets", "shared rule sets"),
    (
        "GET /networking/firewalls/rulesets/{id}",
        "shared rule sets",
    ),
    (
        "PUT /networking/firewalls/rulesets/{id}",
        "shared rule sets",
    ),
    (
        "DELETE /networking/firewalls/rulesets/{id}",
        "shared rule sets",
    ),
    (
        "POST /vpcs",
        "a cluster of the standard tier has its own network",
    ),
    (
        "DELETE /vpcs/{id}",
        "a cluster of the standard tier has its own network",
    ),
];

/// Words of the recorded account for which the twin's account has another.
const WORDS: &[(&str, &str)] = &[
    // The event of an endpoint that is left out; a Linode's own birth stands in for it.
    ("linode_config_create", "linode_create"),
];

/// Any seed will do; one is enough.
const SEED: u64 = 3;

/// How long the twin may take to reach a recorded status, in demo seconds.
const PATIENCE_SECONDS: u32 = 600;

/// How an exchange went.
pub(crate) enum Outcome {
    Same,
    Different(Vec<String>),
    /// The endpoint is left out, and why.
    Absent(&'static str),
}

/// A demo cloud that is asked what a recording asked.
pub(crate) struct Replay {
    twin: Twin,
    /// The twin's ids and words by the recorded ones.
    ids: BTreeMap<String, Value>,
    standard: Vec<String>,
    enterprise: Vec<String>,
}

struct Said {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

/// Headers of a connection and of the servers in between, not of the API.
const OF_THE_WAY: &[&str] = &[
    "akamai-internal-account",
    "connection",
    "content-length",
    "expires",
    "server",
];

impl Replay {
    /// A demo cloud with what the recording presumes.
    pub(crate) async fn begin(recording: &Recording) -> Self {
        let start = "2026-11-23T10:00:00Z".parse().ok();
        let options = Options {
            seed: SEED,
            start,
            ..Options::default()
        };
        let words = WORDS
            .iter()
            .map(|(from, to)| ((*from).to_owned(), json!(to)));
        let mut replay = Self {
            twin: Twin::new(options).expect("a new cloud"),
            ids: words.collect(),
            standard: Vec::new(),
            enterprise: Vec::new(),
        };
        replay.standard = replay.versions("standard").await;
        replay.enterprise = replay.versions("enterprise").await;
        replay.presume(&recording.name).await;
        replay
    }

    async fn versions(&self, tier: &str) -> Vec<String> {
        let said = self
            .ask(
                "GET",
                &format!("/lke/tiers/{tier}/versions"),
                None,
                &Value::Null,
            )
            .await;
        let rows = said.body["data"].as_array().cloned().unwrap_or_default();
        let id = |row: &Value| row["id"].as_str().unwrap_or("").to_owned();
        rows.iter().map(id).collect()
    }

    /// Lists show what others of the recorded account had made before.
    async fn presume(&mut self, recording: &str) {
        if recording == "TestFirewalls_List" {
            let linode = self.linode("us-ord").await;
            let open = json!({"ipv4": ["0.0.0.0/0"], "ipv6": ["::/0"]});
            let rule = json!({
                "action": "ACCEPT", "label": "ssh", "description": "for everyone",
                "protocol": "TCP", "ports": "22", "addresses": open,
            });
            let body = json!({
                "label": "of-someone-else",
                "rules": {
                    "inbound": [rule.clone()], "inbound_policy": "DROP",
                    "outbound": [rule], "outbound_policy": "ACCEPT",
                },
                "devices": {"linodes": [linode]},
            });
            let said = self.ask("POST", "/networking/firewalls", None, &body).await;
            assert_eq!(said.status, 200, "{}", said.body);
        }
    }

    /// A Linode in `region`, made the only way there is: as a pool's node.
    async fn linode(&self, region: &str) -> u64 {
        let body = json!({
            "label": "stands-in", "region": region, "k8s_version": self.standard[0],
            "node_pools": [{"type": "g6-standard-2", "count": 1}],
        });
        let made = self.ask("POST", "/lke/clusters", None, &body).await;
        assert_eq!(made.status, 200, "{}", made.body);
        for _ in 0..PATIENCE_SECONDS {
            let all = self
                .ask("GET", "/linode/instances", None, &Value::Null)
                .await;
            if let Some(id) = all.body["data"][0]["id"].as_u64() {
                return id;
            }
            self.step(1);
        }
        panic!("a pool of the demo cloud never got its Linode");
    }

    /// Asks what was recorded, and compares.
    pub(crate) async fn next(&mut self, spec: &Spec, exchange: &Exchange) -> Outcome {
        if exchange.path.starts_with("https:") {
            return Outcome::Absent("a cluster's own Kubernetes API, not Linode's");
        }
        let endpoint = format!("{} {}", exchange.method, template(&exchange.path));
        if let Some((_, why)) = ABSENT.iter().find(|(absent, _)| *absent == endpoint) {
            if let (Some(id), Some(region)) = (
                exchange.reply["id"].as_u64(),
                exchange.sent["region"].as_str(),
            ) && endpoint == "POST /linode/instances"
            {
                let linode = self.linode(region).await;
                self.ids.insert(id.to_string(), json!(linode));
            }
            return Outcome::Absent(why);
        }
        let said = self.ask_until(exchange).await;
        self.learn(&exchange.reply, &said.body);
        let why = compare(spec, exchange, &said);
        if why.is_empty() {
            Outcome::Same
        } else {
            Outcome::Different(why)
        }
    }

    /// Asks; where the recorded client had polled long enough, time passes until the twin is there.
    async fn ask_until(&self, exchange: &Exchange) -> Said {
        let (path, sent) = (self.own_path(&exchange.path), self.own(&exchange.sent));
        let path = match exchange.query.as_str() {
            "" => path,
            query => format!("{path}?{query}"),
        };
        let filter = exchange.filter.as_ref().map(|text| {
            let filter = serde_json::from_str(text).expect("a filter that is JSON");
            self.own(&filter).to_string()
        });
        for _ in 0..PATIENCE_SECONDS {
            let filter = filter.as_deref();
            let said = self.ask(&exchange.method, &path, filter, &sent).await;
            let not_there = said.status == 503 && exchange.status != 503;
            let reads = exchange.method == "GET";
            if !(not_there || reads && lacks_linode(&exchange.reply, &said.body)) {
                return said;
            }
            self.step(1);
        }
        self.ask(&exchange.method, &path, filter.as_deref(), &sent)
            .await
    }

    fn step(&self, seconds: u32) {
        let step = json!({"step_ms": seconds * 1000});
        let (status, _) = self.twin.demo("POST", "/_demo/clock", &step);
        assert_eq!(status, 200);
    }

    async fn ask(&self, method: &str, path: &str, filter: Option<&str>, sent: &Value) -> Said {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/v4beta{path}"))
            .header("authorization", "Bearer contract");
        if let Some(filter) = filter {
            request = request.header("x-filter", filter);
        }
        let body = if sent.is_null() {
            Bytes::new()
        } else {
            Bytes::from(sent.to_string())
        };
        let request = request.body(body).expect("a request");
        let reply = self.twin.service().call(request).await.expect("a reply");
        let status = reply.status().as_u16();
        let headers = reply.headers().clone();
        let body = reply.into_body().collect().await.expect("a whole reply");
        let body = serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null);
        Said {
            status,
            headers,
            body,
        }
    }

    /// The same with the twin's ids and versions.
    fn own(&self, value: &Value) -> Value {
        match value {
            Value::Array(rows) => rows.iter().map(|row| self.own(row)).collect(),
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| (name.clone(), self.own(value));
                Value::Object(fields.iter().map(field).collect())
            }
            Value::Number(number) => self.ids.get(&number.to_string()).unwrap_or(value).clone(),
            Value::String(text) => match self.ids.get(text) {
                Some(own) => own.clone(),
                None => json!(self.own_version(text)),
            },
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    fn own_path(&self, path: &str) -> String {
        let own = |segment: &str| match self.ids.get(segment) {
            Some(Value::String(own)) => own.clone(),
            Some(own) => own.to_string(),
            None => self.own_version(segment),
        };
        path.split('/').map(own).collect::<Vec<_>>().join("/")
    }

    /// Versions come and go: one that the twin's catalog no longer has becomes its newest.
    fn own_version(&self, text: &str) -> String {
        let numbers = text.strip_prefix('v').unwrap_or(text);
        let minor = numbers.strip_prefix("1.").unwrap_or("x");
        let mut rest = minor.trim_start_matches(|c: char| c.is_ascii_digit());
        let offered = if text.starts_with('v') {
            rest = rest.split_once("+lke").map_or("x", |_| "");
            &self.enterprise
        } else {
            &self.standard
        };
        let is_version = rest.is_empty() && minor.starts_with(|c: char| c.is_ascii_digit());
        match offered.first() {
            Some(newest) if is_version && !offered.iter().any(|one| one == text) => newest.clone(),
            _ => text.to_owned(),
        }
    }

    /// Remembers the twin's ids for those of the recorded reply.
    fn learn(&mut self, recorded: &Value, twin: &Value) {
        match (recorded, twin) {
            (Value::Array(recorded), Value::Array(twin)) => {
                for (recorded, twin) in recorded.iter().zip(twin) {
                    self.learn(recorded, twin);
                }
            }
            (Value::Object(recorded), Value::Object(twin)) => {
                for (name, recorded) in recorded {
                    let twin = twin.get(name).unwrap_or(&Value::Null);
                    if name == "id" || name.ends_with("_id") {
                        self.learn_id(recorded, twin);
                    } else {
                        self.learn(recorded, twin);
                    }
                }
            }
            _ => {}
        }
    }

    fn learn_id(&mut self, recorded: &Value, twin: &Value) {
        // Ids of things are numbers, those of nodes `<pool>-<12 hex>`; catalog ids stay.
        let known = recorded
            .as_str()
            .map_or(recorded.to_string(), str::to_owned);
        let (pool, hex) = known.split_once('-').unwrap_or((&known, "000000000000"));
        if hex.len() != 12 || !pool.chars().all(|c| c.is_ascii_digit()) {
            return;
        }
        if !twin.is_null() {
            self.ids.entry(known).or_insert_with(|| twin.clone());
        }
    }
}

fn compare(spec: &Spec, exchange: &Exchange, said: &Said) -> Vec<String> {
    if said.status != exchange.status {
        return vec![format!(
            "{} {}, recorded {}",
            said.status, said.body, exchange.status
        )];
    }
    let missing = |name: &&String| {
        !OF_THE_WAY.contains(&name.as_str()) && !said.headers.contains_key(name.as_str())
    };
    if let Some(name) = exchange.headers.iter().find(missing) {
        return vec![format!("the header {name} is missing")];
    }
    if exchange.status >= 400 && said.body != exchange.reply {
        return vec![format!("{}, recorded {}", said.body, exchange.reply)];
    }
    let known = |field: &str| spec.knows(&exchange.method, &exchange.path, field);
    Shape::of(&exchange.reply).differences(&Shape::of(&said.body), "", &known)
}

/// Whether a node whose Linode was recorded has none yet.
fn lacks_linode(recorded: &Value, twin: &Value) -> bool {
    match (recorded, twin) {
        (Value::Array(recorded), Value::Array(twin)) => {
            let mut pairs = recorded.iter().zip(twin);
            pairs.any(|(recorded, twin)| lacks_linode(recorded, twin))
        }
        (Value::Object(recorded), Value::Object(twin)) => {
            recorded.iter().any(|(name, recorded)| {
                let twin = twin.get(name).unwrap_or(&Value::Null);
                (name == "instance_id" && recorded.is_u64() && twin.is_null())
                    || lacks_linode(recorded, twin)
            })
        }
        _ => false,
    }
}
