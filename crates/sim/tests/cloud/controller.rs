//! The cloud-firewall-controller as its source says: what it makes, what it does not put back, and
//! in which order it can be taken away.

use crate::support::{User, cloud, reference};
use serde_json::{Value, json};

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WALLS: &str = "/apis/networking.linode.com/alpha1v1/namespaces/kube-system/cloudfirewalls";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/kube-system/deployments";
const PRIVATE: &str = "192.168.128.0/17";

struct Stage {
    user: User,
    cluster: Value,
}

impl Stage {
    async fn new() -> Self {
        let mut user = User::new(&cloud(8), "t");
        let made = user.ask("POST", "/v4/lke/clusters", reference()).await.body;
        user.wait(200).await;
        let cluster = made["id"].clone();
        Self { user, cluster }
    }

    async fn kube(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let cluster = self.cluster.clone();
        let said = self.user.kube(&cluster, method, path, body).await;
        (said.status, said.body)
    }

    /// The definition, the resource where wished, and the controller.
    async fn install(&mut self, resource: Option<Value>) {
        let definition = json!({
            "metadata": {"name": "cloudfirewalls.networking.linode.com"},
            "spec": {"group": "networking.linode.com", "names": {"plural": "cloudfirewalls"}},
        });
        assert_eq!(self.kube("POST", CRDS, definition).await.0, 201);
        assert_eq!(self.kube("GET", WALLS, Value::Null).await.0, 404);
        self.user.wait(5).await;
        assert_eq!(self.kube("GET", WALLS, Value::Null).await.0, 200);
        if let Some(resource) = resource {
            assert_eq!(self.kube("POST", WALLS, resource).await.0, 201);
        }
        let labels = json!({"app": "cloud-firewall-controller"});
        let pod = json!({"metadata": {"labels": labels},
                         "spec": {"containers": [{"name": "c", "image": "i"}]}});
        let deployment = json!({
            "metadata": {"name": "cloud-firewall-controller"},
            "spec": {"selector": {"matchLabels": labels}, "template": pod},
        });
        assert_eq!(self.kube("POST", DEPLOYMENTS, deployment).await.0, 201);
        self.user.wait(60).await;
    }

    /// The controller's firewall as the API has it.
    async fn wall(&mut self) -> Option<Value> {
        let label = format!("lke-{}", self.cluster);
        let all = self.user.get("/v4/networking/firewalls").await.body;
        let mut all = all["data"].as_array().expect("rows").iter();
        all.find(|one| one["label"] == label.as_str()).cloned()
    }

    async fn linodes(&mut self) -> Vec<Value> {
        let all = self.user.get("/v4/linode/instances").await.body;
        let all = all["data"].as_array().expect("rows").iter();
        all.map(|one| one["id"].clone()).collect()
    }

    async fn primary(&mut self) -> Option<Value> {
        let (status, body) = self
            .kube("GET", &format!("{WALLS}/primary"), Value::Null)
            .await;
        (status == 200).then_some(body)
    }

    async fn touch(&mut self, nth: u32) {
        let (_, mut primary) = self
            .kube("GET", &format!("{WALLS}/primary"), Value::Null)
            .await;
        primary["metadata"]["annotations"] = json!({"touched": nth.to_string()});
        let put = self.kube("PUT", &format!("{WALLS}/primary"), primary).await;
        assert_eq!(put.0, 200, "{}", put.1);
        self.user.wait(3).await;
    }
}

fn ours() -> Value {
    let rule = json!({
        "action": "ACCEPT", "label": "lke-nodes-tcp", "protocol": "TCP",
        "ports": "53, 179, 5473, 10250, 10256", "addresses": {"ipv4": [PRIVATE]},
    });
    json!({
        "metadata": {"name": "primary"},
        "spec": {"defaultRules": false, "ruleset": {"inbound": [rule]}},
    })
}

fn behind(wall: &Value) -> Vec<Value> {
    let all = wall["entities"].as_array().expect("entities").iter();
    all.map(|one| one["id"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn its_firewall_has_our_rules_no_tag_and_every_node_once_all_of_them_are_free() {
    let mut stage = Stage::new().await;
    let linodes = stage.linodes().await;
    let wall = json!({
        "label": "other", "devices": {"linodes": [linodes[0]]},
        "rules": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    });
    let other = stage
        .user
        .ask("POST", "/v4/networking/firewalls", wall)
        .await;
    stage.install(Some(ours())).await;
    // One node is guarded by another: the one request for all of them is refused.
    assert_eq!(stage.wall().await, None);
    let path = format!("/v4/networking/firewalls/{}/devices", other.body["id"]);
    let devices = stage.user.get(&path).await.body;
    let device = format!("{path}/{}", devices["data"][0]["id"]);
    stage.user.ask("DELETE", &device, Value::Null).await;
    // It tries again later and later, and at once when its resource is touched.
    stage.touch(1).await;
    let wall = stage.wall().await.expect("a firewall");
    assert_eq!(behind(&wall), linodes);
    assert_eq!(
        (
            &wall["tags"],
            wall["rules"]["inbound"].as_array().map(Vec::len)
        ),
        (&json!([]), Some(1))
    );
    let primary = stage.primary().await.expect("a resource");
    assert_eq!(primary["metadata"]["finalizers"], Value::Null);
    assert_eq!(primary["status"]["nodes"], json!(linodes));
    stage.user.wait(15).await;
    let primary = stage.primary().await.expect("a resource");
    assert_eq!(
        primary["metadata"]["finalizers"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(
        primary["metadata"]["ownerReferences"][0]["kind"],
        "Deployment"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_node_comes_behind_it_and_one_that_somebody_took_out_does_not() {
    let mut stage = Stage::new().await;
    stage.install(Some(ours())).await;
    stage.user.wait(30).await;
    let wall = stage.wall().await.expect("a firewall");
    let path = format!("/v4/networking/firewalls/{}", wall["id"]);
    let devices = stage.user.get(&format!("{path}/devices")).await.body;
    let device = format!("{path}/devices/{}", devices["data"][0]["id"]);
    stage.user.ask("DELETE", &device, Value::Null).await;
    let opened = json!({"inbound_policy": "ACCEPT", "outbound_policy": "ACCEPT"});
    stage
        .user
        .ask("PUT", &format!("{path}/rules"), opened)
        .await;

    let pools = format!("/v4/lke/clusters/{}/pools", stage.cluster);
    let made = stage.user.get(&pools).await.body;
    let pool = format!("{pools}/{}", made["data"][0]["id"]);
    stage.user.ask("PUT", &pool, json!({"count": 2})).await;
    stage.user.wait(130).await;
    let wall = stage.wall().await.expect("a firewall");
    assert_eq!((stage.linodes().await.len(), behind(&wall).len()), (3, 2));
    assert_eq!(
        wall["rules"]["inbound_policy"], "DROP",
        "its rules are its own again"
    );
    // Ten hours later it still holds it for covered.
    stage.user.wait(11 * 3600).await;
    let wall = stage.wall().await.expect("a firewall");
    assert_eq!(behind(&wall).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_resource_takes_its_firewall_along_and_any_event_of_a_node_makes_another() {
    let mut stage = Stage::new().await;
    stage.install(Some(ours())).await;
    stage.user.wait(30).await;
    let path = format!("{WALLS}/primary");
    let (status, leaving) = stage.kube("DELETE", &path, Value::Null).await;
    assert_eq!(
        (status, leaving["metadata"]["deletionTimestamp"].is_string()),
        (200, true)
    );
    stage.user.wait(15).await;
    assert_eq!((stage.primary().await, stage.wall().await), (None, None));
    let nodes = "/api/v1/nodes";
    let (_, listed) = stage.kube("GET", nodes, Value::Null).await;
    let mut node = listed["items"][0].clone();
    let named = format!(
        "{nodes}/{}",
        node["metadata"]["name"].as_str().expect("a name")
    );
    node["metadata"]["annotations"]["touched"] = json!("yes");
    assert_eq!(stage.kube("PUT", &named, node).await.0, 200);
    stage.user.wait(5).await;
    // With Linode's own ten rules.
    let wall = stage.wall().await.expect("a firewall");
    assert_eq!(wall["rules"]["inbound"].as_array().map(Vec::len), Some(10));

    // Without its controller the resource keeps its finalizer, and the firewall stays.
    stage.user.wait(30).await;
    let deployment = format!("{DEPLOYMENTS}/cloud-firewall-controller");
    assert_eq!(stage.kube("DELETE", &deployment, Value::Null).await.0, 200);
    stage.user.wait(3600).await;
    let primary = stage.primary().await.expect("a resource that is kept");
    assert!(primary["metadata"]["deletionTimestamp"].is_string());
    assert!(stage.wall().await.is_some());
}
