//! Plans as a person reads them.

use super::{Basis, Edit, plan_create, plan_teardown, plan_update};
use crate::plan::{Action, Plan, PoolRole, Prices};
use crate::spec::Spec;
use crate::{AccountId, CloudId, DeploymentId, Owner, PlanId};
use expect_test::{Expect, expect};
use jiff::Timestamp;
use std::collections::BTreeSet;

fn check(got: &str, want: &Expect) {
    want.assert_eq(got);
}

pub(crate) fn steps(plan: &Plan) -> String {
    let line = |(at, step): (usize, &crate::plan::Step)| {
        let after: Vec<String> = step.after.iter().map(ToString::to_string).collect();
        format!("{at:<2} {} after {}", step.action.name(), after.join(" "))
    };
    plan.steps
        .iter()
        .enumerate()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

pub(crate) fn start() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub(crate) fn basis() -> Basis {
    Basis {
        plan: PlanId("p".to_owned()),
        deployment: DeploymentId("d".to_owned()),
        cloud: CloudId("demo".to_owned()),
        account: AccountId("a".to_owned()),
        now: start(),
        owner: Some(Owner::new(0x0a1b_2c3d)),
        controller: false,
    }
}

pub(crate) fn spec() -> Spec {
    Spec {
        gpu_count: 2,
        ..Spec::for_user("ada")
    }
}

#[test]
fn the_reference_create_is_this_graph() {
    let plan = plan_create(&spec(), Vec::new(), Prices::default(), basis());
    check(
        &steps(&plan),
        &expect![[r"
            0  check_account after 
            1  create_firewall after 0
            2  create_cluster after 1
            3  create_gpu_pool after 2
            4  await_access_list after 2
            5  await_kubeconfig after 2
            6  set_gpu_plugin after 4 5
            7  set_storage_class after 4 5
            8  await_system_nodes after 2
            9  scale_pool after 3
            10 await_gpu_nodes after 9
            11 test_gpus after 10 6
            12 set_autoscaler after 10
            13 cover_nodes after 7 8 11 12"]],
    );
}

#[test]
fn a_create_without_a_system_pool_and_an_autoscaler_is_this_graph() {
    let small = Spec {
        system_pool: None,
        gpu_count: 1,
        gpu_max: 1,
        ..spec()
    };
    let plan = plan_create(&small, Vec::new(), Prices::default(), basis());
    check(
        &steps(&plan),
        &expect![[r"
            0  check_account after 
            1  create_firewall after 0
            2  create_cluster after 1
            3  await_access_list after 2
            4  await_kubeconfig after 2
            5  set_gpu_plugin after 3 4
            6  set_storage_class after 3 4
            7  await_gpu_nodes after 2
            8  test_gpus after 7 5
            9  cover_nodes after 6 8"]],
    );
}

#[test]
fn a_teardown_is_this_graph() {
    let delete = BTreeSet::from([crate::VolumeId(7)]);
    let plan = plan_teardown(&spec(), &delete, Prices::default(), basis());
    check(
        &steps(&plan),
        &expect![[r"
            0  read_volumes after 
            1  delete_load_balancers after 0
            2  settle_volumes after 0
            3  delete_cluster after 1 2
            4  await_instances_gone after 3
            5  delete_nodebalancers after 3
            6  delete_firewall after 4
            7  delete_volumes after 4
            8  prove_zero after 4 5 6 7"]],
    );
}

#[test]
fn an_update_switches_off_then_counts_then_switches_on() {
    let bounds = Some(crate::inventory::Bounds { min: 1, max: 3 });
    let pool = PoolRole::Gpu;
    let edits = [
        Edit::Bounds { pool, bounds },
        Edit::Tags(vec!["x".to_owned()]),
        Edit::Count { pool, count: 3 },
        Edit::Bounds { pool, bounds: None },
    ];
    let plan = plan_update(&spec(), &edits, Prices::default(), basis());
    check(
        &steps(&plan),
        &expect![[r"
            0  check_account after 
            1  set_autoscaler after 0
            2  scale_pool after 1
            3  await_gpu_nodes after 2
            4  set_autoscaler after 3
            5  set_tags after 0
            6  cover_nodes after 0 5 4"]],
    );
}

#[test]
fn everything_that_is_created_bears_the_mark_and_all_but_pools_the_owner_tag() {
    let plan = plan_create(&spec(), Vec::new(), Prices::default(), basis());
    let mut tags = Vec::new();
    for step in &plan.steps {
        if let Action::CreateFirewall(want) = &step.action {
            tags.push(want.tags.join(" "));
        }
        if let Action::CreateCluster(want) = &step.action {
            tags.extend([&want.tags, &want.pool.tags].map(|all| all.join(" ")));
        }
        if let Action::CreateGpuPool(want) = &step.action {
            tags.push(want.tags.join(" "));
        }
    }
    let (owned, pool) = ("kubeflow gpu ql-d qo-0a1b2c3d", "kubeflow gpu ql-d");
    assert_eq!(tags, [owned, owned, pool, pool]);
}

#[test]
fn a_controller_is_installed_before_the_nodes_are_handed_over_and_ends_before_a_teardown() {
    let edit = |on| Edit::Controller {
        on,
        rules: Vec::new(),
    };
    let plan = |on| plan_update(&spec(), &[edit(on)], Prices::default(), basis());
    check(
        &format!("{}\n\n{}", steps(&plan(true)), steps(&plan(false))),
        &expect![[r"
            0  check_account after 
            1  install_controller after 0
            2  hand_over after 1
            3  cover_nodes after 0 2

            0  check_account after 
            1  remove_controller after 0
            2  cover_nodes after 0 1"]],
    );
    let basis = Basis {
        controller: true,
        ..basis()
    };
    let plan = plan_teardown(&spec(), &BTreeSet::new(), Prices::default(), basis);
    let first = steps(&plan);
    assert!(
        first.starts_with("0  end_controller after \n1  read_volumes after 0"),
        "{first}"
    );
}
