//! An address that changes: seen, told, and let in with one click.

use crate::bench::Bench;
use crate::reach::{listed, net, roam, row};
use domain::spec::Spec;
use domain::view::NoticeAction;
use engine::facade::AccessEdit;
use serde_json::json;

#[tokio::test(start_paused = true)]
async fn whoever_roams_is_asked_and_let_in_and_nobody_is_locked_out() {
    let bench = Bench::new().await;
    let other = net("198.51.100.0/24");
    let spec = Spec {
        kubectl_access: Some(vec![net("203.0.113.7/32"), other]),
        ..Bench::spec()
    };
    let id = bench.deploy(spec).await;
    bench.engine.observe_once(&id).await;
    assert_eq!(bench.engine.roamed(&id), None);
    let mut before = "203.0.113.7/32".to_owned();
    for (nth, to) in ["203.0.113.50", "192.0.2.77", "203.0.113.7"]
        .into_iter()
        .enumerate()
    {
        roam(&bench, to);
        bench.engine.observe_once(&id).await;
        let roamed = bench.engine.roamed(&id).expect("it is seen");
        let now = format!("{to}/32");
        assert_eq!(
            (roamed.from.clone(), roamed.to.clone()),
            (vec![before.clone()], vec![now.clone()])
        );
        let notice = row(&bench, &id).notice.unwrap();
        assert_eq!(notice.what.code, "needs_roamed");
        // One click; the old address goes, but for the last time.
        let keep = nth == 2;
        let both = [NoticeAction::AllowAddress, NoticeAction::ReplaceAddress];
        assert_eq!(notice.actions, both);
        let click = both[usize::from(!keep)];
        bench.engine.act(&id, click).await.unwrap();
        bench.engine.wait(&id).await;
        bench.engine.observe_once(&id).await;
        assert_eq!(bench.engine.roamed(&id), None, "Kubernetes answers again");
        assert!(row(&bench, &id).notice.is_none());
        let list = listed(&bench).await;
        assert!(
            list.contains(&"198.51.100.0/24".to_owned()),
            "a colleague stays: {list:?}"
        );
        assert_eq!(list.contains(&before), keep, "{list:?}");
        before = now;
    }
    // An address that is on the list is no reason: Kubernetes is away for another one.
    let rule = json!({"rules": [{"kind": "kube_down", "path": "/kubernetes/**"}]});
    bench.twin.demo("PUT", "/_demo/faults", &rule);
    bench.engine.observe_once(&id).await;
    assert_eq!(bench.engine.roamed(&id), None);
    let (_, faults) = bench
        .twin
        .demo("GET", "/_demo/faults", &serde_json::Value::Null);
    assert!(faults["fired"]["kube_down"].as_u64() > Some(0), "{faults}");
}

#[tokio::test(start_paused = true)]
async fn each_family_of_addresses_is_let_in_whether_or_not_kubernetes_has_ipv6() {
    for over_ipv6 in [false, true] {
        let bench = Bench::new().await;
        let mut switches = bench.twin.demo("GET", "/_demo/switches", &json!({})).1;
        switches["kubernetes_over_ipv6"] = json!(over_ipv6);
        assert_eq!(bench.twin.demo("PUT", "/_demo/switches", &switches).0, 200);
        roam(&bench, ["203.0.113.7", "2001:db8::7"]);
        let mine = bench.engine.my_addresses().await.unwrap();
        assert_eq!(mine, [net("203.0.113.7/32"), net("2001:db8::7/128")]);
        let spec = Spec {
            kubectl_access: Some(mine),
            ..Bench::spec()
        };
        let id = bench.deploy(spec).await;
        let seen = async || {
            bench.engine.observe_once(&id).await;
            let told = bench.engine.roamed(&id).map(|one| (one.from, one.to));
            let allowed = told.is_some();
            if allowed {
                let allow = NoticeAction::AllowAddress;
                bench.engine.act(&id, allow).await.unwrap();
                bench.engine.wait(&id).await;
                bench.engine.observe_once(&id).await;
                assert_eq!(bench.engine.roamed(&id), None, "Kubernetes answers again");
            }
            let written = |all: &[String]| all.join(" ");
            told.map(|(from, to)| format!("{} -> {}", written(&from), written(&to)))
        };
        assert_eq!(seen().await, None);

        roam(&bench, ["198.51.100.9", "2001:db8:1::9"]);
        let both = "203.0.113.7/32 2001:db8::7/128 -> 198.51.100.9/32 2001:db8:1::9/128";
        assert_eq!(seen().await.as_deref(), Some(both), "{over_ipv6}");

        // One family that changes is no matter while the other is let in by it.
        roam(&bench, ["198.51.100.9", "2001:db8:2::9"]);
        assert_eq!(seen().await, None, "{over_ipv6}");
        roam(&bench, ["192.0.2.1", "2001:db8:1::9"]);
        let four = "198.51.100.9/32 -> 192.0.2.1/32";
        let told = seen().await;
        assert_eq!(told.as_deref(), (!over_ipv6).then_some(four), "{over_ipv6}");

        // The own address of either family goes only when that is confirmed.
        let edit = AccessEdit {
            remove: vec![net("2001:db8:1::9/128")],
            ..AccessEdit::default()
        };
        let refused = bench.engine.edit_access(&id, &edit).await.unwrap_err();
        assert_eq!(refused.code, "access_removes_you");
        assert!(
            listed(&bench)
                .await
                .contains(&"2001:db8:1::9/128".to_owned())
        );
    }
}
