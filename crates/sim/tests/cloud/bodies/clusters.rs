//! Bodies about clusters and their pools.

use expect_test::expect;
use serde_json::{Value, json};

use super::{Desk, good_cluster, good_pool};

#[tokio::test(start_paused = true)]
async fn a_cluster() {
    let mut desk = Desk::new().await;
    let many: Vec<Value> = (0..3)
        .map(|_| json!({"type": "g6-standard-2", "count": 84}))
        .collect();
    let acl = "control_plane.acl";
    let rows = [
        ("", json!([1])),
        ("", json!("text")),
        ("label", json!("")),
        ("label", json!("x".repeat(33))),
        ("label", json!(7)),
        ("label", Value::Null),
        ("label", json!("rocket 🚀")),
        ("label", json!("taken")),
        ("region", json!("atlantis")),
        ("region", json!(["us-ord"])),
        ("k8s_version", json!("1.29")),
        ("k8s_version", json!(1.34)),
        ("tags", json!("one")),
        ("tags", json!(["ab"])),
        ("tags", json!([7])),
        ("node_pools", json!([])),
        ("node_pools", json!({})),
        ("node_pools", json!(["pool"])),
        ("node_pools", json!(many)),
        ("tier", json!("deluxe")),
        ("control_plane", json!([])),
        ("control_plane.high_availability", json!("yes")),
        ("apl_enabled", json!("yes")),
        ("control_plane.acl", json!(true)),
        (&format!("{acl}.enabled"), json!(1)),
        (&format!("{acl}.addresses"), json!(["192.0.2.1"])),
        (&format!("{acl}.addresses.ipv4"), json!("192.0.2.1")),
        (&format!("{acl}.addresses.ipv4"), json!(["2001:db8::1"])),
        (&format!("{acl}.addresses.ipv6"), json!(["192.0.2.1"])),
        (&format!("{acl}.addresses.ipv4"), json!(["192.0.2.0/33"])),
        (&format!("{acl}.revision-id"), json!(7)),
    ];
    let path = "/v4/lke/clusters";
    desk.check(("POST", path), &good_cluster(), &rows, expect![[r#"
         = [1] -> 400 The request's body must be a JSON object
         = "text" -> 400 The request's body must be a JSON object
        label = "" -> 400 label: Length must be 1-32 characters
        label = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" -> 400 label: Length must be 1-32 characters
        label = 7 -> 400 label: label must be a string
        label = null -> 400 label: label is required
        label = "rocket 🚀" -> 400 label: Characters of 4 bytes are not supported
        label = "taken" -> 400 label: Label must be unique
        region = "atlantis" -> 400 region: region is not valid
        region = ["us-ord"] -> 400 region: region must be a string
        k8s_version = "1.29" -> 400 k8s_version: k8s_version is not valid
        k8s_version = 1.34 -> 400 k8s_version: k8s_version must be a string
        tags = "one" -> 400 tags: tags must be a list of strings of 3-50 characters
        tags = ["ab"] -> 400 tags: tags must be a list of strings of 3-50 characters
        tags = [7] -> 400 tags: tags must be a list of strings of 3-50 characters
        node_pools = [] -> 400 node_pools: node_pools is required
        node_pools = {} -> 400 node_pools: node_pools must be a list of objects
        node_pools = ["pool"] -> 400 node_pools: node_pools must be a list of objects
        node_pools = [{"type":"g6-standard-2","count":84},{"type":"g6-standard-2" -> 400 node_pools: A cluster may have at most 250 nodes
        tier = "deluxe" -> 400 tier: tier is not valid
        control_plane = [] -> 400 control_plane: control_plane must be an object
        control_plane.high_availability = "yes" -> 400 control_plane.high_availability: control_plane.high_availability must be a boolean
        apl_enabled = "yes" -> 400 apl_enabled: apl_enabled must be a boolean
        control_plane.acl = true -> 400 acl: acl must be an object
        control_plane.acl.enabled = 1 -> 400 acl.enabled: acl.enabled must be a boolean
        control_plane.acl.addresses = ["192.0.2.1"] -> 400 acl.addresses: acl.addresses must be an object
        control_plane.acl.addresses.ipv4 = "192.0.2.1" -> 400 acl.addresses.ipv4: Must be a list of valid addresses or ranges
        control_plane.acl.addresses.ipv4 = ["2001:db8::1"] -> 400 acl.addresses.ipv4: Must be a list of valid addresses or ranges
        control_plane.acl.addresses.ipv6 = ["192.0.2.1"] -> 400 acl.addresses.ipv6: Must be a list of valid addresses or ranges
        control_plane.acl.addresses.ipv4 = ["192.0.2.0/33"] -> 400 acl.addresses.ipv4: Must be a list of valid addresses or ranges
        control_plane.acl.revision-id = 7 -> 400 acl.revision-id: acl.revision-id must be a string
    "#]])
        .await;

    // Everything that is wrong, in one reply.
    let all = json!({"label": "", "region": "atlantis", "node_pools": [{"count": 0}]});
    let said = desk.said("POST", path, &all).await;
    expect!["400 label: Length must be 1-32 characters | region: region is not valid | k8s_version: k8s_version is required | type: type is required | count: Must be 1-100"].assert_eq(&said);
    let off = json!({"control_plane": {"high_availability": false}, "apl_enabled": true});
    let mut wanted = good_cluster();
    for (name, value) in off.as_object().expect("fields") {
        wanted[name] = value.clone();
    }
    let said = desk.said("POST", path, &wanted).await;
    expect!["400 apl_enabled: The App Platform needs high availability"].assert_eq(&said);
    assert_eq!(
        desk.user.get(path).await.body["results"],
        1,
        "none was made"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pool() {
    let mut desk = Desk::new().await;
    let disk = |size: i64| json!({"size": size, "type": "ext4"});
    let eight: Vec<Value> = (0..8).map(|_| disk(100)).collect();
    let taint = |key: &str, value: &str, effect: &str| json!([{"key": key, "value": value, "effect": effect}]);
    let long = "x".repeat(64);
    let label = |key: &str, value: &str| json!({ key: value });
    let rows = [
        ("type", json!("g9-dream-1")),
        ("type", json!("g1-gpu-rtx6000-1")),
        ("type", json!(2)),
        ("type", Value::Null),
        ("count", json!(0)),
        ("count", json!(101)),
        ("count", json!(1.5)),
        ("count", json!("1")),
        ("count", Value::Null),
        ("autoscaler", json!(true)),
        ("autoscaler.enabled", json!("yes")),
        ("autoscaler", json!({"enabled": true, "min": 1})),
        ("autoscaler", json!({"enabled": true, "max": 3})),
        ("autoscaler", json!({"enabled": true, "min": 0, "max": 3})),
        ("autoscaler", json!({"enabled": true, "min": 1, "max": 101})),
        ("autoscaler", json!({"enabled": true, "min": 4, "max": 3})),
        ("label", json!("Upper")),
        ("label", json!("-x")),
        ("label", json!("x".repeat(33))),
        ("label", json!(7)),
        ("labels", json!([])),
        ("labels", label("", "v")),
        ("labels", label(&long, "v")),
        ("labels", label("a b", "v")),
        ("labels", label("Example.com/app", "v")),
        ("labels", label(&format!("example.com/{}", &long[1..]), "v")),
        (
            "labels",
            label(&format!("{}.com/{}", ["y"; 40].join("."), &long[2..]), "v"),
        ),
        ("labels", label("app", &long)),
        ("labels", label("app", "-v")),
        ("labels", json!({"app": 7})),
        ("taints", json!({})),
        ("taints", json!(["NoSchedule"])),
        ("taints", taint(&long, "v", "NoSchedule")),
        ("taints", taint("app", &long, "NoSchedule")),
        ("taints", taint("app", "v", "Never")),
        ("tags", json!([7])),
        ("disks", json!({})),
        ("disks", json!(eight)),
        ("disks", json!([{"size": 100, "type": "ntfs"}])),
        ("disks", json!([{"size": 0, "type": "raw"}])),
        ("disks", json!([{"type": "raw"}])),
        ("disks", json!([disk(81_921)])),
        ("disks", json!([disk(60_000), disk(30_000)])),
        ("disk_encryption", json!("sometimes")),
        ("disk_encryption", json!(true)),
    ];
    let path = format!("{}/pools", desk.cluster);
    desk.check(("POST", &path), &good_pool(), &rows, expect![[r#"
        type = "g9-dream-1" -> 400 type: type is not valid
        type = "g1-gpu-rtx6000-1" -> 400 type: g1-gpu-rtx6000-1 is not available for LKE node pools
        type = 2 -> 400 type: type must be a string
        type = null -> 400 type: type is required
        count = 0 -> 400 count: Must be 1-100
        count = 101 -> 400 count: Must be 1-100
        count = 1.5 -> 400 count: Must be 1-100
        count = "1" -> 400 count: Must be 1-100
        count = null -> 400 count: Must be 1-100
        autoscaler = true -> 400 autoscaler: autoscaler must be an object
        autoscaler.enabled = "yes" -> 400 autoscaler.enabled: autoscaler.enabled must be a boolean
        autoscaler = {"enabled":true,"min":1} -> 400 autoscaler: min and max need each other
        autoscaler = {"enabled":true,"max":3} -> 400 autoscaler: min and max need each other
        autoscaler = {"enabled":true,"min":0,"max":3} -> 400 autoscaler.min: Must be 1-100
        autoscaler = {"enabled":true,"min":1,"max":101} -> 400 autoscaler.max: Must be 1-100
        autoscaler = {"enabled":true,"min":4,"max":3} -> 400 autoscaler.min: autoscaler.min must not exceed autoscaler.max
        label = "Upper" -> 400 label: label must be 1-32 lower-case letters, digits and hyphens
        label = "-x" -> 400 label: label must be 1-32 lower-case letters, digits and hyphens
        label = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" -> 400 label: label must be 1-32 lower-case letters, digits and hyphens
        label = 7 -> 400 label: label must be a string
        labels = [] -> 400 labels: labels must be an object
        labels = {"":"v"} -> 400 labels.: Invalid label key
        labels = {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -> 400 labels.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: Invalid label key
        labels = {"a b":"v"} -> 400 labels.a b: Invalid label key
        labels = {"Example.com/app":"v"} -> 400 labels.Example.com/app: Invalid label key
        labels = {"example.com/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -> 400 labels.example.com/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: Invalid label key
        labels = {"y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y. -> 400 labels.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.y.com/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: Invalid label key
        labels = {"app":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -> 400 labels.app: Invalid label value
        labels = {"app":"-v"} -> 400 labels.app: Invalid label value
        labels = {"app":7} -> 400 labels.app: labels.app must be a string
        taints = {} -> 400 taints: taints must be a list
        taints = ["NoSchedule"] -> 400 taints[0].key: Invalid taint key | taints[0].effect: Must be one of: NoSchedule, PreferNoSchedule, NoExecute
        taints = [{"key":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -> 400 taints[0].key: Invalid taint key
        taints = [{"key":"app","value":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -> 400 taints[0].value: Invalid taint value
        taints = [{"key":"app","value":"v","effect":"Never"}] -> 400 taints[0].effect: Must be one of: NoSchedule, PreferNoSchedule, NoExecute
        tags = [7] -> 400 tags: tags must be a list of strings of 3-50 characters
        disks = {} -> 400 disks: disks must be a list
        disks = [{"size":100,"type":"ext4"},{"size":100,"type":"ext4"},{"siz -> 400 disks: At most 7 disks
        disks = [{"size":100,"type":"ntfs"}] -> 400 disks[0].type: Must be one of: raw, ext4
        disks = [{"size":0,"type":"raw"}] -> 400 disks[0].size: disks[0].size must be a positive integer of MB
        disks = [{"type":"raw"}] -> 400 disks[0].size: disks[0].size must be a positive integer of MB
        disks = [{"size":81921,"type":"ext4"}] -> 400 disks: The disks need 81921 MB, g6-standard-2 has 81920
        disks = [{"size":60000,"type":"ext4"},{"size":30000,"type":"ext4"}] -> 400 disks: The disks need 90000 MB, g6-standard-2 has 81920
        disk_encryption = "sometimes" -> 400 disk_encryption: Must be one of: enabled, disabled
        disk_encryption = true -> 400 disk_encryption: Must be one of: enabled, disabled
    "#]])
        .await;

    let fine = json!({
        "type": "g6-standard-2", "count": 2, "label": "front-1",
        "autoscaler": {"enabled": true, "min": 1, "max": 100},
        "labels": {"example.com/my-app": "", "nvidia.com/gpu.present": "true", "a": "b"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
        "disks": [disk(100), {"size": 100, "type": "raw"}], "disk_encryption": "disabled",
        // The standard tier does not know these, so they may be anything.
        "firewall_id": "none", "update_strategy": "never", "k8s_version": 7,
    });
    let said = desk.user.ask("POST", &path, fine).await;
    assert_eq!(said.status, 200, "{}", said.text);
    assert!(said.body.get("firewall_id").is_none());
    // 250 nodes are what a cluster may have: 3 are there.
    for (count, status) in [(100, 200), (100, 200), (48, 400), (47, 200), (1, 400)] {
        let wanted = json!({"type": "g6-nanode-1", "count": count});
        let said = desk.said("POST", &path, &wanted).await;
        assert!(said.starts_with(&status.to_string()), "{count}: {said}");
    }

    let pool = desk.pool.clone();
    let rows = [
        ("", json!([])),
        ("count", json!(101)),
        ("count", json!(5)),
        ("type", json!("g6-standard-4")),
        ("disks", json!([disk(100)])),
        ("disk_encryption", json!("disabled")),
        ("autoscaler", json!({"enabled": true, "min": 3})),
        ("labels", json!("none")),
        ("taints", json!({})),
        ("tags", json!("none")),
        ("label", json!("Upper")),
    ];
    desk.check(
        ("PUT", &pool),
        &json!({}),
        &rows,
        expect![[r#"
         = [] -> 400 The request's body must be a JSON object
        count = 101 -> 400 count: Must be 1-100
        count = 5 -> 400 count: A cluster may have at most 250 nodes
        type = "g6-standard-4" -> 400 type: type cannot be changed
        disks = [{"size":100,"type":"ext4"}] -> 400 disks: disks cannot be changed
        disk_encryption = "disabled" -> 400 disk_encryption: disk_encryption cannot be changed
        autoscaler = {"enabled":true,"min":3} -> 400 autoscaler: min and max need each other
        labels = "none" -> 400 labels: labels must be an object
        taints = {} -> 400 taints: taints must be a list
        tags = "none" -> 400 tags: tags must be a list of strings of 3-50 characters
        label = "Upper" -> 400 label: label must be 1-32 lower-case letters, digits and hyphens
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_cluster() {
    let mut desk = Desk::new().await;
    let path = desk.cluster.clone();
    let rows = [
        ("label", json!("")),
        ("label", json!(7)),
        ("tags", json!([""])),
        ("k8s_version", json!("1.36")),
        ("k8s_version", json!(1.35)),
        ("control_plane", json!(1)),
        ("control_plane.high_availability", json!(1)),
        ("control_plane.acl.enabled", json!("on")),
    ];
    desk.check(("PUT", &path), &json!({}), &rows, expect![[r#"
        label = "" -> 400 label: Length must be 1-32 characters
        label = 7 -> 400 label: label must be a string
        tags = [""] -> 400 tags: tags must be a list of strings of 3-50 characters
        k8s_version = "1.36" -> 400 k8s_version: k8s_version may only go from 1.34 to the next minor version
        k8s_version = 1.35 -> 400 k8s_version: k8s_version must be a string
        control_plane = 1 -> 400 control_plane: control_plane must be an object
        control_plane.high_availability = 1 -> 400 control_plane.high_availability: control_plane.high_availability must be a boolean
        control_plane.acl.enabled = "on" -> 400 acl.enabled: acl.enabled must be a boolean
    "#]])
        .await;
    let acl = format!("{path}/control_plane_acl");
    let rows = [
        ("", json!({})),
        ("acl", json!([])),
        ("acl.addresses", json!({"ipv4": ["x"], "ipv6": ["y"]})),
    ];
    desk.check(("PUT", &acl), &json!({}), &rows, expect![[r#"
         = {} -> 400 acl: acl is required
        acl = [] -> 400 acl: acl must be an object
        acl.addresses = {"ipv4":["x"],"ipv6":["y"]} -> 400 acl.addresses.ipv4: Must be a list of valid addresses or ranges | acl.addresses.ipv6: Must be a list of valid addresses or ranges
    "#]])
        .await;
    let again = format!("{path}/regenerate");
    let rows = [
        ("", json!({})),
        ("kubeconfig", json!("yes")),
        ("kubeconfig", json!(false)),
    ];
    desk.check(
        ("POST", &again),
        &json!({}),
        &rows,
        expect![[r#"
         = {} -> 400 kubeconfig or servicetoken must be true
        kubeconfig = "yes" -> 400 kubeconfig: kubeconfig must be a boolean
        kubeconfig = false -> 400 kubeconfig or servicetoken must be true
    "#]],
    )
    .await;
}
