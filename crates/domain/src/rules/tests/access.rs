//! Addresses, tags, firewall rules, stop, budget, account; and everything at once.

use super::*;
use crate::spec::{FirewallRule, Protocol, Stops};
use expect_test::expect;

fn nets(list: &[&str]) -> Vec<ipnet::IpNet> {
    list.iter().map(|one| one.parse().unwrap()).collect()
}

#[test]
fn an_empty_access_list_locks_everyone_out_and_the_internet_is_a_warning() {
    let kubectl = |list: &[&str]| Some(nets(list));
    check(
        |case| case.spec.kubectl_access = kubectl(&[]),
        &expect![[r#"
        error KubectlAccess: kubectl_nobody
            kubectl_nobody_why, kubectl_nobody_fix
    "#]],
    );
    check(
        |case| case.spec.kubectl_access = kubectl(&["0.0.0.0/0", "::/0", "2001:db8::7/128"]),
        &expect![[r#"
            warning KubectlAccess: entry_inside cidr=2001:db8::7/128 network=::/0
                entry_nothing_why, entry_nothing_fix
            warning KubectlAccess: kubectl_everyone cidr=0.0.0.0/0
                kubectl_everyone_why, everyone_fix
            warning KubectlAccess: kubectl_everyone cidr=::/0
                kubectl_everyone_why, everyone_fix
        "#]],
    );
    check(
        |case| case.spec.kubectl_access = kubectl(&["203.0.113.7/24", "192.168.1.4/32"]),
        &expect![[r#"
            warning KubectlAccess: host_bits cidr=203.0.113.7/24 network=203.0.113.0/24 network=203.0.113.0/24 single=203.0.113.7/32
                host_bits_why, host_bits_fix
            warning KubectlAccess: kubectl_private cidr=192.168.1.4/32
                kubectl_private_why, kubectl_private_fix
        "#]],
    );
    check(|case| case.spec.kubectl_access = None, &expect![[""]]);
    check(
        |case| case.spec.ui_access = kubectl(&["0.0.0.0/0"]),
        &expect![[r#"
        warning UiAccess: ui_everyone cidr=0.0.0.0/0
            ui_everyone_why, everyone_fix
    "#]],
    );
    let many: Vec<String> = (0..256).map(|n| format!("198.51.100.{n}/32")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check(
        |case| case.spec.ui_access = kubectl(&many),
        &expect![[r#"
        error UiAccess: too_many_addresses count=256 max=255
            too_many_addresses_why, too_many_addresses_fix
    "#]],
    );
}

#[test]
fn tags_have_3_to_50_characters_and_none_looks_like_our_mark() {
    let tags = ["ml", "QL-mine", "gpu", "GPU"];
    check(
        |case| case.spec.tags = tags.iter().map(|tag| (*tag).to_owned()).collect(),
        &expect![[r#"
            error Tags: tag_length length=2 tag=ml max=50 min=3
                tag_length_why, tag_fix
            error Tags: tag_reserved tag=QL-mine
                tag_reserved_why, tag_fix
            warning Tags: tag_twice tag=GPU
                tag_twice_why, -
        "#]],
    );
}

#[test]
fn a_gpu_has_1_to_8_slices() {
    check(
        |case| case.spec.gpu_slices = Some(0),
        &expect![[r#"
        error GpuSlices: slices slices=0 max=8
            slices_why, slices_fix
    "#]],
    );
    check(|case| case.spec.gpu_slices = Some(1), &expect![[""]]);
    check(
        |case| case.spec.gpu_slices = Some(8),
        &expect![[r#"
        warning GpuSlices: slices_shared slices=8
            slices_shared_why, slices_shared_fix
    "#]],
    );
    check(
        |case| case.spec.gpu_slices = Some(9),
        &expect![[r#"
        error GpuSlices: slices slices=9 max=8
            slices_why, slices_fix
    "#]],
    );
}

fn rule(label: &str, protocol: Protocol, ports: Option<&str>, sources: &[&str]) -> FirewallRule {
    FirewallRule {
        label: label.to_owned(),
        protocol,
        ports: ports.map(ToOwned::to_owned),
        sources: nets(sources),
    }
}

#[test]
fn firewall_rules_are_ones_that_linode_takes() {
    let here = &["203.0.113.0/24"][..];
    let tcp = |label: &str, ports| rule(label, Protocol::Tcp, ports, here);
    let check = |rule: FirewallRule, expected: &Expect| {
        check(|case| case.spec.firewall_rules = vec![rule], expected);
    };
    check(tcp("ssh", Some("22-24, 80,443")), &expect![[""]]);
    check(
        tcp("s", Some("22")),
        &expect![[r#"
            error FirewallRules 0.Label: rule_label label=s
                rule_label_why, rule_label_fix
        "#]],
    );
    check(
        tcp("lke-icmp", Some("22")),
        &expect![[r#"
            error FirewallRules 0.Label: rule_label_twice label=lke-icmp
                rule_label_twice_why, rule_label_twice_fix
        "#]],
    );
    check(
        tcp("ssh", Some("22, 080")),
        &expect![[r#"
            error FirewallRules 0.Ports: ports_bad label=ssh piece=080
                ports_bad_why, ports_bad_fix
        "#]],
    );
    check(
        tcp("ssh", Some("24-22")),
        &expect![[r#"
            error FirewallRules 0.Ports: ports_bad label=ssh piece=24-22
                ports_bad_why, ports_bad_fix
        "#]],
    );
    check(
        tcp("ssh", Some("65536")),
        &expect![[r#"
            error FirewallRules 0.Ports: ports_bad label=ssh piece=65536
                ports_bad_why, ports_bad_fix
        "#]],
    );
    check(
        tcp("ssh", None),
        &expect![[r#"
            error FirewallRules 0.Ports: ports_missing label=ssh protocol=TCP
                ports_missing_why, ports_missing_fix
        "#]],
    );
    check(
        tcp("ssh", Some("1-2,3-4,5-6,7-8,9-10,11-12,13-14,15-16")),
        &expect![[r#"
            error FirewallRules 0.Ports: ports_too_many label=ssh pieces=16 max=15
                ports_too_many_why, ports_too_many_fix
        "#]],
    );
    check(
        rule("ping", Protocol::Icmp, Some("1"), here),
        &expect![[r#"
            error FirewallRules 0.Ports: ports_not_here label=ping protocol=ICMP protocol=ICMP
                ports_not_here_why, ports_not_here_fix
        "#]],
    );
    check(
        rule("ssh", Protocol::Tcp, Some("22"), &[]),
        &expect![[r#"
            error FirewallRules 0.Sources: sources_empty label=ssh
                sources_empty_why, sources_empty_fix
        "#]],
    );
    check(
        rule("ssh", Protocol::Tcp, Some("22"), &["0.0.0.0/0"]),
        &expect![[r#"
            warning FirewallRules 0.Sources: rule_everyone cidr=0.0.0.0/0 label=ssh what=TCP 22
                rule_everyone_why, everyone_fix
        "#]],
    );
}

#[test]
fn a_firewall_has_25_rules_with_those_that_lke_needs() {
    let rules = |count| -> Vec<FirewallRule> {
        (0..count)
            .map(|n| {
                rule(
                    &format!("rule-{n}"),
                    Protocol::Tcp,
                    Some(&(2000 + n).to_string()),
                    &["203.0.113.7/32"],
                )
            })
            .collect()
    };
    check(|case| case.spec.firewall_rules = rules(19), &expect![[""]]);
    check(
        |case| case.spec.firewall_rules = rules(20),
        &expect![[r#"
        error FirewallRules: rules_too_many count=26 own=20 max=25 preset=6
            rules_too_many_why, rules_too_many_fix
    "#]],
    );
}

#[test]
fn a_stop_lies_ahead() {
    check(
        |case| case.spec.stops = Stops::At(NOW.parse().unwrap()),
        &expect![[r#"
            error Stops: stop_past at=2026-11-23T10:00:00Z
                stop_why, stop_fix
        "#]],
    );
    check(
        |case| case.spec.stops = Stops::AfterMinutes(0),
        &expect![[r#"
        error Stops: stop_at_once
            stop_why, stop_fix
    "#]],
    );
}

#[test]
fn a_budget_is_held_against_the_quote() {
    let budget = |usd: i64| Some(crate::MicroUsd(usd * 1_000_000));
    check(
        |case| case.spec.budget_month = budget(0),
        &expect![[r#"
        error Budget: budget_zero
            budget_zero_why, budget_zero_fix
    "#]],
    );
    check(
        |case| case.spec.budget_month = budget(400),
        &expect![[r#"
        warning Budget: budget_under_start budget=400000000 month=434000000
            budget_why, budget_fix
    "#]],
    );
    check(
        |case| case.spec.budget_month = budget(500),
        &expect![[r#"
        warning Budget: budget_under_most budget=500000000 month=1834000000
            budget_why, budget_fix
    "#]],
    );
    check(|case| case.spec.budget_month = budget(1834), &expect![[""]]);
}

#[test]
fn a_token_must_be_able_to_tear_down() {
    let scopes = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
    check(
        |case| case.account.scopes = scopes(&["lke:read_write", "linodes:read_write"]),
        &expect![[r#"
            error Whole: scopes_missing scopes=firewall:read_write|nodebalancers:read_write|volumes:read_write scopes=firewall:read_write|nodebalancers:read_write|volumes:read_write
                scopes_missing_why, scopes_missing_fix
        "#]],
    );
    check(
        |case| case.account.scopes = scopes(&["*"]),
        &expect![[r#"
        warning Whole: scope_all
            scope_all_why, scope_all_fix
    "#]],
    );
    check(
        |case| case.account.restricted = true,
        &expect![[r#"
        warning Whole: user_restricted user=ada
            user_restricted_why, user_restricted_fix
    "#]],
    );
}

#[test]
fn a_token_that_ends_is_said_in_time() {
    let ends = |at: &str| Some(at.parse().unwrap());
    check(
        |case| case.account.token_expires = ends("2026-11-23T10:00:00Z"),
        &expect![[r#"
        error Whole: token_ended at=2026-11-23T10:00:00Z
            token_ends_why, token_ends_fix
    "#]],
    );
    check(
        |case| case.account.token_expires = ends("2026-11-29T10:00:00Z"),
        &expect![[r#"
        warning Whole: token_ends_soon at=2026-11-29T10:00:00Z
            token_ends_why, token_ends_fix
    "#]],
    );
    check(
        |case| {
            case.account.token_expires = ends("2026-12-24T10:00:00Z");
            case.spec.stops = Stops::At("2027-01-01T00:00:00Z".parse().unwrap());
        },
        &expect![[r#"
            warning Whole: token_ends_before_stop at=2026-12-24T10:00:00Z stop=2027-01-01T00:00:00Z
                token_ends_why, token_ends_fix
        "#]],
    );
    check(
        |case| case.account.token_expires = ends("2027-11-23T10:00:00Z"),
        &expect![[""]],
    );
}

#[test]
fn without_a_catalog_what_can_be_known_is_still_said() {
    let mut spec = Spec::for_user("ada");
    spec.gpu_type = "g1-gpu-rtx6000-1".to_owned();
    spec.kubernetes_version = "1".to_owned();
    spec.gpu_min = 9;
    expect![[r#"
        error KubernetesVersion: version_format version=1 example=1.34
            version_format_why, version_format_fix
        error GpuType: gpu_type_rtx6000 gpu_type=g1-gpu-rtx6000-1 instead=g2-gpu-rtx4000a1-s instead=g2-gpu-rtx4000a1-s
            gpu_type_rtx6000_why, gpu_type_instead => "g2-gpu-rtx4000a1-s"
        error GpuMin: min_over_max max=5 min=9
            min_over_max_why, min_over_max_fix
    "#]].assert_eq(&said(&super::super::check(&spec, None, &[], None, NOW.parse().unwrap())));
}

#[test]
fn everything_is_said_at_once() {
    check(
        |case| {
            case.spec.prefix = "Ada".to_owned();
            case.spec.region = "mars".to_owned();
            case.spec.gpu_type = "g1-gpu-rtx6000-1".to_owned();
            case.spec.gpu_min = 6;
            case.spec.kubectl_access = Some(Vec::new());
        },
        &expect![[r#"
            error Prefix: prefix_bad prefix=Ada suggestion=ada
                prefix_why, prefix_fix => "ada"
            error Region: region_unknown region=mars instance_type=g2-gpu-rtx4000a1-s regions=us-ord|de-fra-2|id-cgk
                region_unknown_why, choose_region_for_type
            error GpuType: gpu_type_rtx6000 gpu_type=g1-gpu-rtx6000-1 instead=g2-gpu-rtx4000a1-s instead=g2-gpu-rtx4000a1-s
                gpu_type_rtx6000_why, gpu_type_instead => "g2-gpu-rtx4000a1-s"
            error GpuMin: min_over_max max=5 min=6
                min_over_max_why, min_over_max_fix
            error KubectlAccess: kubectl_nobody
                kubectl_nobody_why, kubectl_nobody_fix
        "#]],
    );
}
