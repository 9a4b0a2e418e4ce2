//! What is wrong with a request's body, and how the API says so: one table per kind of body.

mod clusters;
mod others;

use std::fmt::Write as _;

use expect_test::Expect;
use serde_json::{Value, json};

use crate::support::{User, cloud};

/// A cloud with a cluster, a firewall and a volume, and the bodies that are accepted there.
struct Desk {
    user: User,
    cluster: String,
    pool: String,
    firewall: String,
}

fn good_pool() -> Value {
    json!({"type": "g6-standard-2", "count": 1})
}

fn good_cluster() -> Value {
    json!({
        "label": "new", "region": "us-ord", "k8s_version": "1.34", "node_pools": [good_pool()],
    })
}

fn good_firewall() -> Value {
    let rule = json!({
        "action": "ACCEPT", "protocol": "TCP", "ports": "22", "label": "ssh",
        "addresses": {"ipv4": ["192.0.2.0/24"]},
    });
    json!({"label": "wall", "rules": {
        "inbound": [rule], "inbound_policy": "DROP", "outbound_policy": "ACCEPT",
    }})
}

impl Desk {
    async fn new() -> Self {
        let mut user = User::new(&cloud(1), "t");
        let mut wanted = good_cluster();
        wanted["label"] = json!("taken");
        let cluster = user.ask("POST", "/v4/lke/clusters", wanted).await.body;
        let cluster = format!("/v4/lke/clusters/{}", cluster["id"]);
        let pools = user.get(&format!("{cluster}/pools")).await.body;
        let pool = format!("{cluster}/pools/{}", pools["data"][0]["id"]);
        let path = "/v4/networking/firewalls";
        let mut wanted = good_firewall();
        wanted["label"] = json!("taken");
        let firewall = user.ask("POST", path, wanted).await.body;
        let firewall = format!("{path}/{}", firewall["id"]);
        Self {
            user,
            cluster,
            pool,
            firewall,
        }
    }

    /// What the API says to this body: `400 field: reason`, all errors of the reply.
    async fn said(&mut self, method: &str, path: &str, body: &Value) -> String {
        let said = self.user.ask(method, path, body.clone()).await;
        let error = |error: &Value| {
            let reason = error["reason"].as_str().expect("a reason");
            match error["field"].as_str() {
                Some(field) => format!("{field}: {reason}"),
                None => reason.to_owned(),
            }
        };
        let errors = said.body["errors"].as_array().cloned().unwrap_or_default();
        let errors: Vec<String> = errors.iter().map(error).collect();
        format!("{} {}", said.status, errors.join(" | "))
    }

    /// Each row: where in a good body which value, and what the API says to that.
    async fn check(
        &mut self,
        (method, path): (&str, &str),
        good: &Value,
        rows: &[(&str, Value)],
        expected: Expect,
    ) {
        let mut lines = String::new();
        for (pointer, value) in rows {
            let mut body = good.clone();
            put(&mut body, pointer, value.clone());
            let said = self.said(method, path, &body).await;
            let mut value = value.to_string();
            value.truncate(60);
            writeln!(lines, "{pointer} = {value} -> {said}").expect("writing to memory");
        }
        expected.assert_eq(&lines);
    }
}

/// Puts a value at `a.0.b`, and makes what is missing above it. The empty path is the whole.
fn put(body: &mut Value, path: &str, value: Value) {
    let mut at = body;
    for name in path.split('.').filter(|name| !name.is_empty()) {
        at = match name.parse::<usize>() {
            Ok(nth) if at.is_array() => &mut at[nth],
            _ => &mut at[name],
        };
    }
    *at = value;
}
