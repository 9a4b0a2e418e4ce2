//! Truths about one deployment when its schedule is over, from the ledger and the journals alone.
//!
//! What each invariant means for a schedule, and where it is checked:
//!
//! | | what must be so | where |
//! |---|---|---|
//! | I1 | at rest, what stands and what the journal holds alive are the same | [`same_things`] |
//! | I2 | nothing of ours is left in the end, and "gone" was said after two clean searches a minute apart | [`left`], [`unproven`] |
//! | I3 | never two clusters of one deployment at once, where POSTs take effect in time | [`two_at_once`] |
//! | I4 | the token's text is in no journal | [`secrets_in`] |
//! | I5 | nothing of another's is gone or changed | `world` |
//! | I6 | a record of it is on the disk before each POST | `wire` |
//! | I7 | every journal has a fold | `plot` |
//! | I8 | it comes to rest once the faults stop | `plot` |
//! | I9 | nothing is asked within a Retry-After | `wire` |
//! | I10 | each thing is billed as the ledger bills it, but for the time until its end was seen; nothing that lived for a minute is missing | `cost` |
//! | I11 | what the screen calls read, ready or running was told to its process since then; a clean search rests on five whole listings | `screen` |
//! | I12 | after a cancelled run nothing stands, or what stands is in the journal | [`same_things`] |
//! | I13 | nothing is deleted that no teardown, cancel or second one asked for | `wire` |
//! | I14 | a journal has one writer at a time; a computer writes nothing once another one's owner tag was on the deployment for two seconds | `writers` |
//! | I15 | a seed run twice is the same exchanges | `main` |
//! | I16 | no volume is deleted that no accepted plan names; none by our own DELETE but what the plan in force names | [`volumes_named`], `wire` |
//!
//! Where a reply may be an old one (`stale_read`), nobody can see whose a deployment is by now, and the
//! second half of I14 is left out.

use domain::plan::Purpose;
use domain::progress::Progress;
use domain::record::{Fact, Record, Thing};
use domain::{Mark, VolumeId};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a schedule came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Two clusters of one deployment stood at the same time.
    pub(crate) two_at_once: bool,
    /// A cluster, Linode or control plane of ours is left that nobody wanted to keep.
    pub(crate) cluster_left: bool,
    /// A NodeBalancer or a named volume of ours is left.
    pub(crate) children_left: bool,
    /// Something of somebody else's is gone or changed.
    pub(crate) neighbour_touched: bool,
    /// Broken truths: which, and how.
    pub(crate) violations: Vec<(&'static str, String)>,
    /// How often each kind of fault fired.
    pub(crate) fired: BTreeMap<String, u64>,
    /// A hash over all exchanges.
    pub(crate) trace: u64,
    /// The exchanges, when somebody wants to read them.
    pub(crate) lines: Vec<String>,
}

/// The rows of a ledger that belong to a deployment: by its mark, or by a cluster that bears it.
pub(crate) fn ours<'a>(ledger: &'a Value, mark: &Mark, which: &str) -> Vec<&'a Value> {
    let marked = |row: &Value| {
        let tags = row["tags"].as_array().into_iter().flatten();
        tags.filter_map(Value::as_str)
            .any(|tag| tag.eq_ignore_ascii_case(&mark.0))
    };
    let all = || {
        let alive = ledger["alive"].as_array().into_iter().flatten();
        alive.chain(ledger["dead"].as_array().into_iter().flatten())
    };
    let clusters: BTreeSet<u64> = all()
        .filter(|row| row["kind"] == "cluster" && marked(row))
        .filter_map(|row| row["id"].as_u64())
        .collect();
    let rows = ledger[which].as_array().into_iter().flatten();
    rows.filter(|row| {
        marked(row)
            || row["cluster"]
                .as_u64()
                .is_some_and(|id| clusters.contains(&id))
    })
    .collect()
}

/// Whether somebody took both proofs from the cluster that it keeps.
pub(crate) fn lost_proofs(ledger: &Value, progress: &Progress) -> bool {
    let marked = ours(ledger, &progress.mark(), "alive");
    let mut alive = ledger["alive"].as_array().into_iter().flatten();
    let id = progress.cluster().map(|id| id.0);
    let cluster = alive.find(|row| row["kind"] == "cluster" && row["id"].as_u64() == id);
    let label = progress.label().unwrap_or_default();
    cluster.is_some_and(|row| !marked.contains(&row) && row["label"] != label)
}

/// Whether two clusters of ours stood at the same time.
pub(crate) fn two_at_once(ledger: &Value, mark: &Mark) -> bool {
    let dead = ours(ledger, mark, "dead");
    let alive = ours(ledger, mark, "alive");
    let spans: Vec<(String, String)> = dead
        .into_iter()
        .chain(alive)
        .filter(|row| row["kind"] == "cluster")
        .map(|row| {
            let text = |field: &str| row[field].as_str().map(str::to_owned);
            let end = text("died").unwrap_or_else(|| "9".to_owned());
            (text("born").unwrap_or_default(), end)
        })
        .collect();
    let overlap =
        |one: &(String, String), other: &(String, String)| one.0 < other.1 && other.0 < one.1;
    spans
        .iter()
        .enumerate()
        .any(|(nth, one)| spans[nth + 1..].iter().any(|other| overlap(one, other)))
}

/// The ledger's kind and id of a thing; pools are in no ledger.
pub(crate) fn in_ledger(thing: &Thing) -> Option<(&'static str, u64)> {
    match thing {
        Thing::Cluster(id) => Some(("cluster", id.0)),
        Thing::Firewall(id) => Some(("firewall", id.0)),
        Thing::Instance(id, ..) => Some(("linode", id.0)),
        Thing::ControlPlane(id) => Some(("control_plane", id.0)),
        Thing::NodeBalancer(id) => Some(("nodebalancer", id.0)),
        Thing::Volume(id) => Some(("volume", id.0)),
        Thing::Pool(..) => None,
    }
}

/// I1: at rest, what is there and what the journal knows are the same, both ways. Volumes are known
/// only from the inventory of a teardown.
pub(crate) fn same_things(ledger: &Value, mark: &Mark, progress: &Progress) -> Vec<String> {
    let kinds = [
        "cluster",
        "control_plane",
        "linode",
        "nodebalancer",
        "firewall",
    ];
    let keys = |rows: Vec<&Value>| -> BTreeSet<(String, u64)> {
        let key = |row: &Value| Some((row["kind"].as_str()?.to_owned(), row["id"].as_u64()?));
        let keys = rows.into_iter().filter_map(key);
        keys.filter(|(kind, _)| kinds.contains(&kind.as_str()))
            .collect()
    };
    let there = keys(ours(ledger, mark, "alive"));
    // What lost its tags on the way is there all the same.
    let anywhere = keys(ledger["alive"].as_array().into_iter().flatten().collect());
    let known: BTreeSet<(String, u64)> = progress
        .alive()
        .filter_map(|(thing, _)| in_ledger(thing))
        .filter(|(kind, _)| kinds.contains(kind))
        .map(|(kind, id)| (kind.to_owned(), id))
        .collect();
    let unknown = there
        .difference(&known)
        .map(|(kind, id)| format!("{kind} {id} is in no journal"));
    // That its cluster is not there any more is told by each look, and bills nothing.
    let gone = known
        .difference(&anywhere)
        .filter(|(kind, _)| kind != "cluster")
        .map(|(kind, id)| format!("{kind} {id} is only in the journal"));
    unknown.chain(gone).collect()
}

/// I16: a volume of ours that is dead was named by a plan. Kubernetes deletes it after its claim, which
/// may be when the plan is in force no more.
pub(crate) fn volumes_named(
    ledger: &Value,
    mark: &Mark,
    named: &BTreeSet<VolumeId>,
) -> Vec<String> {
    let named: BTreeSet<u64> = named.iter().map(|id| id.0).collect();
    let dead = ours(ledger, mark, "dead");
    let unnamed = dead.into_iter().filter(|row| {
        row["kind"] == "volume" && row["id"].as_u64().is_some_and(|id| !named.contains(&id))
    });
    unnamed
        .map(|row| format!("volume {} was deleted", row["id"]))
        .collect()
}

/// I2: nothing is called gone before two complete searches in a row, a minute apart, found nothing.
pub(crate) fn unproven(records: &[Record]) -> Vec<String> {
    let mut clean = Vec::new();
    let (mut leaves, mut unproven) = (false, Vec::new());
    for record in records {
        if let Fact::Accepted { plan } = &record.fact {
            leaves = matches!(plan.purpose, Purpose::TearDown | Purpose::RollBack);
            clean.clear();
        } else if let Fact::Swept { clean: nothing, .. } = &record.fact {
            if *nothing {
                clean.push(record.at);
            } else {
                clean.clear();
            }
        } else if leaves && matches!(record.fact, Fact::Completed { .. }) {
            let apart = clean.first().zip(clean.last());
            let apart = apart.map(|(first, last)| last.duration_since(*first));
            if apart.is_none_or(|apart| apart < SignedDuration::from_mins(1)) {
                let searches = clean.len();
                unproven.push(format!("called gone after {searches} clean searches"));
            }
        }
    }
    unproven
}

/// I4: none of these words stands in a journal.
pub(crate) fn secrets_in(records: &[Record], secrets: &[&str]) -> Vec<String> {
    let text = serde_json::to_string(records).unwrap_or_default();
    let found = secrets.iter().filter(|secret| text.contains(**secret));
    found
        .map(|secret| format!("`{secret}` is in a journal"))
        .collect()
}

/// What is left after a teardown that wanted everything gone but the volumes that stay: clusters with
/// their machines, and children.
pub(crate) fn left(
    ledger: &Value,
    mark: &Mark,
    named: &BTreeSet<u64>,
) -> (Vec<String>, Vec<String>) {
    let (mut clusters, mut children) = (Vec::new(), Vec::new());
    for row in ours(ledger, mark, "alive") {
        let what = format!("{} {}", row["kind"].as_str().unwrap_or_default(), row["id"]);
        match row["kind"].as_str() {
            Some("volume") => {
                if row["id"].as_u64().is_some_and(|id| named.contains(&id)) {
                    children.push(what);
                }
            }
            Some("nodebalancer") => children.push(what),
            Some(_) | None => clusters.push(what),
        }
    }
    (clusters, children)
}
