//! Which fields a list can be filtered on: what the published descriptions mark, the twin accepts,
//! and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sim::{Options, Twin};
use tower::Service as _;

use crate::spec::placeholders;
use crate::{FOLDER, say};

/// Where something else than the descriptions holds, and why: endpoint, field, whether it is
/// filterable.
const OTHERWISE: &[(&str, &str, bool)] = &[
    // Linodes cannot be found by their cluster: known from use.
    ("/linode/instances", "lke_cluster_id", false),
];

/// Lists whose marks are those of the objects inside of their rows, not of the rows.
const OF_OTHERS: &[&str] = &["/tags/{id}"];

/// Marked and shown fields by list, without the version and with `{id}` for what names one thing.
#[derive(Default)]
struct Marks {
    marked: BTreeSet<String>,
    shown: BTreeSet<String>,
}

type Lists = BTreeMap<String, Marks>;

fn collect(schema: &Value, at: &str, marks: &mut Marks) {
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if at.is_empty() {
            name.clone()
        } else {
            format!("{at}.{name}")
        };
        let says = inner["description"].as_str().unwrap_or("");
        if inner["x-linode-filterable"] == true || says.contains("__Filterable__") {
            marks.marked.insert(path.clone());
        }
        marks.shown.insert(path.clone());
        collect(inner, &path, marks);
    }
    for several in ["allOf", "anyOf", "oneOf"] {
        for one in schema[several].as_array().into_iter().flatten() {
            collect(one, at, marks);
        }
    }
}

fn read(folder: &Path) -> Lists {
    let open = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.join(name)).expect("a readable description");
        serde_json::from_str(&text).expect("JSON")
    };
    let mut lists = Lists::new();
    let openapi = open("openapi-4.208.1.json");
    for (path, operations) in openapi["paths"].as_object().into_iter().flatten() {
        let reply = &operations["get"]["responses"]["200"]["content"]["application/json"];
        let rows = &reply["schema"]["properties"]["data"]["items"];
        if rows.is_object() {
            let marks = lists.entry(placeholders(path)).or_default();
            collect(rows, "", marks);
        }
    }
    let operations = open("operations-4.229.1.json");
    let groups = operations.as_object().into_iter().flatten();
    for (_, operation) in groups.filter_map(|(_, group)| group.as_object()).flatten() {
        let model = &operation["response_model"];
        if operation["method"] != "get" || model["is_paginated"] != true {
            continue;
        }
        let path = operation["url_path"].as_str().unwrap_or("");
        let path = path.strip_prefix("/{apiVersion}").unwrap_or(path);
        let marks = lists.entry(placeholders(path)).or_default();
        for field in model["attrs"].as_array().into_iter().flatten() {
            let name = field["name"].as_str().unwrap_or("").to_owned();
            if field["filterable"] == true {
                marks.marked.insert(name.clone());
            }
            marks.shown.insert(name);
        }
    }
    lists
}

struct Cloud {
    twin: Twin,
}

impl Cloud {
    async fn ask(&self, method: &str, path: &str, filter: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("/v4beta{path}"))
            .header("authorization", "Bearer contract")
            .header("x-filter", filter)
            .body(body)
            .expect("a request");
        let reply = self.twin.service().call(request).await.expect("a reply");
        let status = reply.status().as_u16();
        let body = reply.into_body().collect().await.expect("a whole reply");
        let body = serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null);
        (status, body)
    }

    /// A cloud with one of each, and their ids by the words before them in a path.
    async fn with_one_of_each() -> (Self, BTreeMap<&'static str, String>) {
        let start = "2026-11-23T10:00:00Z".parse().ok();
        let options = Options {
            start,
            ..Options::default()
        };
        let twin = Twin::new(options).expect("a new cloud");
        let cloud = Self { twin };
        let quick = json!({"latency_permille": 0, "rate_limits": false});
        cloud.twin.demo("PUT", "/_demo/switches", &quick);
        let rules = json!({
            "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT",
        });
        let pools = json!([{"type": "g6-standard-2", "count": 1}]);
        let mut ids = BTreeMap::from([("tiers", "standard".to_owned())]);
        for (word, path, body) in [
            (
                "clusters",
                "/lke/clusters",
                json!({"region": "us-ord", "k8s_version": "1.35", "node_pools": pools}),
            ),
            (
                "firewalls",
                "/networking/firewalls",
                json!({"rules": rules}),
            ),
            (
                "nodebalancers",
                "/nodebalancers",
                json!({"region": "us-ord"}),
            ),
            (
                "volumes",
                "/volumes",
                json!({"region": "us-ord", "tags": ["data"]}),
            ),
        ] {
            let mut body = body;
            body["label"] = json!("one");
            if word == "firewalls" {
                body["label"] = json!("wall");
            }
            if word == "nodebalancers" {
                body["label"] = json!("door");
            }
            let (status, made) = cloud.ask("POST", path, "", &body).await;
            assert_eq!(status, 200, "{made}");
            ids.insert(word, made["id"].to_string());
        }
        let (_, linodes) = cloud
            .ask("GET", "/linode/instances", "", &Value::Null)
            .await;
        ids.insert("instances", linodes["data"][0]["id"].to_string());
        // A month later there is an invoice.
        let step = json!({"step_ms": 31_i64 * 24 * 3600 * 1000});
        cloud.twin.demo("POST", "/_demo/clock", &step);
        let (_, invoices) = cloud
            .ask("GET", "/account/invoices", "", &Value::Null)
            .await;
        ids.insert("invoices", invoices["data"][0]["id"].to_string());
        (cloud, ids)
    }
}

/// The path with an id in each place, if the twin has such things.
fn filled(path: &str, ids: &BTreeMap<&str, String>) -> Option<String> {
    let mut before = "";
    let mut out = Vec::new();
    for segment in path.split('/') {
        out.push(match segment {
            "{id}" => ids.get(before)?.clone(),
            word => word.to_owned(),
        });
        before = segment;
    }
    Some(out.join("/"))
}

#[tokio::test(start_paused = true)]
async fn a_list_is_filtered_on_what_the_descriptions_mark() {
    let folder = Path::new(FOLDER);
    if !folder.join("openapi-4.208.1.json").is_file() {
        say("NOT RUN: filterable fields; there is no ../shared/data/linode-api");
        return;
    }
    let (cloud, ids) = Cloud::with_one_of_each().await;
    let (mut lists, mut fields, mut wrong) = (0, 0, Vec::new());
    for (list, marks) in read(folder) {
        let Some(path) = filled(&list, &ids).filter(|_| !OF_OTHERS.contains(&list.as_str())) else {
            continue;
        };
        let (status, _) = cloud.ask("GET", &path, "", &Value::Null).await;
        if status == 404 {
            continue;
        }
        assert_eq!(status, 200, "{path}");
        lists += 1;
        let own = OTHERWISE.iter().filter(|(of, ..)| *of == list);
        let own: BTreeMap<&str, bool> = own.map(|(_, field, may)| (*field, *may)).collect();
        for field in marks
            .shown
            .iter()
            .map(String::as_str)
            .chain(own.keys().copied())
        {
            let may = own.get(field).copied();
            let may = may.unwrap_or_else(|| marks.marked.contains(field));
            let filter = json!({ field: "x" }).to_string();
            let (status, said) = cloud.ask("GET", &path, &filter, &Value::Null).await;
            fields += 1;
            // The refusal is recorded.
            let refusal = json!({"errors": [
                {"reason": format!("Cannot filter on {field}"), "field": "X-Filter"},
            ]});
            let fine = if may { status == 200 } else { said == refusal };
            if !fine {
                wrong.push(format!(
                    "{list} {field}: filterable {may}, twin {status} {said}"
                ));
            }
        }
    }
    say(&format!("filterable: {fields} fields of {lists} lists"));
    assert!(lists >= 20, "only {lists} lists were asked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
