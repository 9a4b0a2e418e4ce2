//! What pods say through the API server's proxy, asked for by their own name or by a Service's.
//! NVIDIA's exporter tells how much each GPU of its node computes: one that a running pod asked for
//! is busy, any other does nothing, and the annotation [`PERCENT`] of a pod or node says otherwise.
//! Every other pod says who it is.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::amounts::Amounts;
use super::kinds::known;
use super::nodes::GPU;
use super::peek::{list, map_text, text};
use super::pods::is_running;
use super::status::Refusal;
use super::store::{Key, scramble};
use super::{Inner, reached};

/// How much a pod's GPUs compute, or all of a node that no pod says it of.
const PERCENT: &str = "demo.quaylight/gpu-percent";
/// Images that people try a cluster with, and where their programs listen.
const LISTEN: &[(&str, u64)] = &[
    ("caddy", 80),
    ("httpd", 80),
    ("nginx", 80),
    ("ollama", 11_434),
    ("vllm-openai", 8000),
    ("whoami", 80),
];
/// Of a card, in MiB, and what a pod that has one takes of it.
const MEMORY_MIB: u32 = 20_475;
const TAKEN_MIB: u32 = 17_408;
/// What the driver takes of a card that nobody uses.
const BARE_MIB: u32 = 3;

/// Answers what is asked of a pod or Service (`[scheme:]name[:port]`).
pub(super) fn answer(
    inner: &Inner,
    (resource, space, name): (&str, &str, &str),
    rest: &[&str],
    now: Timestamp,
) -> Result<String, Refusal> {
    let parts: Vec<&str> = name.split(':').collect();
    let (name, port) = match parts.as_slice() {
        [name] => (*name, ""),
        [name, port] | ["http" | "https" | "", name, port] => (*name, *port),
        _ => {
            return Err(Refusal::bad_request(format!(
                "invalid proxy request {name:?}"
            )));
        }
    };
    let kind = known("", resource);
    let object = inner.store.get(&Key::new(kind, space, name));
    let object = object.ok_or_else(|| Refusal::not_found(kind, name))?;
    let (pod, port) = match resource {
        "services" => behind(inner, object, (space, name, port))?,
        _ => (object.as_ref(), numbered(object, port)),
    };
    let address = text(pod, "/status/podIP");
    if address.is_empty() {
        return Err(Refusal::bad_request("address not allowed"));
    }
    let port = port.unwrap_or(80);
    if reached::through(inner, text(pod, "/spec/nodeName")).is_err() {
        return Err(Refusal::unreached(&format!(
            "{address}:{port}: i/o timeout"
        )));
    }
    if !is_running(pod) || !open(pod).any(|open| open == port) {
        let why = format!("{address}:{port}: connect: connection refused");
        return Err(Refusal::unreached(&why));
    }
    let mut containers = list(pod, "/spec/containers").iter();
    let exports = containers.any(|one| text(one, "/image").contains("dcgm-exporter"));
    if exports && rest == ["metrics"] {
        return Ok(metrics(inner, text(pod, "/spec/nodeName"), now));
    }
    let name = text(pod, "/metadata/name");
    Ok(format!("pod {space}/{name} answers at port {port}\n"))
}

/// Names and numbers of the ports at which a pod listens.
pub(super) fn ports(pod: &Value) -> impl Iterator<Item = (&str, u64)> {
    let each = list(pod, "/spec/containers").iter();
    let each = each.flat_map(|one| list(one, "/ports"));
    each.filter_map(|one| Some((text(one, "/name"), one["containerPort"].as_u64()?)))
}

/// Where a pod listens: at the ports that it names, and where its images do anyway.
pub(super) fn open(pod: &Value) -> impl Iterator<Item = u64> {
    let images = list(pod, "/spec/containers").iter().map(|one| {
        let image = text(one, "/image").rsplit('/').next().unwrap_or_default();
        image.split([':', '@']).next().unwrap_or_default()
    });
    let anyway = images.flat_map(|image| LISTEN.iter().filter(move |(name, _)| *name == image));
    ports(pod)
        .map(|(_, port)| port)
        .chain(anyway.map(|(_, port)| *port))
}

/// The port of a pod by its number, or its first.
fn numbered(pod: &Value, port: &str) -> Option<u64> {
    match port {
        "" => ports(pod).next().map(|(_, number)| number),
        port => port.parse().ok(),
    }
}

/// Whether a running pod is behind a Service.
pub(super) fn is_answered(inner: &Inner, (space, name): (&str, &str)) -> bool {
    let service = inner.store.get(&Key::core("services", space, name));
    service.is_some_and(|service| behind(inner, service, (space, name, "")).is_ok())
}

/// A running pod behind a Service, and where it listens for this port of it.
fn behind<'a>(
    inner: &'a Inner,
    service: &Value,
    (space, name, port): (&'a str, &str, &str),
) -> Result<(&'a Value, Option<u64>), Refusal> {
    let mut all = list(service, "/spec/ports").iter();
    let number: Option<u64> = port.parse().ok();
    let of_it = |one: &&Value| {
        let numbered = number.is_some_and(|number| one["port"] == number);
        port.is_empty() || text(one, "/name") == port || numbered
    };
    let none = |what: &str| Refusal::unavailable(&format!("{what} service \"{name}\""));
    let found = all.find(of_it);
    let found = found.ok_or_else(|| none(&format!("no service port {port:?} found for")))?;
    let selector = service.pointer("/spec/selector").and_then(Value::as_object);
    let selected = |pod: &Value| {
        selector.is_some_and(|all| {
            let labels = pod.pointer("/metadata/labels");
            let fits =
                |(name, value): (&String, &Value)| labels?.get(name).filter(|one| *one == value);
            all.iter().all(|one| fits(one).is_some())
        })
    };
    let mut pods = inner.store.list(known("", "pods"), Some(space));
    let pod = pods.find(|(_, pod)| is_running(pod) && selected(pod));
    let (_, pod) = pod.ok_or_else(|| none("no endpoints available for"))?;
    let target = &found["targetPort"];
    let port = match target.as_str() {
        Some(named) => ports(pod)
            .find(|(name, _)| *name == named)
            .map(|(_, at)| at),
        None => target.as_u64().or_else(|| found["port"].as_u64()),
    };
    Ok((pod, port))
}

/// A GPU at one time.
struct Card {
    percent: u32,
    taken_mib: u32,
}

/// The exporter's text.
fn metrics(inner: &Inner, node: &str, now: Timestamp) -> String {
    let cards = cards(inner, node, now);
    let salt = node
        .bytes()
        .fold(7, |bits, byte| scramble(bits ^ u64::from(byte)));
    let mut out = String::new();
    let mut gauge = |name: &str, help: &str, value: fn(&Card) -> u32| {
        let name = format!("DCGM_FI_DEV_{name}");
        // Writing into a text cannot fail.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (nth, card) in cards.iter().enumerate() {
            let uuid = scramble(nth as u64 ^ salt);
            let _ = writeln!(
                out,
                "{name}{{gpu=\"{nth}\",UUID=\"GPU-{uuid:016x}\",pci_bus_id=\"00000000:00:{:02x}.0\",\
                 device=\"nvidia{nth}\",modelName=\"NVIDIA RTX 4000 Ada Generation\",\
                 Hostname=\"{node}\"}} {}",
                nth + 2,
                value(card),
            );
        }
    };
    gauge("GPU_UTIL", "GPU utilization (in %).", |one| one.percent);
    gauge("FB_USED", "Framebuffer memory used (in MiB).", |one| {
        one.taken_mib
    });
    gauge("FB_FREE", "Framebuffer memory free (in MiB).", |one| {
        MEMORY_MIB - one.taken_mib
    });
    gauge("GPU_TEMP", "GPU temperature (in C).", |one| {
        36 + one.percent * 32 / 100
    });
    out
}

fn cards(inner: &Inner, node: &str, now: Timestamp) -> Vec<Card> {
    let all = if inner.broken.contains(node) {
        0
    } else {
        inner.gpus.get(node).copied().unwrap_or(0)
    };
    let said = |object: &Value| {
        let said = map_text(object, "/metadata/annotations", PERCENT);
        said.parse().ok().map(|percent: u32| percent.min(100))
    };
    let of_node = inner.store.get(&Key::core("nodes", "", node));
    let of_node = of_node.and_then(|node| said(node));
    let minute = now.as_second().div_euclid(60).unsigned_abs();
    let mut out = Vec::new();
    for (_, pod) in inner.store.list(known("", "pods"), None) {
        if text(pod, "/spec/nodeName") != node || !is_running(pod) {
            continue;
        }
        let spec = pod.get("spec").unwrap_or(&Value::Null);
        let asked = Amounts::asked(spec).get(GPU);
        for _ in 0..asked.min(u64::from(all)) {
            let busy = 95 + u32::try_from(scramble(minute ^ out.len() as u64) % 5).unwrap_or(0);
            let percent = said(pod).or(of_node).unwrap_or(busy);
            out.push(Card {
                percent,
                taken_mib: TAKEN_MIB,
            });
        }
    }
    out.resize_with(all as usize, || Card {
        percent: of_node.unwrap_or(0),
        taken_mib: BARE_MIB,
    });
    out
}

#[cfg(test)]
mod tests {
    use super::open;
    use serde_json::json;

    #[test]
    fn a_well_known_image_listens_where_it_does_and_a_pod_where_it_says() {
        let listens = |image: &str, ports: &[u64]| {
            let ports: Vec<_> = ports
                .iter()
                .map(|port| json!({"containerPort": port}))
                .collect();
            let pod = json!({"spec": {"containers": [{"image": image, "ports": ports}]}});
            open(&pod).collect::<Vec<_>>()
        };
        assert_eq!(listens("nginx", &[]), [80]);
        assert_eq!(listens("ghcr.io/x/ollama@sha256:00", &[]), [11_434]);
        assert_eq!(listens("nginx-unprivileged:1", &[]), [0; 0]);
        assert_eq!(listens("me/train:1", &[8080]), [8080]);
    }
}
