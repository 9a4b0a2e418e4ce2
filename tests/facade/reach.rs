//! Who can reach what, and the access list edited while a deployment stands.

use crate::bench::{Bench, tokio_sleep};
use domain::DeploymentId;
use domain::spec::Spec;
use domain::view::{
    DeploymentRow, DeploymentState, NoticeAction, PathState, ReachView, Row, StepState,
};
use engine::facade::{AccessDone, AccessEdit, For};
use ipnet::IpNet;
use serde_json::json;

pub(crate) fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

pub(crate) fn row(bench: &Bench, id: &DeploymentId) -> DeploymentRow {
    let rows = bench.engine.rows(id).into_iter();
    let mut found = rows.filter_map(|(_, row)| match row {
        Row::Deployment(row) => Some(*row),
        Row::App(_) | Row::Node(_) | Row::Step(_) | Row::Spend(_) | Row::Activity(_) => None,
    });
    found.next().unwrap()
}

fn reach(bench: &Bench, id: &DeploymentId) -> ReachView {
    row(bench, id).reach.unwrap()
}

/// The sentences that are not guarded, and how many are.
fn said(view: &ReachView) -> String {
    let guarded = |state: PathState| state == PathState::Guarded;
    let count = view.paths.iter().filter(|one| guarded(one.state)).count();
    let others = view.paths.iter().filter(|one| !guarded(one.state));
    let others: Vec<String> = others
        .map(|one| format!("{:?} {}", one.state, one.what.code))
        .collect();
    format!("{count} guarded; {}", others.join(", "))
}

/// The notes of steps that are under way.
fn notes(bench: &Bench, id: &DeploymentId) -> Vec<String> {
    let rows = bench.engine.rows(id).into_iter();
    let under_way = rows.filter_map(|(_, row)| match row {
        Row::Step(step) if matches!(step.state, StepState::Running | StepState::Late) => {
            step.detail
        }
        Row::App(_)
        | Row::Deployment(_)
        | Row::Node(_)
        | Row::Step(_)
        | Row::Spend(_)
        | Row::Activity(_) => None,
    });
    under_way.map(|text| text.code).collect()
}

/// From now on the world sees this computer at another address, or at one of each family.
pub(crate) fn roam(bench: &Bench, to: impl serde::Serialize) {
    let own = sim::ClientAddr::default().0.to_string();
    let clients = json!({ own: to });
    let (status, said) = bench.twin.demo("PUT", "/_demo/clients", &clients);
    assert_eq!(status, 200, "{said}");
}

/// Who somebody else reads in the list.
pub(crate) async fn listed(bench: &Bench) -> Vec<String> {
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let id = &clusters["data"][0]["id"];
    let path = format!("/v4/lke/clusters/{id}/control_plane_acl");
    let acl = bench.somebody("GET", &path).await;
    assert_eq!(acl["acl"]["enabled"], true, "{acl}");
    let families = ["ipv4", "ipv6"].iter();
    let all = families.flat_map(|family| acl["acl"]["addresses"][family].as_array().unwrap());
    all.map(|one| one.as_str().unwrap().to_owned()).collect()
}

async fn edited(bench: &Bench, id: &DeploymentId, add: &[&str], remove: &[&str]) -> AccessDone {
    let nets = |all: &[&str]| all.iter().map(|one| net(one)).collect();
    let edit = AccessEdit {
        add: nets(add),
        remove: nets(remove),
        without_me: false,
    };
    let done = bench.engine.edit_access(id, &edit).await.unwrap();
    if done == AccessDone::Run {
        bench.engine.wait(id).await;
    }
    done
}

#[tokio::test(start_paused = true)]
async fn what_stands_is_said_path_by_path_as_it_is_read() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    bench.engine.observe_once(&id).await;
    let view = reach(&bench, &id);
    assert_eq!(said(&view), "11 guarded; Unknown reach_inside_unsure");
    let figures = view.coverage;
    assert_eq!((figures.nodes, figures.covered, figures.unread), (2, 2, 0));
    assert_eq!((figures.machines, figures.never), (2, 0));
    assert!(figures.open_p50_ms.unwrap() <= figures.open_worst_ms.unwrap());

    // Somebody switches the firewall off, and writes a rule that drops the kubelet.
    let walls = bench.somebody("GET", "/v4/networking/firewalls").await;
    let wall = format!("/v4/networking/firewalls/{}", walls["data"][0]["id"]);
    let off = json!({"status": "disabled"});
    bench.somebody_says("PUT", &wall, &off).await;
    bench.engine.observe_once(&id).await;
    let view = reach(&bench, &id);
    assert!(said(&view).contains("Open reach_nodes_bare, Open reach_firewall_off"));
    assert_eq!(view.coverage.covered, 0);
    bench
        .somebody_says("PUT", &wall, &json!({"status": "enabled"}))
        .await;
    let mut rules = walls["data"][0]["rules"].clone();
    let drop = json!({
        "label": "no-kubelet", "action": "DROP", "protocol": "TCP", "ports": "10250",
        "addresses": {"ipv4": ["192.168.130.0/24"]},
    });
    rules["inbound"].as_array_mut().unwrap().insert(0, drop);
    bench
        .somebody_says("PUT", &format!("{wall}/rules"), &rules)
        .await;
    bench.engine.observe_once(&id).await;
    assert!(said(&reach(&bench, &id)).contains("Cut cut_in"));
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_is_open_to_the_world_until_a_firewall_stands_before_it() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let cluster = clusters["data"][0]["id"].as_u64().unwrap();
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    let path = "/api/v1/namespaces/default/services";
    bench.kube(cluster, path, &service).await;
    tokio_sleep(120).await;
    bench.engine.observe_once(&id).await;
    assert!(said(&reach(&bench, &id)).contains("Open reach_balancer_open"));
    let balancers = bench.somebody("GET", "/v4/nodebalancers").await;
    let guard = json!({
        "label": "web-guard", "devices": {"nodebalancers": [balancers["data"][0]["id"]]},
        "rules": {"inbound": [], "inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
    });
    bench
        .somebody_says("POST", "/v4/networking/firewalls", &guard)
        .await;
    bench.engine.observe_once(&id).await;
    let view = reach(&bench, &id);
    assert_eq!(said(&view), "11 guarded; Unknown reach_inside_unsure");
    let nobody = |one: &domain::view::ReachPath| one.what.code == "reach_balancer_nobody";
    assert!(view.paths.iter().any(nobody));
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_the_list_is_enforced_kept_and_asks_twice_about_the_own_address() {
    let bench = Bench::new().await;
    let id = bench.deploy(Bench::spec()).await;
    let done = edited(&bench, &id, &["198.51.100.0/24", "2001:db8::/48"], &[]).await;
    assert_eq!(done, AccessDone::Run);
    assert_eq!(bench.state(), DeploymentState::Running);
    let three = ["203.0.113.7/32", "198.51.100.0/24", "2001:db8::/48"];
    assert_eq!(listed(&bench).await, three);
    bench.engine.observe_once(&id).await;
    assert_eq!(
        said(&reach(&bench, &id)),
        "11 guarded; Unknown reach_inside_unsure"
    );
    // It is kept: the same edit says nothing new, and applying what is kept changes nothing.
    let again = edited(&bench, &id, &["198.51.100.0/24"], &[]).await;
    assert_eq!(again, AccessDone::Nothing);
    let kept = bench.engine.accepted(&Bench::spec().label()).unwrap();
    assert_eq!(kept.kubectl_access.as_ref().unwrap().len(), 3);
    let review = bench.engine.review(kept.clone(), For::Apply).await.unwrap();
    assert!(review.items.is_empty() && review.diagnostics.is_empty());

    let me = AccessEdit {
        remove: vec![net("203.0.113.7/32")],
        ..AccessEdit::default()
    };
    let refused = bench.engine.edit_access(&id, &me).await.unwrap_err();
    assert_eq!(refused.code, "access_removes_you");
    let strange = AccessEdit {
        remove: vec![net("203.0.113.8/32")],
        ..AccessEdit::default()
    };
    let refused = bench.engine.edit_access(&id, &strange).await.unwrap_err();
    assert_eq!(refused.code, "access_not_listed");
    let everyone = AccessEdit {
        remove: kept.kubectl_access.unwrap(),
        without_me: true,
        ..AccessEdit::default()
    };
    let refused = bench.engine.edit_access(&id, &everyone).await.unwrap_err();
    assert_eq!(refused.code, "kubectl_nobody");
    assert_eq!(listed(&bench).await, three, "nothing was written");

    let sure = AccessEdit {
        without_me: true,
        ..me
    };
    bench.engine.edit_access(&id, &sure).await.unwrap();
    bench.engine.wait(&id).await;
    assert_eq!(listed(&bench).await, three[1..]);

    // Somebody switches the list off, which wipes it in the cloud: an edit brings it back.
    let clusters = bench.somebody("GET", "/v4/lke/clusters").await;
    let acl = format!(
        "/v4/lke/clusters/{}/control_plane_acl",
        clusters["data"][0]["id"]
    );
    bench.somebody("DELETE", &acl).await;
    bench.engine.observe_once(&id).await;
    assert!(said(&reach(&bench, &id)).contains("Open reach_api_off"));
    edited(&bench, &id, &["203.0.113.7/32"], &[]).await;
    assert_eq!(
        listed(&bench).await,
        ["198.51.100.0/24", "203.0.113.7/32", "2001:db8::/48"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_deploy_that_locks_this_computer_out_says_so_within_a_minute_and_goes_on_when_mended() {
    let bench = Bench::new().await;
    let elsewhere = Spec {
        kubectl_access: Some(vec![net("198.51.100.9/32")]),
        ..Bench::spec()
    };
    let review = bench.engine.review(elsewhere, For::New).await.unwrap();
    let id = bench
        .engine
        .accept(&review.plan.unwrap(), false)
        .await
        .unwrap();
    // Until the list is enforced nothing is said of it; then within a minute.
    let mut ready = None;
    let mut told = None;
    for second in 0..1200 {
        tokio_sleep(1).await;
        let all = notes(&bench, &id);
        let waits =
            |code: &&String| ["note_waits_kubernetes", "note_locked_out"].contains(&code.as_str());
        if all.iter().any(|code| waits(&code)) {
            ready.get_or_insert(second);
        }
        if all.iter().any(|code| code == "note_locked_out") {
            told = Some(second);
            break;
        }
    }
    let (ready, told) = (ready.unwrap(), told.expect("it is said"));
    println!(
        "locked out is said {} s after Kubernetes was asked first",
        told - ready
    );
    assert!(told - ready <= 60, "{ready} {told}");
    assert_eq!(bench.state(), DeploymentState::Building);
    // The window says it with the button of a cluster that stands; it is let in beside the run.
    let notice = row(&bench, &id).notice.expect("a notice");
    // What stands in the list was never this computer's.
    assert_eq!(notice.what.code, "needs_roamed_to");
    assert_eq!(notice.actions, [NoticeAction::AllowAddress]);
    let (engine, allow) = (&bench.engine, NoticeAction::AllowAddress);
    engine.act(&id, allow).await.unwrap();
    for _ in 0..60 {
        tokio_sleep(1).await;
        if row(&bench, &id).notice.is_none() {
            break;
        }
    }
    assert_eq!(row(&bench, &id).notice, None);
    bench.engine.wait(&id).await;
    assert_eq!(bench.state(), DeploymentState::Running);
    assert_eq!(listed(&bench).await, ["198.51.100.9/32", "203.0.113.7/32"]);
}
