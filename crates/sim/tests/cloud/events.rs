//! What the account's events tell: which action, about what, by whom, and how far it is.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud, made_token, reference};

/// The events since the last look, oldest first, without ids.
async fn news(user: &mut User, last: &mut u64) -> Vec<String> {
    let after = format!(r#"{{"id":{{"+gt":{last}}},"+order_by":"id","+order":"asc"}}"#);
    let path = "/v4/account/events?page_size=500";
    let page = user.filter(&after).get(path).await.body;
    let rows = page["data"].as_array().cloned().unwrap_or_default();
    *last = rows
        .last()
        .map_or(*last, |row| row["id"].as_u64().expect("an id"));
    let line = |row: &Value| {
        let other = &row["secondary_entity"];
        let secondary = if other.is_null() {
            String::new()
        } else {
            format!(" and {} {}", other["type"], other["label"])
        };
        let text = format!(
            "{} {} {} {}{secondary} by {} {} {}",
            row["action"],
            row["status"],
            row["entity"]["type"],
            row["entity"]["label"],
            row["username"],
            row["percent_complete"],
            row["duration"]
        );
        text.replace('"', "")
    };
    rows.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn every_act_on_a_cluster_has_its_event() {
    let twin = cloud(1);
    let named = made_token(&User::new(&twin, "t"), &json!({"user": "ada"}));
    let mut user = User::new(&twin, &named);
    let (mut last, mut lines) = (0, Vec::new());
    let cluster = user.ask("POST", "/v4/lke/clusters", reference()).await;
    let path = format!("/v4/lke/clusters/{}", cluster.body["id"]);
    user.wait(8).await;
    lines.extend(news(&mut user, &mut last).await);
    user.wait(60).await;
    lines.push("a minute later".to_owned());
    lines.extend(news(&mut user, &mut last).await);
    // What had started is finished now, in its old place.
    last = 0;
    lines.extend(news(&mut user, &mut last).await);
    let pool = json!({"type": "g6-standard-1", "count": 1});
    let pool = user.ask("POST", &format!("{path}/pools"), pool).await.body;
    let pool_path = format!("{path}/pools/{}", pool["id"]);
    let node = pool["nodes"][0]["id"].as_str().expect("an id").to_owned();
    let acl = json!({"acl": {"enabled": true, "addresses": {"ipv4": ["203.0.113.7/32"]}}});
    for (method, path, body) in [
        ("PUT", path.clone(), json!({"tags": ["other"]})),
        ("PUT", pool_path.clone(), json!({"tags": ["other"]})),
        ("POST", format!("{path}/nodes/{node}/recycle"), Value::Null),
        ("POST", format!("{pool_path}/recycle"), Value::Null),
        ("POST", format!("{path}/recycle"), Value::Null),
        ("PUT", format!("{path}/control_plane_acl"), acl),
        ("DELETE", format!("{path}/control_plane_acl"), Value::Null),
        ("DELETE", format!("{path}/kubeconfig"), Value::Null),
        ("DELETE", format!("{path}/servicetoken"), Value::Null),
        (
            "POST",
            format!("{path}/regenerate"),
            json!({"kubeconfig": true}),
        ),
        ("DELETE", pool_path, Value::Null),
        ("DELETE", path, Value::Null),
    ] {
        let said = user.ask(method, &path, body).await;
        assert_eq!(said.status, 200, "{method} {path} {}", said.text);
        let new = news(&mut user, &mut last).await;
        let own = new.into_iter().filter(|line| line.starts_with("lke_"));
        lines.extend(own);
    }
    expect![[r#"
        lke_cluster_create notification lkecluster ada-lke-gpu-kubeflow by ada null null
        linode_create started linode lke601157-863321-90cc6dfd0000 by Linode 0 null
        linode_create started linode lke601157-863318-1bd580720000 by Linode 0 null
        a minute later
        linode_boot finished linode lke601157-863321-90cc6dfd0000 by Linode 100 10.862
        linode_boot finished linode lke601157-863318-1bd580720000 by Linode 100 11.225
        lke_cluster_create notification lkecluster ada-lke-gpu-kubeflow by ada null null
        linode_create finished linode lke601157-863321-90cc6dfd0000 by Linode 100 10.862
        linode_create finished linode lke601157-863318-1bd580720000 by Linode 100 11.225
        linode_boot finished linode lke601157-863321-90cc6dfd0000 by Linode 100 10.862
        linode_boot finished linode lke601157-863318-1bd580720000 by Linode 100 11.225
        lke_pool_create notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_cluster_update notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_cluster_update notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_node_recycle notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_pool_recycle notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_cluster_recycle notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_control_plane_acl_update notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_control_plane_acl_delete notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_kubeconfig_regenerate notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_token_rotate notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_cluster_regenerate notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_pool_delete notification lkecluster ada-lke-gpu-kubeflow by ada null null
        lke_cluster_delete notification lkecluster ada-lke-gpu-kubeflow by ada null null
    "#]]
    .assert_eq(&(lines.join("\n") + "\n"));
}

#[tokio::test(start_paused = true)]
async fn every_act_on_what_stands_beside_has_its_event() {
    let twin = cloud(1);
    let named = made_token(&User::new(&twin, "t"), &json!({"user": "ada"}));
    let mut user = User::new(&twin, &named);
    let (mut last, mut lines) = (0, Vec::new());
    user.ask("POST", "/v4/lke/clusters", reference()).await;
    user.wait(100).await;
    news(&mut user, &mut last).await;
    let linode = user.get("/v4/linode/instances").await.body["data"][0]["id"].clone();
    let rules = json!({
        "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT",
    });
    let wall = json!({"label": "wall", "rules": rules, "devices": {"linodes": [linode]}});
    let wall = user
        .ask("POST", "/v4/networking/firewalls", wall)
        .await
        .body;
    let wall = format!("/v4/networking/firewalls/{}", wall["id"]);
    let device = user.get(&format!("{wall}/devices")).await.body["data"][0]["id"].clone();
    let device = format!("{wall}/devices/{device}");
    let volume = json!({"label": "data", "region": "us-ord"});
    let volume = user.ask("POST", "/v4/volumes", volume).await.body;
    let volume = format!("/v4/volumes/{}", volume["id"]);
    let door = json!({"label": "door", "region": "us-ord"});
    let door = user.ask("POST", "/v4/nodebalancers", door).await.body;
    let door = format!("/v4/nodebalancers/{}", door["id"]);
    let again = json!({"id": linode, "type": "linode"});
    for (method, path, body) in [
        ("PUT", format!("{wall}/rules"), rules),
        ("PUT", wall.clone(), json!({"status": "disabled"})),
        (
            "PUT",
            wall.clone(),
            json!({"status": "enabled", "tags": ["other"]}),
        ),
        ("DELETE", device, Value::Null),
        ("POST", format!("{wall}/devices"), again),
        ("DELETE", wall, Value::Null),
        (
            "POST",
            format!("{volume}/attach"),
            json!({"linode_id": linode}),
        ),
        ("POST", format!("{volume}/detach"), Value::Null),
        ("DELETE", volume, Value::Null),
        ("DELETE", door, Value::Null),
        (
            "DELETE",
            format!("/v4/linode/instances/{linode}"),
            Value::Null,
        ),
    ] {
        let said = user.ask(method, &path, body).await;
        assert_eq!(said.status, 200, "{method} {path} {}", said.text);
        lines.extend(news(&mut user, &mut last).await);
    }
    expect![[r#"
        firewall_create notification firewall wall by ada null null
        firewall_device_add notification firewall wall and linode lke601157-863321-90cc6dfd0000 by ada null null
        volume_create started volume data by ada 0 null
        nodebalancer_create notification nodebalancer door by ada null null
        firewall_rules_update notification firewall wall by ada null null
        firewall_apply notification firewall wall by ada null null
        firewall_update notification firewall wall by ada null null
        firewall_disable notification firewall wall by ada null null
        firewall_update notification firewall wall by ada null null
        firewall_enable notification firewall wall by ada null null
        firewall_device_remove notification firewall wall and linode lke601157-863321-90cc6dfd0000 by ada null null
        firewall_device_add notification firewall wall and linode lke601157-863321-90cc6dfd0000 by ada null null
        firewall_delete notification firewall wall by ada null null
        volume_attach notification volume data and linode lke601157-863321-90cc6dfd0000 by ada null null
        volume_detach notification volume data and linode lke601157-863321-90cc6dfd0000 by ada null null
        volume_delete notification volume data by ada null null
        nodebalancer_delete notification nodebalancer door by ada null null
        linode_delete started linode lke601157-863321-90cc6dfd0000 by ada 0 null
    "#]].assert_eq(&(lines.join("\n") + "\n"));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_kept_for_ninety_days() {
    let mut user = User::new(&cloud(1), "t");
    let door = json!({"label": "door", "region": "us-ord"});
    user.ask("POST", "/v4/nodebalancers", door).await;
    let event = user.get("/v4/account/events").await.body["data"][0].clone();
    let path = format!("/v4/account/events/{}", event["id"]);
    let day = 24 * 3600;
    user.wait(90 * day - 1).await;
    assert_eq!(user.get(&path).await.status, 200);
    user.wait(1).await;
    assert_eq!(user.get(&path).await.status, 404);
    assert_eq!(user.get("/v4/account/events").await.body["results"], 0);
}
