//! NVIDIA's device plugin, and a computation that shows that a node's GPUs work. Driver and
//! container toolkit are in LKE's node image.

use domain::inventory::{Card, GpuTest};
use domain::plan::GPU_LABEL;
use serde_json::{Value, json};

/// The plugin's name, and its DaemonSet's.
pub(crate) const PLUGIN: &str = "nvidia-device-plugin";
/// Where it lives.
pub(crate) const NAMESPACE: &str = "kube-system";
/// The runtime class of what sees GPUs, and containerd's handler of it in the image.
pub(crate) const RUNTIME_CLASS: &str = "nvidia";
/// Pinned.
const IMAGE: &str = "nvcr.io/nvidia/k8s-device-plugin:v0.20.0";
/// Adds two vectors on the card, and says whether the sum is right.
const TEST_IMAGE: &str = "nvcr.io/nvidia/k8s/cuda-sample:vectoradd-cuda12.5.0";
/// What it says then.
const PASSED: &str = "Test PASSED";
/// Its container, and the one that tells the card.
pub(crate) const COMPUTES: &str = "cuda";
/// See [`COMPUTES`].
pub(crate) const TELLS: &str = "card";
/// Longer than its image takes to come.
const TEST_SECONDS_MAX: u32 = 300;
/// Of what a test said, so much is kept.
const SAID_CHARS_MAX: usize = 300;
/// Where the kubelet listens for plugins.
const SOCKETS: &str = "/var/lib/kubelet/device-plugins";
/// How the plugin shares GPUs, and where that stands in its container.
const SHARING: &str = "config.yaml";
/// See [`SHARING`].
const FOLDER: &str = "/etc/quaylight";
/// On the plugin's pods: another number of slices is another template, so that the plugin, which
/// reads its configuration once, starts anew.
const SLICES: &str = "quaylight/gpu-slices";

pub(crate) fn runtime_class() -> Value {
    json!({
        "apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
        "metadata": {"name": RUNTIME_CLASS},
        "handler": RUNTIME_CLASS,
    })
}

fn labels() -> Value {
    json!({"app.kubernetes.io/name": PLUGIN, "app.kubernetes.io/managed-by": "quaylight"})
}

/// How many pods each GPU is given to. Nobody gets two slices: they might be of the same card, which
/// gives no more than one.
pub(crate) fn sharing(slices: u8) -> Value {
    let mut config = json!({"version": "v1"});
    if slices > 1 {
        config["sharing"] = json!({"timeSlicing": {
            "failRequestsGreaterThanOne": true,
            "resources": [{"name": "nvidia.com/gpu", "replicas": slices}],
        }});
    }
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": PLUGIN, "namespace": NAMESPACE, "labels": labels()},
        // JSON is YAML.
        "data": {SHARING: config.to_string()},
    })
}

/// One pod on every node of the GPU pool, whatever its taints: without it no GPU can be asked for.
pub(crate) fn plugin(slices: u8) -> Value {
    let labels = labels();
    let (label, present) = GPU_LABEL;
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": PLUGIN, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": PLUGIN}},
            "updateStrategy": {"type": "RollingUpdate"},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "priorityClassName": "system-node-critical",
                    "runtimeClassName": RUNTIME_CLASS,
                    "nodeSelector": {label: present},
                    "tolerations": [{"operator": "Exists"}],
                    "containers": [{
                        "name": PLUGIN,
                        "image": IMAGE,
                        // A broken card must not keep the others of the node from being seen.
                        "env": [{"name": "FAIL_ON_INIT_ERROR", "value": "false"}],
                        "securityContext": {
                            "allowPrivilegeEscalation": false,
                            "capabilities": {"drop": ["ALL"]},
                        },
                        "volumeMounts": [{"name": "sockets", "mountPath": SOCKETS}],
                    }],
                    "volumes": [{"name": "sockets", "hostPath": {"path": SOCKETS}}],
                },
            },
        },
    });
    if slices > 1 {
        share(&mut set["spec"]["template"], slices);
    }
    set
}

/// The plugin's pods read how they share.
fn share(template: &mut Value, slices: u8) {
    let more = |list: &mut Value, one: Value| {
        if let Value::Array(all) = list {
            all.push(one);
        }
    };
    template["metadata"]["annotations"] = json!({SLICES: slices.to_string()});
    let pod = &mut template["spec"];
    let config = json!({"name": "sharing", "configMap": {"name": PLUGIN}});
    more(&mut pod["volumes"], config);
    let container = &mut pod["containers"][0];
    let file = format!("{FOLDER}/{SHARING}");
    more(
        &mut container["env"],
        json!({"name": "CONFIG_FILE", "value": file}),
    );
    let mount = json!({"name": "sharing", "mountPath": FOLDER, "readOnly": true});
    more(&mut container["volumeMounts"], mount);
}

/// The name of a node's test.
pub(crate) fn test_name(node: &str, asks: bool) -> String {
    let what = if asks { "gpu-test-asking" } else { "gpu-test" };
    format!("{what}-{node}")
}

/// The computation on one node. Without `asks` it takes no GPU from Kubernetes: the runtime shows it
/// every card.
pub(crate) fn test(node: &str, asks: bool) -> Value {
    let labels =
        json!({"app.kubernetes.io/name": "gpu-test", "app.kubernetes.io/managed-by": "quaylight"});
    let container = |name: &str, command: Value| {
        let mut one = json!({
            "name": name, "image": TEST_IMAGE,
            "securityContext": {"allowPrivilegeEscalation": false},
        });
        if !command.is_null() {
            one["command"] = command;
        }
        if asks && name == COMPUTES {
            one["resources"] = json!({"limits": {"nvidia.com/gpu": "1"}});
        }
        if !asks {
            one["env"] = json!([
                {"name": "NVIDIA_VISIBLE_DEVICES", "value": "all"},
                {"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "compute,utility"},
            ]);
        }
        one
    };
    let query = [
        "nvidia-smi",
        "--query-gpu=name,memory.total,driver_version",
        "--format=csv,noheader",
    ];
    let mut containers = vec![container(COMPUTES, Value::Null)];
    if !asks {
        containers.push(container(TELLS, json!(query)));
    }
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": test_name(node, asks), "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": TEST_SECONDS_MAX,
            "ttlSecondsAfterFinished": 3600,
            "template": {
                "metadata": {
                    "labels": labels,
                    "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"},
                },
                "spec": {
                    "nodeName": node,
                    "restartPolicy": "Never",
                    "runtimeClassName": RUNTIME_CLASS,
                    "tolerations": [{"operator": "Exists"}],
                    "containers": containers,
                },
            },
        },
    })
}

/// What a test that is at its end came to, by what its containers said.
pub(crate) fn verdict(succeeded: bool, computed: &str, told: &str) -> GpuTest {
    if succeeded && computed.contains(PASSED) {
        return GpuTest::Passed {
            cards: told.lines().filter_map(card).collect(),
        };
    }
    let lines = told.lines().chain(computed.lines());
    let lines: Vec<&str> = lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let said = lines.join("; ").chars().take(SAID_CHARS_MAX).collect();
    GpuTest::Failed { said }
}

/// `NVIDIA RTX 4000 Ada Generation, 20475 MiB, 570.195.03`
fn card(line: &str) -> Option<Card> {
    let mut fields = line
        .split(',')
        .map(|field| field.trim().chars().take(80).collect::<String>());
    let (name, memory, driver) = (fields.next()?, fields.next()?, fields.next()?);
    let memory_mib = memory
        .strip_suffix("MiB")
        .and_then(|one| one.trim().parse().ok());
    Some(Card {
        name,
        memory_mib,
        driver,
    })
}
