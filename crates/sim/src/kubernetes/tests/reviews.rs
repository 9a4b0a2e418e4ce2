//! Who may what, as those ask who are asked about.

use expect_test::expect;
use serde_json::{Value, json};

use super::super::Cluster;
use super::{cluster, minute, ok, refusal, request};

const GROUP: &str = "/apis/rbac.authorization.k8s.io/v1";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1";
const WHO: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/// `verb resource[/name] [namespace]`, as kubectl asks it; a resource that begins with `/` is a path.
fn attributes(words: &str) -> Value {
    let words: Vec<&str> = words.split(' ').collect();
    if words[1].starts_with('/') {
        return json!({"nonResourceAttributes": {"verb": words[0], "path": words[1]}});
    }
    let (resource, sub) = words[1].split_once('/').unwrap_or((words[1], ""));
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    json!({"resourceAttributes": {
        "verb": words[0], "resource": resource, "group": group, "subresource": sub,
        "namespace": words.get(2).unwrap_or(&""), "name": words.get(3).unwrap_or(&""),
    }})
}

/// A request in the name of somebody else.
async fn as_user(cluster: &Cluster, user: &str, line: &str, body: &Value) -> Value {
    let mut asked = request(cluster, line, body);
    let name = user.parse().unwrap();
    asked.headers_mut().insert("impersonate-user", name);
    let reply = cluster.handle(asked, minute(1)).await;
    let body = http_body_util::BodyExt::collect(reply.into_body()).await;
    serde_json::from_slice(&body.unwrap().to_bytes()).unwrap()
}

async fn with_roles() -> Cluster {
    let cluster = cluster();
    let bob = json!([{"kind": "ServiceAccount", "namespace": "default", "name": "bob"}]);
    let account = json!({"metadata": {"name": "bob"}});
    let accounts = "POST /api/v1/namespaces/default/serviceaccounts";
    ok(&cluster, accounts, account).await;
    let rules = json!([
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["*/scale"], "verbs": ["update"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["one"], "verbs": ["get"]},
    ]);
    let role = json!({"metadata": {"name": "r"}, "rules": rules});
    let roles = format!("POST {GROUP}/namespaces/default/roles");
    ok(&cluster, &roles, role).await;
    let binding = json!({
        "metadata": {"name": "r"}, "subjects": bob, "roleRef": {"kind": "Role", "name": "r"},
    });
    let bindings = format!("POST {GROUP}/namespaces/default/rolebindings");
    ok(&cluster, &bindings, binding).await;
    cluster
}

#[tokio::test]
async fn what_a_review_says_is_what_a_request_would_find() {
    let cluster = with_roles().await;
    let bob = "system:serviceaccount:default:bob";
    let mut said = String::new();
    for words in [
        "list pods default",
        "list pods kube-system",
        "list pods",
        "get pods/log default",
        "get pods/exec default",
        "update deployments.apps/scale default",
        "update deployments.apps default",
        "get secrets default one",
        "get secrets default two",
        "* * default",
        "get /version",
        "get /metrics",
        "create selfsubjectaccessreviews.authorization.k8s.io",
    ] {
        let spec = attributes(words);
        let line = format!("POST {REVIEWS}/selfsubjectaccessreviews");
        let own = as_user(&cluster, bob, &line, &json!({"spec": spec})).await;
        let mut spec = spec.clone();
        spec["user"] = json!(bob);
        spec["groups"] = json!(["system:authenticated"]);
        let line = format!("POST {REVIEWS}/subjectaccessreviews");
        let of_him = ok(&cluster, &line, json!({"spec": spec})).await;
        assert_eq!(own["status"], of_him["status"], "{words}");
        let allowed = own["status"]["allowed"].to_string();
        said.extend([words, ": ", &allowed, "\n"]);
    }
    expect![[r#"
        list pods default: true
        list pods kube-system: false
        list pods: false
        get pods/log default: true
        get pods/exec default: false
        update deployments.apps/scale default: true
        update deployments.apps default: false
        get secrets default one: true
        get secrets default two: false
        * * default: false
        get /version: true
        get /metrics: false
        create selfsubjectaccessreviews.authorization.k8s.io: true
    "#]]
    .assert_eq(&said);
    let line = format!("POST {REVIEWS}/selfsubjectaccessreviews");
    let admin = ok(&cluster, &line, json!({"spec": attributes("* *")})).await;
    assert_eq!(admin["status"], json!({"allowed": true}));
    let both = json!({"spec": {}});
    assert!(refusal(&cluster, &line, both).await.starts_with("422"));
    let local = format!("POST {REVIEWS}/namespaces/default/localsubjectaccessreviews");
    let spec = json!({"spec": attributes("list pods kube-system")});
    assert!(refusal(&cluster, &local, spec).await.starts_with("422"));
}

#[tokio::test]
async fn everybody_may_ask_who_they_are_and_whose_token_it_is() {
    let cluster = with_roles().await;
    let admin = ok(&cluster, &format!("POST {WHO}"), json!({})).await;
    let name = "system:serviceaccount:kube-system:lke-admin";
    assert_eq!(admin["status"]["userInfo"]["username"], name);
    let (bob, line) = ("system:serviceaccount:default:bob", format!("POST {WHO}"));
    let bob = as_user(&cluster, bob, &line, &json!({})).await;
    let groups = json!([
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    ]);
    assert_eq!(bob["status"]["userInfo"]["groups"], groups);
    let accounts = "POST /api/v1/namespaces/default/serviceaccounts/bob/token";
    let token = ok(&cluster, accounts, json!({"spec": {}})).await["status"]["token"].clone();
    let reviews = "POST /apis/authentication.k8s.io/v1/tokenreviews";
    let review = async |token: Value| {
        let asked = json!({"spec": {"token": token}});
        ok(&cluster, reviews, asked).await["status"].clone()
    };
    assert_eq!(review(token).await["user"]["groups"], groups);
    assert!(review(json!("another")).await["authenticated"].is_null());
}

#[tokio::test]
async fn only_who_may_impersonate_speaks_for_others() {
    let cluster = with_roles().await;
    let accounts = "POST /api/v1/namespaces/default/serviceaccounts/bob/token";
    let token = ok(&cluster, accounts, json!({"spec": {}})).await["status"]["token"].clone();
    let mut asked = request(&cluster, &format!("POST {WHO}"), &json!({}));
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let headers = asked.headers_mut();
    headers.insert("authorization", bearer.parse().unwrap());
    headers.insert("impersonate-user", "ann".parse().unwrap());
    let reply = cluster.handle(asked, minute(1)).await;
    assert_eq!(reply.status(), 403);
    let pods = as_user(
        &cluster,
        "ann",
        "GET /api/v1/namespaces/default/pods",
        &Value::Null,
    )
    .await;
    let why = "pods is forbidden: User \"ann\" cannot list resource \"pods\" in API group \"\" in \
               the namespace \"default\"";
    assert_eq!(pods["message"], why);
}
