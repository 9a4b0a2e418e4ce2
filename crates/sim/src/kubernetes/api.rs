//! From a request to an answer: authentication, the path, the verb.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use serde_json::Value;

use super::accept::{Shape, json_text};
use super::issued::{self, Caller};
use super::kinds::{self, Kind, Source};
use super::owners::Writer;
use super::patch::Style;
use super::query::{self, Query};
use super::status::{self, Refusal};
use super::store::Key;
use super::write::{self, Deletion, Part};
use super::{
    Cluster, cloud_firewall, collection, deletions, discovery, endpoints, events, forward, metrics,
    openapi, protobuf, rbac, reached, reviews, scale, strict, watch, workloads,
};
use crate::ReplyBody;

/// What etcd takes at most in one request.
pub(super) const BODY_BYTES_MAX: usize = 3 * 1024 * 1024;

/// What a path is about.
pub(super) struct Target {
    pub kind: &'static Kind,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub sub: String,
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

/// An answer of one piece.
pub(super) fn whole(
    code: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
) -> Response<ReplyBody> {
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
    let has = |kind: &Kind| match kind.source {
        Source::Stored | Source::Asked => true,
        Source::Defined => cloud_firewall::is_served(&cluster.lock(), kind),
        Source::Measured => metrics::is_served(&cluster.lock()),
    };
    if let Some(found) = discovery::find(&path, &has).or_else(|| openapi::find(&path, &has)) {
        return Ok(reply(StatusCode::OK, &found));
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    if let Caller::Other(_) = &caller {
        rbac::check(&cluster.lock(), &caller, request.method(), &path, &query)?;
    }
    if let Some(found) = reached::find(&cluster.lock(), request.method(), &path, &query, now)? {
        return Ok(found);
    }
    let target = target(&path)?;
    if !has(target.kind) {
        return Err(Refusal::no_such_path());
    }
    let (kind, space) = (target.kind, target.namespace.as_deref());
    match kind.source {
        Source::Asked => {
            let of = (kind, space.unwrap_or_default());
            reviews::answer(cluster, request, &caller, of, now)
        }
        Source::Measured => {
            let of = (kind, space, target.name.as_deref());
            metrics::answer(&cluster.lock(), request, of, &query, now)
        }
        Source::Stored | Source::Defined => {
            if request.method() == Method::GET {
                write_what_is_asked(cluster, kind, now);
            }
            let accept = text_header(request, &header::ACCEPT);
            let shape = Shape::wanted(accept, query.get("includeObject"))?;
            act(cluster, request, &target, &query, shape, now)
        }
    }
}

/// What becomes objects only when somebody asks for them.
fn write_what_is_asked(cluster: &Cluster, kind: &Kind, now: Timestamp) {
    match (kind.group, kind.resource) {
        ("", "events") => cluster.with(|inner| events::asked(inner, now)),
        ("apps", "controllerrevisions") => cluster.with(workloads::write_revisions),
        ("apps", "daemonsets") => cluster.with(workloads::count_seeded),
        _ if endpoints::is_of(kind) => cluster.with(|inner| endpoints::write(inner, now)),
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
            return deletions::evict(cluster, request, (namespace, name), dry, now);
        }
        "token" if kind.is("", "serviceaccounts") && request.method() == Method::POST => {
            let (name, wanted) = (target.name.as_deref().unwrap_or_default(), body(request)?);
            return cluster.with(|inner| issued::request(inner, (namespace, name), &wanted, now));
        }
        "portforward" if kind.is("", "pods") => {
            let name = target.name.as_deref().unwrap_or_default();
            return forward::agree(cluster, request, namespace, name);
        }
        "attach" | "exec" if kind.is("", "pods") => {
            let key = Key::new(kind, namespace, target.name.as_deref().unwrap_or_default());
            let found = cluster.lock().store.get(&key).is_some();
            return Err(if found {
                Refusal::not_played("nothing runs in the containers of a demo cloud")
            } else {
                Refusal::not_found(kind, &key.name)
            });
        }
        _ => return Err(Refusal::no_such_path()),
    };
    let show = |code, object: &Value| reply(code, &shape.object(kind, object, now));
    let Some(name) = &target.name else {
        return match *request.method() {
            Method::GET if query.is_set("watch") => {
                watch::start(cluster, kind, target.namespace.clone(), query, shape, now)
            }
            Method::GET => collection::list(cluster, target, query, shape, now),
            Method::POST => {
                let object = object(request, kind, query)?;
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
            let object = object(request, kind, query)?;
            let done =
                cluster.with(|inner| write::update(inner, &key, object, writer, part, dry, now))?;
            Ok(show(StatusCode::OK, &done))
        }
        Method::PATCH => {
            let style = Style::of(text_header(request, &header::CONTENT_TYPE))?;
            if style == Style::Apply && query.get("fieldManager").is_empty() {
                return Err(Refusal::no_manager());
            }
            let patch = match style {
                Style::Merge | Style::Strategic => object(request, kind, query)?,
                Style::Json | Style::Apply => body(request)?,
            };
            if style == Style::Apply && strict::is_asked(query) {
                strict::check_applied(kind, &patch)?;
            }
            let patch = (style, &patch);
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

/// An object of a kind, or a patch for one; as strictly read as the client asks.
fn object(request: &Request<Bytes>, kind: &Kind, query: &Query) -> Result<Value, Refusal> {
    let object = body(request)?;
    if strict::is_asked(query) {
        strict::check(kind, &object)?;
    }
    Ok(object)
}

/// What is in the body of a request.
pub(super) fn body(request: &Request<Bytes>) -> Result<Value, Refusal> {
    let content_type = text_header(request, &header::CONTENT_TYPE);
    if content_type == "application/vnd.kubernetes.protobuf" {
        return protobuf::object(request.body());
    }
    if content_type.contains("cbor") {
        let kinds = "application/json, application/vnd.kubernetes.protobuf";
        return Err(Refusal::unsupported_media(kinds));
    }
    serde_json::from_slice(request.body()).map_err(|error| {
        Refusal::bad_request(format!("the body of the request is not JSON: {error}"))
    })
}
