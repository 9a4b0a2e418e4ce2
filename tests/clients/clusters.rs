//! A cluster's life by linode-cli: made, read, changed, recycled and deleted.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use serde_json::{Value, json};

use crate::linode_cli::LinodeCli;

const NOT_YET: &str = "503 [] Cluster kubeconfig is not yet available. Please try again later.";

fn path(row: &Value) -> String {
    format!("/v4/lke/clusters/{}", row["id"])
}

/// Everything that linode-cli can do with a cluster.
pub(crate) async fn life(cli: &LinodeCli) -> Result<()> {
    let id = made(cli).await?;
    let own = format!("/v4/lke/clusters/{id}");
    ensure!(cli.refused(&format!("lke kubeconfig-view {id}")).await? == NOT_YET);
    cli.cloud.step(240).await?;
    let config = cli
        .same(
            &format!("lke kubeconfig-view {id}"),
            &format!("{own}/kubeconfig"),
        )
        .await?;
    let text = config[0]["kubeconfig"].as_str().context("a kubeconfig")?;
    let text = base64::engine::general_purpose::STANDARD.decode(text)?;
    let context = format!("current-context: lke{id}-ctx");
    ensure!(String::from_utf8(text)?.contains(&context));
    for (words, rest) in [
        ("api-endpoints-list", "api-endpoints"),
        ("cluster-dashboard-url", "dashboard"),
    ] {
        cli.same(&format!("lke {words} {id}"), &format!("{own}/{rest}"))
            .await?;
    }
    pools(cli, id).await?;
    access_list(cli, id).await?;
    secrets(cli, id).await?;

    let words = format!("lke cluster-update {id} --label renamed --k8s_version 1.35 --tags gpu");
    let changed = cli.changes(&words, path).await?;
    ensure!(changed["label"] == "renamed" && changed["k8s_version"] == "1.35");
    ensure!(changed["tags"] == json!(["gpu"]), "{changed}");
    let back = format!("lke cluster-update {id} --control_plane.high_availability false");
    let no = cli.refused(&back).await?;
    ensure!(
        no.starts_with("400 [control_plane.high_availability] "),
        "{no}"
    );

    cli.does(&format!("lke cluster-delete {id}")).await?;
    cli.cloud.step(60).await?;
    ensure!(
        cli.same("lke clusters-list", "/v4/lke/clusters")
            .await?
            .is_empty()
    );
    ensure!(cli.refused(&format!("lke cluster-view {id}")).await? == "404 [] Not found");
    let left = cli.cloud.demo("GET", "ledger", Value::Null).await?;
    ensure!(left["alive"] == json!([]), "{left}");
    Ok(())
}

async fn made(cli: &LinodeCli) -> Result<u64> {
    let words = "lke cluster-create --label by-hand --region us-ord --k8s_version 1.34 \
         --tags gpu --tags kubeflow \
         --control_plane.high_availability true --control_plane.acl.enabled true \
         --control_plane.acl.addresses.ipv4 203.0.113.7/32 \
         --node_pools.type g6-standard-2 --node_pools.count 2 \
         --node_pools.type g2-gpu-rtx4000a1-s --node_pools.count 1 \
         --node_pools.autoscaler.enabled true --node_pools.autoscaler.min 1 \
         --node_pools.autoscaler.max 5";
    let (taken, nowhere, no_version) = (
        words.replace("--region us-ord", "--region us-east"),
        words.replace("us-ord", "atlantis"),
        words.replace("1.34", "1.3"),
    );
    let row = cli.changes(words, path).await?;
    ensure!(row["status"] == "ready", "Linode says so at once: {row}");
    ensure!(row["control_plane"]["high_availability"] == true);
    ensure!(row["tags"] == json!(["gpu", "kubeflow"]));
    let unique = cli.refused(&taken).await?;
    ensure!(unique == "400 [label] Label must be unique", "{unique}");
    let other = |words: String| words.replace("by-hand", "other");
    let region = cli.refused(&other(nowhere)).await?;
    ensure!(region == "400 [region] region is not valid", "{region}");
    let version = cli.refused(&other(no_version)).await?;
    ensure!(
        version == "400 [k8s_version] k8s_version is not valid",
        "{version}"
    );
    let listed = cli.same("lke clusters-list", "/v4/lke/clusters").await?;
    ensure!(listed.len() == 1, "a refused command makes nothing");
    let id = row["id"].as_u64().context("the id of a cluster")?;
    cli.same(&format!("lke cluster-view {id}"), &path(&row))
        .await?;
    Ok(id)
}

async fn pools(cli: &LinodeCli, id: u64) -> Result<()> {
    let all = format!("/v4/lke/clusters/{id}/pools");
    let pools = cli.same(&format!("lke pools-list {id}"), &all).await?;
    ensure!(pools.len() == 2, "two pools were wanted: {pools:?}");
    let place = |row: &Value| format!("{all}/{}", row["id"]);
    let taint = r#"[{"key":"nvidia.com/gpu","value":"present","effect":"NoSchedule"}]"#;
    let words = format!(
        "lke pool-create {id} --type g6-standard-1 --count 1 --tags more \
         --labels {{\"tier\":\"web\"}} --taints {taint}"
    );
    let made = cli.changes(&words, place).await?;
    ensure!(made["labels"] == json!({"tier": "web"}) && made["taints"][0]["value"] == "present");
    let pool = &made["id"];
    let none = cli
        .refused(&format!("lke pool-update {id} {pool} --count 0"))
        .await?;
    ensure!(none == "400 [count] Must be 1-100", "{none}");
    let words = format!(
        "lke pool-update {id} {pool} --count 2 --autoscaler.enabled true --autoscaler.min 2 \
         --autoscaler.max 4"
    );
    let changed = cli.changes(&words, place).await?;
    ensure!(
        changed["count"] == 2 && changed["autoscaler"]["max"] == 4,
        "{changed}"
    );
    cli.cloud.step(240).await?;
    let row = cli
        .same(&format!("lke pool-view {id} {pool}"), &place(&made))
        .await?;
    ensure!(row[0]["nodes"][1]["status"] == "ready", "{row:?}");

    let node = |nth: usize| row[0]["nodes"][nth]["id"].as_str().unwrap_or("").to_owned();
    let first = cli
        .same(
            &format!("lke node-view {id} {}", node(0)),
            &format!("/v4/lke/clusters/{id}/nodes/{}", node(0)),
        )
        .await?;
    linodes(cli, &first[0]["instance_id"]).await?;
    cli.does(&format!("lke node-recycle {id} {}", node(0)))
        .await?;
    cli.does(&format!("lke node-delete {id} {}", node(1)))
        .await?;
    let less = cli.cloud.one(&place(&made)).await?;
    ensure!(
        less["count"] == 1 && less["autoscaler"]["min"] == 2,
        "{less}"
    );
    ensure!(
        less["nodes"][0]["id"] != node(0).as_str(),
        "recycling makes another node: {less}"
    );
    cli.does(&format!("lke pool-recycle {id} {pool}")).await?;
    let cycled = cli.cloud.one(&place(&made)).await?;
    ensure!(
        cycled["nodes"][0]["id"] != less["nodes"][0]["id"],
        "{cycled}"
    );
    cli.does(&format!("lke pool-delete {id} {pool}")).await?;
    cli.does(&format!("lke cluster-nodes-recycle {id}")).await?;
    ensure!(cli.same(&format!("lke pools-list {id}"), &all).await?.len() == 2);
    Ok(())
}

async fn linodes(cli: &LinodeCli, id: &Value) -> Result<()> {
    let own = format!("/v4/linode/instances/{id}");
    let all = cli.same("linodes list", "/v4/linode/instances").await?;
    let one = cli.same(&format!("linodes view {id}"), &own).await?;
    ensure!(all.len() == 5 && all.contains(&one[0]), "{all:?}");
    cli.same(
        &format!("linodes firewalls-list {id}"),
        &format!("{own}/firewalls"),
    )
    .await?;
    cli.same(&format!("linodes volumes {id}"), &format!("{own}/volumes"))
        .await?;
    Ok(())
}

async fn access_list(cli: &LinodeCli, id: u64) -> Result<()> {
    let own = format!("/v4/lke/clusters/{id}/control_plane_acl");
    let (view, words) = (
        format!("lke cluster-acl-view {id}"),
        format!("lke cluster-acl-update {id}"),
    );
    let first = cli.same(&view, &own).await?;
    ensure!(
        first[0]["acl"]["addresses"]["ipv4"] == json!(["203.0.113.7/32"]),
        "{first:?}"
    );
    let words = format!(
        "{words} --acl.enabled true --acl.addresses.ipv4 198.51.100.0/24 \
         --acl.addresses.ipv4 203.0.113.7 --acl.addresses.ipv6 2001:db8::1 --acl.revision-id mine"
    );
    let changed = cli.row(&words).await?;
    ensure!(
        changed["acl"]["addresses"]["ipv6"] == json!(["2001:db8::1/128"]),
        "{changed}"
    );
    ensure!(
        cli.cloud.one(&own).await?["acl"]["revision-id"] != "mine",
        "not yet enforced"
    );
    cli.cloud.step(15).await?;
    let enforced = cli.same(&view, &own).await?;
    ensure!(enforced[0]["acl"]["revision-id"] == "mine", "{enforced:?}");
    let odd = format!("lke cluster-acl-update {id} --acl.addresses.ipv4 somewhere");
    let no = cli.refused(&odd).await?;
    ensure!(no.starts_with("400 [acl.addresses.ipv4] "), "{no}");
    cli.does(&format!("lke cluster-acl-delete {id}")).await?;
    let open = cli.cloud.one(&own).await?;
    let wiped = json!({"ipv4": [], "ipv6": []});
    ensure!(
        open["acl"]["enabled"] == false && open["acl"]["addresses"] == wiped,
        "{open}"
    );
    Ok(())
}

async fn secrets(cli: &LinodeCli, id: u64) -> Result<()> {
    let view = format!("lke kubeconfig-view {id}");
    let old = cli.rows(&view).await?;
    cli.does(&format!("lke kubeconfig-delete {id}")).await?;
    ensure!(cli.refused(&view).await? == NOT_YET);
    cli.cloud.step(60).await?;
    let new = cli
        .same(&view, &format!("/v4/lke/clusters/{id}/kubeconfig"))
        .await?;
    ensure!(new != old, "a deleted kubeconfig does not come back");
    cli.does(&format!("lke service-token-delete {id}")).await?;
    cli.does(&format!(
        "lke regenerate {id} --kubeconfig true --servicetoken true"
    ))
    .await?;
    ensure!(cli.refused(&view).await? == NOT_YET);
    Ok(())
}
