//! Bodies about firewalls, volumes and NodeBalancers.

use expect_test::expect;
use serde_json::{Value, json};

use super::{Desk, good_firewall};

#[tokio::test(start_paused = true)]
async fn a_firewall() {
    let mut desk = Desk::new().await;
    let one = good_firewall()["rules"]["inbound"][0].clone();
    let addresses: Vec<String> = (0..256).map(|n| format!("10.0.{n}.0/24")).collect();
    let pieces: Vec<String> = (1..=16).map(|n| n.to_string()).collect();
    let rows = [
        ("label", json!("ab")),
        ("label", json!("x".repeat(33))),
        ("label", json!("1st")),
        ("label", json!("two--hyphens")),
        ("label", json!("ends-")),
        ("label", json!("has space")),
        ("label", json!(7)),
        ("label", json!("taken")),
        ("tags", json!({})),
        ("rules", Value::Null),
        ("rules", json!([])),
        ("rules.inbound", json!({})),
        ("rules.inbound", json!(["all"])),
        ("rules.inbound", json!(vec![one.clone(); 26])),
        ("rules.inbound_policy", json!("REJECT")),
        ("rules.inbound_policy", Value::Null),
        ("rules.inbound.0.action", json!("ALLOW")),
        ("rules.inbound.0.protocol", json!("GRE")),
        ("rules.inbound.0.label", json!("ab")),
        ("rules.inbound.0.label", json!(7)),
        ("rules.inbound.0.description", json!("x".repeat(101))),
        ("rules.inbound.0.ports", json!(22)),
        ("rules.inbound.0.ports", json!("22-")),
        ("rules.inbound.0.ports", json!("80-22")),
        ("rules.inbound.0.ports", json!(pieces.join(","))),
        (
            "rules.inbound.0.ports",
            json!("1-2,3-4,5-6,7-8,9-10,11-12,13-14,15-16"),
        ),
        ("rules.inbound.0.addresses", Value::Null),
        ("rules.inbound.0.addresses", json!({"ipv4": []})),
        ("rules.inbound.0.addresses.ipv4", json!(["192.0.2.1"])),
        ("rules.inbound.0.addresses.ipv4", json!(["2001:db8::/64"])),
        ("rules.inbound.0.addresses.ipv4", json!(addresses)),
        ("devices", json!([])),
        ("devices.linodes", json!(7)),
        ("devices.linodes", json!(["one"])),
    ];
    let path = "/v4/networking/firewalls";
    desk.check(("POST", path), &good_firewall(), &rows, expect![[r#"
        label = "ab" -> 400 label: Length must be 3-32 characters
        label = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" -> 400 label: Length must be 3-32 characters
        label = "1st" -> 400 label: Label must begin with a letter, end with a letter or digit and hold only letters, digits and single hyphens, underscores and periods
        label = "two--hyphens" -> 400 label: Label must begin with a letter, end with a letter or digit and hold only letters, digits and single hyphens, underscores and periods
        label = "ends-" -> 400 label: Label must begin with a letter, end with a letter or digit and hold only letters, digits and single hyphens, underscores and periods
        label = "has space" -> 400 label: Label must begin with a letter, end with a letter or digit and hold only letters, digits and single hyphens, underscores and periods
        label = 7 -> 400 label: label must be a string
        label = "taken" -> 400 label: Label must be unique
        tags = {} -> 400 tags: tags must be a list of strings of 3-50 characters
        rules = null -> 400 rules: rules is required
        rules = [] -> 400 rules: rules must be an object
        rules.inbound = {} -> 400 rules.inbound: Must be a list
        rules.inbound = ["all"] -> 400 rules.inbound[0]: rules.inbound[0] must be an object
        rules.inbound = [{"action":"ACCEPT","protocol":"TCP","ports":"22","label":"s -> 400 rules: Maximum number of rules is 25
        rules.inbound_policy = "REJECT" -> 400 rules.inbound_policy: Must be one of: ACCEPT, DROP
        rules.inbound_policy = null -> 400 rules.inbound_policy: Must be one of: ACCEPT, DROP
        rules.inbound.0.action = "ALLOW" -> 400 rules.inbound[0].action: Must be one of: ACCEPT, DROP
        rules.inbound.0.protocol = "GRE" -> 400 rules.inbound[0].protocol: Must be one of: TCP, UDP, ICMP, IPENCAP
        rules.inbound.0.label = "ab" -> 400 rules.inbound[0].label: Length must be 3-32 characters
        rules.inbound.0.label = 7 -> 400 rules.inbound[0].label: rules.inbound[0].label must be a string
        rules.inbound.0.description = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -> 400 rules.inbound[0].description: Length must be 1-100 characters
        rules.inbound.0.ports = 22 -> 400 rules.inbound[0].ports: rules.inbound[0].ports must be a string
        rules.inbound.0.ports = "22-" -> 400 rules.inbound[0].ports: Ports must be 1-65535
        rules.inbound.0.ports = "80-22" -> 400 rules.inbound[0].ports: Ports must be 1-65535
        rules.inbound.0.ports = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16" -> 400 rules.inbound[0].ports: Maximum number of ports is 15, a range counts twice
        rules.inbound.0.ports = "1-2,3-4,5-6,7-8,9-10,11-12,13-14,15-16" -> 400 rules.inbound[0].ports: Maximum number of ports is 15, a range counts twice
        rules.inbound.0.addresses = null -> 400 rules.inbound[0].addresses: Must contain at least one address
        rules.inbound.0.addresses = {"ipv4":[]} -> 400 rules.inbound[0].addresses.ipv4: Must contain at least one address
        rules.inbound.0.addresses.ipv4 = ["192.0.2.1"] -> 400 rules.inbound[0].addresses.ipv4: Must be a valid address with a prefix length
        rules.inbound.0.addresses.ipv4 = ["2001:db8::/64"] -> 400 rules.inbound[0].addresses.ipv4: Must be a valid address with a prefix length
        rules.inbound.0.addresses.ipv4 = ["10.0.0.0/24","10.0.1.0/24","10.0.2.0/24","10.0.3.0/24","10 -> 400 rules.inbound[0].addresses: Maximum number of addresses is 255
        devices = [] -> 400 devices: devices must be an object
        devices.linodes = 7 -> 400 devices.linodes: devices.linodes must be a list of integers
        devices.linodes = ["one"] -> 400 devices.linodes: devices.linodes must be a list of integers
    "#]])
        .await;
    let two = json!({"label": "x", "rules": {
        "inbound": [{"action": "ALLOW"}], "inbound_policy": "DROP",
    }});
    let said = desk.said("POST", path, &two).await;
    expect!["400 label: Length must be 3-32 characters | rules.inbound[0].action: Must be one of: ACCEPT, DROP | rules.outbound_policy: Must be one of: ACCEPT, DROP"].assert_eq(&said);

    let firewall = desk.firewall.clone();
    let rows = [
        ("label", json!("ab")),
        ("status", json!("deleted")),
        ("status", json!(true)),
        ("tags", json!([7])),
    ];
    desk.check(
        ("PUT", &firewall),
        &json!({}),
        &rows,
        expect![[r#"
        label = "ab" -> 400 label: Length must be 3-32 characters
        status = "deleted" -> 400 status: Must be one of: enabled, disabled
        status = true -> 400 status: Must be one of: enabled, disabled
        tags = [7] -> 400 tags: tags must be a list of strings of 3-50 characters
    "#]],
    )
    .await;
    let devices = format!("{firewall}/devices");
    let good = json!({"type": "linode", "id": 1});
    let rows = [
        ("type", json!("domain")),
        ("type", Value::Null),
        ("id", json!("one")),
        ("id", Value::Null),
        ("id", json!(1)),
    ];
    desk.check(
        ("POST", &devices),
        &good,
        &rows,
        expect![[r#"
        type = "domain" -> 400 type: Must be one of: linode, nodebalancer
        type = null -> 400 type: type is required
        id = "one" -> 400 id: id must be an integer
        id = null -> 400 id: id is required
        id = 1 -> 404 Not found
    "#]],
    )
    .await;
    let rows = [
        ("", json!({})),
        ("default_firewall_ids", json!({"moon": 1})),
        ("default_firewall_ids", json!({"linode": "one"})),
        ("default_firewall_ids", json!({"linode": 1})),
    ];
    let settings = format!("{path}/settings");
    desk.check(("PUT", &settings), &json!({}), &rows, expect![[r#"
         = {} -> 400 default_firewall_ids: default_firewall_ids is required
        default_firewall_ids = {"moon":1} -> 400 default_firewall_ids.moon: Unknown service
        default_firewall_ids = {"linode":"one"} -> 400 default_firewall_ids.linode: default_firewall_ids.linode must be an integer
        default_firewall_ids = {"linode":1} -> 400 default_firewall_ids.linode: Must be one of the account's firewalls
    "#]])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_volume_and_a_nodebalancer() {
    let mut desk = Desk::new().await;
    let good = json!({"label": "data", "region": "us-ord"});
    let rows = [
        ("label", Value::Null),
        ("label", json!("")),
        ("label", json!("x".repeat(33))),
        ("label", json!("1st")),
        ("label", json!("two__lines")),
        ("label", json!("a.b")),
        ("label", json!(7)),
        ("region", json!("atlantis")),
        ("region", json!(7)),
        ("size", json!(9)),
        ("size", json!(16_385)),
        ("size", json!("20")),
        ("encryption", json!("sometimes")),
        ("tags", json!(7)),
    ];
    desk.check(("POST", "/v4/volumes"), &good, &rows, expect![[r#"
        label = null -> 400 label: label is required
        label = "" -> 400 label: Length must be 1-32 characters
        label = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" -> 400 label: Length must be 1-32 characters
        label = "1st" -> 400 label: Label must begin with a letter and hold only letters, digits and single hyphens and underscores
        label = "two__lines" -> 400 label: Label must begin with a letter and hold only letters, digits and single hyphens and underscores
        label = "a.b" -> 400 label: Label must begin with a letter and hold only letters, digits and single hyphens and underscores
        label = 7 -> 400 label: label must be a string
        region = "atlantis" -> 400 region: region is not valid
        region = 7 -> 400 region: region must be a string
        size = 9 -> 400 size: Must be 10-16384
        size = 16385 -> 400 size: Must be 10-16384
        size = "20" -> 400 size: Must be 10-16384
        encryption = "sometimes" -> 400 encryption: Must be one of: enabled, disabled
        tags = 7 -> 400 tags: tags must be a list of strings of 3-50 characters
    "#]])
        .await;
    let rows = [
        ("label", json!("ab")),
        ("label", json!("x".repeat(33))),
        ("label", json!("a.b")),
        ("label", json!(7)),
        ("region", Value::Null),
        ("tags", json!(7)),
    ];
    desk.check(
        ("POST", "/v4/nodebalancers"),
        &good,
        &rows,
        expect![[r#"
        label = "ab" -> 400 label: Length must be 3-32 characters
        label = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" -> 400 label: Length must be 3-32 characters
        label = "a.b" -> 400 label: Label may hold only letters, digits, hyphens and underscores
        label = 7 -> 400 label: label must be a string
        region = null -> 400 region: region is required
        tags = 7 -> 400 tags: tags must be a list of strings of 3-50 characters
    "#]],
    )
    .await;
    let both = json!({"label": "a.b", "region": "atlantis", "tags": 7});
    let said = desk.said("POST", "/v4/nodebalancers", &both).await;
    expect!["400 region: region is not valid | label: Label may hold only letters, digits, hyphens and underscores | tags: tags must be a list of strings of 3-50 characters"].assert_eq(&said);
    let volume = desk.user.ask("POST", "/v4/volumes", good).await.body;
    let path = format!("/v4/volumes/{}/attach", volume["id"]);
    let rows = [
        ("linode_id", Value::Null),
        ("linode_id", json!("one")),
        ("linode_id", json!(1)),
    ];
    desk.check(
        ("POST", &path),
        &json!({}),
        &rows,
        expect![[r#"
        linode_id = null -> 400 linode_id: linode_id is required
        linode_id = "one" -> 400 linode_id: linode_id must be an integer
        linode_id = 1 -> 400 linode_id: linode_id is not valid
    "#]],
    )
    .await;
}
