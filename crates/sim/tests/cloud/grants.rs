//! What a restricted user gets, endpoint by endpoint.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::expect;
use serde_json::{Value, json};

use crate::support::{User, cloud, made_token, reference};

/// The users: without any grant; with reading and with writing of each thing and of the account;
/// and with nothing but the right to make things.
const USERS: &[&str] = &["none", "read_only", "read_write", "add"];

/// Every endpoint, with `{words}` for the things of [`things`]; and a body for those that need one.
const ENDPOINTS: &[(&str, &str)] = &[
    ("GET", "/profile"),
    ("GET", "/profile/grants"),
    ("GET", "/profile/tokens"),
    ("GET", "/account"),
    ("GET", "/account/settings"),
    ("GET", "/account/availability"),
    ("GET", "/account/availability/us-ord"),
    ("GET", "/account/transfer"),
    ("GET", "/account/invoices"),
    ("GET", "/account/invoices/{invoice}"),
    ("GET", "/account/invoices/{invoice}/items"),
    ("GET", "/account/events"),
    ("GET", "/account/events/{event}"),
    ("POST", "/account/events/{event}/seen"),
    ("GET", "/regions"),
    ("GET", "/regions/us-ord"),
    ("GET", "/regions/availability"),
    ("GET", "/regions/us-ord/availability"),
    ("GET", "/linode/types"),
    ("GET", "/linode/types/g6-standard-2"),
    ("GET", "/lke/versions"),
    ("GET", "/lke/versions/1.35"),
    ("GET", "/lke/tiers/standard/versions"),
    ("GET", "/lke/types"),
    ("GET", "/lke/clusters"),
    ("POST", "/lke/clusters"),
    ("GET", "/lke/clusters/{cluster}"),
    ("PUT", "/lke/clusters/{cluster}"),
    ("DELETE", "/lke/clusters/{cluster}"),
    ("POST", "/lke/clusters/{cluster}/recycle"),
    ("GET", "/lke/clusters/{cluster}/kubeconfig"),
    ("DELETE", "/lke/clusters/{cluster}/kubeconfig"),
    ("DELETE", "/lke/clusters/{cluster}/servicetoken"),
    ("POST", "/lke/clusters/{cluster}/regenerate"),
    ("GET", "/lke/clusters/{cluster}/api-endpoints"),
    ("GET", "/lke/clusters/{cluster}/dashboard"),
    ("GET", "/lke/clusters/{cluster}/control_plane_acl"),
    ("PUT", "/lke/clusters/{cluster}/control_plane_acl"),
    ("DELETE", "/lke/clusters/{cluster}/control_plane_acl"),
    ("GET", "/lke/clusters/{cluster}/pools"),
    ("POST", "/lke/clusters/{cluster}/pools"),
    ("GET", "/lke/clusters/{cluster}/pools/{pool}"),
    ("PUT", "/lke/clusters/{cluster}/pools/{pool}"),
    ("DELETE", "/lke/clusters/{cluster}/pools/{pool}"),
    ("POST", "/lke/clusters/{cluster}/pools/{pool}/recycle"),
    ("GET", "/lke/clusters/{cluster}/nodes/{node}"),
    ("DELETE", "/lke/clusters/{cluster}/nodes/{node}"),
    ("POST", "/lke/clusters/{cluster}/nodes/{node}/recycle"),
    ("GET", "/networking/firewalls"),
    ("POST", "/networking/firewalls"),
    ("GET", "/networking/firewalls/settings"),
    ("PUT", "/networking/firewalls/settings"),
    ("GET", "/networking/firewalls/templates"),
    ("GET", "/networking/firewalls/templates/public"),
    ("GET", "/networking/firewalls/{firewall}"),
    ("PUT", "/networking/firewalls/{firewall}"),
    ("DELETE", "/networking/firewalls/{firewall}"),
    ("GET", "/networking/firewalls/{firewall}/rules"),
    ("PUT", "/networking/firewalls/{firewall}/rules"),
    ("GET", "/networking/firewalls/{firewall}/history"),
    ("GET", "/networking/firewalls/{firewall}/history/rules/1"),
    ("GET", "/networking/firewalls/{firewall}/devices"),
    ("POST", "/networking/firewalls/{firewall}/devices"),
    ("GET", "/networking/firewalls/{firewall}/devices/{device}"),
    (
        "DELETE",
        "/networking/firewalls/{firewall}/devices/{device}",
    ),
    ("GET", "/nodebalancers"),
    ("POST", "/nodebalancers"),
    ("GET", "/nodebalancers/{nodebalancer}"),
    ("DELETE", "/nodebalancers/{nodebalancer}"),
    ("GET", "/nodebalancers/{nodebalancer}/firewalls"),
    ("GET", "/nodebalancers/types"),
    ("GET", "/volumes"),
    ("POST", "/volumes"),
    ("GET", "/volumes/{volume}"),
    ("DELETE", "/volumes/{volume}"),
    ("POST", "/volumes/{volume}/attach"),
    ("POST", "/volumes/{volume}/detach"),
    ("GET", "/volumes/types"),
    ("GET", "/linode/instances"),
    ("GET", "/linode/instances/{linode}"),
    ("DELETE", "/linode/instances/{linode}"),
    ("GET", "/linode/instances/{linode}/firewalls"),
    ("GET", "/linode/instances/{linode}/volumes"),
    ("GET", "/tags"),
    ("GET", "/tags/shared"),
    ("GET", "/locks"),
    ("POST", "/locks"),
    ("GET", "/locks/{lock}"),
    ("DELETE", "/locks/{lock}"),
    ("GET", "/network-transfer/prices"),
];

/// Makes one of each; their ids by name.
async fn things(owner: &mut User) -> BTreeMap<&'static str, Value> {
    let quick = json!({"latency_permille": 0});
    owner.ask("PUT", "/_demo/switches", quick).await;
    let mut ids = BTreeMap::new();
    let cluster = owner.ask("POST", "/v4/lke/clusters", reference()).await;
    let path = format!("/v4/lke/clusters/{}/pools", cluster.body["id"]);
    let pool = owner.get(&path).await.body["data"][0].clone();
    let (node, linode) = (&pool["nodes"][0]["id"], &pool["nodes"][0]["instance_id"]);
    ids.insert("cluster", cluster.body["id"].clone());
    ids.insert("node", node.clone());
    ids.insert("linode", linode.clone());
    ids.insert("pool", pool["id"].clone());
    let firewall = json!({"label": "wall", "rules": rules(), "devices": {"linodes": [linode]}});
    let path = "/v4/networking/firewalls";
    let firewall = owner.ask("POST", path, firewall).await.body["id"].clone();
    let devices = owner.get(&format!("{path}/{firewall}/devices")).await.body;
    ids.insert("device", devices["data"][0]["id"].clone());
    ids.insert("firewall", firewall);
    for (name, path) in [
        ("volume", "/v4/volumes"),
        ("nodebalancer", "/v4/nodebalancers"),
    ] {
        let wanted = json!({"label": "first", "region": "us-ord", "tags": ["shared"]});
        let made = owner.ask("POST", path, wanted).await.body;
        ids.insert(name, made["id"].clone());
    }
    let lock = json!({
        "entity_type": "nodebalancer", "entity_id": ids["nodebalancer"],
        "lock_type": "cannot_delete",
    });
    let lock = owner.ask("POST", "/v4beta/locks", lock).await.body;
    ids.insert("lock", lock["id"].clone());
    let event = owner
        .filter(&json!({"action": "lke_cluster_create"}).to_string())
        .get("/v4/account/events")
        .await;
    ids.insert("event", event.body["data"][0]["id"].clone());
    // Nine days on, November is over and has its invoice.
    owner.wait(9 * 24 * 3600).await;
    let invoices = owner.get("/v4/account/invoices").await.body;
    ids.insert("invoice", invoices["data"][0]["id"].clone());
    ids
}

fn rules() -> Value {
    json!({
        "inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT",
    })
}

fn body(method: &str, path: &str, ids: &BTreeMap<&str, Value>) -> Value {
    let mut second = reference();
    second["label"] = json!("second");
    match (method, path) {
        ("POST", "/lke/clusters") => second,
        ("PUT", "/lke/clusters/{cluster}") => json!({"tags": ["other"]}),
        ("POST", "/lke/clusters/{cluster}/regenerate") => json!({"kubeconfig": true}),
        ("PUT", "/lke/clusters/{cluster}/control_plane_acl") => json!({"acl": {"enabled": false}}),
        ("POST", "/lke/clusters/{cluster}/pools") => json!({"type": "g6-standard-1", "count": 1}),
        ("POST", "/networking/firewalls") => json!({"label": "second", "rules": rules()}),
        ("PUT", "/networking/firewalls/settings") => {
            json!({"default_firewall_ids": {"linode": ids["firewall"]}})
        }
        ("PUT", "/networking/firewalls/{firewall}/rules") => rules(),
        ("POST", "/networking/firewalls/{firewall}/devices") => {
            json!({"type": "nodebalancer", "id": ids["nodebalancer"]})
        }
        ("POST", "/nodebalancers" | "/volumes") => json!({"label": "second", "region": "us-ord"}),
        ("POST", "/volumes/{volume}/attach") => json!({"linode_id": ids["linode"]}),
        ("POST", "/locks") => json!({
            "entity_type": "volume", "entity_id": ids["volume"], "lock_type": "cannot_delete",
        }),
        _ => Value::Null,
    }
}

/// A token of one of [`USERS`].
fn token(owner: &User, who: &str, ids: &BTreeMap<&str, Value>) -> String {
    let mut grants = json!({});
    if who == "add" {
        let adds = [
            "add_firewalls",
            "add_linodes",
            "add_lkes",
            "add_nodebalancers",
            "add_volumes",
        ];
        grants["global"] = adds
            .iter()
            .map(|name| ((*name).to_owned(), json!(true)))
            .collect();
    }
    if who.starts_with("read") {
        grants["global"] = json!({"account_access": who});
        for (kind, name) in [
            ("lkecluster", "cluster"),
            ("linode", "linode"),
            ("firewall", "firewall"),
            ("volume", "volume"),
            ("nodebalancer", "nodebalancer"),
        ] {
            grants[kind] = json!([{"id": ids[name], "label": "", "permissions": who}]);
        }
    }
    made_token(owner, &json!({"restricted": true, "grants": grants}))
}

#[tokio::test(start_paused = true)]
async fn v4_answers_as_v4beta_but_for_what_is_beta_only() {
    let mut lines = String::new();
    let mut owner = User::new(&cloud(1), "t");
    let ids = things(&mut owner).await;
    for (method, template) in ENDPOINTS.iter().filter(|(method, _)| *method == "GET") {
        let mut statuses = Vec::new();
        for version in ["v4", "v4beta"] {
            let path = filled(&format!("/{version}{template}"), &ids);
            statuses.push(owner.get(&path).await.status);
        }
        if statuses[0] != statuses[1] {
            writeln!(lines, "{method} {template} {statuses:?}").expect("writing to memory");
        }
    }
    expect![[r#"
        GET /lke/tiers/standard/versions [404, 200]
        GET /locks [404, 200]
        GET /locks/{lock} [404, 200]
    "#]]
    .assert_eq(&lines);
}

/// The path with ids in place of `{words}`.
fn filled(path: &str, ids: &BTreeMap<&str, Value>) -> String {
    let mut path = path.to_owned();
    for (name, id) in ids {
        let id = id.as_str().map_or(id.to_string(), str::to_owned);
        path = path.replace(&format!("{{{name}}}"), &id);
    }
    path
}

#[tokio::test(start_paused = true)]
async fn a_restricted_user_gets_what_the_grants_say() {
    let shared = cloud(1);
    let shared_ids = things(&mut User::new(&shared, "t")).await;
    let mut table = format!("{:66}", "");
    for who in USERS {
        write!(table, " {who:>10}").expect("writing to memory");
    }
    table.push('\n');
    for (method, template) in ENDPOINTS {
        let name = format!("{method} {template}");
        write!(table, "{name:66}").expect("writing to memory");
        for who in USERS {
            // Reading changes nothing, so all readers share a cloud.
            let (mut owner, ids) = if *method == "GET" {
                (User::new(&shared, "t"), shared_ids.clone())
            } else {
                let mut owner = User::new(&cloud(1), "t");
                let ids = things(&mut owner).await;
                (owner, ids)
            };
            let path = filled(&format!("/v4beta{template}"), &ids);
            if name == "DELETE /nodebalancers/{nodebalancer}" {
                let lock = format!("/v4beta/locks/{}", ids["lock"]);
                owner.ask("DELETE", &lock, Value::Null).await;
            }
            let token = token(&owner, who, &ids);
            let mut user = User::new(&owner.twin, &token);
            let said = user.ask(method, &path, body(method, template, &ids)).await;
            let rows = said.body["results"].as_u64();
            let rows = rows.map_or(String::new(), |rows| format!("({rows})"));
            let status = said.status;
            assert!(
                matches!(status, 200 | 403 | 404),
                "{name} {who}: {}",
                said.text
            );
            write!(table, " {:>10}", format!("{status}{rows}")).expect("writing to memory");
        }
        table.push('\n');
    }
    expect![[r#"
                                                                                 none  read_only read_write        add
        GET /profile                                                              200        200        200        200
        GET /profile/grants                                                       200        200        200        200
        GET /profile/tokens                                                    200(1)     200(1)     200(1)     200(1)
        GET /account                                                              403        200        200        403
        GET /account/settings                                                     403        200        200        403
        GET /account/availability                                                 403    200(34)    200(34)        403
        GET /account/availability/us-ord                                          403        200        200        403
        GET /account/transfer                                                     403        200        200        403
        GET /account/invoices                                                     403     200(1)     200(1)        403
        GET /account/invoices/{invoice}                                           403        200        200        403
        GET /account/invoices/{invoice}/items                                     403     200(5)     200(5)        403
        GET /account/events                                                    200(0)     200(7)     200(7)     200(0)
        GET /account/events/{event}                                               404        200        200        404
        POST /account/events/{event}/seen                                         404        200        200        404
        GET /regions                                                          200(34)    200(34)    200(34)    200(34)
        GET /regions/us-ord                                                       200        200        200        200
        GET /regions/availability                                            200(782)   200(782)   200(782)   200(782)
        GET /regions/us-ord/availability                                          200        200        200        200
        GET /linode/types                                                     200(47)    200(47)    200(47)    200(47)
        GET /linode/types/g6-standard-2                                           200        200        200        200
        GET /lke/versions                                                      200(3)     200(3)     200(3)     200(3)
        GET /lke/versions/1.35                                                    200        200        200        200
        GET /lke/tiers/standard/versions                                       200(3)     200(3)     200(3)     200(3)
        GET /lke/types                                                         200(2)     200(2)     200(2)     200(2)
        GET /lke/clusters                                                      200(0)     200(1)     200(1)     200(0)
        POST /lke/clusters                                                        403        403        403        200
        GET /lke/clusters/{cluster}                                               404        200        200        404
        PUT /lke/clusters/{cluster}                                               404        403        200        404
        DELETE /lke/clusters/{cluster}                                            404        403        200        404
        POST /lke/clusters/{cluster}/recycle                                      404        403        200        404
        GET /lke/clusters/{cluster}/kubeconfig                                    404        403        200        404
        DELETE /lke/clusters/{cluster}/kubeconfig                                 404        403        200        404
        DELETE /lke/clusters/{cluster}/servicetoken                               404        403        200        404
        POST /lke/clusters/{cluster}/regenerate                                   404        403        200        404
        GET /lke/clusters/{cluster}/api-endpoints                                 404     200(1)     200(1)        404
        GET /lke/clusters/{cluster}/dashboard                                     404        200        200        404
        GET /lke/clusters/{cluster}/control_plane_acl                             404        200        200        404
        PUT /lke/clusters/{cluster}/control_plane_acl                             404        403        200        404
        DELETE /lke/clusters/{cluster}/control_plane_acl                          404        403        200        404
        GET /lke/clusters/{cluster}/pools                                         404     200(2)     200(2)        404
        POST /lke/clusters/{cluster}/pools                                        404        403        200        404
        GET /lke/clusters/{cluster}/pools/{pool}                                  404        200        200        404
        PUT /lke/clusters/{cluster}/pools/{pool}                                  404        403        200        404
        DELETE /lke/clusters/{cluster}/pools/{pool}                               404        403        200        404
        POST /lke/clusters/{cluster}/pools/{pool}/recycle                         404        403        200        404
        GET /lke/clusters/{cluster}/nodes/{node}                                  404        403        200        404
        DELETE /lke/clusters/{cluster}/nodes/{node}                               404        403        200        404
        POST /lke/clusters/{cluster}/nodes/{node}/recycle                         404        403        200        404
        GET /networking/firewalls                                              200(0)     200(1)     200(1)     200(0)
        POST /networking/firewalls                                                403        403        403        200
        GET /networking/firewalls/settings                                        200        200        200        200
        PUT /networking/firewalls/settings                                        403        403        200        403
        GET /networking/firewalls/templates                                    200(2)     200(2)     200(2)     200(2)
        GET /networking/firewalls/templates/public                                200        200        200        200
        GET /networking/firewalls/{firewall}                                      404        200        200        404
        PUT /networking/firewalls/{firewall}                                      404        403        200        404
        DELETE /networking/firewalls/{firewall}                                   404        403        200        404
        GET /networking/firewalls/{firewall}/rules                                404        200        200        404
        PUT /networking/firewalls/{firewall}/rules                                404        403        200        404
        GET /networking/firewalls/{firewall}/history                              404     200(1)     200(1)        404
        GET /networking/firewalls/{firewall}/history/rules/1                      404        200        200        404
        GET /networking/firewalls/{firewall}/devices                              404     200(1)     200(1)        404
        POST /networking/firewalls/{firewall}/devices                             404        403        200        404
        GET /networking/firewalls/{firewall}/devices/{device}                     404        200        200        404
        DELETE /networking/firewalls/{firewall}/devices/{device}                  404        403        200        404
        GET /nodebalancers                                                     200(0)     200(1)     200(1)     200(0)
        POST /nodebalancers                                                       403        403        403        200
        GET /nodebalancers/{nodebalancer}                                         404        200        200        404
        DELETE /nodebalancers/{nodebalancer}                                      404        403        200        404
        GET /nodebalancers/{nodebalancer}/firewalls                               404     200(0)     200(0)        404
        GET /nodebalancers/types                                               200(2)     200(2)     200(2)     200(2)
        GET /volumes                                                           200(0)     200(1)     200(1)     200(0)
        POST /volumes                                                             403        403        403        200
        GET /volumes/{volume}                                                     404        200        200        404
        DELETE /volumes/{volume}                                                  404        403        200        404
        POST /volumes/{volume}/attach                                             404        403        200        404
        POST /volumes/{volume}/detach                                             404        403        200        404
        GET /volumes/types                                                     200(1)     200(1)     200(1)     200(1)
        GET /linode/instances                                                  200(0)     200(1)     200(1)     200(0)
        GET /linode/instances/{linode}                                            404        200        200        404
        DELETE /linode/instances/{linode}                                         404        403        200        404
        GET /linode/instances/{linode}/firewalls                                  404     200(1)     200(1)        404
        GET /linode/instances/{linode}/volumes                                    404     200(0)     200(0)        404
        GET /tags                                                                 403        403        403        403
        GET /tags/shared                                                          403        403        403        403
        GET /locks                                                             200(0)     200(1)     200(1)     200(0)
        POST /locks                                                               404        403        200        404
        GET /locks/{lock}                                                         404        200        200        404
        DELETE /locks/{lock}                                                      404        403        200        404
        GET /network-transfer/prices                                           200(2)     200(2)     200(2)     200(2)
    "#]].assert_eq(&table);
}
