//! Whether a pod may run on a node: its node selector, and the node's taints.

use serde_json::Value;

use super::peek::{list, text};

/// By the pod's spec.
pub(super) fn may_run(pod: &Value, node: &Value) -> bool {
    let selector = pod.get("nodeSelector").and_then(Value::as_object);
    let labels = node.pointer("/metadata/labels");
    let bears = |(name, value): (&String, &Value)| {
        labels.and_then(|labels| labels.get(name)) == Some(value)
    };
    let kept_out = list(node, "/spec/taints").iter().any(|taint| {
        let mut tolerations = list(pod, "/tolerations").iter();
        text(taint, "/effect") != "PreferNoSchedule"
            && !tolerations.any(|toleration| tolerates(toleration, taint))
    });
    selector.into_iter().flatten().all(bears) && !kept_out
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
}
