//! The way of a process to the cloud, and what is checked on it: nothing is POSTed that the journal
//! does not know of, nothing is asked while the cloud wants to be left alone, nothing is deleted that
//! nobody wished away, no count is written under an autoscaler.

use crate::life::Life;
use crate::story::CANARY;
use crate::writers::{Line, Write, is_shown, owner};
use bytes::Bytes;
use domain::plan::Purpose;
use domain::progress::{CreatePhase, Progress};
use domain::record::{Fact, Record, Thing, Wish};
use domain::{DeploymentId, Mark, VolumeId};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use linode::{BoxError, ReplyBody, Transport};
use quaylight_tests::memory::MemoryJournals;
use serde_json::{Value, json};
use sim::{ClientAddr, Twin};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tower::ServiceExt as _;

/// What a process must not do on the wire, and what it did.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Broken rules: which, and how.
    pub(crate) broken: Vec<(&'static str, String)>,
    /// Each exchange in a line, when somebody wants to read it.
    pub(crate) lines: Option<Vec<String>>,
    /// Which account is ours, where a planted bug makes every reply name it.
    pub(crate) account: String,
    /// A hash of all exchanges.
    pub(crate) trace: u64,
    /// Paths that were changed or deleted with success.
    pub(crate) changed: BTreeSet<String>,
    /// What each computer was shown of machines, and when.
    pub(crate) looks: BTreeMap<usize, BTreeMap<Bytes, BTreeSet<jiff::Timestamp>>>,
    /// Pools whose autoscaler was seen on.
    pub(crate) scaled: BTreeSet<String>,
    /// What processes did with journals.
    pub(crate) hands: Vec<Line>,
    /// What was written to the cloud.
    pub(crate) writes: Vec<Write>,
    /// Whether a user asked for a teardown or a cancel: on a disk that is broken no journal tells of it.
    pub(crate) asked: bool,
    /// The volumes of each deployment that any accepted plan named, also on a disk that is broken.
    pub(crate) named: BTreeMap<DeploymentId, BTreeSet<VolumeId>>,
    /// The deployment that two computers are at.
    pub(crate) contested: Option<Mark>,
    /// Whose owner tag it bore from when on.
    pub(crate) owners: Vec<(jiff::Timestamp, Option<usize>)>,
    /// How often this computer failed a process, by kind.
    pub(crate) fired: BTreeMap<&'static str, u64>,
}

impl Notes {
    /// This computer failed a process.
    pub(crate) fn count(&mut self, kind: &'static str) {
        *self.fired.entry(kind).or_default() += 1;
        self.say(kind);
    }

    /// A line of the transcript.
    pub(crate) fn say(&mut self, what: &str) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("-- {what}"));
        }
    }
}

pub(crate) fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The way of one process.
pub(crate) struct Wire {
    pub(crate) twin: Twin,
    pub(crate) life: Arc<Life>,
    pub(crate) client: ClientAddr,
    pub(crate) disk: MemoryJournals,
    pub(crate) notes: Arc<Mutex<Notes>>,
    /// What is done to replies by a planted bug.
    pub(crate) bent: Bent,
    /// Until when a method of a path is to be left alone.
    pub(crate) closed: Mutex<BTreeMap<String, jiff::Timestamp>>,
}

/// A planted bug between client and cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bent {
    /// None.
    #[default]
    Straight,
    /// The account of a reply is not looked at.
    AnyAccount,
    /// A reply that asks to wait is taken for one that does not.
    NoRetryAfter,
    /// The autoscaler is PUT together with the count.
    CountToo,
    /// A server error after a POST counts as a refusal.
    ErrorIsRefusal,
    /// Only the first rows of a list are read.
    FirstRows(usize),
    /// A refusal quotes the token that it came for.
    QuotesToken,
}

impl Wire {
    /// As the client takes it.
    pub(crate) fn transport(self) -> Transport {
        let wire = Arc::new(self);
        Transport::new(tower::service_fn(move |request| {
            let wire = Arc::clone(&wire);
            async move { wire.exchange(request).await }
        }))
    }

    async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<ReplyBody>, BoxError> {
        self.life.point().await;
        request.extensions_mut().insert(self.client);
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if self.bent == Bent::CountToo && method == Method::PUT && path.contains("/pools/") {
            *request.body_mut() = with_count(request.body());
        }
        self.before(&request);
        let reply = self.twin.service().oneshot(request).await;
        self.life.point().await;
        let reply = self.after(&method, &path, reply?).await?;
        Ok(reply)
    }

    /// Who has the deployment, where two computers are at it; and whether what is written to is shown
    /// to be of it.
    fn note_owner(&self, path: &str) -> bool {
        let mut notes = held(&self.notes);
        let Some(mark) = &notes.contested else {
            return true;
        };
        let (_, ledger) = self.twin.demo("GET", "/_demo/ledger", &Value::Null);
        let (now, shown) = (owner(&ledger, mark), is_shown(&ledger, mark, path));
        if notes.owners.last().map(|(_, home)| *home) != Some(now) {
            notes.owners.push((self.twin.clock().now(), now));
        }
        shown
    }

    fn break_rule(&self, rule: &'static str, how: String) {
        held(&self.notes).broken.push((rule, how));
    }

    fn before(&self, request: &Request<Bytes>) {
        let (method, path) = (request.method(), request.uri().path());
        let now = self.twin.clock().now();
        if *method != Method::GET && self.note_owner(path) {
            held(&self.notes).writes.push(Write {
                home: self.life.home,
                at: now,
                what: format!("{method} {path}"),
            });
        }
        let closed = {
            let closed = held(&self.closed);
            let any = !closed.is_empty();
            any.then(|| closed.get(&format!("{method} {path}")).copied())
        };
        if let Some(until) = closed.flatten().filter(|until| now < *until) {
            self.break_rule("I9", format!("{method} {path} before {until}"));
        }
        let makes = ["/v4/lke/clusters", "/v4/networking/firewalls"].contains(&path)
            || path.ends_with("/pools");
        if *method == Method::POST && makes && !self.disk.any(is_announced) {
            self.break_rule("I6", format!("POST {path} without a record of it"));
        }
        let asked = held(&self.notes).asked;
        let wished = || self.disk.any(|records, _| is_wished(records, path));
        if *method == Method::DELETE && !asked && !wished() {
            self.break_rule("I13", format!("DELETE {path} that nobody wished"));
        }
        let volume = path.strip_prefix("/v4/volumes/");
        let volume = volume.and_then(|id| id.parse().ok()).map(VolumeId);
        let named = |volume| self.life.names(volume);
        if *method == Method::DELETE && !volume.is_none_or(named) {
            self.break_rule("I16", format!("DELETE {path} that the plan does not name"));
        }
        if *method == Method::PUT
            && held(&self.notes).scaled.contains(path)
            && serde_json::from_slice::<Value>(request.body())
                .is_ok_and(|body| body.get("count").is_some())
        {
            self.break_rule("count", format!("PUT {path} with a count"));
        }
    }

    async fn after(
        &self,
        method: &Method,
        path: &str,
        reply: Response<ReplyBody>,
    ) -> Result<Response<ReplyBody>, BoxError> {
        let (mut head, body) = reply.into_parts();
        // A body that breaks off goes on as it is.
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return Err(error),
        };
        let status = head.status.as_u16();
        self.note(method, path, status, &body);
        if *method == Method::GET {
            let now = self.twin.clock().now();
            held(&self.life.heard).take(path, status, &body, now);
        } else {
            self.note_owner(path);
        }
        let waits = head
            .headers
            .get("retry-after")
            .and_then(|one| one.to_str().ok());
        let seconds = waits.and_then(|text| text.parse::<i64>().ok());
        let polled = path.ends_with("/kubeconfig") || path.ends_with("/api-endpoints");
        if let (429, Some(seconds), false) = (status, seconds, polled) {
            let until = self.twin.clock().now() + jiff::SignedDuration::from_secs(seconds);
            held(&self.closed).insert(format!("{method} {path}"), until);
        }
        let mut body = body;
        match self.bent {
            Bent::Straight | Bent::CountToo => {}
            Bent::AnyAccount => {
                let ours = HeaderValue::from_str(&held(&self.notes).account);
                let ours = ours.expect("an account in ASCII");
                head.headers.insert("x-customer-uuid", ours);
            }
            Bent::NoRetryAfter => {
                head.headers.remove("retry-after");
                head.headers.remove("x-ratelimit-reset");
            }
            Bent::ErrorIsRefusal => {
                if *method == Method::POST && status >= 500 {
                    head.status = http::StatusCode::BAD_REQUEST;
                    body = Bytes::from_static(br#"{"errors":[{"reason":"try again"}]}"#);
                }
            }
            Bent::FirstRows(most) => body = first_rows(&body, most),
            Bent::QuotesToken => {
                if status == 400 {
                    let said = json!({"errors": [{"reason": format!("not with {CANARY}")}]});
                    body = said.to_string().into();
                }
            }
        }
        head.headers.remove("content-length");
        let body = Full::new(body).map_err(|never| match never {});
        Ok(Response::from_parts(head, body.boxed_unsync()))
    }

    fn note(&self, method: &Method, path: &str, status: u16, body: &Bytes) {
        let mut notes = held(&self.notes);
        if status < 300 && (method == Method::PUT || method == Method::DELETE) {
            notes.changed.insert(path.to_owned());
        }
        let exchange = [
            method.as_str().as_bytes(),
            path.as_bytes(),
            body,
            &status.to_be_bytes(),
        ];
        notes.trace = exchange.into_iter().fold(notes.trace, hashed);
        let lists = path.ends_with("/pools") || path == "/v4/linode/instances";
        if lists && *method == Method::GET && status == 200 {
            let looks = notes.looks.entry(self.life.home).or_default();
            let when = looks.entry(body.clone()).or_default();
            when.insert(self.twin.clock().now());
        }
        // Nearly every look at the pools shows none that is scaled, and none was before.
        let scaled = || !notes.scaled.is_empty() || holds(body, r#""enabled":true"#);
        if path.ends_with("/pools") && status == 200 && scaled() {
            let pools: Value = serde_json::from_slice(body).unwrap_or_default();
            for pool in pools["data"].as_array().into_iter().flatten() {
                if pool["autoscaler"]["enabled"] == true {
                    notes.scaled.insert(format!("{path}/{}", pool["id"]));
                } else {
                    notes.scaled.remove(&format!("{path}/{}", pool["id"]));
                }
            }
        }
        if let Some(lines) = &mut notes.lines {
            let now = self.twin.clock().now().strftime("%d %H:%M:%S").to_string();
            let text: String = String::from_utf8_lossy(body).chars().take(120).collect();
            let home = self.life.home;
            lines.push(format!("{now} {home} {method} {path}: {status} {text}"));
        }
    }
}

/// A hash over these bytes after what came before: eight at a time, since all that the cloud says
/// passes here.
fn hashed(before: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let length = (bytes.len() as u64).to_le_bytes();
    let all = words.iter().chain([&last, &length]);
    all.fold(before, |hash, word| {
        let mixed = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed.rotate_left(29)
    })
}

pub(crate) fn holds(body: &Bytes, text: &str) -> bool {
    std::str::from_utf8(body).map_or(true, |body| body.contains(text))
}

fn with_count(body: &Bytes) -> Bytes {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut fields)) if fields.contains_key("autoscaler") => {
            fields.insert("count".to_owned(), 1.into());
            Value::Object(fields).to_string().into()
        }
        Ok(_) | Err(_) => body.clone(),
    }
}

fn first_rows(body: &Bytes, most: usize) -> Bytes {
    let Ok(mut list) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    // Not every reply is a list of rows.
    let rows = list.get_mut("data").and_then(Value::as_array_mut);
    let Some(rows) = rows.filter(|rows| rows.len() > most) else {
        return body.clone();
    };
    rows.truncate(most);
    list["results"] = most.into();
    list.to_string().into()
}

/// Whether a journal has a POST that was sent and whose outcome is open: this one.
fn is_announced(_: &[Record], progress: Option<&Progress>) -> bool {
    let runs = progress.into_iter().flat_map(|progress| &progress.run);
    let mut creates = runs
        .flat_map(|run| &run.steps)
        .filter_map(|step| step.create.as_ref());
    creates.any(|create| create.phase == CreatePhase::Sent)
}

/// Whether a journal holds a wish, or a second one, for which this is deleted.
fn is_wished(records: &[Record], path: &str) -> bool {
    let id = path
        .rsplit('/')
        .next()
        .and_then(|id| id.parse::<u64>().ok());
    let second = |thing: &Thing| {
        let own = thing.as_cluster().map(|id| id.0);
        let own = own.or(thing.as_firewall().map(|id| id.0));
        own.or(thing.as_pool().map(|id| id.0)) == id
    };
    let mut facts = records.iter().map(|one| &one.fact);
    facts.any(|fact| {
        let leaves = |purpose: Purpose| matches!(purpose, Purpose::TearDown | Purpose::RollBack);
        matches!(fact, Fact::Accepted { plan } if leaves(plan.purpose))
            || matches!(fact, Fact::Wished { wish } if *wish == Wish::Cancel)
            || matches!(fact, Fact::Duplicate { thing } if second(thing))
    })
}
