//! Node objects as LKE's kubelets and cloud controller write them, with the daemons beside them.
//! Labels, annotations and status follow a recorded LKE node (linodego's fixture
//! `TestLKENodePool_GetFound_k8s`).

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::What;
use super::kinds::known;
use super::peek::text;
use super::seeds::put;
use super::store::{Key, scramble};
use super::write::{create, settle, stamp, take_away};
use super::{Inner, NodeSeed, plugin, scheduler, workloads};

/// The resource that NVIDIA's device plugin announces.
pub(super) const GPU: &str = "nvidia.com/gpu";
/// DaemonSets that every LKE cluster has: name, image, CPU request in thousandths.
pub(super) const DAEMONS: [(&str, &str, u32); 3] = [
    ("calico-node", "docker.io/calico/node:v3.30.4", 250),
    (
        "csi-linode-node",
        "docker.io/linode/linode-blockstorage-csi-driver:v1.0.1",
        0,
    ),
    ("kube-proxy", "registry.k8s.io/kube-proxy", 0),
];

/// Adds a node that is Ready.
pub(super) fn add(inner: &mut Inner, seed: &NodeSeed, now: Timestamp) {
    let key = Key::core("nodes", "", &seed.name);
    if inner.store.get(&key).is_some() {
        return;
    }
    let salt = scramble(seed.instance_id);
    // Before anybody may place a pod there.
    inner.desk.joined(&seed.name, now);
    put(inner, "", "nodes", "", node(seed, salt, now), now);
    if let Some(node) = inner.store.get(&key).cloned() {
        inner.tell(&node, What::Joined, now);
    }
    inner.gpus.insert(seed.name.clone(), seed.gpus);
    if seed.broken {
        inner.broken.insert(seed.name.clone());
    }
    if seed.hidden {
        inner.hidden.insert(seed.name.clone());
    }
    if seed.gpus > 0 {
        plugin::announce_gpus(inner, now);
    }
    let lease = json!({
        "metadata": {"name": seed.name},
        "spec": {
            "holderIdentity": seed.name, "leaseDurationSeconds": 40,
            "renewTime": now.strftime("%Y-%m-%dT%H:%M:%S.000000Z").to_string(),
        },
    });
    put(
        inner,
        "coordination.k8s.io",
        "leases",
        "kube-node-lease",
        lease,
        now,
    );
    for (nth, (app, image, cpu)) in DAEMONS.iter().enumerate() {
        let tail = scramble(salt ^ nth as u64) & 0xf_ffff;
        let set = Key::new(known("apps", "daemonsets"), "kube-system", app);
        let owner = inner
            .store
            .get(&set)
            .map(|set| text(set, "/metadata/uid").to_owned());
        let mut pod = daemon(&seed.name, (app, image, *cpu), tail);
        // kubectl drain leaves alone what a DaemonSet owns.
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "DaemonSet", "name": app,
            "uid": owner.unwrap_or_default(), "controller": true, "blockOwnerDeletion": true,
        }]);
        let pods = known("", "pods");
        let Ok(pod) = create(inner, pods, "kube-system", pod, true, now) else {
            continue;
        };
        // It runs from its first moment on, so that it is written once.
        let mut pod = Arc::unwrap_or_clone(pod);
        pod["status"] = running(app, image, &seed.private_ip, now);
        let key = Key::core("pods", "kube-system", &format!("{app}-{tail:05x}"));
        let pod = inner.store.put(key.clone(), pod);
        for what in [What::Bound, What::Pulling, What::Started] {
            inner.tell(&pod, what, now);
        }
        settle(inner, &key, now);
    }
    workloads::node_joined(inner, now);
    scheduler::retry(inner, now);
}

/// Removes a node with what was bound to it.
pub(super) fn remove(inner: &mut Inner, name: &str, now: Timestamp) {
    let key = Key::core("nodes", "", name);
    if let Some(node) = inner.store.get(&key).cloned() {
        let said = format!("Node {name} event: Removing Node {name} from Controller");
        let said = What::Said("Normal", "RemovingNode", "node-controller", said);
        inner.tell(&node, said, now);
    }
    take_away(inner, &key, now);
    let leases = known("coordination.k8s.io", "leases");
    take_away(inner, &Key::new(leases, "kube-node-lease", name), now);
    inner.gpus.remove(name);
    inner.broken.remove(name);
    inner.hidden.remove(name);
    let pods = inner.store.list(known("", "pods"), None);
    let here: Vec<Key> = pods
        .filter(|(_, pod)| text(pod, "/spec/nodeName") == name)
        .map(|(key, _)| key.clone())
        .collect();
    inner.desk.left(name);
    for pod in here {
        take_away(inner, &pod, now);
    }
    workloads::node_joined(inner, now);
}

/// The node's kubelet went silent.
pub(super) fn lose(inner: &mut Inner, name: &str, now: Timestamp) {
    let key = Key::core("nodes", "", name);
    let Some(node) = inner.store.get(&key).cloned() else {
        return;
    };
    let mut node = Value::clone(&node);
    let conditions = node.pointer_mut("/status/conditions");
    for one in conditions
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        one["status"] = json!("Unknown");
        one["reason"] = json!("NodeStatusUnknown");
        one["message"] = json!("Kubelet stopped posting node status.");
        one["lastTransitionTime"] = stamp(now);
    }
    let node = inner.store.put(key, node);
    let said = format!("Node {name} status is now: NodeNotReady");
    let said = What::Said("Normal", "NodeNotReady", "node-controller", said);
    inner.tell(&node, said, now);
}

/// The region of the cluster, once it has a node.
pub(super) fn region(inner: &Inner) -> Option<String> {
    let (_, first) = inner.store.list(known("", "nodes"), None).next()?;
    Some(text(first, "/metadata/labels/topology.linode.com~1region").to_owned())
}

/// The patch release that a node of this version runs. Inferred, but for 1.35 (recorded).
pub(super) fn release(version: &str) -> String {
    let patch = match version {
        "1.34" => 2,
        "1.35" => 1,
        "1.33" => 6,
        _ => 0,
    };
    format!("v{version}.{patch}")
}

pub(super) fn node(seed: &NodeSeed, salt: u64, now: Timestamp) -> Value {
    let wide = |nth: u64| {
        format!(
            "{:016x}{:016x}",
            scramble(salt ^ nth),
            scramble(!salt ^ nth)
        )
    };
    let machine = wide(1);
    let mut labels = json!({
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": seed.instance_type,
        "beta.kubernetes.io/os": "linux",
        "failure-domain.beta.kubernetes.io/region": seed.region,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": seed.name,
        "kubernetes.io/os": "linux",
        "lke.linode.com/pool-id": seed.pool_id.to_string(),
        "node.k8s.linode.com/host-uuid": wide(2),
        "node.kubernetes.io/instance-type": seed.instance_type,
        "topology.kubernetes.io/region": seed.region,
        "topology.linode.com/region": seed.region,
    });
    for (name, value) in &seed.labels {
        labels[name] = json!(value);
    }
    let [.., high, low] = seed.instance_id.to_be_bytes();
    let pods = format!("10.2.{high}.{}/25", low & 0x80);
    let wireguard = format!("172.31.{high}.{}", low.max(1));
    let mut addresses = vec![json!({"type": "Hostname", "address": seed.name})];
    if !seed.public_ip.is_empty() {
        addresses.push(json!({"type": "ExternalIP", "address": seed.public_ip}));
    }
    addresses.push(json!({"type": "InternalIP", "address": seed.private_ip}));
    let mut spec = json!({
        "podCIDR": pods, "podCIDRs": [pods],
        "providerID": format!("linode://{}", seed.instance_id),
    });
    if !seed.taints.is_empty() {
        spec["taints"] = json!(seed.taints);
    }
    json!({
        "metadata": {
            "name": seed.name,
            "labels": labels,
            "annotations": {
                "csi.volume.kubernetes.io/nodeid":
                    format!("{{\"linodebs.csi.linode.com\":\"{}\"}}", seed.instance_id),
                "lke.linode.com/wgip": wireguard,
                "lke.linode.com/wgpub": format!("{}=", &wide(3).repeat(2)[..43]),
                "node.alpha.kubernetes.io/ttl": "0",
                "node.k8s.linode.com/private-ip": seed.private_ip,
                "projectcalico.org/IPv4Address": format!("{}/17", seed.private_ip),
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            },
        },
        "spec": spec,
        "status": {
            "capacity": resources(seed, 0, "82470344Ki"),
            "allocatable": resources(seed, 102_400, "76004668905"),
            "conditions": conditions(now),
            "addresses": addresses,
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": machine, "systemUUID": machine, "bootID": wide(4),
                "kernelVersion": "6.1.0-43-cloud-amd64",
                "osImage": "Debian GNU/Linux 12 (bookworm)",
                "containerRuntimeVersion": "containerd://2.2.1",
                "kubeletVersion": release(&seed.version), "kubeProxyVersion": "",
                "operatingSystem": "linux", "architecture": "amd64",
            },
        },
    })
}

/// Capacity, or with kubelet's reserve taken off what may be allocated. The kernel keeps about 4 %
/// of the memory that Linode sells (4,022,024 of 4,194,304 KiB on the recorded node).
fn resources(seed: &NodeSeed, reserved_kib: u64, disk: &str) -> Value {
    let memory_kib = seed.memory_mb * 1024 * 959 / 1000;
    json!({
        "cpu": seed.vcpus.to_string(), "ephemeral-storage": disk, "hugepages-1Gi": "0",
        "hugepages-2Mi": "0", "memory": format!("{}Ki", memory_kib.saturating_sub(reserved_kib)),
        "pods": "110",
    })
}

fn conditions(now: Timestamp) -> Value {
    let at = stamp(now);
    let rows = [
        (
            "NetworkUnavailable",
            "False",
            "CalicoIsUp",
            "Calico is running on this node",
        ),
        (
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ),
        (
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ),
        (
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ),
        (
            "Ready",
            "True",
            "KubeletReady",
            "kubelet is posting ready status",
        ),
    ];
    let row = |(kind, status, reason, message): &(&str, &str, &str, &str)| {
        json!({
            "type": kind, "status": status, "lastHeartbeatTime": at, "lastTransitionTime": at,
            "reason": reason, "message": message,
        })
    };
    rows.iter().map(row).collect()
}

fn daemon(node: &str, (app, image, cpu): (&str, &str, u32), tail: u64) -> Value {
    let requests = if cpu == 0 {
        json!({})
    } else {
        json!({"requests": {"cpu": format!("{cpu}m")}})
    };
    json!({
        "metadata": {
            "name": format!("{app}-{tail:05x}"),
            "labels": {"k8s-app": app, "controller-revision-hash": "1", "pod-template-generation": "1"},
        },
        "spec": {
            "nodeName": node, "hostNetwork": true, "serviceAccountName": app,
            "priorityClassName": "system-node-critical",
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": app, "image": image, "resources": requests}],
        },
    })
}

fn running(app: &str, image: &str, host_ip: &str, now: Timestamp) -> Value {
    let at = stamp(now);
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": at});
    let conditions = ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition);
    json!({
        "phase": "Running", "qosClass": "Burstable", "hostIP": host_ip, "podIP": host_ip,
        "podIPs": [{"ip": host_ip}], "startTime": at,
        "conditions": conditions,
        "containerStatuses": [{
            "name": app, "image": image, "ready": true, "started": true, "restartCount": 0,
            "state": {"running": {"startedAt": at}},
        }],
    })
}
