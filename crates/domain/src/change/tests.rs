//! What a change of the Spec, or of the cloud, asks for.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use super::*;
use crate::diagnostic::Severity;
use crate::ids::{ClusterId, PoolId};
use crate::preset;
use crate::spec::{Protocol, SystemPool};
use expect_test::{Expect, expect};
use std::fmt::Write as _;

fn nets(list: &[&str]) -> Vec<IpNet> {
    list.iter().map(|one| one.parse().unwrap()).collect()
}

fn accepted() -> Spec {
    let mut spec = Spec::for_user("ada");
    spec.kubectl_access = Some(nets(&["203.0.113.7/32"]));
    spec.ui_access = Some(nets(&["203.0.113.7/32"]));
    spec
}

/// What is there after the accepted Spec was applied, and the autoscaler has bought two nodes.
fn applied(spec: &Spec) -> Seen {
    let pool = |id, instance_type: &str, count, autoscaler| Pool {
        id: PoolId(id),
        instance_type: instance_type.to_owned(),
        count,
        autoscaler,
        tags: Vec::new(),
        labels: Vec::new(),
        nodes: Vec::new(),
    };
    let bounds = Some(Bounds { min: 1, max: 5 });
    Seen {
        cluster: Some(Cluster {
            id: ClusterId(1),
            label: spec.label(),
            region: spec.region.clone(),
            kubernetes_version: spec.kubernetes_version.clone(),
            ha: spec.ha,
            tags: ["GPU", "kubeflow", "ql-01jd0000000000000000000000", "theirs"]
                .map(ToOwned::to_owned)
                .to_vec(),
            created: "2026-11-23T10:00:00Z".parse().unwrap(),
            locks: Vec::new(),
        }),
        pools: vec![
            (PoolRole::Gpu, pool(2, &spec.gpu_type, 3, bounds)),
            (PoolRole::System, pool(1, "g6-standard-2", 1, None)),
        ],
        access: Some(AccessList {
            enabled: true,
            addresses: nets(&["203.0.113.7/32"]),
            revision: None,
        }),
        firewall: true,
        firewall_rules: None,
    }
}

fn check(bend: impl FnOnce(&mut Spec, &mut Seen), expected: &Expect) {
    let accepted = accepted();
    let (mut spec, mut seen) = (accepted.clone(), applied(&accepted));
    bend(&mut spec, &mut seen);
    let found = changes(&spec, &seen, &accepted);
    let mut said = String::new();
    for one in &found.changes {
        let sign = match one.kind() {
            ItemChange::Create => '+',
            ItemChange::Update => '~',
            ItemChange::Replace => '±',
            ItemChange::Delete => '-',
        };
        let Text { code, params } = one.what();
        let params = serde_json::to_string(&params).unwrap();
        writeln!(said, "{sign} {code} {params}").unwrap();
    }
    for one in &found.diagnostics {
        let severity = match one.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(said, "{severity} {:?} {}", one.field, one.what.code).unwrap();
    }
    expected.assert_eq(&said);
}

#[test]
fn applying_a_spec_again_changes_nothing() {
    check(|_, _| {}, &expect![[""]]);
}

#[test]
fn an_unasked_address_and_other_add_ons_change_nothing() {
    check(
        |spec, _| {
            spec.kubectl_access = None;
            spec.ui_access = None;
            spec.kept = vec![("install_kubeflow".to_owned(), "true".to_owned())];
        },
        &expect![[""]],
    );
}

#[test]
fn the_count_from_the_start_changes_nothing_while_the_autoscaler_is_on() {
    check(|spec, _| spec.gpu_count = 2, &expect![[""]]);
}

#[test]
fn bounds_are_updated_and_never_a_count_under_the_autoscaler() {
    check(
        |spec, _| spec.gpu_max = 8,
        &expect![[r#"
        ~ change_bounds {"from_max":{"kind":"count","value":5},"from_min":{"kind":"count","value":1},"max":{"kind":"count","value":8},"min":{"kind":"count","value":1}}
    "#]],
    );
    check(
        |spec, _| (spec.gpu_min, spec.gpu_count) = (4, 4),
        &expect![[r#"
        ~ change_bounds {"from_max":{"kind":"count","value":5},"from_min":{"kind":"count","value":1},"max":{"kind":"count","value":5},"min":{"kind":"count","value":4}}
        warning GpuMin count_stays
    "#]],
    );
    check(
        |spec, _| spec.gpu_max = 1,
        &expect![[r#"
        ~ change_bounds_off {}
        warning GpuMin count_stays
    "#]],
    );
}

#[test]
fn crossed_bounds_are_compared_like_others() {
    check(
        |spec, seen| {
            (spec.gpu_min, spec.gpu_max) = (5, 2);
            seen.pools[0].1.autoscaler = None;
        },
        &expect![[r#"
            ~ change_gpu_count {"from":{"kind":"count","value":3},"to":{"kind":"count","value":2}}
            ~ change_bounds_on {"max":{"kind":"count","value":2},"min":{"kind":"count","value":5}}
        "#]],
    );
}

#[test]
fn an_autoscaler_that_was_switched_off_comes_back_with_a_count_inside_its_bounds() {
    check(
        |_, seen| {
            seen.pools[0].1.autoscaler = None;
            seen.pools[0].1.count = 9;
        },
        &expect![[r#"
            ~ change_gpu_count {"from":{"kind":"count","value":9},"to":{"kind":"count","value":5}}
            ~ change_bounds_on {"max":{"kind":"count","value":5},"min":{"kind":"count","value":1}}
        "#]],
    );
}

#[test]
fn the_system_pools_nodes_are_counted() {
    let pool = |instance_type: &str, count| {
        Some(SystemPool {
            instance_type: instance_type.to_owned(),
            count,
        })
    };
    check(
        |spec, _| spec.system_pool = pool("g6-standard-2", 2),
        &expect![[r#"
        ~ change_system_count {"from":{"kind":"count","value":1},"to":{"kind":"count","value":2}}
    "#]],
    );
    check(
        |spec, _| spec.system_pool = pool("g6-standard-4", 1),
        &expect![[r#"
        ± change_replace_system_pool {"from":{"kind":"text","value":"g6-standard-2"},"to":{"kind":"text","value":"g6-standard-4"}}
    "#]],
    );
    check(
        |spec, _| spec.system_pool = None,
        &expect![[r#"
            ± change_drop_system_pool {"from":{"kind":"text","value":"g6-standard-2"}}
        "#]],
    );
}

#[test]
fn what_only_a_new_cluster_can_have_is_a_replace() {
    check(
        |spec, _| {
            spec.prefix = "bob".to_owned();
            spec.region = "de-fra-2".to_owned();
            spec.gpu_type = "g2-gpu-rtx4000a1-m".to_owned();
        },
        &expect![[r#"
            ± change_replace_prefix {"from":{"kind":"text","value":"ada"},"to":{"kind":"text","value":"bob"}}
            ± change_replace_region {"from":{"kind":"text","value":"us-ord"},"to":{"kind":"text","value":"de-fra-2"}}
            ± change_replace_gpu_type {"from":{"kind":"text","value":"g2-gpu-rtx4000a1-s"},"to":{"kind":"text","value":"g2-gpu-rtx4000a1-m"}}
        "#]],
    );
}

#[test]
fn version_and_high_availability_are_not_changed_by_this_version() {
    check(
        |spec, _| {
            spec.kubernetes_version = "1.35".to_owned();
            spec.ha = false;
        },
        &expect![[r#"
            error KubernetesVersion version_not_yet
            error Ha ha_stays
        "#]],
    );
    check(
        |_, seen| seen.cluster.as_mut().unwrap().ha = false,
        &expect![[r#"
        error Ha ha_not_yet
    "#]],
    );
}

#[test]
fn the_access_list_is_compared_by_networks() {
    check(
        |spec, _| spec.kubectl_access = Some(nets(&["198.51.100.9/24", "2001:db8::/64"])),
        &expect![[r#"
            ~ change_access {"added":{"kind":"list","value":["198.51.100.0/24","2001:db8::/64"]},"removed":{"kind":"list","value":["203.0.113.7/32"]}}
        "#]],
    );
    check(
        |spec, seen| {
            spec.kubectl_access = Some(nets(&["198.51.100.9/24"]));
            seen.access.as_mut().unwrap().addresses = nets(&["198.51.100.0/24"]);
        },
        &expect![[""]],
    );
    check(
        |_, seen| seen.access.as_mut().unwrap().enabled = false,
        &expect![[r#"
        ~ change_access_add {"added":{"kind":"list","value":["203.0.113.7/32"]}}
    "#]],
    );
}

#[test]
fn firewall_rules_follow_the_ui_list_and_the_users_own() {
    let ssh = |ports: &str| FirewallRule {
        label: "ssh".to_owned(),
        protocol: Protocol::Tcp,
        ports: Some(ports.to_owned()),
        sources: nets(&["203.0.113.7/32"]),
    };
    check(
        |spec, _| spec.firewall_rules = vec![ssh("22")],
        &expect![[r#"
        ~ change_rules_put {"put":{"kind":"list","value":["ssh"]}}
    "#]],
    );
    check(
        |spec, _| spec.ui_access = Some(nets(&["198.51.100.0/24"])),
        &expect![[r#"
        ~ change_rules_put {"put":{"kind":"list","value":["web-ui"]}}
    "#]],
    );
    check(
        |spec, _| spec.ui_access = Some(Vec::new()),
        &expect![[r#"
        ~ change_rules_remove {"removed":{"kind":"list","value":["web-ui"]}}
    "#]],
    );
    check(
        |spec, seen| {
            spec.firewall_rules = vec![ssh("22,80-81")];
            let mut rules = preset::firewall_rules(spec);
            rules[7].ports = Some("80-81, 22".to_owned());
            seen.firewall_rules = Some(rules);
        },
        &expect![[""]],
    );
}

#[test]
fn our_tags_change_and_foreign_ones_stay() {
    check(
        |spec, _| spec.tags = vec!["gpu".to_owned(), "team-a".to_owned()],
        &expect![[r#"
            ~ change_tags {"added":{"kind":"list","value":["team-a"]},"removed":{"kind":"list","value":["kubeflow"]}}
        "#]],
    );
}

#[test]
fn wishes_are_updates() {
    check(
        |spec, _| {
            spec.stops = Stops::AfterMinutes(240);
            spec.budget_month = Some(crate::MicroUsd(1));
            spec.gpu_slices = Some(2);
        },
        &expect![[r#"
            ~ change_stop_after {"minutes":{"kind":"count","value":240}}
            ~ change_budget {}
            ~ change_gpu_slices {}
        "#]],
    );
}

#[test]
fn what_is_missing_is_made() {
    check(
        |_, seen| seen.cluster = None,
        &expect![[r#"
        + change_create_cluster {}
    "#]],
    );
    check(
        |_, seen| seen.pools.clear(),
        &expect![[r#"
        + change_create_gpu_pool {}
        + change_create_system_pool {}
    "#]],
    );
    check(
        |_, seen| seen.firewall = false,
        &expect![[r#"
        + change_create_firewall {}
    "#]],
    );
}
