//! Values of a wrong type or shape.

use super::check;
use expect_test::expect;

#[test]
fn a_version_without_quotes_would_lose_its_zero() {
    check(
        "kubernetes_version = 1.30\n",
        &expect![[r#"
        t:1:22 error KubernetesVersion tofu_version_number found=1.30; tofu_version_number_why; tofu_version_number_fix found=1.30 => "1.30"
    "#]],
    );
    check(
        "kubernetes_version = true\n",
        &expect![[r#"
        t:1:22 error KubernetesVersion tofu_expected_text found=true name=kubernetes_version; tofu_type_why; tofu_text_fix => "true"
    "#]],
    );
}

#[test]
fn types_are_strict() {
    check(
        "cluster_name_prefix = 5\n",
        &expect![[r#"
        t:1:23 error Prefix tofu_expected_text found=5 name=cluster_name_prefix; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "cluster_name_prefix = [\"ada\"]\n",
        &expect![[r#"
        t:1:23 error Prefix tofu_expected_text found=["ada"] name=cluster_name_prefix; tofu_type_why; tofu_text_fix
    "#]],
    );
    check(
        "gpu_node_count = \"2\"\n",
        &expect![[r#"
        t:1:18 error GpuCount tofu_expected_number found="2" name=gpu_node_count; tofu_type_why; tofu_number_fix => 2
    "#]],
    );
    check(
        "gpu_node_count = \"two\"\n",
        &expect![[r#"
        t:1:18 error GpuCount tofu_expected_number found="two" name=gpu_node_count; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "gpu_node_count = 1.5\n",
        &expect![[r#"
        t:1:18 error GpuCount tofu_expected_whole_number found=1.5 name=gpu_node_count; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "gpu_node_count = -1\n",
        &expect![[r#"
        t:1:18 error GpuCount tofu_expected_whole_number found=-1 name=gpu_node_count; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "gpu_node_count = 1e3\n",
        &expect![[r#"
        t:1:18 error GpuCount tofu_expected_whole_number found=1e3 name=gpu_node_count; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "ql_gpu_slices = 400\n",
        &expect![[r#"
        t:1:17 error GpuSlices tofu_expected_whole_number found=400 name=ql_gpu_slices; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "autoscaler_max = 99999999999999999999\n",
        &expect![[r#"
        t:1:18 error GpuMax tofu_expected_whole_number found=99999999999999999999 name=autoscaler_max; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "ha_control_plane = \"true\"\n",
        &expect![[r#"
        t:1:20 error Ha tofu_expected_bool found="true" name=ha_control_plane; tofu_type_why; tofu_bool_fix => true
    "#]],
    );
    check(
        "ha_control_plane = 1\n",
        &expect![[r#"
        t:1:20 error Ha tofu_expected_bool found=1 name=ha_control_plane; tofu_type_why; tofu_bool_fix
    "#]],
    );
    check(
        "tags = \"gpu\"\n",
        &expect![[r#"
        t:1:8 error Tags tofu_expected_list found="gpu" name=tags; tofu_type_why; tofu_list_fix => ["gpu"]
    "#]],
    );
    check(
        "tags = [\"gpu\", [\"x\"]]\n",
        &expect![[r#"
        t:1:16 error Tags tofu_expected_text found=["x"] name=tags; tofu_type_why; tofu_text_fix
    "#]],
    );
    check(
        "ql_budget_usd_month = \"500\"\n",
        &expect![[r#"
        t:1:23 error Budget tofu_expected_amount found="500" name=ql_budget_usd_month; tofu_type_why; tofu_amount_fix => 500
    "#]],
    );
    check(
        "ql_budget_usd_month = 0.0000001\n",
        &expect![[r#"
        t:1:23 error Budget tofu_expected_amount found=0.0000001 name=ql_budget_usd_month; tofu_type_why; tofu_amount_fix
    "#]],
    );
}

#[test]
fn networks_are_written_as_networks() {
    check(
        "allowed_kubectl_ips = \"203.0.113.7/32\"\n",
        &expect![[r#"
        t:1:23 error KubectlAccess tofu_expected_list found="203.0.113.7/32" name=allowed_kubectl_ips; tofu_type_why; tofu_list_fix => ["203.0.113.7/32"]
    "#]],
    );
    check(
        "allowed_kubectl_ips = [\"203.0.113.7\"]\n",
        &expect![[r#"
            t:1:24 error KubectlAccess cidr_bare cidr=203.0.113.7; cidr_why; cidr_bare_fix single=203.0.113.7/32 => ["203.0.113.7/32"]
        "#]],
    );
    check(
        "allowed_kubectl_ips = [\"203.0.113.7\", \"2001:db8::7\"]\n",
        &expect![[r#"
            t:1:24 error KubectlAccess cidr_bare cidr=203.0.113.7; cidr_why; cidr_bare_fix single=203.0.113.7/32 => ["203.0.113.7/32", "2001:db8::7/128"]
            t:1:39 error KubectlAccess cidr_bare cidr=2001:db8::7; cidr_why; cidr_bare_fix single=2001:db8::7/128 => ["203.0.113.7/32", "2001:db8::7/128"]
        "#]],
    );
    check(
        "allowed_kubectl_ips = [\"203.0.113.7/33\"]\n",
        &expect![[r#"
            t:1:24 error KubectlAccess cidr_bad cidr=203.0.113.7/33; cidr_why; cidr_fix
        "#]],
    );
    check(
        "allowed_kubectl_ips = [\n  \"203.0.113.7/32\",\n  \"home\",\n]\n",
        &expect![[r#"
            t:3:3 error KubectlAccess cidr_bad cidr=home; cidr_why; cidr_fix
        "#]],
    );
}

#[test]
fn the_two_names_of_the_ui_list_must_agree() {
    check(
        "allowed_kubeflow_ui_ips = [\"203.0.113.7/32\"]\nallowed_monitoring_ips = [\"0.0.0.0/0\"]\n",
        &expect![[r#"
            t:2:26 error UiAccess tofu_ui_lists_differ first=allowed_kubeflow_ui_ips second=allowed_monitoring_ips; tofu_ui_lists_differ_why; tofu_ui_lists_differ_fix first=allowed_kubeflow_ui_ips
        "#]],
    );
    check(
        concat!(
            "allowed_monitoring_ips = [\"203.0.113.7/32\", \"198.51.100.0/24\"]\n",
            "allowed_kubeflow_ui_ips = [\"198.51.100.0/24\", \"203.0.113.7/32\"]\n",
        ),
        &expect![[""]],
    );
}

#[test]
fn the_system_pool_is_an_object_or_false() {
    check("system_pool = false\n", &expect![[""]]);
    check(
        "system_pool = true\n",
        &expect![[r#"
            t:1:15 error SystemPool tofu_expected_system_pool found=true; tofu_type_why; tofu_system_pool_fix example={ type = "g6-standard-2", count = 1 }
        "#]],
    );
    check(
        "system_pool = \"g6-standard-2\"\n",
        &expect![[r#"
            t:1:15 error SystemPool tofu_expected_system_pool found="g6-standard-2"; tofu_type_why; tofu_system_pool_fix example={ type = "g6-standard-2", count = 1 }
        "#]],
    );
    check(
        "system_pool = { type = \"g6-standard-2\" }\n",
        &expect![[r#"
        t:1:15 error SystemPool tofu_key_missing key=count name=system_pool; tofu_type_why; tofu_key_missing_fix keys=type|count
    "#]],
    );
    check(
        "system_pool = { typ = \"g6-standard-2\", count = \"1\" }\n",
        &expect![[r#"
            t:1:17 error SystemPool tofu_key_unknown key=typ name=system_pool; tofu_key_unknown_why keys=type|count; tofu_key_unknown_fix near=type
            t:1:48 error SystemPool tofu_expected_number found="1" name=system_pool; tofu_type_why; tofu_number_fix
        "#]],
    );
}

#[test]
fn a_stop_is_a_length_or_a_time() {
    for good in ["8h", "90m", "1d12h30m", "never", "2026-11-24T20:00:00Z"] {
        check(&format!("ql_stops_after = \"{good}\"\n"), &expect![[""]]);
    }
    check(
        "ql_stops_after = \"8\"\n",
        &expect![[r#"
        t:1:18 error Stops tofu_stop_bad found="8"; tofu_stop_bad_why; tofu_stop_bad_fix
    "#]],
    );
    check(
        "ql_stops_after = \"tomorrow\"\n",
        &expect![[r#"
        t:1:18 error Stops tofu_stop_bad found="tomorrow"; tofu_stop_bad_why; tofu_stop_bad_fix
    "#]],
    );
    check(
        "ql_stops_after = \"30m8h\"\n",
        &expect![[r#"
        t:1:18 error Stops tofu_stop_bad found="30m8h"; tofu_stop_bad_why; tofu_stop_bad_fix
    "#]],
    );
    check(
        "ql_stops_after = 8\n",
        &expect![[r#"
        t:1:18 error Stops tofu_stop_bad found=8; tofu_stop_bad_why; tofu_stop_bad_fix
    "#]],
    );
    check(
        "ql_stops_after = \"2026-11-24T20:00\"\n",
        &expect![[r#"
        t:1:18 error Stops tofu_stop_bad found="2026-11-24T20:00"; tofu_stop_bad_why; tofu_stop_bad_fix
    "#]],
    );
}

#[test]
fn firewall_rules_are_objects() {
    check(
        "ql_firewall_rules = [22]\n",
        &expect![[r#"
            t:1:22 error FirewallRules tofu_expected_object found=22 name=ql_firewall_rules; tofu_type_why; tofu_object_fix example={ label = "ssh", protocol = "TCP", ports = "22", sources = ["203.0.113.7/32"] }
        "#]],
    );
    check(
        "ql_firewall_rules = [{ label = \"ssh\", protocol = \"SSH\", sources = [\"1.2.3.4\"] }]\n",
        &expect![[r#"
            t:1:50 error FirewallRules tofu_protocol_bad found=SSH; tofu_type_why; tofu_protocol_bad_fix
            t:1:68 error FirewallRules cidr_bare cidr=1.2.3.4; cidr_why; cidr_bare_fix single=1.2.3.4/32
        "#]],
    );
    check(
        "ql_firewall_rules = [{ lable = \"ssh\", ports = 22 }]\n",
        &expect![[r#"
            t:1:22 error FirewallRules tofu_key_missing key=protocol name=ql_firewall_rules; tofu_type_why; tofu_key_missing_fix keys=label|protocol|ports|sources
            t:1:22 error FirewallRules tofu_key_missing key=sources name=ql_firewall_rules; tofu_type_why; tofu_key_missing_fix keys=label|protocol|ports|sources
            t:1:24 error FirewallRules tofu_key_unknown key=lable name=ql_firewall_rules; tofu_key_unknown_why keys=label|protocol|ports|sources; tofu_key_unknown_fix near=label
            t:1:47 error FirewallRules tofu_expected_text found=22 name=ql_firewall_rules; tofu_type_why; tofu_text_fix
        "#]],
    );
}
