//! Default firewalls, templates and the enterprise tier: what an account may hold beside ours.

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud};

#[tokio::test(start_paused = true)]
async fn a_default_firewall_is_chosen_kept_and_given_up() {
    let mut user = User::new(&cloud(1), "t");
    let one = json!({
        "action": "ACCEPT", "label": "by-number", "protocol": "50",
        "addresses": {"ipv4": ["0.0.0.0/0"]},
    });
    let rules = json!({
        "inbound": [one], "inbound_policy": "DROP", "outbound": null, "outbound_policy": "ACCEPT",
    });
    let body = json!({"label": "by-default", "rules": rules});
    let made = user.ask("POST", "/v4/networking/firewalls", body).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let (id, path) = (made.body["id"].clone(), "/v4/networking/firewalls/settings");
    let own = format!("/v4/networking/firewalls/{id}");

    user.note("GET", path, Value::Null).await;
    let foreign = json!({"default_firewall_ids": {"linode": 1}});
    user.note("PUT", path, foreign).await;
    let chosen = json!({"default_firewall_ids": {"linode": id}});
    let said = user.ask("PUT", path, chosen).await;
    assert_eq!(said.body["default_firewall_ids"]["linode"], id);
    let refused = user.ask("DELETE", &own, Value::Null).await;
    user.write(&format!("DELETE {} {}", refused.status, refused.text));
    let none = json!({"default_firewall_ids": {"linode": null}});
    user.note("PUT", path, none).await;
    assert_eq!(user.ask("DELETE", &own, Value::Null).await.status, 200);
    for slug in ["public", "nothing"] {
        let said = user
            .get(&format!("/v4/networking/firewalls/templates/{slug}"))
            .await;
        user.write(&format!("{slug} {} {}", said.status, said.body["slug"]));
    }
    expect![[r#"
        10:00:00 GET /v4/networking/firewalls/settings: 200 {"default_firewall_ids":{"linode":null,"nodebalancer":null,"public_interface":null,"vpc_interface":null}}
        10:00:00 PUT /v4/networking/firewalls/settings: 400 {"errors":[{"reason":"Must be one of the account's firewalls","field":"default_firewall_ids.linode"}]}
        10:00:00 DELETE 400 {"errors":[{"reason":"A default firewall cannot be deleted"}]}
        10:00:00 PUT /v4/networking/firewalls/settings: 200 {"default_firewall_ids":{"linode":null,"nodebalancer":null,"public_interface":null,"vpc_interface":null}}
        10:00:00 public 200 "public"
        10:00:00 nothing 404 null
    "#]].assert_eq(&user.transcript());
}

#[tokio::test(start_paused = true)]
async fn the_enterprise_tier_is_known_to_v4beta_only() {
    let mut user = User::new(&cloud(1), "t");
    let cluster = json!({
        "label": "large", "region": "us-lax", "k8s_version": "v1.31.8+lke1", "tier": "enterprise",
        "vpc_id": 7, "node_pools": [{"type": "g6-standard-2", "count": 1}],
    });
    let refused = user.ask("POST", "/v4/lke/clusters", cluster.clone()).await;
    user.write(&format!("{} {}", refused.status, refused.text));
    let made = user.ask("POST", "/v4beta/lke/clusters", cluster).await.body;
    user.write(&format!(
        "{} {} {} {}",
        made["tier"], made["vpc_id"], made["stack_type"], made["control_plane"]
    ));
    let path = format!("/v4beta/lke/clusters/{}/pools", made["id"]);
    let pool = user.get(&path).await.body["data"][0].clone();
    user.write(&format!(
        "{} {}",
        pool["k8s_version"], pool["update_strategy"]
    ));
    let path = format!("{path}/{}", pool["id"]);
    for strategy in ["rolling_update", "never"] {
        let body = json!({"update_strategy": strategy});
        let said = user.ask("PUT", &path, body).await;
        user.write(&format!("{} {}", said.status, said.body["update_strategy"]));
    }
    user.wait(120).await;
    let node = user.get(&path).await.body["nodes"][0]["status"].clone();
    user.write(&format!("node {node}"));
    expect![[r#"
        10:00:00 400 {"errors":[{"reason":"tier is not valid","field":"tier"}]}
        10:00:00 "enterprise" 7 "ipv4" {"high_availability":true,"audit_logs_enabled":false}
        10:00:00 "v1.31.8+lke1" "on_recycle"
        10:00:00 200 "rolling_update"
        10:00:00 400 null
        10:02:00 node "ready"
    "#]]
    .assert_eq(&user.transcript());
}
