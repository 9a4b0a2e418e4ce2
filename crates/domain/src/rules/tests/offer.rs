//! Name, region, version, types, prices, nodes.

use super::*;
use crate::spec::SystemPool;
use expect_test::expect;

#[test]
fn the_defaults_are_fine() {
    check(|_| {}, &expect![[""]]);
}

#[test]
fn a_prefix_has_small_letters_digits_and_single_hyphens_and_at_most_15() {
    check(
        |case| case.spec.prefix = "Ada_L".to_owned(),
        &expect![[r#"
        error Prefix: prefix_bad prefix=Ada_L suggestion=ada-l
            prefix_why, prefix_fix => "ada-l"
    "#]],
    );
    check(
        |case| case.spec.prefix = "ada--l".to_owned(),
        &expect![[r#"
        error Prefix: prefix_bad prefix=ada--l suggestion=ada-l
            prefix_why, prefix_fix => "ada-l"
    "#]],
    );
    check(
        |case| case.spec.prefix = "ada-lovelace-of-london".to_owned(),
        &expect![[r#"
        error Prefix: prefix_too_long length=22 max=15 prefix=ada-lovelace-of-london suffix=-lke-gpu-kubeflow suggestion=ada-lovelace-of
            prefix_too_long_why, prefix_fix => "ada-lovelace-of"
    "#]],
    );
    check(
        |case| case.spec.prefix = String::new(),
        &expect![[r#"
        error Prefix: prefix_empty suggestion=user
            prefix_why, prefix_fix => "user"
    "#]],
    );
}

#[test]
fn a_label_of_somebody_else_is_refused_and_our_own_is_not() {
    let taken = |ours| TakenLabel {
        label: "ada-lke-gpu-kubeflow".to_owned(),
        ours,
    };
    check(
        |case| case.taken = vec![taken(false)],
        &expect![[r#"
        error Prefix: label_taken label=ada-lke-gpu-kubeflow
            label_taken_why, label_taken_fix
    "#]],
    );
    check(|case| case.taken = vec![taken(true)], &expect![[""]]);
}

#[test]
fn a_region_must_exist_and_have_the_type_now() {
    check(
        |case| case.spec.region = "us-odr".to_owned(),
        &expect![[r#"
        error Region: region_unknown region=us-odr instance_type=g2-gpu-rtx4000a1-s regions=us-ord|de-fra-2|id-cgk
            region_unknown_why, choose_region_for_type => "us-ord"
    "#]],
    );
    check(
        |case| case.spec.region = "gb-lon".to_owned(),
        &expect![[r#"
        error Region: region_lacks_type instance_type=g2-gpu-rtx4000a1-s region=gb-lon instance_type=g2-gpu-rtx4000a1-s regions=us-ord|de-fra-2|id-cgk
            region_lacks_type_why, choose_region_for_type
    "#]],
    );
    check(
        |case| case.spec.region = "us-sea".to_owned(),
        &expect![[r#"
        error Region: region_sold_out instance_type=g2-gpu-rtx4000a1-s region=us-sea instance_type=g2-gpu-rtx4000a1-s regions=us-ord|de-fra-2|id-cgk
            region_sold_out_why, choose_region_for_type
    "#]],
    );
    let nowhere = |case: &mut Case| {
        for region in &mut case.catalog.regions {
            region.sold_out.append(&mut region.available);
        }
    };
    check(
        nowhere,
        &expect![[r#"
        error Region: region_sold_out instance_type=g2-gpu-rtx4000a1-s region=us-ord instance_type=g2-gpu-rtx4000a1-s
            region_sold_out_why, no_region_has_type
    "#]],
    );
}

#[test]
fn what_is_sold_out_or_retired_only_warns_about_a_deployment_that_exists() {
    check(
        |case| {
            case.taken = vec![TakenLabel {
                label: case.spec.label(),
                ours: true,
            }];
            case.spec.region = "us-sea".to_owned();
            case.spec.kubernetes_version = "1.33".to_owned();
        },
        &expect![[r#"
            warning Region: region_sold_out instance_type=g2-gpu-rtx4000a1-s region=us-sea instance_type=g2-gpu-rtx4000a1-s regions=us-ord|de-fra-2|id-cgk
                region_sold_out_why, choose_region_for_type
            warning KubernetesVersion: version_retired version=1.33 offered=1.35|1.34
                version_not_offered_why, version_fix
        "#]],
    );
}

#[test]
fn a_version_is_two_numbers_and_on_offer() {
    check(
        |case| case.spec.kubernetes_version = "v1.34.2".to_owned(),
        &expect![[r#"
        error KubernetesVersion: version_format version=v1.34.2 example=1.35
            version_format_why, version_format_fix => "1.34"
    "#]],
    );
    check(
        |case| case.spec.kubernetes_version = "newest".to_owned(),
        &expect![[r#"
        error KubernetesVersion: version_format version=newest example=1.35
            version_format_why, version_format_fix
    "#]],
    );
    check(
        |case| case.spec.kubernetes_version = "1.9".to_owned(),
        &expect![[r#"
        error KubernetesVersion: version_retired version=1.9 offered=1.35|1.34
            version_not_offered_why, version_fix => "1.35"
    "#]],
    );
    check(
        |case| case.spec.kubernetes_version = "1.40".to_owned(),
        &expect![[r#"
        error KubernetesVersion: version_not_offered version=1.40 offered=1.35|1.34
            version_not_offered_why, version_fix => "1.35"
    "#]],
    );
}

#[test]
fn the_id_of_the_other_card_is_refused_with_its_correction() {
    check(
        |case| case.spec.gpu_type = "g1-gpu-rtx6000-1".to_owned(),
        &expect![[r#"
        error GpuType: gpu_type_rtx6000 gpu_type=g1-gpu-rtx6000-1 instead=g2-gpu-rtx4000a1-s instead=g2-gpu-rtx4000a1-s
            gpu_type_rtx6000_why, gpu_type_instead => "g2-gpu-rtx4000a1-s"
    "#]],
    );
    check(
        |case| case.spec.gpu_type = "g1-gpu-rtx6000-4".to_owned(),
        &expect![[r#"
        error GpuType: gpu_type_rtx6000 gpu_type=g1-gpu-rtx6000-4 instead=g2-gpu-rtx4000a1-s
            gpu_type_rtx6000_family_why, gpu_type_instead
    "#]],
    );
}

#[test]
fn a_gpu_type_must_be_known_and_have_a_gpu() {
    check(
        |case| case.spec.gpu_type = "g2-gpu-rtx4000a1-x".to_owned(),
        &expect![[r#"
        error GpuType: type_unknown instance_type=g2-gpu-rtx4000a1-x types=g2-gpu-rtx4000a1-s|g3-gpu-rtxpro6000-blackwell-1
            type_unknown_why, gpu_type_choose => "g2-gpu-rtx4000a1-s"
    "#]],
    );
    check(
        |case| case.spec.gpu_type = "g6-standard-2".to_owned(),
        &expect![[r#"
        error GpuType: gpu_type_without_gpu gpu_type=g6-standard-2 types=g2-gpu-rtx4000a1-s|g3-gpu-rtxpro6000-blackwell-1
            gpu_type_without_gpu_why, gpu_type_choose
    "#]],
    );
}

#[test]
fn a_price_that_is_not_known_is_said_and_never_free() {
    check(
        |case| {
            case.catalog.types[0].price = None;
            case.catalog.types[3].price = None;
            case.catalog.ha_price = None;
        },
        &expect![[r#"
            warning GpuType: type_price_unknown instance_type=g2-gpu-rtx4000a1-s
                type_price_unknown_why, type_price_unknown_fix
            warning SystemPool: type_price_unknown instance_type=g6-standard-2
                type_price_unknown_why, type_price_unknown_fix
            warning Ha: ha_price_unknown
                type_price_unknown_why, type_price_unknown_fix
        "#]],
    );
}

fn counts(count: u32, min: u32, max: u32) -> impl FnOnce(&mut Case) {
    move |case| {
        (case.spec.gpu_count, case.spec.gpu_min, case.spec.gpu_max) = (count, min, max);
    }
}

#[test]
fn node_counts_lie_within_their_bounds() {
    check(
        counts(3, 5, 2),
        &expect![[r#"
        error GpuMin: min_over_max max=2 min=5
            min_over_max_why, min_over_max_fix
    "#]],
    );
    check(
        counts(7, 1, 5),
        &expect![[r#"
        error GpuCount: count_outside count=7 max=5 min=1 max=5 min=1
            count_outside_why, count_outside_fix => 5
    "#]],
    );
    check(
        counts(0, 0, 101),
        &expect![[r#"
        error GpuCount: nodes_zero max=100 max=100
            nodes_why, nodes_fix
        error GpuMin: nodes_zero max=100 max=100
            nodes_why, nodes_fix
        error GpuMax: nodes_too_many count=101 max=100 max=100
            nodes_why, nodes_fix
    "#]],
    );
}

#[test]
fn the_system_pool_is_known_and_without_gpus() {
    let pool = |instance_type: &str, count| {
        Some(SystemPool {
            instance_type: instance_type.to_owned(),
            count,
        })
    };
    check(
        |case| case.spec.system_pool = pool("g6-standard-3", 0),
        &expect![[r#"
            error SystemPool: nodes_zero max=100 max=100
                nodes_why, nodes_fix
            error SystemPool: type_unknown instance_type=g6-standard-3 instead=g6-standard-2
                type_unknown_why, system_type_fix => { type = "g6-standard-2", count = 0 }
        "#]],
    );
    check(
        |case| case.spec.system_pool = pool("g2-gpu-rtx4000a1-s", 1),
        &expect![[r#"
            error SystemPool: system_type_has_gpu instance_type=g2-gpu-rtx4000a1-s instead=g6-standard-2
                system_type_has_gpu_why, system_type_fix => { type = "g6-standard-2", count = 1 }
        "#]],
    );
}
