//! Files of a bad form: syntax, names, computed values; and where the rules' words stand.

use super::{check, check_rules};
use expect_test::expect;

#[test]
fn a_good_file_says_nothing() {
    check(
        concat!(
            "# ours\n",
            "cluster_name_prefix = \"ada\" // me\n",
            "region = \"us-ord\" /* Chicago */\n",
            "allowed_kubectl_ips = [\n  \"203.0.113.7/32\", # home\n  \"2001:db8::/64\",\n]\n",
            "system_pool = {\n  type  = \"g6-standard-2\"\n  count = 1\n}\n",
            "ql_stops_after = \"8h\"\n",
        ),
        &expect![[""]],
    );
}

#[test]
fn comments_white_space_a_bom_and_windows_lines_are_no_problem() {
    check(
        "\u{feff}region = \"us-ord\"\r\n\r\n# end\r\ntags = [\r\n  \"abc\",\r\n]\r\n",
        &expect![[""]],
    );
    check("", &expect![[""]]);
    check("\n\n  \n# only this", &expect![[""]]);
    check(
        "\u{feff}region = us-ord\r\ntags = 1\r\n",
        &expect![[r#"
        t:1:10 error Region tofu_name found=us-ord name=region; tofu_only_literals; tofu_name_fix found=us-ord => "us-ord"
        t:2:8 error Tags tofu_expected_list found=1 name=tags; tofu_type_why; tofu_list_fix
    "#]],
    );
}

#[test]
fn columns_count_characters() {
    check(
        "/* äöü */ region = 5\n",
        &expect![[r#"
        t:1:20 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "tags = [\"äöü\", 5]\n",
        &expect![[r#"
        t:1:16 error Tags tofu_expected_text found=5 name=tags; tofu_type_why; tofu_text_fix
    "#]],
    );
}

#[test]
fn only_literals_are_read() {
    check(
        "region = us-ord\n",
        &expect![[r#"
        t:1:10 error Region tofu_name found=us-ord name=region; tofu_only_literals; tofu_name_fix found=us-ord => "us-ord"
    "#]],
    );
    check(
        "region = var.region\n",
        &expect![[r#"
        t:1:10 error Region tofu_expression found=var.region name=region; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "region = lower(\"US-ORD\")\n",
        &expect![[r#"
        t:1:10 error Region tofu_function found=lower("US-ORD") name=region; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "region = \"us-${city}\"\n",
        &expect![[r#"
        t:1:10 error Region tofu_template found="us-${city}" name=region; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "region = <<EOT\nus-ord\nEOT\ngpu_node_count = \"x\"\n",
        &expect![[r#"
        t:1:10 error Region tofu_heredoc name=region; tofu_only_literals; tofu_only_literals_fix
        t:4:18 error GpuCount tofu_expected_number found="x" name=gpu_node_count; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "gpu_node_count = 1 + 1\n",
        &expect![[r#"
        t:1:18 error GpuCount tofu_expression found=1 + 1 name=gpu_node_count; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "gpu_node_count = (2)\n",
        &expect![[r#"
        t:1:18 error GpuCount tofu_expression found=(2) name=gpu_node_count; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "ha_control_plane = true ? true : false\n",
        &expect![[r#"
        t:1:20 error Ha tofu_expression found=true ? true : false name=ha_control_plane; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "ha_control_plane = !true\n",
        &expect![[r#"
        t:1:20 error Ha tofu_expression found=!true name=ha_control_plane; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "tags = [for t in [\"abc\"] : t]\n",
        &expect![[r#"
        t:1:8 error Tags tofu_expression found=[for t in ["abc"] : t] name=tags; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "tags = [\"abc\", team]\n",
        &expect![[r#"
        t:1:16 error Tags tofu_name found=team name=tags; tofu_only_literals; tofu_name_fix found=team
    "#]],
    );
    check(
        "allowed_kubectl_ips = [\"${chomp(data.http.ip.body)}/32\"]\n",
        &expect![[r#"
        t:1:24 error KubectlAccess tofu_template found="${chomp(data.http.ip.body)}/32" name=allowed_kubectl_ips; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
    check(
        "install_kubeflow = var.yes\n",
        &expect![[r#"
        t:1:20 error Whole tofu_expression found=var.yes name=install_kubeflow; tofu_only_literals; tofu_only_literals_fix
    "#]],
    );
}

#[test]
fn names_that_are_not_ours_are_warned_about() {
    check(
        "regoin = \"us-ord\"\n",
        &expect![[r#"
        t:1:1 warning Whole tofu_unknown name=regoin; tofu_unknown_why; tofu_unknown_fix near=region
    "#]],
    );
    check(
        "Region = \"us-ord\"\n",
        &expect![[r#"
        t:1:1 warning Whole tofu_unknown name=Region; tofu_unknown_why; tofu_unknown_fix near=region
    "#]],
    );
    check(
        "vpc_subnet = \"x\"\n",
        &expect![[r#"
        t:1:1 warning Whole tofu_unknown name=vpc_subnet; tofu_unknown_why
    "#]],
    );
    check(
        "install_kubeflow = true\nkubeflow_version = \"1.9\"\ngrafana_size = 10\n",
        &expect![[r#"
        t:1:1 warning Whole tofu_kept names=install_kubeflow|kubeflow_version|grafana_size; tofu_kept_why
    "#]],
    );
    check(
        "linode_token = \"abc\"\ngrafana_admin_password = \"x\"\n",
        &expect![[r#"
        t:1:1 warning Whole tofu_secret name=linode_token; tofu_secret_why; tofu_secret_fix
        t:2:1 warning Whole tofu_secret name=grafana_admin_password; tofu_secret_why; tofu_secret_fix
    "#]],
    );
}

#[test]
fn a_variable_is_given_once() {
    check(
        "region = \"us-ord\"\ntags = []\nregion = \"us-sea\"\n",
        &expect![[r#"
        t:3:1 error Region tofu_twice line=1 name=region; tofu_twice_why; tofu_twice_fix
    "#]],
    );
    check(
        "foo = 1\nfoo = 2\n",
        &expect![[r#"
        t:1:1 warning Whole tofu_unknown name=foo; tofu_unknown_why
        t:2:1 error Whole tofu_twice line=1 name=foo; tofu_twice_why; tofu_twice_fix
    "#]],
    );
}

#[test]
fn null_is_as_if_it_were_not_there() {
    check(
        "region = null\nql_stops_after = null\nallowed_kubectl_ips = null\n",
        &expect![[""]],
    );
}

#[test]
fn every_mistake_of_form_is_said_with_its_place() {
    check(
        "region \"us-ord\"\n",
        &expect![[r#"
        t:1:16 error Whole tofu_syntax said=expected `{`; tofu_syntax_why; tofu_syntax_fix
    "#]],
    );
    check(
        "region = \n",
        &expect![[r#"
        t:1:10 error Whole tofu_syntax said=invalid expression; expected `"`, `[`, `{`, `-`, `!`, `(`, `_`, `<`, letter or digit; tofu_syntax_why; tofu_syntax_fix
    "#]],
    );
    check(
        "region: \"us-ord\"\n",
        &expect![[r#"
        t:1:7 error Whole tofu_syntax said=invalid structure; expected `{`, `=`, `"` or identifier; tofu_syntax_why; tofu_syntax_fix
    "#]],
    );
    check(
        "region = \"us-ord\ngpu_node_count = \"x\"\n",
        &expect![[r#"
        t:1:10 error Whole tofu_unclosed_quote; tofu_syntax_why; tofu_unclosed_quote_fix
        t:2:18 error GpuCount tofu_expected_number found="x" name=gpu_node_count; tofu_type_why; tofu_number_fix
    "#]],
    );
    check(
        "tags = [\"abc\"\nregion = 5\nha_control_plane = true\n",
        &expect![[r#"
        t:1:8 error Whole tofu_unclosed_bracket bracket=[; tofu_syntax_why; tofu_unclosed_bracket_fix
        t:2:10 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "tags = [\n  \"abc,\n]\nregion = 5\n",
        &expect![[r#"
        t:2:3 error Whole tofu_unclosed_quote; tofu_syntax_why; tofu_unclosed_quote_fix
        t:4:10 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "system_pool = {\n  type = \"g6-standard-2\"\n  count = 1\n\nregion = 5\n",
        &expect![[r#"
        t:1:15 error Whole tofu_unclosed_bracket bracket={; tofu_syntax_why; tofu_unclosed_bracket_fix
        t:5:10 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "tags = [\"abc\"]]\nregion = 5\n",
        &expect![[r#"
        t:1:15 error Whole tofu_syntax said=expected newline or eof; tofu_syntax_why; tofu_syntax_fix
        t:2:10 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "variable \"region\" {\n  default = \"us-ord\"\n}\nregion = 5\n",
        &expect![[r#"
        t:1:1 error Whole tofu_block name=variable; tofu_syntax_why; tofu_block_fix
        t:4:10 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "{\"region\": \"us-ord\"}\n",
        &expect![[r#"
        t:1:1 error Whole tofu_syntax said=unexpected token; tofu_syntax_why; tofu_syntax_fix
    "#]],
    );
    check(
        "region = \"us-ord\" gpu_node_count = 1\n",
        &expect![[r#"
        t:1:19 error Whole tofu_syntax said=expected newline or eof; tofu_syntax_why; tofu_syntax_fix
    "#]],
    );
    check(
        "region = 'us-ord'\n",
        &expect![[r#"
            t:1:10 error Whole tofu_other_quote quote='; tofu_syntax_why; tofu_other_quote_fix
        "#]],
    );
    check(
        "region = “us-ord”\n",
        &expect![[r#"
        t:1:10 error Whole tofu_other_quote quote=“; tofu_syntax_why; tofu_other_quote_fix
    "#]],
    );
    check(
        "= 5\n&\nregion = 5\n",
        &expect![[r#"
        t:1:1 error Whole tofu_syntax said=unexpected token; tofu_syntax_why; tofu_syntax_fix
        t:2:1 error Whole tofu_syntax said=unexpected token; tofu_syntax_why; tofu_syntax_fix
        t:3:10 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
    "#]],
    );
    check(
        "/* never closed\nregion = 5\n",
        &expect![[r#"
            t:1:1 error Whole tofu_unclosed_comment; tofu_syntax_why; tofu_unclosed_comment_fix
            t:2:10 error Region tofu_expected_text found=5 name=region; tofu_type_why; tofu_text_fix => "5"
        "#]],
    );
    check(
        "region = <<EOT\nus-ord\n",
        &expect![[r#"
            t:1:10 error Whole tofu_unclosed_heredoc; tofu_syntax_why; tofu_only_literals_fix
        "#]],
    );
}

#[test]
fn the_rules_speak_about_the_line() {
    check_rules("# nothing is given\n", &expect![[""]]);
    check_rules(
        concat!(
            "region        = \"us-ord\"\n",
            "gpu_node_type = \"g1-gpu-rtx6000-1\"\n",
            "autoscaler_min = 7\n",
            "tags = [\"gpu\", \"ml\"]\n",
            "allowed_kubectl_ips = [\n  \"203.0.113.7/32\",\n  \"0.0.0.0/0\",\n]\n",
        ),
        &expect![[r#"
            t:2:17 error GpuType gpu_type_rtx6000 gpu_type=g1-gpu-rtx6000-1; gpu_type_rtx6000_why instead=g2-gpu-rtx4000a1-s; gpu_type_instead instead=g2-gpu-rtx4000a1-s => "g2-gpu-rtx4000a1-s"
            t:3:18 error GpuMin min_over_max max=5 min=7; min_over_max_why; min_over_max_fix
            t:6:3 warning KubectlAccess entry_inside cidr=203.0.113.7/32 network=0.0.0.0/0; entry_nothing_why; entry_nothing_fix
            t:7:3 warning KubectlAccess kubectl_everyone cidr=0.0.0.0/0; kubectl_everyone_why; everyone_fix
            t:4:16 error Tags tag_length length=2 tag=ml; tag_length_why max=50 min=3; tag_fix
        "#]],
    );
    check_rules(
        "allowed_kubectl_ips = []\nautoscaler_max = 0\n",
        &expect![[r#"
        t:2:18 error GpuMax nodes_zero; nodes_why max=100; nodes_fix max=100
        t:1:23 error KubectlAccess kubectl_nobody; kubectl_nobody_why; kubectl_nobody_fix
    "#]],
    );
    check_rules(
        "gpu_node_count = 9\n",
        &expect![[r#"
        t:1:18 error GpuCount count_outside count=9 max=5 min=1; count_outside_why; count_outside_fix max=5 min=1 => 5
    "#]],
    );
    check_rules("autoscaler_min = 3\n", &expect![[""]]);
    check_rules(
        concat!(
            "ql_firewall_rules = [\n",
            "  { label = \"ssh\", protocol = \"tcp\", ports = \"22, 0\", sources = [\"::/0\"] },\n",
            "]\n",
            "ql_stops_after = \"2026-11-22T20:00:00Z\"\n",
            "ql_gpu_slices = 40\n",
            "ql_budget_usd_month = -5\n",
        ),
        &expect![[r#"
            t:4:18 error Stops stop_past at=Time(2026-11-22T20:00:00Z); stop_why; stop_fix
            t:6:23 error Budget budget_zero; budget_zero_why; budget_zero_fix
            t:5:17 error GpuSlices slices slices=40; slices_why; slices_fix max=8
            t:2:13 error FirewallRules ports_bad label=ssh piece=0; ports_bad_why; ports_bad_fix
            t:2:66 warning FirewallRules rule_everyone cidr=::/0 label=ssh what=TCP 22, 0; rule_everyone_why; everyone_fix
        "#]],
    );
}
