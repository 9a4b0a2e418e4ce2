//! The firewall before a load balancer follows its Service, as Linode's controller does it.

use crate::support::{User, cloud, reference};
use serde_json::{Value, json};

const ACL: &str = "service.beta.kubernetes.io/linode-loadbalancer-firewall-acl";
const SERVICES: &str = "/api/v1/namespaces/default/services";

async fn with_service(acl: Option<&str>) -> (User, Value) {
    let mut user = User::new(&cloud(8), "t");
    let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
    user.wait(200).await;
    let mut service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}, {"port": 443}]},
    });
    if let Some(acl) = acl {
        service["metadata"]["annotations"] = json!({ ACL: acl });
    }
    let said = user.kube(&made["id"], "POST", SERVICES, service).await;
    assert_eq!(said.status, 201, "{}", said.text);
    user.wait(60).await;
    (user, made["id"].clone())
}

/// The annotation becomes this (`null`: it goes), and the controller gets its time.
async fn annotate(user: &mut User, cluster: &Value, acl: Value) {
    let path = format!("{SERVICES}/web");
    let object = user.kube(cluster, "GET", &path, Value::Null).await;
    let mut object = object.body;
    if acl.is_null() {
        object["metadata"]["annotations"] = json!({});
    } else {
        object["metadata"]["annotations"] = json!({ ACL: acl });
    }
    let said = user.kube(cluster, "PUT", &path, object).await;
    assert_eq!(said.status, 200, "{}", said.text);
    user.wait(60).await;
}

/// `policy ports: addresses`, for each firewall that stands before a NodeBalancer.
async fn walls(user: &mut User) -> Vec<String> {
    let walls = user.get("/v4/networking/firewalls").await.body;
    let walls = walls["data"].as_array().expect("rows").iter();
    let walls = walls.filter(|one| one["entities"][0]["type"] == "nodebalancer");
    let shown = walls.map(|one| {
        let (rules, rule) = (&one["rules"], &one["rules"]["inbound"][0]);
        assert_eq!(one["label"], one["entities"][0]["label"]);
        let addresses = &rule["addresses"];
        format!(
            "{} {} {}: {addresses}",
            rules["inbound_policy"], rule["action"], rule["ports"]
        )
    });
    shown.collect()
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_is_bare_until_its_service_names_a_list_and_again_without_it() {
    let (mut user, cluster) = with_service(None).await;
    assert_eq!(walls(&mut user).await, [""; 0]);
    let one = json!(r#"{"allowList":{"ipv4":["203.0.113.7/32"]}}"#);
    annotate(&mut user, &cluster, one).await;
    let guarded = r#""DROP" "ACCEPT" "80,443": {"ipv4":["203.0.113.7/32"]}"#;
    assert_eq!(walls(&mut user).await, [guarded]);

    let two = json!(
        r#"{"allowList":{"ipv4":["203.0.113.7/32","192.0.2.0/24"],"ipv6":["2001:db8::/48"]}}"#
    );
    annotate(&mut user, &cluster, two).await;
    let both = r#""DROP" "ACCEPT" "80,443": {"ipv4":["203.0.113.7/32","192.0.2.0/24"],"ipv6":["2001:db8::/48"]}"#;
    assert_eq!(walls(&mut user).await, [both]);
    // The controller does not see that an address is gone, while the family is there.
    let less = json!(r#"{"allowList":{"ipv4":["203.0.113.7/32"],"ipv6":["2001:db8::/48"]}}"#);
    annotate(&mut user, &cluster, less).await;
    assert_eq!(walls(&mut user).await, [both]);

    let denied = json!(r#"{"denyList":{"ipv4":["198.51.100.0/24"]}}"#);
    annotate(&mut user, &cluster, denied).await;
    let open = r#""ACCEPT" "DROP" "80,443": {"ipv4":["198.51.100.0/24"]}"#;
    assert_eq!(walls(&mut user).await, [open]);
    annotate(&mut user, &cluster, Value::Null).await;
    assert_eq!(walls(&mut user).await, [""; 0]);
    let (_, ledger) = (0, user.get("/_demo/ledger").await.body);
    let alive = ledger["alive"].as_array().expect("rows").iter();
    assert_eq!(alive.filter(|one| one["kind"] == "firewall").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_controller_cannot_read_or_linode_refuses_makes_no_firewall() {
    for wrong in [
        "allow everybody",
        "{}",
        r#"{"allowList":{"ipv4":["203.0.113.7/32"]},"denyList":{"ipv4":["192.0.2.0/24"]}}"#,
        r#"{"allowList":{"ipv4":[]}}"#,
        r#"{"allowList":{"ipv4":["203.0.113.7"]}}"#,
    ] {
        let (mut user, _) = with_service(Some(wrong)).await;
        assert_eq!(walls(&mut user).await, [""; 0], "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_goes_takes_its_load_balancer_and_its_firewall_along() {
    let acl = r#"{"allowList":{"ipv4":["203.0.113.7/32"]}}"#;
    let (mut user, cluster) = with_service(Some(acl)).await;
    assert_eq!(walls(&mut user).await.len(), 1);
    let path = format!("{SERVICES}/web");
    user.kube(&cluster, "DELETE", &path, Value::Null).await;
    user.wait(60).await;
    let left = user.get("/v4/nodebalancers").await.body;
    assert_eq!(
        (left["results"].clone(), walls(&mut user).await.len()),
        (json!(0), 0)
    );
    let walls = user.get("/v4/networking/firewalls").await.body;
    assert_eq!(walls["results"], 0);

    // Deleted past Kubernetes, the NodeBalancer leaves its firewall behind.
    let (mut user, _) = with_service(Some(acl)).await;
    let listed = user.get("/v4/nodebalancers").await.body;
    let path = format!("/v4/nodebalancers/{}", listed["data"][0]["id"]);
    user.ask("DELETE", &path, Value::Null).await;
    let walls = user.get("/v4/networking/firewalls").await.body;
    assert_eq!(walls["data"][0]["entities"], json!([]));
}
