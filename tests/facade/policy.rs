//! The default-deny preset of a namespace: set twice without a conflict, shown, taken away.

use crate::bench::Bench;
use domain::DeploymentId;
use domain::view::{Guard, NamespaceRow, Row};
use serde_json::json;

/// What is said of network policies: the sentence's parameter.
fn said(bench: &Bench, id: &DeploymentId) -> Option<String> {
    let rows = bench.engine.rows(id).into_iter();
    let mut found = rows.filter_map(|(_, row)| match row {
        Row::Deployment(row) => Some(row.reach?.paths),
        Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
    });
    let mut paths = found.next().unwrap().into_iter();
    let path = paths.find(|one| one.what.code == "reach_policies")?;
    assert_eq!(path.guard, Some(Guard::NetworkPolicy));
    Some(format!("{:?}", path.what.params["namespaces"]))
}

#[tokio::test(start_paused = true)]
async fn a_namespace_is_shut_off_but_for_dns_and_webhooks_and_opened_again() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let cluster = clusters["data"][0]["id"].as_u64().unwrap();
    bench.engine.observe_once(&id).await;
    assert_eq!(said(&bench, &id), None);

    let path = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";
    for _ in 0..2 {
        let now = bench.engine.set_policy(&id, "default", true).await.unwrap();
        assert_eq!(now, ["default"]);
        let listed = bench.kube_get(cluster, path).await;
        let all = listed["items"].as_array().unwrap();
        assert_eq!(all.len(), 1);
        let spec = &all[0]["spec"];
        assert_eq!(spec["podSelector"], json!({}));
        assert_eq!(spec["policyTypes"], json!(["Ingress", "Egress"]));
        let dns = &spec["egress"][0];
        assert_eq!(
            dns["to"][0]["podSelector"]["matchLabels"]["k8s-app"],
            "kube-dns"
        );
        let ports = json!([{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]);
        assert_eq!(
            (spec["egress"].as_array().unwrap().len(), &dns["ports"]),
            (1, &ports)
        );
        assert_eq!(
            spec["ingress"][0]["from"][0]["ipBlock"]["cidr"],
            "192.168.128.0/17"
        );
    }
    bench.engine.observe_once(&id).await;
    assert_eq!(said(&bench, &id).unwrap(), r#"List(["default"])"#);

    let all = bench.engine.namespaces(&id).await.unwrap();
    let written = |one: &NamespaceRow| format!("{} {} {}", one.name, one.shut, one.system);
    let all: Vec<String> = all.iter().map(written).collect();
    assert!(all.contains(&"default true false".to_owned()), "{all:?}");
    assert!(
        all.contains(&"kube-system false true".to_owned()),
        "{all:?}"
    );

    let refused = bench.engine.set_policy(&id, "kube-system", true).await;
    assert_eq!(refused.unwrap_err().code, "policy_system");
    let refused = bench.engine.set_policy(&id, "nowhere", true).await;
    assert_eq!(refused.unwrap_err().code, "policy_no_namespace");

    for _ in 0..2 {
        let now = bench
            .engine
            .set_policy(&id, "default", false)
            .await
            .unwrap();
        assert_eq!(now, [""; 0]);
    }
    bench.engine.observe_once(&id).await;
    assert_eq!(said(&bench, &id), None);
}
