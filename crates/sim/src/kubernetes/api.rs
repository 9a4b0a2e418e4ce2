//! From a request to an answer: authentication, the path, the verb.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accept::{Shape, json_text};
use super::issued::{self, Caller};
use super::kinds::{self, Kind};
use super::mark::Mark;
use super::owners::Writer;
use super::patch::Style;
use super::query::{self, Query};
use super::select::Selector;
use super::status::{self, Refusal};
use super::store::Key;
use super::write::{self, Deletion, Part};
use super::{
    Cluster, cloud_firewall, deletions, discovery, events, forward, openapi, rbac, reached, scale,
    watch, workloads,
};
use crate::ReplyBody;

/// What etcd takes at most in one request.
pub(super) const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// What a path is about.
struct Target {
    kind: &'static Kind,
    namespace: Option<String>,
    name: Option<String>,
    sub: String,
}

/// Answers a request.
pub(super) fn answer(
    cluster: &Cluster,
    request: &Request<Bytes>,
    now: Timestamp,
) -> Response<ReplyBody> {
    respond(cluster, request, now).unwrap_or_else(|refusal| reply(refusal.code, &refusal.body()))
}

/// A JSON answer.
pub(super) fn reply(code: StatusCode, body: &Value) -> Response<ReplyBody> {
    whole(code, "application/json", json_text(body))
}

fn whole(code: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response<ReplyBody> {
    let body = Full::new(Bytes::from(body))
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut out = Response::new(body);
    *out.status_mut() = code;
    let headers = out.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-cache, private"),
    );
    out
}

fn respond(
    cluster: &Cluster,
    request: &Request<Bytes>,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    if cluster.is_closed() {
        return Err(Refusal::closed());
    }
    let path: Vec<String> = request
        .uri()
        .path()
        .split('/')
        .filter(|word| !word.is_empty())
        .map(|word| query::decode(word, false))
        .collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    // As on a real cluster, health and version are for everyone.
    match path.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => {
            return Ok(whole(
                StatusCode::OK,
                "text/plain; charset=utf-8",
                b"ok".to_vec(),
            ));
        }
        ["version"] => {
            let version = cluster.lock().version.clone();
            return Ok(reply(StatusCode::OK, &discovery::version(&version)));
        }
        _ => {}
    }
    let caller = issued::caller(cluster, request, now)?;
    if request.body().len() > BODY_BYTES_MAX {
        return Err(Refusal::too_large());
    }
    if path == ["openapi", "v2"] {
        let second = openapi::V2.to_vec();
        return Ok(whole(StatusCode::OK, openapi::V2_TYPE, second));
    }
    let has = |kind: &Kind| kind.built_in || cloud_firewall::is_served(&cluster.lock(), kind);
    if let Some(found) = discovery::find(&path, &has).or_else(|| openapi::find(&path, &has)) {
        return Ok(reply(StatusCode::OK, &found));
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    if let Caller::Account(account) = &caller {
        rbac::check(&cluster.lock(), account, request.method(), &path, &query)?;
    }
    if let Some(found) = reached::find(&cluster.lock(), request.method(), &path, &query, now)? {
        return Ok(found);
    }
    let target = target(&path)?;
    if !has(target.kind) {
        return Err(Refusal::no_such_path());
    }
    if request.method() == Method::GET {
        write_what_is_asked(cluster, target.kind, now);
    }
    let accept = text_header(request, &header::ACCEPT);
    let shape = Shape::wanted(accept, query.get("includeObject"))?;
    act(cluster, request, &target, &query, shape, now)
}

/// What becomes objects only when somebody asks for them.
fn write_what_is_asked(cluster: &Cluster, kind: &Kind, now: Timestamp) {
    match (kind.group, kind.resource) {
        ("", "events") => cluster.with(|inner| events::asked(inner, now)),
        ("apps", "controllerrevisions") => cluster.with(workloads::write_revisions),
        ("apps", "daemonsets") => cluster.with(workloads::count_seeded),
        _ => {}
    }
}

pub(super) fn text_header<'a>(request: &'a Request<Bytes>, name: &header::HeaderName) -> &'a str {
    request
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The bearer token of a request.
pub(super) fn shown_token(request: &Request<Bytes>) -> Option<&str> {
    let shown = text_header(request, &header::AUTHORIZATION).split_once(' ');
    let bearer = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    bearer.map(|(_, token)| token.trim())
}

fn target(path: &[&str]) -> Result<Target, Refusal> {
    let (group, version, rest) = match path {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(Refusal::no_such_path()),
    };
    let (namespace, resource, rest) = match rest {
        // The subresources of a namespace are not plurals within it.
        ["namespaces", name, sub @ ("status" | "finalize")] => {
            let (name, sub) = (Some((*name).to_owned()), (*sub).to_owned());
            let kind = kinds::known("", "namespaces");
            return Ok(Target {
                kind,
                namespace: None,
                name,
                sub,
            });
        }
        ["namespaces", namespace, resource, rest @ ..] => {
            (Some((*namespace).to_owned()), *resource, rest)
        }
        [resource, rest @ ..] => (None, *resource, rest),
        [] => return Err(Refusal::no_such_path()),
    };
    let kind = kinds::find(group, version, resource).ok_or_else(Refusal::no_such_path)?;
    let (name, sub) = match rest {
        [] => (None, ""),
        [name] => (Some((*name).to_owned()), ""),
        [name, sub] => (Some((*name).to_owned()), *sub),
        _ => return Err(Refusal::no_such_path()),
    };
    if namespace.is_some() != kind.namespaced && (name.is_some() || namespace.is_some()) {
        return Err(Refusal::no_such_path());
    }
    Ok(Target {
        kind,
        namespace,
        name,
        sub: sub.to_owned(),
    })
}

fn act(
    cluster: &Cluster,
    request: &Request<Bytes>,
    target: &Target,
    query: &Query,
    shape: Shape,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let kind = target.kind;
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let dry = !query.get("dryRun").is_empty();
    let writer = Writer::of(query, text_header(request, &header::USER_AGENT));
    let part = match target.sub.as_str() {
        "" => Part::Main,
        "status" if kind.status => Part::Status,
        "scale" if scale::has(kind) => {
            let key = Key::new(kind, namespace, target.name.as_deref().unwrap_or_default());
            return scale::act(cluster, request, &key, writer, dry, now);
        }
        "eviction" if kind.is("", "pods") && request.method() == Method::POST => {
            let name = target.name.as_deref().unwrap_or_default();
            return deletions::evict(cluster, (namespace, name), dry, now);
        }
        "token" if kind.is("", "serviceaccounts") && request.method() == Method::POST => {
            let (name, wanted) = (target.name.as_deref().unwrap_or_default(), body(request)?);
            return cluster.with(|inner| issued::request(inner, (namespace, name), &wanted, now));
        }
        "portforward" if kind.is("", "pods") => {
            let name = target.name.as_deref().unwrap_or_default();
            return forward::agree(cluster, request, namespace, name);
        }
        _ => return Err(Refusal::no_such_path()),
    };
    let show = |code, object: &Value| reply(code, &shape.object(kind, object, now));
    let Some(name) = &target.name else {
        return match *request.method() {
            Method::GET if query.is_set("watch") => {
                watch::start(cluster, kind, target.namespace.clone(), query, shape, now)
            }
            Method::GET => list(cluster, target, query, shape, now),
            Method::POST => {
                let object = body(request)?;
                reached::ask_webhooks(&cluster.lock(), "CREATE", kind)?;
                let made = cluster
                    .with(|inner| write::create(inner, kind, namespace, object, dry, now))?;
                Ok(show(StatusCode::CREATED, &made))
            }
            Method::DELETE => {
                let namespace = target.namespace.as_deref();
                deletions::all(cluster, request, (kind, namespace), query, dry, now)
            }
            _ => Err(Refusal::method_not_allowed()),
        };
    };
    let key = Key::new(kind, namespace, name);
    match *request.method() {
        Method::PUT | Method::PATCH => {
            reached::ask_webhooks(&cluster.lock(), "UPDATE", kind)?;
        }
        Method::DELETE => reached::ask_webhooks(&cluster.lock(), "DELETE", kind)?,
        _ => {}
    }
    match *request.method() {
        Method::GET => {
            let found = cluster.lock().store.get(&key).cloned();
            let found = found.ok_or_else(|| Refusal::not_found(kind, name))?;
            Ok(show(StatusCode::OK, &found))
        }
        Method::PUT => {
            let object = body(request)?;
            let done =
                cluster.with(|inner| write::update(inner, &key, object, writer, part, dry, now))?;
            Ok(show(StatusCode::OK, &done))
        }
        Method::PATCH => {
            let style = Style::of(text_header(request, &header::CONTENT_TYPE))?;
            if style == Style::Apply && query.get("fieldManager").is_empty() {
                return Err(Refusal::no_manager());
            }
            let patch = (style, &body(request)?);
            let (done, made) =
                cluster.with(|inner| write::patch(inner, &key, patch, writer, part, dry, now))?;
            Ok(show(
                if made {
                    StatusCode::CREATED
                } else {
                    StatusCode::OK
                },
                &done,
            ))
        }
        Method::DELETE => {
            let deletion = deletions::one(cluster, request, &key, query, dry, now)?;
            Ok(match deletion {
                Deletion::Leaving(object) => show(StatusCode::OK, &object),
                Deletion::Gone(last) => {
                    let uid = super::peek::text(&last, "/metadata/uid");
                    reply(StatusCode::OK, &status::deleted(kind, name, uid))
                }
            })
        }
        _ => Err(Refusal::method_not_allowed()),
    }
}

pub(super) fn body(request: &Request<Bytes>) -> Result<Value, Refusal> {
    let content_type = text_header(request, &header::CONTENT_TYPE);
    if content_type.contains("protobuf") || content_type.contains("cbor") {
        // kubectl's typed commands (`create namespace`) send protobuf and have no second try.
        let kinds = "application/json (this demo reads no protobuf: use kubectl apply -f)";
        return Err(Refusal::unsupported_media(kinds));
    }
    serde_json::from_slice(request.body()).map_err(|error| {
        Refusal::bad_request(format!("the body of the request is not JSON: {error}"))
    })
}

fn list(
    cluster: &Cluster,
    target: &Target,
    query: &Query,
    shape: Shape,
    now: Timestamp,
) -> Result<Response<ReplyBody>, Refusal> {
    let selector = Selector::parse(query.get("labelSelector"), query.get("fieldSelector"))?;
    let limit: usize = query.get("limit").parse().unwrap_or_default();
    let inner = cluster.lock();
    let mark = match query.get("continue") {
        "" => None,
        token => {
            let wrong = || Refusal::bad_request("continue key is not valid");
            let mark = Mark::read(token).ok_or_else(wrong)?;
            if mark.version < inner.store.oldest() {
                return Err(Refusal::expired(mark.version, inner.store.oldest()));
            }
            Some(mark)
        }
    };
    let version = mark
        .as_ref()
        .map_or(inner.store.version(), |mark| mark.version);
    let after = |key: &Key| {
        mark.as_ref().is_none_or(|mark| {
            (key.namespace.as_str(), key.name.as_str())
                > (mark.namespace.as_str(), mark.name.as_str())
        })
    };
    let found = inner.store.list(target.kind, target.namespace.as_deref());
    let mut rows: Vec<(&Key, &Value)> = found
        .filter(|(key, object)| after(key) && selector.matches(object))
        .map(|(key, object)| (key, object.as_ref()))
        .collect();
    let mut about = json!({"resourceVersion": version.to_string()});
    if limit > 0 && rows.len() > limit {
        about["remainingItemCount"] = json!(rows.len() - limit);
        rows.truncate(limit);
        if let Some((last, _)) = rows.last() {
            let (namespace, name) = (last.namespace.clone(), last.name.clone());
            about["continue"] = json!(
                Mark {
                    version,
                    namespace,
                    name
                }
                .write()
            );
        }
    }
    let objects: Vec<&Value> = rows.into_iter().map(|(_, object)| object).collect();
    let text = shape.list(target.kind, &objects, &about, now);
    Ok(whole(StatusCode::OK, "application/json", text))
}
