//! Whether a pod may run on a node: its node selector and affinity, and the node's taints.

use serde_json::{Value, json};

use super::peek::{at, list, text};

/// The taint of a node that takes no new pods, and of one that does not report.
const CORDONED: &str = "node.kubernetes.io/unschedulable";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// By the pod's spec, as a DaemonSet's controller asks: its pods come onto cordoned nodes too.
pub(super) fn may_run(pod: &Value, node: &Value) -> bool {
    untolerated(pod, node).is_none() && is_selected(pod, node)
}

/// Why the scheduler passes a node over, whatever room it has. From 1.35 on a taint is not named.
pub(super) fn objection(pod: &Value, node: &Value, named: bool) -> Option<String> {
    let taint = |key: &str| json!({"key": key, "effect": "NoSchedule"});
    let tolerated = |taint: &Value| {
        let mut all = list(pod, "/tolerations").iter();
        all.any(|one| tolerates(one, taint))
    };
    let words = |key: &str, value: &str| {
        if named {
            format!("node(s) had untolerated taint {{{key}: {value}}}")
        } else {
            "node(s) had untolerated taint(s)".to_owned()
        }
    };
    let cordoned = at(node, "/spec/unschedulable") == Some(&Value::Bool(true));
    if cordoned && !tolerated(&taint(CORDONED)) {
        return Some("node(s) were unschedulable".to_owned());
    }
    let conditions = list(node, "/status/conditions").iter();
    let silent = conditions
        .filter(|one| text(one, "/type") == "Ready")
        .any(|one| text(one, "/status") != "True");
    if silent && !tolerated(&taint(UNREACHABLE)) {
        return Some(words(UNREACHABLE, ""));
    }
    if let Some(taint) = untolerated(pod, node) {
        return Some(words(text(taint, "/key"), text(taint, "/value")));
    }
    let elsewhere = || "node(s) didn't match Pod's node affinity/selector".to_owned();
    (!is_selected(pod, node)).then(elsewhere)
}

/// The first taint that keeps the pod away.
fn untolerated<'a>(pod: &Value, node: &'a Value) -> Option<&'a Value> {
    list(node, "/spec/taints").iter().find(|taint| {
        let mut tolerations = list(pod, "/tolerations").iter();
        text(taint, "/effect") != "PreferNoSchedule"
            && !tolerations.any(|toleration| tolerates(toleration, taint))
    })
}

/// Whether selector and required affinity name the node.
fn is_selected(pod: &Value, node: &Value) -> bool {
    let selector = pod.get("nodeSelector").and_then(Value::as_object);
    let labels = at(node, "/metadata/labels");
    let bears = |(name, value): (&String, &Value)| {
        labels.and_then(|labels| labels.get(name)) == Some(value)
    };
    let required = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";
    let terms = at(pod, required).map(|_| {
        let all = format!("{required}/nodeSelectorTerms");
        list(pod, &all).iter().any(|term| {
            let by_label = list(term, "/matchExpressions").iter();
            let by_field = list(term, "/matchFields").iter();
            let of = |key: &str| {
                labels
                    .and_then(|labels| labels.get(key))
                    .and_then(Value::as_str)
            };
            let name = text(node, "/metadata/name");
            let empty = term.as_object().is_none_or(serde_json::Map::is_empty);
            !empty
                && by_label
                    .clone()
                    .all(|one| holds(one, of(text(one, "/key"))))
                && by_field.clone().all(|one| holds(one, Some(name)))
        })
    });
    selector.into_iter().flatten().all(bears) && terms != Some(false)
}

/// Whether a requirement holds for the value that a node has.
fn holds(requirement: &Value, has: Option<&str>) -> bool {
    let among = || {
        let mut values = list(requirement, "/values").iter();
        values.any(|one| one.as_str() == has)
    };
    let number = |text: &str| text.parse::<i64>().ok();
    let first = number(text(requirement, "/values/0"));
    let own = has.and_then(number);
    match text(requirement, "/operator") {
        "In" => has.is_some() && among(),
        "NotIn" => has.is_none() || !among(),
        "Exists" => has.is_some(),
        "DoesNotExist" => has.is_none(),
        "Gt" => own.zip(first).is_some_and(|(own, first)| own > first),
        "Lt" => own.zip(first).is_some_and(|(own, first)| own < first),
        _ => false,
    }
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let (key, effect) = (text(toleration, "/key"), text(toleration, "/effect"));
    let same_value = text(toleration, "/operator") == "Exists"
        || text(toleration, "/value") == text(taint, "/value");
    (key.is_empty() || key == text(taint, "/key"))
        && (effect.is_empty() || effect == text(taint, "/effect"))
        && same_value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_selector_and_taints_keep_a_pod_away() {
        let node = json!({
            "metadata": {"labels": {"nvidia.com/gpu.present": "true"}},
            "spec": {"taints": [
                {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"},
                {"key": "soft", "effect": "PreferNoSchedule"},
            ]},
        });
        let pods = [
            (json!({}), false),
            (json!({"tolerations": [{"operator": "Exists"}]}), true),
            (
                json!({"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}),
                true,
            ),
            (
                json!({"tolerations": [{"key": "nvidia.com/gpu", "value": "present"}]}),
                true,
            ),
            (
                json!({"tolerations": [{"key": "nvidia.com/gpu", "value": "other"}]}),
                false,
            ),
            (
                json!({"tolerations": [{"operator": "Exists", "effect": "NoExecute"}]}),
                false,
            ),
            (
                json!({"tolerations": [{"operator": "Exists"}], "nodeSelector": {"a": "b"}}),
                false,
            ),
            (
                json!({
                    "tolerations": [{"operator": "Exists"}],
                    "nodeSelector": {"nvidia.com/gpu.present": "true"},
                }),
                true,
            ),
        ];
        for (pod, fits) in pods {
            assert_eq!(super::may_run(&pod, &node), fits, "{pod}");
        }
    }

    #[test]
    fn what_keeps_a_pod_away_is_told_in_the_scheduler_s_words() {
        let node = |spec: serde_json::Value| {
            json!({
                "metadata": {"name": "one", "labels": {"disk": "7"}}, "spec": spec,
                "status": {"conditions": [{"type": "Ready", "status": "True"}]},
            })
        };
        let taint = json!({"taints": [{"key": "a", "value": "b", "effect": "NoExecute"}]});
        let affine = |operator: &str, values: &[&str]| {
            let one = json!({"key": "disk", "operator": operator, "values": values});
            let terms = json!({"nodeSelectorTerms": [{"matchExpressions": [one]}]});
            let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": terms});
            json!({"affinity": {"nodeAffinity": required}})
        };
        let told = |pod: &serde_json::Value, node: &serde_json::Value, named| {
            super::objection(pod, node, named).unwrap_or_default()
        };
        let plain = json!({});
        let cordoned = node(json!({"unschedulable": true}));
        assert_eq!(told(&plain, &cordoned, true), "node(s) were unschedulable");
        let tainted = node(taint);
        assert_eq!(
            told(&plain, &tainted, true),
            "node(s) had untolerated taint {a: b}"
        );
        assert_eq!(
            told(&plain, &tainted, false),
            "node(s) had untolerated taint(s)"
        );
        let mut lost = node(json!({}));
        lost["status"]["conditions"][0]["status"] = json!("Unknown");
        let silent = "node(s) had untolerated taint {node.kubernetes.io/unreachable: }";
        assert_eq!(told(&plain, &lost, true), silent);
        let open = node(json!({}));
        let fits = [
            ("In", &["7"][..]),
            ("Gt", &["6"]),
            ("Lt", &["8"]),
            ("Exists", &[]),
        ];
        for (operator, values) in fits {
            assert_eq!(
                told(&affine(operator, values), &open, true),
                "",
                "{operator}"
            );
        }
        let away = [
            ("NotIn", &["7"][..]),
            ("Gt", &["7"]),
            ("DoesNotExist", &[]),
            ("odd", &[]),
        ];
        for (operator, values) in away {
            let said = told(&affine(operator, values), &open, true);
            assert_eq!(
                said, "node(s) didn't match Pod's node affinity/selector",
                "{operator}"
            );
        }
    }
}
