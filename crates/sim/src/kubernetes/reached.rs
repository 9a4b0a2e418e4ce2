//! What the control plane asks of a node: logs, the kubelet's health, its pods, webhooks. A firewall
//! that lacks the rules for it makes each fail as a real API server says it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use jiff::Timestamp;
use serde_json::Value;

use super::kinds::{Kind, known};
use super::peek::{list, text};
use super::query::Query;
use super::status::Refusal;
use super::store::Key;
use super::{Cluster, Inner, nodes, pods, proxy};
use crate::ReplyBody;
use crate::reach::{OPEN, Reach};

const KUBELET_PORT: u16 = 10_250;

impl Cluster {
    /// What reaches the nodes from now on; those that are not named are open.
    pub(crate) fn set_reach(&self, reach: BTreeMap<String, Reach>) {
        self.unread().reach = reach;
    }

    /// The node's kubelet reports no more; the control plane says so after its grace period, which
    /// the twin leaves out.
    pub(crate) fn lose_node(&self, name: &str, now: Timestamp) {
        self.with(|inner| nodes::lose(inner, name, now));
    }
}

/// Answers what goes through to a node's kubelet; `None`: the path is about something else.
pub(super) fn find(
    inner: &Inner,
    method: &Method,
    path: &[&str],
    query: &Query,
    now: Timestamp,
) -> Result<Option<Response<ReplyBody>>, Refusal> {
    let (node, answer) = match path {
        ["api", "v1", "nodes", name, "proxy", "healthz"] => ((*name).to_owned(), "ok".to_owned()),
        ["api", "v1", "namespaces", space, "pods", name, "log"] => {
            let pods = known("", "pods");
            let pod = inner.store.get(&Key::new(pods, space, name));
            let pod = pod.ok_or_else(|| Refusal::not_found(pods, name))?;
            let container = container(pod, name, query)?;
            if query.is_set("previous") {
                return Err(Refusal::bad_request(format!(
                    "previous terminated container \"{}\" in pod \"{name}\" not found",
                    text(container, "/name")
                )));
            }
            let said = asked_of(&pods::log(inner, pod, container)?, pod, query);
            (text(pod, "/spec/nodeName").to_owned(), said)
        }
        [
            "api",
            "v1",
            "namespaces",
            space,
            kind @ ("pods" | "services"),
            name,
            "proxy",
            rest @ ..,
        ] => {
            let said = proxy::answer(inner, (kind, space, name), rest, now)?;
            return Ok(Some(told(said)));
        }
        _ => return Ok(None),
    };
    if *method != Method::GET {
        return Err(Refusal::method_not_allowed());
    }
    through(inner, &node)?;
    Ok(Some(told(answer)))
}

/// The end of a log that is asked for, with times where they are.
fn asked_of(log: &str, pod: &Value, query: &Query) -> String {
    let all: Vec<&str> = log.lines().collect();
    let last = query.get("tailLines").parse().unwrap_or(all.len());
    let at = if query.is_set("timestamps") {
        format!("{} ", text(pod, "/status/startTime"))
    } else {
        String::new()
    };
    let lines = all[all.len().saturating_sub(last)..].iter();
    lines.fold(String::new(), |out, line| out + &at + line + "\n")
}

/// A plain text.
fn told(answer: String) -> Response<ReplyBody> {
    let body = Full::new(Bytes::from(answer)).map_err(|never| match never {});
    let mut reply = Response::new(body.boxed_unsync());
    *reply.status_mut() = StatusCode::OK;
    let plain = header::HeaderValue::from_static("text/plain");
    reply.headers_mut().insert(header::CONTENT_TYPE, plain);
    reply
}

/// Fails when the control plane does not reach a node's kubelet.
pub(super) fn through(inner: &Inner, node: &str) -> Result<(), Refusal> {
    let kind = known("", "nodes");
    let object = inner.store.get(&Key::new(kind, "", node));
    let object = object.ok_or_else(|| Refusal::not_found(kind, node))?;
    if !reach(inner, node).kubelet || !is_ready(object) {
        let addresses = list(object, "/status/addresses").iter();
        let inside = addresses.filter(|one| text(one, "/type") == "InternalIP");
        let address = inside.map(|one| text(one, "/address")).next();
        let url = format!("{}:{KUBELET_PORT}", address.unwrap_or_default());
        return Err(Refusal::internal(format!(
            "Get \"https://{url}/\": dial tcp {url}: i/o timeout"
        )));
    }
    Ok(())
}

/// The container of a pod that is meant.
fn container<'a>(pod: &'a Value, name: &str, query: &Query) -> Result<&'a Value, Refusal> {
    let all = list(pod, "/spec/containers");
    let meant = Some(query.get("container")).filter(|meant| !meant.is_empty());
    let found = match (meant, all) {
        (Some(meant), _) => all.iter().find(|one| text(one, "/name") == meant),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| text(one, "/name")).collect();
        let names = names.join(" ");
        Refusal::bad_request(match meant {
            Some(meant) => format!("container {meant} is not valid for pod {name}"),
            None => format!(
                "a container name must be specified for pod {name}, choose one of: [{names}]"
            ),
        })
    })
}

/// Fails when a webhook that must be asked about this write cannot be reached. The twin runs no
/// webhook: one that is reached agrees.
pub(super) fn ask_webhooks(inner: &Inner, operation: &str, kind: &Kind) -> Result<(), Refusal> {
    let hooks = [
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
    ];
    // A webhook is never asked about its own configuration.
    if kind.group == "admissionregistration.k8s.io" {
        return Ok(());
    }
    let cut_off = || {
        let mut all = inner.store.list(known("", "nodes"), None);
        all.any(|(key, _)| !reach(inner, &key.name).webhooks)
    };
    for resource in hooks {
        let configurations = known("admissionregistration.k8s.io", resource);
        for (_, one) in inner.store.list(configurations, None) {
            for hook in list(one, "/webhooks") {
                let must = text(hook, "/failurePolicy") != "Ignore";
                let about = list(hook, "/rules")
                    .iter()
                    .any(|rule| is_about(rule, operation, kind));
                if must && about && cut_off() {
                    return Err(Refusal::internal(format!(
                        "failed calling webhook \"{}\": failed to call webhook: context deadline \
                         exceeded",
                        text(hook, "/name")
                    )));
                }
            }
        }
    }
    Ok(())
}

fn is_about(rule: &Value, operation: &str, kind: &Kind) -> bool {
    let names = |field: &str, wanted: &str| {
        let mut each = list(rule, field).iter().filter_map(Value::as_str);
        each.any(|one| one == "*" || one == wanted)
    };
    names("/operations", operation)
        && names("/apiGroups", kind.group)
        && names("/resources", kind.resource)
}

fn reach(inner: &Inner, node: &str) -> Reach {
    inner.reach.get(node).copied().unwrap_or(OPEN)
}

fn is_ready(node: &Value) -> bool {
    let conditions = list(node, "/status/conditions").iter();
    conditions
        .filter(|one| text(one, "/type") == "Ready")
        .all(|one| text(one, "/status") == "True")
}
