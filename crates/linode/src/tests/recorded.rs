//! Every recorded reply of the live API that touches our endpoints is read by the real client.
//! The recordings lie beside the project and are not copied into it.

use super::scripted::{Stage, body, told};
use crate::Origin;
use crate::wire::{
    AccessListReply, AccountReply, ClusterReply, Device, FirewallReply, PoolReply, Profile,
};
use domain::inventory::{Cluster, Pool};
use domain::{ClusterId, FirewallId, InstanceId};
use engine::ports::Cloud as _;
use expect_test::expect;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Recording {
    interactions: Vec<Interaction>,
}

#[derive(Deserialize, Clone)]
struct Interaction {
    request: Asked,
    response: Answered,
}

#[derive(Deserialize, Clone)]
struct Asked {
    url: String,
    method: String,
}

#[derive(Deserialize, Clone)]
struct Answered {
    body: String,
    code: u16,
    headers: BTreeMap<String, Vec<String>>,
}

pub(crate) fn folder() -> Option<PathBuf> {
    let beside = "../../../shared/data/linode-api/recorded";
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "NOT RUN: the recorded replies of the live API are missing at {}",
        folder.display()
    );
    None
}

fn recordings() -> Option<Vec<(String, Vec<Interaction>)>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()?)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let yaml = files
        .iter()
        .filter(|path| path.extension().is_some_and(|ext| ext == "yaml"));
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let recording: Recording = serde_saphyr::from_str(&text).unwrap();
        (
            path.file_name().unwrap().to_string_lossy().into_owned(),
            recording.interactions,
        )
    };
    Some(yaml.map(read).collect())
}

/// A stage that gives one recorded answer to every request.
fn always(answered: &Answered) -> Stage {
    let answered = answered.clone();
    Stage::with(Origin::Linode, move |_| {
        let mut reply = http::Response::builder().status(answered.code);
        for (name, values) in &answered.headers {
            reply = reply.header(name, &values[0]);
        }
        Ok(reply.body(body(answered.body.clone())).unwrap())
    })
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why} in {text}"))
}

/// What the client makes of one recorded exchange; `None` when it never asks such a thing.
async fn read(method: &str, path: &[&str], answered: &Answered) -> Option<String> {
    let cloud = always(answered).cloud;
    let id = |text: &str| text.parse::<u64>().unwrap();
    let ok = answered.code == 200;
    let text = &answered.body;
    Some(match (method, path) {
        ("GET", ["account"]) => format!("{} characters", parsed::<AccountReply>(text).euuid.len()),
        ("GET", ["profile"]) => format!("restricted {}", parsed::<Profile>(text).restricted),
        ("GET", ["lke", "clusters"]) => told(&cloud.clusters().await.map(|all| all.len())),
        ("GET", ["lke", "clusters", c]) => {
            told(&cloud.cluster(ClusterId(id(c))).await.map(|one| one.label))
        }
        ("POST" | "PUT", ["lke", "clusters"] | ["lke", "clusters", _]) => {
            Cluster::from(parsed::<ClusterReply>(text)).label
        }
        ("DELETE", ["lke", "clusters", c]) => told(&cloud.delete_cluster(ClusterId(id(c))).await),
        ("GET", ["lke", "clusters", c, "kubeconfig"]) => {
            told(&cloud.kubeconfig(ClusterId(id(c))).await)
        }
        ("GET", ["lke", "clusters", c, "control_plane_acl"]) => {
            told(&cloud.access_list(ClusterId(id(c))).await)
        }
        ("PUT", ["lke", "clusters", _, "control_plane_acl"]) => {
            format!("{:?}", parsed::<AccessListReply>(text).read().unwrap())
        }
        ("GET", ["lke", "clusters", c, "pools"]) => {
            told(&cloud.pools(ClusterId(id(c))).await.map(|all| all.len()))
        }
        ("POST", ["lke", "clusters", _, "pools"])
        | ("GET" | "PUT", ["lke", "clusters", _, "pools", _])
            if ok =>
        {
            let pool = Pool::from(parsed::<PoolReply>(text));
            let placed = pool
                .nodes
                .iter()
                .filter(|node| node.instance.is_some())
                .count();
            let ready = pool.nodes.iter().filter(|node| node.ready).count();
            format!(
                "{} nodes, {placed} with a machine, {ready} ready",
                pool.nodes.len()
            )
        }
        ("DELETE", ["lke", "clusters", c, "pools", p]) => told(
            &cloud
                .delete_pool(ClusterId(id(c)), domain::PoolId(id(p)))
                .await,
        ),
        ("GET", ["linode", "instances", i]) => {
            let instance = cloud.instance(InstanceId(id(i))).await;
            told(&instance.map(|one| (one.status, one.instance_type, one.cluster.is_some())))
        }
        ("GET", ["networking", "firewalls"]) => told(&cloud.firewalls().await.map(|all| all.len())),
        ("GET" | "POST" | "PUT", ["networking", "firewalls"] | ["networking", "firewalls", _])
            if !matches!(path.last(), Some(&("rulesets" | "settings" | "templates"))) =>
        {
            format!(
                "{:?} behind it",
                parsed::<FirewallReply>(text).instances().unwrap().len()
            )
        }
        ("POST", ["networking", "firewalls", _, "devices"]) => {
            format!(
                "linode {}",
                parsed::<Device>(text).entity.instance().is_some()
            )
        }
        ("DELETE", ["networking", "firewalls", f]) => {
            told(&cloud.delete_firewall(FirewallId(id(f))).await)
        }
        ("GET", ["nodebalancers"]) => told(&cloud.nodebalancers().await.map(|all| all.len())),
        ("DELETE", ["nodebalancers", n]) => told(
            &cloud
                .delete_nodebalancer(domain::NodeBalancerId(id(n)))
                .await,
        ),
        ("GET", ["volumes"]) => told(&cloud.volumes().await.map(|all| all.len())),
        ("DELETE", ["volumes", v]) => told(&cloud.delete_volume(domain::VolumeId(id(v))).await),
        _ => return None,
    })
}

#[tokio::test]
async fn every_recorded_reply_of_our_endpoints_is_understood() {
    let Some(recordings) = recordings() else {
        return;
    };
    let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
    for (_, interactions) in recordings {
        for Interaction { request, response } in interactions {
            let Some(path) = request.url.strip_prefix("https://api.linode.com/v4") else {
                continue;
            };
            let path = path
                .strip_prefix("beta")
                .unwrap_or(path)
                .trim_start_matches('/');
            let path: Vec<&str> = path.split('?').next().unwrap().split('/').collect();
            if let Some(made) = read(&request.method, &path, &response).await {
                let shape = path.iter().map(|part| match part.parse::<u64>() {
                    Ok(_) => "N",
                    Err(_) => part,
                });
                let shape = shape.collect::<Vec<_>>().join("/");
                *seen
                    .entry((format!("{} {shape}", request.method), made))
                    .or_default() += 1;
            }
        }
    }
    let mut table = String::new();
    for ((asked, made), times) in seen {
        writeln!(table, "{asked} x {times}: {made}").unwrap();
    }
    expect![[r#"
        DELETE lke/clusters/N x 16: ()
        DELETE lke/clusters/N/pools/N x 7: ()
        DELETE networking/firewalls/N x 9: ()
        DELETE nodebalancers/N x 1: ()
        DELETE volumes/N x 1: ()
        GET account x 1: 35 characters
        GET linode/instances/N x 2: ("offline", "g6-standard-2", true)
        GET lke/clusters x 1: 3
        GET lke/clusters/N x 2: "go-lke-test-apl-enabled"
        GET lke/clusters/N x 1: "go-lke-test-found"
        GET lke/clusters/N x 1: "go-lke-test-kube-get"
        GET lke/clusters/N x 2: "go-test-def"
        GET lke/clusters/N x 1: NotFound read the cluster [404] said "Not found" refusal
        GET lke/clusters/N/control_plane_acl x 1: AccessList { enabled: false, addresses: [], revision: None }
        GET lke/clusters/N/control_plane_acl x 1: AccessList { enabled: true, addresses: [10.0.0.1/32, 1234::5678/128], revision: Some("92be28fe966846a18e9af955d0237c95") }
        GET lke/clusters/N/kubeconfig x 2: SecretBox<str>([REDACTED])
        GET lke/clusters/N/kubeconfig x 16: Unavailable read the kubeconfig [503] said "Cluster kubeconfig is not yet available. Please try again later."
        GET lke/clusters/N/pools x 1: 2
        GET lke/clusters/N/pools/N x 1: 0 nodes, 0 with a machine, 0 ready
        GET lke/clusters/N/pools/N x 1: 1 nodes, 1 with a machine, 0 ready
        GET lke/clusters/N/pools/N x 3: 2 nodes, 2 with a machine, 0 ready
        GET networking/firewalls x 1: 12
        GET networking/firewalls/N x 2: 0 behind it
        GET networking/firewalls/N x 1: 1 behind it
        GET nodebalancers x 1: 1
        GET profile x 1: restricted false
        GET volumes x 1: 20
        POST lke/clusters x 1: go-lke-test-apl-enabled
        POST lke/clusters x 5: go-lke-test-def
        POST lke/clusters x 1: go-lke-test-found
        POST lke/clusters x 1: go-lke-test-kube-get
        POST lke/clusters x 1: go-lke-test-list
        POST lke/clusters x 1: go-lke-test-recycle
        POST lke/clusters x 1: go-lke-test-update
        POST lke/clusters x 5: go-test-def
        POST lke/clusters/N/pools x 2: 0 nodes, 0 with a machine, 0 ready
        POST lke/clusters/N/pools x 5: 2 nodes, 1 with a machine, 0 ready
        POST networking/firewalls x 9: 0 behind it
        POST networking/firewalls/N/devices x 2: linode true
        PUT lke/clusters/N x 2: go-lke-test-update-updated
        PUT lke/clusters/N/control_plane_acl x 1: AccessList { enabled: true, addresses: [10.0.0.2/32], revision: Some("test-revision-id") }
        PUT lke/clusters/N/pools/N x 1: 0 nodes, 0 with a machine, 0 ready
        PUT networking/firewalls/N x 1: 0 behind it
    "#]].assert_eq(&table);
}

/// The recorded answers of one collection, by page; pages were 100 rows long.
fn pages(recordings: &[(String, Vec<Interaction>)], file: &str) -> Vec<serde_json::Value> {
    let found = recordings.iter().find(|(name, _)| name == file);
    let interactions = &found.unwrap().1;
    let mut by_page = BTreeMap::new();
    for one in interactions {
        if let Ok(page) = serde_json::from_str::<serde_json::Value>(&one.response.body) {
            by_page.entry(page["page"].as_u64()).or_insert(page);
        }
    }
    by_page.into_values().collect()
}

#[tokio::test]
async fn the_catalog_is_made_of_recorded_replies() {
    let Some(recordings) = recordings() else {
        return;
    };
    let files = [
        ("/v4/regions", "TestRegions_List.yaml"),
        (
            "/v4/regions/availability",
            "TestRegionsAvailability_List.yaml",
        ),
        ("/v4/linode/types", "TestTypes_List.yaml"),
        ("/v4/lke/versions", "TestLKEVersions_List.yaml"),
        ("/v4/lke/types", "TestLKEType_List.yaml"),
        ("/v4/nodebalancers/types", "TestNodeBalancerType_List.yaml"),
        ("/v4/volumes/types", "TestVolumeType_List.yaml"),
    ];
    let replies: BTreeMap<&str, Vec<serde_json::Value>> = files
        .iter()
        .map(|(path, file)| (*path, pages(&recordings, file)))
        .collect();
    let stage = Stage::with(Origin::Linode, move |request| {
        let page = request
            .uri()
            .query()
            .and_then(|query| query.strip_prefix("page="));
        let page: usize = page.unwrap().split('&').next().unwrap().parse().unwrap();
        let reply = &replies[request.uri().path()][page - 1];
        Ok(http::Response::new(body(reply.to_string())))
    });
    let catalog = stage.cloud.catalog().await.unwrap();
    let mut told = String::new();
    writeln!(
        told,
        "{} regions, {} types",
        catalog.regions.len(),
        catalog.types.len()
    )
    .unwrap();
    writeln!(told, "versions {:?}", catalog.versions).unwrap();
    writeln!(
        told,
        "ha {:?} {:?}",
        catalog.ha_price, catalog.ha_region_prices
    )
    .unwrap();
    writeln!(told, "nodebalancer {:?}", catalog.nodebalancer_price).unwrap();
    writeln!(told, "volume {:?}", catalog.volume_gb_price).unwrap();
    for id in ["g6-standard-2", "g1-gpu-rtx6000-1"] {
        writeln!(told, "{:?}", catalog.instance_type(id).unwrap()).unwrap();
        writeln!(told, "  in {:?}", catalog.regions_with(id)).unwrap();
    }
    writeln!(told, "{:?}", stage.cloud.calls()).unwrap();
    expect![[r#"
        34 regions, 37 types
        versions ["1.30", "1.29", "1.28"]
        ha Some(Price { hour: MicroUsd(90000), month: MicroUsd(60000000) }) [("id-cgk", Price { hour: MicroUsd(108000), month: MicroUsd(72000000) }), ("br-gru", Price { hour: MicroUsd(126000), month: MicroUsd(84000000) })]
        nodebalancer Some(Price { hour: MicroUsd(15000), month: MicroUsd(10000000) })
        volume Some(Price { hour: MicroUsd(150), month: MicroUsd(100000) })
        InstanceType { id: "g6-standard-2", label: "Linode 4GB", class: "standard", vcpus: 2, memory_mb: 4096, disk_mb: 81920, gpus: 0, price: Some(Price { hour: MicroUsd(36000), month: MicroUsd(24000000) }), region_prices: [("id-cgk", Price { hour: MicroUsd(43000), month: MicroUsd(28800000) }), ("br-gru", Price { hour: MicroUsd(50000), month: MicroUsd(33600000) })] }
          in ["au-mel", "es-mad", "in-maa", "jp-osa", "it-mil", "us-mia", "id-cgk", "us-lax", "gb-lon", "se-sto", "in-bom-2", "de-fra-2", "sg-sin-2", "jp-tyo-3", "no-osl-1", "us-iad-2", "fr-par-2", "nl-ams", "ap-west", "ca-central", "ap-southeast", "us-iad", "us-ord", "fr-par", "us-sea", "br-gru", "us-central", "ap-northeast", "eu-central", "ap-south", "eu-west", "us-east", "us-southeast", "us-west"]
        InstanceType { id: "g1-gpu-rtx6000-1", label: "Dedicated 32GB + RTX6000 GPU x1", class: "gpu", vcpus: 8, memory_mb: 32768, disk_mb: 655360, gpus: 1, price: Some(Price { hour: MicroUsd(1500000), month: MicroUsd(1000000000) }), region_prices: [] }
          in ["ap-west", "ap-south", "us-southeast"]
        Calls { catalog: 11, polls: 0, others: 0 }
    "#]].assert_eq(&told);
}
