//! What is written reads back to the same Spec.

use super::said;
use crate::variables::{Variable, variable};
use crate::{read, write};
use domain::MicroUsd;
use domain::spec::{FirewallRule, Protocol, Spec, Stops, SystemPool};
use expect_test::expect;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use proptest::prelude::*;

fn full() -> Spec {
    let mut spec = Spec::for_user("ada");
    spec.kubectl_access = Some(vec!["203.0.113.7/32".parse().unwrap()]);
    spec.ui_access = Some(vec![
        "203.0.113.7/32".parse().unwrap(),
        "2001:db8::/64".parse().unwrap(),
    ]);
    spec.stops = Stops::AfterMinutes(510);
    spec.budget_month = Some(MicroUsd(450_500_000));
    spec.gpu_slices = Some(2);
    spec.firewall_rules = vec![FirewallRule {
        label: "ssh".to_owned(),
        protocol: Protocol::Tcp,
        ports: Some("22".to_owned()),
        sources: vec!["203.0.113.7/32".parse().unwrap()],
    }];
    spec.kept = vec![("install_kubeflow".to_owned(), "true".to_owned())];
    spec
}

#[test]
fn a_spec_is_written_in_the_order_of_the_form() {
    expect![[r#"
        cluster_name_prefix     = "ada"
        region                  = "us-ord"
        kubernetes_version      = "1.34"
        gpu_node_type           = "g2-gpu-rtx4000a1-s"
        gpu_node_count          = 1
        autoscaler_min          = 1
        autoscaler_max          = 5
        ha_control_plane        = true
        system_pool             = { type = "g6-standard-2", count = 1 }
        allowed_kubectl_ips     = ["203.0.113.7/32"]
        allowed_kubeflow_ui_ips = ["203.0.113.7/32", "2001:db8::/64"]
        tags                    = ["kubeflow", "gpu"]
        ql_stops_after          = "8h30m"
        ql_budget_usd_month     = 450.5
        ql_gpu_slices           = 2
        ql_firewall_rules       = [
          { label = "ssh", protocol = "TCP", ports = "22", sources = ["203.0.113.7/32"] },
        ]
        install_kubeflow        = true
    "#]]
    .assert_eq(&write(&full()));
}

#[test]
fn the_defaults_read_back() {
    let spec = Spec::for_user("ada");
    let back = read("t", &write(&spec));
    assert_eq!((back.spec, said(&back.diagnostics)), (spec, String::new()));
}

fn network() -> impl Strategy<Value = IpNet> {
    prop_oneof![
        (any::<[u8; 4]>(), 0..=32_u8)
            .prop_map(|(bytes, length)| IpNet::V4(Ipv4Net::new_assert(bytes.into(), length))),
        (any::<[u8; 16]>(), 0..=128_u8)
            .prop_map(|(bytes, length)| IpNet::V6(Ipv6Net::new_assert(bytes.into(), length))),
    ]
}

fn networks() -> impl Strategy<Value = Vec<IpNet>> {
    prop::collection::vec(network(), 0..4)
}

/// Any text, often with what HCL treats specially.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ab$%{}\"\\\\\n\r\t#/*<=]{0,12}"]
}

fn stops() -> impl Strategy<Value = Stops> {
    prop_oneof![
        Just(Stops::Never),
        any::<u32>().prop_map(Stops::AfterMinutes),
        (0..4_102_444_800_i64, 0..1_000_000_000_i32)
            .prop_map(|(s, ns)| Stops::At(Timestamp::new(s, ns).unwrap())),
    ]
}

fn rule() -> impl Strategy<Value = FirewallRule> {
    let protocol = prop_oneof![
        Just(Protocol::Tcp),
        Just(Protocol::Udp),
        Just(Protocol::Icmp),
        Just(Protocol::Ipencap)
    ];
    (text(), protocol, prop::option::of(text()), networks()).prop_map(
        |(label, protocol, ports, sources)| FirewallRule {
            label,
            protocol,
            ports,
            sources,
        },
    )
}

fn kept() -> impl Strategy<Value = Vec<(String, String)>> {
    let literal = prop_oneof![
        Just("true".to_owned()),
        Just("[1, 2, \"x\"]".to_owned()),
        Just("{\n  a = 1 # why\n  b = \"]\"\n}".to_owned()),
        Just("\"v26.3\"".to_owned()),
    ];
    let name = prop_oneof![
        "install_[a-z]{3,8}",
        "grafana_[a-z]{3,8}",
        "kubeflow_[a-z]{3,8}"
    ];
    prop::collection::btree_map(name, literal, 0..4).prop_map(|kept| {
        kept.into_iter()
            .filter(|(name, _)| variable(name) == Variable::AddOn)
            .collect()
    })
}

fn spec() -> impl Strategy<Value = Spec> {
    let place = (text(), text(), text(), text());
    let counts = (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>());
    let access = (prop::option::of(networks()), prop::option::of(networks()));
    let pool = prop::option::of((text(), any::<u32>()));
    let wishes = (
        stops(),
        prop::option::of(any::<i32>()),
        prop::option::of(any::<u8>()),
    );
    let lists = (
        prop::collection::vec(text(), 0..4),
        prop::collection::vec(rule(), 0..4),
        kept(),
    );
    (place, counts, access, pool, wishes, lists).prop_map(
        |(place, counts, access, pool, wishes, lists)| Spec {
            prefix: place.0,
            region: place.1,
            kubernetes_version: place.2,
            gpu_type: place.3,
            gpu_count: counts.0,
            gpu_min: counts.1,
            gpu_max: counts.2,
            ha: counts.3,
            kubectl_access: access.0,
            ui_access: access.1,
            tags: lists.0,
            system_pool: pool.map(|(instance_type, count)| SystemPool {
                instance_type,
                count,
            }),
            stops: wishes.0,
            budget_month: wishes.1.map(|micro| MicroUsd(i64::from(micro))),
            gpu_slices: wishes.2,
            firewall_rules: lists.1,
            kept: lists.2,
        },
    )
}

proptest! {
    // A failure is a new test here, not a file beside the sources.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_reads_back_to_the_same_spec(spec in spec()) {
        let file = write(&spec);
        let back = read("t", &file);
        let errors: Vec<_> = back
            .diagnostics
            .iter()
            .filter(|one| one.what.code != "tofu_kept")
            .cloned()
            .collect();
        prop_assert_eq!(said(&errors), "", "{}", file);
        prop_assert_eq!(back.spec, spec, "{}", file);
    }

    #[test]
    fn reading_never_fails_and_fixing_nothing_changes_nothing(text in text_file()) {
        let back = read("t", &text);
        prop_assert_eq!(crate::fix(&text, &[]), text.clone());
        let _ = crate::fix(&text, &back.diagnostics);
    }
}

#[test]
fn an_error_within_a_character_of_three_bytes_has_its_place() {
    let text = "allowed_kubectl_ips = [\"203.0.113.7\"]\r\n𑌳?tags = [\"a\",\ntags = [\"a\",\nᡱ𖽃𞀈ᨯ`";
    let back = read("t", text);
    assert!(back.diagnostics.iter().all(|one| one.place.is_some()));
}

/// Lines that are nearly right.
fn text_file() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("region = \"us-ord\"\n".to_owned()),
        Just("tags = [\"a\",\n".to_owned()),
        Just("system_pool = {\n".to_owned()),
        Just("} ]\n".to_owned()),
        Just("gpu_node_count = <<EOT\n".to_owned()),
        Just("allowed_kubectl_ips = [\"203.0.113.7\"]\r\n".to_owned()),
        text(),
    ];
    prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat())
}
