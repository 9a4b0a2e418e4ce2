//! What is sent, byte by byte.

use super::scripted::{Stage, told};
use domain::inventory::Bounds;
use domain::plan::{NewCluster, NewFirewall, NewPool};
use domain::spec::{FirewallRule, Protocol};
use domain::{ClusterId, FirewallId, InstanceId, PoolId};
use engine::ports::Cloud as _;
use expect_test::expect;

const CLUSTER: &str = r#"200 {"id": 7, "label": "a", "region": "us-ord", "k8s_version": "1.34", "created": "2018-01-02T03:04:05"}"#;
const POOL: &str = r#"200 {"id": 9, "type": "g6-standard-2", "count": 1, "nodes": [{"id": "9-1", "instance_id": null, "status": "not_ready"}]}"#;

fn pool() -> NewPool {
    NewPool {
        instance_type: "g2-gpu-rtx4000a1-s".to_owned(),
        count: 1,
        tags: vec!["ql-x".to_owned()],
        labels: vec![("nvidia.com/gpu.present".to_owned(), "true".to_owned())],
        taints: vec![(
            "nvidia.com/gpu".to_owned(),
            "present".to_owned(),
            "NoSchedule".to_owned(),
        )],
    }
}

#[tokio::test]
async fn a_cluster_is_posted_with_its_access_list_and_without_an_autoscaler() {
    let stage = Stage::new(&[CLUSTER, POOL]);
    let want = NewCluster {
        label: "a-lke-gpu-kubeflow".to_owned(),
        region: "us-ord".to_owned(),
        kubernetes_version: "1.34".to_owned(),
        ha: true,
        tags: vec!["gpu".to_owned(), "ql-x".to_owned()],
        access: vec![
            "203.0.113.7/32".parse().unwrap(),
            "2001:db8::/64".parse().unwrap(),
        ],
        access_revision: "r1".to_owned(),
        pool: NewPool {
            instance_type: "g6-standard-2".to_owned(),
            labels: Vec::new(),
            taints: Vec::new(),
            ..pool()
        },
    };
    stage.cloud.create_cluster(&want).await.unwrap();
    stage
        .cloud
        .create_pool(ClusterId(7), &pool())
        .await
        .unwrap();
    expect![[r#"
        POST https://api.linode.com/v4/lke/clusters {"label":"a-lke-gpu-kubeflow","region":"us-ord","k8s_version":"1.34","tags":["gpu","ql-x"],"node_pools":[{"type":"g6-standard-2","count":1,"tags":["ql-x"],"labels":{},"taints":[]}],"control_plane":{"high_availability":true,"acl":{"enabled":true,"addresses":{"ipv4":["203.0.113.7/32"],"ipv6":["2001:db8::/64"]},"revision-id":"r1"}}}
        POST https://api.linode.com/v4/lke/clusters/7/pools {"type":"g2-gpu-rtx4000a1-s","count":1,"tags":["ql-x"],"labels":{"nvidia.com/gpu.present":"true"},"taints":[{"key":"nvidia.com/gpu","value":"present","effect":"NoSchedule"}]}
    "#]].assert_eq(&stage.transcript());
}

#[tokio::test]
async fn count_and_autoscaler_are_put_alone() {
    let stage = Stage::new(&[POOL, POOL, POOL]);
    let (cluster, pool) = (ClusterId(7), PoolId(9));
    stage.cloud.set_pool_count(cluster, pool, 3).await.unwrap();
    let bounds = Some(Bounds { min: 1, max: 5 });
    stage
        .cloud
        .set_autoscaler(cluster, pool, bounds)
        .await
        .unwrap();
    stage
        .cloud
        .set_autoscaler(cluster, pool, None)
        .await
        .unwrap();
    expect![[r#"
        PUT https://api.linode.com/v4/lke/clusters/7/pools/9 {"count":3}
        PUT https://api.linode.com/v4/lke/clusters/7/pools/9 {"autoscaler":{"enabled":true,"min":1,"max":5}}
        PUT https://api.linode.com/v4/lke/clusters/7/pools/9 {"autoscaler":{"enabled":false}}
    "#]].assert_eq(&stage.transcript());
}

#[tokio::test]
async fn a_firewall_drops_what_no_rule_accepts() {
    let firewall = r#"200 {"id": 5, "label": "f", "tags": [], "entities": [], "created": "2018-01-02T03:04:05"}"#;
    let rules = r#"200 {"inbound": [], "inbound_policy": "DROP", "outbound": null, "outbound_policy": "ACCEPT"}"#;
    let stage = Stage::new(&[firewall, rules]);
    let want = NewFirewall {
        label: "a-lke-gpu-kubeflow".to_owned(),
        tags: vec!["ql-x".to_owned()],
        rules: vec![
            FirewallRule {
                label: "allow-all-icmp".to_owned(),
                protocol: Protocol::Icmp,
                ports: None,
                sources: vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()],
            },
            FirewallRule {
                label: "kubelet".to_owned(),
                protocol: Protocol::Tcp,
                ports: Some("10250, 10256".to_owned()),
                sources: vec!["192.168.128.0/17".parse().unwrap()],
            },
        ],
    };
    stage.cloud.create_firewall(&want).await.unwrap();
    stage
        .cloud
        .set_firewall_rules(FirewallId(5), &want.rules[1..])
        .await
        .unwrap();
    expect![[r#"
        POST https://api.linode.com/v4/networking/firewalls {"label":"a-lke-gpu-kubeflow","tags":["ql-x"],"rules":{"inbound":[{"label":"allow-all-icmp","action":"ACCEPT","protocol":"ICMP","addresses":{"ipv4":["0.0.0.0/0"],"ipv6":["::/0"]}},{"label":"kubelet","action":"ACCEPT","protocol":"TCP","ports":"10250, 10256","addresses":{"ipv4":["192.168.128.0/17"]}}],"inbound_policy":"DROP","outbound":[],"outbound_policy":"ACCEPT"}}
        PUT https://api.linode.com/v4/networking/firewalls/5/rules {"inbound":[{"label":"kubelet","action":"ACCEPT","protocol":"TCP","ports":"10250, 10256","addresses":{"ipv4":["192.168.128.0/17"]}}],"inbound_policy":"DROP","outbound":[],"outbound_policy":"ACCEPT"}
    "#]].assert_eq(&stage.transcript());
}

#[tokio::test]
async fn the_access_list_is_put_enabled_with_its_revision() {
    let list = r#"200 {"acl": {"enabled": true, "revision-id": "r2", "addresses": {"ipv4": ["203.0.113.7"], "ipv6": null}}}"#;
    let stage = Stage::new(&[list, list, CLUSTER]);
    let to = ["203.0.113.7/32".parse().unwrap()];
    stage
        .cloud
        .set_access_list(ClusterId(7), &to, "r2")
        .await
        .unwrap();
    let read = stage.cloud.access_list(ClusterId(7)).await.unwrap();
    assert_eq!(
        (read.enabled, read.addresses.as_slice()),
        (true, to.as_slice())
    );
    assert_eq!(read.revision.as_deref(), Some("r2"));
    stage
        .cloud
        .set_cluster_tags(ClusterId(7), &["x".to_owned()])
        .await
        .unwrap();
    expect![[r#"
        PUT https://api.linode.com/v4/lke/clusters/7/control_plane_acl {"acl":{"enabled":true,"addresses":{"ipv4":["203.0.113.7/32"],"ipv6":[]},"revision-id":"r2"}}
        GET https://api.linode.com/v4/lke/clusters/7/control_plane_acl
        PUT https://api.linode.com/v4/lke/clusters/7 {"tags":["x"]}
    "#]].assert_eq(&stage.transcript());
}

#[tokio::test]
async fn an_absent_access_list_is_off_but_that_of_an_absent_cluster_is_not_found() {
    let absent = r#"404 {"errors": [{"reason": "Not found"}]}"#;
    let unsupported = r#"400 {"errors": [{"field": "acl", "reason": "Cluster does not support Control Plane ACL."}]}"#;
    for (script, means) in [
        (
            vec![absent, CLUSTER],
            expect!["AccessList { enabled: false, addresses: [], revision: None }"],
        ),
        (
            vec![absent, absent],
            expect![[r#"NotFound read the cluster [404] said "Not found" refusal"#]],
        ),
        (
            vec![unsupported],
            expect!["AccessList { enabled: false, addresses: [], revision: None }"],
        ),
    ] {
        let stage = Stage::new(&script);
        means.assert_eq(&told(&stage.cloud.access_list(ClusterId(7)).await));
    }
}

#[tokio::test]
async fn a_linode_that_is_behind_the_firewall_already_is_success() {
    let refused = r#"400 {"errors": [{"reason": "This is the case already, in some words"}]}"#;
    let device = r#"200 {"data": [{"id": 1, "entity": {"id": 70, "type": "linode"}}], "page": 1, "pages": 1, "results": 1}"#;
    let stage = Stage::new(&[refused, device]);
    stage
        .cloud
        .attach_firewall(FirewallId(5), InstanceId(70))
        .await
        .unwrap();
    expect![[r#"
        POST https://api.linode.com/v4/networking/firewalls/5/devices {"id":70,"type":"linode"}
        GET https://api.linode.com/v4/networking/firewalls/5/devices?page=1&page_size=500
    "#]]
    .assert_eq(&stage.transcript());
    let stage = Stage::new(&[refused, device]);
    let answer = stage
        .cloud
        .attach_firewall(FirewallId(5), InstanceId(71))
        .await;
    expect![[r#"Invalid put the Linode behind the firewall [400] said "This is the case already, in some words" refusal"#]].assert_eq(&told(&answer));
}

#[tokio::test]
async fn waiting_polls_are_counted_apart() {
    let soon = r#"503 {"errors": [{"reason": "Cluster kubeconfig is not yet available. Please try again later."}]}"#;
    let none = r#"200 {"data": [], "page": 1, "pages": 1, "results": 0}"#;
    let stage = Stage::new(&[soon, soon, none, none, CLUSTER]);
    let seven = ClusterId(7);
    expect![[r#"Unavailable read the kubeconfig [503] said "Cluster kubeconfig is not yet available. Please try again later.""#]].assert_eq(&told(&stage.cloud.kubeconfig(seven).await.map(|_| ())));
    let _ = stage.cloud.api_endpoints(seven).await;
    stage.cloud.pools(seven).await.unwrap();
    stage.cloud.instances().await.unwrap();
    stage.cloud.cluster(seven).await.unwrap();
    expect!["Calls { catalog: 0, polls: 4, others: 1 }"]
        .assert_eq(&format!("{:?}", stage.cloud.calls()));
}

#[tokio::test]
async fn tags_of_a_firewall_are_put_alone_and_rules_that_let_in_read_back() {
    let firewall = r#"200 {"id": 5, "label": "f", "tags": [], "entities": [], "created": "2018-01-02T03:04:05"}"#;
    let rules = r#"200 {"inbound_policy": "DROP", "outbound": null, "outbound_policy": "ACCEPT", "version": 3, "inbound": [
        {"label": "web-ui", "action": "ACCEPT", "protocol": "TCP", "ports": "80, 443", "addresses": {"ipv4": ["203.0.113.7/32"], "ipv6": ["2001:db8::/64"]}},
        {"label": "ping", "action": "ACCEPT", "protocol": "ICMP", "ports": null, "addresses": {"ipv4": ["203.0.113.7"], "ipv6": null}},
        {"label": "no", "action": "DROP", "protocol": "TCP", "addresses": {"ipv4": ["0.0.0.0/0"]}}]}"#;
    let odd = r#"200 {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [{"label": "x", "action": "ACCEPT", "protocol": "TCP", "addresses": {"ipv4": ["everyone"]}}]}"#;
    let stage = Stage::new(&[firewall, rules, odd]);
    let tags = ["Größe".to_owned(), "qo-00000001".to_owned()];
    let cloud = &stage.cloud;
    cloud.set_firewall_tags(FirewallId(5), &tags).await.unwrap();
    let read = cloud.firewall_rules(FirewallId(5)).await.unwrap();
    let told: Vec<String> = read
        .iter()
        .map(|one| format!("{} {:?} {:?}", one.label, one.ports, one.sources))
        .collect();
    expect![[r#"
        web-ui Some("80, 443") [203.0.113.7/32, 2001:db8::/64]
        ping None [203.0.113.7/32]"#]]
    .assert_eq(&told.join("\n"));
    assert!(cloud.firewall_rules(FirewallId(5)).await.is_err());
    expect![[r#"
        PUT https://api.linode.com/v4/networking/firewalls/5 {"tags":["Größe","qo-00000001"]}
        GET https://api.linode.com/v4/networking/firewalls/5/rules
        GET https://api.linode.com/v4/networking/firewalls/5/rules
    "#]]
    .assert_eq(&stage.transcript());
}
