//! Corrections, and what the surroundings fill in.

use super::{ruled, said};
use crate::{fix, read};
use domain::spec::Spec;
use expect_test::{Expect, expect};

/// The file after every correction of the file and of the rules.
fn check(input: &str, expected: &Expect) {
    let before = read("t", input);
    let mut all = before.diagnostics.clone();
    all.extend(ruled(&before));
    expected.assert_eq(&fix(input, &all));
}

#[test]
fn the_wrong_card_is_corrected_and_nothing_else_moves() {
    check(
        concat!(
            "# the original's example\n",
            "gpu_node_type   =   \"g1-gpu-rtx6000-1\"   # one RTX\n",
            "\n",
            "region=\"us-ord\"\n",
            "kubernetes_version = 1.34 // newest\n",
            "unknown_thing = [ 1,2 ]\n",
        ),
        &expect![[r##"
            # the original's example
            gpu_node_type   =   "g2-gpu-rtx4000a1-s"   # one RTX

            region="us-ord"
            kubernetes_version = "1.34" // newest
            unknown_thing = [ 1,2 ]
        "##]],
    );
}

#[test]
fn windows_lines_and_a_missing_last_newline_stay() {
    let input = "\u{feff}region = us-ord\r\ngpu_node_count = \"2\"";
    let fixed = fix(input, &read("t", input).diagnostics);
    assert_eq!(fixed, "\u{feff}region = \"us-ord\"\r\ngpu_node_count = 2");
}

#[test]
fn a_list_is_corrected_as_a_whole_and_only_when_all_of_it_can_be() {
    check(
        "allowed_kubectl_ips = [\"203.0.113.7\", \"198.51.100.0/24\"]\n",
        &expect![[r#"
        allowed_kubectl_ips = ["203.0.113.7/32", "198.51.100.0/24"]
    "#]],
    );
    check(
        "allowed_kubectl_ips = [\"203.0.113.7\", \"home\"]\n",
        &expect![[r#"
        allowed_kubectl_ips = ["203.0.113.7", "home"]
    "#]],
    );
    check(
        "tags = \"gpu-team\"\n",
        &expect![[r#"
        tags = ["gpu-team"]
    "#]],
    );
}

#[test]
fn of_two_ui_lists_the_one_on_the_line_is_corrected() {
    check(
        "allowed_kubeflow_ui_ips = [\"203.0.113.7/32\"]\nallowed_monitoring_ips = [\"203.0.113.7\"]\n",
        &expect![[r#"
            allowed_kubeflow_ui_ips = ["203.0.113.7/32"]
            allowed_monitoring_ips = ["203.0.113.7/32"]
        "#]],
    );
}

#[test]
fn a_field_that_the_file_does_not_give_is_added_at_the_end() {
    check(
        "autoscaler_max = 3\ngpu_node_count = 4",
        &expect![[r#"
        autoscaler_max = 3
        gpu_node_count = 3"#]],
    );
    let wrong = domain::rules::check(
        &Spec {
            gpu_type: "g1-gpu-rtx6000-1".to_owned(),
            ..Spec::for_user("ada")
        },
        None,
        &[],
        None,
        "2026-11-23T10:00:00Z".parse().unwrap(),
    );
    assert_eq!(
        fix("region = \"us-ord\"", &wrong),
        "region = \"us-ord\"\ngpu_node_type = \"g2-gpu-rtx4000a1-s\"\n"
    );
}

#[test]
fn a_fixed_file_says_nothing_more_about_what_was_fixed() {
    let input = "gpu_node_type = \"g1-gpu-rtx6000-1\"\nregion = us-ord\ngpu_node_count = 9\n";
    let before = read("t", input);
    let mut all = before.diagnostics.clone();
    all.extend(ruled(&before));
    let after = read("t", &fix(input, &all));
    assert_eq!(said(&after.diagnostics) + &said(&ruled(&after)), "");
}

#[test]
fn what_the_file_leaves_open_comes_from_the_surroundings() {
    let mut file = read("t", "region = \"us-sea\"\n");
    file.complete("Ada Lovelace", None, None);
    assert_eq!(
        (
            file.spec.prefix.as_str(),
            file.spec.kubernetes_version.as_str()
        ),
        ("ada-lovelace", "1.34")
    );
    let running = Spec {
        kubernetes_version: "1.35".to_owned(),
        ..Spec::for_user("ada")
    };
    file.complete("ada", None, Some(&running));
    assert_eq!(file.spec.kubernetes_version, "1.35");
}
