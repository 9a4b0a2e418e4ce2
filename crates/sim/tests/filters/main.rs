//! Thousands of filters, drawn by seed from the grammar of X-Filter and asked of several lists: the
//! demo cloud answers as a second reading of the grammar says. A seed that fails is printed with
//! its filter; `QUAYLIGHT_FULL` draws ten times as many.

#[path = "../cloud/support.rs"]
#[expect(dead_code, reason = "the other tests need more of it")]
mod support;

mod draw;
mod wish;

use draw::{Collection, Drawn, Source};
use quaylight_sim::Twin;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use support::User;

/// How many filters.
const SEEDS: u64 = 2_000;

const LISTS: &[Collection] = &[
    Collection {
        path: "/v4/linode/types",
        filterable: &[
            "class",
            "disk",
            "gpus",
            "label",
            "memory",
            "network_out",
            "transfer",
            "vcpus",
        ],
        unfilterable: &["price", "successor", "foo"],
    },
    Collection {
        path: "/v4/regions/availability",
        filterable: &["available", "plan", "region"],
        unfilterable: &["class", "foo"],
    },
    Collection {
        path: "/v4/lke/clusters",
        filterable: &["k8s_version", "label", "region", "tags", "tier"],
        unfilterable: &["status", "created", "control_plane.high_availability"],
    },
    Collection {
        path: "/v4/networking/firewalls",
        filterable: &["created", "id", "label", "tags", "updated"],
        unfilterable: &["status", "rules.inbound_policy"],
    },
    Collection {
        path: "/v4/volumes",
        filterable: &["label", "tags"],
        unfilterable: &["size", "region", "linode_id"],
    },
    Collection {
        path: "/v4/account/events",
        filterable: &[
            "action",
            "created",
            "entity.id",
            "entity.type",
            "id",
            "read",
        ],
        unfilterable: &["username", "entity", "entity.label"],
    },
    Collection {
        path: "/v4/linode/instances",
        filterable: &["group", "id", "image", "ipv4", "label", "region", "tags"],
        unfilterable: &["lke_cluster_id", "status"],
    },
];

/// An account with enough of everything to fill several pages.
async fn account() -> User {
    let twin: Twin = support::cloud(7);
    twin.demo("PUT", "/_demo/switches", &json!({"rate_limits": false}));
    twin.demo("POST", "/_demo/clock", &json!({"paused": true}));
    let mut user = User::new(&twin, "filters");
    let tags = [
        json!([]),
        json!(["gpu"]),
        json!(["Web", "gpu"]),
        json!(["other", "web"]),
    ];
    for nth in 0..40_usize {
        let (tags, region) = (&tags[nth % 4], ["us-ord", "de-fra-2", "us-sea"][nth % 3]);
        let version = ["1.34", "1.35"][nth % 2];
        let label = format!("thing-{}-{nth}", ["a", "b"][nth % 2]);
        let cluster = json!({
            "label": label, "region": region, "k8s_version": version,
            "tags": tags, "node_pools": [{"type": "g6-standard-1", "count": 1}],
        });
        let rules = json!({"inbound_policy": "DROP", "outbound_policy": "ACCEPT"});
        let firewall = json!({"label": label, "tags": tags, "rules": rules});
        let volume = json!({"label": label, "region": region, "tags": tags, "size": 10 + nth});
        for (path, body) in [
            ("/v4/lke/clusters", cluster),
            ("/v4/networking/firewalls", firewall),
            ("/v4/volumes", volume),
        ] {
            let made = user.ask("POST", path, body).await;
            assert_eq!(made.status, 200, "{}", made.text);
        }
        // Some things are of one moment, and some are not.
        let step = json!({"step_ms": 700 * (nth % 3)});
        twin.demo("POST", "/_demo/clock", &step);
    }
    twin.demo("POST", "/_demo/clock", &json!({"step_ms": 300_000}));
    user
}

/// All pages of a list, each as long as it should be; or the refusal.
async fn list(
    user: &mut User,
    path: &str,
    filter: Option<&str>,
    size: usize,
) -> Result<Vec<Value>, (u16, Value)> {
    let (mut rows, mut page) = (Vec::new(), 1);
    loop {
        if let Some(filter) = filter {
            user.filter(filter);
        }
        let said = user
            .get(&format!("{path}?page={page}&page_size={size}"))
            .await;
        if said.status != 200 {
            return Err((said.status, said.body));
        }
        let (results, pages) = (&said.body["results"], &said.body["pages"]);
        let data = said.body["data"].as_array().expect("rows").clone();
        let results = results.as_u64().expect("a count") as usize;
        assert_eq!(said.body["page"], page);
        assert_eq!(*pages, results.div_ceil(size).max(1));
        assert_eq!(data.len(), results.saturating_sub(rows.len()).min(size));
        rows.extend(data);
        if *pages == page {
            return Ok(rows);
        }
        page += 1;
    }
}

fn by_text(rows: &[Value]) -> Vec<String> {
    let mut texts: Vec<_> = rows.iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

/// Why an answer is not the one that the grammar has; `None` when it is.
fn difference(
    all: &[Value],
    drawn: &Drawn,
    got: &Result<Vec<Value>, (u16, Value)>,
) -> Option<String> {
    match (drawn, got) {
        (Drawn::Rows(wish, order, _), Ok(got)) => {
            let wished = all.iter().filter(|row| wish.admits(row));
            let wished: Vec<Value> = wished.cloned().collect();
            let right = match order {
                // Rows that are alike may stand in any order.
                Some((field, descending)) => {
                    by_text(got) == by_text(&wished) && wish::ordered(got, field, *descending)
                }
                None => *got == wished,
            };
            if right {
                return None;
            }
            let only = |one: &[Value], other: &[Value]| -> Value {
                let rows = one.iter().filter(|row| !other.contains(row));
                rows.cloned().collect()
            };
            let (more, less) = (only(got, &wished), only(&wished, got));
            Some(format!("too many {more}\ntoo few {less}\nor another order"))
        }
        (Drawn::Unfilterable(field, _), Err((400, body))) => {
            let reason = format!("Cannot filter on {field}");
            let recorded = json!({"errors": [{"reason": reason, "field": "X-Filter"}]});
            (*body != recorded).then(|| format!("answers {body}"))
        }
        (Drawn::Broken(_), Err((400, body))) => {
            (body["errors"][0]["field"] != "X-Filter").then(|| format!("answers {body}"))
        }
        (Drawn::Rows(..) | Drawn::Unfilterable(..) | Drawn::Broken(_), got) => {
            Some(format!("answers {got:?}"))
        }
    }
}

#[tokio::test]
async fn every_filter_of_the_grammar_is_answered_as_the_grammar_says() {
    let mut user = account().await;
    let mut lists = Vec::new();
    for of in LISTS {
        let rows = list(&mut user, of.path, None, 500).await.expect("rows");
        assert!(rows.len() > 20, "{} has {} rows", of.path, rows.len());
        lists.push((of, rows));
    }
    let full = std::env::var_os("QUAYLIGHT_FULL").is_some();
    let (mut some, mut none, mut refused) = (0, 0, 0);
    for seed in 0..if full { 10 * SEEDS } else { SEEDS } {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let (of, rows) = &lists[dice.random_range(0..lists.len())];
        let drawn = Source { of, rows }.draw(&mut dice);
        let text = match &drawn {
            Drawn::Rows(_, _, json) | Drawn::Unfilterable(_, json) => {
                Value::Object(json.clone()).to_string()
            }
            Drawn::Broken(text) => text.clone(),
        };
        let size = if rows.len() > 200 { 500 } else { 25 };
        let got = list(&mut user, of.path, Some(&text), size).await;
        match &got {
            Ok(got) if got.is_empty() => none += 1,
            Ok(_) => some += 1,
            Err(_) => refused += 1,
        }
        let why = difference(rows, &drawn, &got);
        assert_eq!(why, None, "seed {seed}: {} with X-Filter {text}", of.path);
    }
    let lists = LISTS.len();
    eprintln!("filters: {some} found rows, {none} found none, {refused} refused, {lists} lists");
    // A generator whose filters all miss would prove nothing.
    assert!(some > SEEDS / 4 && none > SEEDS / 20 && refused > SEEDS / 20);
}
