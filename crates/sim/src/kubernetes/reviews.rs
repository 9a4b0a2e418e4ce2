//! Who am I, and who may what: questions of authentication.k8s.io and authorization.k8s.io. Each is an
//! object that is answered in its status and kept nowhere.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{body, reply};
use super::issued::{self, Caller, Subject};
use super::kinds::Kind;
use super::peek::{at, list, text};
use super::rbac::{self, Asked};
use super::status::Refusal;
use super::{Cluster, Inner};
use crate::ReplyBody;

/// Answers a question.
pub(super) fn answer(
    cluster: &Cluster,
    request: &Request<Bytes>,
    caller: &Caller,
    (kind, namespace): (&Kind, &str),
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    if *request.method() != Method::POST {
        return Err(Refusal::method_not_allowed());
    }
    let mut question = body(request)?;
    let status = match kind.resource {
        "selfsubjectreviews" => json!({"userInfo": shown(&caller.subject())}),
        "tokenreviews" => told(cluster, text(&question, "/spec/token"), now),
        "selfsubjectrulesreviews" => {
            all(&cluster.lock(), caller, text(&question, "/spec/namespace"))?
        }
        "selfsubjectaccessreviews" => allowed(&cluster.lock(), caller, kind, &question)?,
        _ => {
            if kind.namespaced && text(&question, "/spec/resourceAttributes/namespace") != namespace
            {
                let why = "must match metadata.namespace";
                let field = "spec.resourceAttributes.namespace";
                return Err(Refusal::invalid(kind, "", field, why));
            }
            allowed(&cluster.lock(), &named(&question), kind, &question)?
        }
    };
    question["kind"] = json!(kind.name);
    question["apiVersion"] = json!(kind.api_version());
    question["metadata"] = json!({});
    if kind.namespaced {
        question["metadata"]["namespace"] = json!(namespace);
    }
    question["status"] = status;
    Ok(reply(StatusCode::CREATED, &question))
}

fn shown(subject: &Subject) -> Value {
    json!({"username": subject.user, "groups": subject.groups})
}

/// Whose token it is.
fn told(cluster: &Cluster, token: &str, now: Timestamp) -> Value {
    match issued::of_token(cluster, token, now) {
        Some(caller) => json!({"authenticated": true, "user": shown(&caller.subject())}),
        None => json!({"user": {}, "error": "[invalid bearer token]"}),
    }
}

/// Of whom a question is that somebody else asks.
fn named(question: &Value) -> Caller {
    let groups = list(question, "/spec/groups").iter();
    let groups = groups.filter_map(Value::as_str).map(str::to_owned);
    Caller::Other(Subject {
        user: text(question, "/spec/user").to_owned(),
        groups: groups.collect(),
    })
}

/// Everything that somebody may do in a namespace.
fn all(inner: &Inner, caller: &Caller, namespace: &str) -> Result<Value, Refusal> {
    if namespace.is_empty() {
        return Err(Refusal::bad_request("no namespace on request"));
    }
    let subject = caller.subject();
    let mut rules: Vec<&Value> = rbac::rules(inner, &subject, namespace).collect();
    let everything = [
        json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}),
        json!({"verbs": ["*"], "nonResourceURLs": ["*"]}),
    ];
    match caller {
        Caller::Admin => rules.extend(&everything),
        Caller::Other(_) => {}
    }
    let (apart, of_resources): (Vec<&Value>, Vec<&Value>) = rules
        .into_iter()
        .partition(|rule| rule.get("nonResourceURLs").is_some());
    Ok(json!({
        "resourceRules": of_resources, "nonResourceRules": apart, "incomplete": false,
    }))
}

/// Whether somebody may do what a question is about.
fn allowed(
    inner: &Inner,
    caller: &Caller,
    kind: &Kind,
    question: &Value,
) -> Result<Value, Refusal> {
    let of_resource = at(question, "/spec/resourceAttributes").filter(|one| one.is_object());
    let apart = at(question, "/spec/nonResourceAttributes").filter(|one| one.is_object());
    let yes = match (of_resource, apart, caller) {
        (None, None, _) | (Some(_), Some(_), _) => {
            let why =
                "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            return Err(Refusal::invalid(kind, "", "spec.resourceAttributes", why));
        }
        (_, _, Caller::Admin) => true,
        (Some(of), None, Caller::Other(subject)) => {
            let asked = Asked {
                verb: text(of, "/verb"),
                group: text(of, "/group"),
                resource: match text(of, "/subresource") {
                    "" => text(of, "/resource").to_owned(),
                    sub => format!("{}/{sub}", text(of, "/resource")),
                },
                namespace: text(of, "/namespace"),
                name: text(of, "/name"),
            };
            rbac::may(inner, subject, &asked)
        }
        (None, Some(of), Caller::Other(subject)) => {
            rbac::may_read(inner, subject, (text(of, "/verb"), text(of, "/path")))
        }
    };
    Ok(json!({"allowed": yes}))
}
