//! What the cloud's own ledger and the journal on the disk say, each read without our program.

use anyhow::{Context, Result};
use domain::plan::Purpose;
use domain::progress::Progress;
use domain::record::Thing;
use engine::ports::Journals as _;
use local::FileJournals;
use quaylight_tests::programs::Demo;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Kind and id of a row of the ledger.
pub(crate) type Row = (String, u64);

/// Things of somebody else in the same account, with names as ours could be.
pub(crate) struct Neighbour(Vec<Value>);

impl Neighbour {
    /// Makes them: a volume as the CSI driver names them, and a firewall as the cloud's controller
    /// names them.
    pub(crate) async fn settle(demo: &Demo, token: &str, nth: u64) -> Result<Self> {
        let volume = json!({"label": format!("pvc{nth:016x}"), "region": "us-ord", "size": 10});
        let firewall = json!({
            "label": format!("lke-{nth}"), "tags": ["kubeflow"],
            "rules": {"inbound_policy": "DROP", "outbound_policy": "ACCEPT"},
        });
        let mut rows = Vec::new();
        for (kind, path, body) in [
            ("volume", "/v4/volumes", volume),
            ("firewall", "/v4/networking/firewalls", firewall),
        ] {
            let made = reqwest::Client::new()
                .post(format!("{}{path}", demo.url))
                .bearer_auth(token)
                .header("content-type", "application/json")
                .body(body.to_string())
                .send()
                .await?
                .error_for_status()?;
            let made: Value = serde_json::from_slice(&made.bytes().await?)?;
            let (id, label, tags) = (&made["id"], &made["label"], &made["tags"]);
            rows.push(json!({"kind": kind, "id": id, "label": label, "tags": tags}));
        }
        Ok(Self(rows))
    }

    fn is(&self, row: &Value) -> bool {
        let same = |one: &Value| one["kind"] == row["kind"] && one["id"] == row["id"];
        self.0.iter().any(same)
    }

    fn untouched(&self, rows: &[Value]) -> bool {
        let same = |one: &Value, row: &Value| {
            let fields = ["kind", "id", "label", "tags"];
            fields.iter().all(|field| one[field] == row[field])
        };
        self.0
            .iter()
            .all(|one| rows.iter().any(|row| same(one, row)))
    }
}

/// Both sides of the truth.
pub(crate) struct Seen {
    /// What the ledger says is alive in the account, without the neighbour's.
    pub(crate) alive: BTreeSet<Row>,
    /// What the journals say is alive.
    known: BTreeSet<Row>,
    /// Ledger rows of the account that do not bear the mark of a journal, though they could.
    unmarked: Vec<String>,
    /// What the accepted run of the newest deployment is for.
    pub(crate) purpose: Option<Purpose>,
    untouched: bool,
}

impl Seen {
    /// How many of a kind the ledger knows.
    pub(crate) fn alive(&self, kind: &str) -> usize {
        self.alive.iter().filter(|(one, _)| one == kind).count()
    }

    /// Where ledger, journal and neighbour are not as they should be.
    pub(crate) fn disagreement(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.alive != self.known {
            let (alive, known) = (&self.alive, &self.known);
            wrong.push(format!("the ledger has {alive:?}, the journal {known:?}"));
        }
        if !self.unmarked.is_empty() {
            wrong.push(format!("without our mark: {:?}", self.unmarked));
        }
        if !self.untouched {
            wrong.push("the neighbour's things are not as they were".to_owned());
        }
        wrong
    }
}

fn row_of(thing: &Thing) -> Option<Row> {
    let (kind, id) = match thing {
        Thing::Cluster(id) => ("cluster", id.0),
        Thing::ControlPlane(id) => ("control_plane", id.0),
        Thing::Firewall(id) => ("firewall", id.0),
        Thing::Instance(id, ..) => ("linode", id.0),
        Thing::NodeBalancer(id) => ("nodebalancer", id.0),
        Thing::Volume(id) => ("volume", id.0),
        // The ledger knows a pool by its machines.
        Thing::Pool(..) => return None,
    };
    Some((kind.to_owned(), id))
}

/// Reads both.
pub(crate) async fn seen(
    demo: &Demo,
    home: &Path,
    account: &str,
    neighbour: &Neighbour,
) -> Result<Seen> {
    let journals = FileJournals::new(home.to_owned(), "kill-matrix");
    let mut all = Vec::new();
    for id in journals.list().await? {
        all.push(Progress::fold(&journals.read(&id).await?)?);
    }
    let rows: Vec<Value> = demo.alive().await?;
    let rows = rows.into_iter().filter(|row| row["account"] == account);
    let rows: Vec<Value> = rows.collect();
    let ours = rows.iter().filter(|row| !neighbour.is(row));
    let mut alive = BTreeSet::new();
    let mut unmarked = Vec::new();
    let marks: BTreeSet<String> = all.iter().map(|one| one.mark().0).collect();
    for row in ours {
        let kind = row["kind"].as_str().context("a kind")?;
        alive.insert((kind.to_owned(), row["id"].as_u64().context("an id")?));
        let tags = row["tags"].as_array().into_iter().flatten();
        let marked = tags
            .filter_map(Value::as_str)
            .any(|tag| marks.contains(tag));
        if matches!(kind, "cluster" | "firewall") && !marked {
            unmarked.push(row.to_string());
        }
    }
    let things = all.iter().flat_map(Progress::alive);
    Ok(Seen {
        alive,
        known: things.filter_map(|(thing, _)| row_of(thing)).collect(),
        unmarked,
        purpose: all.last().and_then(Progress::purpose),
        untouched: neighbour.untouched(&rows),
    })
}
