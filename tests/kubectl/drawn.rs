//! Objects that are drawn by seed: created, labelled, patched, deleted and asked for by kubectl, and
//! beside it a model of what there must be then.

use crate::cluster::{Cluster, Said};
use anyhow::{Context, Result, ensure};
use quaylight_tests::draw::Draw;
use serde_json::json;
use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;

const SPACES: &[&str] = &["one", "two", "three"];
const KINDS: &[Kind] = &[
    Kind("configmap", &["configmap"], &["--from-literal=n=0"], false),
    Kind(
        "secret",
        &["secret", "generic"],
        &["--from-literal=n=0"],
        false,
    ),
    Kind("serviceaccount", &["serviceaccount"], &[], false),
    Kind("service", &["service", "clusterip"], &["--tcp=80"], true),
    Kind(
        "deployment",
        &["deployment"],
        &["--image=nginx", "--replicas=0"],
        true,
    ),
    Kind("role", &["role"], &["--verb=get", "--resource=pods"], false),
];
const KEYS: &[&str] = &["tier", "team", "example.com/zone"];
const VALUES: &[&str] = &["a", "b", "c", ""];

/// Its name, how it is created, and whether kubectl labels it with `app` then.
#[derive(Clone, Copy)]
struct Kind(
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    bool,
);

/// An object, as the model knows it.
#[derive(Clone, Default)]
struct Thing {
    labels: Labels,
    /// Those of its last apply.
    applied: Labels,
    /// What a configmap holds by `n`.
    n: u64,
}

/// One requirement of a selector.
enum Wants {
    Is(&'static str, &'static str),
    IsNot(&'static str, &'static str),
    Has(&'static str),
    Lacks(&'static str),
    In(&'static str, [&'static str; 2]),
    NotIn(&'static str, [&'static str; 2]),
}

impl Wants {
    fn drawn(draw: &mut Draw) -> Self {
        let (key, value) = (draw.one_of(KEYS), draw.one_of(VALUES));
        let pair = [draw.one_of(&VALUES[..3]), draw.one_of(&VALUES[..3])];
        match draw.below(6) {
            0 => Self::Is(key, value),
            1 => Self::IsNot(key, value),
            2 => Self::Has(key),
            3 => Self::Lacks(key),
            4 => Self::In(key, pair),
            _ => Self::NotIn(key, pair),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Is(key, value) => format!("{key}={value}"),
            Self::IsNot(key, value) => format!("{key}!={value}"),
            Self::Has(key) => (*key).to_owned(),
            Self::Lacks(key) => format!("!{key}"),
            Self::In(key, [one, other]) => format!("{key} in ({one},{other})"),
            Self::NotIn(key, [one, other]) => format!("{key} notin ({one},{other})"),
        }
    }

    fn fits(&self, labels: &Labels) -> bool {
        let of = |key: &str| labels.get(key).map(String::as_str);
        match self {
            Self::Is(key, value) => of(key) == Some(value),
            Self::IsNot(key, value) => of(key) != Some(value),
            Self::Has(key) => of(key).is_some(),
            Self::Lacks(key) => of(key).is_none(),
            Self::In(key, pair) => of(key).is_some_and(|has| pair.contains(&has)),
            Self::NotIn(key, pair) => of(key).is_none_or(|has| !pair.contains(&has)),
        }
    }
}

fn selector(draw: &mut Draw) -> (Vec<Wants>, String) {
    let all: Vec<Wants> = (0..=draw.below(2)).map(|_| Wants::drawn(draw)).collect();
    let text = all.iter().map(Wants::text).collect::<Vec<_>>().join(",");
    (all, text)
}

/// Namespace, kind and name.
type Key = (&'static str, &'static str, String);

struct World {
    cluster: Cluster,
    things: BTreeMap<Key, Thing>,
}

impl World {
    async fn run(&self, words: &[&str]) -> Result<Said> {
        self.cluster.run(words).await
    }

    /// Runs a command about one object; it must say this.
    async fn told(&self, words: &[&str], well: bool, part: &str) -> Result<()> {
        let said = self.run(words).await?;
        let text = format!("{}{}", said.out, said.err);
        let right = (said.code == Some(0)) == well && text.contains(part);
        ensure!(right, "{words:?}: {:?} {text} instead of {part}", said.code);
        Ok(())
    }

    async fn step(&mut self, draw: &mut Draw) -> Result<()> {
        let (space, kind) = (draw.one_of(SPACES), draw.one_of(KINDS));
        let name = format!("x{}", draw.below(6));
        let key = (space, kind.0, name.clone());
        let here = ["-n", space, kind.0, name.as_str()];
        let there = self.things.get(&key).cloned();
        match draw.below(14) {
            0..4 => self.create(key, kind, there.is_some()).await,
            4 => self.apply(space, &name, draw).await,
            5 | 6 => self.label(key, there, draw).await,
            7 => self.patch(space, &name, draw).await,
            8 => {
                self.things.remove(&key);
                let gone = if there.is_some() {
                    "deleted"
                } else {
                    "NotFound"
                };
                self.told(&[&["delete"], &here[..]].concat(), there.is_some(), gone)
                    .await
            }
            9 => {
                let (wants, text) = selector(draw);
                self.things.retain(|(of_space, of_kind, name), thing| {
                    let same = (*of_space, *of_kind) == (space, kind.0) && name.starts_with('x');
                    !(same && wants.iter().all(|one| one.fits(&thing.labels)))
                });
                let only = format!("{text},x=x");
                let none = self
                    .run(&["delete", "-n", space, kind.0, "-l", &only])
                    .await?;
                ensure!(none.out.contains("No resources found"), "{}", none.out);
                // Its own account and the like come back, and are none of ours.
                self.run(&["delete", "-n", space, kind.0, "-l", &text])
                    .await?;
                Ok(())
            }
            10 => {
                let part = if there.is_some() { "Name:" } else { "NotFound" };
                self.told(&[&["describe"], &here[..]].concat(), there.is_some(), part)
                    .await
            }
            _ => self.ask(space, kind, draw).await,
        }
    }

    async fn create(&mut self, key: Key, kind: Kind, there: bool) -> Result<()> {
        let (space, name) = (key.0, key.2.clone());
        let words = [&["create", "-n", space], kind.1, &[&name], kind.2].concat();
        if there {
            return self.told(&words, false, "already exists").await;
        }
        self.told(&words, true, "created").await?;
        let mut thing = Thing::default();
        if kind.3 {
            thing.labels.insert("app".to_owned(), name);
        }
        self.things.insert(key, thing);
        Ok(())
    }

    async fn apply(&mut self, space: &'static str, name: &str, draw: &mut Draw) -> Result<()> {
        let mut labels = Labels::new();
        for key in KEYS {
            if draw.percent(50) {
                labels.insert((*key).to_owned(), draw.one_of(VALUES).to_owned());
            }
        }
        let n = draw.below(100);
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"n": n.to_string()},
            "metadata": {"name": name, "namespace": space, "labels": labels},
        });
        let said = self
            .cluster
            .put(&["apply", "-f", "-"], &object.to_string())
            .await?;
        ensure!(said.code == Some(0), "{}", said.err);
        let thing = self
            .things
            .entry((space, "configmap", name.to_owned()))
            .or_default();
        for key in thing
            .applied
            .keys()
            .filter(|key| !labels.contains_key(*key))
        {
            thing.labels.remove(key);
        }
        thing.labels.extend(labels.clone());
        (thing.applied, thing.n) = (labels, n);
        Ok(())
    }

    async fn label(&mut self, key: Key, there: Option<Thing>, draw: &mut Draw) -> Result<()> {
        let (name, value) = (draw.one_of(KEYS), draw.one_of(VALUES));
        let words = ["label", "-n", key.0, key.1, key.2.as_str()];
        let (set, takes) = (format!("{name}={value}"), format!("{name}-"));
        let Some(thing) = there else {
            return self
                .told(&[&words[..], &[&set]].concat(), false, "NotFound")
                .await;
        };
        let has = thing.labels.get(name).map(String::as_str);
        let anyway = draw.percent(40);
        if draw.percent(25) {
            let part = if has.is_some() {
                "unlabeled"
            } else {
                "not found"
            };
            self.told(&[&words[..], &[&takes]].concat(), true, part)
                .await?;
            self.things.entry(key).or_default().labels.remove(name);
        } else if !anyway && has.is_some_and(|has| has != value) {
            let part = "already has a value";
            self.told(&[&words[..], &[&set]].concat(), false, part)
                .await?;
        } else {
            let part = if has == Some(value) {
                "not labeled"
            } else {
                "labeled"
            };
            let more = [set.as_str(), "--overwrite"];
            let more = if anyway { &more[..] } else { &more[..1] };
            self.told(&[&words[..], more].concat(), true, part).await?;
            let labels = &mut self.things.entry(key).or_default().labels;
            labels.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }

    async fn patch(&mut self, space: &'static str, name: &str, draw: &mut Draw) -> Result<()> {
        let n = draw.below(100);
        let merge = json!({"data": {"n": n.to_string()}}).to_string();
        let steps = json!([{"op": "replace", "path": "/data/n", "value": n.to_string()}]);
        let (style, patch) = match draw.below(3) {
            0 => ("merge", merge),
            1 => ("strategic", merge),
            _ => ("json", steps.to_string()),
        };
        let style = format!("--type={style}");
        let words = [
            "patch",
            "-n",
            space,
            "configmap",
            name,
            &style,
            "-p",
            &patch,
        ];
        let key = (space, "configmap", name.to_owned());
        let Some(thing) = self.things.get(&key) else {
            return self.told(&words, false, "NotFound").await;
        };
        let part = if thing.n == n {
            "patched (no change)"
        } else {
            "patched"
        };
        self.told(&words, true, part).await?;
        self.things.entry(key).or_default().n = n;
        Ok(())
    }

    /// What is selected, in one of the forms in which kubectl tells it.
    async fn ask(&self, space: &'static str, kind: Kind, draw: &mut Draw) -> Result<()> {
        let (wants, text) = selector(draw);
        let everywhere = draw.percent(40);
        let mut wanted: Vec<String> = Vec::new();
        for ((of_space, of_kind, name), thing) in &self.things {
            let meant = (everywhere || *of_space == space) && *of_kind == kind.0;
            if meant && wants.iter().all(|one| one.fits(&thing.labels)) {
                wanted.push(format!("{of_space}/{name}={}", thing.n));
            }
        }
        wanted.sort();
        let n = if kind.0 == "configmap" {
            "{.data.n}"
        } else {
            "0"
        };
        let place = if everywhere {
            vec!["-A"]
        } else {
            vec!["-n", space]
        };
        let form = match draw.below(3) {
            0 => format!(
                "jsonpath={{range .items[*]}}{{.metadata.namespace}}/{{.metadata.name}}={n}{{\"\\n\"}}{{end}}"
            ),
            1 => "custom-columns=S:.metadata.namespace,N:.metadata.name,V:.data.n".to_owned(),
            _ => "json".to_owned(),
        };
        let words = ["get", kind.0, "-l", &text, "-o", &form, "--chunk-size=2"];
        let said = self.run(&[&words[..], &place].concat()).await?;
        ensure!(said.code == Some(0), "{words:?}: {}", said.err);
        let mut found: Vec<String> = if form == "json" {
            let list: serde_json::Value = serde_json::from_str(&said.out)?;
            let items = list["items"].as_array().context("items")?;
            let word = |one: &serde_json::Value| one.as_str().unwrap_or_default().to_owned();
            let row = |one: &serde_json::Value| {
                let metadata = &one["metadata"];
                let (space, name) = (word(&metadata["namespace"]), word(&metadata["name"]));
                (space, name, word(&one["data"]["n"]))
            };
            items
                .iter()
                .map(row)
                .map(|(space, name, n)| format!("{space}/{name}={n}"))
                .collect()
        } else {
            let rows = said.out.lines().map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words.as_slice() {
                    [space, name, n] => format!("{space}/{name}={n}"),
                    _ => line.to_owned(),
                }
            });
            rows.collect()
        };
        // What a cluster makes by itself has other names.
        found.retain(|row| row.contains("/x"));
        if kind.0 != "configmap" {
            // Only a configmap's value is asked for.
            for row in &mut found {
                let end = row.find('=').unwrap_or(row.len());
                row.replace_range(end.., "=0");
            }
        }
        found.sort();
        ensure!(
            found == wanted,
            "{words:?} {place:?}: {found:?} instead of {wanted:?}"
        );
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_drawn_is_there_as_a_model_says() -> Result<()> {
    let seed = std::env::var("QUAYLIGHT_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed: u64 = seed.unwrap_or(7);
    let steps = if std::env::var_os("QUAYLIGHT_FULL").is_some() {
        1_500
    } else {
        150
    };
    let mut draw = Draw::of(seed);
    let mut world = World {
        cluster: Cluster::new(false).await?,
        things: BTreeMap::new(),
    };
    for space in SPACES {
        world
            .told(&["create", "namespace", space], true, "created")
            .await?;
    }
    for nth in 0..steps {
        let step = world.step(&mut draw).await;
        step.with_context(|| format!("step {nth} of seed {seed}"))?;
    }
    println!(
        "seed {seed}: {steps} steps, {} commands of kubectl",
        world.cluster.ran()
    );
    Ok(())
}
