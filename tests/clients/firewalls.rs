//! Firewalls, NodeBalancers, volumes and events by linode-cli.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::linode_cli::LinodeCli;

/// Everything that linode-cli can do with a firewall, on a Linode of a pool.
pub(crate) async fn firewalls(cli: &LinodeCli) -> Result<()> {
    let cluster = "lke cluster-create --label guarded --region us-ord --k8s_version 1.34 \
                   --node_pools.type g6-standard-2 --node_pools.count 1";
    cli.row(cluster).await?;
    cli.cloud.step(60).await?;
    let linode = cli.cloud.one("/v4/linode/instances").await?["id"].clone();
    let place = |row: &Value| format!("/v4/networking/firewalls/{}", row["id"]);
    let inbound = json!([{
        "action": "ACCEPT", "protocol": "TCP", "ports": "443", "label": "web",
        "addresses": {"ipv4": ["203.0.113.7/32"], "ipv6": ["2001:db8::/32"]},
    }]);
    let words = format!(
        "firewalls create --label wall --rules.inbound {inbound} --rules.inbound_policy DROP \
         --rules.outbound_policy ACCEPT --tags gpu"
    );
    let made = cli.changes(&words, place).await?;
    ensure!(
        made["rules"]["inbound"][0]["addresses"]["ipv4"][0] == "203.0.113.7/32",
        "{made}"
    );
    let (id, own) = (&made["id"], place(&made));
    let twice = cli.refused(&words).await?;
    ensure!(twice == "400 [label] Label must be unique", "{twice}");
    let short = cli.refused(&words.replace("label wall", "label w")).await?;
    ensure!(
        short == "400 [label] Length must be 3-32 characters",
        "{short}"
    );
    cli.same("firewalls list", "/v4/networking/firewalls")
        .await?;
    cli.same(&format!("firewalls view {id}"), &own).await?;

    let more = json!([{
        "action": "ACCEPT", "protocol": "UDP", "ports": "51820", "label": "wireguard",
        "addresses": {"ipv4": ["192.168.128.0/17"]},
    }, {
        "action": "ACCEPT", "protocol": "IPENCAP", "label": "ipencap",
        "addresses": {"ipv4": ["192.168.128.0/17"]},
    }]);
    let words = format!(
        "firewalls rules-update {id} --inbound {more} --inbound_policy DROP --outbound [] \
         --outbound_policy ACCEPT"
    );
    let rules = cli.changes(&words, |_| format!("{own}/rules")).await?;
    ensure!(rules["inbound"][1]["protocol"] == "IPENCAP", "{rules}");
    cli.same(
        &format!("firewalls rules-list {id}"),
        &format!("{own}/rules"),
    )
    .await?;
    let odd = format!(
        "firewalls rules-update {id} --inbound {} --inbound_policy DROP --outbound_policy ACCEPT",
        more.to_string().replace("51820", "70000")
    );
    let no = cli.refused(&odd).await?;
    ensure!(no.starts_with("400 [") && no.contains("ports"), "{no}");

    let devices = format!("{own}/devices");
    let device = |row: &Value| format!("{devices}/{}", row["id"]);
    let words = format!("firewalls device-create {id} --id {linode} --type linode");
    let put = cli.changes(&words, device).await?;
    ensure!(put["entity"]["id"] == linode, "{put}");
    let busy = cli.refused(&words).await?;
    ensure!(
        busy.starts_with("400 [id] "),
        "one enabled firewall for a Linode: {busy}"
    );
    cli.same(&format!("firewalls devices-list {id}"), &devices)
        .await?;
    cli.same(
        &format!("firewalls device-view {id} {}", put["id"]),
        &device(&put),
    )
    .await?;
    let guards = cli
        .same(
            &format!("linodes firewalls-list {linode}"),
            &format!("/v4/linode/instances/{linode}/firewalls"),
        )
        .await?;
    ensure!(guards[0]["id"] == *id, "{guards:?}");
    cli.does(&format!("firewalls device-delete {id} {}", put["id"]))
        .await?;
    ensure!(cli.cloud.all(&devices, None).await?.is_empty());

    let words = format!("firewalls update {id} --status disabled --label parted");
    let changed = cli.changes(&words, place).await?;
    ensure!(
        changed["status"] == "disabled" && changed["label"] == "parted",
        "{changed}"
    );
    cli.does(&format!("firewalls delete {id}")).await?;
    ensure!(cli.refused(&format!("firewalls view {id}")).await? == "404 [] Not found");
    defaults(cli).await
}

async fn defaults(cli: &LinodeCli) -> Result<()> {
    let own = "/v4/networking/firewalls/settings";
    cli.same("firewalls firewall-settings-list", own).await?;
    let templates = "/v4/networking/firewalls/templates";
    cli.same("firewalls templates-list", templates).await?;
    cli.same("firewalls template-view vpc", &format!("{templates}/vpc"))
        .await?;
    Ok(())
}

/// Volumes, NodeBalancers, and the events that all of it left.
pub(crate) async fn children(cli: &LinodeCli) -> Result<()> {
    let place = |row: &Value| format!("/v4/volumes/{}", row["id"]);
    let words = "volumes create --label data --region us-ord --size 40 --tags gpu --tags own";
    let volume = cli.changes(words, place).await?;
    ensure!(
        volume["size"] == 40 && volume["region"] == "us-ord",
        "{volume}"
    );
    let small = cli.refused(&words.replace("40", "4")).await?;
    ensure!(small == "400 [size] Must be 10-16384", "{small}");
    cli.row("volumes create --label other --region us-ord")
        .await?;
    ensure!(cli.same("volumes list", "/v4/volumes").await?.len() == 2);
    let filter = json!({"label": "data"});
    let found = cli
        .filtered("volumes list --label data", "/v4/volumes", &filter)
        .await?;
    ensure!(found.len() == 1, "{found:?}");
    // Several flags of one list become an `+and`.
    let filter = json!({"+and": [{"tags": "gpu"}, {"tags": "own"}]});
    let words = "volumes list --tags gpu --tags own";
    let found = cli.filtered(words, "/v4/volumes", &filter).await?;
    ensure!(found.len() == 1, "{found:?}");
    let id = &volume["id"];
    cli.same(&format!("volumes view {id}"), &place(&volume))
        .await?;
    cli.does(&format!("volumes delete {id}")).await?;
    let gone = cli.refused(&format!("volumes delete {id}")).await?;
    ensure!(gone == "404 [] Not found", "{gone}");

    let place = |row: &Value| format!("/v4/nodebalancers/{}", row["id"]);
    let words = "nodebalancers create --region us-ord --label front --tags gpu";
    let front = cli.changes(words, place).await?;
    let id = &front["id"];
    cli.same("nodebalancers list", "/v4/nodebalancers").await?;
    cli.same(&format!("nodebalancers view {id}"), &place(&front))
        .await?;
    cli.does(&format!("nodebalancers delete {id}")).await?;
    ensure!(
        cli.same("nodebalancers list", "/v4/nodebalancers")
            .await?
            .is_empty()
    );
    events(cli).await
}

async fn events(cli: &LinodeCli) -> Result<()> {
    let all = cli.same("events list", "/v4/account/events").await?;
    let last = all.first().context("an event")?;
    let id = &last["id"];
    cli.same(
        &format!("events view {id}"),
        &format!("/v4/account/events/{id}"),
    )
    .await?;
    let filter = json!({"action": "volume_create", "+order_by": "id", "+order": "desc"});
    let words = "events list --action volume_create --order-by id --order desc";
    let made = cli.filtered(words, "/v4/account/events", &filter).await?;
    ensure!(made.len() == 2, "two volumes were made: {made:?}");
    ensure!(made[0]["id"].as_u64() > made[1]["id"].as_u64(), "{made:?}");
    Ok(())
}
